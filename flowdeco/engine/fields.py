"""The fields of states, compiled: what the interpreter asks of a query language.

There is an implementation per query language, chosen by the state's `QueryLanguage` in `program.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

from flowdeco.asl.model import (
    JSON,
    Catcher,
    Choice,
    ChoiceRule,
    Field,
    Map,
    Parallel,
    Pass,
    Succeed,
    Task,
    Wait,
)
from flowdeco.engine.strand import Visit

Expected: TypeAlias = Literal["array", "boolean", "integer", "number", "string"]
Settled: TypeAlias = Task | Parallel | Map | Pass | Wait | Choice | Succeed
"""States that give an output."""


class FieldError(Exception):
    """A field cannot be compiled; `field` is where in the state it is."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem


class Value(Protocol):
    """A field that is evaluated on its own (`Arguments`, `Items`, `Condition`, `TimeoutSeconds`, …)."""

    def read(self, visit: Visit) -> JSON:
        """Its value. Raises StateError."""


class Settle(Protocol):
    """The fields that make of a result what becomes of it: variables, and the state's output."""

    def settle(self, visit: Visit, result: JSON) -> tuple[Mapping[str, JSON] | None, JSON]:
        """The variables to assign and the output. Raises StateError."""


class Language(Protocol):
    """Compiles the fields of one state. Each may raise FieldError or QueryError."""

    @property
    def context(self) -> bool:
        """Whether a field compiled so far may read the context object."""

    @property
    def arguments_field(self) -> str:
        """What the field is called that says what a Task is given."""

    def value(self, name: str, field: Field, expected: Expected, path: str | None = None) -> Value | None:
        """A single value, None when it is absent. `path` is the field of that name with `Path` behind it."""

    def template(self, name: str, field: Field) -> Value | None:
        """Any JSON with something to evaluate in it."""

    def arguments(self, state: Task | Parallel) -> Value | None:
        """What the work is given; None: the state's input."""

    def items(self, state: Map) -> Value | None:
        """The items of a Map; None: the state's input."""

    def selector(self, state: Map) -> Value | None:
        """The input of an iteration; None: the item."""

    def condition(self, rule: ChoiceRule, index: int) -> Value: ...

    def settle(self, state: Settled) -> Settle: ...

    def settle_rule(self, rule: ChoiceRule, index: int) -> Settle: ...

    def settle_catcher(self, catcher: Catcher, index: int) -> Settle: ...
