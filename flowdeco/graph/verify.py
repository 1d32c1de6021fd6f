"""The rules every graph keeps, checked after the trace and after every pass. A violation is a bug in flowdeco."""

from __future__ import annotations

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
    made_in,
)


def verify(graph: Graph, *, after: str = "trace") -> Graph:
    """Returns the graph when it keeps the rules, else raises GraphError naming the pass that broke them.

    Ids are unique. A node refers only to results of nodes before it in its own block, or before an enclosing node in an
    enclosing block, to items of enclosing maps, to the workflow's inputs, and to steps in the table. A fork's branches
    refer to nothing of each other. A named graph has no two nodes with one name.
    """
    check = _Check(graph, after)
    check.block(graph.block, frozenset(), frozenset())
    return graph


class _Check:
    def __init__(self, graph: Graph, after: str) -> None:
        self.graph = graph
        self.after = after
        self.ids: set[int] = set()
        self.names: set[str] = set()

    def fail(self, message: str) -> GraphError:
        return GraphError(
            f"after {self.after}: {message}",
            location=self.graph.location,
            hint="this is a bug in flowdeco: please report it with the workflow's source",
        )

    def block(self, block: Block, results: frozenset[int], items: frozenset[int]) -> None:
        visible = set(results)
        for node in block.nodes:
            self.node(node, frozenset(visible), items)
            if isinstance(node, Fork):
                for branch in node.branches:
                    visible |= made_in(branch)
            else:
                visible.add(node.id)
        self.expression(block.result, visible, items, "a block's result")

    def node(self, node: Node, results: frozenset[int], items: frozenset[int]) -> None:
        if node.id in self.ids:
            raise self.fail(f"two nodes have the id {node.id}")
        self.ids.add(node.id)
        if node.name:
            if node.name in self.names:
                raise self.fail(f"two nodes are named {node.name!r}")
            self.names.add(node.name)
        if not isinstance(node, Fork):
            for earlier in node.after:
                if earlier not in results:
                    raise self.fail(f"node {node.id} is after node {earlier}, which does not come before it")
        for value in expressions(node):
            self.expression(value, results, items, f"node {node.id}")
        match node:
            case Call():
                if node.step not in self.graph.steps:
                    raise self.fail(f"node {node.id} calls {node.step!r}, which is not in the table of steps")
            case Map():
                self.block(node.block, results, items | {node.id})
            case Fork():
                if len(node.branches) < 2:
                    raise self.fail(f"fork {node.id} has fewer than two branches")
                for branch in node.branches:
                    self.block(branch, results, items)

    def expression(
        self, value: Expression, results: frozenset[int] | set[int], items: frozenset[int], who: str
    ) -> None:
        for leaf in leaves(value):
            match leaf:
                case Result(node):
                    if node not in results:
                        raise self.fail(f"{who} uses the result of node {node}, which does not come before it")
                case Item(map_id):
                    if map_id not in items:
                        raise self.fail(f"{who} uses the item of map {map_id}, which is not around it")
                case Input(name):
                    if name not in self.graph.inputs:
                        raise self.fail(f"{who} uses the input {name!r}, which the workflow does not have")
