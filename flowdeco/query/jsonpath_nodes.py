"""What JSONPath is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from flowdeco.query.values import JSON

Root: TypeAlias = Literal["data", "context", "variable", "item"]


@dataclass(frozen=True, slots=True)
class Names:
    """`.a`, `['a']`, `['a', 'b']`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indices:
    """`[0]`, `[-1]`, `[0, 2]`."""

    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """`[1:3]`."""

    slice: slice


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`.*`, `[*]`."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(...)]`."""

    test: Test


@dataclass(frozen=True, slots=True)
class Deep:
    """`..` and the step after it, which is taken from everything below."""

    step: Names | Indices | Slice | Wildcard | Filter


Step: TypeAlias = Names | Indices | Slice | Wildcard | Filter | Deep


@dataclass(frozen=True, slots=True)
class Path:
    """`variable` is the name of the variable for that root; `function` is applied to what is found.

    `definite`: it finds one value or none; others find a list of values, which may be empty. `keys` are the steps
    of a path that only goes from name or index to the next.
    """

    text: str
    root: Root
    variable: str
    steps: tuple[Step, ...]
    function: str | None
    definite: bool
    keys: tuple[str | int, ...] | None


@dataclass(frozen=True, slots=True)
class Constant:
    value: JSON


@dataclass(frozen=True, slots=True)
class Pattern:
    """`/text/i`. Matches whole strings."""

    pattern: re.Pattern[str]


Operand: TypeAlias = Path | Constant | Pattern


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True, slots=True)
class Exists:
    path: Path


@dataclass(frozen=True, slots=True)
class Combined:
    """`all` of the tests, or any of them."""

    all: bool
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    test: Test


Test: TypeAlias = Comparison | Exists | Combined | Negated
