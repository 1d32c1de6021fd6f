"""What is read later, at every state of a scope, and which values are wanted at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from flowdeco.compiler.frames import Frame, Label, Layout, Way
from flowdeco.graph import (
    Again,
    Attempt,
    Call,
    Child,
    Choice,
    End,
    Expression,
    Failing,
    Fork,
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
    Symbol,
    Variable,
    Wait,
    argument_values,
    end_expressions,
    leaves,
    needs,
    results,
)


class Liveness:
    """`before`: by the id of a node with a state, what that state and those after it read; of a loop, what its head reads.

    `after`: by the id of a fork, what is read after it. `clashes`: by the id of a value that shares a variable or may, the
    others of them that are still wanted when it gets its value.
    """

    def __init__(self, layout: Layout) -> None:
        self.before: dict[int, frozenset[Symbol]] = {}
        self.after: dict[int, frozenset[Symbol]] = {}
        self.clashes: dict[int, set[int]] = {}
        self._layout = layout
        self._watched = {*layout.variables}
        self._watched |= {
            leaf.node for _, value in layout.flows for leaf in leaves(value) if isinstance(leaf, Result)
        }
        self._left: dict[int, frozenset[Symbol]] = {}
        self._handlers: dict[Frame, frozenset[Symbol]] = {}
        self._needs: dict[int, frozenset[Symbol]] = {}
        self._block(layout.body)

    def at(self, way: Way) -> frozenset[Symbol]:
        """What is read from the state on that a way leads to."""
        if isinstance(way.target, Return | Raise):
            return frozenset(leaf for value in end_expressions(way.target) for leaf in leaves(value))
        return self.before[way.target.id]

    def _block(self, frame: Frame) -> set[Symbol]:
        live = self._end(frame.block.end)
        for node in reversed(frame.block.nodes):
            live = self._node(node, live, frame)
        return live

    def _node(self, node: Node, live: set[Symbol], frame: Frame) -> set[Symbol]:
        match node:
            case Call():
                self._made((node.id,), live)
                for value in argument_values(node):
                    live.update(leaves(value))
                self._fails(node.failing, live, frame)
            case Child():
                self._made((node.id,), live)
                live.update(leaves(node.input))
                self._fails(node.failing, live, frame)
            case Wait():
                for given in (node.seconds, node.until):
                    if given is not None:
                        live.update(leaves(given))
            case Let():
                self._made((node.id,), live)
                live.update(leaves(node.value))
            case Map():
                self._made((node.id,), live)
                live |= self._inside(node)
                self._fails(node.failing, live, frame)
            case Fork():
                self.after[node.id] = frozenset(live)
                self._made(results(node), live)
                live |= self._inside(node)
            case Choice() | Region() | Attempt() | Loop():
                self._left[node.id] = frozenset(live)
                live = self._label(self._layout.labels[node.id])
                if not isinstance(node, Choice):
                    return live
            case never:
                assert_never(never)
        self.before[node.id] = frozenset(live)
        return live

    def _inside(self, node: Map | Fork) -> frozenset[Symbol]:
        if node.id not in self._needs:
            self._needs[node.id] = needs(node)
        return self._needs[node.id]

    def _label(self, label: Label) -> set[Symbol]:
        node = label.node
        match node:
            case Choice():
                live = {leaf for case in node.cases for leaf in leaves(case.test)}
                return live.union(*map(self._block, label.inner))
            case Region():
                return self._block(label.inner[0])
            case Attempt():
                for frame in reversed(label.inner[1:]):  # one may go on to a later one
                    self._handlers[frame] = frozenset(self._block(frame))
                return self._block(label.inner[0])
            case Loop():
                # What is read at the head is read at the end of every round: again until nothing is added.
                found = self.before.get(node.id, frozenset())
                while True:
                    self.before[node.id] = found
                    live = self._block(label.inner[0])
                    if live <= found:
                        break
                    found |= live
                return self._flow(node.carried, node.first, found)
            case never:
                assert_never(never)

    def _end(self, end: End) -> set[Symbol]:
        match end:
            case Return() | Raise() | Never():
                return {leaf for value in end_expressions(end) for leaf in leaves(value)}
            case Jump(to, values):
                return self._flow(self._layout.labels[to].node.outs, values, self._left[to])
            case Again(to, values):
                return self._flow(self._layout.loop(to).carried, values, self.before[to])
            case Handle(to, handler, error, values):
                attempt = self._layout.attempt(to)
                targets = (attempt.handlers[handler].error, *attempt.entry)
                return self._flow(
                    targets, (error, *values), self._handlers[self._layout.labels[to].inner[1 + handler]]
                )
            case never:
                assert_never(never)

    def _fails(self, failing: tuple[Failing, ...], live: set[Symbol], frame: Frame) -> None:
        """A node that may fail: what the handlers read that take its errors."""
        for catch in self._layout.catches(frame):
            attempt, error = catch.attempt, Result(catch.handler.error.id)
            given = [entry.values for entry in failing if entry.attempt == attempt.id]
            wanted = self._handlers[catch.frame]
            self._made((error.node,), set(wanted))
            live |= self._flow(attempt.entry, given[0] if given else (), wanted - {error})

    def _flow(
        self, targets: tuple[Variable, ...], values: tuple[Expression, ...], wanted: frozenset[Symbol]
    ) -> set[Symbol]:
        """What is read before variables get their values, when `wanted` is read after."""
        live = set(wanted)
        given = {Result(variable.id): value for variable, value in zip(targets, values)}
        for symbol, value in given.items():
            if symbol not in wanted:
                continue
            live.discard(symbol)
            # Nothing stands in the way of a copy but what makes the two differ at once.
            same = {value} if isinstance(value, Result) and value not in given else set()
            self._clash(symbol.node, wanted, same)
        for symbol, value in given.items():
            if symbol in wanted:
                live.update(leaves(value))
        return live

    def _made(self, made: Iterable[int], live: set[Symbol]) -> None:
        """Results that a state brings, all at once."""
        if self._watched:
            for id in made:
                if id in self._watched:
                    self._clash(id, live, set())
        live.difference_update([Result(id) for id in made])

    def _clash(self, id: int, wanted: Iterable[Symbol], same: set[Result]) -> None:
        for other in wanted:
            if (
                isinstance(other, Result)
                and other.node in self._watched
                and other not in same
                and other.node != id
            ):
                self.clashes.setdefault(id, set()).add(other.node)
                self.clashes.setdefault(other.node, set()).add(id)
