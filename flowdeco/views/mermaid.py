"""A scheduled graph as a Mermaid flowchart, which GitHub, notebooks and many editors draw."""

from __future__ import annotations

from typing import TypeAlias, assert_never

from flowdeco.graph import (
    Again,
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    Fork,
    Graph,
    Handle,
    Jump,
    Let,
    Loop,
    Map,
    Never,
    Node,
    Raise,
    Region,
    Return,
    Wait,
)
from flowdeco.views.graph_text import Names, handler_text, inputs_text, wait_text

_Ends: TypeAlias = "list[tuple[str, str]]"
"""Boxes that an arrow is to leave, each with what the arrow says."""


def mermaid(graph: Graph) -> str:
    """The flowchart: a box for every step, a frame for every map, arrows in the order of execution."""
    chart = _Chart(Names(graph))
    chart.line(f'start(["{_escaped(_head(graph))}"])')
    chart.block(graph.block, [("start", "")])
    chart.arrows(chart.returned, "finish")
    chart.line('finish(["end"])')
    return "\n".join(["flowchart TD", *chart.lines])


def _head(graph: Graph) -> str:
    return f"{graph.name}({inputs_text(graph.inputs, graph.defaults)})"


class _Chart:
    """`returned`: what leads to the end of the scope that is drawn. `left`, `heads`, `handlers`: what leads to the ends of
    the labels around, where their loops begin, and what leads to their handlers.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.lines: list[str] = []
        self.indent = "    "
        self.returned: _Ends = []
        self.raised = 0
        self.left: dict[int, _Ends] = {}
        self.heads: dict[int, str] = {}
        self.handlers: dict[tuple[int, int], _Ends] = {}

    def line(self, text: str) -> None:
        self.lines.append(self.indent + text)

    def block(self, block: Block, before: _Ends) -> None:
        """Draws the nodes of a block after the ends `before`, and where it goes then."""
        before = self.nodes(block, before)
        match block.end:
            case Return():
                self.returned += before
            case Jump(to):
                self.left[to] += before
            case Again(to):
                self.arrows(before, self.heads[to])
            case Handle(to, handler):
                self.handlers[to, handler] += before
            case Raise(error, _, name):
                label = name or f"raise {self.names.spell(error)}"
                self.raised += 1
                self.box(f"raise{self.raised}", f'(["{_escaped(label)}"])', before)
            case Never():
                pass
            case never:
                assert_never(never)

    def nodes(self, block: Block, before: _Ends) -> _Ends:
        for node in block.nodes:
            before = self.node(node, before)
        return before

    def node(self, node: Node, before: _Ends) -> _Ends:
        """Draws a node after the ends `before`; the ends it leaves."""
        name = f"n{node.id}"
        match node:
            case Call() | Child():
                kind = node.step if isinstance(node, Call) else node.workflow
                label = self.names.nodes[node.id]
                text = label if label == kind else f"{label}\n{kind}"
                return self.box(name, f'["{_escaped(text)}"]', before)
            case Wait():
                text = f"wait {wait_text(node, self.names)}"
                return self.box(name, f'["{_escaped(text)}"]', before)
            case Let():
                return before
            case Map():
                return self.frame(node, before)
            case Choice() | Loop() | Region() | Attempt():
                self.left[node.id] = []
                self.label(node, before)
                return self.left.pop(node.id)
            case Fork():
                if len(before) > 1:  # all of these before all of those
                    before = self.box(f"join{node.id}", '((" "))', before)
                return [end for branch in node.branches for end in self.nodes(branch, before)]
            case never:
                assert_never(never)

    def label(self, node: Choice | Loop | Region | Attempt, before: _Ends) -> None:
        name = f"n{node.id}"
        match node:
            case Choice():
                first = node.cases[0].text or self.names.spell(node.cases[0].test) if node.cases else ""
                self.box(name, f'{{"{_escaped(first)}"}}', before)
                for case in node.cases:
                    text = case.text or self.names.spell(case.test)
                    self.block(case.block, [(name, "yes" if case is node.cases[0] else text)])
                self.block(node.default, [(name, "no" if len(node.cases) == 1 else "else")])
            case Loop():
                self.heads[node.id] = name
                self.block(node.block, self.box(name, '((" "))', before))
            case Region():
                self.block(node.block, before)
            case Attempt():
                for number in range(len(node.handlers)):
                    self.handlers[node.id, number] = []
                self.line(f'subgraph {name}["try"]')
                self.indent += "    "
                self.block(node.block, before)
                self.indent = self.indent[:-4]
                self.line("end")
                for number, handler in enumerate(node.handlers):
                    caught = (name, f"except {handler_text(handler)}")
                    self.block(handler.block, [caught, *self.handlers.pop((node.id, number))])
            case never:
                assert_never(never)

    def box(self, name: str, shape: str, before: _Ends) -> _Ends:
        self.line(f"{name}{shape}")
        self.arrows(before, name)
        return [(name, "")]

    def frame(self, node: Map, before: _Ends) -> _Ends:
        name = f"n{node.id}"
        label = f"{self.names.nodes[node.id]}: for each {node.item_name} in {self.names.spell(node.items)}"
        if node.block.nodes:
            self.line(f'subgraph {name}["{_escaped(label)}"]')
            self.indent += "    "
            around, self.returned = self.returned, []
            self.block(node.block, [])
            self.returned = around
            self.indent = self.indent[:-4]
            self.line("end")
        else:
            self.line(f'{name}["{_escaped(label)}"]')
        self.arrows(before, name)
        return [(name, "")]

    def arrows(self, before: _Ends, name: str) -> None:
        for earlier, text in before:
            self.line(f'{earlier} -->|"{_escaped(text)}"| {name}' if text else f"{earlier} --> {name}")


def _escaped(text: str) -> str:
    """Text inside the quotes of a label: entities for what Mermaid or HTML would read."""
    for character, entity in (("#", "#35;"), ("&", "#38;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    return text.replace("`", "#96;").replace("\n", "<br/>")
