from __future__ import annotations

import re

import pytest

from flowdeco import step, toolchain, workflow
from flowdeco.authoring.options import StepOptions, step_options
from flowdeco.graph import (
    Array,
    Block,
    Call,
    Elements,
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
from flowdeco.views.graph_text import graph_text
from flowdeco.views.mermaid import mermaid
from flowdeco.views.terminal import Style


@step
def load(day: str) -> list[int]:
    return [1]


@step
def train(rows: list[int], kind: str) -> dict[str, float]:
    return {"auc": 0.5}


@step
def pick(models: list[dict[str, float]]) -> dict[str, float]:
    return models[0]


@step
def double(x: int, plus: int) -> int:
    return 2 * x + plus


@workflow
def pipeline(day: str, plus: int = 1):
    rows = load(day)
    models = [train(rows, kind=kind) for kind in ["a", "b"]]
    doubled = [double(x, plus) for x in rows]
    best = pick(models)
    return {"best": best, "first": doubled[0]}


def test_a_scheduled_graph_is_a_tree() -> None:
    assert graph_text(toolchain.scheduled(pipeline), Style()).splitlines() == [
        "pipeline(day, plus=1)",
        "├─ load(day=day)",
        "├─ at the same time",
        "│  ├─ one after the other",
        "│  │  ├─ at the same time",
        '│  │  │  ├─ train(rows=load, kind="a")',
        '│  │  │  └─ train 2: train(rows=load, kind="b")',
        "│  │  └─ pick(models=[train, `train 2`])",
        "│  └─ doubled: for each x in load",
        "│     └─ double(x=x, plus=plus)",
        '└─ return {"best": pick, "first": doubled[0]}',
    ]


def test_colour_and_ascii() -> None:
    text = graph_text(toolchain.scheduled(pipeline), Style(color=True, unicode=False))
    assert text.startswith("\x1b[1mpipeline\x1b[0m(day, plus=1)\n|- \x1b[1mload\x1b[0m(day=day)")
    assert re.sub(r"\x1b\[\d+m", "", text).splitlines()[-2:] == [
        "|     `- double(x=x, plus=plus)",
        '`- return {"best": pick, "first": doubled[0]}',
    ]


OPTIONS: StepOptions = step_options("f", "", {})


def call(id: int, *arguments: object, name: str = "") -> Call:
    return Call(id=id, step="f", arguments=(("*", Array(arguments)),), options=OPTIONS, name=name)  # type: ignore[arg-type]


NOTHING = Return(Literal(None))


@pytest.fixture
def odd() -> Graph:
    """Everything a graph may hold, unnamed and named."""
    nodes = (
        call(1, Literal("x" * 200), name='say "hi" <now> & #1'),
        Fork(id=2, branches=(Block((call(3),), NOTHING), Block((call(4),), NOTHING))),
        Fork(id=5, branches=(Block((call(6),), NOTHING), Block((call(7),), NOTHING))),
        Map(
            id=8,
            items=Elements(Field(Result(1), "rows")),
            block=Block((call(9, Item(8), Item(77)),), Return(Index(Result(9), -1))),
            max_concurrency=4,
            distributed=True,
            item_name="row",
        ),
        Map(id=10, items=Result(99), block=Block((), Return(Item(10))), name="copy"),
        Map(
            id=11,
            items=Result(8),
            block=Block(
                (Fork(id=12, branches=(Block((call(13),), Return(Result(13))),)),), Return(Result(13))
            ),
        ),
        Call(
            id=14,
            step="g",
            arguments=(("*", Input("rest")), ("key", Object((("k", Input("a")),)))),
            options=OPTIONS,
        ),
    )
    return Graph("odd", Block(nodes, NOTHING), inputs=("a",))


def test_whatever_a_graph_holds(odd: Graph) -> None:
    assert graph_text(odd, Style()).splitlines() == [
        "odd(a)",
        f'├─ say "hi" <now> & #1: f("{"x" * 59}… (202 bytes))',
        "├─ at the same time",
        "│  ├─ f()",
        "│  └─ f()",
        "├─ at the same time",
        "│  ├─ f()",
        "│  └─ f()",
        '├─ each row: for each row in `say "hi" <now> & #1`.rows, at most 4 at a time, distributed',
        "│  ├─ f(row, item)",
        "│  └─ gives f[-1]",
        "├─ copy: for each item in `%99`",
        "│  └─ gives item",
        "├─ each item: for each item in `each row`",
        "│  ├─ at the same time",
        "│  │  └─ f()",
        "│  └─ gives f",
        '├─ g(*=rest, key={"k": a})',
        "└─ return null",
    ]


def test_the_flowchart_of_whatever_a_graph_holds(odd: Graph) -> None:
    assert mermaid(odd).splitlines() == [
        "flowchart TD",
        '    start(["odd(a)"])',
        '    n1["say #quot;hi#quot; #lt;now#gt; #38; #35;1<br/>f"]',
        "    start --> n1",
        '    n3["f"]',
        "    n1 --> n3",
        '    n4["f"]',
        "    n1 --> n4",
        '    join5((" "))',
        "    n3 --> join5",
        "    n4 --> join5",
        '    n6["f"]',
        "    join5 --> n6",
        '    n7["f"]',
        "    join5 --> n7",
        '    subgraph n8["each row: for each row in #96;say #quot;hi#quot; #lt;now#gt; #38; #35;1#96;.rows"]',
        '        n9["f"]',
        "    end",
        "    n6 --> n8",
        "    n7 --> n8",
        '    n10["copy: for each item in #96;%99#96;"]',
        "    n8 --> n10",
        '    subgraph n11["each item: for each item in #96;each row#96;"]',
        '        n13["f"]',
        "    end",
        "    n10 --> n11",
        '    n14["g"]',
        "    n11 --> n14",
        "    n14 --> finish",
        '    finish(["end"])',
    ]
