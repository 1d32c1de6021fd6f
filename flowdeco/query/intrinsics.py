"""What the intrinsic functions of Amazon States Language compute.

Arguments come as a list of JSON values. A function that cannot be applied to them raises PathError with the
service's words, which do not say more than which function it was.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from flowdeco.query.errors import PathError
from flowdeco.query.functions import HASHES, java_random, random_bits, uuid
from flowdeco.query.values import JSON, Ambient, compact

Intrinsic: TypeAlias = Callable[[list[JSON], Ambient], JSON]

MAX_TEXT: Final = 10_000
"""Characters `States.Hash` and the Base64 functions take."""
MAX_RANGE: Final = 1_000
"""Items `States.ArrayRange` may make."""
_INT32: Final = range(-(2**31), 2**31)


def _invalid(name: str, detail: str = "") -> PathError:
    return PathError(f"Invalid arguments in States.{name}{detail}")


def _array(name: str, value: JSON) -> list[JSON]:
    if not isinstance(value, list):
        raise _invalid(name)
    return value


def _text(name: str, value: JSON) -> str:
    if not isinstance(value, str):
        raise _invalid(name)
    return value


def _whole(name: str, value: JSON) -> int:
    """A number, rounded as Java rounds: halves go up."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _invalid(name)
    number = value if isinstance(value, int) else math.floor(value + 0.5)
    if number not in _INT32:
        raise _invalid(name)
    return number


def identity(value: JSON) -> str:
    """A text that two values share only when they are the same: true, 1 and 1.0 are three values.

    >>> identity({"b": 1, "a": [1.0]}) == identity({"a": [1.0], "b": 1}), identity(1) == identity(1.0)
    (True, False)
    """
    return json.dumps(value, sort_keys=True)


# --- text -----------------------------------------------------------------------------------------------------

_FORMAT_TOKEN = re.compile(r"\\(.)|(\{\})|([{}])|([^\\{}]+)|(\\)", re.DOTALL)


@lru_cache(maxsize=1024)
def _template(template: str) -> tuple[str, ...]:
    """The texts around the `{}` of a template."""
    parts: list[list[str]] = [[]]
    for escaped, hole, brace, plain, backslash in _FORMAT_TOKEN.findall(template):
        if hole:
            parts.append([])
        elif brace == "{":
            raise PathError("Invalid template in States.Format: matching '}' not found for '{'.")
        elif brace:
            raise PathError("Invalid template in States.Format: matching '{' not found for '}'.")
        elif escaped and escaped not in "{}\\'":
            parts[-1].append(f"\\{escaped}")
        else:
            parts[-1].append(escaped or plain or backslash)
    return tuple("".join(part) for part in parts)


def shown(value: JSON) -> str:
    """A value as `States.Format` writes it, which is how Java does.

    >>> shown({"a": [1, 1.5, None], "b": "x"})
    '{a=[1, 1.5, null], b=x}'
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={shown(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, float):
        return _java_double(value)
    return compact(value)


def _java_double(value: float) -> str:
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    digits, exponent = f"{value:e}".split("e")
    shortest = repr(value).partition("e")[0].replace(".", "").strip("-0")
    digits = f"{shortest[0]}.{shortest[1:] or '0'}"
    return f"{'-' if value < 0 else ''}{digits}E{int(exponent)}"


def format_(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.Format(template, value, ...)`"""
    parts = _template(_text("Format", given[0]))
    if len(parts) != len(given):
        raise _invalid("Format", ": number of arguments do not match the occurrences of {}.")
    return "".join([parts[0], *(shown(value) + part for value, part in zip(given[1:], parts[1:]))])


def string_split(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.StringSplit(text, separators)`: any of the characters separates; there are no empty parts."""
    text, separators = (_text("StringSplit", value) for value in given)
    if separators:
        text = re.sub(f"[{re.escape(separators)}]", separators[0], text)
        return [part for part in text.split(separators[0]) if part]
    return [text] if text else []


def string_to_json(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.StringToJson(text)`. No text at all is null."""
    text = _text("StringToJson", given[0])
    if not text.strip():
        return None
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        raise _invalid("StringToJson") from None


def _finite(text: str) -> JSON:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def json_to_string(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.JsonToString(value)`: compact."""
    return compact(given[0])


def base64_encode(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.Base64Encode(text)`"""
    text = _short("Base64Encode", given[0])
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


def base64_decode(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.Base64Decode(text)`"""
    text = _short("Base64Decode", given[0])
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded.encode("ascii"), validate=True).decode("utf-8", "replace")
    except (UnicodeEncodeError, binascii.Error):
        raise _invalid("Base64Decode") from None


def hash_(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.Hash(text, algorithm)`"""
    text, algorithm = _short("Hash", given[0]), _text("Hash", given[1])
    if algorithm not in HASHES:
        raise _invalid("Hash")
    import hashlib  # loads OpenSSL: only for those who hash

    return hashlib.new(HASHES[algorithm], text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _short(name: str, value: JSON) -> str:
    text = _text(name, value)
    if len(text) > MAX_TEXT:
        raise _invalid(name)
    return text


# --- arrays and objects ---------------------------------------------------------------------------------------


def array(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.Array(value, ...)`"""
    return given


def array_partition(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.ArrayPartition(array, size)`"""
    items, size = _array("ArrayPartition", given[0]), _whole("ArrayPartition", given[1])
    if size < 1:
        raise _invalid("ArrayPartition")
    return [items[i : i + size] for i in range(0, len(items), size)]


def array_contains(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.ArrayContains(array, value)`"""
    wanted = identity(given[1])
    return any(identity(item) == wanted for item in _array("ArrayContains", given[0]))


def array_range(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.ArrayRange(first, last, step)`: `last` included."""
    first, last, step = (_whole("ArrayRange", value) for value in given)
    if step == 0:
        raise _invalid("ArrayRange")
    values = range(first, last + (1 if step > 0 else -1), step)
    if len(values) > MAX_RANGE:
        raise _invalid("ArrayRange")
    return list(values)


def array_get_item(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.ArrayGetItem(array, index)`"""
    items, index = _array("ArrayGetItem", given[0]), _whole("ArrayGetItem", given[1])
    if not 0 <= index < len(items):
        raise _invalid("ArrayGetItem")
    return items[index]


def array_length(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.ArrayLength(array)`"""
    return len(_array("ArrayLength", given[0]))


def array_unique(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.ArrayUnique(array)`: of equal items the first."""
    kept: dict[str, JSON] = {}
    for item in _array("ArrayUnique", given[0]):
        kept.setdefault(identity(item), item)
    return list(kept.values())


def json_merge(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.JsonMerge(first, second, false)`: fields of `second` win. There is no deep merge."""
    first, second, deep = given
    if not isinstance(first, dict) or not isinstance(second, dict) or deep is not False:
        raise _invalid("JsonMerge")
    return {**first, **second}


# --- numbers --------------------------------------------------------------------------------------------------


def math_add(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.MathAdd(a, b)`: both are rounded first."""
    a, b = (_whole("MathAdd", value) for value in given)
    if a + b not in _INT32:
        raise _invalid("MathAdd")
    return a + b


def math_random(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.MathRandom(start, end[, seed])`: a whole number, `end` excluded; the same for the same seed."""
    start, end = (_whole("MathRandom", value) for value in given[:2])
    if start >= end:
        raise _invalid("MathRandom")
    if len(given) == 3:
        chance = java_random(_whole("MathRandom", given[2]))
    else:
        chance = random_bits(ambient, 53) * 2.0**-53
    return start + int(chance * (end - start))


def uuid_(given: list[JSON], ambient: Ambient) -> JSON:
    """`States.UUID()`: a random UUID, version 4."""
    return uuid([], ambient)


INTRINSICS: Final[Mapping[str, tuple[Intrinsic, int, int | None]]] = {
    "Array": (array, 0, None),
    "ArrayContains": (array_contains, 2, 2),
    "ArrayGetItem": (array_get_item, 2, 2),
    "ArrayLength": (array_length, 1, 1),
    "ArrayPartition": (array_partition, 2, 2),
    "ArrayRange": (array_range, 3, 3),
    "ArrayUnique": (array_unique, 1, 1),
    "Base64Decode": (base64_decode, 1, 1),
    "Base64Encode": (base64_encode, 1, 1),
    "Format": (format_, 1, None),
    "Hash": (hash_, 2, 2),
    "JsonMerge": (json_merge, 3, 3),
    "JsonToString": (json_to_string, 1, 1),
    "MathAdd": (math_add, 2, 2),
    "MathRandom": (math_random, 2, 3),
    "StringSplit": (string_split, 2, 2),
    "StringToJson": (string_to_json, 1, 1),
    "UUID": (uuid_, 0, 0),
}
"""The functions by name, with the least and the most number of arguments (None: no limit)."""

RANDOM: Final = frozenset(("MathRandom", "UUID"))
"""Those that depend on chance."""
