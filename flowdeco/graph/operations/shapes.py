"""What lists and other iterables are made of, as far as it decides how JSONata has to go over them."""

from __future__ import annotations

from typing import Literal as Choice
from typing import TypeAlias

from flowdeco.graph.expressions import Expression, Operation
from flowdeco.graph.operations.operands import certainly, element_type, elements_of
from flowdeco.graph.operations.rules import Resolved, form
from flowdeco.graph.types import ANY, STR, Type, list_of

Kind: TypeAlias = Choice["flat", "lists", "any"]
"""What a value is as an item of an array: never an array, always one, or unknown."""

KINDS: tuple[Kind, ...] = ("flat", "lists", "any")


def kind_of(type: Type) -> Kind:
    """Whether values of a type are arrays in JSON."""
    if certainly(type, "list"):
        return "lists"
    return "any" if type.sort in ("any", "list") else "flat"


def iterated(expression: Expression, type: Type) -> Resolved | None:
    """The list of what a loop over a value goes over; None when it cannot be told."""
    found = elements_of(expression, type)
    if found is not None:
        return Resolved(found, _list(element_type(type)))
    if certainly(type, "dict"):
        if isinstance(expression, Operation) and expression.form == "dict.fromkeys":
            return form("distinct", expression.arguments[:1], list_of(STR))
        return form("iterate.dict", (expression,), list_of(STR))
    if certainly(type, "str"):
        return form("iterate.text", (expression,), list_of(STR))
    if type.sort == "any" or (type.optional and type.sort in ("list", "tuple", "set", "dict", "str")):
        if isinstance(expression, Operation) and expression.form == "iterate.any":
            return Resolved(expression, _list(None))
        return form("iterate.any", (expression,), _list(None), (TypeError,))
    return None


def _list(element: Type | None) -> Type:
    return Type("list", element=None if element == ANY else element)
