"""Truth means in expressions what it means in Python."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.compiler.jsonata import source
from flowdeco.graph.expressions import Field, Literal, Operation, Result
from flowdeco.graph.operations import resolve
from flowdeco.graph.types import ANY, BOOL, INT, STR, Type
from tests.compiler.meanings import FAILED, LISTS, NAMES, VALUES, Case, Value, check, evaluated, variants

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
