"""What the checks find in a definition, and where. One row a rule: the state, and the findings about it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.asl import REFUSED, check, check_text, parse, variable_references
from flowdeco.asl.check import service_location
from flowdeco.asl.codes import SCHEMA

JSONATA: dict[str, Any] = {"QueryLanguage": "JSONata"}
LAMBDA = "arn:aws:states:::lambda:invoke"
ONE: dict[str, Any] = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}
DISTRIBUTED = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **ONE}


def machine(state: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A machine of one state, A, that ends unless it says otherwise."""
    goes = {} if state.get("Type") in ("Succeed", "Fail", "Choice") or "Next" in state else {"End": True}
    return {"StartAt": "A", "States": {"A": {**state, **goes}}, **fields}


def found(definition: Any, **options: Any) -> list[tuple[str, str]]:
    """Place and message of each finding; places in state A without its name."""
    return [
        (str(finding.where).removeprefix("States.A").lstrip("."), finding.message)
        for finding in check(definition, **options)
    ]


def map_state(**fields: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemProcessor": ONE, **fields}


def distributed(**fields: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemProcessor": DISTRIBUTED, "ResultWriter": WRITER, **fields}


WRITER = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}
READER = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b"}}

FIELDS = [
    ({"Type": "Wait"}, "", "a Wait has exactly one of Seconds, SecondsPath, Timestamp, TimestampPath, and this one has none"),
    ({"Type": "Wait", "Seconds": 1, "TimestampPath": "$.t"}, "", "and this one has Seconds and TimestampPath"),
    ({**JSONATA, "Type": "Wait"}, "", "exactly one of Seconds, Timestamp, and"),
    ({"Type": "Wait", "Seconds": -1}, "Seconds", "Seconds is -1, and can be from 0 to 99999999"),
    ({"Type": "Wait", "Timestamp": "{% $t %}"}, "Timestamp", "String does not match RFC3339 timestamp"),
    ({"Type": "Wait", "Seconds": "{% 1 %}"}, "Seconds", "Seconds is an expression, and this state is JSONPath"),
    ({**JSONATA, "Type": "Pass", "Parameters": 1}, "Parameters", "Parameters is a field of JSONPath states, and this state is JSONata"),
    ({"Type": "Pass", "Output": 1}, "Output", "Output is a field of JSONata states"),
    ({"Type": "Fail", "Error": "E", "ErrorPath": "$.e"}, "", "Error and ErrorPath are given, and only one of them can be"),
    ({"Type": "Fail", "Error": "States.Mine"}, "Error", "the error 'States.Mine' starts with 'States.'"),
]  # fmt: skip
TASKS = [
    ({"Resource": "arn:aws:states:::dynamodb:query"}, "Resource", "The resource provided arn:aws:states:::dynamodb:query is not recognized."),
    ({"Resource": "train"}, "Resource", "The resource provided train is not recognized."),
    ({"Resource": "arn:aws:states:::s4:put"}, "Resource", "is not recognized"),
    ({"Resource": "arn:aws:states:::sqs:sendMessage.sync"}, "Resource", "is not recognized"),
    ({"Resource": "arn:aws:states:::dynamodb:getItem.sync"}, "Resource", "is not recognized"),
    ({"Resource": "arn:aws:states:::aws-sdk:s3:getObject.sync"}, "Resource", "is not recognized"),
    ({"Resource": "arn:aws:states:::aws-sdk:s3:GetObject"}, "Resource", "is not recognized"),
    ({"Resource": LAMBDA, "Parameters": {}}, "Parameters", "The field 'FunctionName' is required but was missing"),
    ({"Resource": LAMBDA, "Credentials": {}}, "Credentials", "The field 'RoleArn' is required but was missing"),
    ({"Resource": LAMBDA + ".waitForTaskToken"}, "Parameters", "the task waits for its token to come back"),
    ({"Resource": LAMBDA + ".waitForTaskToken", **JSONATA}, "Arguments", "the task waits for its token to come back"),
    ({"Resource": LAMBDA, "TimeoutSeconds": 5, "HeartbeatSeconds": 5}, "HeartbeatSeconds", "HeartbeatSeconds is 5, and must be less than TimeoutSeconds, 5"),
    ({"Resource": LAMBDA, "TimeoutSeconds": 0}, "TimeoutSeconds", "TimeoutSeconds is 0, and can be from 1 to 99999999"),
]  # fmt: skip
RETRIES = [
    ({"ErrorEquals": ["E", "States.ALL"]}, ".ErrorEquals", "States.ALL stands alone: it covers the others"),
    ({"ErrorEquals": ["States.Timeuot"]}, ".ErrorEquals[0]", "no error is called 'States.Timeuot'"),
    ({"ErrorEquals": ["E"], "IntervalSeconds": 0}, ".IntervalSeconds", "can be from 1 to 99999999"),
    ({"ErrorEquals": ["E"], "BackoffRate": 0.5}, ".BackoffRate", "BackoffRate is 0.5, and can be at least 1"),
    ({"ErrorEquals": ["E"], "MaxDelaySeconds": 40_000_000}, ".MaxDelaySeconds", "from 1 to 31622400"),
    ({"ErrorEquals": ["E"], "MaxAttempts": -1}, ".MaxAttempts", "from 0 to"),
]  # fmt: skip
MAPS = [
    (map_state(ItemReader=READER), "ItemReader", "ItemReader is for distributed Maps, and this one is inline"),
    (map_state(ItemBatcher={"MaxItemsPerBatch": 2}), "ItemBatcher", "is for distributed Maps"),
    (map_state(ResultWriter=WRITER), "ResultWriter", "is for distributed Maps"),
    (map_state(ToleratedFailureCount=1), "ToleratedFailureCount", "has no effect"),
    (map_state(Label="x"), "Label", "Label has no effect"),
    (map_state(MaxConcurrency=-1), "MaxConcurrency", "MaxConcurrency is -1"),
    (distributed(ItemProcessor={**ONE, "ProcessorConfig": {"Mode": "DISTRIBUTED"}}), "ItemProcessor.ProcessorConfig", "These fields are required: [ExecutionType]"),
    (distributed(Label=""), "Label", "Label has 0 characters, and can have 1 to 40"),
    (distributed(Label="x" * 41), "Label", "Label has 41 characters"),
    (distributed(Label="a b*"), "Label", "has characters in it that it cannot have: ' ' '*'"),
    (distributed(ToleratedFailurePercentage=101), "ToleratedFailurePercentage", "from 0 to 100"),
    (distributed(ItemReader={}), "ItemReader", "These fields are required: [Resource]"),
    (distributed(ItemReader={**READER, "Resource": 1}), "ItemReader.Resource", "The resource provided 1 is not recognized."),
    (distributed(ItemReader={**READER, "Resource": "s3:getObject"}), "ItemReader.Resource", "is not recognized."),
    (distributed(ItemReader={**READER, "Bucket": 1}), "ItemReader.Bucket", "field 'Bucket' is not known here"),
    (distributed(ItemReader={**READER, "ReaderConfig": {"InputType": "XML"}}), "ItemReader.ReaderConfig.InputType", "InputType is one of CSV, JSON"),
    (distributed(ItemReader={**READER, "ReaderConfig": {"InputType": "CSV"}}), "ItemReader.ReaderConfig", "[CSVHeaderLocation]"),
    (distributed(ItemReader={**READER, "ReaderConfig": {"CSVHeaderLocation": "GIVEN"}}), "ItemReader.ReaderConfig", "[CSVHeaders]"),
    (distributed(ItemReader={**READER, "ReaderConfig": {"CSVHeaders": [1]}}), "ItemReader.ReaderConfig.CSVHeaders", "is an array of strings"),
    (distributed(ItemReader={**READER, "ReaderConfig": {"MaxItems": -1}}), "ItemReader.ReaderConfig.MaxItems", "from 0 to 100000000"),
    (distributed(ItemBatcher={}), "ItemBatcher", "and this one has neither"),
    (distributed(ItemBatcher={"MaxInputBytesPerBatch": 262_145}), "ItemBatcher.MaxInputBytesPerBatch", "from 1 to 262144"),
    (distributed(ItemBatcher={"MaxItemsPerBatch": 1, "MaxItems": 1}), "ItemBatcher.MaxItems", "is not known"),
    (distributed(ResultWriter={}), "ResultWriter", "These fields are required: [Resource]"),
    (distributed(ResultWriter={"WriterConfig": {"OutputType": "CSV"}}), "ResultWriter.WriterConfig.OutputType", "is one of JSON, JSONL"),
    (distributed(ItemReader={**READER, "ReaderConfig": {"MaxItems": 1, "MaxItemsPath": "$.n"}}), "ItemReader.ReaderConfig", "MaxItems and MaxItemsPath are given"),
]  # fmt: skip
QUERIES = [
    ({"Output": "{% 1 + %}"}, "Output", "the JSONata expression '1 +' does not parse"),
    ({"Output": "{% $states.input.a ?? 1 %}"}, "Output", "does not parse"),
    ({"Output": "{% title & 'x' %}"}, "Output", "title refers to nothing: an expression has no context item"),
    ({"Output": "{% $ %}"}, "Output", "$ refers to nothing"),
    ({"Output": ["{% 1 "]}, "Output[0]", "the expression is not closed, or not opened"),
    ({"Output": "{%}"}, "Output", "the expression is not closed, or not opened"),
    ({"Output": "{% $eval('1') %}"}, "Output", "Step Functions has no $eval"),
    ({"Output": "{% $states.result %}"}, "Output", "$states.result is not available here"),
    ({"Output": "{% $states.errorOutput.Cause %}"}, "Output", "$states.errorOutput is not available here"),
    ({"Output": "{% $states.inptu %}"}, "Output", "$states has no field 'inptu'"),
    ({"Assign": {"x": "{% $y %}"}}, "Assign.x", "the variable $y is not assigned before it is read"),
    ({"Assign": {"states": 1}}, "Assign.states", "$states is Step Functions' own, and cannot be assigned"),
    ({"Assign": {"a.b": 1}}, "Assign.a.b", "'a.b' is no name for a variable"),
    ({"Assign": {"x" * 81: 1}}, "Assign." + "x" * 81, "the name has 81 characters"),
    ({"Output": "{% $conut($states.input) %}"}, "Output", "there is no function $conut"),
]  # fmt: skip
PATHS = [
    ({"InputPath": "$.a["}, "InputPath", "The value for the field 'InputPath' must be a valid JSONPath"),
    ({"ResultPath": "$..a"}, "ResultPath", "The value for the field 'ResultPath' must be a valid Reference Path"),
    ({"Parameters": {"a": [{"b.$": "States.Foo()"}]}}, "Parameters.a[0].b.$", "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call"),
    ({"Parameters": {"b.$": 1}}, "Parameters.b.$", "The value for the field 'b.$' must be"),
    ({"Assign": {"x.$": "$y.z"}}, "Assign.x.$", "the variable $y is not assigned before it is read"),
]  # fmt: skip


def _one(definition: dict[str, Any], where: str, message: str, **options: Any) -> None:
    ((place, text),) = found(definition, **options)
    assert place == where
    assert message in text


@pytest.mark.parametrize(("state", "where", "message"), FIELDS)
def test_fields(state: dict[str, Any], where: str, message: str) -> None:
    _one(machine(state), where, message)


@pytest.mark.parametrize(("fields", "where", "message"), TASKS)
def test_tasks(fields: dict[str, Any], where: str, message: str) -> None:
    _one(machine({"Type": "Task", **fields}), where, message)


@pytest.mark.parametrize(("entry", "where", "message"), RETRIES)
def test_retriers(entry: dict[str, Any], where: str, message: str) -> None:
    _one(machine({"Type": "Task", "Resource": LAMBDA, "Retry": [entry]}), f"Retry[0]{where}", message)


@pytest.mark.parametrize(("state", "where", "message"), MAPS)
def test_maps(state: dict[str, Any], where: str, message: str) -> None:
    _one(machine(state), where, message)


@pytest.mark.parametrize(("fields", "where", "message"), QUERIES)
def test_expressions(fields: dict[str, Any], where: str, message: str) -> None:
    _one(machine({"Type": "Pass", **fields}, **JSONATA), where, message)


@pytest.mark.parametrize(("fields", "where", "message"), PATHS)
def test_paths(fields: dict[str, Any], where: str, message: str) -> None:
    _one(machine({"Type": "Pass", **fields}), where, message)


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Wait", "Timestamp": "2026-01-31T08:00:00Z"},
        {"Type": "Wait", "Timestamp": "{% $states.input.t %}", **JSONATA},
        {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f:7"},
        {"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:a"},
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject"},
        {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync"},
        {"Type": "Task", "Resource": LAMBDA, "Credentials": {"RoleArn.$": "$.role"}},
        {"Type": "Task", "Resource": LAMBDA, **JSONATA, "Credentials": "{% $states.input.role %}"},
        {"Type": "Task", "Resource": f"{LAMBDA}.waitForTaskToken", "Parameters": {"FunctionName": "f", "t.$": "$$.Task.Token"}},
        {"Type": "Task", "Resource": LAMBDA, "Retry": [{"ErrorEquals": ["States.Http.StatusCode.404"]}]},
        {"Type": "Task", "Resource": LAMBDA, **JSONATA, "Output": "{% $states.result.Payload %}",
         "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "A"}]},
        {"Type": "Pass", **JSONATA, "Output": "{% ($f := function($x) { $x + 1 }; $map([1], $f)) %}"},
        {"Type": "Pass", **JSONATA, "Output": "{% $exists($states) %}", "Comment": "{% not read"},
        {"Type": "Pass", "InputPath": None, "ResultPath": None, "Result": {"a.$": 1}},
        {"Type": "Fail", "ErrorPath": "States.Format('{}', $.e)", "CausePath": "$.c"},
        distributed(ItemReader={**READER, "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"], "MaxItemsPath": "$.n"}},
                    ItemBatcher={"MaxItemsPerBatchPath": "$.n", "BatchInput": {"k.$": "$.k"}}, Label="items"),
        distributed(ResultWriter={"WriterConfig": {"OutputType": "JSONL", "Transformation": "FLATTEN"}}),
        distributed(ItemReader={"Resource": READER["Resource"], "ReaderConfig": {"InputType": "{% 'JSON' %}"}},
                    ResultWriter={"WriterConfig": {}}, **JSONATA),
        map_state(ItemsPath="$.rows", Parameters={"x.$": "$$.Map.Item.Value"}),
        {"Type": "Map", "Iterator": ONE},
        {"Type": "Choice", "Choices": [{"And": [{"Variable": "$.a", "IsNull": True}, {"Not": {"Variable": "$$.b", "StringEqualsPath": "$.c"}}], "Next": "A"}], "Default": "A"},
    ],
    ids=lambda state: state["Type"],
)  # fmt: skip
def test_nothing_is_found(state: dict[str, Any]) -> None:
    definition = machine(state)
    if state["Type"] == "Choice":
        definition["States"]["A"]["Default"] = "Z"
        definition["States"]["Z"] = {"Type": "Succeed"}
    assert found(definition) == []
    assert check(parse(definition)) == []


def test_hints() -> None:
    def hints(definition: dict[str, Any]) -> list[str | None]:
        return [finding.hint for finding in check(definition)]

    def of(**fields: Any) -> list[str | None]:
        return hints(machine({"Type": "Pass", **fields}, **JSONATA))

    assert of(Output="{% $state.input %}") == ["did you mean '$states'?"]
    assert of(Output="{% $states.inptu %}") == ["did you mean 'input'?"]
    assert of(Output="{% $states.foo %}") == ["it has input, context, result, errorOutput"]
    assert of(Output="{% $a ?: 1 %}") == [
        "Step Functions speaks JSONata 2.0.6, which does not know '?:': write 'a ? a : b'"
    ]
    assert of(Output="{% name & 'a' %}") == ["start from a variable, as in $states.input.name"]
    assert of(InputPath="$.a") == [None]
    assert of(Assign={"x": 1, "y": "{% $x %}"}) == [
        "it is assigned later, or in this state, whose Assign counts for the next one"
    ]
    for resource, hint in (
        ("sqs:sendMessage.sync", "sqs:sendMessage has .waitForTaskToken, not .sync"),
        ("dynamodb:getItem.sync", "dynamodb:getItem has no .sync"),
        ("dynamodb:query", "call it as aws-sdk:dynamodb:query"),
        ("lamdba:invoke", "did you mean 'lambda'?"),
        ("kinesis:putRecord", "call it as aws-sdk:kinesis:putRecord"),
        ("aws-sdk:s3:PutObject", "the action starts with a small letter: putObject"),
    ):
        assert hints(machine({"Type": "Task", "Resource": f"arn:aws:states:::{resource}"})) == [hint]


def test_expressions_in_rules_and_catchers() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Next": "Z"}, {"Condition": "{% $a %}", "Next": "Z"}],
        "Default": "Z",
    }
    definition = {"StartAt": "A", **JSONATA, "States": {"A": choice, "Z": {"Type": "Succeed"}}}
    assert ("Choices[0]", "a rule of a JSONata state has a Condition") in found(definition)
    assert ("Choices[1].Condition", "the variable $a is not assigned before it is read") in found(definition)
    paths = {
        "Type": "Choice",
        "Choices": [
            {"And": [{"Variable": "$.a[", "IsNull": True}, 1], "Next": "Z"},
            {"Not": {"Variable": "$.b[", "IsNull": True}, "Next": "Z"},
            {"Condition": True, "Next": "Z"},
        ],
    }
    definition = {"StartAt": "A", "States": {"A": paths, "Z": {"Type": "Succeed"}}}
    places = [place for place, _ in found(definition)]
    assert places == [
        "Choices[0].And[1]",
        "Choices[2].Condition",
        "Choices[0].And[0].Variable",
        "Choices[1].Not.Variable",
    ]


def test_query_languages() -> None:
    branch = {"QueryLanguage": "JSONPath", **ONE}
    parallel = machine({"Type": "Parallel", "Branches": [branch]}, **JSONATA)
    message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
    assert found(parallel) == [("Branches[0]", message)]
    assert found(machine({"Type": "Pass", "QueryLanguage": "JSONPath"}, **JSONATA)) == [("", message)]
    assert found(machine({"Type": "Parallel", "Branches": [branch], **JSONATA})) == []
    state = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True, "QueryLanguage": "JSONPath"}}}
    nested = machine({"Type": "Parallel", "Branches": [state]}, **JSONATA)
    assert found(nested) == [("Branches[0].States.In", message)]


def test_express() -> None:
    def express(state: dict[str, Any]) -> list[tuple[str, str]]:
        return found(machine(state), type="EXPRESS")

    sync = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync"}
    message = "Express state machine does not support '.sync' service integration"
    assert express(sync) == [("Resource", message)]
    activity = {"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:a"}
    assert express(activity) == [("Resource", "Express state machine does not support activities")]
    assert express(distributed()) == [
        ("ItemProcessor.ProcessorConfig.Mode", "Express state machine does not support distributed Maps")
    ]
    inner = {"StartAt": "S", "States": {"S": {**sync, "End": True}}}
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    of_express = distributed(ItemProcessor={**inner, **config})
    assert found(machine(of_express)) == [("ItemProcessor.States.S.Resource", message)]


def test_names_of_states() -> None:
    branches = [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]
    _one(
        machine({"Type": "Parallel", "Branches": branches}), "Branches[0].States.A", "Duplicate State name: A"
    )
    for name, message in (("x" * 81, "81 characters"), ("", "0 characters"), ("a\n", "control characters")):
        ((_, text),) = found({"StartAt": name, "States": {name: {"Type": "Succeed"}}})
        assert message in text


def test_labels_are_unique() -> None:
    first = {**distributed(Label="x"), "Next": "B"}
    other = {"StartAt": "Other", "States": {"Other": {"Type": "Succeed"}}}
    config = {"ProcessorConfig": DISTRIBUTED["ProcessorConfig"]}
    second = {**distributed(Label="x", ItemProcessor={**config, **other}), "End": True}
    definition = {"StartAt": "A", "States": {"A": first, "B": second}}
    assert found(definition) == [("States.B.Label", "Label 'x' is not unique")]


def test_ways_through_the_machine() -> None:
    definition = {
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Next": "A"}, "B": {"Type": "Succeed"}},
    }
    assert [(f.where, f.code) for f in check(definition)] == [
        ("States.B", "MISSING_TRANSITION_TARGET"),
        ("StartAt", "NO_TERMINAL_STATE"),
    ]
    assert found({"StartAt": "X", "States": definition["States"]})[0] == (
        "StartAt",
        "Missing 'StartAt' target: X",
    )
    assert [f.code for f in check(machine({"Type": "Pass", "Next": "X"}))] == ["MISSING_TRANSITION_TARGET"]


def test_states_all_comes_last() -> None:
    entries = [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]
    _one(
        machine({"Type": "Task", "Resource": LAMBDA, "Retry": entries}),
        "Retry[0].ErrorEquals",
        "States.ALL is in the last entry only",
    )


def test_the_machines_own_timeout() -> None:
    assert found(machine({"Type": "Pass"}, TimeoutSeconds=0)) == [
        ("TimeoutSeconds", "TimeoutSeconds is 0, and can be from 1 to 99999999")
    ]


def test_sizes() -> None:
    large = {"Type": "Pass", "Result": "x" * 140_000}
    ((where, message),) = found(machine(large))
    assert where == "Result"
    assert message.startswith("what is written here has 140,002 bytes")
    ((where, message),) = found(machine({"Type": "Pass", "Comment": "é" * 600_000}))
    assert where == "definition"
    assert "Step Functions takes 1,048,576" in message
    reader = distributed(ItemReader=READER)
    del reader["ResultWriter"]
    _one(machine(reader), "", "the results of all items are the state's output")


def test_everything_at_once() -> None:
    broken = {
        "StartAt": "A",
        "States": {"A": {"Type": "Wait", "Sconds": 1, "End": True}, "B": 1, "C": {"Type": "Pas"}},
    }
    assert [place for place, _ in found(broken)] == ["Sconds", "States.B", "States.C.Type", "", "States.C"]
    retry = machine({"Type": "Task", "Resource": 1, "Retry": [{"ErrorEquals": "E"}, 2], "Catch": {}})
    assert len(found(retry)) == 4
    odd = machine({"Type": "Task", "Resource": LAMBDA, "Retry": [{"ErrorEquals": ["States.ALL", 1]}]})
    assert len(found(odd)) == 2
    assert found({"StartAt": "A", "States": 1})[0][0] == "States"
    parts = machine(
        distributed(ItemReader=1, ItemBatcher=1, ResultWriter=[], ItemProcessor={**ONE, "ProcessorConfig": 1})
    )
    assert {place for place, _ in found(parts)} >= {"ItemReader", "ItemBatcher", "ResultWriter"}
    assert found(machine({"Type": "Map", "ItemProcessor": 1}))[0][0] == "ItemProcessor"


@pytest.mark.parametrize("text", ["", "  \n"])
def test_no_text(text: str) -> None:
    assert [(f.message, f.where, f.code) for f in check_text(text)] == [
        ("Definition must be a valid JSON object", None, SCHEMA)
    ]


def test_text_that_is_no_definition() -> None:
    assert found([]) == [("definition", "expected an object, not an array")]
    assert check_text("[1]")[0].message == "Definition must be a valid JSON object"
    (word,) = check_text("not a definition")
    assert word.code == "INVALID_JSON_DESCRIPTION"
    assert word.where == '[Source: (String)"not a definition"; line: 1, column: 4]'
    (comma,) = check_text('{\n"a": 1,,}')
    assert comma.message.startswith("Expecting property name enclosed in double quotes\n at [Source")
    assert str(comma.where).endswith("line: 2, column: 8]")
    (long,) = check_text("x" * 501)
    assert "[truncated 1 chars]" in str(long.where)


def test_fields_that_are_there_twice() -> None:
    text = '{"StartAt": "A", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    assert [(f.severity, f.code) for f in check_text(text)] == [("warning", "DUPLICATE_FIELD")]


def test_nesting_that_is_too_deep() -> None:
    deep: Any = {"Type": "Pass", "End": True}
    for _ in range(3_000):
        scope = {"StartAt": "A", "States": {"A": deep}}
        deep = {"Type": "Parallel", "Branches": [scope], "End": True}
    message = "it is nested too deeply to be read"
    assert [f.message for f in check({"StartAt": "A", "States": {"A": deep}}) if "deep" in f.message] == [
        message
    ]
    value: Any = 1
    for _ in range(200_000):
        value = [value]
    assert [f.message for f in check(machine({"Type": "Pass", "Result": value}))] == [message]
    assert [f.message for f in check_text("[" * 200_000)] == [message]


def test_codes_of_the_service() -> None:
    assert {f.code for f in check({}) + check_text("x")} <= REFUSED


def test_locations_as_the_service_writes_them() -> None:
    definition = {"StartAt": "a.b", "States": {"a.b": {"Retry": [{"Next": "x"}]}, "c[0]": {}}}
    for where, location in (
        ("States.a.b.Retry[0].Next", "/States/a.b/Retry[0]/Next"),
        ("States.a.b.Retry[7].Next", "/States/a.b/Retry[7]/Next"),
        ("States.c[0].Type", "/States/c[0]/Type"),
        ("States.gone.Type.x", "/States/gone/Type/x"),
        ("definition", "/"),
    ):
        assert service_location(where, definition) == location


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.text("a{%} $.[]", max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["Type", "Next", "States", "Resource", "x.$", "Mode", "Assign"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
SAMPLES = [state for state, *_ in FIELDS + MAPS] + [{"Type": "Task", **fields} for fields, *_ in TASKS]


@given(st.sampled_from(SAMPLES), st.data())
def test_no_definition_breaks_the_checks(state: dict[str, Any], data: st.DataObject) -> None:
    definition = copy.deepcopy(machine(state))
    part: Any = definition
    while True:  # somewhere in the definition, something else
        key = data.draw(
            st.sampled_from(list(part)) if isinstance(part, dict) else st.integers(0, len(part) - 1)
        )
        inner = part[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            part[key] = data.draw(JSONS)
            break
        part = inner
    assert check_text(json.dumps(definition)) == check(definition)
    variable_references(definition)
