"""Arithmetic: operators on numbers, and what `+` and `*` do with texts, lists and tuples.

JSONata has one kind of number, the double: integers are exact up to 2**53. Operands of unknown type are numbers or
booleans, or the expression fails.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from flowdeco.graph.expressions import Array, Expression, Field, Literal, Operation
from flowdeco.graph.operations.operands import (
    COUNT,
    certainly,
    element_type,
    flat_array,
    int_constant,
    is_count,
    tagged,
    tuple_of,
)
from flowdeco.graph.operations.rules import OperandError, Resolved, Rule, Rules, form
from flowdeco.graph.operations.shapes import iterated
from flowdeco.graph.types import ANY, BOOL, FLOAT, INT, NUMBER, STR, Type, join

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]
Raises = tuple[type[Exception], ...]

NUMBERS = ("int", "float", "number", "bool")
_PLAIN = ("none", *NUMBERS, "str", "list", "tuple", "dict", "set")
_PYTHON = {"none": "NoneType", "number": "float"}

FORMS = (
    "number.bool",
    "number.any",
    "add.numbers",
    "add.texts",
    "add.text_any",
    "add.any_text",
    "add.lists",
    "add.any",
    "sub.numbers",
    "mul.numbers",
    "mul.text",
    "mul.list",
    "mul.any",
    "truediv.numbers",
    "floordiv.ints",
    "floordiv.numbers",
    "mod.ints",
    "mod.numbers",
    "pow.ints",
    "neg.number",
    "abs.number",
    "invert.int",
    "and_.bools",
    "or_.bools",
    "xor.bools",
    "lshift.ints",
    "rshift.ints",
    "round.number",
    "round.digits",
    "sum.numbers",
    "sum.floats",
    "sum.any",
)


def unknown(type: Type) -> bool:
    """Whether it may turn out to be a number, or something else."""
    return type.sort == "any" or (type.optional and type.sort in NUMBERS)


def number(expression: Expression, type: Type) -> Expression:
    """The operand as a JSONata number: booleans count as in Python, everything else fails."""
    if certainly(type, "int", "float", "number"):
        return expression
    return Operation("number.bool" if certainly(type, "bool") else "number.any", (expression,))


def _result(*types: Type) -> Type:
    """What arithmetic makes of numbers: an int of ints, a float as soon as there is one."""
    if all(certainly(type, "int", "bool") for type in types):
        return INT
    return FLOAT if any(certainly(type, "float") for type in types) else NUMBER


def refuse(symbol: str, types: Types) -> None:
    """Raises OperandError when Python refuses these two for certain; returns when it cannot be known."""
    if all(type.sort in _PLAIN and not type.optional for type in types):
        left, right = (_PYTHON.get(type.sort, type.sort) for type in types)
        raise OperandError(f"unsupported operand type(s) for {symbol}: '{left}' and '{right}'")


def _numbers(
    name: str,
    symbol: str,
    result: Callable[..., Type],
    raises: tuple[type[Exception], ...],
    arguments: Arguments,
    types: Types,
) -> Resolved | None:
    """An operator that is only of numbers here."""
    if not all(certainly(type, *NUMBERS) or unknown(type) for type in types):
        refuse(symbol, types)
        return None
    exact = all(certainly(type, "int", "bool") for type in types)
    chosen = f"{name}.ints" if exact and f"{name}.ints" in FORMS else f"{name}.numbers"
    failing = (*raises, *((TypeError,) if any(map(unknown, types)) else ()))
    made = result(*types)
    if made == INT and _stays_small(name, arguments, types):
        made = COUNT
    return form(chosen, tuple(map(number, arguments, types)), made, failing)


def _stays_small(name: str, arguments: Arguments, types: Types) -> bool:
    """A count and a constant make a count again; what is left of a division by a constant is below that."""
    if name in ("add", "sub"):
        constant = int_constant(arguments[0]) is not None or int_constant(arguments[1]) is not None
        return constant and all(map(is_count, arguments, types))
    return name == "mod" and is_count(arguments[1], types[1])


def _operator(
    name: str, symbol: str, result: Callable[..., Type] = _result, *raises: type[Exception]
) -> Rule:
    return partial(_numbers, name, symbol, result, raises)


def add(arguments: Arguments, types: Types) -> Resolved | None:
    left, right = types
    if all(certainly(type, "str") for type in types):
        return form("add.texts", arguments, STR)
    if all(certainly(type, "list") for type in types):
        element = join(left.element, right.element) if left.element and right.element else None
        return joined_lists(arguments, types, Type("list", element=element))
    if all(certainly(type, "int") for type in types) and Literal(0) in arguments:
        return Resolved(arguments[arguments[0] == Literal(0)], types[arguments[0] == Literal(0)])
    if all(certainly(type, "tuple") for type in types):
        return _add_tuples(arguments, types)
    for mine, other, chosen in ((left, right, "add.text_any"), (right, left, "add.any_text")):
        if certainly(mine, "str") and (other.sort == "any" or (other.sort == "str" and other.optional)):
            return form(chosen, arguments, STR, (TypeError,))
    if all(type.sort == "any" for type in types):
        return form("add.any", arguments, ANY, (TypeError,))
    if all(certainly(type, *NUMBERS) or unknown(type) for type in types):
        return _numbers("add", "+", _result, (), arguments, types)
    refuse("+", types)
    return None


def joined_lists(arguments: Arguments, types: Types, result: Type, raises: Raises = ()) -> Resolved:
    """Two lists, one after the other. Nothing is done for one that is written out as empty."""
    for i in (0, 1):
        if arguments[i] in (Literal([]), Array(())):
            return Resolved(arguments[1 - i], result, raises)
    lists = tuple(flat_array(one, type.element) for one, type in zip(arguments, types))
    return form("add.lists", lists, result, raises)


def _add_tuples(arguments: Arguments, types: Types) -> Resolved:
    items = tuple(Field(argument, "items", certain=True) for argument in arguments)
    left, right = types
    if left.elements is not None and right.elements is not None:
        made = Type("tuple", elements=(*left.elements, *right.elements))
    else:
        elements = tuple(map(element_type, types))
        made = Type("tuple", element=join(elements[0], elements[1]) if elements[0] and elements[1] else None)
    return Resolved(tagged("tuple", Operation("add.lists", items)), made)


def _mul(arguments: Arguments, types: Types) -> Resolved | None:
    for i, j in ((0, 1), (1, 0)):
        sequence, count = types[i], types[j]
        if certainly(sequence, "str", "list") and certainly(count, "int", "bool"):
            chosen = "mul.text" if sequence.sort == "str" else "mul.list"
            return form(chosen, (arguments[i], number(arguments[j], count)), sequence)
    if all(type.sort == "any" or certainly(type, "int", "bool") for type in types) and ANY in types:
        return form("mul.any", arguments, ANY, (TypeError,))
    repeated = any(type.sort in ("tuple", "str", "list") for type in types)
    if repeated and any(
        certainly(type, "int", "bool") or type.sort == "any" or type.optional for type in types
    ):
        return None
    return _numbers("mul", "*", _result, (), arguments, types)


def _mod(arguments: Arguments, types: Types) -> Resolved | None:
    if types[0].sort == "str":
        return None
    return _numbers("mod", "%", _result, (ZeroDivisionError,), arguments, types)


def _pow(arguments: Arguments, types: Types) -> Resolved | None:
    """Only where every engine makes the same digits: whole powers of whole numbers."""
    exponent = int_constant(arguments[1]) if len(arguments) > 1 else None
    if len(arguments) == 2 and exponent is not None and exponent >= 0 and certainly(types[0], "int", "bool"):
        return form("pow.ints", (number(arguments[0], types[0]), arguments[1]), INT)
    if len(arguments) == 2:
        refuse_unless_numbers("** or pow()", types)
    return None


def refuse_unless_numbers(symbol: str, types: Types) -> None:
    """Raises OperandError when one of two is certainly no number."""
    if not all(certainly(type, *NUMBERS) for type in types):
        refuse(symbol, types)


def _unary(name: str, symbol: str, arguments: Arguments, types: Types) -> Resolved | None:
    (type,) = types
    if certainly(type, *NUMBERS) or unknown(type):
        found = number(arguments[0], type)
        failing: Raises = (TypeError,) if unknown(type) else ()
        if name == "pos":
            kept = Operation("add.numbers", (found, Literal(0))) if failing else found
            return Resolved(kept, _result(type), failing)
        return form(f"{name}.number", (found,), _result(type), failing)
    if type.sort in _PLAIN and not type.optional:
        text = _PYTHON.get(type.sort, type.sort)
        raise OperandError(f"bad operand type for {symbol}: '{text}'")
    return None


def _invert(arguments: Arguments, types: Types) -> Resolved | None:
    if not certainly(types[0], "int", "bool"):
        return None
    return form("invert.int", (number(arguments[0], types[0]),), INT)


def _bitwise(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    if all(certainly(type, "bool") for type in types):
        return form(f"{name}.bools", arguments, BOOL)
    return None


def _shift(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    if not all(certainly(type, "int", "bool") for type in types):
        return None
    count = int_constant(arguments[1])
    raises = () if count is not None and count >= 0 else (ValueError,)
    return form(f"{name}.ints", tuple(map(number, arguments, types)), INT, raises)


def _round(arguments: Arguments, types: Types) -> Resolved | None:
    type = types[0]
    if not (certainly(type, *NUMBERS) or unknown(type)):
        return None
    failing: Raises = (TypeError,) if unknown(type) else ()
    found = number(arguments[0], type)
    if len(arguments) == 1 or arguments[1] == Literal(None):
        if certainly(type, "int", "bool"):
            return Resolved(found, INT)
        return form("round.number", (found,), INT, failing)
    digits = int_constant(arguments[1])
    if digits is None or not 0 <= digits <= 8:
        return None
    if certainly(type, "int", "bool"):
        return Resolved(found, INT)
    return form("round.digits", (found, arguments[1]), _result(type), failing)


def _divmod(arguments: Arguments, types: Types) -> Resolved | None:
    quotient = _numbers("floordiv", "divmod()", _result, (ZeroDivisionError,), arguments, types)
    rest = _numbers("mod", "divmod()", _result, (ZeroDivisionError,), arguments, types)
    if quotient is None or rest is None:
        return None
    made = Type("tuple", elements=(quotient.type, rest.type))
    return Resolved(tuple_of(quotient.expression, rest.expression), made, quotient.raises)


def _sum(arguments: Arguments, types: Types) -> Resolved | None:
    found = iterated(arguments[0], types[0])
    start = arguments[1] if len(arguments) > 1 else Literal(0)
    if found is None or start != Literal(0):
        return None
    elements = found.type.item
    if certainly(elements, "int"):
        return form("sum.numbers", (found.expression,), INT, found.raises)
    if certainly(elements, "bool") or elements.sort == "any":
        failing = found.raises if certainly(elements, "bool") else (*found.raises, TypeError)
        return form("sum.any", (found.expression, *_exactly()), _result(elements), failing)
    if certainly(elements, "float", "number"):
        return form("sum.floats" if _exactly() else "sum.numbers", (found.expression,), NUMBER, found.raises)
    return None


def _exactly() -> Arguments:
    """Since 3.12 Python makes up for what is lost when floats are added."""
    return (Literal("compensated"),) if sys.version_info >= (3, 12) else ()


def _float(*types: Type) -> Type:
    return FLOAT


RULES: Rules = {
    "add": add,
    "sub": _operator("sub", "-"),
    "mul": _mul,
    "truediv": _operator("truediv", "/", _float, ZeroDivisionError),
    "floordiv": _operator("floordiv", "//", _result, ZeroDivisionError),
    "mod": _mod,
    "pow": _pow,
    "neg": partial(_unary, "neg", "unary -"),
    "pos": partial(_unary, "pos", "unary +"),
    "abs": partial(_unary, "abs", "abs()"),
    "invert": _invert,
    "and_": partial(_bitwise, "and_"),
    "or_": partial(_bitwise, "or_"),
    "xor": partial(_bitwise, "xor"),
    "lshift": partial(_shift, "lshift"),
    "rshift": partial(_shift, "rshift"),
    "round": _round,
    "divmod": _divmod,
    "sum": _sum,
}
