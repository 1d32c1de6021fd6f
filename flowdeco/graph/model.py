"""The graph of a workflow: frozen, nested, free of AWS.

A *block* is a piece of body: nodes in program order and how it ends. A *node* is something that takes time or decides: a
step call, a map, a wait, a choice, a loop, an attempt (`try`), or (after scheduling) a fork into nested blocks.
*Expressions* (`expressions.py`) are what values are made of. What a graph's parts contain, make and need is told by
`looking.py` and `inspection.py`.

Control is structured. A choice, a region and an attempt are *labels*: a `Jump` anywhere inside them goes to where they end
and brings the values of their `outs`. `Again` goes to the head of a loop and brings the values of its `carried`. A block
that is a scope of its own (the body of the workflow, of a map, a branch of a fork) ends with `Return`; nothing jumps out
of a scope, but errors.

Within a block an edge is a reference to a node's result, or an entry in its `after`. Edges always point back in program
order, which is therefore a valid order of execution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from flowdeco.authoring.options import ErrorName, StepOptions
from flowdeco.errors import Location
from flowdeco.graph.expressions import JSON, Expression, Literal


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
