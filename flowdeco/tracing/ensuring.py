"""What rewritten `try: … finally: …` iterates over: the `finally` is recorded once for every way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any

from flowdeco.authoring.options import ANY_ERROR
from flowdeco.graph import Attempt, Handler, Never, Result, Variable
from flowdeco.tracing import flow
from flowdeco.tracing.blocks import Draft, OpenBlock, Pending, jump
from flowdeco.tracing.drivers import Driver, region_draft
from flowdeco.tracing.flow import RESULT, Guard
from flowdeco.tracing.merging import merge, restored
from flowdeco.tracing.raising import ERROR, Attempting, Reraised
from flowdeco.tracing.value import Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder


class Ensure(Driver):
    """`try: … finally: …`. `part`: whether it is the body; the `finally` is recorded once for every way out."""

    def __init__(
        self, recorder: TraceRecorder, names: tuple[str, ...], env: Mapping[str, Any], frame: FrameType
    ) -> None:
        super().__init__(recorder, names, env)
        self.frame = frame

    def __iter__(self) -> Iterator[Ensure]:
        recorder = self.recorder
        attempting = Attempting(
            recorder.next_id("a try"), self.keys, ((BaseException,),), self.frame, handled=[[]]
        )
        guard = Guard(self.keys)
        scope = recorder.scope
        depth, height = len(scope.attempts), len(scope.around)
        paths: list[Pending] = []
        self.part = True
        self.begin(self.start)
        with recorder.branching() as stale, stale(), recorder.open.opened() as body:
            scope.attempts.append(attempting)
            scope.around.append(guard)
            yield self
            del scope.attempts[depth:], scope.around[height:]
            self.path(attempting.id, paths)
        self.part = False
        if attempting.certain(body):
            raised, _, env = attempting.known[0]
            self.begin(env)
            self.plain = True
            yield self
            if not recorder.open.ended:
                raise raised
            self.gone()
            return
        blocks = [body]
        error = Variable(recorder.next_id("an error"), "error")
        ways_in = [*attempting.failing, *attempting.handled[0]]
        entry: tuple[Variable, ...] = ()
        if ways_in:
            entry, entered = merge(recorder, ways_in, self.keys, attempting.id)
            self.begin(entered)
            with recorder.branching() as stale, stale(), recorder.open.opened() as block:
                yield self
                if not recorder.open.ended:
                    told = Value(Result(error.id), recorder, ERROR)
                    flow.caught(recorder, Reraised(told, (BaseException,)))
            blocks.append(block)
        outs, merged = merge(recorder, paths, self.keys, attempting.id) if paths else ((), {})
        place = self.place
        on: tuple[Any, ...] = (ANY_ERROR,)

        def attempt(after: tuple[int, ...]) -> Attempt:
            handlers = tuple(Handler(on, error, block.frozen(), "finally") for block in blocks[1:2])
            return Attempt(
                id=attempting.id,
                block=body.frozen(),
                handlers=handlers,
                entry=entry,
                outs=outs,
                after=after,
                location=place,
            )

        draft = Draft(attempting.id, attempt)
        if not guard.exits:
            if body.nodes or ways_in or outs or not paths:
                recorder.open.place(draft, blocks)
            if not paths:
                recorder.open.end(Never())
                self.gone()
                return
            yield from self._finally(merged)
            return
        yield from self._ways_out(draft, guard, merged, bool(paths), any(b.effectful for b in blocks))

    def _finally(self, merged: Mapping[str, Any]) -> Iterator[Ensure]:
        """The `finally` where nothing went wrong."""
        self.names = tuple(restored(merged[name]) for name in self.keys)
        self.plain = True
        yield self
        self.straight()

    def _ways_out(
        self,
        draft: Draft,
        guard: Guard,
        merged: Mapping[str, Any],
        through: bool,
        effectful: bool,
    ) -> Iterator[Ensure]:
        """Nested regions, one for each label that the body leaves to: the `finally` stands behind each."""
        recorder, place, attempt = self.recorder, self.place, draft.id
        straight = recorder.next_id("a way out")
        paths: list[Pending] = []
        block = OpenBlock([draft], effectful=effectful)
        if through:
            way = jump(straight, dict(merged))
            paths.append(way)
            block.end = way
        else:
            block.end = Never()
        for label, ways, id in guard.exits:
            names = (*self.keys, RESULT) if RESULT in ways[0].env else self.keys
            variables, held = merge(recorder, ways, names, attempt)
            inner, block = block, OpenBlock(effectful=effectful)
            block.nodes.append(region_draft(id, inner, variables, place))
            self.begin(held)
            with recorder.branching() as stale, stale(), recorder.open.opened(block):
                yield self
                if not recorder.open.ended:
                    env = dict(self._env)
                    if RESULT in held:
                        env[RESULT] = held[RESULT]
                    flow.leave(recorder, label, env)
        variables, merged = merge(recorder, paths, self.keys, attempt) if paths else ((), {})
        recorder.open.place(region_draft(straight, block, variables, place), [block])
        if paths:
            yield from self._finally(merged)
        else:
            recorder.open.end(Never())
            self.gone()
