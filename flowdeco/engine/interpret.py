"""Walking through states. What a Map does is in `maps.py`, what a Task does in `tasks.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from flowdeco.asl.model import JSON
from flowdeco.engine.callbacks import invoke_and_wait
from flowdeco.engine.code import (
    ChoiceCode,
    FailCode,
    MapCode,
    ParallelCode,
    PassCode,
    ScopeCode,
    StateCode,
    SucceedCode,
    TaskCode,
    WaitCode,
    WorkCode,
)
from flowdeco.engine.effects import Gather, Sleep
from flowdeco.engine.failure import RUNTIME, StateError
from flowdeco.engine.limits import MAX_WAIT_SECONDS, check_size
from flowdeco.engine.maps import run_map
from flowdeco.engine.retry import Attempts, matches
from flowdeco.engine.strand import Strand, Visit
from flowdeco.engine.tasks import invoke
from flowdeco.query import parse_timestamp


async def walk(scope: ScopeCode, strand: Strand, input: JSON) -> JSON:
    """Runs a scope from its first state to an end, and returns the output. Raises StateError."""
    states = scope.states
    code = states[scope.start]
    value = input
    following: str | None
    try:
        while True:
            match code:
                case TaskCode() | ParallelCode() | MapCode():
                    following, value = await _work(code, strand, value)
                case PassCode():
                    following, value = _pass(code, strand, value)
                case ChoiceCode():
                    following, value = _choice(code, strand, value)
                case WaitCode():
                    following, value = await _wait(code, strand, value)
                case SucceedCode():
                    following, value = _succeed(code, strand, value)
                case FailCode():
                    raise _fail(code, strand, value)
                case _:
                    assert_never(code)
            if following is None:
                strand.end()
                return value
            code = states[following]
    except StateError as error:
        if error.fatal:
            strand.journal.muted = True
        strand.end()
        raise
    except GeneratorExit:
        strand.emit(f"{_kind(code)}StateAborted")
        strand.end()
        raise


def _kind(code: StateCode) -> str:
    return type(code).__name__.removesuffix("Code")


def _leave(
    visit: Visit,
    kind: str,
    assigned: Mapping[str, JSON] | None,
    output: JSON,
    checked: JSON = None,
    previous: int | None = None,
) -> None:
    """The state is done: variables take their new values. `checked` is known to be within the limits."""
    strand = visit.strand
    if output is not checked and output is not visit.input:
        check_size(visit.name, output)
    details: dict[str, JSON] = {"name": visit.name, "output": output}
    if assigned:
        strand.assign(assigned)
        details["assignedVariables"] = assigned
    strand.tip = strand.journal.emit(kind, details, strand.tip if previous is None else previous)


# --- states that do work ------------------------------------------------------------------------------------


async def _work(code: WorkCode, strand: Strand, input: JSON) -> tuple[str | None, JSON]:
    """A Task, Parallel or Map, with its retriers and catchers."""
    kind = _kind(code)
    visit = Visit(strand, code.name, f"{kind}StateEntered", input, context=code.context, retryable=True)
    attempts: Attempts | None = None
    while True:
        try:
            match code:
                case TaskCode():
                    result = await (invoke_and_wait if code.callback else invoke)(code, visit)
                case ParallelCode():
                    result = await _parallel(code, visit)
                case MapCode():
                    result = await run_map(code, visit, walk)
                case _:
                    assert_never(code)
            visit.result(result)
            assigned, output = code.settle.settle(visit, result)
            if not isinstance(code, TaskCode):
                strand.emit(f"{kind}StateSucceeded")
            _leave(visit, f"{kind}StateExited", assigned, output, result, visit.trigger)
            return code.next, output
        except StateError as error:
            if error.fatal:
                raise
            if code.retry:
                attempts = attempts or Attempts(code.retry)
                delay = attempts.next_delay(error, strand.run.world.random)
                if delay is not None:
                    await Sleep(strand.run.world.clock.now() + delay)
                    visit.retried(attempts.total)
                    continue
            if not isinstance(code, TaskCode):
                strand.emit(f"{kind}StateFailed")
            return _catch(code, visit, error, f"{kind}StateExited")


def _catch(code: WorkCode, visit: Visit, error: StateError, exited: str) -> tuple[str, JSON]:
    """Goes where the first matching catcher says, or raises the error again."""
    for rule in code.catch:
        if matches(rule.errors, error):
            failure = visit.failure(error)
            visit.trigger = visit.strand.tip
            assigned, output = rule.settle.settle(visit, failure)
            _leave(visit, exited, assigned, output)
            return rule.next, output
    raise error


async def _parallel(code: ParallelCode, visit: Visit) -> JSON:
    strand = visit.strand
    input = visit.input if code.arguments is None else code.arguments.read(visit)
    strand.emit("ParallelStateStarted")
    begun = strand.tip
    outer = strand.variables

    async def branch(index: int) -> JSON:
        inner = Strand(strand.run, begun, outer, strand.item)
        try:
            output = await walk(code.branches[index], inner, input)
        except StateError:
            strand.tip = inner.tip
            raise
        strand.tip = inner.tip
        return output

    count = len(code.branches)
    result = await Gather(branch, count, count, eager=True)
    check_size(visit.name, result)
    return result


# --- states that only decide --------------------------------------------------------------------------------


def _pass(code: PassCode, strand: Strand, input: JSON) -> tuple[str | None, JSON]:
    visit = Visit(strand, code.name, "PassStateEntered", input, context=code.context)
    assigned, output = code.settle.settle(visit, input)
    _leave(visit, "PassStateExited", assigned, output)
    return code.next, output


def _succeed(code: SucceedCode, strand: Strand, input: JSON) -> tuple[None, JSON]:
    visit = Visit(strand, code.name, "SucceedStateEntered", input, context=code.context)
    assigned, output = code.settle.settle(visit, input)
    _leave(visit, "SucceedStateExited", assigned, output)
    return None, output


def _fail(code: FailCode, strand: Strand, input: JSON) -> StateError:
    visit = Visit(strand, code.name, "FailStateEntered", input, context=code.context)
    error = None if code.error is None else code.error.read(visit)
    cause = None if code.cause is None else code.cause.read(visit)
    return StateError(error, cause)


def _choice(code: ChoiceCode, strand: Strand, input: JSON) -> tuple[str, JSON]:
    visit = Visit(strand, code.name, "ChoiceStateEntered", input, context=code.context)
    for rule in code.rules:
        if rule.condition.read(visit):
            settle, following = rule.settle, rule.next
            break
    else:
        if code.next is None:
            text = "Failed to transition out of the state. The state does not point to a next state."
            # States.NoChoiceMatched is documented, but this is what the service calls it.
            raise visit.runtime_error(text)
        settle, following = code.settle, code.next
    assigned, output = settle.settle(visit, input)
    _leave(visit, "ChoiceStateExited", assigned, output)
    return following, output


async def _wait(code: WaitCode, strand: Strand, input: JSON) -> tuple[str | None, JSON]:
    visit = Visit(strand, code.name, "WaitStateEntered", input, context=code.context)
    now = strand.run.world.clock.now()
    if code.seconds is not None:
        seconds = code.seconds.read(visit)
        if seconds < 0:
            text = f"The Seconds field must be a non-negative integer but was: {seconds}"
            raise visit.query_error(text, "Seconds", previous=visit.entered)
        until = now + seconds
    else:
        assert code.timestamp is not None
        until = _timestamp(visit, code.timestamp.read(visit))
    if until - now > MAX_WAIT_SECONDS:
        raise StateError(RUNTIME, visit.cause("Wait state delay is too long."))
    if until > now:
        await Sleep(until)
    assigned, output = code.settle.settle(visit, input)
    _leave(visit, "WaitStateExited", assigned, output)
    return code.next, output


def _timestamp(visit: Visit, text: str) -> float:
    when = parse_timestamp(text)
    if when is None:
        problem = (
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string"
        )
        raise visit.query_error(f"{problem}: {text}", "Timestamp", previous=visit.entered)
    return when
