"""Blocks while they are recorded: where new nodes go, in what order effects happen, and how blocks end.

A *frame* is a piece of body with an order of its own: the workflow's body, an inlined workflow, a helper function, the
element of a comprehension. All of a frame that came before an effect is finished before it, all that comes after waits
for it. A block is open while its nodes are recorded; choices, loops and maps open blocks inside blocks.

Nodes are drafts until the whole trace is done: where control goes to is known before what it brings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from flowdeco.graph import (
    Again,
    Block,
    Call,
    Child,
    End,
    Expression,
    Handle,
    Jump,
    Let,
    Literal,
    Map,
    Node,
    Region,
    Return,
    Wait,
)

Made: TypeAlias = Call | Child | Wait | Let | Map


class Pending:
    """A way to a label. `env`: what the names hold on the way; `values`: what is brought, known when the label closes."""

    __slots__ = ("env", "make", "values")

    def __init__(self, make: Callable[[tuple[Expression, ...]], Any], env: dict[str, Any]) -> None:
        self.make = make
        self.env = env
        self.values: tuple[Expression, ...] = ()

    def frozen(self) -> Any:
        """The Jump, Again, Handle or Failing."""
        return self.make(self.values)


def jump(label: int, env: dict[str, Any]) -> Pending:
    return Pending(lambda values: Jump(label, values), env)


def again(loop: int, env: dict[str, Any]) -> Pending:
    return Pending(lambda values: Again(loop, values), env)


def handle(attempt: int, handler: int, error: Expression, env: dict[str, Any]) -> Pending:
    return Pending(lambda values: Handle(attempt, handler, error, values), env)


@dataclass(slots=True)
class Draft:
    """A node to be. `make` gets what it waits for."""

    id: int
    make: Callable[[tuple[int, ...]], Node]
    after: tuple[int, ...] = ()

    def frozen(self) -> Node:
        return self.make(self.after)


@dataclass(slots=True)
class _Frame:
    """`barrier`: nodes that everything recorded from now on waits for. `since`: recorded after the barrier."""

    barrier: tuple[int, ...] = ()
    since: list[int] = field(default_factory=list)


@dataclass(slots=True)
class OpenBlock:
    """`end`: set when the point behind the last node is not reached. `effectful`: something in it keeps its place."""

    nodes: list[Draft] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=lambda: [_Frame()])
    end: End | Pending | None = None
    effectful: bool = False

    def frozen(self) -> Block:
        end = self.end.frozen() if isinstance(self.end, Pending) else self.end
        return Block(
            tuple(node.frozen() for node in self.nodes), Return(Literal(None)) if end is None else end
        )


class OpenBlocks:
    """The blocks that are open, innermost last, and the frames in each."""

    def __init__(self) -> None:
        self._blocks = [OpenBlock()]

    @property
    def block(self) -> OpenBlock:
        """The innermost one."""
        return self._blocks[-1]

    @property
    def depth(self) -> int:
        return len(self._blocks)

    @property
    def ended(self) -> bool:
        """Whether the current point is never reached."""
        return self._blocks[-1].end is not None

    def end(self, end: End | Pending) -> None:
        """Control leaves here. What already left stays gone."""
        if self._blocks[-1].end is None:
            self._blocks[-1].end = end

    def record(self, draft: Draft) -> None:
        """Adds a node to the innermost block, behind every barrier around it."""
        opened = self._blocks[-1]
        if opened.end is not None:
            return
        barriers = [earlier for frame in opened.frames for earlier in frame.barrier]
        draft.after = tuple(dict.fromkeys((*draft.after, *barriers)))
        opened.nodes.append(draft)
        for frame in opened.frames:
            frame.since.append(draft.id)

    @contextmanager
    def opened(self, block: OpenBlock | None = None) -> Iterator[OpenBlock]:
        """A block inside the innermost one."""
        opened = OpenBlock() if block is None else block
        self._blocks.append(opened)
        try:
            yield opened
        finally:
            for depth, known in enumerate(self._blocks):
                if known is opened:
                    self.back_to(depth)
                    break

    def back_to(self, depth: int) -> None:
        """Closes the blocks that are open deeper."""
        del self._blocks[depth:]

    def enter(self, block: OpenBlock) -> None:
        """Goes on recording in another block, until the innermost `opened` ends."""
        self._blocks.append(block)

    @contextmanager
    def frame(self) -> Iterator[None]:
        """A frame inside the innermost one."""
        frames = self._blocks[-1].frames
        depth = len(frames)
        frames.append(_Frame())
        try:
            yield
        finally:
            del frames[depth:]

    @contextmanager
    def effects(self) -> Iterator[None]:
        """What is recorded inside comes after all of this frame so far, and before all that follows."""
        opened = self._blocks[-1]
        frame = opened.frames[-1]
        barrier, since = frame.barrier, frame.since
        before = tuple(since) or barrier
        frame.barrier, frame.since = before, []
        yield
        recorded = frame.since
        if recorded:
            frame.barrier, frame.since = tuple(recorded), []
            opened.effectful = True
        elif frame.barrier is before:  # else there was an effect inside
            frame.barrier, frame.since = barrier, since

    def place(self, draft: Draft, inner: list[OpenBlock]) -> None:
        """Records a node made of blocks; it keeps its place when something in them does."""
        if any(block.effectful for block in inner):
            with self.effects():
                self.record(draft)
        else:
            self.record(draft)

    def wrap(self, start: int, label: int, end: End | Pending | None) -> OpenBlock:
        """The innermost block's nodes from `start` on become the block of a region, whose draft takes their place.

        `end`: how the region's block ends. Control goes on behind it.
        """
        opened = self._blocks[-1]
        inner = OpenBlock(opened.nodes[start:], end=end)
        gone = {draft.id for draft in inner.nodes}
        del opened.nodes[start:]
        opened.end = None
        for frame in opened.frames:
            frame.barrier = _replaced(frame.barrier, gone, label)
            frame.since = list(_replaced(tuple(frame.since), gone, label))
        outside = tuple(dict.fromkeys(e for draft in inner.nodes for e in draft.after if e not in gone))
        for draft in inner.nodes:
            draft.after = tuple(earlier for earlier in draft.after if earlier in gone)
        opened.effectful = opened.effectful or inner.effectful
        self._wrapped = Draft(label, _unmade, outside)
        opened.nodes.append(self._wrapped)
        return inner

    def wrapped(self, make: Callable[[tuple[int, ...]], Region]) -> None:
        """What the region that was wrapped last is made by."""
        self._wrapped.make = make


def _replaced(ids: tuple[int, ...], gone: set[int], by: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(by if id in gone else id for id in ids))


def _unmade(after: tuple[int, ...]) -> Node:
    raise AssertionError("a region was wrapped and not made")


def made(node: Made) -> Draft:
    """The draft of a node that is known but for what it waits for."""
    return Draft(node.id, lambda after: replace(node, after=after), node.after)
