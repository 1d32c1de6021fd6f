"""When coroutines are to go on, the earliest first.

A timer that is taken away stays in the heap until it comes up, or until such timers are most of it.
"""

from __future__ import annotations

import heapq
from typing import Any

from flowdeco.engine.fibers import Fiber

_STALE_TIMERS = 512


class Timers:
    """The timers of one execution: lists of the time, a number (of two at the same time the older goes first), the
    coroutine, and whether it still counts."""

    def __init__(self) -> None:
        self._heap: list[list[Any]] = []
        self._count = 0
        self._stale = 0

    def add(self, until: float, fiber: Fiber | None) -> list[Any]:
        """A new timer. It is for a coroutine, or for the execution as a whole."""
        self._count += 1
        timer = [until, self._count, fiber, True]
        heapq.heappush(self._heap, timer)
        return timer

    def drop(self, fiber: Fiber) -> None:
        """Takes the timer of a coroutine away, if it has one."""
        if fiber.timer is None:
            return
        fiber.timer[2], fiber.timer[3] = None, False
        fiber.timer = None
        self._stale += 1
        if self._stale > _STALE_TIMERS and self._stale * 2 > len(self._heap):
            self._heap = [timer for timer in self._heap if timer[3]]
            heapq.heapify(self._heap)
            self._stale = 0

    def due(self) -> float | None:
        """When the next timer is due; None when there is none."""
        timers = self._heap
        while timers and not timers[0][3]:
            heapq.heappop(timers)
            self._stale -= 1
        return timers[0][0] if timers else None

    def pop(self) -> Fiber | None:
        """Takes the timer that `due` tells of, and returns whose it is; None: the execution's."""
        fiber: Fiber | None = heapq.heappop(self._heap)[2]
        return fiber
