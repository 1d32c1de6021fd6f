"""Variables, regions, attempts and choices that need not be are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias, TypeVar

from flowdeco.compiler.flow_variables import without_variables
from flowdeco.compiler.rebuild import end_with, node_with, substituted, with_blocks
from flowdeco.graph import (
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    End,
    Expression,
    Fork,
    Graph,
    Handle,
    Jump,
    Loop,
    Map,
    Never,
    Node,
    Region,
    blocks,
    completes,
    walk,
)

_T = TypeVar("_T")
_Label: TypeAlias = Choice | Loop | Region | Attempt


def simplify_flow(graph: Graph) -> Graph:
    """Until nothing changes: a variable that is the same on all paths is replaced by that, one that nobody reads is
    dropped; a region that is never left early, and an attempt in which nothing can fail, are part of their block; a choice
    that is all there is in the default of another becomes more cases of it.
    """
    if not any(isinstance(node, _Label) for node in walk(graph.block)):
        return graph
    block = graph.block
    while True:
        simpler = without_variables(_Shape().block(block))
        if simpler == block:
            return replace(graph, block=block)
        block = simpler


# ------------------------------------------------------------------------------------------------ structure


def _falls_through(node: Node) -> bool:
    """Whether it is a choice of which only the default goes on, and does nothing: `if done: return`."""
    return (
        isinstance(node, Choice)
        and not node.outs
        and not node.name
        and node.default == Block((), Jump(node.id))
        and not any(_jumps(case.block, node.id) for case in node.cases)
    )


def _asked_before(earlier: Choice, later: Choice) -> Choice:
    """One choice that asks first what the earlier one asks."""
    after = tuple(dict.fromkeys((*earlier.after, *(id for id in later.after if id != earlier.id))))
    return replace(later, cases=(*earlier.cases, *later.cases), after=after, location=earlier.location)


class _Shape:
    """Splices regions and attempts into their blocks, and joins choices, from the inside to the outside.

    `values`: what is known of the variables of spliced regions. `members`: the nodes of spliced regions, for those that
    wait for them.
    """

    def __init__(self) -> None:
        self.values: dict[int, Expression] = {}
        self.members: dict[int, tuple[int, ...]] = {}

    def block(self, block: Block) -> Block:
        nodes: list[Node] = []
        end: End | None = None
        for node in block.nodes:
            for found in self.node(node):
                if not isinstance(found, Block):
                    found = self.waiting(found)
                if isinstance(found, Block):
                    end = found.end
                elif nodes and isinstance(found, Choice) and _falls_through(nodes[-1]):
                    earlier = nodes.pop()
                    assert isinstance(earlier, Choice)
                    self.moved(earlier.id, found.id)
                    nodes.append(_asked_before(earlier, found))
                    if not completes(found):
                        end = Never()
                else:
                    nodes.append(found)
                    if not completes(found):
                        end = Never()
            if end is not None:  # nothing comes to what follows
                return Block(tuple(nodes), end, block.scheduled)
        return Block(tuple(nodes), end_with(block.end, self.change), block.scheduled)

    def waiting(self, node: Node) -> Node:
        """The node, waiting for what became of what it waits for."""
        if isinstance(node, Fork) or not any(id in self.members for id in node.after):
            return node
        after = (new for id in node.after for new in self.members.get(id, (id,)) if new != node.id)
        return replace(node, after=tuple(dict.fromkeys(after)))

    def moved(self, earlier: int, later: int) -> None:
        """What waits for a node waits for another one now."""
        self.members[earlier] = (later,)
        for id, members in self.members.items():
            if earlier in members:
                self.members[id] = tuple(dict.fromkeys(later if m == earlier else m for m in members))

    def change(self, value: Expression) -> Expression:
        return substituted(value, self.values)

    def node(self, node: Node) -> Iterator[Node | Block]:
        node = self.waiting(node_with(node, self.change))
        if isinstance(node, Attempt) and not _can_fail(node.block, node.id):
            node = Region(
                id=node.id, block=node.block, outs=node.outs, after=node.after, location=node.location
            )
        inner = tuple(self.block(found) for found in blocks(node))
        if inner:
            node = with_blocks(node, inner)
        match node:
            case Region():
                yield from self.region(node)
            case Choice():
                yield _joined(node)
            case _:
                yield node

    def region(self, node: Region) -> Iterator[Node | Block]:
        """The nodes of a region, and a block that stands for its end where that is not what follows it."""
        jumps = _jumps(node.block, node.id)
        end = node.block.end
        ends = isinstance(end, Jump) and end.to == node.id
        if jumps != int(ends):
            yield node
            return
        inner = tuple(_after(found, node.after) for found in node.block.nodes)
        self.members[node.id] = (
            tuple(found.id for found in inner if not isinstance(found, Fork)) or node.after
        )
        yield from inner
        if isinstance(end, Jump) and ends:
            self.values |= {out.id: value for out, value in zip(node.outs, end.values)}
        else:
            yield node.block


def _after(node: Node, after: tuple[int, ...]) -> Node:
    if not after or isinstance(node, Fork):
        return node
    return replace(node, after=tuple(dict.fromkeys((*node.after, *after))))


def _jumps(block: Block, to: int) -> int:
    """How many blocks end with a jump to a label."""
    found = int(isinstance(block.end, Jump) and block.end.to == to)
    for node in block.nodes:
        if isinstance(node, _Label):
            found += sum(_jumps(inner, to) for inner in blocks(node))
    return found


def _can_fail(block: Block, attempt: int) -> bool:
    """Whether anything in the block of an attempt leads to its handlers."""
    if isinstance(block.end, Handle) and block.end.attempt == attempt:
        return True
    return any(
        isinstance(node, Call | Child | Map | Fork)
        or any(_can_fail(inner, attempt) for inner in blocks(node))
        for node in block.nodes
    )


def _joined(node: Choice) -> Choice:
    """`else: if …` as `elif`, where nothing else is in the `else`."""
    if len(node.default.nodes) != 1 or not node.cases:
        return node
    (other,) = node.default.nodes
    end = node.default.end
    if not isinstance(other, Choice) or not (
        isinstance(end, Never) or (isinstance(end, Jump) and end.to == node.id)
    ):
        return node

    def through(found: End) -> End:
        if not (isinstance(found, Jump) and found.to == other.id and isinstance(end, Jump)):
            return found
        values = {out.id: value for out, value in zip(other.outs, found.values)}
        return Jump(node.id, tuple(substituted(value, values) for value in end.values))

    cases = tuple(replace(case, block=_with_ends(case.block, through)) for case in other.cases)
    after = tuple(dict.fromkeys((*node.after, *other.after)))
    return replace(node, cases=(*node.cases, *cases), default=_with_ends(other.default, through), after=after)


def _with_ends(block: Block, change: Callable[[End], End]) -> Block:
    """A block with other ends, its own and those of the blocks in it."""
    nodes = tuple(
        with_blocks(node, tuple(_with_ends(inner, change) for inner in blocks(node)))
        if isinstance(node, _Label)
        else node
        for node in block.nodes
    )
    return replace(block, nodes=nodes, end=change(block.end))
