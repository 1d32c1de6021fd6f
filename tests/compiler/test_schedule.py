from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.compiler.cut import cheapest_cuts
from flowdeco.compiler.order import Order
from flowdeco.compiler.schedule import Branches, Schedule, Series, critical_path, makespan, schedule
from flowdeco.errors import GraphError

Edges = list[tuple[int, int]]


def items_of(made: Schedule) -> list[int]:
    """Every item, as often as it occurs."""
    found = []
    waiting = [made]
    while waiting:
        part = waiting.pop()
        if isinstance(part, int):
            found.append(part)
        else:
            waiting.extend(part.parts)
    return sorted(found)


def precedences(made: Schedule) -> set[tuple[int, int]]:
    """All pairs (before, after) that a schedule keeps in order."""
    if isinstance(made, int):
        return set()
    found = set().union(*map(precedences, made.parts))
    if isinstance(made, Series):
        for first, then in combinations(map(items_of, made.parts), 2):
            found |= {(u, v) for u in first for v in then}
    return found


def closed(count: int, edges: Edges) -> set[tuple[int, int]]:
    """All pairs (before, after) that follow from edges."""
    after: list[set[int]] = [set() for _ in range(count)]
    for item in reversed(range(count)):
        for first, then in edges:
            if first == item:
                after[item] |= {then} | after[then]
    return {(u, v) for u in range(count) for v in after[u]}


def parts_of(made: Schedule) -> Iterator[Series | Branches]:
    waiting = [made]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, int):
            yield part
            waiting.extend(part.parts)


def check_canonical(made: Schedule) -> None:
    for part in parts_of(made):
        assert len(part.parts) >= 2
        assert not any(type(inner) is type(part) for inner in part.parts)
        if isinstance(part, Branches):
            smallest = [items_of(inner)[0] for inner in part.parts]
            assert smallest == sorted(smallest)


@st.composite
def orders(draw: st.DrawFn, most: int = 14) -> tuple[int, Edges]:
    count = draw(st.integers(1, most))
    pairs = list(combinations(range(count), 2))
    edges = draw(st.lists(st.sampled_from(pairs), max_size=3 * count)) if pairs else []
    return count, edges


@st.composite
def nestings(draw: st.DrawFn) -> tuple[int, Edges, Schedule]:
    """A random schedule, its items in a random program order that fits, and all the edges it implies."""
    shape = draw(
        st.recursive(
            st.none(), lambda inner: st.tuples(st.booleans(), st.lists(inner, min_size=2, max_size=4))
        )
    )
    labels = iter(range(10_000))

    def numbered(shape: object) -> Schedule:
        if not isinstance(shape, tuple):
            return next(labels)
        series, inner = shape
        kind = Series if series else Branches
        parts: list[Schedule] = []
        for part in map(numbered, inner):
            parts += part.parts if isinstance(part, kind) else [part]
        return kind(tuple(parts))

    made = numbered(shape)
    count = next(labels)
    edges = precedences(made)
    # Another program order: repeatedly any item whose predecessors are all placed.
    place: dict[int, int] = {}
    shuffle = draw(st.randoms(use_true_random=False))
    while len(place) < count:
        ready = [v for v in range(count) if v not in place and all(u in place for u, w in edges if w == v)]
        place[shuffle.choice(ready)] = len(place)

    def moved(part: Schedule) -> Schedule:
        if isinstance(part, int):
            return place[part]
        parts = [moved(inner) for inner in part.parts]
        if isinstance(part, Branches):
            parts.sort(key=lambda inner: items_of(inner)[0])
        return type(part)(tuple(parts))

    return count, sorted((place[u], place[v]) for u, v in edges), moved(made)


def weights_for(count: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 100), min_size=count, max_size=count)


SMALLEST = [(0, 2), (0, 3), (1, 3)]
"""0 before 2 and 3, 1 before 3: the smallest order that is not series-parallel."""


@pytest.mark.parametrize(
    ("count", "edges", "expected"),
    [
        (1, [], 0),
        (2, [], Branches((0, 1))),
        (2, [(0, 1)], Series((0, 1))),
        (4, [(0, 1), (1, 3), (0, 2), (2, 3)], Series((0, Branches((1, 2)), 3))),
        (4, [(0, 2), (1, 3)], Branches((Series((0, 2)), Series((1, 3))))),
        (4, [(0, 2), (0, 3), (1, 2), (1, 3)], Series((Branches((0, 1)), Branches((2, 3))))),
        (3, [(0, 1), (1, 2), (0, 2)], Series((0, 1, 2))),
        (4, SMALLEST, Series((Branches((0, 1)), Branches((2, 3))))),
        # The same, with an item before, an item after, and one beside all of it.
        (
            7,
            [(0, 2), (0, 3), (2, 4), (2, 5), (3, 5), (4, 6), (5, 6)],
            Branches((Series((0, Branches((2, 3)), Branches((4, 5)), 6)), 1)),
        ),
        # Twice the same, side by side and one after the other.
        (
            8,
            [(0, 4), (0, 5), (1, 5), (2, 6), (2, 7), (3, 7)],
            Branches(
                (
                    Series((Branches((0, 1)), Branches((4, 5)))),
                    Series((Branches((2, 3)), Branches((6, 7)))),
                )
            ),
        ),
        (
            8,
            [*SMALLEST, *((u, v) for u in (2, 3) for v in (4, 5)), (4, 6), (4, 7), (5, 7)],
            Series((Branches((0, 1)), Branches((2, 3)), Branches((4, 5)), Branches((6, 7)))),
        ),
    ],
)
def test_known_orders(count: int, edges: Edges, expected: Schedule) -> None:
    assert schedule(count, edges) == expected


def test_weights_move_the_cut() -> None:
    # 2 takes long and only needs 0: it must not wait for 1, which takes long too.
    assert schedule(4, SMALLEST, [1, 9, 9, 1]) == Series((Branches((Series((0, 2)), 1)), 3))
    # 1 and 3 take long: 2 runs beside 1, after 0.
    assert schedule(4, SMALLEST, [9, 1, 1, 9]) == Series((Branches((0, 1)), Branches((2, 3))))
    # 0 is short: 1 can wait for it, so that 2 runs beside 1 and 3.
    assert schedule(4, SMALLEST, [1, 9, 15, 9]) == Series((0, Branches((Series((1, 3)), 2))))


def test_weights_of_nothing_are_fine() -> None:
    made = schedule(4, SMALLEST, [0, 0, 0, 0])
    assert items_of(made) == [0, 1, 2, 3]
    assert closed(4, SMALLEST) <= precedences(made)


@given(orders(), st.data())
def test_every_edge_is_kept_and_every_item_occurs_once(order: tuple[int, Edges], data: st.DataObject) -> None:
    count, edges = order
    weights = data.draw(st.none() | weights_for(count))
    made = schedule(count, edges, weights)
    assert items_of(made) == list(range(count))
    assert closed(count, edges) <= precedences(made)
    check_canonical(made)


@given(nestings(), st.data())
def test_a_series_parallel_order_is_scheduled_as_it_is(
    made: tuple[int, Edges, Schedule], data: st.DataObject
) -> None:
    count, edges, expected = made
    weights = data.draw(weights_for(count))
    found = schedule(count, edges)
    assert found == expected
    assert makespan(found, weights) == critical_path(count, edges, weights)
    assert schedule(count, edges, weights) == expected


@given(orders())
def test_items_that_all_take_equally_long_are_never_delayed(order: tuple[int, Edges]) -> None:
    count, edges = order
    assert makespan(schedule(count, edges), [1] * count) == critical_path(count, edges)


@given(orders(), st.data())
def test_no_schedule_beats_the_critical_path(order: tuple[int, Edges], data: st.DataObject) -> None:
    count, edges = order
    weights = data.draw(weights_for(count))
    assert makespan(schedule(count, edges, weights), weights) >= critical_path(count, edges, weights)


@given(orders())
def test_edges_that_follow_from_others_change_nothing(order: tuple[int, Edges]) -> None:
    count, edges = order
    assert schedule(count, edges) == schedule(count, sorted(closed(count, edges)))


@given(orders(), st.randoms(use_true_random=False))
def test_the_order_and_number_of_edges_change_nothing(
    order: tuple[int, Edges], shuffle: random.Random
) -> None:
    count, edges = order
    other = edges + edges[::2]
    shuffle.shuffle(other)
    assert schedule(count, edges) == schedule(count, iter(other))


@given(orders(8), st.integers(0, 3), st.booleans())
def test_what_lies_around_changes_nothing_inside(order: tuple[int, Edges], extra: int, series: bool) -> None:
    count, edges = order
    inside = schedule(count, edges)

    def shifted(part: Schedule) -> Schedule:
        if isinstance(part, int):
            return part + extra
        return type(part)(tuple(map(shifted, part.parts)))

    kind = Series if series else Branches
    around = [(u, v) for u in range(extra) for v in range(extra + count) if series and u < v]
    made = schedule(extra + count, around + [(u + extra, v + extra) for u, v in edges])
    moved = shifted(inside)
    parts = (*range(extra), *(moved.parts if isinstance(moved, kind) else (moved,)))
    assert made == (kind(parts) if len(parts) > 1 else moved)


def long_orders() -> Iterator[tuple[str, int, Edges]]:
    yield "chain", 10_000, [(item, item + 1) for item in range(9_999)]
    yield (
        "chain that uses its first result again",
        2000,
        [edge for item in range(1, 2000) for edge in ((item - 1, item), (0, item))],
    )
    yield "fan", 1002, [edge for item in range(1, 1001) for edge in ((0, item), (item, 1001))]
    yield "nested 5,000 deep", 10_000, [(item, item + 1 if item % 2 else item + 2) for item in range(9_998)]
    # The smallest order that is not series-parallel, inside 1,000 layers of one item beside and one after.
    around: Edges = [*SMALLEST]
    ends = [2, 3]
    for item in range(4, 2000, 2):
        around += [(end, item + 1) for end in (*ends, item)]
        ends = [item + 1]
    yield "core nested 1,000 deep", 2000, around
    # Nested the other way round: one item before and one beside.
    around = [(1998 + u, 1998 + v) for u, v in SMALLEST]
    starts = [1998, 1999]
    for item in range(1996, -1, -2):
        around += [(item, start) for start in (*starts, item + 1)]
        starts = [item]
    yield "core at the end, nested 1,000 deep", 2002, around
    rungs = [(item, item + 3) for item in range(0, 597, 2)]
    yield "ladder", 600, [(item, item + 2) for item in range(598)] + rungs
    source = random.Random(1)
    yield (
        "random",
        2000,
        [(first, item) for item in range(1, 2000) for first in {source.randrange(item) for _ in range(2)}],
    )
    yield (
        "levels",
        2000,
        [(item - 1 - source.randrange(60), item) for item in range(60, 2000) for _ in range(2)],
    )


@pytest.mark.parametrize(("count", "edges"), [pytest.param(*rest, id=name) for name, *rest in long_orders()])
def test_long_and_deep_orders(count: int, edges: Edges) -> None:
    made = schedule(count, edges)
    check_long(made, count, edges)


def check_long(made: Schedule, count: int, edges: Edges) -> None:
    """Checks edges by time: with any durations, nothing may start before what it needs has ended."""
    assert items_of(made) == list(range(count))
    assert makespan(made, [1] * count) == critical_path(count, edges)
    source = random.Random(2)
    weights = [source.randint(1, 9) for _ in range(count)]
    start: dict[int, int] = {}
    waiting: list[tuple[Schedule, int]] = [(made, 0)]
    ends = _ends(made, weights)
    while waiting:
        part, at = waiting.pop()
        if isinstance(part, int):
            start[part] = at
            continue
        for inner in part.parts:
            waiting.append((inner, at))
            if isinstance(part, Series):
                at += ends[id(inner)] if not isinstance(inner, int) else weights[inner]
    assert all(start[u] + weights[u] <= start[v] for u, v in edges)


def _ends(made: Schedule, weights: Sequence[int]) -> dict[int, int]:
    ends: dict[int, int] = {}
    for part in reversed(list(parts_of(made))):
        lengths = [weights[inner] if isinstance(inner, int) else ends[id(inner)] for inner in part.parts]
        ends[id(part)] = sum(lengths) if isinstance(part, Series) else max(lengths)
    return ends


def test_makespan() -> None:
    weights = [1, 2, 4, 8, 0.5]
    assert makespan(3, weights) == 8
    assert makespan(Series((0, 1, 2)), weights) == 7
    assert makespan(Branches((0, 1, 2)), weights) == 4
    assert makespan(Series((0, Branches((Series((1, 2)), 4)), 3)), weights) == 15
    assert makespan(Branches((Series((0, Branches((1, 2)), 4)), 3)), weights) == 8


def test_critical_path() -> None:
    assert critical_path(1, []) == 1
    assert critical_path(3, [(0, 1), (1, 2), (0, 2)]) == 3
    assert critical_path(4, SMALLEST, [1, 2.5, 3, 1]) == 4


def test_cuts_are_the_cheapest_first_and_differ() -> None:
    ladder = [(0, 2), (2, 4), (4, 6), (1, 3), (3, 5), (5, 7), (0, 3), (2, 5), (4, 7)]
    cuts = cheapest_cuts(Order.of(8, ladder), None, 20)
    assert cheapest_cuts(Order.of(8, ladder), None, 1) == cuts[:1]
    assert len({*map(tuple, cuts)}) == len(cuts) > 3
    assert all(cut == sorted(cut) and 0 < len(cut) < 8 for cut in cuts)
    assert all(first in cut for cut in cuts for first, then in ladder if then in cut)
    # The levels are 01 23 45 67: only a cut between two of them is free when all items take equally long.
    assert {*map(tuple, cuts[:3])} == {(0, 1), (0, 1, 2, 3), (0, 1, 2, 3, 4, 5)}


@pytest.mark.parametrize("edge", [(1, 0), (1, 1), (-1, 1), (0, 3)])
@pytest.mark.parametrize("ask", [schedule, critical_path])
def test_an_edge_against_program_order_is_refused(ask: object, edge: tuple[int, int]) -> None:
    assert callable(ask)
    with pytest.raises(
        GraphError, match=r"does not follow program order\n  hint: edges are \(before, after\)"
    ):
        ask(3, [edge])


@pytest.mark.parametrize("ask", [schedule, critical_path])
@pytest.mark.parametrize("weights", [[1], [1, 2, 3], [1, -1], [1, float("nan")], [1, float("inf")]])
def test_weights_that_are_not_durations_are_refused(ask: object, weights: list[float]) -> None:
    assert callable(ask)
    with pytest.raises(GraphError, match="not one finite number"):
        ask(2, [], weights)


@pytest.mark.parametrize("count", [0, -1])
def test_nothing_cannot_be_scheduled(count: int) -> None:
    with pytest.raises(GraphError, match="nothing to schedule"):
        schedule(count, [])


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(15, 80), st.floats(0.5, 4))
def test_bigger_random_orders(seed: int, count: int, degree: float) -> None:
    source = random.Random(seed)
    edges = [pair for pair in combinations(range(count), 2) if source.random() < degree / count]
    made = schedule(count, edges)
    check_canonical(made)
    check_long(made, count, edges)
