"""Variables of choices, loops, regions and attempts that say nothing new, or nothing to anyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from flowdeco.compiler.rebuild import end_with, node_with, substituted, with_blocks
from flowdeco.graph import (
    Again,
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    End,
    Expression,
    Failing,
    Fork,
    Handle,
    Jump,
    Loop,
    Map,
    Node,
    Region,
    Result,
    Variable,
    argument_values,
    blocks,
    end_expressions,
    expressions,
    leaves,
    may_fail,
    results,
)

_T = TypeVar("_T")


def without_variables(block: Block) -> Block:
    """The block without variables that are the same on all ways to them, and without those that are never read."""
    flow = _Flow(block)
    same = flow.same()
    dropped = set(same) | flow.unread(same)
    return _Without(flow, same, dropped).block(block) if dropped else block


class _Flow:
    """What becomes the value of which variable, where it is seen, and what is read for other ends.

    Time is counted in program order: a result is seen from when it is there to the end of its block.
    """

    def __init__(self, block: Block) -> None:
        self.labels: dict[int, Node] = {}
        self.incoming: dict[int, list[Expression]] = {}
        self.owner: dict[int, int] = {}
        self.read: list[Expression] = []
        self._since: dict[int, int] = {}
        self._until: dict[int, int] = {}
        self._start: dict[int, int] = {}
        self._time = 0
        self._block(block)

    def variables_of(self, end: End) -> tuple[Variable, ...]:
        """The variables that the values of an end are for."""
        match end:
            case Jump(to):
                return outs_of(self.labels[to])
            case Again(to):
                loop = self.labels[to]
                return loop.carried if isinstance(loop, Loop) else ()
            case Handle(to):
                return self.entry_of(to)
            case _:
                return ()

    def entry_of(self, attempt: int) -> tuple[Variable, ...]:
        found = self.labels[attempt]
        return found.entry if isinstance(found, Attempt) else ()

    def _block(self, block: Block) -> None:
        made: set[int] = set()
        for node in block.nodes:
            self._node(node)
            self._time += 1
            self._since.update(dict.fromkeys(results(node), self._time))
            made |= results(node)
        end = block.end
        if isinstance(end, Handle):
            self.read.append(end.error)
            self._becomes(self.entry_of(end.attempt), end.values)
        elif isinstance(end, Jump | Again):
            self._becomes(self.variables_of(end), end.values)
        else:
            self.read += end_expressions(end)
        self._until.update(dict.fromkeys(made, self._time))

    def _node(self, node: Node) -> None:
        if isinstance(node, Choice | Loop | Region | Attempt):
            self.labels[node.id] = node
            self._start[node.id] = self._time
            self._own(outs_of(node), node)
        match node:
            case Call():
                self.read += argument_values(node)
            case Loop():
                self._own(node.carried, node)
                self._becomes(node.carried, node.first)
            case Attempt():
                self._own(node.entry, node)
            case Child() | Map() | Choice():
                failing = node.failing if isinstance(node, Child | Map) else ()
                given = {id(value) for entry in failing for value in entry.values}
                self.read += [value for value in expressions(node) if id(value) not in given]
            case _:
                self.read += expressions(node)
        if isinstance(node, Call | Child | Map):
            for entry in node.failing:
                self._becomes(self.entry_of(entry.attempt), entry.values)
        self._inside(node)

    def _inside(self, node: Node) -> None:
        """The blocks of a node. What only they see is seen from here to their end."""
        around = self._time
        for inner in blocks(node):
            self._time += 1
            self._block(inner)
        seen: list[int] = []
        if isinstance(node, Loop):
            seen = [variable.id for variable in node.carried]
        elif isinstance(node, Attempt):
            seen = [v.id for v in (*node.entry, *(handler.error for handler in node.handlers))]
        for id in seen:
            self._since[id], self._until[id] = around + 1, self._time

    def _own(self, variables: tuple[Variable, ...], node: Node) -> None:
        self.owner.update((variable.id, node.id) for variable in variables)

    def _becomes(self, variables: tuple[Variable, ...], values: tuple[Expression, ...]) -> None:
        for variable, value in zip(variables, values):
            self.incoming.setdefault(variable.id, []).append(value)

    def same(self) -> dict[int, Expression]:
        """The variables that are one and the same on all ways to them, and what they are."""
        found: dict[int, Expression] = {}
        for id, label in self.owner.items():
            value: Expression | None = None
            for incoming in self.incoming.get(id, ()):
                resolved = _resolved(incoming, found)
                if resolved == Result(id):
                    continue
                if value is not None and repr(value) != repr(resolved):
                    break
                value = resolved
            else:
                if value is not None and self._fits(value, id, label):
                    found[id] = value
        return {id: _resolved(value, found) for id, value in found.items()}

    def _fits(self, value: Expression, id: int, label: int) -> bool:
        """Whether a value may stand for a variable wherever that is seen."""
        if may_fail(value):
            return False
        start = self._start[label]
        for leaf in leaves(value):
            if isinstance(leaf, Result):
                since, until = self._since.get(leaf.node), self._until.get(leaf.node)
                if leaf.node == id or since is None or since > start:
                    return False
                if until is not None and until < start:
                    return False
        return True

    def unread(self, same: dict[int, Expression]) -> set[int]:
        """The variables that nothing reads but what becomes the value of such variables."""
        waiting = [
            leaf.node
            for value in self.read
            for leaf in leaves(_resolved(value, same))
            if isinstance(leaf, Result) and leaf.node in self.owner
        ]
        read: set[int] = set()
        while waiting:
            id = waiting.pop()
            if id in read:
                continue
            read.add(id)
            for value in self.incoming.get(id, ()):
                for leaf in leaves(_resolved(value, same)):
                    if isinstance(leaf, Result) and leaf.node in self.owner:
                        waiting.append(leaf.node)
        return self.owner.keys() - read


def outs_of(node: Node) -> tuple[Variable, ...]:
    return node.outs if isinstance(node, Choice | Loop | Region | Attempt) else ()


def _resolved(value: Expression, same: dict[int, Expression]) -> Expression:
    """The value without variables that are the same as something else."""
    while same and any(isinstance(leaf, Result) and leaf.node in same for leaf in leaves(value)):
        value = substituted(value, same)
    return value


class _Without:
    """Rebuilds a block without some variables. `same`: what to read in their place."""

    def __init__(self, flow: _Flow, same: dict[int, Expression], dropped: set[int]) -> None:
        self.flow = flow
        self.same = same
        self.dropped = dropped

    def change(self, value: Expression) -> Expression:
        return substituted(value, self.same)

    def kept(self, variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
        return self.values(variables, variables)

    def values(self, variables: tuple[Variable, ...], values: Sequence[_T]) -> tuple[_T, ...]:
        return tuple(value for variable, value in zip(variables, values) if variable.id not in self.dropped)

    def block(self, block: Block) -> Block:
        end = block.end
        if isinstance(end, Jump | Again | Handle):
            end = replace(end, values=self.values(self.flow.variables_of(end), end.values))
        return Block(tuple(map(self.node, block.nodes)), end_with(end, self.change), block.scheduled)

    def node(self, node: Node) -> Node:
        match node:
            case Call() | Child() | Map():
                failing = tuple(
                    Failing(entry.attempt, self.values(self.flow.entry_of(entry.attempt), entry.values))
                    for entry in node.failing
                )
                node = replace(node, failing=failing)
            case Loop():
                first = self.values(node.carried, node.first)
                node = replace(node, first=first, carried=self.kept(node.carried), outs=self.kept(node.outs))
            case Attempt():
                node = replace(node, entry=self.kept(node.entry), outs=self.kept(node.outs))
            case Choice() | Region():
                node = replace(node, outs=self.kept(node.outs))
            case _:
                pass
        node = node_with(node, self.change)
        inner = blocks(node)
        return (
            node if not inner or isinstance(node, Fork) else with_blocks(node, tuple(map(self.block, inner)))
        )
