"""Executions are started, waited for and stopped."""

from __future__ import annotations

import threading

import pytest

from flowdeco.engine import Execution, Identity, SkippingClock, TaskFailure, Tokens
from flowdeco.errors import OptionError

FOREVER = {"W": {"Type": "Wait", "Seconds": 99_999}}


def types(record):
    return [event.type for event in record.events]


def test_start_returns_and_wait_waits(machine, task):
    go = threading.Event()

    def work(payload):
        go.wait(10)
        return payload

    execution = Execution(machine({"A": task()}), 7, handlers={"f": work}).start()
    assert execution.wait(0).status == "RUNNING"
    assert execution.status == "RUNNING"
    go.set()
    record = execution.wait()
    assert (record.status, record.output) == ("SUCCEEDED", 7)
    with pytest.raises(OptionError, match="runs once"):
        execution.start()


def test_wait_raises_what_run_would_have_raised(machine):
    def tell(event):
        raise ValueError("no")

    execution = Execution(machine({"A": {"Type": "Pass"}}), handlers={}, on_event=tell).start()
    with pytest.raises(ValueError, match="no"):
        execution.wait(10)


@pytest.mark.parametrize("workers", [0, 2])
def test_stop_from_another_thread(machine, workers):
    waiting = threading.Event()
    execution = Execution(machine(FOREVER), handlers={}, workers=workers, on_idle=waiting.set).start()
    waiting.wait(10)
    execution.stop("Why", "because")
    execution.stop("Later", "too late")
    record = execution.wait(10)
    assert (record.status, record.error, record.cause) == ("ABORTED", "Why", "because")
    assert types(record) == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]
    execution.stop()
    assert execution.record.status == "ABORTED"


def test_stop_without_a_reason(machine):
    execution = Execution(machine(FOREVER), handlers={}, on_idle=lambda: execution.stop())
    record = execution.run()
    assert (record.status, record.error, record.cause, record.events[-1].details) == (
        "ABORTED",
        None,
        None,
        {},
    )


def test_stop_before_it_runs(machine):
    execution = Execution(machine(FOREVER), handlers={})
    execution.stop()
    assert types(execution.run()) == ["ExecutionStarted", "ExecutionAborted"]


def test_stop_while_a_handler_is_called(machine, task):
    def stop(payload):
        execution.stop("Enough")
        return payload

    execution = Execution(machine({"A": task(Next="B"), "B": task()}), handlers={"f": stop})
    record = execution.run()
    assert (record.status, record.error) == ("ABORTED", "Enough")
    assert types(record).count("TaskScheduled") <= 2


def test_stop_with_a_handler_on_a_thread(machine, task):
    begun, go = threading.Event(), threading.Event()

    def work(payload):
        begun.set()
        go.wait(10)

    execution = Execution(machine({"A": task(TimeoutSeconds=99)}), handlers={"f": work}, workers=2).start()
    begun.wait(10)
    execution.stop()
    assert execution.wait(10).status == "ABORTED"
    go.set()


def test_stop_ends_what_was_started_and_goes_on_alone(machine):
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Arguments": {"StateMachineArn": "slow"},
    }

    def told(arn, event):
        if event.type == "WaitStateEntered":
            execution.stop()

    execution = Execution(
        machine({"A": start}),
        handlers={},
        machines={"slow": machine(FOREVER)},
        clock=SkippingClock(),
        on_child_event=told,
    )
    record = execution.run()
    assert record.status == "SUCCEEDED"
    assert execution.nested[0].status == "ABORTED"

    failing = Execution(
        machine({"A": {**start, "Next": "B"}, "B": {"Type": "Fail"}}),
        handlers={},
        machines={"slow": machine(FOREVER)},
        clock=SkippingClock(),
        on_child_event=lambda arn, event: event.type == "WaitStateEntered" and failing.stop(),
    )
    assert failing.run().status in ("FAILED", "ABORTED")
    assert failing.nested[0].status == "ABORTED"


def test_executions_that_share_their_tokens(machine):
    tokens = Tokens()
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {"MessageBody": "{% $states.context.Task.Token %}"},
    }
    given = []
    arrived = threading.Semaphore(0)

    def send(payload):
        given.append(payload["MessageBody"])
        arrived.release()

    names = ("one", "two")
    executions = [
        Execution(machine({"A": state}), handlers={"*": send}, tokens=tokens, identity=Identity(name)).start()
        for name in names
    ]
    for _ in names:
        arrived.acquire(timeout=10)
    for token in given:
        tokens.send_heartbeat(token)
        tokens.send_success(token, token.rpartition(":")[2])
    assert [execution.wait(10).output for execution in executions] == ["one/3", "two/3"]


def test_a_redriven_execution_is_started_too(machine, task):
    bad = [True]

    def work(payload):
        if bad:
            raise TaskFailure("Bad")
        return "fine"

    execution = Execution(machine({"A": task()}), handlers={"f": work}).start()
    assert execution.wait(10).status == "FAILED"
    bad.clear()
    assert execution.redrive().start().wait(10).output == "fine"


def test_an_express_execution_takes_five_minutes_at_most(machine):
    def end(seconds, **fields):
        states = {"W": {"Type": "Wait", "Seconds": seconds}}
        record = Execution(
            machine(states, **fields), handlers={}, clock=SkippingClock(), identity=Identity(express="x")
        ).run()
        return record.status, record.stopped - record.started

    assert end(299) == ("SUCCEEDED", 299)
    assert end(301) == ("TIMED_OUT", 300)
    assert end(301, TimeoutSeconds=20) == ("TIMED_OUT", 20)
