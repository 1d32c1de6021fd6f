"""Moving the large parts of encoded data into the store, so that the rest stays small and readable.

What travels in the state machine is limited (256 KiB). When encoded data are larger than the limit given
here, the largest parts of dicts, tuples and dataclasses move into references, recursively, until the whole
fits: so the small fields stay usable in expressions. Lists and sets move as a whole.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

from flowdeco.runtime.encoding import JSON, REFERENCE, TAG, Encoder, json_text
from flowdeco.runtime.references import json_reference

SPILL_BYTES = 32 * 1024
"""The most that an encoded result has inline."""

INLINE_BYTES = 200 * 1024
"""The most that it has inline when the workflow itself iterates over it or looks into it."""

_SMALLEST = 1024
"""Parts below this size stay: a reference would hardly be smaller."""

_MOST_PARTS = 1000
"""A dict with more entries is data, not a record with fields: it moves as a whole."""

_MAPPINGS = frozenset({"Counter", "OrderedDict", "defaultdict"})


def spill(enc: Encoder, data: JSON, text: str, size: int, limit: int) -> JSON:
    """The data with parts moved until at most `limit` bytes remain, or a reference to all of them.

    `text` and `size` are the JSON text of the data and its bytes. `data` are changed in place.
    """
    heap = _measured(data)
    heapify(heap)
    while heap and size > limit:
        part = heappop(heap)
        inner = _measured(part.container[part.key], part.path)
        if inner:  # look into it: what is large in there moves, and the rest stays
            for smaller in inner:
                heappush(heap, smaller)
        else:
            size -= _move(enc, part)
    if size > limit:  # too many small parts: the direct ones move as a whole
        for part in sorted(_measured(data)):
            if size > limit:
                size -= _move(enc, part)
    return data if size <= limit else json_reference(enc, text, data)


class _Part(NamedTuple):
    """A place whose data may be replaced by a reference to them. The largest sorts first, then the first."""

    negative_size: int
    path: tuple[int, ...]
    container: Any
    key: Any
    text: str


def _measured(data: JSON, path: tuple[int, ...] = ()) -> list[_Part]:
    """The parts that are worth moving."""
    parts = _parts(data)
    if len(parts) > _MOST_PARTS:
        return []
    measured = []
    for position, (container, key) in enumerate(parts):
        if _is_reference(container[key]):
            continue
        text = json_text(container[key])
        size = len(text) if text.isascii() else len(text.encode())
        if size >= _SMALLEST:
            measured.append(_Part(-size, (*path, position), container, key, text))
    return measured


def _move(enc: Encoder, part: _Part) -> int:
    """Moves a part to the store and tells how many bytes that saves."""
    reference = json_reference(enc, part.text, part.container[part.key])
    part.container[part.key] = reference
    return -part.negative_size - len(json_text(reference).encode())


def _is_reference(data: JSON) -> bool:
    return type(data) is dict and data.get(TAG) == REFERENCE


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
