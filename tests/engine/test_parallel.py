"""Parallel: branches, their results, their failures, scopes of variables."""

from __future__ import annotations

from flowdeco.engine import TaskFailure


def types(record):
    return [event.type for event in record.events]


def raises(error):
    def handler(payload):
        raise TaskFailure(error, "because")

    return handler


def test_branches_get_the_input_and_give_an_array(play, scope, task):
    branches = [scope({"A": task("f")}), scope({"B": {"Type": "Pass", "Output": "{% $states.input.x %}"}})]
    record = play({"P": {"Type": "Parallel", "Branches": branches}}, {"x": 1}, f=lambda p: [p])
    assert record.output == [[{"x": 1}], 1]
    assert types(record)[:3] == ["ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted"]
    assert types(record)[-3:] == ["ParallelStateSucceeded", "ParallelStateExited", "ExecutionSucceeded"]
    starts = [
        e.previous_event_id for e in record.events if e.type in ("TaskStateEntered", "PassStateEntered")
    ]
    assert starts == [3, 3]
    succeeded, exited = record.events[-3:-1]
    assert succeeded.previous_event_id == exited.previous_event_id == succeeded.id - 1


def test_arguments_are_the_input_of_the_branches(play, scope):
    state = {
        "Type": "Parallel",
        "Arguments": {"n": "{% $states.input.x + 1 %}"},
        "Branches": [scope({"A": {"Type": "Pass"}})],
        "Output": "{% $states.result[0].n %}",
        "Assign": {"all": "{% $states.result %}"},
    }
    assert play({"P": state}, {"x": 1}).output == 2


def test_branches_read_outer_variables_and_keep_their_own(play, scope):
    branch = scope(
        {
            "A": {"Type": "Pass", "Assign": {"y": "{% $x + 1 %}"}, "Next": "B"},
            "B": {"Type": "Pass", "Output": "{% $y %}"},
        }
    )
    states = {
        "S": {"Type": "Pass", "Assign": {"x": 1}, "Next": "P"},
        "P": {"Type": "Parallel", "Branches": [branch, branch], "Next": "E"},
        "E": {"Type": "Pass", "Output": "{% $y %}"},
    }
    record = play(states)
    assert record.error == "States.QueryEvaluationError"
    assert [e.details["output"] for e in record.events if e.type == "ParallelStateExited"] == [[2, 2]]


def test_a_failing_branch_stops_the_others(play, scope, task):
    waiting = scope({"W": {"Type": "Wait", "Seconds": 60}})
    nested = scope({"Q": {"Type": "Parallel", "Branches": [scope({"V": {"Type": "Wait", "Seconds": 60}})]}})
    failing = scope({"W1": {"Type": "Wait", "Seconds": 1, "Next": "F"}, "F": task("f")})
    record = play({"P": {"Type": "Parallel", "Branches": [waiting, nested, failing]}}, f=raises("E"))
    assert (record.error, record.cause) == ("E", "because")
    assert record.stopped - record.started == 1
    assert types(record)[-6:] == [
        "TaskFailed",
        "WaitStateAborted",
        "WaitStateAborted",
        "ParallelStateAborted",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]


def test_a_parallel_is_retried_as_a_whole_and_then_caught(play, scope, task):
    calls = []

    def handler(payload):
        calls.append(payload)
        raise TaskFailure("E", None)

    state = {
        "Type": "Parallel",
        "Branches": [scope({"A": task("ok")}), scope({"B": task("f")})],
        "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1, "IntervalSeconds": 5}],
        "Catch": [{"ErrorEquals": ["E"], "Next": "C", "Output": "{% $states.errorOutput %}"}],
        "Next": "C",
    }
    record = play({"P": state, "C": {"Type": "Pass"}}, f=handler, ok=calls.append)
    assert record.output == {"Error": "E", "Cause": ""}
    assert len(calls) == 4
    assert types(record).count("ParallelStateStarted") == 2
    assert types(record).count("ParallelStateFailed") == 1


def test_a_runtime_error_ends_the_execution_without_reports_of_the_states_around(play, scope):
    long = {"Type": "Wait", "Timestamp": "2999-01-01T00:00:00Z"}
    branches = [scope({"W": {"Type": "Wait", "Seconds": 1}}), scope({"B": long})]
    state = {
        "Type": "Parallel",
        "Branches": branches,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}],
        "Next": "C",
    }
    record = play({"P": state, "C": {"Type": "Pass"}})
    assert record.error == "States.Runtime"
    assert types(record)[3:] == ["WaitStateEntered", "WaitStateEntered", "ExecutionFailed"]
    assert record.events[-1].previous_event_id == record.events[-2].id


def test_waits_of_branches_run_side_by_side(play, scope):
    branches = [scope({"W": {"Type": "Wait", "Seconds": n}}) for n in (30, 10, 20)]
    record = play({"P": {"Type": "Parallel", "Branches": branches}})
    assert record.stopped - record.started == 30
    exits = [e.timestamp - record.started for e in record.events if e.type == "WaitStateExited"]
    assert exits == [10, 20, 30]


def test_a_result_that_is_too_large(play, scope):
    half = scope({"A": {"Type": "Pass", "Output": "{% $pad('', 200000, '-') %}"}})
    state = {"Type": "Parallel", "Branches": [half, half], "Output": 1}
    assert play({"P": state}).error == "States.DataLimitExceeded"
