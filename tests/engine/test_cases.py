"""Cases as data: a definition, its input and the functions it calls, and what comes of it.

`cases/*.json` hold lists of cases:

    name, definition, input ({} when it is left out)
    functions    by name or resource: "echo", {"return": value}, {"raise": [error, cause]}, {"text": length} for a text
                 of that length, {"answer": value} sends a task token back, with "seconds" for how long it takes; a list
                 for one call after the other, the last item for the rest
    objects      buckets of objects        machines   state machines to start, by ARN
    expect       status, and output or error and cause; events: their types; details of the first event of a type;
                 elapsed (or at most `most`): seconds; calls of a function; count of events; objects written
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from flowdeco.asl import model
from flowdeco.asl.check import check
from flowdeco.asl.codes import REFUSED
from flowdeco.asl.fields import COMBINATIONS, COMPARISONS
from flowdeco.asl.parse import parse
from flowdeco.engine import Execution, MemoryObjects, SkippingClock, TaskFailure

FOLDER = Path(__file__).parent / "cases"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
]


class Player:
    """Plays a case in skipping time."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.clock = SkippingClock()
        self.calls: Counter[str] = Counter()
        self.objects = MemoryObjects(case.get("objects", {}))
        functions = case.get("functions", {})
        self.execution = Execution(
            parse(case["definition"]),
            case.get("input", {}),
            handlers={name: self.function(name, spec) for name, spec in functions.items()},
            machines={arn: parse(machine) for arn, machine in case.get("machines", {}).items()},
            objects=self.objects,
            clock=self.clock,
        )

    def function(self, name: str, spec: Any) -> Any:
        steps = spec if isinstance(spec, list) else [spec]

        def call(payload: Any) -> Any:
            step = steps[min(self.calls[name], len(steps) - 1)]
            self.calls[name] += 1
            if step == "echo":
                return payload
            self.clock.advance(step.get("seconds", 0))
            if "raise" in step:
                raise TaskFailure(*step["raise"])
            if "answer" in step:
                self.execution.send_task_success(payload["Token"], step["answer"])
            return "x" * step["text"] if "text" in step else step.get("return")

        return call


@pytest.mark.parametrize("case", CASES)
def test_a_case(case: dict[str, Any]) -> None:
    player = Player(case)
    started = player.clock.now()
    record = player.execution.run()
    expect = case["expect"]
    got: dict[str, Any] = {"status": record.status}
    for name in ("output", "error", "cause"):
        if name in expect:
            got[name] = getattr(record, name)
    elapsed = record.stopped - started if record.stopped is not None else None
    if "events" in expect:
        got["events"] = [event.type for event in record.events]
    if "elapsed" in expect:
        got["elapsed"] = elapsed
    if "most" in expect:
        assert elapsed is not None
        assert 0 < elapsed <= expect["most"]
        got["most"] = expect["most"]
    if "details" in expect:
        got["details"] = {}
        for type, wanted in expect["details"].items():
            details = next(event.details for event in record.events if event.type == type)
            got["details"][type] = {name: details.get(name) for name in wanted}
    if "calls" in expect:
        got["calls"] = {name: player.calls[name] for name in expect["calls"]}
    if "count" in expect:
        got["count"] = len(record.events)
    if "written" in expect:
        got["written"] = len(player.objects.list("b", "out"))
    assert got == expect


@pytest.mark.parametrize("case", CASES)
def test_the_service_would_take_the_definition(case: dict[str, Any]) -> None:
    refused = [finding for finding in check(case["definition"]) if finding.code in REFUSED]
    assert refused == []


def _objects(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _objects(part)


def test_every_field_and_operator_is_in_a_case() -> None:
    used: set[str] = set()
    for param in CASES:
        for found in _objects(param.values[0]["definition"]):
            used.update(found)
    fields = {
        field.name
        for part in vars(model).values()
        if isinstance(part, type) and dataclasses.is_dataclass(part)
        for field in dataclasses.fields(part)
        if field.name[:1].isupper()
    }
    assert fields - used == set()
    assert (COMPARISONS | COMBINATIONS) - used == set()


def test_every_error_name_is_in_a_case() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json"))
    names = ("ALL", "TaskFailed", "Timeout", "HeartbeatTimeout", "Runtime", "DataLimitExceeded")
    more = ("QueryEvaluationError", "ReferencePathConflict", "ExceedToleratedFailureThreshold")
    for name in (*names, *more, "ItemReaderFailed", "ResultWriterFailed"):
        assert f"States.{name}" in text
