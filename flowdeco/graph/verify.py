"""The rules every graph keeps, checked after the trace and after every pass. A violation is a bug in flowdeco."""

from __future__ import annotations

from typing import assert_never

from flowdeco.errors import GraphError
from flowdeco.graph.model import (
    Block,
    Call,
    Expression,
    Fork,
    Graph,
    Input,
    Item,
    Map,
    Node,
    Result,
    expressions,
    leaves,
)


def verify(graph: Graph, *, after: str = "trace") -> Graph:
    """Returns the graph when it keeps the rules, else raises GraphError naming the pass that broke them.

    Ids are unique. A node refers only to results of nodes before it in its own block, or before an enclosing node in an
    enclosing block, to items of enclosing maps, to the workflow's inputs, and to steps in the table. A fork has at least
    two branches, which refer to nothing of each other; it stands in a scheduled block. Defaults are of inputs. No two
    nodes that have names have the same one.
    """
    check = _Check(graph, after)
    for name in graph.defaults:
        if name not in graph.inputs:
            raise check.fail(f"{name!r} has a default and is no input")
    check.block(graph.block)
    return graph


class _Check:
    """Walks the graph in program order. `results` and `items`: what can be seen from where the walk is."""

    def __init__(self, graph: Graph, after: str) -> None:
        self.graph = graph
        self.after = after
        self.ids: set[int] = set()
        self.names: set[str] = set()
        self.results: set[int] = set()
        self.items: set[int] = set()

    def fail(self, message: str) -> GraphError:
        return GraphError(
            f"after {self.after}: {message}",
            location=self.graph.location,
            hint="this is a bug in flowdeco: please report it with the workflow's source",
        )

    def block(self, block: Block) -> list[int]:
        """Checks a block. Ids of the results it made, which nobody outside sees yet."""
        made: list[int] = []
        for node in block.nodes:
            if isinstance(node, Fork) and not block.scheduled:
                raise self.fail(f"fork {node.id} is in a block that is not scheduled")
            new = self.node(node)
            self.results.update(new)
            made += new
        self.expression(block.result, "a block's result")
        self.results.difference_update(made)
        return made

    def node(self, node: Node) -> list[int]:
        """Checks a node. Ids of the results it makes visible."""
        if node.id in self.ids:
            raise self.fail(f"two nodes have the id {node.id}")
        self.ids.add(node.id)
        if node.name:
            if node.name in self.names:
                raise self.fail(f"two nodes are named {node.name!r}")
            self.names.add(node.name)
        for value in expressions(node):
            self.expression(value, f"node {node.id}")
        match node:
            case Call():
                self.waits(node)
                if node.step not in self.graph.steps:
                    raise self.fail(f"node {node.id} calls {node.step!r}, which is not in the table of steps")
                return [node.id]
            case Map():
                self.waits(node)
                self.items.add(node.id)
                self.block(node.block)
                self.items.remove(node.id)
                return [node.id]
            case Fork():
                if len(node.branches) < 2:
                    raise self.fail(f"fork {node.id} has fewer than two branches")
                return [made for branch in node.branches for made in self.block(branch)]
            case never:
                assert_never(never)

    def waits(self, node: Call | Map) -> None:
        for earlier in node.after:
            if earlier not in self.results:
                raise self.fail(f"node {node.id} is after node {earlier}, which does not come before it")

    def expression(self, value: Expression, who: str) -> None:
        for leaf in leaves(value):
            match leaf:
                case Result(node):
                    if node not in self.results:
                        raise self.fail(
                            f"{who} uses the result of node {node}, which does not come before it"
                        )
                case Item(map_id):
                    if map_id not in self.items:
                        raise self.fail(f"{who} uses the item of map {map_id}, which is not around it")
                case Input(name):
                    if name not in self.graph.inputs:
                        raise self.fail(f"{who} uses the input {name!r}, which the workflow does not have")
                case never:
                    assert_never(never)
