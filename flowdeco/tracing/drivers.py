"""What rewritten `if`, `try` and `finally` iterate over: each of their parts is recorded in turn.

A statement becomes a `for` over its driver, in the function it stands in: so names are the function's own, and a debugger
steps through the user's lines. Before each part the names it may change are set to what they were; what they hold at its
end is handed to `done`. Behind the loop they get what the paths left in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Any

from flowdeco.errors import Location
from flowdeco.graph import Attempt, Case, Choice, Handler, Never, Region, Result, Variable
from flowdeco.tracing import flow
from flowdeco.tracing.blocks import Draft, OpenBlock, Pending, jump
from flowdeco.tracing.merging import Held, captured, merge, restored
from flowdeco.tracing.places import user_location
from flowdeco.tracing.raising import ERROR, Attempting, turned_away
from flowdeco.tracing.value import Unbound, Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder


class Driver:
    """What all drivers share: the names, and the way parts begin and end."""

    def __init__(self, recorder: TraceRecorder, names: tuple[str, ...], env: Mapping[str, Any]) -> None:
        self.recorder = recorder
        self.keys = names
        self.start: dict[str, Any] = captured(recorder, names, env)
        self.names: tuple[Any, ...] = ()
        self.after: tuple[Any, ...] = ()
        self.part: Any = True
        self.plain = False
        self.place: Location | None = user_location()
        self._env: Mapping[str, Any] = env

    @property
    def ended(self) -> bool:
        """Whether what follows is never reached."""
        return self.recorder.open.ended

    def done(self, env: Mapping[str, Any]) -> None:
        """A part has come to its end."""
        self._env = env

    def caught(self, error: Exception) -> None:
        """A part has ended with an exception."""
        if self.plain:
            raise error
        flow.caught(self.recorder, error)

    def at(self, part: Any) -> bool:
        """Whether a part is the one that is recorded now."""
        return bool(self.part == part)

    def begin(self, held: Mapping[str, Any]) -> None:
        self.names = tuple(restored(held[name]) for name in self.keys)

    def leave_with(self, merged: Mapping[str, Any]) -> None:
        self.after = tuple(restored(merged[name]) for name in self.keys)

    def gone(self) -> None:
        """Nothing is reached behind the statement: what names hold there does not matter."""
        self.after = tuple(Unbound(name, self.recorder) for name in self.keys)

    def current(self) -> dict[str, Any]:
        return captured(self.recorder, self.keys, self._env)

    def straight(self) -> None:
        """The part ran as plain Python: names hold what it left in them."""
        self.after = tuple(held.thing if isinstance(held, Held) else held for held in self.current().values())

    def path(self, id: int, paths: list[Pending]) -> None:
        """The open block falls through to a label, if its end is reached."""
        if not self.recorder.open.ended:
            way = jump(id, self.current())
            paths.append(way)
            self.recorder.open.end(way)


class Deciding(Driver):
    """A driver with parts of which conditions choose one. A condition is a part too: it is asked where names hold what
    they hold there. Parts are numbered from 0, the condition of part n is ~n.
    """

    texts: Sequence[str]
    """The conditions, as the user wrote them: one for every part but the last."""

    def tested(self, test: Any) -> None:
        """What a condition gave."""
        self._test = test

    def chosen(self, held: Mapping[str, Any], plain: bool, number: int = 0) -> Iterator[Any]:
        """Records every part from a number on that may be taken. `plain`: only what is known decides so far."""
        if number < len(self.texts):
            self._enter(~number, held, plain)
            yield self
            if self.recorder.open.ended:
                return
            test = self.recorder.truth(self._test)
            held = self.current()
            if isinstance(test, Value):
                yield from self._either(test, held, number)
                return
            if not test:
                yield from self.chosen(held, plain, number + 1)
                return
        self._enter(number, held, plain)
        yield self

    def _enter(self, part: int, held: Mapping[str, Any], plain: bool) -> None:
        self.part, self.plain = part, plain
        if plain:
            self.names = tuple(h.thing if isinstance(h, Held) else h for h in held.values())
        else:
            self.begin(held)

    def _either(self, test: Value, held: Mapping[str, Any], number: int) -> Iterator[Any]:
        """A choice: the part of a condition, or what comes behind it."""
        recorder, place = self.recorder, user_location()
        id = recorder.next_id("a branch")
        paths: list[Pending] = []
        arms: list[OpenBlock] = []
        with recorder.branching() as path:
            for first in (True, False):
                with path(), recorder.open.opened() as block:
                    if first:
                        self._enter(number, held, False)
                        yield self
                    else:
                        yield from self.chosen(held, False, number + 1)
                    self.path(id, paths)
                arms.append(block)
        variables, merged = merge(recorder, paths, self.keys, id) if paths else ((), {})
        condition, text = test._expression, self.texts[number]
        then, default = arms
        if then.nodes or default.nodes or variables or len(paths) < 2:
            recorder.open.place(
                Draft(
                    id,
                    lambda after: Choice(
                        id=id,
                        cases=(Case(condition, then.frozen(), text),),
                        default=default.frozen(),
                        outs=variables,
                        after=after,
                        location=place,
                    ),
                ),
                arms,
            )
        if paths:
            self._env = {name: restored(merged[name]) for name in self.keys}
        else:
            recorder.open.end(Never())


class Branch(Deciding):
    """`if test: … elif other: … else: …`."""

    def __init__(
        self, recorder: TraceRecorder, names: tuple[str, ...], env: Mapping[str, Any], texts: Sequence[str]
    ) -> None:
        super().__init__(recorder, names, env)
        self.texts = texts

    def __iter__(self) -> Iterator[Branch]:
        yield from self.chosen(self.start, True)
        if self.recorder.open.ended:
            self.gone()
        else:
            self.straight()


class Try(Driver):
    """`try: … except …: …`, with `else`. `part`: "body" or the number of a handler."""

    def __init__(
        self,
        recorder: TraceRecorder,
        names: tuple[str, ...],
        env: Mapping[str, Any],
        kinds: Sequence[Callable[[], Any]],
        texts: Sequence[str],
        frame: FrameType,
    ) -> None:
        super().__init__(recorder, names, env)
        self.handlers = tuple(recorder.kinds(kind()) for kind in kinds)
        self.texts = texts
        self.error: Value | Exception | None = None
        self._attempting = Attempting(
            recorder.next_id("a try"), self.keys, self.handlers, frame, handled=[[] for _ in self.handlers]
        )
        self._made: list[Callable[[], Handler]] = []
        self._entry: tuple[Variable, ...] = ()
        self._outs: tuple[Variable, ...] = ()
        self._body = OpenBlock()
        self._rest: OpenBlock | None = None
        self._depth = len(recorder.scope.attempts)
        self._label = self._attempting.id

    def otherwise(self, env: Mapping[str, Any]) -> tuple[Any, ...]:
        """The body is through: what follows is the `else`, which the handlers do not protect."""
        self._env = env
        recorder = self.recorder
        del recorder.scope.attempts[self._depth :]
        self._label = recorder.next_id("a try")
        ways: list[Pending] = []
        self.path(self._attempting.id, ways)
        self._outs, merged = (
            merge(recorder, ways, self.keys, self._attempting.id) if ways else ((), self.start)
        )
        self._rest = OpenBlock()
        recorder.open.enter(self._rest)
        recorder.open.place(Draft(self._attempting.id, self._attempt), [self._body])
        if not ways:
            recorder.open.end(Never())
        return tuple(restored(merged[name]) for name in self.keys)

    def __iter__(self) -> Iterator[Try]:
        recorder, attempting = self.recorder, self._attempting
        paths: list[Pending] = []
        self.part = "body"
        self.begin(self.start)
        with recorder.branching() as stale, stale(), recorder.open.opened(self._body):
            recorder.scope.attempts.append(attempting)
            yield self
            del recorder.scope.attempts[self._depth :]
            self.path(self._label, paths)
        if self._rest is None and attempting.certain(self._body):
            yield from self._handled_now()
            return
        blocks = [self._body, *([self._rest] if self._rest else [])]
        ways_in = [*attempting.failing, *(way for ways in attempting.handled for way in ways)]
        entered: Mapping[str, Any] = {}
        if ways_in:
            self._entry, entered = merge(recorder, ways_in, self.keys, attempting.id)
        for number, on in enumerate(self.handlers):
            if not (attempting.failing or attempting.handled[number]):
                continue
            for way in attempting.handled[number]:
                _renumber(way, len(self._made))
            error = Variable(recorder.next_id("an error"), "error")
            self.error = Value(Result(error.id), recorder, ERROR)
            self.part = number
            self.begin(entered)
            with recorder.branching() as stale, stale(), recorder.open.opened() as block:
                attempting.held = {name: restored(held) for name, held in entered.items()}
                turned_away(
                    recorder, attempting, number, self.error, tuple(Result(each.id) for each in self._entry)
                )
                with recorder.handling(self.error, on):
                    yield self
                self.path(self._label, paths)
            blocks.append(block)
            self._made.append(_handler(on, error, block, self.texts[number]))
        variables, merged = merge(recorder, paths, self.keys, attempting.id) if paths else ((), {})
        rest = self._rest
        empty = not (variables or self._made or self._body.nodes) and len(paths) == 1
        if empty and not (rest and (self._outs or len(rest.nodes) > 1)):
            pass  # nothing in it takes time or can fail: it was plain Python
        elif rest is None:
            self._outs = variables
            recorder.open.place(Draft(attempting.id, self._attempt), blocks)
        else:
            recorder.open.place(region_draft(self._label, rest, variables, self.place), blocks)
        if paths:
            self.leave_with(merged)
        else:
            recorder.open.end(Never())
            self.gone()

    def _handled_now(self) -> Iterator[Try]:
        """Nothing was recorded before an exception that is raised for certain: its handler is plain Python."""
        error, number, env = self._attempting.known[0]
        self.part, self.plain, self.error = number, True, error
        self.begin(env)
        with self.recorder.handling(error, self.handlers[number]):
            yield self
        self.straight()

    def _attempt(self, after: tuple[int, ...]) -> Attempt:
        return Attempt(
            id=self._attempting.id,
            block=self._body.frozen(),
            handlers=tuple(make() for make in self._made),
            entry=self._entry,
            outs=self._outs,
            after=after,
            location=self.place,
        )


def _handler(on: tuple[Any, ...], error: Variable, block: OpenBlock, text: str) -> Callable[[], Handler]:
    return lambda: Handler(on, error, block.frozen(), text)


def _renumber(way: Pending, number: int) -> None:
    """Handlers that nothing leads to are not in the graph: the numbers of the others change."""
    make = way.make
    way.make = lambda values: replace(make(values), handler=number)


def region_draft(id: int, block: OpenBlock, outs: tuple[Variable, ...], place: Location | None) -> Draft:
    return Draft(
        id, lambda after: Region(id=id, block=block.frozen(), outs=outs, after=after, location=place)
    )
