"""States in JSONPath, and both query languages in one machine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.asl.parse import parse
from flowdeco.engine import Identity, SkippingClock, TaskFailure, run
from flowdeco.engine.execution import Execution

PREFIX = "An error occurred while executing the state 'A' (entered at the event id #2). "
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
INVOKE = "arn:aws:states:::lambda:invoke"


def machine(states: dict[str, Any], **fields: Any) -> Any:
    closed = {
        name: state
        if "Next" in state or state["Type"] in ("Choice", "Succeed", "Fail")
        else {**state, "End": True}
        for name, state in states.items()
    }
    return parse({"StartAt": next(iter(states)), "States": closed, **fields})


@pytest.fixture
def path_play():
    def path_play(states: Any, input: Any = None, **handlers: Any) -> Any:
        given = {} if input is None else input
        return run(machine(states), given, handlers=handlers, clock=SkippingClock(1_000_000_000))

    return path_play


def scope(state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "I", "States": {"I": {"End": True, **state}}}


def failed(record: Any) -> tuple[str, str]:
    assert record.status == "FAILED"
    return record.error, record.cause


# --- data flow ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"a": {"b": 1}, "c": 2}),
        ({"InputPath": "$.a"}, {"b": 1}),
        ({"InputPath": None}, {}),
        ({"InputPath": "$$.Execution.Name"}, "execution"),
        ({"OutputPath": "$.c"}, 2),
        ({"OutputPath": None}, {}),
        ({"Parameters": {"x.$": "$.a.b", "y": "$.c"}}, {"x": 1, "y": "$.c"}),
        ({"Parameters": {"x": 1}}, {"x": 1}),
        ({"Parameters": {"n.$": "$$.State.Name"}}, {"n": "A"}),
        ({"Parameters": {"n.$": "$.b"}, "InputPath": "$.a"}, {"n": 1}),
        ({"Result": [1]}, [1]),
        ({"Result": None}, None),
        ({"Result": 9, "Parameters": {"x": 1}}, 9),
        ({"Result": 9, "ResultPath": "$.a.r"}, {"a": {"b": 1, "r": 9}, "c": 2}),
        ({"Result": 9, "ResultPath": "$"}, 9),
        ({"Result": 9, "ResultPath": None}, {"a": {"b": 1}, "c": 2}),
        ({"InputPath": "$.a", "ResultPath": "$.d", "OutputPath": "$.d.b"}, 1),
    ],
)
def test_a_pass(path_play, fields, output):
    record = path_play({"A": {"Type": "Pass", **fields}}, {"a": {"b": 1}, "c": 2})
    assert (record.status, record.output) == ("SUCCEEDED", output)


def test_a_task_from_input_to_output(path_play):
    task = {
        "Type": "Task",
        "Resource": FUNCTION,
        "InputPath": "$.in",
        "Parameters": {"n.$": "$.n", "id.$": "$$.Execution.Name"},
        "ResultSelector": {"r.$": "$.value", "s": 1},
        "ResultPath": "$.out.here",
        "OutputPath": "$.out",
        "Assign": {"v.$": "$.r"},
    }
    after = {"Type": "Pass", "Parameters": {"out.$": "$", "v.$": "$v"}}
    seen = []

    def f(payload):
        seen.append(payload)
        return {"value": payload["n"] + 1}

    record = path_play({"A": {**task, "Next": "B"}, "B": after}, {"in": {"n": 1}}, f=f)
    assert seen == [{"n": 1, "id": "execution"}]
    assert record.output == {"out": {"here": {"r": 2, "s": 1}}, "v": 2}
    exited = next(event for event in record.events if event.type == "TaskStateExited")
    assert exited.details["assignedVariables"] == {"v": 2}


def test_a_task_without_parameters_is_given_what_input_path_leaves(path_play):
    task = {"Type": "Task", "Resource": FUNCTION, "ResultPath": None}
    assert path_play({"A": task}, {"a": 1}, f=lambda payload: [payload]).output == {"a": 1}
    task = {"Type": "Task", "Resource": FUNCTION, "InputPath": "$.a"}
    assert path_play({"A": task}, {"a": 1}, f=lambda payload: [payload]).output == [1]
    task = {"Type": "Task", "Resource": FUNCTION, "InputPath": None}
    assert path_play({"A": task}, {"a": 1}, f=lambda payload: [payload]).output == [{}]


def test_lambda_invoke_needs_a_function_name(path_play):
    task = {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName.$": "$.f"}}
    record = path_play({"A": task}, {"f": "f"}, f=lambda payload: payload)
    assert record.output["Payload"] == {}
    task = {"Type": "Task", "Resource": INVOKE, "Parameters": {"Payload.$": "$"}}
    problem = "The Parameters '{\"Payload\":{}}' could not be used to start the Task: [The field 'FunctionName' is required but was missing]"
    assert failed(path_play({"A": task})) == ("States.Runtime", PREFIX + problem)


def test_a_catcher_puts_the_error_where_it_says(path_play):
    def f(payload):
        raise TaskFailure("E", "why")

    def states(**catcher):
        catch = [{"ErrorEquals": ["E"], "Next": "B", **catcher}]
        task = {"Type": "Task", "Resource": FUNCTION, "OutputPath": "$.no", "Catch": catch, "Next": "B"}
        return {"A": task, "B": {"Type": "Pass"}}

    error = {"Error": "E", "Cause": "why"}
    assert path_play(states(), {"a": 1}, f=f).output == error
    assert path_play(states(ResultPath="$.e"), {"a": 1}, f=f).output == {"a": 1, "e": error}
    assert path_play(states(ResultPath=None), {"a": 1}, f=f).output == {"a": 1}
    made = states(Assign={"c.$": "$.Cause"})
    made["B"]["OutputPath"] = "$c"
    assert path_play(made, {"a": 1}, f=f).output == "why"


def test_parameters_see_the_retry_count(path_play):
    seen = []

    def f(payload):
        seen.append(payload["n"])
        if len(seen) < 3:
            raise ValueError
        return payload["n"]

    retry = [{"ErrorEquals": ["States.ALL"]}]
    task = {
        "Type": "Task",
        "Resource": FUNCTION,
        "Parameters": {"n.$": "$$.State.RetryCount"},
        "Retry": retry,
    }
    assert path_play({"A": task}, f=f).output == 2
    assert seen == [0, 1, 2]


def test_timeouts_by_path(path_play):
    task = {
        "Type": "Task",
        "Resource": INVOKE,
        "Parameters": {"FunctionName": "f"},
        "TimeoutSecondsPath": "$.t",
        "HeartbeatSecondsPath": "$.h",
        "Credentials": {"RoleArn.$": "$.role"},
    }
    record = path_play({"A": task}, {"t": 60, "h": "20", "role": "r"}, f=lambda payload: 1)
    details = next(event.details for event in record.events if event.type == "TaskScheduled")
    assert (details["timeoutInSeconds"], details["heartbeatInSeconds"]) == (60, 20)
    assert details["taskCredentials"] == {"roleArn": "r"}
    problem = "Invalid path '$.t' : No results for path: $['t']"
    assert failed(path_play({"A": task}, {}, f=len)) == ("States.Runtime", PREFIX + problem)


def test_parallel_and_its_fields(path_play):
    parallel = {
        "Type": "Parallel",
        "Parameters": {"x.$": "$.n"},
        "Branches": [scope({"Type": "Pass"}), scope({"Type": "Pass", "OutputPath": "$.x"})],
        "ResultSelector": {"first.$": "$[0].x", "all.$": "$[*]"},
        "ResultPath": "$.p",
    }
    record = path_play({"A": parallel}, {"n": 1})
    assert record.output == {"n": 1, "p": {"first": 1, "all": [{"x": 1}, 1]}}
    parallel = {"Type": "Parallel", "InputPath": "$.n", "Branches": [scope({"Type": "Pass"})]}
    assert path_play({"A": parallel}, {"n": 1}).output == [1]


# --- maps -----------------------------------------------------------------------------------------------------


def test_a_map_over_a_path(path_play):
    state = {
        "Type": "Map",
        "InputPath": "$.in",
        "ItemsPath": "$.rows",
        "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.k", "c": 1},
        "ItemProcessor": scope({"Type": "Pass", "Parameters": {"x.$": "$", "again.$": "$$.Map.Item.Value"}}),
        "ResultSelector": {"n.$": "$.length()", "rows.$": "$"},
        "ResultPath": "$.out",
    }
    record = path_play({"A": state}, {"in": {"rows": ["a", "b"], "k": 7}})
    assert record.output["out"] == {
        "n": 2,
        "rows": [
            {"x": {"i": 0, "v": "a", "all": 7, "c": 1}, "again": "a"},
            {"x": {"i": 1, "v": "b", "all": 7, "c": 1}, "again": "b"},
        ],
    }


def test_the_old_spelling_of_a_map(path_play):
    state = {"Type": "Map", "Iterator": scope({"Type": "Pass"}), "Parameters": {"v.$": "$$.Map.Item.Value"}}
    assert path_play({"A": state}, [1]).output == [{"v": 1}]


@pytest.mark.parametrize(
    ("path", "data", "output"),
    [
        (None, [1], [1]),
        ("$.o", {"o": {"k": 5}}, [5]),
        ("$$.Execution.Input[1:]", [1, 2], [2]),
        ("$..n", {"n": 1}, [1]),
    ],
)
def test_where_items_come_from(path_play, path, data, output):
    fields = {} if path is None else {"ItemsPath": path}
    state = {"Type": "Map", "ItemProcessor": scope({"Type": "Pass"}), **fields}
    assert path_play({"A": state}, data).output == output


def test_items_that_are_none(path_play):
    state = {"Type": "Map", "ItemsPath": "$.a.rows", "ItemProcessor": scope({"Type": "Pass"})}
    problem = 'Unable to apply step "rows" to input {"a":{}}'
    assert failed(path_play({"A": state}, {"a": {}})) == ("States.ReferencePathConflict", problem)
    problem = PREFIX + 'Reference path "$.a.rows" must point to array.'
    assert failed(path_play({"A": state}, {"a": {"rows": 1}})) == ("States.Runtime", problem)
    state["ItemsPath"] = "$"
    problem = PREFIX + 'Reference path "$" must point to array.'
    assert failed(path_play({"A": state}, "text")) == ("States.Runtime", problem)


DISTRIBUTED = {
    **scope({"Type": "Pass"}),
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
}


def test_a_distributed_map_by_paths(path_play):
    state = {
        "Type": "Map",
        "ItemsPath": "$.rows",
        "ItemBatcher": {"MaxItemsPerBatchPath": "$.most", "BatchInput": {"k.$": "$.k"}},
        "MaxConcurrencyPath": "$.c",
        "ToleratedFailureCountPath": "$.count",
        "ToleratedFailurePercentagePath": "$.share",
        "ItemProcessor": DISTRIBUTED,
    }
    data = {"rows": [1, 2, 3], "most": "2", "k": 7, "c": "1", "count": 0, "share": "50.5"}
    record = path_play({"A": state}, data)
    assert record.output == [
        {"BatchInput": {"k": 7}, "Items": [1, 2]},
        {"BatchInput": {"k": 7}, "Items": [3]},
    ]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("MaxConcurrency", "x", 'The MaxConcurrencyPath field refers to value "x" which is not a valid integer: $.n'),
        ("MaxConcurrency", {}, 'The MaxConcurrencyPath field refers to value "{}" which is not a valid integer: $.n'),
        ("MaxConcurrency", True, 'The MaxConcurrencyPath field refers to value "true" which is not a valid integer: $.n'),
        ("MaxConcurrency", 1.5, 'The MaxConcurrencyPath field refers to value "1.5" which is not a valid integer: $.n'),
        ("MaxConcurrency", -1, "MaxConcurrency must be a non-negative integer."),
        ("ToleratedFailureCount", -1, "ToleratedFailureCount must be a non-negative integer."),
        ("ToleratedFailurePercentage", [], 'The ToleratedFailurePercentagePath field refers to value "[]" which is not a valid float: $.n'),
        ("ToleratedFailurePercentage", 101, "ToleratedFailurePercentage must be between 0 and 100."),
    ],
)  # fmt: skip
def test_numbers_that_are_none(path_play, field, value, problem):
    state = {"Type": "Map", "ItemsPath": "$.rows", "ItemProcessor": DISTRIBUTED, f"{field}Path": "$.n"}
    record = path_play({"A": state}, {"rows": [1], "n": value})
    assert failed(record) == ("States.Runtime", PREFIX + problem)


# --- states that only decide ----------------------------------------------------------------------------------


def test_a_choice(path_play):
    rules = [
        {"Variable": "$.n", "NumericLessThan": 0, "Next": "Low", "Assign": {"found": "low"}},
        {"And": [{"Variable": "$.n", "NumericLessThan": 9}, {"Variable": "$$.State.Name", "IsString": True}], "Next": "Low"},
    ]  # fmt: skip
    states = {
        "A": {
            "Type": "Choice",
            "InputPath": "$.in",
            "Choices": rules,
            "Default": "High",
            "Assign": {"found.$": "$.n"},
            "OutputPath": "$.n",
        },
        "Low": {"Type": "Pass", "OutputPath": "$"},
        "High": {"Type": "Pass", "Parameters": {"n.$": "$found", "in.$": "$"}},
    }
    assert path_play(states, {"in": {"n": 3}}).output == 3
    assert path_play(states, {"in": {"n": -3}}).output == -3
    assert path_play(states, {"in": {"n": 30}}).output == {"n": 30, "in": 30}
    problem = PREFIX + "Invalid path '$.n': The choice state's condition path references an invalid value."
    assert failed(path_play(states, {"in": {}})) == ("States.Runtime", problem)


def test_waits_and_ends(path_play):
    states = {
        "A": {"Type": "Wait", "SecondsPath": "$.s", "InputPath": "$.in", "Next": "B"},
        "B": {"Type": "Wait", "TimestampPath": "$.t", "Assign": {"v": 1}, "Next": "C"},
        "C": {"Type": "Wait", "Timestamp": "1970-01-01T00:00:00Z", "Next": "D"},
        "D": {"Type": "Wait", "Seconds": 1, "Next": "E"},
        "E": {"Type": "Succeed", "InputPath": "$.s"},
    }
    record = path_play(states, {"in": {"s": "5", "t": "2001-09-09T02:46:40+01:00"}})
    assert record.output == "5"
    waited = [event.timestamp - 1_000_000_000 for event in record.events if event.type == "WaitStateExited"]
    assert waited == [5, 5, 5, 6]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("SecondsPath", None, "The SecondsPath parameter does not reference an input value: $.x"),
        ("SecondsPath", -1, "The SecondsPath parameter cannot be negative: $.x == -1"),
        ("SecondsPath", 1.5, "The SecondsPath parameter cannot be parsed as a long value: $.x == 1.5"),
        ("SecondsPath", True, "The SecondsPath parameter cannot be parsed as a long value: $.x == true"),
        ("SecondsPath", 100_000_000, "Wait state delay is too long."),
        ("TimestampPath", None, "The TimestampPath parameter does not reference an input value: $.x"),
        ("TimestampPath", "soon", "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.x == soon"),
        ("TimestampPath", [1], "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.x == [1]"),
    ],
)  # fmt: skip
def test_waits_that_cannot_be(path_play, field, value, problem):
    record = path_play({"A": {"Type": "Wait", field: "$.x"}}, {} if value is None else {"x": value})
    assert failed(record) == ("States.Runtime", PREFIX + problem)


def test_a_fail_by_paths(path_play):
    state = {"Type": "Fail", "ErrorPath": "$$.State.Name", "CausePath": "States.Format('{}!', $.why)"}
    assert failed(path_play({"A": state}, {"why": "so"})) == ("A", "so!")
    state = {"Type": "Fail", "ErrorPath": "$.no", "Cause": "x"}
    problem = (
        "The JSONPath '$.no' specified for the field 'ErrorPath' could not be found in the input '{\"a\":1}'"
    )
    assert failed(path_play({"A": state}, {"a": 1})) == ("States.Runtime", PREFIX + problem)
    state = {"Type": "Fail", "CausePath": "$.a"}
    problem = 'The CausePath field refers to value "1" which is not a valid string: $.a'
    assert failed(path_play({"A": state}, {"a": 1})) == ("States.Runtime", PREFIX + problem)


# --- failures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "input", "error", "problem"),
    [
        ({"InputPath": "$.no"}, {}, "States.Runtime", "Invalid path '$.no' : No results for path: $['no']"),
        (
            {"OutputPath": "$.no.x"},
            {},
            "States.Runtime",
            "Invalid path '$.no.x' : Missing property in path $['no']",
        ),
        (
            {"InputPath": "$.no"},
            None,
            "States.Runtime",
            "Unable to apply Path transformation to null or empty input.",
        ),
        (
            {"Parameters": {"o": [{"k.$": "$.no"}]}},
            {"a": 1},
            "States.Runtime",
            "The JSONPath '$.no' specified for the field 'k.$' could not be found in the input '{\"a\":1}'",
        ),
        (
            {"Assign": {"k.$": "States.Array($.no)"}},
            {"a": 1},
            "States.Runtime",
            "The function 'States.Array($.no)' had the following error: "
            "The JsonPath argument for the field '$.no' could not be found in the input '{\"a\":1}'",
        ),
    ],
)
def test_paths_that_find_nothing(path_play, fields, input, error, problem):
    first = {"Type": "Pass", "Result": input, "Next": "B"}
    record = path_play({"A": first, "B": {"Type": "Pass", **fields}})
    assert failed(record) == (error, PREFIX.replace("'A'", "'B'").replace("#2", "#4") + problem)
    assert record.events[-1].type == "ExecutionFailed"


def test_a_runtime_error_is_not_caught(path_play):
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    task = {"Type": "Task", "Resource": FUNCTION, "Parameters": {"x.$": "$.no"}, "Catch": catch, "Next": "B"}
    record = path_play({"A": task, "B": {"Type": "Pass"}}, f=len)
    assert record.error == "States.Runtime"
    assert [event.type for event in record.events] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "ExecutionFailed",
    ]


def test_a_result_without_a_place(path_play):
    state = {"Type": "Pass", "Result": 1, "ResultPath": "$.x"}
    error = "States.ReferencePathConflict"
    assert failed(path_play({"A": state}, "text")) == (
        error,
        'Unable to apply ReferencePath $.x to input "text"',
    )
    assert failed(path_play({"A": state}, [1])) == (error, 'Unable to apply step "x" to input [1]')


# --- both languages, and whose they are -------------------------------------------------------------------------


def test_variables_go_from_one_language_to_the_other(path_play):
    states = {
        "A": {"Type": "Pass", "Assign": {"x.$": "$.n", "literal": "{% $x %}"}, "Next": "B"},
        "B": {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"y": "{% $x + 1 %}"}, "Output": "{% $literal %}", "Next": "C"},
        "C": {"Type": "Pass", "Parameters": {"x.$": "$x", "y.$": "$y", "was.$": "$"}},
    }  # fmt: skip
    assert path_play(states, {"n": 1}).output == {"x": 1, "y": 2, "was": "{% $x %}"}


def test_chance_is_repeatable():
    state = {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}}
    a, b = (run(machine({"A": state}), {}, handlers={}, seed=1).output for _ in range(2))
    assert a == b
    assert a != run(machine({"A": state}), {}, handlers={}, seed=2).output


def test_an_express_execution_has_an_arn_of_its_own_kind():
    state = {"Type": "Pass", "OutputPath": "$$.Execution"}
    identity = Identity("n", "m", express="e")
    record = Execution(machine({"A": state}), {}, handlers={}, identity=identity).run()
    assert record.output["Id"] == "arn:aws:states:us-east-1:123456789012:express:m:n:e"
    assert "RedriveCount" not in record.output


def test_a_job_that_was_started_and_failed_is_recorded_as_submitted(path_play):
    def child(payload):
        raise TaskFailure("States.TaskFailed", "{}")

    resource = "arn:aws:states:::states:startExecution.sync:2"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": "m"}}
    record = path_play({"A": task}, **{resource: child})
    assert [event.type for event in record.events][-3:] == ["TaskSubmitted", "TaskFailed", "ExecutionFailed"]


# --- anything -------------------------------------------------------------------------------------------------

PATHS = st.sampled_from(
    [
        "$",
        "$.a",
        "$.a.b",
        "$.a[0]",
        "$..b",
        "$.a[*]",
        "$.a[?(@.b > 1)].b",
        "$$.State",
        "$v",
        "$.a.length()",
        "$.a[-1:]",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abv"), inner, max_size=3),
    max_leaves=8,
)
CALLS = st.builds(
    "States.{}({})".format,
    st.sampled_from(
        ["Format", "Array", "JsonToString", "StringToJson", "ArrayLength", "ArrayUnique", "Base64Encode"]
    ),
    PATHS,
)
TEMPLATES = st.fixed_dictionaries({"x.$": PATHS | CALLS, "y": VALUES})
FLOW = st.fixed_dictionaries({}, optional={"InputPath": PATHS | st.none(), "OutputPath": PATHS | st.none()})
RESULT = st.fixed_dictionaries(
    {},
    optional={"ResultPath": st.sampled_from([None, "$", "$.a", "$.a.b", "$.a[0]"]), "Parameters": TEMPLATES},
)
STATES = st.one_of(
    st.builds(lambda flow, rest: {"Type": "Pass", **flow, **rest}, FLOW, RESULT),
    st.builds(
        lambda flow, rest: {
            "Type": "Task",
            "Resource": FUNCTION,
            **flow,
            **rest,
            "ResultSelector": {"r.$": "$"},
        },
        FLOW,
        RESULT,
    ),
    st.builds(lambda flow, path: {"Type": "Wait", "SecondsPath": path, **flow}, FLOW, PATHS),
    st.builds(
        lambda flow, path: {
            "Type": "Map",
            "ItemsPath": path,
            "ItemProcessor": scope({"Type": "Pass"}),
            **flow,
        },
        FLOW,
        PATHS,
    ),
    st.builds(lambda path: {"Type": "Fail", "ErrorPath": path}, PATHS | CALLS),
)


@given(st.lists(STATES, min_size=1, max_size=3), VALUES)
def test_whatever_is_asked_there_is_an_answer_in_the_service_s_shape(states, input):
    named = {f"S{i}": state for i, state in enumerate(states)}
    for i, state in enumerate(states[:-1]):
        if state["Type"] != "Fail":
            named[f"S{i}"] = {**state, "Next": f"S{i + 1}"}
    record = run(machine(named), input, handlers={"f": lambda payload: payload}, clock=SkippingClock())
    assert record.status in ("SUCCEEDED", "FAILED")
    if record.status == "FAILED" and record.error is not None and record.error.startswith("States."):
        assert record.cause
