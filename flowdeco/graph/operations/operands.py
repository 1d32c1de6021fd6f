"""What rules ask about operands: constants, and sorts that are certain."""

from __future__ import annotations

from flowdeco.graph.expressions import Array, Expression, Field, Literal, Object, Operation
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


COUNT = Type("int", name="count")
"""A length, a position, or near one: far below 10**15, up to where JSONata writes all digits of a number by itself."""


def is_count(expression: Expression, type: Type) -> bool:
    """Whether an integer is certainly far below 10**15."""
    constant = int_constant(expression)
    return certainly(type, "int") and (
        type.name == COUNT.name if constant is None else abs(constant) <= MODERATE
    )


MODERATE = 10**9
"""What is added to a count may be this large: a count it remains, however often a run can do it."""


def flat_array(expression: Expression, element: Type | None) -> Expression:
    """A list that is written out; one of elements that are no lists needs no care in JSONata."""
    if (
        isinstance(expression, Array)
        and expression.items
        and element is not None
        and not _may_be_list(element)
    ):
        return Operation("array.flat", expression.items)
    return expression


def flat_parts(expression: Expression, type: Type) -> Expression:
    """The expression, in which lists and tuples that are written out say whether their elements are no lists."""
    match expression:
        case Array(items):
            return flat_array(Array(tuple(flat_parts(item, type.item) for item in items)), type.element)
        case Object((("$type", Literal("tuple") as tag), ("items", Array(items)))) if (
            type.elements is not None
        ):
            parts = tuple(map(flat_parts, items, type.elements))
            flat = items and not any(map(_may_be_list, type.elements))
            made: Expression = Operation("array.flat", parts) if flat else Array(parts)
            return Object((("$type", tag), ("items", made)))
        case Object(entries) if type.fields is not None:
            fields = dict(type.fields)
            return Object(
                tuple(
                    (key, flat_parts(value, fields[key]) if key in fields else value)
                    for key, value in entries
                )
            )
        case _:
            return expression


def _may_be_list(type: Type) -> bool:
    return type.sort in ("any", "list")


def tagged(tag: str, items: Expression) -> Object:
    """The encoded form of a tuple or a set, from the list of its elements."""
    return Object((("$type", Literal(tag)), ("items", items)))


def tuple_of(*items: Expression) -> Object:
    """The encoded form of a tuple."""
    return tagged("tuple", Array(items))


def elements_of(expression: Expression, type: Type) -> Expression | None:
    """The elements of a list, a tuple or a set as a list; None when it may be something else."""
    if certainly(type, "list"):
        return flat_array(expression, type.element)
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
