"""The engine against executions recorded on the real service, where they are at hand."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest

from flowdeco.asl.parse import parse
from flowdeco.engine import SkippingClock, TaskFailure, run

ROOT = Path(os.environ.get("FLOWDECO_CONFORMANCE") or Path(__file__).parents[3] / "shared" / "conformance")
UNSUPPORTED = {"ItemReader", "ResultWriter", "s3"}

# What the service was recorded doing before it changed: since September 2025 a Map iterates over objects too.
OUTDATED = ("test_map_state_items_eval_jsonata_variable_sampling_fail[object]",)


if not (ROOT / "executions").is_dir():
    pytest.skip(
        "NO RECORDINGS: set FLOWDECO_CONFORMANCE to the directory that holds them", allow_module_level=True
    )


def cases() -> list[Any]:
    found = []
    for path in sorted((ROOT / "executions").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if case["query_language"] == "JSONata" and not UNSUPPORTED & set(case["features"]):
                found.append(pytest.param(case, id=case["id"].rpartition("::")[2]))
    return found


@pytest.fixture(scope="module")
def runner() -> Any:
    spec = importlib.util.spec_from_file_location("run_conformance", ROOT / "run_conformance.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def play(case: dict[str, Any], runner: Any) -> dict[str, Any]:
    """Runs a case and returns what the runner's `compare` takes."""
    calls: list[Any] = []
    handlers: dict[str, Any] = {}
    for name, spec in case["lambdas"].items():
        stub = runner.LambdaFn(name, spec, calls)
        handlers[name] = handlers[spec["arn"]] = answer(stub, runner)
    context = case["context"]
    record = run(
        parse(case["definition"]),
        case["input"],
        handlers={"*": lambda payload: None, **handlers},
        name=context["execution_name"],
        state_machine=context["state_machine_name"],
        clock=SkippingClock(),
    )
    events = []
    for event in record.events:
        state = event.details.get("name")
        detail = {k: event.details[k] for k in ("input", "output", "assignedVariables") if k in event.details}
        events.append([event.type, state, detail])
    got = {"status": record.status, "events": events}
    if record.status == "SUCCEEDED":
        return {**got, "output": record.output}
    return {**got, "error": record.error, "cause": record.cause}


def answer(stub: Any, runner: Any) -> Any:
    def handler(payload: Any) -> Any:
        try:
            return stub(payload)
        except Exception as error:
            raise TaskFailure(*runner.lambda_failure(error)) from error

    return handler


@pytest.mark.parametrize("case", cases())
def test_an_execution_ends_and_goes_as_recorded(case: dict[str, Any], runner: Any) -> None:
    if case["id"].endswith(OUTDATED):
        pytest.skip("recorded before Maps took objects")
    result = runner.compare(case, play(case, runner))
    assert result["status"] is True, result["diffs"]
    assert result["result"] is True, result["diffs"]
    assert result["cause"] in (True, None), result["diffs"]
    assert result["events"] in (True, None), result["diffs"]
    assert result["io"] in (True, None), result["diffs"]


def test_ids_link_events_as_recorded(runner: Any) -> None:
    checked = 0
    for param in cases():
        case = param.values[0]
        if (
            case["id"].endswith(OUTDATED)
            or not case["expect"].get("events_ordered")
            or not case.get("history")
        ):
            continue
        want = [(h["id"], h["previousEventId"], h["type"]) for h in case["history"]]
        record = replay(case, runner)
        got = [(event.id, event.previous_event_id, event.type) for event in record.events]
        assert got == want, case["id"]
        checked += 1
    assert checked


def replay(case: dict[str, Any], runner: Any) -> Any:
    handlers = {n: answer(runner.LambdaFn(n, s, []), runner) for n, s in case["lambdas"].items()}
    handlers["*"] = lambda payload: None
    return run(parse(case["definition"]), case["input"], handlers=handlers, clock=SkippingClock())
