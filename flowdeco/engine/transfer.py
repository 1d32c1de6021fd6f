"""Work with objects as an effect: it may block, so the scheduler does it like the call of a handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flowdeco.asl.model import JSON
from flowdeco.engine.effects import Invoke
from flowdeco.engine.failure import StateError, TaskFailure


@dataclass(frozen=True, slots=True)
class Transfer:
    """Does `work`. What it raises becomes a failure named `error`."""

    work: Callable[[], JSON]
    error: str

    def __call__(self) -> JSON | TaskFailure:
        try:
            return self.work()
        except Exception as error:
            return self._failure(error)

    def guarded(self) -> JSON | TaskFailure:
        """The same on a thread of the pool, where nothing may escape."""
        try:
            return self()
        except BaseException as error:
            return self._failure(error)

    def _failure(self, error: BaseException) -> TaskFailure:
        return TaskFailure(self.error, str(error) or type(error).__name__)


async def transfer(work: Callable[[], JSON], error: str) -> JSON:
    """What `work` returns. Raises StateError."""
    outcome: Any = await Invoke(Transfer(work, error), None, _begin)
    if isinstance(outcome, TaskFailure):
        raise StateError(outcome.error, outcome.cause)
    result: JSON = outcome
    return result


def _begin() -> None:
    """It is no task: no event says that it starts."""
