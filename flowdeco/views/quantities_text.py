"""Times, sizes, counts and values, short enough to be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

JSON = Any


def duration_text(seconds: float) -> str:
    """A span of time.

    >>> [duration_text(s) for s in (0.0004, 0.012, 0.12, 12.34, 125, 7260)]
    ['<1 ms', '12 ms', '0.12 s', '12.3 s', '2 min 5 s', '2 h 1 min']
    """
    if seconds < 0.001:
        return "<1 ms"
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment_text(timestamp: float) -> str:
    """A moment, in the time zone of this computer."""
    return datetime.fromtimestamp(timestamp).astimezone().isoformat(" ", "seconds")


def size_text(bytes: int) -> str:
    """A size, with decimal units as disks and networks have.

    >>> [size_text(n) for n in (1, 999, 1_500, 25_000_000)]
    ['1 byte', '999 bytes', '1.5 kB', '25 MB']
    """
    if bytes < 1000:
        return count_text(bytes, "byte")
    size = float(bytes)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.5:
            return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"
    return f"{size / 1000:,.1f} TB"


def count_text(number: int, noun: str) -> str:
    """A number and its noun.

    >>> count_text(1, "item"), count_text(1200, "item")
    ('1 item', '1,200 items')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def value_text(value: JSON, most: int = 200) -> str:
    """An encoded value on one line. A long one is cut, and its size told; a reference is told by its preview.

    >>> value_text({"a": [1, 2]})
    '{"a": [1, 2]}'
    >>> value_text({"day": {"$type": "date", "value": "2026-01-31"}})
    '{"day": date("2026-01-31")}'
    >>> value_text(list(range(100)), 20)
    '[0, 1, 2, 3, 4, 5, 6… (list of 100, 390 bytes)'
    """
    text = _text(value)
    if len(text) <= most:
        return text
    match value:
        case list():
            kind = f"list of {len(value):,}, "
        case dict():
            kind = f"dict of {len(value):,}, "
        case _:
            kind = ""
    return f"{text[:most]}… ({kind}{size_text(len(text.encode('utf-8', 'replace')))})"


def line_text(text: str, most: int = 120) -> str:
    """The first line of a text, cut when it is long.

    >>> line_text("bad thing\\nand more")
    'bad thing …'
    """
    first, rest, _ = text.strip().partition("\n")
    if len(first) > most:
        return first[: most - 2] + " …"
    return f"{first} …" if rest else first


def _text(value: JSON) -> str:
    """JSON as JSON, tagged values much as Python writes them, references in words."""
    match value:
        case {"$type": "reference", "size": int(size), "codec": codec}:
            return f"<{value.get('preview') or codec}, {size_text(size)}>"
        case {"$type": str(tag), **rest}:
            return _tagged(tag.rpartition(":")[2], rest)
        case dict():
            return "{" + ", ".join(f"{_dump(key)}: {_text(part)}" for key, part in value.items()) + "}"
        case list():
            return f"[{', '.join(map(_text, value))}]"
        case _:
            return _dump(value)


def _tagged(tag: str, fields: Mapping[Any, JSON]) -> str:
    """A tuple, a set, what has one value, or what has fields."""
    match fields:
        case {"items": list(items)} if tag == "tuple":
            return f"({', '.join(map(_text, items))}{',' if len(items) == 1 else ''})"
        case {"items": list(items)} if tag == "set" and items:
            return "{" + ", ".join(map(_text, items)) + "}"
        case {"value": inner} if len(fields) == 1:
            return f"{tag}({_text(inner)})"
        case _:
            return f"{tag}({', '.join(f'{name}={_text(part)}' for name, part in fields.items())})"


def _dump(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)
