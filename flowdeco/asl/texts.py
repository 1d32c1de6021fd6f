"""What any JSON is like as text: the strings in it, with their places, and its size."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flowdeco.asl.model import JSON


def texts_in(value: JSON, where: str) -> Iterator[tuple[str, str]]:
    """Every string of a value with its place, in order of writing.

    >>> list(texts_in({"rows": ["a", 1]}, "Output"))
    [('Output.rows[0]', 'a')]
    """
    waiting = [(where, value)]
    while waiting:
        place, part = waiting.pop()
        if isinstance(part, str):
            yield place, part
        elif isinstance(part, dict):
            waiting += [(f"{place}.{name}", item) for name, item in reversed(part.items())]
        elif isinstance(part, list):
            waiting += [(f"{place}[{i}]", item) for i, item in reversed(list(enumerate(part)))]


def size_of(value: JSON) -> int:
    """Bytes of a value as compact JSON in UTF-8.

    >>> size_of({"day": "é"})
    12
    """
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
