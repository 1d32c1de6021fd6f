"""Functions of the standard library that the service knows too: `json.loads`, `hashlib`, `uuid4`, `math`, `random`.

`json.loads` fails where an object has a key twice, and for NaN and infinities. What is made by chance, and the time, are
made anew wherever the expression is evaluated: name the result.
"""

from __future__ import annotations

from flowdeco.graph.expressions import Expression, Literal, Object
from flowdeco.graph.operations.formats import text_of
from flowdeco.graph.operations.operands import certainly, text_constant
from flowdeco.graph.operations.rules import Resolved, Rule, Rules, form
from flowdeco.graph.types import ANY, FLOAT, INT, STR, Type

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]

FORMS = (
    "hash",
    "uuid",
    "random",
    "seconds",
    "json.loads",
    "json.dumps_bool",
    "math.floor",
    "math.ceil",
    "math.sqrt",
    "math.fabs",
)

UUID = Type("opaque", name="UUID")

_ALGORITHMS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def _hash(arguments: Arguments, types: Types) -> Resolved | None:
    """`hashlib.sha256(text.encode()).hexdigest()`: a text and the constant name of the algorithm."""
    if len(arguments) != 2 or not certainly(types[0], "str"):
        return None
    algorithm = _ALGORITHMS.get(text_constant(arguments[1]) or "")
    if algorithm is None:
        return None
    return form("hash", (arguments[0], Literal(algorithm)), STR)


def _uuid4(arguments: Arguments, types: Types) -> Resolved | None:
    if arguments:
        return None
    text = form("uuid", (), STR).expression
    return Resolved(Object((("$type", Literal("UUID")), ("value", text))), UUID)


def _random(arguments: Arguments, types: Types) -> Resolved | None:
    return None if arguments else form("random", (), FLOAT)


def _time(arguments: Arguments, types: Types) -> Resolved | None:
    """Seconds since 1970, to the millisecond."""
    return None if arguments else form("seconds", (), FLOAT)


def _loads(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) != 1 or not certainly(types[0], "str"):
        return None
    return form("json.loads", arguments, ANY, (ValueError,))


def _dumps(arguments: Arguments, types: Types) -> Resolved | None:
    """Only what is one word in JSON: lists and dicts are spaced by Python, and letters beyond ASCII escaped."""
    if len(arguments) != 1 or types[0].optional:
        return None
    match types[0].sort:
        case "none":
            return Resolved(Literal("null"), STR)
        case "bool":
            return form("json.dumps_bool", arguments, STR)
        case "int":
            return text_of(arguments[0], types[0])
        case _:
            return None


def _rounded(name: str) -> Rule:
    """`math.floor`, `math.ceil`, `math.trunc`."""

    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        if len(arguments) != 1 or types[0].sort not in ("int", "float", "number"):
            return None
        if certainly(types[0], "int"):
            return Resolved(arguments[0], INT)
        return form(name, arguments, INT, (TypeError,) if types[0].optional else ())

    return rule


def _sqrt(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) != 1 or types[0].sort not in ("int", "float", "number"):
        return None
    return form(
        "math.sqrt", arguments, FLOAT, (ValueError, TypeError) if types[0].optional else (ValueError,)
    )


def _fabs(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) != 1 or types[0].sort not in ("int", "float", "number"):
        return None
    return form("math.fabs", arguments, FLOAT, (TypeError,) if types[0].optional else ())


RULES: Rules = {
    "hash": _hash,
    "uuid4": _uuid4,
    "uuid.uuid4": _uuid4,
    "random.random": _random,
    "time.time": _time,
    "json.loads": _loads,
    "json.dumps": _dumps,
    "math.floor": _rounded("math.floor"),
    "math.ceil": _rounded("math.ceil"),
    "math.trunc": _rounded("int.number"),
    "math.sqrt": _sqrt,
    "math.fabs": _fabs,
}
