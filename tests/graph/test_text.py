from __future__ import annotations

from typing import Any

import pytest

from flowdeco.authoring.options import StepOptions
from flowdeco.graph import (
    Array,
    Block,
    Call,
    Elements,
    Expression,
    Field,
    Fork,
    Graph,
    Index,
    Input,
    Item,
    Literal,
    Map,
    Object,
    Result,
    Return,
)
from flowdeco.graph.text import spell, text

OPTIONS = StepOptions("f")
NONE = Literal(None)


def call(id: int, step: str, *arguments: tuple[str, Expression], **fields: Any) -> Call:
    return Call(id=id, step=step, arguments=arguments, options=OPTIONS, **fields)


def test_a_whole_graph() -> None:
    rows = Map(
        id=2,
        items=Field(Result(1), "rows"),
        item_name="row",
        max_concurrency=5,
        distributed=True,
        after=(1,),
        name="each row",
        block=Block(
            (
                call(3, "clean", ("row", Item(2)), ("strict", Literal(True))),
                Map(
                    id=4,
                    items=Result(3),
                    item_name="cell",
                    block=Block((), Return(Array((Item(4), Item(2))))),
                ),
            ),
            Return(Result(4)),
        ),
    )
    fork = Fork(
        id=5,
        name="train and note",
        branches=(
            Block(
                (call(6, "train", ("*", Array((Result(2), Literal(0.1)))), ("seed", Literal(1))),),
                Return(NONE),
            ),
            Block(
                (call(7, "note", ("*", Literal(["done", None])), after=(2, 3), name="note it"),), Return(NONE)
            ),
        ),
    )
    graph = Graph(
        "pipeline",
        Block((call(1, "load"), rows, fork), Return(Object((("model", Result(6)),))), scheduled=True),
        inputs=("day", "rate", "größe"),
        defaults={"rate": 0.1, "größe": "ü"},
    )
    assert text(graph).splitlines() == [
        'workflow pipeline(day, rate=0.1, größe="ü")',
        "  %1 = load()",
        "  %2 = map row in %1.rows, at most 5 at a time, distributed  after %1  # each row",
        "    %3 = clean(row=row, strict=true)",
        "    %4 = map cell in %3",
        "      -> [cell, row]",
        "    -> %4",
        "  %5 = at the same time  # train and note",
        "    branch",
        "      %6 = train(%2, 0.1, seed=1)",
        "      -> null",
        "    branch",
        '      %7 = note("done", null)  after %2, %3  # note it',
        "      -> null",
        '  -> {"model": %6}',
    ]


@pytest.mark.parametrize(
    ("arguments", "spelled"),
    [
        ((), "f()"),
        ((("*", Array(())),), "f()"),
        ((("*", Array(())), ("x", NONE)), "f(x=null)"),
        ((("*", Literal([1, [2]])), ("x", Input("a"))), "f(1, [2], x=a)"),
        ((("*", Result(1)),), "f(*%2)"),
        ((("*", Literal("ab")),), 'f(*"ab")'),
    ],
)
def test_arguments(arguments: Any, spelled: str) -> None:
    graph = Graph("g", Block((call(2, "f", *arguments),), Return(NONE)))
    assert text(graph).splitlines()[1] == f"  %1 = {spelled}"


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (Literal({"a": [1, None, "é"]}), '{"a": [1, null, "é"]}'),
        (Input("day"), "day"),
        (Result(3), "%3"),
        (Item(4), "item4"),
        (Field(Input("m"), "auc"), "m.auc"),
        (Field(Input("m"), "odd key!"), 'm["odd key!"]'),
        (Field(Input("m"), "größe €"), 'm["größe €"]'),
        (Index(Input("m"), -1), "m[-1]"),
        (Elements(Field(Result(1), "rows")), "%1.rows"),
        (Array((Input("a"), Literal(1))), "[a, 1]"),
        (Array(()), "[]"),
        (Object((("é", Input("a")), ("b", Array((Result(1),))))), '{"é": a, "b": [%1]}'),
        (Object(()), "{}"),
    ],
)
def test_expressions(value: Expression, spelled: str) -> None:
    assert spell(value) == spelled


def test_items_by_name() -> None:
    assert spell(Array((Item(1), Item(2))), {1: "row"}) == "[row, item2]"
