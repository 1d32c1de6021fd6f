"""The element a loop is at, and what a handler sees of an error."""

from __future__ import annotations

from flowdeco.compiler.operations.arguments import Args, Spellings, strict


@strict()
def _element(a: Args) -> str:
    return f"{a[0]}[{a.bare(1)}]"


@strict()
def _message(a: Args) -> str:
    """Lambda's cause is JSON that holds the message; other causes are the message; some errors have none."""
    error = a.let(0, "e")
    body = f"$contains({error}.Cause, '\"errorMessage\"')"
    return f'($exists({error}.Cause) ? ({body} ? $parse({error}.Cause).errorMessage : {error}.Cause) : "")'


@strict()
def _matches(a: Args) -> str:
    return f"{a[0]}.Error in {a.bare(1)}"


SPELLINGS: Spellings = {"element": _element, "error.message": _message, "error.matches": _matches}
