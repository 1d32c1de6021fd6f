"""Inputs with defaults, without the engine: the same answers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.query import UNDEFINED, QueryError, compile_expression, literal, quote_name
from flowdeco.query.bridge import Program
from flowdeco.query.defaults import compile_default

KEYS = st.text(st.sampled_from("ab '\"`\\{}[],\n.é"), min_size=1, max_size=4)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(-2, 2, allow_nan=False)
    | st.text(max_size=4)
    | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=3)


@given(name=KEYS, default=VALUES, document=OBJECTS, rest=st.sampled_from(["", ".a", "[0]"]))
def test_the_same_as_the_engine(name: str, default: Any, document: dict[str, Any], rest: str) -> None:
    source = f"$merge([{literal({name: default})}, $input]).{quote_name(name)}{rest}"
    expected = Program(source).evaluate({"input": document}, None)
    found = compile_expression(source).evaluate({"input": document})
    assert (found is UNDEFINED) == (expected is UNDEFINED)
    if found is not UNDEFINED:
        assert found == expected
        assert repr(found) == repr(expected)


@pytest.mark.parametrize(
    "source",
    [
        "$merge([{'a': 1}, $input])",
        "$merge([{'a': 1.0}, $input]).a",
        "$merge([{a: 1}, $input]).a",
        "$merge([{'a' : 1}, $input]).a",
        "$merge([{'a': $b}, $input]).a",
        "$merge([{'a': 1}, $input]).a + 1",
        "$merge([{'a': 1}, $input.(b)]).a",
        "$merge([{'a': 1}, $input. ]).a",
        "$merge([$input, {'a': 1}]).a",
    ],
)
def test_other_shapes_are_the_engines(source: str) -> None:
    assert compile_default(source) is None


def test_what_is_not_an_object_is_the_engines() -> None:
    expression = compile_expression("$merge([{'a': 1}, $input]).a")
    assert expression.evaluate({}) == 1
    with pytest.raises(QueryError):
        expression.evaluate({"input": 5})


def test_the_engine_is_not_imported() -> None:
    script = (
        "import sys\nfrom flowdeco.query import compile_expression\n"
        "source = '$merge([{\\'a\\': 1}, $states.context.Execution.Input]).a'\n"
        "assert compile_expression(source).evaluate({'states': {'context': {'Execution': {'Input': {}}}}}) == 1\n"
        "assert 'jsonata2py' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
