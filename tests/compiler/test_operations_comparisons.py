"""Comparisons mean in expressions what they mean in Python."""

from __future__ import annotations

import operator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiler.meanings import LISTS, NUMBERS, SCALARS, TEXTS, VALUES, Case, Value, check, variants

BINARY = {name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")}
CLASSES = {kind.__name__: kind for kind in (bool, int, float, str, list, dict, tuple, set, type(None))}


def contains(container: Any, item: Any) -> bool:
    return item in container


def not_contains(container: Any, item: Any) -> bool:
    return item not in container


def is_instance(value: Any, names: str | list[str]) -> bool:
    return isinstance(value, tuple(CLASSES[name] for name in ([names] if isinstance(names, str) else names)))


@st.composite
def cases(draw: Any) -> Case:
    """An operation with operands that may or may not suit it."""
    kind = draw(st.sampled_from(["any", "near", "numbers", "texts", "contains", "keys", "is", "isinstance"]))
    match kind:
        case "any":
            name = draw(st.sampled_from(sorted(BINARY)))
            return Case(name, (Value(draw(VALUES)), Value(draw(VALUES))), BINARY[name])
        case "near":
            first = draw(VALUES | st.lists(st.booleans() | st.integers(0, 1), max_size=2))
            second = draw(st.just(first) | st.just(_near(first)))
            name = draw(st.sampled_from(["eq", "ne"]))
            return Case(name, (Value(first), Value(second)), BINARY[name])
        case "numbers" | "texts":
            values = NUMBERS | st.booleans() if kind == "numbers" else TEXTS
            name = draw(st.sampled_from(sorted(BINARY)))
            return Case(name, (Value(draw(values)), Value(draw(values))), BINARY[name])
        case "contains" | "keys":
            container = draw(LISTS | LISTS.map(tuple) | TEXTS | st.sets(st.integers(0, 3)) | VALUES)
            inside = list(container) if isinstance(container, (list, tuple, dict, set)) else [container]
            item = draw(SCALARS | VALUES | (st.sampled_from(inside) if inside else SCALARS))
            name, python = draw(st.sampled_from([("contains", contains), ("not_contains", not_contains)]))
            return Case(name, (Value(container), Value(item)), python)
        case "is":
            value = Value(draw(VALUES))
            tests = [
                ("is_none", lambda x: x is None),
                ("is_not_none", lambda x: x is not None),
                ("is_true", lambda x: x is True),
                ("is_false", lambda x: x is False),
            ]
            name, test = draw(st.sampled_from(tests))
            return Case(name, (value,), test)
        case _:
            names = draw(
                st.sampled_from(sorted(CLASSES)) | st.lists(st.sampled_from(sorted(CLASSES)), min_size=1)
            )
            value = draw(VALUES | st.sets(st.integers(0, 3)))
            return Case("isinstance", (Value(value), Value(names, constant=True)), is_instance)


def _near(value: Any) -> Any:
    """Something equal or nearly so: booleans for numbers and the other way round."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return bool(value)
    if isinstance(value, list):
        return list(map(_near, value))
    if isinstance(value, tuple):
        return tuple(map(_near, value))
    if isinstance(value, dict):
        return {key: _near(item) for key, item in value.items()}
    return value


@settings(deadline=None)
@given(cases())
def test_comparisons(case: Case) -> None:
    for variant in variants(case):
        names = variant.operands[-1]
        if case.name == "isinstance" and not (isinstance(names, Value) and names.constant):
            continue
        # Lists and tuples have an order in Python; when nothing is known of them, expressions fail.
        check(variant, loud=case.name in ("lt", "le", "gt", "ge"))
