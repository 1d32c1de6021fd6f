from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.compiler.jsonata import source
from flowdeco.graph.expressions import Input, Literal, Object
from flowdeco.graph.operations import OperandError, resolve
from flowdeco.graph.types import ANY, BOOL, FLOAT, INT, LIST, NONE, NUMBER, STR, Type
from tests.compiler.meanings import FAILED, evaluated, type_of
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

COMMON = (
    *(
        "",
        ".2f",
        ".3f",
        ".1%",
        ".0f",
        "08.3f",
        ">8",
        "<10",
        "^9",
        ":>4",
        ",.2f",
        "+.1f",
        "05d",
        "d",
        ",",
        "_",
        "x",
    ),
    *("#x", "X", "08b", "o", "+", "%", "f", "_.3f", ",.0f", " d", "-d", "s", ".2", "*^7.3s", "+06d"),
)
LETTERS = 'ab é😀"%{}$'
EDGES = (
    0.0,
    1.0,
    0.5,
    1.5,
    2.5,
    -0.5,
    2.675,
    1.005,
    0.995,
    0.125,
    99.995,
    1e-7,
    -1e-7,
    5e-324,
    1e15,
    2.0**53 - 1,
)


def some_int(chance: Random) -> int:
    return chance.choice(
        (chance.randint(-20, 20), chance.randint(-(10**6), 10**6), chance.randint(-(10**15), 10**15))
    )


def some_float(chance: Random) -> float:
    """Small enough for percents."""
    return chance.choice(
        (
            chance.uniform(-10, 10),
            round(chance.uniform(-100, 100), chance.randint(1, 4)),
            (chance.randint(-2000, 2000) * 2 + 1) / 2 / 10 ** chance.randint(0, 4),
            chance.choice(EDGES[:-2]),
            chance.uniform(-1, 1) * 10.0 ** chance.randint(-10, 6),
        )
    )


def some_text(chance: Random) -> str:
    return "".join(chance.choice(LETTERS) for _ in range(chance.randint(0, 6)))


def some_specification(chance: Random) -> str:
    parts = [
        chance.choice(("", "*", " ", "0", "é", "$")) + chance.choice("<>^=") if chance.random() < 0.4 else "",
        chance.choice(("", "", "", "+", " ", "-")),
        "#" if chance.random() < 0.1 else "",
        "0" if chance.random() < 0.2 else "",
        chance.choice(("", "", "5", "12", "1")),
        chance.choice(("", "", "", ",", "_")),
        chance.choice(("", "", ".0", ".1", ".2", ".3", ".6")),
        chance.choice(("", "", "d", "s", "f", "%", "x", "X", "o", "b", "e", "g", "f", "d")),
    ]
    return "".join(parts)


def some_value(chance: Random) -> Given:
    value = chance.choice(
        (some_int(chance) // 10**9, some_float(chance), some_text(chance), chance.random() < 0.5, None)
    )
    kind = type_of(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and chance.random() < 0.3:
        kind = NUMBER
    return typed(value, kind)


def optional(chance: Random) -> Given:
    value = chance.choice((3, "a", True, 1.5))
    return typed(chance.choice((None, value)), replace(type_of(value), optional=True))


def samples(chance: Random) -> Iterator[Sample]:
    for _ in range(12):
        yield sample("format", format, some_value(chance), constant(chance.choice(COMMON)))
        yield sample("format", format, some_value(chance), constant(some_specification(chance)))
    for _ in range(4):
        yield sample(
            "format", format, typed(some_float(chance), FLOAT), constant(f".{chance.randint(0, 11)}f")
        )
        yield sample(
            "format", format, typed(some_float(chance), FLOAT), constant(f".{chance.randint(0, 4)}%")
        )
        yield sample("str", str, optional(chance))
        yield sample(
            "format",
            format,
            optional(chance),
            constant(chance.choice(("5", ".2f", "d", ">4", ",", "+", "x"))),
        )
    for value in (some_int(chance), some_text(chance), chance.random() < 0.5, None):
        yield sample("str", str, value)
        yield sample("repr", repr, value)
    yield some_percent(chance)
    yield some_percent(chance)
    yield some_braces(chance)


def some_percent(chance: Random) -> Sample:
    template, values = "", []
    for _ in range(chance.randint(0, 3)):
        kind = chance.choice("sdifxXor")
        precision = chance.choice(("", ".2", ".0")) if kind in "sf" else chance.choice(("", "", "", ".2"))
        flags, width = chance.choice(("", "-", "0", "+", " ", "-0", "+0")), chance.choice(("", "5", "10"))
        template += some_text(chance).replace("%", "") + f"%{flags}{width}{precision}{kind}"
        values.append(
            chance.choice((some_int(chance), some_text(chance), True, None))
            if kind in "sr"
            else chance.choice((some_int(chance), some_float(chance), False))
        )
    template += chance.choice(("", "%%", " %", "x"))
    if chance.random() < 0.1:
        values.append(1)
    return sample("format_percent", lambda template, *values: template % values, constant(template), *values)


def some_braces(chance: Random) -> Sample:
    template, values = "", []
    for place in range(chance.randint(0, 3)):
        specification = chance.choice(("", "", "!s", "!r", ":>5", ":.2f", "!s:<4", ":d"))
        template += (
            chance.choice(("", "a", "{{", "}}", "%"))
            + "{"
            + chance.choice(("", str(place)))
            + specification
            + "}"
        )
        values.append(chance.choice((some_int(chance), some_text(chance), True, 1.5)))
    return sample("method:format", str.format, constant(template + chance.choice(("", "x"))), *values)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_formats_mean_what_they_mean_in_python(seed: int) -> None:
    assert sum(map(check, samples(Random(seed)))) > 10


def test_formats_in_javascript() -> None:
    assert in_javascript(made for seed in range(60) for made in samples(Random(seed))) > 1000


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.floats(-(2**53), 2**53), st.floats(-1000, 1000), st.decimals(-99, 99, places=3).map(float)),
    st.integers(0, 4),
)
def test_fixed_digits_are_those_of_the_exact_value(value: float, places: int) -> None:
    if abs(value) < 10 ** (15 - places) and (value or math.copysign(1, value) > 0):
        # The service does not know a zero with a sign.
        assert check(sample("format", format, typed(value, FLOAT), constant(f".{places}f")))


@pytest.mark.parametrize("value", EDGES)
@pytest.mark.parametrize("places", [0, 1, 2, 3, 11])
def test_fixed_digits_at_the_edges(value: float, places: int) -> None:
    made = sample("format", format, typed(value, FLOAT), constant(f".{places}f"))
    if 1 <= places <= 6 and abs(value) >= 10 ** (15 - places):
        shown = text("format", typed(value, FLOAT), constant(f".{places}f"))
        assert shown is not None
        assert evaluated(shown, {"a": value}) is FAILED
    else:
        assert check(made)


@settings(max_examples=300, deadline=None)
@given(st.integers(-(10**11), 10**11), st.sampled_from([1, 2, 3]), st.sampled_from([-1, 0, 0, 1]))
def test_numbers_in_the_middle_go_where_their_exact_value_is(number: int, places: int, away: int) -> None:
    value = (number * 10 + 5) / 10 ** (places + 1)
    value = value if not away else math.nextafter(value, away * math.inf)
    assert check(sample("format", format, typed(value, FLOAT), constant(f".{places}f")))


def test_an_expression_that_formats_twice_has_one_function_for_it() -> None:
    numbers = [resolve("format", (Input(name), Literal(".2f")), (FLOAT, STR)) for name in "ab"]
    parts = tuple(made.expression for made in numbers if made is not None)
    found = resolve("text", (parts[0], Literal(" and "), parts[1]), (STR, STR, STR))
    assert found is not None
    shown = source(found.expression, {Input("a"): "$a", Input("b"): "$fixed"})
    assert shown.endswith("}; $fixed2($a) & ' and ' & $fixed2($fixed))")
    assert evaluated(shown, {"a": 2.675, "fixed": -0.125}) == "2.67 and -0.12"


def test_digits_beyond_what_a_double_holds_are_refused() -> None:
    shown = text("format", typed(1e17, FLOAT), constant(".2f"))
    assert shown is not None
    assert "OverflowError" in shown
    assert evaluated(shown, {"a": 1e17}) is FAILED


@pytest.mark.parametrize(
    "made",
    [
        *(
            sample("format", format, 3, constant(specification))
            for specification in ("", "5d", "+d", ",", "x", "#x", "X", ".2f", ".1%", ".0f", "<5", "^6", "05d")
        ),
        *(sample("format", format, "a", constant(specification)) for specification in ("", "5", ".2", "^6")),
        *(sample("format", format, True, constant(specification)) for specification in ("", "d")),
        *(
            sample("str", str, typed(value, replace(type_of(value), optional=True)))
            for value in (3, "a", True)
        ),
        sample("format_percent", lambda t, *v: t % v, constant("%s-%d"), "a", 3),
    ],
    ids=repr,
)
def test_missing_operands_fail(made: Sample) -> None:
    check_missing(made)


@pytest.mark.parametrize(
    ("value", "specification", "expected"),
    [
        (typed(1, INT), "", "$formatBase($a)"),
        (typed("", STR), "", "$a"),
        (typed(True, BOOL), "", '$a ? "True" : "False"'),
        (typed(None, NONE), "", "'None'"),
        (typed(1, INT), ">6", "$pad($formatBase($a), -6)"),
        (typed(1, INT), ",", '$formatNumber($a, "#,##0")'),
        (typed("", STR), "<8", "$pad($a, 8)"),
        (typed(1, INT), "x", "$formatBase($a, 16)"),
    ],
)
def test_it_reads_as_if_written_by_hand(value: Given, specification: str, expected: str) -> None:
    assert text("format", value, constant(specification)) == expected


@pytest.mark.parametrize(
    ("value", "specification"),
    [
        *((typed(1.0, FLOAT), s) for s in ("", ".3", "e", "g", "d", ",", ".12f", "#.2f", "n", "_x")),
        *(
            (typed(1, INT), s)
            for s in (".2", ".2d", ",x", "c", "n", "=5", "<05", "#o5", "05,", "#06x", " 05", "99999")
        ),
        *((typed("a", STR), s) for s in ("05", "=5", "+5", "-5", ",", "d", "#5", "{}")),
        *((value, "") for value in (typed(1, NUMBER), typed(1, ANY), typed([], LIST))),
        *(
            (value, "5")
            for value in (typed(None, NONE), typed(1, ANY), typed(None, Type("bool", optional=True)))
        ),
    ],
)
def test_what_cannot_be_exact_is_left_to_python(value: Given, specification: str) -> None:
    assert text("format", value, constant(specification)) is None


def test_more_that_is_left_to_python() -> None:
    assert text("format", typed(1, INT), typed("d", STR)) is None
    assert text("str", typed(1, INT), typed(1, INT)) is None
    assert text("repr", typed("a", STR)) is None
    assert text("repr", typed(1, INT), typed(1, INT)) is None
    assert text("format_percent", typed("%s", STR), typed(1, INT)) is None
    for template in ("%(name)s", "%*d", "%5%", "%y", "%s %", "% %s", "%é%s", "%#x", "%99999s"):
        assert text("format_percent", constant(template), typed(1, INT)) is None, template
    for value in (typed(1, ANY), typed([], LIST)):
        assert text("format_percent", constant("%s"), value) is None
    assert text("format_percent", constant("%d"), typed(1, Type("int", optional=True))) is None
    assert text("format_percent", constant("%s"), typed(1.5, FLOAT)) is None


def test_percent_formats() -> None:
    assert text("format_percent", constant("a%%b")) == "'a%b'"
    assert text("format_percent", constant("")) == "''"
    assert text("format_percent", constant("%s"), typed("", STR)) == "$b"
    assert (
        text("format_percent", constant("%s-%d"), typed("", STR), typed(1, INT))
        == "$b & '-' & $formatBase($c)"
    )
    with pytest.raises(OperandError, match="not enough arguments"):
        text("format_percent", constant("%s"))
    with pytest.raises(OperandError, match="not all arguments"):
        text("format_percent", constant("x"), typed(1, INT))


def test_templates_with_braces() -> None:
    values = (typed("", STR), typed(1, INT))
    assert text("method:format", constant("{}-{}"), *values) == "$b & '-' & $formatBase($c)"
    assert text("method:format", constant("{1}{0}{{"), *values) == "$formatBase($c) & $b & '{'"
    assert text("method:format", constant("")) == "''"
    with pytest.raises(OperandError, match="into the gap 2 of"):
        text("method:format", constant("{}{}{}"), *values)
    for template in ("{a}", "{0.real}", "{}{0}", "{", "{:{}}", "{!a}", "{!r}", "{:e}"):
        assert text("method:format", constant(template), *values, *values) is None, template
    assert text("method:format", typed("{}", STR), *values) is None


def test_str_without_operands_and_of_a_uuid() -> None:
    assert text("str") == "''"
    made = Object((("$type", Literal("UUID")), ("value", Input("a"))))
    found = resolve("str", (made,), (Type("opaque"),))
    assert found is not None
    assert (found.expression, found.type) == (Input("a"), STR)
