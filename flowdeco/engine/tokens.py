"""Task tokens: what is sent from outside to tasks that wait for it. Safe to use from any thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from flowdeco.asl.model import JSON
from flowdeco.engine.clock import RealClock
from flowdeco.engine.failure import TaskFailure
from flowdeco.engine.limits import json_text
from flowdeco.errors import InputError


@dataclass(slots=True)
class _Slot:
    """A task that waits. `answer` is the JSON text of its output, or its failure. `taken`: a worker has it."""

    beat: float
    taken: bool = False
    seen: bool = False
    worker: str | None = None
    answer: str | TaskFailure | None = None
    wake: Callable[[], None] | None = None


class Tokens:
    """The tokens that are out. Executions that share one are answered through it, whichever of them waits."""

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
            happened = answered or (slot.taken and not slot.seen)
            slot.seen = slot.taken
        if happened:
            wake()

    def restart(self, token: str, now: float) -> None:
        """The time for a heartbeat begins to run."""
        self._slots[token].beat = now

    def answer(self, token: str) -> str | TaskFailure | None:
        return self._slots[token].answer

    def last_beat(self, token: str) -> float:
        return self._slots[token].beat

    def take(self, token: str, worker: str | None, now: float) -> bool:
        """A worker begins with the task, and the time for a heartbeat begins to run. False when it does not wait (any more)."""
        with self._lock:
            slot = self._slots.get(token)
            if slot is None or slot.answer is not None:
                return False
            slot.taken, slot.worker, slot.beat = True, worker, now
            wake = slot.wake
        if wake is not None:
            wake()
        return True

    def worker(self, token: str) -> tuple[bool, str | None]:
        """Whether a worker has the task, and its name."""
        slot = self._slots[token]
        return slot.taken, slot.worker

    def knows(self, token: str) -> bool:
        """Whether a task waits for the token."""
        with self._lock:
            slot = self._slots.get(token)
            return slot is not None and slot.answer is None

    def send_success(self, token: str, output: JSON) -> None:
        """Ends the wait of a task: `output` is its result. Raises InputError when it does not wait (any more)."""
        self.send(token, json_text("output", output))

    def send_failure(self, token: str, error: str | None = None, cause: str | None = None) -> None:
        """Ends the wait of a task: it fails with this error and cause. Raises InputError as `send_success`."""
        self.send(token, TaskFailure(error, cause))

    def send_heartbeat(self, token: str, now: float | None = None) -> None:
        """Gives a task that waits another HeartbeatSeconds. Raises InputError as `send_success`. `now` is the time of
        the clock the execution has, by default the computer's.
        """
        self.beat(token, RealClock().now() if now is None else now)

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
