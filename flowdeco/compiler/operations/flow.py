"""The element a loop is at, and what a handler sees of an error."""

from __future__ import annotations

from flowdeco.compiler.operations.arguments import Args, Spellings, between, strict
from flowdeco.query import literal


@strict()
def _element(a: Args) -> str:
    return f"{a[0]}[{a.bare(1)}]"


@strict()
def _message(a: Args) -> str:
    """Lambda's cause is JSON that holds the message; other causes are the message; some errors have none."""
    error = a.let(0, "e")
    body = f"$contains({error}.Cause, '\"errorMessage\"')"
    return f'($exists({error}.Cause) ? ({body} ? $parse({error}.Cause).errorMessage : {error}.Cause) : "")'


_TAGGED = r"""'\\n{\\"raised\\"'"""
"""How the type tag of a step's exception begins, in the JSON that is the cause. See `flowdeco.runtime.failures`."""


@strict()
def _args(a: Args) -> str:
    """What the workflow raised itself says it; else the tag, if there is one that does; else it is the message."""
    error, tag = a.let(0, "e"), a.fresh("tag")
    body = f"$parse({error}.Cause)"
    cause = (
        f"$contains({error}.Cause, '\"errorMessage\"') ? "
        f"({tag} := {_tag(error)}; $exists({tag}.args) ? {tag}.args : [{body}.errorMessage])"
        f' : {error}.Cause = "" ? [] : [{error}.Cause]'
    )
    return f"($exists({error}.Args) ? {error}.Args : $exists({error}.Cause) ? ({cause}) : [])"


@strict()
def _matches(a: Args) -> str:
    names = a.constant(1)
    if isinstance(names, list) and len(names) == 1:
        return between(f"{a[0]}.Error", "=", literal(names[0]))
    return between(f"{a[0]}.Error", "in", a.bare(1))


@strict()
def _among(a: Args) -> str:
    """An exception of a step without a tag is one of Python's own."""
    error = a.let(0, "e")
    found = (
        f"$exists({error}.Type) ? {error}.Type : $exists({error}.Cause) and "
        f"$contains({error}.Cause, '\"errorMessage\"') ? ({_tag(error)}.raised ~> "
        f'function($t){{ $exists($t) ? $t : "builtins:" & {error}.Error }})'
    )
    return f"(({found}) in {a.bare(1)})"


def _tag(error: str) -> str:
    """The type tag in a cause that is JSON: an object, empty when there is none."""
    told = f'$parse($split($parse({error}.Cause).stackTrace[-1], "\\n")[1])'
    return f"($contains({error}.Cause, {_TAGGED}) ? {told} : {{}})"


SPELLINGS: Spellings = {
    "element": _element,
    "error.message": _message,
    "error.args": _args,
    "error.matches": _matches,
    "error.among": _among,
}
