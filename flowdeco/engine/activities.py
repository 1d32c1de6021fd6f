"""Activities: work that somebody else polls for, with the operations of the service. Safe to use from any thread."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Condition

from flowdeco.asl.model import JSON
from flowdeco.engine.clock import RealClock
from flowdeco.engine.limits import MAX_NAME, decode
from flowdeco.engine.tokens import Tokens
from flowdeco.errors import InputError


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity, made at `created` (seconds since 1970)."""

    arn: str
    name: str
    created: float


@dataclass(frozen=True, slots=True)
class ActivityTask:
    """A task for a worker: the token to answer with, and the input."""

    token: str
    input: JSON


class Activities:
    """Activities by ARN, and the tasks that wait for a worker. Executions are given it as `activities=`.

    >>> activities = Activities()
    >>> activities.create("review").arn
    'arn:aws:states:us-east-1:123456789012:activity:review'
    >>> activities.get_task("review") is None
    True
    """

    def __init__(
        self, tokens: Tokens | None = None, *, region: str = "us-east-1", account: str = "123456789012"
    ) -> None:
        self.tokens = tokens or Tokens()
        self._prefix = f"arn:aws:states:{region}:{account}:activity:"
        self._known: dict[str, Activity] = {}
        self._queues: dict[str, deque[ActivityTask]] = {}
        self._changed = Condition()

    def create(self, name: str, *, created: float | None = None) -> Activity:
        """Makes an activity, or returns the one of this name. Raises InputError for a name the service refuses."""
        if not 1 <= len(name) <= MAX_NAME or any(c.isspace() or c in _BAD or ord(c) < 32 for c in name):
            raise InputError(
                f"{name!r} cannot be the name of an activity",
                hint=f"1 to {MAX_NAME} letters, digits, - and _",
            )
        arn = self._prefix + name
        with self._changed:
            return self._known.setdefault(
                arn, Activity(arn, name, RealClock().now() if created is None else created)
            )

    def delete(self, activity: str) -> None:
        """Forgets an activity, if there is such. Tasks that wait for a worker go on waiting."""
        with self._changed:
            self._known.pop(self._arn(activity), None)

    def describe(self, activity: str) -> Activity | None:
        """The activity of this name or ARN."""
        return self._known.get(self._arn(activity))

    def list(self) -> list[Activity]:
        """All activities, the newest last."""
        with self._changed:
            return list(self._known.values())

    def get_task(
        self, activity: str, worker: str | None = None, *, wait: float = 0, now: float | None = None
    ) -> ActivityTask | None:
        """The next task of an activity for a worker; None when there is none within `wait` seconds.

        Raises InputError for an activity that is not there. `now` is the time of the clock the execution has, by
        default the computer's: a heartbeat is counted from it.
        """
        arn = self._arn(activity)
        if arn not in self._known:
            raise InputError(f"there is no activity {arn}", hint="create it first")
        with self._changed:
            task = self._next(arn)
            if task is None and wait > 0:
                self._changed.wait_for(lambda: bool(self._queues.get(arn)), wait)
                task = self._next(arn)
        if task is not None:
            self.tokens.take(task.token, worker, RealClock().now() if now is None else now)
        return task

    def schedule(self, activity: str, token: str, input: str) -> None:
        """A task waits for a worker; `input` is its JSON text."""
        with self._changed:
            self._queues.setdefault(self._arn(activity), deque()).append(ActivityTask(token, decode(input)))
            self._changed.notify_all()

    def _next(self, arn: str) -> ActivityTask | None:
        queue = self._queues.get(arn, _NONE)
        while queue:
            task = queue.popleft()
            if self.tokens.knows(task.token):
                return task
        return None

    def _arn(self, activity: str) -> str:
        return activity if activity.startswith("arn:") else self._prefix + activity


_NONE: deque[ActivityTask] = deque()
_BAD = '?*<>{}[]:;,\\|^~$#%&`"'
