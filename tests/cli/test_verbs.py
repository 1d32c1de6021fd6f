from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flowdeco.history.store import HistoryStore

BROKEN = """
@step
def f(x: int): return x
@workflow
def good(n: int): return f(n)
@workflow
def bad(n: int): return f(n + "a")
@workflow
def worse(n: int):
    return f()
"""

GLUE = """
@step
def f(x: int): return x
@workflow
def noisy(n: int):
    print(n)
    return f(n)
"""


class TestCheck:
    def test_nothing_found(self, flowdeco: Any) -> None:
        done = flowdeco("check", "pipeline.py")
        assert done.code == 0, done
        assert "pipeline: " in done.err
        assert "error" not in done.out

    def test_every_finding_of_every_workflow(self, flowdeco: Any, write: Any) -> None:
        write("broken.py", BROKEN)
        done = flowdeco("check", "broken.py")
        assert done.code == 1
        assert "broken.py:8: error: " in done.out
        assert "broken.py:11: error: " in done.out
        assert done.err.startswith("good, bad, worse: 2 errors")
        assert flowdeco("check", "broken.py:good").code == 0

    def test_json(self, flowdeco: Any, write: Any) -> None:
        write("broken.py", BROKEN)
        first, second = (
            f for f in json.loads(flowdeco("check", "broken.py", "--json").out) if f["severity"] == "error"
        )
        assert (first["workflow"], first["where"]["line"]) == ("bad", 8)
        assert set(second) == {"workflow", "severity", "message", "where", "hint", "code"}
        assert flowdeco("check", "broken.py:good", "--json").out.startswith("[")

    def test_a_glue_call_is_told_with_its_price(self, flowdeco: Any, write: Any) -> None:
        write("glue.py", GLUE)
        done = flowdeco("check", "glue.py")
        assert done.code == 0
        assert (
            "glue.py:7: info: print() is a glue call, run as a step: print() is there for its effect; "
            "1 more state transition ($0.025 per 1,000 executions)\n"
            "  hint: without a glue call: print inside a step: it goes to the same log\n"
        ) in done.out
        assert done.err == "noisy: 1 remark\n"

    def test_explain(self, flowdeco: Any, write: Any) -> None:
        write("glue.py", GLUE)
        done = flowdeco("check", "glue.py", "--explain")
        assert (
            "6  def noisy(n: int):\n7      print(n)     │ glue print() in state 'print()', +1: " in done.out
        )
        assert "every path: 2" in done.out
        assert done.out.index("every path") < done.out.index("info: ")
        (told,) = json.loads(flowdeco("check", "glue.py", "--explain", "--json").out)["explained"]
        assert told["workflow"] == "noisy"
        assert told["paths"][0]["cost"] == {"fixed": 2, "repeated": [], "text": "2"}

    def test_explain_tells_what_compiles(self, flowdeco: Any, write: Any) -> None:
        write("broken.py", BROKEN)
        done = flowdeco("check", "broken.py", "--explain")
        assert done.code == 1
        assert "def good(n: int): return f(n)" in done.out
        assert done.err.startswith("good, bad, worse: 2 errors")


class TestAsl:
    def test_the_definition(self, flowdeco: Any, folder: Path) -> None:
        done = flowdeco("asl", "pipeline.py")
        assert json.loads(done.out)["StartAt"] == "load"
        assert flowdeco("asl", "pipeline.py", "-o", "machine.json").out == ""
        assert (folder / "machine.json").read_text() == done.out
        again = flowdeco("asl", "pipeline.py", "-o", "nowhere/machine.json")
        assert again.code == 1
        assert again.err.startswith("error: nowhere/machine.json: the file cannot be written: No such")


class TestGraph:
    def test_as_text_and_as_flowchart(self, flowdeco: Any) -> None:
        assert "├─ inverted: for each x in load" in flowdeco("graph", "pipeline.py").out
        assert flowdeco("graph", "pipeline.py", "--mermaid").out.startswith("flowchart TD\n")


class TestRuns:
    def test_none_yet(self, flowdeco: Any) -> None:
        done = flowdeco("runs")
        assert (done.code, done.out) == (0, "")
        assert "no execution is recorded in" in done.err
        assert "no execution of that kind is recorded" in flowdeco("runs", "--status", "failed").err
        assert json.loads(flowdeco("runs", "--json").out) == []

    def test_the_last_comes_first(self, flowdeco: Any) -> None:
        for n in (1, 2, 3):
            flowdeco("run", "pipeline.py", "--n", n, "--quiet")
        rows = flowdeco("runs").out.splitlines()
        assert [row.split()[:2] for row in rows] == [
            ["name", "status"],
            ["pipeline-3", "FAILED"],
            ["pipeline-2", "SUCCEEDED"],
            ["pipeline-1", "SUCCEEDED"],
        ]
        assert rows[1].endswith("ZeroDivisionError")

        def names(*options: str) -> list[str]:
            return [row["name"] for row in json.loads(flowdeco("runs", "--json", *options).out)]

        assert names("--limit", "2") == ["pipeline-3", "pipeline-2"]
        assert len(names("--limit", "0")) == 3
        assert names("--status", "failed") == ["pipeline-3"]
        assert names("--workflow", "other") == []


class TestShow:
    def test_none_yet(self, flowdeco: Any) -> None:
        done = flowdeco("show")
        assert (done.code, done.out) == (0, "")
        assert "no execution is recorded in" in done.err
        assert flowdeco("show", "3").code == 1

    def test_one(self, flowdeco: Any) -> None:
        flowdeco("run", "pipeline.py", "--quiet")
        flowdeco("run", "pipeline.py", "--quiet", "--n", "3")
        text = flowdeco("show", "1").out
        assert text.startswith("pipeline-1  SUCCEEDED")
        assert "workflow  pipeline (pipeline.py)" in text
        assert "inverted[1] › invert  1" in text
        assert 'output\n  {"label": "x", "total": -1.5}\n' in text
        last = flowdeco("show").out
        assert last.startswith("pipeline-2  FAILED")
        assert "inputs of invert\n  x = 2" in last
        assert "line 13, in invert" in last
        assert "did you mean 'pipeline-1'?" in flowdeco("show", "pipelin-1").err

    def test_events(self, flowdeco: Any) -> None:
        flowdeco("run", "pipeline.py", "--quiet")
        text = flowdeco("show", "--events").out
        assert "ExecutionStarted" in text
        assert "MapIterationSucceeded" in text

    def test_json(self, flowdeco: Any, folder: Path) -> None:
        flowdeco("run", "pipeline.py", "--quiet", "--n", "3")
        document = json.loads(flowdeco("show", "1", "--json").out)
        assert (document["status"], document["step"], document["input"]) == (
            "FAILED",
            "invert",
            {"n": 3, "label": "x"},
        )
        assert document["events"][0]["type"] == "ExecutionStarted"

    def test_one_that_is_running(self, flowdeco: Any, folder: Path) -> None:
        store = HistoryStore(folder / ".flowdeco" / "executions.db")
        store.begin("album", "album.py", {"day": 1}, 0.0, {})
        assert flowdeco("show", "album").out.startswith("album-1  RUNNING")
        assert json.loads(flowdeco("show", "1", "--json").out)["status"] == "RUNNING"
