"""Map with child executions."""

from __future__ import annotations

import pytest

from flowdeco.engine import SkippingClock, TaskFailure


def types(record):
    return [event.type for event in record.events]


@pytest.fixture
def distributed(scope):
    def distributed(states, **fields):
        config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        return {"Type": "Map", "ItemProcessor": scope(states, ProcessorConfig=config), **fields}

    return distributed


def fails_at(*items):
    def handler(payload):
        if payload in items:
            raise TaskFailure(f"E{payload}", "because")
        return payload

    return handler


def test_the_parents_history_holds_only_the_run(play, distributed, task):
    record = play({"M": distributed({"T": task()})}, [1, 2], f=lambda p: p * 2)
    assert record.output == [2, 4]
    assert [(e.type, e.previous_event_id) for e in record.events] == [
        ("ExecutionStarted", 0),
        ("MapStateEntered", 0),
        ("MapStateStarted", 2),
        ("MapRunStarted", 3),
        ("MapRunSucceeded", 4),
        ("MapStateSucceeded", 5),
        ("MapStateExited", 5),
        ("ExecutionSucceeded", 7),
    ]
    run = record.map_runs[0]
    assert run.arn == record.events[3].details["mapRunArn"]
    assert run.arn.startswith("arn:aws:states:us-east-1:123456789012:mapRun:machine/M:")
    assert (run.state, run.status, run.total, run.succeeded, run.failed) == ("M", "SUCCEEDED", 2, 2, 0)


def test_children_are_executions_of_their_own(play, distributed):
    inner = {
        "A": {"Type": "Pass", "Output": "{% [$states.context.Execution, $states.context.StateMachine] %}"}
    }
    told = []
    record = play(
        {"M": distributed(inner, Label="each")},
        [5],
        on_child_event=lambda arn, event: told.append((arn, event)),
    )
    execution, machine = record.output[0]
    assert execution["Id"] == "arn:aws:states:us-east-1:123456789012:execution:machine/each:execution-1-0"
    assert execution["Input"] == 5
    assert machine["Name"] == "machine"
    assert {arn for arn, _ in told} == {execution["Id"]}
    assert [(e.id, e.type) for _, e in told] == [
        (1, "ExecutionStarted"),
        (2, "PassStateEntered"),
        (3, "PassStateExited"),
        (4, "ExecutionSucceeded"),
    ]


def test_children_read_no_outer_variables(play, distributed):
    states = {
        "S": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
        "M": distributed({"A": {"Type": "Pass", "Output": "{% $x %}"}}, Items=[1]),
    }
    record = play(states)
    assert record.error == "States.ExceedToleratedFailureThreshold"
    assert record.cause == "The specified tolerated failure threshold was exceeded"
    failure = record.map_runs[0].failures[0]
    assert (failure.index, failure.error) == (0, "States.QueryEvaluationError")
    assert "(entered at the event id #2)" in failure.cause
    assert types(record)[-4:] == ["MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def test_tolerated_failures_are_left_out(play, distributed, task):
    state = distributed({"T": task()}, ToleratedFailureCount=2)
    record = play({"M": state}, [1, 2, 3, 4], f=fails_at(2, 3))
    assert record.output == [1, 4]
    run = record.map_runs[0]
    assert (run.status, run.succeeded, run.failed, run.aborted) == ("SUCCEEDED", 2, 2, 0)
    assert [(f.index, f.error, f.cause) for f in run.failures] == [(1, "E2", "because"), (2, "E3", "because")]


@pytest.mark.parametrize(
    ("count", "percentage", "status"),
    [
        (None, 50, "SUCCEEDED"),
        (None, 49, "FAILED"),
        (1, 100, "FAILED"),
        (4, 25, "FAILED"),
        (2, 50, "SUCCEEDED"),
    ],
)
def test_both_tolerances_hold(play, distributed, task, count, percentage, status):
    fields = {"ToleratedFailurePercentage": percentage} | (
        {} if count is None else {"ToleratedFailureCount": count}
    )
    record = play({"M": distributed({"T": task()}, **fields)}, [1, 2, 3, 4], f=fails_at(2, 3))
    assert record.status == status
    if status == "FAILED":
        assert record.map_runs[0].status == "FAILED"


def test_a_failing_run_stops_the_other_children(play, distributed, task):
    inner = {"W": {"Type": "Wait", "Seconds": "{% $states.input * 10 %}", "Next": "T"}, "T": task()}
    told = []
    state = distributed(
        inner, Catch=[{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "C"}], Next="C"
    )
    record = play(
        {"M": state, "C": {"Type": "Pass"}},
        [1, 2, 3],
        f=fails_at(1),
        on_child_event=lambda arn, event: told.append((arn[-1], event.type)),
    )
    assert record.output["Error"] == "States.ExceedToleratedFailureThreshold"
    assert (record.map_runs[0].failed, record.map_runs[0].aborted) == (1, 2)
    assert told[-4:] == [
        ("1", "WaitStateAborted"),
        ("1", "ExecutionAborted"),
        ("2", "WaitStateAborted"),
        ("2", "ExecutionAborted"),
    ]


def test_a_run_that_is_stopped_from_outside(play, distributed, scope, task):
    state = distributed({"W": {"Type": "Wait", "Seconds": 60}}, Items=[1])
    failing = scope({"W": {"Type": "Wait", "Seconds": 1, "Next": "F"}, "F": {"Type": "Fail", "Error": "E"}})
    record = play({"P": {"Type": "Parallel", "Branches": [scope({"M": state}), failing]}})
    assert record.map_runs[0].status == "ABORTED"
    assert "MapRunAborted" in types(record)
    assert types(record)[-3:] == ["MapStateAborted", "ParallelStateFailed", "ExecutionFailed"]


def test_a_runtime_error_in_a_child_fails_only_the_child(play, distributed):
    inner = {"W": {"Type": "Wait", "Timestamp": "2999-01-01T00:00:00Z"}}
    record = play({"M": distributed(inner, ToleratedFailureCount=1, Output="{% $states.result %}")}, [1])
    assert record.output == []
    assert record.map_runs[0].failures[0].error == "States.Runtime"


def test_a_childs_history_is_limited_too(play, distributed, scope):
    loop = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
    nested = {"M": {"Type": "Map", "Items": [1], "ItemProcessor": scope(loop)}}
    record = play({"M": distributed(nested, ToleratedFailureCount=1)}, [1])
    assert record.status == "SUCCEEDED"
    assert "25000" in record.map_runs[0].failures[0].cause


def test_runtime_errors_of_the_map_itself(play, distributed):
    record = play({"M": distributed({"A": {"Type": "Pass"}}, ToleratedFailurePercentage=-1)}, [1])
    assert record.error == "States.Runtime"
    assert types(record)[2:] == ["MapStateStarted", "ExecutionFailed"]


def test_selector_and_keys(play, distributed):
    selector = "{% $states.context.Map.Item.Key & $string($states.context.Map.Item.Value) %}"
    record = play({"M": distributed({"A": {"Type": "Pass"}}, ItemSelector=selector)}, {"a": 1, "b": 2})
    assert record.output == ["a1", "b2"]


def test_a_bad_selector(play, distributed):
    record = play({"M": distributed({"A": {"Type": "Pass"}}, ItemSelector="{% $nothing %}")}, [1])
    assert record.error == "States.QueryEvaluationError"
    assert types(record)[-4:] == ["EvaluationFailed", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def test_concurrency(play, distributed):
    inner = {"W": {"Type": "Wait", "Seconds": 10}}
    state = distributed(inner, Items="{% [1..300] %}", Output=1)
    assert (r := play({"M": state})).stopped - r.started == 10
    assert (r := play({"M": {**state, "MaxConcurrency": 100}})).stopped - r.started == 30


def test_batches(play, distributed):
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"k": "{% $states.input.k %}"}}
    state = distributed({"A": {"Type": "Pass"}}, Items="{% $states.input.xs %}", ItemBatcher=batcher)
    record = play({"M": state}, {"xs": [1, 2, 3], "k": "v"})
    assert record.output == [
        {"BatchInput": {"k": "v"}, "Items": [1, 2]},
        {"BatchInput": {"k": "v"}, "Items": [3]},
    ]
    assert (record.map_runs[0].total, record.map_runs[0].succeeded) == (3, 3)


def test_batches_by_size(play, distributed):
    state = distributed({"A": {"Type": "Pass"}}, ItemBatcher={"MaxInputBytesPerBatch": "{% 20 %}"})
    record = play({"M": state}, ["aaa", "bbb", "c", "d" * 50])
    assert [batch["Items"] for batch in record.output] == [["aaa"], ["bbb"], ["c"], ["d" * 50]]


def test_only_the_first_failures_are_kept(play, distributed):
    inner = {"F": {"Type": "Fail", "Error": "E"}}
    state = distributed(inner, Items="{% [1..150] %}", ToleratedFailurePercentage=100)
    record = play({"M": state})
    assert (record.map_runs[0].failed, len(record.map_runs[0].failures), record.output) == (150, 100, [])


def test_stopping_the_execution_stops_the_run(machine, distributed, task):
    from flowdeco.engine import Execution

    def stop(payload):
        raise KeyboardInterrupt

    execution = Execution(
        machine({"M": distributed({"T": task()}, Items=[1, 2])}), handlers={"f": stop}, clock=SkippingClock()
    )
    with pytest.raises(KeyboardInterrupt):
        execution.run()
    assert execution.record.map_runs[0].status == "ABORTED"
