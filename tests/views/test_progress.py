from __future__ import annotations

import io
from typing import Any

import pytest

from flowdeco.engine import TaskFailure
from flowdeco.history import Event
from flowdeco.views.causes import cause_of
from flowdeco.views.progress import Line, Progress
from flowdeco.views.progress_plain import PlainDisplay
from flowdeco.views.progress_text import ended_text, items_text, mark
from flowdeco.views.terminal import Style


class Told:
    """A display that remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[Any, ...]] = []
        self.counts = 0
        self.closed = False

    def began(self, line: Line) -> None:
        self.lines.append(("began", line.name, line.attempts))

    def counted(self, line: Line) -> None:
        self.counts += 1

    def ended(self, line: Line) -> None:
        self.lines.append(("ended", line.name, line.status))

    def close(self) -> None:
        self.closed = True


def fail(payload: Any) -> Any:
    raise TaskFailure("Bad", '{"errorType": "Bad", "errorMessage": "no rows"}')


def same(payload: Any) -> Any:
    return payload


class Flaky:
    """Fails so many times, then succeeds."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __call__(self, payload: Any) -> Any:
        self.times -= 1
        return fail(payload) if self.times >= 0 else payload


RETRY = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 3}]
CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "After"}]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def watch(told: Told, execute: Any) -> Any:
    """Runs states under the eyes of a Progress and returns what its display was told."""

    def run(states: dict[str, Any], handlers: dict[str, Any], **more: Any) -> list[tuple[Any, ...]]:
        with Progress(told) as progress:
            execute(states, handlers, on_event=progress, on_child_event=progress.child, **more)
        assert told.closed
        return told.lines

    return run


def test_steps_begin_and_end_and_what_only_gives_shape_is_left_out(watch: Any, task: Any, scope: Any) -> None:
    states = {
        "Shape": {"Type": "Pass"},
        "Both": {
            "Type": "Parallel",
            "Branches": [scope({"A": task("same")}), scope({"Wait": {"Type": "Wait", "Seconds": 5}})],
        },
        "B": task("same"),
    }
    assert watch(states, {"same": same}) == [
        ("began", "A", 1),
        ("ended", "A", "SUCCEEDED"),
        ("began", "Wait", 1),
        ("ended", "Wait", "SUCCEEDED"),
        ("began", "B", 1),
        ("ended", "B", "SUCCEEDED"),
    ]


def test_attempts_are_counted(watch: Any, task: Any) -> None:
    lines = watch({"A": task("flaky", Retry=RETRY)}, {"flaky": Flaky(2)})
    assert lines == [("began", "A", 1), ("began", "A", 2), ("began", "A", 3), ("ended", "A", "SUCCEEDED")]


def test_a_failure_ends_everything(watch: Any, task: Any, scope: Any) -> None:
    branches = [scope({"Slow": {"Type": "Wait", "Seconds": 9}}), scope({"Bad": task("fail")})]
    lines = watch({"Both": {"Type": "Parallel", "Branches": branches}}, {"fail": fail})
    assert sorted(lines[2:]) == [("ended", "Bad", "FAILED"), ("ended", "Slow", "ABORTED")]


def test_a_failure_that_is_caught(watch: Any, task: Any, scope: Any) -> None:
    nested = {"Type": "Parallel", "Branches": [scope({"Bad": task("fail")})]}
    states = {
        "A": task("fail", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Both"}]),
        "Both": {"Type": "Parallel", "Branches": [scope({"Nested": nested})], "Catch": CATCH},
        "After": task("same"),
    }
    assert watch(states, {"fail": fail, "same": same}) == [
        ("began", "A", 1),
        ("ended", "A", "CAUGHT"),
        ("began", "Bad", 1),
        ("ended", "Bad", "FAILED"),
        ("began", "After", 1),
        ("ended", "After", "SUCCEEDED"),
    ]


def test_a_time_out_of_the_whole(watch: Any) -> None:
    lines = watch({"W": {"Type": "Wait", "Seconds": 9}}, {}, TimeoutSeconds=3)
    assert lines == [("began", "W", 1), ("ended", "W", "TIMED_OUT")]


def test_a_fail_state(watch: Any) -> None:
    lines = watch({"No": {"Type": "Fail", "Error": "E", "Cause": "why"}}, {})
    assert lines == [("began", "No", 1), ("ended", "No", "FAILED")]


def test_an_expression_that_fails(watch: Any, task: Any) -> None:
    lines = watch({"A": task("same", "{% $states.input.nothing %}")}, {"same": same})
    assert lines == [("ended", "A", "FAILED")]


def mapped(scope: Any, states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, **scope(states)}
    return {
        "Type": "Map",
        "Items": "{% $states.context.Execution.Input.items %}",
        "ItemProcessor": processor,
    } | fields


def test_a_map_is_one_line(watch: Any, task: Any, scope: Any, told: Told) -> None:
    inner = mapped(scope, {"C": task("same")}, Items=[1, 2])
    lines = watch(
        {"Each": mapped(scope, {"A": task("same"), "Inner": inner})},
        {"same": same},
        input={"items": [1, 2, 3]},
    )
    assert lines == [("began", "Each", 1), ("ended", "Each", "SUCCEEDED")]
    assert told.counts == 3


def test_a_map_that_takes_turns(watch: Any, task: Any, scope: Any, told: Told) -> None:
    lines = watch(
        {"Each": mapped(scope, {"A": task("same")}, MaxConcurrency=1)},
        {"same": same},
        input={"items": [1, 2, 3]},
    )
    assert lines == [("began", "Each", 1), ("ended", "Each", "SUCCEEDED")]
    assert told.counts == 3


def test_an_empty_map(watch: Any, task: Any, scope: Any) -> None:
    lines = watch({"Each": mapped(scope, {"A": task("same")})}, {"same": same}, input={"items": []})
    assert lines == [("began", "Each", 1), ("ended", "Each", "SUCCEEDED")]


@pytest.mark.parametrize(
    ("fields", "times", "end"),
    [
        ({}, 9, [("ended", "Each", "FAILED")]),
        ({"Retry": RETRY}, 1, [("began", "Each", 2), ("ended", "Each", "SUCCEEDED")]),
        (
            {"Catch": CATCH, "Next": "After"},
            9,
            [("ended", "Each", "CAUGHT"), ("began", "After", 1), ("ended", "After", "SUCCEEDED")],
        ),
    ],
)
def test_a_map_with_a_bad_item(
    watch: Any, task: Any, scope: Any, fields: dict[str, Any], times: int, end: list[Any]
) -> None:
    states = {"Each": mapped(scope, {"A": task("flaky"), "B": {"Type": "Wait", "Seconds": 5}}, **fields)}
    if "Catch" in fields:
        states["After"] = task("same")
    lines = watch(states, {"flaky": Flaky(times), "same": same}, input={"items": [1, 2]})
    assert lines == [("began", "Each", 1), *end]


def test_a_map_in_a_branch_is_cut_off(watch: Any, task: Any, scope: Any) -> None:
    each = mapped(scope, {"Wait": {"Type": "Wait", "Seconds": "{% $states.input %}"}}, MaxConcurrency=1)
    bad = {"First": {"Type": "Wait", "Seconds": 5}, "Bad": task("fail")}
    branches = [scope({"Each": each}), scope(bad)]
    lines = watch(
        {"Both": {"Type": "Parallel", "Branches": branches}}, {"fail": fail}, input={"items": [1, 60]}
    )
    assert ("ended", "Each", "ABORTED") in lines
    assert ("ended", "Bad", "FAILED") in lines


def test_a_map_fails_on_what_no_iteration_can_catch(watch: Any, scope: Any, task: Any) -> None:
    """A history that is full ends the execution from inside the iteration."""
    lines = watch(
        {"Each": mapped(scope, {"A": task("same")}, MaxConcurrency=1)},
        {"same": same},
        input={"items": list(range(5000))},
    )
    assert lines == [("began", "Each", 1), ("ended", "Each", "FAILED")]


def test_a_distributed_map_counts_its_children(watch: Any, task: Any, scope: Any, told: Told) -> None:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        **scope({"A": task("flaky")}),
    }
    each = {
        "Type": "Map",
        "Items": [1, 2, 3],
        "ItemProcessor": processor,
        "Label": "each",
        "MaxConcurrency": 1,
        "ToleratedFailureCount": 1,
    }
    lines = watch({"Each": each}, {"flaky": Flaky(1)})
    assert lines == [("began", "Each", 1), ("ended", "Each", "SUCCEEDED")]
    assert told.counts == 3


def test_events_of_nobody_known() -> None:
    """A history may be watched from its middle."""
    told = Told()
    progress = Progress(told)
    for event in (
        Event(7, 6, "TaskSucceeded", 1.0),
        Event(8, 7, "TaskStateExited", 1.0, {"name": "A"}),
        Event(9, 8, "MapIterationStarted", 1.0, {"name": "Each", "index": 0}),
        Event(10, 9, "ExecutionSucceeded", 1.0),
    ):
        progress(event)
    progress.child("arn:aws:states:r:a:execution:m/Label:x", Event(1, 0, "ExecutionSucceeded", 1.0))
    progress.child("no arn", Event(1, 0, "ExecutionSucceeded", 1.0))
    assert told.lines == []


class TestPlain:
    def plain(self, execute: Any, states: dict[str, Any], handlers: dict[str, Any], **more: Any) -> list[str]:
        stream = io.StringIO()
        with Progress(PlainDisplay(stream, Style())) as progress:
            execute(states, handlers, on_event=progress, **more)
        return stream.getvalue().splitlines()

    def test_lines(self, execute: Any, task: Any, scope: Any) -> None:
        each = mapped(scope, {"Wait": {"Type": "Wait", "Seconds": 6}}, MaxConcurrency=1)
        states = {"A": task("flaky", Retry=RETRY), "Each": each, "B": task("fail")}
        handlers = {"flaky": Flaky(1), "fail": fail}
        assert self.plain(execute, states, handlers, input={"items": [1, 2, 3]}) == [
            "A  started",
            "A  attempt 2 (Bad: no rows)",
            "A  succeeded in 2 attempts, 1.00 s",
            "Each  started, 3 items",
            "Each  2 of 3 items",
            "Each  succeeded in 18.0 s, 3 items",
            "B  started",
            "B  failed after <1 ms: Bad: no rows",
        ]

    def test_an_attempt_without_a_known_cause(self) -> None:
        stream = io.StringIO()
        PlainDisplay(stream, Style(color=True)).began(Line("A", "Task", 0.0, 0.0, attempts=2))
        assert stream.getvalue() == "\x1b[1mA\x1b[0m  attempt 2\n"

    def test_a_stream_without_the_characters(self) -> None:
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        display = PlainDisplay(stream, Style())
        display.began(Line("größe", "Task", 0.0, 0.0, attempts=1))
        display.close()
        assert stream.buffer.getvalue() == b"gr\\xf6\\xdfe  started\n"  # type: ignore[attr-defined]

    def test_a_stream_nobody_reads(self) -> None:
        stream = io.TextIOWrapper(io.BytesIO())
        display = PlainDisplay(stream, Style())
        stream.detach()
        display.ended(Line("A", "Task", 0.0, 0.0, status="FAILED"))
        display.close()


class TestText:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"status": "SUCCEEDED"}, "succeeded in 1.50 s"),
            ({"status": "ABORTED"}, "was stopped after 1.50 s"),
            ({"status": "TIMED_OUT"}, "was cut off after 1.50 s"),
            (
                {"status": "CAUGHT", "cause": cause_of("E", "why")},
                "failed, and was caught, after 1.50 s: E: why",
            ),
            (
                {
                    "status": "FAILED",
                    "attempts": 3,
                    "total": 10,
                    "done": 4,
                    "failed": 1,
                    "cause": cause_of("E", None),
                },
                "failed after 3 attempts, 1.50 s, 4 of 10 items, 1 failed: E",
            ),
        ],
    )
    def test_ends(self, fields: dict[str, Any], expected: str) -> None:
        assert ended_text(Line("A", "Task", 1.0, 2.5, **fields), Style()) == expected

    def test_items(self) -> None:
        assert items_text(Line("A", "Map", 0.0, 0.0)) == "0 items"
        assert items_text(Line("A", "Map", 0.0, 0.0, total=1)) == "1 item"
        assert items_text(Line("A", "Map", 0.0, 0.0, total=2000, done=1500)) == "1,500 of 2,000 items"

    def test_marks(self) -> None:
        line = Line("A", "Task", 0.0, 0.0, status="FAILED")
        assert mark(line, Style()) == "✗"
        assert mark(line, Style(unicode=False)) == "x"
