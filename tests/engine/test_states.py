"""Pass, Choice, Wait, Succeed, Fail; Assign, Output and the context object."""

from __future__ import annotations

import pytest


def types(record):
    return [event.type for event in record.events]


def test_a_pass_gives_its_input_on(play):
    record = play({"A": {"Type": "Pass"}}, {"x": 1})
    assert record.status == "SUCCEEDED"
    assert record.output == {"x": 1}
    assert [(e.id, e.previous_event_id, e.type) for e in record.events] == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "PassStateEntered"),
        (3, 2, "PassStateExited"),
        (4, 3, "ExecutionSucceeded"),
    ]


def test_output_may_be_any_json(play):
    assert play({"A": {"Type": "Pass", "Output": None}}, {"x": 1}).output is None
    assert play({"A": {"Type": "Pass", "Output": {"a": ["{% $states.input.x + 1 %}"]}}}, {"x": 1}).output == {
        "a": [2]
    }


def test_assign_and_output_see_the_values_from_before(play):
    record = play(
        {
            "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
            "B": {
                "Type": "Pass",
                "Assign": {"x": "{% $x + 1 %}", "y": "{% $x %}"},
                "Output": "{% $x %}",
                "Next": "C",
            },
            "C": {"Type": "Pass", "Output": "{% [$x, $y, $states.input] %}"},
        }
    )
    assert record.output == [2, 1, 1]
    assert record.events[4].details["assignedVariables"] == {"x": 2, "y": 1}


def test_an_undefined_expression_fails_the_execution(play):
    record = play({"A": {"Type": "Pass", "Output": {"v": "{% $states.input.absent %}"}}})
    assert (record.status, record.error) == ("FAILED", "States.QueryEvaluationError")
    assert record.cause == (
        "An error occurred while executing the state 'A' (entered at the event id #2). The JSONata expression "
        "'$states.input.absent' specified for the field 'Output/v' returned nothing (undefined)."
    )
    assert types(record)[2:] == ["EvaluationFailed", "ExecutionFailed"]
    assert record.events[2].details["location"] == "Output/v"
    assert record.events[2].details["state"] == "A"


def test_the_context_object(play):
    record = play({"A": {"Type": "Pass", "Output": "{% $states.context %}"}}, {"x": 1})
    assert record.output == {
        "Execution": {
            "Id": "arn:aws:states:us-east-1:123456789012:execution:machine:execution",
            "Input": {"x": 1},
            "Name": "execution",
            "RoleArn": "arn:aws:iam::123456789012:role/flowdeco",
            "StartTime": "2026-01-01T00:00:00.000Z",
            "RedriveCount": 0,
        },
        "State": {"EnteredTime": "2026-01-01T00:00:00.000Z", "Name": "A"},
        "StateMachine": {
            "Id": "arn:aws:states:us-east-1:123456789012:stateMachine:machine",
            "Name": "machine",
        },
    }


@pytest.mark.parametrize(
    "expression", ["{% $states %}", "{% $lookup($states, 'context') %}", "{% $states.context.State.Name %}"]
)
def test_the_context_object_is_there_however_it_is_asked_for(play, expression):
    assert "A" in str(play({"A": {"Type": "Pass", "Output": expression}}).output)


def choice(**fields):
    rules = [
        {
            "Condition": "{% $states.input.n > 10 %}",
            "Next": "Big",
            "Assign": {"size": "big"},
            "Output": "was big",
        },
        {"Condition": "{% $states.input.n > 1 %}", "Next": "Middle"},
    ]
    return {
        "Choose": {
            "Type": "Choice",
            "Choices": rules,
            "Assign": {"size": "small"},
            "Output": "was not",
            **fields,
        },
        "Big": {"Type": "Pass", "Output": "{% [$size, $states.input] %}"},
        "Middle": {"Type": "Pass"},
        "Small": {"Type": "Pass", "Output": "{% [$size, $states.input] %}"},
    }


def test_choice_takes_the_first_rule_that_holds_with_its_own_fields(play):
    assert play(choice(Default="Small"), {"n": 20}).output == ["big", "was big"]
    assert play(choice(Default="Small"), {"n": 5}).output == {"n": 5}
    assert play(choice(Default="Small"), {"n": 0}).output == ["small", "was not"]


def test_choice_without_a_match_or_default(play):
    record = play(choice(), {"n": 0})
    assert record.error == "States.Runtime"
    assert record.cause.startswith(
        "An error occurred while executing the state 'Choose' (entered at the event id #2)."
    )
    assert types(record) == ["ExecutionStarted", "ChoiceStateEntered", "ExecutionFailed"]


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("{% $states.input.n %}", "Expected 'boolean', but was 'number' for value: 0"),
        ("{% $states.input.absent %}", "returned nothing (undefined)."),
    ],
)
def test_a_condition_must_be_a_boolean(play, condition, text):
    states = {
        "A": {"Type": "Choice", "Choices": [{"Condition": condition, "Next": "B"}]},
        "B": {"Type": "Pass"},
    }
    record = play(states, {"n": 0})
    assert record.error == "States.QueryEvaluationError"
    assert f"'{condition[2:-2].strip()}' specified for the field 'Choices[0]/Condition'" in record.cause
    assert text in record.cause


def test_a_literal_of_the_wrong_type_says_so_too(play):
    states = {"A": {"Type": "Choice", "Choices": [{"Condition": "yes", "Next": "B"}]}, "B": {"Type": "Pass"}}
    assert "The field 'Choices[0]/Condition' returned an unexpected result type" in play(states).cause


def test_wait_takes_the_seconds_it_says(play):
    record = play({"A": {"Type": "Wait", "Seconds": "{% 3600 * 2 %}", "Assign": {"x": 1}, "Output": "done"}})
    assert record.output == "done"
    assert record.stopped - record.started == 7200
    assert [e.previous_event_id for e in record.events] == [0, 0, 2, 3]


def test_wait_until(play):
    record = play({"A": {"Type": "Wait", "Timestamp": "2026-01-01T01:00:00+00:30"}})
    assert record.stopped - record.started == 1800
    assert play({"A": {"Type": "Wait", "Timestamp": "2001-01-01T00:00:00Z"}}).status == "SUCCEEDED"


@pytest.mark.parametrize("text", ["2016-12-05T21:29:29", "2016-12-05", "soon"])
def test_wait_refuses_other_timestamps(play, text):
    record = play({"A": {"Type": "Wait", "Timestamp": "{% $states.input %}"}}, text)
    assert record.error == "States.QueryEvaluationError"
    assert record.cause.endswith(f"ISO-8601 extended offset date-time format string: {text}")
    assert record.events[2].previous_event_id == 2


def test_wait_limits(play):
    record = play({"A": {"Type": "Wait", "Timestamp": "2999-01-01T00:00:00Z"}})
    assert (record.error, record.cause[-27:]) == ("States.Runtime", "Wait state delay is too long."[-27:])
    assert play({"A": {"Type": "Wait", "Seconds": "{% -1 %}"}}).error == "States.QueryEvaluationError"
    assert "Expected 'integer'" in play({"A": {"Type": "Wait", "Seconds": "{% 1.5 %}"}}).cause


def test_succeed(play):
    record = play({"A": {"Type": "Succeed", "Output": "{% $states.input.x %}"}}, {"x": [1]})
    assert record.output == [1]
    assert types(record) == [
        "ExecutionStarted",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]


def test_fail(play):
    record = play(
        {"A": {"Type": "Fail", "Error": "{% 'E' & $states.input.n %}", "Cause": "because"}}, {"n": 1}
    )
    assert (record.status, record.error, record.cause) == ("FAILED", "E1", "because")
    assert types(record) == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
    assert record.events[-1].details == {"error": "E1", "cause": "because"}
    bare = play({"A": {"Type": "Fail"}})
    assert (bare.error, bare.cause, bare.events[-1].details) == (None, None, {})


def test_fail_with_an_error_that_is_no_string(play):
    assert play({"A": {"Type": "Fail", "Error": "{% 1 %}"}}).error == "States.QueryEvaluationError"


def test_chance_and_time_are_the_runs_own(play):
    states = {"A": {"Type": "Pass", "Output": "{% [$random(), $uuid(), $now(), $millis()] %}"}}
    first = play(states)
    assert first.output == play(states).output
    assert first.output[2:] == ["2026-01-01T00:00:00.000Z", 1767225600000]
    assert first.output[:2] != play(states, seed=1).output[:2]


def test_too_large_an_output_fails_the_execution(play):
    record = play({"A": {"Type": "Pass", "Output": "{% $pad('', 300000, '-') %}"}})
    assert record.error == "States.DataLimitExceeded"
    assert record.cause.startswith("The state/task 'A' returned a result with a size exceeding")


def test_variables_are_limited(play):
    big = "{% $pad('', 200000, 'é') %}"
    one = play({"A": {"Type": "Pass", "Assign": {"x": big}}})
    assert (one.error, "variable 'x'" in one.cause) == ("States.DataLimitExceeded", True)
    half = "{% $pad('', 200000, '-') %}"
    two = play({"A": {"Type": "Pass", "Assign": {"x": half, "y": half}}})
    assert "'x', 'y' together" in two.cause
    chain = {
        f"S{i}": {"Type": "Pass", "Assign": {f"x{i}": half}, **({"Next": f"S{i + 1}"} if i < 59 else {})}
        for i in range(60)
    }
    many = play(chain)
    assert "of the execution exceed the limit of 10485760 bytes" in many.cause
    assert many.events[-2].details["name"] == "S52"


def test_reassigning_does_not_add_up(play):
    half = "{% $pad('', 200000, '-') %}"
    chain = {
        f"S{i}": {"Type": "Pass", "Assign": {"x": half}, **({"Next": f"S{i + 1}"} if i < 59 else {})}
        for i in range(60)
    }
    assert play(chain).status == "SUCCEEDED"


def test_the_history_is_limited(play):
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
    record = play(states)
    assert (record.status, record.error) == ("FAILED", "States.Runtime")
    assert record.cause == "The execution reached the maximum number of history events (25000)."
    last = record.events[-1]
    assert (len(record.events), last.id, last.previous_event_id, last.type) == (
        25000,
        25000,
        24999,
        "ExecutionFailed",
    )


def test_states_of_jsonpath_machines_run_as_long_as_they_use_no_path(play):
    states = {
        "A": {"Type": "Pass", "Assign": {"x": {"k": [1, "$.no"]}}, "Next": "B"},
        "B": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $x %}", "Next": "C"},
        "C": {"Type": "Wait", "Seconds": 5, "Next": "D"},
        "D": {"Type": "Succeed"},
    }
    assert play(states, fields={"QueryLanguage": "JSONPath"}).output == {"k": [1, "$.no"]}
