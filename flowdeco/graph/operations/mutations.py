"""What changes a list, as the list it is afterwards: `mutate:pop` is the list, `result:pop` what was popped.

A receiver of unknown type of a method that only lists have is a list, or the expression fails.
"""

from __future__ import annotations

from functools import partial

from flowdeco.graph.expressions import Array, Expression, Function, Index, Literal, Local, Operation
from flowdeco.graph.operations.comparisons import equality
from flowdeco.graph.operations.numbers import add
from flowdeco.graph.operations.operands import COUNT, certainly, int_constant
from flowdeco.graph.operations.rules import OperandError, Resolved, Rules, form
from flowdeco.graph.operations.sequences import sorted_list
from flowdeco.graph.operations.shapes import KINDS, iterated, kind_of
from flowdeco.graph.operations.slices import position
from flowdeco.graph.types import ANY, INT, Type, join

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]
Raises = tuple[type[Exception], ...]

FORMS = (
    "list.any",
    "iadd.any",
    "index_of",
    "count_of",
    *(f"{name}.{kind}" for name in ("append", "without") for kind in KINDS),
    "insert.flat",
    "insert.any",
    "replaced.flat",
    "replaced.any",
    "setitem.any",
    "delitem.any",
)

_ELEMENT, _VALUE = -3, -4


def _receiver(expression: Expression, type: Type, loose: bool = True) -> Resolved | None:
    """The list a method is called on; None when it is none, or (unless `loose`) may be none."""
    if certainly(type, "list"):
        return Resolved(expression, type)
    if loose and (type.sort == "any" or type.sort == "list"):
        return form("list.any", (expression,), Type("list", element=type.element), (AttributeError,))
    return None


def _with(found: Resolved, added: Type) -> Type:
    """The type of a list after something was added."""
    if found.expression in (Literal([]), Array(())):
        element: Type | None = added
    else:
        element = join(found.type.element, added) if found.type.element is not None else None
    return Type("list", element=None if element == ANY else element)


def _append(arguments: Arguments, types: Types) -> Resolved | None:
    found = _receiver(arguments[0], types[0])
    if found is None:
        return None
    chosen = f"append.{kind_of(types[1])}"
    return form(chosen, (found.expression, arguments[1]), _with(found, types[1]), found.raises)


def _extend(arguments: Arguments, types: Types) -> Resolved | None:
    found = _receiver(arguments[0], types[0])
    more = iterated(arguments[1], types[1])
    if found is None or more is None:
        return None
    raises = (*found.raises, *more.raises)
    return form("add.lists", (found.expression, more.expression), _with(found, more.type.item), raises)


def _insert(arguments: Arguments, types: Types) -> Resolved | None:
    found = _receiver(arguments[0], types[0])
    at = position(arguments[1], types[1])
    if found is None or at is None:
        return None
    flat = kind_of(found.type.item) == kind_of(types[2]) == "flat"
    chosen = "insert.flat" if flat else "insert.any"
    raises = (*found.raises, *_position_raises(types[1]))
    return form(chosen, (found.expression, at, arguments[2]), _with(found, types[2]), raises)


def _position_raises(type: Type) -> Raises:
    return () if certainly(type, "int", "bool") else (TypeError,)


def _matching(arguments: Arguments, types: Types) -> Resolved | None:
    """The test of an element (the first parameter) against a value (the second)."""
    test = equality("eq", (Local(_ELEMENT), Local(_VALUE)), (types[0].item, types[1]))
    if test is None:
        return None
    return Resolved(Function((_ELEMENT, _VALUE), ("v", "value"), test.expression), test.type)


def _index(arguments: Arguments, types: Types) -> Resolved | None:
    found = _receiver(arguments[0], types[0], loose=False)
    test = _matching(arguments, types) if found is not None and len(arguments) == 2 else None
    if found is None or test is None:
        return None
    return form("index_of", (found.expression, arguments[1], test.expression), COUNT, (ValueError,))


def _count(arguments: Arguments, types: Types) -> Resolved | None:
    found = _receiver(arguments[0], types[0], loose=False)
    test = _matching(arguments, types) if found is not None else None
    if found is None or test is None:
        return None
    return form("count_of", (found.expression, arguments[1], test.expression), COUNT)


def _remove(arguments: Arguments, types: Types) -> Resolved | None:
    at = _index(arguments, types)
    if at is None:
        return None
    return form(f"without.{kind_of(types[0].item)}", (arguments[0], at.expression), types[0], (ValueError,))


def _pop(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    given = arguments[1] if len(arguments) > 1 else Literal(-1)
    given_type = types[1] if len(types) > 1 else INT
    found = _receiver(arguments[0], types[0])
    at = position(given, given_type)
    if (
        found is None
        or at is None
        or len(arguments) > 2
        or (types[0].sort == "any" and given_type.sort == "any")
    ):
        return None
    raises: Raises = (*found.raises, IndexError, *_position_raises(given_type))
    if name == "mutate":
        return form(f"without.{kind_of(found.type.item)}", (found.expression, at), found.type, raises)
    constant = int_constant(at)
    if constant is not None:
        return Resolved(Index(found.expression, constant), found.type.item, raises)
    return form("item.list", (found.expression, at), found.type.item, raises)


def _setitem(arguments: Arguments, types: Types) -> Resolved | None:
    value, key, new = arguments
    if types[0].sort == "any":
        return form("setitem.any", arguments, ANY, (IndexError, TypeError))
    if types[0].sort in ("str", "tuple") and not types[0].optional:
        raise OperandError(f"'{types[0].sort}' object does not support item assignment")
    found = _receiver(value, types[0], loose=False)
    at = position(key, types[1])
    if found is None or at is None:
        return None
    flat = kind_of(found.type.item) == kind_of(types[2]) == "flat"
    chosen = "replaced.flat" if flat else "replaced.any"
    raises: Raises = (IndexError, *_position_raises(types[1]))
    return form(chosen, (value, at, new), _with(found, types[2]), raises)


def _delitem(arguments: Arguments, types: Types) -> Resolved | None:
    if types[0].sort == "any":
        return form("delitem.any", arguments, ANY, (IndexError, KeyError, TypeError))
    if types[0].sort in ("str", "tuple") and not types[0].optional:
        raise OperandError(f"'{types[0].sort}' object doesn't support item deletion")
    found = _receiver(arguments[0], types[0], loose=False)
    at = position(arguments[1], types[1])
    if found is None or at is None:
        return None
    raises: Raises = (IndexError, *_position_raises(types[1]))
    return form(f"without.{kind_of(found.type.item)}", (arguments[0], at), found.type, raises)


def _iadd(arguments: Arguments, types: Types) -> Resolved | None:
    left, right = types
    if certainly(left, "list"):
        return _extend(arguments, types)
    if left.sort == "any" and right.sort in ("any", "list", "tuple", "set", "dict", "str"):
        more = iterated(Local(_VALUE), right)
        plain = add((Local(_ELEMENT), Local(_VALUE)), types)
        if more is None or plain is None:
            return None
        functions = tuple(
            Function((_ELEMENT, _VALUE), ("left", "right"), expression)
            for expression in (Operation("add.lists", (Local(_ELEMENT), more.expression)), plain.expression)
        )
        return form("iadd.any", (*arguments, *functions), ANY, (TypeError,))
    return add(arguments, types)


def _clear(arguments: Arguments, types: Types) -> Resolved | None:
    return Resolved(Literal([]), types[0]) if certainly(types[0], "list") else None


def _reverse(arguments: Arguments, types: Types) -> Resolved | None:
    found = _receiver(arguments[0], types[0])
    return None if found is None else form("reversed", (found.expression,), found.type, found.raises)


def _sort(arguments: Arguments, types: Types) -> Resolved | None:
    found = _receiver(arguments[0], types[0])
    if found is None:
        return None
    made = sorted_list((found.expression, *arguments[1:]), (found.type, *types[1:]))
    return None if made is None else Resolved(made.expression, made.type, (*found.raises, *made.raises))


def _copy(arguments: Arguments, types: Types) -> Resolved | None:
    return Resolved(arguments[0], types[0]) if certainly(types[0], "list") else None


RULES: Rules = {
    "mutate:append": _append,
    "mutate:extend": _extend,
    "mutate:insert": _insert,
    "mutate:remove": _remove,
    "mutate:clear": _clear,
    "mutate:reverse": _reverse,
    "mutate:sort": _sort,
    "mutate:pop": partial(_pop, "mutate"),
    "result:pop": partial(_pop, "result"),
    "mutate:setitem": _setitem,
    "mutate:delitem": _delitem,
    "mutate:iadd": _iadd,
    "method:index": _index,
    "method:count": _count,
    "method:copy": _copy,
}
