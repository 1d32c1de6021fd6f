"""What paths are said to cost is what executions enter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flowdeco import Workflow, step, toolchain, workflow
from flowdeco.asl.parse import parse
from flowdeco.compiler.transitions import paths_of
from flowdeco.errors import Location
from flowdeco.graph import Block, Graph, Literal, Return
from flowdeco.graph.explanation import Cost, Repeated


@step
def many(n: int) -> list[int]:
    return list(range(n))


@step
def num(x: int) -> int:
    return x


@step
def fragile(x: int) -> int:
    if x > 2:
        raise ValueError("too much")
    return x


@workflow
def straight(n: int) -> Any:
    return num(num(n))


@workflow
def forked(n: int) -> Any:
    return [num(n), num(many(n)[-1])]


@workflow
def mapped(n: int) -> Any:
    return [num(num(x)) for x in many(n)]


@workflow
def branched(n: int) -> Any:
    if n > 2:
        return num(num(n))
    return num(n)


@workflow
def summed(n: int) -> Any:
    total = 0
    for x in many(n):
        total += num(x)
    return total


@workflow
def nested(n: int) -> Any:
    xs = many(n)
    for x in xs:
        for y in many(x):
            if num(y) > 2:
                break
        num(x)
    return [num(x) for x in xs]


@workflow
def loops(n: int) -> Any:
    k = n
    while True:
        k = num(k) - 1
        if k <= 0:
            break
    while k < 2:
        m = 0
        while m < 3:
            m = num(m) + 1
        k = num(k) + 1
    return k


@workflow
def careful(n: int) -> Any:
    try:
        return fragile(n)
    except ValueError:
        return num(num(n))


@workflow
def failing(n: int) -> Any:
    if num(n) > 2:
        raise ValueError("too much")
    return n


@workflow
def hopeless(n: int) -> Any:
    num(n)
    raise ValueError("always")


@workflow
def endless(n: int) -> Any:
    while True:
        num(n)


def entered(flow: Workflow[Any, Any], n: int, home: Path) -> int:
    record = toolchain.run(flow, {"n": n}, inline=True, home=home)
    return sum(event.type.endswith("StateEntered") for event in record.events)


def costs(flow: Workflow[Any, Any]) -> dict[str, str]:
    return {path.name: str(path.cost) for path in toolchain.explain(flow).paths}


@pytest.mark.parametrize(
    ("flow", "n", "count", "cost"),
    [
        (straight, 1, 2, {"every path": "2"}),
        (forked, 1, 4, {"every path": "4"}),
        (mapped, 3, 8, {"every path": "2 + 2 per item of 'each x'"}),
        (branched, 3, 3, {"shortest": "2", "longest": "3"}),
        (branched, 1, 2, {"shortest": "2", "longest": "3"}),
        (summed, 0, 3, {"every path": "3 + 2 per iteration of `for x in many(n)`"}),
        (summed, 3, 9, {"every path": "3 + 2 per iteration of `for x in many(n)`"}),
        (careful, 1, 1, {"every path": "1", "longest, with errors that are caught": "3"}),
        (careful, 3, 3, {"every path": "1", "longest, with errors that are caught": "3"}),
        (failing, 3, 3, {"every path": "3", "to 'Raise ValueError'": "3"}),
        (hopeless, 3, 2, {"to 'Raise ValueError'": "2"}),
    ],
    ids=lambda value: value.spec.name if isinstance(value, Workflow) else "",
)
def test_counted_as_entered(
    flow: Workflow[Any, Any], n: int, count: int, cost: dict[str, str], tmp_path: Path
) -> None:
    assert costs(flow) == cost
    assert entered(flow, n, tmp_path) == count


def test_nested_loops(tmp_path: Path) -> None:
    (path,) = toolchain.explain(nested).paths
    outer, last = path.cost.repeated
    assert (path.cost.fixed, outer.of, last.of) == (3, "item of 'each x'", "item of 'each x 2'")
    assert str(outer.least) == "3 + 3 per iteration of `for y in many(x)`"
    assert str(outer.most) == "5 + 3 per further iteration of `for y in many(x)`"
    # 0, 1, 2 and 3 iterations of the inner loop, each left at its head
    assert entered(nested, 4, tmp_path) == 3 + 4 * 3 + 6 * 3 + 4


def test_loops_that_are_left_in_the_middle(tmp_path: Path) -> None:
    (path,) = toolchain.explain(loops).paths
    assert str(path.cost) == (
        "5 + 2 per further iteration of `while True` + "
        "(6 + 2 per iteration of `while m < 3`) per iteration of `while k < 2`"
    )
    assert entered(loops, 4, tmp_path) == 5 + 3 * 2 + 2 * (6 + 3 * 2)


def test_a_loop_without_end_has_no_path() -> None:
    assert toolchain.explain(endless).paths == ()


def test_loops_that_no_graph_knows() -> None:
    """A state that comes back to itself, and one loop that is entered at two places."""
    states = {
        "Which": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.a %}", "Next": "A"}],
            "Default": "B",
        },
        "A": {"Type": "Pass", "Next": "B"},
        "B": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.a %}", "Next": "A"}],
            "Default": "C",
        },
        "C": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.a %}", "Next": "C"}],
            "Default": "End",
        },
        "End": {"Type": "Succeed"},
    }
    machine = parse({"QueryLanguage": "JSONata", "StartAt": "Which", "States": states})
    nothing = Graph("g", Block((), Return(Literal(None))), location=Location("p.py", 1))
    found = {path.name: str(path.cost) for path in paths_of(machine, nothing)}
    assert found["shortest"].startswith("4 + 2 per iteration of the loop + 1 per iteration of the loop")
    assert found["longest"].startswith("5 + 2 per further iteration of the loop")


def test_costs_in_words() -> None:
    once = Repeated("iteration of `for x in xs`", Cost(2), Cost(3))
    assert str(Cost(1, (once,))) == "1 + 2 to 3 per iteration of `for x in xs`"
    assert str(Cost(0, (Repeated("item of 'a'", Cost(1, (once,)), Cost(1, (once,))),))).startswith(
        "0 + (1 + 2 to 3 per"
    )
