"""What of a scheduled graph runs at the same time, what keeps an order without needing to, and why."""

from __future__ import annotations

from collections.abc import Iterator

from flowdeco.graph import (
    Attempt,
    Block,
    Fork,
    Graph,
    Let,
    Loop,
    Map,
    Node,
    Region,
    Result,
    blocks,
    completes,
    leaves_early,
    needs,
    results,
    waits,
    walk,
)
from flowdeco.graph.explanation import Ordering


def orderings(scheduled: Graph) -> tuple[Ordering, ...]:
    """In the order of the source. Where one state needs what another results in, nothing is said: that is why."""
    return tuple(dict.fromkeys(_block(scheduled.block, False)))


def _block(block: Block, guarded: bool) -> Iterator[Ordering]:
    nodes = [node for node in block.nodes if not isinstance(node, Let)]
    for place, node in enumerate(nodes):
        if place:
            yield from _pair(nodes[place - 1], node, guarded)
        yield from _inside(node)
        inner = blocks(node)
        for number, nested in enumerate(inner):
            around = False if isinstance(node, Map) else guarded
            yield from _block(nested, around or (isinstance(node, Attempt) and number == 0))


def _inside(node: Node) -> Iterator[Ordering]:
    if isinstance(node, Fork):
        firsts = [_states(branch) for branch in node.branches]
        names = tuple(" → ".join(branch) for branch in firsts if branch)
        yield Ordering("at the same time", names, "they need nothing of each other")
    elif isinstance(node, Map):
        if node.max_concurrency == 1:
            yield Ordering("in order", (node.name,), "a `for` loop: one iteration after the other")
        elif node.max_concurrency:
            yield Ordering("at the same time", (node.name,), f"iterations, {node.max_concurrency} at a time")
        else:
            yield Ordering("at the same time", (node.name,), "iterations need nothing of each other")
    elif isinstance(node, Loop):
        names = tuple(_states(node.block))
        if names:
            yield Ordering("in order", names, "a loop: one iteration after the other")


def _pair(first: Node, second: Node, guarded: bool) -> Iterator[Ordering]:
    made = results(first)
    if any(isinstance(symbol, Result) and symbol.node in made for symbol in needs(second)):
        return
    names = (_edge(first, -1), _edge(second, 0))
    if not all(names):
        return
    yield Ordering("in order", names, _why(first, second, guarded))


def _why(first: Node, second: Node, guarded: bool) -> str:
    if guarded:
        return "in a `try` everything keeps its order, since an error may come in between"
    ids = {first.id} | results(first)
    if isinstance(first, Fork):
        ids |= {node.id for branch in first.branches for node in walk(branch)}
    if waits(second) & ids:
        return "a call that stands alone keeps its place, and so does what is after it"
    if any(leaves_early(node) or not completes(node) for node in (first, second)):
        return "one of them may leave the function or the loop"
    return "states run in nested sequences and branches: the order that delays least"


def _states(block: Block) -> list[str]:
    """The states of a block that stand one after the other."""
    found: list[str] = []
    for node in block.nodes:
        if isinstance(node, Loop | Region | Attempt):
            found += _states(node.block)
        elif not isinstance(node, Let):
            found.append(node.name)
    return found


def _edge(node: Node, end: int) -> str:
    """The name of the first state of a node, or of the last."""
    if isinstance(node, Loop | Region | Attempt):
        names = _states(node.block)
        return names[end] if names else ""
    return node.name
