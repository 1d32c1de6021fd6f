"""What is wrong with the inputs of a workflow: one list, each entry with the path to its culprit.

A `Place` goes down with a value while it is read (`config`, `config.lrs`, `config.lrs[2]`) and knows how the value was
given. Its path becomes text only when something is wrong there.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final, Literal, NamedTuple

from flowdeco.errors import Finding, did_you_mean


class Refused(Enum):
    """The type of `REFUSED`."""

    REFUSED = "REFUSED"


REFUSED: Final = Refused.REFUSED
"""What reading gives for a value that is wrong. Why is in the report."""


class Report:
    """The findings so far. `depths` holds how far inside its parameter each of them looked."""

    __slots__ = ("depths", "findings")

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.depths: list[int] = []

    def add(
        self, message: str, *, where: str | None, hint: str | None, code: str, depth: int = 0
    ) -> Literal[Refused.REFUSED]:
        self.findings.append(Finding("error", message, where, hint, code))
        self.depths.append(depth)
        return REFUSED

    def take(self, other: Report) -> None:
        self.findings += other.findings
        self.depths += other.depths


class Source(NamedTuple):
    """How a value was given: by a Python call (`python`), on the command line (`option`), or in a JSON document.

    `where` is shown before each finding. `file` means that the text of an option came from a file.
    """

    python: bool = False
    option: str | None = None
    where: str | None = None
    file: bool = False


class Place:
    """Where a value is."""

    __slots__ = ("parent", "report", "source", "step")

    def __init__(self, report: Report, source: Source, step: str | int, parent: Place | None = None) -> None:
        self.report = report
        self.source = source
        self.step = step
        self.parent = parent

    @property
    def python(self) -> bool:
        return self.source.python

    def below(self, step: str | int) -> Place:
        return Place(self.report, self.source, step, self)

    def trial(self) -> Place:
        """The same place with a report of its own, for a reading that may fail."""
        return Place(Report(), self.source, self.step, self.parent)

    def given_by(self, source: Source) -> Place:
        """The same place for a part that was given in its own way."""
        return Place(self.report, source, self.step, self.parent)

    @property
    def path(self) -> str:
        if self.parent is None:
            return str(self.step)
        match self.step:
            case int():
                return f"{self.parent.path}[{self.step}]"
            case str() if self.step.isidentifier():
                return f"{self.parent.path}.{self.step}"
            case _:
                return f"{self.parent.path}[{shorten(self.step)}]"

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    def refuse(
        self, message: str, *, hint: str | None = None, code: str = "wrong-input", inside: bool = True
    ) -> Literal[Refused.REFUSED]:
        """Reports `message` about the value here. `inside`: it says more than that the value is of another kind."""
        message = f"'{self.path}' {message}"
        depth = self.depth + inside
        return self.report.add(message, where=self.source.where, hint=hint, code=code, depth=depth)

    def wrong(self, expected: str, value: object, hint: str | None = None) -> Literal[Refused.REFUSED]:
        """Reports that the value here is not what the annotation asks for."""
        shown = shorten(value) if self.python else _as_json(value)
        return self.refuse(f"must be {expected}, got {shown}", hint=hint, inside=False)


def shorten(value: object, most: int = 60) -> str:
    """`value` for a message: one line, at most `most` characters, never an exception.

    >>> shorten("x" * 100, 20)
    "'xxxxxxxx…xxxxxxxxx'"
    """
    if isinstance(value, str):
        return _cut(repr(value if len(value) <= 2 * most else value[:most] + value[-most:]), most)
    if value is None or isinstance(value, bool | float | Enum):
        return _cut(repr(value), most)
    import reprlib

    abridge = reprlib.Repr()
    abridge.maxother = abridge.maxstring = abridge.maxlong = most
    try:
        text = " ".join(abridge.repr(value).split())
    except Exception:  # the repr of somebody else's object, or of an int with too many digits
        return f"<{type(value).__name__}>"
    name = type(value).__name__
    plain = isinstance(value, int | list | tuple | dict | set) or name in text
    return _cut(text if plain else f"{text} ({name})", most + 20)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most // 2 - 1] + "…" + text[-(most - most // 2) :]


def _as_json(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else shorten(value)


def suggestion(name: str, names: Sequence[str]) -> str:
    """A hint for a name that is none of `names`: the closest one, else all of them.

    >>> suggestion("--learn", ["--learning-rate", "--day"])
    "did you mean '--learning-rate'?"
    """
    starting = [n for n in names if n.startswith(name)]
    if len(starting) == 1 and name.strip("-"):
        return f"did you mean {starting[0]!r}?"
    # Dashes are in every option and would make any two of them look alike.
    dashes = "--" if name.startswith("--") else ""
    close = did_you_mean(name.removeprefix(dashes), [n.removeprefix(dashes) for n in names])
    return _listed(names) if close is None else close.replace("'", f"'{dashes}", 1)


def _listed(names: Sequence[str]) -> str:
    more = ", …" if len(names) > 12 else ""
    return f"known are {', '.join(names[:12])}{more}" if names else "there are none"


def default_text(value: object) -> str:
    """A default for people, as it would be written as an input.

    >>> default_text([0.1]), default_text("adam"), default_text(None)
    ('[0.1]', "'adam'", 'None')
    """
    if isinstance(value, Enum):
        return value.name
    if type(value).__module__.partition(".")[0] in ("datetime", "decimal", "uuid", "pathlib"):
        return str(value)
    return shorten(value, 40)
