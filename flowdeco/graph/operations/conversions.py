"""`int`, `float`, `tuple`, `hex`, `oct`, `bin`."""

from __future__ import annotations

from collections.abc import Callable

from flowdeco.graph.expressions import Expression, Literal
from flowdeco.graph.operations.formats import in_base
from flowdeco.graph.operations.operands import certainly, elements_of, tagged
from flowdeco.graph.operations.rules import OperandError, Resolved, Rule, Rules, form
from flowdeco.graph.types import FLOAT, INT, Type

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]

FORMS = (
    "int.bool",
    "int.number",
    "int.text",
    "float.text",
    "int.any",
    "float.any",
)


def _int(arguments: Arguments, types: Types) -> Resolved | None:
    """`int(x)`: towards zero; of a text, what Python accepts with ASCII digits, within 2**53."""
    if not arguments:
        return Resolved(Literal(0), INT)
    type = types[0]
    if len(arguments) != 1:
        return None
    if type.sort in ("none", "list", "tuple", "set", "dict") and not type.optional:
        raise OperandError(f"int() of a {_name(type)}")
    wrong = (TypeError,) if type.optional else ()
    match type.sort:
        case "int" if not type.optional:
            return Resolved(arguments[0], INT)
        case "bool" if not type.optional:
            return form("int.bool", arguments, INT)
        case "int" | "float" | "number":
            return form("int.number", arguments, INT, wrong)
        case "str":
            return form("int.text", arguments, INT, (ValueError, *wrong))
        case "any":
            return form("int.any", arguments, INT, (ValueError, TypeError))
        case _:
            return None


def _float(arguments: Arguments, types: Types) -> Resolved | None:
    """`float(x)`; of a text, what Python accepts with ASCII digits, but neither infinity nor NaN."""
    if not arguments:
        return Resolved(Literal(0.0), FLOAT)
    type = types[0]
    if len(arguments) != 1:
        return None
    if type.sort in ("none", "list", "tuple", "set", "dict") and not type.optional:
        raise OperandError(f"float() of a {_name(type)}")
    wrong = (TypeError,) if type.optional else ()
    match type.sort:
        case "int" | "float" | "number" if not type.optional:
            return Resolved(arguments[0], FLOAT)
        case "bool" if not type.optional:
            return form("int.bool", arguments, FLOAT)
        case "str":
            return form("float.text", arguments, FLOAT, (ValueError, *wrong))
        case "any":
            return form("float.any", arguments, FLOAT, (ValueError, TypeError))
        case _:
            return None


def _name(type: Type) -> str:
    return "None" if type.sort == "none" else type.sort


def _tuple(arguments: Arguments, types: Types) -> Resolved | None:
    if not arguments:
        return Resolved(tagged("tuple", Literal([])), Type("tuple", elements=()))
    if len(arguments) != 1:
        return None
    if certainly(types[0], "tuple"):
        return Resolved(arguments[0], types[0])
    items = elements_of(arguments[0], types[0])
    if items is None or types[0].sort == "set":
        return None
    return Resolved(tagged("tuple", items), Type("tuple", element=types[0].element))


def _in_base(prefix: str) -> Callable[[Arguments, Types], Resolved | None]:
    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        return in_base(prefix, arguments[0], types[0]) if len(arguments) == 1 else None

    return rule


_BASES: dict[str, Rule] = {
    name: _in_base(prefix) for name, prefix in (("hex", "0x"), ("oct", "0o"), ("bin", "0b"))
}

RULES: Rules = {"int": _int, "float": _float, "tuple": _tuple, **_BASES}
