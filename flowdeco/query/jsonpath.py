"""JSONPath, compiled: finding values.

A path means what it means in Jayway's library. A definite path finds a value or nothing; a path with a wildcard,
slice, filter or `..` finds a list, empty when there is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias, assert_never

from flowdeco.query.jsonpath_filters import compare
from flowdeco.query.jsonpath_nodes import (
    Combined,
    Comparison,
    Constant,
    Deep,
    Exists,
    Filter,
    Indices,
    Names,
    Negated,
    Operand,
    Path,
    Pattern,
    Slice,
    Step,
    Test,
    Wildcard,
)
from flowdeco.query.jsonpath_syntax import parse_path
from flowdeco.query.values import JSON, UNDEFINED

Variables: TypeAlias = Mapping[str, JSON]
"""Variables by name, and as `states` what JSONata calls `$states`: `states.context` is the context object."""

_NOTHING: Final[Mapping[str, JSON]] = {}


class JsonPath:
    """One compiled path. Made by `compile_jsonpath`; immutable, usable from any thread."""

    __slots__ = ("_keys", "_path", "context", "text")

    text: str
    context: bool
    """It reads the context object."""

    def __init__(self, path: Path) -> None:
        self.text = path.text
        self._path = path
        self.context = _reads_context(path)
        self._keys = path.keys if path.root == "data" and path.function is None else None

    def find(self, data: JSON, variables: Variables = _NOTHING) -> JSON:
        """The value, or `UNDEFINED`. It may share parts with the data: treat both as immutable.

        >>> path = compile_jsonpath("$.rows[?(@.n > 1)].n")
        >>> path.find({"rows": [{"n": 1}, {"n": 2}]})
        [2]
        """
        if self._keys is None:
            return _find(self._path, data, data, variables)
        return _follow(data, self._keys)

    @property
    def is_root(self) -> bool:
        """It is `$`, the data itself."""
        return self._keys == ()

    def root(self, data: JSON, variables: Variables = _NOTHING) -> JSON:
        """The value the path starts from."""
        return _root(self._path, data, data, variables)

    def problem(self, data: JSON, variables: Variables = _NOTHING) -> str:
        """Why `find` found nothing, in the words of the service."""
        where, value, depth = self._stuck(data, variables)
        steps = self._path.steps
        step = steps[depth] if depth < len(steps) else None
        if isinstance(step, Names):
            here = f"['{step.names[0]}']"
            if not isinstance(value, dict):
                return f"Property {here} not found in path {where}"
            missing = "No results for path:" if depth == len(steps) - 1 else "Missing property in path"
            return f"{missing} {where}{here}"
        if isinstance(step, Indices):
            here = f"[{step.indices[0]}]"
            if not isinstance(value, list):
                return f"Filter: {here} can only be applied to arrays. Current context is: {value}"
            return f"Index out of bounds when evaluating path {where}{here}"
        return f"No results for path: {where}"

    def stuck_at(self, data: JSON, variables: Variables = _NOTHING) -> str:
        """The name or index at which a definite path that finds nothing goes astray."""
        depth = self._stuck(data, variables)[2]
        step = self._path.steps[depth] if depth < len(self._path.steps) else None
        if isinstance(step, Names):
            return step.names[0]
        return str(step.indices[0]) if isinstance(step, Indices) else self.text

    def _stuck(self, data: JSON, variables: Variables) -> tuple[str, JSON, int]:
        """How far the path can be followed: where that is, the value there, and how many steps it took."""
        value = _root(self._path, data, data, variables)
        where = "$"
        for depth, step in enumerate(self._path.steps):
            if not isinstance(step, (Names, Indices)):
                return where, value, len(self._path.steps)
            found = list(_step(step, value, data, variables))
            if not found:
                return where, value, depth
            value = found[0]
            where += f"['{step.names[0]}']" if isinstance(step, Names) else f"[{step.indices[0]}]"
        return where, value, len(self._path.steps)

    def __repr__(self) -> str:
        return f"JsonPath({self.text!r})"


@lru_cache(maxsize=4096)
def compile_jsonpath(text: str) -> JsonPath:
    """Compiles a path. Cached. Raises PathError.

    >>> compile_jsonpath("$$.Execution.Name").context
    True
    """
    return JsonPath(parse_path(text))


def _reads_context(path: Path) -> bool:
    return path.root == "context" or any(
        "$$" in path.text for step in path.steps if isinstance(step, (Filter, Deep))
    )


def _root(path: Path, item: JSON, data: JSON, variables: Variables) -> JSON:
    match path.root:
        case "data":
            return data
        case "item":
            return item
        case "context":
            return variables["states"]["context"]
        case "variable":
            return variables.get(path.variable, UNDEFINED)
        case _:
            assert_never(path.root)


def _find(path: Path, item: JSON, data: JSON, variables: Variables) -> JSON:
    start = _root(path, item, data, variables)
    if path.keys is not None:
        value = UNDEFINED if start is UNDEFINED else _follow(start, path.keys)
        return value if path.function is None else _FUNCTIONS[path.function](value)
    found: list[JSON] = [] if start is UNDEFINED else [start]
    for step in path.steps:
        found = [below for value in found for below in _step(step, value, data, variables)]
    value = found
    if path.definite:
        value = found[0] if found else UNDEFINED
    return value if path.function is None else _FUNCTIONS[path.function](value)


def _follow(value: JSON, keys: tuple[str | int, ...]) -> JSON:
    for key in keys:
        if isinstance(key, str):
            if not isinstance(value, dict) or key not in value:
                return UNDEFINED
        elif not isinstance(value, list) or not -len(value) <= key < len(value):
            return UNDEFINED
        value = value[key]
    return value


def _step(step: Step, value: JSON, data: JSON, variables: Variables) -> Iterator[JSON]:
    match step:
        case Names(names):
            yield from _named(names, value)
        case Indices(indices):
            if isinstance(value, list):
                size = len(value)
                yield from (value[i] for i in indices if -size <= i < size)
        case Slice(part):
            if isinstance(value, list):
                yield from value[part]
        case Wildcard():
            yield from _children(value)
        case Filter(test):
            candidates = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
            yield from (item for item in candidates if _holds(test, item, data, variables))
        case Deep(Filter(test)):
            yield from (item for item in _nodes(value) if _holds(test, item, data, variables))
        case Deep(below):
            for container in _containers(value):
                yield from _step(below, container, data, variables)
        case _:
            assert_never(step)


def _named(names: tuple[str, ...], value: JSON) -> Iterator[JSON]:
    if isinstance(value, dict):
        if len(names) == 1:
            if names[0] in value:
                yield value[names[0]]
        else:
            yield {name: value[name] for name in names if name in value}


def _children(value: JSON) -> Iterator[JSON]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _containers(value: JSON) -> Iterator[JSON]:
    """The objects and arrays in a value, outer ones first, itself among them."""
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, (dict, list)):
            yield value
            left.extend(reversed(list(_children(value))))


def _nodes(value: JSON) -> Iterator[JSON]:
    """What a filter after `..` is asked about: all objects, and what else is in arrays."""
    for container in _containers(value):
        if isinstance(container, dict):
            yield container
        else:
            yield from (item for item in container if not isinstance(item, (dict, list)))


# --- filters --------------------------------------------------------------------------------------------------


def _holds(test: Test, item: JSON, data: JSON, variables: Variables) -> bool:
    match test:
        case Comparison(left, operator, right):
            return compare(
                operator, _operand(left, item, data, variables), _operand(right, item, data, variables)
            )
        case Exists(path):
            value = _find(path, item, data, variables)
            return value is not UNDEFINED and (path.definite or bool(value))
        case Combined(every, tests):
            return (all if every else any)(_holds(part, item, data, variables) for part in tests)
        case Negated(part):
            return not _holds(part, item, data, variables)
        case _:
            assert_never(test)


def _operand(operand: Operand, item: JSON, data: JSON, variables: Variables) -> Any:
    match operand:
        case Path():
            return _find(operand, item, data, variables)
        case Constant(value):
            return value
        case Pattern(pattern):
            return pattern
        case _:
            assert_never(operand)


# --- functions ------------------------------------------------------------------------------------------------


def _numbers(value: JSON) -> list[float]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, (int, float)) and not isinstance(item, bool)]


def _of_numbers(function: Callable[[list[float]], float]) -> Callable[[JSON], JSON]:
    def apply(value: JSON) -> JSON:
        numbers = _numbers(value)
        try:
            number = float(function(numbers)) if numbers else math.inf
        except OverflowError:
            number = math.inf
        return number if math.isfinite(number) else UNDEFINED

    return apply


def _mean(numbers: list[float]) -> float:
    return math.fsum(numbers) / len(numbers)


def _deviation(numbers: list[float]) -> float:
    mean = _mean(numbers)
    return math.sqrt(_mean([(number - mean) ** 2 for number in numbers]))


_FUNCTIONS: Final[Mapping[str, Callable[[JSON], JSON]]] = {
    "length": lambda value: len(value) if isinstance(value, (str, list, dict)) else UNDEFINED,
    "keys": lambda value: list(value) if isinstance(value, dict) else UNDEFINED,
    "min": _of_numbers(min),
    "max": _of_numbers(max),
    "sum": _of_numbers(sum),
    "avg": _of_numbers(_mean),
    "stddev": _of_numbers(_deviation),
}
