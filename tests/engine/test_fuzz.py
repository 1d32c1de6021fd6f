"""Whatever the definition and the input: the engine refuses it, or runs it to an end in the words of the service."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowdeco.asl.parse import parse
from flowdeco.engine import Execution, MemoryObjects, SkippingClock, TaskFailure
from flowdeco.engine.position import position
from flowdeco.errors import DefinitionError, InputError
from flowdeco.history import Event

INVOKE = "arn:aws:states:::lambda:invoke"
ENDS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}

JSONATA = st.sampled_from(
    [
        "{% $states.input %}",
        "{% $states.input.a %}",
        "{% $states.result %}",
        "{% $states.errorOutput %}",
        "{% $states.context.Execution.Name %}",
        "{% $states.context %}",
        "{% $v %}",
        "{% $v + 1 %}",
        "{% $string($states.input) %}",
        "{% [1..3] %}",
        "{% [] %}",
        "{% {} %}",
        "{% 'a' & 1 %}",
        "{% 'a' + 1 %}",
        "{% true %}",
        "{% 3 %}",
        "{% -1 %}",
        "{% 1.5 %}",
        "{% null %}",
        "{% $states.input[0] %}",
        "{% $uuid() %}",
        "{% $random() < 2 %}",
        "{% $partition([1,2,3], 2) %}",
        "{% $parse('{') %}",
        "{% function($x){$x} %}",
        "{% $eval('1') %}",
        "{% $count($states.input) > 0 %}",
        "{% ( %}",
        "{%%}",
        "plain",
    ]
)
PATHS = st.sampled_from(
    [
        "$",
        "$.a",
        "$.a[0]",
        "$..a",
        "$.a[?(@.b > 1)]",
        "$$",
        "$$.Execution.Input",
        "$v",
        "$.",
        "a",
        "$[*]",
        "$.a[-1:]",
    ]
)
INTRINSICS = st.sampled_from(
    [
        "States.Array($.a, 1)",
        "States.Format('{} {}', $.a)",
        "States.StringToJson($.a)",
        "States.MathAdd($.a, 1)",
        "States.ArrayRange(1, 9, 0)",
        "States.UUID()",
        "States.Nothing($)",
        "States.Hash($.a, 'MD5')",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.floats(allow_nan=False, allow_infinity=False, width=16)
    | st.sampled_from(["", "a", "2026-01-01T00:00:00Z", "ä\U0001f600"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c.d"]), inner, max_size=3)
    ),
    max_leaves=6,
)
ERRORS = st.lists(
    st.sampled_from(
        ["States.ALL", "States.TaskFailed", "States.Timeout", "Bad", "States.QueryEvaluationError"]
    ),
    min_size=1,
    max_size=2,
)


def templates(leaves: st.SearchStrategy[Any], key: str = "") -> st.SearchStrategy[Any]:
    names = st.sampled_from([f"a{key}", f"b{key}", "c"])
    return st.dictionaries(names, leaves | VALUES, max_size=3)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


NUMBERS = st.integers(-1, 5) | JSONATA
PATH_OR_NULL = PATHS | st.none()
PAYLOADS = templates(PATHS | INTRINSICS, ".$")
COMPARISONS = st.one_of(
    st.tuples(
        st.sampled_from(
            ["StringEquals", "NumericLessThan", "BooleanEquals", "TimestampEquals", "StringMatches"]
        ),
        VALUES,
    ),
    st.tuples(st.sampled_from(["StringEqualsPath", "NumericEqualsPath"]), PATHS),
    st.tuples(st.sampled_from(["IsNull", "IsPresent", "IsNumeric", "IsTimestamp"]), st.booleans()),
).flatmap(lambda pair: PATHS.map(lambda path: {"Variable": path, pair[0]: pair[1]}))


@st.composite
def states(draw: Any, names: list[str], index: int, depth: int, jsonata: bool) -> dict[str, Any]:
    """One state; it goes on only to those behind it, so that every machine ends."""
    later = names[index + 1 :]
    kinds = ["Pass", "Task", "Wait", "Choice", "Succeed", "Fail", *(["Map", "Parallel"] * (depth < 2))]
    kind = draw(st.sampled_from(kinds if later else [k for k in kinds if k != "Choice"]))
    state: dict[str, Any] = {"Type": kind}
    follows = st.sampled_from(later) if later else st.nothing()
    if kind in ("Pass", "Task", "Wait", "Map", "Parallel"):
        state |= {"Next": draw(follows)} if later and draw(st.booleans()) else {"End": True}
    if kind in ("Task", "Map", "Parallel"):
        retrier = st.fixed_dictionaries(
            {"ErrorEquals": ERRORS},
            optional={
                "MaxAttempts": st.integers(0, 2),
                "IntervalSeconds": st.integers(1, 9),
                "BackoffRate": st.floats(1, 3),
                "JitterStrategy": st.just("FULL"),
                "MaxDelaySeconds": st.integers(1, 9),
            },
        )
        state["Retry"] = draw(st.lists(retrier, max_size=2))
        if later:
            more = (
                {"Assign": templates(JSONATA), "Output": JSONATA} if jsonata else {"ResultPath": PATH_OR_NULL}
            )
            catcher = st.fixed_dictionaries({"ErrorEquals": ERRORS, "Next": follows}, optional=more)
            state["Catch"] = draw(st.lists(catcher, max_size=2))
    state |= draw(_fields(kind, jsonata))
    if kind == "Choice":
        conditions = JSONATA.map(lambda text: {"Condition": text}) if jsonata else COMPARISONS
        rule = st.tuples(conditions, follows).map(lambda pair: {**pair[0], "Next": pair[1]})
        state["Choices"] = draw(st.lists(rule, min_size=1, max_size=2))
        if draw(st.booleans()):
            state["Default"] = draw(follows)
    if kind == "Map":
        mode = draw(st.sampled_from(["INLINE", "INLINE", "DISTRIBUTED"]))
        config = {"Mode": mode} | ({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})
        inner = draw(scopes(f"{names[index]}m", depth + 1, jsonata))
        state["ItemProcessor"] = {"ProcessorConfig": config, **inner}
        if mode == "DISTRIBUTED":
            state |= draw(
                optional(ToleratedFailureCount=NUMBERS, ItemBatcher=st.just({"MaxItemsPerBatch": 2}))
            )
    if kind == "Parallel":
        count = draw(st.integers(1, 2))
        state["Branches"] = [draw(scopes(f"{names[index]}b{i}", depth + 1, jsonata)) for i in range(count)]
    return state


def _fields(kind: str, jsonata: bool) -> st.SearchStrategy[dict[str, Any]]:
    if jsonata:
        common = {
            "Output": JSONATA | templates(JSONATA),
            "Assign": st.dictionaries(st.sampled_from(["v", "w"]), JSONATA),
        }
    else:
        common = {"InputPath": PATH_OR_NULL, "OutputPath": PATH_OR_NULL, "Assign": templates(PATHS, ".$")}
    shaped = {"ResultPath": PATH_OR_NULL, "ResultSelector": PAYLOADS}
    match kind:
        case "Task":
            functions = st.sampled_from(["echo", "bad", "odd", "{% $states.input.a %}"])
            if jsonata:
                arguments = st.fixed_dictionaries({"FunctionName": functions}, optional={"Payload": JSONATA})
                more = {"Arguments": arguments, "TimeoutSeconds": NUMBERS}
            else:
                more = {"Parameters": PAYLOADS, **shaped, "TimeoutSecondsPath": PATHS}
            resource = st.sampled_from(
                [INVOKE, "arn:aws:lambda:us-east-1:123456789012:function:echo", "arn:aws:states:::x:y"]
            )
            return st.fixed_dictionaries({"Resource": resource}, optional={**common, **more})
        case "Pass":
            return optional(
                **common,
                **({} if jsonata else {"Parameters": PAYLOADS, "Result": VALUES, "ResultPath": PATH_OR_NULL}),
            )
        case "Wait":
            waits = [
                st.fixed_dictionaries({"Seconds": NUMBERS}),
                st.fixed_dictionaries({"Timestamp": JSONATA}),
            ]
            if not jsonata:
                waits = [
                    st.fixed_dictionaries({"Seconds": st.integers(0, 5)}),
                    st.fixed_dictionaries({"SecondsPath": PATHS}),
                    st.fixed_dictionaries({"TimestampPath": PATHS}),
                ]
            return st.tuples(optional(**common), st.one_of(waits)).map(lambda pair: pair[0] | pair[1])
        case "Choice":
            return optional(**common)
        case "Succeed":
            common.pop("Assign")
            return optional(**common)
        case "Fail":
            return optional(
                Error=JSONATA if jsonata else st.just("Bad"), Cause=JSONATA if jsonata else st.just("why")
            )
        case "Map":
            if jsonata:
                return optional(
                    **common, Items=JSONATA | VALUES, ItemSelector=templates(JSONATA), MaxConcurrency=NUMBERS
                )
            return optional(
                **common, **shaped, ItemsPath=PATHS, ItemSelector=PAYLOADS, MaxConcurrency=st.integers(0, 3)
            )
        case _:
            return optional(
                **common, **({"Arguments": JSONATA} if jsonata else {"Parameters": PAYLOADS, **shaped})
            )


@st.composite
def scopes(draw: Any, prefix: str, depth: int, jsonata: bool) -> dict[str, Any]:
    names = [f"{prefix}{i}" for i in range(draw(st.integers(1, 3 - depth)))]
    return {
        "StartAt": names[0],
        "States": {name: draw(states(names, i, depth, jsonata)) for i, name in enumerate(names)},
    }


@st.composite
def machines(draw: Any) -> dict[str, Any]:
    jsonata = draw(st.booleans())
    fields = draw(optional(TimeoutSeconds=st.integers(1, 9)))
    return {"QueryLanguage": "JSONata" if jsonata else "JSONPath", **draw(scopes("S", 0, jsonata)), **fields}


def _bad(payload: Any) -> Any:
    raise TaskFailure("Bad", "because")


HANDLERS = {
    "echo": lambda payload: payload,
    "bad": _bad,
    "odd": lambda payload: {1, 2},
    "*": lambda payload: {"a": [1]},
}


def well_formed(record: Any) -> None:
    """The history begins, ends, counts, and hangs together; and it is what the service could send."""
    events = record.events
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert all(0 <= event.previous_event_id < event.id for event in events)
    assert events[0].type == "ExecutionStarted"
    assert events[-1].type == ENDS[record.status]
    assert sum(event.type.startswith("Execution") for event in events) == 2
    assert all(one.timestamp <= two.timestamp for one, two in pairwise(events))
    entered = sum(event.type.endswith("StateEntered") for event in events)
    left = sum(event.type.endswith(("StateExited", "StateAborted")) for event in events)
    assert entered >= left
    for event in events:
        json.dumps(event.to_json())
        assert Event.from_json(event.to_json()).type == event.type
    if record.status == "SUCCEEDED":
        json.dumps(record.output)
        assert (record.error, record.cause) == (None, None)
    line = position(events)
    assert (line.stay is None) or record.status != "SUCCEEDED"


def refused_or_run(definition: Any, input: Any, workers: int = 0) -> Any:
    try:
        execution = Execution(
            parse(definition),
            input,
            handlers=HANDLERS,
            clock=SkippingClock(),
            workers=workers,
            objects=MemoryObjects({}),
        )
    except (DefinitionError, InputError):
        return None
    record = execution.run()
    assert record.status in ("SUCCEEDED", "FAILED", "TIMED_OUT")
    well_formed(record)
    return record


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(machines(), VALUES)
def test_every_machine_is_refused_or_runs_to_an_end(definition: Any, input: Any) -> None:
    first = refused_or_run(definition, input)
    second = refused_or_run(definition, input)
    assert first is None or (first.events, first.map_runs) == (second.events, second.map_runs)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(machines(), VALUES)
def test_with_threads_it_ends_in_the_same_way(definition: Any, input: Any) -> None:
    alone, together = refused_or_run(definition, input), refused_or_run(definition, input, workers=2)
    assert (alone is None) == (together is None)
    varies = any(word in json.dumps(definition) for word in ("$uuid", "$random", "Timeout", "Catch"))
    if alone is not None and alone.status == "SUCCEEDED" and not varies:
        assert together.status == "SUCCEEDED"


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(machines(), VALUES, st.data())
def test_whatever_was_cut_off_or_failed_goes_on(definition: Any, input: Any, data: Any) -> None:
    try:
        execution = Execution(
            parse(definition), input, handlers=HANDLERS, clock=SkippingClock(), objects=MemoryObjects({})
        )
    except (DefinitionError, InputError):
        return
    before = execution.run()
    if before.status != "SUCCEEDED":
        after = execution.redrive().run()
        assert after.events[: len(before.events)] == before.events
        assert after.events[-1].type == ENDS[after.status]
    cut = data.draw(st.integers(1, len(before.events) - 1))
    partial = Execution(
        parse(definition),
        handlers=HANDLERS,
        clock=SkippingClock(before.events[cut - 1].timestamp),
        objects=MemoryObjects({}),
        record=_running(before, cut),
    ).run()
    assert partial.status in ("SUCCEEDED", "FAILED", "TIMED_OUT")
    assert partial.events[:cut] == before.events[:cut]
    text = json.dumps(definition)
    if not any(word in text for word in ("$uuid", "$random", "Timeout", "UUID", "DISTRIBUTED")):
        assert (partial.status, partial.error) == (before.status, before.error)
        assert partial.output == before.output


def _running(record: Any, cut: int) -> Any:
    return replace(
        record,
        status="RUNNING",
        events=record.events[:cut],
        error=None,
        cause=None,
        stopped=None,
        map_runs=(),
    )


JUNK = st.recursive(
    VALUES | JSONATA | PATHS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Type",
                    "Next",
                    "End",
                    "States",
                    "StartAt",
                    "Retry",
                    "Catch",
                    "Branches",
                    "ItemProcessor",
                    "Choices",
                    "Resource",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(machines(), st.data())
def test_broken_definitions_are_refused_and_never_crash(definition: dict[str, Any], data: Any) -> None:
    """Some part of a definition is put out of place."""
    broken = json.loads(json.dumps(definition))
    part: Any = broken
    for _ in range(data.draw(st.integers(0, 6))):
        children = [key for key in part if isinstance(part[key], dict)] if isinstance(part, dict) else []
        if not children:
            break
        part = part[data.draw(st.sampled_from(sorted(children)))]
    key = data.draw(st.sampled_from(sorted(part) or ["x"]))
    part[key] = data.draw(JUNK)
    refused_or_run(broken, {})
