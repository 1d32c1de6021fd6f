"""Payload templates, and the places results are put."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.query import (
    Ambient,
    IntrinsicCall,
    JsonPath,
    PathError,
    Payload,
    ReferencePath,
    compile_source,
    parse_timestamp,
)

DATA = {"a": {"b": [1, 2]}, "n": None}
VARIABLES = {"states": {"context": {"State": {"Name": "S"}}}, "v": 7}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ({"x.$": "$.a.b[1]", "y": "$.a", "z": [1, {"k": None}]}, {"x": 2, "y": "$.a", "z": [1, {"k": None}]}),
        ({"o": {"x.$": "$"}, "l": [{"x.$": "$v"}, "$v", []]}, {"o": {"x": DATA}, "l": [{"x": 7}, "$v", []]}),
        ([{"x.$": "$$.State.Name"}, 1], [{"x": "S"}, 1]),
        ({"x.$": "States.MathAdd($v, 1)"}, {"x": 8}),
        ({"x.$": "$.n"}, {"x": None}),
        ({".$": "$.a.b[0]"}, {"": 1}),
    ],
)
def test_what_a_template_stands_for(template: Any, value: Any) -> None:
    before = copy.deepcopy((template, DATA))
    assert Payload(template).evaluate(DATA, VARIABLES) == value
    assert (template, DATA) == before


@pytest.mark.parametrize("template", [{}, [], {"a": [1, {"b": "$.x"}]}, "$.x", None, 1.5])
def test_a_template_without_paths_is_itself(template: Any) -> None:
    payload = Payload(template)
    assert payload.is_static
    assert payload.evaluate({}, {}) is template


def test_what_is_known_of_a_template() -> None:
    assert Payload({"a": [{"b.$": "$$"}]}).context
    assert not Payload({"a.$": "$.x"}).context
    assert Payload({"a.$": "States.UUID()"}).random
    assert not Payload({"a.$": "States.Array()"}).random
    assert isinstance(compile_source("$.a"), JsonPath)
    assert isinstance(compile_source("States.UUID()"), IntrinsicCall)
    chance = Ambient(random.Random(0))
    assert len(Payload({"a.$": "States.UUID()"}).evaluate({}, {}, chance)["a"]) == 36


@pytest.mark.parametrize(
    ("template", "data", "problem"),
    [
        (
            {"o": {"x.$": "$.no"}},
            {"k": "é"},
            "The JSONPath '$.no' specified for the field 'x.$' could not be found in the input '{\"k\":\"é\"}'",
        ),
        ({"x.$": "$.no"}, None, "Unable to apply Path transformation to null or empty input."),
        ({"x.$": "$$.no"}, None, "The JSONPath '$$.no' specified for the field 'x.$' could not be found in the input '{\"State\":{\"Name\":\"S\"}}'"),
        ({"x.$": "$no"}, 1, "The JSONPath '$no' specified for the field 'x.$' could not be found in the input ''"),
    ],
)  # fmt: skip
def test_a_path_that_finds_nothing(template: Any, data: Any, problem: str) -> None:
    with pytest.raises(PathError) as caught:
        Payload(template).evaluate(data, VARIABLES)
    assert str(caught.value) == problem


@pytest.mark.parametrize("value", [1, None, "x", "$.", ["$.a"]])
def test_what_cannot_be_the_value_of_a_path_field(value: Any) -> None:
    with pytest.raises(PathError):
        Payload({"x.$": value})


@pytest.mark.parametrize(
    ("path", "data", "value"),
    [
        ("$", {"a": 1}, 9),
        ("$.b", {"a": 1}, {"a": 1, "b": 9}),
        ("$.a", {"a": 1}, {"a": 9}),
        ("$['b c'].d", {}, {"b c": {"d": 9}}),
        ("$.a[1].b", {"a": [1, {"c": 2}]}, {"a": [1, {"c": 2, "b": 9}]}),
        ("$[0]", [1, 2], [9, 2]),
        ("$[-1]", [1, 2], [1, 9]),
    ],
)
def test_where_a_value_is_put(path: str, data: Any, value: Any) -> None:
    before = copy.deepcopy(data)
    assert ReferencePath(path).put(data, 9) == value
    assert data == before


@pytest.mark.parametrize(
    ("path", "data", "problem"),
    [
        ("$.x", "text", 'Unable to apply ReferencePath $.x to input "text"'),
        ("$.x", None, "Unable to apply ReferencePath $.x to input null"),
        ("$.x", [1], 'Unable to apply step "x" to input [1]'),
        ("$.a.b", {"a": 1}, 'Unable to apply step "b" to input {"a":1}'),
        ("$.a[0]", {"a": {}}, 'Unable to apply step "0" to input {"a":{}}'),
        ("$[2]", [1], 'Unable to apply step "2" to input [1]'),
    ],
)
def test_where_no_value_can_be_put(path: str, data: Any, problem: str) -> None:
    with pytest.raises(PathError) as caught:
        ReferencePath(path).put(data, 9)
    assert str(caught.value) == problem


@pytest.mark.parametrize("path", ["$$.a", "$v", "$.*", "$.a[1:2]", "$.a.length()", "$..a", "$['a','b']", "x"])
def test_what_is_no_reference_path(path: str) -> None:
    with pytest.raises(PathError):
        ReferencePath(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(JSON)
def test_a_template_that_is_a_path_gives_the_data(data: Any) -> None:
    assert Payload({"x.$": "$"}).evaluate(data, {}) == {"x": data}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01Z", 1.0),
        ("1970-01-01t00:00:01.25z", 1.25),
        ("1970-01-01T01:00+01:00", 0.0),
        ("1970-01-01T00:00:00.123456789Z", 0.123456789),
        ("1970-01-01T00:00:00", None),
        ("1970-01-01", None),
        ("1970-01-01 00:00:00Z", None),
        ("19700101T000000Z", None),
        ("1970-13-01T00:00:00Z", None),
        ("1970-01-01T25:00:00Z", None),
        ("01-01-1970T00:00:00Z", None),
        ("", None),
    ],
)
def test_timestamps(text: str, seconds: float | None) -> None:
    assert parse_timestamp(text) == seconds
