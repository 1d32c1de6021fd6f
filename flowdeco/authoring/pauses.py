"""How long `wait` waits, and how a plain call does so."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from math import ceil
from types import MappingProxyType
from typing import Any, Protocol

from flowdeco.authoring import quantities
from flowdeco.errors import Location, OptionError

MOST_SECONDS = 99_999_999
"""What a Wait state takes, in seconds."""

UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}

_EXAMPLE = 'write until="2026-01-01T00:00:00Z" or datetime(2026, 1, 1, tzinfo=timezone.utc)'


class Clock(Protocol):
    """What a plain call waits on."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""

    def sleep(self, seconds: float, /) -> None:
        """Returns so many seconds later."""


class RealClock:
    """The time of day."""

    now = staticmethod(time.time)
    sleep = staticmethod(time.sleep)


_REAL = RealClock()
_clock: ContextVar[Clock] = ContextVar("flowdeco_clock")


def clock() -> Clock:
    """The clock that plain calls wait on."""
    return _clock.get(_REAL)


@contextmanager
def waiting_with(own: Clock) -> Iterator[None]:
    """Inside, plain calls of `wait` wait on this clock: a test need not wait."""
    token = _clock.set(own)
    try:
        yield
    finally:
        _clock.reset(token)


def pause(duration: Any, parts: Mapping[str, Any], until: Any) -> None:
    """`wait` in a plain call."""
    own = clock()
    if until is None:
        own.sleep(seconds(duration, parts))
    else:
        own.sleep(max(0.0, moment(until).timestamp() - own.now()))


def seconds(duration: Any, parts: Mapping[str, Any]) -> int | float:
    """A known duration, of one number or several named parts. Raises OptionError."""
    total: Any = duration
    if duration is None:
        for name, part in parts.items():
            if isinstance(part, bool) or not isinstance(part, int | float):
                raise OptionError(
                    f"{name} must be a number, not {part!r}",
                    location=Location.of_caller(),
                    hint=f"write wait({name}=5)",
                )
        total = sum(part * UNITS[name] for name, part in parts.items())
    return quantities.seconds(
        total,
        what="what wait() waits for",
        minimum=0,
        maximum=MOST_SECONDS,
        reason="a Wait state takes no more",
        location=Location.of_caller(),
    )


def whole_seconds(duration: Any, parts: Mapping[str, Any] = MappingProxyType({})) -> int:
    """The same in whole seconds, rounded up, as a Wait state takes it.

    >>> whole_seconds("1m 0.5s"), whole_seconds(None, {"hours": 0.5})
    (61, 1800)
    """
    return ceil(seconds(duration, parts))


def moment(until: Any) -> datetime:
    """A known moment, which has a time zone. Raises OptionError."""
    found = until
    if isinstance(until, str):
        try:
            found = datetime.fromisoformat(until)
        except ValueError:
            raise OptionError(
                f"until={until!r} is no moment", location=Location.of_caller(), hint=_EXAMPLE
            ) from None
    if not isinstance(found, datetime):
        better = "write wait(...) without until=" if isinstance(until, timedelta | int | float) else _EXAMPLE
        raise OptionError(
            f"until= takes a datetime or its text, not {until!r}", location=Location.of_caller(), hint=better
        )
    if found.utcoffset() is None:
        raise OptionError(
            f"until={until!r} has no time zone: computers elsewhere would take it for another moment",
            location=Location.of_caller(),
            hint=_EXAMPLE,
        )
    return found


def timestamp(found: datetime) -> str:
    """A moment as a Wait state takes it.

    >>> timestamp(datetime(2026, 1, 1, 2, tzinfo=UTC))
    '2026-01-01T02:00:00Z'
    """
    return found.astimezone(UTC).isoformat().replace("+00:00", "Z")
