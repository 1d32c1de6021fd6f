"""Leaving: `return`, `break`, `continue` and `raise`, on paths that are taken only at run time.

A *label* is a place that control can be sent to: behind a loop, behind an iteration, behind an inlined function. Between
a point and a label there may be a `finally`, which has to be run on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowdeco.errors import FlowdecoError, Location
from flowdeco.graph import Region, Return
from flowdeco.tracing import raising
from flowdeco.tracing.blocks import OpenBlock, Pending, jump
from flowdeco.tracing.merging import captured, merge
from flowdeco.tracing.places import user_location

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

RESULT = "return"
"""What a returned value is called among names: no Python name is."""


@dataclass(eq=False, slots=True)
class Label:
    """A place to go to. `block` and `start`: where recording stood when it was opened; `paths`: the ways that lead there.

    `id` None: the end of the execution.
    """

    id: int | None
    names: tuple[str, ...]
    block: OpenBlock
    start: int
    location: Location | None = None
    paths: list[Pending] = field(default_factory=list)
    certain: bool = True
    """Whether every way there was sure to be taken, when it was reached at all."""


@dataclass(eq=False, slots=True)
class Guard:
    """A `finally` around the current point. `exits`: the labels it keeps from being reached directly."""

    names: tuple[str, ...]
    exits: list[tuple[Label, list[Pending], int]] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Scope:
    """What holds up to the border of a state machine's scope: labels and guards, innermost last, and attempts."""

    around: list[Label | Guard] = field(default_factory=list)
    attempts: list[raising.Attempting] = field(default_factory=list)


@contextmanager
def labelled(recorder: TraceRecorder, names: Iterable[str], *, top: bool = False) -> Iterator[Label]:
    """A label that can be reached from inside."""
    block = recorder.open.block
    label = Label(
        None if top else recorder.next_id("a label"), tuple(names), block, len(block.nodes), user_location()
    )
    around = recorder.scope.around
    around.append(label)
    try:
        yield label
    finally:
        if label in around:
            del around[around.index(label) :]


def leave(recorder: TraceRecorder, label: Label, env: Mapping[str, Any]) -> None:
    """Control goes to the label, by way of every `finally` in between."""
    if recorder.open.ended:
        return
    if recorder.open.block is not label.block:
        label.certain = False
    for around in reversed(recorder.scope.around):
        if around is label:
            break
        if isinstance(around, Guard):
            _by_way_of(recorder, around, label, env)
            return
    if label.id is None:
        recorder.open.end(Return(recorder.expression(env[RESULT])))
        label.paths.append(Pending(lambda values: None, {}))
        return
    path = jump(label.id, captured(recorder, label.names, env))
    label.paths.append(path)
    recorder.open.end(path)


def _by_way_of(recorder: TraceRecorder, guard: Guard, label: Label, env: Mapping[str, Any]) -> None:
    way = next((exit for exit in guard.exits if exit[0] is label), None)
    if way is None:
        way = (label, [], recorder.next_id("a way out"))
        guard.exits.append(way)
    _, paths, id = way
    names = (*guard.names, RESULT) if RESULT in env else guard.names
    path = jump(id, captured(recorder, names, env))
    paths.append(path)
    recorder.open.end(path)


def close(recorder: TraceRecorder, label: Label, env: Mapping[str, Any]) -> dict[str, Any] | None:
    """The place of the label: what its names hold there. None when nothing led there but the straight way."""
    paths, last = label.paths, recorder.open.block.end
    if not paths or label.id is None:
        return None
    id = label.id
    if len(paths) == 1 and last is paths[0]:
        recorder.open.block.end = None
        return merge(recorder, paths, label.names, None)[1]
    if last is None:
        last = jump(id, captured(recorder, label.names, env))
        paths.append(last)
    inner = recorder.open.wrap(label.start, id, last)
    variables, merged = merge(recorder, paths, label.names, id)
    place = label.location
    recorder.open.wrapped(
        lambda after: Region(
            id=id, block=inner.frozen(), outs=recorder.named_variables(variables), after=after, location=place
        )
    )
    return merged


class Left(Exception):
    """The path being traced has ended: what follows in the body is not reached on it."""


def caught(recorder: TraceRecorder, error: Exception) -> None:
    """An exception ended a path while it was traced: the path ends by raising it. Raises what is no path's business."""
    if isinstance(error, Left):
        return
    if isinstance(error, FlowdecoError) or not raising.raised(recorder, error):
        raise error
