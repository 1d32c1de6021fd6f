"""Progress on a terminal: what runs is redrawn ten times a second, what has ended stays above it.

The engine's thread only takes notes. A thread of the display, which never keeps the process alive, draws; it begins
(and imports rich) after a tenth of a second, so that short executions cost no more than their lines.
"""

from __future__ import annotations

import sys
from collections import deque
from itertools import islice
from threading import Event as Signal
from threading import Lock, Thread
from time import time
from typing import TYPE_CHECKING, Any, TextIO

from flowdeco.views.progress import Clock, Line
from flowdeco.views.progress_text import ended_text, items_text, mark
from flowdeco.views.quantities_text import duration_text
from flowdeco.views.terminal import Style

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

_INTERVAL = 0.1
_BAR = 24
_WHEEL = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class LiveDisplay:
    """One line for each step: a wheel and the time while it runs, a bar for a Map, and how it ended.

    `clock` tells the seconds since 1970, as the events do. It is drawn every `interval` seconds; `close` waits at most
    `patience` seconds for a terminal that takes no text.
    """

    def __init__(
        self,
        stream: TextIO,
        style: Style,
        *,
        clock: Clock = time,
        interval: float = _INTERVAL,
        patience: float = 2.0,
    ) -> None:
        self._patience = patience
        self._stream = stream
        self._style = style
        self._clock = clock
        self._interval = interval
        self._running: dict[Line, None] = {}
        self._ended: deque[Line] = deque()
        self._live: Live | None = None
        self._closed = Signal()
        self._drawing = Lock()
        self._broken = False
        self._turn = 0
        self.thread = Thread(target=self._work, name="flowdeco-progress", daemon=True)
        self.thread.start()

    def began(self, line: Line) -> None:
        self._running[line] = None

    def counted(self, line: Line) -> None:
        """The bar is drawn with the next picture."""

    def ended(self, line: Line) -> None:
        self._running.pop(line, None)
        self._ended.append(line)

    def close(self) -> None:
        self._closed.set()
        try:
            self.thread.join(self._patience)
        finally:
            if self._drawing.acquire(
                timeout=self._patience
            ):  # else the terminal takes no more text: it is stopped
                self._finish()
                self._drawing.release()

    def _finish(self) -> None:
        try:
            self._running.clear()
            self._draw()
            if self._live is not None:
                self._live.stop()
        except (OSError, ValueError):
            self._broken = True

    def _work(self) -> None:
        while not self._closed.wait(self._interval):
            with self._drawing:
                if self._broken:
                    return
                try:
                    if self._live is None:
                        self._live = self._start()
                    self._draw()
                except (OSError, ValueError):  # the terminal is gone: the execution goes on
                    self._broken = True

    def _start(self) -> Live:
        from rich.console import Console
        from rich.live import Live

        console = Console(
            file=self._stream,
            force_terminal=True,
            no_color=not self._style.color,
            highlight=False,
            markup=False,
            emoji=False,
        )
        live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
            get_renderable=self._picture,
        )
        live.start()
        return live

    def _draw(self) -> None:
        """Writes what has ended since the last time, then what runs."""
        lines = []
        while self._ended:
            lines.append(self._last(self._ended.popleft()))
        if self._live is None:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()
            return
        from rich.text import Text

        self._turn += 1
        with self._live.console:  # both in one write, or the last picture would be seen in between
            if lines:
                self._live.console.print(Text.from_ansi("\n".join(lines)), soft_wrap=True)
            self._live.refresh()

    def _last(self, line: Line) -> str:
        style = self._style
        return f"{mark(line, style)} {style.paint(line.name, 'bold')}  {ended_text(line, style)}"

    def _picture(self) -> RenderableType:
        from rich.text import Text

        running = list(self._running)
        room = max(self._live.console.height - 3, 1) if self._live is not None else 10
        now = self._clock()
        lines = [self._running_text(line, now) for line in islice(running, room)]
        if len(running) > room:
            lines.append(self._style.paint(f"  and {len(running) - room:,} more", "dim"))
        return Text.from_ansi("\n".join(lines), no_wrap=True, overflow="ellipsis")

    def _running_text(self, line: Line, now: float) -> str:
        style = self._style
        wheel = style.symbol(_WHEEL[self._turn % len(_WHEEL)], r"-\|/"[self._turn % 4])
        facts: list[Any] = [f"{style.paint(wheel, 'cyan')} {style.paint(line.name, 'bold')} "]
        if line.total:
            full = round(_BAR * line.done / line.total)
            bar = style.paint(style.symbol("━", "#") * full, "green")
            facts.append(bar + style.paint(style.symbol("─", ".") * (_BAR - full), "dim"))
            facts.append(items_text(line) + ",")
        if line.attempts > 1 or line.failing:
            text = f"attempt {line.attempts}" + (" failed" if line.failing else "")
            why = f" ({line.cause.line})" if line.cause else ""
            facts.append(style.paint(f"{text}{why},", "yellow"))
        facts.append(duration_text(max(now - line.started, 0)))
        return " ".join(facts)
