"""What the emitted JSONata finds is what Python finds."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flowdeco.compiler.jsonata import input_source, source, template
from flowdeco.graph import Array, Elements, Expression, Field, Index, Input, Item, Literal, Object, Result
from flowdeco.query import UNDEFINED, compile_expression, compile_template

KEYS = st.sampled_from(["a", "b", "odd key!", "items", "$type", "and", "é"])
JSONS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
STEPS = st.lists(st.one_of(KEYS, st.integers(-3, 2), st.just(...)), max_size=4)


def take(value: Any, steps: list[Any]) -> Any:
    """What Python finds; raises LookupError or TypeError when it finds nothing."""
    for step in steps:
        if step is ...:
            value = value if isinstance(value, list) else value["items"]
        elif isinstance(step, str):
            if not isinstance(value, dict):
                raise TypeError
            value = value[step]
        else:
            if not isinstance(value, list):
                raise TypeError
            value = value[step]
    return value


def expression(steps: list[Any]) -> Expression:
    found: Expression = Result(1)
    for step in steps:
        if step is ...:
            found = Elements(found)
        else:
            found = Field(found, step) if isinstance(step, str) else Index(found, step)
    return found


@given(value=JSONS, steps=STEPS)
def test_looks_find_what_python_finds(value: Any, steps: list[Any]) -> None:
    try:
        expected = take(value, steps)
    except (LookupError, TypeError):
        return
    found = compile_expression(source(expression(steps), {Result(1): "$v"})).evaluate({"v": value})
    assert found is not UNDEFINED
    assert found == expected
    assert repr(found) == repr(expected)


@given(value=JSONS)
def test_constants_mean_themselves(value: Any) -> None:
    assert compile_template(template(Literal(value), {})).evaluate({}) == value


def test_text_that_looks_like_an_expression() -> None:
    for text in ("{% $x %}", "{%", "%}", "{% it's %}", "plain {% x %} text"):
        assert compile_template(template(Literal([text, {"k": text}]), {})).evaluate({}) == [
            text,
            {"k": text},
        ]


def test_structures() -> None:
    made = Object((("a", Array((Result(1), Literal("x")))), ("b", Item(2))))
    names: dict[Any, str] = {Result(1): "$r", Item(2): "$states.input.item"}
    assert template(made, names) == {"a": ["{% $r %}", "x"], "b": "{% $states.input.item %}"}
    shown = source(made, names)
    # A list among the items stays one item.
    assert shown == "{'a': [$each({'0': $r, '1': 'x'}, function($v){ $v })], 'b': $states.input.item}"


def test_inputs_with_defaults() -> None:
    states = {"context": {"Execution": {"Input": {"a b": 1}}}}
    for name, expected in (("a b", 1), ("lr", {"$type": "x", "value": "it's"})):
        text = input_source(name, {"lr": {"$type": "x", "value": "it's"}})
        assert compile_expression(text).evaluate({"states": states}) == expected
    assert source(Input("q"), {Input("q"): "$q"}) == "$q"
