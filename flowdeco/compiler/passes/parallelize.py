"""Every block gets an order: one node after the other, and forks where nodes need nothing of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from flowdeco.compiler.rebuild import with_blocks
from flowdeco.compiler.schedule import Branches, Schedule, Series, schedule
from flowdeco.graph import (
    Attempt,
    Block,
    Fork,
    Graph,
    Let,
    Literal,
    Map,
    Node,
    Result,
    Return,
    blocks,
    completes,
    leaves_early,
    needs,
    results,
    variables,
    waits,
    walk,
)

DEEPEST = 16
"""Forks inside forks inside forks: deeper than this nobody can read a definition, and its text grows with the square of
the depth. What is further in is run level by level."""


def parallelize(graph: Graph) -> Graph:
    """No edge is broken; see docs/scheduling.md for what happens when the graph is not series-parallel.

    A node that may lead elsewhere runs after everything before it, and before everything after it. What is inside a `try`
    keeps the order of the program.
    """
    used = (id for node in walk(graph.block) for id in (node.id, *(v.id for v in variables(node))))
    return replace(graph, block=_block(graph.block, count(max(used, default=0) + 1), False))


def _block(block: Block, fresh: Iterator[int], guarded: bool) -> Block:
    """A block in order. `guarded`: it is inside a `try` of its scope."""
    nodes = [_node(node, fresh, guarded) for node in block.nodes]
    if guarded or len(nodes) < 2:
        return Block(tuple(nodes), block.end, scheduled=True)
    arranged: list[Node] = []
    run: list[Node] = []
    for node in nodes:
        if leaves_early(node) or not completes(node):
            arranged += [*_stretch(run, fresh), node]
            run = []
        else:
            run.append(node)
    return Block((*arranged, *_stretch(run, fresh)), block.end, scheduled=True)


def _node(node: Node, fresh: Iterator[int], guarded: bool) -> Node:
    inner = blocks(node)
    if not inner:
        return node
    if isinstance(node, Map):
        guarded = False
    # A handler is not inside the `try` that it belongs to.
    first = _block(inner[0], fresh, guarded or isinstance(node, Attempt))
    return with_blocks(node, (first, *(_block(block, fresh, guarded) for block in inner[1:])))


def _stretch(nodes: list[Node], fresh: Iterator[int]) -> Iterator[Node]:
    """Nodes that are all run, in their order."""
    if len(nodes) < 2:
        yield from nodes
        return
    places: dict[int, int] = {}
    for place, node in enumerate(nodes):
        places[node.id] = place
        for made in results(node):
            places[made] = place
    before = [sorted({places[e] for e in _before(node) if e in places}) for node in nodes]
    plan = schedule(len(nodes), [(earlier, place) for place, found in enumerate(before) for earlier in found])
    yield from _arranged(plan, nodes, before, fresh, 0)


def _before(node: Node) -> frozenset[int]:
    return waits(node) | {symbol.node for symbol in needs(node) if isinstance(symbol, Result)}


def _arranged(
    plan: Schedule, nodes: list[Node], before: list[list[int]], fresh: Iterator[int], depth: int
) -> Iterator[Node]:
    match plan:
        case Series(parts):
            for part in parts:
                yield from _arranged(part, nodes, before, fresh, depth)
        case Branches(parts):
            if depth == DEEPEST - 1 and not all(isinstance(part, int) for part in parts):
                yield from _arranged(_levels(plan, before), nodes, before, fresh, depth)
                return
            fork = next(fresh)
            branches: list[Block] = []
            for part in parts:
                inner = list(_arranged(part, nodes, before, fresh, depth + 1))
                # What takes no time needs no branch: the state before the fork can do it.
                while inner and isinstance(inner[0], Let):
                    yield inner.pop(0)
                if inner:
                    branches.append(Block(tuple(inner), Return(Literal(None)), scheduled=True))
            if len(branches) > 1:
                yield Fork(id=fork, branches=tuple(branches))
            else:
                yield from (node for branch in branches for node in branch.nodes)
        case place:
            yield nodes[place]


def _levels(plan: Schedule, before: list[list[int]]) -> Schedule:
    """The same items without nesting: all that can start first, then all that can start next, and so on."""
    level: dict[int, int] = {}
    for place in sorted(_items(plan)):
        level[place] = 1 + max((level[earlier] for earlier in before[place] if earlier in level), default=-1)
    rows: list[list[int]] = [[] for _ in range(max(level.values()) + 1)]
    for place, row in level.items():
        rows[row].append(place)
    parts = tuple(Branches(tuple(row)) if len(row) > 1 else row[0] for row in rows)
    return Series(parts) if len(parts) > 1 else parts[0]


def _items(plan: Schedule) -> Iterator[int]:
    stack = [plan]
    while stack:
        match stack.pop():
            case Series(parts) | Branches(parts):
                stack.extend(parts)
            case place:
                yield place
