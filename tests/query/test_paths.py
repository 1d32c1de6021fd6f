"""The native path must be indistinguishable from the engine, or say that it is not sure."""

from __future__ import annotations

from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.query import JSON, UNDEFINED, compile_expression
from flowdeco.query.bridge import Program
from flowdeco.query.paths import UNSURE, compile_path, is_name, split_path

FIELDS = ["a", "b", "c d", "é"]
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 3.0]), st.just("s"))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=12,
)
STEPS = st.lists(
    st.one_of(
        st.sampled_from([".a", ".b", ".`a`", '."c d"', ".'c d'", ".`c d`", ".é", " . a"]),
        st.integers(-4, 4).map(lambda i: f"[{i}]"),
        st.sampled_from(["[ 0 ]", "[-1 ]"]),
    ),
    max_size=4,
)


def same(one: JSON, other: JSON) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


@given(
    variables=st.dictionaries(st.sampled_from(["x", "sum"]), VALUES),
    name=st.sampled_from(["x", "y", "sum"]),
    steps=STEPS,
)
def test_a_path_means_what_the_engine_says(variables: dict[str, JSON], name: str, steps: list[str]) -> None:
    source = f"${name}{''.join(steps)}"
    path = compile_path(source)
    assert path is not None
    value = path(variables)
    if value is UNSURE:
        assert name == "sum" or any(step[0] != "[" for step in steps)
    else:
        assert same(value, Program(source).evaluate(variables))


@pytest.mark.parametrize(
    "source",
    [
        "x",
        "$",
        "$$",
        "$.a",
        "$x.$y",
        "$x.a()",
        "$x.true",
        "$x.and",
        "$x.function",
        "$x[a]",
        "$x[00]",
        "$x[-0]",
        "$x[1.5]",
        "$x[]",
        "$x.*",
        "$x.``",
        '$x."a\\n"',
        "$x + 1",
        "$x.1",
        "$²",
        "$x.²",
        "$x /* c */ .a",
        "$x.",
        "",
    ],
)
def test_what_is_not_a_pure_path(source: str) -> None:
    assert compile_path(source) is None


def test_blanks_are_fine() -> None:
    assert split_path(" $x . a [ 1 ] ") == ("x", ("a", 1))


def test_values_are_shared_not_copied() -> None:
    rows = [{"a": 1}]
    assert compile_expression("$x.rows").evaluate({"x": {"rows": rows}}) is rows


def test_subclasses_are_left_to_the_engine() -> None:
    variables = {"x": {"y": OrderedDict(a=1)}}
    path = compile_path("$x.y.a")
    assert path is not None
    assert path(variables) is UNSURE
    assert compile_expression("$x.y.a").evaluate(variables) == 1


def test_arrays_are_mapped_by_the_engine() -> None:
    expression = compile_expression("$x.rows.loss")
    assert expression.evaluate({"x": {"rows": [{"loss": 1}, {"loss": 2}, {}]}}) == [1, 2]
    assert expression.evaluate({"x": {"rows": {"loss": 3}}}) == 3
    assert expression.evaluate({"x": {"rows": [{"loss": 1}]}}) == 1
    assert expression.evaluate({"x": {"rows": []}}) is UNDEFINED


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$x[0]", 1),
        ("$x[-1]", [2]),
        ("$x[1][0]", 2),
        ("$x[2]", UNDEFINED),
        ("$x[-3]", UNDEFINED),
        ("$n[0]", 7),
        ("$n[-1][0]", 7),
        ("$n[1]", UNDEFINED),
        ("$o[0].k", 1),
        ("$o[1].k", UNDEFINED),
        ("$o.k[0]", 1),
        ("$n.k[0]", UNDEFINED),
        ("$o.z[0]", UNDEFINED),
        ("$gone[0]", UNDEFINED),
    ],
)
def test_indexes(source: str, expected: JSON) -> None:
    variables = {"x": [1, [2]], "n": 7, "o": {"k": 1}}
    path = compile_path(source)
    assert path is not None
    assert path(variables) == Program(source).evaluate(variables) == expected


def test_two_fields() -> None:
    two = compile_expression("$x.a.b")
    assert [two.evaluate({"x": x}) for x in ({"a": {"b": 1}}, {"a": {}}, {"a": 1}, {}, 1)] == [1] + [
        UNDEFINED
    ] * 4
    assert two.evaluate({}) is UNDEFINED
    assert two.evaluate({"x": {"a": [{"b": 1}, {"b": 2}]}}) == [1, 2]


def test_undefined_is_falsy_and_has_a_name() -> None:
    assert not UNDEFINED
    assert repr(UNDEFINED) == "UNDEFINED"


def test_null_is_not_undefined() -> None:
    expression = compile_expression("$x.a")
    assert expression.evaluate({"x": {"a": None}}) is None
    assert expression.evaluate({"x": {}}) is UNDEFINED
    assert expression.evaluate({"x": None}) is UNDEFINED


def test_numbers_pass_as_they_are() -> None:
    for number in (3, 3.0, 2**70, -0.0):
        value = compile_expression("$x.a").evaluate({"x": {"a": number}})
        assert value is number


def test_names() -> None:
    assert [is_name(name) for name in ("_a1", "λ", "1a", "a²", "²a")] == [True, False, False, True, False]
