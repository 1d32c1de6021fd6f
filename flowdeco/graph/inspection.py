"""Which values the workflow itself inspects, so that they travel as they are and not as references.

A value is inspected where it is looked into, decided by or iterated over, and also where it reaches such a place under
the name of a variable: through the ends of blocks, loops and handlers.
"""

from __future__ import annotations

from collections.abc import Iterator

from flowdeco.graph.expressions import (
    Elements,
    Expression,
    Field,
    Index,
    Operation,
    Result,
    Symbol,
    children,
    leaves,
)
from flowdeco.graph.looking import blocks, end_expressions, expressions, walk
from flowdeco.graph.model import (
    Again,
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    Handle,
    Jump,
    Loop,
    Map,
    Node,
    Region,
    Variable,
    Wait,
)


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
