from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.graph.expressions import Input
from flowdeco.graph.operations import resolve
from flowdeco.graph.types import ANY, FLOAT, INT, LIST, STR, Type, list_of
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

INTS, TEXTS = Type("set", element=INT), Type("set", element=STR)
OPERATIONS = ("union", "intersection", "difference", "symmetric_difference")


def changed(name: str) -> Callable[..., object]:
    def python(receiver: Any, value: object) -> object:
        getattr(receiver, name)(value)
        return receiver

    return python


def combined(name: str) -> Callable[..., object]:
    return lambda first, second: getattr(first, name)(second)


def samples(chance: Random) -> Iterator[Sample]:
    some_int: Callable[[], Any] = lambda: chance.randint(-3, 12)  # noqa: E731
    some_text: Callable[[], Any] = lambda: chance.choice(("a", "b", "B", "é", "ab", "", "\uffff"))  # noqa: E731
    for make, element in ((some_int, INT), (some_text, STR)):
        items = [make() for _ in range(chance.randint(0, 5))]
        kind = Type("set", element=element)
        first, second = ({make() for _ in range(chance.randint(0, 3))} for _ in range(2))
        for name, python in (("set", set), ("frozenset", frozenset), ("set_of", set)):
            yield sample(name, python, typed(items, list_of(element)))
            yield sample(name, python, tuple(items or [make()]))
            yield sample(name, python)
        yield sample("set_literal", lambda *values: set(values), make(), *items)
        for name in OPERATIONS:
            yield sample(name, combined(name), typed(first, kind), typed(frozenset(second), kind))
            yield sample(f"method:{name}", combined(name), typed(frozenset(first), kind), typed(second, kind))
            yield sample(name, combined(name), constant(first or {make()}), typed(second, kind))
        for name in ("add", "discard", "remove"):
            yield sample(f"mutate:{name}", changed(name), typed(first, kind), make())
            yield sample(f"result:{name}", lambda *_: None, typed(first, kind), make())
        yield sample("mutate:add", changed("add"), constant(set()), make())
        for name, sign in (("or_", "__or__"), ("and_", "__and__"), ("sub", "__sub__"), ("xor", "__xor__")):
            yield sample(name, combined(sign), typed(first, kind), typed(second, kind))
        for name in ("add", "discard", "remove"):
            yield sample(f"mutate:{name}", changed(name), typed(first, Type("set")), make())
            # True is 1: it stays what it was, or goes.
            mixed, number = chance.choice((({True}, 1), ({False}, 0), ({10, 9, 2}, 2), ({10, 9}, 1)))
            yield sample(f"mutate:{name}", changed(name), typed(mixed, Type("set")), number)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_sets_mean_what_they_mean_in_python(seed: int) -> None:
    assert all(map(check, samples(Random(seed))))


def test_sets_in_javascript() -> None:
    assert in_javascript(made for seed in range(60) for made in samples(Random(seed))) > 1500


@pytest.mark.parametrize(
    "made",
    [
        sample("set", set, typed([1], list_of(INT))),
        sample("set_literal", lambda *values: set(values), 1, 2),
        *(sample(name, combined(name), typed({1}, INTS), typed({2}, INTS)) for name in OPERATIONS),
        *(
            sample(f"mutate:{name}", changed(name), typed({1, 2}, INTS), 2)
            for name in ("add", "discard", "remove")
        ),
    ],
    ids=repr,
)
def test_missing_operands_fail(made: Sample) -> None:
    check_missing(made)


def test_operations_on_what_was_just_made() -> None:
    """No path into an object that is written right there."""
    empty = resolve("set", (), ())
    assert empty is not None
    one = resolve("mutate:add", (empty.expression, Input("a")), (empty.type, INT))
    assert one is not None
    both = resolve("union", (one.expression, Input("b")), (one.type, INTS))
    assert both is not None
    assert both.type == INTS
    shown = text("set", typed([], list_of(STR)))
    assert shown == "{'$type': 'set', 'items': [$sort($distinct($a))]}"


@pytest.mark.parametrize(
    ("operation", "operands"),
    [
        ("set", (typed([], LIST),)),
        ("set", (typed([], list_of(FLOAT)),)),
        ("set", (typed("ab", STR),)),
        ("set", (typed([], list_of(INT)), typed(1, INT))),
        ("set_literal", ()),
        ("set_literal", (typed(1, INT), typed("a", STR))),
        ("set_literal", (typed(1.5, FLOAT),)),
        ("union", (typed(set(), INTS), typed(set(), TEXTS))),
        ("union", (typed(set(), INTS), typed([], list_of(INT)))),
        ("union", (typed(set(), Type("set")), typed(set(), Type("set")))),
        ("method:union", (typed(set(), INTS), typed(set(), INTS), typed(set(), INTS))),
        ("mutate:add", (typed(set(), INTS), typed("a", STR))),
        ("mutate:add", (typed(set(), Type("set")), typed(1.5, FLOAT))),
        ("mutate:add", (typed(set(), Type("set", element=ANY)), typed(1, ANY))),
        ("mutate:add", (typed([], LIST), typed(1, INT))),
        ("result:add", (typed([], LIST), typed(1, INT))),
    ],
)
def test_what_cannot_be_exact_is_left_to_python(operation: str, operands: tuple[Given, ...]) -> None:
    assert text(operation, *operands) is None
