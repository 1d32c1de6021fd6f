"""Timestamps as Amazon States Language takes them: ISO 8601, extended, with an offset."""

from __future__ import annotations

import re
from datetime import datetime

_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d(?::\d\d)?)", re.ASCII
)


def parse_timestamp(text: str) -> float | None:
    """Seconds since 1970, or None when the text is not a timestamp.

    >>> parse_timestamp("2026-01-01T00:00:00.5Z"), parse_timestamp("2026-01-01")
    (1767225600.5, None)
    """
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    day, time, fraction, offset = found.groups()
    zone = "+00:00" if offset in "Zz" else offset
    try:
        return datetime.fromisoformat(f"{day}T{time}{zone}").timestamp() + float(fraction or 0)
    except ValueError:
        return None
