"""What happened in an execution: events and records, in one shape for here and for AWS."""

from __future__ import annotations

from flowdeco.history.events import Event
from flowdeco.history.records import (
    ChildCounts,
    ChildRecord,
    ExecutionRecord,
    ExecutionStatus,
    ItemFailure,
    MapRunRecord,
)
from flowdeco.history.steps import StepRecord, StepStatus, steps

__all__ = [
    "ChildCounts",
    "ChildRecord",
    "Event",
    "ExecutionRecord",
    "ExecutionStatus",
    "ItemFailure",
    "MapRunRecord",
    "StepRecord",
    "StepStatus",
    "steps",
]
