"""Who answers for a resource."""

from __future__ import annotations

from typing import Any

import pytest

from flowdeco.engine import ObjectError, TaskFailure
from flowdeco.errors import LoadError
from flowdeco.server.handlers import Handlers, HandlersOf, load_handler

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:train:7"
SQS = "arn:aws:states:::sqs:sendMessage"


class Cloud:
    """Answers with what it was asked."""

    def function(self, name: str, payload: Any) -> Any:
        return ["function", name, payload]

    def integration(self, resource: str, arguments: Any) -> Any:
        return ["integration", resource, arguments]


def answer(handlers: Handlers, name: str) -> Any:
    found = handlers.find(name)
    return None if found is None else found({})


@pytest.mark.parametrize("name", [FUNCTION, FUNCTION[:-2], "train:7", "train"])
def test_functions_go_by_any_of_their_names(name: str) -> None:
    assert answer(Handlers({"train": lambda payload: 1}), name) == 1
    assert answer(Handlers({"*": lambda payload: 2}), name) == 2
    assert answer(Handlers({"arn:aws:states:::lambda:invoke": lambda payload: 3}), name) == 3
    assert answer(Handlers({}, [("train*", Cloud())]), name) == ["function", name, {}]
    assert answer(Handlers({}, [("other", Cloud())]), name) is None


def test_integrations() -> None:
    assert answer(Handlers({SQS: lambda payload: 1}), f"{SQS}.waitForTaskToken") == 1
    assert answer(Handlers({}, [("x", Cloud()), ("arn:aws:states:::sqs:*", Cloud())]), SQS) == [
        "integration",
        SQS,
        {},
    ]
    with pytest.raises(TaskFailure) as failure:
        answer(Handlers({}), SQS)
    assert failure.value.error == "Flowdeco.NoHandler"
    assert Handlers({}).find("arn:aws:states:::lambda:invoke") is None


def test_workers_answer_for_activities() -> None:
    activity = "arn:aws:states:us-east-1:123456789012:activity:work"
    handlers = Handlers({}, [("*", Cloud())], lambda name: name == "work")
    assert [handlers.find(name) for name in (activity, "work", "*")] == [None] * 3


def test_an_execution_has_all_handlers_until_it_begins() -> None:
    handlers = HandlersOf(Handlers({"train": lambda payload: 1}), {"own": lambda payload: 2})
    assert [handlers["train"]({}), handlers["own"]({})] == [1, 2]
    with pytest.raises(TaskFailure):
        handlers["other"]({})
    handlers.begun = True
    assert handlers.get("other") is None
    assert (list(handlers), len(handlers)) == (["own"], 1)


def test_python_functions() -> None:
    assert load_handler("f=operator:neg")[1](2) == -2
    assert load_handler("*=json:JSONDecoder.decode")[0] == "*"
    assert load_handler("f=builtins:min")[1]([3, 1]) == 1
    _, handler = load_handler(f"{FUNCTION}=tests.server.test_handlers:about")
    assert handler({"x": 1}) == [{"x": 1}, "train", FUNCTION.rpartition(":")[0], 900_000]
    for text in ("f", "f=", "=m:f", "f=m", "f=m:"):
        with pytest.raises(LoadError, match="is not NAME=module:function"):
            load_handler(text)


def about(event: Any, context: Any) -> Any:
    """A function as it is written for Lambda."""
    return [
        event,
        context.function_name,
        context.invoked_function_arn,
        context.get_remaining_time_in_millis(),
    ]


def test_calls_of_a_cloud() -> None:
    pytest.importorskip("moto", reason="moto stands for AWS in this test")
    from moto import mock_aws

    from flowdeco.server.aws_calls import AwsCalls, AwsObjects

    with mock_aws():
        calls = AwsCalls(credentials=("x", "x"))
        made = calls.integration(
            "arn:aws:states:::aws-sdk:dynamodb:createTable",
            {
                "TableName": "t",
                "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        assert (
            made["TableDescription"]["CreationDateTime"].endswith("Z")
            or "+" in made["TableDescription"]["CreationDateTime"]
        )
        put = calls.integration(
            "arn:aws:states:::dynamodb:putItem", {"TableName": "t", "Item": {"k": {"S": "a"}}}
        )
        assert put["SdkHttpMetadata"] == {"HttpStatusCode": 200}
        got = calls.integration(
            "arn:aws:states:::aws-sdk:dynamodb:getItem", {"TableName": "t", "Key": {"k": {"S": "a"}}}
        )
        assert got == {"Item": {"k": {"S": "a"}}}
        failures = {
            "arn:aws:states:::aws-sdk:dynamodb:deleteTable": (
                {"TableName": "u"},
                "DynamoDb.ResourceNotFoundException",
            ),
            "arn:aws:states:::dynamodb:getItem": ({}, "DynamoDB.SdkClientException"),
            "arn:aws:states:::dynamodb:nothing": ({}, "Flowdeco.NotSupported"),
            "arn:aws:states:::nothing:run": ({}, "Flowdeco.NotSupported"),
            "arn:aws:states:::batch:submitJob.sync": ({}, "Flowdeco.NotSupported"),
            "arn:aws:states:::sqs:sendMessage": (1, "Flowdeco.NotSupported"),
        }
        for resource, (arguments, error) in failures.items():
            with pytest.raises(TaskFailure) as failure:
                calls.integration(resource, arguments)
            assert failure.value.error == error
        with pytest.raises(TaskFailure) as failure:
            calls.function("nothing", {})
        assert failure.value.error == "Lambda.ResourceNotFoundException"
        objects = AwsObjects(calls)
        for refused in (lambda: objects.get("data", "a"), lambda: objects.list("data", "")):
            with pytest.raises(ObjectError, match="NoSuchBucket"):
                refused()
        calls.integration("arn:aws:states:::aws-sdk:s3:createBucket", {"Bucket": "data"})
        objects.put("data", "a/1.json", b"[1]")
        assert objects.get("data", "a/1.json") == b"[1]"
        assert [(one.key, one.size) for one in objects.list("data", "a/")] == [("a/1.json", 3)]
        text = calls.integration(
            "arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "data", "Key": "a/1.json"}
        )
        assert text["Body"] == "[1]"


class FakeBody:
    def __init__(self, text: str) -> None:
        self._text = text

    def read(self) -> bytes:
        return self._text.encode()


class FakeClient:
    """A client of Lambda and S3 that answers what it is told to, one answer for each call."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    def _answer(self, **request: Any) -> Any:
        found = self._answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    invoke = list_objects_v2 = get_object = _answer


def calls_of(*answers: Any) -> Any:
    from flowdeco.server.aws_calls import AwsCalls

    class Fake(AwsCalls):
        def client(self, name: str) -> Any:
            return fake

    fake = FakeClient(*answers)
    return Fake()


def test_calls_of_functions() -> None:
    failed = {"Payload": FakeBody('{"errorType": "ValueError"}'), "FunctionError": "Unhandled"}
    odd = {"Payload": FakeBody("odd"), "FunctionError": "Unhandled"}
    calls = calls_of({"Payload": FakeBody("[1]")}, {"Payload": FakeBody("")}, failed, odd)
    assert [calls.function("f", {"x": 1}), calls.function("f", None)] == [[1], None]
    for error, cause in (("ValueError", '{"errorType": "ValueError"}'), ("Unknown", "odd")):
        with pytest.raises(TaskFailure) as failure:
            calls.function("f", {})
        assert (failure.value.error, failure.value.cause) == (error, cause)


def test_long_listings_and_lost_connections() -> None:
    from datetime import UTC, datetime

    from botocore.exceptions import EndpointConnectionError

    from flowdeco.server.aws_calls import AwsObjects

    def page(key: str, **more: Any) -> Any:
        one = {"Key": key, "Size": 1, "ETag": '"e"', "LastModified": datetime.fromtimestamp(5, UTC)}
        return {"Contents": [one], **more}

    lost = EndpointConnectionError(endpoint_url="http://nowhere")
    objects = AwsObjects(calls_of(page("a", NextContinuationToken="t"), page("b"), lost))
    assert [(one.key, one.modified) for one in objects.list("data", "")] == [("a", 5.0), ("b", 5.0)]
    with pytest.raises(ObjectError, match="nowhere"):
        objects.get("data", "a")
    with pytest.raises(TaskFailure) as failure:
        calls_of(lost).function("f", {})
    assert failure.value.error == "Lambda.SdkClientException"
