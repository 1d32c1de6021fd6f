"""From events to what people ask for: which state ran, how often it was tried, how long it took, how it ended.

Works on complete histories and on those of executions that are still running, from here and from AWS. The
service records no ids of branches and iterations; where an event belongs follows from `previous_event_id`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flowdeco.asl.model import JSON
from flowdeco.history.events import Event

StepStatus: TypeAlias = Literal["RUNNING", "SUCCEEDED", "CAUGHT", "FAILED", "TIMED_OUT", "ABORTED"]

_ATTEMPTS = (
    "TaskScheduled",
    "LambdaFunctionScheduled",
    "ActivityScheduled",
    "MapStateStarted",
    "ParallelStateStarted",
)
_FAILURES = (
    "TaskFailed",
    "TaskTimedOut",
    "TaskStartFailed",
    "TaskSubmitFailed",
    "LambdaFunctionFailed",
    "LambdaFunctionTimedOut",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "ActivityFailed",
    "ActivityTimedOut",
    "ActivityScheduleFailed",
    "EvaluationFailed",
    "MapRunFailed",
)
_SUCCESSES = ("TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded", "MapRunSucceeded")


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One stay of the execution in a state.

    `path` says in which iterations (`Map[3]`) and branches (`Parallel#0`) it was, outermost first. `attempts`
    counts starts of the work, 0 while it waits for the first one; states that do no work have 1. `started` and
    `stopped` are seconds since 1970. A state whose error a catcher took is CAUGHT; `error` and `cause` are the
    last ones it met, also when a later attempt succeeded. `output` is meaningful when it SUCCEEDED or is CAUGHT.
    """

    name: str
    type: str
    path: tuple[str, ...]
    status: StepStatus
    attempts: int
    started: float
    stopped: float | None
    error: str | None
    cause: str | None
    input: JSON
    output: JSON


@dataclass(slots=True, eq=False)
class _Place:
    """A scope (execution, iteration, branch: `visit` None) or a stay in a state."""

    parent: _Place | None
    path: tuple[str, ...]
    visit: _Visit | None = None
    branches: int = 0


@dataclass(slots=True, eq=False)
class _Visit:
    name: str
    type: str
    path: tuple[str, ...]
    started: float
    input: JSON
    attempts: int = 0
    status: StepStatus = "RUNNING"
    stopped: float | None = None
    failed: bool = False
    error: str | None = None
    cause: str | None = None
    output: JSON = None
    open: bool = field(default=True)

    def close(self, status: StepStatus, time: float) -> None:
        self.status, self.stopped, self.open = status, time, False

    def record(self) -> StepRecord:
        work = self.type in ("Task", "Map", "Parallel")
        attempts = self.attempts if work else 1
        return StepRecord(
            self.name,
            self.type,
            self.path,
            self.status,
            attempts,
            self.started,
            self.stopped,
            self.error,
            self.cause,
            self.input,
            self.output,
        )


def steps(events: Iterable[Event]) -> tuple[StepRecord, ...]:
    """The steps of an execution, in the order they were entered. Events must be in the order of their ids.

    >>> history = [
    ...     Event(1, 0, "ExecutionStarted", 0.0),
    ...     Event(2, 0, "PassStateEntered", 0.0, {"name": "A", "input": 1}),
    ...     Event(3, 2, "PassStateExited", 0.5, {"name": "A", "output": 2}),
    ... ]
    >>> [(step.name, step.status, step.output) for step in steps(history)]
    [('A', 'SUCCEEDED', 2)]
    """
    reader = _Reader()
    for event in events:
        reader.read(event)
    return tuple(visit.record() for visit in reader.visits)


class _Reader:
    def __init__(self) -> None:
        self.visits: list[_Visit] = []
        self.places: list[_Place] = []
        self.root = _Place(None, ())
        self.at: dict[int, _Place] = {}

    def read(self, event: Event) -> None:
        place = self.at.get(event.previous_event_id, self.root)
        self.at[event.id] = self.place(event, place)

    def place(self, event: Event, place: _Place) -> _Place:
        """Takes in an event that follows one at `place`; returns where the event is."""
        type = event.type
        if type.endswith("StateEntered"):
            return self.enter(event, place)
        if type.endswith("StateExited"):
            return self.exit(event, place)
        if type.startswith("MapIteration"):
            return self.iteration(event, place)
        if type.startswith("Execution"):
            self.execution(event, place)
            return self.root
        if type == "EvaluationFailed":
            place = self.named(str(event.details.get("state")), place)
        elif type.endswith(("StateFailed", "StateAborted", "StateSucceeded")):
            return self.outcome(event, place)
        self.work(event, place)
        return place

    def enter(self, event: Event, place: _Place) -> _Place:
        scope = self.scope(place)
        name, kind = str(event.details.get("name")), event.type.removesuffix("StateEntered")
        visit = _Visit(name, kind, scope.path, event.timestamp, event.details.get("input"))
        self.visits.append(visit)
        inner = _Place(scope, scope.path, visit)
        self.places.append(inner)
        return inner

    def scope(self, place: _Place) -> _Place:
        """The scope that a state entered right after `place` is in."""
        visit = place.visit
        if visit is None:
            return place
        if visit.open and visit.type == "Parallel":
            place.branches += 1
            return _Place(place, (*place.path, f"{visit.name}#{place.branches - 1}"))
        return place.parent or self.root

    def exit(self, event: Event, place: _Place) -> _Place:
        place = self.named(str(event.details.get("name")), place)
        visit = place.visit
        if visit is not None and visit.open:
            visit.close("CAUGHT" if visit.failed else "SUCCEEDED", event.timestamp)
            visit.output = event.details.get("output")
        return place

    def named(self, name: str, place: _Place) -> _Place:
        """The open stay in state `name` around `place`, or else the last one that was entered from there.

        From there, because the service hangs a failed expression on the event before its state was entered.
        """
        inner: _Place | None = place
        while inner is not None:
            if inner.visit is not None and inner.visit.name == name and inner.visit.open:
                return inner
            inner = inner.parent
        for other in reversed(self.places):
            if other.visit is not None and other.visit.name == name and other.visit.open:
                scope = other.parent
                if scope is place or scope is place.parent or (scope is not None and scope.parent is place):
                    return other
        return place

    def iteration(self, event: Event, place: _Place) -> _Place:
        name, index = str(event.details.get("name")), event.details.get("index")
        owner = self.named(name, place)
        if event.type == "MapIterationStarted":
            return _Place(owner, (*owner.path, f"{name}[{index}]"))
        path = (*owner.path, f"{name}[{index}]")
        if event.type == "MapIterationFailed":
            self.close_inside(path, "FAILED", event)
        elif event.type == "MapIterationAborted":
            self.close_inside(path, "ABORTED", event)
        return owner

    def close_inside(self, path: tuple[str, ...], status: StepStatus, event: Event) -> None:
        """Closes what is still open under `path`: what has failed as failed, the rest as `status` unless that is failed."""
        for visit in self.visits:
            if visit.open and visit.path[: len(path)] == path:
                rest: StepStatus = "ABORTED" if status == "FAILED" else status
                failed = visit.failed or visit.type == "Fail"
                visit.close("FAILED" if failed else rest, event.timestamp)

    def outcome(self, event: Event, place: _Place) -> _Place:
        """MapStateFailed, ParallelStateSucceeded, TaskStateAborted, …: about the nearest state of that type."""
        kind = event.type.partition("State")[0]
        inner: _Place | None = place
        while inner is not None and (inner.visit is None or inner.visit.type != kind or not inner.visit.open):
            inner = inner.parent
        if inner is None or inner.visit is None:
            return place
        visit = inner.visit
        if event.type.endswith("StateAborted"):
            visit.close("ABORTED", event.timestamp)
        elif event.type.endswith("StateSucceeded"):
            visit.failed = False
        else:
            self.inherit(visit, place)
            for other in self.visits:
                inside = len(other.path) > len(visit.path) and other.path[: len(visit.path)] == visit.path
                if other.open and inside and _owner(other.path[len(visit.path)]) == visit.name:
                    failed = other.failed or other.type == "Fail"
                    other.close("FAILED" if failed else "ABORTED", event.timestamp)
            visit.failed = True
        return inner

    @staticmethod
    def inherit(visit: _Visit, place: _Place) -> None:
        """The error of a Map or Parallel is the one of the state in it that failed."""
        source = place.visit
        if source is not None and source is not visit and visit.error is None:
            visit.error, visit.cause = source.error, source.cause

    def work(self, event: Event, place: _Place) -> None:
        visit = place.visit
        if visit is None:
            return
        if event.type in _ATTEMPTS:
            visit.attempts += 1
            visit.failed = False
        elif event.type in _FAILURES:
            visit.failed = True
            visit.error, visit.cause = event.details.get("error"), event.details.get("cause")
        elif event.type in _SUCCESSES:
            visit.failed = False

    def execution(self, event: Event, place: _Place) -> None:
        """The end of the execution is the end of everything in it."""
        if event.type == "ExecutionStarted":
            return
        rest: StepStatus = "TIMED_OUT" if event.type == "ExecutionTimedOut" else "ABORTED"
        if event.type == "ExecutionFailed":
            inner: _Place | None = place
            while inner is not None:
                visit = inner.visit
                if visit is not None and visit.open:
                    visit.error = visit.error or event.details.get("error")
                    visit.cause = visit.cause or event.details.get("cause")
                    visit.close("FAILED", event.timestamp)
                inner = inner.parent
        for visit in self.visits:
            if visit.open:
                visit.close(rest, event.timestamp)


def _owner(segment: str) -> str:
    """The name of the state in a part of a path (`Map[3]`, `Parallel#0`)."""
    return segment[: segment.rindex("[" if segment.endswith("]") else "#")]
