"""What rules ask about operands: constants, and sorts that are certain."""

from __future__ import annotations

from flowdeco.graph.expressions import Array, Expression, Field, Literal, Object
from flowdeco.graph.types import Type


def text_constant(expression: Expression) -> str | None:
    """The value of a constant text; None for everything else."""
    if isinstance(expression, Literal) and isinstance(expression.value, str):
        return expression.value
    return None


def int_constant(expression: Expression) -> int | None:
    """The value of a constant integer; None for everything else, True and False included."""
    if isinstance(expression, Literal) and type(expression.value) is int:
        return expression.value
    return None


def is_constant_none(expression: Expression) -> bool:
    """Whether it is the constant None."""
    return isinstance(expression, Literal) and expression.value is None


def certainly(type: Type, *sorts: str) -> bool:
    """Whether a value is of one of the sorts, and not None."""
    return type.sort in sorts and not type.optional


def tagged(tag: str, items: Expression) -> Object:
    """The encoded form of a tuple or a set, from the list of its elements."""
    return Object((("$type", Literal(tag)), ("items", items)))


def tuple_of(*items: Expression) -> Object:
    """The encoded form of a tuple."""
    return tagged("tuple", Array(items))


def elements_of(expression: Expression, type: Type) -> Expression | None:
    """The elements of a list, a tuple or a set as a list; None when it may be something else."""
    if certainly(type, "list"):
        return expression
    if not certainly(type, "tuple", "set"):
        return None
    match expression:
        case Object((("$type", _), ("items", items))):
            return items
        case Literal({"$type": _, "items": list(values)}):
            return Literal(values)
        case _:
            return Field(expression, "items", certain=True)


def element_type(type: Type) -> Type | None:
    """What is known of all the elements of a list, a tuple or a set; None when nothing is."""
    if type.elements is None:
        return type.element
    kinds = set(type.elements)
    return kinds.pop() if len(kinds) == 1 else None
