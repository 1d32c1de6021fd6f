"""Comprehensions over items of dicts, numbered and zipped lists: what they are composed of is written as one walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from flowdeco.compiler.jsonata import source
from flowdeco.graph.expressions import (
    Array,
    Expression,
    Field,
    Function,
    Index,
    Input,
    Literal,
    Local,
    Object,
    Symbol,
)
from flowdeco.graph.operations import resolve
from flowdeco.graph.types import ANY, BOOL, DICT, FLOAT, INT, LIST, NONE, STR, Type, join, list_of
from tests.compiler.meanings import equal, evaluated, holds
from tests.compiler.samples import by_javascript, encoded

NAMES: dict[Symbol, str] = {Input(name): f"${name}" for name in "abcd"}


@dataclass(frozen=True)
class Known:
    """An expression, its type, and the operators to write more of them."""

    expression: Expression
    type: Type = ANY

    def __getitem__(self, i: int) -> Known:
        """An element of a tuple."""
        assert self.type.elements is not None
        return Known(Index(Field(self.expression, "items", certain=True), i), self.type.elements[i])


def do(name: str, *operands: object) -> Known:
    known = [one if isinstance(one, Known) else constant(one) for one in operands]
    found = resolve(name, tuple(one.expression for one in known), tuple(one.type for one in known))
    assert found is not None, name
    return Known(found.expression, found.type)


def constant(value: object) -> Known:
    kinds = {bool: BOOL, int: INT, str: STR, float: FLOAT, type(None): NONE}
    return Known(Literal(value), kinds[type(value)])


def pair(*parts: Known) -> Known:
    items = Array(tuple(part.expression for part in parts))
    made = Object((("$type", Literal("tuple")), ("items", items)))
    return Known(made, Type("tuple", elements=tuple(part.type for part in parts)))


def boxed(part: Known) -> Known:
    return Known(Array((part.expression,)), list_of(part.type) if part.type != ANY else LIST)


class Each:
    """Functions get numbers of their own."""

    number = 100

    @classmethod
    def of(cls, over: Known, body: Callable[[Known], Known]) -> Known:
        cls.number += 1
        listed = do("iterate", over)
        made = body(Known(Local(cls.number), listed.type.item))
        return Known(Function((cls.number,), ("p",), made.expression), made.type)


def mapped(over: Known, body: Callable[[Known], Known]) -> Known:
    return do("map", Each.of(over, body), over)


def kept(over: Known, test: Callable[[Known], Known]) -> Known:
    return do("filter", Each.of(over, test), over)


def chained(over: Known, body: Callable[[Known], Known]) -> Known:
    return do("flat_map", Each.of(over, body), over)


@dataclass(frozen=True)
class Composed:
    name: str
    python: Callable[..., object]
    written: Callable[..., Known]
    of: str = "dict"


def items(d: Known) -> Known:
    return do("method:items", d)


def is_one(v: Known) -> Known:
    return do("eq", v, 1)


COMPOSED = (
    Composed("items", lambda d: list(d.items()), items),
    Composed("keys", lambda d: [k for k, v in d.items()], lambda d: mapped(items(d), lambda p: p[0])),
    Composed("values", lambda d: [v for k, v in d.items()], lambda d: mapped(items(d), lambda p: p[1])),
    Composed(
        "some values",
        lambda d: [v for k, v in d.items() if k != "b"],
        lambda d: mapped(kept(items(d), lambda p: do("ne", p[0], "b")), lambda p: p[1]),
    ),
    Composed(
        "boxes",
        lambda d: [[v] for v in d.values()],
        lambda d: mapped(do("method:values", d), boxed),
    ),
    Composed(
        "some items",
        lambda d: [(k, v) for k, v in d.items() if v == 1],
        lambda d: kept(items(d), lambda p: is_one(p[1])),
    ),
    Composed(
        "some items twice",
        lambda d: [k for k, v in d.items() if v == 1 if k != "b"],
        lambda d: mapped(
            kept(kept(items(d), lambda p: is_one(p[1])), lambda p: do("ne", p[0], "b")), lambda p: p[0]
        ),
    ),
    Composed("same dict", lambda d: dict(d.items()), lambda d: do("dict_of_pairs", items(d))),
    Composed(
        "some of a dict",
        lambda d: {k: v for k, v in d.items() if v == 1},
        lambda d: do("dict_of_pairs", kept(items(d), lambda p: is_one(p[1]))),
    ),
    Composed(
        "another dict",
        lambda d: {k + "!": [v] for k, v in d.items()},
        lambda d: do("dict_of_pairs", mapped(items(d), lambda p: pair(do("add", p[0], "!"), boxed(p[1])))),
    ),
    Composed(
        "one key",
        lambda d: {"x": v for v in d.values()},  # noqa: B035
        lambda d: do("dict_of_pairs", mapped(do("method:values", d), lambda v: pair(constant("x"), v))),
    ),
    Composed(
        "tuples again",
        lambda d: [(v, k) for k, v in d.items()],
        lambda d: mapped(items(d), lambda p: pair(p[1], p[0])),
    ),
    Composed(
        "any of values",
        lambda d: any(v == 1 for v in d.values()),
        lambda d: do("any", mapped(do("method:values", d), is_one)),
    ),
    Composed(
        "sorted items", lambda d: sorted(d.items(), key=lambda p: p[0]), lambda d: do("sorted", items(d))
    ),
    Composed(
        "values chained",
        lambda d: [x for v in d.values() for x in [v, 0]],
        lambda d: chained(do("method:values", d), lambda v: do("concat", boxed(v), boxed(constant(0)))),
    ),
    Composed(
        "items chained",
        lambda d: [x for k, v in d.items() if k != "b" for x in [v]],
        lambda d: chained(kept(items(d), lambda p: do("ne", p[0], "b")), lambda p: boxed(p[1])),
    ),
    Composed(
        "numbered",
        lambda xs: [[i, x] for i, x in enumerate(xs, 1)],
        lambda xs: mapped(do("enumerate", xs, 1), lambda p: do("concat", boxed(p[0]), boxed(p[1]))),
        "list",
    ),
    Composed(
        "every other",
        lambda xs: [x for i, x in enumerate(xs) if i % 2 == 0],
        lambda xs: mapped(
            kept(do("enumerate", xs), lambda p: do("eq", do("mod", p[0], 2), 0)), lambda p: p[1]
        ),
        "list",
    ),
    Composed(
        "numbered chain",
        lambda xs: [x for i, x in enumerate(xs) for x in [x, i]],
        lambda xs: chained(do("enumerate", xs), lambda p: do("concat", boxed(p[1]), boxed(p[0]))),
        "list",
    ),
    Composed(
        "zipped",
        lambda xs: [[y] for x, y in zip(xs, xs)],
        lambda xs: mapped(do("zip", xs, xs), lambda p: boxed(p[1])),
        "list",
    ),
    Composed(
        "zipped values",
        lambda xs: [x for x, y in zip(xs, xs) if y == 1],
        lambda xs: mapped(kept(do("zip", xs, xs), lambda p: is_one(p[1])), lambda p: p[0]),
        "list",
    ),
    Composed(
        "by number",
        lambda xs: {"ab"[x == 1]: x for x in xs},
        lambda xs: do(
            "dict_of_pairs",
            mapped(xs, lambda x: pair(do("if", is_one(x), "b", "a"), x)),
        ),
        "list",
    ),
    Composed(
        "chained", lambda xss: [x for xs in xss for x in xs], lambda xss: chained(xss, lambda xs: xs), "lists"
    ),
    Composed(
        "chained of some",
        lambda xss: [x for xs in xss if len(xs) != 1 for x in xs],
        lambda xss: chained(kept(xss, lambda xs: do("ne", do("len", xs), 1)), lambda xs: xs),
        "lists",
    ),
    Composed(
        "chained values",
        lambda d: [x for xs in d.values() for x in xs],
        lambda d: chained(do("method:values", d), lambda xs: xs),
        "dict of lists",
    ),
)

VALUES: tuple[Any, ...] = (0, 1, "a", None, [], [1], [1, 2], [[1]], [[]], {"k": 1})


def values() -> Iterator[list[Any]]:
    yield []
    for value in VALUES:
        yield [value]
        yield [value, 1]
        yield [1, value, value]


def kind(value: Any) -> Type:
    """The type of a value as annotations say it: of lists in lists only that they are lists."""
    match value:
        case list():
            inner = [kind(item) for item in value]
            return list_of(inner[0]) if inner and all(one == inner[0] for one in inner) else LIST
        case dict():
            return DICT
        case None:
            return NONE
        case _:
            return {int: INT, str: STR}[type(value)]


def joined(given: list[Any]) -> Type:
    made = Type("nothing")
    for value in given:
        made = join(made, kind(value))
    return ANY if made.sort == "nothing" else made


def arguments(of: str) -> Iterator[tuple[Any, Type]]:
    for given in values():
        for element in (joined(given), ANY):
            some = None if element == ANY else element
            match of:
                case "dict":
                    yield dict(zip("abc", given)), Type("dict", element=some)
                case "list":
                    yield given, Type("list", element=some)
                case "lists":
                    inner = list_of(element) if some else LIST
                    for lists in ([given], [given, []], [[], given, given], []):
                        yield lists, list_of(inner)
                case _:
                    inner = list_of(element) if some else LIST
                    for lists in ([given], [given, []], [[], given, given], []):
                        yield dict(zip("abc", lists)), Type("dict", element=inner)


def cases(composed: Composed) -> Iterator[tuple[str, dict[str, Any], object]]:
    for value, type in arguments(composed.of):
        made = composed.written(Known(Input("a"), type))
        wanted = encoded(composed.python(value))
        assert holds(made.type, wanted), f"{composed.name}: {wanted} is no {made.type}"
        yield source(made.expression, NAMES), {"a": value}, wanted
        yield source(Object((("in", made.expression),)), NAMES), {"a": value}, {"in": wanted}


@pytest.mark.parametrize("composed", COMPOSED, ids=lambda composed: composed.name)
def test_walks_mean_what_they_mean_in_python(composed: Composed) -> None:
    for text, variables, wanted in cases(composed):
        found = evaluated(text, variables)
        assert equal(found, wanted), f"{variables}: {found}, not {wanted}: {text}"


def test_walks_in_javascript() -> None:
    every = [case for composed in COMPOSED for case in cases(composed)]
    outcomes = by_javascript([(text, variables) for text, variables, _ in every])
    for (text, variables, wanted), found in zip(every, outcomes):
        assert equal(found, wanted), f"{variables}: {found}, not {wanted}: {text}"


D, XS = Known(Input("a"), Type("dict", element=INT)), Known(Input("a"), list_of(STR))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            do("dict_of_pairs", kept(items(D), lambda p: do("gt", p[1], 1))),
            "$merge([{}, $each($a, function($v, $k){ $v > 1 ? {$k: $v} })])",
        ),
        (
            mapped(items(D), lambda p: do("text", p[0], do("str", p[1]))),
            "[$each($a, function($v, $k){ $k & $formatBase($v) })]",
        ),
        (
            mapped(do("enumerate", XS), lambda p: do("text", do("str", p[0]), p[1])),
            "[$map($a, function($v, $i){ $i & $v })]",
        ),
        (
            mapped(do("zip", XS, XS), lambda p: do("add", p[0], p[1])),
            "[$map($zip($a, $a), function($t){ $t[0] & $t[1] })]",
        ),
        (chained(Known(Input("a"), list_of(list_of(INT))), lambda xs: xs), "$reduce($a, $append, [])"),
        (
            do(
                "dict_of_pairs",
                Known(Array((pair(XS, D).expression,)), list_of(pair(Known(Input("a"), STR), D).type)),
            ),
            "{$a: $a}",
        ),
        (do("list", do("dict.fromkeys", XS)), "[$distinct($a)]"),
        (do("sorted", do("set", Known(Input("a"), list_of(INT)))), "[$sort($distinct($a))]"),
    ],
)
def test_they_read_as_if_written_by_hand(made: Known, expected: str) -> None:
    assert source(made.expression, NAMES) == expected
