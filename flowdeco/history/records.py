"""A whole execution as data: what the service's DescribeExecution and DescribeMapRun tell, plus the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from flowdeco.asl.model import JSON
from flowdeco.history.events import Event

ExecutionStatus: TypeAlias = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


@dataclass(frozen=True, slots=True)
class ItemFailure:
    """An item of a distributed Map whose child execution did not succeed."""

    index: int
    execution: str
    error: str | None
    cause: str | None


class ChildRecord(NamedTuple):
    """What became of child execution number `item` of the map run `map_run`, as far as a redrive needs it.

    `output` is meaningful only when `status` is SUCCEEDED. `state` and `input` are where one that did not succeed goes
    on, with `variables`; `state` None: it is run from its start. A named tuple because there may be very many.
    """

    map_run: str
    item: int
    status: ExecutionStatus
    output: JSON = None
    state: str | None = None
    input: JSON = None
    variables: Mapping[str, JSON] | None = None


@dataclass(frozen=True, slots=True)
class ChildCounts:
    """How many child executions a map run has, and what became of them."""

    total: int = 0
    succeeded: int = 0
    failed: int = 0
    aborted: int = 0


NO_CHILDREN: Final = ChildCounts()


@dataclass(frozen=True, slots=True)
class MapRunRecord:
    """One run of a distributed Map: counts of its items and the first failures of child executions (at most 100).

    `state` is the name of the Map state, `arn` the map run's. Items that were not started when the run ended are
    `total` minus the other counts. With an ItemBatcher a child execution has several items: `children` counts these.
    `started`, `stopped` and `redriven` are seconds since 1970, `concurrency` is MaxConcurrency, 0 for as many as there
    may be; `written` is how many results a ResultWriter has written.
    """

    arn: str
    state: str
    status: ExecutionStatus
    total: int
    succeeded: int
    failed: int
    aborted: int
    failures: tuple[ItemFailure, ...] = ()
    started: float = 0.0
    stopped: float | None = None
    redrives: int = 0
    redriven: float | None = None
    concurrency: int = 0
    tolerated_count: float = 0
    tolerated_percentage: float = 0
    written: int = 0
    children: ChildCounts = NO_CHILDREN


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """An execution, finished or still running.

    `output` is meaningful only when `status` is SUCCEEDED. `error` and `cause` are set when it is FAILED, and when it
    was stopped with them, as the service does. `started` and `stopped` are seconds since 1970. Events of the child
    executions of distributed Maps are not among `events`; `map_runs` sums those up. `redrives` counts how often it was
    redriven, the last time at `redriven`.
    """

    arn: str
    name: str
    state_machine: str
    status: ExecutionStatus
    input: JSON
    output: JSON
    error: str | None
    cause: str | None
    started: float
    stopped: float | None
    events: tuple[Event, ...]
    map_runs: tuple[MapRunRecord, ...] = ()
    redrives: int = 0
    redriven: float | None = None
