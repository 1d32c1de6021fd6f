"""The public interface: records, checks before the start, stopping, pools, determinism."""

from __future__ import annotations

import threading
from queue import SimpleQueue

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.asl.model import Pass, StateMachine
from flowdeco.engine import Execution, Identity, RealClock, SkippingClock, TaskFailure, run
from flowdeco.engine.pool import Pool, Ticket
from flowdeco.errors import DefinitionError, InputError, OptionError


class EagerClock(SkippingClock):
    """Skips also while a handler is at work, unless a result is there already."""

    def wait(self, results, until, busy):
        if until is None:
            return results.get()
        return super().wait(results, until, False)


def types(record):
    return [event.type for event in record.events]


def test_a_record(machine):
    record = run(
        machine({"A": {"Type": "Pass"}}),
        handlers={},
        name="one",
        state_machine="album",
        clock=SkippingClock(start=5),
    )
    assert (record.arn, record.name, record.state_machine) == (
        "arn:aws:states:us-east-1:123456789012:execution:album:one",
        "one",
        "album",
    )
    assert (record.status, record.input, record.output) == ("SUCCEEDED", {}, {})
    assert (record.error, record.cause, record.started, record.stopped) == (None, None, 5, 5)
    assert record.map_runs == ()


def test_the_input_may_be_anything(machine):
    assert run(machine({"A": {"Type": "Pass"}}), None, handlers={}).output is None
    assert run(machine({"A": {"Type": "Pass"}}), 0, handlers={}).output == 0


def test_an_execution_can_be_looked_at_before_and_while_it_runs(machine, task):
    seen = []
    execution = Execution(
        machine({"A": task()}),
        handlers={"f": lambda p: seen.append(execution.record)},
        clock=SkippingClock(),
        identity=Identity(account="1"),
    )
    assert (execution.record.status, execution.record.events) == ("RUNNING", ())
    assert execution.run().status == "SUCCEEDED"
    assert (seen[0].status, types(seen[0])[-1], seen[0].stopped) == ("RUNNING", "TaskStarted", None)
    with pytest.raises(OptionError, match="runs once"):
        execution.run()


def test_events_are_told_as_they_happen(machine, play):
    told = []
    record = play({"A": {"Type": "Pass"}}, on_event=told.append)
    assert tuple(told) == record.events


def test_idle_is_told_before_waiting(machine):
    seen = []
    run(
        machine({"A": {"Type": "Wait", "Seconds": 1, "Next": "B"}, "B": {"Type": "Wait", "Seconds": 1}}),
        handlers={},
        clock=SkippingClock(),
        on_idle=lambda: seen.append(1),
    )
    assert seen == [1, 1]


def test_all_missing_handlers_are_reported(machine, task, scope):
    states = {
        "A": task("trian", Next="B"),
        "B": {
            "Type": "Parallel",
            "Branches": [scope({"C": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage"}})],
            "Next": "D",
        },
        "D": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:lod", "Next": "E"},
        "E": task("{% 'dynamic' %}", Next="F"),
        "F": task("train:3"),
    }
    with pytest.raises(DefinitionError) as caught:
        run(machine(states), handlers={"train": len, "load": len})
    assert [(f.where, f.message, f.hint) for f in caught.value.findings] == [
        ("States.A.Resource", "there is no handler for 'trian'", "did you mean 'train'?"),
        (
            "States.B.Branches[0].States.C.Resource",
            "there is no handler for 'arn:aws:states:::sqs:sendMessage'",
            None,
        ),
        (
            "States.D.Resource",
            "there is no handler for 'arn:aws:lambda:us-east-1:1:function:lod'",
            "did you mean 'load'?",
        ),
    ]


def test_bad_inputs(machine):
    one = machine({"A": {"Type": "Pass"}})
    with pytest.raises(InputError, match="not JSON"):
        run(one, {"x": {1}}, handlers={})
    with pytest.raises(InputError, match="not JSON"):
        run(one, float("nan"), handlers={})
    with pytest.raises(InputError, match="300,002 bytes"):
        run(one, "x" * 300_000, handlers={})
    with pytest.raises(OptionError, match="workers must be 0 or more"):
        run(one, handlers={}, workers=-1)


def test_a_handler_that_exits_fails_its_task(play, task):
    def handler(payload):
        raise SystemExit(3)

    assert play({"A": task()}, f=handler).error == "SystemExit"


@pytest.mark.parametrize("workers", [0, 2])
def test_control_c_stops_the_execution(machine, task, workers):
    def handler(payload):
        raise KeyboardInterrupt

    execution = Execution(
        machine({"A": task()}), handlers={"f": handler}, clock=SkippingClock(), workers=workers
    )
    with pytest.raises(KeyboardInterrupt):
        execution.run()
    record = execution.record
    assert (record.status, record.error, record.cause) == ("ABORTED", None, None)
    assert types(record) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "ExecutionAborted",
    ]
    assert record.events[-1].previous_event_id == 0
    assert record.stopped is not None


def test_a_callback_that_fails_stops_the_execution(machine):
    def tell(event):
        raise ValueError("no space left")

    execution = Execution(machine({"A": {"Type": "Pass"}}), handlers={}, on_event=tell)
    with pytest.raises(ValueError, match="no space left"):
        execution.run()
    assert execution.record.status == "ABORTED"


def test_control_c_while_waiting_for_a_pooled_handler(machine, task, scope):
    release = threading.Event()

    class Interrupted(SkippingClock):
        def wait(self, results, until, busy):
            raise KeyboardInterrupt

    branches = [scope({"T": task()}), scope({"T": task()})]
    execution = Execution(
        machine({"P": {"Type": "Parallel", "Branches": branches}}),
        handlers={"f": lambda p: release.wait(30)},
        clock=Interrupted(),
        workers=2,
    )
    with pytest.raises(KeyboardInterrupt):
        execution.run()
    release.set()
    assert execution.record.status == "ABORTED"


def test_the_machines_own_timeout(play, task):
    record = play({"A": {"Type": "Wait", "Seconds": 60}}, fields={"TimeoutSeconds": 10})
    assert (record.status, record.error, record.cause) == ("TIMED_OUT", None, None)
    assert types(record) == ["ExecutionStarted", "WaitStateEntered", "ExecutionTimedOut"]
    assert record.events[-1].details == {"error": "States.Timeout"}
    assert record.stopped - record.started == 10
    clock = SkippingClock()
    record = play({"A": task()}, fields={"TimeoutSeconds": 10}, clock=clock, f=lambda p: clock.advance(11))
    assert record.status == "TIMED_OUT"
    assert play({"A": task()}, fields={"TimeoutSeconds": 10}, f=lambda p: 1).status == "SUCCEEDED"


def test_a_pooled_handler_that_hangs_is_left_behind(play, task):
    begun, release = threading.Event(), threading.Event()
    calls = []

    def handler(payload):
        calls.append(payload)
        begun.set()
        if len(calls) == 1:
            release.wait(30)
        return len(calls)

    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1}]
    states = {"A": task(TimeoutSeconds=5, Retry=retry, Next="B"), "B": task("g")}
    record = play(
        states,
        clock=HangingClock(begun),
        workers=1,
        f=handler,
        g=lambda p: release.set() or p,
    )
    assert record.output == 2
    assert types(record)[4:6] == ["TaskTimedOut", "TaskScheduled"]


class HangingClock(SkippingClock):
    """Lets the timers of tasks fire while the first call hangs, and otherwise waits for results."""

    def __init__(self, begun):
        super().__init__()
        self.begun = begun
        self.fired = False

    def wait(self, results, until, busy):
        if busy and not self.fired:
            self.fired = True
            assert self.begun.wait(30)
            return super().wait(results, until, False)
        return results.get() if busy else super().wait(results, until, busy)


def test_late_results_are_ignored(play, task, scope):
    """The first call comes back after its timeout, while the second one is at work."""
    begun = threading.Event()
    first = threading.Event()
    back = threading.Event()
    calls = []

    def handler(payload):
        calls.append(payload)
        begun.set()
        if len(calls) == 1:
            first.wait(30)
            return "late"
        first.set()
        back.wait(30)
        return "in time"

    class Clock(SkippingClock):
        def __init__(self):
            super().__init__()
            self.steps = 0

        def wait(self, results, until, busy):
            self.steps += 1
            begun.wait(30)
            if self.steps <= 2:
                return super().wait(results, until, False)
            ticket = results.get()
            back.set()
            return ticket

    state = task(TimeoutSeconds=5, Retry=[{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1}])
    record = play({"A": state}, clock=Clock(), workers=1, f=handler)
    assert record.output == "in time"


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_pooled_handlers_give_the_same_results(play, task, scope, workers):
    inner = scope({"T": task()})
    states = {"M": {"Type": "Map", "Items": "{% [1..100] %}", "ItemProcessor": inner}}
    inline = play(states, f=lambda p: p * 2)
    pooled = play(states, f=lambda p: p * 2, workers=workers)
    assert pooled.output == inline.output
    assert sorted(types(pooled)) == sorted(types(inline))


def test_no_more_handlers_at_work_than_workers(play, task, scope):
    lock = threading.Lock()
    at_work = [0, 0]

    def handler(payload):
        with lock:
            at_work[0] += 1
            at_work[1] = max(at_work)
        with lock:
            at_work[0] -= 1

    branches = [scope({"T": task()}) for _ in range(20)]
    assert play({"P": {"Type": "Parallel", "Branches": branches}}, f=handler, workers=3).status == "SUCCEEDED"
    assert 1 <= at_work[1] <= 3


def test_really_at_the_same_time(play, task, scope):
    both = threading.Barrier(2, timeout=30)
    branches = [scope({"T": task()}), scope({"T": task()})]
    record = play({"P": {"Type": "Parallel", "Branches": branches}}, f=lambda p: both.wait() >= 0, workers=2)
    assert record.output == [True, True]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, ValueError])
def test_nothing_escapes_from_a_pooled_handler(play, task, scope, stop):
    def handler(payload):
        raise stop("stop")

    branches = [scope({"T": task()}), scope({"T": task()})]
    record = play({"P": {"Type": "Parallel", "Branches": branches}}, f=handler, workers=2)
    assert (record.status, record.error) == ("FAILED", stop.__name__)
    assert "in handler" in record.cause


def test_in_real_time_with_threads(machine, task, scope):
    branches = [scope({"T": task()}), scope({"T": task()})]
    states = {"P": {"Type": "Parallel", "Branches": branches}}
    record = run(machine(states), 5, handlers={"f": lambda p: p}, workers=2)
    assert record.output == [5, 5]


def test_a_call_that_is_queued_and_abandoned_is_never_made():
    pool = Pool(1)
    busy, release, made = threading.Event(), threading.Event(), []
    first = Ticket(lambda: busy.set() or release.wait(30), None)
    queued = Ticket(lambda: made.append("queued"), None)
    last = Ticket(lambda: made.append("last"), None)
    pool.submit(first)
    assert busy.wait(30)
    pool.submit(queued)
    pool.submit(last)
    pool.abandon(queued)
    release.set()
    assert [pool.results.get(), pool.results.get()] == [first, last]
    assert [pool.finished(ticket) for ticket in (first, queued, last)] == [True, False, True]
    assert (made, pool.active) == (["last"], 0)
    pool.close()


def test_a_job_that_is_alone_hops_no_threads(machine, task):
    threads, idle = [], []
    handlers = {"f": lambda p: threads.append(threading.current_thread())}
    states = {"A": task(Next="B"), "B": task()}
    record = run(machine(states), handlers=handlers, workers=4, on_idle=lambda: idle.append(1))
    assert record.status == "SUCCEEDED"
    assert threads == [threading.main_thread()] * 2
    assert len(idle) == 2


def test_calls_nobody_got_to_are_forgotten_when_a_sibling_fails(play, task, scope):
    def fail(payload):
        raise TaskFailure("E")

    branches = [scope({f"T{i}": task()}) for i in range(40)]
    catch = [{"ErrorEquals": ["E"], "Next": "Z"}]
    state = {"Type": "Parallel", "Branches": branches, "Catch": catch, "Next": "Z"}
    record = play({"P": state, "Z": task("g", TimeoutSeconds=9)}, f=fail, g=lambda p: "ok", workers=1)
    assert record.output == "ok"


def test_a_job_with_a_time_limit_is_never_done_on_the_schedulers_thread(play, task):
    threads = []
    record = play(
        {"A": task(TimeoutSeconds=9)}, f=lambda p: threads.append(threading.current_thread()), workers=4
    )
    assert record.status == "SUCCEEDED"
    assert threads != [threading.main_thread()]


def test_a_failing_branch_does_not_wait_for_the_others(play, task, scope):
    release = threading.Event()

    def fail(payload):
        raise TaskFailure("E")

    branches = [
        scope({"S": task("slow")}),
        scope({"S2": task("slow")}),
        scope({"F": task("fail")}),
        scope({"Q": task("slow")}),
    ]
    state = {
        "Type": "Parallel",
        "Branches": branches,
        "Catch": [{"ErrorEquals": ["E"], "Next": "T"}],
        "Next": "T",
    }
    record = play(
        {"P": state, "T": task("done")},
        workers=3,
        slow=lambda p: release.wait(30),
        fail=fail,
        done=lambda p: release.set() or "ok",
    )
    assert record.output == "ok"
    assert types(record).count("TaskStateAborted") == 3


def test_waiting_for_timers_and_results_at_once(play, task, scope):
    branches = [scope({"T": task(TimeoutSeconds=1000)}), scope({"W": {"Type": "Wait", "Seconds": 60}})]
    record = play({"P": {"Type": "Parallel", "Branches": branches}}, f=lambda p: 1, workers=1)
    assert record.status == "SUCCEEDED"


def test_stale_timers_do_not_pile_up(play, task, scope):
    items = {
        "Items": "{% [1..2000] %}",
        "ItemProcessor": scope({"T": task(TimeoutSeconds=99999)}),
        "Output": 1,
    }
    branches = [scope({"W": {"Type": "Wait", "Seconds": 9999}}), scope({"M": {"Type": "Map", **items}})]
    record = play({"P": {"Type": "Parallel", "Branches": branches}}, f=lambda p: 1, workers=2)
    assert record.status == "SUCCEEDED"


def test_what_waits_for_a_thread_is_forgotten_when_a_sibling_fails(play, task, scope):
    calls = []

    def fail(payload):
        calls.append(payload)
        raise TaskFailure("E")

    branches = [scope({f"T{i}": task()}) for i in range(3)]
    catch = [{"ErrorEquals": ["E"], "Next": "Z"}]
    state = {"Type": "Parallel", "Branches": branches, "Catch": catch, "Next": "Z"}
    record = play({"P": state, "Z": task("g")}, f=fail, g=lambda p: "ok", workers=1)
    assert record.output == "ok"
    assert 1 <= len(calls) <= 3


def test_a_call_that_is_still_queued_when_a_sibling_fails_is_never_made(play, task, scope):
    release = threading.Event()
    made = []

    def last(payload):
        made.append(payload)

    def fail(payload):
        raise TaskFailure("E")

    branches = [scope({"F": task("fail")}), scope({"S": task("slow")}), scope({"Q": task("last")})]
    catch = [{"ErrorEquals": ["E"], "Next": "Z"}]
    state = {"Type": "Parallel", "Branches": branches, "Catch": catch, "Next": "Z"}
    record = play(
        {"P": state, "Z": task("done")},
        fail=fail,
        slow=lambda p: release.wait(30),
        last=last,
        done=lambda p: release.set() or "ok",
        workers=1,
    )
    assert (record.output, made) == ("ok", [])


def test_the_history_may_end_where_a_pooled_task_starts(play, task, scope):
    """Seven events up to the loop and seven each time round: TaskStarted would be event 25,000."""
    states = {f"P{i}": {"Type": "Pass", "Next": f"P{i + 1}"} for i in range(3)}
    states |= {
        "P3": task(Next="C"),
        "C": {"Type": "Choice", "Choices": [{"Condition": False, "Next": "P3"}], "Default": "P3"},
    }
    record = play(states, f=lambda p: 1, workers=1)
    assert (record.error, len(record.events)) == ("States.Runtime", 25000)
    assert record.events[-2].type == "TaskScheduled"


def test_real_time(machine, task):
    before = RealClock().now()
    record = run(
        machine({"A": task(Next="B"), "B": {"Type": "Wait", "Seconds": 0}}),
        handlers={"f": lambda p: 1},
        workers=1,
    )
    assert record.status == "SUCCEEDED"
    assert before <= record.started <= record.stopped <= RealClock().now()
    assert RealClock().wait(SimpleQueue(), before, False) is None


def test_a_machine_is_compiled_once_for_many_runs(machine):
    machines = [machine({"A": {"Type": "Pass", "Output": i}}) for i in range(20)]
    assert [run(m, handlers={}).output for m in machines] == list(range(20))
    assert [run(m, handlers={}).output for m in machines] == list(range(20))
    assert run(StateMachine(StartAt="A", States={"A": Pass()}), 1, handlers={}).output == 1


STATES = st.recursive(
    st.sampled_from(
        [
            {"Type": "Pass", "Output": "{% [$states.input] %}", "End": True},
            {"Type": "Wait", "Seconds": 3, "End": True},
            {"Type": "Fail", "Error": "E"},
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": "f", "Payload": "{% $states.context.State.Name %}"},
                "Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL"}],
                "End": True,
            },
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(
            lambda states: {
                "Type": "Parallel",
                "Branches": [{"StartAt": "S", "States": {"S": state}} for state in states],
                "Catch": [{"ErrorEquals": ["E"], "Next": "End"}],
                "End": True,
            }
        ),
        st.tuples(inner, st.sampled_from(["INLINE", "DISTRIBUTED"])).map(
            lambda pair: {
                "Type": "Map",
                "Items": [1, 2, 3],
                "ToleratedFailurePercentage": 100,
                "ItemProcessor": {
                    "StartAt": "S",
                    "States": {"S": pair[0]},
                    "ProcessorConfig": {"Mode": pair[1]},
                },
                "End": True,
            }
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(STATES, st.integers(0, 3))
def test_the_same_run_twice_is_the_same_history(state, seed):
    from flowdeco.asl.parse import parse

    def once():
        calls = []

        def handler(payload):
            calls.append(payload)
            if len(calls) % 3 == 1:
                raise ValueError(payload)
            return payload

        machine = parse(
            {
                "QueryLanguage": "JSONata",
                "StartAt": "S",
                "States": ends({"S": state, "End": {"Type": "Pass", "End": True}}),
            }
        )
        record = run(machine, {}, handlers={"f": handler}, clock=SkippingClock(), seed=seed)
        for i, event in enumerate(record.events):
            assert event.id == i + 1
            assert event.previous_event_id < event.id
        return record

    assert once() == once()


def ends(states):
    """Catchers of nested states go to a state of their own scope."""
    done = {}
    for name, state in states.items():
        copy = dict(state)
        for branch in ("Branches",):
            if branch in copy:
                copy[branch] = [
                    {**scope, "States": ends({**scope["States"], "End": {"Type": "Pass", "End": True}})}
                    for scope in copy[branch]
                ]
        if "ItemProcessor" in copy:
            scope = copy["ItemProcessor"]
            copy["ItemProcessor"] = {
                **scope,
                "States": ends({**scope["States"], "End": {"Type": "Pass", "End": True}}),
            }
        done[name] = copy
    return done
