"""`flowdeco local`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import environment

pytest.importorskip("boto3", reason="boto3 talks to the server in these tests")
pytest.importorskip("uvicorn", reason="uvicorn is the server in these tests")

from tests.server.calls import chain, connect, create, execute, wait

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:double"}


def start(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "flowdeco.cli", "local", "--port", "0", *options]
    return subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def running(*options: str) -> Iterator[tuple[Any, Callable[[], list[dict[str, Any]]]]]:
    """A client of a server in a process of its own, and what ends it by Ctrl-C and gives the lines it printed."""
    process = start("--json", *options)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first, process.stderr and process.stderr.read()
    client = connect(json.loads(first)["url"])

    def end() -> list[dict[str, Any]]:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        return [json.loads(line) for line in out.splitlines()]

    try:
        yield client, end
    finally:
        client.close()
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_state_is_kept_and_executions_go_on(folder: Path) -> None:
    (folder / "functions_of_mine.py").write_text(
        "def double(event, context):\n    return {context.function_name: 2 * event['x']}\n"
    )
    handler = ("--handler", "double=functions_of_mine:double")
    with running(*handler) as (client, end):
        arn = create(client, chain("Double", Double=TASK))
        assert json.loads(execute(client, arn, input='{"x": 2}')["output"]) == {"double": 4}
        waiting = create(client, chain("Wait", Wait={"Type": "Wait", "Seconds": 2}), name="waiting")
        execution = client.start_execution(stateMachineArn=waiting)["executionArn"]
        lines = end()
    told = [(line["event"], line.get("operation"), line.get("status")) for line in lines]
    assert told[0] == ("request", "CreateStateMachine", None)
    assert ("execution", None, "SUCCEEDED") in told
    assert told[-1] == ("stopped", None, None)
    assert (folder / ".flowdeco" / "local" / "state.db").exists()
    with running(*handler) as (client, end):
        assert [one["name"] for one in client.list_state_machines()["stateMachines"]] == ["album", "waiting"]
        assert wait(client, execution)["status"] == "SUCCEEDED"
        types = [one["type"] for one in client.get_execution_history(executionArn=execution)["events"]]
        assert types == [
            "ExecutionStarted",
            "WaitStateEntered",
            "WaitStateExited",
            "ExecutionSucceeded",
        ]
        end()


def test_mocks(folder: Path) -> None:
    (folder / "mocks.json").write_text('{"double": {"result": 8}}')
    with running("--memory", "--mock", "mocks.json") as (client, end):
        assert execute(client, create(client, chain("Double", Double=TASK)))["output"] == "8"
        end()
    assert not (folder / ".flowdeco").exists()


def test_moto_answers(folder: Path) -> None:
    pytest.importorskip("moto", reason="moto stands for AWS in this test")
    pytest.importorskip("flask", reason="moto's server needs it")
    states = {
        "Make": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sqs:createQueue",
            "Parameters": {"QueueName": "q"},
        },
        "Send": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl.$": "$.QueueUrl", "MessageBody": {"a": 1}},
        },
        "Lose": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": "http://nowhere/1/other", "MessageBody": "m"},
        },
    }
    with running("--memory", "--moto", "*") as (client, end):
        arn = create(client, chain("Make", "Send", "Lose", **states))
        ended = execute(client, arn)
        assert (ended["status"], ended["error"].partition(".")[0]) == ("FAILED", "SQS")
        events = client.get_execution_history(executionArn=ended["executionArn"])["events"]
        sent = [one["taskSucceededEventDetails"] for one in events if one["type"] == "TaskSucceeded"][1]
        assert {"MessageId", "MD5OfMessageBody", "SdkHttpMetadata"} <= json.loads(sent["output"]).keys()
        end()


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--mock", "nowhere.json"], 2, "the mock file cannot be read"),
        (["--mock", "wrong.txt"], 2, "the mock file is not JSON"),
        (["--mock", "wrong.json"], 2, "an answer is an object"),
        (["--handler", "f=nowhere:f"], 2, "cannot be imported"),
        (["--objects", "nowhere"], 2, "there is no folder 'nowhere'"),
        (["--endpoint-url", "http://x"], 1, "write --aws '*'"),
        (["--folder", "wrong.txt"], 1, "the state cannot be kept"),
    ],
)
def test_what_cannot_begin(flowdeco: Any, folder: Path, options: list[str], code: int, told: str) -> None:
    (folder / "wrong.txt").write_text("{")
    (folder / "wrong.json").write_text('{"a": 1}')
    done = flowdeco("local", "--port", "0", *options)
    assert (done.code, done.out) == (code, "")
    assert told in done.err


def test_a_port_and_a_folder_are_for_one_server(flowdeco: Any) -> None:
    with running("--folder", "here") as (client, _):
        done = flowdeco("local", "--port", "0", "--folder", "here")
        assert (done.code, "another server is using this state" in done.err) == (1, True)
        port = client.meta.endpoint_url.rpartition(":")[2]
        done = flowdeco("local", "--port", port, "--memory")
        assert (done.code, f"the port {port} of 127.0.0.1 cannot be used" in done.err) == (1, True)


def test_lines_for_people() -> None:
    process = start("--memory")
    assert process.stderr is not None
    first = process.stderr.readline()
    assert first.startswith("Step Functions at http://127.0.0.1:")
    client = connect(first.split()[3])
    execute(client, create(client, chain("A", A={"Type": "Fail", "Error": "Odd"})), name="one")
    with pytest.raises(client.exceptions.StateMachineDoesNotExist):
        client.start_execution(stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:b")
    client.close()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert err.splitlines() == [
        "album:one FAILED, Odd",
        "StartExecution was refused: StateMachineDoesNotExist",
    ]
