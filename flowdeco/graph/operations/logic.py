"""Truth, and what is evaluated only when it is asked for: `not`, `and`, `or`, conditional expressions."""

from __future__ import annotations

from functools import partial

from flowdeco.graph.expressions import Expression, Function, Literal, Local, Operation
from flowdeco.graph.operations.operands import certainly, elements_of
from flowdeco.graph.operations.rules import Resolved, Rules, form
from flowdeco.graph.types import BOOL, Type, join

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]

_PARAMETER = -1
"""The one parameter of the functions made here; what is inside them reads no other."""

FORMS = (
    *(
        f"{name}.{kind}"
        for name in ("truth", "false")
        for kind in ("number", "text", "dict", "elements", "any")
    ),
    "not.bool",
    "and.bools",
    "or.bools",
    "and.values",
    "or.values",
    "if",
)

_KINDS = {"int": "number", "float": "number", "number": "number", "str": "text", "dict": "dict"}


def truth(expression: Expression, type: Type, name: str = "truth") -> Resolved | None:
    """Whether a value is true, as a boolean; with the name `false`, whether it is not. None when it cannot be told."""
    negated = name == "false"
    if certainly(type, "bool"):
        return Resolved(Operation("not.bool", (expression,)) if negated else expression, BOOL)
    if type.sort in ("none", "error"):
        return Resolved(Literal((type.sort == "none") == negated), BOOL)
    if type.sort in ("opaque", "record", "namedtuple"):
        return None
    if type.sort == "any" or type.optional:
        return form(f"{name}.any", (expression,), BOOL, (TypeError,) if type.sort == "any" else ())
    if type.sort in _KINDS:
        return form(f"{name}.{_KINDS[type.sort]}", (expression,), BOOL)
    elements = elements_of(expression, type)
    assert elements is not None
    return form(f"{name}.elements", (elements,), BOOL)


def _truth(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    return truth(arguments[0], types[0], name)


def _chain(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    """`a and b and c`: the first that decides, else the last."""
    if len(arguments) == 1:
        return Resolved(arguments[0], types[0])
    if all(certainly(type, "bool") for type in types):
        return form(f"{name}.bools", arguments, BOOL)
    rest = _chain(name, arguments[1:], types[1:])
    first = truth(Local(_PARAMETER), types[0])
    if rest is None or first is None:
        return None
    test = Function((_PARAMETER,), ("x",), first.expression)
    result = join(types[0], rest.type)
    return form(
        f"{name}.values", (arguments[0], test, rest.expression), result, (*first.raises, *rest.raises)
    )


def _if(arguments: Arguments, types: Types) -> Resolved | None:
    test = truth(arguments[0], types[0])
    if test is None:
        return None
    return form("if", (test.expression, *arguments[1:]), join(types[1], types[2]), test.raises)


RULES: Rules = {
    "truth": partial(_truth, "truth"),
    "not": partial(_truth, "false"),
    "and": partial(_chain, "and"),
    "or": partial(_chain, "or"),
    "if": _if,
}
