"""The AWS command line as a client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from flowdeco.server import LocalServer, Service
from tests.server.calls import ROLE, chain

pytest.importorskip("awscli", reason="the AWS command line talks to the server in this test")

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def test_a_state_machine_from_the_shell() -> None:
    with LocalServer(Service()) as server:

        def aws(*arguments: str) -> Any:
            command = [
                sys.executable,
                "-m",
                "awscli",
                "stepfunctions",
                *arguments,
                "--endpoint-url",
                server.url,
            ]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env={**os.environ, **SETTINGS}
            )
            return json.loads(done.stdout) if done.returncode == 0 else done.stderr.strip()

        create = ("create-state-machine", "--role-arn", ROLE, "--definition", chain("A"))
        arn = aws(*create, "--name", "album")["stateMachineArn"]
        assert [one["name"] for one in aws("list-state-machines")["stateMachines"]] == ["album"]
        execution = aws("start-execution", "--state-machine-arn", arn, "--input", '{"x": 1}')["executionArn"]
        while (told := aws("describe-execution", "--execution-arn", execution))["status"] == "RUNNING":
            pass
        assert told["output"] == '{"x":1}'
        express = aws(*create, "--name", "quick", "--type", "EXPRESS")["stateMachineArn"]
        assert aws("start-sync-execution", "--state-machine-arn", express)["status"] == "SUCCEEDED"
        told = aws("describe-execution", "--execution-arn", execution + "x")
        assert "(ExecutionDoesNotExist) when calling the DescribeExecution operation" in told
