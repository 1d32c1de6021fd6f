"""Coroutines under way, as the scheduler sees them: what each waits for, and whose child it is."""

from __future__ import annotations

from typing import Any

from flowdeco.asl.model import JSON
from flowdeco.engine.effects import Gather, Invoke, Work
from flowdeco.engine.pool import Ticket


class Fiber:
    """A coroutine under way, and what it waits for."""

    __slots__ = ("alive", "callback", "index", "invoke", "join", "parent", "ticket", "timer", "work")

    def __init__(self, work: Work, parent: Join | None = None, index: int = 0) -> None:
        self.work = work
        self.parent = parent
        self.index = index
        self.alive = True
        self.join: Join | None = None
        self.invoke: Invoke | None = None
        self.ticket: Ticket | None = None
        self.callback: Wake | None = None
        self.timer: list[Any] | None = None


class Wake(Ticket):
    """Says that what a coroutine waits for outside has happened."""

    __slots__ = ()


class Join:
    """A Gather under way: its children, and what they have answered so far."""

    __slots__ = ("children", "effect", "fiber", "listed", "results", "started")

    def __init__(self, fiber: Fiber, effect: Gather) -> None:
        self.fiber = fiber
        self.effect = effect
        self.results: list[JSON] = [None] * effect.count
        self.children: dict[Fiber, None] = {}
        self.started = 0
        self.listed = False

    @property
    def open(self) -> bool:
        return self.started < self.effect.count and len(self.children) < self.effect.limit
