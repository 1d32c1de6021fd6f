"""The record of an execution on this computer, written while it runs.

Owns when events are written, and what becomes of an execution whose record cannot be kept: it goes on without.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic, time
from typing import Any

from flowdeco.asl.emit import emit
from flowdeco.asl.model import StateMachine
from flowdeco.authoring.workflows import Workflow
from flowdeco.errors import StoreError
from flowdeco.history import Event, ExecutionRecord
from flowdeco.history.store import HistoryStore

JSON = Any

_FLUSH_EVENTS = 1_000
_FLUSH_SECONDS = 0.5
"""Events are kept in memory up to so many or so long: a transaction costs as much as some hundred events in it."""


class ExecutionLog:
    """Keeps the record of an execution while it runs. A record that cannot be kept must not cost the result."""

    def __init__(self, path: Path, on_event: Callable[[Event], None] | None) -> None:
        self.path = path
        self.broken: StoreError | None = None
        self._on_event = on_event
        self._events: list[Event] = []
        self._name = ""
        self._written = monotonic()
        self._store: HistoryStore | None = None

    def begin(self, workflow: Workflow[Any, Any], given: JSON, compiled: StateMachine) -> str:
        """Starts the record, and returns the name that the execution is listed under."""
        try:
            self._store = HistoryStore(self.path)
            self._name = self._store.begin(
                workflow.spec.name, workflow.location.file, given, time(), emit(compiled)
            )
        except StoreError as error:
            self._store, self.broken, self._name = None, error, f"{workflow.spec.name}-unrecorded"
        return self._name

    def event(self, event: Event) -> None:
        """Takes the next event of the history, and tells it on."""
        self._events.append(event)
        if len(self._events) >= _FLUSH_EVENTS:
            self._flush()
        if self._on_event is not None:
            self._on_event(event)

    def idle(self) -> None:
        """The engine is about to wait: the time to write, so that others can watch and a killed process loses little."""
        if self._events and monotonic() - self._written > _FLUSH_SECONDS:
            self._flush()

    def finish(self, record: ExecutionRecord) -> None:
        """Writes what is not written yet, and how the execution ended."""
        self._flush()
        if self._store is not None:
            try:
                self._store.finish(record)
            except StoreError as error:
                self.broken = error

    def _flush(self) -> None:
        events, self._events = self._events, []
        self._written = monotonic()
        if self._store is None or not events:
            return
        try:
            self._store.append(self._name, events)
        except StoreError as error:
            self._store, self.broken = None, error
