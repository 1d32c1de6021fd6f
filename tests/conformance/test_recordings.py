"""The engine against executions recorded on the real service, where they are at hand.

Every case that is not listed here must be right: status, output, error, cause, the events and their links.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from flowdeco.engine.position import position
from flowdeco.history import Event

ROOT = Path(os.environ.get("FLOWDECO_CONFORMANCE") or Path(__file__).parents[3] / "shared" / "conformance")
HERE = Path(__file__).parent

if not (ROOT / "executions").is_dir():
    pytest.skip(
        "NO RECORDINGS: set FLOWDECO_CONFORMANCE to the directory that holds them", allow_module_level=True
    )

LEAST_RIGHT = (504, 40)
"""Cases of the recordings that are right, at least: executions, and those that call services. Raise it when more are; it never falls."""

# Recorded before the service changed: since September 2025 a Map iterates over objects too.
OUTDATED = ("test_map_state_items_eval_jsonata_variable_sampling_fail[object]",)
# Recorded before the context object had RedriveCount, which these hand to a function.
OLD_CONTEXT = (
    "test_lambda_invoke_with_retry_extended_input",
    "test_lambda_service_invoke_with_retry_extended_input",
)


# The cause names the activity, which has another name in the definition.
MADE_UP_NAME = ("test_activity_task_on_deleted",)


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _is(case: dict[str, Any], names: tuple[str, ...]) -> bool:
    return case["id"].endswith(names)


def _cases() -> list[dict[str, Any]]:
    cases = [case for path in sorted((ROOT / "executions").glob("*.jsonl")) for case in _read(path)]
    return [case for case in cases if not _is(case, OUTDATED)]


def _services() -> list[dict[str, Any]]:
    """Calls of services, answered as recorded. What stops an execution from outside is not among them."""
    return [case for case in _read(ROOT / "cases_services.jsonl") if case["category"] == "services"]


def _params(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["id"].rpartition("::")[2]) for case in cases]


SERVICES = _services()
CASES = _cases()


def _load(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def runner() -> Any:
    return _load("run_conformance", ROOT / "run_conformance.py")


@pytest.fixture(scope="module")
def engine(runner: Any) -> Any:
    return _load("conformance_adapter", HERE / "adapter.py").Engine()


def test_the_expectation_is_kept() -> None:
    """What follows has one test per case: there must not become fewer."""
    own = [case for case in CASES if not case.get("duplicate_of") and case.get("aws_recorded", True)]
    assert len(own) >= LEAST_RIGHT[0]
    assert len(SERVICES) >= LEAST_RIGHT[1]


@pytest.mark.parametrize("case", _params(CASES))
def test_an_execution_ends_and_goes_as_recorded(case: dict[str, Any], engine: Any, runner: Any) -> None:
    got, calls, _ = runner.run_one(engine, case, 60)
    result = runner.compare(case, got)
    assert result["status"] is True, result["diffs"]
    assert result["result"] is True, result["diffs"]
    assert result["cause"] in (True, None), result["diffs"]
    assert result["events"] in (True, None), result["diffs"]
    assert result["io"] in (True, None), result["diffs"]
    right, why = runner.compare_tasks(case, calls)
    assert right in (True, None) or _is(case, OLD_CONTEXT), why


@pytest.mark.parametrize("case", _params(SERVICES))
def test_calls_of_services_go_as_recorded(case: dict[str, Any], engine: Any, runner: Any) -> None:
    got, _, _ = runner.run_one(engine, case, 60)
    result = runner.compare(case, got)  # names of queues and tables in inputs were masked, so not "io"
    parts = (
        ("status", "result", "events") if _is(case, MADE_UP_NAME) else ("status", "result", "cause", "events")
    )
    verdict = [result[part] for part in parts]
    assert False not in verdict, result["diffs"]


def test_ids_link_events_as_recorded(engine: Any, runner: Any) -> None:
    checked = 0
    for case in CASES:
        if not case["expect"].get("events_ordered") or not case.get("history"):
            continue
        distributed = any(h["type"] == "MapRunStarted" for h in case["history"])
        lambdas = {name: runner.LambdaFn(name, spec, []) for name, spec in case["lambdas"].items()}
        record = engine.record(case["definition"], case["input"], lambdas, case)
        for event, h in zip(record.events, case["history"]):
            if distributed and event.type == "MapStateExited":
                continue  # recordings of different years differ
            got = (event.id, event.previous_event_id, event.type)
            assert got == (h["id"], h["previousEventId"], h["type"]), case["id"]
        checked += 1
    assert checked


def test_the_position_is_read_from_recorded_histories() -> None:
    """As it is read from the engine's own: after all that succeeded nothing is under way."""
    read = 0
    for case in [*CASES, *SERVICES]:
        history = case.get("history")
        if not history or not case["expect"].get("events_ordered") or case["expect"].get("events_lossy"):
            continue
        events = []
        for h in history:
            details = next((value for key, value in h.items() if key.endswith("EventDetails")), {})
            events.append(Event(h["id"], h["previousEventId"], h["type"], 0.0, details))
        line = position(events)
        done = case["expect"]["status"] == "SUCCEEDED"
        assert (line.stay is None) == done, case["id"]
        read += 1
    assert read
