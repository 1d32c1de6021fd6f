"""Variable paths (`$states.result.Payload`, `$rows[0]."a b"`) as small Python functions.

A path means the same in JSONata and here as long as no array is met where a field is asked for, because that
is where JSONata maps and flattens. Then the function answers `UNSURE`, and the real engine is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, TypeAlias

from flowdeco.query.functions import FUNCTIONS
from flowdeco.query.values import JSON, UNDEFINED


class Unsure(Enum):
    """The type of `UNSURE`."""

    UNSURE = "UNSURE"


UNSURE: Final = Unsure.UNSURE
"""The value depends on JSONata's treatment of sequences: ask the engine."""

PathFunction: TypeAlias = Callable[[Mapping[str, JSON]], JSON]
Steps: TypeAlias = tuple[str | int, ...]

KEYWORDS: Final = frozenset(["true", "false", "null", "and", "or", "in", "not", "function", "λ"])

_HEAD = re.compile(r"\s*\$([^\W\d]\w*)")
_STEP = re.compile(
    r"""\s*(?:
        \.\s*(?:(?P<name>[^\W\d]\w*) | `(?P<tick>[^`]+)` | "(?P<double>[^"\\]+)" | '(?P<single>[^'\\]+)')
        | \[\s*(?P<index>0|-?[1-9][0-9]{0,8})\s*\]
    )""",
    re.VERBOSE,
)


def is_name(text: str) -> bool:
    """Whether JSONata takes `text` for a field's name without quotes.

    >>> [is_name(name) for name in ("loss", "été", "2d", "a-b", "and", "")]
    [True, True, False, False, False, False]
    """
    if not (text[:1].isalpha() or text[:1] == "_") or text in KEYWORDS:
        return False
    return all(c.isalnum() or c == "_" for c in text)


def split_path(source: str) -> tuple[str, Steps] | None:
    """The variable and the steps of a pure variable path; None when `source` is anything else.

    >>> split_path("$rows[-1].`a b`.loss")
    ('rows', (-1, 'a b', 'loss'))
    >>> split_path("$rows[loss > 1]")
    """
    head = _HEAD.match(source)
    if head is None or not (head[1][0].isalpha() or head[1][0] == "_"):
        return None
    steps: list[str | int] = []
    position, end = head.end(), len(source.rstrip())
    while position < end:
        step = _STEP.match(source, position)
        if step is None:
            return None
        if step["index"] is not None:
            steps.append(int(step["index"]))
        elif step["name"] is not None:
            if not is_name(step["name"]):
                return None
            steps.append(step["name"])
        else:
            steps.append(step["tick"] or step["double"] or step["single"])
        position = step.end()
    return head[1], tuple(steps)


def compile_path(source: str) -> PathFunction | None:
    """A function from variables to the value of the path, or None when `source` is not a pure path.

    The function answers `UNDEFINED` where the path finds nothing and `UNSURE` where JSONata must decide.
    """
    parts = split_path(source)
    if parts is None:
        return None
    name, steps = parts
    # `$sum` is the function unless there is a variable of that name; only the engine has functions.
    missing: JSON = UNSURE if name in FUNCTIONS else UNDEFINED

    if not steps:
        return lambda variables: variables.get(name, missing)

    def walk(variables: Mapping[str, JSON]) -> JSON:
        value = variables.get(name, missing)
        return missing if value is missing else _follow(value, steps)

    if len(steps) == 1 and isinstance(steps[0], str):
        return _one_field(name, steps[0], walk)
    if len(steps) == 2 and isinstance(steps[0], str) and isinstance(steps[1], str):
        return _two_fields(name, steps[0], steps[1], walk)
    return walk


def _one_field(name: str, field: str, walk: PathFunction) -> PathFunction:
    def one(variables: Mapping[str, JSON]) -> JSON:
        value = variables.get(name)
        return value.get(field, UNDEFINED) if type(value) is dict else walk(variables)

    return one


def _two_fields(name: str, first: str, second: str, walk: PathFunction) -> PathFunction:
    def two(variables: Mapping[str, JSON]) -> JSON:
        value = variables.get(name)
        if type(value) is dict:
            value = value.get(first)
            if type(value) is dict:
                return value.get(second, UNDEFINED)
        return walk(variables)

    return two


def _follow(value: JSON, steps: Steps) -> JSON:
    for step in steps:
        if isinstance(step, str):
            if type(value) is not dict:
                return UNSURE if isinstance(value, (dict, list)) else UNDEFINED
            value = value.get(step, UNDEFINED)
            if value is UNDEFINED:
                return UNDEFINED
        elif isinstance(value, list):
            try:
                value = value[step]
            except IndexError:
                return UNDEFINED
        elif step not in (0, -1):
            # One value is a sequence of one: its first and its last item are the value itself.
            return UNDEFINED
    return value
