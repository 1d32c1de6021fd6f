"""What became of a workflow's lines, drawn."""

from __future__ import annotations

from typing import Any

from flowdeco.errors import Location
from flowdeco.graph.explanation import (
    Cost,
    Explanation,
    FunctionLines,
    Line,
    Note,
    Ordering,
    OtherState,
    Path,
    Repeated,
)
from flowdeco.views.explanation_text import explanation_document, explanation_text
from flowdeco.views.terminal import Style

GLUE = Note("glue", "str()", ("notify",), "floats have none", 1, 'f"{x:.2f}"')
EXPLANATION = Explanation(
    "flow",
    (
        FunctionLines(
            "flow",
            Location("/p.py", 9, "flow"),
            (
                Line(10, "    def flow(x):"),
                Line(11, "        a = load(x)", (Note("state", "Task", ("load",)),)),
                Line(12, ""),
                Line(
                    13,
                    "        notify(str(a))",
                    (
                        Note("state", "Task", ("notify",)),
                        GLUE,
                        Note("expression", "an argument", ("notify",)),
                        Note("expression", "the output"),
                    ),
                ),
                Line(14, "        " + "y" * 70, (Note("compile time", "compile time"),)),
                Line(
                    15,
                    "        many()",
                    (
                        Note("state", "9 × Task", tuple(f"s{i}" for i in range(9))),
                        Note("glue", "g", (), "why", 0),
                    ),
                ),
            ),
        ),
        FunctionLines("helper", Location("/p.py", 20, "helper"), ()),
    ),
    (OtherState("Return", "Succeed", "gives the output"),),
    (
        Ordering("at the same time", ("a → b", "c"), "they need nothing of each other"),
        Ordering("in order", ("a", "d"), "a call that stands alone"),
    ),
    (Path("every path", Cost(8, (Repeated("item of 'm'", Cost(1), Cost(2)),)), tuple("abcdefgh")),),
)


def test_beside_the_lines() -> None:
    assert explanation_text(EXPLANATION, Style()).splitlines() == [
        "flow  /p.py:9",
        "10  def flow(x):",
        f"11      {'a = load(x)':<56}  │ state 'load' (Task)",
        "12",
        f"13      {'notify(str(a))':<56}  │ state 'notify' (Task)",
        f"{'':64}  │ glue str() in state 'notify', +1: floats have none",
        f'{"":64}  │   without it: f"{{x:.2f}}"',
        f"{'':64}  │ expression: an argument of 'notify', the output",
        "14      " + "y" * 70,
        f"{'':64}  │ compile time",
        f"15      {'many()':<56}  │ state 's0', 's1', 's2', 's3', 's4', and 4 more (9 × Task)",
        f"{'':64}  │ glue g in state , no more states: why",
        "",
        "helper  /p.py:20",
        "",
        "states that no line stands for",
        "  Return (Succeed): gives the output",
        "",
        "at the same time",
        "  a → b | c: they need nothing of each other",
        "",
        "one after the other",
        "  a → d: a call that stands alone",
        "",
        "state transitions, retries apart",
        "  every path: 8 + 1 to 2 per item of 'm'",
        "    a → b → c → d → e → … → h",
    ]


def test_ascii_and_colour() -> None:
    plain = explanation_text(EXPLANATION, Style(unicode=False))
    assert "| state 'load' (Task)" in plain
    assert "  a -> b | c: " in plain
    assert "a -> b -> c -> d -> e -> ... -> h" in plain
    assert "\x1b[32mstate\x1b[0m 'load'" in explanation_text(EXPLANATION, Style(color=True))


def test_nothing_but_lines() -> None:
    bare = Explanation("flow", EXPLANATION.functions[1:], (), (), ())
    assert explanation_text(bare, Style()) == "helper  /p.py:20\n\nstate transitions, retries apart"


def test_as_json() -> None:
    document: dict[str, Any] = explanation_document(EXPLANATION)
    (path,) = document["paths"]
    assert path["cost"]["text"] == "8 + 1 to 2 per item of 'm'"
    assert path["cost"]["repeated"][0]["most"] == {"fixed": 2, "repeated": ()}
    assert document["functions"][0]["lines"][1]["notes"][0]["states"] == ("load",)
