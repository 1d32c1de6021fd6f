"""What a stream can show: colour, live redrawing, more than ASCII."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@dataclass(frozen=True, slots=True)
class Style:
    """How to write for one stream: with colour or without, with symbols of Unicode or only of ASCII.

    >>> Style().paint("done", "green")
    'done'
    >>> Style(color=True).paint("done", "green")
    '\\x1b[32mdone\\x1b[0m'
    """

    color: bool = False
    unicode: bool = True

    def paint(self, text: str, *looks: str) -> str:
        """`text` in these looks: bold, dim, red, green, yellow, cyan."""
        if not self.color or not text:
            return text
        return f"\x1b[{';'.join(_CODES[look] for look in looks)}m{text}\x1b[0m"

    def symbol(self, unicode: str, ascii: str) -> str:
        """The one of the two that the stream can write."""
        return unicode if self.unicode else ascii


def style_of(stream: TextIO, environ: Mapping[str, str]) -> Style:
    """The style for a stream.

    Colour: never with NO_COLOR, always with FORCE_COLOR, else on terminals that are not TERM=dumb.
    """
    return Style(_wants_color(stream, environ), can_write(stream, "├✓━"))


def is_live(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether lines on the stream can be drawn again."""
    return _is_terminal(stream) and environ.get("TERM") != "dumb"


def can_write(stream: TextIO, text: str) -> bool:
    """Whether the encoding of the stream has these characters."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeError, LookupError):
        return False
    return True


def _wants_color(stream: TextIO, environ: Mapping[str, str]) -> bool:
    if environ.get("NO_COLOR"):
        return False
    forced = environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return is_live(stream, environ)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
