"""Takes the series-parallel part of an order apart, in time linear in items plus edges.

Items become edges of a graph of events: items with the same predecessors start at the same event. Two edges
between the same events are parallel; an event with one edge in and one edge out joins the two in series
(Valdes, Tarjan and Lawler, 1982). A series-parallel order ends as a single edge. Of any other order, what lies
around the part that cannot be joined is peeled off from both ends, and that part, the core, is left for a cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from flowdeco.compiler.order import Order


@dataclass(slots=True)
class Draft:
    """A schedule being built: parts may repeat the kind of the draft, and there may be only one of them."""

    series: bool
    parts: list[Part] = field(default_factory=list)


Part: TypeAlias = "int | Draft"


class Peeled(NamedTuple):
    """The draft of everything outside the core, the place in it for the core, and the core's items."""

    whole: Draft
    place: Draft
    core: list[int]


class Reduction:
    """The graph of events of an order. `out[a][b]` is the part between events a and b, None just a wait.

    An item whose successors start at several events ends at an event of its own, with a wait to each of them.
    The order must not have edges that follow from others.
    """

    def __init__(self, order: Order) -> None:
        self.source, self.sink = 0, 1
        self.out: list[dict[int, Part | None]] = [{}, {}]
        self.into: list[set[int]] = [set(), set()]
        before, after = order.before, order.after
        known: dict[tuple[int, ...], int] = {(): self.source}
        tails = [-1] * len(before)
        starts = []
        for item, firsts in enumerate(before):
            if len(firsts) == 1 and len(after[firsts[0]]) == 1:
                continue  # in the run of its predecessor
            key = tuple(firsts)
            tail = known.get(key)
            if tail is None:
                tail = known[key] = self._event()
            tails[item] = tail
            starts.append(item)
        for item in starts:
            run = [order.items[item]]
            last = item
            while len(after[last]) == 1 and len(before[after[last][0]]) == 1:
                last = after[last][0]
                run.append(order.items[last])
            head = self._head({tails[other] for other in after[last]})
            self._connect(tails[item], head, Draft(True, [*run]) if len(run) > 1 else run[0])

    def _head(self, targets: set[int]) -> int:
        """The event to end at, when items start at `targets` after it."""
        if len(targets) < 2:
            return targets.pop() if targets else self.sink
        head = self._event()
        for target in sorted(targets):
            self._connect(head, target, None)
        return head

    def _event(self) -> int:
        self.out.append({})
        self.into.append(set())
        return len(self.out) - 1

    def _connect(self, tail: int, head: int, part: Part | None) -> bool:
        """Adds an edge. True when there was one already, and the two are now one."""
        out = self.out[tail]
        if head not in out:
            out[head] = part
            self.into[head].add(tail)
            return False
        out[head] = _combined(False, out[head], part)
        return True

    def _is_joint(self, event: int) -> bool:
        return len(self.out[event]) == 1 and len(self.into[event]) == 1 and event > 1

    def _join(self) -> None:
        """Joins edges in series and in parallel until nothing can be joined."""
        waiting = [event for event in range(len(self.out) - 1, 1, -1) if self._is_joint(event)]
        while waiting:
            event = waiting.pop()
            tail = self.into[event].pop()
            head, after = self.out[event].popitem()
            part = _combined(True, self.out[tail].pop(event), after)
            self.into[head].remove(event)
            if self._connect(tail, head, part):
                # Two edges became one here: these ends can be joints now, and were none before.
                waiting += (end for end in (tail, head) if self._is_joint(end))

    def peeled(self) -> Peeled:
        """Joins what can be joined, then takes off first, last and independent parts while there are any.

        The core is empty exactly when the order is series-parallel.
        """
        self._join()
        whole = place = Draft(series=True)
        source, sink = self.source, self.sink
        while True:
            if len(self.out[source]) == 1:
                (event,) = self.out[source]
                place.parts.append(self._taken(source, event))
                if event == sink:
                    return Peeled(whole, place, [])
                source = event
            elif sink in self.out[source]:
                inner = Draft(series=True)
                place.parts.append(Draft(False, [self._taken(source, sink), inner]))
                place = inner
            elif len(self.into[sink]) == 1:
                (event,) = self.into[sink]
                inner = Draft(series=True)
                place.parts += [inner, self._taken(event, sink)]
                place = inner
                sink = event
            else:
                return Peeled(whole, place, self._left())

    def _taken(self, tail: int, head: int) -> Part:
        self.into[head].remove(tail)
        part = self.out[tail].pop(head)
        assert part is not None, "a wait here would follow from other edges"
        return part

    def _left(self) -> list[int]:
        """The items still in the graph, ascending."""
        left = []
        waiting = [part for out in self.out for part in out.values() if part is not None]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Draft):
                waiting += part.parts
            else:
                left.append(part)
        return sorted(left)


def _combined(series: bool, one: Part | None, other: Part | None) -> Part | None:
    if one is None or other is None:
        return one if other is None else other
    if isinstance(one, Draft) and one.series is series:
        one.parts.append(other)
        return one
    return Draft(series, [one, other])
