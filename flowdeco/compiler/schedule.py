"""Which items run one after the other and which at the same time.

A state machine has sequences and Parallel states, nested; no edge leads from inside one branch of a Parallel
into another. `schedule` turns an order of items into such a nesting. No edge is ever broken. Where the order is
series-parallel, the result is exactly that order. Elsewhere (the smallest case: c needs only a, d needs a and b)
something must wait for more than it needs; `decomposition` decides what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias

from flowdeco.compiler.decomposition import drafted
from flowdeco.compiler.order import Order
from flowdeco.compiler.reduction import Draft, Part
from flowdeco.errors import GraphError


@dataclass(frozen=True, slots=True)
class Series:
    """Parts that run one after the other. Two or more, none of them a Series."""

    parts: tuple[Schedule, ...]


@dataclass(frozen=True, slots=True)
class Branches:
    """Parts that run at the same time. Two or more, none of them Branches, by their smallest items."""

    parts: tuple[Schedule, ...]


Schedule: TypeAlias = "int | Series | Branches"


def schedule(
    count: int, edges: Iterable[tuple[int, int]], weights: Sequence[float] | None = None
) -> Schedule:
    """The items 0..count-1 as nested sequences and branches.

    `edges` are (before, after) with before < after. Repeated edges and edges that follow from others change
    nothing. `weights` are expected durations in any unit, all alike by default. They only matter where the
    order is not series-parallel.

    Raises GraphError when count is below 1, an edge does not lead to a higher item, or weights are not one
    finite number from 0 per item.

    >>> schedule(4, [(0, 1), (0, 2), (1, 3), (2, 3)])
    Series(parts=(0, Branches(parts=(1, 2)), 3))
    """
    _check(count, weights)
    return _assembled(drafted(Order.of(count, edges).reduced(), weights))


def critical_path(
    count: int, edges: Iterable[tuple[int, int]], weights: Sequence[float] | None = None
) -> float:
    """The longest path through the items: no schedule can be shorter. Weights default to 1 each.

    Raises GraphError as `schedule` does.

    >>> critical_path(3, [(0, 2)], [2, 5, 1])
    5
    """
    _check(count, weights)
    order = Order.of(count, edges)
    finish: list[float] = []
    for item, firsts in enumerate(order.before):
        finish.append(max([finish[first] for first in firsts], default=0) + (weights[item] if weights else 1))
    return max(finish)


def makespan(schedule: Schedule, weights: Sequence[float]) -> float:
    """How long a schedule takes when item i takes weights[i] and nothing else takes time.

    >>> makespan(Series((0, Branches((1, 2)))), [1, 2, 4])
    5
    """
    nodes: list[Series | Branches] = []
    waiting: list[Schedule] = [schedule]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, int):
            nodes.append(part)
            waiting.extend(part.parts)
    length: dict[int, float] = {}

    def length_of(part: Schedule) -> float:
        return weights[part] if isinstance(part, int) else length[id(part)]

    # Inner nodes come after the nodes around them.
    for node in reversed(nodes):
        lengths = map(length_of, node.parts)
        length[id(node)] = sum(lengths) if isinstance(node, Series) else max(lengths)
    return length_of(schedule)


def _check(count: int, weights: Sequence[float] | None) -> None:
    if weights is None:
        return
    if len(weights) != count or not all(isfinite(weight) and weight >= 0 for weight in weights):
        raise GraphError("weights are not one finite number from 0 per item", hint=f"give {count} durations")


def _assembled(draft: Draft) -> Schedule:
    """The draft in canonical form: single parts stand for themselves, and no kind is nested in itself."""
    # Per open draft: its kind, the parts still to do (last first), and those done, with their smallest items.
    done: list[tuple[int, Schedule]] = []
    stack: list[tuple[bool, list[Part], list[tuple[int, Schedule]]]] = [
        (draft.series, draft.parts[::-1], done)
    ]
    while True:
        series, left, done = stack[-1]
        if left:
            part = left.pop()
            while isinstance(part, Draft) and len(part.parts) == 1:
                part = part.parts[0]
            if not isinstance(part, Draft):
                done.append((part, part))
            elif part.series is series:
                left += reversed(part.parts)
            else:
                stack.append((part.series, part.parts[::-1], []))
            continue
        stack.pop()
        if len(done) == 1:
            result = done[0]
        else:
            if not series:
                done.sort(key=lambda part: part[0])
            parts = tuple(part for _, part in done)
            result = min(first for first, _ in done), Series(parts) if series else Branches(parts)
        if not stack:
            return result[1]
        stack[-1][2].append(result)
