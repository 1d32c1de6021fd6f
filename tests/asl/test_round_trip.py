"""parse and emit are each other's inverse: on generated machines and on every recorded definition."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowdeco.asl import emit, emit_text, parse
from flowdeco.asl.model import StateMachine
from flowdeco.errors import DefinitionError
from tests.asl.machines import JSON, machines

ROOT = Path(os.environ.get("FLOWDECO_CONFORMANCE") or Path(__file__).parents[3] / "shared" / "conformance")
SLOW = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@SLOW
@given(machines())
def test_parse_undoes_emit(machine: StateMachine) -> None:
    document = emit(machine)
    again = parse(document)
    assert again == machine
    assert emit_text(again) == emit_text(machine)
    assert parse(json.loads(emit_text(machine))) == machine


def _shuffled(value: Any, order: random.Random, inside: str = "") -> Any:
    """The same definition with the fields of states, scopes, retriers and so on in another order."""
    if isinstance(value, list):
        return [_shuffled(item, order, inside) for item in value]
    if not isinstance(value, dict):
        return value
    if inside == "States":
        return {name: _shuffled(body, order) for name, body in value.items()}
    nested = ("States", "Branches", "ItemProcessor", "Retry", "Catch")
    parts = [(k, _shuffled(v, order, k) if k in nested else v) for k, v in value.items()]
    order.shuffle(parts)
    return dict(parts)


@SLOW
@given(machines(), st.randoms(use_true_random=False))
def test_the_order_of_fields_does_not_matter(machine: StateMachine, order: random.Random) -> None:
    assert emit_text(parse(_shuffled(emit(machine), order))) == emit_text(machine)


def _recorded() -> Iterator[Any]:
    for file in sorted((ROOT / "executions").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            definition = case["definition"]
            yield case["id"], json.loads(definition) if isinstance(definition, str) else definition


def test_recorded_definitions() -> None:
    if not (ROOT / "executions").is_dir():
        pytest.skip(f"NO RECORDINGS in {ROOT}: set FLOWDECO_CONFORMANCE to the folder that has executions/")
    count = 0
    for name, definition in _recorded():
        machine = parse(definition)
        again = parse(emit(machine))
        assert again == machine, name
        assert emit_text(again) == emit_text(machine), name
        count += 1
    assert count > 0


def _only_definition_errors(document: Any) -> None:
    try:
        machine = parse(document)
    except DefinitionError as error:
        found = error
    else:
        assert parse(emit(machine)) == machine
        return
    assert found.findings
    assert str(found)


WORDS = st.sampled_from(
    [
        *("StartAt", "States", "Type", "Next", "End", "Choices", "Default", "Catch", "Retry", "ErrorEquals"),
        *(
            "Branches",
            "ItemProcessor",
            "Iterator",
            "ProcessorConfig",
            "Mode",
            "Condition",
            "And",
            "Or",
            "Not",
        ),
        *("Variable", "StringEquals", "Comment", "QueryLanguage", "Output", "Assign", "A", "B"),
        *("Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"),
    ]
)
GARBAGE: st.SearchStrategy[Any] = st.recursive(
    JSON | WORDS | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=25,
)


@SLOW
@given(GARBAGE)
def test_garbage(document: Any) -> None:
    _only_definition_errors(document)


@SLOW
@given(
    st.sampled_from(["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"]),
    st.dictionaries(WORDS, GARBAGE, max_size=6),
)
def test_garbage_in_a_state(kind: str, fields: dict[str, Any]) -> None:
    _only_definition_errors({"StartAt": "A", "States": {"A": {**fields, "Type": kind}}})


@SLOW
@given(machines(), GARBAGE, st.data())
def test_one_broken_part(machine: StateMachine, garbage: Any, data: st.DataObject) -> None:
    document: Any = json.loads(json.dumps(emit(machine)))
    node = document
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            node[key] = garbage
            break
        node = node[key]
    _only_definition_errors(document)


def test_a_definition_that_is_nested_too_deeply() -> None:
    document: Any = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    for _ in range(2000):
        document = {
            "StartAt": "A",
            "States": {"A": {"Type": "Parallel", "End": True, "Branches": [document]}},
        }
    with pytest.raises(DefinitionError, match="nested too deeply"):
        parse(document)
