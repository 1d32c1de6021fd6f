"""The smaller parts by themselves: clocks, scheduler, retry rules, resources, limits, what is refused."""

from __future__ import annotations

from queue import SimpleQueue
from random import Random

import pytest

from flowdeco.asl.model import Retrier
from flowdeco.asl.parse import parse
from flowdeco.engine import SkippingClock, run
from flowdeco.engine.effects import Gather, Sleep
from flowdeco.engine.failure import StateError
from flowdeco.engine.limits import check_size, encode, fast_encode, size
from flowdeco.engine.resources import function_names, request_id, resource, version
from flowdeco.engine.retry import matches, retry_rule
from flowdeco.engine.scheduler import Scheduler
from flowdeco.errors import DefinitionError


def test_skipping_clock_jumps_when_nothing_is_at_work():
    clock = SkippingClock(start=10)
    assert clock.wait(SimpleQueue(), 25, False) is None
    assert clock.now() == 25
    assert clock.wait(SimpleQueue(), 20, False) is None
    assert clock.now() == 25


def test_skipping_clock_lets_time_run_while_a_handler_is_at_work():
    clock = SkippingClock(start=10)
    results = SimpleQueue()
    results.put("result")
    assert clock.wait(results, 1e9, True) == "result"
    assert 10 <= clock.now() < 1e9
    results.put("result")
    assert clock.wait(results, None, True) == "result"
    assert clock.wait(results, 5, True) is None
    assert clock.now() >= 10


async def sleeper(log, name, *times):
    for time in times:
        await Sleep(time)
        log.append((name, time))
    return name


def test_the_scheduler_drives_coroutines_in_the_order_of_time():
    log = []

    async def work():
        return await Gather(lambda i: sleeper(log, "ab"[i], *([3, 9], [5, 7])[i]), 2, 2)

    assert Scheduler(SkippingClock(start=0), None).run(work()) == ["a", "b"]
    assert log == [("a", 3), ("b", 5), ("b", 7), ("a", 9)]


def test_the_scheduler_starts_no_more_than_the_limit():
    log = []

    async def child(index):
        log.append(("start", index))
        await Sleep(10.0 + index)
        log.append(("end", index))

    async def work():
        await Gather(child, 3, 2)

    Scheduler(SkippingClock(start=0), None).run(work())
    assert log == [("start", 0), ("start", 1), ("end", 0), ("start", 2), ("end", 1), ("end", 2)]


def test_closing_a_scheduler_that_never_ran():
    Scheduler(SkippingClock(), None).close()


@pytest.mark.parametrize(
    ("errors", "error", "expected"),
    [
        (["E"], StateError("E", None), True),
        (["E"], StateError("F", None), False),
        (["States.ALL"], StateError("F", None), True),
        (["States.ALL"], StateError(None, None), True),
        (["States.TaskFailed"], StateError("F", None), True),
        (["States.TaskFailed"], StateError("States.Timeout", None), False),
        (["States.TaskFailed"], StateError(None, None), False),
        (["States.HeartbeatTimeout"], StateError("States.Timeout", None, heartbeat=True), True),
        (["States.HeartbeatTimeout"], StateError("States.Timeout", None), False),
    ],
)
def test_which_errors_match(errors, error, expected):
    assert matches(frozenset(errors), error) is expected


def test_delays_stay_within_what_floats_can_hold():
    rule = retry_rule(Retrier(("E",), IntervalSeconds=10, BackoffRate=10.0))
    assert rule.delay(2, Random(0)) == 1000
    assert rule.delay(5000, Random(0)) == 99_999_999


def test_resources():
    assert resource("arn:aws:states:::lambda:invoke").kind == "lambda"
    function = resource("arn:aws:lambda:us-east-1:1:function:f:PROD")
    assert (function.kind, function.title) == ("function", "arn:aws:lambda:us-east-1:1:function:f:PROD")
    call = resource("arn:aws:states:::aws-sdk:s3:getObject")
    assert (call.service, call.action, call.title) == ("aws-sdk:s3", "getObject", "aws-sdk:s3")
    assert resource("mine").kind == "integration"


def test_names_of_functions():
    assert function_names("f") == ("f",)
    assert function_names("123456789012:function:f") == ("123456789012:function:f", "f")
    assert version("f") == version("arn:aws:lambda:us-east-1:1:function:f:PROD") == "$LATEST"
    assert version("arn:aws:lambda:us-east-1:1:function:f:12") == "12"
    assert request_id(1) != request_id(2)


def test_sizes():
    assert [size(v) for v in ("é", [1, "a"], {"k": None})] == [4, 7, 10]
    assert max(size(v) for v in (None, True, 1, 1.5)) <= 8
    check_size("A", "x" * 262_142)
    with pytest.raises(StateError, match=r"States.DataLimitExceeded"):
        check_size("A", "x" * 262_143)


def refused(states, **fields):
    with pytest.raises(DefinitionError) as caught:
        run(parse({"StartAt": next(iter(states)), "States": states, **fields}), {}, handlers={"*": len})
    return {finding.where: finding.message for finding in caught.value.findings}


def test_fields_of_the_other_query_language_are_refused(scope):
    ends = {"End": True}
    inner = scope({"I": {"Type": "Wait", "SecondsPath": "$"}})
    catch = {"ErrorEquals": ["States.ALL"], "Next": "A"}
    states = {
        "A": {"Type": "Pass", "InputPath": None, "Result": None, "Next": "B"},
        "B": {"Type": "Task", "Resource": "r", "Parameters": {}, "TimeoutSecondsPath": "$.t", "Next": "C"},
        "C": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "E"}],
            "Default": "E",
        },
        "E": {"Type": "Map", "ItemProcessor": inner, "Next": "F"},
        "F": {"Type": "Task", "Resource": "r", "Catch": [{**catch, "ResultPath": None}], **ends},
    }
    found = refused(states, QueryLanguage="JSONata")
    assert set(found) == {
        "States.A.InputPath",
        "States.A.Result",
        "States.B.Parameters",
        "States.B.TimeoutSecondsPath",
        "States.C.Choices[0]",
        "States.C.Choices[0].comparison",
        "States.E.ItemProcessor.States.I.SecondsPath",
        "States.F.Catch[0].ResultPath",
    }
    assert found["States.A.Result"] == "Result is a field of JSONPath states, and this state is JSONata"
    inner["States"]["I"] = {"Type": "Pass", "Output": None, **ends}
    states = {
        "A": {
            "Type": "Task",
            "Resource": "r",
            "Arguments": {},
            "Catch": [{**catch, "Output": 1}],
            "Next": "C",
        },
        "C": {"Type": "Choice", "Choices": [{"Condition": True, "Output": 1, "Next": "E"}], "Default": "E"},
        "E": {"Type": "Map", "ItemProcessor": inner, "Next": "F"},
        "F": {"Type": "Map", "ItemProcessor": inner, "Items": [], **ends},
    }
    found = refused(states)
    assert set(found) == {
        "States.A.Arguments",
        "States.A.Catch[0].Output",
        "States.C.Choices[0].Condition",
        "States.C.Choices[0].Output",
        "States.F.Items",
        "States.E.ItemProcessor.States.I.Output",
    }


def test_wrong_paths_are_refused_with_their_field(scope):
    inner = scope({"I": {"Type": "Pass", "Parameters": {"x.$": 1}}})
    catch = {"ErrorEquals": ["States.ALL"], "Next": "F"}
    states = {
        "A": {"Type": "Pass", "InputPath": "x", "Next": "B"},
        "B": {"Type": "Task", "Resource": "r", "TimeoutSecondsPath": "$[", "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "x", "IsNull": True, "Next": "D"}]},
        "D": {"Type": "Wait", "Seconds": -1, "Next": "E"},
        "E": {"Type": "Map", "ItemProcessor": inner, "Catch": [{**catch, "ResultPath": "$.*"}], "Next": "G"},
        "F": {"Type": "Fail", "ErrorPath": "States.Nothing()"},
        "G": {"Type": "Wait", "Timestamp": "2026-01-01", "Next": "H"},
        "H": {"Type": "Task", "Resource": "r", "TimeoutSeconds": "{% 1 %}", "End": True},
    }
    found = refused(states)
    assert set(found) == {
        "States.A.InputPath",
        "States.B.TimeoutSecondsPath",
        "States.C.Choices[0]",
        "States.D.Seconds",
        "States.E.ItemProcessor.States.I.Parameters",
        "States.E.Catch[0]/ResultPath",
        "States.F.ErrorPath",
        "States.G.Timestamp",
        "States.H.TimeoutSeconds",
    }


def test_what_else_the_engine_cannot_do_is_refused():
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    sqs = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    states = {
        "A": {
            "Type": "Map",
            "ItemProcessor": inner,
            "ItemReader": {"Resource": "r"},
            "ResultWriter": {},
            "Next": "B",
        },
        "B": {"Type": "Task", "Resource": sqs, "Next": "D"},
        "D": {"Type": "Pass", "Output": {"x": "{% 1 + %}"}, "Next": "E"},
        "E": {"Type": "Wait", "End": True},
    }
    found = refused(states, QueryLanguage="JSONata")
    assert set(found) == {
        "States.A.ItemReader",
        "States.A.ResultWriter",
        "States.D.Output/x",
        "States.E",
    }
    assert found["States.D.Output/x"].startswith("the JSONata expression '1 +' does not parse: ")


def test_literal_fields_of_jsonpath_states():
    states = {
        "A": {"Type": "Task", "Resource": "r", "Catch": [{"ErrorEquals": ["E"], "Next": "B"}], "Next": "B"},
        "B": {"Type": "Fail", "Error": "E", "Cause": "{% not an expression %}"},
    }
    record = run(parse({"StartAt": "A", "States": states}), {}, handlers={"r": len}, clock=SkippingClock())
    assert (record.error, record.cause) == ("E", "{% not an expression %}")


def test_json_text_is_the_same_without_the_c_encoder():
    for value in ({"a": [1, 2.5, None, True, 'é\u2028"\\']}, {1: 2, None: 3}, "x", 5):
        assert fast_encode(None)(value) == encode(value)
    for value in (float("nan"), {1}, {(1,): 2}):
        with pytest.raises((ValueError, TypeError)) as slow:
            fast_encode(None)(value)
        with pytest.raises(slow.type):
            encode(value)
