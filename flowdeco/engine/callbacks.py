"""Tasks that wait for somebody else: with `.waitForTaskToken` for who has the token, activities for a worker."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from flowdeco.asl.model import JSON
from flowdeco.engine.code import TaskCode
from flowdeco.engine.effects import Callback, Effect
from flowdeco.engine.failure import TIMEOUT, StateError, TaskFailure
from flowdeco.engine.limits import decode, encode
from flowdeco.engine.position import Stay
from flowdeco.engine.resources import find_handler, handler_names
from flowdeco.engine.strand import Visit
from flowdeco.engine.tasks import failed, invoke, record_scheduled, succeeded


async def invoke_and_wait(
    code: TaskCode,
    visit: Visit,
    at: Stay | None = None,
    call: Callable[[TaskCode, Visit], Coroutine[Effect, Any, JSON]] = invoke,
) -> JSON:
    """One attempt: the output that was sent with the token. Raises StateError.

    The time for the task runs from its start, the time for a heartbeat from when the resource has answered. `at` with
    a call that was answered already: it waits for the same token.
    """
    world = visit.strand.run.world
    began = world.clock.now()
    waits = at is not None and at.submitted
    if at is not None and waits:
        began = at.began
    token = visit.open_token(at.scheduled if at is not None and waits else None)
    try:
        if not waits:
            await call(code, visit)
        world.tokens.restart(token, world.clock.now())
        timeout = None if code.timeout is None else code.timeout.read(visit)
        heartbeat = None if code.heartbeat is None else code.heartbeat.read(visit)
        answer = await Waiting(visit, token, None if timeout is None else began + timeout, heartbeat).answer()
    finally:
        world.tokens.close(token)
    if isinstance(answer, TaskFailure):
        raise failed(code, visit, "Failed", StateError(answer.error, answer.cause))
    if isinstance(answer, StateError):
        raise failed(code, visit, "TimedOut", answer)
    output = decode(answer)
    visit.strand.emit("TaskSucceeded", {**code.started, "output": output})
    return output


async def wait_for_worker(code: TaskCode, visit: Visit, at: Stay | None) -> JSON:
    """One attempt of an activity: what the worker that takes the task answers. Raises StateError.

    The time for the task runs from when it is scheduled, the time for a heartbeat from when a worker has taken it.
    """
    world = visit.strand.run.world
    activities = world.activities
    if activities is None or find_handler(world.handlers, handler_names(code.resource, None)) is not None:
        return await invoke(code, visit)
    arn = code.resource.arn
    if activities.describe(arn) is None:
        raise visit.runtime_error(f"The activity {arn} does not exist.")
    known = at is not None and at.scheduled is not None
    scheduled = at.scheduled if at is not None and known else None
    began = at.began if at is not None and known else world.clock.now()
    token = visit.open_token(scheduled)
    try:
        arguments = visit.input if code.arguments is None else code.arguments.read(visit)
        timeout = None if code.timeout is None else code.timeout.read(visit)
        heartbeat = None if code.heartbeat is None else code.heartbeat.read(visit)
        if not known:
            record_scheduled(code, visit, arguments, timeout, heartbeat)
        deadline = None if timeout is None else began + timeout
        waiting = Waiting(visit, token, deadline, heartbeat)
        if at is not None and at.started is not None:
            tokens_taken = world.tokens.take(token, None, world.clock.now())
            assert tokens_taken
        else:
            activities.schedule(arn, token, encode(arguments))
            worker = await waiting.worker()
            if isinstance(worker, StateError):
                raise failed(code, visit, "TimedOut", worker)
            visit.strand.emit("ActivityStarted", {} if worker is None else {"workerName": worker})
        answer = await waiting.answer()
    finally:
        world.tokens.close(token)
    if isinstance(answer, TaskFailure):
        raise failed(code, visit, "Failed", StateError(answer.error, answer.cause))
    if isinstance(answer, StateError):
        raise failed(code, visit, "TimedOut", answer)
    return succeeded(code, visit, decode(answer), arguments, "")


@dataclass(frozen=True, slots=True)
class Waiting:
    """The wait of a task for its token."""

    visit: Visit
    token: str
    deadline: float | None
    heartbeat: float | None

    async def worker(self) -> str | StateError | None:
        """The name of the worker that took the task, or the States.Timeout there is when none did."""
        world = self.visit.strand.run.world
        while True:
            taken, name = world.tokens.worker(self.token)
            if taken:
                return name
            if self.deadline is not None and world.clock.now() >= self.deadline:
                return StateError(TIMEOUT, None)
            await Callback(lambda wake: world.tokens.watch(self.token, wake), self.deadline)

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
