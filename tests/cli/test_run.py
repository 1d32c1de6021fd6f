from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from flowdeco.cli.answers import is_json, result_text
from flowdeco.history.store import HistoryStore


def lines(text: str) -> list[str]:
    return [line.split(" in ")[0] for line in text.splitlines()]


class TestResults:
    def test_progress_on_stderr_and_the_result_on_stdout(self, flowdeco: Any) -> None:
        done = flowdeco("run", "pipeline.py", "--label", "ä")
        assert done.code == 0
        text = done.out.removeprefix("loading 2\n")
        assert json.loads(text) == {"label": "ä", "total": -1.5}
        assert text == '{\n  "label": "ä",\n  "total": -1.5\n}\n'
        assert lines(done.err) == [
            "load  started",
            "load  succeeded",
            "inverted  started, 2 items",
            "inverted  succeeded",
            "total  started",
            "total  succeeded",
            f"recorded in {Path('.flowdeco/executions.db')}: flowdeco show pipeline-1".split(" in ")[0],
        ]
        assert done.err.endswith(".flowdeco/executions.db: flowdeco show pipeline-1\n")

    def test_quiet(self, flowdeco: Any) -> None:
        done = flowdeco("run", "pipeline.py", "--quiet", "--n", "0")
        assert (done.code, done.err) == (0, "")

    def test_nothing_is_no_result(self, flowdeco: Any, write: Any) -> None:
        write("none.py", "@step\ndef f(): ...\n@workflow\ndef w(): f()\n")
        done = flowdeco("run", "none.py")
        assert (done.code, done.out) == (0, "")

    def test_one_json_document(self, flowdeco: Any) -> None:
        done = flowdeco("run", "pipeline.py", "--json", "--workers", "2")
        document = json.loads(done.out)
        assert done.code == 0
        steps = document.pop("steps")
        assert document.pop("stopped") >= document.pop("started")
        assert Path(document.pop("recorded")).exists()
        assert document == {
            "name": "pipeline-1",
            "status": "SUCCEEDED",
            "output": {"label": "x", "total": -1.5},
            "error": None,
            "cause": None,
            "step": None,
        }
        assert [(s["name"], s["status"], s["path"]) for s in steps] == [
            ("load", "SUCCEEDED", []),
            ("inverted", "SUCCEEDED", []),
            ("invert", "SUCCEEDED", ["inverted[0]"]),
            ("invert", "SUCCEEDED", ["inverted[1]"]),
            ("total", "SUCCEEDED", []),
        ]
        assert "loading 2" in done.err, "what steps print is not in the document"

    def test_results_that_json_does_not_know(self, flowdeco: Any, write: Any) -> None:
        write("rich_result.py", "@step\ndef f(): return (1, 2)\n@workflow\ndef w(): return f()\n")
        assert flowdeco("run", "rich_result.py").out == "(1, 2)\n"
        output = json.loads(flowdeco("run", "rich_result.py", "--json").out)["output"]
        assert output["$type"] == "tuple"

    def test_a_large_result_is_whole(self, flowdeco: Any, write: Any) -> None:
        write("large.py", "@step\ndef f(): return ['x' * 100] * 10000\n@workflow\ndef w(): return f()\n")
        assert len(json.loads(flowdeco("run", "large.py", "--json").out)["output"]) == 10000

    def test_texts(self) -> None:
        class Odd:
            def __repr__(self) -> str:
                raise ValueError("no")

        assert result_text({1: "a"}) == "{1: 'a'}"
        assert result_text(float("nan")) == "nan"
        assert result_text(Odd()) == "<Odd, whose repr raised ValueError: no>"
        assert not is_json([1, {"a": (1,)}])
        assert is_json([True, None, 1.5, {"a": []}])


class TestInputs:
    def test_wrong_inputs_run_nothing(self, flowdeco: Any, folder: Path) -> None:
        done = flowdeco("run", "pipeline.py", "--n", "many", "--lable", "x")
        assert done.code == 2
        assert "2 inputs of workflow 'pipeline' are wrong" in done.err
        assert "did you mean '--label'?" in done.err
        assert "'n' must be int, got 'many'" in done.err
        assert not (folder / ".flowdeco").exists()

    def test_wrong_inputs_in_json(self, flowdeco: Any) -> None:
        done = flowdeco("run", "pipeline.py", "--n", "many", "--json")
        document = json.loads(done.out)
        assert done.code == 2
        assert (document["name"], document["status"], document["error"]) == (None, None, "InputError")
        assert "'n' must be int" in document["cause"]
        assert document["where"].endswith("pipeline.py:21")
        assert "'n' must be int" in done.err
        quiet = flowdeco("run", "pipeline.py", "--n", "many", "--json", "--quiet")
        assert quiet.err == ""
        missing = flowdeco("run", "nothing.py", "--json")
        assert (missing.code, json.loads(missing.out)["error"]) == (2, "LoadError")

    def test_a_file_of_inputs(self, flowdeco: Any, folder: Path) -> None:
        (folder / "inputs.json").write_text('{"n": 1, "label": "file"}', encoding="utf-8-sig")
        done = flowdeco("run", "pipeline.py", "--input", "inputs.json", "--label", "option", "--quiet")
        assert '"label": "option"' in done.out
        assert '"total": -0.5' in done.out

    def test_inputs_from_stdin(self, flowdeco: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO('{"label": "stdin"}'))
        assert '"label": "stdin"' in flowdeco("run", "pipeline.py", "--input", "-", "--quiet").out

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (None, "cannot be read: No such file"),
            (b"\xff\xfe", "cannot be read: it is not UTF-8 text"),
            (b"{", "not JSON"),
            (b'{"m": 1}', "'m' is no input"),
        ],
    )
    def test_files_that_hold_no_inputs(
        self, flowdeco: Any, folder: Path, content: bytes | None, message: str
    ) -> None:
        if content is not None:
            (folder / "inputs.json").write_bytes(content)
        done = flowdeco("run", "pipeline.py", "--input", "inputs.json")
        assert done.code == 2
        assert message in done.err
        assert "inputs.json" in done.err

    def test_inputs_that_flowdeco_has_as_options(self, flowdeco: Any, write: Any) -> None:
        write(
            "clash.py",
            "@step\ndef f(x: str): return x\n@workflow\ndef w(json: str, quiet: bool = False): return f(json)\n",
        )
        assert flowdeco("run", "clash.py", "--", "--json", "mine").out == "mine\n"
        done = flowdeco("run", "clash.py", "--quiet")
        assert done.code == 2
        assert "--json is an option of flowdeco's own: write the workflow's after `--`" in done.err
        text = flowdeco("run", "clash.py", "--help").out
        assert (
            "--json is also an option of flowdeco: write the workflow's after --, as in -- --json VALUE"
            in text
        )

    def test_help_lists_the_inputs(self, flowdeco: Any, write: Any) -> None:
        text = flowdeco("run", "pipeline.py", "--help").out
        assert "Adds up inverses." in text
        assert "--n      int  how many numbers  [default 2]" in text
        assert "--label  str  [default 'x']" in text
        assert text.endswith("Example:\n  flowdeco run pipeline.py --n 2\n")
        write(
            "typed.py",
            "from datetime import date\n@step\ndef f(*x): ...\n"
            "@workflow\ndef w(day: date, lrs: list[float], publish: bool): f(day)\n",
        )
        text = flowdeco("run", "typed.py", "--help").out
        assert "[required, may be repeated]" in text
        assert "--lrs VALUE --no-publish" in text
        write("no_inputs.py", "@step\ndef f(): ...\n@workflow\ndef w():\n    f()\n")
        assert flowdeco("run", "no_inputs.py", "--help").out.endswith("Inputs of w: none\n")
        assert "--input FILE" in flowdeco("run", "--help").out


class TestFailures:
    def test_what_a_failure_shows(self, flowdeco: Any, folder: Path) -> None:
        done = flowdeco("run", "pipeline.py", "--n", "3")
        assert done.code == 1
        assert done.out == "loading 3\n"
        assert "inverted  failed after " in done.err
        assert "error: step 'invert' failed: ZeroDivisionError: division by zero\n" in done.err
        assert f'  File "{folder / "pipeline.py"}", line 13, in invert\n    return 1 / (x - 2)\n' in done.err
        assert "\nZeroDivisionError: division by zero\n\ninputs of invert\n  x = 2\n" in done.err
        assert done.err.endswith("flowdeco show pipeline-1\n")

    def test_in_json(self, flowdeco: Any) -> None:
        done = flowdeco("run", "pipeline.py", "--n", "3", "--json")
        document = json.loads(done.out)
        assert done.code == 1
        assert (document["status"], document["step"], document["error"]) == (
            "FAILED",
            "invert",
            "ZeroDivisionError",
        )
        assert "error: step 'invert' failed" in done.err
        quiet = flowdeco("run", "pipeline.py", "--n", "3", "--json", "--quiet")
        assert quiet.err == "loading 3\n"

    def test_what_cannot_be_traced(self, flowdeco: Any, write: Any) -> None:
        write("untraced.py", "@step\ndef f(x): return x\n@workflow\ndef w(n: int):\n    return f(n + 'a')\n")
        done = flowdeco("run", "untraced.py", "--n", "3")
        assert done.code == 1
        assert done.err.startswith("error: untraced.py:6: ")
        assert "Traceback" not in done.err
        assert "Traceback" in flowdeco("run", "untraced.py", "--n", "3", "--debug").err

    def test_a_step_that_exits(self, flowdeco: Any, write: Any) -> None:
        write("exits.py", "import sys\n@step\ndef f(): sys.exit(3)\n@workflow\ndef w(): f()\n")
        done = flowdeco("run", "exits.py")
        assert done.code == 1
        assert "hint: a step must return or raise, not end its process" in done.err

    def test_a_record_that_cannot_be_kept_costs_no_result(self, flowdeco: Any, folder: Path) -> None:
        (folder / ".flowdeco").mkdir()
        (folder / ".flowdeco" / "executions.db").mkdir()
        done = flowdeco("run", "pipeline.py", "--quiet")
        assert done.code == 0
        assert '"total": -1.5' in done.out
        assert "this execution is not recorded: " in done.err


INTERRUPTED = """
import os, signal, threading
@step
def f():
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(60)
@step
def g():
    threading.Event().wait(60)
@workflow
def alone(): f()
@workflow
def together():
    a = f()
    b = g()
    return [a, b]
if __name__ == "__main__":
    main()
"""


class TestInterruptions:
    @pytest.mark.parametrize(
        "options", [["alone"], ["together"], ["alone", "--inline"], ["together", "--quiet"]]
    )
    def test_the_execution_is_recorded_as_aborted(
        self, write: Any, python: Any, folder: Path, options: list[str]
    ) -> None:
        write("stopped.py", INTERRUPTED)
        done = python("stopped.py", "run", "--workflow", *options)
        assert done.code == 130, done.err
        assert "interrupted" in done.err
        assert "Traceback" not in done.err
        assert ("python stopped.py show" in done.err) == ("--quiet" not in options)
        (row,) = HistoryStore(folder / ".flowdeco" / "executions.db").list()
        assert (row.status, row.stopped is not None) == ("ABORTED", True)

    def test_in_this_process_and_in_json(self, write: Any, flowdeco: Any) -> None:
        write(
            "stopped_here.py",
            INTERRUPTED.replace("os.kill(os.getpid(), signal.SIGINT)", "raise KeyboardInterrupt"),
        )
        done = flowdeco("run", "stopped_here.py:alone", "--json")
        assert done.code == 130
        assert json.loads(done.out)["status"] == "ABORTED"

    def test_without_a_record(self, write: Any, flowdeco: Any, folder: Path) -> None:
        write(
            "stopped_lost.py",
            INTERRUPTED.replace("os.kill(os.getpid(), signal.SIGINT)", "raise KeyboardInterrupt"),
        )
        (folder / ".flowdeco").mkdir()
        (folder / ".flowdeco" / "executions.db").mkdir()
        done = flowdeco("run", "stopped_lost.py:alone", "--json")
        assert (done.code, done.out) == (130, "")

    def test_before_anything_is_recorded(self, write: Any, flowdeco: Any) -> None:
        write("stopped_early.py", "@step\ndef f(): ...\n@workflow\ndef w():\n    raise KeyboardInterrupt\n")
        done = flowdeco("run", "stopped_early.py")
        assert (done.code, done.err) == (130, "interrupted\n")


class TestTerminals:
    def test_live_progress_in_colour(self, on_terminal: Any) -> None:
        done = on_terminal("pipeline.py", "run")
        assert done.code == 0
        assert "\x1b[32m✓\x1b[0m \x1b[1mload\x1b[0m  \x1b[32msucceeded\x1b[0m in " in done.out
        assert '"total": -1.5' in done.out
        assert done.out.count("\x1b[?25l") == done.out.count("\x1b[?25h")

    def test_without_colour(self, on_terminal: Any) -> None:
        done = on_terminal("pipeline.py", "run", environ={"NO_COLOR": "1"})
        assert "✓ load  succeeded in " in done.out

    def test_a_dumb_one(self, on_terminal: Any) -> None:
        done = on_terminal("pipeline.py", "run", environ={"TERM": "dumb"})
        assert done.out.startswith("load  started")
        assert "\x1b" not in done.out

    def test_inline_leaves_the_terminal_to_the_debugger(self, on_terminal: Any) -> None:
        done = on_terminal("pipeline.py", "run", "--inline")
        assert "load\x1b[0m  started" in done.out
        assert "\x1b[?25l" not in done.out
