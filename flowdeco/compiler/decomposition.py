"""Takes an order apart into series and branches, with cuts where there is no other way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from flowdeco.compiler.cut import cheapest_cuts, durations
from flowdeco.compiler.order import Order
from flowdeco.compiler.reduction import Draft, Part, Reduction

Weights: TypeAlias = "Sequence[float] | None"
_Cutter: TypeAlias = Callable[[Order, Weights], list[int]]

_LOOK_AHEAD_ITEMS = 24
_LOOK_AHEAD_CUTS = 8
"""Up to how many items, how many of the cheapest cuts are followed to the end."""


def drafted(order: Order, weights: Weights) -> Draft:
    """A schedule of an order that has no edges which follow from others. Items are numbered by position."""
    return _drafted(order, weights, _LookAhead().shortest)


def _drafted(order: Order, weights: Weights, cutter: _Cutter) -> Draft:
    whole, place, core = Reduction(order).peeled()
    waiting = [(place, core)]
    while waiting:
        place, core = waiting.pop()
        if not core:
            continue
        node = Draft(series=False)
        place.parts.append(node)
        part = order.restricted(core).renumbered()
        groups: list[Sequence[int]] = part.components()
        if len(groups) == 1:
            node.series = True
            groups = part.stretches()
        if len(groups) == 1:
            first = cutter(part, _chosen(weights, core))
            groups = [first, _others(len(core), first)]
        for group in groups:
            peeled = Reduction(order.restricted([core[at] for at in group])).peeled()
            node.parts.append(peeled.whole)
            waiting.append((peeled.place, peeled.core))
    return whole


class _LookAhead:
    """Chooses cuts, and remembers what it chose for small orders: the same shape comes again and again."""

    def __init__(self) -> None:
        self._known: dict[object, list[int]] = {}

    def shortest(self, order: Order, weights: Weights) -> list[int]:
        """The cheapest cut; with few items, of the cheapest cuts the one with the shortest finished schedule.

        Finished by cheapest cuts; shortest under the weights, then in total under the made-up durations.
        """
        size = len(order.items)
        if size > _LOOK_AHEAD_ITEMS:
            return _cheapest(order, weights)
        return self._remembered(self._shortest, order, weights)

    def _shortest(self, order: Order, weights: Weights) -> list[int]:
        size = len(order.items)
        rows = [[1] * size if weights is None else weights, *durations(size, weights)]
        by_item = [list(column) for column in zip(*rows, strict=True)]

        def lengths(cut: list[int]) -> tuple[float, float]:
            expected = total = 0.0
            for side in (cut, _others(size, cut)):
                part = order.restricted(side).renumbered()
                draft = _drafted(part, _chosen(weights, side), self._cheapest)
                first, *rest = _lengths(draft, [by_item[at] for at in side])
                expected += first
                total += sum(rest)
            return expected, total

        return min(cheapest_cuts(order, weights, _LOOK_AHEAD_CUTS), key=lengths)

    def _cheapest(self, order: Order, weights: Weights) -> list[int]:
        return self._remembered(_cheapest, order, weights)

    def _remembered(self, choose: _Cutter, order: Order, weights: Weights) -> list[int]:
        key = choose, tuple(map(tuple, order.before)), None if weights is None else tuple(weights)
        if key not in self._known:
            self._known[key] = choose(order, weights)
        return self._known[key]


def _cheapest(order: Order, weights: Weights) -> list[int]:
    return cheapest_cuts(order, weights, 1)[0]


def _chosen(weights: Weights, positions: Sequence[int]) -> Weights:
    return None if weights is None else [weights[at] for at in positions]


def _others(size: int, positions: Sequence[int]) -> list[int]:
    return sorted({*range(size)}.difference(positions))


def _lengths(part: Part, by_item: Sequence[list[float]]) -> list[float]:
    """How long a part takes under each set of durations."""
    # Recursive, because only few items are ever looked ahead at.
    if not isinstance(part, Draft):
        return by_item[part]
    rows = [_lengths(inner, by_item) for inner in part.parts]
    return list(map(sum if part.series else max, zip(*rows, strict=True)))
