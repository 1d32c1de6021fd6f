"""Rules of Choice states in JSONPath."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.query import PathError, Rule

VARIABLES = {"states": {"context": {"n": 3}}, "v": "b"}
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-01T02:00:00.5+01:00"


def holds(operator: str, value: Any, wanted: Any) -> bool:
    direct = Rule({"Variable": "$.x", operator: wanted}).holds({"x": value}, VARIABLES)
    if operator[:2] == "Is" or operator == "StringMatches":
        return direct
    by_path = Rule({"Variable": "$.x", f"{operator}Path": "$.y"}).holds({"x": value, "y": wanted}, VARIABLES)
    assert direct is by_path
    return direct


@pytest.mark.parametrize(
    ("operator", "value", "wanted", "expected"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "b", False),
        ("StringEquals", 1, "1", False),
        ("StringLessThan", "a", "b", True),
        ("StringLessThan", "b", "b", False),
        ("StringLessThanEquals", "b", "b", True),
        ("StringGreaterThan", "b", "a", True),
        ("StringGreaterThan", "\uffff", "\U0001f600", True),  # UTF-16, as Java compares
        ("StringGreaterThanEquals", "é", "z", True),
        ("NumericEquals", 1, 1.0, True),
        ("NumericEquals", True, 1, False),
        ("NumericEquals", "1", 1, False),
        ("NumericLessThan", 1, 2, True),
        ("NumericLessThanEquals", 2, 2, True),
        ("NumericGreaterThan", 2, 2, False),
        ("NumericGreaterThanEquals", 2.5, 2, True),
        ("BooleanEquals", True, True, True),
        ("BooleanEquals", False, True, False),
        ("BooleanEquals", 1, True, False),
        ("TimestampEquals", EARLY, "2026-01-01T01:00:00+01:00", True),
        ("TimestampEquals", "soon", EARLY, False),
        ("TimestampEquals", 1, EARLY, False),
        ("TimestampLessThan", EARLY, LATE, True),
        ("TimestampLessThanEquals", LATE, EARLY, False),
        ("TimestampGreaterThan", LATE, EARLY, True),
        ("TimestampGreaterThanEquals", EARLY, LATE, False),
        ("StringMatches", "log-1.txt", "log-*.txt", True),
        ("StringMatches", "a\nb", "a*b", True),
        ("StringMatches", "log-1_txt", "log-*.txt", False),
        ("StringMatches", "*", r"\*", True),
        ("StringMatches", "x", r"\*", False),
        ("StringMatches", "\\x", r"\\*", True),
        ("StringMatches", 1, "*", False),
        ("IsNull", None, True, True),
        ("IsNull", 0, False, True),
        ("IsNumeric", 1.5, True, True),
        ("IsNumeric", True, True, False),
        ("IsString", "a", True, True),
        ("IsBoolean", False, True, True),
        ("IsTimestamp", EARLY, True, True),
        ("IsTimestamp", "2026-01-01", False, True),
        ("IsTimestamp", 1, True, False),
        ("IsPresent", None, True, True),
    ],
)
def test_operators(operator: str, value: Any, wanted: Any, expected: bool) -> None:
    assert holds(operator, value, wanted) is expected


def test_combinations_stop_when_they_know() -> None:
    present = {"Variable": "$.x", "IsPresent": True}
    large = {"Variable": "$.x", "NumericGreaterThan": 5, "Comment": "large"}
    both, either = Rule({"And": [present, large]}), Rule({"Or": [{"Not": present}, large]})
    assert not both.holds({}, {})
    assert both.holds({"x": 6}, {})
    assert either.holds({}, {})
    assert not either.holds({"x": 5}, {})


def test_paths_into_the_context_and_variables() -> None:
    rule = Rule({"Variable": "$$.n", "NumericEquals": 3})
    assert rule.context
    assert rule.holds(None, VARIABLES)
    rule = Rule({"Variable": "$v", "StringEqualsPath": "$.w"})
    assert not rule.context
    assert rule.holds({"w": "b"}, VARIABLES)
    assert Rule({"Variable": "$w", "IsPresent": False}).holds({}, VARIABLES)


@pytest.mark.parametrize(
    "rule",
    [
        {"Variable": "$.no", "NumericEquals": 1},
        {"Variable": "$.no", "StringMatches": "*"},
        {"Variable": "$.no", "IsNull": True},
        {"Variable": "$.x", "StringEqualsPath": "$.no"},
    ],
)
def test_a_path_that_finds_nothing_is_an_error(rule: Any) -> None:
    with pytest.raises(PathError) as caught:
        Rule(rule).holds({"x": "a"}, {})
    assert str(caught.value) == (
        "Invalid path '$.no': The choice state's condition path references an invalid value."
    )


def test_a_rule_with_a_wrong_path_is_refused() -> None:
    with pytest.raises(PathError):
        Rule({"And": [{"Variable": "x", "IsNull": True}]})


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)


@given(SCALARS, SCALARS)
def test_orders_agree_with_each_other(left: Any, right: Any) -> None:
    for kind in ("String", "Numeric"):
        less, same = holds(f"{kind}LessThan", left, right), holds(f"{kind}Equals", left, right)
        assert holds(f"{kind}LessThanEquals", left, right) is (less or same)
        assert holds(f"{kind}GreaterThan", right, left) is less
        assert not (less and same)


@pytest.mark.parametrize("name", ["StringMatches", "StringEqualsPath", "NumericLessThanPath"])
def test_what_must_be_text_is(name):
    with pytest.raises(PathError, match=f"{name} is given text"):
        Rule({"Variable": "$.a", name: {}})
