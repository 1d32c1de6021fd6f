"""Texts with gaps: `"%s: %d" % (a, b)` and `"{}: {:d}".format(a, b)`, with constant templates.

What goes into a gap is formatted as `format` does it; the parts are put after one another.
"""

from __future__ import annotations

import re
from dataclasses import replace
from string import Formatter

from flowdeco.graph.expressions import Expression, Literal
from flowdeco.graph.operations.formats import (
    MAX_WIDTH,
    Specification,
    format_of,
    formatted,
    repr_of,
    str_of,
    text_formatted,
    text_of,
)
from flowdeco.graph.operations.operands import text_constant
from flowdeco.graph.operations.rules import OperandError, Resolved, Rules, form
from flowdeco.graph.operations.texts import joined
from flowdeco.graph.types import INT, STR, Type

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]

FORMS = ()

_PERCENT = re.compile(
    r"%(?P<flags>[#0 +-]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?(?P<kind>[a-zA-Z%])", re.ASCII
)


def _percent(arguments: Arguments, types: Types) -> Resolved | None:
    """`"%s: %d" % (a, b)`: the constant text, then what goes into it one by one."""
    template = text_constant(arguments[0])
    if template is None:
        return None
    parts: list[Expression] = []
    raises: tuple[type[Exception], ...] = ()
    done, used = 0, 1
    for found in _PERCENT.finditer(template):
        if "%" in template[done : found.start()]:
            return None
        parts.append(Literal(template[done : found.start()]))
        done = found.end()
        if found["kind"] == "%":
            if found[0] != "%%":
                return None
            parts.append(Literal("%"))
            continue
        if used == len(arguments):
            raise OperandError("not enough arguments for format string")
        made = _converted(arguments[used], types[used], found)
        if made is None:
            return None
        parts.append(made.expression)
        raises = raises or made.raises
        used += 1
    if "%" in template[done:]:
        return None
    if used != len(arguments):
        raise OperandError("not all arguments converted during string formatting")
    parts.append(Literal(template[done:]))
    return joined(parts, raises)


def _converted(value: Expression, type: Type, found: re.Match[str]) -> Resolved | None:
    """One conversion of a `%` format, by the specification that means the same."""
    flags, kind = found["flags"], found["kind"]
    if type.sort not in ("str", "int", "float", "number", "bool", "none") or "#" in flags:
        return None
    precision = None if found["precision"] is None else int(found["precision"])
    width, left = int(found["width"] or 0), "-" in flags
    if width > MAX_WIDTH:
        return None
    sign = "+" if "+" in flags else " " if " " in flags else ""
    numeric = kind in "diufFxXo"
    wanted = Specification(
        " ",
        "<" if left else "" if numeric else ">",
        sign,
        False,
        "0" in flags and not left,
        width,
        "",
        precision,
        kind,
    )
    if kind in ("s", "r"):
        text = text_of(value, type) if kind == "s" or type.sort != "str" else None
        made = (
            None
            if text is None
            else text_formatted(text.expression, replace(wanted, kind="s", sign="", zero=False))
        )
        return None if made is None else Resolved(made, STR)
    if not numeric or type.optional:
        return None
    if kind in "diu":
        if type.sort in ("float", "number"):
            value, type = form("int.number", (value,), INT).expression, INT
        wanted = replace(wanted, kind="d")
    return formatted(value, type, wanted)


def _braces(arguments: Arguments, types: Types) -> Resolved | None:
    """`"{} {0:>5} {!r}".format(a, b)`: gaps are numbered, by hand or by their order; they name nothing else."""
    template = text_constant(arguments[0])
    if template is None:
        return None
    try:
        gaps = list(Formatter().parse(template))
    except ValueError:
        return None
    parts: list[Expression] = []
    raises: tuple[type[Exception], ...] = ()
    names = [name for _, name, _, _ in gaps if name is not None]
    if any(names) and not all(name.isascii() and name.isdigit() for name in names):
        return None
    automatic = 0
    for text, name, specification, conversion in gaps:
        parts.append(Literal(text))
        if name is None:
            continue
        place = 1 + (int(name) if name else automatic)
        automatic += 1
        if place >= len(arguments):
            raise OperandError(f"there is nothing to put into the gap {place - 1} of the template")
        made = _gap(arguments[place], types[place], specification or "", conversion)
        if made is None:
            return None
        raises = raises or made.raises
        parts.append(made.expression)
    return joined(parts, raises)


def _gap(value: Expression, type: Type, specification: str, conversion: str | None) -> Resolved | None:
    """What goes into one gap in braces."""
    if conversion is not None:
        convert = {"s": str_of, "r": repr_of}.get(conversion)
        converted = convert((value,), (type,)) if convert is not None else None
        if converted is None:
            return None
        value, type = converted.expression, STR
    return format_of((value, Literal(specification)), (type, STR))


RULES: Rules = {"format_percent": _percent, "method:format": _braces}
