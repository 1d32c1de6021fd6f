"""The pass that puts a block in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco import step, toolchain, workflow
from flowdeco.compiler.passes.parallelize import DEEPEST, parallelize
from flowdeco.graph import Block, Fork, Graph, Result, needs, verify, waits, walk
from flowdeco.tracing import trace


@step
def load(i: Any) -> Any:
    return [i]


@step
def combine(*parts: Any) -> Any:
    return list(parts)


def depth(block: Block) -> int:
    return max(
        (
            1 + max(depth(branch) for branch in node.branches)
            for node in block.nodes
            if isinstance(node, Fork)
        ),
        default=0,
    )


def in_order(block: Block, done: frozenset[int] = frozenset()) -> frozenset[int]:
    """Ids finished after the block; fails when a node runs before what it needs is finished."""
    for node in block.nodes:
        if isinstance(node, Fork):
            done |= frozenset().union(*(in_order(branch, done) for branch in node.branches))
            continue
        before = waits(node) | {symbol.node for symbol in needs(node) if isinstance(symbol, Result)}
        assert before <= done
        done |= {node.id}
    return done


def accumulate(count: int) -> Graph:
    @workflow
    def body(start: int) -> Any:
        total: Any = start
        for i in range(count):
            total = combine(total, load(i))
        return total

    return trace(body).graph


def test_an_accumulating_loop_does_not_nest_without_end() -> None:
    graph = verify(parallelize(accumulate(300)), after="parallelize")
    assert depth(graph.block) == DEEPEST
    assert len(in_order(graph.block)) == 600


def test_up_to_the_limit_nothing_is_levelled() -> None:
    graph = parallelize(accumulate(DEEPEST))
    assert depth(graph.block) == DEEPEST - 1
    first = graph.block.nodes[0]
    assert isinstance(first, Fork)
    assert len(list(walk(graph.block))) == 2 * DEEPEST + DEEPEST - 1


@settings(max_examples=50, deadline=None)
@given(
    edges=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=80),
    effects=st.sets(st.integers(0, 39), max_size=3),
)
def test_every_edge_is_kept(edges: list[tuple[int, int]], effects: set[int]) -> None:
    @workflow
    def body() -> Any:
        made: list[Any] = []
        for i in range(40):
            parts = [made[a] for a, b in edges if b == i and a < i]
            if i in effects:
                combine(i, *parts)
            made.append(combine(i, *parts))
        return made

    graph = verify(parallelize(trace(body).graph), after="parallelize")
    assert len(in_order(graph.block)) == 40 + len(effects)


def test_a_deep_one_runs(tmp_path: Path) -> None:
    @workflow
    def body(start: int) -> Any:
        total: Any = start
        for i in range(2 * DEEPEST):
            total = combine(total, load(i))
        return total

    assert toolchain.run(body, {"start": 1}, home=tmp_path).result() == body(1)
