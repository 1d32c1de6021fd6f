"""The order of effects: which nodes a new node has to wait for.

A *frame* is a piece of body with an order of its own: the workflow's body, an inlined workflow, a helper function, the
element of a comprehension. All of a frame that came before an effect is finished before it, all that comes after waits
for it. A block is open while its nodes are recorded; maps open blocks inside blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from flowdeco.graph import Call, Map


@dataclass(slots=True)
class _Frame:
    """`barrier`: nodes that everything recorded from now on waits for. `since`: recorded after the barrier."""

    barrier: tuple[int, ...] = ()
    since: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _OpenBlock:
    nodes: list[Call | Map] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=lambda: [_Frame()])


class OpenBlocks:
    """The blocks that are open, innermost last, and the frames in each."""

    def __init__(self) -> None:
        self._blocks = [_OpenBlock()]

    @property
    def nodes(self) -> list[Call | Map]:
        """What the innermost block holds so far."""
        return self._blocks[-1].nodes

    def record(self, node: Call | Map) -> None:
        """Adds a node to the innermost block, behind every barrier around it."""
        opened = self._blocks[-1]
        barriers = [earlier for frame in opened.frames for earlier in frame.barrier]
        after = tuple(dict.fromkeys((*node.after, *barriers)))
        opened.nodes.append(replace(node, after=after))
        for frame in opened.frames:
            frame.since.append(node.id)

    @contextmanager
    def block(self) -> Iterator[None]:
        """A block inside the innermost one."""
        self._blocks.append(_OpenBlock())
        try:
            yield
        finally:
            self._blocks.pop()

    @contextmanager
    def frame(self) -> Iterator[None]:
        """A frame inside the innermost one."""
        frames = self._blocks[-1].frames
        frames.append(_Frame())
        try:
            yield
        finally:
            frames.pop()

    @contextmanager
    def effects(self) -> Iterator[None]:
        """What is recorded inside comes after all of this frame so far, and before all that follows."""
        frame = self._blocks[-1].frames[-1]
        barrier, since = frame.barrier, frame.since
        frame.barrier, frame.since = tuple(since) or barrier, []
        yield
        recorded = frame.since
        if recorded:
            frame.barrier, frame.since = tuple(recorded), []
        else:
            frame.barrier, frame.since = barrier, since
