from __future__ import annotations

import pickle

import pytest

from flowdeco.query import JSON, QueryError, type_name

PREFIX = "The JSONata expression '$x' specified for the field 'Items' "


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (QueryError.undefined("$x", "Items"), "returned nothing (undefined)."),
        (
            QueryError("unsupported", "returned an unsupported result type.", None, "$x", "Items"),
            "returned an unsupported result type.",
        ),
        (
            QueryError("evaluation", "Attempted to invoke a non-function", "T1006", "$x", "Items"),
            "threw an error during evaluation. T1006: Attempted to invoke a non-function",
        ),
        (
            QueryError("timeout", "Too slow", None, "$x", "Items"),
            "threw an error during evaluation: Too slow",
        ),
    ],
)
def test_cause_is_the_service_s_sentence(error: QueryError, cause: str) -> None:
    assert error.cause == PREFIX + cause


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (True, "'boolean' for value: true"),
        (None, "'null' for value: null"),
        (1, "'number' for value: 1"),
        (1.5, "'number' for value: 1.5"),
        ({"foo": "bår"}, '\'object\' for value: {"foo":"bår"}'),
        ("string", "'string' for value: \"string\""),
    ],
)
def test_unexpected_type_is_worded_as_the_service_does(value: JSON, found: str) -> None:
    cause = QueryError.unexpected_type("array", value, "$x", "Items").cause
    assert cause == f"{PREFIX}returned an unexpected result type. Expected 'array', but was {found}"


def test_at_moves_an_error_to_a_field() -> None:
    error = QueryError("evaluation", "m", "T1", "$x").at("Output/a")
    assert (error.kind, error.message, error.code, error.expression, error.path) == (
        "evaluation",
        "m",
        "T1",
        "$x",
        "Output/a",
    )
    assert error.at("p", "$y").expression == "$y"


def test_text_and_pickle() -> None:
    assert str(QueryError("evaluation", "m", "T1")) == "T1: m"
    assert str(QueryError("evaluation", "m", None, "$x")) == "m [$x]"
    error = QueryError("evaluation", "m", "T1", "$x", "Output/a")
    assert str(error) == "T1: m [$x in Output/a]"
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.kind) == (str(error), error.kind)


def test_arrays_have_a_type() -> None:
    assert type_name([1]) == "array"
