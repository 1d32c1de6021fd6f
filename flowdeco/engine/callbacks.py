"""What a Task with `.waitForTaskToken` does: call its resource, then wait for somebody to send the token back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowdeco.asl.model import JSON
from flowdeco.engine.code import TaskCode
from flowdeco.engine.effects import Callback
from flowdeco.engine.failure import TIMEOUT, StateError, TaskFailure
from flowdeco.engine.limits import decode
from flowdeco.engine.strand import Visit
from flowdeco.engine.tasks import failed, invoke


async def invoke_and_wait(code: TaskCode, visit: Visit) -> JSON:
    """One attempt: the output that was sent with the token. Raises StateError.

    The time for the task runs from its start, the time for a heartbeat from when the resource has answered.
    """
    world = visit.strand.run.world
    began = world.clock.now()
    token = visit.open_token()
    try:
        await invoke(code, visit)
        world.tokens.restart(token, world.clock.now())
        timeout = None if code.timeout is None else code.timeout.read(visit)
        heartbeat = None if code.heartbeat is None else code.heartbeat.read(visit)
        answer = await _Waiting(
            visit, token, None if timeout is None else began + timeout, heartbeat
        ).answer()
    finally:
        world.tokens.close(token)
    if isinstance(answer, TaskFailure):
        raise failed(code, visit, "Failed", StateError(answer.error, answer.cause))
    if isinstance(answer, StateError):
        raise failed(code, visit, "TimedOut", answer)
    output = decode(answer)
    visit.strand.emit("TaskSucceeded", {**code.started, "output": output})
    return output


@dataclass(frozen=True, slots=True)
class _Waiting:
    visit: Visit
    token: str
    deadline: float | None
    heartbeat: float | None

    async def answer(self) -> str | TaskFailure | StateError:
        """What was sent, or the States.Timeout there is when nothing was."""
        world = self.visit.strand.run.world
        tokens = world.tokens

        def watch(wake: Callable[[], None]) -> None:
            tokens.watch(self.token, wake)

        while True:
            missed = None if self.heartbeat is None else tokens.last_beat(self.token) + self.heartbeat
            ends = [moment for moment in (self.deadline, missed) if moment is not None]
            now = world.clock.now()
            answer = tokens.answer(self.token)
            if answer is not None:
                return answer
            if ends and now >= min(ends):
                return StateError(TIMEOUT, None, heartbeat=min(ends) == missed)
            await Callback(watch, min(ends, default=None))
