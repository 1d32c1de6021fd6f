"""Writing JSONata: field names and constants as source text that means exactly them."""

from __future__ import annotations

import json
import math
import re

from flowdeco.query.paths import is_name
from flowdeco.query.values import JSON

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f]")


def quote_name(name: str) -> str:
    """A field's name as a step of a path: plain, in backquotes, or (when it holds one) as a string.

    >>> [quote_name(n) for n in ("loss", "learning rate", "and", "a`b")]
    ['loss', '`learning rate`', '`and`', "'a`b'"]
    """
    # Only ASCII goes plain: the engines of the service and of this package differ on which other letters may.
    if name.isascii() and is_name(name):
        return name
    if not name or "`" in name or _CONTROL.search(name) or _LONE_SURROGATE.search(name):
        return _string(name)
    return f"`{name}`"


def literal(value: JSON) -> str:
    """JSONata source whose value is `value`.

    A whole float reads back as an integer (`3.0` as `3`): JSONata has one kind of number.
    Raises ValueError for what JSON cannot hold (NaN, infinities, keys that are not text, other types) and for
    integers that JSONata's numbers cannot tell from their neighbours.

    >>> print(literal({"day": "2026-01-01", "it's": [1, -2.5, None, True, "a\\n"]}))
    {'day': '2026-01-01', "it's": [1, -2.5, null, true, 'a\\n']}
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(f"a key of a JSON object must be text, not {key!r}")
        return "{" + ", ".join(f"{_string(key)}: {literal(item)}" for key, item in value.items()) + "}"
    raise ValueError(f"{type(value).__name__} is not JSON")


def _number(value: int | float) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not JSON")
        return float.__repr__(value)
    try:
        exact = int(float(value)) == value
    except OverflowError:
        exact = False
    if not exact:
        raise ValueError(f"JSONata cannot hold the integer {value} exactly")
    return int.__repr__(value)


def _string(text: str) -> str:
    """Single quotes read well inside JSON, but JSONata cannot escape one: text that has one gets double."""
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    quoted = _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
    return quoted if "'" in text else "'" + quoted[1:-1].replace('\\"', '"') + "'"
