"""What a body may do: the graph it draws."""

from __future__ import annotations

import functools
import json
import linecache
import re
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from flowdeco import step, workflow
from flowdeco.graph import Call, Map, walk
from flowdeco.tracing import trace
from flowdeco.tracing.value import Value


@step
def load(day: str = "x", *, limit: int = 3) -> list[int]:
    return [1, 2, limit]


@step
def use(*things: Any, **named: Any) -> Any:
    return things


@step
def say(text: Any) -> None:
    return None


@dataclass
class Config:
    rows: Any
    name: str = "config"


def graph_of(body: Any) -> str:
    return str(trace(workflow(body)).graph)


def lines_of(body: Any) -> list[str]:
    """The lines of a body's graph, ids numbered in order of appearance."""
    text = graph_of(body)
    order: dict[str, str] = {}
    for found in re.findall(r"%\d+", text):
        order.setdefault(found, f"%{len(order) + 1}")
    return [re.sub(r"%\d+", lambda m: order[m.group()], line.strip()) for line in text.splitlines()[1:]]


def test_positional_and_named_arguments_and_defaults() -> None:
    def body(day: str) -> Any:
        return use(load(day), load(limit=2), key=load())

    assert lines_of(body) == [
        "%1 = load(day=day)",
        "%2 = load(limit=2)",
        "%3 = load()",
        "%4 = use(%1, %2, key=%3)",
        "-> %4",
    ]


def test_values_in_structures() -> None:
    def body() -> Any:
        rows = load()
        return use([rows, {"k": (rows, 1)}], Config(rows), name={1, 2})

    assert lines_of(body)[1] == (
        '%2 = use([%1, {"k": {"$type": "tuple", "items": [%1, 1]}}], '
        f'{{"$type": "{__name__}:Config", "rows": %1, "name": "config"}}, '
        'name={"$type": "set", "items": [1, 2]})'
    )


def test_a_loop_over_known_values_unrolls_and_runs_in_parallel() -> None:
    def body() -> Any:
        found = []
        for name in ["a", "b"]:
            found.append(use(name))
        total = {}
        for i, (left, right) in enumerate([(1, 2), (3, 4)]):
            total[str(i)] = use(left + right)
        return found, total

    assert [line for line in lines_of(body) if "after" in line] == []
    assert lines_of(body)[2] == "%3 = use(3)"


def test_bare_calls_are_effects_in_order() -> None:
    def body() -> Any:
        a = load()
        say("one")
        b = load()
        c = load()
        say(a)
        return b, c

    assert lines_of(body)[:5] == [
        "%1 = load()",
        '%2 = say(text="one")  after %1',
        "%3 = load()  after %2",
        "%4 = load()  after %2",
        "%5 = say(text=%1)  after %3, %4",
    ]


def test_bare_maps_helpers_workflows_and_conditions_are_effects() -> None:
    def helper(rows: Any) -> None:
        say(rows)
        say("two")

    @workflow
    def child() -> Any:
        first = load()
        return first

    def body() -> Any:
        rows = load()
        [say(row) for row in rows]
        say.map(rows)
        helper(rows)
        child()
        True and say("last")
        return rows

    assert lines_of(body) == [
        "%1 = load()",
        "%2 = map row in %1  after %1",
        "%3 = say(text=row)",
        "-> %3",
        "%4 = map item in %1  after %2",
        "%5 = say(text=item)",
        "-> %5",
        "%6 = say(text=%1)  after %4",
        '%7 = say(text="two")  after %4, %6',
        "%8 = load()  after %6, %7",
        '%9 = say(text="last")  after %8',
        "-> %1",
    ]


def test_an_effect_in_a_helper_orders_only_the_helper() -> None:
    def helper(name: str) -> Any:
        first = load(name)
        say(name)
        return use(first)

    def body() -> Any:
        return [helper("a"), helper("b")]

    assert lines_of(body)[3:5] == ['%4 = load(day="b")', '%5 = say(text="b")  after %4']


def test_a_method_of_a_list_is_no_effect() -> None:
    def body() -> Any:
        found: list[Any] = []
        found.append(load())
        found.append(load())
        found.extend([use(1)])
        return found

    assert all("after" not in line for line in lines_of(body))


def test_names_come_from_variables() -> None:
    def body() -> Any:
        train = load()
        test: Any = load()
        return use(train, test, (third := load()), third)

    nodes = list(walk(trace(workflow(body)).graph.block))
    assert [node.target for node in nodes if isinstance(node, Call)] == ["train", "test", "third", ""]


def test_maps_with_targets_that_unpack_and_closures() -> None:
    def body(factor: int) -> Any:
        base = load()
        return [use(a, b, base, factor) for a, (b, _c) in use()]

    assert lines_of(body)[2:5] == [
        "%3 = map item in iterate.any(%2)",
        "%4 = use(item[0], item[1][0], %1, factor)",
        "-> %4",
    ]


def test_map_over_known_items_stays_a_map() -> None:
    def body() -> Any:
        return load.map(["a", "b"], limit=4, max_concurrency=1)

    assert lines_of(body)[:2] == [
        '%1 = map item in ["a", "b"], at most 1 at a time',
        "%2 = load(day=item, limit=4)",
    ]


def test_options_of_a_call() -> None:
    def body() -> Any:
        first = load()
        return use.options(name="the end", after=first, timeout="1m")(1), use.options(after=[first]).map([1])

    nodes = list(walk(trace(workflow(body)).graph.block))
    assert nodes[1].name == "the end"
    assert nodes[1].after == (1,)
    assert isinstance(nodes[1], Call)
    assert nodes[1].options.timeout == 60
    assert isinstance(nodes[2], Map)
    assert nodes[2].after == (1,)


def test_helpers_of_every_kind() -> None:
    class Maker:
        def __init__(self, name: str) -> None:
            self.name = name

        def make(self) -> Any:
            first, second = use(self.name)
            return second

        @staticmethod
        @step
        def inner(x: Any) -> Any:
            return x

    quick = lambda x: use(x)  # noqa: E731
    partial = functools.partial(use, 1)

    def outer(x: Any, *rest: Any, suffix: str = "!", **more: Any) -> Any:
        def nested(y: Any) -> Any:
            return [use(item, suffix) for item in y]

        return nested(x)

    def body() -> Any:
        return Maker("m").make(), quick(1), partial(2), outer(load(), 3, suffix="?"), Maker.inner(5)

    assert lines_of(body) == [
        '%1 = use("m")',
        "%2 = use(1)",
        "%3 = use(1, 2)",
        "%4 = load()",
        "%5 = map item in %4",
        '%6 = use(item, "?")',
        "-> %6",
        "%7 = inner(x=5)",
        '-> {"$type": "tuple", "items": [%1[1], %2, %3, %5, %7]}',
    ]


def test_known_values_are_plain_python() -> None:
    def body() -> Any:
        table = {name: len(name) for name in ("a", "bb")}
        pairs = [(x, y) for x in range(2) for y in range(2) if x != y]
        odd = {n % 2 for n in range(4)}
        total = sum(n for n in range(4))
        try:
            number = int("x")
        except ValueError:
            number = 7
        finally:
            total += 1
        match total:
            case 7:
                text = f"{total:>3}"
            case _:
                text = ""
        while number > 5:
            number -= 1
        with open(__file__) as file:
            first = file.readline()[:3]
        first = first if first is not None else ""
        first, *rest = [first, 1, 2]
        values = [value for value in [1, 2, 3] if value > 1]
        return use(table, pairs, sorted(odd), total, text, number, first, rest, values, json.dumps(table))

    assert lines_of(body)[0] == (
        '%1 = use({"a": 1, "bb": 2}, [{"$type": "tuple", "items": [0, 1]}, {"$type": "tuple", "items": [1, 0]}], '
        '[0, 1], 7, "  7", 5, "\\"\\"\\"", [1, 2], [2, 3], "{\\"a\\": 1, \\"bb\\": 2}")'
    )


def test_inlined_workflows_nest() -> None:
    @workflow
    def leaf(x: Any, y: Any = 2) -> Any:
        return use(x, y)

    @workflow
    def middle(x: Any) -> Any:
        return {"a": leaf(x), "b": leaf(x, y=3)}

    def body(x: int) -> Any:
        got = middle(x)
        return got["b"]

    assert lines_of(body) == ["%1 = use(x, 2)", "%2 = use(x, 3)", "-> %2"]


def test_positional_only_parameters() -> None:
    def body(a: int, /, b: int, *, c: int = 1) -> Any:
        return use(a, b, c)

    assert graph_of(body).splitlines()[0] == "workflow body(a, b, c=1)"
    assert lines_of(body)[0] == "%1 = use(a, b, c)"


def test_third_party_and_builtin_functions() -> None:
    dumps = step(json.dumps)
    biggest = step(max, name="biggest")

    def body() -> Any:
        return biggest(dumps([1], indent=2), "b")

    graph = trace(workflow(body)).graph
    assert str(graph).splitlines()[1].strip() == "%1 = dumps(obj=[1], indent=2)"
    assert str(graph).splitlines()[2].strip() == '%2 = biggest(%1, "b")'
    assert graph.steps["dumps"].module == "json"
    assert graph.steps["biggest"].module == "builtins"


def test_constants_that_only_pickle_carries_are_assets() -> None:
    def body() -> Any:
        return use(lambda x: x + 1, b"x" * 1000)

    graph = trace(workflow(body), bundle="b").graph
    assert len(graph.assets) == 2
    call = next(iter(walk(graph.block)))
    assert "reference" in str(call)


def test_functions_from_a_notebook_cell() -> None:
    source = (
        "from flowdeco import step, workflow\n\n\n@step\ndef f(x):\n    return x, x\n\n\n"
        "@workflow\ndef w(x: int):\n    a, b = f(x)\n    return [f(i) for i in f(b)]\n"
    )
    name = "<ipython-input-1-abc>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    cell = ModuleType("cell")
    sys.modules["cell"] = cell
    try:
        exec(compile(source, name, "exec"), cell.__dict__)
        graph = trace(cell.w).graph
    finally:
        del sys.modules["cell"]
        del linecache.cache[name]
    assert str(graph).splitlines()[3].strip() == "%3 = map i in iterate.any(%2)"
    location = next(iter(walk(graph.block))).location
    assert str(location) == f"{name}:11"


def test_locations_are_the_users_lines() -> None:
    def helper() -> Any:
        return load()  # here

    def body() -> Any:
        return helper()

    node = next(iter(walk(trace(workflow(body)).graph.block)))
    assert "# here" in linecache.getline(__file__, node.location.line)


def test_a_value_shows_what_it_is() -> None:
    shown: list[str] = []

    def body(x: dict[str, Any]) -> Any:
        rows = load()
        _seen(shown, x["k"])
        _seen(shown, rows[0])
        _seen(shown, [use(r) for r in [rows]][0]["k"])
        return use(rows)

    lines_of(body)
    assert shown == [
        "<value of the input 'x'.k>",
        "<value of load()[0]>",
        "<value of use().k>",
    ]


_show = Value.__repr__


def _seen(shown: list[str], value: Any) -> Any:
    shown.append(step(_show).fn(value))
    return value


def test_a_value_has_no_hidden_attributes() -> None:
    def body() -> Any:
        rows = load()
        return use(hasattr(rows, "__array__"), getattr(rows, "__wrapped__", 0))

    text = graph_of(body)
    assert "hasattr(%1" in text
    assert "getattr(%1" in text


def test_plain_calls_are_untouched() -> None:
    @workflow
    def body(x: int) -> Any:
        say("a")
        return [use(i, x) for i in load()]

    assert body(3) == [(1, 3), (2, 3), (3, 3)]


def test_debuggers_and_coverage_see_the_users_lines() -> None:
    seen: list[int] = []

    def body() -> Any:
        first = load()
        return use(first)

    def tracer(frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code.co_name == "body" and event == "line":
            seen.append(frame.f_lineno)
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        trace(workflow(body))
    finally:
        sys.settrace(before)
    start = body.__code__.co_firstlineno
    assert sorted(set(seen)) == [start + 1, start + 2]
