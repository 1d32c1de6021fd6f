"""What a state may ask of the scheduler. A state awaits one of these and gets the answer back.

    outcome = await Invoke(call, seconds, begin)
    await Sleep(until)
    results = await Gather(start, count, limit)
    await Spawn(work)

The scheduler alone performs them: states neither call handlers, nor sleep, nor start other coroutines.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

from flowdeco.asl.model import JSON
from flowdeco.engine.failure import TaskFailure


class Late(Enum):
    """The type of `LATE`."""

    LATE = "LATE"


LATE: Final = Late.LATE
"""The answer to an Invoke whose time is over."""

Outcome: TypeAlias = JSON | TaskFailure | Late


class Job(Protocol):
    """The call of a handler. It never raises an Exception: it returns the result or a TaskFailure."""

    def __call__(self) -> JSON | TaskFailure:
        """On the scheduler's thread: KeyboardInterrupt and SystemExit come out, and end the execution."""

    def guarded(self) -> JSON | TaskFailure:
        """On a thread of the pool: nothing comes out."""


@dataclass(frozen=True, slots=True)
class Invoke:
    """Do a job.

    `begin` is called when the work starts, which with a pool may be later than when it is asked for. `seconds` is
    how long the work may take from then on (None: for ever). Answer: what `call` returned, or LATE.
    """

    call: Job
    seconds: float | None
    begin: Callable[[], None]

    def __await__(self) -> Generator[Invoke, Outcome, Outcome]:
        return (yield self)


@dataclass(frozen=True, slots=True)
class Sleep:
    """Go on when the clock says `until`."""

    until: float

    def __await__(self) -> Generator[Sleep, None, None]:
        return (yield self)


@dataclass(frozen=True, slots=True)
class Gather:
    """Run `count` coroutines, at most `limit` at a time, each made by `start(index)` when its turn comes.

    Answer: their results in order. When one raises, the others are closed and what it raised is raised.
    `eager` starts all at once; otherwise one is started only when there is nothing else to do, so that a Map of a
    hundred thousand items never has more in memory than it works on. When they are not done when the clock says
    `until`, they are closed and the answer is LATE.
    """

    start: Callable[[int], Coroutine[Effect, Any, JSON]]
    count: int
    limit: int
    eager: bool = False
    until: float | None = None

    def __await__(self) -> Generator[Gather, Any, Any]:
        return (yield self)


@dataclass(frozen=True, slots=True)
class Spawn:
    """Let `work` go its own way. It must not raise: nobody waits for it."""

    work: Work

    def __await__(self) -> Generator[Spawn, None, None]:
        return (yield self)


@dataclass(frozen=True, slots=True)
class Callback:
    """Go on when something outside has happened, or when the clock says `until`.

    `watch` is given what it has to call then, on whatever thread; it may call it at once.
    """

    watch: Callable[[Callable[[], None]], None]
    until: float | None

    def __await__(self) -> Generator[Callback, None, None]:
        return (yield self)


Effect: TypeAlias = Invoke | Sleep | Gather | Callback | Spawn
Work: TypeAlias = Coroutine[Effect, Any, JSON]
