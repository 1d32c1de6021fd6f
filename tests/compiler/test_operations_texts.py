from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.compiler.jsonata import source
from flowdeco.graph.expressions import Input, Literal
from flowdeco.graph.operations import resolve
from flowdeco.graph.types import ANY, LIST, STR, Type, list_of
from tests.compiler.samples import (
    NAMES,
    Given,
    Sample,
    check,
    check_missing,
    constant,
    in_javascript,
    method,
    sample,
    text,
    typed,
)

ALPHABET = [
    *" \t\n\r\x0b\x0c\x1c\x1f\x85\xa0\u2028\u3000\ufeff",
    *"ab.,-+0A1$/%é😀ßΣ\"'\\",
    "ab",
    "aba",
    "\r\n",
]
OPTIONAL = Type("str", optional=True)
NOT_TEXTS: tuple[object, ...] = (None, 1, 1.5, True, [], ["a"], ["a", "b"], {}, {"a": "b"})


def some_text(chance: Random, length: int = 6) -> str:
    return "".join(chance.choice(ALPHABET) for _ in range(chance.randint(0, length)))


def maybe_constant(chance: Random, value: str) -> Given:
    return constant(value) if chance.random() < 0.6 else typed(value, STR)


def receiver(chance: Random, value: str) -> Given:
    return typed(value, chance.choice((STR, STR, STR, ANY, OPTIONAL)))


def samples(chance: Random) -> Iterator[Sample]:
    """One of everything, with operands by chance."""

    def short(length: int = 2) -> str:
        return some_text(chance, length)

    def long() -> Given:
        return receiver(chance, some_text(chance, 9))

    for name in (
        "upper",
        "lower",
        "strip",
        "lstrip",
        "rstrip",
        "split",
        "rsplit",
        "splitlines",
        "isspace",
        "isascii",
    ):
        yield method(name, long())
    for name in ("strip", "lstrip", "rstrip"):
        yield method(name, long(), constant(short(4)))
        yield method(name, long(), constant(None))
    for name in ("split", "rsplit"):
        yield method(name, long(), constant(None))
        yield method(name, long(), maybe_constant(chance, short()))
        yield method(name, long(), constant(short()), constant(chance.randint(-1, 3)))
    yield method("splitlines", long(), constant(chance.random() < 0.5))
    for name in (
        *(
            "startswith",
            "endswith",
            "removeprefix",
            "removesuffix",
            "find",
            "rfind",
            "rindex",
            "index",
            "count",
        ),
        *("partition", "rpartition"),
    ):
        whole = some_text(chance, 9)
        part = chance.choice((whole[: chance.randint(0, 3)], whole[-chance.randint(1, 3) :], short()))
        yield method(name, receiver(chance, whole), maybe_constant(chance, part))
    for name in ("startswith", "endswith"):
        yield method(name, long(), constant(tuple(short() for _ in range(chance.randint(0, 3)))))
    for name in ("ljust", "rjust", "center"):
        yield method(name, long(), constant(chance.randint(-2, 12)))
        yield method(name, long(), constant(chance.randint(-2, 12)), constant(chance.choice(ALPHABET)))
    number = chance.choice((short(5), "", "-", "+1", "-12", " 12"))
    yield method("zfill", receiver(chance, number), constant(chance.randint(-2, 8)))
    limit = constant(chance.randint(-1, 3))
    new = maybe_constant(chance, short(3))
    yield method("replace", some_text(chance, 9), maybe_constant(chance, short()), new)
    yield method("replace", some_text(chance, 9), maybe_constant(chance, short(1)), new, limit)
    parts = [short(3) for _ in range(chance.randint(0, 3))]
    for items in (
        typed(parts, list_of(STR)),
        typed((*parts,), type_of_texts(parts)),
        typed([*parts, 1], LIST),
    ):
        yield method("join", maybe_constant(chance, short()), items)
    together = [maybe_constant(chance, short(3)) for _ in range(chance.randint(1, 4))]
    yield sample("text", lambda *parts: "".join(parts), *together)
    # What is no text has no such methods.
    wrong = typed(chance.choice(NOT_TEXTS), ANY)
    for name in ("upper", "lower", "strip", "split", "splitlines", "isspace", "isascii"):
        yield method(name, wrong)
    for name in ("startswith", "endswith", "removeprefix", "removesuffix", "split"):
        yield method(name, wrong, maybe_constant(chance, "a"))
    for name in ("zfill", "ljust", "rjust", "center"):
        yield method(name, wrong, constant(4))


def type_of_texts(parts: list[str]) -> Type:
    return Type("tuple", elements=(STR,) * len(parts))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_texts_mean_what_they_mean_in_python(seed: int) -> None:
    assert sum(map(check, samples(Random(seed)))) > 20


def test_texts_in_javascript() -> None:
    assert in_javascript(made for seed in range(100) for made in samples(Random(seed))) > 2000


A, B = typed("a b", STR), typed("a", STR)


@pytest.mark.parametrize(
    "made",
    [
        *(method(name, A) for name in ("upper", "strip", "split", "splitlines", "isspace", "isascii")),
        *(method(name, typed("a b", ANY), B) for name in ("split", "startswith", "endswith", "removeprefix")),
        *(
            method(name, A, B)
            for name in ("split", "startswith", "endswith", "removesuffix", "find", "index", "count")
        ),
        *(
            method(name, A, constant("a"))
            for name in (
                *(
                    "strip",
                    "split",
                    "startswith",
                    "endswith",
                    "removeprefix",
                    "removesuffix",
                    "find",
                    "rfind",
                    "rindex",
                ),
                *("count", "partition", "rpartition"),
            )
        ),
        *(method("split", A, constant(" "), constant(limit)) for limit in (1, 2)),
        method("rsplit", A, constant(" "), constant(1)),
        *(method(name, A, constant(("a", "b"))) for name in ("startswith", "endswith")),
        *(method(name, A, constant(5)) for name in ("ljust", "rjust", "center", "zfill")),
        method("ljust", A, constant(5), constant("x")),
        method("replace", A, B, B),
        method("replace", A, constant("a"), B),
        method("replace", A, constant("a"), constant("b")),
        method("join", B, typed(["a"], list_of(STR))),
        sample("text", "".join, A, B),
    ],
    ids=repr,
)
def test_missing_operands_fail(made: Sample) -> None:
    check_missing(made)


@pytest.mark.parametrize(
    ("operation", "operands", "expected"),
    [
        ("upper", (), "$uppercase($a)"),
        ("lower", (), "$lowercase($a)"),
        ("split", (constant(","),), "$split($a, ',')"),
        (
            *("split", (constant("="), constant(1))),
            "$contains($a, '=') ? [$substringBefore($a, '='), $substringAfter($a, '=')] : [$a]",
        ),
        ("strip", (constant("/"),), r'$replace($a, /^\x2f+|\x2f+$/, "")'),
        ("rstrip", (constant("."),), '$replace($a, /[.]+$/, "")'),
        ("lstrip", (constant("ab"),), '$replace($a, /^[ab]+/, "")'),
        ("replace", (constant("a"), constant("b")), "$replace($a, 'a', 'b')"),
        ("replace", (constant("a"), typed("b", STR)), "$join($split($a, 'a'), $c)"),
        ("startswith", (constant("s3://"),), "$substring($a, 0, 5) = 's3://'"),
        ("endswith", (constant(".csv"),), "$substring($a, -4) = '.csv'"),
        ("find", (constant("x"),), "$contains($a, 'x') ? $length($substringBefore($a, 'x')) : -1"),
        ("count", (constant("x"),), "$count($split($a, 'x')) - 1"),
        ("removeprefix", (constant("ab"),), "$substring($a, 0, 2) = 'ab' ? $substring($a, 2) : $a"),
        ("ljust", (constant(5),), "$pad($a, 5)"),
        ("rjust", (constant(5), constant("0")), "$pad($a, -5, '0')"),
        ("isascii", (), r"$not($contains($a, /[^\x00-\x7f]/))"),
    ],
)
def test_it_reads_as_if_written_by_hand(operation: str, operands: tuple[Given, ...], expected: str) -> None:
    assert text(f"method:{operation}", typed("", STR), *operands) == expected


def test_joining_reads_as_if_written_by_hand() -> None:
    assert text("method:join", constant(", "), typed([], list_of(STR))) == "$join($b, ', ')"
    assert text("text", typed("", STR), constant("-"), typed("", STR)) == "$a & '-' & $c"
    assert text("text", typed("", STR)) == "$a"
    assert text("text", constant("a"), constant(""), constant("b")) == "'ab'"
    assert text("text") == "''"
    inner = resolve("text", (Input("a"), Literal("-")), (STR, STR))
    assert inner is not None
    outer = resolve("text", (inner.expression, Literal("/"), Input("b")), (STR, STR, STR))
    assert outer is not None
    assert source(outer.expression, NAMES) == "$a & '-/' & $b"


@pytest.mark.parametrize(
    "made",
    [
        *(
            method(name, A)
            for name in ("title", "capitalize", "casefold", "swapcase", "isdigit", "isalpha", "encode")
        ),
        *(
            method(name, typed(1, Type("int")))
            for name in ("upper", "strip", "split", "splitlines", "isspace")
        ),
        *(method(name, typed("a", ANY), B) for name in ("find", "index", "count", "replace", "partition")),
        method("strip", A, constant("")),
        method("strip", A, B),
        method("strip", A, constant("😀")),
        method("split", A, constant("")),
        method("split", A, constant(" "), constant(0)),
        method("split", A, typed(" ", ANY)),
        method("split", A, B, constant(1)),
        method("split", A, constant(None), constant(1)),
        method("split", A, constant(" "), typed(1, Type("int"))),
        method("split", A, constant(" "), constant(1), constant(1)),
        method("rsplit", A, constant("aba")),
        method("rsplit", A, constant(" "), constant(2)),
        method("splitlines", A, constant(True)),
        method("upper", A, B),
        method("join", B, typed({"a"}, Type("set", element=STR))),
        method("join", B, typed("a", STR)),
        method("replace", A, constant(""), B),
        method("replace", A, B, B, constant(1)),
        method("replace", A, constant("a"), constant("$"), constant(1)),
        method("replace", A, constant("a")),
        method("startswith", A, constant(())),
        method("startswith", A, constant(("a", 1))),
        method("startswith", A, typed(("a",), Type("tuple"))),
        method("startswith", A, B, constant(1)),
        method("find", A, B, constant(1)),
        method("rfind", A, B),
        method("removeprefix", A, typed("a", ANY)),
        method("ljust", A, typed(5, Type("int"))),
        method("ljust", A, constant(5), constant("ab")),
        method("zfill", A, typed(5, Type("int"))),
        method("partition", A, constant("")),
        sample("text", "".join, A, typed(1, Type("int"))),
    ],
    ids=repr,
)
def test_what_cannot_be_exact_is_left_to_python(made: Sample) -> None:
    assert text(made.operation, *made.operands) is None
