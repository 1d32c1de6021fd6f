"""Every block gets an order: one node after the other, and forks where nodes need nothing of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from flowdeco.compiler.schedule import Branches, Schedule, Series, schedule
from flowdeco.graph import Block, Fork, Graph, Literal, Map, Node, Result, needs, waits, walk

DEEPEST = 16
"""Forks inside forks inside forks: deeper than this nobody can read a definition, and its text grows with the square of
the depth. What is further in is run level by level."""


def parallelize(graph: Graph) -> Graph:
    """No edge is broken; see docs/scheduling.md for what happens when the graph is not series-parallel."""
    fresh = count(max((node.id for node in walk(graph.block)), default=0) + 1)
    return replace(graph, block=_block(graph.block, fresh))


def _block(block: Block, fresh: Iterator[int]) -> Block:
    nodes = [replace(n, block=_block(n.block, fresh)) if isinstance(n, Map) else n for n in block.nodes]
    places = {node.id: place for place, node in enumerate(nodes)}
    before = [sorted(places[e] for e in _before(node) if e in places) for node in nodes]
    plan = schedule(len(nodes), [(earlier, place) for place, found in enumerate(before) for earlier in found])
    return Block(tuple(_arranged(plan, nodes, before, fresh, 0)), block.result, scheduled=True)


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
            inner = [tuple(_arranged(part, nodes, before, fresh, depth + 1)) for part in parts]
            yield Fork(
                id=fork, branches=tuple(Block(found, Literal(None), scheduled=True) for found in inner)
            )
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
