"""What an expression reads, without evaluating it.

Most expressions can be read off their tokens. Only where names are bound inside (`:=`, functions, `@`, `#`),
or where a slash may start a regular expression, is the engine's parser needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flowdeco.query.functions import FUNCTIONS

WHOLE: Final = "*"
"""In `states_paths`: `$states` itself is used, so any part of it may be."""


@dataclass(frozen=True, slots=True)
class References:
    """What an expression refers to.

    `variables`: names without `$` that are not bound inside the expression. A name of a function counts when
    it is not called, because there may be a variable of that name.
    `states`: the parts of `$states` that are used; holds `*` when `$states` is used as a whole.
    `context`: what refers to the context item, which Step Functions expressions do not have: names of fields,
    `$`, `$$`, `*`, `**`, `%`. The service refuses to create a state machine with one.
    """

    variables: frozenset[str]
    states: frozenset[str]
    context: frozenset[str]


def variables_used(source: str) -> frozenset[str]:
    """The variables an expression reads, without `$`, including `states`.

    Local names and parameters do not count, nor do called functions. A function that is named without being
    called (`$map($rows, $length)`) does: subtract `FUNCTIONS` where that matters.
    Raises QueryError("syntax") for what does not parse (not for all of it: see `compile_expression`).

    >>> sorted(variables_used("($n := $count($rows); $n > 1 ? $model : $states.input)"))
    ['model', 'rows', 'states']
    """
    from_tokens = _by_tokens(source)
    return references(source).variables if from_tokens is None else from_tokens[0]


def states_paths(source: str) -> frozenset[str]:
    """Which parts of `$states` an expression reads: `input`, `result`, ... and `*` for all of it.

    >>> sorted(states_paths("$states.result.auc > $states.input.least"))
    ['input', 'result']
    """
    from_tokens = _by_tokens(source)
    return references(source).states if from_tokens is None else from_tokens[1]


# --- by tokens ---------------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(
    r"""
    /\*.*?\*/ | \s+
    | (?P<text>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
    | (?P<tick>`[^`]*`)
    | \$(?P<variable>\w+)
    | (?P<word>\w+)
    | (?P<binder>:= | [@\#/λ"'`])
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=1024)
def _by_tokens(source: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """The variables and the parts of `$states`; None when only a parser can tell."""
    tokens: list[tuple[str, str]] = []
    for found in _TOKEN.finditer(source):
        kind = found.lastgroup
        if kind == "binder" or (kind == "word" and found[0] in ("function", "λ")):
            return None
        if kind is not None:
            tokens.append((kind, found[kind]))
        elif not found[0].isspace() and not found[0].startswith("/*"):
            tokens.append(("symbol", found[0]))
    tokens += [("end", "")] * 2
    names: set[str] = set()
    parts: set[str] = set()
    for i, (kind, text) in enumerate(tokens):
        if kind != "variable":
            continue
        following = tokens[i + 1]
        if following == ("symbol", "(") and text in FUNCTIONS:
            continue
        names.add(text)
        if text == "states":
            kind, text = tokens[i + 2] if following == ("symbol", ".") else ("end", "")
            parts.add(_part(kind, text, tokens[i + 3] if kind == "word" else ("end", "")))
    return frozenset(names), frozenset(parts)


def _part(kind: str, text: str, following: tuple[str, str]) -> str:
    """The field of `$states` a token names; a call of a field or anything else may read all of it."""
    if kind == "word" and following != ("symbol", "("):
        return text
    if kind in ("tick", "text") and "\\" not in text:
        return text[1:-1]
    return WHOLE


# --- by the parser -----------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def references(source: str) -> References:
    """Everything an expression refers to, by its syntax tree. Raises QueryError("syntax").

    >>> references("$rows[loss > $least].name & title").context
    frozenset({'title'})
    """
    from flowdeco.query.reader import Reader  # imports the engine, which takes a while

    reader = Reader.of(source)
    return References(frozenset(reader.variables), frozenset(reader.states), frozenset(reader.context))
