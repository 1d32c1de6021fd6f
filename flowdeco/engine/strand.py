"""Where an execution is: a strand walks through the states of one scope; a visit is its stay in one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Protocol

from flowdeco.asl.model import JSON, StateMachine
from flowdeco.engine.activities import Activities
from flowdeco.engine.clock import Clock
from flowdeco.engine.failure import DATA_LIMIT, QUERY, RUNTIME, StateError
from flowdeco.engine.journal import Journal, Sink
from flowdeco.engine.limits import MAX_BYTES, MAX_VARIABLE_BYTES, size
from flowdeco.engine.objects import Objects
from flowdeco.engine.position import Line, Stay
from flowdeco.engine.resources import Handler, request_id
from flowdeco.engine.tokens import Tokens
from flowdeco.history.events import NO_DETAILS
from flowdeco.history.records import ChildRecord, ExecutionRecord, MapRunRecord
from flowdeco.query import Ambient

ChildSink = Callable[[str], Sink | None]


class Machines(Protocol):
    """Where `states:startExecution` finds state machines. A mapping of names and ARNs is one."""

    def get(self, arn: str, /) -> StateMachine | None:
        """The state machine an ARN (of a version or alias too) or a name stands for."""


class Nested(Protocol):
    """An execution that another one has started."""

    @property
    def record(self) -> ExecutionRecord: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Names of a (made-up) account for the ARNs in events and in the context object. `express` is what an
    Express execution's ends with; it is empty for Standard ones.

    >>> Identity("nightly", "album").execution_arn
    'arn:aws:states:us-east-1:123456789012:execution:album:nightly'
    """

    name: str = "execution"
    state_machine: str = "machine"
    region: str = "us-east-1"
    account: str = "123456789012"
    role: str = "arn:aws:iam::123456789012:role/flowdeco"
    express: str = ""

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:states:{self.region}:{self.account}:{kind}:{name}"

    @property
    def execution_arn(self) -> str:
        if self.express:
            return self.arn("express", f"{self.state_machine}:{self.name}:{self.express}")
        return self.arn("execution", f"{self.state_machine}:{self.name}")

    @property
    def state_machine_arn(self) -> str:
        return self.arn("stateMachine", self.state_machine.partition("/")[0])


class World:
    """What all executions of a run share: handlers, objects, tokens, activities and state machines, the clock, chance,
    and who is told. `map_runs` are told by number, `children` keeps what came of the children of those that did not
    succeed, `nested` the executions that were started by this one, by ARN.
    """

    __slots__ = (
        "activities",
        "child_sink",
        "children",
        "clock",
        "handlers",
        "machines",
        "map_runs",
        "nested",
        "objects",
        "on_child",
        "pooled",
        "random",
        "requests",
        "tokens",
    )

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        clock: Clock,
        random: Random,
        pooled: bool,
        child_sink: ChildSink | None,
        objects: Objects | None = None,
        *,
        tokens: Tokens | None = None,
        activities: Activities | None = None,
        machines: Machines | None = None,
        on_child: Callable[[ChildRecord], None] | None = None,
    ) -> None:
        self.handlers = handlers
        self.clock = clock
        self.random = random
        self.pooled = pooled
        self.child_sink = child_sink
        self.objects = objects
        self.map_runs: list[MapRunRecord] = []
        self.children: dict[str, dict[int, ChildRecord]] = {}
        self.nested: dict[str, Nested] = {}
        self.requests = 0
        self.activities = activities
        self.tokens = tokens or (Tokens() if activities is None else activities.tokens)
        self.machines = machines
        self.on_child = on_child

    def request_id(self) -> str:
        self.requests += 1
        return request_id(self.requests)

    def ambient(self) -> Ambient:
        """What `$random()`, `$uuid()` and `$now()` see: the run's own chance and time."""
        return Ambient(self.random, int(self.clock.now() * 1000))


class Run:
    """One execution: the whole, or a child of a distributed Map. `context` is the context object when it is given."""

    __slots__ = (
        "about_execution",
        "about_machine",
        "context",
        "identity",
        "journal",
        "variable_bytes",
        "world",
    )

    def __init__(
        self,
        world: World,
        identity: Identity,
        journal: Journal,
        input: JSON,
        started: float,
        redrives: int = 0,
        redriven: float = 0,
    ) -> None:
        self.world = world
        self.identity = identity
        self.journal = journal
        self.variable_bytes = 0
        self.context: Mapping[str, JSON] | None = None
        self.about_execution: dict[str, JSON] = {
            "Id": identity.execution_arn,
            "Input": input,
            "Name": identity.name,
            "RoleArn": identity.role,
            "StartTime": instant(started),
        }
        if not identity.express:  # which cannot be redriven
            self.about_execution["RedriveCount"] = redrives
        if redrives:
            self.about_execution["RedriveTime"] = instant(redriven)
        self.about_machine: dict[str, JSON] = {
            "Id": identity.state_machine_arn,
            "Name": identity.state_machine.partition("/")[0],
        }


class Strand:
    """A line of control: an execution's top level, a branch of a Parallel, or an iteration of an inline Map.

    `tip` is the id of its last event, `variables` what expressions see (with `states`), `item` the context
    object's `Map` inside an iteration, `stopped` the state that failed, and its input.
    """

    __slots__ = ("_sizes", "item", "journal", "run", "stopped", "tip", "variables")

    def __init__(
        self,
        run: Run,
        tip: int = 0,
        variables: Mapping[str, JSON] | None = None,
        item: Mapping[str, JSON] | None = None,
    ) -> None:
        self.run = run
        self.journal = run.journal
        self.tip = tip
        self.variables: dict[str, JSON] = dict(variables) if variables else {}
        self.item = item
        self._sizes: dict[str, int] | None = None
        self.stopped: tuple[str, JSON] | None = None

    def restore(self, line: Line) -> None:
        """Goes on from where a line is."""
        self.tip = line.tip
        if line.variables:
            self.assign(line.variables)

    def emit(self, type: str, details: Mapping[str, JSON] = NO_DETAILS) -> None:
        self.tip = self.journal.emit(type, details, self.tip)

    def assign(self, variables: Mapping[str, JSON]) -> None:
        """Assigns variables. Raises StateError when they are too large."""
        sizes = self._sizes
        if sizes is None:
            sizes = self._sizes = {}
        total = 0
        run = self.run
        for name, value in variables.items():
            new = size(value)
            total += new
            run.variable_bytes += new - sizes.get(name, 0)
            sizes[name] = new
            if new > MAX_BYTES:
                raise StateError(DATA_LIMIT, f"The variable '{name}' exceeds the limit of {MAX_BYTES} bytes.")
        if total > MAX_BYTES:
            names = ", ".join(f"'{name}'" for name in variables)
            text = f"The variables {names} together exceed the limit of {MAX_BYTES} bytes of one Assign."
            raise StateError(DATA_LIMIT, text)
        if run.variable_bytes > MAX_VARIABLE_BYTES:
            text = f"The variables of the execution exceed the limit of {MAX_VARIABLE_BYTES} bytes."
            raise StateError(DATA_LIMIT, text)
        self.variables.update(variables)

    def end(self) -> None:
        """The scope is left: its variables are no more."""
        if self._sizes:
            self.run.variable_bytes -= sum(self._sizes.values())
            self._sizes = None


class Visit:
    """A stay in a state: how it was entered, and what its fields are evaluated with.

    `trigger` is the event that made the state do what it does now; the service hangs several events on it. `at` is a
    stay that goes on.
    """

    __slots__ = ("entered", "input", "name", "strand", "trigger")

    def __init__(
        self,
        strand: Strand,
        name: str,
        kind: str,
        input: JSON,
        *,
        context: bool,
        retryable: bool = False,
        at: Stay | None = None,
    ) -> None:
        self.strand = strand
        self.name = name
        self.input = input
        self.trigger = strand.tip
        if at is None or (at.again and not retryable):
            self.entered = strand.journal.emit(kind, {"name": name, "input": input}, strand.tip)
            strand.tip = self.entered
        else:
            self.entered = at.entered
        states: dict[str, JSON] = {"input": input}
        if context:
            states["context"] = self._context(retryable, at)
        strand.variables["states"] = states

    def _context(self, retryable: bool, at: Stay | None) -> dict[str, JSON]:
        run = self.strand.run
        if run.context is not None:
            return dict(run.context)
        since = run.world.clock.now() if at is None else at.since
        state: dict[str, JSON] = {"EnteredTime": instant(since), "Name": self.name}
        if retryable:
            state["RetryCount"] = 0
        context: dict[str, JSON] = {
            "Execution": run.about_execution,
            "State": state,
            "StateMachine": run.about_machine,
        }
        if self.strand.item is not None:
            context["Map"] = self.strand.item
        return context

    def retried(self, attempts: int) -> None:
        """Another attempt begins: what the last one left behind is gone."""
        states = {"input": self.input}
        context = self.strand.variables["states"].get("context")
        if context is not None:
            states["context"] = {**context, "State": {**context["State"], "RetryCount": attempts}}
        self.strand.variables["states"] = states
        self.trigger = self.strand.tip

    def open_token(self, scheduled: int | None = None) -> str:
        """A task token, which the context object has from now on. `scheduled` is the event that scheduled the task,
        when it was scheduled already; otherwise it is the next one.
        """
        run = self.strand.run
        token = f"{run.identity.execution_arn}/{scheduled or self.strand.journal.count + 1}"
        run.world.tokens.open(token, run.world.clock.now())
        states = self.strand.variables["states"]
        if "context" in states:
            states["context"] = {**states["context"], "Task": {"Token": token}}
        return token

    def result(self, value: JSON) -> None:
        """The work is done: `$states.result` is there, and what follows is made of it."""
        self.strand.variables["states"]["result"] = value
        self.trigger = self.strand.tip

    def failure(self, error: StateError) -> JSON:
        """Makes `$states.errorOutput` of an error, and returns it."""
        states = self.strand.variables["states"]
        states.pop("result", None)
        unnamed = error.error is None  # then what is missing is null, as recorded
        states["errorOutput"] = {"Error": error.error, "Cause": error.cause if unnamed else error.cause or ""}
        return states["errorOutput"]

    def cause(self, text: str) -> str:
        """A cause in the words of the service, which say where it happened."""
        return f"An error occurred while executing the state '{self.name}' (entered at the event id #{self.entered}). {text}"

    def runtime_error(self, text: str) -> StateError:
        """A States.Runtime, which ends the execution."""
        return StateError(RUNTIME, self.cause(text))

    def query_error(self, text: str, field: str | None, *, previous: int | None = None) -> StateError:
        """A States.QueryEvaluationError, recorded. `field` is the location of the expression."""
        details: dict[str, JSON] = {"error": QUERY, "cause": self.cause(text)}
        if field is not None:
            details["location"] = field
        details["state"] = self.name
        journal = self.strand.journal
        self.strand.tip = journal.emit(
            "EvaluationFailed", details, self.trigger if previous is None else previous
        )
        return StateError(QUERY, details["cause"])


def instant(seconds: float) -> str:
    """A time as the context object spells it.

    >>> instant(1767225600.25)
    '2026-01-01T00:00:00.250Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
