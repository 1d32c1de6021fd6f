from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowdeco.engine import TaskFailure
from flowdeco.errors import ExecutionFailed, Finding, FlowdecoError, InputError, Location
from flowdeco.history import ExecutionRecord, steps
from flowdeco.history.store import ExecutionSummary
from flowdeco.views.causes import Cause, cause_of
from flowdeco.views.events_text import events_text
from flowdeco.views.execution_text import execution_text, failed_arguments, steps_text, values_text
from flowdeco.views.executions_text import executions_text
from flowdeco.views.findings_text import error_text, findings_text
from flowdeco.views.places_text import file_text, place_text
from flowdeco.views.quantities_text import duration_text, line_text, moment_text, size_text, value_text
from flowdeco.views.table_text import table_text
from flowdeco.views.terminal import Style, can_write, is_live, style_of

PLAIN = Style()


class TestTerminal:
    class Screen(io.StringIO):
        encoding = "utf-8"  # type: ignore[assignment]

        def isatty(self) -> bool:
            return True

    @pytest.mark.parametrize(
        ("environ", "terminal", "expected"),
        [
            ({}, True, True),
            ({}, False, False),
            ({"TERM": "dumb"}, True, False),
            ({"NO_COLOR": "1"}, True, False),
            ({"NO_COLOR": ""}, True, True),
            ({"FORCE_COLOR": "1"}, False, True),
            ({"FORCE_COLOR": "0"}, True, False),
            ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ],
    )
    def test_colour(self, environ: dict[str, str], terminal: bool, expected: bool) -> None:
        stream = self.Screen() if terminal else io.StringIO()
        assert style_of(stream, environ) == Style(color=expected)

    def test_live(self) -> None:
        assert is_live(self.Screen(), {"FORCE_COLOR": "1"})
        assert not is_live(self.Screen(), {"TERM": "dumb"})
        closed = io.StringIO()
        closed.close()
        assert not is_live(closed, {})

    def test_encodings(self) -> None:
        def stream(encoding: str) -> Any:
            return io.TextIOWrapper(io.BytesIO(), encoding=encoding)

        assert can_write(stream("utf-8"), "├✓")
        assert not style_of(stream("ascii"), {}).unicode
        named: Any = type("S", (), {"encoding": "no such", "isatty": lambda self: False})()
        assert not can_write(named, "x")

    def test_nothing_is_painted_as_nothing(self) -> None:
        assert Style(color=True).paint("", "red") == ""


class TestQuantities:
    def test_durations(self) -> None:
        assert [duration_text(s) for s in (0, 0.05, 0.0999, 9.999, 59.96, 3599.6)] == [
            "<1 ms",
            "50 ms",
            "0.10 s",
            "10.0 s",
            "1 min 0 s",
            "1 h 0 min",
        ]

    def test_sizes(self) -> None:
        assert [size_text(n) for n in (0, 9_990, 999_600, 3_000_000_000, 5_000_000_000_000)] == [
            "0 bytes",
            "10 kB",
            "1.0 MB",
            "3.0 GB",
            "5.0 TB",
        ]
        assert size_text(25_000) == "25 kB"

    def test_moments(self) -> None:
        assert moment_text(0.0)[4] == "-"

    def test_values(self) -> None:
        assert value_text({"a": ["x" * 50]}, 10) == '{"a": ["xx… (dict of 1, 61 bytes)'
        assert value_text([1] * 50, 10) == "[1, 1, 1, … (list of 50, 150 bytes)"
        assert value_text("x" * 50, 10) == '"xxxxxxxxx… (52 bytes)'
        table = {
            "$type": "reference",
            "sha256": "0",
            "size": 1200,
            "codec": "parquet",
            "preview": "DataFrame 3 x 4",
        }
        assert value_text({"t": [table]}) == '{"t": [<DataFrame 3 x 4, 1.2 kB>]}'
        assert value_text(table | {"preview": ""}) == "<parquet, 1.2 kB>"

    def test_tagged_values_read_like_python(self) -> None:
        model = {"$type": "pipeline:Model", "name": "forest", "shape": {"$type": "tuple", "items": [3, 4]}}
        assert value_text(model) == 'Model(name="forest", shape=(3, 4))'
        assert value_text({"$type": "tuple", "items": [None]}) == "(null,)"
        assert value_text({"$type": "set", "items": [1, 2]}) == "{1, 2}"
        assert value_text({"$type": "set", "items": []}) == "set(items=[])"
        assert value_text([{"$type": "Path", "value": "out"}]) == '[Path("out")]'

    def test_lines(self) -> None:
        assert line_text("x" * 200, 10) == "xxxxxxxx …"
        assert line_text(" one ") == "one"


class TestPlaces:
    def test_from_the_current_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert place_text(Location(str(tmp_path / "p.py"), 3)) == "p.py:3"
        assert place_text(str(tmp_path / ".flowdeco" / "x")) == os.path.join(".flowdeco", "x")
        assert file_text(str(tmp_path.parent / "other.py")) == str(tmp_path.parent / "other.py")

    def test_without_a_current_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = tmp_path / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()
        assert file_text("p.py") == "p.py"
        monkeypatch.chdir(tmp_path)


def test_causes() -> None:
    body = json.dumps({"errorType": "E", "errorMessage": None, "stackTrace": ["a", 1]})
    assert cause_of("X", body) == Cause("E", "", ("a", "1"))
    assert cause_of("X", "words") == Cause("X", "words")
    assert cause_of(None, "[]") == Cause("unknown error", "[]")


def test_findings() -> None:
    found = [
        Finding("warning", "two\nlines", Location("/p.py", 3), "do\nthis"),
        Finding("info", "nothing more"),
    ]
    assert findings_text(found, PLAIN).splitlines() == [
        "/p.py:3: warning: two",
        "  lines",
        "  hint: do",
        "  this",
        "info: nothing more",
    ]
    assert "\x1b[33mwarning:\x1b[0m" in findings_text(found, Style(color=True))


def test_errors() -> None:
    findings = [Finding("error", "'day' is missing", "--day", "add --day"), Finding("warning", "odd")]
    assert error_text(InputError("inputs are wrong", findings), PLAIN).splitlines() == [
        "error: inputs are wrong",
        "  --day: 'day' is missing",
        "    hint: add --day",
        "  warning: odd",
    ]
    assert (
        error_text(FlowdecoError("no", location="States.A", hint="x"), PLAIN)
        == "error: States.A: no\n  hint: x"
    )


def test_tables() -> None:
    rows = [[("größe", "red"), ("1", "")], [("東京", ""), ("e\u0301", "")]]
    assert table_text(["a", "b"], rows, PLAIN).splitlines() == ["a      b", "größe  1", "東京   e\u0301"]
    assert "\x1b[31mgröße\x1b[0m  1" in table_text(["a", "b"], rows, Style(color=True))


def fail(payload: Any) -> Any:
    if payload["arguments"]["x"] == 2:
        body = {
            "errorType": "ValueError",
            "errorMessage": "no rows",
            "stackTrace": ['  File "p.py", line 3, in f\n'],
        }
        raise TaskFailure("ValueError", json.dumps(body))
    return 1


@pytest.fixture
def failed(execute: Callable[..., ExecutionRecord], task: Any, scope: Any) -> ExecutionRecord:
    """A Map over five items, the third of which fails; before it a step, a branch, a state of no work."""
    payload = {"step": "f", "arguments": {"x": "{% $states.input %}"}}
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, **scope({"F": task("f", payload)})}
    branches = [scope({"Left": task("ok")}), scope({"Right": {"Type": "Pass"}})]
    states = {
        "Both": {"Type": "Parallel", "Branches": branches},
        "Each": {"Type": "Map", "Items": [0, 1, 2, 3, 4], "MaxConcurrency": 1, "ItemProcessor": processor},
    }
    return execute(states, {"f": fail, "ok": lambda payload: payload}, input={"day": "2026-01-01"})


def why(record: ExecutionRecord, **fields: Any) -> ExecutionFailed:
    cause = cause_of(record.error, record.cause)
    return ExecutionFailed(
        f"step 'F' failed: {cause.line}",
        error=record.error,
        step="F",
        error_type=cause.type,
        error_message=cause.message,
        stack_trace=cause.frames,
        **fields,
    )


def page(record: ExecutionRecord, failure: ExecutionFailed | None = None, source: str = "/p.py") -> str:
    now = record.started + 60
    return execution_text(record, failure, PLAIN, source=source, path="/db", now=now)


class TestExecution:
    def test_a_failure(self, failed: ExecutionRecord) -> None:
        assert page(failed, why(failed, hint="try less")).splitlines() == [
            "album-1  FAILED  <1 ms",
            "workflow  album (/p.py)",
            f"started   {moment_text(failed.started)}",
            "recorded  /db",
            "",
            "inputs",
            '  day = "2026-01-01"',
            "",
            "step         attempts  time   status",
            "Left         1         <1 ms  succeeded",
            "Each         1         <1 ms  failed",
            "Each[0] › F  1         <1 ms  succeeded",
            "Each[1] › F  1         <1 ms  succeeded",
            "Each[2] › F  1         <1 ms  failed",
            "",
            "error: step 'F' failed: ValueError: no rows",
            "",
            "Traceback (most recent call last):",
            '  File "p.py", line 3, in f',
            "ValueError: no rows",
            "",
            "inputs of F",
            "  x = 2",
            "",
            "hint: try less",
        ]

    def test_many_stays_are_one_row(self, execute: Any, task: Any, scope: Any) -> None:
        processor = {"ProcessorConfig": {"Mode": "INLINE"}, **scope({"F": task("f"), "P": {"Type": "Pass"}})}
        each = {"Type": "Map", "Items": list(range(1000)), "ItemProcessor": processor}
        record = execute({"Each": each}, {"f": lambda payload: 1})
        assert steps_text(steps(record.events), PLAIN, 0.0).splitlines() == [
            "step                    attempts  time   status",
            "Each                    1         <1 ms  succeeded",
            "Each › F (1,000 times)  1,000     <1 ms  1,000 succeeded",
        ]

    def test_a_success(self, execute: Any, task: Any) -> None:
        record = execute(
            {"A": task("f", Output="{% $states.result.Payload %}")}, {"f": lambda payload: [1, 2]}
        )
        text = page(record, source="")
        assert text.splitlines()[:2] == ["album-1  SUCCEEDED  <1 ms", "workflow  album"]
        assert text.endswith("\n\noutput\n  [1, 2]")
        assert "inputs" not in text

    def test_one_that_is_running(self, execute: Any) -> None:
        done = execute({"W": {"Type": "Wait", "Seconds": 5}}, {})
        fields = {name: getattr(done, name) for name in ExecutionRecord.__dataclass_fields__}
        running = ExecutionRecord(
            **fields | {"status": "RUNNING", "stopped": None, "events": done.events[:2]}
        )
        assert page(running).splitlines()[0] == "album-1  RUNNING  1 min 0 s"
        assert page(running).endswith("W     1         1 min 0 s  running")

    def test_without_steps(self, execute: Any) -> None:
        record = execute({"No": {"Type": "Pass"}}, {}, input=[1])
        assert page(record).splitlines()[4:] == ["", "inputs", "  [1]", "", "output", "  [1]"]

    def test_failures_of_other_kinds(self, execute: Any, task: Any) -> None:
        wrong = execute({"A": task("f", "{% $states.input.nothing %}")}, {"f": lambda payload: 1})
        assert failed_arguments(wrong) is None
        assert page(wrong, why(wrong)).splitlines()[-1].startswith("error: step 'F' failed: States.Query")
        bare = execute({"A": task("f", {"x": 1})}, {"f": lambda payload: 1 / 0})
        assert failed_arguments(bare) == {"FunctionName": "f", "Payload": {"x": 1}}
        assert values_text("inputs", failed_arguments(bare), PLAIN).splitlines()[1] == '  FunctionName = "f"'
        arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
        direct = execute(
            {"A": {"Type": "Task", "Resource": arn}}, {"f": lambda payload: 1 / 0}, input={"x": 1}
        )
        assert failed_arguments(direct) == {"x": 1}
        silent = ExecutionFailed("execution 'album-1' was stopped", stack_trace=["x"], error="States.Timeout")
        assert "States.Timeout" in page(bare, silent)


def test_the_list_of_executions() -> None:
    def row(number: int, status: Any, stopped: float | None, error: str | None = None) -> ExecutionSummary:
        return ExecutionSummary(
            number, f"album-{number}", "album", status, 10.0, stopped, error, "p.py", 1, "here"
        )

    rows = [row(3, "RUNNING", None), row(2, "ABORTED", None), row(1, "FAILED", 12.0, "ValueError")]
    lines = executions_text(rows, PLAIN, 11.0).splitlines()
    moment = moment_text(10.0)
    assert lines == [
        f"name     status   started{' ' * (len(moment) - 7)}  time    error",
        f"album-3  RUNNING  {moment}  1.00 s",
        f"album-2  ABORTED  {moment}",
        f"album-1  FAILED   {moment}  2.00 s  ValueError",
    ]


def test_the_history(failed: ExecutionRecord) -> None:
    lines = events_text(failed.events, PLAIN).splitlines()
    assert lines[0].split() == ["id", "after", "seconds", "type", "details"]
    assert lines[1].split()[:4] == ["1", "0", "0.000", "ExecutionStarted"]
    assert len(lines) == len(failed.events) + 1
    assert events_text([], PLAIN).split() == ["id", "after", "seconds", "type", "details"]
    assert "\x1b[31mExecutionFailed\x1b[0m" in events_text(failed.events, Style(color=True))
