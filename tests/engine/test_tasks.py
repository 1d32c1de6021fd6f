"""Task: resources, results, failures, timeouts, Retry and Catch."""

from __future__ import annotations

import json

import pytest

from flowdeco.engine import SkippingClock, TaskFailure

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
SQS = "arn:aws:states:::sqs:sendMessage"


def types(record):
    return [event.type for event in record.events]


def fails(*errors):
    """A handler that raises each of `errors` in turn and then returns "done"."""
    left = list(errors)

    def handler(payload):
        if left:
            raise TaskFailure(left.pop(0), "because")
        return "done"

    return handler


def test_lambda_invoke(play, task):
    seen = []
    record = play(
        {"A": task(payload={"x": "{% $states.input.n %}"})}, {"n": 1}, f=lambda p: seen.append(p) or [p]
    )
    assert record.output == [{"x": 1}]
    assert seen == [{"x": 1}]
    assert [(e.type, e.previous_event_id) for e in record.events[1:-1]] == [
        ("TaskStateEntered", 0),
        ("TaskScheduled", 2),
        ("TaskStarted", 3),
        ("TaskSucceeded", 4),
        ("TaskStateExited", 5),
    ]
    scheduled, started, succeeded = (event.details for event in record.events[2:5])
    assert scheduled == {
        "resourceType": "lambda",
        "resource": "invoke",
        "region": "us-east-1",
        "parameters": {"FunctionName": "f", "Payload": {"x": 1}},
    }
    assert started == {"resourceType": "lambda", "resource": "invoke"}
    assert succeeded["output"] == {
        "ExecutedVersion": "$LATEST",
        "Payload": [{"x": 1}],
        "SdkHttpMetadata": {"HttpStatusCode": 200},
        "SdkResponseMetadata": {"RequestId": "00000000-0000-4000-8000-000000000001"},
        "StatusCode": 200,
    }


def test_the_whole_response_is_the_default_output(play, task):
    states = {"A": {**task(f"{ARN}:7"), "Output": "{% $states.result %}"}}
    record = play(states, f=lambda p: 1)
    assert (record.output["ExecutedVersion"], record.output["Payload"]) == ("7", 1)
    del states["A"]["Output"]
    assert play(states, f=lambda p: 1).output == record.output


@pytest.mark.parametrize(
    ("payload", "seen"), [(None, {}), ("[1]", [1]), ("text", "text"), (0, 0), ({"a": None}, {"a": None})]
)
def test_what_a_function_is_sent(play, task, payload, seen):
    assert play({"A": task(payload=payload)}, f=lambda p: [p]).output == [seen]


def test_without_a_payload_a_function_gets_an_empty_object(play, task):
    state = task()
    del state["Arguments"]["Payload"]
    assert play({"A": state}, f=lambda p: [p]).output == [{}]


def test_a_function_by_its_arn(play):
    record = play(
        {"A": {"Type": "Task", "Resource": ARN, "Arguments": {"x": 1}, "TimeoutSeconds": 9}}, f=lambda p: p
    )
    assert record.output == {"x": 1}
    assert types(record)[2:5] == [
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
    ]
    assert record.events[2].details == {"resource": ARN, "input": {"x": 1}, "timeoutInSeconds": 9}


def test_an_integration_gets_the_arguments_and_gives_the_result(play):
    state = {
        "Type": "Task",
        "Resource": SQS,
        "Arguments": {"MessageBody": "hi"},
        "Credentials": {"RoleArn": "{% $states.input.role %}"},
        "HeartbeatSeconds": 7,
    }
    record = play({"A": state}, {"role": "r"}, **{SQS: lambda p: {"got": p}})
    assert record.output == {"got": {"MessageBody": "hi"}}
    details = record.events[2].details
    assert (details["resourceType"], details["resource"]) == ("sqs", "sendMessage")
    assert (details["taskCredentials"], details["heartbeatInSeconds"]) == ({"roleArn": "r"}, 7)


def test_without_arguments_the_input_is_sent(play):
    assert play({"A": {"Type": "Task", "Resource": SQS}}, {"x": 1}, **{"*": lambda p: [p]}).output == [
        {"x": 1}
    ]


def test_a_job_is_submitted_first(play):
    resource = "arn:aws:states:::states:startExecution.sync:2"
    record = play({"A": {"Type": "Task", "Resource": resource}}, **{resource: lambda p: 1})
    assert types(record)[3:6] == ["TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert record.events[3].details == {"resourceType": "states", "resource": "startExecution.sync:2"}


def test_handler_and_execution_share_no_value(play, task):
    kept = {"rows": [1]}

    def handler(payload):
        payload["rows"].append(99)
        return kept

    record = play({"A": task(Next="B"), "B": task(payload="{% $states.input %}")}, {"rows": [0]}, f=handler)
    assert record.input == {"rows": [0]}
    assert record.events[2].details["parameters"]["Payload"] == {"rows": [0]}
    kept["rows"].append(5)
    assert record.output == {"rows": [1]}


def test_a_task_failure_is_given_on_as_it_is(play, task):
    record = play({"A": task()}, f=fails("My.Error"))
    assert (record.status, record.error, record.cause) == ("FAILED", "My.Error", "because")
    assert record.events[4].details == {
        "resourceType": "lambda",
        "resource": "invoke",
        "error": "My.Error",
        "cause": "because",
    }
    assert types(record)[4:] == ["TaskFailed", "ExecutionFailed"]


def raises_value_error(payload):
    raise ValueError("bad value")


def test_an_exception_becomes_what_lambda_reports(play, task):
    record = play({"A": task()}, f=raises_value_error)
    assert record.error == "ValueError"
    body = json.loads(record.cause)
    assert (body["errorMessage"], body["errorType"]) == ("bad value", "ValueError")
    assert body["requestId"] == "00000000-0000-4000-8000-000000000001"
    assert len(body["stackTrace"]) == 1
    assert "in raises_value_error" in body["stackTrace"][0]
    assert record.cause.startswith('{"errorMessage":"bad value","errorType"')


def test_the_cause_of_a_function_called_by_arn_keeps_the_spelling_of_python(play):
    record = play({"A": {"Type": "Task", "Resource": ARN}}, f=raises_value_error)
    assert record.cause.startswith('{"errorMessage": "bad value", "errorType"')
    assert types(record)[4] == "LambdaFunctionFailed"


@pytest.mark.parametrize("result", [{1, 2}, float("nan"), object(), b"x"])
def test_a_result_that_is_not_json(play, task, result):
    record = play({"A": task()}, f=lambda p: result)
    assert record.error == "Runtime.MarshalError"
    assert json.loads(record.cause)["errorMessage"].startswith("Unable to marshal response: ")


def test_a_result_that_is_too_large(play, task):
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    states = {"A": task(Catch=caught, Next="B"), "B": {"Type": "Pass"}}
    record = play(states, f=lambda p: "a" * 257 * 1024)
    assert record.output == {
        "Error": "States.DataLimitExceeded",
        "Cause": "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
    }
    assert types(record)[4] == "TaskFailed"


def test_arguments_that_are_too_large(play, task):
    record = play({"A": task(payload="{% $pad('', 300000, '-') %}")}, f=lambda p: 1)
    assert record.error == "States.DataLimitExceeded"
    assert "given an input" in record.cause


@pytest.mark.parametrize("arguments", [{}, "x", {"FunctionName": 1}])
def test_a_call_of_no_function(play, task, arguments):
    record = play({"A": {**task(), "Arguments": arguments}}, f=lambda p: 1)
    assert record.error == "States.Runtime"
    assert (
        "could not be used to start the Task: [The field 'FunctionName' is required but was missing]"
        in record.cause
    )


def test_a_function_that_only_turns_out_not_to_exist(play, task):
    record = play({"A": task("{% 'g' %}")}, f=lambda p: 1)
    assert record.error == "Lambda.ResourceNotFoundException"
    assert record.cause.startswith("Function not found: g (Service: AWSLambda; Status Code: 404;")


def test_an_inline_handler_that_takes_too_long_is_late(play, task):
    clock = SkippingClock()
    record = play({"A": task(TimeoutSeconds=5)}, clock=clock, f=lambda p: clock.advance(6))
    assert (record.status, record.error, record.cause) == ("FAILED", "States.Timeout", None)
    assert types(record)[4:] == ["TaskTimedOut", "ExecutionFailed"]
    assert record.events[4].details == {
        "resourceType": "lambda",
        "resource": "invoke",
        "error": "States.Timeout",
    }
    clock = SkippingClock()
    assert (
        play({"A": task(TimeoutSeconds=5)}, clock=clock, f=lambda p: clock.advance(5)).status == "SUCCEEDED"
    )
    record = play(
        {"A": {"Type": "Task", "Resource": ARN, "TimeoutSeconds": 1}},
        clock=clock,
        f=lambda p: clock.advance(2),
    )
    assert types(record)[4] == "LambdaFunctionTimedOut"


@pytest.mark.parametrize(
    ("name", "caught"),
    [("States.HeartbeatTimeout", True), ("States.Timeout", True), ("States.TaskFailed", False)],
)
def test_a_missed_heartbeat_is_a_timeout(play, task, name, caught):
    clock = SkippingClock()
    catch = [{"ErrorEquals": [name], "Next": "B"}]
    states = {"A": task(TimeoutSeconds=9, HeartbeatSeconds=3, Catch=catch, Next="B"), "B": {"Type": "Pass"}}
    record = play(states, clock=clock, f=lambda p: clock.advance(4))
    assert (record.status == "SUCCEEDED") is caught
    if caught:
        assert record.output == {"Error": "States.Timeout", "Cause": ""}


def test_a_wrong_type_for_the_timeout(play, task):
    record = play({"A": task(TimeoutSeconds="{% 'x' %}")}, f=lambda p: 1)
    assert "field 'TimeoutSeconds' returned an unexpected result type. Expected 'integer'" in record.cause


def test_retry_waits_longer_each_time(play, task):
    retry = [
        {
            "ErrorEquals": ["E"],
            "IntervalSeconds": 2,
            "MaxAttempts": 4,
            "BackoffRate": 3,
            "MaxDelaySeconds": 10,
        }
    ]
    record = play({"A": task(Retry=retry)}, f=fails("E", "E", "E", "E"))
    assert record.output == "done"
    times = [e.timestamp - record.started for e in record.events if e.type == "TaskScheduled"]
    assert times == [0, 2, 8, 18, 28]
    assert [(e.previous_event_id, e.type) for e in record.events[4:7]] == [
        (4, "TaskFailed"),
        (5, "TaskScheduled"),
        (6, "TaskStarted"),
    ]


def test_retry_defaults(play, task):
    record = play({"A": task(Retry=[{"ErrorEquals": ["States.ALL"]}])}, f=fails(*"EEEEE"))
    assert record.status == "FAILED"
    assert [e.timestamp - record.started for e in record.events if e.type == "TaskScheduled"] == [0, 1, 3, 7]


def test_each_retrier_counts_for_itself(play, task):
    retry = [{"ErrorEquals": ["A"], "MaxAttempts": 1}, {"ErrorEquals": ["B", "C"], "MaxAttempts": 2}]
    assert play({"A": task(Retry=retry)}, f=fails("A", "B", "C")).output == "done"
    assert play({"A": task(Retry=retry)}, f=fails("A", "B", "A")).error == "A"
    assert play({"A": task(Retry=[{"ErrorEquals": ["A"], "MaxAttempts": 0}])}, f=fails("A")).error == "A"
    assert play({"A": task(Retry=retry)}, f=fails("D")).error == "D"


def test_jitter_is_the_seeds(play, task):
    retry = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 100, "JitterStrategy": "FULL"}]

    def delay(seed):
        record = play({"A": task(Retry=retry)}, seed=seed, f=fails("E"))
        return record.stopped - record.started

    assert delay(1) == delay(1) != delay(2)
    assert 0 <= delay(1) <= 100


def test_runtime_errors_are_neither_retried_nor_caught(play, task):
    fields = {
        "Retry": [{"ErrorEquals": ["States.ALL"]}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
        "Next": "B",
    }
    record = play({"A": task(**fields), "B": {"Type": "Pass"}}, f=fails("States.Runtime"))
    assert (record.status, record.error) == ("FAILED", "States.Runtime")
    assert types(record).count("TaskScheduled") == 1


def test_the_number_of_retries_is_in_the_context(play, task):
    retry = [{"ErrorEquals": ["States.ALL"]}]
    payload = {"n": "{% $states.context.State.RetryCount %}"}
    seen = []

    def handler(payload):
        seen.append(payload["n"])
        if len(seen) < 3:
            raise ValueError
        return "ok"

    assert play({"A": task(payload=payload, Retry=retry)}, f=handler).output == "ok"
    assert seen == [0, 1, 2]


def test_catch_with_its_own_assign_and_output(play, task):
    catch = [
        {"ErrorEquals": ["Other"], "Next": "B"},
        {
            "ErrorEquals": ["E"],
            "Next": "B",
            "Assign": {"error": "{% $states.errorOutput.Error %}"},
            "Output": {"was": "{% $states.input %}", "cause": "{% $states.errorOutput.Cause %}"},
        },
    ]
    states = {
        "A": task(Catch=catch, Assign={"never": 1}, Next="C"),
        "B": {"Type": "Pass", "Output": "{% [$error, $states.input] %}"},
        "C": {"Type": "Pass"},
    }
    record = play(states, {"x": 1}, f=fails("E"))
    assert record.output == ["E", {"was": {"x": 1}, "cause": "because"}]
    assert types(record)[4:7] == ["TaskFailed", "TaskStateExited", "PassStateEntered"]
    assert play(states, {"x": 1}, f=fails("Unknown")).error == "Unknown"


def test_an_error_in_output_can_be_caught(play, task):
    catch = [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "B"}]
    states = {"A": task(Output="{% $states.result.absent %}", Catch=catch, Next="B"), "B": {"Type": "Pass"}}
    record = play(states, f=lambda p: 1)
    assert record.output["Error"] == "States.QueryEvaluationError"
    assert [(e.type, e.previous_event_id) for e in record.events[4:7]] == [
        ("TaskSucceeded", 4),
        ("EvaluationFailed", 5),
        ("TaskStateExited", 6),
    ]


def test_an_error_in_a_catcher_fails_the_state(play, task):
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "B", "Output": "{% $states.result %}"}]
    record = play({"A": task(Catch=catch, Next="B"), "B": {"Type": "Pass"}}, f=fails("E"))
    assert "specified for the field 'Catch[0]/Output' returned nothing" in record.cause
