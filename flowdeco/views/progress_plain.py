"""Progress as lines that are written once, for pipes, files and dumb terminals."""

from __future__ import annotations

from typing import TextIO

from flowdeco.views.progress import Line
from flowdeco.views.progress_text import ended_text, items_text
from flowdeco.views.terminal import Style

_SECONDS = 10.0
"""How often a long Map says how far it is."""


class PlainDisplay:
    """Writes `load  started` and `load  succeeded in 0.12 s`, and for a Map how far it is, every ten seconds.

    A stream that cannot be written any more is left alone: nobody reads it.
    """

    def __init__(self, stream: TextIO, style: Style) -> None:
        self._stream = stream
        self._style = style
        self._told: dict[Line, float] = {}

    def began(self, line: Line) -> None:
        if line.attempts > 1:
            why = f" ({line.cause.line})" if line.cause else ""
            self._write(line, f"attempt {line.attempts}{why}")
        else:
            self._write(line, "started" if line.total is None else f"started, {items_text(line)}")
        if line.total is not None:
            self._told[line] = line.now

    def counted(self, line: Line) -> None:
        if line.now - self._told.get(line, line.started) >= _SECONDS:
            self._told[line] = line.now
            self._write(line, items_text(line))

    def ended(self, line: Line) -> None:
        self._told.pop(line, None)
        self._write(line, ended_text(line, self._style))

    def close(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            pass

    def _write(self, line: Line, text: str) -> None:
        try:
            self._stream.write(f"{self._style.paint(line.name, 'bold')}  {text}\n")
        except UnicodeEncodeError:
            self._stream.write(ascii(f"{line.name}  {text}")[1:-1] + "\n")
        except (OSError, ValueError):
            pass
