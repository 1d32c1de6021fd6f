"""A whole execution as data: what the service's DescribeExecution and DescribeMapRun tell, plus the events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

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


@dataclass(frozen=True, slots=True)
class MapRunRecord:
    """One run of a distributed Map: counts of its child executions and the first failures (at most 100).

    `state` is the name of the Map state, `arn` the map run's. Items that were not started when the run ended are
    `total` minus the other counts.
    """

    arn: str
    state: str
    status: ExecutionStatus
    total: int
    succeeded: int
    failed: int
    aborted: int
    failures: tuple[ItemFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """An execution, finished or still running.

    `output` is meaningful only when `status` is SUCCEEDED. `error` and `cause` are set only when it is FAILED, as
    the service does. `started` and `stopped` are seconds since 1970. Events of the child executions of distributed
    Maps are not among `events`; `map_runs` sums those up.
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
