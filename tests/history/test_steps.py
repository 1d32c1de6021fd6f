from __future__ import annotations

import pytest

from flowdeco.history import Event, steps


def history(*rows):
    """Events from (previous, type, details); ids and seconds count from 1."""
    return [
        Event(i, row[0], row[1], float(i), row[2] if len(row) > 2 else {}) for i, row in enumerate(rows, 1)
    ]


START = (0, "ExecutionStarted", {"input": {}})


def entered(previous, kind, name, input=None):
    return (previous, f"{kind}StateEntered", {"name": name, "input": input})


def exited(previous, kind, name, output=None):
    return (previous, f"{kind}StateExited", {"name": name, "output": output})


def summary(events):
    return [(s.name, s.path, s.status, s.attempts, s.error) for s in steps(events)]


def test_a_task_that_is_retried():
    events = history(
        START,
        entered(0, "Task", "A", 1),
        (2, "TaskScheduled"),
        (3, "TaskStarted"),
        (4, "TaskFailed", {"error": "E", "cause": "c"}),
        (5, "TaskScheduled"),
        (6, "TaskStarted"),
        (7, "TaskSucceeded", {"output": 2}),
        exited(8, "Task", "A", 2),
        (9, "ExecutionSucceeded", {"output": 2}),
    )
    (step,) = steps(events)
    assert (step.status, step.attempts, step.error, step.cause) == ("SUCCEEDED", 2, "E", "c")
    assert (step.type, step.started, step.stopped, step.input, step.output) == ("Task", 2.0, 9.0, 1, 2)


@pytest.mark.parametrize(
    ("length", "status", "attempts"),
    [(2, "RUNNING", 0), (3, "RUNNING", 1), (4, "RUNNING", 1), (5, "CAUGHT", 1)],
)
def test_a_history_may_end_anywhere(length, status, attempts):
    events = history(
        START,
        entered(0, "Task", "A"),
        (2, "LambdaFunctionScheduled"),
        (3, "LambdaFunctionFailed", {"error": "E"}),
        exited(4, "Task", "A"),
    )
    (step,) = steps(events[:length])
    assert (step.status, step.attempts) == (status, attempts)


def test_the_end_of_the_execution_ends_what_is_open():
    task = [
        START,
        entered(0, "Task", "A"),
        (2, "TaskScheduled"),
        (3, "TaskTimedOut", {"error": "States.Timeout"}),
    ]
    assert summary(history(*task, (4, "ExecutionFailed", {"error": "States.Timeout"}))) == [
        ("A", (), "FAILED", 1, "States.Timeout")
    ]
    wait = [START, entered(0, "Wait", "W")]
    assert summary(history(*wait, (0, "ExecutionAborted"))) == [("W", (), "ABORTED", 1, None)]
    assert summary(history(*wait, (0, "ExecutionTimedOut", {"error": "States.Timeout"}))) == [
        ("W", (), "TIMED_OUT", 1, None)
    ]


def test_a_fail_state():
    events = history(START, entered(0, "Fail", "F"), (2, "ExecutionFailed", {"error": "E", "cause": "c"}))
    (step,) = steps(events)
    assert (step.status, step.error, step.cause) == ("FAILED", "E", "c")


def test_an_expression_that_failed():
    events = history(
        START,
        entered(0, "Pass", "A"),
        (0, "EvaluationFailed", {"error": "Q", "cause": "c", "state": "A"}),
        (3, "ExecutionFailed", {"error": "Q", "cause": "c"}),
    )
    assert summary(events) == [("A", (), "FAILED", 1, "Q")]


def test_a_failed_expression_belongs_to_the_state_entered_from_the_same_place():
    events = history(
        START,
        entered(0, "Map", "M"),
        (2, "MapStateStarted", {"length": 2}),
        (3, "MapIterationStarted", {"name": "M", "index": 0}),
        (3, "MapIterationStarted", {"name": "M", "index": 1}),
        entered(4, "Task", "T"),
        entered(5, "Task", "T"),
        (4, "EvaluationFailed", {"error": "Q", "state": "T"}),
    )
    assert summary(events)[1:] == [("T", ("M[0]",), "RUNNING", 0, "Q"), ("T", ("M[1]",), "RUNNING", 0, None)]
    events = history(
        START,
        entered(0, "Parallel", "P"),
        (2, "ParallelStateStarted"),
        entered(3, "Task", "A"),
        entered(3, "Task", "B"),
        (3, "EvaluationFailed", {"error": "Q", "state": "A"}),
    )
    assert summary(events)[1:] == [("A", ("P#0",), "RUNNING", 0, "Q"), ("B", ("P#1",), "RUNNING", 0, None)]


def test_branches_are_numbered_in_the_order_they_start():
    events = history(
        START,
        entered(0, "Parallel", "P"),
        (2, "ParallelStateStarted"),
        entered(3, "Pass", "A"),
        entered(3, "Wait", "B"),
        exited(4, "Pass", "A"),
        entered(6, "Pass", "A2"),
        exited(7, "Pass", "A2"),
        exited(5, "Wait", "B"),
        (9, "ParallelStateSucceeded"),
        exited(9, "Parallel", "P", [1]),
        entered(11, "Pass", "C"),
    )
    assert summary(events) == [
        ("P", (), "SUCCEEDED", 1, None),
        ("A", ("P#0",), "SUCCEEDED", 1, None),
        ("B", ("P#1",), "SUCCEEDED", 1, None),
        ("A2", ("P#0",), "SUCCEEDED", 1, None),
        ("C", (), "RUNNING", 1, None),
    ]


def test_iterations():
    events = history(
        START,
        entered(0, "Map", "M"),
        (2, "MapStateStarted", {"length": 2}),
        (3, "MapIterationStarted", {"name": "M", "index": 0}),
        entered(4, "Pass", "A"),
        exited(5, "Pass", "A"),
        (6, "MapIterationSucceeded", {"name": "M", "index": 0}),
        (6, "MapIterationStarted", {"name": "M", "index": 1}),
        entered(8, "Pass", "A"),
        exited(9, "Pass", "A"),
        (10, "MapIterationSucceeded", {"name": "M", "index": 1}),
        (11, "MapStateSucceeded"),
        exited(11, "Map", "M"),
        (13, "ExecutionSucceeded"),
    )
    assert summary(events) == [
        ("M", (), "SUCCEEDED", 1, None),
        ("A", ("M[0]",), "SUCCEEDED", 1, None),
        ("A", ("M[1]",), "SUCCEEDED", 1, None),
    ]


def test_a_failing_iteration_and_a_catcher():
    events = history(
        START,
        entered(0, "Map", "M"),
        (2, "MapStateStarted", {"length": 2}),
        (3, "MapIterationStarted", {"name": "M", "index": 0}),
        entered(4, "Task", "T"),
        (3, "MapIterationStarted", {"name": "M", "index": 1}),
        entered(6, "Wait", "W"),
        (5, "TaskScheduled"),
        (8, "TaskFailed", {"error": "E", "cause": "c"}),
        (9, "MapIterationFailed", {"name": "M", "index": 0}),
        (7, "WaitStateAborted"),
        (11, "MapIterationAborted", {"name": "M", "index": 1}),
        (9, "MapStateFailed"),
        exited(13, "Map", "M"),
    )
    assert summary(events) == [
        ("M", (), "CAUGHT", 1, "E"),
        ("T", ("M[0]",), "FAILED", 1, "E"),
        ("W", ("M[1]",), "ABORTED", 1, None),
    ]


def test_what_the_service_leaves_open_is_closed_with_the_state_around_it():
    events = history(
        START,
        entered(0, "Parallel", "P"),
        (2, "ParallelStateStarted"),
        entered(3, "Wait", "W"),
        entered(3, "Fail", "F"),
        (5, "ParallelStateFailed"),
        exited(6, "Parallel", "P"),
        entered(7, "Map", "M"),
        (8, "MapStateStarted", {"length": 1}),
        (9, "MapIterationStarted", {"name": "M", "index": 0}),
        entered(10, "Wait", "V"),
        (11, "MapIterationAborted", {"name": "M", "index": 0}),
        (12, "MapStateAborted"),
    )
    assert summary(events) == [
        ("P", (), "CAUGHT", 1, None),
        ("W", ("P#0",), "ABORTED", 1, None),
        ("F", ("P#1",), "FAILED", 1, None),
        ("M", (), "ABORTED", 1, None),
        ("V", ("M[0]",), "ABORTED", 1, None),
    ]


def test_a_map_run():
    events = history(
        START,
        entered(0, "Map", "M"),
        (2, "MapStateStarted", {"length": 1}),
        (3, "MapRunStarted", {"mapRunArn": "arn"}),
        (4, "MapRunFailed", {"error": "X"}),
        (5, "MapStateFailed"),
        (6, "ExecutionFailed", {"error": "X"}),
    )
    assert summary(events) == [("M", (), "FAILED", 1, "X")]


def test_parts_of_a_history_do_not_upset():
    events = history(
        START,
        exited(40, "Pass", "Unseen"),
        (41, "TaskFailed", {"error": "E"}),
        (42, "MapStateFailed"),
        (43, "MapIterationSucceeded", {"name": "M", "index": 0}),
        (44, "EvaluationFailed", {"state": "Unseen"}),
        entered(45, "Pass", "A"),
        (46, "EvaluationFailed", {"state": "A", "error": "Q"}),
    )
    assert summary(events) == [("A", (), "RUNNING", 1, "Q")]


def test_histories_of_the_engine_agree():
    from flowdeco.asl.parse import parse
    from flowdeco.engine import SkippingClock, TaskFailure, run

    def handler(payload):
        raise TaskFailure("E", "c")

    inner = {
        "StartAt": "T",
        "States": {
            "T": {
                "Type": "Task",
                "Resource": "r",
                "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}],
                "End": True,
            }
        },
    }
    states = {
        "P": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 99, "End": True}}},
                {
                    "StartAt": "M",
                    "States": {"M": {"Type": "Map", "Items": [1, 2], "ItemProcessor": inner, "End": True}},
                },
            ],
            "Catch": [{"ErrorEquals": ["E"], "Next": "Z"}],
            "End": True,
        },
        "Z": {"Type": "Pass", "End": True},
    }
    record = run(
        parse({"QueryLanguage": "JSONata", "StartAt": "P", "States": states}),
        {},
        handlers={"r": handler},
        clock=SkippingClock(),
    )
    assert summary(record.events) == [
        ("P", (), "CAUGHT", 1, "E"),
        ("W", ("P#0",), "ABORTED", 1, None),
        ("M", ("P#1",), "FAILED", 1, "E"),
        ("T", ("P#1", "M[0]"), "FAILED", 2, "E"),
        ("T", ("P#1", "M[1]"), "ABORTED", 1, "E"),
        ("Z", (), "SUCCEEDED", 1, None),
    ]
