"""What control flow itself needs of values: the element a loop is at, and what a handler sees of an error."""

from __future__ import annotations

from flowdeco.graph.expressions import Expression, Literal, Object
from flowdeco.graph.operations.rules import Resolved, Rules, form
from flowdeco.graph.types import ANY, BOOL, LIST, STR, Type

FORMS = ("element", "error.message", "error.args", "error.matches", "error.among")


def _element(arguments: tuple[Expression, ...], types: tuple[Type, ...]) -> Resolved:
    """The element of a list at a position that exists."""
    return form("element", arguments, types[0].item)


def _message(arguments: tuple[Expression, ...], types: tuple[Type, ...]) -> Resolved:
    """`str(e)`: what Lambda says the message was, or the cause itself."""
    return form("error.message", arguments, STR)


def _args(arguments: tuple[Expression, ...], types: tuple[Type, ...]) -> Resolved:
    """`e.args`: those that the type tag tells, else the message alone."""
    items = form("error.args", arguments, LIST).expression
    return Resolved(Object((("$type", Literal("tuple")), ("items", items))), Type("tuple", element=ANY))


def _matches(arguments: tuple[Expression, ...], types: tuple[Type, ...]) -> Resolved:
    """Whether the name of an error is in a list of names."""
    return form("error.matches", arguments, BOOL)


def _among(arguments: tuple[Expression, ...], types: tuple[Type, ...]) -> Resolved:
    """Whether an error is of one of some classes, given as `module:qualname`; not if it does not tell."""
    return form("error.among", arguments, BOOL)


RULES: Rules = {
    "element": _element,
    "error.message": _message,
    "error.args": _args,
    "error.matches": _matches,
    "error.among": _among,
}
