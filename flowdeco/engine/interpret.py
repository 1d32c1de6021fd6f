"""Walking through states. What a Map does is in `maps.py`, what a Task does in `tasks.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from flowdeco.asl.model import JSON
from flowdeco.engine.callbacks import invoke_and_wait, wait_for_worker
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
from flowdeco.engine.nested import start_execution
from flowdeco.engine.position import Line, Stay
from flowdeco.engine.retry import Attempts, matches
from flowdeco.engine.strand import Strand, Visit
from flowdeco.engine.tasks import invoke
from flowdeco.query import parse_timestamp


async def go_on(scope: ScopeCode, strand: Strand, line: Line, input: JSON) -> JSON:
    """Runs a scope from where it was to an end. `input` is for one that has not begun. Raises StateError."""
    strand.restore(line)
    if line.stay is not None:
        return await walk(scope, strand, line.stay.input, line.stay)
    if line.left is None:
        return await walk(scope, strand, input)
    following = _following(scope.states[line.left.state], line.left, strand, line)
    if following is None:
        strand.end()
        return line.output
    return await walk(scope, strand, line.output, None, following)


def _following(code: StateCode, left: Stay, strand: Strand, line: Line) -> str | None:
    """The state after one that was left and of which nothing else is known."""
    if isinstance(code, ChoiceCode):
        before = Strand(strand.run, line.tip, {**strand.variables, **line.before}, strand.item)
        visit = Visit(before, code.name, "ChoiceStateEntered", left.input, context=code.context, at=left)
        rule = next((rule for rule in code.rules if rule.condition.read(visit)), None)
        return code.next if rule is None else rule.next
    if left.pending and isinstance(code, TaskCode | ParallelCode | MapCode):  # it was caught
        return next((rule.next for rule in code.catch if matches(rule.errors, left.failures[-1])), code.next)
    return code.next


async def walk(
    scope: ScopeCode, strand: Strand, input: JSON, at: Stay | None = None, start: str | None = None
) -> JSON:
    """Runs a scope from its first state, or from where it was, to an end, and returns the output. Raises StateError."""
    states = scope.states
    code = states[(start or scope.start) if at is None else at.state]
    value = input
    following: str | None
    try:
        while True:
            match code:
                case TaskCode() | ParallelCode() | MapCode():
                    following, value = await _work(code, strand, value, at)
                case PassCode():
                    following, value = _pass(code, strand, value, at)
                case ChoiceCode():
                    following, value = _choice(code, strand, value, at)
                case WaitCode():
                    following, value = await _wait(code, strand, value, at)
                case SucceedCode():
                    following, value = _succeed(code, strand, value, at)
                case FailCode():
                    raise _fail(code, strand, value, at)
                case _:
                    assert_never(code)
            at = None
            if following is None:
                strand.end()
                return value
            code = states[following]
    except StateError as error:
        if error.fatal:
            strand.journal.muted = True
        strand.stopped = (code.name, value)
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


async def _work(code: WorkCode, strand: Strand, input: JSON, at: Stay | None) -> tuple[str | None, JSON]:
    """A Task, Parallel or Map, with its retriers and catchers."""
    kind = _kind(code)
    visit = Visit(
        strand, code.name, f"{kind}StateEntered", input, context=code.context, retryable=True, at=at
    )
    attempts: Attempts | None = None
    if at is not None and at.failures:
        attempts = Attempts(code.retry)
        visit.retried(
            attempts.repeat(at.failures[:-1] if at.pending else at.failures, strand.run.world.random)
        )
    while True:
        try:
            if at is not None and at.pending:
                raise at.failures[-1]
            match code:
                case TaskCode():
                    if code.plain:
                        result = await invoke(code, visit) if at is None or not at.answered else at.result
                    else:
                        result = await _wait_for_others(code, visit, at)
                case ParallelCode():
                    result = await _parallel(code, visit, at)
                case MapCode():
                    result = await run_map(code, visit, walk, go_on, at)
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
                    now = strand.run.world.clock.now() if at is None or not at.pending else at.failed
                    await Sleep(now + delay)
                    visit.retried(attempts.total)
                    at = None
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


async def _wait_for_others(code: TaskCode, visit: Visit, at: Stay | None) -> JSON:
    """A Task that is more than the call of a handler."""
    if at is not None and at.answered:
        return at.result
    if code.resource.kind == "execution":
        return await start_execution(code, visit, walk)
    if code.resource.kind == "activity":
        return await wait_for_worker(code, visit, at)
    return await invoke_and_wait(code, visit, at)


async def _parallel(code: ParallelCode, visit: Visit, at: Stay | None) -> JSON:
    strand = visit.strand
    input = visit.input if code.arguments is None else code.arguments.read(visit)
    lines = {} if at is None else at.lines
    begun = None if at is None else at.started
    if begun is None:
        strand.emit("ParallelStateStarted")
        begun = strand.tip
    outer = strand.variables

    async def branch(index: int) -> JSON:
        inner = Strand(strand.run, begun, outer, strand.item)
        line = lines.get(index)
        try:
            if line is None:
                output = await walk(code.branches[index], inner, input)
            else:
                output = await go_on(code.branches[index], inner, line, input)
        except StateError:
            strand.tip = inner.tip
            raise
        strand.tip = inner.tip
        return output

    count = len(code.branches)
    broken = None if at is None else at.broken
    if broken is not None:
        await branch(broken)
    result = await Gather(branch, count, count, eager=True)
    check_size(visit.name, result)
    return result


# --- states that only decide --------------------------------------------------------------------------------


def _pass(code: PassCode, strand: Strand, input: JSON, at: Stay | None) -> tuple[str | None, JSON]:
    visit = Visit(strand, code.name, "PassStateEntered", input, context=code.context, at=at)
    assigned, output = code.settle.settle(visit, input)
    _leave(visit, "PassStateExited", assigned, output)
    return code.next, output


def _succeed(code: SucceedCode, strand: Strand, input: JSON, at: Stay | None) -> tuple[None, JSON]:
    visit = Visit(strand, code.name, "SucceedStateEntered", input, context=code.context, at=at)
    assigned, output = code.settle.settle(visit, input)
    _leave(visit, "SucceedStateExited", assigned, output)
    return None, output


def _fail(code: FailCode, strand: Strand, input: JSON, at: Stay | None) -> StateError:
    visit = Visit(strand, code.name, "FailStateEntered", input, context=code.context, at=at)
    error = None if code.error is None else code.error.read(visit)
    cause = None if code.cause is None else code.cause.read(visit)
    return StateError(error, cause)


def _choice(code: ChoiceCode, strand: Strand, input: JSON, at: Stay | None) -> tuple[str, JSON]:
    visit = Visit(strand, code.name, "ChoiceStateEntered", input, context=code.context, at=at)
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


async def _wait(code: WaitCode, strand: Strand, input: JSON, at: Stay | None) -> tuple[str | None, JSON]:
    visit = Visit(strand, code.name, "WaitStateEntered", input, context=code.context, at=at)
    now = strand.run.world.clock.now() if at is None or at.again else at.since
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
