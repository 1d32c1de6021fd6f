"""Conversions in JSONata. `$number` takes less than Python does: no blanks, underscores, plus signs or leading zeros."""

from __future__ import annotations

from collections.abc import Callable

from flowdeco.compiler.operations.arguments import (
    Args,
    Spelling,
    Spellings,
    error,
    strict,
    swallowing,
    wrapped,
)

_BLANKS = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*"
_DIGITS = "[0-9]+(_[0-9]+)*"
_INT = f"{_BLANKS}[-+]?{_DIGITS}{_BLANKS}"
_FLOAT = rf"{_BLANKS}[-+]?({_DIGITS}\.?|({_DIGITS})?\.{_DIGITS})([eE][-+]?{_DIGITS})?{_BLANKS}"
_LARGEST = 2**53 - 1


@swallowing
def _int_bool(a: Args) -> str:
    return f"{wrapped(a.bare(0), 25)} ? 1 : 0"


@strict()
def _int_number(a: Args) -> str:
    number = a.let(0, "n")
    return f"{number} < 0 ? $ceil({number}) : $floor({number})"


def _parsed_int(a: Args, text: str) -> str:
    n = a.fresh("n")
    refusal = f"""$error("ValueError: invalid literal for int() with base 10: '" & {text} & "'")"""
    # Everything but the sign and the digits goes first, then leading zeros.
    digits = f'$replace($replace({text}, /[^0-9-]/, ""), /^(-?)0+([0-9])/, "$1$2")'
    beyond = error("OverflowError: an expression cannot hold an integer beyond 2**53")
    value = f"({n} := $number({digits}); $abs({n}) > {_LARGEST} ? {beyond} : {n})"
    return f"$contains({text}, /^{_INT}$/) ? {value} : {refusal}"


def _parsed_float(a: Args, text: str) -> str:
    n = a.fresh("n")
    refusal = f"""$error("ValueError: could not convert string to float: '" & {text} & "'")"""
    clean = f'$replace($replace({text}, /[^0-9.eE-]/, ""), /\\.($|[eE])/, "$1")'
    zeros = f'$replace({clean}, /^(-?)0+([0-9])/, "$1$2")'
    value = f'({n} := {zeros}; $number($contains({n}, /^-?\\./) ? $replace({n}, ".", "0.") : {n}))'
    return f"$contains({text}, /^{_FLOAT}$/) ? {value} : {refusal}"


@swallowing
def _int_text(a: Args) -> str:
    return _parsed_int(a, a.let(0, "text"))


@swallowing
def _float_text(a: Args) -> str:
    return _parsed_float(a, a.let(0, "text"))


def _any(name: str, number: str, parsed: Callable[[Args, str], str]) -> Spelling:
    """The conversion of what turns out to be a number, a bool or a text; `*` stands for the value."""

    def write(a: Args) -> str:
        value, kind = a.let(0, "value"), a.fresh("kind")
        refusal = error(f"TypeError: {name}() argument must be a string or a real number")
        choices = (
            f"{kind} = 'number' ? {number.replace('*', value)}",
            f"{kind} = 'string' ? ({parsed(a, value)})",
            f"{kind} = 'boolean' ? ({value} ? 1 : 0)",
        )
        return f"({kind} := $type({value}); {' : '.join(choices)} : {refusal})"

    return swallowing(write)


SPELLINGS: Spellings = {
    "int.bool": _int_bool,
    "int.number": _int_number,
    "int.text": _int_text,
    "float.text": _float_text,
    "int.any": _any("int", "(* < 0 ? $ceil(*) : $floor(*))", _parsed_int),
    "float.any": _any("float", "*", _parsed_float),
}
