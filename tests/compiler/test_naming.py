"""Names of variables: those of the Python, cleaned, unique, and never the name of a function."""

from __future__ import annotations

from typing import Any

import pytest

from flowdeco.asl import check, emit_text
from flowdeco.compiler import compile_graph
from flowdeco.compiler.naming import Naming, free, identifier
from flowdeco.engine import SkippingClock, run
from flowdeco.graph import Array, Block, Expression, Graph, Input, Item, Literal, Map, Result, Return
from flowdeco.query import FUNCTIONS
from tests.compiler.flow_graphs import call, graph, perform

R = Result


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rows", "rows"),
        ("größe", "größe"),
        ("_kept", "kept"),
        ("load the (day's) file!", "load_the_day_s_file"),
        ("--dry-run--", "dry_run"),
        ("(x)", "x"),
        ("1st row", "v_1st_row"),
        ("?!", "v_"),
        ("", "v_"),
        ("a" * 76, "a" * 76),
        ("a" * 77, "a" * 76),
        ("a b" * 40, ("a_" + "ba_" * 40)[:76]),
    ],
)
def test_identifiers(text: str, name: str) -> None:
    assert identifier(text) == name
    assert name.isidentifier()
    assert len(name) <= 80


def test_variables_are_not_called_like_functions() -> None:
    naming = Naming(Graph("g", Block((), Return(Literal(None)))))
    assert [
        naming.variable(name) for name in ("error", "error_value", "error", "(sum)", "states", "rows")
    ] == [
        "error_value",
        "error_value_2",
        "error_value_3",
        "sum_value",
        "states_2",
        "rows",
    ]
    given = [naming.variable(name) for name in sorted(FUNCTIONS)]
    assert (
        not FUNCTIONS.keys() & set(given) if isinstance(FUNCTIONS, dict) else not set(FUNCTIONS) & set(given)
    )
    assert len(set(given)) == len(given)


def test_names_are_cut_to_make_room_for_a_number() -> None:
    naming = Naming(Graph("g", Block((), Return(Literal(None)))))
    assert [len(naming.variable("a" * 90)) for _ in range(3)] == [76, 72, 72]
    assert free("b" * 90, {"b" * 80}, {}) == "b" * 78 + " 2"


def test_what_is_called_like_a_function_means_the_same() -> None:
    """The results of calls kept under such names, and an item, next to expressions that use the functions."""
    names = ("sum", "merge", "error", "keys", "map", "string", "range", "parse")
    calls = [call(number, "f", Literal(number), target=name) for number, name in enumerate(names, start=1)]
    kept: tuple[Expression, ...] = tuple(R(node.id) for node in calls)
    each = Map(
        id=20,
        items=Array(kept),
        item_name="lookup",
        block=Block(
            (call(21, "f", Item(20), target="count"), call(22, "g", R(21), Item(20))),
            Return(Array((R(21), R(22)))),
        ),
    )
    found = graph(*calls, each, end=Return(Array((R(20), *kept, Input("a")))))
    machine = compile_graph(found)
    assert not [finding for finding in check(machine) if finding.severity == "error"]
    text = emit_text(machine)
    assert '"sum_value"' in text
    assert '"sum"' not in text

    def handle(payload: Any) -> Any:
        return perform(payload["step"], payload["arguments"]["*"])

    firsts = [perform("f", [number]) for number in range(1, len(names) + 1)]
    inner = [[perform("f", [item]), perform("g", [perform("f", [item]), item])] for item in firsts]
    record = run(machine, {"a": 7}, handlers={"g": handle}, clock=SkippingClock())
    assert record.output == [inner, *firsts, 7]
