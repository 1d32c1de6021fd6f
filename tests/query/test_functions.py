"""The functions of the dialect, directly and through expressions."""

from __future__ import annotations

import random
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.query import JSON, UNDEFINED, Ambient, QueryError, compile_expression
from flowdeco.query.functions import ADDED, MEMORY_LIMIT


def value(source: str, ambient: Ambient | None = None, **variables: JSON) -> JSON:
    return compile_expression(source).evaluate(variables, ambient)


def failure(source: str, **variables: JSON) -> str:
    with pytest.raises(QueryError) as caught:
        value(source, **variables)
    return caught.value.detail


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$partition([1,2,3,4], 2)", [[1, 2], [3, 4]]),
        ("$partition([1,2,3], 2)", [[1, 2], [3]]),
        ("$partition([0], 1)", [[0]]),
        ("$partition([0,1], 4)", [[0, 1]]),
        ("$partition([1,2,3], 2.9)", [[1, 2], [3]]),
        ("$partition([1,2,3])", [[1, 2, 3]]),
        ("$partition([], 2)", UNDEFINED),
        ("$partition([1,2], 0)", UNDEFINED),
        ("$partition([1,2], -0.5)", UNDEFINED),
        ("$partition($absent, 2)", UNDEFINED),
        ("$partition()", UNDEFINED),
        ("$range(0, 6, 2)", [0, 2, 4, 6]),
        ("$range(0, 5, 2)", [0, 2, 4]),
        ("$range(1, 9, 9)", 1),
        ("$range(3, 3, 1)", 3),
        ("$range(10, 0, -5)", [10, 5, 0]),
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$range(5, 1, -1.5)", [5, 4, 3, 2, 1]),
        ("$range(5, 1, 1)", UNDEFINED),
        ("$range(1, 5, 0)", UNDEFINED),
        ("$range(1, 5)", UNDEFINED),
        ("$count($range(1, 360145, 1))", 360_145),
        ("$hash('input', 'SHA-1')", "140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"),
        ("$hash('Hello', 'MD5')", "8b1a9953c4611296a827abf8c47804d7"),
        ("$hash('Hello', 'SHA-256')", "185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969"),
        ("$length($hash('Hello', 'SHA-384'))", 96),
        ("$length($hash('Hello', 'SHA-512'))", 128),
        ("$hash('ñ', 'MD5')", "94e9342ecbb1458b6043ecd3bfcbc192"),
        ("$hash('a')", UNDEFINED),
        ("$random(42)", 0.7275636800328681),
        ("$random(0)", 0.730967787376657),
        ("$random(0.9)", 0.730967787376657),
        ("$random(7)", 0.7306990420600421),
        ('$parse(\'{"b": 1, "a": [true, null]}\')', {"b": 1, "a": [True, None]}),
        ("$parse('-0')", 0),
        ("$parse('1.0')", 1),
        ("$parse('1e2')", 100),
        ("$parse('1.1')", 1.1),
        ("$parse('1e300')", 1e300),
        ("$parse('9223372036854775807')", 9223372036854775807),
        ("$parse('9223372036854775808')", 9.223372036854776e18),
        ("$exists($parse('null'))", True),
        ("$parse()", UNDEFINED),
        ("$parse('{\"a\": 1}').a", 1),
        ("$map(['1', '[2, 3]'], $parse)", [1, [2, 3]]),
        ("($chunks := $partition; $chunks([1,2,3], 2))", [[1, 2], [3]]),
        ("'[1]' ~> $parse", [1]),
        ("$shuffle($absent)", UNDEFINED),
        ("$shuffle(5)", [5]),
        ("$sort($shuffle([3,1,2]))", [1, 2, 3]),
        ("$millis() = $toMillis($now())", True),
    ],
)
def test_value(source: str, expected: JSON) -> None:
    found = value(source)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("$partition([1], -1)", "D3137: Second argument must be zero or greater"),
        ("$partition(1, 1)", 'T0412: Argument 1 of function "partition" must be an array of undefined'),
        (
            "$partition([1], '1')",
            'T0410: Argument 2 of function "partition" does not match function signature',
        ),
        (
            "$partition([1], true)",
            'T0410: Argument 2 of function "partition" does not match function signature',
        ),
        (
            "$partition([1], 1, 1)",
            'T0410: Argument 3 of function "partition" does not match function signature',
        ),
        ("$range(1)", 'T0410: Argument 2 of function "range" does not match function signature'),
        ("$range()", 'T0410: Argument 1 of function "range" does not match function signature'),
        ("$range(1, 360146, 1)", MEMORY_LIMIT),
        ("$hash(1, 'MD5')", 'T0410: Argument 1 of function "hash" does not match function signature'),
        ("$hash('a', 1)", 'T0410: Argument 2 of function "hash" does not match function signature'),
        (
            "$hash('a', 'md5')",
            "D3137: Hash algorithm 'md5' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5",
        ),
        ("$random('a')", 'T0410: Argument 1 of function "random" does not match function signature'),
        ("$random(1, 2)", 'T0410: Argument 2 of function "random" does not match function signature'),
        ("$uuid('a')", 'T0410: Argument 1 of function "uuid" does not match function signature'),
        ("$parse(null)", 'T0410: Argument 1 of function "parse" does not match function signature'),
        ("$parse('')", "D3137: Invalid JSON"),
        ("$parse('[1] [2]')", "D3137: Invalid JSON"),
        ('$parse(\'{"a": 1, "a": 2}\')', "D3137: Invalid JSON"),
        ("$parse('NaN')", "D3137: Invalid JSON"),
        ("$parse('1e400')", "D3137: Invalid JSON"),
        ("$now(1)", 'T0410: Argument 1 of function "now" does not match function signature'),
        ("$now('[Y]', 'Z', 1)", 'T0410: Argument 3 of function "now" does not match function signature'),
        ("$eval('1')", "T1006: Attempted to invoke a non-function"),
    ],
)
def test_failure(source: str, detail: str) -> None:
    assert failure(source) == detail


def test_ambient_makes_evaluation_repeatable() -> None:
    source = "[$uuid(), $random(), $shuffle([1..9]), $now(), $millis(), $now('[Y]'), $now('[H01]', '+0500')]"

    def run(seed: int) -> Any:
        return value(source, Ambient(random.Random(seed), 1_700_000_000_000))

    first = run(1)
    assert first == run(1)
    assert first != run(2)
    assert first[-4:] == ["2023-11-14T22:13:20.000Z", 1_700_000_000_000, "2023", "03"]
    assert sorted(first[2:11]) == list(range(1, 10))


def test_without_ambient_the_system_decides() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= value("$millis()") <= time.time_ns() // 1_000_000
    assert value("$uuid() = $uuid()") is False
    assert 0 <= value("$random()") < 1


@given(st.integers())
def test_uuid_is_version_4(seed: int) -> None:
    text = ADDED["uuid"]([], Ambient(random.Random(seed)))
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", text)


@given(st.integers(-(2**63), 2**63 - 1))
def test_random_is_in_range_for_every_seed(seed: int) -> None:
    assert 0 <= ADDED["random"]([seed], Ambient()) < 1


def test_lone_surrogates_can_be_hashed() -> None:
    assert len(value("$hash($x, 'MD5')", x="\ud800")) == 32
