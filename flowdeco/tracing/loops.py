"""What rewritten `for` and `while` iterate over.

Over what is known a loop unrolls: every iteration is recorded, one after the other. A loop that only the run can end is
recorded once. What its body changes from round to round is not known before the body was recorded, so it is recorded for
a look first, and what that recorded is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any

from flowdeco.errors import FlowdecoError
from flowdeco.graph import (
    Call,
    Child,
    Choice,
    Item,
    Literal,
    Loop,
    Map,
    Never,
    Return,
    walk,
)
from flowdeco.graph import Wait as WaitNode
from flowdeco.graph.types import ANY, INT, Type, join
from flowdeco.tracing import flow, looks
from flowdeco.tracing.blocks import Draft, OpenBlock
from flowdeco.tracing.drivers import Deciding
from flowdeco.tracing.flow import Label
from flowdeco.tracing.merging import Held, captured, merge, restored, travelling
from flowdeco.tracing.raising import failing
from flowdeco.tracing.rounds import OWN, Round, thing_itself
from flowdeco.tracing.types import value_type
from flowdeco.tracing.value import RangeValue, Unbound, Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

_ROUNDS = 8
"""Types of carried names settle after a few looks at the body: each look can only widen them."""


class LoopDriver(Deciding):
    """What `for` and `while` share. `live`: names that something outside the loop may read."""

    def __init__(
        self, recorder: TraceRecorder, names: tuple[str, ...], env: Mapping[str, Any], live: frozenset[str]
    ) -> None:
        super().__init__(recorder, names, env)
        self.live = live
        self.values: dict[str, Value] = {}
        self._break: Label | None = None
        self._broken = False
        self._continue: Label | None = None

    def breaks(self, env: Mapping[str, Any]) -> None:
        """`break`."""
        assert self._break is not None
        self._broken = True
        flow.leave(self.recorder, self._break, env)

    def caught(self, error: Exception) -> None:
        """An iteration has ended with an exception: also of known ones others may have left the loop."""
        if self.plain and not any(label and label.paths for label in (self._break, self._continue)):
            raise error
        flow.caught(self.recorder, error)

    def continues(self, env: Mapping[str, Any]) -> None:
        """`continue`."""
        assert self._continue is not None
        flow.leave(self.recorder, self._continue, env)

    def once(self, parts: Callable[[], Iterator[Any]] | None = None) -> Iterator[Any]:
        """One iteration as plain Python, with a place for `continue`."""
        self.plain = True
        with flow.labelled(self.recorder, self.keys) as self._continue:
            if parts is None:
                yield self
            else:
                yield from parts()
            merged = flow.close(self.recorder, self._continue, self._env)
        if merged is not None:
            self._env = {name: restored(merged[name]) for name in self.keys}

    def now(self) -> tuple[Any, ...]:
        """What the names hold, as the last part left them."""
        return tuple(h.thing if isinstance(h, Held) else h for h in self.current().values())

    # -------------------------------------------------------------------------------------- loops at run time

    def looped(self, round: Callable[[], Iterator[Any]], first: Mapping[str, Any]) -> Iterator[Any]:
        """Records the loop. `round` yields the parts of the body. `first`: what the driver itself carries, by name."""
        recorder = self.recorder
        self.plain = False
        start = {**self.start, **first}
        base = self._candidates(start)
        # Of what starts as None nothing is known but that it becomes something else.
        types = {name: ANY if type.sort == "none" else type for name, type in base.items()}
        for number in range(_ROUNDS):
            mark = recorder.mark()
            tried = Round(self, start, types)
            self._broken = False
            yield from tried.record(round)
            settled = tried.types(base)
            if number:
                settled = {name: join(types[name], type) for name, type in settled.items()}
            if settled == types or number == _ROUNDS - 1:
                break
            recorder.back_to(mark)
            types = settled
        if self.as_map(tried, first):
            recorder.back_to(mark)
            yield from self.mapped()
            return
        self._finish(tried)

    def as_map(self, tried: Round, first: Mapping[str, Any]) -> bool:
        """Whether the loop can be a map with one iteration at a time."""
        return False

    def mapped(self) -> Iterator[Any]:
        """Records the loop as a map."""
        raise AssertionError("only loops over lists are maps")

    def following(self, name: str) -> Any:
        """The next value of what the driver itself carries."""
        raise AssertionError("only loops over lists carry something of their own")

    def _candidates(self, start: Mapping[str, Any]) -> dict[str, Type]:
        """The names that may be carried: those that hold something that can travel."""
        found = {}
        for name, held in start.items():
            thing = held.copy if isinstance(held, Held) else held
            if isinstance(thing, Unbound):
                continue
            failure = self.recorder.failure
            try:
                travelling(self.recorder, thing)
            except FlowdecoError:
                self.recorder.failure = failure
                continue
            found[name] = value_type(thing)
        return found

    def _finish(self, tried: Round) -> None:
        recorder, id, place = self.recorder, tried.id, self.place
        outs, merged = merge(recorder, tried.breaks.paths, self.keys, id) if tried.breaks.paths else ((), {})
        block, carried, first = tried.block, tuple(tried.variables.values()), tried.first
        recorder.open.place(
            Draft(
                id,
                lambda after: Loop(
                    id=id,
                    carried=carried,
                    first=first,
                    block=block.frozen(),
                    outs=outs,
                    after=after,
                    location=place,
                ),
            ),
            [block],
        )
        for held in self.start.values():
            if isinstance(held, Held) and held.changed():
                recorder.outdate(held.thing, "it")
        if tried.breaks.paths:
            self.leave_with(merged)
        else:
            recorder.open.end(Never())
            self.gone()


class Repeat(LoopDriver):
    """`while test: … else: …`. Part 0 is the body, part 1 the `else`, which breaks. `texts`: none for `while True`."""

    def __init__(
        self,
        recorder: TraceRecorder,
        names: tuple[str, ...],
        env: Mapping[str, Any],
        live: frozenset[str],
        texts: tuple[str, ...],
    ) -> None:
        super().__init__(recorder, names, env, live)
        self.texts = texts

    def __iter__(self) -> Iterator[Repeat]:
        recorder = self.recorder
        with flow.labelled(recorder, self.keys) as outer:
            while True:
                mark, start = recorder.mark(), dict(self.start)
                decided: list[bool] = []
                yield from self._looks(decided)
                recorder.back_to(mark)
                self.start = start
                if decided[0]:
                    yield from self.looped(self._round, {})
                    break
                self._break = outer
                self._env = {name: thing_itself(held) for name, held in start.items()}
                yield from self.once(lambda: self.chosen(captured(recorder, self.keys, self._env), True))
                self.start = captured(recorder, self.keys, self._env)
                if recorder.open.ended:
                    self.after = tuple(Unbound(name, recorder) for name in self.keys)
                    break
            merged = flow.close(recorder, outer, self._env) if outer.paths else None
            if merged is not None:
                self.leave_with(merged)

    def _round(self) -> Iterator[Any]:
        head = {**self.start, **{name: v for name, v in self.values.items() if name in self.keys}}
        yield from self.chosen(head, False)

    def _looks(self, decided: list[bool]) -> Iterator[Any]:
        """Two iterations for a look: whether only the run can tell when the loop ends."""
        recorder = self.recorder
        self.plain = False
        for _ in range(2):
            block = OpenBlock()
            around = recorder.scope.around
            depth = len(around)
            before = {id(label): len(label.paths) for label in around if isinstance(label, Label)}
            flags = {id(label): label.certain for label in around if isinstance(label, Label)}
            self._break = Label(recorder.next_id("a loop"), self.keys, block, 0)
            around.append(self._break)
            self.begin(self.start)
            with recorder.branching() as stale, stale(), recorder.open.opened(block):
                with flow.labelled(recorder, self.keys) as self._continue:
                    yield from self.chosen(self.start, False)
                    merged = flow.close(recorder, self._continue, self._env)
                if merged is not None:
                    self._env = {name: restored(merged[name]) for name in self.keys}
                ended = recorder.open.ended
            del around[depth:]
            outside = any(
                len(label.paths) > before.get(id(label), 0) and not ended
                for label in around
                if isinstance(label, Label)
            )
            for label in around:
                if isinstance(label, Label):
                    label.certain = flags.get(id(label), label.certain)
            if not self._break.certain or outside:
                decided.append(True)
                return
            if ended:
                decided.append(False)
                return
            if not self.texts and block.nodes:
                decided.append(True)
                return
            self.start = self.current()
        decided.append(False)


class Each(LoopDriver):
    """`for … in items`. Part 0 is the body, part 1 the loop's `else`."""

    def __init__(
        self,
        recorder: TraceRecorder,
        items: Any,
        names: tuple[str, ...],
        env: Mapping[str, Any],
        live: frozenset[str],
        target: str,
        frame: FrameType,
    ) -> None:
        super().__init__(recorder, names, env, live)
        self.frame = frame
        self.items = recorder.iterable(items)
        self.texts = (f"for {target}",)
        self.target = target if target.isidentifier() else "item"
        self.item: Any = None

    def __iter__(self) -> Iterator[Each]:
        with flow.labelled(self.recorder, self.keys) as outer:
            if isinstance(self.items, Value):
                yield from self._at_run_time()
            else:
                self._break = outer
                yield from self._unrolled()
            merged = flow.close(self.recorder, outer, self._env)
            if merged is not None:
                self.leave_with(merged)

    def _unrolled(self) -> Iterator[Each]:
        recorder = self.recorder
        self.names = self.now()
        for item in self.items:
            self.item, self.part = item, 0
            yield from self.once()
            if recorder.open.ended:
                self.gone()
                return
            self.names = self.now()
        self.part = 1
        yield self
        self.straight()

    def _at_run_time(self) -> Iterator[Each]:
        recorder = self.recorder
        if isinstance(self.items, RangeValue):
            start, self._stop, self._step = self.items._bounds
            self._list = None
        else:
            self._list = looks.settled(recorder, self.items, f"{self.target}_list")
            start, self._stop, self._step = 0, recorder.operate("len", (self._list,)), 1
        self._counter = self.target if self._list is None else f"{self.target}_index"
        self._key = OWN + self._counter
        yield from self.looped(self._round, {self._key: start})

    def following(self, name: str) -> Any:
        """The next value of the loop's own counter."""
        return self.recorder.operate("add", (self.values[name], self._step))

    def _round(self) -> Iterator[Any]:
        recorder = self.recorder
        counter = self.values.get(self._key)
        if counter is None:  # pragma: no cover - a counter always changes
            raise AssertionError("a loop without a counter")
        compare = "lt" if self._step > 0 else "gt"
        head = {**self.start, **{name: v for name, v in self.values.items() if name in self.keys}}
        for _ in self.chosen(head, False):
            if self.part == ~0:
                self.tested(recorder.operate(compare, (counter, self._stop)))
                self._env = dict(zip(self.keys, self.names))
            elif self.part == 0:
                self.item = (
                    counter if self._list is None else recorder.operate("element", (self._list, counter))
                )
                yield self
            else:
                self._env = dict(zip(self.keys, self.names))
                yield self
                if not recorder.open.ended:
                    assert self._break is not None
                    flow.leave(recorder, self._break, self._env)

    # ---------------------------------------------------------------------------------------- as a map

    def as_map(self, tried: Round, first: Mapping[str, Any]) -> bool:
        if tried.leaves or self._broken or not tried.breaks.paths:
            return False
        carried = [name for name in tried.variables if name not in first]
        if any(name in self.live or tried.reads(name) for name in carried):
            return False
        head = tried.block.frozen().nodes[0]
        body = head.cases[0].block if isinstance(head, Choice) else tried.block.frozen()
        return any(isinstance(node, Call | Child | WaitNode | Map) for node in walk(body))

    def mapped(self) -> Iterator[Any]:
        """The body as the block of a map with one iteration at a time; the `else` after it."""
        recorder = self.recorder
        id = recorder.next_id(f"the loop over {self.target}")
        items = recorder.expression(self.items)
        type = ANY if self._list is None else looks.element_type(self._list)
        self.part = 0
        place = self.place
        failed = failing(
            recorder, self.frame, {name: thing_itself(held) for name, held in self.start.items()}
        )
        temporary = {
            name: Unbound(name, recorder) if name not in self.live else held
            for name, held in self.start.items()
        }
        with recorder.branching() as stale, stale(), recorder.new_scope(), recorder.open.opened() as block:
            self.item = Value(Item(id), recorder, INT if self._list is None else type)
            self.begin(temporary)
            with flow.labelled(recorder, ()) as self._continue:
                yield self
                flow.close(recorder, self._continue, {})
            recorder.open.end(Return(Literal(None)))
        name = self.target
        recorder.open.place(
            Draft(
                id,
                lambda after: Map(
                    id=id,
                    items=items,
                    block=block.frozen(),
                    max_concurrency=1,
                    after=after,
                    failing=failed(),
                    item_name=name,
                    location=place,
                ),
            ),
            [block],
        )
        self.part, self.plain = 1, True
        self.names = tuple(restored(temporary[name]) for name in self.keys)
        yield self
        self.straight()
