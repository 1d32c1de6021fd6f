"""State transitions of the paths through a state machine, counted as the service counts them: every state entered, the
first included, and those of branches and iterations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flowdeco.asl.model import Choice, Fail, Map, Parallel, State, StateMachine, States, Succeed, Task
from flowdeco.graph import Block, Graph, Loop, Raise, blocks
from flowdeco.graph.explanation import Cost, Path, Repeated

Trail: TypeAlias = "tuple[Trail, str] | None"
"""States on the way, the last one first: a chain, so that long ways share their beginnings."""


@dataclass(frozen=True, slots=True)
class _Way:
    cost: Cost
    trail: Trail

    def on(self, other: _Way) -> _Way:
        """This way, and then that one."""
        trail = self.trail
        for name in _names(other.trail):
            trail = (trail, name)
        return _Way(self.cost + other.cost, trail)


@dataclass(frozen=True, slots=True)
class _Span:
    """The least and the most that something costs."""

    least: _Way
    most: _Way

    def on(self, other: _Span) -> _Span:
        return _Span(self.least.on(other.least), self.most.on(other.most))

    def or_else(self, other: _Span | None) -> _Span:
        if other is None:
            return self
        least = min(self.least, other.least, key=lambda way: _weight(way.cost))
        most = max(self.most, other.most, key=lambda way: _reach(way.cost))
        return _Span(least, most)


_ALWAYS = "{% true %}"
_NOTHING = _Span(_Way(Cost(0), None), _Way(Cost(0), None))
_ROUNDS = 1_000
"""How many iterations stand for many, when paths are compared."""


def paths_of(
    machine: StateMachine, scheduled: Graph, text: Callable[[Loop], str] = lambda loop: "the loop"
) -> tuple[Path, ...]:
    """The shortest path that gives an output and the longest one, the longest over handlers of errors where that is another
    one, and the shortest to each state that fails.

    `scheduled`: the graph that the machine was made of. `text`: how the user wrote a loop. Without retries. A path that
    leaves a loop early counts what it enters before it does.
    """
    return _Costs(_loops(scheduled.block), text).paths(machine)


class _Costs:
    def __init__(self, loops: Mapping[str, tuple[Loop, ...]], text: Callable[[Loop], str]) -> None:
        self.loops, self.text = loops, text

    def paths(self, machine: StateMachine) -> tuple[Path, ...]:
        found: list[Path] = []
        smooth, reached = self._good(machine, self._scope(machine)), self._scope(machine, caught=True)
        good = self._good(machine, reached)
        if smooth is not None:
            same = smooth.least.cost == smooth.most.cost
            found.append(_path("every path" if same else "shortest", smooth.least))
            if not same:
                found.append(_path("longest", smooth.most))
        if good is not None and (smooth is None or _reach(good.most.cost) > _reach(smooth.most.cost)):
            found.append(_path("longest, with errors that are caught", good.most))
        for name, state in machine.States.items():
            if isinstance(state, Fail) and name in reached:
                found.append(_path(f"to {name!r}", reached[name].least))
        return tuple(found)

    def _good(self, scope: States, reached: Mapping[str, _Span]) -> _Span | None:
        """All ways to where a scope ends well."""
        return _together([reached[name] for name, s in scope.States.items() if name in reached and _ends(s)])

    def _scope(self, scope: States, *, caught: bool = False) -> dict[str, _Span]:
        """By state: the ways to it. `caught`: also those over handlers of errors."""
        edges = {name: tuple(dict.fromkeys(_following(s, caught))) for name, s in scope.States.items()}
        own = {name: self._state(name, state, caught) for name, state in scope.States.items()}
        return self._reached(scope.StartAt, frozenset(edges), edges, own)

    def _whole(self, scope: States, caught: bool) -> _Span:
        """What a branch or an iteration costs when it comes to its end, or else to where it fails."""
        reached = self._scope(scope, caught=caught)
        failed = [
            reached[name] for name, s in scope.States.items() if name in reached and isinstance(s, Fail)
        ]
        return self._good(scope, reached) or _together(failed) or _NOTHING

    def _state(self, name: str, state: State, caught: bool) -> _Span:
        least = most = Cost(1)
        if isinstance(state, Parallel):
            for branch in state.Branches:
                whole = self._whole(branch, caught)
                least, most = least + whole.least.cost, most + whole.most.cost
        elif isinstance(state, Map):
            whole = self._whole(state.ItemProcessor, caught)
            least = most = Cost(1, (Repeated(f"item of {name!r}", whole.least.cost, whole.most.cost),))
        return _Span(_Way(least, (None, name)), _Way(most, (None, name)))

    def _reached(
        self,
        start: str,
        inside: frozenset[str],
        edges: Mapping[str, Sequence[str]],
        own: Mapping[str, _Span],
    ) -> dict[str, _Span]:
        """By state: the ways from the start to it, itself included. What can come round again is counted apart."""
        arrivals: dict[str, _Span] = {start: _NOTHING}
        here: dict[str, _Span] = {}
        for component in _components(start, inside, edges):
            members = frozenset(component)
            rounds = len(members) > 1 or component[0] in edges[component[0]]
            if not rounds:
                here[component[0]] = arrivals[component[0]].on(own[component[0]])
            else:
                for entry in [name for name in component if name in arrivals]:
                    for name, span in self._round(entry, members, edges, own).items():
                        here[name] = arrivals[entry].on(span).or_else(here.get(name))
            for name in component:
                for following in edges[name]:
                    if following in inside and following not in members and name in here:
                        arrivals[following] = here[name].or_else(arrivals.get(following))
        return here

    def _round(
        self,
        entry: str,
        members: frozenset[str],
        edges: Mapping[str, Sequence[str]],
        own: Mapping[str, _Span],
    ) -> dict[str, _Span]:
        """As `_reached`, of states that come round: the way to each in the last iteration, and what the others cost."""
        open = {name: tuple(to for to in edges[name] if to != entry and to in members) for name in members}
        inner = self._reached(entry, members, open, own)
        once = _together([inner[name] for name in inner if entry in edges[name]])
        if once is None:
            return inner
        loop = self._loop(members)

        def again(first: bool) -> _Span:
            of = f"{'' if first else 'further '}iteration of {loop}"
            way = _Way(Cost(0, (Repeated(of, once.least.cost, once.most.cost),)), None)
            return _Span(way, way)

        # Who leaves at the entry has done whole iterations; who leaves further on is in another one.
        return {name: span.on(again(name == entry)) for name, span in inner.items()}

    def _loop(self, members: frozenset[str]) -> str:
        """The innermost loop that all these states are in, as the user wrote it."""
        around = [self.loops[name] for name in members if name in self.loops]
        common = [loops[0] for loops in zip(*around) if all(loop.id == loops[0].id for loop in loops)]
        return f"`{self.text(common[-1])}`" if common else "the loop"


def _following(state: State, caught: bool) -> Iterator[str]:
    match state:
        case Choice():
            for rule in state.Choices:
                yield rule.Next
                if rule.Condition == _ALWAYS:
                    return
            if state.Default is not None:
                yield state.Default
        case Succeed() | Fail():
            return
        case _:
            if state.Next is not None:
                yield state.Next
            if caught and isinstance(state, Task | Parallel | Map):
                yield from (catcher.Next for catcher in state.Catch)


def _ends(state: State) -> bool:
    """Whether its scope ends well with a state."""
    return not isinstance(state, Fail | Choice) and getattr(state, "Next", None) is None


def _loops(block: Block, around: tuple[Loop, ...] = ()) -> dict[str, tuple[Loop, ...]]:
    """By state: the loops around it, outermost first."""
    found: dict[str, tuple[Loop, ...]] = {}
    for node in block.nodes:
        inside = (*around, node) if isinstance(node, Loop) else around
        if not isinstance(node, Loop) or node.name:
            found[node.name] = inside
        for inner in blocks(node):
            found |= _loops(inner, inside)
    if isinstance(block.end, Raise):
        found[block.end.name] = around
    return found


def _together(spans: Sequence[_Span]) -> _Span | None:
    found: _Span | None = None
    for span in spans:
        found = span.or_else(found)
    return found


def _weight(cost: Cost) -> tuple[int, int]:
    """Without a single iteration."""
    return cost.fixed, len(cost.repeated)


def _reach(cost: Cost) -> int:
    """With many iterations."""
    return cost.fixed + _ROUNDS * sum(_reach(again.most) for again in cost.repeated)


def _path(name: str, way: _Way) -> Path:
    return Path(name, way.cost, tuple(_names(way.trail)))


def _names(trail: Trail) -> list[str]:
    found: list[str] = []
    while trail is not None:
        trail, name = trail
        found.append(name)
    return found[::-1]


def _components(start: str, inside: frozenset[str], edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """What can be reached from the start, in groups whose members reach each other, each after those that lead to it."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open: list[str] = []
    is_open: set[str] = set()
    found: list[list[str]] = []
    index[start] = low[start] = 0
    open.append(start)
    is_open.add(start)
    stack = [(start, iter(edges[start]))]
    while stack:
        name, following = stack[-1]
        for to in following:
            if to not in inside:
                continue
            if to not in index:
                index[to] = low[to] = len(index)
                open.append(to)
                is_open.add(to)
                stack.append((to, iter(edges[to])))
                break
            if to in is_open:
                low[name] = min(low[name], index[to])
        else:
            stack.pop()
            if stack:
                low[stack[-1][0]] = min(low[stack[-1][0]], low[name])
            if low[name] == index[name]:
                at = open.index(name)
                found.append(open[at:])
                is_open.difference_update(open[at:])
                del open[at:]
    return found[::-1]
