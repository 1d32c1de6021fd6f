"""What the examples of boto3's documentation do: a state machine's life, a chat through an activity, a message pump."""

from __future__ import annotations

import json
from typing import Any

from tests.server.calls import ROLE, chain, create, execute, refusal, wait


def test_the_life_of_a_state_machine(client: Any) -> None:
    arn = create(client, chain("Hello", "World", World={"Type": "Pass", "Result": "world"}))
    pages = client.get_paginator("list_state_machines").paginate()
    assert [one["stateMachineArn"] for page in pages for one in page["stateMachines"]] == [arn]

    told = client.describe_state_machine(stateMachineArn=arn)
    assert (told["name"], told["status"], told["type"], told["roleArn"]) == (
        "album",
        "ACTIVE",
        "STANDARD",
        ROLE,
    )
    client.update_state_machine(stateMachineArn=arn, definition=chain("Hello", Hello={"Type": "Succeed"}))
    assert "Succeed" in client.describe_state_machine(stateMachineArn=arn)["definition"]

    started = client.start_execution(stateMachineArn=arn, name="first", input='{"x": 1}')
    ended = wait(client, started["executionArn"])
    assert (ended["status"], json.loads(ended["output"]), ended["name"]) == ("SUCCEEDED", {"x": 1}, "first")
    assert ended["startDate"] == started["startDate"] <= ended["stopDate"]

    events = client.get_execution_history(executionArn=started["executionArn"])["events"]
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]
    assert events[0]["executionStartedEventDetails"]["input"] == '{"x":1}'

    client.delete_state_machine(stateMachineArn=arn)
    assert client.list_state_machines()["stateMachines"] == []
    assert refusal(client.describe_state_machine, stateMachineArn=arn) == (
        "StateMachineDoesNotExist",
        f"State Machine Does Not Exist: '{arn}'",
    )
    assert wait(client, started["executionArn"])["status"] == "SUCCEEDED"


def test_a_waiting_execution_is_stopped(client: Any) -> None:
    arn = create(client, chain("Wait", Wait={"Type": "Wait", "Seconds": 3600}))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
    stopped = client.stop_execution(executionArn=execution, error="Enough", cause="of it")["stopDate"]
    ended = wait(client, execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Enough", "of it")
    assert ended["stopDate"] == stopped
    assert client.stop_execution(executionArn=execution)["stopDate"] == stopped
    last = client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
    assert last["executionAbortedEventDetails"] == {"error": "Enough", "cause": "of it"}


def test_a_chat_through_an_activity(client: Any) -> None:
    """A worker takes each question and answers it, until it is told that the talk is over."""
    activity = client.create_activity(name="chat")["activityArn"]
    definition = {
        "StartAt": "Ask",
        "QueryLanguage": "JSONata",
        "States": {
            "Ask": {"Type": "Task", "Resource": activity, "Next": "Done"},
            "Done": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input.action = 'done' %}", "Next": "End"}],
                "Default": "Ask",
            },
            "End": {"Type": "Succeed"},
        },
    }
    arn = create(client, json.dumps(definition))
    execution = client.start_execution(stateMachineArn=arn, input='{"name": "Ann"}')["executionArn"]
    questions = []
    for answer in ({"action": "go on"}, {"action": "done"}):
        task = client.get_activity_task(activityArn=activity, workerName="worker")
        questions.append(json.loads(task["input"]))
        client.send_task_heartbeat(taskToken=task["taskToken"])
        client.send_task_success(taskToken=task["taskToken"], output=json.dumps(answer))
    assert questions == [{"name": "Ann"}, {"action": "go on"}]
    assert json.loads(wait(client, execution)["output"]) == {"action": "done"}
    assert refusal(client.send_task_success, taskToken=task["taskToken"], output="{}")[0] == "TaskTimedOut"
    assert "taskToken" not in client.get_activity_task(activityArn=activity)
    client.delete_activity(activityArn=activity)
    assert client.list_activities()["activities"] == []


def test_a_message_pump(serve: Any) -> None:
    """Messages are listed, moved one by one, and recorded, by handlers that stand for the services."""
    sent: list[Any] = []
    table = [{"message": f"m{number}", "user": "ann"} for number in range(3)]

    def scan(_: Any) -> Any:
        return {"Count": len(table), "Items": list(table)}

    def send(request: Any) -> Any:
        sent.append(request["MessageBody"])
        table.pop(0)
        return {"MessageId": str(len(sent))}

    client = serve(
        handlers={
            "arn:aws:states:::aws-sdk:dynamodb:scan": scan,
            "arn:aws:states:::sqs:sendMessage": send,
        }
    )
    definition = {
        "StartAt": "Load",
        "States": {
            "Load": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:dynamodb:scan",
                "Parameters": {"TableName": "messages"},
                "ResultPath": "$.List",
                "Next": "Any",
            },
            "Any": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.List.Count", "NumericGreaterThan": 0, "Next": "Send"}],
                "Default": "End",
            },
            "Send": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"MessageBody.$": "$.List.Items[0].message", "QueueUrl": "queue"},
                "ResultPath": "$.Sent",
                "Next": "Load",
            },
            "End": {"Type": "Succeed"},
        },
    }
    arn = create(client, json.dumps(definition))
    ended = execute(client, arn)
    assert ended["status"] == "SUCCEEDED"
    assert sent == ["m0", "m1", "m2"]
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=ended["executionArn"], PaginationConfig={"PageSize": 7}
    )
    ids = [event["id"] for page in pages for event in page["events"]]
    assert ids == list(range(1, len(ids) + 1))
    assert len(ids) > 40
