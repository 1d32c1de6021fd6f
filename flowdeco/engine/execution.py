"""One execution of a state machine on this computer: started, waited for, stopped, redriven, from input to record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from random import Random
from threading import Event as Flag
from threading import Lock, Thread
from typing import Final

from flowdeco.asl.model import JSON, StateMachine
from flowdeco.engine.activities import Activities
from flowdeco.engine.clock import Clock, RealClock
from flowdeco.engine.failure import StateError, TaskFailure
from flowdeco.engine.interpret import go_on
from flowdeco.engine.journal import HistoryFull, Journal
from flowdeco.engine.limits import EXPRESS_SECONDS, MAX_EVENTS, json_text
from flowdeco.engine.objects import Objects
from flowdeco.engine.pool import Pool
from flowdeco.engine.position import Line, position
from flowdeco.engine.prerequisites import check_input, check_world
from flowdeco.engine.program import program_of
from flowdeco.engine.resources import Handler
from flowdeco.engine.scheduler import DeadlinePassed, Scheduler, Stopped
from flowdeco.engine.strand import ChildSink, Identity, Machines, Run, Strand, World
from flowdeco.engine.tokens import Tokens
from flowdeco.errors import OptionError
from flowdeco.history.events import Event
from flowdeco.history.records import ChildRecord, ExecutionRecord, ExecutionStatus

EMPTY: Final[Mapping[str, JSON]] = {}


class Execution:
    """An execution that can be looked at while it runs, waited for, stopped and redriven. `run` is the short way.

    Creating it checks everything that can be checked before anything runs: DefinitionError for a machine the
    engine cannot run or a resource without a handler, InputError for an input that is not JSON or too large.

    Besides the arguments of `run` it takes an `identity`, `tokens` (to share task tokens with other executions),
    `activities`, `machines` (where `states:startExecution` finds state machines), `on_child` (called with what became of
    each child of a distributed Map, as far as a redrive needs it), and with `record` (and `children`) it goes on with an
    execution of which that is known: one that is RUNNING is resumed by `run` or `start`, any other can be redriven.

    `record` and `stop` may be used from any thread, and so may what sends task tokens; all else is for one thread.
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
        tokens: Tokens | None = None,
        activities: Activities | None = None,
        machines: Machines | None = None,
        record: ExecutionRecord | None = None,
        children: Iterable[ChildRecord] = (),
        on_event: Callable[[Event], None] | None = None,
        on_child_event: Callable[[str, Event], None] | None = None,
        on_child: Callable[[ChildRecord], None] | None = None,
        on_idle: Callable[[], None] | None = None,
    ) -> None:
        if workers < 0:
            raise OptionError(f"workers must be 0 or more, not {workers}")
        self._program = program_of(machine)
        self._identity = identity or Identity()
        self._clock = clock or RealClock()
        self._workers = workers
        self._seed = seed
        self._on_idle = on_idle
        self._world = World(
            handlers,
            self._clock,
            Random(seed),
            workers > 0,
            _child_sink(on_child_event),
            objects,
            tokens=tokens,
            activities=activities,
            machines=machines,
            on_child=on_child,
        )
        check_world(self._program, self._world)
        given = dict(input) if input is EMPTY else input
        self._input = check_input(given) if record is None else record.input
        events = () if record is None else record.events
        self._journal = Journal(self._clock.now, MAX_EVENTS, keep=True, sink=on_event, events=events)
        self._status: ExecutionStatus = "RUNNING"
        self._output: JSON = None
        self._error: StateError | None = None
        self._started = self._clock.now()
        self._stopped: float | None = None
        self._redrives, self._begun = 0, False
        self._redriven: float | None = None
        self._stop: Stopped | None = None
        self._scheduler: Scheduler | None = None
        self._lock = Lock()
        self._over = Flag()
        self._raised: BaseException | None = None
        if record is not None:
            self._adopt(record, children)

    def _adopt(self, record: ExecutionRecord, children: Iterable[ChildRecord]) -> None:
        """Takes over what is known of the execution."""
        self._status, self._output = record.status, record.output
        if record.error is not None or record.cause is not None:
            self._error = StateError(record.error, record.cause)
        self._started, self._stopped = record.started, record.stopped
        self._redrives, self._redriven = record.redrives, record.redriven
        world = self._world
        world.requests = len(record.events)
        world.random.seed(self._seed + len(record.events))
        world.map_runs.extend(record.map_runs)
        for child in children:
            world.children.setdefault(child.map_run, {})[child.item] = child
        if record.status != "RUNNING":
            self._begun = True
            self._over.set()

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
            redrives=self._redrives,
            redriven=self._redriven,
        )

    @property
    def nested(self) -> tuple[ExecutionRecord, ...]:
        """The executions that were started by this one and run here, in the order of their starts."""
        return tuple(execution.record for execution in list(self._world.nested.values()))

    @property
    def status(self) -> ExecutionStatus:
        """The status now, without making a record."""
        return self._status

    def run(self) -> ExecutionRecord:
        """Runs to the end and returns the record. Can be called once, and once more after each `redrive`.

        An execution that fails, times out or is aborted is a record too, not an exception. Only what is not an
        Exception (KeyboardInterrupt, SystemExit) and errors of the callbacks come out, after the execution is
        recorded as ABORTED in `record`. Executions that this one has started without waiting for them are run to
        their ends before `run` returns.
        """
        self._begin()
        self._go()
        return self.record

    def start(self) -> Execution:
        """Runs on a thread of its own, and returns at once. `wait` waits for the end."""
        self._begin()
        Thread(target=self._go_quietly, name=f"flowdeco-{self._identity.name}", daemon=True).start()
        return self

    def wait(self, timeout: float | None = None) -> ExecutionRecord:
        """Waits for the end, at most `timeout` seconds, and returns the record: still RUNNING when the time is over.

        Raises what `run` would have raised.
        """
        self._over.wait(timeout)
        if self._raised is not None:
            raise self._raised
        return self.record

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Ends the execution as ABORTED, with this error and cause. May be called from any thread; it takes effect as
        soon as the engine is not inside a handler that it calls inline. One that has ended stays as it is.
        """
        with self._lock:
            self._stop = self._stop or Stopped(error, cause)
            if self._scheduler is not None:
                self._scheduler.stop(self._stop)

    def redrive(self) -> Execution:
        """Makes it ready to go on where it did not succeed, by `run` or `start`: states that had not ended are run anew,
        and of branches, iterations and child executions only those that did not succeed.

        Raises OptionError when it is running or has succeeded, is an Express execution, or its history is full.
        """
        problem = self.not_redrivable
        if problem is not None:
            raise OptionError(f"the execution cannot be redriven: {problem}")
        self._redrives += 1
        self._status, self._error, self._stopped, self._stop = "RUNNING", None, None, None
        self._begun = False
        self._over.clear()
        journal = self._journal
        journal.muted = False
        journal.emit("ExecutionRedriven", {"redriveCount": self._redrives}, journal.count)
        self._redriven = journal.events[-1].timestamp
        return self

    @property
    def not_redrivable(self) -> str | None:
        """Why it cannot be redriven, in the words of the service; None when it can."""
        if self._identity.express:
            return "Execution is of an EXPRESS state machine and cannot be redriven"
        if self._status in ("RUNNING", "SUCCEEDED"):
            return f"Execution is {self._status} and cannot be redriven"
        if self._journal.count >= MAX_EVENTS - 1:
            return "Execution has exceeded the maximum number of history events"
        return None

    def send_task_success(self, token: str, output: JSON) -> None:
        """Ends the wait of a task with `.waitForTaskToken`: `output` is its result. May be called from any thread.

        The token is in the context object while the task calls its resource: `$states.context.Task.Token`.
        Raises InputError for a token no task waits for, and an output that is not JSON or over 256 KiB.
        """
        self._world.tokens.send(token, json_text("output", output))

    def send_task_failure(self, token: str, error: str | None = None, cause: str | None = None) -> None:
        """Ends the wait of a task: it fails with this error and cause. Raises InputError as `send_task_success`."""
        self._world.tokens.send(token, TaskFailure(error, cause))

    def send_task_heartbeat(self, token: str) -> None:
        """Gives a task that waits another HeartbeatSeconds. Raises InputError for a token no task waits for."""
        self._world.tokens.beat(token, self._clock.now())

    # ----------------------------------------------------------------------------------------------- running

    def _begin(self) -> None:
        if self._begun:
            raise OptionError(
                "an execution runs once: make another one, or redrive it when it did not succeed"
            )
        self._begun = True

    def _go_quietly(self) -> None:
        try:
            self._go()
        except BaseException as error:
            self._raised = error

    def _go(self) -> None:
        journal = self._journal
        pool = Pool(self._workers) if self._workers else None
        strand: Strand | None = None
        scheduler: Scheduler | None = None
        try:
            line, since = self._place()
            strand = Strand(self._run())
            scheduler = Scheduler(self._clock, pool, self._deadline(since), self._on_idle)
            with self._lock:
                self._scheduler = scheduler
                if self._stop is not None:
                    scheduler.stop(self._stop)
            self._output = scheduler.run(go_on(self._program.scope, strand, line, self._input))
            self._end("SUCCEEDED", "ExecutionSucceeded", {"output": self._output}, strand.tip)
            scheduler.drain()
        except HistoryFull as error:
            self._fail(error, journal.count)
        except StateError as error:
            self._fail(error, 0 if strand is None else strand.tip)
            _drain(scheduler)
        except DeadlinePassed:
            self._end("TIMED_OUT", "ExecutionTimedOut", {"error": "States.Timeout"}, 0)
            _drain(scheduler)
        except Stopped as why:
            if self._status == "RUNNING":
                self._abort(why)
        except BaseException:
            with suppress(Exception):  # a callback that fails must not hide why the execution was stopped
                self._end("ABORTED", "ExecutionAborted", {}, 0)
            raise
        finally:
            journal.muted = True
            with self._lock:
                self._scheduler = None
            if scheduler is not None:
                scheduler.close()
            if pool is not None:
                pool.close()
            self._over.set()

    def _deadline(self, since: float) -> float | None:
        limits = [self._program.timeout, EXPRESS_SECONDS if self._identity.express else None]
        seconds = min((limit for limit in limits if limit is not None), default=None)
        return None if seconds is None else since + seconds

    def _place(self) -> tuple[Line, float]:
        """Where it begins or goes on, and since when its TimeoutSeconds run."""
        journal = self._journal
        if not journal.count:
            journal.emit("ExecutionStarted", {"input": self._input, "roleArn": self._identity.role})
            self._started = journal.events[0].timestamp
            return Line(), self._started
        since = self._started if self._redriven is None else self._redriven
        return position(journal.events), since

    def _run(self) -> Run:
        redriven = self._redriven or 0
        return Run(
            self._world, self._identity, self._journal, self._input, self._started, self._redrives, redriven
        )

    def _abort(self, why: Stopped) -> None:
        details = {"error": why.error, "cause": why.cause}
        if why.error is not None or why.cause is not None:
            self._error = StateError(why.error, why.cause)
        self._end("ABORTED", "ExecutionAborted", {k: v for k, v in details.items() if v is not None}, 0)

    def _fail(self, error: StateError, previous: int) -> None:
        self._error = error
        details = {"error": error.error, "cause": error.cause}
        self._end("FAILED", "ExecutionFailed", {k: v for k, v in details.items() if v is not None}, previous)

    def _end(self, status: ExecutionStatus, type: str, details: Mapping[str, JSON], previous: int) -> None:
        self._status, self._stopped = status, self._clock.now()
        self._journal.emit_last(type, details, previous)
        self._over.set()


def _child_sink(tell: Callable[[str, Event], None] | None) -> ChildSink | None:
    """Who is told the events of the child execution with an ARN."""
    if tell is None:
        return None
    return lambda arn: lambda event: tell(arn, event)


def _drain(scheduler: Scheduler | None) -> None:
    """Lets executions that nobody waits for come to their ends."""
    assert scheduler is not None
    with suppress(Stopped):
        scheduler.drain()
