"""Every form is spelled; names do not clash; what is missing is never swallowed; simple things look simple."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.compiler.jsonata import source, template
from flowdeco.compiler.operations import SPELLINGS
from flowdeco.compiler.operations.arguments import binding, closes_at_end, wrapped
from flowdeco.graph import operations
from flowdeco.graph.expressions import (
    Array,
    Elements,
    Expression,
    Field,
    Function,
    Index,
    Literal,
    Local,
    Object,
    Operation,
    Result,
    Symbol,
)
from flowdeco.graph.operations import OperandError, resolve
from flowdeco.graph.types import ANY, BOOL, DICT, FLOAT, INT, LIST, NONE, STR, Type, list_of
from tests.compiler.meanings import FAILED, NAMES, VALUES, encoded, equal, evaluated

X, Y, Z = (Result(i) for i in range(3))
READABLE: dict[Symbol, str] = {X: "$x", Y: "$y", Z: "$z"}


def spelled(name: str, *operands: tuple[Expression, Type]) -> str:
    found = resolve(name, tuple(e for e, _ in operands), tuple(t for _, t in operands))
    assert found is not None
    return source(found.expression, READABLE)


def test_every_form_is_spelled_and_every_spelling_is_a_form() -> None:
    modules = [getattr(operations, family) for family in dir(operations)]
    forms = [form for module in modules for form in getattr(module, "FORMS", ())]
    assert sorted(set(forms)) == sorted(forms)
    assert set(forms) == set(SPELLINGS)


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("add", ((X, INT), (Literal(1), INT)), "$x + 1"),
        ("add", ((X, STR), (Literal("-"), STR)), "$x & '-'"),
        ("truediv", ((X, FLOAT), (Literal(2), INT)), "$x / 2"),
        ("gt", ((X, FLOAT), (Literal(0.5), FLOAT)), "$x > 0.5"),
        ("lt", ((X, STR), (Literal("2026-01-01"), STR)), "$x < '2026-01-01'"),
        ("eq", ((X, STR), (Y, STR)), "$x = $y"),
        ("eq", ((X, ANY), (Literal("done"), STR)), "$x = 'done'"),
        ("not", ((X, BOOL),), "$not($x)"),
        ("and", ((X, BOOL), (Y, BOOL), (Z, BOOL)), "$x and $y and $z"),
        ("truth", ((X, INT),), "$x != 0"),
        ("truth", ((X, LIST),), "$count($x) > 0"),
        ("truth", ((X, DICT),), "$x != {}"),
        ("is_none", ((X, ANY),), "$x = null"),
        ("if", ((X, BOOL), (Y, INT), (Literal(0), INT)), "$x ? $y : 0"),
        ("len", ((X, LIST),), "$count($x)"),
        ("len", ((X, STR),), "$length($x)"),
        ("sum", ((X, list_of(INT)),), "$sum($x)"),
        (
            "max",
            ((X, list_of(FLOAT)),),
            "$x = [] ? $error('ValueError: max() iterable argument is empty') : $max($x)",
        ),
        ("sorted", ((X, list_of(INT)),), "$sort($x)"),
        ("range", ((X, INT),), "[0..$x - 1]"),
        ("range", ((Literal(5), INT),), "[0..4]"),
        ("contains", ((X, list_of(STR)), (Y, STR)), "$y in $x"),
        ("contains", ((X, STR), (Y, STR)), "$contains($x, $y)"),
        ("item", ((X, LIST), (Literal(-1), INT)), "$x[-1]"),
        ("item", ((X, LIST), (Y, INT)), "$x[$y]"),
        ("item", ((X, DICT), (Literal("k"), STR)), "$x.k"),
        ("slice", ((X, STR), (Literal(2), INT), (Literal(None), NONE)), "$substring($x, 2)"),
        ("mutate:append", ((X, LIST), (Y, INT)), "$append($x, $y)"),
        ("round", ((X, FLOAT),), "$round($x)"),
        ("isinstance", ((X, ANY), (Literal("str"), STR)), '$type($x) = "string"'),
    ],
)
def test_simple_things_look_simple(name: str, operands: Any, expected: str) -> None:
    assert spelled(name, *operands) == expected


def test_operands_are_in_parentheses_only_where_they_have_to() -> None:
    total = Operation("add.numbers", (X, Y))
    product = Operation("mul.numbers", (X, Y))
    assert source(Operation("mul.numbers", (total, Literal(2))), READABLE) == "($x + $y) * 2"
    assert source(Operation("add.numbers", (product, total)), READABLE) == "$x * $y + ($x + $y)"
    assert source(Operation("sub.numbers", (total, Y)), READABLE) == "$x + $y - $y"
    assert source(Field(total, "k", certain=True), READABLE) == "($x + $y).k"
    assert source(Operation("neg.number", (total,)), READABLE) == "-($x + $y)"
    assert binding("-$x") < binding("-1") == binding('f("a + b")') == binding("$replace($s, / b/, 'c')")
    assert wrapped("$x ? 1 : 2") == "($x ? 1 : 2)"
    assert closes_at_end("[(1)]")
    assert not closes_at_end("[1][0]")
    assert not closes_at_end("$x")


def test_new_names_mean_nothing_elsewhere() -> None:
    """A variable of the workflow, a function of JSONata and the parameters around keep their meaning."""
    names: dict[Symbol, str] = {X: "$n", Y: "$divisor", Z: "$rest"}
    total = Operation("add.numbers", (X, Z))
    found = resolve("mod", (total, Operation("add.numbers", (Y, Y))), (FLOAT, FLOAT))
    assert found is not None
    text = source(found.expression, names)
    assert evaluated(text, {"n": 5, "rest": 2, "divisor": -2}) == -1
    nested = Function((1,), ("count",), Operation("len.list", (Local(1),)))
    twice = Function((2,), ("n",), Operation("map.flat", (nested, Array((Local(2), X)))))
    text = source(Operation("map.lists", (twice, Y)), {X: "$n", Y: "$count2"})
    assert evaluated(text, {"n": [1], "count2": [[1, 2], []]}) == [[2, 1], [0, 1]]


def missing(wrap: Callable[[Expression], Expression]) -> list[str]:
    looks: tuple[Expression, ...] = (
        Field(X, "k"),
        Index(X, 7),
        Field(Field(X, "k"), "j"),
        Index(Operation("reversed", (Field(X, "l"),)), 9),
    )
    looks += (
        Field(Field(X, "k"), "j", certain=True),
        Elements(Field(X, "k")),
        Elements(Index(Array((X,)), 3)),
    )
    return [source(wrap(look), READABLE) for look in looks]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda look: look,
        lambda look: Operation("eq.same", (look, Literal(1))),
        lambda look: Operation("len.list", (look,)),
        lambda look: Operation("add.texts", (Literal("a"), Operation("add.texts", (look, Literal("b"))))),
        lambda look: Operation("not.bool", (Operation("eq.same", (look, Literal(1))),)),
        lambda look: Array((Literal(1), look)),
        lambda look: Array((look,)),
        lambda look: Object((("a", look),)),
        lambda look: Operation("if", (Literal(True), look, Literal(1))),
        lambda look: Operation("len.list", (Operation("if", (Literal(True), look, Literal([]))),)),
        lambda look: Operation("map.any", (Function((1,), ("r",), look), Literal([1]))),
    ],
)
def test_what_is_missing_fails(wrap: Callable[[Expression], Expression]) -> None:
    for text in missing(wrap):
        assert evaluated(text, {"x": {"l": [1]}}) is FAILED, text


def test_guards_only_where_something_would_be_swallowed() -> None:
    look = Field(X, "k")
    assert source(Operation("gt.plain", (look, Literal(0.5))), READABLE) == "$x.k > 0.5"
    assert source(Operation("eq.same", (look, Literal(1))), READABLE) == (
        "($exists($x.k) ? $x.k : $error(\"KeyError: 'k'\")) = 1"
    )
    assert source(Operation("eq.same", (Field(X, "k", certain=True), Literal(1))), READABLE) == "$x.k = 1"


@given(st.lists(VALUES, max_size=4))
def test_arrays_keep_what_is_in_them(values: list[Any]) -> None:
    variables = {f"v{i}": encoded(value) for i, value in enumerate(values)}
    made = Array(tuple(Result(i) for i in range(len(values))))
    assert equal(evaluated(source(made, NAMES), variables), encoded(values))
    inside = Object((("a", Array((made,))),))
    assert equal(evaluated(source(inside, NAMES), variables), {"a": [encoded(values)]})


def test_templates() -> None:
    made = Operation("add.numbers", (X, Literal(1)))
    assert template(Array((made,)), READABLE) == ["{% $x + 1 %}"]


def test_the_first_family_that_knows_an_operation_answers() -> None:
    assert resolve("no such operation", (), ()) is None
    found = resolve("mutate:pop", (X, Literal("k")), (DICT, STR))
    assert found is not None
    with pytest.raises(OperandError):
        resolve("sub", (X, Y), (STR, INT))


def test_functions_stand_for_themselves() -> None:
    function = Function((1,), ("r",), Operation("add.numbers", (Local(1), X)))
    assert source(function, READABLE) == "function($r){ $r + $x }"


def test_a_short_path_needs_no_variable() -> None:
    optional = Type("list", optional=True)
    found = resolve("truth", (Field(X, "k", certain=True),), (optional,))
    assert found is not None
    assert source(found.expression, READABLE) == "$x.k != null and $count($x.k) > 0"
    long = Field(X, "a name that is very long", certain=True)
    found = resolve("truth", (long,), (optional,))
    assert found is not None
    assert source(found.expression, READABLE).startswith("($x2 := $x.")
    # A text of the user with the letters of the variable stays what it is.
    found = resolve("mul", (Field(X, "k", certain=True), Literal(2)), (STR, INT))
    assert found is not None
    assert source(found.expression, READABLE) == "$pad('', 2 * $length($x.k), $x.k)"
    found = resolve(
        "method:get", (Field(X, "k", certain=True), Literal("$d"), Literal("$d")), (DICT, STR, STR)
    )
    assert found is not None
    text = source(found.expression, READABLE)
    assert evaluated(text, {"x": {"k": {}}}) == "$d"
    assert evaluated(text, {"x": {"k": {"$d": 1}}}) == 1
