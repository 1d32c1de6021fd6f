"""The catchers of a state: which errors lead to which handler, and what is assigned on the way there."""

from __future__ import annotations

from collections.abc import Mapping

from flowdeco.asl.model import Catcher
from flowdeco.compiler.frames import Frame
from flowdeco.compiler.scope import Scope
from flowdeco.graph import Attempt, Call, Child, Expression, Failing, Map, Result, Symbol

CHILD_FAILED = "ExecutionFailed"


def catchers(
    scope: Scope, frame: Frame, node: Call | Child | Map, entry: Mapping[Symbol, str]
) -> tuple[Catcher, ...]:
    """Catchers of all handlers around a node, inner before outer, as far as an error can still get there."""
    if not frame.attempts:
        return ()
    found: list[Catcher] = []
    for catch in scope.layout.catches(frame):
        values = _entry_values(catch.attempt, node.failing)
        own: dict[Symbol, str] = {Result(catch.handler.error.id): "$states.errorOutput"}
        left = scope.leave(scope.layout.way(catch.frame, 0, values), own, entry, key=node.id)
        names = catch.names
        if isinstance(node, Child) and CHILD_FAILED in names:
            # What the service calls it. On other states it is any error.
            names = (*names, "States.TaskFailed")
        found.append(Catcher(ErrorEquals=names, Next=left.next or "", Assign=left.assign))
    return tuple(found)


def _entry_values(attempt: Attempt, failing: tuple[Failing, ...]) -> dict[int, Expression]:
    for given in failing:
        if given.attempt == attempt.id:
            return {variable.id: value for variable, value in zip(attempt.entry, given.values)}
    return {}
