from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from flowdeco.asl import emit, emit_text
from flowdeco.asl.emit import STATE_FIELDS
from flowdeco.asl.model import (
    UNSET,
    Catcher,
    Choice,
    ChoiceRule,
    Fail,
    ItemProcessor,
    Map,
    Parallel,
    Pass,
    Retrier,
    State,
    StateMachine,
    States,
    Succeed,
    Task,
    Wait,
)


def emitted(state: State) -> dict[str, Any]:
    document: dict[str, Any] = emit(StateMachine(StartAt="A", States={"A": state}))
    state_document: dict[str, Any] = document["States"]["A"]
    return state_document


def test_every_field_of_the_model_has_a_place() -> None:
    kinds: tuple[type[State], ...] = (Task, Pass, Choice, Wait, Succeed, Fail, Parallel, Map)
    assert {f.name for kind in kinds for f in fields(kind)} | {"Type"} == set(STATE_FIELDS)


def test_a_task_reads_in_order() -> None:
    task = Task(
        Resource="arn",
        Next="B",
        Catch=(Catcher(("E",), "B", Output=None, Assign={"e": 1}, Comment="c"),),
        Retry=(Retrier(("E", "F"), MaxAttempts=2, Comment="r", JitterStrategy="FULL", BackoffRate=2),),
        Arguments={"z": 1, "a": 2},
        Comment="what",
        TimeoutSeconds=5,
    )
    document = emitted(task)
    assert list(document) == [
        *("Type", "Comment", "Resource", "Arguments", "TimeoutSeconds", "Retry", "Catch", "Next"),
    ]
    assert list(document["Arguments"]) == ["z", "a"]
    assert document["Retry"][0] == {
        "ErrorEquals": ["E", "F"],
        "MaxAttempts": 2,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
        "Comment": "r",
    }
    assert list(document["Catch"][0]) == ["ErrorEquals", "Assign", "Output", "Comment", "Next"]
    assert document["Catch"][0]["Output"] is None


def test_the_head_of_a_machine() -> None:
    machine = StateMachine(
        StartAt="A",
        States={"A": Succeed()},
        Version="1.0",
        TimeoutSeconds=9,
        QueryLanguage="JSONata",
        Comment="c",
    )
    assert list(emit(machine)) == [
        *("Comment", "QueryLanguage", "TimeoutSeconds", "Version", "StartAt", "States"),
    ]


@pytest.mark.parametrize(
    ("state", "document"),
    [
        (Pass(), {"Type": "Pass", "End": True}),
        (Pass(Next="A"), {"Type": "Pass", "Next": "A"}),
        (Pass(Output=None, Result=False), {"Type": "Pass", "Result": False, "Output": None, "End": True}),
        (Pass(InputPath=None), {"Type": "Pass", "InputPath": None, "End": True}),
        (Wait(Seconds=0), {"Type": "Wait", "Seconds": 0, "End": True}),
        (Fail(Error="E", Cause=""), {"Type": "Fail", "Error": "E", "Cause": ""}),
        (Succeed(Output=[]), {"Type": "Succeed", "Output": []}),
        (Parallel(Branches=()), {"Type": "Parallel", "Branches": [], "End": True}),
        (
            Choice(Choices=(ChoiceRule("A", Condition=None, Output=1),)),
            {"Type": "Choice", "Choices": [{"Condition": None, "Output": 1, "Next": "A"}]},
        ),
        (
            Choice(Choices=(ChoiceRule("A", comparison={"Variable": "$.x", "IsNull": True}),), Default="A"),
            {
                "Type": "Choice",
                "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "A"}],
                "Default": "A",
            },
        ),
    ],
)
def test_absent_null_and_empty(state: State, document: dict[str, Any]) -> None:
    assert json.dumps(emitted(state)) == json.dumps(document)


def test_item_processors() -> None:
    inner = {"StartAt": "B", "States": {"B": Succeed()}}
    plain = {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, plain),
        ({"Mode": "INLINE"}, {"ProcessorConfig": {"Mode": "INLINE"}, **plain}),
        (
            {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS", "Comment": "c"},
            {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                "Comment": "c",
                **plain,
            },
        ),
    ]
    for extra, document in cases:
        state = emitted(Map(ItemProcessor=ItemProcessor(**inner, **extra)))
        assert json.dumps(state["ItemProcessor"]) == json.dumps(document)
    branch = emitted(Parallel(Branches=(States(**inner),)))
    assert branch["Branches"] == [plain]


def test_text_is_indented_utf8_json() -> None:
    machine = StateMachine(StartAt="Größe", States={"Größe": Succeed(Comment="日本")})
    text = emit_text(machine)
    assert '  "StartAt": "Größe",\n' in text
    assert text.endswith("}\n")
    assert json.loads(text) == emit(machine)


def test_unset_is_false_and_says_its_name() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
