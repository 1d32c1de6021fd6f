"""Control flow as text."""

from __future__ import annotations

from flowdeco.authoring.options import StepOptions
from flowdeco.graph import (
    Again,
    Attempt,
    Block,
    Call,
    Case,
    Child,
    Choice,
    Failing,
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
    Never,
    Operation,
    Raise,
    Region,
    Result,
    Return,
    Variable,
    Wait,
    verify,
)
from flowdeco.graph.text import spell, text

A = Input("a")


def call(id: int, step: str, **fields: object) -> Call:
    return Call(id=id, step=step, arguments=(), options=StepOptions(step), **fields)  # type: ignore[arg-type]


def test_every_kind_of_node_and_end() -> None:
    body = Block(
        (
            call(3, "f", failing=(Failing(2, (A,)),)),
            Choice(
                id=4,
                cases=(Case(Result(3), Block((), Handle(2, 0, Literal({}), (A,))), "it"),),
                default=Block((), Jump(4)),
            ),
        ),
        Jump(2, (Result(3),)),
    )
    handler = Handler(
        (ValueError, "States.Timeout"),
        Variable(5, "e"),
        Block((), Raise(Field(Result(5), "Error"), Literal("bad"))),
    )
    graph = Graph(
        "g",
        Block(
            (
                Let(id=1, value=A),
                Attempt(
                    id=2, block=body, handlers=(handler,), entry=(Variable(6, "x"),), outs=(Variable(7, "y"),)
                ),
                Wait(id=8, seconds=Literal(30), after=(2,)),
                Wait(id=9, until=A, name="Wait for it"),
                Child(id=10, workflow="other", input=Result(7)),
                Child(id=11, workflow="other", input=A, wait=False),
                Region(id=12, block=Block((), Jump(12))),
                Loop(
                    id=13,
                    carried=(Variable(14, "i"), Variable(15, "")),
                    first=(Literal(0), A),
                    block=Block((), Again(13, (Result(14), A))),
                ),
            ),
            Never(),
        ),
        inputs=("a",),
    )
    assert text(graph).splitlines() == [
        "workflow g(a)",
        "  %1 = a",
        "  %2 y = %3: attempt",
        "    %4 = f()  failing into %3 with a",
        "    %5: choice",
        "      if %4",
        "        -> except 0 of %3 with {}, a",
        "      else",
        "        -> end of %5",
        "    -> end of %3 with %4",
        "  except ValueError, States.Timeout as %6 e, %7 x",
        '    raise %6.Error: "bad"',
        "  %8 = wait 30 s  after %3",
        "  %9 = wait until a  # Wait for it",
        "  %10 = other.run(%2)",
        "  %11 = other.start(a)",
        "  %12: region",
        "    -> end of %12",
        "  %13: loop, %14 i = 0, %15 = a",
        "    -> again %13 with %14, a",
    ]


def test_operations() -> None:
    value = Operation("sorted.key", (A, Function((1,), ("r",), Field(Local(1), "auc"))))
    assert spell(value) == "sorted.key(a, lambda local1: local1.auc)"


def test_a_body_that_returns() -> None:
    assert str(verify(Graph("g", Block((), Return(A)), inputs=("a",)))) == "workflow g(a)\n  -> a"
