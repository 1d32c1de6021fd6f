"""A scope on its way to `States`: what its values are read by, and how its states are left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowdeco.asl.model import JSON, UNSET, Choice, ChoiceRule, Fail, Field, Pass, State, Succeed
from flowdeco.compiler.frames import Frame, Layout, Way
from flowdeco.compiler.jsonata import Names, template
from flowdeco.compiler.liveness import Liveness
from flowdeco.compiler.naming import Naming
from flowdeco.compiler.rebuild import substituted
from flowdeco.compiler.variables import shared
from flowdeco.graph import (
    Attempt,
    Block,
    Expression,
    Let,
    Literal,
    Loop,
    Never,
    Node,
    Raise,
    Region,
    Result,
    Return,
    Symbol,
    leaves,
    may_fail,
)


class Either:
    """Two tables as one, without copying: there is one of these for every state."""

    __slots__ = ("first", "second")

    def __init__(self, first: Mapping[Symbol, str], second: Names) -> None:
        self.first = first
        self.second = second

    def __getitem__(self, symbol: Symbol) -> str:
        found = self.first.get(symbol)
        return self.second[symbol] if found is None else found


@dataclass(frozen=True, slots=True)
class Leaving:
    """How a state is left: for `next` (None: it is the last), with these variables, and with this output when last."""

    next: str | None
    assign: Field = UNSET
    output: Field = UNSET


class Scope:
    """Values are read by JSONata: a variable, or what `entry` says at the scope's start.

    `entry` holds what only `$states.input` holds, and only for the first state. `known` is what a scope without an outer
    one is given besides. `found`: its states, by what they were made for.
    """

    def __init__(
        self,
        block: Block,
        naming: Naming,
        *,
        outer: Scope | None = None,
        entry: Mapping[Symbol, str],
        known: Mapping[Symbol, str] | None = None,
        targets: Mapping[int, str],
    ) -> None:
        self.layout = Layout(block)
        self.liveness = Liveness(self.layout)
        self.layout.stop_where_needed(self.liveness.at)
        self.naming = naming
        self.entry = entry
        self.first: object = None
        guarded = any(isinstance(label.node, Attempt) for label in self.layout.labels.values())
        self._reached: set[int] | None = None
        self.endless = False
        if guarded or isinstance(block.end, Never):
            self._reached, ends = self.layout.reached()
            self.endless = not ends
        self.found: dict[object, list[tuple[str, State]]] = {}
        self._outer = outer
        self._read: dict[Symbol, str] = dict(known or {})
        self._chief = shared(self.layout, self.liveness, targets) if self.layout.variables else {}
        self._nothing: dict[Symbol, str] = {}
        self._lets: dict[int, str] = {}
        self._unchanged: dict[Result, Expression] = {}

    # ------------------------------------------------------------------------------------------ variables

    def __getitem__(self, symbol: Symbol) -> str:
        """What a symbol is read by, anywhere but at the scope's start."""
        found = self._read.get(symbol)
        if found is not None:
            return found
        if self._is_own(symbol) or symbol in self.entry:
            return self.variable(symbol)
        if self._outer is None:
            raise KeyError(symbol)
        return self._outer[symbol]

    def variable(self, symbol: Symbol) -> str:
        """The variable of a symbol in this scope, as it is read: `$name`."""
        found = self._read.get(symbol)
        if found is None:
            chief = symbol
            if isinstance(symbol, Result) and symbol.node in self._chief:
                chief = Result(self._chief[symbol.node])
            if chief is symbol or chief == symbol:
                found = f"${self.naming.variable(self.naming.hints[symbol])}"
            else:
                found = self.variable(chief)
            self._read[symbol] = found
        return found

    def _is_own(self, symbol: Symbol) -> bool:
        return isinstance(symbol, Result) and (
            symbol.node in self.layout.made or symbol.node in self.layout.variables
        )

    def reaches(self, node: Node) -> bool:
        """Whether a node needs a state, as far as it is one that has one."""
        return (
            self._reached is None
            or node.id in self._reached
            or (isinstance(node, Loop | Region | Attempt) and node.id not in self.layout.heads)
        )

    def entry_of(self, key: object) -> Mapping[Symbol, str]:
        """What `$states.input` holds for a state: at the scope's start what it is entered with, else nothing."""
        return self.entry if key == self.first else self._nothing

    # ---------------------------------------------------------------------------------------------- states

    def add(self, key: object, name: str, state: State, *, first: bool = False) -> None:
        """Adds a state to those made for `key`, at their end or as the first of them."""
        found = self.found.setdefault(key, [])
        found.insert(0 if first else len(found), (name, state))

    def states(self, frame: Frame | None = None) -> Iterator[tuple[str, State]]:
        """All states in the order of the source: a choice before its branches, handlers after the body."""
        if frame is None:
            yield from self.found.get("start", ())
            frame = self.layout.body
        for node in frame.block.nodes:
            yield from self.found.get(node.id, ())
            label = self.layout.labels.get(node.id)
            if label is not None:
                for inner in label.inner:
                    yield from self.states(inner)
        yield from self.found.get(frame, ())

    # --------------------------------------------------------------------------------------------- leaving

    def leave(
        self,
        way: Way,
        own: Mapping[Symbol, str],
        entry: Mapping[Symbol, str],
        *,
        key: object,
        frame: Frame | None = None,
    ) -> Leaving:
        """How the state of `key` is left by a way. `own`: what it brings. `frame`: its own, when it may be the last.

        What may fail must not fail in a state whose errors are caught when the Python evaluates it outside of the `try`.
        """
        names = Either({**entry, **own} if entry else own, self)
        guarded = frame is not None and _escapes(frame, way.frame)
        if frame is not None and isinstance(way.target, Return):
            value = substituted(way.target.value, way.values)
            uses = sum(
                isinstance(leaf, Result) and leaf.node in way.once for leaf in leaves(way.target.value)
            )
            if uses < 2 and not (guarded and may_fail(value)):
                return Leaving(None, output=template(value, names))
        live, wanted = self.wanted(way)
        if guarded and any(map(may_fail, wanted.values())):
            rest = _before(live, wanted)
            name = self.passing(key, wanted, self.next(way))
            return Leaving(name, self._assign(rest, {}, own, entry, names))
        assign = self._assign(live, wanted, own, entry, names)
        return Leaving(self.next(way), assign)

    def wanted(self, way: Way) -> tuple[frozenset[Symbol], dict[Result, Expression]]:
        """What is read from the end of a way on, and the new values among that."""
        live = self.liveness.at(way)
        if not way.values:
            return live, self._unchanged
        return live, {Result(id): value for id, value in way.values.items() if Result(id) in live}

    def let(self, frame: Frame, index: int, node: Let) -> None:
        """A state for a value that must not be evaluated twice, and one for what would evaluate it again."""
        entry = self.entry_of(node.id)
        way = self.layout.way(frame, index + 1, {})
        live, wanted = self.wanted(way)
        read = _before(live, wanted)
        assign = self._assign(read, {Result(node.id): node.value}, {}, entry, Either(entry, self))
        name, next = self._let_name(node), self.next(way)
        if wanted:
            next = self.passing(node.id, wanted, next)
        self.add(node.id, name, Pass(Assign=assign, Next=next), first=True)

    def _let_name(self, node: Let) -> str:
        if node.id not in self._lets:
            self._lets[node.id] = self.naming.state(f"Set {self.variable(Result(node.id))[1:]}")
        return self._lets[node.id]

    def passing(
        self,
        key: object,
        wanted: Mapping[Result, Expression],
        next: str,
        entry: Mapping[Symbol, str] | None = None,
        live: frozenset[Symbol] = frozenset(),
    ) -> str:
        """A state that only sets variables, where no other can; its name. `live`: what of `entry` is read after it."""
        entry = entry or {}
        found = self._assign(live - wanted.keys(), wanted, {}, entry, Either(entry, self))
        assign = found if isinstance(found, dict) else {}
        name = self.naming.state(f"Set {', '.join(assign)}")
        self.add(key, name, Pass(Assign=assign, Next=next))
        return name

    def _assign(
        self,
        live: frozenset[Symbol],
        wanted: Mapping[Result, Expression],
        own: Mapping[Symbol, str],
        entry: Mapping[Symbol, str],
        names: Names,
    ) -> Field:
        """`Assign` of a state: what it brings and what variables get, as far as it is read later."""
        assign: dict[str, JSON] = {}
        for table in (entry, own):
            for symbol, path in table.items():
                if symbol in live:
                    assign[self.variable(symbol)[1:]] = "{% " + path + " %}"
        for symbol, value in wanted.items():
            name = self.variable(symbol)
            if isinstance(value, Result) and value not in own and value not in entry and self[value] == name:
                continue  # it is there
            assign[name[1:]] = template(value, names)
        return assign or UNSET

    def next(self, way: Way) -> str:
        """The name of the state that a way leads to. An end that several lead to is one state."""
        target = way.target
        if isinstance(target, Return | Raise):
            if way.frame not in self.found:
                self.end(way.frame, target, way.frame, self)
            return self.found[way.frame][0][0]
        if isinstance(target, Loop):
            return self.head(target)
        if isinstance(target, Let):
            return self._let_name(target)
        return target.name

    def ending(self, start: str) -> str:
        """Gives a scope that goes on for ever the end that Step Functions asks for; the name of its first state."""
        name, end = self.naming.state("For ever"), self.naming.state("Never")
        rule = ChoiceRule(Next=start, Condition="{% true %}")
        self.add("start", name, Choice(Choices=(rule,), Default=end), first=True)
        self.add(self.layout.body, end, Succeed())
        return name

    def head(self, loop: Loop) -> str:
        """The state at the head of a loop that may come round without any other."""
        if loop.id not in self.found:
            name = loop.name or self.naming.state("Again")
            self.found[loop.id] = []
            way = self.layout.way(self.layout.labels[loop.id].inner[0], 0, {}, into=True)
            self.found[loop.id].append((name, Pass()))
            left = self.leave(way, {}, {}, key=loop.id)
            self.found[loop.id][0] = (name, Pass(Assign=left.assign, Next=left.next))
        return self.found[loop.id][0][0]

    def end(self, key: object, end: Return | Raise, frame: Frame, names: Names) -> str:
        """A state that the scope ends with; its name."""
        if isinstance(end, Raise):
            name = end.name
            error, cause = template(end.error, names), template(end.cause, names)
            self.add(key, name, Fail(Error=error, Cause=cause))
        else:
            name = self.naming.state(self._returning(end.value))
            self.add(key, name, Succeed(Output=template(end.value, names)))
        return name

    def _returning(self, value: Expression) -> str:
        if isinstance(value, Literal) and value.value is not None and len(str(value.value)) <= 20:
            return f"Return {value.value}"
        if isinstance(value, Result):
            return f"Return {self.naming.hints[value]}"
        return "Return"


def _before(live: frozenset[Symbol], wanted: Mapping[Result, Expression]) -> frozenset[Symbol]:
    """What is read from a point on at which variables get new values, of which `live` is read afterwards."""
    return (live - wanted.keys()).union(*map(leaves, wanted.values()))


def _escapes(frame: Frame, target: Frame) -> bool:
    """Whether a state that is left stands in an attempt that the place it is left for does not."""
    if not frame.attempts:
        return False
    around = {attempt.id for attempt in target.attempts}
    return any(attempt.id not in around for attempt in frame.attempts)
