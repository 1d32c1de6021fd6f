"""Workflows that run and start other workflows, as executions of their own."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flowdeco import ExecutionFailed, fail, loop, step, toolchain, wait, workflow
from flowdeco.errors import BodyError
from flowdeco.history import Event
from flowdeco.history.store import HistoryStore


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLOWDECO_HOME", str(tmp_path))
    return tmp_path


@dataclass
class Model:
    auc: float
    days: list[date]


@step(env={"WHERE": "here"})
def train(x: int, day: date) -> Model:
    if x > 3:
        raise ValueError(f"{x} is too much")
    return Model(x / 4, [day])


@step
def plus(x: int) -> int:
    return x + 1


@step
def constant(thing: Any) -> Any:
    return thing


@workflow
def training(x: int, day: date = date(2026, 1, 1)) -> Model:
    if x > 100:
        fail("Huge", f"x is {x}")
    constant(frozenset({b"x" * 5_000}))
    return train(x, day)


@workflow
def middle(x: int) -> Model:
    return training.run(plus(x), "2026-02-03")  # type: ignore[return-value, arg-type]


def test_children_are_run_and_give_their_results() -> None:
    @workflow
    def parent(x: int) -> Any:
        a, b = middle.run(x), training.run(day=date(2026, 4, 5), x=x)
        return [a, b.auc, a.auc > b.auc, {"nested": b.days[0]}]  # type: ignore[attr-defined]

    execution = parent.run(1)
    model = Model(0.5, [date(2026, 2, 3)])
    assert execution.result() == [model, 0.25, True, {"nested": date(2026, 4, 5)}] == parent(1)
    assert {"middle", "training"} <= {s.name for s in execution.steps if s.type == "Task"}


def test_the_definition() -> None:
    @workflow
    def parent(x: int) -> Any:
        arn = training.start(x)
        return training.run(x, date(2026, 2, 3)), arn

    lines = str(parent.graph()).splitlines()
    assert lines[1:3] == [
        '  %1 = training.start({"x": x})',
        '  %2 = training.run({"x": x, "day": {"$type": "date", "value": "2026-02-03"}})',
    ]
    definition = str(parent.asl())
    assert "arn:aws:states:::states:startExecution.sync:2" in definition
    assert "'arn:aws:states:::states:startExecution'" in definition


def test_a_child_that_fails() -> None:
    @workflow
    def parent(x: int) -> Any:
        return middle.run(x)

    for given, name, message in ((3, "ValueError", "4 is too much"), (200, "Huge", "x is 201")):
        error = parent.run(given).error
        assert error is not None
        assert (error.error, error.error_type, error.error_message) == ("States.TaskFailed", name, message)
        assert error.step == "middle"


def test_the_error_of_a_child_can_be_handled() -> None:
    @workflow
    def parent(x: int) -> str:
        try:
            plus(x)
            training.run(x)
        except ValueError:
            return "never"
        except ExecutionFailed:
            return "failed"
        return "fine"

    for given in (1, 9):
        assert parent.run(given).result() == parent(given)
    errors = [
        (name, catcher["ErrorEquals"])
        for name, state in parent.asl()["States"].items()
        for catcher in state.get("Catch", [])
    ]
    assert (
        "training",
        ["ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut", "States.TaskFailed"],
    ) in errors
    assert not any("States.TaskFailed" in names for name, names in errors if name == "plus")


def test_a_child_that_is_started_is_not_waited_for() -> None:
    seen: list[str] = []

    @step
    def note(text: str) -> None:
        seen.append(text)

    @workflow
    def child(text: str) -> None:
        wait(0)
        note(text)
        fail("Nobody", "hears of it")

    @workflow
    def parent(x: str) -> bool:
        arn = child.start(x)
        return arn.startswith("arn:aws:states:")

    assert parent.run("a").result() is True
    assert seen == ["a"]


def test_a_workflow_may_start_itself() -> None:
    @workflow
    def countdown(n: int) -> int:
        left = plus(n - 2)
        if left > 0:
            countdown.start(left)
        return left

    execution = countdown.run(3)
    assert execution.result() == 2


def test_children_in_loops_and_maps() -> None:
    @workflow
    def parent(n: int) -> Any:
        models = [training.run(i) for i in range(n)]
        last = loop(lambda i: middle.run(0).auc * 0 + i + 1, 0, while_=lambda i: i < n)  # type: ignore[attr-defined]
        return [[model.auc for model in models], last]

    assert parent.run(3).result() == [[0, 0.25, 0.5], 3] == parent(3)


@step
def numbers(n: int) -> list[int]:
    return list(range(n))


@workflow
def counting(n: int) -> list[int]:
    return numbers(n)


@workflow
def measured(things: list[int]) -> int:
    return plus(len(things))


def test_a_large_result_of_a_child_can_be_looked_into() -> None:
    """It travels as a reference, which no expression may take for the value."""

    @workflow
    def parent(n: int) -> Any:
        found = {}
        if n > 1:
            found = {"length": len(counting.run(n))}  # type: ignore[arg-type]
        try:
            given = counting.run(n)
            first = given[0]  # type: ignore[index]
        except LookupError:
            first = -1
        return [found, first, measured.run(numbers(n))]

    for n in (1, 20_000):
        assert parent.run(n).result() == parent(n)
    assert [step.name for step in parent.graph().steps.values() if step.glue and step.name == "output"] == [
        "output"
    ]


def test_a_result_that_is_small_or_only_passed_on_costs_no_step() -> None:
    @workflow
    def parent(n: int) -> Any:
        return [training.run(n).auc, measured.run(counting.run(n))]  # type: ignore[attr-defined, arg-type]

    assert "output" in parent.graph().steps

    @workflow
    def passing(n: int) -> Any:
        return [middle.run(n), constant(counting.run(n)), measured.run(numbers(n)) > 3]  # type: ignore[operator]

    assert "output" not in passing.graph().steps


def test_without_glue_a_large_result_is_not_looked_into() -> None:
    @workflow(glue=False)
    def parent(n: int) -> Any:
        return len(counting.run(n))  # type: ignore[arg-type]

    with pytest.raises(BodyError, match=r"what counting.run\(\) gives may be large"):
        parent.graph()


def test_events_of_children_are_told() -> None:
    told: list[str] = []

    def on_child_event(arn: str, event: Event) -> None:
        told.append(f"{arn.split(':')[6]} {event.type}")

    toolchain.run(middle, {"x": 1}, on_child_event=on_child_event)
    assert told[0] == "training ExecutionStarted"
    assert told[-1] == "training ExecutionSucceeded"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: training.run(), "missing a required argument: 'x'"),  # type: ignore[call-arg]
        (lambda: training.run(1, dya="x"), "unexpected keyword argument 'dya'"),  # type: ignore[call-arg]
        (lambda: training.run("one", 2), "'x' must be int, got 'one'; 'day' must be date, got 2"),  # type: ignore[arg-type]
    ],
)
def test_wrong_inputs_are_found_before_anything_runs(call: Any, message: str) -> None:
    @workflow
    def parent() -> Any:
        plus(1)
        return call()

    (found,) = parent.check()
    assert found.severity == "error"
    assert message in found.message
    assert str(found.where).startswith(__file__)


def test_two_children_of_one_name() -> None:
    def one(x: int) -> int:
        return plus(x)

    first, second = workflow(one, name="same"), workflow(one, name="same")  # type: ignore[call-overload]

    @workflow
    def parent(x: int) -> Any:
        return [first.run(x), second.run(x)]

    @workflow
    def indirect(x: int) -> Any:
        return [first.run(x), outer.run(x)]

    @workflow
    def outer(x: int) -> Any:
        return second.run(x)

    with pytest.raises(BodyError, match="two workflows are named 'same'"):
        parent.graph()
    with pytest.raises(BodyError, match="two workflows are named 'same'"):
        indirect.run(1)


def test_two_workflows_that_would_share_a_function() -> None:
    @step(memory="1GB")
    def b(x: int) -> int:
        return x

    child = workflow(lambda_free(b), name="a-b")  # type: ignore[call-overload]

    @workflow(name="a")
    def parent(x: int) -> Any:
        return [b(x), child.run(x)]

    with pytest.raises(BodyError, match="would have a Lambda function named 'a-b'"):
        parent.run(1)


def lambda_free(called: Any) -> Any:
    def body(x: int) -> int:
        return plus(called(x))

    return body


def test_start_goes_on_in_the_background(own_folder: Path) -> None:
    may_go = threading.Event()

    @step
    def held(x: int) -> int:
        assert may_go.wait(60)
        return x

    @workflow
    def slow(x: int) -> int:
        return held(x)

    assert slow.start(3) == "arn:aws:states:us-east-1:123456789012:execution:slow:slow-1"
    (thread,) = [t for t in threading.enumerate() if t.name == "slow"]
    may_go.set()
    thread.join()
    assert HistoryStore(own_folder / "executions.db").load("1").output == 3


def test_start_says_what_keeps_it_from_starting() -> None:
    @workflow
    def wrong(x: int) -> Any:
        return plus(y=x)  # type: ignore[call-arg]

    with pytest.raises(BodyError, match="missing a required argument: 'x'"):
        wrong.start(1)
