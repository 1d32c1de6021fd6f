"""Threads that call handlers. Daemons all: a handler that hangs never keeps the interpreter from exiting."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread

from flowdeco.asl.model import JSON
from flowdeco.engine.failure import TaskFailure


class Ticket:
    """A call handed to the pool, and afterwards what came of it."""

    __slots__ = ("abandoned", "call", "outcome", "owner", "started")

    def __init__(self, call: Callable[[], JSON | TaskFailure], owner: object) -> None:
        self.call = call
        self.owner = owner
        self.outcome: JSON | TaskFailure = None
        self.started = False
        self.abandoned = False


_AHEAD = 8
"""Calls handed over for each thread, so that threads that are done find work without waking anybody."""


class Pool:
    """At most `workers` calls at a time. Finished tickets arrive in `results`, in the order they finish.

    Threads are started when they are needed. All but the threads' own work happens on the caller's thread.
    `active` counts the calls handed over and neither finished nor abandoned.
    """

    def __init__(self, workers: int) -> None:
        self.results: SimpleQueue[Ticket] = SimpleQueue()
        self.active = 0
        self.workers = workers
        self._calls: SimpleQueue[Ticket | None] = SimpleQueue()
        self._threads = 0
        self._lock = Lock()

    @property
    def free(self) -> bool:
        """Whether a call submitted now starts now."""
        return self.active < self.workers

    @property
    def room(self) -> int:
        """How many calls may be submitted now that may have to wait for a thread."""
        return self.workers * _AHEAD - self.active

    def submit(self, ticket: Ticket) -> None:
        if self._threads < self.workers and self._threads <= self.active:
            self._threads += 1
            Thread(target=self._work, name="flowdeco-worker", daemon=True).start()
        self.active += 1
        self._calls.put(ticket)

    def finished(self, ticket: Ticket) -> bool:
        """Takes note of a ticket that came out of `results`. False when nobody waits for it any more."""
        if ticket.abandoned:
            return False
        self.active -= 1
        return True

    def abandon(self, ticket: Ticket) -> None:
        """Stops waiting for a call. One under way cannot be stopped: its thread ends with it, and another takes the
        thread's place. One that is still queued is never made.
        """
        self.active -= 1
        with self._lock:
            ticket.abandoned = True
            if ticket.started:
                self._threads -= 1

    def close(self) -> None:
        """Lets idle threads end now and busy ones after their call."""
        for _ in range(self._threads):
            self._calls.put(None)

    def _work(self) -> None:
        while (ticket := self._calls.get()) is not None:
            if self._start(ticket):
                ticket.outcome = ticket.call()
                replaced = self._stop(ticket)
                self.results.put(ticket)
                if replaced:
                    return

    def _start(self, ticket: Ticket) -> bool:
        """False when nobody waits for the call any more."""
        with self._lock:
            ticket.started = not ticket.abandoned
            return ticket.started

    def _stop(self, ticket: Ticket) -> bool:
        """True when another thread has taken this one's place meanwhile."""
        with self._lock:
            ticket.started = False
            return ticket.abandoned
