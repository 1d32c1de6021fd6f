"""The fields of states, compiled: what the interpreter asks of a query language.

There is an implementation per query language, chosen by the state's `QueryLanguage` in `program.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

from flowdeco.asl.model import JSON, Field
from flowdeco.engine.strand import Visit

Expected: TypeAlias = Literal["array", "boolean", "integer", "number", "string"]


class Value(Protocol):
    """A field that is evaluated on its own (`Arguments`, `Items`, `Condition`, `TimeoutSeconds`, …)."""

    def read(self, visit: Visit) -> JSON:
        """Its value. Raises StateError."""


class Settle(Protocol):
    """The fields that make of a result what becomes of it: variables, and the state's output."""

    def settle(self, visit: Visit, result: JSON) -> tuple[Mapping[str, JSON] | None, JSON]:
        """The variables to assign and the output. Raises StateError."""


class Language(Protocol):
    """Compiles fields of one state."""

    def value(self, field: Field, name: str, expected: Expected | None = None) -> Value | None:
        """A single field, None when it is absent. `expected` is the type its value must have."""

    def settle(self, assign: Field, output: Field, prefix: str = "") -> Settle:
        """`Assign` and `Output`; `prefix` says whose they are (`Choices[0]/`)."""

    @property
    def context(self) -> bool:
        """Whether a field compiled so far may read the context object."""
