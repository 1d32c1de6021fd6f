"""Paths of which one is taken: what is recorded on them, and how to go back when it was recorded for a look only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from flowdeco.errors import Location, UnsupportedError
from flowdeco.graph import (
    Expression,
)
from flowdeco.tracing.blocks import OpenBlocks
from flowdeco.tracing.flow import Guard, Label, Scope
from flowdeco.tracing.places import user_location
from flowdeco.tracing.telling import Telling
from flowdeco.tracing.value import Unbound, Value


class Paths(Telling):
    """Keeps apart what happens on different paths. The base of the recorder."""

    def __init__(self) -> None:
        super().__init__()
        self.open = OpenBlocks()
        self.scope = Scope()
        self.stale: dict[int, tuple[Any, str, Location | None]] = {}
        self.handled: list[tuple[Value | Exception, tuple[Any, ...]]] = []
        self.explained: list[tuple[Location | None, str, str]] = []
        """Glue calls: where, the name of the step, why."""
        self.expressed: list[tuple[Location | None, Expression]] = []
        """Expressions: where each was made."""
        self.inlined: list[tuple[Location | None, Location]] = []
        """Functions of the user's that became part of the body: where they were called, where they are."""
        self._functions: dict[str, Callable[..., Any]] = {}
        self._targets: dict[int, str] = {}
        self._state_names: dict[str, Location | None] = {}
        self._last_id = 0

    @contextmanager
    def branching(self) -> Iterator[Callable[[], AbstractContextManager[None]]]:
        """Around paths of which one is taken. What it gives is entered for each path.

        What a path changed under other names is known to the ways out of it, and so where they are merged.
        """
        base = self.stale
        opened = object()

        @contextmanager
        def path() -> Iterator[None]:
            self.stale = dict(base)
            yield

        self._branches.append(opened)
        try:
            yield path
        finally:
            # Not when the recording has gone back before this: then it is closed late, when Python gets to it.
            if opened in self._branches:
                del self._branches[self._branches.index(opened) :]
                self.stale = base

    @contextmanager
    def new_scope(self) -> Iterator[None]:
        """A scope of its own: nothing jumps out of it, and no handler outside is reached but by its failing."""
        scope, own = self.scope, Scope()
        self.scope = own
        try:
            yield
        finally:
            if self.scope is own:
                self.scope = scope

    @contextmanager
    def handling(self, error: Value | Exception, on: tuple[Any, ...]) -> Iterator[None]:
        """Inside a handler: what a bare `raise` raises."""
        entry = (error, on)
        self.handled.append(entry)
        try:
            yield
        finally:
            if self.handled and self.handled[-1] is entry:
                self.handled.pop()

    def mark(self) -> Callable[[], None]:
        """The state of the recording, to go back to when what follows was for a look only."""
        last, steps, names = self._last_id, dict(self.steps), dict(self._state_names)
        functions, stale, targets = dict(self._functions), dict(self.stale), dict(self._targets)
        scope = self.scope
        around, attempts = list(scope.around), list(scope.attempts)
        depths = (len(self._branches), self.open.depth, len(self.handled), self.inlining)
        handled_now = self.handled
        paths = [(label, len(label.paths), label.certain) for label in around if isinstance(label, Label)]
        exits = [
            (guard, [(label, list(ways), id) for label, ways, id in guard.exits])
            for guard in around
            if isinstance(guard, Guard)
        ]
        failed = [(a, len(a.failing), len(a.known), [len(ways) for ways in a.handled]) for a in attempts]
        block, count, told = self.open.block, len(self.open.block.nodes), len(self.explained)
        made_so_far, inlined = len(self.expressed), len(self.inlined)
        end = block.end

        failure, wrong = self.failure, len(self.errors)

        def back() -> None:
            self.failure = failure
            del self.errors[wrong:]
            self.scope = scope
            scope.around[:], scope.attempts[:] = around, attempts
            branches, depth, handling, self.inlining = depths
            del self._branches[branches:]
            self.open.back_to(depth)
            self.handled = handled_now
            del self.handled[handling:]
            self._last_id, self.steps, self._state_names = last, dict(steps), dict(names)
            self._functions, self.stale, self._targets = dict(functions), dict(stale), dict(targets)
            for label, length, certain in paths:
                del label.paths[length:]
                label.certain = certain
            for guard, ways_out in exits:
                guard.exits[:] = [(label, list(ways), id) for label, ways, id in ways_out]
            for attempt, length, known, handled in failed:
                del attempt.failing[length:], attempt.known[known:]
                for ways, number in zip(attempt.handled, handled):
                    del ways[number:]
            del block.nodes[count:], self.explained[told:]
            del self.expressed[made_so_far:], self.inlined[inlined:]
            block.end = end

        return back

    def back_to(self, mark: Callable[[], None]) -> None:
        """Drops what was recorded since the mark."""
        mark()

    # ---------------------------------------------------------------------------------- changed under another name

    def outdate(self, thing: Any, name: str) -> None:
        """A container has changed under a name, as a new value: whoever still holds the old one must not use it."""
        self.stale[id(thing)] = (thing, name, user_location())

    @contextmanager
    def trusting(self) -> Iterator[None]:
        """Inside, values are taken as they are: they were what their names held where they come from."""
        stale, self.stale = self.stale, {}
        try:
            yield
        finally:
            self.stale = stale

    def _fresh(self, thing: object) -> None:
        """Refuses what was changed under another name."""
        known = self.stale.get(id(thing))
        if known is not None and known[0] is thing:
            _, name, place = known
            raise self.fail(
                f"this is the same object as {name}, which was changed at {place}: the change would not be seen here",
                hint=f"use {name} itself, or make a copy before the change: list(x), dict(x)",
                kind=UnsupportedError,
            )

    def fresh(self, thing: Any) -> Any:
        """The thing, when nothing has changed it under another name."""
        if self.stale:
            self._fresh(thing)
        if isinstance(thing, Unbound):
            thing._refuse()
        return thing
