"""Truth, and what is evaluated only when it is asked for: `not`, `and`, `or`, conditional expressions."""

from __future__ import annotations

from functools import partial

from flowdeco.graph.expressions import (
    Elements,
    Expression,
    Field,
    Function,
    Literal,
    Local,
    Operation,
    children,
    rebuilt,
)
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
        for kind in (
            "number",
            "text",
            "dict",
            "elements",
            "any",
            "optional_number",
            "optional_text",
            "optional_bool",
            "optional_dict",
            "optional_elements",
        )
    ),
    "not.bool",
    "and.bools",
    "or.bools",
    "and.values",
    "or.values",
    "if",
)

_KINDS = {
    "int": "number",
    "float": "number",
    "number": "number",
    "str": "text",
    "dict": "dict",
    "list": "elements",
    "tuple": "elements",
    "set": "elements",
    "bool": "bool",
}

_OPPOSITES = {"eq": "ne", "lt": "ge", "le": "gt", "truth": "false"}
_OPPOSITES |= {opposite: one for one, opposite in _OPPOSITES.items()}


def negation(test: Expression) -> Expression:
    """The opposite of a boolean: of a comparison the opposite comparison (JSON has no NaN)."""
    match test:
        case Literal(value):
            return Literal(not value)
        case Operation("not.bool", (inner,)):
            return inner
        case Operation("is.same", arguments):
            return Operation("is.different", arguments)
        case Operation("is.different", arguments):
            return Operation("is.same", arguments)
        case Operation(form, arguments):
            name, _, kind = form.partition(".")
            if name in _OPPOSITES:
                return Operation(f"{_OPPOSITES[name]}.{kind}", arguments)
    return Operation("not.bool", (test,))


def truth(expression: Expression, type: Type, name: str = "truth") -> Resolved | None:
    """Whether a value is true, as a boolean; with the name `false`, whether it is not. None when it cannot be told."""
    negated = name == "false"
    if certainly(type, "bool"):
        return Resolved(negation(expression) if negated else expression, BOOL)
    if type.sort in ("none", "error"):
        return Resolved(Literal((type.sort == "none") == negated), BOOL)
    if type.sort in ("opaque", "record", "namedtuple"):
        return None
    match expression:
        case Operation("and.values" | "or.values" as chain, (first, Function((number,), _, test), _, last)):
            tests = (_instead(test, Local(number), first), last)
            parts = _flat(chain[:-7], tests)
            both = parts[0] if len(parts) == 1 else Operation(f"{chain[:-7]}.bools", parts)
            return Resolved(
                negation(both) if negated else both, BOOL, (TypeError,) if type.sort == "any" else ()
            )
    if type.sort == "any":
        return form(f"{name}.any", (expression,), BOOL, (TypeError,))
    if type.optional:
        # The elements of a list are those of itself, of a tuple or a set what it holds.
        path = (Literal("items"),) if type.sort in ("tuple", "set") else ()
        return form(f"{name}.optional_{_KINDS[type.sort]}", (expression, *path), BOOL)
    if type.sort in ("list", "tuple", "set"):
        elements = elements_of(expression, type)
        assert elements is not None
        return form(f"{name}.elements", (elements,), BOOL)
    return form(f"{name}.{_KINDS[type.sort]}", (expression,), BOOL)


def _truth(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    return truth(arguments[0], types[0], name)


def _chain(name: str, arguments: Arguments, types: Types) -> Resolved | None:
    """`a and b and c`: the first that decides, else the last."""
    if len(arguments) == 1:
        return Resolved(arguments[0], types[0])
    if all(certainly(type, "bool") for type in types):
        parts = _flat(name, arguments)
        return Resolved(parts[0], BOOL) if len(parts) == 1 else form(f"{name}.bools", parts, BOOL)
    rest = _chain(name, arguments[1:], types[1:])
    first = truth(Local(_PARAMETER), types[0])
    if rest is None or first is None:
        return None
    test = Function((_PARAMETER,), ("x",), first.expression)
    result = join(types[0], rest.type)
    # The truth of the last one is kept for `if a and b`, where the type of the whole says too little.
    last = truth(rest.expression, rest.type)
    parts = (arguments[0], test, rest.expression, *(() if last is None else (last.expression,)))
    return form(f"{name}.values", parts, result, (*first.raises, *rest.raises))


def _flat(name: str, arguments: Arguments) -> Arguments:
    """The parts of `a and (b and c)`; where one asked for a key, what follows finds it."""
    parts = [
        part
        for argument in arguments
        for part in (
            argument.arguments
            if isinstance(argument, Operation) and argument.form == f"{name}.bools"
            else (argument,)
        )
    ]
    if name == "or":
        return tuple(parts)
    for i, part in enumerate(parts):
        match part:
            case Operation("contains.key", (d, Literal(str(key)))):
                found = Field(d, key, certain=True)
                parts[i + 1 :] = [_instead(later, Field(d, key), found) for later in parts[i + 1 :]]
            case Operation("isinstance.any", (x, Literal(names))) if set(names) <= {"list", "tuple"}:
                size = Operation("len.list", (Elements(x),))
                parts[i + 1 :] = [
                    _instead(later, Operation("len.any", (x,)), size) for later in parts[i + 1 :]
                ]
    return tuple(part for i, part in enumerate(parts) if not _asked_later(part, parts[i + 1 :]))


def _instead(expression: Expression, old: Expression, new: Expression) -> Expression:
    """The expression with another part in the place of one."""
    if expression == old:
        return new
    parts = children(expression)
    return rebuilt(expression, tuple(_instead(part, old, new) for part in parts)) if parts else expression


def _asked_later(part: Expression, later: list[Expression]) -> bool:
    """Whether a test for a key says nothing more: a value that is not there equals no constant."""
    match part:
        case Operation("contains.key", (d, Literal(str(key)))):
            found = Field(d, key, certain=True)
            first = next((one for one in later if _reads(one, found)), None)
            match first:
                case Operation("eq.same", (left, Literal()) | (Literal(), left)):
                    return left == found
    return False


def _reads(expression: Expression, part: Expression) -> bool:
    return expression == part or any(_reads(child, part) for child in children(expression))


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
