"""Intrinsic functions, as they are called in a definition."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.query import Ambient, PathError
from flowdeco.query.calls import compile_call
from flowdeco.query.intrinsics import INTRINSICS, RANDOM, identity, shown

DATA = {
    "n": 5,
    "f": 2.5,
    "s": "a,b;c",
    "xs": [1, 2, 3],
    "o": {"a": 1, "b": {"c": 2}},
    "null": None,
    "t": True,
    "long": "x" * 10_001,
    "same": [1, 1.0, True, 1, {"a": 1, "b": 2}, {"b": 2, "a": 1}, [None], [None], "x"],
}
VARIABLES = {"states": {"context": {"Execution": {"Name": "run"}}}, "v": "It's {}!"}


def call(text: str, data: Any = DATA, ambient: Ambient | None = None) -> Any:
    return compile_call(text).find(data, VARIABLES, ambient or Ambient())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("States.Array()", []),
        (
            "States.Array(1, 'a', $.n, null, true, false, -2.5, 1e3)",
            [1, "a", 5, None, True, False, -2.5, 1000.0],
        ),
        ("States.Array( States.Array ( $.n ) , $$.Execution.Name )", [[5], "run"]),
        ("  States.Array($v)  ", ["It's {}!"]),
        ("States.Array($.xs[?(@ > 1)], $['s'])", [[2, 3], "a,b;c"]),
        (r"States.Array('it\'s', 'a\\b', '\{\}', '\n')", ["it's", "a\\b", "{}", "\\n"]),
        ("States.ArrayPartition($.xs, 2)", [[1, 2], [3]]),
        ("States.ArrayPartition($.xs, 1.5)", [[1, 2], [3]]),
        ("States.ArrayContains($.xs, 2)", True),
        ("States.ArrayContains($.xs, '2')", False),
        ("States.ArrayRange(1, 9, 4)", [1, 5, 9]),
        ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
        ("States.ArrayRange(3, 1, 1)", []),
        ("States.ArrayGetItem($.xs, 2)", 3),
        ("States.ArrayLength($.xs)", 3),
        ("States.ArrayUnique($.same)", [1, 1.0, True, {"a": 1, "b": 2}, [None], "x"]),
        ("States.Base64Encode('é')", "w6k="),
        ("States.Base64Decode('w6k=')", "é"),
        ("States.Base64Decode('w6k')", "é"),
        ("States.Hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("States.JsonMerge($.o, States.StringToJson('{\"b\": 3}'), false)", {"a": 1, "b": 3}),
        ("States.StringToJson('[1, 1.5]')", [1, 1.5]),
        ("States.StringToJson(' ')", None),
        ("States.JsonToString($.o)", '{"a":1,"b":{"c":2}}'),
        ("States.JsonToString('é')", '"é"'),
        ("States.MathAdd($.n, -1)", 4),
        ("States.MathAdd(1.5, -1.5)", 1),
        ("States.MathAdd(-0.5, 2.49)", 2),
        ("States.StringSplit($.s, ',;')", ["a", "b", "c"]),
        ("States.StringSplit(',,a]b^', ',]^-')", ["a", "b"]),
        ("States.StringSplit('ab', '')", ["ab"]),
        ("States.StringSplit('', '')", []),
        ("States.Format('none')", "none"),
        ("States.Format('{} and {}', $.n, 'x')", "5 and x"),
        ("States.Format($v, 'me')", "It's me!"),
        (r"States.Format('\{{}\} \\ \' \n {}', 1, 2)", "{1} \\ ' \\n 2"),
        ("States.Format('{} {} {}', $.null, $.t, $.f)", "null true 2.5"),
        ("States.Format('{}', $.o)", "{a=1, b={c=2}}"),
        ("States.Format('{}', $.xs)", "[1, 2, 3]"),
    ],
)
def test_what_a_function_gives(text: str, value: Any) -> None:
    assert identity(call(text)) == identity(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (0.0, "0.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (12345678.9, "1.23456789E7"),
        (-1e21, "-1.0E21"),
        (1e-300, "1.0E-300"),
        ({"a": [1, None, "x", 1e7]}, "{a=[1, null, x, 1.0E7]}"),
    ],
)
def test_values_are_formatted_as_java_does(value: Any, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    "text",
    [
        "States.ArrayPartition($.s, 1)",
        "States.ArrayPartition($.xs, 0.4)",
        "States.ArrayPartition($.xs, 'x')",
        "States.ArrayPartition($.xs, true)",
        "States.ArrayContains($.s, 1)",
        "States.ArrayRange(1, 5, 0)",
        "States.ArrayRange(0, 1000, 1)",
        "States.ArrayGetItem($.xs, 3)",
        "States.ArrayGetItem($.xs, -1)",
        "States.ArrayLength($.n)",
        "States.ArrayUnique($.o)",
        "States.Base64Encode($.n)",
        "States.Base64Encode($.long)",
        "States.Base64Decode('é')",
        "States.Base64Decode('a-b')",
        "States.Hash($.n, 'MD5')",
        "States.Hash('a', 'SHA-2')",
        "States.JsonMerge($.o, $.o, true)",
        "States.JsonMerge($.o, $.xs, false)",
        "States.MathAdd('1', 1)",
        "States.MathAdd(2147483647, 1)",
        "States.MathAdd(2147483648, 0)",
        "States.MathRandom(5, 5)",
        "States.StringSplit($.n, ',')",
        "States.StringToJson('{')",
        "States.StringToJson('NaN')",
        "States.StringToJson('1e999')",
        "States.StringToJson($.n)",
    ],
)
def test_wrong_arguments_fail(text: str) -> None:
    with pytest.raises(PathError) as caught:
        call(text)
    name = re.match(r"States\.\w+", text)
    assert name is not None
    assert (
        str(caught.value) == f"The function '{text}' had the following error: Invalid arguments in {name[0]}"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("States.Format('{}')", "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}."),
        ("States.Format('x', 1)", "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}."),
        ("States.Format('{x}', 1)", "Invalid template in States.Format: matching '}' not found for '{'."),
        ("States.Format('x}', 1)", "Invalid template in States.Format: matching '{' not found for '}'."),
        ("States.Array(States.Array($.no))", "The JsonPath argument for the field '$.no' could not be found in the input '{\"a\":1}'"),
        ("States.Array($$.no)", "The JsonPath argument for the field '$$.no' could not be found in the input '{\"Execution\":{\"Name\":\"run\"}}'"),
        ("States.Array($no)", "The JsonPath argument for the field '$no' could not be found in the input ''"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_failure(text: str, problem: str) -> None:
    with pytest.raises(PathError) as caught:
        call(text, {"a": 1})
    assert str(caught.value) == f"The function '{text}' had the following error: {problem}"


def test_data_too_deep_to_look_at() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(PathError, match="nested too deeply"):
        call("States.Format('{}', $)", deep)


def test_chance_is_the_run_s_own() -> None:
    ambient = [Ambient(random.Random(1)) for _ in range(2)]
    assert call("States.UUID()", ambient=ambient[0]) == call("States.UUID()", ambient=ambient[1])
    assert call("States.UUID()") != call("States.UUID()")
    drawn = {call("States.MathRandom(1, 3.6)", ambient=ambient[0]) for _ in range(99)}
    assert drawn == {1, 2, 3}
    assert call("States.MathRandom(0, 1000000, 7)") == call("States.MathRandom(0, 1000000, 7)")
    assert call("States.MathRandom(0, 1000000, 7)") != call("States.MathRandom(0, 1000000, 8)")
    assert set(INTRINSICS) >= RANDOM


def test_what_is_known_of_a_call() -> None:
    assert compile_call("States.Array(States.UUID())").random
    assert not compile_call("States.Array(1)").random
    assert compile_call("States.Array(States.Array($$))").context
    assert not compile_call("States.Array($.x)").context
    assert len(INTRINSICS) == 18


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("States.Nothing()", "expected an intrinsic function"),
        ("Format('x')", "expected an intrinsic function"),
        ("States.Array(1", "expected ')'"),
        ("States.Array(1,)", "expected a value"),
        ("States.Array(x)", "expected a value"),
        ("States.Array('x)", "does not end"),
        ("States.Array(1) 2", "unexpected text"),
        ("States.Array($.)", "expected a name"),
        ("States.Array(nulls)", "expected a value"),
        ("States.UUID(1)", "does not take 1 arguments"),
        ("States.MathAdd(1)", "does not take 1 arguments"),
        ("States.Array(" * 3000, "nested too deeply"),
    ],
)
def test_what_is_no_call(text: str, problem: str) -> None:
    with pytest.raises(PathError) as caught:
        compile_call(text)
    assert problem in str(caught.value)


@given(st.text(max_size=20), st.text(alphabet="{}\\' x", max_size=8))
def test_text_goes_through_format_unchanged(text: str, around: str) -> None:
    escaped = re.sub(r"([{}\\'])", r"\\\1", around)
    assert call(f"States.Format('{escaped}{{}}{escaped}', $)", text) == around + text + around


@given(st.text(max_size=30))
def test_base64_there_and_back(text: str) -> None:
    assert call("States.Base64Decode(States.Base64Encode($))", text) == text
