"""Control flow for people: as a tree and as a flowchart."""

from __future__ import annotations

import pytest

from flowdeco.graph import (
    Again,
    Attempt,
    Block,
    Case,
    Child,
    Choice,
    Field,
    Function,
    Graph,
    Handle,
    Handler,
    Input,
    Jump,
    Let,
    Literal,
    Local,
    Loop,
    Map,
    Never,
    Object,
    Operation,
    Raise,
    Region,
    Result,
    Return,
    Variable,
    Wait,
    verify,
)
from flowdeco.views.graph_text import Names, graph_text
from flowdeco.views.mermaid import mermaid
from flowdeco.views.terminal import Style
from tests.compiler.flow_graphs import call, graph

A = Input("a")
R = Result
V = Variable


@pytest.fixture
def flow() -> Graph:
    trying = Block(
        (
            call(11, "load", A),
            Choice(
                id=12,
                cases=(
                    Case(R(11), Block((), Handle(10, 0, Object((("Error", A),)))), "bad"),
                    Case(A, Block((), Jump(12))),
                ),
                default=Block((), Raise(Field(R(11), "Error"), A, name="Give up")),
            ),
        ),
        Jump(10, (R(11),)),
    )
    attempt = Attempt(
        id=10,
        block=trying,
        handlers=(
            Handler((ValueError,), V(13, "e"), Block((), Jump(10, (R(13),)))),
            Handler(
                ("Mine", KeyError), V(14, ""), Block((), Raise(Literal("E"), A)), text="(Mine, KeyError)"
            ),
            Handler((OSError,), V(15, ""), Block((), Raise(A, A))),
        ),
        outs=(V(16, "rows"),),
    )
    loop = Loop(
        id=20,
        carried=(V(21, "i"), V(22, "x")),
        first=(Literal(0), R(16)),
        block=Block(
            (
                Choice(
                    id=23,
                    cases=(
                        Case(
                            R(22),
                            Block((Wait(id=24, seconds=Literal(5)),), Again(20, (R(21), R(16)))),
                            "i < 3",
                        ),
                    ),
                    default=Block((), Jump(20)),
                ),
            ),
            Never(),
        ),
    )
    endless = Loop(id=40, carried=(), first=(), block=Block((), Again(40)))
    region = Region(
        id=30,
        block=Block((Wait(id=31, until=A), Let(id=32, value=A, target="y"), Let(id=33, value=A)), Jump(30)),
    )
    rows = Map(id=34, items=A, block=Block((call(35, "f"),), Raise(Literal("E"), A)))
    nothing = Map(id=36, items=A, block=Block((), Never()))
    run = Child(id=37, workflow="other", input=A)
    start = Child(id=38, workflow="other", input=R(37), wait=False, name="begin")
    return graph(attempt, loop, region, rows, nothing, run, start, endless, end=Never())


def test_the_tree(flow: Graph) -> None:
    assert graph_text(flow, Style()).splitlines() == [
        "g(a)",
        "├─ try",
        "│  ├─ load(a)",
        "│  ├─ if bad",
        '│  │  └─ raise {"Error": a}',
        "│  ├─ elif a",
        "│  ├─ else",
        "│  │  └─ raise load.Error: a",
        "│  └─ set rows = load",
        "├─ except ValueError as e",
        "│  └─ set rows = e",
        "├─ except (Mine, KeyError)",
        "│  └─ raise E: a",
        "├─ except OSError",
        "│  └─ raise a: a",
        "├─ again and again, at first with i = 0, x = rows",
        "│  └─ if i < 3",
        "│     ├─ wait 5 s",
        "│     └─ again with x = rows",
        "├─ one after the other",
        "│  ├─ wait until a",
        "│  ├─ y = a",
        "│  └─ %33 = a",
        "├─ each item: for each item in a",
        "│  ├─ f()",
        "│  └─ raise E: a",
        "├─ each item: for each item in a",
        "├─ other.run(a)",
        "├─ begin: other.start(other)",
        "└─ again and again",
        "   └─ again",
    ]


def test_the_flowchart(flow: Graph) -> None:
    assert mermaid(flow).splitlines() == [
        "flowchart TD",
        '    start(["g(a)"])',
        '    subgraph n10["try"]',
        '        n11["load"]',
        "        start --> n11",
        '        n12{"bad"}',
        "        n11 --> n12",
        '        raise1(["Give up"])',
        '        n12 -->|"else"| raise1',
        "    end",
        '    raise2(["raise #quot;E#quot;"])',
        '    n10 -->|"except (Mine, KeyError)"| raise2',
        '    raise3(["raise a"])',
        '    n10 -->|"except OSError"| raise3',
        '    n20((" "))',
        '    n12 -->|"a"| n20',
        '    n10 -->|"except ValueError as e"| n20',
        '    n12 -->|"yes"| n20',
        '    n23{"i #lt; 3"}',
        "    n20 --> n23",
        '    n24["wait 5 s"]',
        '    n23 -->|"yes"| n24',
        "    n24 --> n20",
        '    n31["wait until a"]',
        '    n23 -->|"no"| n31',
        '    subgraph n34["each item: for each item in a"]',
        '        n35["f"]',
        '        raise4(["raise #quot;E#quot;"])',
        "        n35 --> raise4",
        "    end",
        "    n31 --> n34",
        '    n36["each item: for each item in a"]',
        "    n34 --> n36",
        '    n37["other"]',
        "    n36 --> n37",
        '    n38["begin<br/>other"]',
        "    n37 --> n38",
        '    n40((" "))',
        "    n38 --> n40",
        "    n40 --> n40",
        '    finish(["end"])',
    ]


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (Operation("add.numbers", (A, Literal(1))), "a + 1"),
        (Operation("mul.numbers", (Operation("add.numbers", (A, A)), Literal(2))), "(a + a) * 2"),
        (Operation("and_.bools", (A, A)), "and(a, a)"),
        (Operation("len.list", (A,)), "len(a)"),
        (
            Operation("sorted.by", (A, Function((7,), ("r",), Field(Local(7), "auc")))),
            "sorted(a, lambda r: r.auc)",
        ),
        (Local(9), "local9"),
    ],
)
def test_operations(value: Operation, spelled: str) -> None:
    assert Names(verify(graph(end=Return(A)))).spell(value) == spelled
