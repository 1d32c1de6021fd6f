"""Which variables a state sees, and what it may assign."""

from __future__ import annotations

from typing import Any

import pytest

from flowdeco.asl import check, variable_references
from flowdeco.asl.reads import path_variables

CODES = {"UNDEFINED_VARIABLE", "MAYBE_UNDEFINED_VARIABLE"}


def machine(**states: Any) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}


def passes(following: str | None = None, reads: str | None = None, **assign: Any) -> dict[str, Any]:
    state: dict[str, Any] = {"Type": "Pass", **({"Next": following} if following else {"End": True})}
    if reads is not None:
        state["Output"] = f"{{% {reads} %}}"
    return {**state, "Assign": assign} if assign else state


def found(definition: dict[str, Any]) -> list[tuple[str, str]]:
    return [(str(f.where), f.code) for f in check(definition)]


def test_a_variable_is_there_from_the_next_state_on() -> None:
    assert found(machine(A=passes("B", x=1), B=passes(reads="$x + 1"))) == []
    late = machine(A=passes("B", reads="$x", x=1), B=passes(y=1))
    assert found(late) == [("States.A.Output", "UNDEFINED_VARIABLE")]


def test_not_every_way_assigns_it() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Condition": True, "Next": "B", "Assign": {"z": 1}}],
        "Default": "C",
    }
    definition = machine(A=choice, B=passes("C", x=1, y=1), C=passes(reads="$x + $z"))
    assert found(definition) == [("States.C.Output", "MAYBE_UNDEFINED_VARIABLE")] * 2
    definition["States"]["C"] = passes(reads="$exists($x) ? $x : 1")
    assert found(definition) == []


def test_loops() -> None:
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% $n < 3 %}", "Next": "B"}], "Default": "C"}
    looping = machine(Zero=passes("A", n=0), A=choice, B=passes("A", n="{% $n + 1 %}"), C=passes(reads="$n"))
    assert found(looping) == []


def test_catchers_assign_what_follows_them() -> None:
    work = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Next": "B",
        "Assign": {"good": "{% $states.result %}"},
        "Catch": [
            {"ErrorEquals": ["States.ALL"], "Next": "C", "Assign": {"bad": "{% $states.errorOutput %}"}}
        ],
    }
    assert found(machine(A=work, B=passes(reads="$good"), C=passes(reads="$bad"))) == []
    assert found(machine(A=work, B=passes(reads="$bad"), C=passes(reads="$good"))) == [
        ("States.B.Output", "UNDEFINED_VARIABLE"),
        ("States.C.Output", "UNDEFINED_VARIABLE"),
    ]


def inner(state: dict[str, Any], **config: Any) -> dict[str, Any]:
    processor: dict[str, Any] = {"StartAt": "In", "States": {"In": state}}
    if config:
        processor["ProcessorConfig"] = config
    return {"Type": "Map", "ItemProcessor": processor, "End": True}


def test_scopes() -> None:
    where = "States.B.ItemProcessor.States.In"
    first = passes("B", x=1)
    assert found(machine(A=first, B=inner(passes(reads="$x")))) == []
    assert found(machine(A=first, B=inner(passes(x=2)))) == [
        (f"{where}.Assign.x", "SCHEMA_VALIDATION_FAILED")
    ]
    apart = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    (finding,) = check(machine(A=first, B=inner(passes(reads="$x"), **apart)))
    assert (finding.where, finding.code) == (f"{where}.Output", "UNDEFINED_VARIABLE")
    assert finding.hint is not None
    assert finding.hint.startswith("a distributed Map cannot read variables around it")
    assert found(machine(A=first, B=inner(passes(x=2), **apart))) == []
    nested = inner(
        {
            "Type": "Parallel",
            "Branches": [{"StartAt": "D", "States": {"D": passes(reads="$x")}}],
            "End": True,
        },
        **apart,
    )
    (finding,) = check(machine(A=first, B=nested))
    assert finding.hint is not None
    assert finding.hint.startswith("a distributed Map")


def test_variables_stay_in_their_scope() -> None:
    mapped = {**inner(passes(y=1)), "Next": "C"}
    del mapped["End"]
    assert found(machine(A=mapped, C=passes(reads="$y"))) == [("States.C.Output", "UNDEFINED_VARIABLE")]


def test_states_that_are_never_reached_are_not_asked() -> None:
    definition = machine(A=passes(), B=inner(passes(reads="$x")))
    assert found(definition)[0] == ("States.B", "MISSING_TRANSITION_TARGET")
    assert len(found(definition)) == 2  # but what is in them is


def test_what_does_not_parse_reads_nothing() -> None:
    assert variable_references(machine(A=passes(reads="$x +"), B=passes(reads="$x + $y"))) == {
        "B": ["x", "y"]
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("$x", {"x"}),
        ("$.x$y", set()),
        ("$$.Execution", set()),
        ("$rows[?(@.n==$least && @.k=='$no')]", {"rows", "least"}),
        ("States.MathAdd($a,$b)", {"a", "b"}),
        ("$.rows[0]", set()),
    ],
)
def test_paths(text: str, names: set[str]) -> None:
    assert path_variables(text) == names
