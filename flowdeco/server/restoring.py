"""What is kept of an execution, as the engine takes it up again: to resume it, or to redrive it."""

from __future__ import annotations

import json
from typing import Any

from flowdeco.history import ChildCounts, ExecutionRecord, ItemFailure, MapRunRecord
from flowdeco.server.database import Database, Row


def record_of(row: Row, database: Database) -> ExecutionRecord:
    """The record of an execution that is kept."""
    facts = row.facts
    output = facts.get("output")
    return ExecutionRecord(
        arn=row.arn,
        name=facts["name"],
        state_machine=row.machine.rpartition(":")[2],
        status=row.status,
        input=json.loads(facts["input"]),
        output=None if output is None else json.loads(output),
        error=facts.get("error"),
        cause=facts.get("cause"),
        started=facts["startDate"],
        stopped=facts.get("stopDate"),
        events=tuple(database.events(row.arn)),
        map_runs=map_runs_of(row.arn, database),
        redrives=facts.get("redriveCount", 0),
        redriven=facts.get("redriveDate"),
    )


def map_runs_of(arn: str, database: Database) -> tuple[MapRunRecord, ...]:
    """The map runs of an execution. One of which nothing is kept but that it began has counts of 0."""
    kept = {one["arn"]: _map_run(one) for one in database.document("mapRuns", arn) or ()}
    for event in database.events(arn):
        if event.type == "MapRunStarted":
            begun = event.details["mapRunArn"]
            kept.setdefault(begun, MapRunRecord(begun, "", "RUNNING", 0, 0, 0, 0, started=event.timestamp))
    return tuple(kept.values())


def _map_run(kept: dict[str, Any]) -> MapRunRecord:
    failures = tuple(ItemFailure(**one) for one in kept["failures"])
    children = ChildCounts(**kept["children"])
    return MapRunRecord(**{**kept, "failures": failures, "children": children})
