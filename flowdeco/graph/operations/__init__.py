"""Python's operations as expressions: one file per family, one rule per operation.

A rule looks at the operands and what is known of their types and chooses a form: `add` of two numbers is `add.numbers`,
of anything `add.any`. What has no form with exactly Python's meaning has no expression.
"""

from __future__ import annotations

from flowdeco.graph.expressions import Expression
from flowdeco.graph.operations import (
    comparisons,
    conversions,
    dicts,
    extras,
    flow,
    formats,
    logic,
    mutations,
    numbers,
    sequences,
    sets_tuples,
    slices,
    templates,
    texts,
)
from flowdeco.graph.operations.rules import OperandError, Resolved, Rule, Rules
from flowdeco.graph.types import Type

__all__ = ["FAMILIES", "RULES", "OperandError", "Resolved", "Rule", "Rules", "resolve"]

FAMILIES: tuple[Rules, ...] = (
    numbers.RULES,
    comparisons.RULES,
    logic.RULES,
    sequences.RULES,
    slices.RULES,
    mutations.RULES,
    flow.RULES,
    texts.RULES,
    formats.RULES,
    templates.RULES,
    dicts.RULES,
    conversions.RULES,
    sets_tuples.RULES,
    extras.RULES,
)

RULES: dict[str, tuple[Rule, ...]] = {
    name: tuple(family[name] for family in FAMILIES if name in family)
    for name in sorted({name for family in FAMILIES for name in family})
}
"""Every operation. Several families may know one name: `mutate:pop` is of lists and of dicts."""


def resolve(name: str, arguments: tuple[Expression, ...], types: tuple[Type, ...]) -> Resolved | None:
    """The expression of an operation; None when there is none with exactly Python's meaning.

    Raises OperandError for operands that Python always refuses.
    """
    refusal: OperandError | None = None
    for rule in RULES.get(name, ()):
        try:
            found = rule(arguments, types)
        except OperandError as error:
            refusal = refusal or error
            continue
        if found is not None:
            return found
    if refusal is not None:
        raise refusal
    return None
