"""A scheduled graph as a tree: what runs after what, what at the same time, what for every item."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from flowdeco.graph import (
    Array,
    Block,
    Call,
    Elements,
    Expression,
    Field,
    Fork,
    Graph,
    Index,
    Input,
    Item,
    Literal,
    Map,
    Node,
    Object,
    Result,
    walk,
)
from flowdeco.views.quantities_text import value_text
from flowdeco.views.terminal import Style

_LONGEST = 60


class Names:
    """What the nodes and items of a graph are called: by the states' names, before naming by the steps'."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: dict[int, str] = {}
        self.items: dict[int, str] = {}
        for node in walk(graph.block):
            self.nodes[node.id] = node.name or (node.step if isinstance(node, Call) else "")
            if isinstance(node, Map):
                self.items[node.id] = node.item_name
                self.nodes[node.id] = node.name or f"each {node.item_name}"

    def spell(self, expression: Expression) -> str:
        """An expression, close to Python, with the names of the states for their results."""
        match expression:
            case Literal(value):
                return value_text(value, _LONGEST)
            case Input(name):
                return name
            case Result(node):
                return _quoted(self.nodes.get(node, f"%{node}"))
            case Item(map_id):
                return self.items.get(map_id, "item")
            case Field(base, name):
                return f"{self.spell(base)}.{name}"
            case Index(base, position):
                return f"{self.spell(base)}[{position}]"
            case Elements(base):
                return self.spell(base)
            case Array(values):
                return f"[{', '.join(self.spell(value) for value in values)}]"
            case Object(entries):
                return f"{{{', '.join(f'{json.dumps(key)}: {self.spell(value)}' for key, value in entries)}}}"
            case never:
                assert_never(never)

    def call(self, node: Call) -> str:
        """A step call as it would be written: `train(xs=load, kind="a")`."""
        return f"{node.step}({', '.join(self._argument(name, value) for name, value in node.arguments)})"

    def _argument(self, name: str, value: Expression) -> str:
        if name == "*" and isinstance(value, Array):
            return ", ".join(self.spell(item) for item in value.items)
        return f"{name}={self.spell(value)}"


def inputs_text(inputs: tuple[str, ...], defaults: Mapping[str, object]) -> str:
    """The inputs of a workflow: `day, plus=1`."""
    return ", ".join(f"{n}={value_text(defaults[n], _LONGEST)}" if n in defaults else n for n in inputs)


@dataclass(slots=True)
class _Branch:
    """A line of the tree and what hangs below it."""

    text: str
    below: list[_Branch] = field(default_factory=list)


def graph_text(graph: Graph, style: Style) -> str:
    """The tree of a graph, scheduled or not.

    Siblings run one after the other. Below `at the same time` they run side by side, below `for each` once for every
    item.
    """
    names = Names(graph)
    head = f"{style.paint(graph.name, 'bold')}({inputs_text(graph.inputs, graph.defaults)})"
    tree = [_branch(node, names, style) for node in graph.block.nodes]
    tree.append(_Branch(f"{style.paint('return', 'dim')} {names.spell(graph.block.result)}"))
    return "\n".join([head, *_drawn(tree, "", style)])


def _branch(node: Node, names: Names, style: Style) -> _Branch:
    match node:
        case Call():
            name = names.nodes[node.id]
            label = "" if name == node.step else f"{style.paint(name, 'bold')}: "
            step, _, arguments = names.call(node).partition("(")
            return _Branch(f"{label}{step if label else style.paint(step, 'bold')}({arguments}")
        case Map():
            name = names.nodes[node.id]
            text = f"{style.paint(name, 'bold')}: {style.paint('for each', 'cyan')} {node.item_name}"
            text += f" in {names.spell(node.items)}"
            if node.max_concurrency:
                text += f", at most {node.max_concurrency} at a time"
            if node.distributed:
                text += ", distributed"
            return _Branch(text, _below(node.block, names, style))
        case Fork():
            branches = []
            for block in node.branches:
                below = [_branch(inner, names, style) for inner in block.nodes]
                branches += (
                    below if len(below) == 1 else [_Branch(style.paint("one after the other", "cyan"), below)]
                )
            return _Branch(style.paint("at the same time", "cyan"), branches)
        case never:
            assert_never(never)


def _below(block: Block, names: Names, style: Style) -> list[_Branch]:
    """The nodes of a map's block; its result only when that is not just the last node's."""
    below = [_branch(inner, names, style) for inner in block.nodes]
    last = block.nodes[-1] if block.nodes else None
    if last is None or isinstance(last, Fork) or block.result != Result(last.id):
        below.append(_Branch(f"{style.paint('gives', 'dim')} {names.spell(block.result)}"))
    return below


def _drawn(branches: list[_Branch], indent: str, style: Style) -> list[str]:
    lines: list[str] = []
    for branch in branches:
        last = branch is branches[-1]
        lines.append(indent + style.symbol("└─ " if last else "├─ ", "`- " if last else "|- ") + branch.text)
        lines += _drawn(branch.below, indent + ("   " if last else style.symbol("│  ", "|  ")), style)
    return lines


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f"`{name}`"
