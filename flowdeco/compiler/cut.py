"""Where to cut an order that is neither parallel nor in series: some items first, the others after them all.

A cut makes items wait for items they do not need. How much that costs is not known before anything has run,
so cuts are compared under several sets of made-up durations. These are fixed: the same order is always cut in
the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from heapq import nsmallest
from itertools import accumulate
from math import inf, log
from operator import itemgetter, mul, neg, sub
from typing import Any, NamedTuple

from flowdeco.compiler.order import Order

_FEWEST, _MOST, _TOTAL = 8, 32, 4096
"""As many sets of durations as make _TOTAL durations in all, within these bounds."""

_TOLL = 0.02
"""Every cut costs this share of the critical path on top of its delay. So a cut near an end is never the cheapest
just because it is free, and long orders are not taken apart one item at a time."""


def cheapest_cuts(order: Order, weights: Sequence[float] | None, most: int) -> list[list[int]]:
    """Up to `most` cuts, the cheapest first: the positions to run before all others, ascending.

    `order` has no series cut and is connected. `weights` are the expected durations by position, None when
    they are all alike.

    Candidates are the prefixes of five topological orders. With a prefix A first and the rest B after it, no
    schedule is shorter than critical(A) + critical(B). What that exceeds the critical path of the whole by is
    the delay, and the price is (delay + toll) / min(critical(A), critical(B)): a cut that takes little off one
    end leaves more cuts to pay for. Cuts are compared by their price under the weights, then under the sets of
    durations, then by the length of their longer side.

    Without weights there is no toll in the first comparison. A cut between two levels has no delay then, so the
    first of the result has none: items that all take equally long are never delayed.
    """
    size = len(order.items)
    base = _paths(order, [1] * size if weights is None else weights)
    trials = [_paths(order, row) for row in durations(size, weights)]
    # Sums over the sets stand for means: they are only compared.
    finish = _totals(trial.finish for trial in trials)
    tail = _totals(trial.tail for trial in trials)
    keys: tuple[Iterable[Any], ...] = (
        map(sub, finish, tail),
        finish,
        map(neg, tail),
        zip(base.finish, finish, strict=True),
        zip(map(neg, base.tail), map(neg, tail), strict=True),
    )
    found: list[tuple[_Price, int, list[int]]] = []
    for number, key in enumerate(keys):
        # No key falls along an edge, and equal ones stay in program order: the result is a topological order.
        ranks = list(key)
        line = sorted(range(size), key=ranks.__getitem__)
        prices = _prices(base, 0 if weights is None else _TOLL, trials, itemgetter(*line))
        for price, length in nsmallest(most, zip(prices, range(1, size), strict=True)):
            found.append((price, number, sorted(line[:length])))
    cuts: list[list[int]] = []
    for _, _, cut in sorted(found):
        if cut not in cuts and len(cuts) < most:
            cuts.append(cut)
    return cuts


class _Paths(NamedTuple):
    """Per position, the longest path that ends with it and the longest that starts with it, both with it."""

    finish: list[float]
    tail: list[float]


def _paths(order: Order, durations: Sequence[float]) -> _Paths:
    finish: list[float] = []
    for firsts, duration in zip(order.before, durations, strict=True):
        finish.append(duration + max([finish[first] for first in firsts]) if firsts else duration)
    size = len(finish)
    tail: list[float] = [0] * size
    for item in range(size - 1, -1, -1):
        after = order.after[item]
        tail[item] = durations[item] + max([tail[other] for other in after]) if after else durations[item]
    return _Paths(finish, tail)


def _totals(rows: Iterable[list[float]]) -> list[float]:
    return list(map(sum, zip(*rows, strict=True)))


_Price = tuple[float, float, float]


def _prices(
    base: _Paths, toll: float, trials: list[_Paths], pick: Callable[[list[float]], Any]
) -> list[_Price]:
    """What each prefix of a topological order costs as a cut. `pick` brings a list into that order."""
    expected_whole = (1 - toll) * max(base.finish)
    whole = (1 - _TOLL) * sum(max(trial.finish) for trial in trials)
    return [
        (
            _per(expected_first + expected_rest - expected_whole, expected_first, expected_rest),
            _per(first + rest - whole, first, rest),
            max(first, rest),
        )
        for expected_first, expected_rest, first, rest in zip(
            *_sides([base], pick), *_sides(trials, pick), strict=True
        )
    ]


def _per(delay: float, one: float, other: float) -> float:
    if delay <= 0:
        return 0
    smaller = min(one, other)
    return delay / smaller if smaller else inf


def _sides(trials: list[_Paths], pick: Callable[[list[float]], Any]) -> tuple[list[float], list[float]]:
    """The critical paths of every prefix and of the rest after it, in total over the trials."""
    firsts = []
    rests = []
    for trial in trials:
        firsts.append(list(accumulate(pick(trial.finish)[:-1], max)))
        rests.append(list(accumulate(pick(trial.tail)[:0:-1], max)))
    return _totals(firsts), _totals(rests)[::-1]


def durations(size: int, weights: Sequence[float] | None) -> list[Sequence[float]]:
    """Sets of made-up durations: `weights` times factors that spread like waiting times (exponentially)."""
    factors = _factors()
    sets = max(_FEWEST, min(_MOST, _TOTAL // size))
    repeated = factors * (2 + size // len(factors))
    step = len(factors) // _MOST
    # Whole numbers, so that without weights no sum is ever rounded.
    rows = [repeated[step * number : step * number + size] for number in range(sets)]
    return [row if weights is None else list(map(mul, weights, row)) for row in rows]


@cache
def _factors() -> tuple[int, ...]:
    """4,096 factors around 1,000: middles of 256 equally likely classes, in an order without pattern."""
    classes = [round(-1000 * log((index + 0.5) / 256)) for index in range(256)]
    state = 1
    found = []
    for _ in range(4096):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        found.append(classes[state >> 56])
    return tuple(found)
