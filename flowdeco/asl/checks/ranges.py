"""What numbers, timestamps and pairs of fields may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from flowdeco.asl.codes import refused
from flowdeco.asl.model import JSON
from flowdeco.asl.scopes import Scope, Site
from flowdeco.errors import Finding
from flowdeco.query import is_expression, parse_timestamp

_FOREVER: Final = 99_999_999
_YEAR: Final = 31_622_400
RANGES: Final[Mapping[str, tuple[float, float | None]]] = {
    "TimeoutSeconds": (1, _FOREVER),
    "HeartbeatSeconds": (1, _FOREVER),
    "Seconds": (0, _FOREVER),
    "IntervalSeconds": (1, _FOREVER),
    "MaxAttempts": (0, _FOREVER),
    "BackoffRate": (1, None),
    "MaxDelaySeconds": (1, _YEAR),
    "MaxConcurrency": (0, None),
    "ToleratedFailureCount": (0, None),
    "ToleratedFailurePercentage": (0, 100),
    "MaxItems": (0, 100_000_000),
    "MaxItemsPerBatch": (1, None),
    "MaxInputBytesPerBatch": (1, 262_144),
}
"""The least and the largest value of a field; None: there is no largest."""

_WAITS: Final = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")


def out_of_range(part: Mapping[str, JSON], where: str) -> Iterator[Finding]:
    """Numbers that are too small or too large."""
    for name in RANGES.keys() & part.keys():
        value = part[name]
        least, most = RANGES[name]
        if type(value) in (int, float) and (value < least or (most is not None and value > most)):
            limits = f"at least {least}" if most is None else f"from {least} to {most}"
            place = f"{where}.{name}" if where else name
            yield refused(place, f"{name} is {value}, and can be {limits}")


def machine_ranges(scope: Scope) -> Iterator[Finding]:
    """The machine's TimeoutSeconds."""
    if scope.outer is None:
        yield from out_of_range(scope.document, "")


def state_ranges(site: Site) -> Iterator[Finding]:
    """Numbers of a state, of its retriers, and of what a Map reads and batches."""
    yield from out_of_range(site.body, site.where)
    for where, retrier in site.entries("Retry"):
        yield from out_of_range(retrier, where)
    for path in (("ItemBatcher",), ("ItemReader", "ReaderConfig")):
        part: JSON = site.body
        for field in path:
            part = part.get(field) if isinstance(part, dict) else None
        if isinstance(part, dict):
            yield from out_of_range(part, ".".join((site.where, *path)))
    timeout, heartbeat = site.body.get("TimeoutSeconds"), site.body.get("HeartbeatSeconds")
    if type(timeout) is int and type(heartbeat) is int and heartbeat >= timeout:
        text = f"HeartbeatSeconds is {heartbeat}, and must be less than TimeoutSeconds, {timeout}"
        yield refused(f"{site.where}.HeartbeatSeconds", text)


def wait(site: Site) -> Iterator[Finding]:
    """A Wait says in one way how long."""
    if site.type != "Wait":
        return
    given = [name for name in _WAITS if name in site.body]
    if len(given) != 1:
        allowed = _WAITS if site.language == "JSONPath" else ("Seconds", "Timestamp")
        has = " and ".join(given) or "none"
        yield refused(site.where, f"a Wait has exactly one of {', '.join(allowed)}, and this one has {has}")
    timestamp = site.body.get("Timestamp")
    if not isinstance(timestamp, str) or (site.language == "JSONata" and is_expression(timestamp)):
        return
    if parse_timestamp(timestamp) is None:
        hint = "write it like 2026-01-31T08:00:00Z"
        yield refused(f"{site.where}.Timestamp", "String does not match RFC3339 timestamp", hint)
