"""What tests of the server say to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

ROLE = "arn:aws:iam::123456789012:role/flowdeco"


def connect(url: str) -> Any:
    """A client that validates what it sends and what it gets, and tries once."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "stepfunctions",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
    )


def chain(*names: str, **states: Any) -> str:
    """A definition of Pass states, one after the other; `states` replace some of them."""
    made: dict[str, Any] = {}
    for name, following in zip(names, [*names[1:], None]):
        state = dict(states.get(name, {"Type": "Pass"}))
        if state["Type"] not in ("Succeed", "Fail"):
            state |= {"End": True} if following is None else {"Next": following}
        made[name] = state
    return json.dumps({"StartAt": names[0], "States": made})


def create(client: Any, definition: str = "", name: str = "album", **options: Any) -> str:
    """The ARN of a new state machine."""
    made = client.create_state_machine(
        name=name, definition=definition or chain("A"), roleArn=ROLE, **options
    )
    arn: str = made["stateMachineArn"]
    return arn


def wait(client: Any, arn: str) -> Any:
    """How an execution ended."""
    while True:
        told = client.describe_execution(executionArn=arn)
        if told["status"] != "RUNNING":
            return told


def execute(client: Any, machine: str, **options: Any) -> Any:
    """How an execution of a machine ended."""
    return wait(client, client.start_execution(stateMachineArn=machine, **options)["executionArn"])


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """The name and the message of the error that a call is answered with."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error["Code"], error["Message"]
