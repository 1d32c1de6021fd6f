"""Tasks that wait for their token to be sent back."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from flowdeco.asl.parse import parse
from flowdeco.engine import Execution, RealClock, SkippingClock, TaskFailure
from flowdeco.engine.effects import Callback, Sleep
from flowdeco.engine.scheduler import Scheduler
from flowdeco.engine.tokens import Tokens
from flowdeco.errors import InputError

SQS = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
INVOKE = "arn:aws:states:::lambda:invoke.waitForTaskToken"
TOKEN = "{% $states.context.Task.Token %}"


class Desk:
    """Whoever has the tokens: `handler` notes them and does with them what `react` does."""

    def __init__(self, react=None):
        self.tokens = []
        self.react = react
        self.execution = None

    def handler(self, payload):
        self.tokens.append(payload["Token"])
        if self.react is not None:
            self.react(self.execution, payload["Token"])
        return {"MessageId": "1"}


@pytest.fixture
def play_with(machine):
    def play_with(desk, *, states=None, clock=None, workers=0, **fields):
        task = {"Type": "Task", "Resource": SQS, "Arguments": {"Token": TOKEN}, **fields}
        desk.execution = Execution(
            machine({"T": task, **(states or {})}),
            handlers={SQS: desk.handler, "f": desk.handler},
            clock=clock or SkippingClock(),
            workers=workers,
        )
        return desk.execution.run()

    return play_with


def types(record):
    return [event.type for event in record.events]


@pytest.mark.parametrize("workers", [0, 2])
def test_what_is_sent_back_is_the_result(play_with, workers):
    desk = Desk(lambda execution, token: execution.send_task_success(token, {"ok": [1]}))
    record = play_with(desk, workers=workers)
    assert record.output == {"ok": [1]}
    assert [(e.type, e.previous_event_id) for e in record.events[2:7]] == [
        ("TaskScheduled", 2),
        ("TaskStarted", 3),
        ("TaskSubmitted", 4),
        ("TaskSucceeded", 5),
        ("TaskStateExited", 6),
    ]
    assert record.events[4].details["output"] == {"MessageId": "1"}
    assert record.events[5].details["output"] == {"ok": [1]}
    assert record.events[5].details["resource"] == "sendMessage.waitForTaskToken"


def test_a_failure_that_is_sent_back(play_with):
    desk = Desk(lambda execution, token: execution.send_task_failure(token, "E", "because"))
    record = play_with(desk)
    assert (record.error, record.cause) == ("E", "because")
    assert types(record)[4:] == ["TaskSubmitted", "TaskFailed", "ExecutionFailed"]


def test_a_failure_without_a_name_is_caught_as_null(play_with):
    desk = Desk(lambda execution, token: execution.send_task_failure(token))
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C", "Output": "{% $states.errorOutput %}"}]
    record = play_with(desk, states={"C": {"Type": "Succeed"}}, Catch=catch)
    assert record.output == {"Error": None, "Cause": None}


def test_every_attempt_has_its_token(play_with):
    def react(execution, token):
        if len(execution_tokens) < 2:
            execution_tokens.append(token)
            execution.send_task_failure(token, "E")
        else:
            execution.send_task_success(token, 5)

    execution_tokens = []
    desk = Desk(react)
    retry = [{"ErrorEquals": ["E"], "IntervalSeconds": 1, "MaxAttempts": 3}]
    assert play_with(desk, Retry=retry).output == 5
    assert len(set(desk.tokens)) == 3
    with pytest.raises(InputError, match="no task waits for this token"):
        desk.execution.send_task_success(desk.tokens[0], 1)


@pytest.mark.parametrize(
    ("fields", "caught", "seconds"),
    [
        ({"TimeoutSeconds": 30}, "States.Timeout", 30),
        ({"HeartbeatSeconds": 10}, "States.HeartbeatTimeout", 10),
        ({"HeartbeatSeconds": 10, "TimeoutSeconds": 30}, "States.HeartbeatTimeout", 10),
    ],
)
def test_nothing_is_sent_back(play_with, fields, caught, seconds):
    record = play_with(Desk(), **fields)
    assert record.error == "States.Timeout"
    assert types(record)[4:] == ["TaskSubmitted", "TaskTimedOut", "ExecutionFailed"]
    assert record.stopped - record.started == seconds
    catch = [{"ErrorEquals": [caught], "Next": "C"}]
    record = play_with(Desk(), states={"C": {"Type": "Succeed"}}, Catch=catch, **fields)
    assert record.status == "SUCCEEDED"


def test_a_heartbeat_gives_more_time(machine, task):
    """Another branch sends heartbeats while the first waits."""
    desk = Desk()

    def beat(payload):
        desk.execution.send_task_heartbeat(desk.tokens[0])

    waiting = {
        "Type": "Task",
        "Resource": SQS,
        "Arguments": {"Token": TOKEN},
        "HeartbeatSeconds": 10,
        "End": True,
    }
    beating = {
        "W": {"Type": "Wait", "Seconds": 8, "Next": "B"},
        "B": {**task("beat"), "End": True},
    }
    branches = [
        {"StartAt": "T", "States": {"T": waiting}},
        {"StartAt": "W", "States": beating},
    ]
    desk.execution = Execution(
        machine({"P": {"Type": "Parallel", "Branches": branches}}),
        handlers={SQS: desk.handler, "beat": beat},
        clock=SkippingClock(),
    )
    record = desk.execution.run()
    assert record.error == "States.Timeout"
    assert record.stopped - record.started == 18


@pytest.mark.parametrize("clock", [RealClock, SkippingClock])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_token_may_come_back_from_any_thread(play_with, clock, workers):
    """The execution runs on a thread of its own, and has nothing to do but wait."""
    given = Event()
    desk = Desk(lambda execution, token: given.set())
    records = []
    runner = Thread(target=lambda: records.append(play_with(desk, clock=clock(), workers=workers)))
    runner.start()
    given.wait()
    desk.execution.send_task_success(desk.tokens[0], 7)
    runner.join()
    assert records[0].output == 7


def test_the_handler_may_fail(play_with):
    def react(execution, token):
        raise TaskFailure("E", "no")

    record = play_with(Desk(react))
    assert (record.error, record.cause) == ("E", "no")
    assert types(record)[3:] == ["TaskStarted", "TaskFailed", "ExecutionFailed"]


def test_a_function_is_given_its_payload(play_with):
    desk = Desk(lambda execution, token: execution.send_task_success(token, 1))
    arguments = {"FunctionName": "f", "Payload": {"Token": TOKEN}}
    record = play_with(desk, Resource=INVOKE, Arguments=arguments)
    assert record.output == 1
    assert record.events[4].details["output"]["Payload"] == {"MessageId": "1"}


def test_jsonpath_has_the_token_too():
    desk = Desk(lambda execution, token: execution.send_task_success(token, 1))
    state = {"Type": "Task", "Resource": SQS, "Parameters": {"Token.$": "$$.Task.Token"}, "End": True}
    machine = parse({"StartAt": "T", "States": {"T": state}})
    desk.execution = Execution(machine, handlers={SQS: desk.handler}, clock=SkippingClock())
    assert desk.execution.run().output == 1
    assert desk.tokens[0].startswith(desk.execution.record.arn)


def test_a_task_that_gives_its_token_to_nobody(machine):
    state = {"Type": "Task", "Resource": SQS, "Arguments": {}, "TimeoutSeconds": 5}
    execution = Execution(machine({"T": state}), handlers={SQS: lambda p: p}, clock=SkippingClock())
    assert execution.run().error == "States.Timeout"


def test_a_wait_that_is_cancelled(machine):
    """The other branch fails, and nobody waits any more."""
    desk = Desk()
    waiting = {"Type": "Task", "Resource": SQS, "Arguments": {"Token": TOKEN}, "End": True}
    branches = [
        {"StartAt": "T", "States": {"T": waiting}},
        {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}},
    ]
    desk.execution = Execution(
        machine({"P": {"Type": "Parallel", "Branches": branches}}),
        handlers={SQS: desk.handler},
        clock=SkippingClock(),
    )
    assert desk.execution.run().error == "E"
    with pytest.raises(InputError):
        desk.execution.send_task_heartbeat(desk.tokens[0])


def test_an_answer_that_comes_after_the_time_is_over_is_not_taken(machine, task):
    """It is sent while the wait is over already, and the retry waits for another token."""
    desk = Desk()

    def react(execution, token):
        if len(desk.tokens) == 2:
            with pytest.raises(InputError):
                execution.send_task_success(desk.tokens[0], "old")
            execution.send_task_success(token, "new")

    desk.react = react
    retry = [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1}]
    state = {
        "Type": "Task",
        "Resource": SQS,
        "Arguments": {"Token": TOKEN},
        "TimeoutSeconds": 5,
        "Retry": retry,
    }
    desk.execution = Execution(machine({"T": state}), handlers={SQS: desk.handler}, clock=SkippingClock())
    assert desk.execution.run().output == "new"


def test_what_was_sent_before_anybody_watches_is_noticed():
    tokens = Tokens()
    tokens.open("t", 0.0)
    tokens.send("t", "1")
    woken = []
    tokens.watch("t", lambda: woken.append(1))
    assert woken == [1]
    assert tokens.answer("t") == "1"


def test_waking_twice_is_waking_once():
    woken = []

    async def work():
        def watch(wake):
            wake()
            wake()

        await Callback(watch, 5.0)
        woken.append(clock.now())
        await Sleep(7.0)
        woken.append(clock.now())

    clock = SkippingClock(0)
    Scheduler(clock, None).run(work())
    assert woken == [0.0, 7.0]


def test_what_is_sent_is_checked(play_with):
    seen = []

    def react(execution, token):
        for output in (object(), "x" * 300_000):
            with pytest.raises(InputError) as caught:
                execution.send_task_success(token, output)
            seen.append(caught.value.message)
        execution.send_task_success(token, 1)
        with pytest.raises(InputError):
            execution.send_task_failure(token)

    assert play_with(Desk(react)).output == 1
    assert seen[0].startswith("the output is not JSON: ")
    assert seen[1] == "the output has 300,002 bytes of JSON, the limit is 262,144"
