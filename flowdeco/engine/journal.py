"""Writing history: numbers events, stamps them with the clock, and passes them on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
    that ends the execution.
    """

    __slots__ = ("_events", "_keep", "_limit", "_now", "_sink", "count", "muted")

    def __init__(self, now: Callable[[], float], limit: int, *, keep: bool, sink: Sink | None) -> None:
        self._now = now
        self._limit = limit - 1
        self._keep = keep or sink is not None
        self._sink = sink
        self._events: list[Event] | None = [] if keep else None
        self.count = 0
        self.muted = False

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(self._events or ())

    def emit(self, type: str, details: Mapping[str, JSON] = NO_DETAILS, previous: int = 0) -> int:
        """Adds an event and returns its id. Raises HistoryFull."""
        if self.muted:
            return previous
        if self.count >= self._limit:
            self.muted = True
            raise HistoryFull(self._limit + 1)
        self.count = number = self.count + 1
        if self._keep:
            # What the generated __new__ of a NamedTuple does, without its call: there are seven events for every item.
            self._record(tuple.__new__(Event, (number, previous, type, self._now(), details)))
        return number

    def emit_last(self, type: str, details: Mapping[str, JSON] = NO_DETAILS, previous: int = 0) -> None:
        """Adds the event that ends the execution; none is added after it."""
        self.muted = True
        self.count += 1
        if self._keep:
            self._record(Event(self.count, previous, type, self._now(), details))

    def _record(self, event: Event) -> None:
        if self._events is not None:
            self._events.append(event)
        if self._sink is not None:
            self._sink(event)
