"""Sets of texts and of integers.

A set is encoded with its elements in order, so that equal sets have equal encodings. Elements of other sorts are in the
order of their JSON text, which no expression can write exactly: those sets are left to Python.
"""

from __future__ import annotations

from flowdeco.graph.expressions import Array, Expression, Field, Literal, Object
from flowdeco.graph.operations.operands import certainly, element_type, elements_of, tagged
from flowdeco.graph.operations.rules import Resolved, Rule, Rules, form
from flowdeco.graph.types import ANY, NONE, Type

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]

FORMS = (
    "set.items",
    "set.union",
    "set.add",
    "set.intersection",
    "set.difference",
    "set.symmetric",
    "set.discard",
    "set.remove",
    "set.add_any",
    "set.discard_any",
    "set.remove_any",
)


def _sorted(type: Type | None) -> bool:
    """Whether values of the type can be put into the order of an encoded set."""
    return type is not None and certainly(type, "str", "int")


def _set_of(tag: str) -> Rule:
    """`set(items)`, `{…, …}`, `{… for …}`."""

    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        if not arguments:
            return Resolved(tagged(tag, Literal([])), Type("set"))
        items = elements_of(arguments[0], types[0])
        element = element_type(types[0])
        if len(arguments) != 1 or items is None or not _sorted(element):
            return None
        return Resolved(_made(tag, form("set.items", (items,), ANY).expression), Type("set", element=element))

    return rule


def _made(tag: str | Expression, items: Expression) -> Object:
    return Object((("$type", Literal(tag) if isinstance(tag, str) else tag), ("items", items)))


def _tag(expression: Expression) -> Expression:
    """`set` or `frozenset`: of the left operand, as Python has it."""
    match expression:
        case Object((("$type", tag), _)):
            return tag
        case Literal({"$type": tag}):
            return Literal(tag)
        case _:
            return Field(expression, "$type", certain=True)


def _operands(arguments: Arguments, types: Types) -> tuple[Expression, Expression] | None:
    """The elements of two sets of the same sortable sort."""
    if len(arguments) != 2 or not all(certainly(t, "set") for t in types):
        return None
    first, second = types[0].element, types[1].element
    if not _sorted(first) or first != second:
        return None
    lists = [elements_of(argument, type) for argument, type in zip(arguments, types)]
    return None if lists[0] is None or lists[1] is None else (lists[0], lists[1])


def _combined(name: str) -> Rule:
    """`|`, `&`, `-`, `^` of two sets."""

    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        lists = _operands(arguments, types)
        if lists is None:
            return None
        items = form(name, lists, ANY).expression
        return Resolved(_made(_tag(arguments[0]), items), Type("set", element=types[0].element))

    return rule


def _with_one(name: str, raises: tuple[type[Exception], ...] = ()) -> Rule:
    """`add`, `discard`, `remove`: the set afterwards. What else is in it need not be known."""

    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        if len(arguments) != 2 or not certainly(types[0], "set") or not _sorted(types[1]):
            return None
        items, element = elements_of(arguments[0], types[0]), types[0].element
        if items == Literal([]):
            element = types[1]
        if items is None or element not in (None, types[1]):
            return None
        changed = form(name if element is not None else f"{name}_any", (items, arguments[1]), ANY).expression
        return Resolved(_made(_tag(arguments[0]), changed), Type("set", element=element), raises)

    return rule


def _nothing(arguments: Arguments, types: Types) -> Resolved | None:
    """What a change of a set returns."""
    return Resolved(Literal(None), NONE) if certainly(types[0], "set") else None


def _set_literal(arguments: Arguments, types: Types) -> Resolved | None:
    """`{a, b}`."""
    if not arguments or any(t != types[0] for t in types):
        return None
    return _set_of("set")((Array(arguments),), (Type("list", element=types[0]),))


_UNION, _INTERSECTION = _combined("set.union"), _combined("set.intersection")
_DIFFERENCE, _SYMMETRIC = _combined("set.difference"), _combined("set.symmetric")

RULES: Rules = {
    "set": _set_of("set"),
    "frozenset": _set_of("frozenset"),
    "set_of": _set_of("set"),
    "set_literal": _set_literal,
    "or_": _UNION,
    "and_": _INTERSECTION,
    "sub": _DIFFERENCE,
    "xor": _SYMMETRIC,
    "union": _UNION,
    "intersection": _INTERSECTION,
    "difference": _DIFFERENCE,
    "symmetric_difference": _SYMMETRIC,
    "method:union": _UNION,
    "method:intersection": _INTERSECTION,
    "method:difference": _DIFFERENCE,
    "method:symmetric_difference": _SYMMETRIC,
    "mutate:add": _with_one("set.add"),
    "result:add": _nothing,
    "mutate:discard": _with_one("set.discard"),
    "result:discard": _nothing,
    "mutate:remove": _with_one("set.remove", (KeyError,)),
    "result:remove": _nothing,
}
