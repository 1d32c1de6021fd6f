"""`$merge([{'lr': 0.1}, $states.context.Execution.Input]).lr` as a small Python function: an input that has a default.

Every workflow with a default has such expressions, and many have nothing else for which the engine must be imported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from flowdeco.query.paths import UNSURE, PathFunction, compile_path, split_path
from flowdeco.query.spelling import literal
from flowdeco.query.values import JSON

_SHAPE: Final = re.compile(
    r"\$merge\(\[(?P<defaults>\{.*\}), (?P<given>\$[^\[\]{}()'\"]+)\]\)(?P<rest>\..+)", re.DOTALL
)
_STRING: Final = re.compile(r"""'((?:[^'\\]|\\.)*)'|"(?:[^"\\]|\\.)*"|[^'"]+""", re.DOTALL)


def compile_default(source: str) -> PathFunction | None:
    """A function from variables to the value, or None when `source` has another shape.

    The function answers `UNSURE` when what was given is not an object: only the engine knows what to say then.

    >>> lr = compile_default("$merge([{'lr': 0.1}, $input]).lr")
    >>> lr({"input": {}}), lr({"input": {"lr": 3}})
    (0.1, 3)
    """
    shape = _SHAPE.fullmatch(source)
    if shape is None:
        return None
    defaults = _read(shape["defaults"])
    given = compile_path(shape["given"])
    merged = f"$merged{shape['rest']}"
    rest = compile_path(merged)
    if defaults is None or given is None or rest is None or split_path(merged) is None:
        return None

    def value(variables: Mapping[str, JSON]) -> JSON:
        found = given(variables)
        if type(found) is not dict:
            return UNSURE
        return rest({"merged": {**defaults, **found}})

    return value


def _read(text: str) -> JSON:
    """The object that `literal` spelled as `text`; None when it would spell it otherwise."""
    pieces = []
    for found in _STRING.finditer(text):
        body = found[1]
        pieces.append(found[0] if body is None else '"' + body.replace('"', '\\"') + '"')
    try:
        value = json.loads("".join(pieces), parse_float=_not_whole)
        return value if literal(value) == text else None
    except ValueError:
        return None


def _not_whole(text: str) -> float:
    """JSONata reads 3.0 as 3: such defaults are the engine's."""
    value = float(text)
    if value.is_integer():
        raise ValueError(text)
    return value
