"""A server that is killed loses nothing: what ran goes on, what had ended stays as it was."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.cli.conftest import environment
from tests.server.calls import chain, connect, create, wait

WAITS = chain(*"ABCDE", **{name: {"Type": "Wait", "Seconds": 0} for name in "ACE"})


def start(folder: Path) -> tuple[subprocess.Popen[str], Any]:
    command = [
        sys.executable,
        "-m",
        "flowdeco.cli",
        "local",
        "--port",
        "0",
        "--json",
        "--folder",
        str(folder),
    ]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, connect(json.loads(process.stdout.readline())["url"])


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment(tmp_path: Path, seed: int) -> None:
    process, client = start(tmp_path)
    machine = create(client, WAITS)
    waiting = create(client, chain("Wait", "B", Wait={"Type": "Wait", "Seconds": 1}), name="waiting")
    started = [client.start_execution(stateMachineArn=waiting, input='{"x": 0}')["executionArn"]]
    for number in range(Random(seed).randint(1, 40)):
        request = {"stateMachineArn": machine, "input": json.dumps({"x": number})}
        started.append(client.start_execution(**request)["executionArn"])
    process.send_signal(signal.SIGKILL)
    process.communicate()
    client.close()
    process, client = start(tmp_path)
    try:
        for number, arn in enumerate(started):
            told = wait(client, arn)
            assert (told["status"], json.loads(told["output"])) == ("SUCCEEDED", {"x": max(0, number - 1)})
            events = client.get_execution_history(executionArn=arn)["events"]
            assert [event["id"] for event in events] == list(range(1, len(events) + 1))
            assert len(events) == (6 if number == 0 else 12)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()
        client.close()
