"""An expression that the user gave a name is evaluated where it is used, unless it would have to be written twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from flowdeco.compiler.rebuild import end_with, node_with, substituted, with_blocks
from flowdeco.graph import (
    Block,
    Choice,
    Expression,
    Field,
    Fork,
    Function,
    Graph,
    Index,
    Let,
    Loop,
    Map,
    Node,
    Result,
    blocks,
    children,
    end_expressions,
    expressions,
    walk,
)

_SHORT = 4
"""Parts of an expression that is as short as the name it would be given: `$count($xs) - 1`."""

_FIRST = 12
"""At the start of a scope a name costs a state: only something longer than this is worth one."""


def inline_lets(graph: Graph) -> Graph:
    """What is used once, in the same round, goes to where it is used; what nobody uses goes away; what is short goes
    everywhere. A `Let` that may not be repeated stays.
    """
    if not any(isinstance(node, Let) for node in walk(graph.block)):
        return graph
    uses = _Uses()
    uses.block(graph.block, ())
    return replace(graph, block=_Inlining(uses).block(graph.block, start=True))


@dataclass(slots=True)
class _Place:
    """Where a use is: the maps and loops around it, and whether it is inside a function of an expression."""

    rounds: tuple[int, ...]
    repeated: bool


class _Uses:
    """How often each result is read, and from where."""

    def __init__(self) -> None:
        self.count: Counter[int] = Counter()
        self.places: dict[int, list[_Place]] = {}
        self.made: dict[int, tuple[int, ...]] = {}

    def block(self, block: Block, rounds: tuple[int, ...]) -> None:
        for node in block.nodes:
            for value in expressions(node):
                self.expression(value, rounds, False)
            if isinstance(node, Let):
                self.made[node.id] = rounds
            inner = (*rounds, node.id) if isinstance(node, Map | Loop) else rounds
            for nested in blocks(node):
                self.block(nested, inner)
        for value in end_expressions(block.end):
            self.expression(value, rounds, False)

    def expression(self, value: Expression, rounds: tuple[int, ...], repeated: bool) -> None:
        stack = [(value, repeated)]
        while stack:
            top, inside = stack.pop()
            if isinstance(top, Result):
                self.count[top.node] += 1
                self.places.setdefault(top.node, []).append(_Place(rounds, inside))
            else:
                inside = inside or isinstance(top, Function)
                stack.extend((part, inside) for part in children(top))

    def once(self, let: Let) -> bool:
        """Whether it is evaluated once also where it is used."""
        places = self.places.get(let.id, [])
        return len(places) == 1 and not places[0].repeated and places[0].rounds == self.made[let.id]


class _Inlining:
    def __init__(self, uses: _Uses) -> None:
        self.uses = uses
        self.values: dict[int, Expression] = {}
        self.waits: dict[int, tuple[int, ...]] = {}

    def block(self, block: Block, *, start: bool) -> Block:
        """`start`: no state comes before the block in its scope."""
        nodes: list[Node] = []
        for node in block.nodes:
            changed = self.node(node, start and not any(not isinstance(n, Let) for n in nodes))
            if isinstance(changed, Let) and self.gone(
                changed, start and not any(not isinstance(n, Let) for n in nodes)
            ):
                self.values[changed.id] = changed.value
                self.waits[changed.id] = changed.after
                continue
            nodes.append(changed)
        return Block(tuple(nodes), end_with(block.end, self.change), block.scheduled)

    def node(self, node: Node, start: bool) -> Node:
        node = node_with(node, self.change)
        if not isinstance(node, Fork) and any(earlier in self.waits for earlier in node.after):
            node = replace(node, after=tuple(dict.fromkeys(self.awaited(node.after))))
        first = isinstance(node, Map) or (start and not isinstance(node, Choice))
        inner = tuple(self.block(nested, start=first) for nested in blocks(node))
        return with_blocks(node, inner) if inner else node

    def gone(self, let: Let, start: bool) -> bool:
        if let.once:
            return self.uses.count[let.id] == 0
        if self.uses.count[let.id] == 0:
            return not _may_be_missing(let.value)  # what is not there has to be noticed
        size = _size(let.value)
        return size <= _SHORT or self.uses.once(let) or (start and size <= _FIRST)

    def change(self, value: Expression) -> Expression:
        return substituted(value, self.values)

    def awaited(self, after: tuple[int, ...]) -> Iterator[int]:
        for earlier in after:
            yield from self.waits.get(earlier, (earlier,))


def _may_be_missing(expression: Expression) -> bool:
    """Whether it looks under a key or at a place where nothing may be."""
    stack = [expression]
    while stack:
        top = stack.pop()
        if isinstance(top, Index) or (isinstance(top, Field) and not top.certain):
            return True
        stack.extend(children(top))
    return False


def _size(expression: Expression) -> int:
    """How many parts there are; a function counts as a long one."""
    count, stack = 0, [expression]
    while stack:
        top = stack.pop()
        count += 10 if isinstance(top, Function) else 1
        if count > 100:
            return count
        stack.extend(children(top))
    return count
