"""Activities: tasks that workers poll for."""

from __future__ import annotations

import threading

import pytest

from flowdeco.engine import Activities, Execution, SkippingClock, TaskFailure, run
from flowdeco.errors import DefinitionError, InputError

ARN = "arn:aws:states:us-east-1:123456789012:activity:review"
STATE = {"Type": "Task", "Resource": ARN}


def types(record):
    return [event.type for event in record.events]


@pytest.fixture
def activities():
    found = Activities()
    found.create("review", created=5)
    return found


def work(activities, answer, worker=None):
    """A worker that takes one task and answers it; on a thread of its own."""

    def poll():
        task = activities.get_task("review", worker, wait=10)
        answer(task)

    thread = threading.Thread(target=poll)
    thread.start()
    return thread


def test_activities_are_made_described_listed_and_deleted(activities):
    assert activities.create("review").created == 5
    assert activities.describe(ARN).name == "review"
    assert [one.arn for one in activities.list()] == [ARN]
    activities.delete("review")
    activities.delete("review")
    assert activities.describe("review") is None
    with pytest.raises(InputError, match="there is no activity"):
        activities.get_task("review")


@pytest.mark.parametrize("name", ["", "a" * 81, "a b", "a*", "a\n", "a\x01"])
def test_names_the_service_refuses(activities, name):
    with pytest.raises(InputError, match="cannot be the name of an activity"):
        activities.create(name)


def test_a_worker_answers(machine, activities):
    thread = work(
        activities, lambda task: activities.tokens.send_success(task.token, {"got": task.input}), "me"
    )
    record = run(machine({"A": STATE}), {"x": 1}, handlers={}, activities=activities)
    thread.join()
    assert record.output == {"got": {"x": 1}}
    assert types(record)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert record.events[2].details == {"resource": ARN, "input": {"x": 1}}
    assert record.events[3].details == {"workerName": "me"}
    assert record.events[3].to_json()["activityStartedEventDetails"] == {"workerName": "me"}
    assert record.events[4].details == {"output": {"got": {"x": 1}}}


def test_a_worker_without_a_name_fails_a_task(machine, activities):
    thread = work(activities, lambda task: activities.tokens.send_failure(task.token, "No", "because"))
    record = run(machine({"A": STATE}), handlers={}, activities=activities)
    thread.join()
    assert (record.error, record.cause) == ("No", "because")
    assert record.events[3].details == {}
    assert (record.events[4].type, record.events[4].details) == (
        "ActivityFailed",
        {"error": "No", "cause": "because"},
    )


def test_failures_need_no_name(machine, activities):
    thread = work(activities, lambda task: activities.tokens.send_failure(task.token))
    record = run(machine({"A": STATE}), handlers={}, activities=activities)
    thread.join()
    assert (record.error, record.cause, record.events[4].details) == (None, None, {})


def test_nobody_takes_the_task_in_time(machine, activities):
    state = {**STATE, "TimeoutSeconds": 60, "HeartbeatSeconds": 5}
    record = run(machine({"A": state}), handlers={}, activities=activities, clock=SkippingClock())
    assert record.error == "States.Timeout"
    assert types(record)[2:4] == ["ActivityScheduled", "ActivityTimedOut"]
    details = record.events[2].details
    assert (details["timeoutInSeconds"], details["heartbeatInSeconds"]) == (60, 5)
    assert activities.get_task("review") is None


def test_a_worker_that_is_not_heard_of(machine, activities):
    clock = SkippingClock()

    def idle():
        task = activities.get_task("review", now=clock.now())
        if task is not None:
            activities.tokens.send_heartbeat(task.token, clock.now() + 1)

    state = {
        **STATE,
        "HeartbeatSeconds": 5,
        "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "B"}],
    }
    record = run(
        machine({"A": state, "B": {"Type": "Pass"}}),
        handlers={},
        activities=activities,
        clock=clock,
        on_idle=idle,
    )
    assert record.status == "SUCCEEDED"
    assert types(record)[3:5] == ["ActivityStarted", "ActivityTimedOut"]
    assert record.events[4].timestamp == clock.now() == SkippingClock().now() + 6


def test_an_activity_that_was_deleted(machine, activities):
    activities.delete("review")
    record = run(machine({"A": STATE}), handlers={}, activities=activities)
    assert record.error == "States.Runtime"
    assert record.cause == (
        "An error occurred while executing the state 'A' (entered at the event id #2). "
        f"The activity {ARN} does not exist."
    )


def test_a_handler_stands_for_the_workers(machine, activities):
    def review(payload):
        if payload == "bad":
            raise TaskFailure("Bad", "no")
        return payload

    for handlers in ({ARN: review}, {"review": review}):
        record = run(machine({"A": STATE}), "fine", handlers=handlers)
        assert record.output == "fine"
        assert types(record)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    record = run(machine({"A": STATE}), "bad", handlers={"review": review}, activities=activities)
    assert (record.error, types(record)[4]) == ("Bad", "ActivityFailed")


def test_without_workers_or_a_handler_nothing_runs(machine):
    with pytest.raises(DefinitionError, match="some resources have no handler"):
        run(machine({"A": STATE}), handlers={})


def test_an_execution_waits_for_a_worker_again_when_it_goes_on(machine, activities):
    def begin(at):
        """An execution that was cut off at that event."""
        execution = Execution(machine({"A": STATE}), "in", handlers={}, activities=activities)
        seen = []

        def idle():
            seen.append(execution.record)
            if len(execution.record.events) == 3:
                activities.get_task("review")
            if len(execution.record.events) == at:
                execution.stop()

        execution._on_idle = idle
        execution.run()
        return seen[-1]

    for at in (3, 4):
        before = begin(at)
        assert before.status == "RUNNING"
        assert len(before.events) == at
        token = f"{before.arn}/3"
        execution = Execution(
            machine({"A": STATE}), handlers={}, activities=activities, record=before
        ).start()
        if at == 3:
            assert activities.get_task("review", wait=10).token == token
        while not activities.tokens.knows(token):
            pass
        activities.tokens.send_success(token, "out")
        record = execution.wait(10)
        assert record.output == "out"
        assert types(record)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]


def test_tokens_of_nobody(activities):
    assert not activities.tokens.take("t", None, 0)
    with pytest.raises(InputError, match="no task waits"):
        activities.tokens.send_heartbeat("t")
    with pytest.raises(InputError, match="not JSON"):
        activities.tokens.send_success("t", {1, 2})
