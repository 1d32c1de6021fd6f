"""Expressions of the graph: what a value is made of. They take no time; an operation means what it means in Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

JSON: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant, encoded as JSON."""

    value: JSON


@dataclass(frozen=True, slots=True)
class Input:
    """An input of the execution, by parameter name."""

    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a node results in, by its id, or a variable of a choice, loop or attempt, by the variable's id."""

    node: int


@dataclass(frozen=True, slots=True)
class Item:
    """The item that the block of a map is at, by the id of the map node."""

    map: int


@dataclass(frozen=True, slots=True)
class Local:
    """The parameter of the function around it, by number."""

    number: int


@dataclass(frozen=True, slots=True)
class Field:
    """The value under a name: a key of a dict, or a field of a dataclass and the like. `certain`: it is there."""

    base: Expression
    name: str
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An element of a list. Negative positions count from the end."""

    base: Expression
    position: int


@dataclass(frozen=True, slots=True)
class Elements:
    """The list of elements of something that may turn out to be a list, a tuple or a set: nothing said which."""

    base: Expression


@dataclass(frozen=True, slots=True)
class Array:
    """A list made of expressions."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Object:
    """A dict made of expressions (also the tagged form of tuples, dataclasses and the like)."""

    entries: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A Python operation in one of its forms (`operations.py`), e.g. `add.numbers`. It may fail as it does in Python."""

    form: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function as an argument of an operation: `key=lambda r: r["auc"]`. Its parameters are read as Local."""

    parameters: tuple[int, ...]
    names: tuple[str, ...]
    body: Expression


Expression: TypeAlias = (
    Literal | Input | Result | Item | Local | Field | Index | Elements | Array | Object | Operation | Function
)

Symbol: TypeAlias = Input | Result | Item
"""What a node or block may need from around it."""


def children(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside an expression, left to right."""
    match expression:
        case Literal() | Input() | Result() | Item() | Local():
            return ()
        case Field(base) | Index(base) | Elements(base) | Function(body=base):
            return (base,)
        case Array(items):
            return items
        case Object(entries):
            return tuple(value for _, value in entries)
        case Operation(_, arguments):
            return arguments
        case never:
            assert_never(never)


def leaves(expression: Expression) -> Iterator[Symbol]:
    """What of the outside an expression depends on, left to right, repeats included."""
    stack = [expression]
    while stack:
        top = stack.pop()
        if isinstance(top, Input | Result | Item):
            yield top
        else:
            stack.extend(reversed(children(top)))


def rebuilt(expression: Expression, parts: tuple[Expression, ...]) -> Expression:
    """The expression with other children, in the order of `children`."""
    match expression:
        case Literal() | Input() | Result() | Item() | Local():
            return expression
        case Field(_, name, certain):
            return Field(parts[0], name, certain)
        case Index(_, position):
            return Index(parts[0], position)
        case Elements():
            return Elements(parts[0])
        case Function(parameters, names):
            return Function(parameters, names, parts[0])
        case Array():
            return Array(parts)
        case Object(entries):
            return Object(tuple((key, part) for (key, _), part in zip(entries, parts)))
        case Operation(form):
            return Operation(form, parts)
        case never:
            assert_never(never)


def may_fail(expression: Expression) -> bool:
    """Whether evaluating an expression may fail, as far as its form tells."""
    match expression:
        case Operation() | Index() | Elements() | Field(certain=False):
            return True
        case _:
            return any(may_fail(part) for part in children(expression))
