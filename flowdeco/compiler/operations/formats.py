"""Values as text in JSONata.

`$string` and `&` round numbers to 15 digits; `$formatBase` and `$formatNumber` write integers as they are.
"""

from __future__ import annotations

from flowdeco.compiler.operations.arguments import (
    Args,
    Spelling,
    Spellings,
    call,
    error,
    strict,
    swallowing,
    wrapped,
)
from flowdeco.compiler.operations.rounding import PLACES, REFUSAL, distance, moved, within
from flowdeco.query import literal

_SPLITTER = 2**27 + 1
"""Veltkamp's: cuts a double into two halves whose products with a short factor are exact."""

_LARGEST = 2**53


@swallowing
def _str_bool(a: Args) -> str:
    return f'{wrapped(a.bare(0), 25)} ? "True" : "False"'


def _optional(otherwise: str) -> Spelling:
    """The text of a value that may be None; `*` stands for the value."""

    def write(a: Args) -> str:
        value = a.let(0, "value")
        return f'{value} = null ? "None" : {otherwise.replace("*", value)}'

    return swallowing(write)


@swallowing
def _signed(a: Args) -> str:
    text = a.let(0, "text")
    return f'$substring({text}, 0, 1) = "-" ? {text} : {literal(a.constant(1))} & {text}'


def _grouped_digits(number: str, separator: object) -> str:
    if not separator:
        return f"$formatBase({number})"
    grouped = f'$formatNumber({number}, "#,##0")'
    return grouped if separator == "," else f'$replace({grouped}, ",", "_")'


@strict()
def _grouped(a: Args) -> str:
    return _grouped_digits(a.bare(0), a.constant(1))


@strict()
def _upper(a: Args) -> str:
    return f"$uppercase($formatBase({a.bare(0)}, {a.bare(1)}))"


@swallowing
def _prefixed(a: Args) -> str:
    number, prefix = a.let(0, "n"), str(a.constant(1))
    base = {"x": 16, "o": 8, "b": 2}[prefix[1]]
    sign = f"({number} < 0 ? {literal('-' + prefix)} : {literal(prefix)})"
    return f"{sign} & $formatBase($abs({number}), {base})"


def _few_places(a: Args, x: str, places: int, separator: object) -> str:
    tie = a.fresh("tie")
    picture = ("#,##0." if separator else "0.") + "0" * places
    number = f"{within(x, places)} ? ({moved(x, tie, places)}) : {REFUSAL}"
    made = f"$formatNumber({number}, {literal(picture)})"
    if separator == "_":
        made = f'$replace({made}, ",", "_")'
    return f"({tie} := {distance(x, places)}; {made})"


def _fixed(percent: bool) -> Spelling:
    """Digits after the point, rounded as the exact value of the double asks for.

    The whole part and the fraction are taken apart. The fraction times 10 to the power of the places is rounded; only
    when that product is halfway between two integers does its own error, which is known exactly, decide.
    """

    def write(a: Args) -> str:
        places, separator = a.constant(1), a.constant(2)
        assert isinstance(places, int)
        x, bound, unit = a.let(0, "x"), "", ""
        if percent:
            scaled = a.fresh("x")
            x, bound, unit = scaled, f"{scaled} := {x} * 100; ", ' & "%"'
        if places in PLACES:
            made = _few_places(a, x, places, separator)
            return f"({bound}{made[1:-1]}{unit})" if percent else made
        sign = f'({x} < 0 ? "-" : "")'
        whole = a.fresh("i")
        refusal = error("OverflowError: an expression cannot write all digits of a number beyond 2**53")
        guard = f"{whole} > {_LARGEST} ? {refusal} : "
        if places == 0:
            digits = f"{sign} & {_grouped_digits(whole, separator)}"
            return f"({bound}{whole} := $abs($round({x})); {guard}{digits}{unit})"
        f, p, c, h, e, n = (a.fresh(name) for name in "fpchen")
        scale = 10**places
        steps = (
            f"{whole} := $floor($abs({x}))",
            f"{f} := $abs({x}) - {whole}",
            f"{p} := {f} * {scale}",
            f"{c} := {f} * {_SPLITTER}",
            f"{h} := {c} - ({c} - {f})",
            f"{e} := {h} * {scale} - {p} + ({f} - {h}) * {scale}",
            f"{n} := {p} - $floor({p}) = 0.5 and {e} != 0"
            f" ? ({e} > 0 ? $ceil({p}) : $floor({p})) : $round({p})",
        )
        integer = f"({n} = {scale} ? {whole} + 1 : {whole})"
        digits = _grouped_digits(integer[1:-1], separator)
        fraction = f'$pad($formatBase({n} % {scale}), -{places}, "0")'
        return f'({bound}{"; ".join(steps)}; {guard}{sign} & {digits} & "." & {fraction}{unit})'

    return Spelling(write, lambda i: False, "percent" if percent else "fixed")


SPELLINGS: Spellings = {
    "str.int": call("formatBase"),
    "str.count": call("string"),
    "str.bool": _str_bool,
    "str.optional": _optional("*"),
    "str.optional_int": _optional("$formatBase(*)"),
    "str.optional_bool": _optional('(* ? "True" : "False")'),
    "cut": strict()(lambda a: f"$substring({a.bare(0)}, 0, {a.bare(1)})"),
    "signed": _signed,
    "grouped": _grouped,
    "based": call("formatBase"),
    "based.upper": _upper,
    "based.prefixed": _prefixed,
    "fixed": _fixed(percent=False),
    "percent": _fixed(percent=True),
}
