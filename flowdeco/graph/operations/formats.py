"""Values as text: `str`, `repr`, `format`, what stands in the braces of an f-string.

JSONata cannot tell 2.0 from 2, so a float has a text only where a specification says how many digits it has. Fixed
digits are rounded as Python does it: the exact binary value, half to even.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from flowdeco.graph.expressions import Expression, Literal, Object
from flowdeco.graph.operations.operands import certainly, is_count, text_constant
from flowdeco.graph.operations.rules import Resolved, Rules, form
from flowdeco.graph.operations.texts import joined, padded
from flowdeco.graph.types import INT, STR, Type

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]

FORMS = (
    "str.int",
    "str.count",
    "str.bool",
    "str.optional",
    "str.optional_int",
    "str.optional_bool",
    "cut",
    "signed",
    "grouped",
    "based",
    "based.upper",
    "based.prefixed",
    "fixed",
    "percent",
)

_SPECIFICATION = re.compile(
    r"(?:(?P<fill>.)?(?P<align>[<>=^]))?(?P<sign>[-+ ])?(?P<alternate>#)?(?P<zero>0)?(?P<width>\d+)?"
    r"(?P<grouping>[,_])?(?:\.(?P<precision>\d+))?(?P<kind>[a-zA-Z%])?",
    re.DOTALL | re.ASCII,
)
_PADS = {"<": "pad.left", ">": "pad.right", "^": "pad.middle"}
_BASES = {"x": 16, "X": 16, "o": 8, "b": 2}
_MAX_PLACES = 11
"""Up to here 10 to the power of the places has so few bits that the error of a product is known exactly."""
MAX_WIDTH = 10_000


@dataclass(frozen=True, slots=True)
class Specification:
    fill: str
    align: str
    sign: str
    alternate: bool
    zero: bool
    width: int
    grouping: str
    precision: int | None
    kind: str


def _read(text: str) -> Specification | None:
    found = _SPECIFICATION.fullmatch(text)
    if found is None:
        return None
    width, precision = int(found["width"] or 0), found["precision"]
    if width > MAX_WIDTH:
        return None
    return Specification(
        found["fill"] or " ",
        found["align"] or "",
        found["sign"] or "",
        found["alternate"] is not None,
        found["zero"] is not None,
        width,
        found["grouping"] or "",
        None if precision is None else int(precision),
        found["kind"] or "",
    )


def text_of(value: Expression, type: Type) -> Resolved | None:
    """`str(value)`."""
    match value:
        case Object((("$type", Literal("UUID")), ("value", text))):
            return Resolved(text, STR)
    some = replace(type, optional=False)
    match type.sort:
        case "none":
            return Resolved(Literal("None"), STR)
        case "str" if not type.optional:
            return Resolved(value, STR)
        case "str":
            return form("str.optional", (value,), STR)
        case "int" if is_count(value, type):
            return form("str.count", (value,), STR)
        case "int" | "bool":
            plain = form(f"str.{some.sort}", (value,), STR)
            return form(f"str.optional_{some.sort}", (value,), STR) if type.optional else plain
        case _:
            return None


def str_of(arguments: Arguments, types: Types) -> Resolved | None:
    if not arguments:
        return Resolved(Literal(""), STR)
    return text_of(arguments[0], types[0]) if len(arguments) == 1 else None


def repr_of(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) != 1 or types[0].sort not in ("int", "bool", "none"):
        return None
    return text_of(arguments[0], types[0])


def format_of(arguments: Arguments, types: Types) -> Resolved | None:
    """`format(value, specification)`, also what stands in the braces of an f-string."""
    specification = text_constant(arguments[1]) if len(arguments) == 2 else ""
    if specification is None:
        return None
    if not specification:
        return text_of(arguments[0], types[0])
    wanted = _read(specification)
    return None if wanted is None else formatted(arguments[0], types[0], wanted)


def formatted(value: Expression, type: Type, wanted: Specification) -> Resolved | None:
    raises = (TypeError,) if type.optional else ()
    match type.sort:
        case "str":
            made = text_formatted(value, wanted)
        case "bool" if not type.optional:
            made = _number_formatted(value, type, wanted)
        case "int" | "float" | "number":
            made = _number_formatted(value, type, wanted)
        case _:
            return None
    return None if made is None else Resolved(made, STR, raises)


def text_formatted(text: Expression, wanted: Specification) -> Expression | None:
    if wanted.kind not in ("", "s") or wanted.grouping or wanted.sign or wanted.alternate or wanted.zero:
        return None
    if wanted.align == "=":
        return None
    if wanted.precision is not None:
        text = form("cut", (text, Literal(wanted.precision)), STR).expression
    return _aligned(text, wanted, wanted.align or "<")


def _aligned(text: Expression, wanted: Specification, align: str) -> Expression:
    if not wanted.width:
        return text
    return padded(_PADS[align], text, wanted.width, wanted.fill).expression


def _number_formatted(value: Expression, type: Type, wanted: Specification) -> Expression | None:
    if wanted.alternate and wanted.kind not in ("x", "o", "b"):
        return None
    zeros = wanted.zero and not wanted.align
    if wanted.align == "=" or (wanted.zero and not zeros) or (zeros and wanted.grouping):
        return None
    text = _digits(value, type, wanted)
    if text is None:
        return None
    if wanted.sign in ("+", " "):
        text = form("signed", (text, Literal(wanted.sign)), STR).expression
    if zeros:
        if wanted.alternate or wanted.sign == " ":
            return None
        return form("zfill", (text, Literal(wanted.width)), STR).expression
    return _aligned(text, wanted, wanted.align or ">")


def _digits(value: Expression, type: Type, wanted: Specification) -> Expression | None:
    """The number with its sign, not padded."""
    kind, whole = wanted.kind, type.sort in ("int", "bool")
    if kind in ("f", "F", "%"):
        places = 6 if wanted.precision is None else wanted.precision
        if places > _MAX_PLACES:
            return None
        name = "percent" if kind == "%" else "fixed"
        number = _whole(value, type) if whole else value
        if whole and kind != "%" and places:
            digits = _digits(value, type, replace(wanted, kind="d", precision=None))
            return None if digits is None else joined((digits, Literal("." + "0" * places))).expression
        return form(name, (number, Literal(places), Literal(wanted.grouping)), STR).expression
    if not whole or wanted.precision is not None:
        return None
    number = _whole(value, type)
    if kind in ("", "d"):
        if wanted.grouping:
            return form("grouped", (number, Literal(wanted.grouping)), STR).expression
        return form("str.int", (number,), STR).expression
    if kind not in _BASES or wanted.grouping:
        return None
    name = "based.prefixed" if wanted.alternate else "based.upper" if kind == "X" else "based"
    base = Literal(f"0{kind}" if wanted.alternate else _BASES[kind])
    return form(name, (number, base), STR).expression


def _whole(value: Expression, type: Type) -> Expression:
    """An integer: 1 and 0 for True and False."""
    return form("int.bool", (value,), INT).expression if type.sort == "bool" else value


def in_base(prefix: str, value: Expression, type: Type) -> Resolved | None:
    """`hex`, `oct`, `bin` of an integer."""
    if not certainly(type, "int", "bool"):
        return None
    return form("based.prefixed", (_whole(value, type), Literal(prefix)), STR)


RULES: Rules = {"str": str_of, "repr": repr_of, "format": format_of}
