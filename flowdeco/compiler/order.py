"""A partial order of items: its direct neighbours, components and series cuts.

Items are numbered in program order, which is a topological order: an edge always leads to a higher number.
Everything here is linear in items plus edges, except `Order.reduced`: where needed, that is one bitset operation
per edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from flowdeco.errors import GraphError


@dataclass(frozen=True, slots=True)
class Order:
    """Items 0..n-1 with their direct neighbours: `before[v]` must finish before v, `after[v]` wait for v.

    Neighbours are ascending and without repetition. `items` are the numbers the items have outside.
    """

    items: Sequence[int]
    before: list[list[int]]
    after: list[list[int]]

    @classmethod
    def of(cls, count: int, edges: Iterable[tuple[int, int]]) -> Order:
        """The order of `count` items with `edges` (before, after).

        Raises GraphError when there is no item, or when an edge does not lead from a lower to a higher item.
        """
        if count < 1:
            raise GraphError("there is nothing to schedule", hint="count is at least 1")
        before: list[list[int]] = [[] for _ in range(count)]
        for first, then in edges:
            if not 0 <= first < then < count:
                raise GraphError(
                    f"the edge ({first}, {then}) does not follow program order",
                    hint=f"edges are (before, after) with 0 <= before < after < {count}",
                )
            before[then].append(first)
        return cls._with(range(count), [b if len(b) < 2 else sorted(set(b)) for b in before])

    @classmethod
    def _with(cls, items: Sequence[int], before: list[list[int]]) -> Order:
        after: list[list[int]] = [[] for _ in before]
        for item, firsts in enumerate(before):
            for first in firsts:
                after[first].append(item)
        return cls(items, before, after)

    def reduced(self) -> Order:
        """The same order without the edges that follow from others."""
        if self._is_complete():
            return self
        ancestors: list[int] = []
        before: list[list[int]] = []
        for firsts in self.before:
            seen = 0
            direct = []
            # A first that precedes another first has the lower number, so it is met after that one.
            for first in reversed(firsts):
                if not seen >> first & 1:
                    direct.append(first)
                    seen |= ancestors[first] | 1 << first
            direct.reverse()
            ancestors.append(seen)
            before.append(direct)
        return self._with(self.items, before)

    def _is_complete(self) -> bool:
        """Whether items that share one successor share them all.

        Then no edge follows from others: with edges from u to v and w, and a path from v to w, the successors
        v and w of u differ in their predecessors (else v would precede itself).
        """
        shared = [after for after in self.after if len(after) > 1]
        known: dict[tuple[int, ...], int] = {}
        group = {
            item: known.setdefault(tuple(self.before[item]), item) for item in {*chain.from_iterable(shared)}
        }
        return all(len({group[item] for item in after}) == 1 for after in shared)

    def restricted(self, positions: Sequence[int]) -> Order:
        """The order of the items at ascending positions, which become their numbers.

        Right where no path leaves the items and comes back, as for components, stretches between series cuts,
        and both sides of a cut.
        """
        new = {old: at for at, old in enumerate(positions)}
        before = [[new[first] for first in self.before[old] if first in new] for old in positions]
        return self._with(positions, before)

    def renumbered(self) -> Order:
        """The same order with items numbered by position."""
        return Order(range(len(self.items)), self.before, self.after)

    def components(self) -> list[Sequence[int]]:
        """Groups of positions that no edge connects, each ascending, by smallest position."""
        group = [-1] * len(self.items)
        found = 0
        for start in range(len(group)):
            if group[start] >= 0:
                continue
            group[start] = found
            waiting = [start]
            while waiting:
                item = waiting.pop()
                for other in self.before[item] + self.after[item]:
                    if group[other] < 0:
                        group[other] = found
                        waiting.append(other)
            found += 1
        groups: list[list[int]] = [[] for _ in range(found)]
        for item, index in enumerate(group):
            groups[index].append(item)
        return [*groups]

    def stretches(self) -> list[Sequence[int]]:
        """The positions between neighbouring series cuts: everything in one precedes everything in the next.

        Such a cut is a prefix of every topological order, so of program order. The prefix of length k is one
        exactly when each of its ends (items with nothing after them inside it) has an edge to each start
        (items with nothing before them) of the rest. Ends, starts and the edges between them change at known
        lengths only; counting the changes gives all cuts in one pass. An edge that follows from others is
        never between an end and a start.
        """
        size = len(self.items)
        starts = [0] * (size + 2)
        ends = [0] * (size + 2)
        links = [0] * (size + 2)
        next_use = [after[0] if after else size for after in self.after]
        for item, firsts in enumerate(self.before):
            ready = firsts[-1] + 1 if firsts else 0
            starts[ready] += 1
            starts[item + 1] -= 1
            ends[item + 1] += 1
            ends[next_use[item] + 1] -= 1
            for first in firsts:
                if ready <= next_use[first]:
                    links[ready] += 1
                    links[next_use[first] + 1] -= 1
        found: list[Sequence[int]] = []
        last = start_count = end_count = link_count = 0
        for length in range(size):
            start_count += starts[length]
            end_count += ends[length]
            link_count += links[length]
            if length and link_count == start_count * end_count:
                found.append(range(last, length))
                last = length
        found.append(range(last, size))
        return found
