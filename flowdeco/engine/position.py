"""Where an execution is, read from its events: what a resumed or redriven execution goes on from.

A line is where one strand is (the top level, a branch, an iteration); a stay is the state it has entered and not left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flowdeco.asl.model import JSON
from flowdeco.engine.failure import DATA_LIMIT, TIMEOUT, StateError
from flowdeco.history.events import Event

_SCOPED = ("Map", "Parallel")
_WHOLE = (
    "ExecutionStarted",
    "ExecutionFailed",
    "ExecutionTimedOut",
    "ExecutionAborted",
    "ExecutionSucceeded",
)
_DONE = ("TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded")


@dataclass(slots=True, kw_only=True)
class Stay:
    """A stay in a state. `kind` is its type, `entered` and `since` are the event and the time it was entered.

    `failures` are the attempts that failed, the last one at `failed`; `pending`: nothing has come of it yet.
    `scheduled` is the event that scheduled the attempt under way, `started` the one that says that it has begun, and
    `began` when that was. `answered`: its work is done, with `result`. `lines` are its branches or iterations.
    `closed`: a Map or Parallel that has failed for good. `again`: it is run anew by a redrive.
    """

    state: str
    kind: str
    input: JSON
    entered: int
    since: float
    tip: int
    failures: list[StateError] = field(default_factory=list)
    failed: float = 0.0
    pending: bool = False
    scheduled: int | None = None
    began: float = 0.0
    started: int | None = None
    submitted: bool = False
    answered: bool = False
    result: JSON = None
    lines: dict[int, Line] = field(default_factory=dict)
    map_run: str | None = None
    closed: bool = False
    again: bool = False

    @property
    def broken(self) -> int | None:
        """The line whose failure has already stopped the others."""
        if not any(line.aborted for line in self.lines.values()):
            return None
        left = (i for i, line in self.lines.items() if line.stay is not None and not line.aborted)
        return next(left, None)


@dataclass(slots=True, kw_only=True)
class Line:
    """Where a strand is. `variables` are those it has assigned itself. Without a `stay` it has left the state `left`
    with `output`, and `before` are the variables from before that; without that too, it has not begun. `ended`: an
    iteration that is done. `failed` iterations begin again when they go on.
    """

    tip: int = 0
    parent: Line | None = None
    index: int = 0
    variables: dict[str, JSON] = field(default_factory=dict)
    stay: Stay | None = None
    left: Stay | None = None
    before: dict[str, JSON] = field(default_factory=dict)
    ended: bool = False
    aborted: bool = False
    failed: bool = False
    output: JSON = None


def position(events: Iterable[Event]) -> Line:
    """Where the execution with these events is. Its last states are those that are under way, or have failed."""
    reader = _Reader()
    for event in events:
        reader.read(event)
    return reader.top


class _Reader:
    """Reads events in order, and knows whose each is."""

    def __init__(self) -> None:
        self.top = Line()
        self._owners: dict[int, Line] = {0: self.top}

    def read(self, event: Event) -> None:
        line = self._owners.get(event.previous_event_id, self.top)
        kind = event.type
        if kind in _WHOLE:
            line = self.top
            if kind == "ExecutionFailed" and line.stay is not None:
                error = StateError(event.details.get("error"), event.details.get("cause"))
                _fail(line.stay, error, event.timestamp)
        elif kind == "ExecutionRedriven":
            line = self.top
            _renew(line)
        elif kind.endswith("StateEntered"):
            line = _entered(line, event)
        elif kind == "MapIterationStarted":
            line = _iteration(line, event)
        else:
            line = _climb(line, event)
            _inside(line, event)
        self._owners[event.id] = line
        if kind != "ExecutionStarted":  # which the first state does not hang on
            line.tip = event.id
        if line.stay is not None:
            line.stay.tip = event.id


def _renew(line: Line) -> None:
    """The execution is redriven: states under way or failed are run anew, and of branches and iterations only those
    that have not ended. All of them when it was their results together that were too large.
    """
    line.aborted = False
    stay = line.stay
    if stay is None:
        return
    too_large = bool(stay.failures) and stay.pending and stay.failures[-1].error == DATA_LIMIT
    stay.failures, stay.pending, stay.answered, stay.submitted = [], False, False, False
    stay.scheduled = None
    stay.closed, stay.again = False, True
    if too_large:
        stay.lines, stay.map_run = {}, None
    if stay.kind not in _SCOPED or too_large:
        stay.started = None
    for inner in stay.lines.values():
        if not inner.ended:
            inner.failed = inner.failed or stay.kind == "Map"
            _renew(inner)


def _entered(line: Line, event: Event) -> Line:
    stay = line.stay
    if stay is not None and stay.kind == "Parallel":
        index = len(stay.lines)
        line = stay.lines[index] = Line(parent=line, index=index)
    line.stay = Stay(
        state=event.details["name"],
        kind=event.type.removesuffix("StateEntered"),
        input=event.details["input"],
        entered=event.id,
        since=event.timestamp,
        tip=event.id,
    )
    line.aborted = False
    return line


def _iteration(line: Line, event: Event) -> Line:
    line = _named(line, event.details["name"])
    assert line.stay is not None
    index = event.details["index"]
    found = line.stay.lines.get(index)
    if found is None:
        found = line.stay.lines[index] = Line(parent=line, index=index)
    found.aborted = found.failed = False
    return found


def _climb(line: Line, event: Event) -> Line:
    """The line an event is about: the service hangs many on the last event of an inner line."""
    kind = event.type
    if kind.startswith("MapIteration"):
        name, index = event.details["name"], event.details["index"]
        while line.parent is not None and not (line.index == index and _stays(line.parent, name)):
            line = line.parent
        return line
    name = event.details.get("name") if kind.endswith("StateExited") else event.details.get("state")
    if name is not None:
        return _named(line, name)
    for scoped in _SCOPED:
        if kind.startswith((f"{scoped}State", f"{scoped}Run")):
            while line.parent is not None and not _is_about(line, scoped):
                line = line.parent
    return line


def _is_about(line: Line, kind: str) -> bool:
    return line.stay is not None and line.stay.kind == kind and not line.stay.closed and not line.aborted


def _stays(line: Line, name: str) -> bool:
    return line.stay is not None and line.stay.state == name


def _named(line: Line, name: str) -> Line:
    """The line that is in the state `name`: a branch just begun, this line, or one around it."""
    branches = () if line.stay is None else line.stay.lines.values()
    inner = next((branch for branch in branches if _stays(branch, name)), None)
    if inner is not None:
        return inner
    while line.parent is not None and not _stays(line, name):
        line = line.parent
    return line


def _inside(line: Line, event: Event) -> None:
    """What an event says about the line and the state it is in."""
    kind, details, stay = event.type, event.details, line.stay
    if kind == "MapIterationAborted" or kind.endswith("StateAborted"):
        line.aborted = True
    elif kind == "MapIterationFailed":
        line.failed = True
    elif kind == "MapIterationSucceeded":
        line.ended = True
    elif stay is None:
        return
    elif kind.endswith("StateExited"):
        line.before = dict(line.variables)
        line.variables.update(details.get("assignedVariables") or {})
        line.output, line.left, line.stay = details.get("output"), stay, None
    elif kind.endswith("Scheduled"):
        stay.scheduled, stay.began, stay.started = event.id, event.timestamp, None
        stay.pending = stay.answered = stay.submitted = False
    elif kind in ("MapStateStarted", "ParallelStateStarted"):
        _begin(stay, event)
    elif kind == "MapRunStarted":
        stay.map_run = details["mapRunArn"]
    elif kind.endswith("Submitted"):
        stay.submitted = True
    elif kind.endswith("Started"):
        stay.started = event.id
    elif kind in _DONE:
        stay.answered, stay.result = True, details.get("output")
    elif kind in ("MapStateFailed", "ParallelStateFailed"):
        stay.closed = True
    elif kind.endswith(("Failed", "TimedOut")):
        named = details.get("error") or (TIMEOUT if kind.endswith("TimedOut") else None)
        _fail(stay, StateError(named, details.get("cause")), event.timestamp)


def _fail(stay: Stay, error: StateError, when: float) -> None:
    if stay.pending:  # told twice: by the event of what failed, and by what came of it
        stay.failures[-1] = error
    else:
        stay.failures.append(error)
    stay.failed, stay.pending, stay.answered = when, True, False


def _begin(stay: Stay, event: Event) -> None:
    """An attempt of a Map or Parallel begins: the lines of the one before are given up."""
    if stay.started is not None and not stay.pending:
        stay.failures.append(_error(stay))
    stay.lines, stay.map_run = {}, None
    stay.started, stay.began, stay.pending = event.id, event.timestamp, False


def _error(stay: Stay) -> StateError:
    """What the failing line of a Map or Parallel failed with, as far as events tell."""
    for line in stay.lines.values():
        if line.stay is not None and not line.aborted:
            return line.stay.failures[-1] if line.stay.failures else _error(line.stay)
    return StateError(None, None)
