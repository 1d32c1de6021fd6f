from __future__ import annotations

import hashlib
import json
import math
import re
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.graph.expressions import Input
from flowdeco.graph.operations import resolve
from flowdeco.graph.types import ANY, BOOL, FLOAT, INT, LIST, NONE, NUMBER, STR, Type
from tests.compiler.meanings import evaluated
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

ALGORITHMS = ("md5", "sha1", "sha256", "sha384", "sha512")


def digest(value: str, algorithm: str) -> str:
    return hashlib.new(algorithm, value.encode()).hexdigest()


def some_json(chance: Random, depth: int = 3) -> Any:
    if depth == 0 or chance.random() < 0.5:
        return chance.choice((None, True, False, 0, -12, 1.5, 1e-7, 2**53 - 1, "", "é😀", 'a"\n'))
    parts = [some_json(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    return chance.choice((parts, dict(zip("abc", parts))))


def samples(chance: Random) -> Iterator[Sample]:
    number = chance.choice(
        (chance.uniform(-10, 10), float(chance.randint(0, 10**6)), 0.25, -1e-9, 1e15, 5e-324)
    )
    for name in ("floor", "ceil", "trunc", "sqrt", "fabs"):
        python = getattr(math, name)
        yield sample(f"math.{name}", python, typed(number, FLOAT))
        yield sample(f"math.{name}", python, typed(abs(number), NUMBER))
        yield sample(f"math.{name}", python, chance.randint(-20, 400))
        yield sample(f"math.{name}", python, typed(None, Type("number", optional=True)))
    for algorithm in ALGORITHMS:
        yield sample("hash", digest, chance.choice(("", "a", "é😀", " \n")), constant(algorithm))
    indent = chance.choice((None, 2))
    yield sample("json.loads", json.loads, json.dumps(some_json(chance), indent=indent))
    yield sample(
        "json.loads", json.loads, chance.choice(("", "{", "[1,]", "nul", " 1 ", '"a" x', "{'a': 1}", "01"))
    )
    for value in (True, False, None, chance.randint(-(10**15), 10**15)):
        yield sample("json.dumps", json.dumps, value)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_extras_mean_what_they_mean_in_python(seed: int) -> None:
    assert all(map(check, samples(Random(seed))))


def test_extras_in_javascript() -> None:
    assert in_javascript(made for seed in range(60) for made in samples(Random(seed))) > 1000


@pytest.mark.parametrize(
    "made",
    [
        *(sample(f"math.{name}", abs, 1.5) for name in ("floor", "ceil", "trunc", "sqrt", "fabs")),
        sample("hash", digest, "a", constant("md5")),
        sample("json.loads", json.loads, "1"),
        sample("json.dumps", json.dumps, 1),
        sample("json.dumps", json.dumps, True),
    ],
    ids=repr,
)
def test_missing_operands_fail(made: Sample) -> None:
    check_missing(made)


@pytest.mark.parametrize(
    ("operation", "operands", "expected"),
    [
        ("hash", (typed("", STR), constant("sha256")), "$hash($a, 'SHA-256')"),
        ("uuid4", (), "{'$type': 'UUID', 'value': $uuid()}"),
        ("random.random", (), "$random()"),
        ("json.loads", (typed("", STR),), "$parse($a)"),
        ("json.dumps", (typed(True, BOOL),), "$string($a)"),
        ("json.dumps", (typed(None, NONE),), "'null'"),
        ("math.floor", (typed(1.5, FLOAT),), "$floor($a)"),
        ("math.ceil", (typed(1, INT),), "$a"),
        ("math.sqrt", (typed(2.0, FLOAT),), "$sqrt($a)"),
    ],
)
def test_it_reads_as_if_written_by_hand(operation: str, operands: tuple[Given, ...], expected: str) -> None:
    assert text(operation, *operands) == expected


def test_the_text_of_a_new_uuid() -> None:
    made = resolve("uuid.uuid4", (), ())
    assert made is not None
    found = resolve("str", (made.expression,), (made.type,))
    assert found is not None
    assert found.type == STR
    value = evaluated("$uuid()", {})
    assert isinstance(value, str)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", value)


def test_a_random_number() -> None:
    value = evaluated(text("random.random") or "", {})
    assert isinstance(value, float)
    assert 0 <= value < 1


@pytest.mark.parametrize(
    ("operation", "operands"),
    [
        ("hash", (typed("", STR), constant("sha224"))),
        ("hash", (typed("", STR), typed("md5", STR))),
        ("hash", (typed("", ANY), constant("md5"))),
        ("uuid4", (typed(1, INT),)),
        ("random.random", (typed(1, INT),)),
        ("json.loads", (typed("", ANY),)),
        ("json.loads", (typed("", STR), typed("", STR))),
        ("json.dumps", (typed("", STR),)),
        ("json.dumps", (typed([], LIST),)),
        ("json.dumps", (typed(1, INT), typed(1, INT))),
        *((f"math.{name}", (typed(1, ANY),)) for name in ("floor", "sqrt", "fabs")),
    ],
)
def test_what_cannot_be_exact_is_left_to_python(operation: str, operands: tuple[Given, ...]) -> None:
    assert text(operation, *operands) is None


def test_unknown_operations_have_no_expression() -> None:
    assert resolve("os.path.join", (Input("a"),), (STR,)) is None


def test_the_time() -> None:
    before = time.time()
    shown = text("time.time")
    assert shown == "$millis() / 1000"
    assert before - 0.002 <= evaluated(shown, {}) <= time.time()
