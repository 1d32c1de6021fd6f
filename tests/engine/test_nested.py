"""Executions that a Task starts and that run here."""

from __future__ import annotations

import json

import pytest

from flowdeco.asl.model import StateMachine
from flowdeco.engine import Execution, SkippingClock, TaskFailure, run
from flowdeco.errors import DefinitionError

ARN = "arn:aws:states:eu-west-1:999999999999:stateMachine:child"
START = "arn:aws:states:::states:startExecution"


def types(record):
    return [event.type for event in record.events]


@pytest.fixture
def child(machine, task):
    def build(*, fields=None, **state):
        return machine({"T": {**task(), **state}}, **(fields or {}))

    return build


@pytest.fixture
def start(machine):
    """Runs a machine with one Task that starts an execution."""

    def start(known, pattern="", arguments=None, *, resource=START, handlers=None, fields=None, **more):
        given = {"StateMachineArn": ARN, "Name": "one", "Input": {"x": 1}} if arguments is None else arguments
        state = {"Type": "Task", "Resource": resource + pattern, "Arguments": given, **(fields or {})}
        machines = known if isinstance(known, dict) else {ARN: known}
        execution = Execution(
            machine({"A": state}),
            handlers={"f": lambda p: p, **(handlers or {})},
            machines=machines,
            clock=SkippingClock(),
            **more,
        )
        return execution, execution.run()

    return start


def test_sync_waits_and_gives_texts(child, start):
    execution, record = start(child(), ".sync")
    assert types(record)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert record.output == {
        "ExecutionArn": "arn:aws:states:eu-west-1:999999999999:execution:child:one",
        "Input": '{"x":1}',
        "InputDetails": {"Included": True},
        "Name": "one",
        "Output": '{"x":1}',
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": 1767225600000,
        "StateMachineArn": ARN,
        "Status": "SUCCEEDED",
        "StopDate": 1767225600000,
    }
    (nested,) = execution.nested
    assert (nested.status, nested.input, nested.output) == ("SUCCEEDED", {"x": 1}, {"x": 1})
    assert types(nested)[0] == "ExecutionStarted"
    assert types(nested)[-1] == "ExecutionSucceeded"


def test_sync_2_gives_values(child, start):
    _, record = start(child(Output=None), ".sync:2")
    assert (record.output["Input"], record.output["Output"]) == ({"x": 1}, None)


@pytest.mark.parametrize(
    ("given", "input"), [(None, {}), ("[1]", [1]), ([1], [1]), ('"text"', "text"), (0, 0)]
)
def test_inputs(child, start, given, input):
    execution, _ = start(child(), ".sync", {"StateMachineArn": ARN, "Input": given})
    (nested,) = execution.nested
    assert nested.input == input
    assert nested.name == "00000000-0000-4000-8000-000000000001"


def test_a_child_that_fails(child, start):
    def fail(payload):
        raise TaskFailure("Bad", "no")

    _, record = start(child(), ".sync:2", handlers={"f": fail})
    assert record.error == "States.TaskFailed"
    cause = json.loads(record.cause)
    assert (cause["Error"], cause["Cause"], cause["Status"], cause["Input"]) == (
        "Bad",
        "no",
        "FAILED",
        '{"x":1}',
    )
    assert "Output" not in cause
    assert types(record)[4:6] == ["TaskSubmitted", "TaskFailed"]


def test_a_child_that_takes_too_long(machine, start):
    slow = machine({"W": {"Type": "Wait", "Seconds": 100}}, TimeoutSeconds=10)
    execution, record = start(slow, ".sync")
    assert json.loads(record.cause)["Error"] == "States.Timeout"
    (nested,) = execution.nested
    assert (nested.status, nested.error, types(nested)[-1]) == (
        "TIMED_OUT",
        "States.Timeout",
        "ExecutionTimedOut",
    )
    assert nested.stopped - nested.started == 10
    assert record.stopped - record.started == 10


def test_a_child_is_aborted_with_its_parent(machine, start):
    slow = machine({"W": {"Type": "Wait", "Seconds": 100}})
    execution = Execution(
        machine(
            {"A": {"Type": "Task", "Resource": START + ".sync", "Arguments": {"StateMachineArn": ARN}}},
            TimeoutSeconds=5,
        ),
        handlers={},
        machines={ARN: slow},
        clock=SkippingClock(),
    )
    assert execution.run().status == "TIMED_OUT"
    (nested,) = execution.nested
    assert (nested.status, types(nested)[-1]) == ("ABORTED", "ExecutionAborted")


def test_request_response_does_not_wait_but_run_does(machine, start):
    slow = machine({"W": {"Type": "Wait", "Seconds": 100}})
    execution, record = start(slow)
    assert types(record)[2:5] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]
    assert record.output == {
        "ExecutionArn": "arn:aws:states:eu-west-1:999999999999:execution:child:one",
        "SdkHttpMetadata": {"HttpStatusCode": 200},
        "SdkResponseMetadata": {"RequestId": "00000000-0000-4000-8000-000000000001"},
        "StartDate": 1767225600000,
    }
    assert record.stopped == record.started
    (nested,) = execution.nested
    assert (nested.status, nested.stopped - nested.started) == ("SUCCEEDED", 100)


def test_the_sdk_answers_with_a_time_in_words(child, start):
    _, record = start(child(), resource="arn:aws:states:::aws-sdk:sfn:startExecution")
    assert record.output == {
        "ExecutionArn": "arn:aws:states:eu-west-1:999999999999:execution:child:one",
        "StartDate": "2026-01-01T00:00:00.000Z",
    }


def test_a_detached_child_goes_on_when_its_parent_fails(machine, start):
    slow = machine({"W": {"Type": "Wait", "Seconds": 100}})
    execution, record = start(slow, fields={"Output": "{% $nothing %}"})
    assert record.status == "FAILED"
    assert execution.nested[0].status == "SUCCEEDED"


def test_the_child_answers_the_token_of_its_parent(machine, task, start):
    def answer(payload):
        execution_holder[0].send_task_success(payload["token"], "done")

    execution_holder = []
    machines = {ARN: machine({"T": task()})}
    state = {
        "Type": "Task",
        "Resource": START + ".waitForTaskToken",
        "Arguments": {
            "StateMachineArn": ARN,
            "Input": {"token": "{% $states.context.Task.Token %}"},
        },
    }
    execution = Execution(machine({"A": state}), handlers={"f": answer}, machines=machines)
    execution_holder.append(execution)
    record = execution.run()
    assert record.output == "done"
    assert types(record)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_machines_may_go_by_their_names(child, start):
    execution, _ = start({"child": child()}, ".sync", {"StateMachineArn": "child"})
    assert execution.nested[0].state_machine == "child"


def test_what_is_not_there(child, start):
    _, record = start({}, ".sync")
    assert record.error == "StepFunctions.StateMachineDoesNotExistException"
    assert record.cause == (
        f"State Machine Does Not Exist: '{ARN}' (Service: AWSStepFunctions; Status Code: 400; Error Code: "
        "StateMachineDoesNotExist; Request ID: 00000000-0000-4000-8000-000000000001; Proxy: null)"
    )
    assert types(record)[2:5] == ["TaskScheduled", "TaskStarted", "TaskFailed"]


def test_no_machine_at_all(child, start):
    _, record = start(child(), "", {"Name": "x"})
    assert record.error == "States.Runtime"
    assert record.cause.endswith("[The field 'StateMachineArn' is required but was missing]")


@pytest.mark.parametrize(("input", "word"), [("{", "Invalid"), ('"' + "x" * 262_144 + '"', "maximum size")])
def test_inputs_the_service_refuses(child, start, input, word):
    # An argument of that size cannot be scheduled on the service; here it is the start that is refused.
    _, record = start(child(), "", {"StateMachineArn": ARN, "Input": input})
    assert record.error == "StepFunctions.InvalidExecutionInputException"
    assert word in record.cause


def test_a_name_is_used_once(machine, task):
    state = {
        "Type": "Task",
        "Resource": START + ".sync:2",
        "Arguments": {"StateMachineArn": ARN, "Name": "x"},
    }
    record = run(
        machine({"A": {**state, "Next": "B"}, "B": state}),
        handlers={"f": lambda p: p},
        machines={ARN: machine({"T": task()})},
    )
    assert record.error == "StepFunctions.ExecutionAlreadyExistsException"


def test_a_machine_that_cannot_be_run(machine, start):
    broken = StateMachine(StartAt="A", States=machine({"A": {"Type": "Wait"}}).States)
    _, record = start(broken)
    assert record.error == "StepFunctions.InvalidDefinitionException"
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    reads = {
        "Type": "Map",
        "ItemProcessor": {**inner, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Arguments": {"Bucket": "b", "Key": "k"},
        },
    }
    _, record = start(machine({"M": reads}))
    assert "there are no objects" in record.cause


def test_a_handler_comes_before_the_machines(child, start):
    execution, record = start(child(), ".sync", handlers={START + ".sync": lambda p: "mine"})
    assert (record.output, execution.nested) == ("mine", ())


def test_without_machines_a_handler_is_needed(machine):
    state = {"Type": "Task", "Resource": START + ".waitForTaskToken", "Arguments": {}}
    with pytest.raises(DefinitionError, match="some resources have no handler"):
        run(machine({"A": state}), handlers={})

    def answer(payload):
        execution.send_task_success(f"{execution.record.arn}/3", "mine")

    execution = Execution(machine({"A": state}), handlers={START + ".waitForTaskToken": answer})
    assert execution.run().output == "mine"


def test_children_of_children_and_their_events(machine, task):
    told = []
    sync = {"Type": "Task", "Resource": START + ".sync:2"}
    machines = {
        "middle": machine({"B": {**sync, "Arguments": {"StateMachineArn": "inner"}}}),
        "inner": machine({"T": task(payload=7)}),
    }
    execution = Execution(
        machine({"A": {**sync, "Arguments": {"StateMachineArn": "middle"}, "TimeoutSeconds": 99}}),
        handlers={"f": lambda p: p},
        machines=machines,
        workers=2,
        on_child_event=lambda arn, event: told.append((arn.split(":")[6], event.type)),
    )
    record = execution.run()
    assert record.output["Output"]["Output"] == 7
    assert [one.state_machine for one in execution.nested] == ["middle", "inner"]
    assert told[0] == ("middle", "ExecutionStarted")
    assert ("inner", "TaskSucceeded") in told


def test_a_detached_child_outlasts_the_time_of_its_parent(machine):
    state = {"Type": "Task", "Resource": START, "Arguments": {"StateMachineArn": ARN}}
    execution = Execution(
        machine({"A": state}, TimeoutSeconds=5),
        handlers={},
        machines={ARN: machine({"W": {"Type": "Wait", "Seconds": 100}})},
        clock=SkippingClock(),
    )
    assert execution.run().status == "SUCCEEDED"
    assert execution.nested[0].status == "SUCCEEDED"
