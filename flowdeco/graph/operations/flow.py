"""What control flow itself needs of values: the element a loop is at, and what a handler sees of an error."""

from __future__ import annotations

from flowdeco.graph.expressions import Expression
from flowdeco.graph.operations.rules import Resolved, Rules, form
from flowdeco.graph.types import BOOL, STR, Type

FORMS = ("element", "error.message", "error.matches")


def _element(arguments: tuple[Expression, ...], types: tuple[Type, ...]) -> Resolved:
    """The element of a list at a position that exists."""
    return form("element", arguments, types[0].item)


def _message(arguments: tuple[Expression, ...], types: tuple[Type, ...]) -> Resolved:
    """`str(e)`: what Lambda says the message was, or the cause itself."""
    return form("error.message", arguments, STR)


def _matches(arguments: tuple[Expression, ...], types: tuple[Type, ...]) -> Resolved:
    """Whether the name of an error is in a list of names."""
    return form("error.matches", arguments, BOOL)


RULES: Rules = {"element": _element, "error.message": _message, "error.matches": _matches}
