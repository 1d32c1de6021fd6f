"""One test for every rule of `verify`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flowdeco.authoring.options import StepOptions
from flowdeco.errors import GraphError, Location
from flowdeco.graph import (
    Array,
    Block,
    Call,
    Expression,
    Fork,
    Graph,
    Input,
    Item,
    Literal,
    Map,
    Result,
    Return,
    StepRef,
    verify,
)

OPTIONS = StepOptions("f")
NONE = Literal(None)
STEPS = {"f": StepRef("f", "m", "f", OPTIONS)}


def call(
    id: int, *arguments: Expression, after: tuple[int, ...] = (), name: str = "", step: str = "f"
) -> Call:
    values = (("*", Array(arguments)),)
    return Call(id=id, step=step, arguments=values, options=OPTIONS, after=after, name=name)


def block(*nodes: Any, result: Expression = NONE, scheduled: bool = True) -> Block:
    return Block(nodes, Return(result), scheduled)


def each(
    id: int, items: Expression, *nodes: Any, result: Expression = NONE, after: tuple[int, ...] = ()
) -> Map:
    return Map(id=id, items=items, block=block(*nodes, result=result), after=after)


def fork(id: int, *branches: Block, name: str = "") -> Fork:
    return Fork(id=id, branches=branches, name=name)


def graph(*nodes: Any, result: Expression = NONE, scheduled: bool = True, **fields: Any) -> Graph:
    body = block(*nodes, result=result, scheduled=scheduled)
    return Graph("g", body, inputs=("a",), steps=STEPS, location=Location("p.py", 3), **fields)


A = Input("a")
ONE, TWO = block(call(11)), block(call(12))

GOOD = {
    "empty": graph(result=A),
    "chain": graph(call(1, A), call(2, Result(1), after=(1,)), result=Array((Result(1), Result(2)))),
    "defaults": graph(defaults={"a": 1}),
    "map": graph(
        call(1), each(2, Result(1), call(3, Item(2), Result(1), A), result=Result(3)), result=Result(2)
    ),
    "nested map": graph(each(1, A, each(2, Item(1), call(3, Item(1), Item(2), after=()), after=()))),
    "a map in a map waits for what is outside": graph(call(1), each(2, A, call(3, after=(1,)), after=(1,))),
    "fork": graph(
        call(1), fork(2, block(call(3, Result(1))), ONE), call(4, Result(3), Result(11), after=(3,))
    ),
    "fork in a fork": graph(
        fork(1, block(fork(2, ONE, TWO), call(3, Result(12))), block(call(4))), result=Result(11)
    ),
    "a fork in a map": graph(each(1, A, fork(2, block(call(3, Item(1))), TWO), result=Result(3))),
    "not scheduled": graph(call(1), call(2), scheduled=False),
    "names": graph(call(1, name="x"), call(2, name="y"), call(3), call(4)),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_graphs(name: str) -> None:
    assert verify(GOOD[name]) is GOOD[name]


BAD = {
    "two nodes have the id 1": graph(call(1), call(1)),
    "two nodes have the id 2": graph(each(2, A, call(2))),
    "two nodes have the id 11": graph(fork(1, ONE, ONE)),
    "two nodes are named 'x'": graph(call(1, name="x"), each(2, A, call(3, name="x"))),
    "two nodes are named 'y'": graph(call(1, name="y"), fork(2, ONE, TWO, name="y")),
    "node 1 calls 'g', which is not in the table of steps": graph(call(1, step="g")),
    "node 1 uses the result of node 2, which does not come before it": graph(call(1, Result(2)), call(2)),
    "node 1 uses the result of node 1, which does not come before it": graph(call(1, Result(1))),
    "node 2 uses the result of node 1, which does not come before it": graph(
        fork(1, ONE, TWO), call(2, Result(1))
    ),
    # What a map makes inside stays inside, also for what is after it and for its own items.
    "node 4 uses the result of node 3, which does not come before it": graph(
        each(2, A, call(3)), call(4, Result(3))
    ),
    "node 2 uses the result of node 3, which does not come before it": graph(each(2, Result(3), call(3))),
    # The branches of a fork do not see each other.
    "node 5 uses the result of node 4, which does not come before it": graph(
        fork(3, block(call(4)), block(call(5, Result(4))))
    ),
    "node 6 uses the result of node 7, which does not come before it": graph(
        fork(3, block(fork(4, block(call(7)), TWO)), block(call(6, Result(7))))
    ),
    "node 2 is after node 3, which does not come before it": graph(call(2, after=(3,)), call(3)),
    "node 8 is after node 9, which does not come before it": graph(each(8, A, after=(9,))),
    "node 5 is after node 3, which does not come before it": graph(
        fork(4, block(call(3)), block(call(5, after=(3,))))
    ),
    "node 1 uses the item of map 2, which is not around it": graph(call(1, Item(2)), each(2, A)),
    "node 3 uses the item of map 3, which is not around it": graph(each(3, Item(3))),
    "node 4 uses the item of map 2, which is not around it": graph(each(2, A), call(4, Item(2))),
    "node 1 uses the input 'b', which the workflow does not have": graph(call(1, Input("b"))),
    "a block's result uses the result of node 3, which does not come before it": graph(
        each(2, A, call(3)), result=Result(3)
    ),
    "a block's result uses the item of map 2, which is not around it": graph(each(2, A), result=Item(2)),
    "a block's result uses the input 'z', which the workflow does not have": graph(
        each(2, A, result=Input("z"))
    ),
    "fork 1 has fewer than two branches": graph(fork(1, ONE)),
    "fork 1 is in a block that is not scheduled": graph(fork(1, ONE, TWO), scheduled=False),
    "'b' has a default and is no input": graph(defaults={"b": 1}),
}


@pytest.mark.parametrize("message", BAD)
def test_every_violation(message: str) -> None:
    with pytest.raises(GraphError) as caught:
        verify(BAD[message])
    assert caught.value.message == f"after trace: {message}"
    assert caught.value.location == Location("p.py", 3)
    assert caught.value.hint == "this is a bug in flowdeco: please report it with the workflow's source"


def test_the_pass_is_named() -> None:
    with pytest.raises(GraphError, match="after parallelize: fork 1 has"):
        verify(graph(fork(1, ONE)), after="parallelize")


def test_an_unscheduled_block_inside() -> None:
    inner = replace(each(1, A), block=block(fork(2, ONE, TWO), scheduled=False))
    with pytest.raises(GraphError, match="fork 2 is in a block that is not scheduled"):
        verify(graph(inner))


def test_a_long_chain() -> None:
    nodes = [call(1), *(call(i, Result(i - 1)) for i in range(2, 20_001))]
    assert verify(graph(*nodes, result=Result(20_000)))
