"""A map run: the child executions of a distributed Map, counted."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.engine.code import MapCode, ScopeCode
from flowdeco.engine.effects import Effect
from flowdeco.engine.failure import StateError
from flowdeco.engine.journal import Journal
from flowdeco.engine.limits import MAX_EVENTS
from flowdeco.engine.position import Stay
from flowdeco.engine.resources import request_id
from flowdeco.engine.strand import Identity, Run, Strand, Visit
from flowdeco.engine.writer import ChildResult, ChildStatus
from flowdeco.history.records import ChildCounts, ChildRecord, ExecutionStatus, ItemFailure, MapRunRecord

_MOST_FAILURES = 100


class _Nothing(Enum):
    NOTHING = "NOTHING"


_NOTHING: Final = _Nothing.NOTHING


class MapRun:
    """Children are executions of their own: they read no outer variables, and their events are not the parent's.

    `tolerance` is ToleratedFailureCount and ToleratedFailurePercentage; with `keep` what becomes of each child is
    remembered, for a ResultWriter. A run exists before its items are known; `expect` says what they are. `known` is
    the ARN of a run that goes on: its children that succeeded are not run again.
    """

    def __init__(
        self,
        code: MapCode,
        visit: Visit,
        tolerance: tuple[float | None, float | None],
        concurrency: int = 0,
        *,
        keep: bool = False,
        known: str | None = None,
    ) -> None:
        self._code = code
        self._visit = visit
        self._run = visit.strand.run
        world = self._run.world
        self._total = 0
        self._sizes: Sequence[int] | None = None
        self._name = f"{self._run.identity.state_machine.partition('/')[0]}/{code.label}"
        self._before = next((i for i, run in enumerate(world.map_runs) if run.arn == known), None)
        self._number = len(world.map_runs) if self._before is None else self._before
        number = self._number + 1
        self.arn = known or self._run.identity.arn("mapRun", f"{self._name}:{request_id(number)}")
        self._concurrency = concurrency
        self._tolerance = tolerance
        self._tolerated = 0.0
        self._results: dict[int, ChildResult] | None = {} if keep else None
        self._ended = world.children.setdefault(self.arn, {})
        self._items = _Counts()
        self._counts = _Counts()
        self._failures: list[ItemFailure] = []
        self.written = 0
        self._started = world.clock.now()
        self._redrives = 0
        self._redriven: float | None = None
        if self._before is None:
            world.map_runs.append(self._record("RUNNING"))
        else:
            old = world.map_runs[self._before]
            self._started, self._redrives, self._redriven = old.started, old.redrives, old.redriven

    def redriven(self) -> int:
        """The run is redriven: how often, with this time."""
        self._redrives += 1
        self._redriven = self._run.world.clock.now()
        return self._redrives

    def expect(self, total: int, sizes: Sequence[int] | None, children: int) -> None:
        """There are `total` items; `sizes` is how many each child has when there is an ItemBatcher."""
        self._total = total
        self._sizes = sizes
        self._counts.total = children
        count, percentage = self._tolerance
        share = None if percentage is None else percentage * total / 100
        self._tolerated = min((limit for limit in (count, share) if limit is not None), default=0)
        self._run.world.map_runs[self._number] = self._record("RUNNING")

    def _record(self, status: ExecutionStatus) -> MapRunRecord:
        count, percentage = self._tolerance
        items, children = self._items, self._counts
        return MapRunRecord(
            self.arn,
            self._visit.name,
            status,
            self._total,
            items.succeeded,
            items.failed,
            items.aborted,
            tuple(self._failures),
            started=self._started,
            stopped=None if status == "RUNNING" else self._run.world.clock.now(),
            redrives=self._redrives,
            redriven=self._redriven,
            concurrency=self._concurrency,
            tolerated_count=count or 0,
            tolerated_percentage=percentage or 0,
            written=self.written,
            children=ChildCounts(children.total, children.succeeded, children.failed, children.aborted),
        )

    def close(self, status: ExecutionStatus) -> None:
        """The run is over. What came of the children is kept for a redrive when it did not succeed."""
        world = self._run.world
        world.map_runs[self._number] = self._record(status)
        if status == "SUCCEEDED":
            del world.children[self.arn]

    def outputs(self, results: list[JSON]) -> list[JSON]:
        """The outputs of the children that succeeded."""
        return [result for result in results if result is not _NOTHING] if self._counts.failed else results

    def children(self, inputs: Sequence[JSON]) -> list[ChildResult]:
        """What became of all children; `inputs` is what those that were never started would have been given."""
        known = self._results or {}
        return [
            known.get(index) or self._result(self._identity(index), "PENDING", input)
            for index, input in enumerate(inputs)
        ]

    def _identity(self, index: int) -> Identity:
        return replace(
            self._run.identity,
            name=f"{self._run.identity.name}-{self._number + 1}-{index}",
            state_machine=self._name,
        )

    def _result(self, identity: Identity, status: ChildStatus, input: JSON, **known: Any) -> ChildResult:
        machine = identity.arn("stateMachine", self._name)
        return ChildResult(identity.execution_arn, machine, status, input, **known)

    async def child(
        self,
        index: int,
        inputs: Callable[[int], JSON],
        walk: Callable[[ScopeCode, Strand, JSON, Stay | None], Coroutine[Effect, Any, JSON]],
    ) -> JSON:
        """Runs a child execution. Raises StateError when one more failed than is tolerated."""
        world = self._run.world
        known = self._ended.get(index)
        items = 1 if self._sizes is None else self._sizes[index]
        identity = self._identity(index)
        started = world.clock.now()
        if known is not None and known.status == "SUCCEEDED":
            self._count("SUCCEEDED", items)
            if self._results is not None:
                self._tell(index, identity, "SUCCEEDED", inputs(index), started, output=known.output)
            return known.output
        input = inputs(index)
        sink = None if world.child_sink is None else world.child_sink(identity.execution_arn)
        journal = Journal(world.clock.now, MAX_EVENTS, keep=False, sink=sink)
        strand, stay = self._begin(identity, journal, input, known)
        try:
            output = await walk(self._code.processor, strand, input if stay is None else stay.input, stay)
        except StateError as failure:
            error = failure
        except GeneratorExit:
            journal.emit_last("ExecutionAborted")
            self._count("ABORTED", items)
            self._tell(index, identity, "ABORTED", input, started)
            raise
        else:
            journal.emit_last("ExecutionSucceeded", {"output": output}, strand.tip)
            self._count("SUCCEEDED", items)
            self._keep(ChildRecord(self.arn, index, "SUCCEEDED", output))
            if self._results is not None:
                self._tell(index, identity, "SUCCEEDED", input, started, output=output)
            return output
        details = {"error": error.error, "cause": error.cause}
        journal.emit_last("ExecutionFailed", {k: v for k, v in details.items() if v is not None}, strand.tip)
        self._count("FAILED", items)
        self._keep(_stopped(self.arn, index, strand))
        self._tell(index, identity, "FAILED", input, started, error=error.error, cause=error.cause)
        if len(self._failures) < _MOST_FAILURES:
            self._failures.append(ItemFailure(index, identity.execution_arn, error.error, error.cause))
        if self._items.failed > self._tolerated:
            text = "The specified tolerated failure threshold was exceeded"
            raise StateError("States.ExceedToleratedFailureThreshold", text)
        return _NOTHING

    def _begin(
        self, identity: Identity, journal: Journal, input: JSON, known: ChildRecord | None
    ) -> tuple[Strand, Stay | None]:
        """The strand of a child, and where it goes on when it has failed before."""
        world = self._run.world
        again = known is not None and known.state is not None
        if again:
            journal.emit("ExecutionRedriven", {"redriveCount": self._redrives})
        else:
            journal.emit("ExecutionStarted", {"input": input, "roleArn": identity.role})
        now = world.clock.now()
        strand = Strand(Run(world, identity, journal, input, now, self._redrives if again else 0, now))
        if known is None or known.state is None:
            return strand, None
        strand.assign(known.variables or {})
        kind = type(self._code.processor.states[known.state]).__name__.removesuffix("Code")
        entered = journal.emit(
            f"{kind}StateEntered", {"name": known.state, "input": known.input}, journal.count
        )
        strand.tip = entered
        return strand, Stay(
            state=known.state, kind=kind, input=known.input, entered=entered, since=now, tip=entered
        )

    def _count(self, status: ExecutionStatus, items: int) -> None:
        self._items.add(status, items)
        self._counts.add(status, 1)

    def _keep(self, child: ChildRecord) -> None:
        world = self._run.world
        self._ended[child.item] = child
        if world.on_child is not None:
            world.on_child(child)

    def _tell(
        self, index: int, identity: Identity, status: ChildStatus, input: JSON, started: float, **how: Any
    ) -> None:
        if self._results is not None:
            times = {"started": started, "stopped": self._run.world.clock.now()}
            self._results[index] = self._result(identity, status, input, **how, **times)


def _stopped(run: str, index: int, strand: Strand) -> ChildRecord:
    """Where a child has failed."""
    assert strand.stopped is not None
    state, input = strand.stopped
    variables = {name: value for name, value in strand.variables.items() if name != "states"}
    return ChildRecord(run, index, "FAILED", None, state, input, variables)


class _Counts:
    """How many have ended in which way."""

    __slots__ = ("aborted", "failed", "succeeded", "total")

    def __init__(self) -> None:
        self.total = self.succeeded = self.failed = self.aborted = 0

    def add(self, status: ExecutionStatus, number: int) -> None:
        match status:
            case "SUCCEEDED":
                self.succeeded += number
            case "FAILED":
                self.failed += number
            case _:
                self.aborted += number
