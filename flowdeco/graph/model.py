"""The graph of a workflow: frozen, nested, free of AWS.

A *block* is a piece of body that runs as a whole: nodes in program order and the expression it results in. A *node* is
something that takes time: a step call, a map over a nested block, or (after scheduling) a fork into nested blocks. An
*expression* is what a value is made of: constants, inputs, results of nodes, and looks into them.

Within a block an edge is a reference to a node's result, or an entry in its `after`. Edges always point back in program
order, which is therefore a valid order of execution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, assert_never

from flowdeco.authoring.options import StepOptions
from flowdeco.errors import Location

JSON: TypeAlias = Any

# --------------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant, encoded as JSON."""

    value: JSON


@dataclass(frozen=True, slots=True)
class Input:
    """An input of the execution, by parameter name."""

    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a node of this or an enclosing block results in, by the node's id."""

    node: int


@dataclass(frozen=True, slots=True)
class Item:
    """The item that the block of a map is at, by the id of the map node."""

    map: int


@dataclass(frozen=True, slots=True)
class Field:
    """The value under a name: a key of a dict, or a field of a dataclass and the like."""

    base: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """An element of a list. Negative positions count from the end."""

    base: Expression
    position: int


@dataclass(frozen=True, slots=True)
class Elements:
    """The list of elements of something that may turn out to be a list, a tuple or a set: nothing said which."""

    base: Expression


@dataclass(frozen=True, slots=True)
class Array:
    """A list made of expressions."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Object:
    """A dict made of expressions (also the tagged form of tuples, dataclasses and the like)."""

    entries: tuple[tuple[str, Expression], ...]


Expression: TypeAlias = Literal | Input | Result | Item | Field | Index | Elements | Array | Object


def leaves(expression: Expression) -> Iterator[Symbol]:
    """What of the outside an expression depends on, left to right, repeats included."""
    stack = [expression]
    while stack:
        match stack.pop():
            case Literal():
                pass
            case Input() | Result() | Item() as leaf:
                yield leaf
            case Field(base) | Index(base) | Elements(base):
                stack.append(base)
            case Array(items):
                stack.extend(reversed(items))
            case Object(entries):
                stack.extend(value for _, value in reversed(entries))
            case never:
                assert_never(never)


# ------------------------------------------------------------------------------------------------- nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A step call. `arguments` are what the function gets: "*" holds the positional ones."""

    id: int
    step: str
    arguments: tuple[tuple[str, Expression], ...]
    options: StepOptions
    after: tuple[int, ...] = ()
    name: str = ""
    target: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """A block run for every item, in parallel; results in the list of its results, in the order of the items."""

    id: int
    items: Expression
    block: Block
    max_concurrency: int | None = None
    distributed: bool = False
    after: tuple[int, ...] = ()
    name: str = ""
    target: str = ""
    item_name: str = "item"
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Blocks run at the same time. Made by scheduling; the nodes in its blocks keep their ids and stay visible after."""

    id: int
    branches: tuple[Block, ...]
    name: str = ""


Node: TypeAlias = Call | Map | Fork


@dataclass(frozen=True, slots=True)
class Block:
    """Nodes in program order and what they result in. `scheduled`: the nodes run one after the other, as they stand."""

    nodes: tuple[Node, ...]
    result: Expression
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class StepRef:
    """A step as the graph knows it: where its function is, and its options."""

    name: str
    module: str
    qualname: str
    options: StepOptions
    location: Location | None = None


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


def expressions(node: Node) -> Iterator[Expression]:
    """The expressions a node itself evaluates (not those of nested blocks)."""
    match node:
        case Call():
            for _, value in node.arguments:
                yield value
        case Map():
            yield node.items
        case Fork():
            return
        case never:
            assert_never(never)


def blocks(node: Node) -> tuple[Block, ...]:
    """The blocks nested in a node."""
    match node:
        case Call():
            return ()
        case Map():
            return (node.block,)
        case Fork():
            return node.branches
        case never:
            assert_never(never)


def walk(block: Block) -> Iterator[Node]:
    """Every node of a block and of the blocks in it, in program order."""
    for node in block.nodes:
        yield node
        for inner in blocks(node):
            yield from walk(inner)


def made_in(block: Block) -> frozenset[int]:
    """Ids of nodes whose results the block's own scope holds: its nodes, and those in its forks (not in its maps)."""
    found: set[int] = set()
    for node in block.nodes:
        if isinstance(node, Fork):
            for branch in node.branches:
                found |= made_in(branch)
        else:
            found.add(node.id)
    return frozenset(found)


Symbol: TypeAlias = Input | Result | Item
"""What a node or block may need from around it."""


def needs(node: Node) -> frozenset[Symbol]:
    """Every input, result and item that a node needs, wherever inside it, less what it makes itself."""
    found: set[Symbol] = {leaf for value in expressions(node) for leaf in leaves(value)}
    for inner in blocks(node):
        found |= block_needs(inner)
    if isinstance(node, Map):
        found.discard(Item(node.id))
    return frozenset(found)


def block_needs(block: Block) -> frozenset[Symbol]:
    """Every input, result and item that a block needs from outside."""
    found: set[Symbol] = set(leaves(block.result))
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


def inspected(block: Block) -> frozenset[Symbol]:
    """Symbols that the workflow itself looks into or iterates over: their values have to be there to be seen."""
    found: set[Symbol] = set()
    for value in _every_expression(block):
        found |= _looked_into(value)
    for node in walk(block):
        if isinstance(node, Map):
            found |= set(leaves(node.items))
    return frozenset(found)


def _every_expression(block: Block) -> Iterator[Expression]:
    yield block.result
    for node in walk(block):
        yield from expressions(node)
        for inner in blocks(node):
            yield inner.result


def _looked_into(expression: Expression) -> set[Symbol]:
    match expression:
        case Field() | Index() | Elements():
            return set(leaves(expression))
        case Array(items):
            return {symbol for item in items for symbol in _looked_into(item)}
        case Object(entries):
            return {symbol for _, value in entries for symbol in _looked_into(value)}
        case Literal() | Input() | Result() | Item():
            return set()
        case never:
            assert_never(never)
