"""Names of states, and whether each can be reached and some state ends the execution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from flowdeco.asl.codes import DUPLICATE, TARGET, failing, refused
from flowdeco.asl.model import JSON
from flowdeco.asl.scopes import Scope
from flowdeco.errors import Finding

LONGEST_NAME: Final = 80


def names(scopes: Sequence[Scope]) -> Iterator[Finding]:
    """Names are unique in the whole machine, at most 80 characters long, and can be printed."""
    first: dict[str, str] = {}
    for scope in scopes:
        for site in scope.sites():
            if site.name in first:
                hint = f"the other one is {first[site.name]}; names are unique in the whole machine"
                yield refused(site.where, f"Duplicate State name: {site.name}", hint, DUPLICATE)
            first.setdefault(site.name, site.where)
            if not site.name or len(site.name) > LONGEST_NAME:
                text = f"the name has {len(site.name)} characters: state names have 1 to {LONGEST_NAME}"
                yield refused(site.where, text, "what it does can be said in Comment")
            elif any(ord(c) < 32 or 127 <= ord(c) < 160 for c in site.name):
                yield refused(site.where, f"the name {site.name!r} has control characters in it")


def targets(body: Mapping[str, JSON]) -> Iterator[str]:
    """Where a state may go on to."""
    parts = [body, *(entry for field in ("Choices", "Catch") for entry in _entries(body, field))]
    for part in parts:
        for field in ("Next", "Default"):
            if isinstance(part.get(field), str):
                yield part[field]


def _entries(body: Mapping[str, JSON], field: str) -> list[Mapping[str, JSON]]:
    entries = body.get(field)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def paths(scope: Scope) -> Iterator[Finding]:
    """Every state can be reached from StartAt, and one that can be ends the scope."""
    states = scope.states
    start = scope.start
    if start is None:
        return  # reported already
    reached = {start}
    waiting = [start]
    whole = True
    while waiting:
        for name in targets(states[waiting.pop()]):
            if name not in states:
                whole = False  # reported too, and it may be the one that ends the scope
            elif name not in reached:
                reached.add(name)
                waiting.append(name)
    for site in scope.sites():
        if site.name not in reached:
            hint = "let some state lead to it, or take it out"
            yield refused(site.where, f'State "{site.name}" is not reachable.', hint, TARGET)
    if whole and not any(_ends(states[name]) for name in reached):
        text = "no state ends the execution: every way goes round in circles"
        where = scope.where or "StartAt"
        yield failing(where, text, "a Succeed, a Fail or a state with End: true ends it", "NO_TERMINAL_STATE")


def _ends(body: Mapping[str, JSON]) -> bool:
    goes_on = {"Next", "Default", "Choices"} & body.keys()
    return body.get("Type") in ("Succeed", "Fail") or body.get("End") is True or not goes_on
