"""Time. Everything the engine knows of it, and every wait of it, is here."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """What the engine needs of time. Seconds since 1970."""

    def now(self) -> float: ...

    def wait(self, results: SimpleQueue[T], until: float | None, busy: bool) -> T | None:
        """Blocks until a result arrives (returned) or the time is `until` (None). `busy`: a handler is at work."""


class RealClock:
    """The time of this computer. It never runs backwards, also when the computer's clock is set."""

    def __init__(self) -> None:
        self._origin = time.time() - time.monotonic()

    def now(self) -> float:
        return self._origin + time.monotonic()

    def wait(self, results: SimpleQueue[T], until: float | None, busy: bool) -> T | None:
        if until is None:
            return results.get()
        try:
            return results.get(timeout=max(0.0, until - self.now()))
        except Empty:
            return None


class SkippingClock:
    """Virtual time that stands still while states run and jumps to the next timer when nothing else happens.

    Waits, retries and timeouts of any length then cost no time. While a pooled handler is at work time runs as
    it really does, so a handler that hangs still meets its timeout. `advance` lets a handler pretend to take time.

    >>> clock = SkippingClock(start=0)
    >>> clock.advance(5)
    >>> clock.now()
    5.0
    """

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self._now = float(start)

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Lets `seconds` pass."""
        self._now += seconds

    def wait(self, results: SimpleQueue[T], until: float | None, busy: bool) -> T | None:
        if not busy:
            assert until is not None
            self._now = max(self._now, until)
            return None
        began = time.monotonic()
        try:
            result = results.get(timeout=None if until is None else max(0.0, until - self._now))
        except Empty:
            self._now = max(self._now, until or 0.0)
            return None
        passed = self._now + time.monotonic() - began
        self._now = passed if until is None else min(passed, until)
        return result
