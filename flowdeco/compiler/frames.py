"""Where control goes from every point of a scope.

A scope is a piece of graph that becomes `States` of its own: the workflow's body, a map's, a branch of a fork. Of its
nodes only some become states; loops, regions and attempts are places to go to. A *way* leads from a point over all such
places to the next state, and knows what the variables that it passes are to hold then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from flowdeco.authoring.options import ANY_ERROR
from flowdeco.compiler.rebuild import substituted
from flowdeco.graph import (
    Again,
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    End,
    Expression,
    Fork,
    Handle,
    Handler,
    Jump,
    Let,
    Loop,
    Map,
    Never,
    Raise,
    Region,
    Result,
    Return,
    Symbol,
    Variable,
    Wait,
    blocks,
    leaves,
    results,
    variables,
)
from flowdeco.tracing.error_names import error_names

LabelNode: TypeAlias = Choice | Loop | Region | Attempt
Target: TypeAlias = Call | Child | Wait | Let | Map | Choice | Fork | Loop | Return | Raise
"""What a way leads to. A loop: one that needs a state of its own, since it may come round without any other."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A block of a scope, and the attempts around it whose handlers take its errors, innermost first."""

    block: Block
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A node that control jumps to, where it stands, and the frames of its blocks in the order of `blocks`."""

    node: LabelNode
    frame: Frame
    index: int
    inner: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """The next state, in which frame, and the new values of variables, in terms of those before the way.

    `looped`: the state may be come to again later. `once`: which of the values hold what is to be evaluated only once.
    """

    target: Target
    frame: Frame
    index: int
    values: dict[int, Expression]
    looped: bool
    once: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Catch:
    """A handler that errors of a frame may come to: which one of which attempt, by which names, in which frame."""

    attempt: Attempt
    handler: Handler
    names: tuple[str, ...]
    frame: Frame


class Layout:
    """The frames and labels of a scope. `made`: ids of results that its states bring. `flows`: what becomes the value
    of which variable."""

    def __init__(self, block: Block) -> None:
        self.body = Frame(block)
        self.labels: dict[int, Label] = {}
        self.made: set[int] = set()
        self.variables: dict[int, Variable] = {}
        self.flows: list[tuple[int, Expression]] = []
        self.lets: list[tuple[Frame, int, Let]] = []
        self.stops: set[int] = set()
        self._catches: dict[Frame, tuple[Catch, ...]] = {}
        self._enter(self.body)
        self.heads = {to for label in self.labels.values() for to in self._rounds(label)}

    def _enter(self, frame: Frame) -> None:
        for index, node in enumerate(frame.block.nodes):
            match node:
                case Call() | Child() | Map():
                    self.made.add(node.id)
                    for failing in node.failing:
                        attempt = self.labels[failing.attempt].node
                        assert isinstance(attempt, Attempt)
                        self._flow(attempt.entry, failing.values)
                case Let():
                    self.made.add(node.id)
                    if node.once:
                        self.lets.append((frame, index, node))
                case Fork():
                    self.made |= results(node)
                case Wait():
                    pass
                case Choice() | Loop() | Region() | Attempt():
                    self._label(node, frame, index)
                case never:
                    assert_never(never)
        self._end(frame.block.end)

    def _label(self, node: LabelNode, frame: Frame, index: int) -> None:
        self.variables.update((variable.id, variable) for variable in variables(node))
        around = [frame.attempts] * len(blocks(node))
        if isinstance(node, Attempt):
            around[0] = (node, *frame.attempts)
        inner = tuple(Frame(block, attempts) for block, attempts in zip(blocks(node), around))
        self.labels[node.id] = Label(node, frame, index, inner)
        if isinstance(node, Loop):
            self._flow(node.carried, node.first)
        for found in inner:
            self._enter(found)

    def _end(self, end: End) -> None:
        match end:
            case Jump(to, values):
                self._flow(self.labels[to].node.outs, values)
            case Again(to, values):
                self._flow(self.loop(to).carried, values)
            case Handle(to, _, _, values):
                self._flow(self.attempt(to).entry, values)
            case _:
                pass

    def _flow(self, targets: tuple[Variable, ...], values: tuple[Expression, ...]) -> None:
        self.flows += ((variable.id, value) for variable, value in zip(targets, values))

    def loop(self, id: int) -> Loop:
        found = self.labels[id].node
        assert isinstance(found, Loop)
        return found

    def attempt(self, id: int) -> Attempt:
        found = self.labels[id].node
        assert isinstance(found, Attempt)
        return found

    def _rounds(self, label: Label) -> set[int]:
        """The loop of a label, or the one inside it, that may come round without a state."""
        if not isinstance(label.node, Loop):
            return set()
        seen = {label.node.id}
        frame, index = label.inner[0], 0
        while True:
            if index < len(frame.block.nodes):
                node = frame.block.nodes[index]
                if isinstance(node, Let):
                    index += 1
                    continue
                if not isinstance(node, Loop | Region | Attempt):
                    return set()
                if node.id in seen:
                    return {node.id}
                if isinstance(node, Loop):
                    seen.add(node.id)
                frame, index = self.labels[node.id].inner[0], 0
                continue
            match frame.block.end:
                case Jump(to):
                    frame, index = self.labels[to].frame, self.labels[to].index + 1
                case Again(to):
                    if to in seen:
                        return {to}
                    seen.add(to)
                    frame, index = self.labels[to].inner[0], 0
                case Handle(to, handler):
                    frame, index = self.labels[to].inner[1 + handler], 0
                case Return() | Raise() | Never():
                    return set()
                case never:
                    assert_never(never)

    def catches(self, frame: Frame) -> tuple[Catch, ...]:
        """The handlers around a frame, inner before outer, as far as an error can still get there."""
        if not frame.attempts:
            return ()
        found = self._catches.get(frame)
        if found is None:
            found = self._catches[frame] = tuple(self._catching(frame))
        return found

    def _catching(self, frame: Frame) -> Iterator[Catch]:
        caught: set[str] = set()
        for attempt in frame.attempts:
            inner = self.labels[attempt.id].inner[1:]
            for handler, handling in zip(attempt.handlers, inner):
                names = tuple(name for name in error_names(handler.on) if name not in caught)
                caught.update(names)
                if names:
                    yield Catch(attempt, handler, names, handling)
                if ANY_ERROR in names:
                    return

    def reached(self) -> tuple[set[int], bool]:
        """Ids of the nodes that some way leads to, and whether some way leads to an end of the scope.

        A handler may be for what never happens, and a loop may go on for ever.
        """
        waiting = [self.way(self.body, 0, {})]
        found: set[int] = set()
        ends = False
        while waiting:
            way = waiting.pop()
            target = way.target
            if isinstance(target, Return | Raise):
                ends = True
                continue
            if target.id in found:
                continue
            found.add(target.id)
            if isinstance(target, Choice | Loop):
                inner = self.labels[target.id].inner
                waiting += [self.way(frame, 0, {}, into=True) for frame in inner]
                continue
            waiting.append(self.way(way.frame, way.index + 1, {}))
            if isinstance(target, Call | Child | Map):
                waiting += [self.way(catch.frame, 0, {}) for catch in self.catches(way.frame)]
        return found, ends

    def stop_where_needed(self, read_at: Callable[[Way], frozenset[Symbol]]) -> None:
        """Finds the values to be evaluated once that need a state, since what follows them would evaluate them again.

        `read_at`: what is read from the state on that a way leads to.
        """
        for frame, index, let in self.lets:
            on_way: list[tuple[int, Expression]] = []
            way = self.way(frame, index + 1, {}, passed=on_way)
            holding = {let.id}
            uses = 0
            for id, value in on_way:
                found = sum(isinstance(leaf, Result) and leaf.node in holding for leaf in leaves(value))
                if found:
                    holding.add(id)
                uses += found
            if uses > 1 or (uses and Result(let.id) in read_at(way)):
                self.stops.add(let.id)

    def way(
        self,
        frame: Frame,
        index: int,
        values: dict[int, Expression],
        *,
        into: bool = False,
        passed: list[tuple[int, Expression]] | None = None,
    ) -> Way:
        """The way from before a node of a frame, or from its end.

        `into`: from a loop's own state to what it runs. `passed`: takes what becomes the value of what on it.
        """
        looped = into
        if index < len(frame.block.nodes):
            node = frame.block.nodes[index]
            if not isinstance(node, Let | Loop | Region | Attempt):
                return Way(node, frame, index, values, looped)
        once: set[int] = set()

        def becomes(targets: tuple[Variable, ...], given: tuple[Expression, ...]) -> None:
            nonlocal values
            if passed is not None:
                passed.extend((variable.id, value) for variable, value in zip(targets, given))
            if once:
                for variable, value in zip(targets, given):
                    if any(isinstance(leaf, Result) and leaf.node in once for leaf in leaves(value)):
                        once.add(variable.id)
            values = _bound(values, targets, given)

        while True:
            if index < len(frame.block.nodes):
                node = frame.block.nodes[index]
                if isinstance(node, Let) and node.id not in self.stops:
                    becomes((Variable(node.id, node.target),), (node.value,))
                    if node.once:
                        once.add(node.id)
                    index += 1
                    continue
                if not isinstance(node, Loop | Region | Attempt):
                    return Way(node, frame, index, values, looped, frozenset(once))
                label = self.labels[node.id]
                if isinstance(node, Loop):
                    looped = True
                    becomes(node.carried, node.first)
                    if node.id in self.heads:
                        return Way(node, frame, index, values, looped, frozenset(once))
                frame, index = label.inner[0], 0
                continue
            match frame.block.end:
                case Jump(to, given):
                    label = self.labels[to]
                    becomes(label.node.outs, given)
                    frame, index = label.frame, label.index + 1
                case Again(to, given):
                    label, loop = self.labels[to], self.loop(to)
                    becomes(loop.carried, given)
                    if to in self.heads:
                        return Way(loop, label.frame, label.index, values, True, frozenset(once))
                    frame, index = label.inner[0], 0
                case Handle(to, handler, error, given):
                    attempt = self.attempt(to)
                    becomes((attempt.handlers[handler].error, *attempt.entry), (error, *given))
                    frame, index = self.labels[to].inner[1 + handler], 0
                case Return() | Raise() as end:
                    return Way(end, frame, index, values, looped, frozenset(once))
                case Never():
                    raise AssertionError("the end of a block that is never reached")
                case never:
                    assert_never(never)


def _bound(
    values: dict[int, Expression], targets: tuple[Variable, ...], given: tuple[Expression, ...]
) -> dict[int, Expression]:
    """The values with new ones for some variables, all in terms of what was before."""
    if not targets:
        return values
    return values | {variable.id: substituted(value, values) for variable, value in zip(targets, given)}
