"""What a JSONata expression refers to. The engine that parses JSONata is imported only for what needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flowdeco.query import FUNCTIONS, compile_expression, references, states_paths, variables_used
from flowdeco.query.defaults import compile_default
from flowdeco.query.paths import split_path

_CALLED: Final = re.compile(r"\$([^\W\d]\w*)\s*\(")


@dataclass(frozen=True, slots=True)
class Facts:
    """`variables`: those it reads, without `states`; also functions that do not exist. `called`: what it calls.
    `states`: fields of $states, `*` for all. `context`: names and marks that refer to the context item, of which
    there is none."""

    variables: frozenset[str]
    called: frozenset[str]
    states: frozenset[str]
    context: frozenset[str]


@lru_cache(maxsize=4096)
def facts_of(source: str) -> Facts:
    """Reads an expression. Cached. Raises QueryError when it does not parse.

    >>> sorted(facts_of("$sum($losses) / $states.input.n").variables)
    ['losses']
    """
    called = frozenset(_CALLED.findall(source))
    if split_path(source) is not None or compile_default(source) is not None:
        variables, states = variables_used(source), states_paths(source)
        context: frozenset[str] = frozenset()
    else:
        compile_expression(source)  # finds more than the parser alone
        found = references(source)
        variables, states, context = found.variables, found.states, found.context
    return Facts(variables - {"states"} - FUNCTIONS, called, states, context)
