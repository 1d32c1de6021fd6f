"""Writing to stdout and stderr: what the encoding lacks is escaped, and steps may be kept off stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TextIO

from flowdeco.views.terminal import Style, style_of


def answer(text: str) -> None:
    """Writes what was asked for, to stdout."""
    _write(sys.stdout, text)


def tell(text: str) -> None:
    """Writes what is worth knowing, to stderr. When nobody can read it, nothing happens."""
    try:
        _write(sys.stderr, text)
    except (OSError, ValueError):
        pass


def answer_style() -> Style:
    """The style of stdout."""
    return style_of(sys.stdout, os.environ)


def tell_style() -> Style:
    """The style of stderr."""
    return style_of(sys.stderr, os.environ)


def _write(stream: TextIO, text: str) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()


@contextmanager
def reserved_stdout() -> Iterator[TextIO]:
    """Gives stdout for one answer. Meanwhile all else that is printed, by steps and by what they call, goes to stderr."""
    stdout = sys.stdout
    stdout.flush()
    sys.stderr.flush()
    try:
        number, spare = stdout.fileno(), sys.stderr.fileno()
    except (OSError, ValueError):  # a stream of Python only: no other process writes to it
        number = spare = -1
    if number != 1:
        with redirect_stdout(sys.stderr):
            yield stdout
        return
    kept = os.dup(number)
    os.dup2(spare, number)
    try:
        with redirect_stdout(sys.stderr), open(kept, "w", encoding="utf-8", closefd=False) as reserved:
            yield reserved
    finally:
        os.dup2(kept, number)
        os.close(kept)


def give_up_stdout() -> None:
    """Nobody reads stdout any more: what is left in its buffer must not raise when the process ends."""
    try:
        number = sys.stdout.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)
    except (OSError, ValueError):
        pass
