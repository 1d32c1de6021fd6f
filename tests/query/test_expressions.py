"""The dialect, error texts, limits and results of expressions."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from flowdeco.query import JSON, UNDEFINED, QueryError, compile_expression, inner, is_expression
from flowdeco.query.bridge import Program
from flowdeco.query.messages import STACK_OVERFLOW, TIMEOUT


def value(source: str, **variables: JSON) -> JSON:
    return compile_expression(source).evaluate(variables)


def failure(source: str, **variables: JSON) -> QueryError:
    with pytest.raises(QueryError) as caught:
        value(source, **variables)
    return caught.value


def test_delimiters() -> None:
    assert is_expression("{% 1 %}")
    assert is_expression("{%1%}")
    assert not any(map(is_expression, ["{% 1", "1 %}", " {% 1 %}", "{% 1 %} ", "a {% 1 %}", "{%}", ""]))
    assert inner("{%\n 1 + 1 %}") == "1 + 1"


def test_compiling_is_cached() -> None:
    assert compile_expression("$a + 1") is compile_expression("$a + 1")
    assert compile_expression(" $a + 1 ").source == "$a + 1"
    assert repr(compile_expression("$a")) == "Expression('$a')"


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("$x ?: 1", 'S0211: The symbol ":" cannot be used as a unary operator'),
        ("$x ?? 1", 'S0211: The symbol "?" cannot be used as a unary operator'),
        ("[?]", 'S0211: The symbol "?" cannot be used as a unary operator'),
        ("?($x){$x}", 'S0211: The symbol "?" cannot be used as a unary operator'),
        ("'it\\'s'", "S0103: Unsupported escape sequence: \\'"),
        ("a[1,2)", 'S0202: Expected "]", got ","'),
        ('"abc', "S0101: String literal must be terminated by a matching quote"),
        ("1 +", "S0207: Unexpected end of expression"),
        ("", "S0207: Unexpected end of expression"),
        ('{"a":}', 'S0211: The symbol "}" cannot be used as a unary operator'),
        ("(1", 'S0203: Expected ")" before end of expression'),
        ("!", 'S0204: Unknown operator: "!"'),
        ("~", "Expected '>' after '~'"),
        ("(" * 5000 + "1" + ")" * 5000, STACK_OVERFLOW),
        ("(" * 5000 + "$x ? 1" + ")" * 5000, STACK_OVERFLOW),
    ],
)
def test_syntax_errors(source: str, detail: str) -> None:
    error = failure(source)
    assert (error.kind, error.detail, error.expression) == ("syntax", detail, source)


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("$randomSeeded(1)", "T1006: Attempted to invoke a non-function"),
        ("not(true)", "T1005: Attempted to invoke a non-function. Did you mean $not?"),
        ("substring(?, 1)", "T1007: Attempted to partially apply a non-function. Did you mean $substring?"),
        ("3(?)", "T1008: Attempted to partially apply a non-function"),
        ("$sum(['a'])", 'T0412: Argument 1 of function "sum" must be an array of "numbers"'),
        ("$abs('x')", 'T0410: Argument 1 of function "abs" does not match function signature'),
        (
            "$uppercase($lowercase(1))",
            'T0410: Argument 1 of function "lowercase" does not match function signature',
        ),
        ("$toMillis(1)", 'T0410: Argument 1 of function "toMillis" does not match function signature'),
        ("$min(1, 2)", 'T0410: Argument 3 of function "min" does not match function signature'),
        ("'a' + 1", 'T2001: The left side of the "+" operator must evaluate to a number'),
        ("1 + {}", 'T2002: The right side of the "+" operator must evaluate to a number'),
        (
            "$split('a', 'b', -1)",
            "D3020: Third argument of split function must evaluate to a positive number",
        ),
        (
            "$single([1, 2], function($x) {true})",
            "D3138: The $single() function expected exactly 1 matching result.  Instead it matched more.",
        ),
        ("$number('x')", 'D3030: Unable to cast value to a number: "x"'),
        (
            "$toMillis('nope')",
            'D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "nope"',
        ),
        ("$error('boom')", "D3137: boom"),
        ("$assert(false, 'no')", "D3141: no"),
    ],
)
def test_evaluation_errors(source: str, detail: str) -> None:
    error = failure(source)
    assert (error.kind, error.detail, error.expression) == ("evaluation", detail, source)


def test_the_function_is_named_only_when_known() -> None:
    assert (
        failure("$min(1, 2) + $max(1, 2)").detail
        == "T0410: Argument 3 of function does not match function signature"
    )


@pytest.mark.parametrize(
    "source", ["$f := function($x) {$x}", "/a/", "$sum", "{'a': [$sum]}", "[function() {1}]"]
)
def test_functions_are_no_results(source: str) -> None:
    error = failure(source).at("Items")
    assert error.kind == "unsupported"
    assert error.cause == (
        f"The JSONata expression '{source}' specified for the field 'Items' returned an unsupported result type."
    )


def test_there_is_no_context_item() -> None:
    assert [value(source) for source in ("$", "$$", "a.b", "$.a", "$x.$$")] == [UNDEFINED] * 5


def test_recursion_is_limited() -> None:
    error = failure("($f := function($n) {1 + $f($n)}; $f(1))")
    assert (error.kind, error.detail) == ("evaluation", STACK_OVERFLOW)


def test_time_is_limited() -> None:
    slow = "($f := function($n) {$sum($map([1..1000], function($i) {$i * $n}))}; $sum($map([1..1000], $f)))"
    with pytest.raises(QueryError) as caught:
        Program(slow, time_limit=5).evaluate({})
    assert (caught.value.kind, caught.value.detail) == ("timeout", TIMEOUT)


def test_deep_results_are_refused_like_deep_recursion() -> None:
    deep: JSON = []
    for _ in range(100_000):
        deep = [deep]
    try:
        assert failure("$merge([{'a': $x}])", x=deep).detail == STACK_OVERFLOW
    finally:
        while deep:
            deep = deep.pop()


def test_failures_of_the_engine_itself_keep_their_text() -> None:
    class Broken(Mapping[str, JSON]):
        def __getitem__(self, name: str) -> JSON:
            raise ZeroDivisionError("broken mapping")

        def __iter__(self) -> Iterator[str]:
            return iter(())

        def __len__(self) -> int:
            return 0

    with pytest.raises(QueryError, match="broken mapping") as caught:
        compile_expression("$x + 1").evaluate(Broken())
    assert caught.value.code is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1/0", "Infinity"),
        ("-1/0", "-Infinity"),
        ("[1/0, 2, -1/0]", ["Infinity", 2, "-Infinity"]),
        ("{'a': 1/0, 'b': 1/0}", {"a": "Infinity", "b": "Infinity"}),
        ("{'a': 1/0, 'b': [1.5]}", {"a": "Infinity", "b": [1.5]}),
        ("$parseInteger('abc', '0')", "NaN"),
        ("[[1, 2], [3]]", [[1, 2], [3]]),
        ("[]", []),
        ("[[]]", [[]]),
        ("$append([[1]], [[2]])", [[1], [2]]),
        ("$map([1, 2], function($v) {[$v]})", [[1], [2]]),
    ],
)
def test_results_are_plain_json(source: str, expected: JSON) -> None:
    def plain(item: Any) -> bool:
        if type(item) is list:
            return all(map(plain, item))
        if type(item) is dict:
            return all(map(plain, item.values()))
        return item is None or type(item) in (str, int, float, bool)

    found = value(source)
    assert found == expected
    assert plain(found)


def test_variables_are_shared_and_never_changed() -> None:
    rows = [{"loss": float(i)} for i in range(100)]
    few = [1.0]
    variables = {"x": {"deep": {"rows": rows}}, "few": few, "wide": {str(i): i for i in range(100)}}
    before = repr(variables)
    found = compile_expression(
        "{'rows': $x.deep.rows, 'few': $few, 'wide': $wide, 'new': [1..100]}"
    ).evaluate(variables)
    assert found["rows"] is rows
    assert found["few"] is few
    assert found["wide"] is variables["wide"]
    assert found["new"] == list(range(1, 101))
    compile_expression("$x ~> |deep|{'rows': 1}|").evaluate(variables)
    assert repr(variables) == before


def test_whole_floats_of_variables_stay_floats() -> None:
    found = value("{'a': $x, 'b': $y}", x=3.0, y=3)
    assert (type(found["a"]), type(found["b"])) == (float, int)


def test_a_variable_hides_the_function_of_its_name() -> None:
    assert value("$count", count=3) == 3
    assert value("$count + $sum([1, 2])", count=3) == 6
    assert value("$count.a", count={"a": [1]}) == [1]
    assert value("$parse & $now", parse="a", now="b") == "ab"
    assert value("$eval", eval=1) == 1
    assert failure("$count([1])", count=3).code == "T1006"
    assert failure("$parse('1')", parse=3).code == "T1006"
    assert value("($count := 5; $count)", count=3) == 5
    assert value("$count([1])", other=3) == 1
    assert failure("$count").kind == "unsupported"
    assert value("$eval") is UNDEFINED
    program = Program("$count + $max([1])")
    assert [program.evaluate({"count": 1}) for _ in range(2)] == [2, 2]


def test_a_field_may_be_called_not() -> None:
    assert value("$x.not", x={"not": 1}) == 1
    assert value("$x[not].a", x=[{"not": True, "a": 1}, {"a": 2}]) == 1
    assert value("$not($x)", x=0) is True


def test_strings_and_comments_are_left_alone() -> None:
    assert value("'$random' /* $now ?: 'it\\'s' */ & \"\\\"$now'\"") == "$random\"$now'"


def test_signatures_and_partial_application_keep_their_question_marks() -> None:
    assert value("function($a, $b)<ns?:s> {$string($a)}(1)") == "1"
    assert value("($first := $substring(?, 0, 1); $first('abc'))") == "a"
    assert value("true ? (1) : 2") == 1
    assert value("$x.in ? (1) : 2", x={"in": 1}) == 1


def test_evaluation_from_many_threads() -> None:
    expression = compile_expression("$sum($map([1..$n], function($i) {$i * $count}))")
    found: dict[int, JSON] = {}

    def run(n: int) -> None:
        for _ in range(20):
            found[n] = expression.evaluate({"n": n, "count": 2})

    threads = [threading.Thread(target=run, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: n * (n + 1) for n in range(1, 9)}


def test_paths_need_no_engine() -> None:
    code = (
        "import sys; from flowdeco.query import *\n"
        "t = compile_template({'a': '{% $states.result.Payload %}', 'b': ['{% $x[0] %}']}, 'Output')\n"
        "t.evaluate({'states': {'result': {'Payload': 1}}, 'x': [1]})\n"
        "variables_used('$merge([{\"lr\": $lr}, $states.input])'); literal({}); quote_name('a b')\n"
        "heavy = {'jsonata2py', 'regex', 'asyncio', 'boto3'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["values", "flatten", "count", "item"])
def test_a_variable_may_have_any_name(name: str) -> None:
    variables = {name: [1, 2]}
    assert compile_expression(f"$map(${name}, function($x){{ $x }})").evaluate(variables) == [1, 2]
    assert compile_expression(f"${name}[0]").evaluate(variables) == 1
