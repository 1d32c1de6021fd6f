"""The live display, on real pseudo-terminals: what a terminal would show is what is looked at."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from threading import Event as Signal
from threading import Thread
from typing import Any, TextIO

import pytest

from flowdeco.views.causes import cause_of
from flowdeco.views.progress import Line
from flowdeco.views.progress_live import LiveDisplay
from flowdeco.views.terminal import Style

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on this system")


class Terminal:
    """A pseudo-terminal that keeps what was written to it, and tells when something is."""

    def __init__(self) -> None:
        self._master, slave = pty.openpty()
        self.stream: TextIO = os.fdopen(slave, "w", encoding="utf-8")
        self._got = bytearray()
        self._waiting: list[tuple[bytes, Signal]] = []
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 4096)
            except OSError:
                return
            if not data:
                return
            self._got += data
            for text, signal in self._waiting:
                if text in self._got:
                    signal.set()

    def wait_for(self, text: str) -> None:
        """Returns when `text` was written."""
        signal = Signal()
        self._waiting.append((text.encode(), signal))
        if text.encode() in self._got:
            signal.set()
        assert signal.wait(30), self.text[-500:]

    @property
    def text(self) -> str:
        return bytes(self._got).decode(errors="replace")

    def close(self) -> str:
        """All that was written."""
        if not self.stream.closed:
            self.stream.close()
            self._reader.join(30)
            os.close(self._master)
        return self.text


def plain(text: str) -> str:
    """Without control sequences."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


def line(name: str, kind: str = "Task", **fields: Any) -> Line:
    return Line(name, kind, 100.0, 102.5, **{"attempts": 1, **fields})


def display(terminal: Terminal, *, interval: float = 0.001, **style: bool) -> LiveDisplay:
    return LiveDisplay(terminal.stream, Style(**style), clock=lambda: 103.0, interval=interval)


def test_what_runs_is_drawn_and_what_ended_stays(terminal: Terminal) -> None:
    live = display(terminal)
    load = line("load")
    live.began(load)
    terminal.wait_for("load  3.00 s")
    load.status = "SUCCEEDED"
    live.ended(load)
    terminal.wait_for("✓ load  succeeded in 2.50 s")
    each = line("each", "Map", total=4, done=1)
    live.began(each)
    terminal.wait_for("━━━━━━" + "─" * 18 + " 1 of 4 items, 3.00 s")
    each.done = each.total = 4
    live.counted(each)
    terminal.wait_for("━" * 24 + " 4 items, 3.00 s")
    each.status, each.cause = "FAILED", cause_of("E", "why")
    live.ended(each)
    live.close()
    text = terminal.close()
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1, "the cursor is back"
    assert "✗ each  failed after 2.50 s, 4 items: E: why\n" in plain(text)


def test_attempts_and_their_reasons(terminal: Terminal) -> None:
    live = display(terminal)
    flaky = line("flaky", failing=True)
    live.began(flaky)
    terminal.wait_for("flaky  attempt 1 failed, 3.00 s")
    flaky.cause = cause_of("ValueError", "no rows")
    terminal.wait_for("attempt 1 failed (ValueError: no rows), 3.00 s")
    flaky.failing, flaky.attempts = False, 2
    terminal.wait_for("attempt 2 (ValueError: no rows), 3.00 s")
    live.close()


def test_more_than_the_terminal_has_lines(terminal: Terminal) -> None:
    live = display(terminal)
    for number in range(1000):
        live.began(line(f"step {number}"))
    terminal.wait_for(" more")
    live.close()
    assert re.search(r"and 9\d\d more", plain(terminal.close()))


def test_colour_and_ascii(terminal: Terminal) -> None:
    live = display(terminal, color=True, unicode=False)
    each = line("each", "Map", total=2, done=1)
    live.began(each)
    terminal.wait_for("\x1b[32m" + "#" * 12)
    live.close()


def test_a_short_execution_is_written_as_lines(terminal: Terminal) -> None:
    live = display(terminal, interval=1000)
    load = line("load")
    live.began(load)
    load.status = "SUCCEEDED"
    live.ended(load)
    live.close()
    assert terminal.close() == "✓ load  succeeded in 2.50 s\r\n", "no control sequences at all"


def test_prints_of_steps_go_above(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal.stream)
    live = display(terminal)
    live.began(line("load"))
    terminal.wait_for("load  3.00 s")
    print("hello from a step")
    terminal.wait_for("hello from a step")
    live.close()
    assert sys.stdout is terminal.stream, "stdout is as it was"


class Gone(io.StringIO):
    """A terminal that was closed by its user, from the start or from when it is drawn on."""

    def __init__(self) -> None:
        super().__init__()
        self.tried = Signal()

    def write(self, text: str) -> int:
        self.tried.set()
        raise OSError(5, "Input/output error")


def test_a_terminal_that_is_gone_stops_nothing() -> None:
    gone = Gone()
    live = LiveDisplay(gone, Style(), interval=0.001)
    load = line("load", status="SUCCEEDED")
    live.began(load)
    assert gone.tried.wait(30)
    live.thread.join(30)
    live.ended(load)
    live.close()
    short = LiveDisplay(gone, Style(), interval=1000)
    short.ended(load)
    short.close()


class Stuck(io.StringIO):
    """A terminal that takes no text (Ctrl-S), until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = Signal()
        self.go = Signal()

    def write(self, text: str) -> int:
        self.reached.set()
        self.go.wait(30)
        return len(text)


def test_a_terminal_that_is_stopped_does_not_stop_the_end() -> None:
    stuck = Stuck()
    live = LiveDisplay(stuck, Style(), interval=0.001, patience=0.01)
    live.began(line("load"))
    assert stuck.reached.wait(30)
    live.close()
    stuck.go.set()


def test_closing_may_be_interrupted(terminal: Terminal) -> None:
    live = display(terminal)
    live.began(line("load"))
    terminal.wait_for("load  3.00 s")
    join: Callable[..., None] = live.thread.join

    def interrupted(timeout: float | None = None) -> None:
        join(timeout)
        raise KeyboardInterrupt

    live.thread.join = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        live.close()
    assert terminal.close().count("\x1b[?25h") == 1, "the cursor is back"
