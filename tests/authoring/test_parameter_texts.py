"""The two texts parameters read beside their values: docstrings and JSON."""

from __future__ import annotations

import inspect
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.authoring.parameter_docstring import parameter_help
from flowdeco.authoring.parameter_json import parse_json, read_document
from flowdeco.errors import Finding, InputError

GOOGLE = """Train.

Args:
    day (date): the day
        to train on

    *lr: learning rate: a float
    empty:
    Not an entry

Returns:
    other: nothing
"""

NUMPY = """Train.

Parameters
----------
day : date
    the day
    to train on
lr, empty
    learning rate: a float
other : int

Returns
-------
raw : int
    not a parameter
"""

NUMPY_AT_THE_END = """Train.

Parameters
----------
day
    the day to train on
"""

SPHINX = """Train.

:param date day: the day
    to train on
:param lr: learning rate: a float
:param:
:returns: nothing
"""

DAY = "the day to train on"


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        (GOOGLE, {"day": DAY, "lr": "learning rate: a float"}),
        (NUMPY, {"day": DAY, "lr": "learning rate: a float", "empty": "learning rate: a float"}),
        (NUMPY_AT_THE_END, {"day": DAY}),
        (SPHINX, {"day": DAY, "lr": "learning rate: a float"}),
        ("Args:", {}),
        ("Parameters", {}),
        ("Parameters\nare nice", {}),
        ("Just day: a text", {}),
        ("", {}),
        (None, {}),
        (":param day: first\n:param day: second", {"day": "first"}),
    ],
)
def test_help_from_docstrings(docstring: str | None, expected: dict[str, str]) -> None:
    assert parameter_help(docstring, ["day", "lr", "empty", "other", "raw"]) == expected


def test_no_names_no_help() -> None:
    assert parameter_help(GOOGLE, []) == {}


@given(st.text("Args:Parameters-\n (param)x*,"))
def test_any_docstring(text: str) -> None:
    assert set(parameter_help(inspect.cleandoc(text), ["x", "p"])) <= {"x", "p"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Expecting value at line 1, column 1"),
        ('{"a": 1,\n "b" 2}', "Expecting ':' delimiter at line 2, column 6"),
        ("[NaN]", "NaN is not a JSON value"),
        ("-Infinity", "-Infinity is not a JSON value"),
        ("[1e999]", "the number 1e999 is too large"),
        ("-1e999", "the number -1e999 is too large"),
        ('{"a": {"b": 1, "b": 1}}', "the key 'b' is given twice"),
        ("[" * 100_000, "it is nested too deeply"),
        ("9" * 5000, "a number has too many digits"),
    ],
    ids=range(9),
)
def test_what_is_no_json(text: str, problem: str) -> None:
    assert parse_json(text) == (None, problem)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_json_there_and_back(value: object) -> None:
    assert parse_json(json.dumps(value)) == (value, None)
    assert read_document(json.dumps(value), "in.json") == value


@given(st.text())
def test_any_text_is_json_or_not(text: str) -> None:
    value, problem = parse_json(text)
    assert problem is None or value is None
    assert not (isinstance(value, float) and math.isinf(value))


def test_documents() -> None:
    with pytest.raises(InputError) as caught:
        read_document("{,}", "in.json")
    assert str(caught.value) == (
        "the input document cannot be read\n"
        "  hint: write one JSON object\n"
        "  error: in.json: not JSON: Expecting property name enclosed in double quotes at line 1, column 2"
    )
    with pytest.raises(InputError) as caught:
        read_document(" \n", "in.json")
    assert caught.value.findings == (
        Finding(
            "error",
            "not JSON: Expecting value at line 2, column 1",
            "in.json",
            "the file is empty: write {} for no inputs",
            "bad-json",
        ),
    )
