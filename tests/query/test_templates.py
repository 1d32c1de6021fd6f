from __future__ import annotations

import random

import pytest

from flowdeco.query import JSON, Ambient, QueryError, compile_template


@pytest.mark.parametrize(
    "template", [None, 1, 1.0, True, "text", " {% $x %}", [], {}, {"a": [1, {"b": "c"}]}]
)
def test_static_templates_are_their_own_value(template: JSON) -> None:
    compiled = compile_template(template)
    assert compiled.is_static
    assert compiled.evaluate({}) is template


def test_only_what_changes_is_built() -> None:
    template = {
        "first": {"static": [1]},
        "second": "{% $x %}",
        "third": [{"k": "{% $x & '!' %}"}, {"s": 1}],
        "{% $x %}": "keys are not expressions",
    }
    compiled = compile_template(template)
    assert not compiled.is_static
    found = compiled.evaluate({"x": "a"})
    assert found == {
        "first": {"static": [1]},
        "second": "a",
        "third": [{"k": "a!"}, {"s": 1}],
        "{% $x %}": "keys are not expressions",
    }
    assert list(found) == list(template)
    assert found["first"] is template["first"]
    assert found["third"][1] is template["third"][1]
    assert template["second"] == "{% $x %}"


def test_a_null_is_a_value() -> None:
    assert compile_template(["{% null %}", "{% $x %}"]).evaluate({"x": None}) == [None, None]


@pytest.mark.parametrize(
    ("template", "field", "path"),
    [
        ("{% $gone %}", "Output", "Output"),
        ({"v": "{% $gone %}"}, "Output", "Output/v"),
        ({"a": {"b": [[1, "{% $gone %}"]]}}, "Output", "Output/a/b[0][1]"),
        ({"x": {"y": "{% $gone %}"}}, "Assign", "Assign/x/y"),
        ("{% $gone %}", "Choices[1]/Condition", "Choices[1]/Condition"),
        ({"v": "{% $gone %}"}, "", "/v"),
    ],
)
def test_errors_say_where(template: JSON, field: str, path: str) -> None:
    with pytest.raises(QueryError) as caught:
        compile_template(template, field).evaluate({})
    error = caught.value
    assert (error.kind, error.expression, error.path) == ("undefined", "$gone", path)
    assert error.cause == (
        f"The JSONata expression '$gone' specified for the field '{path}' returned nothing (undefined)."
    )


def test_evaluation_and_syntax_errors_say_where_too() -> None:
    with pytest.raises(QueryError) as caught:
        compile_template({"r": "{% $randomSeeded(1) %}"}, "Output").evaluate({})
    assert caught.value.cause == (
        "The JSONata expression '$randomSeeded(1)' specified for the field 'Output/r' "
        "threw an error during evaluation. T1006: Attempted to invoke a non-function"
    )
    with pytest.raises(QueryError) as caught:
        compile_template([1, "{% 1 + %}"], "Output")
    assert (caught.value.kind, caught.value.path) == ("syntax", "Output[1]")


def test_ambient_reaches_every_expression() -> None:
    compiled = compile_template(["{% $random() %}", {"a": "{% $uuid() %}"}])
    assert compiled.evaluate({}, Ambient(random.Random(3))) == compiled.evaluate(
        {}, Ambient(random.Random(3))
    )
