"""What the parts of a graph contain, make and need: expressions, nested blocks, results, symbols, and where control leaves.

Every question here is answered from the form of a node or block alone, without what is around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from flowdeco.graph.expressions import Expression, Item, Result, Symbol, leaves
from flowdeco.graph.model import (
    Again,
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    End,
    Fork,
    Handle,
    Jump,
    Let,
    Loop,
    Map,
    Never,
    Node,
    Raise,
    Region,
    Return,
    Variable,
    Wait,
)


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
