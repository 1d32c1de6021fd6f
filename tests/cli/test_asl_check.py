"""`flowdeco asl check FILE`, and `flowdeco check` of a state machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from flowdeco.cli.session import Session

GOOD = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
BAD = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}'
EXPRESS = """{"StartAt": "A", "States": {"A": {"Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": true}}}"""
YAML = """
class YAMLError(Exception):
    pass

def safe_load(text):
    import datetime
    if text == "bad":
        raise YAMLError("line 1")
    if text == "set":
        return {"a"}
    at = datetime.datetime(2026, 1, 31, tzinfo=datetime.timezone.utc)
    return {"StartAt": "A", "States": {"A": {"Type": "Wait", "Timestamp": at, "End": True}}}
"""


@pytest.mark.parametrize("verb", [("asl", "check"), ("check",)], ids=" ".join)
def test_findings_and_exit_codes(flowdeco: Any, folder: Path, verb: tuple[str, ...]) -> None:
    (folder / "good.json").write_text(GOOD)
    (folder / "bad.json").write_text(BAD)
    done = flowdeco(*verb, "good.json")
    assert (done.code, done.out, done.err) == (0, "", "good.json: nothing found\n")
    done = flowdeco(*verb, "bad.json")
    assert done.code == 1
    assert done.out == "States.A.Next: error: Missing 'Next' target: B\n"
    assert done.err == "bad.json: 1 error\n"
    (document,) = json.loads(flowdeco(*verb, "bad.json", "--json").out)
    assert document == {
        "file": "bad.json",
        "severity": "error",
        "message": "Missing 'Next' target: B",
        "where": "States.A.Next",
        "hint": None,
        "code": "MISSING_TRANSITION_TARGET",
    }


def test_express(flowdeco: Any, folder: Path) -> None:
    (folder / "m.json").write_text(EXPRESS)
    assert flowdeco("asl", "check", "m.json").code == 0
    assert flowdeco("asl", "check", "--express", "m.json").code == 1


def test_files_that_cannot_be_read(flowdeco: Any, folder: Path) -> None:
    done = flowdeco("asl", "check", "gone.json")
    assert done.code == 2
    assert done.err.startswith("error: gone.json: the file cannot be read: No such file")
    (folder / "m.json").write_bytes(b"\xff")
    assert flowdeco("asl", "check", "m.json").code == 2
    assert flowdeco("asl", "check").code == 2


def test_it_is_there_beside_a_workflow_too(flowdeco: Any, folder: Path) -> None:
    (folder / "good.json").write_text(GOOD)
    from flowdeco.cli.session import Script

    session = Session("python pipeline.py", Script({}, "'pipeline.py'"))
    assert flowdeco("asl", "check", "good.json", session=session).code == 0
    assert "asl check machine.json" in flowdeco("asl", "check", "--help").out
    assert "asl check FILE" in " ".join(flowdeco("asl", "--help").out.split())


def test_yaml_that_cannot_be_read(flowdeco: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "m.yaml").write_text("StartAt: A")
    monkeypatch.setitem(sys.modules, "yaml", None)
    done = flowdeco("asl", "check", "m.yaml")
    assert done.code == 2
    assert "pyyaml is needed to read YAML, and is not installed" in done.err
    assert "pip install pyyaml" in done.err


def test_yaml(flowdeco: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in for pyyaml, which need not be installed."""
    (folder / "yaml.py").write_text(YAML)
    monkeypatch.delitem(sys.modules, "yaml", raising=False)
    monkeypatch.syspath_prepend(folder)
    for name, text, code in (("a.yml", "good", 0), ("b.yaml", "bad", 2), ("c.yaml", "set", 2)):
        (folder / name).write_text(text)
        assert flowdeco("check", name).code == code
    assert "the file is not YAML that JSON can hold: line 1" in flowdeco("check", "b.yaml").err
