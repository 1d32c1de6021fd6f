"""Requests held to the service model: types, required members, lengths, ranges, patterns and enums.

    check = request_check(operation.input_shape)
    check({"name": ""})     # raises the Fault ValidationException in the words of the service

A check is built once for an operation. What the model does not know is let through, as the service does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from flowdeco.server.faults import Fault, validation

if TYPE_CHECKING:
    from botocore.model import Shape

Check: TypeAlias = Callable[[Any, str], Iterator[str]]
"""From a value and its place to what is wrong with it."""

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "structure": (dict,),
    "list": (list,),
    "map": (dict,),
}
_MOST_INTEGER: Final = {"integer": 2**31, "long": 2**63}


def request_check(shape: Shape | None) -> Callable[[Any], None]:
    """A function that raises a Fault for a request that the service would not take."""
    check = _check_of(shape) if shape is not None else None

    def request(value: Any) -> None:
        if not isinstance(value, dict):
            raise _serialization("the request is no JSON object")
        problems = list(check(value, "")) if check is not None else []
        if problems:
            count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
            raise validation(f"{count}: {'; '.join(problems)}")

    return request


def _serialization(problem: str) -> Fault:
    return Fault("SerializationException", problem)


def _check_of(shape: Shape) -> Check:
    kinds = _TYPES[shape.type_name]
    inner = _MAKERS[shape.type_name](shape)
    name, most = shape.type_name, _MOST_INTEGER.get(shape.type_name)

    def check(value: Any, place: str) -> Iterator[str]:
        wrong = not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)
        if wrong or (most is not None and not -most <= value < most):
            where = place or "the request"
            raise _serialization(f"{type(value).__name__} can not be converted to {name.title()} at {where}")
        yield from inner(value, place)

    return check


def _structure(shape: Any) -> Check:
    required = tuple(shape.required_members)
    made: dict[str, Check] = {}

    def check(value: dict[str, Any], place: str) -> Iterator[str]:
        inside = f"{place}." if place else ""
        for name in required:
            if value.get(name) is None:
                yield _problem(None, inside + name, "Member must not be null", secret=False)
        for name, member in value.items():
            if member is not None and name in shape.members:
                if name not in made:
                    made[name] = _check_of(shape.members[name])
                yield from made[name](member, inside + name)

    return check


def _list(shape: Any) -> Check:
    member = _check_of(shape.member)
    limits = _limits(shape)

    def check(value: list[Any], place: str) -> Iterator[str]:
        yield from limits(value, place)
        for index, item in enumerate(value):
            if item is not None:
                yield from member(item, f"{place}.{index + 1}.member")

    return check


def _map(shape: Any) -> Check:
    member = _check_of(shape.value)

    def check(value: dict[str, Any], place: str) -> Iterator[str]:
        for name, item in value.items():
            yield from member(item, f"{place}.{name}")

    return check


def _string(shape: Any) -> Check:
    limits = _limits(shape)
    choices = tuple(shape.enum)
    text: str | None = shape.metadata.get("pattern")
    pattern = None if text is None else _pattern(text)
    secret = bool(shape.metadata.get("sensitive"))

    def check(value: str, place: str) -> Iterator[str]:
        yield from limits(value, place)
        if choices and value not in choices:
            yield _problem(
                value, place, f"Member must satisfy enum value set: [{', '.join(choices)}]", secret
            )
        if pattern is not None and pattern.fullmatch(value) is None:
            yield _problem(value, place, f"Member must satisfy regular expression pattern: {text}", secret)

    return check


@lru_cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.replace(r"\p{ASCII}", r"[\x00-\x7f]"))


def _limits(shape: Any) -> Check:
    """The length of a string or a list, or the range of a number."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    number = shape.type_name not in ("string", "list")
    what = "value" if number else "length"
    secret = bool(shape.metadata.get("sensitive"))

    def check(value: Any, place: str) -> Iterator[str]:
        amount = value if number else len(value)
        if least is not None and amount < least:
            yield _problem(value, place, f"Member must have {what} greater than or equal to {least}", secret)
        if most is not None and not amount <= most:
            yield _problem(value, place, f"Member must have {what} less than or equal to {most}", secret)

    return check


def _nothing(shape: Any) -> Check:
    return lambda value, place: iter(())


_MAKERS: Final[Mapping[str, Callable[[Any], Check]]] = {
    "string": _string,
    "integer": _limits,
    "long": _limits,
    "float": _limits,
    "double": _limits,
    "boolean": _nothing,
    "structure": _structure,
    "list": _list,
    "map": _map,
}


def _problem(value: Any, place: str, constraint: str, secret: bool) -> str:
    if value is None:
        shown = "null"
    elif secret:
        shown = "'***'"
    else:
        shown = f"'{value}'"
    return f"Value {shown} at '{place}' failed to satisfy constraint: {constraint}"
