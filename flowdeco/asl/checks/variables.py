"""Variables: their names, their scopes, and whether they are assigned before they are read.

A state sees what the states before it assigned, in its own scope and in those around it. A Parallel branch or an inline
Map can read the variables around it, but assign none of that name; a distributed Map sees none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from flowdeco.asl.codes import doubtful, failing, refused
from flowdeco.asl.expressions import facts_of
from flowdeco.asl.model import JSON
from flowdeco.asl.reads import Read, path_variables, reads
from flowdeco.asl.scopes import Scope, Site
from flowdeco.errors import Finding, did_you_mean
from flowdeco.query import FUNCTIONS, QueryError

Names: TypeAlias = frozenset[str]

LONGEST_NAME: Final = 80
_NONE: Final[Names] = frozenset()


@dataclass(frozen=True, slots=True)
class _Known:
    """Variables at the entry of a state: those that some way to it assigns, and those that every way does."""

    some: Names
    every: Names

    def joined(self, other: _Known) -> _Known:
        return _Known(self.some | other.some, self.every & other.every)

    def also(self, names: Names) -> _Known:
        return _Known(self.some | names, self.every | names)


def variables(scopes: Sequence[Scope]) -> Iterator[Finding]:
    """All findings about variables of a machine. `scopes`: the outer before the inner."""
    entries: dict[str, dict[str, _Known]] = {}
    assigned: dict[str, Names] = {}
    for scope in scopes:
        before = _before(scope, entries)
        outer = _NONE if scope.distributed or scope.outer is None else assigned[scope.outer.scope.where]
        own = frozenset(name for site in scope.sites() for name in _assigned_anywhere(site))
        assigned[scope.where] = outer | own
        known = entries[scope.where] = _entries(scope, before)
        hidden = _hidden(scope, assigned)
        for site in scope.sites():
            yield from _names(site, outer)
            if site.name in known:  # nothing else is ever reached
                yield from _reads(site, known[site.name], assigned[scope.where], hidden)


def variables_read(read: Read) -> Names:
    """The variables of an expression or path. None of one that does not parse."""
    if read.kind != "jsonata":
        return path_variables(read.text)
    try:
        return facts_of(read.text).variables
    except QueryError:
        return _NONE


def assignments(part: Mapping[str, JSON], where: str) -> Iterator[tuple[str, str]]:
    """The variables that an Assign sets, each with its place."""
    assign = part.get("Assign")
    for key in assign if isinstance(assign, dict) else ():
        yield key.removesuffix(".$"), f"{where}.Assign.{key}"


def _before(scope: Scope, entries: Mapping[str, Mapping[str, _Known]]) -> _Known:
    if scope.outer is None or scope.distributed:
        return _Known(_NONE, _NONE)
    around = entries[scope.outer.scope.where]
    return around.get(scope.outer.name, _Known(_NONE, _NONE))


def _hidden(scope: Scope, assigned: Mapping[str, Names]) -> Names:
    """The variables outside of the nearest distributed Map."""
    inner: Scope | None = scope
    while inner is not None and not inner.distributed:
        inner = inner.outer.scope if inner.outer is not None else None
    return _NONE if inner is None or inner.outer is None else assigned[inner.outer.scope.where]


def _parts(site: Site) -> Iterator[tuple[str, Mapping[str, JSON]]]:
    """The state and those of its parts that assign variables."""
    yield site.where, site.body
    yield from site.entries("Choices")
    yield from site.entries("Catch")


def _assigned_anywhere(site: Site) -> Iterator[str]:
    for where, part in _parts(site):
        for name, _ in assignments(part, where):
            yield name


def _edges(site: Site) -> Iterator[tuple[str, Names]]:
    """Where the state may go on to, and what it has assigned then."""
    for where, part in _parts(site):
        names = frozenset(name for name, _ in assignments(part, where))
        for field in ("Next", "Default"):
            if isinstance(part.get(field), str):
                yield part[field], names


def _entries(scope: Scope, before: _Known) -> dict[str, _Known]:
    """What is known at the entry of each state that can be reached."""
    start = scope.start
    if start is None:
        return {}
    sites = {site.name: site for site in scope.sites()}
    known = {start: before}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for target, names in _edges(sites[name]):
            after = known[name].also(names)
            joined = known[target].joined(after) if target in known else after
            if target in sites and joined != known.get(target):
                known[target] = joined
                waiting.append(target)
    return known


def _names(site: Site, outer: Names) -> Iterator[Finding]:
    for part_where, part in _parts(site):
        for name, where in assignments(part, part_where):
            if name == "states":
                text = "$states is Step Functions' own, and cannot be assigned"
                yield refused(where, text, "choose another name")
            elif not name.isidentifier():
                hint = "a variable is assigned as a whole; its name has letters, digits and _, and starts with a letter"
                yield refused(where, f"{name!r} is no name for a variable", hint)
            elif len(name) > LONGEST_NAME:
                text = f"the name has {len(name)} characters: names of variables have up to {LONGEST_NAME}"
                yield refused(where, text)
            elif name in outer:
                text = (
                    f"the variable ${name} is assigned outside of this scope, so it cannot be assigned in it"
                )
                yield refused(where, text, "choose another name, or return the value as Output")


def _reads(site: Site, known: _Known, near: Names, hidden: Names) -> Iterator[Finding]:
    for read in reads(site):
        for name in sorted(variables_read(read) - known.every - {"eval"}):
            if name not in known.some:
                yield _undefined(name, read, known, near, hidden)
            elif not re.search(rf"\$exists\(\s*\${re.escape(name)}\b", read.text):
                text = f"${name} is not assigned on every way to this state"
                hint = "assign it before the ways part, or ask $exists"
                yield doubtful(read.where, text, hint, "MAYBE_UNDEFINED_VARIABLE")


def _undefined(name: str, read: Read, known: _Known, near: Names, hidden: Names) -> Finding:
    called = read.kind == "jsonata" and name in facts_of(read.text).called
    text = (
        f"there is no function ${name}"
        if called
        else f"the variable ${name} is not assigned before it is read"
    )
    choices = ["states", *sorted(known.some), *(FUNCTIONS if called else ())]
    hint = did_you_mean(name, choices)
    if name in hidden:
        hint = "a distributed Map cannot read variables around it: hand the value over in ItemSelector"
    elif name in near:
        hint = "it is assigned later, or in this state, whose Assign counts for the next one"
    return failing(
        read.where, text, hint and hint.replace("did you mean '", "did you mean '$"), "UNDEFINED_VARIABLE"
    )
