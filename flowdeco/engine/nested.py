"""Executions that a Task starts: `states:startExecution` in all its patterns, run here when the state machine is known."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from json import loads
from typing import Any, Final, TypeAlias

from flowdeco.asl.model import JSON
from flowdeco.engine.callbacks import invoke_and_wait
from flowdeco.engine.code import Program, ScopeCode, TaskCode
from flowdeco.engine.effects import LATE, Effect, Gather, Spawn
from flowdeco.engine.failure import RUNTIME, TASK_FAILED, TIMEOUT, StateError, TaskFailure
from flowdeco.engine.journal import Journal
from flowdeco.engine.limits import MAX_BYTES, MAX_EVENTS, encode, text_bytes
from flowdeco.engine.program import program_of
from flowdeco.engine.resources import START_EXECUTION_SDK, find_handler, handler_names
from flowdeco.engine.strand import Identity, Run, Strand, Visit, World, instant
from flowdeco.engine.tasks import RESPONSE, failed, invoke, record_scheduled
from flowdeco.errors import DefinitionError
from flowdeco.history.records import ExecutionRecord, ExecutionStatus

Walk: TypeAlias = Callable[[ScopeCode, Strand, JSON], Coroutine[Effect, Any, JSON]]
_WHY_NOT: Final = "Execution is SUCCEEDED and cannot be redriven"


async def start_execution(code: TaskCode, visit: Visit, walk: Walk) -> JSON:
    """One attempt. A handler for the resource comes first, then the state machines that are known. Raises StateError."""
    world = visit.strand.run.world
    handler = find_handler(world.handlers, handler_names(code.resource, None))
    if world.machines is None or handler is not None:
        return await (invoke_and_wait(code, visit) if code.callback else invoke(code, visit))
    if code.callback:

        async def call(code: TaskCode, visit: Visit) -> JSON:
            return (await _begin(code, visit, walk))[1]

        return await invoke_and_wait(code, visit, None, call)
    execution, answer = await _begin(code, visit, walk)
    if ".sync" not in code.resource.action:
        visit.strand.emit("TaskSucceeded", {**code.started, "output": answer})
        return answer
    await Gather(lambda _: execution.run(), 1, 1, eager=True)
    if execution.status != "SUCCEEDED":
        error = StateError(TASK_FAILED, encode(execution.described(parsed=False)))
        visit.strand.emit("TaskFailed", {**code.started, "error": error.error, "cause": error.cause})
        raise error
    result = execution.described(parsed=code.resource.action.endswith(":2"))
    visit.strand.emit("TaskSucceeded", {**code.started, "output": result})
    return result


async def _begin(code: TaskCode, visit: Visit, walk: Walk) -> tuple[NestedExecution, JSON]:
    """Starts the execution a Task asks for: it, and the answer to StartExecution. Raises StateError."""
    strand = visit.strand
    world = strand.run.world
    arguments = visit.input if code.arguments is None else code.arguments.read(visit)
    timeout = None if code.timeout is None else code.timeout.read(visit)
    record_scheduled(code, visit, arguments, timeout, None)
    strand.emit("TaskStarted", code.started)
    request = world.request_id()
    try:
        execution = _execution(code, visit, arguments, request, walk)
    except TaskFailure as failure:
        raise failed(code, visit, "Failed", StateError(failure.error, failure.cause)) from None
    waits = ".sync" in code.resource.action
    world.nested[execution.record.arn] = execution
    sdk = code.resource.arn == START_EXECUTION_SDK
    answer: dict[str, JSON] = {"ExecutionArn": execution.record.arn}
    if not sdk:
        answer |= {"SdkHttpMetadata": RESPONSE, "SdkResponseMetadata": {"RequestId": request}}
    answer["StartDate"] = instant(execution.started) if sdk else _millis(execution.started)
    if waits or code.callback:
        strand.emit("TaskSubmitted", {**code.started, "output": answer})
    if not waits:
        await Spawn(execution.run())
    return execution, answer


def _execution(code: TaskCode, visit: Visit, arguments: JSON, request: str, walk: Walk) -> NestedExecution:
    """The execution, not begun. Raises TaskFailure when the service would not start it."""
    world = visit.strand.run.world
    own = visit.strand.run.identity
    given = arguments if isinstance(arguments, dict) else {}
    arn = given.get("StateMachineArn")
    if not isinstance(arn, str):
        text = f"The {code.arguments_field} '{encode(arguments)}' could not be used to start the Task: "
        raise StateError(
            RUNTIME, visit.cause(f"{text}[The field 'StateMachineArn' is required but was missing]")
        )
    name = given.get("Name") or request
    machine = world.machines.get(arn) if world.machines is not None else None
    if machine is None:
        raise _refusal("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'", request)
    parts = arn.split(":")
    identity = replace(own, name=str(name), state_machine=parts[6] if len(parts) > 6 else arn, express="")
    if len(parts) > 6:
        identity = replace(identity, region=parts[3], account=parts[4])
    text = _input(given.get("Input"), request)
    if identity.execution_arn in world.nested:
        known = world.nested[identity.execution_arn].record
        raise _refusal("ExecutionAlreadyExists", f"Execution Already Exists: '{known.arn}'", request)
    try:
        program = program_of(machine)
    except DefinitionError as error:
        raise _refusal("InvalidDefinition", f"Invalid State Machine Definition: '{error}'", request) from None
    if program.stored and world.objects is None:
        raise _refusal("InvalidDefinition", f"there are no objects for {program.stored[0]}", request)
    return NestedExecution(world, identity, program, loads(text), walk)


def _input(given: JSON, request: str) -> str:
    """The JSON text of the input: text is taken as the JSON it is, nothing is {}."""
    text = "{}" if given is None else given if isinstance(given, str) else encode(given)
    try:
        loads(text)
    except ValueError:
        raise _refusal("InvalidExecutionInput", "Invalid State Machine Execution Input", request) from None
    if text_bytes(text) > MAX_BYTES:
        raise _refusal("InvalidExecutionInput", "Input exceeds the maximum size", request)
    return text


def _refusal(code: str, text: str, request: str) -> TaskFailure:
    tail = f"(Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: {request}; Proxy: null)"
    return TaskFailure(f"StepFunctions.{code}Exception", f"{text} {tail}")


def _millis(seconds: float) -> int:
    return round(seconds * 1000)


class NestedExecution:
    """An execution inside another's run: it has its own history, and shares handlers, clock and threads."""

    def __init__(self, world: World, identity: Identity, program: Program, input: JSON, walk: Walk) -> None:
        self._world = world
        self._identity = identity
        self._program = program
        self._input = input
        self._walk = walk
        sink = None if world.child_sink is None else world.child_sink(identity.execution_arn)
        self._journal = Journal(world.clock.now, MAX_EVENTS, keep=True, sink=sink)
        self.status: ExecutionStatus = "RUNNING"
        self.started = world.clock.now()
        self._stopped: float | None = None
        self._output: JSON = None
        self._error: StateError | None = None

    @property
    def record(self) -> ExecutionRecord:
        """What is known now."""
        return ExecutionRecord(
            arn=self._identity.execution_arn,
            name=self._identity.name,
            state_machine=self._identity.state_machine,
            status=self.status,
            input=self._input,
            output=self._output,
            error=None if self._error is None else self._error.error,
            cause=None if self._error is None else self._error.cause,
            started=self.started,
            stopped=self._stopped,
            events=self._journal.events,
        )

    async def run(self) -> JSON:
        """Runs it to its end. What it fails with is in its record."""
        journal, world = self._journal, self._world
        journal.emit("ExecutionStarted", {"input": self._input, "roleArn": self._identity.role})
        strand = Strand(Run(world, self._identity, journal, self._input, self.started))
        timeout = self._program.timeout
        until = None if timeout is None else self.started + timeout

        def whole(_: int) -> Coroutine[Effect, Any, JSON]:
            return self._walk(self._program.scope, strand, self._input)

        try:
            outcome = await Gather(whole, 1, 1, eager=True, until=until)
        except StateError as error:
            self._error = error
            details = {"error": error.error, "cause": error.cause}
            self._end(
                "FAILED", "ExecutionFailed", {k: v for k, v in details.items() if v is not None}, strand.tip
            )
        except GeneratorExit:
            self._end("ABORTED", "ExecutionAborted", {}, 0)
            raise
        else:
            if outcome is LATE:
                self._error = StateError(TIMEOUT, None)
                self._end("TIMED_OUT", "ExecutionTimedOut", {"error": TIMEOUT}, 0)
            else:
                self._output = outcome[0]
                self._end("SUCCEEDED", "ExecutionSucceeded", {"output": self._output}, strand.tip)
        return None

    def described(self, *, parsed: bool) -> dict[str, JSON]:
        """What `.sync` answers with; `parsed`: input and output are JSON, as for `.sync:2`, and not its text."""
        succeeded = self.status == "SUCCEEDED"
        error = self._error

        def shown(value: JSON) -> JSON:
            return value if parsed else encode(value)

        told: Mapping[str, JSON] = {
            "Cause": None if error is None else error.cause,
            "Error": None if error is None else error.error,
            "ExecutionArn": self._identity.execution_arn,
            "Input": shown(self._input),
            "InputDetails": {"Included": True},
            "Name": self._identity.name,
            "Output": shown(self._output) if succeeded else None,
            "OutputDetails": {"Included": True} if succeeded else None,
            "RedriveCount": 0,
            "RedriveStatus": "NOT_REDRIVABLE" if succeeded else "REDRIVABLE",
            "RedriveStatusReason": _WHY_NOT if succeeded else None,
            "StartDate": _millis(self.started),
            "StateMachineArn": self._identity.state_machine_arn,
            "Status": self.status,
            "StopDate": _millis(self._stopped or self.started),
        }
        return {
            name: value
            for name, value in told.items()
            if value is not None or (parsed and succeeded and name == "Output")
        }

    def _end(self, status: ExecutionStatus, type: str, details: Mapping[str, JSON], previous: int) -> None:
        self.status = status
        self._stopped = self._world.clock.now()
        self._journal.emit_last(type, details, previous)
