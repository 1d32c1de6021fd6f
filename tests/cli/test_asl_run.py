"""`flowdeco asl run FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TRAIN = {
    "StartAt": "Train",
    "QueryLanguage": "JSONata",
    "States": {
        "Train": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "train", "Payload": "{% $states.input %}"},
            "Output": "{% $states.result.Payload %}",
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3600, "MaxAttempts": 2}],
            "End": True,
        }
    },
}
CASES = {
    "StateMachines": {"album": {"TestCases": {"Happy": {"Train": "Trained"}, "Sad": {"Train": "Broken"}}}},
    "MockedResponses": {
        "Trained": {"0-1": {"Throw": {"Error": "Busy"}}, "2": {"Return": {"Payload": {"auc": 0.9}}}},
        "Broken": {"0": {"Throw": {"Error": "Broken", "Cause": "no data"}}},
    },
}


@pytest.fixture(autouse=True)
def files(folder: Path) -> None:
    (folder / "album.asl.json").write_text(json.dumps(TRAIN))
    (folder / "cases.json").write_text(json.dumps(CASES))
    (folder / "mocks.json").write_text('{"train": {"result": {"auc": 0.8}}}')
    (folder / "input.json").write_text('{"x": 1}')


def test_the_output_is_printed(flowdeco: Any) -> None:
    done = flowdeco("asl", "run", "album.asl.json", "--mock", "mocks.json")
    assert (done.code, json.loads(done.out)) == (0, {"auc": 0.8})
    assert "Train" in done.err
    assert flowdeco("asl", "run", "album.asl.json", "--mock", "mocks.json", "--quiet").err == ""


def test_test_cases(flowdeco: Any) -> None:
    done = flowdeco("asl", "run", "album.asl.json", "--mock", "cases.json", "--case", "Happy")
    assert (done.code, json.loads(done.out)) == (0, {"auc": 0.9})
    done = flowdeco("asl", "run", "album.asl.json", "--mock", "cases.json", "--case", "Sad")
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("error: the execution failed in state 'Train': Broken: no data\n")
    done = flowdeco("asl", "run", "album.asl.json", "--mock", "cases.json")
    assert done.code == 2
    assert "which test case? The mock file has album/Happy, album/Sad" in done.err
    assert "cases.json" in done.err


def test_handlers_and_inputs(flowdeco: Any, folder: Path) -> None:
    (folder / "answers_of_mine.py").write_text("def train(payload):\n    return payload['x'] + 1\n")
    command = ("asl", "run", "album.asl.json", "--handler", "train=answers_of_mine:train")
    assert flowdeco(*command, "--input", "input.json").out == "2\n"
    done = flowdeco(*command)
    assert done.code == 1
    assert "'x'" in done.err


def test_input_from_stdin(flowdeco: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO('{"x": 2}'))
    done = flowdeco("asl", "run", "album.asl.json", "--handler", "train=copy:copy", "--input", "-")
    assert json.loads(done.out) == {"x": 2}


def test_one_document(flowdeco: Any) -> None:
    done = flowdeco("asl", "run", "album.asl.json", "--mock", "cases.json", "--case", "Happy", "--json")
    told = json.loads(done.out)
    assert done.code == 0
    assert (told["status"], told["output"], told["recorded"]) == ("SUCCEEDED", {"auc": 0.9}, None)
    assert [(step["name"], step["attempts"]) for step in told["steps"]] == [("Train", 3)]
    assert told["stopped"] - told["started"] >= 7200
    done = flowdeco("asl", "run", "album.asl.json", "--json")
    assert (done.code, json.loads(done.out)["status"]) == (1, None)
    assert "there is no handler for 'train'" in done.err
    done = flowdeco("asl", "run", "album.asl.json", "--mock", "cases.json", "--case", "Sad", "--json")
    assert (done.code, json.loads(done.out)["error"]) == (1, "Broken")


def test_objects(flowdeco: Any, folder: Path) -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "data", "Key": "items.json"},
    }
    inner = {"StartAt": "Same", "States": {"Same": {"Type": "Pass", "End": True}}}
    each = {
        "Type": "Map",
        "ItemReader": reader,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **inner},
        "End": True,
    }
    (folder / "map.json").write_text(json.dumps({"StartAt": "Each", "States": {"Each": each}}))
    (folder / "s3" / "data").mkdir(parents=True)
    (folder / "s3" / "data" / "items.json").write_text("[1, 2]")
    assert json.loads(flowdeco("asl", "run", "map.json", "--objects", "s3").out) == [1, 2]
    done = flowdeco("asl", "run", "map.json", "--objects", "nowhere")
    assert (done.code, "there is no folder 'nowhere'" in done.err) == (2, True)


def test_waits_take_their_time_when_asked_for(flowdeco: Any, folder: Path) -> None:
    machine = {
        "TimeoutSeconds": 10,
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "Seconds": 20, "End": True}},
    }
    (folder / "late.json").write_text(json.dumps(machine))
    done = flowdeco("asl", "run", "late.json")
    assert (done.code, done.err.splitlines()[-1]) == (1, "error: the execution ran past its TimeoutSeconds")
    machine["States"] = {"Wait": {"Type": "Wait", "Seconds": 0, "End": True}}
    (folder / "late.json").write_text(json.dumps(machine))
    assert flowdeco("asl", "run", "late.json", "--real-time").code == 0


def test_interrupted(flowdeco: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    module = ModuleType("interrupting")
    module.interrupt = interrupt  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "interrupting", module)
    done = flowdeco("asl", "run", "album.asl.json", "--handler", "train=interrupting:interrupt")
    assert (done.code, done.err.splitlines()[-1]) == (130, "interrupted")


def test_yaml(flowdeco: Any, folder: Path) -> None:
    pytest.importorskip("yaml", reason="pyyaml reads YAML")
    (folder / "m.yaml").write_text(
        "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Result: [1]\n    End: true\n"
    )
    assert json.loads(flowdeco("asl", "run", "m.yaml").out) == [1]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nowhere.json"], 2, "the file cannot be read"),
        (["wrong.json"], 1, "Missing 'Next' target: B"),
        (["album.asl.json", "--case", "Happy"], 2, "--case names a test case of a mock file"),
        (["album.asl.json", "--mock", "nowhere.json"], 2, "nowhere.json: the mock file cannot be read"),
        (["album.asl.json", "--mock", "wrong.txt"], 2, "the mock file is not JSON"),
        (["album.asl.json", "--input", "wrong.txt"], 2, "the input is not JSON"),
        (["album.asl.json", "--handler", "train"], 2, "'train' is not NAME=module:function"),
        (["album.asl.json", "--handler", "train=json:lods"], 2, "did you mean 'loads'?"),
        (["album.asl.json", "--handler", "train=json:__doc__"], 2, "is not a function"),
        (["album.asl.json", "--handler", "train=no_such_module:f"], 2, "cannot be imported"),
    ],
)
def test_what_cannot_begin(flowdeco: Any, folder: Path, arguments: list[str], code: int, told: str) -> None:
    (folder / "wrong.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}')
    (folder / "wrong.txt").write_text("{")
    done = flowdeco("asl", "run", *arguments)
    assert (done.code, done.out) == (code, "")
    assert told in done.err
