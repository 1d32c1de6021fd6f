"""How long scheduling takes, and how much longer than the critical path schedules are.

    python benchmarks/schedule.py            # time, beside computing the transitive closure of the same edges
    python benchmarks/schedule.py --delay    # makespan / critical path on random orders, beside other ways

Random orders and durations come from fixed seeds: `--delay` prints the same figures everywhere.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import pairwise
from math import isqrt
from random import Random
from statistics import median

from harness import Comparison, main, table

from flowdeco.compiler.schedule import critical_path, makespan, schedule

Edges = list[tuple[int, int]]


def chain(count: int) -> Edges:
    return [(item, item + 1) for item in range(count - 1)]


def chain_that_rereads(count: int) -> Edges:
    """A chain whose every item also uses the first one's result: most edges follow from others."""
    return chain(count) + [(0, item) for item in range(2, count)]


def fan(width: int) -> Edges:
    """One item, `width` items after it, one item after these."""
    middle = range(1, width + 1)
    return [(0, item) for item in middle] + [(item, width + 1) for item in middle]


def nested(count: int) -> Edges:
    """Series in parallel in series, as deep as `count` allows: every second item joins the next loose one."""
    return [(item, item + 1 if item % 2 else item + 2) for item in range(count - 2)]


def ladder(count: int) -> Edges:
    """Two chains, and from each item of the first one an edge to the next item of the second."""
    return [(item, item + 2) for item in range(count - 2)] + [
        (item, item + 3) for item in range(0, count - 3, 2)
    ]


def grid(side: int) -> Edges:
    """A square; each item needs the one to its left and the one above it."""
    across = [(item, item + 1) for item in range(side * side) if (item + 1) % side]
    return across + [(item, item + side) for item in range(side * (side - 1))]


def layered(random: Random, count: int) -> Edges:
    """About sqrt(count) layers; an item needs 1 to 3 items of the layer before."""
    layers: dict[int, list[int]] = {}
    for item, layer in enumerate(sorted(random.randrange(max(2, isqrt(count))) for _ in range(count))):
        layers.setdefault(layer, []).append(item)
    ordered = list(layers.values())
    return [
        (first, then)
        for above, below in pairwise(ordered)
        for then in below
        for first in random.sample(above, min(len(above), random.choice((1, 1, 2, 3))))
    ]


def sparse(random: Random, count: int) -> Edges:
    """Erdős–Rényi: each pair is an edge with probability 2 / count."""
    return [(u, v) for v in range(count) for u in range(v) if random.random() < 2 / count]


def pipeline(random: Random, count: int) -> Edges:
    """Like a training script: loads, then steps that mostly use recent results, some old ones, some many."""
    edges: Edges = []

    def recent(item: int, reach: float) -> int:
        return max(0, item - 1 - int(random.expovariate(1 / reach)))

    for item in range(2, count):
        kind = random.random()
        if kind < 0.08:
            continue
        if kind < 0.5:
            firsts = {recent(item, 4)}
        elif kind < 0.8:
            firsts = {recent(item, 5), recent(item, 5)}
        elif kind < 0.95:
            firsts = {random.randrange(item), random.randrange(item)}
        else:
            firsts = {recent(item, 10) for _ in range(random.randint(3, 6))}
        edges += [(first, item) for first in sorted(firsts)]
    return edges


FAMILIES: dict[str, Callable[[Random, int], Edges]] = {
    "layered": layered,
    "sparse": sparse,
    "pipeline": pipeline,
}
SPREADS: dict[str, Callable[[Random], float]] = {
    "uniform 0.5-1.5": lambda random: random.uniform(0.5, 1.5),
    "exponential": lambda random: random.expovariate(1),
    "lognormal": lambda random: random.lognormvariate(0, 1),
}


def closure(count: int, edges: Edges) -> list[int]:
    """What precedes each item, as bits: the least a scheduler that looks at all pairs has to compute."""
    before: list[list[int]] = [[] for _ in range(count)]
    for first, then in edges:
        before[then].append(first)
    found: list[int] = []
    for firsts in before:
        bits = 0
        for first in firsts:
            bits |= found[first] | 1 << first
        found.append(bits)
    return found


def comparisons() -> Iterator[Comparison]:
    cases: list[tuple[str, int, Edges]] = [
        ("chain of 1,000", 1000, chain(1000)),
        ("chain of 10,000", 10_000, chain(10_000)),
        ("chain of 1,000, first result reread", 1000, chain_that_rereads(1000)),
        ("fan of 1,000", 1002, fan(1000)),
        ("1,000 items nested 500 deep", 1000, nested(1000)),
    ]
    cases += [("ladder, 2,000 items", 2000, ladder(2000)), ("grid, 1,936 items", 1936, grid(44))]
    cases += [(f"{name}, 2,000 items", 2000, family(Random(1), 2000)) for name, family in FAMILIES.items()]
    for name, count, edges in cases:
        yield Comparison(name, partial(schedule, count, edges), "closure", partial(closure, count, edges))
    for name, short, long in (
        ("chain", (1000, chain(1000)), (10_000, chain(10_000))),
        ("fan", (1002, fan(1000)), (10_002, fan(10_000))),
    ):
        yield Comparison(
            f"{name}, 10,000",
            partial(schedule, *long),
            f"{name}, 1,000",
            partial(schedule, *short),
            limit=12,
            aim=10,
        )


def by_levels(count: int, edges: Edges, weights: Sequence[float]) -> float:
    """The makespan when everything waits for the whole level before it."""
    level = [0] * count
    for first, then in sorted(edges, key=lambda edge: edge[1]):
        level[then] = max(level[then], level[first] + 1)
    longest: dict[int, float] = {}
    for item, at in enumerate(level):
        longest[at] = max(longest.get(at, 0), weights[item])
    return sum(longest.values())


def best_possible(count: int, edges: Edges, weights: Sequence[float]) -> float:
    """The least makespan of any schedule, by trying all. For a dozen items at most."""
    ancestors = closure(count, edges)

    @cache
    def least(items: int) -> float:
        members = [item for item in range(count) if items >> item & 1]
        if len(members) == 1:
            return weights[members[0]]
        part = 1 << members[0]
        for _ in members:
            for item in members:
                if part & (ancestors[item] | 1 << item):
                    part |= (ancestors[item] | 1 << item) & items
        if part != items:
            return max(least(part), least(items & ~part))
        firsts = {0}
        for item in members:
            firsts |= {chosen | 1 << item for chosen in firsts if ancestors[item] & items & ~chosen == 0}
        return min(least(chosen) + least(items & ~chosen) for chosen in firsts - {0, items})

    return least((1 << count) - 1)


def delays() -> list[dict[str, object]]:
    """Ratios to the critical path, for every family, size and spread of durations."""
    found: list[dict[str, object]] = []
    for name, family in FAMILIES.items():
        for count, orders in ((10, 60), (30, 60), (100, 20), (400, 5)):
            graphs = [family(Random(f"{name} {count} {index}"), count) for index in range(orders)]
            schedules = [schedule(count, edges) for edges in graphs]
            for spread, draw in SPREADS.items():
                random = Random(f"{name} {count} {spread}")
                ratios: dict[str, list[float]] = {
                    "schedule": [],
                    "weights known": [],
                    "levels": [],
                    "best": [],
                }
                for edges, made in zip(graphs, schedules, strict=True):
                    for repeat in range(10):
                        weights = [draw(random) for _ in range(count)]
                        shortest = critical_path(count, edges, weights)
                        ratios["schedule"].append(makespan(made, weights) / shortest)
                        ratios["levels"].append(by_levels(count, edges, weights) / shortest)
                        if repeat < 2:
                            known = schedule(count, edges, weights)
                            ratios["weights known"].append(makespan(known, weights) / shortest)
                            if count <= 10:
                                ratios["best"].append(best_possible(count, edges, weights) / shortest)
                found.append(
                    {"family": name, "items": count, "durations": spread}
                    | {how: _summary(values) for how, values in ratios.items() if values}
                )
    return found


def _summary(ratios: list[float]) -> dict[str, float]:
    ordered = sorted(ratios)
    return {"median": median(ordered), "p95": ordered[int(len(ordered) * 0.95)], "max": ordered[-1]}


def report_delays(as_json: bool) -> int:
    found = delays()
    if as_json:
        print(json.dumps(found, indent=2))
        return 0
    ways = ("schedule", "levels", "weights known", "best")
    rows = []
    for entry in found:
        cells = [f"{entry['family']}, {entry['items']} items, {entry['durations']}"]
        for way in ways:
            summary = entry.get(way)
            cells.append(
                " / ".join(f"{value:.2f}" for value in summary.values()) if isinstance(summary, dict) else ""
            )
        rows.append(cells)
    print("makespan / critical path: median / 95th percentile / maximum")
    print(table(("", *ways), rows))
    return 0


if __name__ == "__main__":
    if "--delay" in sys.argv:
        raise SystemExit(report_delays("--json" in sys.argv))
    raise SystemExit(main(list(comparisons())))
