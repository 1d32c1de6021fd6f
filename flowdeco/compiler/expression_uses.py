"""Which states evaluate an expression, and for what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, assert_never

from flowdeco.graph import (
    Again,
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    Expression,
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
    Result,
    Return,
    Variable,
    Wait,
    blocks,
    called,
    children,
    walk,
)

_Use: TypeAlias = tuple[str, str] | int
"""For what and in which state; or the id of the `Let` that it is the value of."""


class ExpressionUses:
    """Looks for expressions, as objects, in a graph as it was traced. States are named as in the scheduled one."""

    def __init__(self, traced: Graph, scheduled: Graph, wanted: Iterable[Expression]) -> None:
        self._names = _state_names(scheduled)
        self._wanted = {id(expression) for expression in wanted}
        self._found: dict[int, list[_Use]] = {}
        self._reads: dict[int, list[_Use]] = {}
        self._labels: dict[int, Node] = {node.id: node for node in walk(traced.block)}
        self._block(traced.block, None)

    def of(self, expression: Expression) -> list[tuple[str, str]]:
        """For what it is evaluated, and the state that does ("" where that is whichever comes before), each once."""
        found: dict[tuple[str, str], None] = {}
        waiting, seen = list(self._found.get(id(expression), ())), set[int]()
        while waiting:
            use = waiting.pop(0)
            if isinstance(use, tuple):
                found[use] = None
            elif use not in seen:
                seen.add(use)
                waiting += self._reads.get(use, ())
        return list(found)

    def _block(self, block: Block, map: Map | None) -> None:
        for node in block.nodes:
            self._node(node)
            for inner in blocks(node):
                self._block(inner, node if isinstance(node, Map) else map)
        match block.end:
            case Return(value):
                use = ("the output", "") if map is None else ("the result of an iteration", self._name(map))
                self._look(value, use)
            case Jump(to, values):
                self._become(_outs(self._labels[to]), values)
            case Again(to, values):
                loop = self._labels[to]
                assert isinstance(loop, Loop)
                self._become(loop.carried, values)
            case Handle(to, _, error, values):
                attempt = self._labels[to]
                assert isinstance(attempt, Attempt)
                self._become(attempt.entry, values)
                self._look(error, ("an error", ""))
            case Raise(error, cause, name):
                self._look(error, ("an error", name))
                self._look(cause, ("the message of an error", name))
            case Never():
                pass
            case never:
                assert_never(never)

    def _node(self, node: Node) -> None:
        name = self._name(node)
        match node:
            case Call():
                for _, arguments in called(node):
                    for _, value in arguments:
                        self._look(value, ("an argument", name))
            case Child():
                self._look(node.input, ("an argument", name))
            case Wait():
                for asked in (node.seconds, node.until):
                    if asked is not None:
                        self._look(asked, ("how long to wait", name))
            case Let():
                self._look(node.value, node.id)
            case Map():
                self._look(node.items, ("the items", name))
            case Choice():
                for case in node.cases:
                    self._look(case.test, ("the condition", name))
            case Loop():
                self._become(node.carried, node.first)
            case Region() | Attempt() | Fork():
                pass
            case never:
                assert_never(never)
        for failing in getattr(node, "failing", ()):
            attempt = self._labels[failing.attempt]
            assert isinstance(attempt, Attempt)
            self._become(attempt.entry, failing.values)

    def _become(self, variables: Iterable[Variable], values: Iterable[Expression]) -> None:
        for variable, value in zip(variables, values):
            self._look(value, (f"variable {variable.name!r}", ""))

    def _look(self, expression: Expression, use: _Use) -> None:
        """Notes what of an expression is looked for, and what it reads."""
        stack, seen = [expression], set[int]()
        while stack:
            top = stack.pop()
            if id(top) in seen:
                continue
            seen.add(id(top))
            if id(top) in self._wanted:
                self._found.setdefault(id(top), []).append(use)
            if isinstance(top, Result):
                self._reads.setdefault(top.node, []).append(use)
            stack.extend(children(top))

    def _name(self, node: Node) -> str:
        if node.id in self._names:
            return self._names[node.id]
        if isinstance(node, Call):
            return self._names.get(node.step, "")
        return ""


def _outs(node: Node) -> tuple[Variable, ...]:
    return node.outs if isinstance(node, Choice | Loop | Region | Attempt) else ()


def _state_names(scheduled: Graph) -> Mapping[object, str]:
    """Names of states by the ids of their nodes, and of the tasks that run other glue calls too, by those."""
    return dict(_named(scheduled))


def _named(scheduled: Graph) -> Iterator[tuple[object, str]]:
    for node in walk(scheduled.block):
        if isinstance(node, Let | Loop | Region | Attempt):
            continue
        yield node.id, node.name
        if isinstance(node, Call):
            for step, _ in called(node):
                if step != node.step:
                    yield step, node.name
