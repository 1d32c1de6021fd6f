"""Map runs: the distributed Maps of executions, with their counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.history import MapRunRecord
from flowdeco.server.arns import read_arn
from flowdeco.server.database import Database
from flowdeco.server.execution_views import ExecutionViews
from flowdeco.server.faults import no_resource, validation
from flowdeco.server.paging import page

_LIMITS: Final = ("maxConcurrency", "toleratedFailurePercentage", "toleratedFailureCount")


class MapRuns:
    """The operations on map runs."""

    def __init__(self, database: Database, views: ExecutionViews) -> None:
        self._database = database
        self._views = views

    def describe(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        about, run = self._find(request["mapRunArn"])
        children = run.children
        found: dict[str, JSON] = {
            "mapRunArn": run.arn,
            "executionArn": about["execution"],
            "status": _status(run),
            "startDate": run.started,
            "maxConcurrency": run.concurrency,
            "toleratedFailurePercentage": run.tolerated_percentage,
            "toleratedFailureCount": int(run.tolerated_count),
            **about.get("limits", {}),
            "itemCounts": _counts(run, run.total, run.succeeded, run.failed, run.aborted),
            "executionCounts": _counts(
                run, children.total, children.succeeded, children.failed, children.aborted
            ),
            "redriveCount": run.redrives,
        }
        if run.redriven is not None:
            found["redriveDate"] = run.redriven
        return found if run.stopped is None else {**found, "stopDate": run.stopped}

    def list(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        row = self._views.row(request["executionArn"])

        def show(run: MapRunRecord) -> dict[str, JSON]:
            machine = run.arn.rpartition(":")[0].replace(":mapRun:", ":stateMachine:", 1)
            found = {
                "executionArn": row.arn,
                "mapRunArn": run.arn,
                "stateMachineArn": machine,
                "startDate": run.started,
            }
            return found if run.stopped is None else {**found, "stopDate": run.stopped}

        return page(request, "mapRuns", self._views.map_runs(row.arn), show, row.arn)

    def update(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        """What DescribeMapRun tells from now on. The run under way keeps the limits that it was started with."""
        about, run = self._find(request["mapRunArn"])
        changes = {name: request[name] for name in _LIMITS if name in request}
        if not changes:
            raise validation(
                "Either maxConcurrency, toleratedFailurePercentage or toleratedFailureCount must be given",
                "MISSING_REQUIRED_PARAMETER",
            )
        if run.status != "RUNNING":
            raise validation("The map run is not running any more", "CANNOT_UPDATE_COMPLETED_MAP_RUN")
        limits = {**about.get("limits", {}), **changes}
        self._database.put("mapRun", run.arn, {**about, "limits": limits})
        return {}

    def _find(self, arn: str) -> tuple[dict[str, Any], MapRunRecord]:
        """What is kept of a map run, and its record. Raises the Faults InvalidArn and ResourceNotFound."""
        read_arn(arn, "mapRun")
        about = self._database.document("mapRun", arn)
        if about is not None:
            for run in self._views.map_runs(about["execution"]):
                if run.arn == arn:
                    return about, run
        raise no_resource(arn)


def _status(run: MapRunRecord) -> str:
    return "FAILED" if run.status == "TIMED_OUT" else run.status


def _counts(run: MapRunRecord, total: int, succeeded: int, failed: int, aborted: int) -> dict[str, JSON]:
    left = total - succeeded - failed - aborted
    running = run.status == "RUNNING"
    return {
        "pending": left if running else 0,
        "running": 0,
        "succeeded": succeeded,
        "failed": failed,
        "timedOut": 0,
        "aborted": aborted if running else aborted + left,
        "total": total,
        "resultsWritten": run.written,
    }
