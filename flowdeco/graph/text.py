"""A graph as readable text: one line a node, nested blocks indented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import assert_never

from flowdeco.graph.model import (
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
    Object,
    Result,
    walk,
)


def text(graph: Graph) -> str:
    """The whole graph. Nodes are called `%id`; an arrow says what a node additionally waits for."""
    lines = [f"workflow {graph.name}({', '.join(_input(graph, name) for name in graph.inputs)})"]
    items = {node.id: node.item_name for node in walk(graph.block) if isinstance(node, Map)}
    lines += _block(graph.block, "  ", items)
    return "\n".join(lines)


def _input(graph: Graph, name: str) -> str:
    if name not in graph.defaults:
        return name
    return f"{name}={json.dumps(graph.defaults[name], ensure_ascii=False)}"


def _block(block: Block, indent: str, items: dict[int, str]) -> Iterator[str]:
    for node in block.nodes:
        match node:
            case Call():
                arguments = [
                    spelled for argument in node.arguments for spelled in _argument(*argument, items)
                ]
                yield f"{indent}%{node.id} = {node.step}({', '.join(arguments)}){_extra(node)}"
            case Map():
                head = f"{indent}%{node.id} = map {node.item_name} in {spell(node.items, items)}"
                limit = f", at most {node.max_concurrency} at a time" if node.max_concurrency else ""
                yield f"{head}{limit}{', distributed' if node.distributed else ''}{_extra(node)}"
                yield from _block(node.block, indent + "  ", items)
            case Fork():
                yield f"{indent}%{node.id} = at the same time{_named(node)}"
                for branch in node.branches:
                    yield f"{indent}  branch"
                    yield from _block(branch, indent + "    ", items)
            case never:
                assert_never(never)
    yield f"{indent}-> {spell(block.result, items)}"


def _argument(name: str, value: Expression, items: dict[int, str]) -> list[str]:
    match name, value:
        case "*", Array(values):
            return [spell(item, items) for item in values]
        case "*", Literal(list() as constants):
            return [spell(Literal(constant)) for constant in constants]
        case "*", _:
            return [f"*{spell(value, items)}"]
        case _:
            return [f"{name}={spell(value, items)}"]


def _extra(node: Call | Map) -> str:
    after = f"  after {', '.join(f'%{i}' for i in node.after)}" if node.after else ""
    return after + _named(node)


def _named(node: Call | Map | Fork) -> str:
    return f"  # {node.name}" if node.name else ""


def spell(expression: Expression, items: dict[int, str] | None = None) -> str:
    """An expression, close to Python."""
    match expression:
        case Literal(value):
            return json.dumps(value, ensure_ascii=False)
        case Input(name):
            return name
        case Result(node):
            return f"%{node}"
        case Item(map_id):
            return (items or {}).get(map_id, f"item{map_id}")
        case Field(base, name):
            look = f".{name}" if name.isidentifier() else f"[{json.dumps(name, ensure_ascii=False)}]"
            return spell(base, items) + look
        case Index(base, position):
            return f"{spell(base, items)}[{position}]"
        case Elements(base):
            return spell(base, items)
        case Array(values):
            return f"[{', '.join(spell(value, items) for value in values)}]"
        case Object(entries):
            inner = ", ".join(
                f"{json.dumps(key, ensure_ascii=False)}: {spell(value, items)}" for key, value in entries
            )
            return f"{{{inner}}}"
        case never:
            assert_never(never)
