"""Executions whose process ended before they did go on from their last event; nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from flowdeco.engine import Execution, SkippingClock, TaskFailure, redrive, resume, run_stored
from flowdeco.errors import OptionError, StoreError
from flowdeco.history import ChildRecord
from flowdeco.history.store import HistoryStore
from tests.engine import samples

task, scope, machine = samples.task, samples.scope, samples.machine

REPEATED = {"TaskScheduled": 1, "TaskStarted": 1}
"""What is seen twice when a Task was under way."""


def types(record):
    return [event.type for event in record.events]


def undisturbed(workers=0):
    """The record, and what was known each time the engine was about to wait or to call."""
    flaky, clock, children, known = samples.Flaky(), SkippingClock(), [], []

    def idle():
        known.append((execution.record, list(children), clock.now(), dict(flaky.calls)))

    execution = Execution(
        machine(samples.EVERYTHING),
        1,
        handlers=samples.handlers(flaky),
        clock=clock,
        workers=workers,
        on_child=children.append,
        on_idle=idle,
    )
    return execution.run(), known


@pytest.mark.parametrize("workers", [0, 3])
def test_an_execution_goes_on_from_wherever_it_was(workers):
    want, known = undisturbed(workers)
    assert want.status == "SUCCEEDED"
    assert len(known) > 20
    for before, children, now, calls in known:
        execution = Execution(
            machine(samples.EVERYTHING),
            handlers=samples.handlers(samples.Flaky(calls)),
            clock=SkippingClock(now),
            record=before,
            children=children,
            workers=workers,
        )
        record = execution.run()
        assert (record.status, record.output) == ("SUCCEEDED", want.output)
        assert [event.id for event in record.events] == list(range(1, len(record.events) + 1))
        assert record.stopped == pytest.approx(want.stopped, abs=0.1), "waits go on from when they began"
        more = Counter(types(record))
        more.subtract(Counter(types(want)))
        assert set(more.values()) <= {0, 1, 2}
        assert {name for name, count in more.items() if count} <= set(REPEATED)


def test_what_succeeded_is_not_called_again():
    _, known = undisturbed()
    before, children, now, calls = known[-1]
    called = []

    def inc(payload):
        called.append(payload)
        return payload + 1

    execution = Execution(
        machine(samples.EVERYTHING),
        handlers={**samples.handlers(samples.Flaky(calls)), "inc": inc},
        clock=SkippingClock(now),
        record=before,
        children=children,
    )
    assert execution.run().status == "SUCCEEDED"
    assert called == []


def test_a_result_that_was_recorded_is_taken():
    seen = []
    state = task(Assign={"a": "{% $states.result.StatusCode %}"})
    execution = Execution(
        machine({"A": state}),
        7,
        handlers={"f": lambda p: p},
        on_event=lambda e: seen.append(execution.record),
    )
    execution.run()
    cut = next(record for record in seen if record.events[-1].type == "TaskSucceeded")
    record = Execution(machine({"A": state}), handlers={"f": str}, record=cut).run()
    assert record.output == 7
    assert types(record) == types(execution.record)


def test_a_task_waits_for_the_token_it_has_given():
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {"MessageBody": "{% $states.context.Task.Token %}"},
        "TimeoutSeconds": 60,
    }
    given = []
    clock = SkippingClock()
    execution = Execution(
        machine({"W": {"Type": "Wait", "Seconds": 3}, "A": state}),
        handlers={"*": lambda p: given.append(p["MessageBody"])},
        clock=clock,
        on_idle=lambda: given and execution.stop(),
    )
    execution.run()
    cut = execution.record.events[:-1]
    assert cut[-1].type == "TaskSubmitted"
    before = replace(execution.record, status="RUNNING", events=cut, stopped=None)
    later = clock.now() + 20

    def go_on(idle, now=later):
        again = Execution(
            machine({"W": {"Type": "Wait", "Seconds": 3}, "A": state}),
            handlers={"*": str},
            clock=SkippingClock(now),
            record=before,
            on_idle=lambda: idle(again),
        )
        return again.run()

    record = go_on(
        lambda again: again.send_task_success(given[0], "ok") if again.status == "RUNNING" else None
    )
    assert record.output == "ok"
    record = go_on(lambda again: None)
    assert (record.error, record.stopped) == ("States.Timeout", clock.now() + 60)


def test_the_time_of_the_whole_goes_on():
    clock = SkippingClock()
    states = {"V": {"Type": "Wait", "Seconds": 50}, "W": {"Type": "Wait", "Seconds": 50}}
    seen = []
    execution = Execution(
        machine(states, TimeoutSeconds=60),
        handlers={},
        clock=clock,
        on_idle=lambda: seen.append(execution.record),
    )
    started = clock.now()
    execution.run()
    late = SkippingClock(started + 100)
    record = Execution(machine(states, TimeoutSeconds=60), handlers={}, clock=late, record=seen[0]).run()
    assert record.status == "TIMED_OUT"
    record = Execution(machine(states), handlers={}, clock=late, record=seen[0]).run()
    assert (record.status, record.stopped) == ("SUCCEEDED", late.now())


def test_an_execution_that_had_ended_but_for_the_last_event():
    execution = Execution(machine({"A": {"Type": "Pass", "Output": 5}}), handlers={})
    whole = execution.run()
    before = replace(whole, status="RUNNING", events=whole.events[:-1], stopped=None)
    record = Execution(machine({"A": {"Type": "Pass", "Output": 5}}), handlers={}, record=before).run()
    assert (types(record), record.output) == (types(whole), 5)
    nothing = replace(before, events=())
    record = Execution(machine({"A": {"Type": "Pass", "Output": 5}}), handlers={}, record=nothing).run()
    assert types(record) == types(whole)


def test_failures_that_nothing_had_come_of_yet():
    """A cut between a failure and what follows from it, as a store that writes every event may make."""
    states = {
        "P": {
            "Type": "Parallel",
            "Branches": [
                scope({"A": task("bad")}),
                scope({"B": {"Type": "Wait", "Seconds": 5}}),
            ],
            "Retry": [{"ErrorEquals": ["Bad"], "MaxAttempts": 1}],
            "Output": "{% $nothing %}",
        }
    }
    fails = [True, False]

    def bad(payload):
        if fails and fails.pop(0):
            raise TaskFailure("Bad")

    seen = []
    execution = Execution(
        machine(states),
        handlers={"bad": bad},
        clock=SkippingClock(),
        on_event=lambda e: seen.append(execution.record),
    )
    want = execution.run()
    assert want.error == "States.QueryEvaluationError"
    for cut in seen[:-1]:
        if cut.events and not cut.events[-1].type.endswith(("StateExited", "ExecutionStarted")):
            last = cut.events[-1].timestamp
            record = Execution(
                machine(states), handlers={"bad": bad}, clock=SkippingClock(last), record=cut
            ).run()
            assert record.error == want.error, types(cut)


# --- in a store ---------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path):
    found = HistoryStore(tmp_path / "executions.db")
    yield found
    found.close()


def test_a_stored_execution(store):
    told = []
    record = run_stored(
        store,
        machine(samples.EVERYTHING),
        1,
        handlers=samples.handlers(),
        name="all",
        clock=SkippingClock(),
        on_event=lambda event: told.append(event.type),
        on_child=lambda child: told.append(child.item),
        on_idle=lambda: told.append("idle"),
    )
    assert store.load("all-1").events == record.events
    assert [child.output for child in store.children("all-1")] == [3, 4, 5]
    assert {"TaskSucceeded", "idle", 2} <= set(told)
    assert resume(store, "all-1", handlers={}).output == record.output
    assert redrive(store, "all-1", handlers={}).output == record.output
    with pytest.raises(StoreError):
        resume(store, "none", handlers={})


def test_a_stored_execution_is_redriven(store):
    bad = [True]

    def handler(payload):
        if bad:
            raise TaskFailure("Bad")
        return payload

    states = {
        "D": {"Type": "Map", "Items": [1, 2], "ItemProcessor": scope({"K": task()}, **samples.DISTRIBUTED)}
    }
    failed = run_stored(store, machine(states), handlers={"f": handler})
    assert failed.status == "FAILED"
    assert store.children("machine-1") == [
        ChildRecord(failed.map_runs[0].arn, 0, "FAILED", None, "K", 1, {}),
    ]
    bad.clear()
    record = redrive(store, "1", handlers={"f": handler})
    kept = store.load("machine-1")
    assert (kept.status, kept.output, kept.redrives) == ("SUCCEEDED", [1, 2], 1)
    assert kept.redriven == record.redriven
    assert kept.events == record.events
    assert kept.map_runs == record.map_runs


def test_an_execution_that_runs_is_left_alone(store):
    store.begin("m", "", {}, 1.0, {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    with pytest.raises(OptionError, match="another process"):
        resume(store, "m-1", handlers={})


def test_a_stored_execution_whose_callback_fails(store):
    def tell(event):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run_stored(store, machine({"A": {"Type": "Pass"}}), handlers={}, on_event=tell)
    assert store.load("machine-1").status == "ABORTED"


KILLED = """
import importlib.util, os, signal, sys
sys.path.insert(0, {root!r})
spec = importlib.util.spec_from_file_location("engine_samples", {samples!r})
samples = importlib.util.module_from_spec(spec)
spec.loader.exec_module(samples)
from flowdeco.engine import SkippingClock, run_stored
from flowdeco.history.store import HistoryStore

for at in map(int, sys.argv[2:]):
    pid = os.fork()
    if not pid:
        count = 0
        def happened(*_):
            global count
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
        store = HistoryStore(sys.argv[1])
        flaky = samples.Flaky()
        handlers = samples.handlers(flaky)
        told = lambda f: lambda p: (happened(), f(p))[1]
        run_stored(store, samples.machine(samples.EVERYTHING), 1, handlers={{k: told(f) for k, f in handlers.items()}},
                   name="all", clock=SkippingClock(), on_event=happened, on_idle=happened)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
def test_killed_processes_lose_nothing(tmp_path, store):
    root = str(Path(__file__).parents[2])
    code = KILLED.format(root=root, samples=str(Path(__file__).with_name("samples.py")))
    points = [1, 2, 5, 9, *range(14, 180, 11)]
    subprocess.run([sys.executable, "-c", code, str(store.path), *map(str, points)], check=True)
    want, _ = undisturbed()
    summaries = store.list(None)
    assert len(summaries) == len(points)
    assert {one.status for one in summaries} == {"ABORTED"}
    for summary in summaries:
        kept = store.load(summary.name)
        calls = Counter(
            repr(event.details["parameters"]["Payload"])
            for event in kept.events
            if event.type == "TaskScheduled" and event.details["parameters"]["FunctionName"] == "flaky"
        )
        failed = sum(event.type == "TaskFailed" for event in kept.events)
        flaky = samples.Flaky({key: min(count, 2) for key, count in calls.items()} if failed else {})
        record = resume(
            store, summary.name, handlers=samples.handlers(flaky), clock=SkippingClock(summary.started)
        )
        assert (record.status, record.output) == ("SUCCEEDED", want.output), summary
        again = store.load(summary.name)
        assert (again.status, again.events) == ("SUCCEEDED", record.events)
        assert again.events[: len(kept.events)] == kept.events


def _every_moment(states, input, flaky, prepare=lambda execution: execution, **more):
    """The record, and what was known after each event."""
    children, clock, known = [], SkippingClock(), []

    def told(event):
        known.append((execution.record, list(children), clock.now(), dict(flaky.calls)))

    execution = Execution(
        machine(states),
        input,
        handlers=samples.handlers(flaky),
        clock=clock,
        on_child=children.append,
        on_event=told,
        **more,
    )
    prepare(execution)
    return execution, known


@pytest.mark.parametrize("workers", [0, 2])
def test_an_execution_goes_on_after_any_event(workers):
    execution, known = _every_moment(samples.EVERYTHING, 1, samples.Flaky(), workers=workers)
    want = execution.run()
    for before, children, now, calls in known[:-1]:
        record = Execution(
            machine(samples.EVERYTHING),
            handlers=samples.handlers(samples.Flaky(calls)),
            clock=SkippingClock(now),
            record=before,
            children=children,
            workers=workers,
        ).run()
        assert (record.status, record.output) == ("SUCCEEDED", want.output), types(before)[-3:]


def test_a_redriven_execution_goes_on_after_any_event():
    """It fails twice, for want of retries, and is redriven each time."""
    states = {**samples.EVERYTHING}
    states["P"] = {**states["P"], "Branches": [states["P"]["Branches"][0], scope({"C2": task("flaky")})]}
    execution, known = _every_moment(states, 1, samples.Flaky())
    assert execution.run().status == "FAILED"
    execution.redrive().run()
    final = execution.redrive().run()
    assert (final.status, final.redrives) == ("SUCCEEDED", 2)
    for before, children, now, calls in known[:-1]:
        again = Execution(
            machine(states),
            handlers=samples.handlers(samples.Flaky(calls)),
            clock=SkippingClock(now),
            record=before,
            children=children,
        )
        record = again.run() if before.status == "RUNNING" else before
        while record.status == "FAILED":
            record = again.redrive().run()
        assert (record.status, record.output) == ("SUCCEEDED", final.output), types(before)[-3:]
        assert record.redrives == 2


def test_a_choice_that_was_left_is_not_made_again_with_new_values():
    rule = {"Condition": "{% $n = 1 %}", "Next": "C", "Assign": {"n": 2}}
    states = {
        "A": {"Type": "Pass", "Assign": {"n": 1}},
        "B": {"Type": "Choice", "Choices": [rule], "Default": "D"},
        "C": {"Type": "Pass", "Output": "C", "End": True},
        "D": {"Type": "Pass", "Output": "D"},
    }
    execution, known = _every_moment(states, 1, samples.Flaky())
    assert execution.run().output == "C"
    for before, *_ in known[:-1]:
        assert Execution(machine(states), handlers={}, record=before).run().output == "C"


def test_whatever_was_caught_retried_or_answered_goes_on_after_any_event():
    each = {
        "I": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input = 1 %}", "Next": "X"}],
            "Default": "Y",
        },
        "X": {"Type": "Wait", "Seconds": 1, "Next": "F"},
        "F": {"Type": "Parallel", "Branches": [scope({"G": {"Type": "Fail", "Error": "No"}})]},
        "Y": {"Type": "Wait", "Seconds": 9, "End": True},
    }
    states = {
        "K": task("bad", Catch=[{"ErrorEquals": ["Bad"], "Next": "Q", "Assign": {"k": 1}}], Next="Z"),
        "Q": {
            "Type": "Map",
            "Items": [1, 2],
            "ItemProcessor": scope(each),
            "Retry": [{"ErrorEquals": ["Never"]}, {"ErrorEquals": ["No"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["No"], "Next": "T", "Output": "{% $k %}"}],
        },
        "T": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Arguments": {"MessageBody": "{% $states.context.Task.Token %}"},
            "Output": "{% [$states.input, $states.result] %}",
        },
        "Z": {"Type": "Pass"},
    }

    def bad(payload):
        raise TaskFailure("Bad")

    holder = []
    handlers = {"bad": bad, "*": lambda p: holder[-1].send_task_success(p["MessageBody"], "ok")}
    known = []
    clock = SkippingClock()
    execution = Execution(
        machine(states),
        handlers=handlers,
        clock=clock,
        on_event=lambda event: known.append((execution.record, clock.now())),
    )
    holder.append(execution)
    want = execution.run()
    assert want.output == [1, "ok"]
    for before, now in known[:-1]:
        waits = types(before)[-1] == "TaskSubmitted"
        again = Execution(
            machine(states),
            handlers=handlers,
            clock=SkippingClock(now),
            record=before,
            on_idle=lambda waits=waits: waits and _answer(holder[-1]),
        )
        holder.append(again)
        record = again.run()
        assert (record.status, record.output) == ("SUCCEEDED", [1, "ok"]), types(before)[-3:]


def _answer(execution):
    if execution.record.events[-1].type != "TaskSubmitted":
        return
    scheduled = [event.id for event in execution.record.events if event.type == "TaskScheduled"][-1]
    execution.send_task_success(f"{execution.record.arn}/{scheduled}", "ok")


def test_iterations_that_are_redriven_go_on_after_any_event():
    """One fails while another is inside a Parallel of which one branch has ended; then a field fails."""
    inside = {
        "Type": "Parallel",
        "Branches": [scope({"E": {"Type": "Pass"}}), scope({"V": {"Type": "Wait", "Seconds": 9}})],
        "Output": "{% $boolean($states.context.Execution.RedriveCount > 1) ? 2 : $nothing %}",
        "End": True,
    }
    each = {
        "I": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input = 1 %}", "Next": "X"}],
            "Default": "Y",
        },
        "X": {"Type": "Wait", "Seconds": 1, "Next": "T"},
        "T": task("once", Catch=[{"ErrorEquals": ["Never"], "Next": "Y"}], End=True),
        "Y": inside,
    }
    states = {"Q": {"Type": "Map", "Items": [1, 2], "ItemProcessor": scope(each)}}

    def run_to_the_end(before=None, now=None):
        known = []
        clock = SkippingClock(*([] if now is None else [now]))

        def once(payload):
            if not execution.record.redrives:
                raise TaskFailure("Once")
            return payload

        execution = Execution(
            machine(states),
            handlers={"once": once},
            clock=clock,
            record=before,
            on_event=lambda event: known.append((execution.record, clock.now())),
        )
        if before is None or before.status == "RUNNING":
            execution.run()
        while execution.status == "FAILED":
            execution.redrive().run()
        return execution.record, known

    want, known = run_to_the_end()
    assert (want.output, want.redrives) == ([1, 2], 2)
    assert {"MapIterationAborted", "ParallelStateAborted", "EvaluationFailed"} <= set(types(want))
    for before, now in known[:-1]:
        record, _ = run_to_the_end(before, now)
        assert (record.status, record.output) == ("SUCCEEDED", want.output), types(before)[-3:]


def test_a_field_of_the_first_state_of_a_branch_fails():
    """The service hangs that event on the beginning of the Parallel."""
    first = task(payload="{% $nothing %}")
    states = {
        "P": {
            "Type": "Parallel",
            "Branches": [scope({"A": first})],
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z", "Output": "caught"}],
        },
        "Z": {"Type": "Pass"},
    }
    execution, known = _every_moment(states, 1, samples.Flaky())
    want = execution.run()
    assert want.output == "caught"
    for before, _, now, _ in known[:-1]:
        again = Execution(
            machine(states), handlers=samples.handlers(), clock=SkippingClock(now), record=before
        )
        assert again.run().output == "caught", types(before)[-3:]
