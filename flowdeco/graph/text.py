"""A graph as readable text: one line a node, nested blocks indented."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import assert_never

from flowdeco.graph.expressions import (
    Array,
    Elements,
    Expression,
    Field,
    Function,
    Index,
    Input,
    Item,
    Literal,
    Local,
    Object,
    Operation,
    Result,
)
from flowdeco.graph.looking import called, walk
from flowdeco.graph.model import (
    Again,
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    End,
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
    Variable,
    Wait,
)


def text(graph: Graph) -> str:
    """The whole graph. Nodes are called `%1`, `%2`, the results of calls that share a task `#0`, `#1` and so on in their order;
    an arrow says what a node additionally waits for."""
    lines = [f"workflow {graph.name}({', '.join(_input(graph, name) for name in graph.inputs)})"]
    items = {node.id: node.item_name for node in walk(graph.block) if isinstance(node, Map)}
    lines += _block(graph.block, "  ", items)
    return _TOKEN.sub(_numbered(), "\n".join(lines))


_TOKEN = re.compile(r'  # [^\n]*|"(?:[^"\\\n]|\\.)*"|%(\d+)')


def _numbered() -> Callable[[re.Match[str]], str]:
    """Ids as they are read: from 1, in order of appearance. What is in quotes, and names of states, stay as they are."""
    numbers: dict[str, int] = {}

    def replaced(found: re.Match[str]) -> str:
        id = found.group(1)
        return found.group() if id is None else f"%{numbers.setdefault(id, len(numbers) + 1)}"

    return replaced


def _input(graph: Graph, name: str) -> str:
    if name not in graph.defaults:
        return name
    return f"{name}={json.dumps(graph.defaults[name], ensure_ascii=False)}"


def _block(block: Block, indent: str, items: dict[int, str]) -> Iterator[str]:
    for node in block.nodes:
        yield from _node(node, indent, items)
    if end := _end(block.end, items):
        yield indent + end


def _node(node: Node, indent: str, items: dict[int, str]) -> Iterator[str]:
    match node:
        case Call():
            calls = [_call(step, arguments, items) for step, arguments in called(node)]
            which = f" -> #{len(node.before)}" if node.then else ""
            yield f"{indent}%{node.id} = {'; '.join(calls)}{which}{_extra(node, items)}"
        case Child():
            verb = "run" if node.wait else "start"
            yield f"{indent}%{node.id} = {node.workflow}.{verb}({spell(node.input, items)}){_extra(node, items)}"
        case Wait():
            until = "" if node.until is None else f"until {spell(node.until, items)}"
            wait = f"{spell(node.seconds, items)} s" if node.seconds is not None else until
            yield f"{indent}%{node.id} = wait {wait}{_extra(node, items)}"
        case Let():
            yield f"{indent}%{node.id} = {spell(node.value, items)}{_extra(node, items)}"
        case Map():
            head = f"{indent}%{node.id} = map {node.item_name} in {spell(node.items, items)}"
            limit = f", at most {node.max_concurrency} at a time" if node.max_concurrency else ""
            yield f"{head}{limit}{', distributed' if node.distributed else ''}{_extra(node, items)}"
            yield from _block(node.block, indent + "  ", items)
        case Choice():
            yield f"{indent}{_label(node)}choice{_extra(node, items)}"
            for case in node.cases:
                yield f"{indent}  if {spell(case.test, items)}"
                yield from _block(case.block, indent + "    ", items)
            yield f"{indent}  else"
            yield from _block(node.default, indent + "    ", items)
        case Loop():
            pairs = zip(node.carried, node.first)
            first = "".join(f", {_variable(v)} = {spell(value, items)}" for v, value in pairs)
            yield f"{indent}{_label(node)}loop{first}{_extra(node, items)}"
            yield from _block(node.block, indent + "  ", items)
        case Region():
            yield f"{indent}{_label(node)}region{_extra(node, items)}"
            yield from _block(node.block, indent + "  ", items)
        case Attempt():
            yield f"{indent}{_label(node)}attempt{_extra(node, items)}"
            yield from _block(node.block, indent + "  ", items)
            for handler in node.handlers:
                names = ", ".join(on if isinstance(on, str) else on.__name__ for on in handler.on)
                entry = "".join(f", {_variable(v)}" for v in node.entry)
                yield f"{indent}except {names} as {_variable(handler.error)}{entry}"
                yield from _block(handler.block, indent + "  ", items)
        case Fork():
            yield f"{indent}%{node.id} = at the same time{_named(node)}"
            for branch in node.branches:
                yield f"{indent}  branch"
                yield from _block(branch, indent + "    ", items)
        case never:
            assert_never(never)


def _end(end: End, items: dict[int, str]) -> str:
    def listed(values: tuple[Expression, ...]) -> str:
        return f" with {', '.join(spell(value, items) for value in values)}" if values else ""

    match end:
        case Return(value):
            return f"-> {spell(value, items)}"
        case Jump(to, values):
            return f"-> end of %{to}{listed(values)}"
        case Again(to, values):
            return f"-> again %{to}{listed(values)}"
        case Handle(to, handler, error, values):
            return f"-> except {handler} of %{to}{listed((error, *values))}"
        case Raise(error, cause):
            return f"raise {spell(error, items)}: {spell(cause, items)}"
        case Never():
            return ""
        case never:
            assert_never(never)


def _label(node: Choice | Loop | Region | Attempt) -> str:
    outs = f"{', '.join(_variable(out) for out in node.outs)} = " if node.outs else ""
    return f"{outs}%{node.id}: "


def _variable(variable: Variable) -> str:
    return f"%{variable.id} {variable.name}".rstrip()


def _call(step: str, arguments: tuple[tuple[str, Expression], ...], items: dict[int, str]) -> str:
    given = [spelled for argument in arguments for spelled in _argument(*argument, items)]
    return f"{step.removesuffix('()')}({', '.join(given)})"


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


def _extra(
    node: Call | Child | Wait | Let | Map | Choice | Loop | Region | Attempt, items: dict[int, str]
) -> str:
    after = f"  after {', '.join(f'%{i}' for i in node.after)}" if node.after else ""
    failing = ""
    if isinstance(node, Call | Child | Map):
        failing = "".join(
            f"  failing into %{entry.attempt} with {', '.join(spell(value, items) for value in entry.values)}"
            for entry in node.failing
            if entry.values
        )
    return after + failing + _named(node)


def _named(node: Node) -> str:
    return f"  # {node.name}" if node.name else ""


def spell(expression: Expression, items: dict[int, str] | None = None) -> str:
    """An expression, close to Python."""
    match expression:
        case Literal({"$type": "result", "of": position}):
            return f"#{position}"
        case Literal(value):
            return json.dumps(value, ensure_ascii=False)
        case Input(name):
            return name
        case Result(node):
            return f"%{node}"
        case Item(map_id):
            return (items or {}).get(map_id, f"item{map_id}")
        case Local(number):
            return f"local{number}"
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
        case Operation(form, arguments):
            return f"{form}({', '.join(spell(value, items) for value in arguments)})"
        case Function(parameters, _, body):
            return f"lambda {', '.join(f'local{number}' for number in parameters)}: {spell(body, items)}"
        case never:
            assert_never(never)
