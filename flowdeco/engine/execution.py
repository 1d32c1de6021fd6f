"""One execution of a state machine on this computer, from input to record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Final

from flowdeco.asl.model import JSON, StateMachine
from flowdeco.engine.clock import Clock, RealClock
from flowdeco.engine.code import Program
from flowdeco.engine.failure import StateError, TaskFailure
from flowdeco.engine.interpret import walk
from flowdeco.engine.journal import HistoryFull, Journal
from flowdeco.engine.limits import MAX_BYTES, MAX_EVENTS, encode, text_bytes
from flowdeco.engine.objects import Objects
from flowdeco.engine.pool import Pool
from flowdeco.engine.program import program_of
from flowdeco.engine.resources import Handler, missing_handler
from flowdeco.engine.scheduler import DeadlinePassed, Scheduler
from flowdeco.engine.strand import Identity, Run, Strand, World
from flowdeco.errors import DefinitionError, Finding, InputError, OptionError
from flowdeco.history.events import Event
from flowdeco.history.records import ExecutionRecord, ExecutionStatus

EMPTY: Final[Mapping[str, JSON]] = {}


class Execution:
    """An execution that can be looked at while it runs and after it was stopped. `run` is the short way.

    Creating it checks everything that can be checked before anything runs: DefinitionError for a machine the
    engine cannot run or a resource without a handler, InputError for an input that is not JSON or too large.
    """

    def __init__(
        self,
        machine: StateMachine,
        input: JSON = EMPTY,
        *,
        handlers: Mapping[str, Handler],
        objects: Objects | None = None,
        identity: Identity | None = None,
        clock: Clock | None = None,
        workers: int = 0,
        seed: int = 0,
        on_event: Callable[[Event], None] | None = None,
        on_child_event: Callable[[str, Event], None] | None = None,
        on_idle: Callable[[], None] | None = None,
    ) -> None:
        if workers < 0:
            raise OptionError(f"workers must be 0 or more, not {workers}")
        self._program = program_of(machine)
        _check_handlers(self._program, handlers)
        _check_objects(self._program, objects)
        self._input = _check_input(dict(input) if input is EMPTY else input)
        self._identity = identity or Identity()
        self._clock = clock or RealClock()
        self._workers = workers
        self._on_idle = on_idle
        self._on_event = on_event
        child_sink = None
        if on_child_event is not None:
            tell = on_child_event

            def child_sink(arn: str) -> Callable[[Event], None]:
                return lambda event: tell(arn, event)

        self._world = World(handlers, self._clock, Random(seed), workers > 0, child_sink, objects)
        self._journal = Journal(self._clock.now, MAX_EVENTS, keep=True, sink=on_event)
        self._status: ExecutionStatus = "RUNNING"
        self._output: JSON = None
        self._error: StateError | None = None
        self._started = self._clock.now()
        self._stopped: float | None = None
        self._begun = False

    @property
    def record(self) -> ExecutionRecord:
        """What is known now."""
        error = self._error
        return ExecutionRecord(
            arn=self._identity.execution_arn,
            name=self._identity.name,
            state_machine=self._identity.state_machine,
            status=self._status,
            input=self._input,
            output=self._output,
            error=None if error is None else error.error,
            cause=None if error is None else error.cause,
            started=self._started,
            stopped=self._stopped,
            events=self._journal.events,
            map_runs=tuple(self._world.map_runs),
        )

    def run(self) -> ExecutionRecord:
        """Runs to the end and returns the record. Can be called once.

        An execution that fails, times out or is aborted is a record too, not an exception. Only what is not an
        Exception (KeyboardInterrupt, SystemExit) and errors of the callbacks come out, after the execution is
        recorded as ABORTED in `record`.
        """
        if self._begun:
            raise OptionError("an execution runs once: make another one")
        self._begun = True
        journal = self._journal
        pool = Pool(self._workers) if self._workers else None
        timeout = self._program.timeout
        scheduler: Scheduler | None = None
        try:
            journal.emit("ExecutionStarted", {"input": self._input, "roleArn": self._identity.role})
            self._started = journal.events[0].timestamp
            strand = Strand(Run(self._world, self._identity, journal, self._input, self._started))
            deadline = None if timeout is None else self._started + timeout
            scheduler = Scheduler(self._clock, pool, deadline, self._on_idle)
            self._output = scheduler.run(walk(self._program.scope, strand, self._input))
            self._end("SUCCEEDED", "ExecutionSucceeded", {"output": self._output}, strand.tip)
        except HistoryFull as error:
            self._fail(error, journal.count)
        except StateError as error:
            self._fail(error, strand.tip)
        except DeadlinePassed:
            self._end("TIMED_OUT", "ExecutionTimedOut", {"error": "States.Timeout"}, 0)
        except BaseException:
            with suppress(Exception):  # a callback that fails must not hide why the execution was stopped
                self._end("ABORTED", "ExecutionAborted", {}, 0)
            raise
        finally:
            journal.muted = True
            if scheduler is not None:
                scheduler.close()
            if pool is not None:
                pool.close()
        return self.record

    def send_task_success(self, token: str, output: JSON) -> None:
        """Ends the wait of a task with `.waitForTaskToken`: `output` is its result. May be called from any thread.

        The token is in the context object while the task calls its resource: `$states.context.Task.Token`.
        Raises InputError for a token no task waits for, and an output that is not JSON or over 256 KiB.
        """
        self._world.tokens.send(token, _json_text("output", output))

    def send_task_failure(self, token: str, error: str | None = None, cause: str | None = None) -> None:
        """Ends the wait of a task: it fails with this error and cause. Raises InputError as `send_task_success`."""
        self._world.tokens.send(token, TaskFailure(error, cause))

    def send_task_heartbeat(self, token: str) -> None:
        """Gives a task that waits another HeartbeatSeconds. Raises InputError for a token no task waits for."""
        self._world.tokens.beat(token, self._clock.now())

    def _fail(self, error: StateError, previous: int) -> None:
        self._error = error
        details = {"error": error.error, "cause": error.cause}
        self._end("FAILED", "ExecutionFailed", {k: v for k, v in details.items() if v is not None}, previous)

    def _end(self, status: ExecutionStatus, type: str, details: Mapping[str, JSON], previous: int) -> None:
        self._status = status
        self._stopped = self._clock.now()
        self._journal.emit_last(type, details, previous)


def run(
    machine: StateMachine,
    input: JSON = EMPTY,
    *,
    handlers: Mapping[str, Handler],
    objects: Objects | None = None,
    name: str = "execution",
    state_machine: str = "machine",
    clock: Clock | None = None,
    workers: int = 0,
    seed: int = 0,
    on_event: Callable[[Event], None] | None = None,
    on_child_event: Callable[[str, Event], None] | None = None,
    on_idle: Callable[[], None] | None = None,
) -> ExecutionRecord:
    """Executes a state machine on this computer and returns the record of the execution.

    `handlers` maps what a Task calls to a function from payload to result: a Lambda function's name or ARN, the
    `Resource` of any other service call, or `"*"` for all the rest. For `lambda:invoke` the payload is `Payload`
    and the engine puts the service's response around the result. A handler fails its task by raising
    `TaskFailure`, which is given on as it is, or anything else, which is reported as Lambda reports it.

    A Task with `.waitForTaskToken` waits until its token is sent back: use `Execution`, which can do that.

    `objects` is what a distributed Map with ItemReader or ResultWriter reads and writes: `MemoryObjects`,
    `DirectoryObjects`, or anything with their three methods.

    `clock` is a `RealClock` by default; with a `SkippingClock` waits and retries take no time. `workers` 0 calls
    handlers one after the other on this thread, which makes runs repeatable: the same machine, input, `seed` and
    skipping clock give the same history. With n > 0 up to n handlers work at a time on threads; one that runs
    past its TimeoutSeconds is left behind. Inline ones cannot be interrupted, they are late when they return.

    `on_event` is called with each event as it happens, on this thread, `on_child_event` with the ARN of the child
    execution and each of its events for the children of distributed Maps (whose events nobody keeps), `on_idle`
    right before waiting for a handler or a timer.

    Raises DefinitionError for a machine that cannot be run or a resource without a handler, InputError for an
    input that is not JSON or over 256 KiB, both before anything runs. An execution that fails, times out or
    is aborted is returned, not raised; only KeyboardInterrupt, SystemExit and errors of callbacks come out (use
    `Execution` to get at the record then).

    >>> from flowdeco.asl.model import StateMachine, Task
    >>> double = Task(Resource="arn:aws:states:::lambda:invoke", Arguments={
    ...     "FunctionName": "double", "Payload": "{% $states.input.x %}"}, Output="{% $states.result.Payload %}")
    >>> machine = StateMachine(QueryLanguage="JSONata", StartAt="Double", States={"Double": double})
    >>> record = run(machine, {"x": 21}, handlers={"double": lambda x: 2 * x})
    >>> record.status, record.output
    ('SUCCEEDED', 42)
    """
    return Execution(
        machine,
        input,
        handlers=handlers,
        objects=objects,
        identity=Identity(name, state_machine),
        clock=clock,
        workers=workers,
        seed=seed,
        on_event=on_event,
        on_child_event=on_child_event,
        on_idle=on_idle,
    ).run()


def _check_handlers(program: Program, handlers: Mapping[str, Handler]) -> None:
    found = (missing_handler(site.where, site.resource, site.function, handlers) for site in program.tasks)
    findings = [finding for finding in found if finding is not None]
    if findings:
        raise DefinitionError("some resources have no handler", findings)


def _check_objects(program: Program, objects: Objects | None) -> None:
    if objects is not None or not program.stored:
        return
    hint = "pass objects=, for example DirectoryObjects of a directory whose subdirectories are the buckets"
    findings = [
        Finding("error", f"there are no objects to {_use(where)}", where, hint, "NO_OBJECTS")
        for where in program.stored
    ]
    raise DefinitionError("a distributed Map needs objects", findings)


def _use(where: str) -> str:
    return "read from" if where.endswith("ItemReader") else "write to"


def _check_input(input: JSON) -> JSON:
    _json_text("input", input)
    return input


def _json_text(what: str, value: JSON) -> str:
    try:
        text = encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"the {what} is not JSON: {error}") from error
    bytes = text_bytes(text)
    if bytes > MAX_BYTES:
        raise InputError(
            f"the {what} has {bytes:,} bytes of JSON, the limit is {MAX_BYTES:,}",
            hint="pass a reference to the data, not the data",
        )
    return text
