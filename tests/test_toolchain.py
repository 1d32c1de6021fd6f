"""Running a workflow from Python: what comes back, what is kept, what happens when things break."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from flowdeco import InputError, step, toolchain, workflow
from flowdeco.errors import (
    ExecutionAborted,
    ExecutionFailed,
    ExecutionTimedOut,
    Location,
    StoreError,
)
from flowdeco.failure import failure
from flowdeco.history import Event, ExecutionRecord, ItemFailure, MapRunRecord
from flowdeco.history.store import HistoryStore


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLOWDECO_HOME", raising=False)
    return tmp_path


@step(env={"GREETING": "hello"})
def greet(name: str) -> str:
    return f"{os.environ['GREETING']} {name}"


@step
def same(x: Any) -> Any:
    return x


@step
def broken(x: Any) -> Any:
    raise LookupError(f"no {x}")


@step(pickle=False)
def strict(x: Any) -> Any:
    return lambda: x


@workflow
def hello(name: str = "world") -> dict[str, Any]:
    """Greets."""
    return {"text": greet(name), "pair": same((1, 2))}


def test_run_gives_the_result_and_keeps_the_record(own_folder: Path) -> None:
    execution = hello.run("moon")
    assert execution.status == "SUCCEEDED"
    assert execution.result() == execution.output == {"text": "hello moon", "pair": (1, 2)}
    assert execution.error is None
    assert execution.name == "hello-1"
    assert repr(execution) == "<execution hello-1 SUCCEEDED>"
    assert execution.path == own_folder / ".flowdeco" / "executions.db"
    assert execution.not_recorded is None
    assert [s.name for s in execution.steps] == ["greet and same", "greet", "same"]
    assert execution.events[0].type == "ExecutionStarted"
    assert HistoryStore(execution.path).load("1") == execution.record
    assert "GREETING" not in os.environ


def test_an_environment_that_was_there_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREETING", "before")
    assert hello.run().result() == {"text": "hello world", "pair": (1, 2)}
    assert os.environ["GREETING"] == "before"


def test_wrong_inputs_stop_it_before_anything_runs(own_folder: Path) -> None:
    with pytest.raises(InputError, match="inputs of workflow 'hello' are wrong") as caught:
        hello.run(name=3, nme="x")  # type: ignore[call-arg, arg-type]
    assert len(caught.value.findings) == 2
    assert not (own_folder / ".flowdeco").exists()


def test_home(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert toolchain.home() == own_folder / ".flowdeco"
    monkeypatch.setenv("FLOWDECO_HOME", str(own_folder / "elsewhere"))
    assert toolchain.home() == own_folder / "elsewhere"
    assert toolchain.home("given") == own_folder / "given"


def test_a_failure_tells_the_original_error() -> None:
    @workflow
    def failing() -> Any:
        return broken(same("rain"))

    execution = failing.run()
    assert (execution.status, execution.output) == ("FAILED", None)
    with pytest.raises(ExecutionFailed) as caught:
        execution.result()
    error = caught.value
    assert error.step == "broken"
    assert error.error == error.error_type == "LookupError"
    assert error.error_message == "no rain"
    assert "in broken" in error.stack_trace[-1]
    assert "step 'broken' failed: LookupError: no rain" in str(error)
    assert isinstance(error.location, Location)


def test_a_failure_in_a_distributed_map_tells_the_original_error() -> None:
    @workflow
    def failing() -> Any:
        return broken.map([1], distributed=True)

    error = failing.run().error
    assert error is not None
    assert error.error == "States.ExceedToleratedFailureThreshold"
    assert (error.error_type, error.error_message) == ("LookupError", "no 1")


def test_pickle_can_be_forbidden() -> None:
    @workflow
    def forbidden() -> Any:
        return strict(1)

    error = forbidden.run().error
    assert error is not None
    assert "pickle" in str(error)


def test_pickled_constants_reach_the_step() -> None:
    @workflow
    def constants() -> Any:
        return same([threading.Thread, {1, 2}, b"x" * 2_000, range(3)])

    assert constants.run().result() == [threading.Thread, {1, 2}, b"x" * 2_000, range(3)]


def test_a_large_input_travels_as_a_reference() -> None:
    @workflow
    def large(rows: list[str]) -> Any:
        return same(rows)

    rows = ["row " * 50] * 5_000
    execution = large.run(rows)
    assert execution.result() == rows
    assert len(str(execution.record.input)) < 1_000


def test_history_that_cannot_be_kept_does_not_cost_the_result(own_folder: Path) -> None:
    (own_folder / ".flowdeco").mkdir()
    (own_folder / ".flowdeco" / "executions.db").write_text(
        "this is not a database, whatever its name says" * 100
    )
    execution = hello.run()
    assert execution.result() == {"text": "hello world", "pair": (1, 2)}
    assert isinstance(execution.not_recorded, StoreError)
    assert execution.name == "hello-unrecorded"


def test_values_that_cannot_be_kept_fail_the_step(own_folder: Path) -> None:
    @workflow
    def large() -> Any:
        return same(b"x" * 100_000)

    (own_folder / ".flowdeco").write_text("a file is in the way")
    with pytest.raises(StoreError, match="in the way"):
        large.run()


def test_events_are_seen_as_they_happen() -> None:
    @workflow
    def seen() -> Any:
        return same.map([1, 2], distributed=True)

    events: list[str] = []
    children: list[str] = []
    toolchain.run(
        seen,
        {},
        on_event=lambda e: events.append(e.type),
        on_child_event=lambda arn, e: children.append(e.type),
    )
    assert events[-1] == "ExecutionSucceeded"
    assert children.count("ExecutionSucceeded") == 2


def test_control_c_is_recorded(own_folder: Path) -> None:
    @step
    def stopped() -> None:
        raise KeyboardInterrupt

    @workflow
    def interrupted() -> Any:
        return stopped()

    with pytest.raises(KeyboardInterrupt):
        interrupted.run()
    assert HistoryStore(own_folder / ".flowdeco" / "executions.db").load("1").status == "ABORTED"


def test_a_long_history_is_written_in_parts(own_folder: Path) -> None:
    @workflow
    def long(n: int) -> Any:
        return same.map(list(range(n)))

    @workflow
    def longer(items: list[int]) -> Any:
        return [same(i) for i in items]

    execution = longer.run(list(range(400)))
    assert len(execution.events) > 2_000
    assert HistoryStore(execution.path).load(execution.name) == execution.record


def test_graph_asl_and_check() -> None:
    assert str(hello.graph()).startswith('workflow hello(name="world")')
    assert hello.asl()["QueryLanguage"] == "JSONata"
    assert hello.check() == []
    assert toolchain.scheduled(hello).block.scheduled


def record(status: str, **fields: Any) -> ExecutionRecord:
    base: dict[str, Any] = {
        "arn": "a",
        "name": "n-1",
        "state_machine": "n",
        "status": status,
        "input": {},
        "output": None,
        "error": None,
        "cause": None,
        "started": 0.0,
        "stopped": 1.0,
        "events": (Event(1, 0, "ExecutionStarted", 0.0, {}),),
    }
    return ExecutionRecord(**{**base, **fields})


def test_failures_of_every_status() -> None:
    timed_out = failure(record("TIMED_OUT"))
    assert isinstance(timed_out, ExecutionTimedOut)
    assert str(timed_out) == "execution 'n-1' ran past the time-out of the workflow"
    aborted = failure(record("ABORTED"))
    assert isinstance(aborted, ExecutionAborted)
    assert str(aborted) == "execution 'n-1' was stopped"
    assert aborted.step is None


def test_hints() -> None:
    full = failure(
        record("FAILED", error="States.Runtime", cause="the maximum number of history events (25000)")
    )
    assert "distributed=True" in str(full.hint)
    assert failure(record("FAILED", error="States.Runtime", cause="else")).hint is None
    assert failure(record("FAILED", error="E", cause=None)).error_message is None
    assert failure(record("FAILED", error="E", cause="[1]")).error_message == "[1]"


def test_a_map_run_without_details_of_its_failures() -> None:
    run = MapRunRecord("arn", "m", "FAILED", 2, 1, 1, 0, (ItemFailure(0, "e", "E", None),))
    error = failure(
        record("FAILED", error="States.ExceedToleratedFailureThreshold", cause="c", map_runs=(run,))
    )
    assert error.error_message == "c"
