"""What a node needs, makes and waits for, on graphs made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    block_needs,
    blocks,
    expressions,
    inspected,
    leaves,
    made_in,
    needs,
    waits,
    walk,
)

OPTIONS = StepOptions("f")
NONE = Literal(None)


def call(id: int, *arguments: Expression, after: tuple[int, ...] = ()) -> Call:
    return Call(id=id, step="f", arguments=(("*", Array(arguments)),), options=OPTIONS, after=after)


def block(*nodes: Any, result: Expression = NONE) -> Block:
    return Block(nodes, Return(result))


def each(
    id: int, items: Expression, *nodes: Any, result: Expression = NONE, after: tuple[int, ...] = ()
) -> Map:
    return Map(id=id, items=items, block=block(*nodes, result=result), after=after)


A, B = Input("a"), Input("b")


def test_leaves_from_left_to_right() -> None:
    value = Object(
        (
            ("x", Array((A, Literal(1), Result(1), A))),
            ("y", Field(Index(Elements(Item(2)), 0), "name")),
            ("z", B),
        )
    )
    assert list(leaves(value)) == [A, Result(1), A, Item(2), B]
    assert list(leaves(NONE)) == []


def test_expressions_and_blocks_of_a_node() -> None:
    inner = block(call(3))
    fork = Fork(id=4, branches=(inner, block()))
    one = Call(id=1, step="f", arguments=(("x", A), ("y", B)), options=OPTIONS)
    many = Map(id=2, items=Result(1), block=inner)
    assert [list(expressions(node)) for node in (one, many, fork)] == [[A, B], [Result(1)], []]
    assert [blocks(node) for node in (one, many, fork)] == [(), (inner,), fork.branches]


NESTED = block(
    call(1, A),
    each(2, Result(1), call(3, Item(2), B), each(4, Result(3), call(5, Item(4), Item(2)), result=Result(5))),
    Fork(
        id=6,
        branches=(
            block(call(7, Result(2)), Fork(id=8, branches=(block(call(9)), block(call(10, Result(7)))))),
            block(each(11, A, call(12, Item(11)))),
        ),
    ),
    call(13, Result(10)),
    result=Result(13),
)


def test_walk_is_in_program_order() -> None:
    assert [node.id for node in walk(NESTED)] == list(range(1, 14))


def test_what_a_block_makes() -> None:
    # Forks and what is inside maps have no result here; what is inside forks has.
    assert made_in(NESTED) == {1, 2, 7, 9, 10, 11, 13}
    assert made_in(block()) == frozenset()


def test_what_nodes_need() -> None:
    first, outer, fork, last = NESTED.nodes
    assert needs(first) == {A}
    assert needs(outer) == {Result(1), B}
    assert needs(fork) == {Result(2), A}
    assert needs(last) == {Result(10)}
    assert isinstance(outer, Map)
    assert needs(outer.block.nodes[1]) == {Result(3), Item(2)}
    assert block_needs(outer.block) == {Item(2), B}
    assert block_needs(NESTED) == {A, B}
    assert block_needs(block(call(1), result=Array((Result(1), Result(99), Item(5))))) == {
        Result(99),
        Item(5),
    }


def test_a_map_needs_the_item_of_the_map_around_it() -> None:
    inner = each(2, Item(1), call(3, Item(2)))
    assert needs(inner) == {Item(1)}
    assert needs(each(1, A, inner)) == {A}


def test_what_nodes_wait_for() -> None:
    assert waits(call(3, after=(1, 2))) == {1, 2}
    assert waits(each(5, A, call(6, after=(4,)), each(7, A, call(8, after=(2,))), after=(1,))) == {1, 2, 4}
    assert waits(Fork(id=9, branches=(block(call(1, after=(5,))), block()))) == {5}


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (A, set()),
        (Literal([1]), set()),
        (Array((A, Result(1))), set()),
        (Field(A, "x"), {A}),
        (Index(Result(1), 0), {Result(1)}),
        (Elements(Item(1)), {Item(1)}),
        (Field(Array((A, B)), "x"), {A, B}),
        (Array((A, Field(B, "x"))), {B}),
        (Object((("k", Index(A, 0)), ("l", B))), {A}),
    ],
)
def test_what_is_looked_into(value: Expression, seen: set[Any]) -> None:
    assert inspected(block(call(1, value))) == seen
    assert inspected(block(result=value)) == seen
    assert inspected(block(each(1, NONE, call(2, value)))) == seen
    assert inspected(block(each(1, NONE, result=value))) == seen
    assert inspected(block(Fork(id=1, branches=(block(call(2, value)), block(result=value))))) == seen


def test_what_is_iterated_over_is_looked_into() -> None:
    assert inspected(block(each(1, A, each(2, Item(1))))) == {A, Item(1)}


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    st.builds(Input, st.sampled_from("ab")) | st.builds(Result, st.integers(1, 3)) | st.just(NONE),
    lambda inner: (
        st.builds(Field, inner, st.just("k"))
        | st.builds(Elements, inner)
        | st.builds(Array, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Object, st.lists(st.tuples(st.just("k"), inner), max_size=2).map(tuple))
    ),
)


@given(EXPRESSIONS)
def test_what_is_looked_into_is_needed(value: Expression) -> None:
    node = call(9, value)
    assert inspected(block(node)) <= needs(node)
    assert needs(node) == set(leaves(value))


def test_a_graph_prints_as_text() -> None:
    assert str(Graph("g", block(result=A), inputs=("a",))) == "workflow g(a)\n  -> a"


def test_a_long_chain_of_looks() -> None:
    value: Expression = A
    for _ in range(5000):
        value = Field(value, "x")
    assert list(leaves(value)) == [A]
