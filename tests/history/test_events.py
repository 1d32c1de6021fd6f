from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flowdeco.history import Event


@pytest.mark.parametrize(
    ("event", "key", "details"),
    [
        (
            Event(2, 0, "PassStateEntered", 1.0, {"name": "A", "input": {"é": None}}),
            "stateEnteredEventDetails",
            {"name": "A", "input": '{"é":null}', "inputDetails": {"truncated": False}},
        ),
        (
            Event(
                3, 2, "PassStateExited", 1.0, {"name": "A", "output": None, "assignedVariables": {"x": "y"}}
            ),
            "stateExitedEventDetails",
            {
                "name": "A",
                "output": "null",
                "outputDetails": {"truncated": False},
                "assignedVariables": {"x": '"y"'},
                "assignedVariablesDetails": {"truncated": False},
            },
        ),
        (
            Event(
                3, 2, "TaskScheduled", 1.0, {"resource": "invoke", "parameters": [1], "timeoutInSeconds": 5}
            ),
            "taskScheduledEventDetails",
            {"resource": "invoke", "parameters": "[1]", "timeoutInSeconds": 5},
        ),
        (Event(3, 2, "ExecutionAborted", 1.0), "executionAbortedEventDetails", {}),
        (Event(3, 2, "ExecutionFailed", 1.0, {"error": "E"}), "executionFailedEventDetails", {"error": "E"}),
    ],
)
def test_events_are_spelled_as_the_service_spells_them(event, key, details):
    document = event.to_json()
    assert document == {
        "timestamp": 1.0,
        "type": event.type,
        "id": event.id,
        "previousEventId": event.previous_event_id,
        key: details,
    }
    assert Event.from_json(document) == event


@pytest.mark.parametrize(
    "type",
    ["LambdaFunctionStarted", "MapStateSucceeded", "MapStateFailed", "TaskStateAborted", "MapRunSucceeded"],
)
def test_events_without_details(type):
    event = Event(3, 2, type, 1.0)
    assert set(event.to_json()) == {"timestamp", "type", "id", "previousEventId"}
    assert Event.from_json(event.to_json()) == event


def test_events_of_boto3_are_read():
    event = Event.from_json(
        {
            "timestamp": datetime.fromtimestamp(5, UTC),
            "type": "TaskSucceeded",
            "id": 5,
            "taskSucceededEventDetails": {
                "resourceType": "lambda",
                "output": '{"cut off',
                "outputDetails": {"truncated": True},
            },
        }
    )
    assert event == Event(5, 0, "TaskSucceeded", 5.0, {"resourceType": "lambda", "output": '{"cut off'})
