"""A scheduled graph as a Mermaid flowchart, which GitHub, notebooks and many editors draw."""

from __future__ import annotations

from typing import assert_never

from flowdeco.graph import Block, Call, Fork, Graph, Map, Node
from flowdeco.views.graph_text import Names, inputs_text


def mermaid(graph: Graph) -> str:
    """The flowchart: a box for every step, a frame for every map, arrows in the order of execution."""
    chart = _Chart(Names(graph))
    chart.line(f'start(["{_escaped(_head(graph))}"])')
    for last in chart.block(graph.block, ["start"]):
        chart.line(f"{last} --> finish")
    chart.line('finish(["end"])')
    return "\n".join(["flowchart TD", *chart.lines])


def _head(graph: Graph) -> str:
    return f"{graph.name}({inputs_text(graph.inputs, graph.defaults)})"


class _Chart:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.lines: list[str] = []
        self.indent = "    "

    def line(self, text: str) -> None:
        self.lines.append(self.indent + text)

    def block(self, block: Block, before: list[str]) -> list[str]:
        """Draws the nodes of a block after the ends `before`; returns the ends they leave."""
        for node in block.nodes:
            before = self.node(node, before)
        return before

    def node(self, node: Node, before: list[str]) -> list[str]:
        match node:
            case Call():
                return [self.box(node, before)]
            case Map():
                return [self.frame(node, before)]
            case Fork():
                if len(before) > 1:  # all of these before all of those
                    join = f"join{node.id}"
                    self.line(f'{join}((" "))')
                    self.arrows(before, join)
                    before = [join]
                return [end for branch in node.branches for end in self.block(branch, before)]
            case never:
                assert_never(never)

    def box(self, node: Call, before: list[str]) -> str:
        name = f"n{node.id}"
        label = self.names.nodes[node.id]
        if label != node.step:
            label += f"\n{node.step}"
        self.line(f'{name}["{_escaped(label)}"]')
        self.arrows(before, name)
        return name

    def frame(self, node: Map, before: list[str]) -> str:
        name = f"n{node.id}"
        label = f"{self.names.nodes[node.id]}: for each {node.item_name} in {self.names.spell(node.items)}"
        if node.block.nodes:
            self.line(f'subgraph {name}["{_escaped(label)}"]')
            self.indent += "    "
            self.block(node.block, [])
            self.indent = self.indent[:-4]
            self.line("end")
        else:
            self.line(f'{name}["{_escaped(label)}"]')
        self.arrows(before, name)
        return name

    def arrows(self, before: list[str], name: str) -> None:
        for earlier in before:
            self.line(f"{earlier} --> {name}")


def _escaped(text: str) -> str:
    """Text inside the quotes of a label: entities for what Mermaid or HTML would read."""
    for character, entity in (("#", "#35;"), ("&", "#38;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    return text.replace("`", "#96;").replace("\n", "<br/>")
