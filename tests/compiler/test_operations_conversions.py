from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.graph.operations import OperandError, resolve
from flowdeco.graph.types import ANY, BOOL, DICT, FLOAT, INT, LIST, NONE, NUMBER, STR, Type, list_of
from tests.compiler.meanings import FAILED, evaluated
from tests.compiler.samples import (
    Given,
    Sample,
    check,
    check_missing,
    constant,
    in_javascript,
    sample,
    text,
    typed,
)

SIGNS = ("", "", "", "+", "-", "--", "+-")
DIGITS = (
    "",
    "0",
    "00",
    "1",
    "007",
    "12",
    "1_000",
    "1__0",
    "_1",
    "1_",
    "0_0",
    "9007199254740991",
    "0x1",
    "000",
    "a",
)
FRACTIONS = ("", "", ".", ".5", ".50", ".0", "._1", ".1_0", ".000", ".5.")
EXPONENTS = ("", "", "", "e5", "E-3", "e+2", "e", "e1_0", "e0", "e007", "e-07", "e1.5")
BLANKS = ("", "", "", " ", "\t ", "\u2028", "\x85", "\n", "\x1c", "\ufeff")


def whole_text(chance: Random) -> str:
    parts = (BLANKS, SIGNS, DIGITS, BLANKS)
    return "".join(chance.choice(part) for part in parts)


def number_text(chance: Random) -> str:
    parts = (BLANKS, SIGNS, DIGITS, FRACTIONS, EXPONENTS, BLANKS)
    return "".join(chance.choice(part) for part in parts)


def some_number(chance: Random) -> float:
    return chance.choice(
        (chance.uniform(-10, 10), chance.randint(-(10**15), 10**15), 0.0, -0.5, 0.999, 1e15, 1e-300)
    )


def samples(chance: Random) -> Iterator[Sample]:
    for _ in range(6):
        yield sample("int", int, whole_text(chance))
        yield sample("float", float, whole_text(chance))
        yield sample("float", float, number_text(chance))
        values: list[Any] = [some_number(chance), True, None, [], [1], {}, {"a": 1}, whole_text(chance)]
        yield sample("int", int, typed(chance.choice(values), ANY))
        yield sample("float", float, typed(chance.choice(values), ANY))
    for kind in (FLOAT, NUMBER, Type("float", optional=True)):
        yield sample("int", int, typed(some_number(chance), kind))
    for value in (None, "12", " x"):
        yield sample("int", int, typed(value, Type("str", optional=True)))
        yield sample("float", float, typed(value, Type("str", optional=True)))
    for flag in (True, False):
        yield sample("int", int, flag)
        yield sample("float", float, flag)
    whole = chance.choice((chance.randint(-20, 20), chance.randint(-(2**53) + 1, 2**53 - 1)))
    yield sample("int", int, whole)
    yield sample("float", float, whole)
    yield sample("int", int, typed(None, Type("number", optional=True)))
    for name, python in (("hex", hex), ("oct", oct), ("bin", bin)):
        yield sample(name, python, whole)
        yield sample(name, python, chance.random() < 0.5)
    items = [chance.randint(0, 5) for _ in range(chance.randint(0, 3))]
    yield sample("tuple", tuple, typed(items, list_of(INT)))
    yield sample("tuple", tuple, tuple(items))
    yield sample("tuple", tuple)
    yield sample("int", int)
    yield sample("float", float)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_conversions_mean_what_they_mean_in_python(seed: int) -> None:
    assert all(map(check, samples(Random(seed))))


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_back(value: float) -> None:
    check(sample("float", float, repr(value)))


def test_conversions_in_javascript() -> None:
    assert in_javascript(made for seed in range(60) for made in samples(Random(seed))) > 1500


@pytest.mark.parametrize(
    "made",
    [
        *(
            sample("int", int, typed(v, t))
            for v, t in ((3, FLOAT), (True, BOOL), (3, ANY), ("3", STR), (3, INT))
        ),
        *(sample("float", float, typed(v, t)) for v, t in ((3, FLOAT), (True, BOOL), (3, ANY), ("3", STR))),
        sample("hex", hex, 3),
        sample("tuple", tuple, typed([1], list_of(INT))),
    ],
    ids=repr,
)
def test_missing_operands_fail(made: Sample) -> None:
    check_missing(made)


@pytest.mark.parametrize("value", ["9007199254740992", "-9007199254740993", "1" * 30])
def test_integers_that_no_double_holds_are_refused(value: str) -> None:
    for kind in (STR, ANY):
        shown = text("int", typed(value, kind))
        assert shown is not None
        assert evaluated(shown, {"a": value}) is FAILED


@pytest.mark.parametrize(
    ("operation", "operand", "expected"),
    [
        ("int", typed(1, INT), "$a"),
        ("int", typed(True, BOOL), "$a ? 1 : 0"),
        ("int", typed(1.5, FLOAT), "$a < 0 ? $ceil($a) : $floor($a)"),
        ("float", typed(1, INT), "$a"),
        ("hex", typed(1, INT), "($a < 0 ? '-0x' : '0x') & $formatBase($abs($a), 16)"),
        ("tuple", typed([], LIST), "{'$type': 'tuple', 'items': $a}"),
    ],
)
def test_it_reads_as_if_written_by_hand(operation: str, operand: Given, expected: str) -> None:
    assert text(operation, operand) == expected


@pytest.mark.parametrize(
    ("operation", "operands"),
    [
        ("int", (typed("1", STR), typed(16, INT))),
        ("int", (typed(True, Type("bool", optional=True)),)),
        ("int", (typed(None, Type("opaque")),)),
        ("float", (typed(1, Type("int", optional=True)),)),
        ("float", (typed(1, INT), typed(1, INT))),
        ("hex", (typed(1.5, FLOAT),)),
        ("hex", (typed(1, INT), typed(1, INT))),
        ("tuple", (typed(set(), Type("set")),)),
        ("tuple", (typed("ab", STR),)),
        ("tuple", (typed([], LIST), typed([], LIST))),
    ],
)
def test_what_cannot_be_exact_is_left_to_python(operation: str, operands: tuple[Given, ...]) -> None:
    assert text(operation, *operands) is None


@pytest.mark.parametrize("name", ["int", "float"])
@pytest.mark.parametrize("operand", [typed(None, NONE), typed([], LIST), typed({}, DICT)])
def test_what_python_always_refuses(name: str, operand: Given) -> None:
    with pytest.raises(OperandError, match=rf"{name}\(\) of a (None|list|dict)"):
        text(name, operand)


def test_types_of_results() -> None:
    made = resolve("tuple", (), ())
    assert made is not None
    assert made.type == Type("tuple", elements=())
    assert text("int", constant(3)) == "3"
