"""Truth means in expressions what it means in Python."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.compiler.jsonata import source
from flowdeco.graph.expressions import Expression, Field, Literal, Operation, Result
from flowdeco.graph.operations import Resolved, resolve
from flowdeco.graph.types import ANY, BOOL, FLOAT, INT, LIST, STR, Type, list_of
from tests.compiler.meanings import (
    FAILED,
    LISTS,
    NAMES,
    VALUES,
    Case,
    Value,
    check,
    encoded,
    evaluated,
    variants,
)

OPERANDS = VALUES | LISTS | st.booleans() | st.sets(st.integers(0, 1))


def both(*values: Any) -> Any:
    result: Any = True
    for result in values:
        if not result:
            break
    return result


def either(*values: Any) -> Any:
    result: Any = False
    for result in values:
        if result:
            break
    return result


@st.composite
def cases(draw: Any) -> Case:
    """An operation with operands."""
    name = draw(st.sampled_from(["truth", "not", "and", "or", "if"]))
    values = draw(st.sampled_from([OPERANDS, st.booleans()]))
    match name:
        case "truth" | "not":
            return Case(name, (Value(draw(OPERANDS)),), bool if name == "truth" else lambda x: not x)
        case "and" | "or":
            operands = tuple(map(Value, draw(st.lists(values, min_size=1, max_size=3))))
            return Case(name, operands, both if name == "and" else either)
        case _:
            return Case(
                "if", tuple(Value(draw(OPERANDS)) for _ in range(3)), lambda test, a, b: a if test else b
            )


@settings(deadline=None)
@given(cases())
def test_logic(case: Case) -> None:
    for variant in variants(case):
        check(variant)


def test_what_is_not_asked_for_does_not_fail() -> None:
    missing = Field(Result(0), "missing")
    variables = {"v0": {"there": 1}}
    for name, first, expected in (
        ("and", False, False),
        ("or", True, True),
        ("and", True, FAILED),
        ("or", False, FAILED),
    ):
        for kind in (BOOL, ANY):
            found = resolve(name, (Literal(first), missing), (BOOL, kind))
            assert found is not None
            assert evaluated(source(found.expression, NAMES), variables) is expected
    found = resolve("if", (Literal(True), Literal(1), missing), (BOOL, INT, ANY))
    assert found is not None
    assert evaluated(source(found.expression, NAMES), variables) == 1


def test_what_only_python_knows_has_no_expression() -> None:
    for kind in ("record", "opaque", "namedtuple"):
        assert resolve("truth", (Result(0),), (Type(kind),)) is None
        assert resolve("and", (Result(0), Result(1)), (Type(kind), STR)) is None
    found = resolve("truth", (Result(0),), (ANY,))
    assert found is not None
    assert isinstance(found.expression, Operation)
    assert evaluated(source(found.expression, NAMES), {"v0": {"$type": "m:Model", "n": 1}}) is FAILED


OPTIONAL: dict[str, tuple[Type, list[Any]]] = {
    "str": (STR, ["", "a"]),
    "int": (INT, [0, 2]),
    "float": (FLOAT, [0.0, 0.5]),
    "bool": (BOOL, [True, False]),
    "list": (list_of(INT), [[], [0], [1, 2]]),
    "dict": (Type("dict"), [{}, {"a": 1}]),
    "tuple": (Type("tuple", element=INT), [(), (0,), (1, 2)]),
    "set": (Type("set", element=INT), [set(), {0}]),
}


@pytest.mark.parametrize("sort", sorted(OPTIONAL))
def test_what_may_be_none_is_asked_shortly(sort: str) -> None:
    type, values = OPTIONAL[sort]
    for value in (None, *values):
        for name in ("truth", "not"):
            found = resolve(name, (Result(0),), (replace(type, optional=True),))
            assert found is not None
            assert found.raises == ()
            text = source(found.expression, NAMES)
            assert len(text) < 50
            wanted = bool(value) if name == "truth" else not value
            assert evaluated(text, {"v0": encoded(value)}) is wanted, text
            inside = source(Operation("not.bool", (found.expression,)), NAMES)
            assert evaluated(inside, {"v0": encoded(value)}) is not wanted, inside


@pytest.mark.parametrize(
    ("name", "types", "expected"),
    [
        ("eq", (STR, STR), "$v0 != $v1"),
        ("ne", (STR, STR), "$v0 = $v1"),
        ("lt", (INT, FLOAT), "$v0 >= $v1"),
        ("le", (INT, FLOAT), "$v0 > $v1"),
        ("gt", (INT, FLOAT), "$v0 <= $v1"),
        ("ge", (INT, FLOAT), "$v0 < $v1"),
        ("is_none", (Type("str", optional=True),), "$v0 != null"),
        ("is_not_none", (Type("str", optional=True),), "$v0 = null"),
        ("truth", (STR,), "$v0 = ''"),
        ("not", (STR,), "$v0 != ''"),
        ("truth", (LIST,), "$count($v0) = 0"),
        ("not", (BOOL,), "$v0"),
        ("contains", (list_of(STR), STR), "$not($v1 in $v0)"),
    ],
)
def test_the_opposite_of_a_comparison_is_a_comparison(
    name: str, types: tuple[Type, ...], expected: str
) -> None:
    found = resolve(name, tuple(map(Result, range(len(types)))), types)
    assert found is not None
    opposite = resolve("not", (found.expression,), (BOOL,))
    assert opposite is not None
    assert source(opposite.expression, NAMES) == expected
    assert resolve("not", (Literal(True),), (BOOL,)) == Resolved(Literal(False), BOOL)


def test_a_key_that_is_there_is_not_asked_for_twice() -> None:
    d, level, rows = Result(0), Field(Result(0), "level"), Field(Result(0), "rows")

    def has(key: str) -> Expression:
        return Operation("contains.key", (d, Literal(key)))

    def chain(*parts: Expression) -> Expression:
        rest = parts[-1]
        for part in reversed(parts[:-1]):
            found = resolve("and", (part, rest), (BOOL, BOOL))
            assert found is not None
            rest = found.expression
        return rest

    ok = Operation("eq.same", (level, Literal("ok")))
    some = Operation("gt.plain", (rows, Literal(0)))
    whole = chain(has("level"), ok, has("rows"), some)
    assert source(whole, NAMES) == "$v0.level = 'ok' and $exists($v0.rows) and $v0.rows > 0"
    for value, wanted in (
        ({}, False),
        ({"level": "ok"}, False),
        ({"level": "no", "rows": 1}, False),
        ({"level": "ok", "rows": 1}, True),
        ({"level": "ok", "rows": 0}, False),
    ):
        assert evaluated(source(whole, NAMES), {"v0": value}) is wanted
    assert source(chain(has("level"), ok), NAMES) == "$v0.level = 'ok'"
    assert source(chain(has("rows"), some, has("level"), ok), NAMES) == (
        "$exists($v0.rows) and $v0.rows > 0 and $v0.level = 'ok'"
    )
    long = Operation("gt.plain", (Operation("len.text", (level,)), Literal(1)))
    assert source(chain(has("level"), long, ok), NAMES).startswith("$exists($v0.level) and ")


def test_a_pattern_for_a_list_asks_for_its_length_once() -> None:
    x = Result(0)
    listed = resolve("isinstance", (x, Literal(["list", "tuple"])), (ANY, ANY))
    size = resolve("len", (x,), (ANY,))
    assert listed is not None
    assert size is not None
    one = Operation("eq.same", (size.expression, Literal(1)))
    found = resolve("and", (listed.expression, one), (BOOL, BOOL))
    assert found is not None
    text = source(found.expression, NAMES)
    assert len(text) < 200
    for value in ([1], (1,), [], [1, 2], (), "a", {"a": 1}, 1, None):
        wanted = isinstance(value, list | tuple) and len(value) == 1
        assert evaluated(text, {"v0": encoded(value)}) is wanted


def test_a_condition_of_several_values_knows_their_types() -> None:
    optional = replace(INT, optional=True)
    for name, python in (("and", both), ("or", either)):
        found = resolve(name, (Result(0), Result(1)), (optional, LIST))
        assert found is not None
        for asked in ("truth", "not"):
            test = resolve(asked, (found.expression,), (found.type,))
            assert test is not None
            text = source(test.expression, NAMES)
            assert "$type" not in text
            for left in (None, 0, 1):
                for right in ([], [0]):
                    wanted = bool(python(left, right)) is (asked == "truth")
                    assert evaluated(text, {"v0": left, "v1": right}) is wanted
        record = resolve(name, (Result(0), Result(1)), (STR, Type("record")))
        assert record is not None
        assert resolve("truth", (record.expression,), (Type("record"),)) is None
