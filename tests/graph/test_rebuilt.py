"""Expressions and nodes with other parts in them, and types that join."""

from __future__ import annotations

import pytest

from flowdeco.authoring.options import StepOptions
from flowdeco.graph import (
    Array,
    Attempt,
    Block,
    Call,
    Case,
    Choice,
    Elements,
    Expression,
    Field,
    Fork,
    Function,
    Handler,
    Index,
    Input,
    Item,
    Jump,
    Let,
    Literal,
    Local,
    Loop,
    Map,
    Node,
    Object,
    Operation,
    Region,
    Result,
    Return,
    Variable,
    Wait,
    blocks,
    children,
    rebuilt,
)
from flowdeco.graph.rebuild import with_blocks
from flowdeco.graph.types import ANY, Type, join

A, B = Input("a"), Input("b")
ONE, OTHER = Block((), Return(A)), Block((), Return(B))


@pytest.mark.parametrize(
    ("expression", "changed"),
    [
        (Literal(1), Literal(1)),
        (A, A),
        (Result(1), Result(1)),
        (Item(1), Item(1)),
        (Local(1), Local(1)),
        (Field(A, "k", True), Field(B, "k", True)),
        (Index(A, -1), Index(B, -1)),
        (Elements(A), Elements(B)),
        (Function((1,), ("x",), A), Function((1,), ("x",), B)),
        (Array((A, A)), Array((B, B))),
        (Object((("k", A), ("l", A))), Object((("k", B), ("l", B)))),
        (Operation("eq.same", (A, A)), Operation("eq.same", (B, B))),
    ],
)
def test_other_children(expression: Expression, changed: Expression) -> None:
    parts = children(expression)
    assert rebuilt(expression, tuple(parts)) == expression
    assert rebuilt(expression, tuple(B for _ in parts)) == changed


@pytest.mark.parametrize(
    "node",
    [
        Call(id=1, step="f", arguments=(), options=StepOptions("f")),
        Wait(id=1, seconds=A),
        Let(id=1, value=A),
        Map(id=1, items=A, block=ONE),
        Loop(id=1, carried=(), first=(), block=ONE),
        Region(id=1, block=ONE),
        Choice(id=1, cases=(Case(A, ONE, "a"), Case(B, ONE, "b")), default=Block((), Jump(1))),
        Attempt(id=1, block=ONE, handlers=(Handler((KeyError,), Variable(2, "e"), ONE),)),
        Fork(id=1, branches=(ONE, ONE)),
    ],
    ids=lambda node: type(node).__name__,
)
def test_other_blocks(node: Node) -> None:
    inner = blocks(node)
    assert with_blocks(node, inner) == node
    other = with_blocks(node, tuple(OTHER for _ in inner))
    assert blocks(other) == tuple(OTHER for _ in inner)
    assert with_blocks(other, inner) == node


def test_types_join() -> None:
    whole, text = Type("int"), Type("str")
    assert join(whole, Type("float")) == Type("number")
    assert join(whole, Type("none")) == Type("int", optional=True)
    assert join(Type("none"), whole) == Type("int", optional=True)
    assert join(Type("str", optional=True), text) == Type("str", optional=True)
    assert join(whole, text) == ANY
    assert join(Type("list", element=whole), Type("list", element=Type("float"))) == Type(
        "list", element=Type("number")
    )
    assert join(Type("list", element=whole), Type("list")) == Type("list")
    one = Type("dict", fields=(("n", whole), ("s", text)), name="Row")
    other = Type("dict", fields=(("s", text), ("n", Type("float"))), name="Line")
    assert join(one, one) == one
    assert join(one, other) == Type("dict", fields=(("n", Type("number")), ("s", text)))
    assert join(one, Type("dict", fields=(("n", whole),))) == Type("dict")
