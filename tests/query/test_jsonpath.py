"""Paths find what Jayway's library finds, which the service runs on."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.query import UNDEFINED, PathError, compile_jsonpath

STORE = {
    "book": [
        {"title": "A", "price": 8.95, "tags": ["x", "y"], "isbn": "1"},
        {"title": "B", "price": 12, "tags": []},
        {"title": "C", "price": 8.99, "author": {"name": "N", "price": 1}},
    ],
    "bicycle": {"color": "red", "price": 19.95},
    "max price": 10,
}
DATA = {
    "store": STORE,
    "limit": 10,
    "none": None,
    "a.b": 1,
    "it's": 2,
    "xs": [1, 2, 3, 4],
    "text": "abc",
    "": 5,
}
CONTEXT = {"Execution": {"Name": "run", "Input": {"k": 1}}}
VARIABLES = {"states": {"context": CONTEXT}, "v": {"rows": [{"n": 1}]}, "größe": 3, "limit": 9}


def find(path: str, data: Any = DATA) -> Any:
    return compile_jsonpath(path).find(data, VARIABLES)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DATA),
        ("$.store.bicycle.color", "red"),
        ("$['store']['bicycle']", STORE["bicycle"]),
        ('$["it\'s"]', 2),
        (r"$['it\'s']", 2),
        ("$[ 'a.b' ]", 1),
        ("$['']", 5),
        ("$.none", None),
        ("$.xs[0]", 1),
        ("$.xs[-1]", 4),
        ("$.store.book[1].title", "B"),
        ("$.store['max price']", 10),
        ("$['limit','text']", {"limit": 10, "text": "abc"}),
        ("$['limit', 'absent']", {"limit": 10}),
        ("$$", CONTEXT),
        ("$$.Execution.Input.k", 1),
        ("$v.rows[0].n", 1),
        ("$v.rows[*].n", [1]),
        ("$größe", 3),
        # what is not there
        ("$.absent", UNDEFINED),
        ("$.absent.x", UNDEFINED),
        ("$.text.x", UNDEFINED),
        ("$.xs[4]", UNDEFINED),
        ("$.xs[-5]", UNDEFINED),
        ("$.text[0]", UNDEFINED),
        ("$absent", UNDEFINED),
        ("$absent.x", UNDEFINED),
        ("$absent[*]", []),
        # many
        ("$.xs[*]", [1, 2, 3, 4]),
        ("$.xs[1:3]", [2, 3]),
        ("$.xs[:2]", [1, 2]),
        ("$.xs[-2:]", [3, 4]),
        ("$.xs[ 0 : 4 : 2 ]", [1, 3]),
        ("$.xs[0,2, 9]", [1, 3]),
        ("$.xs.*", [1, 2, 3, 4]),
        ("$.store.bicycle.*", ["red", 19.95]),
        ("$.store['bicycle','none'].color", ["red"][:0]),
        ("$.absent[*]", []),
        ("$.absent[1:]", []),
        ("$.text[*]", []),
        ("$.text[1:2]", []),
        ("$.store.book[*].title", ["A", "B", "C"]),
        ("$.store.book[*].author.name", ["N"]),
        ("$..price", [8.95, 12, 8.99, 1, 19.95]),
        ("$.store.book[2]..*", ["C", 8.99, STORE["book"][2]["author"], "N", 1]),  # type: ignore[index]
        ("$..tags[0]", ["x"]),
        ("$.store..[0]", [STORE["book"][0], "x"]),  # type: ignore[index]
        ("$.xs..[1:3]", [2, 3]),
        ("$..['isbn']", ["1"]),
        ("$..[?(@.isbn)].title", ["A"]),
        ("$..[?(@ == 4)]", [4]),
        # filters
        ("$.store.book[?(@.isbn)].title", ["A"]),
        ("$.store.book[?(!@.isbn)].title", ["B", "C"]),
        ("$.store.book[?(@.price < 10)].title", ["A", "C"]),
        ("$.store.book[?(@.price<$.limit)].title", ["A", "C"]),
        ("$.store.book[?(@.price < $limit)].title", ["A", "C"]),
        ("$.store.book[?(@.price > 8.95 && @.price <= 12)].title", ["B", "C"]),
        ("$.store.book[?(@.title == 'A' || @.title == \"C\")].title", ["A", "C"]),
        ("$.store.book[?((@.title == 'A' || @.isbn) && @.price >= 8.95)].title", ["A"]),
        ("$.store.book[?(@['title'] != 'A')].title", ["B", "C"]),
        ("$.store.book[?(@.title in ['A', 'B'])].title", ["A", "B"]),
        ("$.store.book[?(@.title nin ['A', 'B'])].title", ["C"]),
        ("$.store.book[?(@.isbn nin ['1'])].title", []),
        ("$.store.book[?(@.title =~ /[ab]/i)].title", ["A", "B"]),
        ("$.store.book[?(/A|C/ =~ @.title)].title", ["A", "C"]),
        ("$.store.book[?(@.title =~ 'A')].title", ["A"]),
        ("$.store.book[?(@.title =~ 1)].title", []),
        ("$.store.book[?(@.tags contains 'x')].title", ["A"]),
        ("$.store.book[?(@.title contains 'B')].title", ["B"]),
        ("$.store.book[?(@.title contains 1)].title", []),
        ("$.store.book[?(@.tags size 2)].title", ["A"]),
        ("$.store.book[?(@.tags empty true)].title", ["B"]),
        ("$.store.book[?(@.tags subsetof ['x', 'y', 'z'])].title", ["A", "B"]),
        ("$.store.book[?(@.tags anyof ['y'])].title", ["A"]),
        ("$.store.book[?(@.tags noneof ['y'])].title", ["B"]),
        ("$.store.book[?(@.tags == ['x', 'y'])].title", ["A"]),
        ("$.store.book[?(@.tags == [])].title", ["B"]),
        ("$.store.book[?(@.price == true)].title", []),
        ("$.store.book[?(@.price < 'x')].title", []),
        ("$.store.book[?(@.author.name)].title", ["C"]),
        ("$.store.book[?(@.tags[*])].title", ["A"]),
        ("$.store.book[?(@.tags.length() == 2)].title", ["A"]),
        ("$.store.book[?(@.price == 1.2e1)].title", ["B"]),
        ("$.store.book[?(@.absent == null)].title", []),
        ("$.xs[?(@ > 2)]", [3, 4]),
        ("$.store.bicycle[?(@.color == 'red')].price", [19.95]),
        ("$.text[?(@ == 'abc')]", []),
        ("$.store.book[?(@.title == $$.Execution.Name)]", []),
        # functions
        ("$.xs.length()", 4),
        ("$.text.length()", 3),
        ("$.limit.length()", UNDEFINED),
        ("$.store.bicycle.keys()", ["color", "price"]),
        ("$.xs.keys()", UNDEFINED),
        ("$.xs.sum()", 10.0),
        ("$.xs.min()", 1.0),
        ("$.xs.max()", 4.0),
        ("$.xs.avg()", 2.5),
        ("$.xs.stddev()", 1.118033988749895),
        ("$..price.sum()", 50.89),
        ("$.text.sum()", UNDEFINED),
    ],
)
def test_what_a_path_finds(path: str, value: Any) -> None:
    assert find(path) == value


def test_true_is_not_one_and_objects_compare_by_value() -> None:
    rows = [{"k": {"a": 1.0}, "t": True, "j": {"a": 1}}, {"k": {"a": 2}, "t": 1, "j": {"b": 2}}]
    assert find("$[?(@.t == 1)].t", rows) == [1]
    assert find("$[?(@.t == true)].t", rows) == [True]
    assert find("$[?(@.k == @.j)].t", rows) == [True]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("x.y", "expected '$'"),
        ("$.", "expected a name"),
        ("$x-y", "unexpected text"),
        ("$.a b", "unexpected text"),
        ("$.a.b()", "there is no function 'b'"),
        ("$..length()", "'..' needs a name, not a function"),
        ("$[", "expected a name in quotes"),
        ("$['a", "does not end"),
        ("$['a'", "expected ']'"),
        ("$['a', 1]", "expected a text in quotes"),
        ("$[a]", "expected a name in quotes"),
        ("$[0", "expected ']'"),
        ("$[::0]", "step 0"),
        ("$[?@.a]", "expected '('"),
        ("$[?(@.a]", "expected ')'"),
        ("$[?((@.a)]", "expected ')'"),
        ("$[?(1)]", "expected an operator"),
        ("$[?(@.a == )]", "expected a value"),
        ("$[?(@.a == {})]", "expected a value"),
        ("$[?(@.a == 1e999)]", "too large"),
        (f"$[{'1' * 5000}]", "expected ']'"),
        (f"$[?{'(' * 5000}", "nested too deeply"),
        ("$[?(@.a =~ /(/)]", "the pattern is wrong"),
        ("$[?(@.a in ['a')]", "expected ']'"),
    ],
)
def test_what_is_no_path(path: str, problem: str) -> None:
    with pytest.raises(PathError) as caught:
        compile_jsonpath(path)
    assert problem in str(caught.value)
    assert path in str(caught.value)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("$.absent", "No results for path: $['absent']"),
        ("$.store.absent.x", "Missing property in path $['store']['absent']"),
        ("$.text.x", "Property ['x'] not found in path $['text']"),
        ("$.xs[7]", "Index out of bounds when evaluating path $['xs'][7]"),
        ("$.text[0]", "Filter: [0] can only be applied to arrays. Current context is: abc"),
        ("$.store.book[0].absent", "No results for path: $['store']['book'][0]['absent']"),
        ("$absent.x", "Property ['x'] not found in path $"),
        ("$.limit.length()", "No results for path: $['limit']"),
        ("$.store.*.sum()", "No results for path: $['store']"),
    ],
)
def test_why_a_path_finds_nothing(path: str, problem: str) -> None:
    assert compile_jsonpath(path).problem(DATA, VARIABLES) == problem


def test_extremes() -> None:
    assert find("$.sum()", [1e308, 1e308]) is UNDEFINED
    assert find("$.sum()", [10**400]) is UNDEFINED
    deep: Any = {"n": 1}
    for _ in range(5000):
        deep = [deep]
    assert find("$..n", deep) == [1]


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("$.store.absent.x", "absent"),
        ("$.xs[9].y", "9"),
        ("$absent", "$absent"),
        ("$.text.sum()", "$.text.sum()"),
    ],
)
def test_where_a_path_goes_astray(path: str, step: str) -> None:
    assert compile_jsonpath(path).stuck_at(DATA, VARIABLES) == step


def test_what_is_known_of_a_path() -> None:
    assert compile_jsonpath("$").is_root
    assert not compile_jsonpath("$.a").is_root
    assert not compile_jsonpath("$$").is_root
    assert compile_jsonpath("$$.x").context
    assert compile_jsonpath("$.a[?(@.n == $$.x)]").context
    assert not compile_jsonpath("$.a[?(@.n == $.x)]").context
    assert repr(compile_jsonpath("$.a")) == "JsonPath('$.a')"
    assert compile_jsonpath("$.a") is compile_jsonpath("$.a")
    assert find("$.a[?(@.b) ]", {"a": [{"b": 1}]}) == [{"b": 1}]


NAMES = st.text(string.ascii_letters + "_'\"\\. $[]é", max_size=5)


@given(st.lists(NAMES | st.integers(0, 3), max_size=5), st.integers())
def test_a_path_written_for_a_place_finds_the_place(steps: list[str | int], value: int) -> None:
    data: Any = value
    path = "$"
    for step in reversed(steps):
        data = {step: data} if isinstance(step, str) else [None] * step + [data]
    for step in steps:
        quoted = step.replace("\\", "\\\\").replace("'", "\\'") if isinstance(step, str) else ""
        path += f"['{quoted}']" if isinstance(step, str) else f"[{step}]"
    assert find(path, data) == value


@given(st.text(max_size=12))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        compile_jsonpath(f"$.{text}").find(DATA, VARIABLES)
    except PathError:
        pass
