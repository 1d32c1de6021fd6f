"""All checks on one screen. What is checked and in which order is said here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from flowdeco.asl.checks.errors import error_names
from flowdeco.asl.checks.flow import names, paths
from flowdeco.asl.checks.languages import foreign_fields, scope_language, state_language
from flowdeco.asl.checks.maps import labels, map_state
from flowdeco.asl.checks.queries import queries
from flowdeco.asl.checks.ranges import machine_ranges, state_ranges, wait
from flowdeco.asl.checks.sizes import definition_size
from flowdeco.asl.checks.tasks import task
from flowdeco.asl.checks.variables import variables
from flowdeco.asl.model import JSON
from flowdeco.asl.scopes import Scope, Site, scopes_of
from flowdeco.errors import Finding

STATE: Final[tuple[Callable[[Site], Iterator[Finding]], ...]] = (
    state_language,  # no JSONPath inside JSONata
    foreign_fields,  # no fields of the other language
    queries,  # expressions and paths
    state_ranges,  # numbers
    wait,  # one time
    task,  # resource and pattern
    map_state,  # mode, reader, batcher, writer
    error_names,  # Retry, Catch, Fail
)
SCOPE: Final[tuple[Callable[[Scope], Iterator[Finding]], ...]] = (
    scope_language,  # no JSONPath inside JSONata
    machine_ranges,  # TimeoutSeconds
    paths,  # every state is reached, one ends the scope
)
MACHINE: Final[tuple[Callable[[Sequence[Scope]], Iterator[Finding]], ...]] = (
    names,  # unique, not too long
    labels,  # the same of the labels of Maps
    variables,  # assigned before they are read, once in nested scopes
)


def content(document: Mapping[str, JSON], *, express: bool, size: int) -> Iterator[Finding]:
    """What all checks find. `size` is that of the definition, in bytes."""
    scopes = scopes_of(document, express=express)
    for scope in scopes:
        for site in scope.sites():
            for state_check in STATE:
                yield from state_check(site)
        for scope_check in SCOPE:
            yield from scope_check(scope)
    for machine_check in MACHINE:
        yield from machine_check(scopes)
    yield from definition_size(scopes, size)
