"""Iterables: their length, going over them, sorting, the smallest and largest, comprehensions.

The type of a Function among the operands is that of what it returns. Functions are not asked about the only element of
a list when nothing depends on the answer (`sorted`, `min`, `max`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flowdeco.graph.expressions import Array, Expression, Field, Function, Literal, Local, Operation
from flowdeco.graph.operations.logic import truth
from flowdeco.graph.operations.numbers import NUMBERS, joined_lists, number
from flowdeco.graph.operations.operands import (
    COUNT,
    certainly,
    flat_array,
    flat_parts,
    int_constant,
    is_constant_none,
    is_count,
)
from flowdeco.graph.operations.rules import OperandError, Resolved, Rules, form
from flowdeco.graph.operations.shapes import KINDS, iterated, kind_of
from flowdeco.graph.types import BOOL, INT, Type, join, list_of

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]

_ORDERS = ("numbers", "texts", "any")
_PARAMETER = -2

FORMS = (
    "len.list",
    "len.text",
    "len.dict",
    "len.any",
    "iterate.dict",
    "iterate.text",
    "iterate.any",
    "array.flat",
    "distinct",
    "reversed",
    "range",
    "any.bools",
    "all.bools",
    "any.tested",
    "all.tested",
    "flat_map",
    "values_joined",
    *(f"{name}.{kind}" for name in ("enumerate", "map", "filter") for kind in KINDS),
    "zip",
    *(f"{name}.{order}" for name in ("sorted", "min", "max") for order in _ORDERS),
    *(f"{name}_by.{order}" for name in ("sorted", "min", "max") for order in _ORDERS),
)


def _element_list(type: Type) -> Type:
    return Type("list", element=None if type.sort == "any" else type)


def _len(arguments: Arguments, types: Types) -> Resolved | None:
    (type,) = types
    if certainly(type, "tuple") and type.elements is not None:
        return Resolved(Literal(len(type.elements)), COUNT)
    if certainly(type, "str"):
        return form("len.text", arguments, COUNT)
    if certainly(type, "dict"):
        return form("len.dict", arguments, COUNT)
    if certainly(type, "list", "tuple", "set"):
        found = iterated(arguments[0], type)
        assert found is not None
        return form("len.list", (found.expression,), COUNT)
    if type.sort == "any" or (type.optional and type.sort in ("str", "dict", "list", "tuple", "set")):
        return form("len.any", arguments, COUNT, (TypeError,))
    if type.sort in ("none", *NUMBERS) and not type.optional:
        raise OperandError(f"object of type '{_python(type)}' has no len()")
    return None


def _python(type: Type) -> str:
    return {"none": "NoneType", "number": "float"}.get(type.sort, type.sort)


def _iterate(arguments: Arguments, types: Types) -> Resolved | None:
    if types[0].sort in ("none", *NUMBERS) and not types[0].optional:
        raise OperandError(f"'{_python(types[0])}' object is not iterable")
    return iterated(arguments[0], types[0])


def _list(arguments: Arguments, types: Types) -> Resolved | None:
    if not arguments:
        return Resolved(Literal([]), Type("list"))
    return _iterate(arguments, types)


def _enumerate(arguments: Arguments, types: Types) -> Resolved | None:
    found = _iterate(arguments, types)
    start = arguments[1] if len(arguments) > 1 else Literal(0)
    if found is None or (len(types) > 1 and not certainly(types[1], "int")):
        return None
    item = found.type.item
    number = COUNT if len(types) < 2 or is_count(start, types[1]) else INT
    made = list_of(Type("tuple", elements=(number, item)))
    return form(f"enumerate.{kind_of(item)}", (found.expression, start), made, found.raises)


def _zip(arguments: Arguments, types: Types) -> Resolved | None:
    all_found = [_iterate((argument,), (type,)) for argument, type in zip(arguments, types)]
    found = [one for one in all_found if one is not None]
    if len(found) < len(all_found):
        return None
    if not found:
        return Resolved(Literal([]), Type("list"))
    raises = tuple(dict.fromkeys(error for one in found for error in one.raises))
    made = list_of(Type("tuple", elements=tuple(one.type.item for one in found)))
    return form("zip", tuple(one.expression for one in found), made, raises)


def _reversed(arguments: Arguments, types: Types) -> Resolved | None:
    if certainly(types[0], "set"):
        raise OperandError("'set' object is not reversible")
    found = _iterate(arguments, types)
    return None if found is None else form("reversed", (found.expression,), found.type, found.raises)


def _order_of(type: Type) -> tuple[str, tuple[type[Exception], ...]] | None:
    """How values of a type are ordered; None when an expression cannot."""
    if certainly(type, "int", "float", "number"):
        return "numbers", ()
    if certainly(type, "str"):
        return "texts", ()
    if certainly(type, "bool"):
        return "any", ()
    return ("any", (TypeError,)) if type.sort == "any" or type.sort in (*NUMBERS, "str") else None


_KEY = Function(
    (_PARAMETER,), ("item",), Operation("part", (Field(Local(_PARAMETER), "items", True), Literal(0)))
)


def _items(expression: Expression) -> bool:
    return isinstance(expression, Operation) and expression.form in ("dict.items", "dict.items_any")


def _by(
    name: str,
    found: Resolved,
    key: Expression,
    key_type: Type,
    more: Arguments,
    raises: tuple[type[Exception], ...],
) -> Resolved | None:
    """`sorted`, `min` or `max` of a list, by a key or by its elements themselves."""
    plain = is_constant_none(key)
    order = _order_of(found.type.item if plain else key_type)
    if plain and _items(found.expression):
        # Keys of a dict are different texts: their order is that of the items.
        key, order, plain = _KEY, ("texts", ()), False
    if order is None or not (plain or isinstance(key, Function)):
        return None
    chosen = f"{name}.{order[0]}" if plain else f"{name}_by.{order[0]}"
    result = found.type if name == "sorted" else found.type.item
    return form(chosen, (found.expression, key, *more), result, (*found.raises, *order[1], *raises))


def sorted_list(arguments: Arguments, types: Types) -> Resolved | None:
    found = _iterate(arguments, types)
    key = arguments[1] if len(arguments) > 1 else Literal(None)
    reverse = arguments[2] if len(arguments) > 2 else Literal(False)
    if found is None or not isinstance(reverse, Literal):
        return None
    if isinstance(found.expression, Operation) and found.expression.form == "set.items":
        if certainly(found.type.item, "int") and is_constant_none(key):
            return form("reversed", (found.expression,), found.type) if reverse.value else found
        found = form("distinct", found.expression.arguments, found.type)
    return _by(
        "sorted", found, key, types[1] if len(types) > 1 else found.type, (Literal(bool(reverse.value)),), ()
    )


def _extreme(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    found = _iterate(arguments[:1], types[:1])
    if found is None:
        return None
    key = arguments[1] if len(arguments) > 1 else Literal(None)
    default = arguments[2:]
    made = _by(
        name,
        found,
        key,
        types[1] if len(types) > 1 else found.type,
        default,
        () if default else (ValueError,),
    )
    if made is None or not default:
        return made
    return Resolved(made.expression, join(made.type, types[2]), made.raises)


def _extreme_of(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    """`min(a, b, …)`: the smallest of the list of them."""
    element = types[0]
    for type in types[1:]:
        element = join(element, type)
    found = Resolved(flat_array(Array(arguments), element), _element_list(element))
    return _by(name, found, Literal(None), element, (), ())


def _tested(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    found = _iterate(arguments, types)
    if found is None:
        return None
    item = found.type.item
    if certainly(item, "bool"):
        return form(f"{name}.bools", (found.expression,), BOOL, found.raises)
    test = truth(Local(_PARAMETER), item)
    if test is None:
        return None
    function = Function((_PARAMETER,), ("x",), test.expression)
    return form(f"{name}.tested", (found.expression, function), BOOL, (*found.raises, *test.raises))


def _map(arguments: Arguments, types: Types) -> Resolved | None:
    found = _iterate(arguments[1:], types[1:])
    if found is None or not isinstance(arguments[0], Function):
        return None
    made = _element_list(types[0])
    function = replace(arguments[0], body=flat_parts(arguments[0].body, types[0]))
    return form(f"map.{kind_of(types[0])}", (function, found.expression), made, found.raises)


def _filter(arguments: Arguments, types: Types) -> Resolved | None:
    found = _iterate(arguments[1:], types[1:])
    if found is None or not isinstance(arguments[0], Function):
        return None
    chosen = f"filter.{kind_of(found.type.item)}"
    return form(chosen, (arguments[0], found.expression), found.type, found.raises)


def _flat_map(arguments: Arguments, types: Types) -> Resolved | None:
    found = _iterate(arguments[1:], types[1:])
    if found is None or not isinstance(arguments[0], Function):
        return None
    made = _element_list(types[0].item)
    values, function = found.expression, arguments[0]
    if (
        isinstance(values, Operation)
        and values.form in ("dict.values", "dict.values_any")
        and function.body == Local(function.parameters[0])
        and kind_of(types[0].item) == "flat"
    ):
        return form("values_joined", values.arguments, made, found.raises)
    return form("flat_map", (function, values), made, found.raises)


def _concat(arguments: Arguments, types: Types) -> Resolved | None:
    made = join(types[0], types[1])
    return joined_lists(arguments, types, made if certainly(made, "list") else Type("list"))


def _range(arguments: Arguments, types: Types) -> Resolved | None:
    if not all(certainly(type, "int", "bool") or type.sort == "any" for type in types):
        if any(certainly(type, "str", "float", "list", "dict", "none") for type in types):
            raise OperandError("range() takes integers")
        return None
    start, stop, step = {1: (Literal(0), *arguments, Literal(1)), 2: (*arguments, Literal(1)), 3: arguments}[
        len(arguments)
    ]
    kinds = {1: (INT, *types, INT), 2: (*types, INT), 3: types}[len(arguments)]
    constant = int_constant(step)
    if constant == 0:
        raise OperandError("range() arg 3 must not be zero")
    raises = (TypeError,) if any(type.sort == "any" for type in types) else ()
    failing = raises if constant is not None else (*raises, ValueError)
    # A list starts at one end: so many elements that the other end is far away are none a run can hold.
    near = is_count(start, kinds[0]) and constant is not None and abs(constant) <= 1000
    element = COUNT if near else INT
    return form("range", tuple(map(number, (start, stop, step), kinds)), list_of(element), failing)


RULES: Rules = {
    "len": _len,
    "iterate": _iterate,
    "list": _list,
    "enumerate": _enumerate,
    "zip": _zip,
    "reversed": _reversed,
    "sorted": sorted_list,
    "min": partial(_extreme, "min"),
    "max": partial(_extreme, "max"),
    "min_of": partial(_extreme_of, "min"),
    "max_of": partial(_extreme_of, "max"),
    "any": partial(_tested, "any"),
    "all": partial(_tested, "all"),
    "map": _map,
    "filter": _filter,
    "flat_map": _flat_map,
    "concat": _concat,
    "range": _range,
}
