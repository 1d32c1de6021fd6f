"""Executions that did not succeed are redriven: only what did not succeed runs again."""

from __future__ import annotations

from collections import Counter

import pytest

from flowdeco.engine import Execution, Identity, MemoryObjects, SkippingClock, TaskFailure, run
from flowdeco.errors import OptionError
from tests.engine import samples

task, scope, machine = samples.task, samples.scope, samples.machine

STATES = {
    "A": task(),
    "P": {
        "Type": "Parallel",
        "Branches": [
            scope({"X": task(payload=1), "X2": task(payload=2)}),
            scope({"Y": task(payload=3), "Y2": task(payload=4)}),
        ],
    },
    "M": {
        "Type": "Map",
        "Items": "{% [10,11,12,13] %}",
        "MaxConcurrency": 1,
        "ItemProcessor": scope({"I1": task(), "I2": task(payload="{% $states.input + 100 %}")}),
    },
    "D": {
        "Type": "Map",
        "Items": "{% [20,21,22] %}",
        "ItemProcessor": scope(
            {"K1": task(Assign={"k": "{% $states.input %}"}), "K2": task(payload="{% $k + 100 %}")},
            **samples.DISTRIBUTED,
        ),
    },
    "E": task(),
}


def types(record):
    return [event.type for event in record.events]


class Log:
    """A handler that keeps what it was given, and fails for what is `bad`."""

    def __init__(self, *bad):
        self.bad = set(bad)
        self.calls = Counter()

    def __call__(self, payload):
        self.calls[repr(payload)] += 1
        if payload in self.bad if isinstance(payload, (int, str)) else False:
            raise TaskFailure("Bad", repr(payload))
        return payload


def well_formed(record):
    assert [event.id for event in record.events] == list(range(1, len(record.events) + 1))
    assert all(event.previous_event_id < event.id for event in record.events)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("bad", ["s", 2, 4, 112, 121, 20])
def test_a_redriven_execution_ends_as_an_undisturbed_one(bad, workers):
    undisturbed = Log()
    want = run(machine(STATES), "s", handlers={"f": undisturbed}, clock=SkippingClock())
    log = Log(bad)
    execution = Execution(machine(STATES), "s", handlers={"f": log}, clock=SkippingClock(), workers=workers)
    failed = execution.run()
    assert failed.status == "FAILED"
    log.bad.clear()
    record = execution.redrive().run()
    well_formed(record)
    assert (record.status, record.output, record.error) == ("SUCCEEDED", want.output, None)
    assert record.events[: len(failed.events)] == failed.events
    redriven = record.events[len(failed.events)]
    assert (redriven.type, redriven.details) == ("ExecutionRedriven", {"redriveCount": 1})
    assert redriven.previous_event_id == failed.events[-1].id
    assert (record.redrives, record.redriven) == (1, redriven.timestamp)
    again = log.calls - undisturbed.calls
    assert again[repr(bad)] == 1
    if workers == 0:
        assert again == {repr(bad): 1}


def test_a_task_is_scheduled_again_and_not_entered():
    log = Log("s")
    execution = Execution(machine({"A": task()}), "s", handlers={"f": log}, clock=SkippingClock())
    execution.run()
    assert types(execution.redrive().run())[5:] == [
        "ExecutionFailed",
        "ExecutionRedriven",
        "TaskScheduled",
        "TaskStarted",
        "TaskFailed",
        "ExecutionFailed",
    ]
    log.bad.clear()
    record = execution.redrive().run()
    assert (record.redrives, record.status, record.cause) == (2, "SUCCEEDED", None)


def test_retries_are_counted_anew_and_the_context_tells():
    seen = []
    states = {
        "A": task(
            payload={
                "n": "{% $states.context.Execution.RedriveCount %}",
                "t": "{% $exists($states.context.Execution.RedriveTime) %}",
                "r": "{% $states.context.State.RetryCount %}",
            },
            Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
        )
    }

    def fail(payload):
        seen.append((payload["n"], payload["t"], payload["r"]))
        raise TaskFailure("Bad")

    execution = Execution(machine(states), handlers={"f": fail}, clock=SkippingClock())
    execution.run()
    execution.redrive().run()
    assert seen == [(0, False, 0), (0, False, 1), (1, True, 0), (1, True, 1)]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ({"Type": "Fail", "Error": "No"}, "Fail"),
        ({"Type": "Pass", "Output": "{% $nothing %}"}, "Pass"),
        ({"Type": "Choice", "Choices": [{"Condition": "{% $nothing %}", "Next": "A"}]}, "Choice"),
        ({"Type": "Succeed", "Output": "{% $nothing %}"}, "Succeed"),
    ],
)
def test_states_that_do_no_work_are_entered_again(state, kind):
    execution = Execution(machine({"A": {"Type": "Pass"}, "B": state}), handlers={}, clock=SkippingClock())
    before = execution.run()
    after = execution.redrive().run()
    assert (before.status, after.status) == ("FAILED", "FAILED")
    assert types(after)[len(before.events) + 1] == f"{kind}StateEntered"
    assert after.error == before.error


def test_stopped_and_timed_out_executions():
    states = {
        "P": {"Type": "Parallel", "Branches": [scope({"W": {"Type": "Wait", "Seconds": 5}, "T": task()})]}
    }
    log = Log()

    def stop(event):
        if event.type == "WaitStateEntered" and execution.record.redrives == 0:
            execution.stop("Why", "because")

    execution = Execution(machine(states), 1, handlers={"f": log}, clock=SkippingClock(), on_event=stop)
    record = execution.run()
    assert (record.status, record.error, record.cause) == ("ABORTED", "Why", "because")
    assert record.events[-1].details == {"error": "Why", "cause": "because"}
    again = execution.redrive().run()
    assert (again.status, again.output, again.error) == ("SUCCEEDED", [1], None)

    clock = SkippingClock()
    slow = Execution(
        machine(
            {"W": {"Type": "Wait", "Seconds": 7}, "V": {"Type": "Wait", "Seconds": 7}}, TimeoutSeconds=10
        ),
        handlers={},
        clock=clock,
    )
    assert slow.run().status == "TIMED_OUT"
    record = slow.redrive().run()  # the time runs anew, and that of the Wait that was not over too
    assert (record.status, record.stopped - record.started) == ("SUCCEEDED", 17)


def test_results_that_were_too_large_together_are_made_again():
    log = Log()
    size = [200_000]
    states = {
        "P": {
            "Type": "Parallel",
            "Branches": [scope({"X": task("big", 1)}), scope({"Y": task("big", 2)})],
        }
    }

    def big(payload):
        log(payload)
        return "x" * size[0]

    execution = Execution(machine(states), handlers={"big": big}, clock=SkippingClock())
    assert execution.run().error == "States.DataLimitExceeded"
    size[0] = 10
    record = execution.redrive().run()
    assert record.output == ["x" * 10] * 2
    assert log.calls == {"1": 2, "2": 2}


def test_map_runs_are_redriven():
    log = Log(121, 22)
    states = {"D": {**STATES["D"], "ToleratedFailureCount": 1}}
    told = []
    execution = Execution(
        machine(states),
        handlers={"f": log},
        clock=SkippingClock(),
        on_child_event=lambda arn, event: told.append((arn[-1], event.type)),
        on_child=lambda child: told.append((child.item, child.status)),
    )
    before = execution.run()
    (run_before,) = before.map_runs
    assert (run_before.status, run_before.succeeded, run_before.failed) == ("FAILED", 1, 2)
    assert (2, "FAILED") in told
    log.bad.clear()
    told.clear()
    record = execution.redrive().run()
    (map_run,) = record.map_runs
    assert (map_run.arn, map_run.status) == (run_before.arn, "SUCCEEDED")
    assert (map_run.succeeded, map_run.failed, map_run.redrives) == (3, 0, 1)
    assert map_run.redriven == record.redriven
    assert record.output == [120, 121, 122]
    event = next(event for event in record.events if event.type == "MapRunRedriven")
    assert event.details == {"mapRunArn": map_run.arn, "redriveCount": 1}
    assert told[:3] == [("1", "ExecutionRedriven"), ("1", "TaskStateEntered"), ("1", "TaskScheduled")]
    assert log.calls == {"20": 1, "120": 1, "21": 1, "121": 2, "22": 2, "122": 1}


def test_results_of_redriven_map_runs_are_written():
    log = Log(121)
    objects = MemoryObjects({"out": {}})
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "out", "Prefix": "r"}}
    execution = Execution(
        machine({"D": {**STATES["D"], "ResultWriter": writer}}),
        handlers={"f": log},
        objects=objects,
        clock=SkippingClock(),
    )
    assert execution.run().status == "FAILED"
    log.bad.clear()
    record = execution.redrive().run()
    assert record.status == "SUCCEEDED"
    assert record.map_runs[0].written == 3
    (name,) = [info.key for info in objects.list("out", "r") if "SUCCEEDED_0" in info.key]
    assert objects.get("out", name).count(b'"Status":"SUCCEEDED"') == 3


def test_nested_branches_and_failures_caught_before():
    log = Log(5, 6)
    inner = {"Type": "Parallel", "Branches": [scope({"X": task(payload=5)}), scope({"Y": task(payload=7)})]}
    caught = task(payload=6, Catch=[{"ErrorEquals": ["Bad"], "Next": "C"}])
    states = {
        "O": {
            "Type": "Parallel",
            "Branches": [scope({"N": inner}), scope({"B": caught, "C": task(payload=8)})],
        }
    }
    execution = Execution(machine(states), handlers={"f": log}, clock=SkippingClock(), workers=0)
    execution.run()
    log.bad.remove(5)
    record = execution.redrive().run()
    well_formed(record)
    assert (record.status, record.output) == ("SUCCEEDED", [[5, 7], 8])
    assert log.calls == {"5": 2, "6": 1, "7": 1, "8": 1}


def test_what_cannot_be_redriven():
    execution = Execution(machine({"A": {"Type": "Pass"}}), handlers={})
    with pytest.raises(OptionError, match="RUNNING"):
        execution.redrive()
    execution.run()
    with pytest.raises(OptionError, match="SUCCEEDED"):
        execution.redrive()
    failing = {"A": {"Type": "Fail"}}
    express = Execution(machine(failing), handlers={}, identity=Identity(express="x"))
    express.run()
    with pytest.raises(OptionError, match="EXPRESS"):
        express.redrive()
    endless = {
        "A": {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "B"}]},
        "B": {"Type": "Pass", "Next": "A"},
    }
    full = Execution(machine(endless), handlers={})
    assert full.run().error == "States.Runtime"
    with pytest.raises(OptionError, match="history events"):
        full.redrive()


def test_a_redriven_execution_runs_once():
    execution = Execution(machine({"A": {"Type": "Fail"}}), handlers={})
    execution.run()
    execution.redrive().run()
    with pytest.raises(OptionError, match="runs once"):
        execution.run()
