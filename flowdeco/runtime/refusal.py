"""What stops an encoding or a decoding, with the path to the culprit.

A `Refusal` starts without a path. Every container it passes on its way up adds its own part (`at`), so that
the path costs nothing while all goes well. `ValueCodec` turns it into a `CodecError` at the top.
"""

from __future__ import annotations

from flowdeco.errors import CodecError, IntegrityError, Location


class Refusal(Exception):
    """Internal: why a value cannot be encoded or decoded. Never leaves the runtime."""

    def __init__(self, reason: str, hint: str | None = None, *, integrity: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.integrity = integrity
        self.parts: list[str] = []

    def at(self, part: str) -> None:
        """Adds the next outer part of the path: `[0]`, `["key"]` or `.field`."""
        self.parts.append(part)

    def error(self, verb: str, location: Location | str | None = None) -> CodecError:
        """The error users see. `verb` is `encode` or `decode`."""
        kind = IntegrityError if self.integrity else CodecError
        path = "$" + "".join(reversed(self.parts))
        return kind(f"cannot {verb} {path}: {self.reason}", location=location, hint=self.hint)


def key_part(key: object) -> str:
    """How a dict key looks in a path.

    >>> key_part("auc")
    '["auc"]'
    """
    return f'["{key}"]' if type(key) is str else f"[{shown(key)}]"


def shown(value: object, limit: int = 60) -> str:
    """A short repr that never fails: `repr` is the user's code."""
    try:
        text = repr(value)
    except Exception:
        return f"<{type(value).__qualname__}>"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def type_text(kind: type) -> str:
    """A class as people write it: `list`, `threading.Lock`."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
