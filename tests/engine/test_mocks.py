from __future__ import annotations

from typing import Any

import pytest

from flowdeco.asl.parse import parse
from flowdeco.engine import run
from flowdeco.engine.failure import TaskFailure
from flowdeco.engine.mocks import Mocks, read_mocks, unmarked
from flowdeco.errors import InputError

SERVICE: dict[str, Any] = {
    "StateMachines": {
        "Album": {"TestCases": {"Happy": {"Train": "Trained"}, "Retries": {"Train": "TrainedLate"}}},
        "Other": {"TestCases": {"Happy": {}}},
    },
    "MockedResponses": {
        "Trained": {"0": {"Return": {"Payload": 1}}},
        "TrainedLate": {
            "0": {"Throw": {"Error": "Busy", "Cause": "try again"}},
            "1-2": {"Throw": {"Error": "Busy"}},
            "3": {"Return": {"Payload": 2}},
        },
    },
}


def handler_of(mocks: Mocks, resource: str = "arn:aws:states:::sqs:sendMessage") -> Any:
    """What answers for the state `train` or `Train`, in a new execution."""
    name = next(iter(mocks.states))
    state = {"Type": "Task", "Resource": resource, "End": True}
    mocked = mocks.apply({"StartAt": name, "States": {name: state}})
    return mocked.begin()[mocked.document["States"][name]["Resource"]]


def answers(mocks: Mocks, count: int) -> list[Any]:
    handler = handler_of(mocks)
    given: list[Any] = []
    for _ in range(count):
        try:
            given.append(handler({}))
        except TaskFailure as failure:
            given.append((failure.error, failure.cause))
    return given


def test_results_and_failures_by_attempt() -> None:
    mocks = read_mocks({"train": [{"error": "Busy", "cause": "later"}, {"result": 1}, {"result": None}]})
    assert answers(mocks, 4) == [("Busy", "later"), 1, None, None]


def test_one_answer_answers_always() -> None:
    assert answers(read_mocks({"train": {"result": [1]}}), 3) == [[1]] * 3
    assert answers(read_mocks({"train": {"error": "Busy"}}), 2) == [("Busy", None)] * 2


def test_resources_are_mocked_too() -> None:
    handlers = read_mocks({"train": {"result": 1}, "*": {"result": 2}}).apply({}).begin()
    assert {name: handler(None) for name, handler in handlers.items()} == {"train": 1, "*": 2}


def test_a_result_of_our_own_is_what_a_function_gives() -> None:
    handler = handler_of(read_mocks({"train": {"result": 1}}), "arn:aws:states:::lambda:invoke")
    assert handler({"FunctionName": "f"}) == {"ExecutedVersion": "$LATEST", "Payload": 1, "StatusCode": 200}


def test_attempts_are_counted_for_each_execution() -> None:
    mocks = read_mocks({"train": [{"result": 1}, {"result": 2}]})
    assert answers(mocks, 1) == answers(mocks, 1) == [1]


def test_mocked_service_integrations() -> None:
    mocks = read_mocks(SERVICE, "Retries")
    assert answers(mocks, 4) == [
        ("Busy", "try again"),
        ("Busy", None),
        ("Busy", None),
        {"Payload": 2},
    ]
    assert handler_of(read_mocks(SERVICE, "Album/Happy"), "arn:aws:states:::lambda:invoke")({}) == {
        "Payload": 1
    }
    assert list(mocks.resources) == []


def test_an_attempt_without_an_answer_fails() -> None:
    ((error, cause),) = answers(read_mocks(SERVICE, "Album/Happy"), 2)[1:]
    assert error == "Flowdeco.MockExhausted"
    assert cause == "the mock 'Train' has no answer for attempt 1 (the first is 0)"


def test_the_only_case_need_not_be_named() -> None:
    only = {
        "StateMachines": {"A": {"TestCases": {"Only": {"S": "R"}}}},
        "MockedResponses": {"R": {"0": {"Return": 1}}},
    }
    assert answers(read_mocks(only), 1) == [1]


@pytest.mark.parametrize(
    ("document", "case", "told"),
    [
        ([], None, "a mock file is a JSON object"),
        ({}, "Happy", "the mock file has no test cases, so none is called 'Happy'"),
        (SERVICE, None, "which test case? The mock file has Album/Happy, Album/Retries, Other/Happy"),
        (SERVICE, "Happy", "'Happy' is a test case of several machines"),
        (SERVICE, "Album/Hapy", "did you mean 'Album/Happy'?"),
        ({"StateMachines": {}}, "Happy", "there are none"),
        ({"train": 1}, None, "train: an answer is an object with either result or error"),
        ({"train": []}, None, "train: the list of answers is empty"),
        ({"train": [{"result": 1}, {"result": 1, "error": "E"}]}, None, "train[1]: an answer is an object"),
        ({"train": {"error": 1}}, None, "train: the error and the cause of an answer are texts"),
        ({"train": {"error": "E", "cuase": "c"}}, None, "did you mean 'cause'?"),
        ({"MockedResponses": 1, "StateMachines": 2}, "A", "there is no test case 'A'"),
    ],
)
def test_what_is_refused(document: Any, case: str | None, told: str) -> None:
    with pytest.raises(InputError) as error:
        read_mocks(document, case)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("states", "responses", "told"),
    [
        ({"S": "R"}, {"Q": {}}, "TestCases.S: there is no mocked response 'R'"),
        ({"S": "R"}, {"R": 1}, "MockedResponses.R: must be a JSON object"),
        ({}, {"R": {"x": {"Return": 1}}}, "'x' is no attempt and no range of attempts like 1-2"),
        ({}, {"R": {"2-1": {"Return": 1}}}, "'2-1' is no attempt"),
        ({}, {"R": {"0": {"Return": 1, "Throw": {}}}}, "R.0: a mocked response has either Return or Throw"),
        (
            {},
            {"R": {"0": {"Throw": {"Cause": "c"}}}},
            "R.0.Throw: the error and the cause of an answer are texts",
        ),
        ({}, [], "MockedResponses: must be a JSON object"),
        (1, {}, "StateMachines.A.TestCases.C: must be a JSON object"),
    ],
)
def test_what_is_refused_of_the_services_format(states: Any, responses: Any, told: str) -> None:
    document = {"StateMachines": {"A": {"TestCases": {"C": states}}}, "MockedResponses": responses}
    with pytest.raises(InputError) as error:
        read_mocks(document, "C")
    assert told in str(error.value)


def test_states_are_mocked_wherever_they_are() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
    inner = {"StartAt": "Send", "States": {"Send": task}}
    outer = {"StartAt": "Train", "States": {"Train": task, "Odd": 1}}
    document = {
        "StartAt": "Both",
        "States": {
            "Both": {"Type": "Parallel", "Branches": [inner, outer, 1], "Next": "Each"},
            "Each": {
                "Type": "Map",
                "ItemProcessor": {"StartAt": "Last", "States": {"Last": task}},
                "End": True,
            },
        },
    }
    mocks = read_mocks({name: {"result": name} for name in ("Send", "Last")})
    mocked = mocks.apply(document)
    assert [resource for _, resource, _ in mocked.marked] == [task["Resource"]] * 2
    assert document["States"]["Both"]["Branches"][0] == inner  # type: ignore[index]
    record = run(
        parse(
            {**inner, "States": {"Send": mocked.document["States"]["Both"]["Branches"][0]["States"]["Send"]}}
        ),
        handlers=mocked.begin(),
    )
    assert (record.status, record.output) == ("SUCCEEDED", "Send")
    shown = [unmarked(event).details for event in record.events]
    assert {one["resource"] for one in shown if "resource" in one} == {"sendMessage.waitForTaskToken"}
