"""Task tokens: what is sent from outside to tasks that wait for it. Safe to use from any thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from flowdeco.engine.failure import TaskFailure
from flowdeco.errors import InputError


@dataclass(slots=True)
class _Slot:
    """A task that waits. `answer` is the JSON text of its output, or its failure."""

    beat: float
    answer: str | TaskFailure | None = None
    wake: Callable[[], None] | None = None


class Tokens:
    """The tokens of a run that are out."""

    def __init__(self) -> None:
        self._slots: dict[str, _Slot] = {}
        self._lock = Lock()

    def open(self, token: str, now: float) -> None:
        self._slots[token] = _Slot(now)

    def close(self, token: str) -> None:
        """Nobody waits for the token any more."""
        with self._lock:
            self._slots.pop(token, None)

    def watch(self, token: str, wake: Callable[[], None]) -> None:
        """Calls `wake`, on whatever thread, once there is an answer."""
        with self._lock:
            slot = self._slots[token]
            slot.wake = wake
            answered = slot.answer is not None
        if answered:
            wake()

    def restart(self, token: str, now: float) -> None:
        """The time for a heartbeat begins to run."""
        self._slots[token].beat = now

    def answer(self, token: str) -> str | TaskFailure | None:
        return self._slots[token].answer

    def last_beat(self, token: str) -> float:
        return self._slots[token].beat

    def send(self, token: str, answer: str | TaskFailure) -> None:
        """Answers a task. Raises InputError when it does not wait (any more)."""
        with self._lock:
            slot = self._waiting(token)
            slot.answer = answer
            wake = slot.wake
        if wake is not None:
            wake()

    def beat(self, token: str, now: float) -> None:
        """Says that the work for a task goes on. Raises InputError when it does not wait (any more)."""
        with self._lock:
            self._waiting(token).beat = now

    def _waiting(self, token: str) -> _Slot:
        slot = self._slots.get(token)
        if slot is None or slot.answer is not None:
            raise InputError(
                "no task waits for this token", hint="a token can be answered once, while its task waits"
            )
        return slot
