"""The history of an execution, an event a line."""

from __future__ import annotations

from collections.abc import Sequence

from flowdeco.history import Event
from flowdeco.views.quantities_text import value_text
from flowdeco.views.table_text import table_text
from flowdeco.views.terminal import Style


def events_text(events: Sequence[Event], style: Style) -> str:
    """A table of events: number, the event it follows, seconds since the first, type, details."""
    begin = events[0].timestamp if events else 0.0
    rows = [
        [
            (str(event.id), ""),
            (str(event.previous_event_id), "dim"),
            (f"{event.timestamp - begin:.3f}", ""),
            (event.type, _look(event.type)),
            (value_text(dict(event.details), 120) if event.details else "", "dim"),
        ]
        for event in events
    ]
    return table_text(["id", "after", "seconds", "type", "details"], rows, style)


def _look(type: str) -> str:
    if type.endswith(("Failed", "TimedOut", "Aborted")):
        return "red"
    return "green" if type.endswith("Succeeded") else ""
