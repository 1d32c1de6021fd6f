"""Columns of text."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

from flowdeco.views.terminal import Style


def table_text(head: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]], style: Style) -> str:
    """Rows below a head, aligned. A cell is its text and its look, which may be empty; the last column is not padded.

    >>> print(table_text(["name", "time"], [[("load", ""), ("12 ms", "")], [("big train", ""), ("3 s", "")]], Style()))
    name       time
    load       12 ms
    big train  3 s
    """
    widths = [max([_width(title), *(_width(row[i][0]) for row in rows)]) for i, title in enumerate(head)]
    lines = [_row([(title, "dim") for title in head], widths, style)]
    lines += [_row(row, widths, style) for row in rows]
    return "\n".join(lines)


def _row(cells: Sequence[tuple[str, str]], widths: Sequence[int], style: Style) -> str:
    parts = [
        (style.paint(text, look) if look else text) + " " * (width - _width(text))
        for (text, look), width in zip(cells, widths)
    ]
    return "  ".join(parts).rstrip()


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)
