"""A workflow, line by line: what of it is done at compile time, what became expressions, states and glue calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from flowdeco.asl.model import Map, Parallel, State, StateMachine, States
from flowdeco.compiler.expression_uses import ExpressionUses
from flowdeco.compiler.glue_calls import GlueCall, glue_calls
from flowdeco.compiler.orderings import orderings
from flowdeco.compiler.transitions import paths_of
from flowdeco.errors import Location
from flowdeco.graph import (
    Attempt,
    Block,
    Call,
    Expression,
    Fork,
    Graph,
    Input,
    Item,
    Let,
    Loop,
    Raise,
    Region,
    Result,
    blocks,
)
from flowdeco.graph.explanation import Explanation, FunctionLines, Line, Note, OtherState
from flowdeco.tracing.statements import SourceFunction, Statement
from flowdeco.tracing.trace import Trace

T = TypeVar("T")

_SIMPLE = {
    "Return": "what the function results in: no state of its own",
    "Break": "leaves the loop: no state of its own",
    "Continue": "goes to the next iteration: no state of its own",
    "Pass": "does nothing",
}
_WHY_OTHER = {
    "Pass": "sets variables where no state before it can",
    "Succeed": "gives the output where no state before it can",
    "Parallel": "runs its branches at the same time",
}


def explained(
    trace: Trace, scheduled: Graph, machine: StateMachine, functions: Iterable[SourceFunction]
) -> Explanation:
    """What became of the lines of a workflow.

    `scheduled`: its graph after all passes; `machine`: what it became; `functions`: those whose lines are part of it.
    """
    given = tuple(functions)
    texts = {
        (function.location.file, function.first + offset): text.strip()
        for function in given
        for offset, text in enumerate(function.lines)
    }

    def text(loop: Loop) -> str:
        place = loop.location
        found = texts.get((place.file, place.line), "") if place is not None else ""
        return found.partition("#")[0].strip().removesuffix(":") or "the loop"

    notes = _Notes(trace, scheduled, machine)
    named = {named.name for named in _named(scheduled.block)}
    return Explanation(
        workflow=scheduled.name,
        functions=tuple(_function(function, notes) for function in given),
        others=tuple(
            OtherState(name, type(state).__name__, _WHY_OTHER.get(type(state).__name__, ""))
            for name, state in _states(machine)
            if name not in named
        ),
        orderings=orderings(scheduled),
        paths=paths_of(machine, scheduled, text),
    )


def places_of(trace: Trace) -> Iterator[Location]:
    """Where something of a trace was made: first the workflow itself."""
    if trace.graph.location is not None:
        yield trace.graph.location
    yield from (place for place, _, _ in trace.glue if place is not None)
    yield from (place for place, _ in trace.expressions if place is not None)
    yield from (named.location for named in _named(trace.graph.block) if named.location is not None)


def _function(function: SourceFunction, notes: _Notes) -> FunctionLines:
    at = {statement.first: statement for statement in reversed(function.statements)}
    lines = tuple(
        Line(number, text, notes.of(function.location.file, at[number]) if number in at else ())
        for number, text in enumerate(function.lines, function.first)
    )
    return FunctionLines(function.name, function.location, lines)


@dataclass(frozen=True, slots=True)
class _Named:
    """What has a state, or a place in the source."""

    name: str
    location: Location | None
    step: str = ""
    glue: bool = False
    kind: str = ""


class _Notes:
    """What was made where."""

    def __init__(self, trace: Trace, scheduled: Graph, machine: StateMachine) -> None:
        self._types = dict(_states(machine))
        self._named = _by_line((n.location, n) for n in _named(scheduled.block))
        self._glue = _by_line((call.location, call) for call in glue_calls(scheduled, trace.glue))
        self._expressions = _by_line(trace.expressions)
        self._inlined = _by_line(trace.inlined)
        self._uses = ExpressionUses(trace.graph, scheduled, (made for _, made in trace.expressions))

    def of(self, file: str, statement: Statement) -> tuple[Note, ...]:
        lines = [(file, number) for number in range(statement.first, statement.last + 1)]
        named = [it for line in lines for it in self._named.get(line, ())]
        made = [expression for line in lines for expression in self._expressions.get(line, ())]
        states = tuple(self._states(named))
        own = frozenset(name for note in states for name in note.states)
        found = [
            *_flow(named, statement),
            *states,
            *(note for line in lines for note in self._glued(self._glue.get(line, ()))),
            *self._expressed(made, own),
            *_inlined([place for line in lines for place in self._inlined.get(line, ())]),
        ]
        if found:
            return tuple(found)
        if made and statement.kind in ("Assign", "AnnAssign"):
            return (Note("flow", "a name for what the run brings: no state of its own"),)
        if statement.kind in _SIMPLE:
            return (Note("flow", _SIMPLE[statement.kind]),)
        if statement.kind in ("ExceptHandler", "FunctionDef", "ClassDef", "match_case"):
            return ()
        return (Note("compile time", "compile time"),)

    def _states(self, named: list[_Named]) -> Iterator[Note]:
        """The states, those of one kind that a loop unrolled together."""
        groups: dict[tuple[str, str], list[str]] = {}
        for it in named:
            if it.name in self._types and not it.glue:
                groups.setdefault((it.step, _kind(self._types[it.name])), []).append(it.name)
        for (step, kind), all_names in groups.items():
            names = tuple(dict.fromkeys(all_names))
            what = kind if len(names) == 1 else f"{len(names)} × {kind}"
            if step and (step,) != names:
                what += f", step {step!r}"
            yield Note("state", what, names)

    def _glued(self, calls: Iterable[GlueCall]) -> Iterator[Note]:
        for call in calls:
            yield Note("glue", call.what, call.states, call.why, call.transitions, call.instead)

    def _expressed(self, made: list[Expression], own: frozenset[str]) -> Iterator[Note]:
        """Where expressions go. What a state of the same line decides by goes without saying."""
        uses: dict[str, dict[str, None]] = {}
        for expression in made:
            if isinstance(expression, Result | Input | Item):
                continue
            for use, state in self._uses.of(expression):
                if use not in ("the condition", "the items") or (state and state not in own):
                    uses.setdefault(use, {})[state] = None
        for use, states in uses.items():
            yield Note("expression", use, tuple(name for name in states if name))


def _inlined(places: list[Location]) -> Iterator[Note]:
    for place in dict.fromkeys(places):
        if place.function != "<lambda>":
            yield Note("inlined", f"{place.function}() becomes part of the body: line {place.line}")


def _flow(named: list[_Named], statement: Statement) -> Iterator[Note]:
    kinds = {it.kind for it in named}
    if "loop" in kinds and statement.kind in ("For", "While"):
        yield Note("flow", "loop")
    if "attempt" in kinds and statement.kind in ("Try", "TryStar"):
        yield Note("flow", "its states have catchers")


def _named(block: Block) -> Iterator[_Named]:
    for node in block.nodes:
        match node:
            case Let() | Region() | Fork():
                pass
            case Loop():
                yield _Named("", node.location, kind="loop")
            case Attempt():
                yield _Named("", node.location, kind="attempt")
            case Call():
                yield _Named(node.name, node.location, node.step, node.glue)
            case _:
                yield _Named(node.name, node.location)
        for inner in blocks(node):
            yield from _named(inner)
    if isinstance(block.end, Raise):
        yield _Named(block.end.name, block.end.location)


def _by_line(placed: Iterable[tuple[Location | None, T]]) -> dict[tuple[str, int], list[T]]:
    found: dict[tuple[str, int], list[T]] = {}
    for place, thing in placed:
        if place is not None:
            found.setdefault((place.file, place.line), []).append(thing)
    return found


def _states(scope: States) -> Iterator[tuple[str, State]]:
    """Every state of a machine, those of branches and iterations after what they are in."""
    for name, state in scope.States.items():
        yield name, state
        match state:
            case Parallel():
                for branch in state.Branches:
                    yield from _states(branch)
            case Map():
                yield from _states(state.ItemProcessor)
            case _:
                pass


def _kind(state: State) -> str:
    """The type of a state, as Amazon States Language calls it."""
    name = type(state).__name__
    if isinstance(state, Map) and state.MaxConcurrency == 1:
        return f"{name}, one item after the other"
    return name
