"""Sequences mean in expressions what they mean in Python, with no, one and many elements, nested or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.graph.expressions import Array, Expression, Literal
from flowdeco.graph.operations import resolve
from flowdeco.graph.types import ANY, INT, Type, list_of
from tests.compiler.meanings import (
    LISTS,
    NUMBERS,
    SCALARS,
    TEXTS,
    VALUES,
    Case,
    Lambda,
    Value,
    check,
    variants,
)

ITERABLES = LISTS | LISTS | LISTS.map(tuple) | TEXTS | st.sets(st.integers(0, 3)) | VALUES
POSITIONS = st.integers(-4, 4)
NOTHING = Value(None, constant=True)


def operation(name: str, *more: Expression) -> Callable[[Expression, Type], tuple[Expression, Type]]:
    def make(local: Expression, element: Type) -> tuple[Expression, Type]:
        types = (element, *(INT for _ in more))
        found = resolve(name, (local, *more), types)
        assert found is not None
        return found.expression, found.type

    return make


def _boxed(local: Expression, element: Type) -> tuple[Expression, Type]:
    return Array((local,)), list_of(element) if element != ANY else Type("list")


def _twice(local: Expression, element: Type) -> tuple[Expression, Type]:
    return Array((local, local)), list_of(element) if element != ANY else Type("list")


SAME = Lambda(lambda x: x, lambda local, element: (local, element))
BOXED = Lambda(lambda x: [x], _boxed)
TWICE = Lambda(lambda x: [x, x], _twice)
EMPTY = Lambda(lambda x: [], lambda local, element: (Literal([]), Type("list")))
TRUE = Lambda(bool, operation("truth"))
FALSE = Lambda(lambda x: not x, operation("not"))
IS_ONE = Lambda(lambda x: x == 1, operation("eq", Literal(1)))
NUMBER = Lambda(
    lambda x: int(x == 1),
    lambda local, element: operation("if", Literal(1), Literal(0))(
        operation("eq", Literal(1))(local, element)[0], Type("bool")
    ),
)
FUNCTIONS = st.sampled_from([SAME, BOXED, TWICE, EMPTY, TRUE])
TESTS = st.sampled_from([TRUE, FALSE, IS_ONE])


def listed(python: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: list(python(*values))


def changed(method: str) -> Callable[..., Any]:
    def python(xs: Any, *more: Any) -> Any:
        if not isinstance(xs, (list, dict)) or (
            isinstance(xs, dict) and method not in ("__setitem__", "__delitem__")
        ):
            raise AttributeError
        copy = xs.copy()
        getattr(copy, method)(*more)
        return copy

    return python


def added(xs: Any, more: Any) -> Any:
    xs = xs.copy() if isinstance(xs, list) else xs
    xs += more
    return xs


def popped(xs: Any, *more: Any) -> Any:
    if not isinstance(xs, list):
        raise AttributeError
    return xs.copy().pop(*more)


@st.composite
def looks(draw: Any) -> Case:
    """Lengths, elements, slices."""
    name = draw(st.sampled_from(["len", "item", "slice", "range", "iterate", "list", "reversed", "key"]))
    match name:
        case "len":
            return Case(name, (Value(draw(ITERABLES)),), len)
        case "iterate" | "list":
            return Case(name, (Value(draw(ITERABLES | SCALARS)),), list)
        case "reversed":
            return Case(name, (Value(draw(LISTS | TEXTS | LISTS.map(tuple))),), listed(reversed))
        case "item":
            key = draw(POSITIONS | POSITIONS | SCALARS)
            return Case(name, (Value(draw(LISTS | TEXTS | VALUES)), Value(key)), lambda x, k: x[k])
        case "key":
            keys = st.sampled_from(["a", "b", "k y", "z"])
            return Case(
                "item", (Value(draw(st.dictionaries(keys, VALUES))), Value(draw(keys))), lambda x, k: x[k]
            )
        case "slice":
            bounds = [draw(st.just(NOTHING) | POSITIONS.map(Value)) for _ in range(2)]
            step = draw(
                st.sampled_from([NOTHING, NOTHING, *(Value(n, constant=True) for n in (1, 2, 3, -1))])
            )
            xs = draw(LISTS | TEXTS | LISTS.map(tuple))
            return Case(name, (Value(xs), *bounds, step), lambda x, *b: x[slice(*b)])
        case _:
            bounds = draw(st.lists(st.integers(-5, 9) | st.booleans(), min_size=1, max_size=3))
            return Case(name, tuple(map(Value, bounds)), listed(range))


@st.composite
def walks(draw: Any) -> Case:
    """Going over iterables."""
    name = draw(
        st.sampled_from(
            ["enumerate", "zip", "sorted", "min", "max", "any", "all", "map", "filter", "flat_map", "min_of"]
        )
    )
    xs = Value(draw(ITERABLES))
    match name:
        case "enumerate":
            start = draw(st.lists(st.integers(-2, 3), max_size=1))
            return Case(name, (xs, *map(Value, start)), listed(enumerate))
        case "zip":
            return Case(name, tuple(map(Value, draw(st.lists(ITERABLES, max_size=3)))), listed(zip))
        case "sorted":
            key, reverse = draw(st.sampled_from([NOTHING, NOTHING, TRUE, NUMBER])), draw(st.booleans())
            function = None if key is NOTHING else key.python
            python = lambda x, k, r: sorted(x, key=function, reverse=r)  # noqa: E731
            return Case(name, (xs, key, Value(reverse, constant=True)), python)
        case "min" | "max":
            key = draw(st.sampled_from([NOTHING, NOTHING, TRUE, NUMBER]))
            function = None if key is NOTHING else key.python
            pick = {"min": min, "max": max}[name]
            default = draw(st.lists(SCALARS, max_size=1))
            python = lambda x, k, *d: pick(x, key=function, **({"default": d[0]} if d else {}))  # noqa: E731
            return Case(name, (xs, key, *map(Value, default)), python)
        case "min_of":
            name, pick = draw(st.sampled_from([("min_of", min), ("max_of", max)]))
            values = draw(
                st.lists(NUMBERS, min_size=2, max_size=3) | st.lists(SCALARS, min_size=2, max_size=3)
            )
            return Case(name, tuple(map(Value, values)), pick)
        case "any" | "all":
            return Case(name, (xs,), {"any": any, "all": all}[name])
        case "map":
            return Case(name, (draw(FUNCTIONS), xs), listed(map))
        case "filter":
            return Case(name, (draw(TESTS), xs), listed(filter))
        case _:
            function = draw(st.sampled_from([BOXED, TWICE, EMPTY]))
            return Case(name, (function, xs), lambda f, x: [item for part in map(f, x) for item in part])


@st.composite
def changes(draw: Any) -> Case:
    """Lists after a change."""
    name = draw(
        st.sampled_from(
            ["append", "extend", "insert", "remove", "reverse", "sort", "pop", "popped", "set", "del", "iadd"]
        )
        | st.sampled_from(["index", "count", "copy", "concat", "clear", "key"])
    )
    items = draw(LISTS)
    xs, item = Value(items), draw(VALUES | st.sampled_from(items or [1]))
    at = Value(draw(POSITIONS))
    match name:
        case "append" | "remove":
            return Case(f"mutate:{name}", (xs, Value(item)), changed(name))
        case "extend":
            return Case("mutate:extend", (xs, Value(draw(ITERABLES))), changed("extend"))
        case "insert":
            return Case("mutate:insert", (xs, at, Value(item)), changed("insert"))
        case "reverse" | "clear":
            return Case(f"mutate:{name}", (xs,), changed(name))
        case "sort":
            reverse = Value(draw(st.booleans()), constant=True)
            python = lambda x, key, reverse: sorted(x, reverse=reverse)  # noqa: E731
            return Case("mutate:sort", (xs, NOTHING, reverse), python)
        case "pop":
            return Case("mutate:pop", (xs, *draw(st.sampled_from([(), (at,)]))), changed("pop"))
        case "popped":
            return Case("result:pop", (xs, *draw(st.sampled_from([(), (at,)]))), popped)
        case "set":
            return Case("mutate:setitem", (xs, at, Value(item)), changed("__setitem__"))
        case "del":
            return Case("mutate:delitem", (xs, at), changed("__delitem__"))
        case "key":
            keys = st.sampled_from(["a", "b", "z", "k y"])
            d = Value(draw(st.dictionaries(keys, VALUES, max_size=2)))
            if draw(st.booleans()):
                return Case("mutate:setitem", (d, Value(draw(keys)), Value(item)), changed("__setitem__"))
            return Case("mutate:delitem", (d, Value(draw(keys))), changed("__delitem__"))
        case "iadd":
            return Case("mutate:iadd", (Value(draw(LISTS | VALUES)), Value(draw(ITERABLES))), added)
        case "concat":
            return Case("concat", (xs, Value(draw(LISTS))), lambda x, y: x + y)
        case "copy":
            return Case("method:copy", (xs,), list)
        case _:
            return Case(f"method:{name}", (xs, Value(item)), lambda x, v: getattr(x, name)(v))


@settings(deadline=None)
@given(looks())
def test_looks(case: Case) -> None:
    for variant in variants(case):
        check(variant)


def loud(case: Case) -> bool:
    """Where an expression of unknown types fails though Python does not: lists and tuples have no order here."""
    return case.name in ("sorted", "min", "max", "min_of", "max_of", "mutate:sort", "mutate:iadd")


@settings(deadline=None)
@given(walks())
def test_walks(case: Case) -> None:
    for variant in variants(case):
        if case.name not in ("sorted", "min", "max") or variant.operands[1:] == case.operands[1:]:
            check(variant, loud=loud(case))


@settings(deadline=None)
@given(changes())
def test_changes(case: Case) -> None:
    for variant in variants(case):
        if case.name != "mutate:sort" or variant.operands[1:] == case.operands[1:]:
            check(variant, loud=loud(case))
