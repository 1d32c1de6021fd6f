"""One state at a time, with the members of the service's TestState."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from flowdeco import engine
from flowdeco.engine import RejectedRequest, TaskFailure

INVOKE = "arn:aws:states:::lambda:invoke"
INNER = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
DISTRIBUTED = {**INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}


def ask(state: Any, input: Any = None, *, handlers: Any = None, shapes: Any = None, **request: Any) -> Any:
    """The response, with texts read."""
    texts = {name: json.dumps(request.pop(name)) for name in ("variables", "context") if name in request}
    if "mock" in request and "result" in request["mock"]:
        request["mock"] = {**request["mock"], "result": json.dumps(request["mock"]["result"])}
    given = {"definition": json.dumps(state), "input": json.dumps({} if input is None else input)}
    got = engine.test_state({**given, **texts, **request}, handlers=handlers, shapes=shapes)
    return _read(got)


def _read(response: dict[str, Any]) -> dict[str, Any]:
    read = dict(response)
    if "output" in read:
        read["output"] = json.loads(read["output"])
    if "inspectionData" in read:
        read["inspectionData"] = {
            name: json.loads(value) if isinstance(value, str) else value
            for name, value in read["inspectionData"].items()
        }
    return read


def rejected(state: Any, *arguments: Any, **request: Any) -> RejectedRequest:
    with pytest.raises(RejectedRequest) as caught:
        ask(state, *arguments, **request)
    return caught.value


def jsonata(type: str, **fields: Any) -> dict[str, Any]:
    end = {} if type in ("Choice", "Succeed", "Fail") or "Next" in fields else {"End": True}
    return {"Type": type, "QueryLanguage": "JSONata", **end, **fields}


def test_states_that_do_no_work():
    assert ask(jsonata("Pass", Output="{% $states.input.x %}", Next="B"), {"x": 1}) == {
        "output": 1,
        "nextState": "B",
        "status": "SUCCEEDED",
    }
    choice = jsonata("Choice", Choices=[{"Condition": "{% $states.input %}", "Next": "A"}], Default="B")
    assert ask(choice, True)["nextState"] == "A"
    assert ask(choice, False)["nextState"] == "B"
    assert ask(jsonata("Wait", Seconds=99_999), 1) == {"output": 1, "status": "SUCCEEDED"}
    assert ask({"Type": "Fail", "Error": "E", "Cause": "c"}) == {
        "error": "E",
        "cause": "c",
        "status": "FAILED",
    }
    assert ask({"Type": "Fail"}, inspectionLevel="TRACE") == {
        "status": "FAILED",
        "inspectionData": {"input": {}, "afterInputPath": {}},
    }


def test_a_state_that_goes_to_itself():
    state = jsonata("Task", Resource=INVOKE, Arguments={"FunctionName": "f"}, Next="StateName")
    assert ask(state, mock={"result": {"Payload": 1}})["nextState"] == "StateName"


def test_a_task_is_answered_by_a_handler():
    calls = []

    def f(payload):
        calls.append(payload)
        return {"x": 1}

    state = jsonata(
        "Task",
        Resource=INVOKE,
        Arguments={"FunctionName": "f", "Payload": 7},
        Output="{% $states.result.Payload %}",
    )
    got = ask(state, handlers={"f": f}, inspectionLevel="DEBUG")
    assert (got["output"], got["status"], calls) == ({"x": 1}, "SUCCEEDED", [7])
    assert got["inspectionData"]["afterArguments"] == {"FunctionName": "f", "Payload": 7}
    assert got["inspectionData"]["result"]["Payload"] == {"x": 1}


def test_a_handler_that_fails_is_called_once():
    calls = []

    def f(payload):
        calls.append(payload)
        raise TaskFailure("Boom", "c")

    state = jsonata(
        "Task",
        Resource=INVOKE,
        Arguments={"FunctionName": "f"},
        Catch=[
            {"ErrorEquals": ["Other"], "Next": "A"},
            {"ErrorEquals": ["Boom"], "Next": "B", "Assign": {"e": 1}},
        ],
    )
    got = ask(state, handlers={"f": f}, inspectionLevel="DEBUG", variables={"v": 2})
    assert calls == [{}]
    assert (got["status"], got["nextState"], got["error"]) == ("CAUGHT_ERROR", "B", "Boom")
    assert got["output"] == {"Error": "Boom", "Cause": "c"}
    assert got["inspectionData"]["errorDetails"] == {"catchIndex": 1}
    assert got["inspectionData"]["variables"] == {"v": 2, "e": 1}


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "arn:aws:states:::glue:startJobRun.sync",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:us-east-1:123456789012:activity:people",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
    ],
)
def test_whatever_a_task_calls_may_be_mocked(resource):
    arguments = {} if ":activity:" in resource or ":function:" in resource else {"StateMachineArn": "x"}
    if "sqs" in resource:
        arguments = {"QueueUrl": "q", "MessageBody": "{% $states.context.Execution.Name %}"}
    if "glue" in resource:
        arguments = {"JobName": "j"}
    state = jsonata("Task", Resource=resource, Arguments=arguments)
    assert ask(state, mock={"result": [1]}) == {"output": [1], "status": "SUCCEEDED"}


def test_retries():
    state = jsonata(
        "Task",
        Resource=INVOKE,
        Arguments={"FunctionName": "f"},
        Retry=[
            {"ErrorEquals": ["Boom"], "IntervalSeconds": 3, "MaxAttempts": 2, "JitterStrategy": "FULL"},
            {"ErrorEquals": ["States.ALL"]},
        ],
        Catch=[{"ErrorEquals": ["Boom"], "Next": "B"}],
    )
    boom = {"errorOutput": {"error": "Boom", "cause": "c"}}

    def tried(error, retries):
        got = ask(
            state,
            mock=boom if error == "Boom" else {"errorOutput": {"error": error}},
            stateConfiguration={"retrierRetryCount": retries},
            inspectionLevel="TRACE",
        )
        return got["status"], got["inspectionData"]["errorDetails"]

    assert tried("Boom", 0) == ("RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 3})
    assert tried("Boom", 1) == ("RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 6})
    assert tried("Boom", 2) == ("CAUGHT_ERROR", {"retryIndex": 0, "catchIndex": 0})
    assert tried("Other", 0) == ("RETRIABLE", {"retryIndex": 1, "retryBackoffIntervalSeconds": 1})
    assert tried("Other", 3) == ("FAILED", {"retryIndex": 1})


def test_an_output_that_fails():
    state = jsonata("Task", Resource=INVOKE, Arguments={"FunctionName": "f"}, Output="{% $no %}")
    got = ask(state, mock={"result": {}}, inspectionLevel="DEBUG")
    assert (got["status"], got["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert got["inspectionData"] == {"input": {}, "afterArguments": {"FunctionName": "f"}, "result": {}}
    got = ask(
        {**state, "Arguments": {"FunctionName": "{% $no %}"}}, mock={"result": {}}, inspectionLevel="DEBUG"
    )
    assert got["inspectionData"] == {"input": {}}


def test_a_jsonpath_task_stage_by_stage():
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets",
        "InputPath": "$.a",
        "Parameters": {"p.$": "$.b"},
        "ResultSelector": {"s.$": "$.r"},
        "ResultPath": "$.out",
        "OutputPath": "$.out",
        "Assign": {"v.$": "$.s"},
        "End": True,
    }
    got = ask(state, {"a": {"b": 1}}, mock={"result": {"r": 2}}, inspectionLevel="TRACE")
    assert got["output"] == {"s": 2}
    assert got["inspectionData"] == {
        "input": {"a": {"b": 1}},
        "afterInputPath": {"b": 1},
        "afterParameters": {"p": 1},
        "result": {"r": 2},
        "afterResultSelector": {"s": 2},
        "afterResultPath": {"a": {"b": 1}, "out": {"s": 2}},
        "variables": {"v": 2},
    }


def test_a_map():
    state = {
        "Type": "Map",
        "ItemsPath": "$.xs",
        "ItemSelector": {"v.$": "$$.Map.Item.Value"},
        "ItemBatcher": {"MaxItemsPerBatch": 2},
        "ItemProcessor": DISTRIBUTED,
        "ToleratedFailurePercentage": 50,
        "End": True,
    }
    got = ask(state, {"xs": [1, 2, 3]}, mock={"result": [9]}, inspectionLevel="DEBUG")
    inspected = got["inspectionData"]
    assert got["output"] == [9]
    assert inspected["afterItemsPath"] == [1, 2, 3]
    assert inspected["afterItemSelector"] == [{"v": 1}, {"v": 2}, {"v": 3}]
    assert inspected["afterItemBatcher"] == [{"Items": [{"v": 1}, {"v": 2}]}, {"Items": [{"v": 3}]}]
    assert (inspected["maxConcurrency"], inspected["toleratedFailurePercentage"]) == (0, 50)
    many = {"mapIterationFailureCount": 2}
    got = ask(state, {"xs": [1, 2, 3]}, mock={"result": [9]}, stateConfiguration=many)
    assert got["error"] == "States.ExceedToleratedFailureThreshold"
    got = ask(state, {"xs": 1}, mock={"result": [9]}, stateConfiguration=many, inspectionLevel="DEBUG")
    assert (got["status"], "afterItemsPath" in got["inspectionData"]) == ("FAILED", False)


def test_a_map_that_reads_its_items():
    state = jsonata(
        "Map",
        ItemReader={
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Arguments": {"Bucket": "b", "Key": "k"},
        },
        ItemProcessor=DISTRIBUTED,
        ItemSelector={"v": "{% $states.context.Map.Item.Value %}"},
        MaxConcurrency=3,
        ToleratedFailureCount=1,
    )
    got = ask(
        state,
        mock={"result": [1, 2]},
        stateConfiguration={"mapItemReaderData": "[5, 6]", "errorCausedByState": "I"},
        inspectionLevel="DEBUG",
    )
    assert got["inspectionData"]["afterItemSelector"] == [{"v": 5}, {"v": 6}]
    assert (got["inspectionData"]["maxConcurrency"], got["inspectionData"]["toleratedFailureCount"]) == (3, 1)
    got = ask(state, mock={"result": [1, 2]}, inspectionLevel="DEBUG")
    assert "afterItemSelector" not in got["inspectionData"]


def test_a_parallel():
    state = jsonata("Parallel", Branches=[INNER], Output="{% $states.result[0] %}")
    assert ask(state, mock={"result": [5]})["output"] == 5
    got = ask(state, mock={"errorOutput": {"error": "E"}}, inspectionLevel="DEBUG")
    assert (got["status"], got["inspectionData"]) == ("FAILED", {"input": {}})
    assert "same number of items" in rejected(state, mock={"result": []}).message


def test_a_state_of_a_machine():
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "P",
        "States": {
            "P": {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "Q", "States": {"Q": {"Type": "Pass", "Output": "{% $v %}", "End": True}}}
                ],
                "End": True,
            }
        },
    }
    assert ask(machine, stateName="Q", variables={"v": 3})["output"] == 3
    assert rejected(machine, stateName="X").message == "State not found in definition"


def test_the_context_object():
    state = jsonata("Pass", Output="{% $states.context.State %}")
    assert ask(state, context={"State": {"Name": "n", "RetryCount": 2}})["output"] == {
        "Name": "n",
        "RetryCount": 2,
    }
    assert ask(state)["output"]["Name"] == "StateName"
    role = jsonata("Pass", Output="{% $states.context.Execution.RoleArn %}")
    assert ask(role, roleArn="arn:aws:iam::1:role/mine")["output"] == "arn:aws:iam::1:role/mine"
    for context, message in (
        ({"X": {}}, "Field 'X' is not allowed"),
        ({"State": {"X": 1}}, "Field 'X' is not allowed"),
        ({"State": 1}, "State must be an object"),
        ({"State": {"RetryCount": True}}, "State.RetryCount must be a number"),
        ({"State": {"Name": 1}}, "State.Name must be a string"),
        (1, "context must be a JSON object"),
    ):
        assert rejected(state, context=context).message.endswith(message)


def test_requests_that_are_refused():
    task = jsonata("Task", Resource=INVOKE, Arguments={"FunctionName": "f"})
    both = {"result": 1, "errorOutput": {"error": "E"}}
    assert "only one of the following" in rejected(task, mock=both).message
    assert "not supported when a mock" in rejected({"Type": "Succeed"}, mock={"result": 1}).message
    assert "Map or Parallel" in rejected(jsonata("Parallel", Branches=[INNER])).message
    assert rejected(jsonata("Map", ItemProcessor=INNER), mock={"result": 1}).message == (
        "Mocked result must be an array."
    )
    error = rejected(
        jsonata("Map", ItemProcessor=INNER),
        [1],
        mock={"result": [1]},
        stateConfiguration={"mapIterationFailureCount": 2},
    )
    assert "less than or equal" in error.message
    error = rejected({"Type": "Wait", "End": True})
    assert error.code == "InvalidDefinition"
    assert error.message.startswith("Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: ")
    for definition, input, code in (
        ("{", "{}", "InvalidDefinition"),
        ("[]", "{}", "InvalidDefinition"),
        ('{"Type": "Succeed"}', "{", "InvalidExecutionInput"),
    ):
        with pytest.raises(RejectedRequest) as caught:
            engine.test_state({"definition": definition, "input": input})
        assert caught.value.code == code
    with pytest.raises(RejectedRequest, match="Invalid JSON in result"):
        engine.test_state({"definition": json.dumps(task), "mock": {"result": "{"}})


# --- the shapes of mocked results ---------------------------------------------------------------------------


def shape(type_name: str, **about: Any) -> Any:
    return SimpleNamespace(type_name=type_name, **{"metadata": {}, "enum": [], **about})


TABLE = shape(
    "structure",
    required_members=["name"],
    members={
        "name": shape("string", metadata={"min": 2, "max": 4}),
        "kind": shape("string", enum=["A", "B"]),
        "count": shape("integer", metadata={"min": 1, "max": 9}),
        "on": shape("boolean"),
        "when": shape("timestamp"),
        "tags": shape("map", value=shape("string")),
        "parts": shape(
            "list", member=shape("structure", required_members=[], members={"x": shape("double")})
        ),
        "any": shape("structure", document=True, required_members=[], members={}),
    },
)


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        ({"Name": 1}, "Field 'Name' must be a string"),
        ({"Name": "a"}, "Field 'Name' is smaller than the minimum length"),
        ({"Name": "abcde"}, "Field 'Name' is larger than the maximum length"),
        ({"Kind": "C"}, "Field 'Kind' is not an expected value"),
        ({"Count": True}, "Field 'Count' must be a number"),
        ({"Count": 0}, "Field 'Count' is less than the minimum value"),
        ({"Count": 10}, "Field 'Count' is greater than the maximum value"),
        ({"On": 1}, "Field 'On' must be a boolean"),
        ({"When": 1}, "Field 'When' must be a string"),
        ({"Tags": []}, "Field 'Tags' must be an object"),
        ({"Tags": {"a": 1}}, "Field 'Tags' must be a string"),
        ({"Parts": {}}, "Field 'Parts' must be an array"),
        ({"Parts": [{"X": "1"}]}, "Field 'X' must be a number"),
        ([], "Mock result must be an object"),
        ({"Kind": "A"}, "Field 'Name' is required but missing"),
    ],
)
def test_results_of_another_shape(result, problem):
    state = jsonata(
        "Task", Resource="arn:aws:states:::dynamodb:getItem", Arguments={"TableName": "t", "Key": {}}
    )
    mock = {"result": result}
    error = rejected(state, mock=mock, shapes=lambda service, action: TABLE)
    assert error.message == f"Mock result schema validation error: {problem}"
    assert ask(state, mock={**mock, "fieldValidationMode": "NONE"}, shapes=lambda service, action: TABLE)
    assert ask(state, mock=mock, shapes=lambda service, action: None)
    assert ask(state, mock=mock)


def test_results_of_the_right_shape():
    asked = []

    def shapes(service, action):
        asked.append((service, action))
        return TABLE

    good = {
        "Name": "ab",
        "Kind": "A",
        "Count": 3,
        "On": True,
        "When": "now",
        "Tags": {"a": "b"},
        "Parts": [{"X": 1.5}],
        "Any": {"x": 1},
        "Unknown": {"x": 1},
        "SdkHttpMetadata": 1,
    }
    state = jsonata("Task", Resource="arn:aws:states:::aws-sdk:s3:getBucket", Arguments={})
    assert ask(state, mock={"result": good}, shapes=shapes)["status"] == "SUCCEEDED"
    present = {"result": {}, "fieldValidationMode": "PRESENT"}
    assert ask(state, mock=present, shapes=shapes)["status"] == "SUCCEEDED"
    sync = jsonata("Task", Resource="arn:aws:states:::glue:startJobRun.sync", Arguments={"JobName": "j"})
    assert ask(sync, mock={"result": good}, shapes=shapes)["status"] == "SUCCEEDED"
    assert asked == [("s3", "getBucket"), ("s3", "getBucket"), ("glue", "startJobRun")]
    function = jsonata("Task", Resource="arn:aws:lambda:us-east-1:123456789012:function:f")
    assert ask(function, mock={"result": 1}, shapes=shapes)["output"] == 1


def test_a_map_with_results_of_any_shape_is_refused_unless_they_are_written():
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "b", "Prefix": "p"}}
    state = jsonata("Map", ItemProcessor=DISTRIBUTED, Items=[1], ResultWriter=writer)
    written = {"ResultWriterDetails": {"Bucket": "b", "Key": "k"}}
    assert ask(state, mock={"result": written})["output"] == written


def test_a_parallel_without_branches():
    error = rejected({"Type": "Parallel", "Branches": [], "End": True}, mock={"result": []})
    assert error.message.endswith("Value cannot be empty at /States/StateName/Branches'")


def test_a_jsonpath_state_without_arguments_shows_its_input():
    state = {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "End": True}
    got = ask(state, {"x": 1}, mock={"result": 2}, inspectionLevel="DEBUG")
    assert got["inspectionData"]["afterParameters"] == {"x": 1}
    bare = ask({**state, "QueryLanguage": "JSONata"}, {"x": 1}, mock={"result": 2}, inspectionLevel="DEBUG")
    assert bare["inspectionData"] == {"input": {"x": 1}, "result": 2}
