"""The progress of an execution: from its events to lines, one a step, told to whatever shows them.

    events ──▶ Progress ──▶ Line ──▶ a display: progress_plain (pipes, files), progress_live (terminals)

`Progress` is called on the engine's thread for every event, so it only keeps books. What happens inside the iterations
of a Map is counted, not listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flowdeco.history.events import Event
from flowdeco.history.steps import StepStatus
from flowdeco.views.causes import Cause, cause_of

_SHOWN = frozenset(("Task", "Map", "Wait", "Fail"))
_BEGINNINGS = frozenset(("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled", "MapStateStarted"))
_FAILURES = frozenset(
    (
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
)
_QUIET = frozenset(
    ("TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited")
)
"""Nearly all that happens inside a Map, and none of it changes its line."""
_ENDS = frozenset(("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"))


@dataclass(slots=True, eq=False)
class Line:
    """What is known of one stay in a state. `total`, `done` and `failed` count the items of a Map."""

    name: str
    kind: str
    started: float
    now: float
    status: StepStatus = "RUNNING"
    attempts: int = 0
    total: int | None = None
    done: int = 0
    failed: int = 0
    cause: Cause | None = None
    failing: bool = False
    over: bool = False

    @property
    def shown(self) -> bool:
        """Whether people want to see it: Parallel, Choice and Pass only give the execution its shape."""
        return self.kind in _SHOWN

    @property
    def seconds(self) -> float:
        """How long it took, or has been going on at its last event."""
        return self.now - self.started


class Display(Protocol):
    """What shows lines."""

    def began(self, line: Line) -> None:
        """Work on it begins: the first attempt, or another one."""

    def counted(self, line: Line) -> None:
        """One more item of a Map ended."""

    def ended(self, line: Line) -> None:
        """It ended; `line.status` says how."""

    def close(self) -> None:
        """The execution is over, or this process gives up."""


class Progress:
    """Takes the events of one execution, in their order, and keeps a display up to date.

    Use it as a context manager: whatever happens, the terminal is left as it was.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._open: dict[str, Line] = {}
        self._at: dict[int, Line] = {}
        self._inside: dict[int, Line] = {}
        self._map_runs: dict[str, Line] = {}

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exception: object) -> None:
        self._display.close()

    def __call__(self, event: Event) -> None:
        owner = self._inside.get(event.previous_event_id)
        if owner is None:
            self._outside(event)
        elif (event.type in _QUIET and not owner.over) or not self._iterating(event, owner):
            self._inside[event.id] = owner

    def child(self, arn: str, event: Event) -> None:
        """Takes an event of a child execution of a distributed Map: the item counts when the child ends."""
        if event.type in _ENDS:
            line = self._map_runs.get(_machine(arn))
            if line is not None:
                self._count(line, event, failed=event.type != "ExecutionSucceeded")

    def _iterating(self, event: Event, owner: Line) -> bool:
        """Takes in an event after one inside the Map `owner`. False when it is inside as well."""
        type = event.type
        if type.startswith("MapIteration"):
            if event.details.get("name") != owner.name:
                return False
            if type == "MapIterationStarted":
                return False
            self._at[event.id] = owner
            if type == "MapIterationSucceeded":
                self._count(owner, event)
            elif type == "MapIterationFailed":
                owner.over = owner.failing = True
                self._count(owner, event, failed=True)
            return True
        if type in _ENDS:
            owner.failing = True
            self._outside(event)
            return True
        if type in _FAILURES:
            owner.cause = cause_of(event.details.get("error"), event.details.get("cause"))
        if owner.over and (type == "MapStateStarted" or event.details.get("name") == owner.name):
            self._at[event.previous_event_id] = owner
            self._outside(event)
            return True
        return False

    def _count(self, line: Line, event: Event, *, failed: bool = False) -> None:
        line.done += 1
        line.failed += failed
        line.now = event.timestamp
        self._display.counted(line)

    def _outside(self, event: Event) -> None:
        type = event.type
        if type.endswith("StateEntered"):
            self._at[event.id] = self._enter(event)
            return
        if type == "MapIterationStarted":
            line = self._open.get(str(event.details.get("name")))
            if line is not None:
                self._inside[event.id] = line
            return
        line = self._at.get(event.previous_event_id)
        if type == "EvaluationFailed":  # it follows what came before the state
            line = self._open.get(str(event.details.get("state")), line)
        if type in _ENDS:
            self._finish(event, line)
            return
        if type.endswith("StateExited"):
            line = self._open.get(str(event.details.get("name")), line)
            if line is not None and line.status == "RUNNING":
                self._end(line, "CAUGHT" if line.failing else "SUCCEEDED", event)
        elif line is not None:
            self._work(event, line)
        if line is not None:
            self._at[event.id] = line

    def _enter(self, event: Event) -> Line:
        kind = event.type.removesuffix("StateEntered")
        line = Line(str(event.details.get("name")), kind, event.timestamp, event.timestamp)
        self._open[line.name] = line
        if line.shown and kind not in ("Task", "Map"):
            self._begin(line)
        return line

    def _work(self, event: Event, line: Line) -> None:
        type = event.type
        line.now = event.timestamp
        if type in _BEGINNINGS:
            line.failing = line.over = False
            line.done = line.failed = 0
            line.total = event.details.get("length")
            self._begin(line)
        elif type in _FAILURES:
            line.failing = True
            line.cause = cause_of(event.details.get("error"), event.details.get("cause"))
        elif type == "MapRunStarted":
            self._map_runs[_machine(str(event.details.get("mapRunArn")))] = line
        elif type.endswith("StateAborted"):
            self._end(line, "ABORTED", event)
        elif type == "ParallelStateFailed" and line.status == "RUNNING" and line.kind != "Parallel":
            self._end(line, "FAILED", event)

    def _begin(self, line: Line) -> None:
        line.attempts += 1
        self._display.began(line)

    def _end(self, line: Line, status: StepStatus, event: Event) -> None:
        line.status = status
        line.now = event.timestamp
        self._open.pop(line.name, None)
        if line.shown:
            self._display.ended(line)

    def _finish(self, event: Event, last: Line | None) -> None:
        """What is still open ends with the execution: the state it failed in as failed, the others cut off."""
        rest: StepStatus = "TIMED_OUT" if event.type == "ExecutionTimedOut" else "ABORTED"
        failed = event.type == "ExecutionFailed"
        for line in list(self._open.values()):
            guilty = failed and (line.failing or line is last)
            self._end(line, "FAILED" if guilty else rest, event)


def _machine(arn: str) -> str:
    """The part of the ARN of a map run or a child execution that names the Map: `album/each file`."""
    return arn.split(":")[6] if arn.count(":") > 6 else arn


Clock = Callable[[], float]
