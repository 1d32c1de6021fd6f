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
from flowdeco.engine.resources import request_id
from flowdeco.engine.strand import Identity, Run, Strand, Visit
from flowdeco.engine.writer import ChildResult, ChildStatus
from flowdeco.history.records import ExecutionStatus, ItemFailure, MapRunRecord

_MOST_FAILURES = 100


class _Nothing(Enum):
    NOTHING = "NOTHING"


_NOTHING: Final = _Nothing.NOTHING


class MapRun:
    """Children are executions of their own: they read no outer variables, and their events are not the parent's.

    `tolerance` is ToleratedFailureCount and ToleratedFailurePercentage; with `keep` what becomes of each child is
    remembered, for a ResultWriter. A run exists before its items are known; `expect` says what they are.
    """

    def __init__(
        self,
        code: MapCode,
        visit: Visit,
        tolerance: tuple[float | None, float | None],
        *,
        keep: bool = False,
    ) -> None:
        self._code = code
        self._visit = visit
        self._total = 0
        self._sizes: Sequence[int] | None = None
        self._run = visit.strand.run
        world = self._run.world
        self._number = len(world.map_runs)
        self._name = f"{self._run.identity.state_machine.partition('/')[0]}/{code.label}"
        self.arn = self._run.identity.arn("mapRun", f"{self._name}:{request_id(self._number + 1)}")
        self._tolerance = tolerance
        self._tolerated = 0.0
        self._children: dict[int, ChildResult] | None = {} if keep else None
        self._succeeded = self._failed = self._aborted = 0
        self._failures: list[ItemFailure] = []
        world.map_runs.append(self._record("RUNNING"))

    def expect(self, total: int, sizes: Sequence[int] | None) -> None:
        """There are `total` items; `sizes` is how many each child has when there is an ItemBatcher."""
        self._total = total
        self._sizes = sizes
        count, percentage = self._tolerance
        share = None if percentage is None else percentage * total / 100
        self._tolerated = min((limit for limit in (count, share) if limit is not None), default=0)
        self._run.world.map_runs[self._number] = self._record("RUNNING")

    def _record(self, status: ExecutionStatus) -> MapRunRecord:
        return MapRunRecord(
            self.arn,
            self._visit.name,
            status,
            self._total,
            self._succeeded,
            self._failed,
            self._aborted,
            tuple(self._failures),
        )

    def close(self, status: ExecutionStatus) -> None:
        self._run.world.map_runs[self._number] = self._record(status)

    def outputs(self, results: list[JSON]) -> list[JSON]:
        """The outputs of the children that succeeded."""
        return [result for result in results if result is not _NOTHING] if self._failed else results

    def children(self, inputs: Sequence[JSON]) -> list[ChildResult]:
        """What became of all children; `inputs` is what those that were never started would have been given."""
        known = self._children or {}
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
        walk: Callable[[ScopeCode, Strand, JSON], Coroutine[Effect, Any, JSON]],
    ) -> JSON:
        """Runs a child execution. Raises StateError when one more failed than is tolerated."""
        world = self._run.world
        input = inputs(index)
        items = 1 if self._sizes is None else self._sizes[index]
        identity = self._identity(index)
        sink = None if world.child_sink is None else world.child_sink(identity.execution_arn)
        journal = Journal(world.clock.now, MAX_EVENTS, keep=False, sink=sink)
        journal.emit("ExecutionStarted", {"input": input, "roleArn": identity.role})
        started = world.clock.now()
        strand = Strand(Run(world, identity, journal, input, started))

        def ended(status: ChildStatus, **how: Any) -> None:
            if self._children is not None:
                times = {"started": started, "stopped": world.clock.now()}
                self._children[index] = self._result(identity, status, input, **how, **times)

        try:
            output = await walk(self._code.processor, strand, input)
        except StateError as failure:
            error = failure
        except GeneratorExit:
            journal.emit_last("ExecutionAborted")
            self._aborted += items
            ended("ABORTED")
            raise
        else:
            journal.emit_last("ExecutionSucceeded", {"output": output}, strand.tip)
            self._succeeded += items
            ended("SUCCEEDED", output=output)
            return output
        details = {"error": error.error, "cause": error.cause}
        journal.emit_last("ExecutionFailed", {k: v for k, v in details.items() if v is not None}, strand.tip)
        self._failed += items
        ended("FAILED", error=error.error, cause=error.cause)
        if len(self._failures) < _MOST_FAILURES:
            self._failures.append(ItemFailure(index, identity.execution_arn, error.error, error.cause))
        if self._failed > self._tolerated:
            text = "The specified tolerated failure threshold was exceeded"
            raise StateError("States.ExceedToleratedFailureThreshold", text)
        return _NOTHING
