"""Nodes and ends with other expressions or other blocks in them: what passes are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias, assert_never

from flowdeco.graph import (
    Again,
    Attempt,
    Call,
    Child,
    Choice,
    End,
    Expression,
    Failing,
    Fork,
    FusedCall,
    Handle,
    Jump,
    Let,
    Loop,
    Map,
    Never,
    Node,
    Raise,
    Region,
    Result,
    Return,
    Wait,
    children,
    rebuilt,
)
from flowdeco.graph.rebuild import with_blocks as with_blocks

Change: TypeAlias = Callable[[Expression], Expression]


def substituted(expression: Expression, values: Mapping[int, Expression]) -> Expression:
    """The expression with other expressions for some results, by id."""
    if not values:
        return expression
    if isinstance(expression, Result):
        return values.get(expression.node, expression)
    parts = children(expression)
    changed = tuple(substituted(part, values) for part in parts)
    return expression if all(a is b for a, b in zip(changed, parts)) else rebuilt(expression, changed)


def end_with(end: End, change: Change) -> End:
    """An end with every expression changed."""
    match end:
        case Return(value):
            return Return(change(value))
        case Jump(to, values):
            return Jump(to, tuple(map(change, values)))
        case Again(to, values):
            return Again(to, tuple(map(change, values)))
        case Handle(to, handler, error, values):
            return Handle(to, handler, change(error), tuple(map(change, values)))
        case Raise(error, cause):
            return replace(end, error=change(error), cause=change(cause))
        case Never():
            return end
        case never:
            assert_never(never)


def node_with(node: Node, change: Change) -> Node:
    """A node with every expression that it evaluates itself changed."""
    match node:
        case Call():
            return replace(
                node,
                arguments=_arguments(node.arguments, change),
                failing=_failing(node.failing, change),
                before=tuple(
                    FusedCall(call.step, _arguments(call.arguments, change)) for call in node.before
                ),
                then=tuple(FusedCall(call.step, _arguments(call.arguments, change)) for call in node.then),
            )
        case Child():
            return replace(node, input=change(node.input), failing=_failing(node.failing, change))
        case Wait():
            seconds = None if node.seconds is None else change(node.seconds)
            return replace(node, seconds=seconds, until=None if node.until is None else change(node.until))
        case Let():
            return replace(node, value=change(node.value))
        case Map():
            return replace(node, items=change(node.items), failing=_failing(node.failing, change))
        case Choice():
            return replace(node, cases=tuple(replace(case, test=change(case.test)) for case in node.cases))
        case Loop():
            return replace(node, first=tuple(map(change, node.first)))
        case Region() | Attempt() | Fork():
            return node
        case never:
            assert_never(never)


def _arguments(
    arguments: tuple[tuple[str, Expression], ...], change: Change
) -> tuple[tuple[str, Expression], ...]:
    return tuple((name, change(value)) for name, value in arguments)


def _failing(failing: tuple[Failing, ...], change: Change) -> tuple[Failing, ...]:
    return tuple(Failing(entry.attempt, tuple(map(change, entry.values))) for entry in failing)
