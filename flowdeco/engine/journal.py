"""Writing history: numbers events, stamps them with the clock, and passes them on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from flowdeco.asl.model import JSON
from flowdeco.engine.failure import RUNTIME, StateError
from flowdeco.history.events import NO_DETAILS, Event

Sink = Callable[[Event], None]


class HistoryFull(StateError):
    """The next event would be one more than the service records."""

    def __init__(self, limit: int) -> None:
        super().__init__(RUNTIME, f"The execution reached the maximum number of history events ({limit}).")


class Journal:
    """The history of one execution.

    `keep` holds the events in `events`; `sink` is called with each. With neither an event is only numbered, which
    is what the children of a distributed Map need when nobody watches them. The last number is left for the event
    that ends the execution. `events` are those of an execution that goes on.
    """

    __slots__ = ("_add", "_events", "_limit", "_now", "count", "muted")

    def __init__(
        self,
        now: Callable[[], float],
        limit: int,
        *,
        keep: bool,
        sink: Sink | None,
        events: Iterable[Event] = (),
    ) -> None:
        self._now = now
        self._limit = limit - 1
        self._events = list(events)
        self._add: Sink | None = sink
        if keep:
            self._add = self._events.append if sink is None else self._both(sink)
        self.count = len(self._events)
        self.muted = False

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(self._events)

    def emit(self, type: str, details: Mapping[str, JSON] = NO_DETAILS, previous: int = 0) -> int:
        """Adds an event and returns its id. Raises HistoryFull."""
        if self.muted:
            return previous
        if self.count >= self._limit:
            self.muted = True
            raise HistoryFull(self._limit + 1)
        self.count = number = self.count + 1
        if self._add is not None:
            # What the generated __new__ of a NamedTuple does, without its call: there are seven events for every item.
            self._add(_new(Event, (number, previous, type, self._now(), details)))
        return number

    def emit_last(self, type: str, details: Mapping[str, JSON] = NO_DETAILS, previous: int = 0) -> None:
        """Adds the event that ends the execution; none is added after it."""
        self.muted = True
        self.count += 1
        if self._add is not None:
            self._add(Event(self.count, previous, type, self._now(), details))

    def _both(self, sink: Sink) -> Sink:
        keep = self._events.append

        def add(event: Event) -> None:
            keep(event)
            sink(event)

        return add


_new = tuple.__new__
