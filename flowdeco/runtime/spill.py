"""Moving the large parts of encoded data into the store, so that the rest stays small and readable.

What travels in the state machine is limited (256 KiB). When encoded data are larger than the limit given
here, the largest parts of dicts, tuples and dataclasses move into references, recursively, until the whole
fits: so the small fields stay usable in expressions. Lists and sets move as a whole.
"""

from __future__ import annotations

from typing import Any

from flowdeco.runtime.encoding import JSON, REFERENCE, TAG, Encoder, json_text
from flowdeco.runtime.references import json_reference

SPILL_BYTES = 32 * 1024
"""The most that an encoded result has inline."""

INLINE_BYTES = 200 * 1024
"""The most that it has inline when the workflow itself iterates over it or looks into it."""

_SMALLEST = 512
"""Parts below this size stay: a reference would hardly be smaller."""

_MOST_PARTS = 1000
"""A dict with more entries is data, not a record with fields: it moves as a whole."""

_MAPPINGS = frozenset({"Counter", "OrderedDict", "defaultdict"})


def spill(enc: Encoder, data: JSON, text: str, size: int, limit: int) -> tuple[JSON, int]:
    """The data with parts moved until at most `limit` bytes remain, and how many remain.

    `data` are changed in place. What has no parts that can move becomes a reference itself.
    """
    if size <= limit:
        return data, size
    measured = []
    parts = _parts(data)
    for position, (container, key) in enumerate(parts if len(parts) <= _MOST_PARTS else ()):
        part_text = json_text(container[key])
        part_size = _bytes(part_text)
        if part_size >= _SMALLEST and not _is_reference(container[key]):
            measured.append((-part_size, position, container, key, part_text))
    measured.sort(key=lambda part: part[:2])
    for negative, _, container, key, part_text in measured:
        rest = size + negative
        container[key], part_size = spill(
            enc, container[key], part_text, -negative, max(limit - rest, _SMALLEST)
        )
        size = rest + part_size
        if size <= limit:
            return data, size
    if _is_reference(data):
        return data, size
    reference = json_reference(enc, json_text(data) if measured else text, data)
    return reference, _bytes(json_text(reference))


def _is_reference(data: JSON) -> bool:
    return type(data) is dict and data.get(TAG) == REFERENCE


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _parts(data: JSON) -> list[tuple[Any, Any]]:
    """The places (container, key) whose data may be replaced by a reference to them."""
    if type(data) is not dict:
        return []
    tag = data.get(TAG)
    if tag is None:
        return [(data, key) for key in data]
    if tag == "tuple":
        return [(data["items"], position) for position in range(len(data["items"]))]
    if tag == "dict":
        return [(pair, 1) for pair in data["items"]]
    if ":" in tag or tag in _MAPPINGS:
        return [(data, key) for key in data if key != TAG]
    return []
