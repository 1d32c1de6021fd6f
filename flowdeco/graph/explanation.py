"""What became of a workflow's lines: pure data, made by the compiler, drawn by views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from flowdeco.errors import Location

NoteKind: TypeAlias = Literal["state", "glue", "expression", "inlined", "flow", "compile time"]


@dataclass(frozen=True, slots=True)
class Note:
    """What a line became. `what`: in words; `states`: names of its states, or of those that evaluate it.

    Of glue calls also: `why`; `transitions`: how many state transitions it adds; `instead`: what to write that adds none.
    """

    kind: NoteKind
    what: str
    states: tuple[str, ...] = ()
    why: str = ""
    transitions: int | None = None
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the source, from 1. `notes`: what its statement became, on the statement's first line."""

    number: int
    text: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionLines:
    """A function whose lines are part of the workflow: the body itself, or a helper."""

    name: str
    location: Location
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class OtherState:
    """A state that no line stands for: its name, its type, and what it is there for."""

    name: str
    type: str
    why: str


@dataclass(frozen=True, slots=True)
class Ordering:
    """Which states run at the same time, or one after the other although nothing of the one goes into the other, and why."""

    kind: Literal["at the same time", "in order"]
    states: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """State transitions that come again: `of` says with what, e.g. "iteration of `for x in xs`"."""

    of: str
    least: Cost
    most: Cost

    def __str__(self) -> str:
        least, most = str(self.least), str(self.most)
        costs = least if least == most else f"{least} to {most}"
        return f"({costs}) per {self.of}" if " per " in costs else f"{costs} per {self.of}"


@dataclass(frozen=True, slots=True)
class Cost:
    """State transitions: each entered state is one.

    >>> print(Cost(4) + Cost(0, (Repeated("iteration of `for x in xs`", Cost(3), Cost(3)),)))
    4 + 3 per iteration of `for x in xs`
    """

    fixed: int
    repeated: tuple[Repeated, ...] = ()

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.fixed + other.fixed, self.repeated + other.repeated)

    def __str__(self) -> str:
        return " + ".join([str(self.fixed), *map(str, self.repeated)])


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the state machine. `states`: those that it enters outside of branches and iterations, in order."""

    name: str
    cost: Cost
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A workflow, line by line: what became of it, what runs when, and what each path costs."""

    workflow: str
    functions: tuple[FunctionLines, ...]
    others: tuple[OtherState, ...]
    orderings: tuple[Ordering, ...]
    paths: tuple[Path, ...]
