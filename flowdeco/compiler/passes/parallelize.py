"""Every block gets an order: one node after the other, and forks where nodes need nothing of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from flowdeco.compiler.schedule import Branches, Schedule, Series, schedule
from flowdeco.graph import Block, Fork, Graph, Literal, Map, Node, Result, needs, waits, walk


def parallelize(graph: Graph) -> Graph:
    """No edge is broken; see docs/scheduling.md for what happens when the graph is not series-parallel."""
    fresh = count(max((node.id for node in walk(graph.block)), default=0) + 1)
    return replace(graph, block=_block(graph.block, fresh))


def _block(block: Block, fresh: Iterator[int]) -> Block:
    nodes = [replace(n, block=_block(n.block, fresh)) if isinstance(n, Map) else n for n in block.nodes]
    places = {node.id: place for place, node in enumerate(nodes)}
    edges = {
        (places[earlier], place)
        for place, node in enumerate(nodes)
        for earlier in _before(node)
        if earlier in places
    }
    plan = schedule(len(nodes), sorted(edges))
    return Block(tuple(_arranged(plan, nodes, fresh)), block.result, scheduled=True)


def _before(node: Node) -> frozenset[int]:
    return waits(node) | {symbol.node for symbol in needs(node) if isinstance(symbol, Result)}


def _arranged(plan: Schedule, nodes: list[Node], fresh: Iterator[int]) -> Iterator[Node]:
    match plan:
        case Series(parts):
            for part in parts:
                yield from _arranged(part, nodes, fresh)
        case Branches(parts):
            fork = next(fresh)
            branches = (
                Block(tuple(_arranged(p, nodes, fresh)), Literal(None), scheduled=True) for p in parts
            )
            yield Fork(id=fork, branches=tuple(branches))
        case place:
            yield nodes[place]
