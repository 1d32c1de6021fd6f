"""One event of an execution, with the names and the shape of the service's GetExecutionHistory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flowdeco.asl.model import JSON

NO_DETAILS: Final[Mapping[str, JSON]] = {}
_TEXT = ("input", "output", "parameters")
_BARE = (
    "LambdaFunctionStarted",
    "MapRunSucceeded",
    "MapRunAborted",
    "MapStateSucceeded",
    "ParallelStateStarted",
    "ParallelStateSucceeded",
)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Event(NamedTuple):
    """What happened: `type` as the service names it, `timestamp` in seconds since 1970.

    `details` holds what the service puts under the event's `…EventDetails`. Values the service spells as JSON
    text (`input`, `output`, `parameters`, each of `assignedVariables`) are plain values here and must not be
    changed; the text is made by `to_json`, which is what the service would send.

    >>> event = Event(2, 0, "PassStateEntered", 1.5, {"name": "A", "input": {"x": 1}})
    >>> event.to_json()["stateEnteredEventDetails"]
    {'name': 'A', 'input': '{"x":1}', 'inputDetails': {'truncated': False}}
    >>> Event.from_json(event.to_json()) == event
    True

    A named tuple, not a dataclass, because executions make tens of thousands and it is three times as fast.
    """

    id: int
    previous_event_id: int
    type: str
    timestamp: float
    details: Mapping[str, JSON] = NO_DETAILS

    def to_json(self) -> dict[str, JSON]:
        """The event as boto3 gives it, but with the timestamp as a number of seconds."""
        document: dict[str, JSON] = {
            "timestamp": self.timestamp,
            "type": self.type,
            "id": self.id,
            "previousEventId": self.previous_event_id,
        }
        if self.details or not _is_bare(self.type):
            document[_details_key(self.type)] = _write(self.details)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Event:
        """Reads what `to_json` or boto3's `get_execution_history` gives (a datetime is taken as a timestamp)."""
        when = document["timestamp"]
        return cls(
            document["id"],
            document.get("previousEventId", 0),
            document["type"],
            when if isinstance(when, (int, float)) else when.timestamp(),
            _read(document.get(_details_key(document["type"]), NO_DETAILS)),
        )


def _is_bare(type: str) -> bool:
    """The service sends these without any details."""
    return type in _BARE or type.endswith(("StateAborted", "StateFailed"))


def _details_key(type: str) -> str:
    if type.endswith("StateEntered"):
        return "stateEnteredEventDetails"
    if type.endswith("StateExited"):
        return "stateExitedEventDetails"
    return f"{type[0].lower()}{type[1:]}EventDetails"


def _write(details: Mapping[str, JSON]) -> dict[str, JSON]:
    written: dict[str, JSON] = {}
    for name, value in details.items():
        if name in _TEXT:
            written[name] = _encode(value)
            if name != "parameters":
                written[f"{name}Details"] = {"truncated": False}
        elif name == "assignedVariables":
            written[name] = {variable: _encode(assigned) for variable, assigned in value.items()}
            written["assignedVariablesDetails"] = {"truncated": False}
        else:
            written[name] = value
    return written


def _read(details: Mapping[str, JSON]) -> Mapping[str, JSON]:
    read: dict[str, JSON] = {}
    for name, value in details.items():
        if name in _TEXT:
            read[name] = _decode(value)
        elif name == "assignedVariables":
            read[name] = {variable: _decode(text) for variable, text in value.items()}
        elif not (name.endswith("Details") and name[:-7] in (*_TEXT, "assignedVariables")):
            read[name] = value
    return read or NO_DETAILS


def _decode(text: JSON) -> JSON:
    """A truncated text is not JSON: it is kept as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text
