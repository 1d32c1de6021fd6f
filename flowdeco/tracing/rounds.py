"""One recording of a loop's body: what it carries from round to round, and what that turned out to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from flowdeco.graph import (
    Block,
    Expression,
    Literal,
    Result,
    Variable,
    blocks,
    end_expressions,
    expressions,
    leaves,
)
from flowdeco.graph.types import Type, join
from flowdeco.tracing import flow
from flowdeco.tracing.blocks import OpenBlock, Pending, again
from flowdeco.tracing.flow import Label
from flowdeco.tracing.merging import Held, restored
from flowdeco.tracing.types import value_type
from flowdeco.tracing.value import Unbound, Value

if TYPE_CHECKING:
    from flowdeco.tracing.loops import LoopDriver

OWN = "for "
"""Before the names of what a loop carries for itself: no Python name starts so."""


class Round:
    """One recording of a loop's body, with some names carried."""

    def __init__(self, driver: LoopDriver, start: Mapping[str, Any], types: Mapping[str, Type]) -> None:
        self.driver = driver
        self.start = start
        self.carried = types
        recorder = driver.recorder
        self.id = recorder.next_id("a loop")
        self.variables = {name: Variable(recorder.next_id(name), name.removeprefix(OWN)) for name in types}
        self.values = {
            name: Value(Result(variable.id), recorder, types[name])
            for name, variable in self.variables.items()
        }
        self.first: tuple[Expression, ...] = tuple(
            recorder.expression(thing_of(start[name])) for name in self.variables
        )
        self.again: list[Pending] = []
        self.block = OpenBlock()
        self.breaks = Label(self.id, driver.keys, self.block, 0)
        self.leaves = False

    def record(self, round: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        driver, recorder = self.driver, self.driver.recorder
        extra = [name for name in self.start if name not in driver.keys]
        driver.values = self.values
        driver.begin({**self.start, **self.values})
        around, attempts = recorder.scope.around, recorder.scope.attempts
        depth = len(around)
        outside = sum(len(label.paths) for label in around if isinstance(label, Label))
        exits = sum(len(paths) for g in around if isinstance(g, flow.Guard) for _, paths, _ in g.exits)
        handled = sum(len(ways) for a in attempts for ways in a.handled)
        driver._break = self.breaks
        around.append(self.breaks)
        with recorder.branching() as stale, stale(), recorder.open.opened(self.block):
            with flow.labelled(recorder, driver.keys) as driver._continue:
                yield from round()
                merged = flow.close(recorder, driver._continue, driver._env)
            if merged is not None:
                driver._env = {name: restored(merged[name]) for name in driver.keys}
            if not recorder.open.ended:
                env = {**driver.current(), **{name: driver.following(name) for name in extra}}
                way = again(self.id, env)
                self.again.append(way)
                recorder.open.end(way)
        del around[depth:]
        after = sum(len(label.paths) for label in around if isinstance(label, Label))
        after_exits = sum(len(paths) for g in around if isinstance(g, flow.Guard) for _, paths, _ in g.exits)
        self.leaves = (after, after_exits) != (outside, exits) or handled != sum(
            len(ways) for a in attempts for ways in a.handled
        )
        with recorder.trusting():
            self._bring()

    def _bring(self) -> None:
        recorder = self.driver.recorder
        for way in self.again:
            way.values = tuple(
                recorder.expression(thing_of(way.env[name]))
                if not isinstance(way.env[name], Unbound)
                else Literal(None)
                for name in self.variables
            )

    def types(self, base: Mapping[str, Type]) -> dict[str, Type]:
        """What is carried after all, with types that hold both what goes in (`base`) and what comes back."""
        if not self.again:  # there is no second round
            return dict(self.carried)
        settled: dict[str, Type] = {}
        for name in self.carried:
            type = base[name]
            own = self.values[name]._expression
            backs = [thing_of(way.env[name]) for way in self.again]
            if all(isinstance(b, Value) and b._expression == own for b in backs):
                continue
            for back in backs:
                if isinstance(back, Unbound):
                    continue
                type = join(type, value_type(back))
            settled[name] = type
        return settled

    def reads(self, name: str) -> bool:
        """Whether a carried name is read in the body, other than to bring it back."""
        symbol = Result(self.variables[name].id)
        frozen = self.block.frozen()
        return any(symbol in leaves(e) for e in _expressions(frozen))


def _expressions(block: Block) -> Iterator[Expression]:
    yield from end_expressions(block.end)
    for node in block.nodes:
        yield from expressions(node)
        for inner in blocks(node):
            yield from _expressions(inner)


def thing_itself(held: Any) -> Any:
    return held.thing if isinstance(held, Held) else held


def thing_of(held: Any) -> Any:
    return held.copy if isinstance(held, Held) else held
