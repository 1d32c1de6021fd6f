"""Arithmetic means in expressions what it means in Python."""

from __future__ import annotations

import operator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiler.meanings import NUMBERS, VALUES, Case, Value, check, variants

BINARY: dict[str, Any] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "divmod": divmod,
    "and_": operator.and_,
    "or_": operator.or_,
    "xor": operator.xor,
}
UNARY: dict[str, Any] = {
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": abs,
    "invert": operator.invert,
    "round": round,
}
SMALL = st.integers(-3, 6)
OPERANDS = NUMBERS | st.booleans() | VALUES


@st.composite
def cases(draw: Any) -> Case:
    """An operation with operands that may or may not suit it."""
    kind = draw(st.sampled_from(["binary", "numbers", "unary", "pow", "shift", "digits", "sum", "repeat"]))
    match kind:
        case "binary" | "numbers":
            name = draw(st.sampled_from(sorted(BINARY)))
            operands = NUMBERS | st.booleans() if kind == "numbers" else OPERANDS
            return Case(name, (Value(draw(operands)), Value(draw(operands))), BINARY[name])
        case "unary":
            name = draw(st.sampled_from(sorted(UNARY)))
            return Case(name, (Value(draw(OPERANDS)),), UNARY[name])
        case "pow":
            return Case(
                "pow", (Value(draw(st.integers(-20, 20))), Value(draw(SMALL), constant=True)), operator.pow
            )
        case "shift":
            name = draw(st.sampled_from(["lshift", "rshift"]))
            count = Value(draw(SMALL), constant=draw(st.booleans()))
            return Case(
                name, (Value(draw(st.integers(-100, 100) | st.booleans())), count), getattr(operator, name)
            )
        case "digits":
            x = draw(
                st.floats(-1e6, 1e6)
                | st.integers(-(10**6), 10**6).map(lambda n: n / 1000)
                | st.integers(-(2**53), 2**53)
            )
            return Case("round", (Value(x), Value(draw(st.integers(0, 6)), constant=True)), round)
        case "sum":
            elements = draw(
                st.sampled_from([st.integers(-9, 9), st.booleans(), NUMBERS, st.integers(-9, 9) | VALUES])
            )
            return Case("sum", (Value(draw(st.lists(elements, max_size=5))),), sum)
        case _:
            sequence = draw(st.text("ab", max_size=3) | st.lists(VALUES, max_size=3))
            factors = [Value(sequence), Value(draw(SMALL | st.booleans()))]
            return Case("mul", tuple(draw(st.permutations(factors))), operator.mul)


def unsure(case: Case) -> bool:
    """Where an expression of unknown types fails though Python does not: formatting with `%`, repeated tuples."""
    return case.name in ("mod", "mul", "and_", "or_", "xor", "divmod", "add", "sub")


@settings(deadline=None)
@given(cases())
def test_numbers(case: Case) -> None:
    for variant in variants(case):
        check(variant, loud=unsure(variant))
