"""A line of progress in words, for both displays."""

from __future__ import annotations

from flowdeco.views.progress import Line
from flowdeco.views.quantities_text import count_text, duration_text
from flowdeco.views.terminal import Style

_ENDS = {
    "SUCCEEDED": ("succeeded", "green", "✓", "+"),
    "CAUGHT": ("failed, and was caught,", "yellow", "✓", "+"),
    "FAILED": ("failed", "red", "✗", "x"),
    "TIMED_OUT": ("was cut off", "red", "✗", "x"),
    "ABORTED": ("was stopped", "yellow", "■", "-"),
}


def ended_text(line: Line, style: Style) -> str:
    """How a state ended: `succeeded in 0.12 s`, `failed after 3 attempts, 1.2 s: ValueError: no rows`."""
    words, look, *_ = _ENDS[line.status]
    facts = [count_text(line.attempts, "attempt")] if line.attempts > 1 else []
    facts.append(duration_text(line.seconds))
    text = f"{style.paint(words, look)} {'in' if line.status == 'SUCCEEDED' else 'after'} {', '.join(facts)}"
    if line.total is not None:
        text += f", {items_text(line)}"
    if line.cause is not None and line.status in ("FAILED", "CAUGHT"):
        text += f": {line.cause.line}"
    return text


def items_text(line: Line) -> str:
    """How far a Map is: `312 of 1,000 items, 3 failed`; only the total when all is done and well."""
    total = line.total or 0
    text = (
        count_text(total, "item")
        if line.done in (0, total)
        else f"{line.done:,} of {count_text(total, 'item')}"
    )
    return f"{text}, {line.failed:,} failed" if line.failed else text


def mark(line: Line, style: Style) -> str:
    """The symbol of how a state ended."""
    _, look, unicode, ascii = _ENDS[line.status]
    return style.paint(style.symbol(unicode, ascii), look)
