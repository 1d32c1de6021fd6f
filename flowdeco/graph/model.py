"""The graph of a workflow: frozen, nested, free of AWS.

A *block* is a piece of body: nodes in program order and how it ends. A *node* is something that takes time or decides: a
step call, a map, a wait, a choice, a loop, an attempt (`try`), or (after scheduling) a fork into nested blocks.
*Expressions* (`expressions.py`) are what values are made of.

Control is structured. A choice, a region and an attempt are *labels*: a `Jump` anywhere inside them goes to where they end
and brings the values of their `outs`. `Again` goes to the head of a loop and brings the values of its `carried`. A block
that is a scope of its own (the body of the workflow, of a map, a branch of a fork) ends with `Return`; nothing jumps out
of a scope, but errors.

Within a block an edge is a reference to a node's result, or an entry in its `after`. Edges always point back in program
order, which is therefore a valid order of execution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from flowdeco.authoring.options import ErrorName, StepOptions
from flowdeco.errors import Location
from flowdeco.graph.expressions import (
    JSON,
    Elements,
    Expression,
    Field,
    Index,
    Item,
    Literal,
    Operation,
    Result,
    Symbol,
    children,
    leaves,
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that several paths lead to, read as `Result(id)`. `name`: of the Python variable."""

    id: int
    name: str


# ---------------------------------------------------------------------------------------- how blocks end


@dataclass(frozen=True, slots=True)
class Return:
    """The scope ends with this value: an execution's output, what a map's iteration results in."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Jump:
    """To the end of an enclosing choice, region, loop or attempt, by its id, with the values of its `outs`."""

    to: int
    values: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """To the head of an enclosing loop, by its id, with the next values of its `carried`."""

    loop: int
    values: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Handle:
    """To a handler of an enclosing attempt (inside one of its handlers: to a later one), with the error as `{"Error": …, "Cause": …}` and the values of the attempt's
    `entry`."""

    attempt: int
    handler: int
    error: Expression
    values: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Raise:
    """The scope fails. `error`: the bare name of the exception's class; `cause`: its message."""

    error: Expression
    cause: Expression
    name: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Never:
    """The end is not reached: the last node leaves on all its paths."""


End: TypeAlias = Return | Jump | Again | Handle | Raise | Never


@dataclass(frozen=True, slots=True)
class Failing:
    """A node that may fail inside an attempt: the values that the attempt's `entry` has when it does."""

    attempt: int
    values: tuple[Expression, ...] = ()


# ------------------------------------------------------------------------------------------------- nodes


@dataclass(frozen=True, slots=True)
class FusedCall:
    """A glue call that another one runs too, in the same task. `arguments`: as of a `Call`, some of them `earlier_result`s."""

    step: str
    arguments: tuple[tuple[str, Expression], ...]


def earlier_result(position: int) -> Literal:
    """What an earlier call of the same task resulted in, as an argument of a later one. `position`: from 0, in order.

    It stands for an argument, or for a part of one, as a whole: no expression looks into it.
    """
    return Literal({"$type": "result", "of": position})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A step call. `arguments` are what the function gets: "*" holds the positional ones. `glue`: nobody declared it.

    `failing`: per enclosing attempt of the same scope, innermost first. `before`, `then`: glue calls that run in the same
    task, before this one and after it; what the task results in is what this one does.
    """

    id: int
    step: str
    arguments: tuple[tuple[str, Expression], ...]
    options: StepOptions
    after: tuple[int, ...] = ()
    failing: tuple[Failing, ...] = ()
    glue: bool = False
    before: tuple[FusedCall, ...] = ()
    then: tuple[FusedCall, ...] = ()
    name: str = ""
    target: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """An execution of another workflow, by its name. `wait`: until it ends, and results in its output; else in its ARN."""

    id: int
    workflow: str
    input: Expression
    wait: bool = True
    after: tuple[int, ...] = ()
    failing: tuple[Failing, ...] = ()
    name: str = ""
    target: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A pause: `seconds` (a whole number) or `until` (a timestamp, RFC 3339 with a `T` and a zone), one of them."""

    id: int
    seconds: Expression | None = None
    until: Expression | None = None
    after: tuple[int, ...] = ()
    name: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Let:
    """An expression evaluated here, and read as `Result(id)`: one that the user gave a name.

    It costs no state where the state before it can assign it. `once`: it is not the same every time, so that no pass
    may put the expression in its place.
    """

    id: int
    value: Expression
    once: bool = False
    after: tuple[int, ...] = ()
    name: str = ""
    target: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """A block run for every item; results in the list of its results, in the order of the items."""

    id: int
    items: Expression
    block: Block
    max_concurrency: int | None = None
    distributed: bool = False
    after: tuple[int, ...] = ()
    failing: tuple[Failing, ...] = ()
    name: str = ""
    target: str = ""
    item_name: str = "item"
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A condition, exactly true or false, and the block it leads to. `text`: the condition as the user wrote it."""

    test: Expression
    block: Block
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The block of the first case that holds, or the default. Results in its `outs`."""

    id: int
    cases: tuple[Case, ...]
    default: Block
    outs: tuple[Variable, ...] = ()
    after: tuple[int, ...] = ()
    name: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A block run until it jumps out. `carried` start as `first`; `Again` gives them their next values."""

    id: int
    carried: tuple[Variable, ...]
    first: tuple[Expression, ...]
    block: Block
    outs: tuple[Variable, ...] = ()
    after: tuple[int, ...] = ()
    name: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A block that can be left early: an inlined function that returns in the middle, an unrolled loop with `break`."""

    id: int
    block: Block
    outs: tuple[Variable, ...] = ()
    after: tuple[int, ...] = ()
    name: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Handler:
    """`except on as error`. `on`: exception classes or names; `error` is an object `{"Error": name, "Cause": text}`."""

    on: tuple[ErrorName, ...]
    error: Variable
    block: Block
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A block whose failing nodes lead to the first handler that fits. Its nodes run in program order.

    `entry`: what handlers read that depends on where the body failed; `Failing` and `Handle` bring the values.
    """

    id: int
    block: Block
    handlers: tuple[Handler, ...]
    entry: tuple[Variable, ...] = ()
    outs: tuple[Variable, ...] = ()
    after: tuple[int, ...] = ()
    name: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Blocks run at the same time. Made by scheduling; the nodes in its blocks keep their ids and stay visible after."""

    id: int
    branches: tuple[Block, ...]
    name: str = ""


Node: TypeAlias = Call | Child | Wait | Let | Map | Choice | Loop | Region | Attempt | Fork


@dataclass(frozen=True, slots=True)
class Block:
    """Nodes in program order, and how they end. `scheduled`: the nodes run one after the other, as they stand."""

    nodes: tuple[Node, ...]
    end: End
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class StepRef:
    """A step as the graph knows it: where its function is, and its options."""

    name: str
    module: str
    qualname: str
    options: StepOptions
    location: Location | None = None
    glue: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """A traced workflow. `inputs`: parameter names with their encoded defaults (absent: required).

    `steps`: every step that is called, by name. `assets`: bytes of constants too rich for JSON, by SHA-256.
    """

    name: str
    block: Block
    inputs: tuple[str, ...] = ()
    defaults: Mapping[str, JSON] = field(default_factory=dict)
    steps: Mapping[str, StepRef] = field(default_factory=dict)
    assets: Mapping[str, bytes] = field(default_factory=dict)
    comment: str = ""
    timeout: int | None = None
    location: Location | None = None

    def __str__(self) -> str:
        from flowdeco.graph.text import text

        return text(self)


# ------------------------------------------------------------------------------------------ looking around


def end_expressions(end: End) -> tuple[Expression, ...]:
    """The expressions that the end of a block evaluates."""
    match end:
        case Return(value):
            return (value,)
        case Jump(_, values) | Again(_, values):
            return values
        case Handle(_, _, error, values):
            return (error, *values)
        case Raise(error, cause):
            return (error, cause)
        case Never():
            return ()
        case never:
            assert_never(never)


def called(node: Call) -> Iterator[tuple[str, tuple[tuple[str, Expression], ...]]]:
    """What the task of a call runs, in order: steps with their arguments."""
    yield from ((call.step, call.arguments) for call in node.before)
    yield node.step, node.arguments
    yield from ((call.step, call.arguments) for call in node.then)


def argument_values(node: Call) -> Iterator[Expression]:
    """The arguments of everything that the task of a call runs."""
    for _, arguments in called(node):
        yield from (value for _, value in arguments)


def expressions(node: Node) -> Iterator[Expression]:
    """The expressions a node itself evaluates (not those of nested blocks)."""
    match node:
        case Call():
            yield from argument_values(node)
        case Child():
            yield node.input
        case Wait():
            yield from (value for value in (node.seconds, node.until) if value is not None)
        case Let():
            yield node.value
        case Map():
            yield node.items
        case Choice():
            yield from (case.test for case in node.cases)
        case Loop():
            yield from node.first
        case Region() | Attempt() | Fork():
            return
        case never:
            assert_never(never)
    if isinstance(node, Call | Child | Map):
        for failing in node.failing:
            yield from failing.values


def blocks(node: Node) -> tuple[Block, ...]:
    """The blocks nested in a node."""
    match node:
        case Call() | Child() | Wait() | Let():
            return ()
        case Map() | Loop() | Region():
            return (node.block,)
        case Choice():
            return (*(case.block for case in node.cases), node.default)
        case Attempt():
            return (node.block, *(handler.block for handler in node.handlers))
        case Fork():
            return node.branches
        case never:
            assert_never(never)


def results(node: Node) -> frozenset[int]:
    """Ids that a node makes readable for the nodes after it."""
    match node:
        case Call() | Child() | Let() | Map():
            return frozenset((node.id,))
        case Wait():
            return frozenset()
        case Choice() | Loop() | Region() | Attempt():
            return frozenset(out.id for out in node.outs)
        case Fork():
            return frozenset(made for branch in node.branches for made in made_in(branch))
        case never:
            assert_never(never)


def inner_variables(node: Node) -> frozenset[int]:
    """Ids that a node makes readable only inside itself."""
    match node:
        case Loop():
            return frozenset(variable.id for variable in node.carried)
        case Attempt():
            return frozenset(v.id for v in (*node.entry, *(handler.error for handler in node.handlers)))
        case _:
            return frozenset()


def walk(block: Block) -> Iterator[Node]:
    """Every node of a block and of the blocks in it, in program order."""
    for node in block.nodes:
        yield node
        for inner in blocks(node):
            yield from walk(inner)


def made_in(block: Block) -> frozenset[int]:
    """Ids that the nodes of a block make readable in it."""
    return frozenset(made for node in block.nodes for made in results(node))


def needs(node: Node) -> frozenset[Symbol]:
    """Every input, result and item that a node needs, wherever inside it, less what it makes itself."""
    found: set[Symbol] = {leaf for value in expressions(node) for leaf in leaves(value)}
    for inner in blocks(node):
        found |= block_needs(inner)
    if isinstance(node, Map):
        found.discard(Item(node.id))
    return frozenset(found - {Result(made) for made in inner_variables(node)})


def block_needs(block: Block) -> frozenset[Symbol]:
    """Every input, result and item that a block needs from outside."""
    found: set[Symbol] = {leaf for value in end_expressions(block.end) for leaf in leaves(value)}
    for node in block.nodes:
        found |= needs(node)
    return frozenset(found - {Result(made) for made in made_in(block)})


def waits(node: Node) -> frozenset[int]:
    """Ids in `after`, of a node and of every node in it."""
    found: set[int] = set() if isinstance(node, Fork) else set(node.after)
    for inner in blocks(node):
        for nested in inner.nodes:
            found |= waits(nested)
    return frozenset(found)


def leaves_early(node: Node) -> bool:
    """Whether control may go from inside a node to a place outside it, errors of its steps aside."""
    return bool(_targets(node))


def _targets(node: Node) -> frozenset[int | None]:
    """Labels outside a node that it jumps to; None for the end of the scope."""
    if isinstance(node, Map | Fork):
        return frozenset()
    found: set[int | None] = set()
    for inner in blocks(node):
        for nested in inner.nodes:
            found |= _targets(nested)
        match inner.end:
            case Jump(to) | Again(to) | Handle(to):
                found.add(to)
            case Return() | Raise():
                found.add(None)
            case Never():
                pass
            case never:
                assert_never(never)
    return frozenset(found - {node.id})


def completes(node: Node) -> bool:
    """Whether what follows a node is ever reached from it."""
    if isinstance(node, Choice | Loop | Region | Attempt):
        return any(_jumps(inner, node.id) for inner in blocks(node))
    return True


def _jumps(block: Block, to: int) -> bool:
    if isinstance(block.end, Jump) and block.end.to == to:
        return True
    return any(
        _jumps(inner, to)
        for node in block.nodes
        if isinstance(node, Choice | Loop | Region | Attempt)
        for inner in blocks(node)
    )


def may_fail(expression: Expression) -> bool:
    """Whether evaluating an expression may fail, as far as its form tells."""
    match expression:
        case Operation() | Index() | Elements() | Field(certain=False):
            return True
        case _:
            return any(may_fail(part) for part in children(expression))


def variables(node: Node) -> tuple[Variable, ...]:
    """The variables that a node owns, readable inside it or after it."""
    match node:
        case Choice() | Region():
            return node.outs
        case Loop():
            return (*node.carried, *node.outs)
        case Attempt():
            return (*node.entry, *(handler.error for handler in node.handlers), *node.outs)
        case _:
            return ()


def inspected(block: Block) -> frozenset[Symbol]:
    """Symbols that the workflow itself looks into, decides by or iterates over: their values have to be there."""
    found: set[Symbol] = set()
    for value in _every_expression(block):
        found |= _looked_into(value)
    flows: dict[int, set[Symbol]] = {}
    for node in walk(block):
        if isinstance(node, Map):
            found |= set(leaves(node.items))
        if isinstance(node, Choice):
            found |= {leaf for case in node.cases for leaf in leaves(case.test)}
        if isinstance(node, Child):  # the other workflow may look into it
            found |= set(leaves(node.input))
        if isinstance(node, Wait):
            found |= {leaf for value in expressions(node) for leaf in leaves(value)}
    _flows(block, {}, flows)
    # What is inspected under the name of a variable must be there in all the values that lead to it.
    waiting = [symbol.node for symbol in found if isinstance(symbol, Result)]
    while waiting:
        for source in flows.get(waiting.pop(), ()):
            if source not in found:
                found.add(source)
                if isinstance(source, Result):
                    waiting.append(source.node)
    return frozenset(found)


def _flows(block: Block, labels: dict[int, Node], flows: dict[int, set[Symbol]]) -> None:
    """Which symbols become the value of which variable."""

    def flow(variables: tuple[Variable, ...], values: tuple[Expression, ...]) -> None:
        for variable, value in zip(variables, values):
            flows.setdefault(variable.id, set()).update(leaves(value))

    match block.end:
        case Jump(to, values) if to in labels:
            label = labels[to]
            if isinstance(label, Choice | Loop | Region | Attempt):
                flow(label.outs, values)
        case Again(to, values):
            loop = labels[to]
            if isinstance(loop, Loop):
                flow(loop.carried, values)
        case Handle(to, _, _, values):
            attempt = labels[to]
            if isinstance(attempt, Attempt):
                flow(attempt.entry, values)
        case _:
            pass
    for node in block.nodes:
        if isinstance(node, Loop):
            flow(node.carried, node.first)
        if isinstance(node, Call | Child | Map):
            for failing in node.failing:
                attempt = labels[failing.attempt]
                if isinstance(attempt, Attempt):
                    flow(attempt.entry, failing.values)
        for inner in blocks(node):
            _flows(inner, {**labels, node.id: node}, flows)


def _every_expression(block: Block) -> Iterator[Expression]:
    yield from end_expressions(block.end)
    for node in walk(block):
        yield from expressions(node)
        for inner in blocks(node):
            yield from end_expressions(inner.end)


def _looked_into(expression: Expression) -> set[Symbol]:
    match expression:
        case Field() | Index() | Elements() | Operation():
            return set(leaves(expression))
        case _:
            return {symbol for part in children(expression) for symbol in _looked_into(part)}
