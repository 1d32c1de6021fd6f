"""A scheduled graph as a tree: what runs after what, what at the same time, what for every item."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from flowdeco.graph import (
    Again,
    Array,
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    Elements,
    End,
    Expression,
    Field,
    Fork,
    Function,
    Graph,
    Handle,
    Handler,
    Index,
    Input,
    Item,
    Jump,
    Let,
    Literal,
    Local,
    Loop,
    Map,
    Never,
    Node,
    Object,
    Operation,
    Raise,
    Region,
    Result,
    Return,
    Variable,
    Wait,
    called,
    variables,
    walk,
)
from flowdeco.views.quantities_text import value_text
from flowdeco.views.terminal import Style

_LONGEST = 60

_OPERATORS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "and": "and",
    "or": "or",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
"""How operations with two operands are written, by the first part of their form."""


class Names:
    """What the nodes and items of a graph are called: by the states' names, before naming by the steps'."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: dict[int, str] = {}
        self.items: dict[int, str] = {}
        self.locals: dict[int, str] = {}
        self.outs: dict[int, tuple[Variable, ...]] = {}
        self.carried: dict[int, tuple[Variable, ...]] = {}
        for node in walk(graph.block):
            self.nodes[node.id] = node.name or (node.step if isinstance(node, Call) else "")
            match node:
                case Map():
                    self.items[node.id] = node.item_name
                    self.nodes[node.id] = node.name or f"each {node.item_name}"
                case Child():
                    self.nodes[node.id] = node.name or node.workflow
                case Let():
                    self.nodes[node.id] = node.target or f"%{node.id}"
                case Choice() | Loop() | Region() | Attempt():
                    self.nodes |= {v.id: v.name or f"%{v.id}" for v in variables(node)}
                    self.outs[node.id] = node.outs
                    if isinstance(node, Loop):
                        self.carried[node.id] = node.carried
                case _:
                    pass

    def spell(self, expression: Expression) -> str:
        """An expression, close to Python, with the names of the states for their results."""
        match expression:
            case Literal({"$type": "result", "of": position}):
                return f"#{position}"
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
            case Local(number):
                return self.locals.get(number, f"local{number}")
            case Operation(form, arguments):
                return self._operation(form.partition(".")[0], arguments)
            case Function(parameters, names, body):
                self.locals.update(zip(parameters, names))
                return f"lambda {', '.join(names)}: {self.spell(body)}"
            case never:
                assert_never(never)

    def _operation(self, name: str, arguments: tuple[Expression, ...]) -> str:
        spelled = [self.spell(argument) for argument in arguments]
        if name in _OPERATORS and len(spelled) == 2:
            inner = [
                f"({text})" if " " in text and _joins(value) else text
                for text, value in zip(spelled, arguments)
            ]
            return f"{inner[0]} {_OPERATORS[name]} {inner[1]}"
        return f"{name.rstrip('_')}({', '.join(spelled)})"

    def assigned(self, targets: tuple[Variable, ...], values: tuple[Expression, ...]) -> str:
        """Variables and their new values, without those that stay as they are called: `total = add, i = 2`."""
        pairs = ((_called(variable), self.spell(value)) for variable, value in zip(targets, values))
        return ", ".join(f"{name} = {value}" for name, value in pairs if name != value)

    def call(self, node: Call) -> str:
        """A step call as it would be written: `train(xs=load, kind="a")`. Of several in one task `#0` is the first's result."""
        return "; ".join(
            f"{step.removesuffix('()')}({', '.join(self._argument(name, value) for name, value in arguments)})"
            for step, arguments in called(node)
        )

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
    tree = _whole(graph.block, names, style)
    return "\n".join([head, *_drawn(tree, "", style)])


def _branch(node: Node, names: Names, style: Style) -> list[_Branch]:
    """The lines of a node: one, but for what is not a step of its own."""
    match node:
        case Call():
            name = names.nodes[node.id]
            label = "" if name == node.step else f"{style.paint(name, 'bold')}: "
            step, _, arguments = names.call(node).partition("(")
            return [_Branch(f"{label}{step if label else style.paint(step, 'bold')}({arguments}")]
        case Child():
            verb = "run" if node.wait else "start"
            text = f"{node.workflow}.{verb}({names.spell(node.input)})"
            name = names.nodes[node.id]
            return [_Branch(text if name == node.workflow else f"{style.paint(name, 'bold')}: {text}")]
        case Wait():
            return [_Branch(f"{style.paint('wait', 'cyan')} {wait_text(node, names)}")]
        case Let():
            return [_Branch(f"{names.nodes[node.id]} = {names.spell(node.value)}")]
        case Map():
            name = names.nodes[node.id]
            text = f"{style.paint(name, 'bold')}: {style.paint('for each', 'cyan')} {node.item_name}"
            text += f" in {names.spell(node.items)}"
            if node.max_concurrency:
                text += f", at most {node.max_concurrency} at a time"
            if node.distributed:
                text += ", distributed"
            return [_Branch(text, _below(node.block, names, style))]
        case Choice() | Loop() | Attempt():
            return _structure(node, names, style)
        case Region():
            return [_Branch(style.paint("one after the other", "cyan"), _whole(node.block, names, style))]
        case Fork():
            branches = []
            for block in node.branches:
                below = [line for inner in block.nodes for line in _branch(inner, names, style)]
                branches += (
                    below if len(below) == 1 else [_Branch(style.paint("one after the other", "cyan"), below)]
                )
            return [_Branch(style.paint("at the same time", "cyan"), branches)]
        case never:
            assert_never(never)


def _structure(node: Choice | Loop | Attempt, names: Names, style: Style) -> list[_Branch]:
    match node:
        case Choice():
            found = []
            for word, case in zip(("if", *["elif"] * len(node.cases)), node.cases):
                text = f"{style.paint(word, 'cyan')} {case.text or names.spell(case.test)}"
                found.append(_Branch(text, _whole(case.block, names, style)))
            default = _whole(node.default, names, style)
            return [*found, *([_Branch(style.paint("else", "cyan"), default)] if default else [])]
        case Loop():
            pairs = zip(node.carried, node.first)
            first = ", ".join(f"{_called(v)} = {names.spell(value)}" for v, value in pairs)
            text = style.paint("again and again", "cyan") + (f", at first with {first}" if first else "")
            return [_Branch(text, _whole(node.block, names, style))]
        case Attempt():
            found = [_Branch(style.paint("try", "cyan"), _whole(node.block, names, style))]
            for handler in node.handlers:
                text = f"{style.paint('except', 'cyan')} {handler_text(handler)}"
                found.append(_Branch(text, _whole(handler.block, names, style)))
            return found
        case never:
            assert_never(never)


def wait_text(node: Wait, names: Names) -> str:
    """How long a pause is: `30 s`, `until start`."""
    if node.seconds is not None:
        return f"{names.spell(node.seconds)} s"
    return f"until {names.spell(node.until)}" if node.until is not None else ""


def handler_text(handler: Handler) -> str:
    """What a handler is for, as it is written."""
    on = ", ".join(error if isinstance(error, str) else error.__name__ for error in handler.on)
    return handler.text or (f"{on} as {handler.error.name}" if handler.error.name else on)


def _whole(block: Block, names: Names, style: Style) -> list[_Branch]:
    """The nodes of a block and how it ends, where that says something."""
    lines = [line for node in block.nodes for line in _branch(node, names, style)]
    end = end_text(block.end, names)
    if end:
        word, _, rest = end.partition(" ")
        lines.append(_Branch(f"{style.paint(word, 'dim')} {rest}".rstrip()))
    return lines


def end_text(end: End, names: Names) -> str:
    """How a block ends, in a line. Nothing where it just ends."""
    match end:
        case Return(value):
            return f"return {names.spell(value)}"
        case Jump(to, values):
            assigned = names.assigned(names.outs.get(to, ()), values)
            return f"set {assigned}" if assigned else ""
        case Again(to, values):
            assigned = names.assigned(names.carried.get(to, ()), values)
            return f"again with {assigned}" if assigned else "again"
        case Handle(_, _, error):
            return f"raise {names.spell(error)}"
        case Raise(error, cause):
            name = error.value if isinstance(error, Literal) else names.spell(error)
            return f"raise {name}: {names.spell(cause)}"
        case Never():
            return ""
        case never:
            assert_never(never)


def _called(variable: Variable) -> str:
    return variable.name or f"%{variable.id}"


def _joins(value: Expression) -> bool:
    return isinstance(value, Operation) and len(value.arguments) == 2


def _below(block: Block, names: Names, style: Style) -> list[_Branch]:
    """The nodes of a map's block; its result only when that is not just the last node's."""
    below = [line for inner in block.nodes for line in _branch(inner, names, style)]
    last = block.nodes[-1] if block.nodes else None
    if not isinstance(block.end, Return):
        end = end_text(block.end, names)
        return [*below, _Branch(end)] if end else below
    if not isinstance(last, Call | Child | Map) or block.end.value != Result(last.id):
        below.append(_Branch(f"{style.paint('gives', 'dim')} {names.spell(block.end.value)}"))
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
