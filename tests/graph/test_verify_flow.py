"""One test for every rule of `verify` about control flow."""

from __future__ import annotations

from typing import Any

import pytest

from flowdeco.authoring.options import StepOptions
from flowdeco.errors import GraphError
from flowdeco.graph import (
    Again,
    Array,
    Attempt,
    Block,
    Call,
    Case,
    Child,
    Choice,
    End,
    Expression,
    Failing,
    Fork,
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
    Operation,
    Raise,
    Region,
    Result,
    Return,
    StepRef,
    Variable,
    Wait,
    verify,
)

OPTIONS = StepOptions("f")
NONE = Literal(None)
STEPS = {"f": StepRef("f", "m", "f", OPTIONS)}
A = Input("a")
V = Variable
END = Return(NONE)
NEVER = Never()


def call(id: int, *arguments: Expression, **fields: Any) -> Call:
    return Call(id=id, step="f", arguments=(("*", Array(arguments)),), options=OPTIONS, **fields)


def block(*nodes: Any, end: End = END, scheduled: bool = True) -> Block:
    return Block(nodes, end, scheduled)


def graph(*nodes: Any, end: End = END) -> Graph:
    return Graph("g", block(*nodes, end=end), inputs=("a",), steps=STEPS)


def choice(id: int, yes: Block, no: Block, *outs: Variable, **fields: Any) -> Choice:
    return Choice(id=id, cases=(Case(A, yes),), default=no, outs=outs, **fields)


def to(label: int, *values: Expression) -> Block:
    return block(end=Jump(label, values))


def loop(id: int, *nodes: Any, end: End = NEVER, **fields: Any) -> Loop:
    fields = {"carried": (), "first": (), **fields}
    return Loop(id=id, block=block(*nodes, end=end), **fields)


def attempt(id: int, body: Block, *handlers: Block, **fields: Any) -> Attempt:
    found = tuple(Handler((ValueError,), V(100 * id + n, "e"), h) for n, h in enumerate(handlers))
    return Attempt(id=id, block=body, handlers=found, **fields)


GOOD = {
    "a choice with a value": graph(
        choice(1, block(call(2), end=Jump(1, (Result(2),))), to(1, NONE), V(3, "x")), end=Return(Result(3))
    ),
    "a choice that returns on one path": graph(choice(1, block(end=Return(A)), to(1)), call(2)),
    "a choice that is never left to what follows it": graph(
        choice(1, block(end=Return(A)), block(end=Raise(NONE, NONE))), end=Never()
    ),
    "a loop": graph(
        loop(
            1,
            choice(2, block(call(3, Result(4)), end=Again(1, (Result(3),))), to(1, Result(4))),
            carried=(V(4, "x"),),
            first=(A,),
            outs=(V(5, "x"),),
        ),
        end=Return(Result(5)),
    ),
    "an endless loop": graph(loop(1, call(2), end=Again(1)), end=Never()),
    "a region that is left early": graph(
        Region(id=1, block=block(choice(2, to(1, A), to(2)), end=Jump(1, (NONE,))), outs=(V(3, "x"),)),
        end=Return(Result(3)),
    ),
    "an attempt": graph(
        attempt(
            1,
            block(call(2, failing=(Failing(1, (A,)),)), end=Jump(1, (Result(2),))),
            block(call(3, Result(100), Result(4)), end=Jump(1, (Result(100),))),
            entry=(V(4, "x"),),
            outs=(V(5, "x"),),
        ),
        end=Return(Result(5)),
    ),
    "an attempt in an attempt": graph(
        attempt(
            1,
            block(
                attempt(
                    2,
                    block(call(3, failing=(Failing(2, (A,)), Failing(1, (NONE,)))), end=Jump(2)),
                    block(call(4, failing=(Failing(1, (A,)),)), end=Handle(1, 0, Result(200), (A,))),
                    entry=(V(5, "x"),),
                ),
                end=Jump(1),
            ),
            to(1),
            entry=(V(6, "x"),),
        )
    ),
    "a map in an attempt is a scope of its own": graph(
        attempt(1, block(Map(id=2, items=A, block=block(call(3))), end=Jump(1)), to(1))
    ),
    "what takes no step": graph(
        Wait(id=1, seconds=Literal(3)),
        Wait(id=2, until=A, after=(1,)),
        Let(id=3, value=A, after=(2,)),
        Child(id=4, workflow="w", input=Result(3), after=(3,)),
        end=Return(Result(4)),
    ),
    "a function in an expression": graph(
        end=Return(Operation("sorted", (A, Function((1,), ("r",), Local(1)))))
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_graphs(name: str) -> None:
    assert verify(GOOD[name]) is GOOD[name]


BAD = {
    "two nodes have the id 3": graph(choice(1, to(1, A), to(1, A), V(3, "x")), call(3)),
    "two nodes have the id 4": graph(loop(1, end=Jump(1), carried=(V(4, "x"),), first=(A,)), call(4)),
    "two nodes have the id 100": graph(attempt(1, to(1), to(1)), call(100)),
    "node 2 comes after a node that is never left to what follows it": graph(
        choice(1, block(end=Return(A)), block(end=Return(A))), call(2), end=Never()
    ),
    "a block goes on after node 1, which is never left to what follows it": graph(
        loop(1, end=Again(1)), end=Return(A)
    ),
    "a block has no end, and its last node is left to what follows it": graph(call(1), end=Never()),
    "a block jumps to 7, which is not around it": graph(choice(1, to(7), to(1))),
    "a block jumps to 1, which is not around it": graph(
        choice(1, block(Map(id=2, items=A, block=to(1)), end=Jump(1)), to(1))
    ),
    "a block jumps to 3, which is not around it": graph(choice(3, to(3), to(3)), end=Jump(3)),
    "a jump to 1 brings 0 values for 1 variables": graph(choice(1, to(1), to(1, A), V(3, "x"))),
    "a block goes back to 1, which is no loop around it": graph(
        Region(id=1, block=block(choice(2, block(end=Again(1)), to(1)), end=Never()))
    ),
    "the way back to 1 brings 1 values for 0 variables": graph(loop(1, end=Again(1, (A,))), end=Never()),
    "the way into 1 brings 0 values for 1 variables": graph(loop(1, end=Jump(1), carried=(V(2, "x"),))),
    "a block goes to a handler of 1, which is no attempt around it": graph(
        attempt(1, to(1), block(end=Handle(1, 0, NONE)))
    ),
    "a block goes to handler 1 of 1, which it does not have": graph(
        attempt(1, block(end=Handle(1, 1, NONE)), to(1))
    ),
    "the way to a handler of 1 brings 1 values for 0 variables": graph(
        attempt(1, block(end=Handle(1, 0, NONE, (A,))), to(1))
    ),
    "node 2 fails into 1, which is no attempt around it": graph(call(2, failing=(Failing(1),))),
    "node 3 fails into 1, which is no attempt around it": graph(
        attempt(1, to(1), block(call(3, failing=(Failing(1),)), end=Jump(1)))
    ),
    "node 3, failing into 1, brings 0 values for 1 variables": graph(
        attempt(1, block(call(3, failing=(Failing(1),)), end=Jump(1)), to(1), entry=(V(2, "x"),))
    ),
    "node 3 says nothing of failing into 1": graph(
        attempt(1, block(call(3), end=Jump(1)), to(1), entry=(V(2, "x"),))
    ),
    "node 1 waits for a time and until a time, or for neither": graph(Wait(id=1)),
    "node 4 uses the result of node 3, which does not come before it": graph(
        choice(1, block(call(3), end=Jump(1)), to(1)), call(4, Result(3))
    ),
    "node 5 uses the result of node 4, which does not come before it": graph(
        loop(1, end=Jump(1), carried=(V(4, "x"),), first=(A,)), call(5, Result(4))
    ),
    "node 6 uses the result of node 100, which does not come before it": graph(
        attempt(1, block(call(6, Result(100)), end=Jump(1)), to(1))
    ),
    "a block's jump uses the result of node 9, which does not come before it": graph(
        choice(1, to(1, Result(9)), to(1, A), V(3, "x"))
    ),
    "a block's raise uses the result of node 9, which does not come before it": graph(
        end=Raise(Result(9), A)
    ),
    "fork 1 is left early by node 2": graph(
        Fork(id=1, branches=(block(choice(2, to(2), block(end=Return(A)))), block(call(3))))
    ),
    "node 3 is after node 2, which does not come before it": graph(
        choice(1, block(call(2), end=Jump(1)), to(1)), call(3, after=(2,))
    ),
    "a block's result uses the parameter 2 of no function around it": graph(
        end=Return(Operation("sorted", (A, Function((1,), ("r",), Local(2)))))
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_every_violation(message: str) -> None:
    with pytest.raises(GraphError) as caught:
        verify(BAD[message])
    assert caught.value.message == f"after trace: {message}"
