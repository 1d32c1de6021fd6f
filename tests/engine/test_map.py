"""Map in the same execution."""

from __future__ import annotations

import pytest

from flowdeco.engine import TaskFailure


def types(record):
    return [event.type for event in record.events]


@pytest.fixture
def map_state(scope):
    def map_state(states, **fields):
        return {"Type": "Map", "ItemProcessor": scope(states), **fields}

    return map_state


def doubled(payload):
    return payload * 2


def test_items_in_results_in_order_out(play, map_state, task):
    record = play(
        {"M": map_state({"T": task()}, Items="{% $states.input.xs %}")}, {"xs": [1, 2, 3]}, f=doubled
    )
    assert record.output == [2, 4, 6]
    assert [e.details["length"] for e in record.events if e.type == "MapStateStarted"] == [3]
    assert [e.details for e in record.events if e.type == "MapIterationStarted"] == [
        {"name": "M", "index": i} for i in range(3)
    ]
    assert [e.previous_event_id for e in record.events if e.type == "MapIterationStarted"] == [3, 3, 3]


def test_with_a_limit_each_iteration_follows_one_that_ended(play, map_state):
    record = play({"M": map_state({"A": {"Type": "Pass"}}, MaxConcurrency=1)}, [1, 2])
    assert [(e.type, e.previous_event_id) for e in record.events[2:]] == [
        ("MapStateStarted", 2),
        ("MapIterationStarted", 3),
        ("PassStateEntered", 4),
        ("PassStateExited", 5),
        ("MapIterationSucceeded", 6),
        ("MapIterationStarted", 6),
        ("PassStateEntered", 8),
        ("PassStateExited", 9),
        ("MapIterationSucceeded", 10),
        ("MapStateSucceeded", 11),
        ("MapStateExited", 11),
        ("ExecutionSucceeded", 13),
    ]


def test_no_items(play, map_state):
    record = play({"M": map_state({"A": {"Type": "Pass"}}, Items=[])})
    assert record.output == []
    assert types(record)[2:5] == ["MapStateStarted", "MapStateSucceeded", "MapStateExited"]


def test_selector_and_context(play, map_state):
    selector = {
        "i": "{% $states.context.Map.Item.Index %}",
        "v": "{% $states.context.Map.Item.Value %}",
        "all": "{% $states.input %}",
    }
    inner = {
        "A": {
            "Type": "Pass",
            "Output": "{% [$states.input.i, $states.context.Map.Item.Value, $states.input.all] %}",
        }
    }
    record = play({"M": map_state(inner, Items=["a", "b"], ItemSelector=selector)}, 7)
    assert record.output == [[0, "a", 7], [1, "b", 7]]


def test_a_selector_without_the_context(play, map_state):
    assert play(
        {"M": map_state({"A": {"Type": "Pass"}}, ItemSelector="{% $count($states.input) %}")}, [7, 8]
    ).output == [2, 2]


def test_items_of_an_object(play, map_state):
    inner = {"A": {"Type": "Pass", "Output": "{% $states.context.Map.Item.Key & $string($states.input) %}"}}
    assert play({"M": map_state(inner, Items={"a": 1, "b": "{% 2 %}"})}).output == ["a1", "b2"]
    assert play({"M": map_state(inner)}, {"c": 3}).output == ["c3"]


def test_iterations_read_outer_variables_and_keep_their_own(play, map_state):
    inner = {
        "A": {"Type": "Pass", "Assign": {"y": "{% $x + $states.input %}"}, "Next": "B"},
        "B": {"Type": "Pass", "Output": "{% $y %}"},
    }
    states = {"S": {"Type": "Pass", "Assign": {"x": 10}, "Next": "M"}, "M": map_state(inner, Items=[1, 2])}
    assert play(states).output == [11, 12]


@pytest.mark.parametrize("value", [1, "text", True, None])
def test_items_must_be_an_array(play, map_state, value):
    record = play({"M": map_state({"A": {"Type": "Pass"}}, Items="{% $states.input.v %}")}, {"v": value})
    assert "'$states.input.v' specified for the field 'Items'" in record.cause
    assert "Expected 'array', but was" in record.cause
    assert types(record)[2:] == ["EvaluationFailed", "MapStateFailed", "ExecutionFailed"]


def test_without_items_the_input_is_mapped(play, map_state):
    record = play({"M": map_state({"A": {"Type": "Pass"}})}, "text")
    assert record.cause.endswith('Map state input must be an array but was: "text"')
    assert "location" not in record.events[2].details


def fails_at(index):
    def handler(payload):
        if payload == index:
            raise TaskFailure("E", "because")
        return payload

    return handler


def test_a_failing_iteration_fails_the_map(play, map_state, task):
    record = play({"M": map_state({"T": task()}, MaxConcurrency=1)}, [0, 1, 2], f=fails_at(1))
    assert (record.error, record.cause) == ("E", "because")
    assert [(e.type, e.previous_event_id) for e in record.events[-4:]] == [
        ("TaskFailed", 14),
        ("MapIterationFailed", 15),
        ("MapStateFailed", 15),
        ("ExecutionFailed", 17),
    ]


def test_other_iterations_are_stopped(play, map_state, task):
    inner = {
        "W": {"Type": "Wait", "Seconds": "{% 10 - $states.input %}", "Next": "T"},
        "T": task(payload="{% $states.input %}"),
    }
    record = play({"M": map_state(inner)}, [1, 5, 9], f=fails_at(9))
    assert record.stopped - record.started == 1
    assert types(record)[-8:] == [
        "TaskFailed",
        "MapIterationFailed",
        "WaitStateAborted",
        "MapIterationAborted",
        "WaitStateAborted",
        "MapIterationAborted",
        "MapStateFailed",
        "ExecutionFailed",
    ]


def test_retry_and_catch(play, map_state, task):
    state = map_state(
        {"T": task()},
        Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 1}],
        Catch=[{"ErrorEquals": ["E"], "Next": "C"}],
        MaxConcurrency=1,
        Next="C",
    )
    record = play({"M": state, "C": {"Type": "Pass"}}, [1], f=fails_at(1))
    assert record.output == {"Error": "E", "Cause": "because"}
    assert types(record).count("MapStateStarted") == 2
    again = [e for e in record.events if e.type == "MapStateStarted"][1]
    assert record.events[again.id - 2].type == "MapIterationFailed"
    assert again.previous_event_id == again.id - 2


def test_forty_at_a_time(play, map_state):
    inner = {"W": {"Type": "Wait", "Seconds": 10}}
    assert (r := play({"M": map_state(inner, Items="{% [1..80] %}")})).stopped - r.started == 20
    assert (
        r := play({"M": map_state(inner, Items="{% [1..80] %}", MaxConcurrency=0)})
    ).stopped - r.started == 20
    assert (
        r := play({"M": map_state(inner, Items="{% [1..80] %}", MaxConcurrency=99)})
    ).stopped - r.started == 20
    assert (
        r := play({"M": map_state(inner, Items="{% [1..80] %}", MaxConcurrency="{% 20 %}")})
    ).stopped - r.started == 40


def test_maps_in_maps(play, map_state):
    inner = map_state({"A": {"Type": "Pass", "Output": "{% $states.input * 10 %}"}})
    assert play({"M": map_state({"N": inner})}, [[1, 2], [], [3]]).output == [[10, 20], [], [30]]


def test_a_bad_selector_fails_the_map(play, map_state):
    record = play({"M": map_state({"A": {"Type": "Pass"}}, ItemSelector="{% $states.input.absent.x %}")}, [1])
    assert "specified for the field 'ItemSelector' returned nothing" in record.cause
    assert types(record)[-4:] == [
        "EvaluationFailed",
        "MapIterationFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]


def test_too_many_events(play, map_state):
    record = play({"M": map_state({"A": {"Type": "Pass"}}, Items="{% [1..7000] %}")})
    assert "25000" in record.cause
    assert len(record.events) == 25000


@pytest.mark.parametrize("count", [6243, 6244, 6245, 6246, 6247, 6248, 6249, 6250])
def test_too_many_events_wherever_the_last_one_falls(play, scope, task, map_state, count):
    """Every kind of event may be the one too many, also the one that says a task has started."""
    states = {f"P{i}": {"Type": "Pass", "Next": f"P{i + 1}"} for i in range(count % 7)}
    states |= {f"P{count % 7}": map_state({"T": task()}, Items="{% [1..6000] %}")}
    record = play(states, f=lambda p: p)
    assert (record.status, record.error, len(record.events)) == ("FAILED", "States.Runtime", 25000)


def test_the_tolerated_percentage_is_checked(play, map_state):
    record = play({"M": map_state({"A": {"Type": "Pass"}}, Items=[], ToleratedFailurePercentage=101)})
    assert record.cause.endswith("ToleratedFailurePercentage must be between 0 and 100.")
    assert types(record)[2:] == ["MapStateStarted", "ExecutionFailed"]
    record = play({"M": map_state({"A": {"Type": "Pass"}}, Items=[], ToleratedFailureCount="{% -1 %}")})
    assert record.error == "States.Runtime"
