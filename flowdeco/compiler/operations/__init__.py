"""How every form of an operation is written in JSONata: one file per family, as in `graph/operations`."""

from __future__ import annotations

from flowdeco.compiler.operations import (
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
    texts,
)
from flowdeco.compiler.operations.arguments import Spellings

__all__ = ["SPELLINGS"]

FAMILIES: tuple[Spellings, ...] = (
    numbers.SPELLINGS,
    comparisons.SPELLINGS,
    logic.SPELLINGS,
    sequences.SPELLINGS,
    slices.SPELLINGS,
    mutations.SPELLINGS,
    flow.SPELLINGS,
    texts.SPELLINGS,
    formats.SPELLINGS,
    dicts.SPELLINGS,
    conversions.SPELLINGS,
    sets_tuples.SPELLINGS,
    extras.SPELLINGS,
)

SPELLINGS: Spellings = {form: spelling for family in FAMILIES for form, spelling in family.items()}
