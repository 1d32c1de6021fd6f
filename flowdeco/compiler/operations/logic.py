"""Truth in JSONata: its own idea of it is another one (`[0]` and `{}` are false), so every value is asked what it is."""

from __future__ import annotations

from flowdeco.compiler.operations.arguments import (
    Args,
    Spelling,
    Spellings,
    call,
    strict,
    swallowing,
    wrapped,
)

_KINDS = {
    "number": ("{} != 0", "{} = 0"),
    "text": ("{} != ''", "{} = ''"),
    "dict": ("{} != {{}}", "{} = {{}}"),
}


_OPTIONAL = {
    "number": ("$not({} in [null, 0])", "{} in [null, 0]"),
    "text": ("$not({} in [null, ''])", "{} in [null, '']"),
    "bool": ("{} = true", "{} != true"),
}


def _asked(text: str) -> Spelling:
    return swallowing(lambda a: text.format(wrapped(a.bare(0), 41)))


def _optional_dict(negated: bool) -> Spelling:
    def write(a: Args) -> str:
        x = a.let(0, "x")
        return f"{x} = null or {x} = {{}}" if negated else f"{x} != null and {x} != {{}}"

    return swallowing(write)


def _optional_elements(negated: bool) -> Spelling:
    def write(a: Args) -> str:
        x = a.let(0, "x")
        count = f"$count({x}.items)" if len(a) > 1 else f"$count({x})"
        return f"{x} = null or {count} = 0" if negated else f"{x} != null and {count} > 0"

    return swallowing(write)


def _counted(operator: str) -> Spelling:
    return swallowing(lambda a: f"$count({a.bare(0)}) {operator} 0")


def true_value(x: str) -> str:
    """Whether the value of a variable is true in Python; fails for what only Python can tell."""
    tag = f"{x}.`$type`"
    return (
        f'$type({x}) = "boolean" ? {x} : '
        f'$type({x}) = "array" ? $count({x}) > 0 : '
        f'$type({x}) != "object" ? $not({x} in [null, 0, ""]) : '
        f"$not($exists({tag})) ? {x} != {{}} : "
        f'{tag} in ["tuple", "set", "frozenset", "deque"] ? $count({x}.items) > 0 : '
        f'{tag} in ["OrderedDict", "Counter"] ? $count($keys({x})) > 1 : '
        f'{tag} = "defaultdict" ? $count($keys({x})) > ($exists({x}.`$factory`) ? 2 : 1) : '
        f'{tag} in ["dict", "int"] ? true : '
        f'$error("TypeError: only Python knows whether this is true: " & {tag})'
    )


@swallowing
def _any(a: Args) -> str:
    return true_value(a.let(0, "x"))


@swallowing
def _not_any(a: Args) -> str:
    return f"$not({true_value(a.let(0, 'x'))})"


def _joined(operator: str) -> Spelling:
    own = {"and": 30, "or": 25}[operator]
    return swallowing(lambda a: f" {operator} ".join(wrapped(a.bare(i), own + 1) for i in range(len(a))))


@strict(2)
def _and_values(a: Args) -> str:
    x = a.let(0, "x")
    return f"{wrapped(a.body(1, x), 21)} ? {wrapped(a.bare(2), 21)} : {x}"


@strict(2)
def _or_values(a: Args) -> str:
    x = a.let(0, "x")
    return f"{wrapped(a.body(1, x), 21)} ? {x} : {wrapped(a.bare(2), 21)}"


@strict(1, 2)
def _if(a: Args) -> str:
    return f"{wrapped(a.bare(0), 21)} ? {wrapped(a.bare(1), 21)} : {wrapped(a.bare(2), 21)}"


SPELLINGS: Spellings = {
    **{f"truth.{kind}": _asked(texts[0]) for kind, texts in _KINDS.items()},
    **{f"false.{kind}": _asked(texts[1]) for kind, texts in _KINDS.items()},
    **{f"truth.optional_{kind}": _asked(texts[0]) for kind, texts in _OPTIONAL.items()},
    **{f"false.optional_{kind}": _asked(texts[1]) for kind, texts in _OPTIONAL.items()},
    "truth.optional_dict": _optional_dict(False),
    "false.optional_dict": _optional_dict(True),
    "truth.optional_elements": _optional_elements(False),
    "false.optional_elements": _optional_elements(True),
    "truth.elements": _counted(">"),
    "false.elements": _counted("="),
    "truth.any": _any,
    "false.any": _not_any,
    "not.bool": call("not"),
    "and.bools": _joined("and"),
    "or.bools": _joined("or"),
    "and.values": _and_values,
    "or.values": _or_values,
    "if": _if,
}
