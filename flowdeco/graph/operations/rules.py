"""What a rule of an operation gets and says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flowdeco.graph.expressions import Expression, Operation
from flowdeco.graph.types import Type

Raises: TypeAlias = tuple[type[Exception], ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """An operation that has an expression with exactly Python's meaning.

    `raises`: what Python raises for some operands, where the expression fails too; none: it cannot fail.
    """

    expression: Expression
    type: Type
    raises: Raises = ()


class OperandError(Exception):
    """Operands that Python would refuse, whatever their values. `hint`: what to write instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


Rule: TypeAlias = Callable[[tuple[Expression, ...], tuple[Type, ...]], Resolved | None]
"""From operands and their types to the expression; None when no expression has exactly Python's meaning.

Raises OperandError for what Python always refuses.
"""

Rules: TypeAlias = Mapping[str, Rule]


def form(name: str, arguments: tuple[Expression, ...], type: Type, raises: Raises = ()) -> Resolved:
    """The operation in one of its forms. Every form has a spelling in the compiler."""
    return Resolved(Operation(name, arguments), type, raises)
