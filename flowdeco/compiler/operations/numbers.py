"""Arithmetic in JSONata with Python's meaning: its `/` and `%` know no zero division, its `%` has the sign of the left."""

from __future__ import annotations

from flowdeco.compiler.operations.arguments import (
    VARIABLE,
    Args,
    Spelling,
    Spellings,
    between,
    call,
    error,
    infix,
    strict,
    swallowing,
    swallowing_infix,
)
from flowdeco.compiler.operations.rounding import REFUSAL, distance, moved, within
from flowdeco.graph.expressions import Literal

_ZERO_DIVISION = {
    "truediv": "ZeroDivisionError: division by zero",
    "floordiv": "ZeroDivisionError: integer division or modulo by zero",
    "mod": "ZeroDivisionError: integer modulo by zero",
}


def as_number(source: str) -> str:
    """A variable's value as a number when it is a boolean, as it is otherwise."""
    return f'($type({source}) = "boolean" ? $number({source}) : {source})'


@strict()
def _any(a: Args) -> str:
    return as_number(a.let(0, "n"))


@strict()
def _add_text_any(a: Args) -> str:
    return _add_text(a, a.bare(0), a.let(1, "text"), 1)


@strict()
def _add_any_text(a: Args) -> str:
    return _add_text(a, a.let(0, "text"), a.bare(1), 0)


def _add_text(a: Args, left: str, right: str, unsure: int) -> str:
    asked = (left, right)[unsure]
    return f'$type({asked}) = "string" ? {between(left, "&", right)} : {error("TypeError: can only concatenate str to str")}'


@swallowing
def _add_any(a: Args) -> str:
    left, right, tags = a.let(0, "left"), a.let(1, "right"), a.fresh("types")
    tuples = f'{left}.`$type` = "tuple" and {right}.`$type` = "tuple"'
    return (
        f"({tags} := [$type({left}), $type({right})]; "
        f'{tags} = ["string", "string"] ? {left} & {right} : '
        f'{tags} = ["array", "array"] ? $append({left}, {right}) : '
        f'{tags} = ["object", "object"] and {tuples} ? '
        f'{{"$type": "tuple", "items": $append({left}.items, {right}.items)}} : '
        f'$count($filter({tags}, function($t){{ $t in ["number", "boolean"] }})) = 2 ? '
        f"{as_number(left)} + {as_number(right)} : "
        f"{error('TypeError: unsupported operand type(s) for +')})"
    )


@swallowing
def _add_lists(a: Args) -> str:
    return f"$append({a.bare(0)}, {a.bare(1)})"


def _repeated_text(text: str, count: str, length: str = "") -> str:
    """`$pad` fills up with a text; what is left of negative widths would stand on the left."""
    times = count if count.isdigit() else f"$max([0, {count}])"
    width = times if length == "1" else f"{times} * {length or f'$length({text})'}"
    return f"$pad('', {width}, {text})"


@swallowing
def _mul_text(a: Args) -> str:
    constant = a.expression(0)
    if isinstance(constant, Literal):
        assert isinstance(constant.value, str)
        return _repeated_text(a.bare(0), a.bare(1), str(len(constant.value)))
    return _repeated_text(a.let(0, "text"), a.bare(1))


@swallowing
def _mul_list(a: Args) -> str:
    return f"[[1..{a.bare(1)}].{a.let(0, 'xs')}]"


@swallowing
def _mul_any(a: Args) -> str:
    left, right, xs, n = a.let(0, "left"), a.let(1, "right"), a.fresh("xs"), a.fresh("n")
    return (
        f'({n} := $type({left}) in ["number", "boolean"] ? {as_number(left)} : {as_number(right)}; '
        f'{xs} := $type({left}) in ["number", "boolean"] ? {as_number(right)} : {left}; '
        f'$type({n}) != "number" ? {error("TypeError: can not multiply sequence by non-int")} : '
        f'$type({xs}) = "number" ? {n} * {xs} : '
        f"$floor({n}) != {n} ? {error('TypeError: can not multiply sequence by float')} : "
        f'$type({xs}) = "string" ? {_repeated_text(xs, n)} : '
        f'$type({xs}) = "array" ? [[1..{n}].{xs}] : '
        f'$type({xs}) = "object" and {xs}.`$type` = "tuple" ? '
        f'($items := {xs}.items; {{"$type": "tuple", "items": [[1..{n}].$items]}}) : '
        f"{error('TypeError: unsupported operand type(s) for *')})"
    )


def _nonzero(a: Args) -> bool:
    divisor = a.expression(1)
    return isinstance(divisor, Literal) and divisor.value != 0


def _divided(name: str, right: str, result: str) -> str:
    return f"{right} != 0 ? {result} : {error(_ZERO_DIVISION[name])}"


@strict(0)
def _truediv(a: Args) -> str:
    if _nonzero(a):
        return between(a.bare(0), "/", a.bare(1))
    right = a.let(1, "divisor")
    return _divided("truediv", right, between(a.bare(0), "/", right))


@strict(0)
def _floordiv_ints(a: Args) -> str:
    if _nonzero(a):
        return f"$floor({between(a.bare(0), '/', a.bare(1))})"
    right = a.let(1, "divisor")
    return _divided("floordiv", right, f"$floor({between(a.bare(0), '/', right)})")


@strict(0)
def _mod_ints(a: Args) -> str:
    if _nonzero(a):
        return _positive_mod(a.bare(0), a.bare(1))
    right = a.let(1, "divisor")
    return _divided("mod", right, _positive_mod(a.bare(0), right))


def _positive_mod(left: str, right: str) -> str:
    return f"({between(left, '%', right)} + {right}) % {right}"


@strict(0)
def _mod_numbers(a: Args) -> str:
    left, right, rest = a.let(0, "n"), a.let(1, "divisor"), a.fresh("rest")
    result = f"({rest} := {left} % {right}; {rest} != 0 and ({rest} < 0) != ({right} < 0) ? {rest} + {right} : {rest})"
    return result if _nonzero(a) else _divided("mod", right, result)


@strict(0)
def _floordiv_numbers(a: Args) -> str:
    left, right = a.let(0, "n"), a.let(1, "divisor")
    rest, quotient = a.fresh("rest"), a.fresh("quotient")
    result = (
        f"({rest} := {left} % {right}; {quotient} := ({left} - {rest}) / {right}"
        f" - ({rest} != 0 and ({rest} < 0) != ({right} < 0) ? 1 : 0);"
        f" {quotient} - $floor({quotient}) > 0.5 ? $floor({quotient}) + 1 : $floor({quotient}))"
    )
    return result if _nonzero(a) else _divided("floordiv", right, result)


@strict()
def _pow(a: Args) -> str:
    exponent = a.constant(1)
    if exponent == 2:
        base = a.bare(0)
        if VARIABLE.fullmatch(base):
            return f"{base} * {base}"
    return f"$power({a.bare(0)}, {exponent})"


@strict()
def _neg(a: Args) -> str:
    return f"-{a[0]}"


@strict()
def _invert(a: Args) -> str:
    return f"-{a[0]} - 1"


def _both(operator: str) -> Spelling:
    """Python evaluates both sides of `&` and `|` whatever the first is."""
    return swallowing(lambda a: f"{a.let(0, 'p')} {operator} {a.let(1, 'q')}")


def _shift(operator: str, opening: str, closing: str) -> Spelling:
    def write(a: Args) -> str:
        count = a.expression(1)
        if isinstance(count, Literal) and isinstance(count.value, int) and count.value >= 0:
            return opening + between(a.bare(0), operator, str(2**count.value)) + closing
        n = a.let(1, "n")
        shifted = opening + between(a.bare(0), operator, f"$power(2, {n})") + closing
        return f"{n} >= 0 ? {shifted} : {error('ValueError: negative shift count')}"

    return strict(0)(write)


def _round_digits(a: Args) -> str:
    places = a.constant(1)
    assert isinstance(places, int)
    if places == 0:
        return f"$round({a.bare(0)})"
    x, tie = a.let(0, "x"), a.fresh("tie")
    whole = f"$floor({x}) = {x} ? {x} : {REFUSAL}"
    rounded = f"{within(x, places)} ? $round({moved(x, tie, places)}, {places}) : {whole}"
    return f"({tie} := {distance(x, places)}; {rounded})"


@swallowing
def _sum_any(a: Args) -> str:
    v = a.fresh("v")
    number = f'$type({v}) = "number" ? {v} : $type({v}) = "boolean" ? $number({v}) : '
    number += error("TypeError: unsupported operand type(s) for +")
    numbers = f"[$map({a.bare(0)}, function({v}){{ {number} }})]"
    return compensated(numbers, a) if len(a) > 1 else f"$sum({numbers})"


def compensated(numbers: str, a: Args) -> str:
    """The sum of numbers as Python adds floats: with what every addition loses kept aside."""
    total, x, t = a.fresh("total"), a.fresh("x"), a.fresh("sum")
    lost = f"$abs({total}[0]) >= $abs({x}) ? ({total}[0] - {t}) + {x} : ({x} - {t}) + {total}[0]"
    step = f"({t} := {total}[0] + {x}; [{t}, {total}[1] + ({lost})])"
    return f"$sum($reduce({numbers}, function({total}, {x}){{ {step} }}, [0, 0]))"


SPELLINGS: Spellings = {
    "number.bool": call("number"),
    "number.any": _any,
    "add.numbers": infix("+"),
    "add.texts": swallowing_infix("&"),
    "add.text_any": _add_text_any,
    "add.any_text": _add_any_text,
    "add.lists": _add_lists,
    "add.any": _add_any,
    "sub.numbers": infix("-"),
    "mul.numbers": infix("*"),
    "mul.text": _mul_text,
    "mul.list": _mul_list,
    "mul.any": _mul_any,
    "truediv.numbers": _truediv,
    "floordiv.ints": _floordiv_ints,
    "floordiv.numbers": _floordiv_numbers,
    "mod.ints": _mod_ints,
    "mod.numbers": _mod_numbers,
    "pow.ints": _pow,
    "neg.number": _neg,
    "abs.number": call("abs"),
    "invert.int": _invert,
    "and_.bools": _both("and"),
    "or_.bools": _both("or"),
    "xor.bools": swallowing_infix("!="),
    "lshift.ints": _shift("*", "", ""),
    "rshift.ints": _shift("/", "$floor(", ")"),
    "round.number": call("round"),
    "round.digits": Spelling(_round_digits, lambda i: True, "rounded"),
    "sum.numbers": call("sum"),
    "sum.floats": strict()(lambda a: compensated(a.bare(0), a)),
    "sum.any": _sum_any,
}
