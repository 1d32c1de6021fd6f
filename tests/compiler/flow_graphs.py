"""Graphs with control flow made by hand and at random, and what they mean: an interpreter that is read in a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any
from zlib import crc32

from flowdeco.authoring.options import StepOptions
from flowdeco.graph import (
    Again,
    Array,
    Attempt,
    Block,
    Call,
    Case,
    Choice,
    End,
    Expression,
    Failing,
    Field,
    Graph,
    Handle,
    Handler,
    Input,
    Item,
    Jump,
    Let,
    Literal,
    Loop,
    Map,
    Never,
    Node,
    Object,
    Raise,
    Region,
    Result,
    Return,
    StepRef,
    Variable,
    Wait,
    completes,
    walk,
)
from flowdeco.tracing.error_names import error_names

NONE = Literal(None)


def call(id: int, step: str, *arguments: Expression, **fields: Any) -> Call:
    values = (("*", Array(arguments)),) if arguments else ()
    return Call(id=id, step=step, arguments=values, options=StepOptions(step), **fields)


def block(*nodes: Node, end: End) -> Block:
    return Block(nodes, end)


def graph(*nodes: Node, end: End, inputs: tuple[str, ...] = ("a",), name: str = "g") -> Graph:
    steps = {}
    for node in _every(Block(nodes, end)):
        if isinstance(node, Call):
            steps[node.step] = StepRef(node.step, "m", node.step, node.options)
    return Graph(name, Block(nodes, end), inputs=inputs, steps=steps)


def _every(found: Block) -> Iterator[Node]:
    return walk(found)


# ---------------------------------------------------------------------------------------- what steps return


class StepError(Exception):
    """A step, or an iteration of a map, fails."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


def perform(step: str, arguments: list[Any]) -> Any:
    """What a step does: a value that depends on nothing but its name and arguments."""
    number = crc32(repr((step, arguments)).encode())
    if step == "less":
        return arguments[0] < 2
    if step == "inc":
        return arguments[0] + 1
    if step.startswith("flag"):
        return number % 2 == 0
    if step.startswith("record"):
        return {"k": number % 7}
    if step.startswith("risky") and number % 3:
        raise StepError(("ValueError", "KeyError", "UnicodeError")[number % 3], f"no {number % 100}")
    return number % 1000


# -------------------------------------------------------------------------------------------- what it means


@dataclass
class Reference:
    """Runs a graph as it stands. `calls`: the steps and arguments, in order."""

    inputs: dict[str, Any]
    calls: list[tuple[str, list[Any]]] = field(default_factory=list)
    failures: int = 0

    def run(self, graph: Graph) -> Any:
        """The output. Raises StepError."""
        return self.scope(graph.block, {}, {})

    def scope(self, block: Block, known: dict[int, Any], items: dict[int, Any]) -> Any:
        try:
            end = self.block(block, known, items)
        except _Failed as failed:
            raise StepError(failed.error, failed.cause) from None
        assert end[0] == "return"
        return end[1]

    def block(self, block: Block, known: dict[int, Any], items: dict[int, Any]) -> tuple[Any, ...]:
        def value(expression: Expression) -> Any:
            return self.value(expression, known, items)

        for node in block.nodes:
            left = self.node(node, known, items)
            if left is not None:
                return left
        match block.end:
            case Return(result):
                return "return", value(result)
            case Jump(to, values):
                return "jump", to, [value(v) for v in values]
            case Again(to, values):
                return "again", to, [value(v) for v in values]
            case Handle(to, handler, error, values):
                return "handle", to, handler, value(error), [value(v) for v in values]
            case Raise(error, cause):
                self.failures += 1
                raise StepError(value(error), value(cause))
            case _:
                raise AssertionError("a block that has no end comes to its end")

    def node(self, node: Node, known: dict[int, Any], items: dict[int, Any]) -> tuple[Any, ...] | None:
        def value(expression: Expression) -> Any:
            return self.value(expression, known, items)

        def bind(variables: tuple[Variable, ...], values: list[Any]) -> None:
            known.update((variable.id, given) for variable, given in zip(variables, values))

        def failing(node: Call | Map, error: StepError) -> _Failed:
            entries = {f.attempt: [value(v) for v in f.values] for f in node.failing}
            return _Failed(error.error, error.cause, entries)

        match node:
            case Call():
                arguments = [value(v) for _, many in node.arguments for v in many.items]  # type: ignore[union-attr]
                self.calls.append((node.step, arguments))
                try:
                    known[node.id] = perform(node.step, arguments)
                except StepError as error:
                    self.failures += 1
                    raise failing(node, error) from None
            case Let():
                known[node.id] = value(node.value)
            case Wait():
                pass
            case Map():
                found = []
                for item in value(node.items):
                    try:
                        found.append(self.scope(node.block, known.copy(), {**items, node.id: item}))
                    except StepError as error:
                        raise failing(node, error) from None
                known[node.id] = found
            case Choice():
                chosen = next((case.block for case in node.cases if value(case.test)), node.default)
                return self.leave(node, self.block(chosen, known, items), bind)
            case Region():
                return self.leave(node, self.block(node.block, known, items), bind)
            case Loop():
                bind(node.carried, [value(first) for first in node.first])
                while True:
                    end = self.block(node.block, known, items)
                    if end[:2] != ("again", node.id):
                        return self.leave(node, end, bind)
                    bind(node.carried, end[2])
            case Attempt():
                try:
                    end = self.block(node.block, known, items)
                except _Failed as failed:
                    for handler in node.handlers:
                        if {failed.error, "States.ALL"} & {*error_names(handler.on)}:
                            bind(node.entry, failed.entries.get(node.id, []))
                            known[handler.error.id] = {"Error": failed.error, "Cause": failed.cause}
                            return self.leave(node, self.block(handler.block, known, items), bind)
                    raise
                if end[:2] == ("handle", node.id):
                    handler = node.handlers[end[2]]
                    known[handler.error.id] = end[3]
                    bind(node.entry, end[4])
                    end = self.block(handler.block, known, items)
                return self.leave(node, end, bind)
            case _:
                raise AssertionError(node)
        return None

    def leave(self, node: Any, end: tuple[Any, ...], bind: Callable[..., None]) -> tuple[Any, ...] | None:
        if end[:2] != ("jump", node.id):
            return end
        bind(node.outs, end[2])
        return None

    def value(self, expression: Expression, known: dict[int, Any], items: dict[int, Any]) -> Any:
        match expression:
            case Literal(value):
                return value
            case Input(name):
                return self.inputs[name]
            case Result(node):
                return known[node]
            case Item(id):
                return items[id]
            case Field(base, name):
                return self.value(base, known, items)[name]
            case Array(values):
                return [self.value(value, known, items) for value in values]
            case Object(entries):
                return {key: self.value(value, known, items) for key, value in entries}
            case _:
                raise AssertionError(expression)


class _Failed(Exception):
    """A node fails. `entries`: what the entry variables of the attempts around it are."""

    def __init__(self, error: str, cause: str, entries: dict[int, list[Any]]) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause
        self.entries = entries


# ------------------------------------------------------------------------------------------------ at random

NAMES = ("x", "y", "z")
HANDLED = (
    ("ValueError",),
    ("KeyError",),
    ("ValueError", "KeyError"),
    ("States.ALL",),
    (LookupError,),
    (ValueError,),
)


@dataclass(frozen=True)
class _Around:
    """Labels that may be jumped to, loops that may be gone round, attempts that errors go to: innermost first."""

    jumps: tuple[tuple[int, tuple[str, ...]], ...] = ()
    agains: tuple[tuple[int, tuple[str, ...], Expression], ...] = ()
    attempts: tuple[tuple[int, int, tuple[str, ...]], ...] = ()


Env = dict[str, Expression]


class Programs:
    """Graphs at random, as a trace would make them: names are assigned, and join where ways join."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.ids = count(1)
        self.left = self.random.randint(3, 30)
        self.steps: set[str] = set()

    def graph(self) -> Graph:
        env: Env = {"x": Input("a"), "y": Literal(1), "z": Literal([2])}
        found = self.block(env, _Around(), 0, None)
        return graph(*found.nodes, end=found.end)

    def pick(self, env: Env) -> Expression:
        return env[self.random.choice(sorted(env))]

    def value(self, env: Env) -> Expression:
        match self.random.randrange(8):
            case 0:
                return Literal(self.random.randrange(5))
            case 1:
                return Array((self.pick(env), self.pick(env)))
            case 2:
                return Object((("k", self.pick(env)),))
            case _:
                return self.pick(env)

    def values(self, names: tuple[str, ...], env: Env) -> tuple[Expression, ...]:
        return tuple(env[name] for name in names)

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in NAMES if self.random.random() < 0.7)

    def variables(self, names: tuple[str, ...]) -> tuple[Variable, ...]:
        return tuple(Variable(next(self.ids), name) for name in names)

    def called(self, env: Env, around: _Around, step: str, *arguments: Expression, target: str = "") -> Call:
        failing = tuple(Failing(id, self.values(names, env)) for id, _, names in around.attempts)
        after: tuple[int, ...] = ()
        return call(next(self.ids), step, *arguments, failing=failing, target=target, after=after)

    def block(self, env: Env, around: _Around, depth: int, end: Callable[[Env], End] | None) -> Block:
        """A block that ends with `end`, or with something else: `env` says what names hold before, then after."""
        nodes: list[Node] = []
        for _ in range(self.random.randint(0 if depth else 1, 4)):
            if self.left <= 0:
                break
            self.left -= 1
            made = self.piece(env, around, depth)
            nodes += made
            if made and not completes(made[-1]):
                return Block(tuple(nodes), Never())
        return Block(tuple(nodes), self.end(env, around, depth, end))

    def end(self, env: Env, around: _Around, depth: int, end: Callable[[Env], End] | None) -> End:
        ways: list[Callable[[], End]] = []
        if depth and self.random.random() < 0.25:
            ways.append(lambda: Return(self.value(env)))
            ways.append(lambda: Raise(Literal("Broken"), Literal("it is")))
            ways.extend((lambda to=to, n=n: Jump(to, self.values(n, env))) for to, n in around.jumps)
            ways.extend(
                (lambda to=to, n=n, i=i: Again(to, (*self.values(n, env), i))) for to, n, i in around.agains
            )
            ways.extend(
                (
                    lambda to=to, h=h, n=n: Handle(
                        to,
                        self.random.randrange(h),
                        Object((("Error", Literal("ValueError")), ("Cause", Literal("by hand")))),
                        self.values(n, env),
                    )
                )
                for to, h, n in around.attempts
            )
        if ways:
            return self.random.choice(ways)()
        return end(env) if end else Return(self.value(env))

    def piece(self, env: Env, around: _Around, depth: int) -> list[Node]:
        kinds = ["call", "call", "risky", "look", "let", "wait"]
        if depth < 4:
            kinds += ["choice", "choice", "guards", "loop", "region", "attempt", "attempt", "map"]
        kind = self.random.choice(kinds)
        name = self.random.choice(NAMES)
        match kind:
            case "call" | "risky":
                step = f"{kind}{self.random.randrange(3)}"
                made = self.called(env, around, step, self.value(env), self.value(env), target=name)
                if self.random.random() < 0.8:
                    env[name] = Result(made.id)
                return [made]
            case "look":
                record = self.called(env, around, "record", self.value(env))
                env[name] = Field(Result(record.id), "k")
                return [record]
            case "let":
                let = Let(
                    id=next(self.ids), value=self.value(env), once=self.random.random() < 0.5, target=name
                )
                env[name] = Result(let.id)
                return [let]
            case "wait":
                return [Wait(id=next(self.ids), seconds=Literal(1))]
            case "map":
                return self.map(env, around, depth, name)
            case "choice":
                return self.choice(env, around, depth)
            case "guards":
                return self.guards(env, around, depth)
            case "region":
                return self.region(env, around, depth)
            case "loop":
                return self.loop(env, around, depth)
            case _:
                return self.attempt(env, around, depth)

    def map(self, env: Env, around: _Around, depth: int, name: str) -> list[Node]:
        id = next(self.ids)
        items = self.random.choice([Literal([1, 2, 3]), Array((self.pick(env), self.pick(env)))])
        inner = self.block({**env, "x": Item(id)}, _Around(), depth + 1, None)
        failing = tuple(Failing(to, self.values(names, env)) for to, _, names in around.attempts)
        env[name] = Result(id)
        return [Map(id=id, items=items, block=inner, max_concurrency=1, target=name, failing=failing)]

    def choice(self, env: Env, around: _Around, depth: int) -> list[Node]:
        flags = [
            self.called(env, around, f"flag{i}", self.value(env)) for i in range(self.random.randint(1, 3))
        ]
        id, names = next(self.ids), self.names()

        def end(after: Env) -> End:
            return Jump(id, self.values(names, after))

        inside = self.jumping(around, id, names)
        cases = tuple(
            Case(Result(flag.id), self.block(dict(env), inside, depth + 1, end), f"it's {flag.step}")
            for flag in flags
        )
        default = self.block(dict(env), inside, depth + 1, end)
        outs = self.variables(names)
        env.update((out.name, Result(out.id)) for out in outs)
        return [*flags, Choice(id=id, cases=cases, default=default, outs=outs)]

    def guards(self, env: Env, around: _Around, depth: int) -> list[Node]:
        """`if done: return`, several times in a row, some of which go on, and then a choice or a wait for the first."""
        flags: list[Node] = []
        asked: list[Choice] = []
        for _ in range(self.random.randint(1, 3)):
            flag = self.called(env, around, f"flag{len(asked)}", self.value(env))
            id = next(self.ids)
            on = (lambda _, to=id: Jump(to)) if self.random.random() < 0.2 else None
            yes = self.block(dict(env), around, depth + 1, on)
            after = tuple(guard.id for guard in asked)
            flags.append(flag)
            cases = (Case(Result(flag.id), yes, f"it's {flag.step}"),)
            asked.append(Choice(id=id, cases=cases, default=Block((), Jump(id)), after=after))
        if self.random.random() < 0.5:
            *before, last = self.choice(env, around, depth)
            return [*flags, *before, *asked, last]
        wait = Wait(id=next(self.ids), seconds=Literal(1), after=(asked[0].id,))
        return [*flags, *asked, wait]

    def region(self, env: Env, around: _Around, depth: int) -> list[Node]:
        id, names = next(self.ids), self.names()
        inside = self.jumping(around, id, names)
        inner = self.block(dict(env), inside, depth + 1, lambda after: Jump(id, self.values(names, after)))
        outs = self.variables(names)
        env.update((out.name, Result(out.id)) for out in outs)
        return [Region(id=id, block=inner, outs=outs)]

    def loop(self, env: Env, around: _Around, depth: int) -> list[Node]:
        id, names, carried_names = next(self.ids), self.names(), self.names()
        carried = (*self.variables(carried_names), Variable(next(self.ids), "i"))
        first = (*self.values(carried_names, env), Literal(0))
        inner = dict(env) | {variable.name: Result(variable.id) for variable in carried[:-1]}
        counter = Result(carried[-1].id)
        less = self.called(inner, around, "less", counter)
        inc = self.called(inner, around, "inc", counter, target="i")
        deciding = next(self.ids)

        def out(after: Env) -> End:
            return Jump(id, self.values(names, after))

        def again(after: Env) -> End:
            return Again(id, (*self.values(carried_names, after), Result(inc.id)))

        inside = self.jumping(around, id, names)
        agains = ((id, carried_names, Result(inc.id)), *around.agains)
        inside = _Around(inside.jumps, agains, inside.attempts)
        body = self.block(dict(inner), inside, depth + 1, again)
        body = Block((inc, *body.nodes), body.end)
        choice = Choice(
            id=deciding,
            cases=(Case(Result(less.id), body, "less than 2"),),
            default=Block((), out(inner)),
        )
        outs = self.variables(names)
        env.update((found.name, Result(found.id)) for found in outs)
        return [Loop(id=id, carried=carried, first=first, block=Block((less, choice), Never()), outs=outs)]

    def attempt(self, env: Env, around: _Around, depth: int) -> list[Node]:
        id, names, entry_names = next(self.ids), self.names(), self.names()

        def end(after: Env) -> End:
            return Jump(id, self.values(names, after))

        handlers = self.random.sample(HANDLED, self.random.randint(1, 2))
        inside = self.jumping(around, id, names)
        attempts = ((id, len(handlers), entry_names), *around.attempts)
        body = self.block(dict(env), _Around(inside.jumps, inside.agains, attempts), depth + 1, end)
        entry = self.variables(entry_names)
        found = []
        for on in handlers:
            error = Variable(next(self.ids), "e")
            known = dict(env) | {variable.name: Result(variable.id) for variable in entry}
            if self.random.random() < 0.5:
                known["y"] = Result(error.id)
            found.append(Handler(on, error, self.block(known, inside, depth + 1, end)))
        outs = self.variables(names)
        env.update((out.name, Result(out.id)) for out in outs)
        return [Attempt(id=id, block=body, handlers=tuple(found), entry=entry, outs=outs)]

    def jumping(self, around: _Around, id: int, names: tuple[str, ...]) -> _Around:
        return _Around(((id, names), *around.jumps), around.agains, around.attempts)
