"""Comparisons: equality of nested values, order, containment, and what a value is.

JSONata's `=` is deep, but tells true from 1; its `<` is of two numbers or two texts, and orders texts by UTF-16.
"""

from __future__ import annotations

from functools import partial

from flowdeco.graph.expressions import Expression, Literal, Operation
from flowdeco.graph.operations.numbers import NUMBERS, number, unknown
from flowdeco.graph.operations.operands import certainly, element_type, elements_of
from flowdeco.graph.operations.rules import OperandError, Resolved, Rules, form
from flowdeco.graph.types import ANY, BOOL, Type

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]
Raises = tuple[type[Exception], ...]

ORDERS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}

FORMS = (
    "eq.same",
    "ne.same",
    "eq.any",
    "ne.any",
    *(f"{name}.{kind}" for name in ORDERS for kind in ("plain", "texts", "any")),
    "hashable.any",
    "contains.same",
    "contains.any",
    "contains.text",
    "contains.key",
    "contains.value",
    "is.same",
    "is.different",
    "isinstance.any",
)

_NUMERIC = ("int", "float", "number")
_PLAIN = ("none", *NUMBERS, "str", "list", "tuple", "dict", "set")
_PYTHON = {"none": "NoneType", "number": "float"}


def same(left: Type, right: Type) -> bool:
    """Whether `=` means the same as `==`: no boolean can meet a number, no set another order of itself."""
    if "none" in (left.sort, right.sort) or "str" in (left.sort, right.sort):
        return True
    if left.sort in _NUMERIC and right.sort in _NUMERIC:
        return True
    if left.sort == right.sort == "bool":
        return True
    if left.sort == right.sort and left.sort in ("list", "tuple", "dict"):
        first, second = _parts(left), _parts(right)
        return first is not None and second is not None and all(same(a, b) for a in first for b in second)
    return False


def _parts(type: Type) -> tuple[Type, ...] | None:
    if type.sort == "tuple" and type.elements is not None:
        return type.elements
    if type.fields is not None:
        return tuple(part for _, part in type.fields)
    return None if type.element is None else (type.element,)


def _distinctive(expression: Expression, type: Type) -> bool:
    """Whether it is a constant number that no boolean equals."""
    return isinstance(expression, Literal) and type.sort in _NUMERIC and expression.value not in (0, 1)


def equality(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    left, right = types
    if "opaque" in (left.sort, right.sort) or "set" in (left.sort, right.sort):
        return None
    if same(left, right) or any(map(_distinctive, arguments, types)):
        return form(f"{name}.same", arguments, BOOL)
    for i in (0, 1):
        if certainly(types[i], *_NUMERIC) and types[1 - i].sort == "bool" and not types[1 - i].optional:
            return form(f"{name}.same", tuple(map(number, arguments, types)), BOOL)
    return form(f"{name}.any", arguments, BOOL)


def _order(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    if all(certainly(type, *NUMBERS) or unknown(type) for type in types) and any(
        certainly(type, *NUMBERS) for type in types
    ):
        failing = (TypeError,) if any(map(unknown, types)) else ()
        return form(f"{name}.plain", tuple(map(number, arguments, types)), BOOL, failing)
    texts = all(type.sort in ("str", "any") for type in types) and "str" in (types[0].sort, types[1].sort)
    if texts:
        failing = () if all(certainly(type, "str") for type in types) else (TypeError,)
        plain = any(_ordered_plainly(argument) for argument in arguments)
        return form(f"{name}.{'plain' if plain else 'texts'}", arguments, BOOL, failing)
    if all(type.sort == "any" or type.sort in NUMBERS for type in types):
        return form(f"{name}.any", arguments, BOOL, (TypeError,))
    if all(type.sort in _PLAIN and not type.optional for type in types):
        sorts = {"number" if type.sort in NUMBERS else type.sort for type in types}
        if len(sorts) > 1 or sorts <= {"none", "dict"}:
            left, right = (_PYTHON.get(type.sort, type.sort) for type in types)
            raise OperandError(f"'{ORDERS[name]}' not supported between instances of '{left}' and '{right}'")
    return None


def _ordered_plainly(argument: Expression) -> bool:
    """Whether it is a text that UTF-16 orders against every other as code points do."""
    return (
        isinstance(argument, Literal)
        and isinstance(argument.value, str)
        and max(argument.value, default="") < "\ud800"
    )


def _contains(arguments: Arguments, types: Types) -> Resolved | None:
    container, item = types
    if certainly(container, "str"):
        if certainly(item, "str"):
            return form("contains.text", arguments, BOOL)
        if item.sort in _PLAIN and not item.optional:
            raise OperandError(
                f"'in <string>' requires string as left operand, not {_PYTHON.get(item.sort, item.sort)}"
            )
        return form("contains.text", arguments, BOOL, (TypeError,)) if item.sort in ("any", "str") else None
    if certainly(container, "dict"):
        if item.sort not in ("str", "any"):
            return None
        # Keys are texts; what is no text is no key.
        return form("contains.key", (arguments[0], _hashable(arguments[1], item)), BOOL, _unhashable(item))
    if certainly(container, "list", "tuple", "set"):
        elements = elements_of(arguments[0], container)
        assert elements is not None
        kind = element_type(container) or ANY
        scalar = item.sort in ("none", "str", *NUMBERS)
        asked = (elements, _hashable(arguments[1], item) if container.sort == "set" else arguments[1])
        plain = scalar and (same(kind, item) or _distinctive(arguments[1], item))
        return form("contains.same" if plain else "contains.any", asked, BOOL, _unhashable(item))
    if container.sort == "any":
        return form("contains.value", arguments, BOOL, (TypeError,))
    if container.sort in ("none", *NUMBERS) and not container.optional:
        raise OperandError(
            f"argument of type '{_PYTHON.get(container.sort, container.sort)}' is not iterable"
        )
    return None


def _hashable(expression: Expression, type: Type) -> Expression:
    """What is looked for among keys: Python refuses lists and dicts there."""
    return Operation("hashable.any", (expression,)) if _unhashable(type) else expression


def _unhashable(type: Type) -> Raises:
    return () if type.sort in ("none", "str", *NUMBERS) else (TypeError,)


def _not_contains(arguments: Arguments, types: Types) -> Resolved | None:
    found = _contains(arguments, types)
    return None if found is None else Resolved(Operation("not.bool", (found.expression,)), BOOL, found.raises)


def _is(value: object, chosen: str, arguments: Arguments, types: Types) -> Resolved:
    """`x is None`, `x is True`: JSON tells these from all others."""
    sort = "none" if value is None else "bool"
    if types[0].sort not in ("any", sort) and not (value is None and types[0].optional):
        return Resolved(Literal(chosen == "is.different"), BOOL)
    return form(chosen, (arguments[0], Literal(value)), BOOL)


_CLASSES = {
    "bool": ("bool",),
    "str": ("str",),
    "list": ("list",),
    "dict": ("dict",),
    "tuple": ("tuple",),
    "set": ("set",),
    "NoneType": ("none",),
    "int": ("int", "bool"),
    "float": ("float",),
}


def _isinstance(arguments: Arguments, types: Types) -> Resolved | None:
    value = arguments[1]
    if not isinstance(value, Literal):
        return None
    names = [value.value] if isinstance(value.value, str) else list(value.value)
    if any(name not in _CLASSES for name in names):
        return None
    type = types[0]
    if type.sort in _PLAIN and type.sort not in ("number", "set", "float", "tuple"):
        # A float that is annotated may hold an int; a namedtuple is a tuple, a frozenset no set.
        inside = any(type.sort in _CLASSES[name] for name in names)
        if not type.optional or (inside and "NoneType" in names):
            return Resolved(Literal(inside), BOOL)
        return (
            form("is.different" if inside else "is.same", (arguments[0], Literal(None)), BOOL)
            if (inside != ("NoneType" in names))
            else Resolved(Literal(inside), BOOL)
        )
    if ("int" in names) != ("float" in names):
        return None
    if type.sort not in ("any", "number", "float", "tuple", "set"):
        return None
    return form("isinstance.any", (arguments[0], Literal(names)), BOOL)


RULES: Rules = {
    "eq": partial(equality, "eq"),
    "ne": partial(equality, "ne"),
    **{name: partial(_order, name) for name in ORDERS},
    "contains": _contains,
    "not_contains": _not_contains,
    "is_none": partial(_is, None, "is.same"),
    "is_not_none": partial(_is, None, "is.different"),
    "is_true": partial(_is, True, "is.same"),
    "is_false": partial(_is, False, "is.same"),
    "isinstance": _isinstance,
}
