"""Executions described and listed, with their histories: what was kept, and what runs at this moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.engine.mocks import unmarked
from flowdeco.history import Event, ExecutionRecord, MapRunRecord
from flowdeco.server.arns import read_arn
from flowdeco.server.book import MachineBook, Revision
from flowdeco.server.database import Database, Row
from flowdeco.server.definitions import processor_definition
from flowdeco.server.faults import Fault, no_execution, no_machine, no_resource, validation
from flowdeco.server.machines import describe_revision
from flowdeco.server.paging import page_size, position, token_of
from flowdeco.server.restoring import map_runs_of

_DATA: Final = {"input": ("input", "inputDetails"), "output": ("output", "outputDetails")}


class ExecutionViews:
    """The operations that read executions. `live` gives the record of one that runs at this moment, or None."""

    def __init__(
        self, book: MachineBook, database: Database, live: Callable[[str], ExecutionRecord | None]
    ) -> None:
        self._book = book
        self._database = database
        self._live = live

    # --- describe -----------------------------------------------------------------------------------------

    def describe(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        row = self.row(request["executionArn"])
        facts = row.facts
        found: dict[str, JSON] = {
            "executionArn": row.arn,
            "stateMachineArn": row.machine,
            "status": row.status,
            "redriveCount": facts.get("redriveCount", 0),
            **_redrivable(row.status, row.map_run is not None),
        }
        for name in ("name", "startDate", "stopDate", "traceHeader", "error", "cause", "redriveDate"):
            if name in facts:
                found[name] = facts[name]
        if row.version is not None:
            found["stateMachineVersionArn"] = row.version
        if row.alias is not None:
            found["stateMachineAliasArn"] = row.alias
        if row.map_run is not None:
            found["mapRunArn"] = row.map_run
        return {**found, **data_of(facts, request.get("includedData"))}

    def describe_machine(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        row = self.row(request["executionArn"])
        revision = self.revision(row)
        found = {
            "stateMachineArn": row.machine,
            "name": row.machine.rpartition(":")[2].partition("/")[0],
            "updateDate": revision.updated,
            **describe_revision(revision, request.get("includedData")),
        }
        if not revision.first:
            found["revisionId"] = revision.id
        label = row.machine.partition("/")[2]
        if label:
            definition = processor_definition(revision.definition, label)
            found["label"], found["mapRunArn"] = label, row.map_run
            if request.get("includedData") != "METADATA_ONLY":
                found["definition"] = definition
        return found

    def revision(self, row: Row) -> Revision:
        """The revision that an execution, or the one that it is a child of, was started with."""
        parent = row.facts.get("parent")
        if parent is not None:
            row = self.row(parent)
        return self._book.revisions[row.facts["revision"]]

    # --- lists --------------------------------------------------------------------------------------------

    def list(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        having = self._scope(request)
        if "statusFilter" in request:
            having["status"] = request["statusFilter"]
        if "redriveFilter" in request:
            having["redriven"] = request["redriveFilter"] == "REDRIVEN"
        about = [f"{name}={value}" for name, value in having.items()]
        size = page_size(request)
        rows = self._database.executions(size + 1, position(request, *about), **having)
        found: dict[str, JSON] = {"executions": [_summary(row) for row in rows[:size]]}
        if len(rows) > size:
            found["nextToken"] = token_of(rows[size - 1].number, *about)
        return found

    def _scope(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Which executions are asked for: those of a machine, a version, an alias or a map run."""
        arn, map_run = request.get("stateMachineArn"), request.get("mapRunArn")
        if (arn is None) is (map_run is None):
            raise validation("Exactly one of stateMachineArn and mapRunArn must be given")
        if map_run is not None:
            read_arn(map_run, "mapRun")
            if self._database.document("mapRun", map_run) is None:
                raise no_resource(map_run)
            return {"map_run": map_run}
        assert arn is not None
        read = read_arn(arn, "stateMachine")
        machine = self._book.machines.get(read.bare)
        if machine is None:
            raise no_machine(arn)
        if machine.type == "EXPRESS":
            raise Fault(
                "StateMachineTypeNotSupported",
                "This operation is not supported by this type of state machine",
            )
        if read.qualifier is None:
            return {"machine": arn}
        if arn in self._book.aliases:
            return {"alias": arn}
        if arn not in self._book.versions:
            raise no_machine(arn)
        return {"version": arn}

    # --- history ------------------------------------------------------------------------------------------

    def events(self, arn: str) -> tuple[Event, ...]:
        """All that has happened in an execution."""
        live = self._live(arn)
        return tuple(self._database.events(arn)) if live is None else live.events

    def map_runs(self, arn: str) -> tuple[MapRunRecord, ...]:
        """The map runs of an execution."""
        live = self._live(arn)
        return map_runs_of(arn, self._database) if live is None else live.map_runs

    def history(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        row = self.row(request["executionArn"])
        events = self.events(row.arn)
        backwards = bool(request.get("reverseOrder"))
        about = (row.arn, str(backwards))
        size = page_size(request)
        start = position(request, *about)
        if backwards:
            last = len(events) if start is None else start
            chosen = events[max(0, last - size) : last][::-1]
            following = last - size
            more = following > 0
        else:
            first = start or 0
            chosen = events[first : first + size]
            following = first + size
            more = following < len(events)
        hide = request.get("includeExecutionData") is False
        found: dict[str, JSON] = {"events": [_event(event, hide) for event in chosen]}
        if more:
            found["nextToken"] = token_of(following, *about)
        return found

    def row(self, arn: str) -> Row:
        """What is kept of an execution. Raises the Faults InvalidArn and ExecutionDoesNotExist."""
        read_arn(arn, "execution")
        row = self._database.execution(arn)
        if row is None:
            raise no_execution(arn)
        return row


def _redrivable(status: str, child: bool) -> dict[str, JSON]:
    if status in ("RUNNING", "SUCCEEDED"):
        return {
            "redriveStatus": "NOT_REDRIVABLE",
            "redriveStatusReason": f"Execution is {status} and cannot be redriven",
        }
    return {"redriveStatus": "REDRIVABLE_BY_MAP_RUN" if child else "REDRIVABLE"}


def data_of(facts: Mapping[str, JSON], included: str | None) -> dict[str, JSON]:
    """Input and output, unless they are not asked for."""
    found: dict[str, JSON] = {}
    for name, (field, details) in _DATA.items():
        if name in facts:
            found[details] = {"included": included != "METADATA_ONLY"}
            if included != "METADATA_ONLY":
                found[field] = facts[name]
    return found


def _summary(row: Row) -> dict[str, JSON]:
    found: dict[str, JSON] = {
        "executionArn": row.arn,
        "stateMachineArn": row.machine,
        "status": row.status,
        "redriveCount": row.facts.get("redriveCount", 0),
    }
    for name in ("name", "startDate", "stopDate", "redriveDate"):
        if name in row.facts:
            found[name] = row.facts[name]
    for field, value in (
        ("mapRunArn", row.map_run),
        ("stateMachineVersionArn", row.version),
        ("stateMachineAliasArn", row.alias),
    ):
        if value is not None:
            found[field] = value
    return found


def _event(event: Event, hide: bool) -> dict[str, JSON]:
    shown = unmarked(event).to_json()
    if hide:
        for details in shown.values():
            if isinstance(details, dict):
                for name in {"input", "output", "assignedVariables", "parameters"} & details.keys():
                    del details[name]
                    if f"{name}Details" in details:
                        details[f"{name}Details"] = {"truncated": True}
    return shown
