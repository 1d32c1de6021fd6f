"""Every finding: what, where, hint."""

from __future__ import annotations

from typing import Any

import pytest

from flowdeco.asl import parse
from flowdeco.asl.fields import shown
from flowdeco.asl.model import ChoiceRule, Map, Parallel
from flowdeco.errors import DefinitionError

END = {"Type": "Succeed"}
TYPES = "it is one of Task, Pass, Choice, Wait, Succeed, Fail, Parallel, Map"


def findings(document: Any) -> list[tuple[Any, str, str | None]]:
    with pytest.raises(DefinitionError, match="not valid Amazon States Language") as caught:
        parse(document)
    assert all(f.severity == "error" for f in caught.value.findings)
    return [(f.where, f.message, f.hint) for f in caught.value.findings]


def machine(*, B: Any = END, **state: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state, "B": B}}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (None, [("definition", "expected an object, not null", None)]),
        ([], [("definition", "expected an object, not an array", None)]),
        ("text", [("definition", 'expected an object, not "text"', None)]),
        (
            {},
            [("definition", "These fields are required: [StartAt, States]", None)],
        ),
        (
            {"StartAt": "A", "States": {}},
            [("States", "expected an object with at least one state", None)],
        ),
        (
            {"StartAt": "A", "States": [1]},
            [("States", "expected an object with at least one state", None)],
        ),
        (
            {"StartAt": 5, "States": {"A": END}},
            [("StartAt", "expected a string, not 5", None)],
        ),
        (
            {"StartAt": "Lod", "States": {"Load": END}},
            [("StartAt", "Missing 'StartAt' target: Lod", "did you mean 'Load'?")],
        ),
        (
            {"StartAt": "A", "States": {"A": END}, "Comment": 1, "Version": 1, "TimeoutSeconds": 1.5},
            [
                ("Comment", "expected a string, not 1", None),
                ("Version", "expected a string, not 1", None),
                (
                    "TimeoutSeconds",
                    'expected a whole number or an expression "{% ... %}", not 1.5',
                    None,
                ),
            ],
        ),
        (
            {"StartAt": "A", "States": {"A": END}, "TimeoutSeconds": "{% 5 %}"},
            [("TimeoutSeconds", 'expected a whole number, not "{% 5 %}"', None)],
        ),
        (
            {"StartAt": "A", "States": {"A": END}, "queryLanguage": "JSONata", "x": 1},
            [
                ("queryLanguage", "field 'queryLanguage' is not known here", "did you mean 'QueryLanguage'?"),
                ("x", "field 'x' is not known here", None),
            ],
        ),
        (
            {"StartAt": "A", "States": {"A": END}, "QueryLanguage": "JSONPATH"},
            [("QueryLanguage", 'expected "JSONPath" or "JSONata", not "JSONPATH"', None)],
        ),
        ({"StartAt": "A", "States": {"A": 5}}, [("States.A", "a state is an object, not 5", None)]),
        ({"StartAt": "A", "States": {"A": {}}}, [("States.A", "These fields are required: [Type]", TYPES)]),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Taks"}}},
            [("States.A.Type", 'there is no state type "Taks"', "did you mean 'Task'?")],
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Lambda"}}},
            [("States.A.Type", 'there is no state type "Lambda"', TYPES)],
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": ["Task"]}}},
            [("States.A.Type", "there is no state type an array", TYPES)],
        ),
    ],
)
def test_machines(document: Any, expected: list[Any]) -> None:
    assert findings(document) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (
            {"Type": "Pass"},
            [("", "a state has either Next or End: true, and this one has neither", None)],
        ),
        (
            {"Type": "Pass", "Next": "B", "End": True},
            [("", "a state has either Next or End: true, and this one has both", None)],
        ),
        (
            {"Type": "Pass", "End": False},
            [("", "a state has either Next or End: true, and this one has neither", None)],
        ),
        ({"Type": "Pass", "End": "true"}, [(".End", 'expected true or false, not "true"', None)]),
        ({"Type": "Pass", "Next": None}, [(".Next", "expected a string, not null", None)]),
        ({"Type": "Pass", "Next": {}}, [(".Next", "expected a string, not an object", None)]),
        ({"Type": "Pass", "Next": "b"}, [(".Next", "Missing 'Next' target: b", "did you mean 'B'?")]),
        (
            {"Type": "Succeed", "End": True},
            [(".End", "a Succeed has no End", "a Succeed ends the execution by itself")],
        ),
        (
            {"Type": "Fail", "Next": "B"},
            [(".Next", "a Fail has no Next", "a Fail ends the execution by itself")],
        ),
        (
            {"Type": "Choice", "End": True, "Choices": [{"Condition": True, "Next": "B"}]},
            [(".End", "a Choice has no End", "a Choice goes on where its rules or its Default say")],
        ),
        (
            {"Type": "Fail", "InputPath": "$"},
            [(".InputPath", "field 'InputPath' is not known here", None)],
        ),
        ({"Type": "Task", "End": True}, [("", "These fields are required: [Resource]", None)]),
        ({"Type": "Choice"}, [("", "These fields are required: [Choices]", None)]),
        ({"Type": "Parallel", "End": True}, [("", "These fields are required: [Branches]", None)]),
        ({"Type": "Map", "End": True}, [("", "These fields are required: [ItemProcessor]", None)]),
        (
            {"Type": "Task", "End": True, "Resource": 1, "Retries": []},
            [
                (".Retries", "field 'Retries' is not known here", "did you mean 'Retry'?"),
                (".Resource", "expected a string, not 1", None),
            ],
        ),
        (
            {"Type": "Task", "End": True, "Resource": "r", "TimeoutSeconds": True, "HeartbeatSeconds": "5"},
            [
                (
                    ".TimeoutSeconds",
                    'expected a whole number or an expression "{% ... %}", not true',
                    None,
                ),
                (
                    ".HeartbeatSeconds",
                    'expected a whole number or an expression "{% ... %}", not "5"',
                    None,
                ),
            ],
        ),
        (
            {"Type": "Task", "End": True, "Resource": "r", "Credentials": "role", "Assign": "{% $x %}"},
            [
                (".Credentials", 'expected an object or an expression "{% ... %}", not "role"', None),
                (".Assign", 'expected an object, not "{% $x %}"', None),
            ],
        ),
        (
            {"Type": "Wait", "End": True, "Seconds": float("nan")},
            [(".Seconds", 'expected a number or an expression "{% ... %}", not NaN', None)],
        ),
        (
            {"Type": "Pass", "End": True, "InputPath": 5, "ResultPath": ["$"]},
            [
                (".InputPath", "expected a string or null, not 5", None),
                (".ResultPath", "expected a string or null, not an array", None),
            ],
        ),
        (
            {"Type": "Task", "Resource": "r", "End": True, "Retry": {}, "Catch": None},
            [
                (".Retry", "expected an array, not an object", None),
                (".Catch", "expected an array, not null", None),
            ],
        ),
        (
            {
                "Type": "Task",
                "Resource": "r",
                "End": True,
                "Retry": [
                    "always",
                    {},
                    {"ErrorEquals": []},
                    {"ErrorEquals": "States.ALL"},
                    {"ErrorEquals": ["E", 5], "MaxAttempt": 1},
                    {"ErrorEquals": ["E"], "IntervalSeconds": 1.5, "BackoffRate": "2"},
                    {"ErrorEquals": ["E"], "JitterStrategy": "SOME", "MaxAttempts": None},
                ],
            },
            [
                (".Retry[0]", 'expected an object, not "always"', None),
                (".Retry[1]", "These fields are required: [ErrorEquals]", None),
                (".Retry[2].ErrorEquals", "expected an array with at least one error name", None),
                (".Retry[3].ErrorEquals", 'expected an array, not "States.ALL"', None),
                (
                    ".Retry[4].MaxAttempt",
                    "field 'MaxAttempt' is not known here",
                    "did you mean 'MaxAttempts'?",
                ),
                (".Retry[4].ErrorEquals[1]", "expected the name of an error, not 5", None),
                (".Retry[5].IntervalSeconds", "expected a whole number, not 1.5", None),
                (".Retry[5].BackoffRate", 'expected a number, not "2"', None),
                (".Retry[6].JitterStrategy", 'expected "FULL" or "NONE", not "SOME"', None),
                (".Retry[6].MaxAttempts", "expected a whole number, not null", None),
            ],
        ),
        (
            {
                "Type": "Task",
                "Resource": "r",
                "End": True,
                "Catch": [{"Next": "C"}, {"ErrorEquals": ["E"]}, {"ErrorEquals": ["E"], "Next": 1}, 7],
            },
            [
                (".Catch[0]", "These fields are required: [ErrorEquals]", None),
                (".Catch[1]", "These fields are required: [Next]", None),
                (".Catch[2].Next", "expected a string, not 1", None),
                (".Catch[3]", "expected an object, not 7", None),
                (".Catch[0].Next", "Missing 'Next' target: C", None),
            ],
        ),
        (
            {"Type": "Choice", "Default": "C", "Choices": []},
            [
                (".Choices", "expected an array with at least one rule", None),
                (".Default", "Missing 'Default' target: C", None),
            ],
        ),
        (
            {"Type": "Choice", "Choices": {"Next": "B"}},
            [(".Choices", "expected an array, not an object", None)],
        ),
    ],
)
def test_states(state: dict[str, Any], expected: list[Any]) -> None:
    # Findings about transitions come last: they are those of a whole scope.
    assert findings(machine(**state)) == [(f"States.A{where}", text, hint) for where, text, hint in expected]


NONE = "a rule has {}exactly one comparison, or And, Or, Not, and this one has {}"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (5, [("", "expected an object, not 5", None)]),
        ({"Condition": "{% true %}"}, [("", "These fields are required: [Next]", None)]),
        ({"Next": "B"}, [("", NONE.format("a Condition, or ", "none"), None)]),
        (
            {"Next": "B", "Condition": True, "Variable": "$.x"},
            [(".Variable", "field 'Variable' is not known here", None)],
        ),
        (
            {"Next": "B", "Condtion": True},
            [(".Condtion", "field 'Condtion' is not known here", "did you mean 'Condition'?")],
        ),
        (
            {"Next": "B", "Variable": "$.x", "StringEqual": "a"},
            [(".StringEqual", "field 'StringEqual' is not known here", "did you mean 'StringEquals'?")],
        ),
        (
            {"Next": "B", "Variable": "$.x", "IsNull": True, "IsString": True},
            [("", NONE.format("a Condition, or ", "IsNull and IsString"), None)],
        ),
        ({"Next": "B", "IsNull": True}, [("", "Variable is missing", None)]),
        (
            {"Next": "B", "Variable": 5, "IsNull": True},
            [(".Variable", "expected a string, not 5", None)],
        ),
        (
            {"Next": "B", "Variable": "$", "Not": {"Variable": "$", "IsNull": True}},
            [(".Variable", "only a comparison has a Variable, a combination has none", None)],
        ),
        (
            {"Next": "B", "Not": []},
            [(".Not", "expected an object, not an array", None)],
        ),
        ({"Next": "B", "And": []}, [(".And", "expected an array with at least one rule", None)]),
        ({"Next": "B", "Or": {}}, [(".Or", "expected an array, not an object", None)]),
        (
            {"Next": "B", "And": [{"Not": {}}, 1, {"Variable": "$", "IsNull": True, "Next": "B"}]},
            [
                (".And[0].Not", NONE.format("", "none"), None),
                (".And[1]", "expected an object, not 1", None),
                (".And[2].Next", "field 'Next' is not known here", None),
            ],
        ),
        (
            {"Next": "B", "Or": [{"Comment": 5, "Variable": "$", "IsNull": True}]},
            [(".Or[0].Comment", "expected a string, not 5", None)],
        ),
    ],
)
def test_rules(rule: Any, expected: list[Any]) -> None:
    found = findings(machine(Type="Choice", Choices=[rule]))
    assert found == [(f"States.A.Choices[0]{where}", text, hint) for where, text, hint in expected]


def test_scopes_inside() -> None:
    bad_scope = {"StartAt": "X", "States": {"Y": {"Type": "Pass", "Next": "A"}}, "TimeoutSeconds": 5}
    document = machine(
        Type="Parallel",
        End=True,
        Branches=[bad_scope, 5],
        B={
            "Type": "Map",
            "End": True,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "inline", "Type": "EXPRESS"},
                "StartAt": "Y",
                "Mode": "INLINE",
                "States": {"Y": {"Type": "Nope"}},
            },
        },
    )
    assert findings(document) == [
        (
            "States.A.Branches[0].TimeoutSeconds",
            "field 'TimeoutSeconds' is not known here",
            None,
        ),
        ("States.A.Branches[0].StartAt", "Missing 'StartAt' target: X", None),
        ("States.A.Branches[0].States.Y.Next", "Missing 'Next' target: A", None),
        ("States.A.Branches[1]", "expected an object, not 5", None),
        ("States.B.ItemProcessor.Mode", "field 'Mode' is not known here", None),
        (
            "States.B.ItemProcessor.ProcessorConfig.Type",
            "field 'Type' is not known here",
            None,
        ),
        (
            "States.B.ItemProcessor.ProcessorConfig.Mode",
            'expected "INLINE" or "DISTRIBUTED", not "inline"',
            None,
        ),
        ("States.B.ItemProcessor.States.Y.Type", 'there is no state type "Nope"', TYPES),
    ]


@pytest.mark.parametrize("config", [None, [], "INLINE"])
def test_a_processor_config_is_an_object(config: Any) -> None:
    inner = {"ProcessorConfig": config, "StartAt": "X", "States": {"X": END}}
    assert findings(machine(Type="Map", End=True, ItemProcessor=inner)) == [
        ("States.A.ItemProcessor.ProcessorConfig", f"expected an object, not {shown(config)}", None)
    ]


def test_the_old_name_of_the_item_processor() -> None:
    inner = {"StartAt": "X", "States": {"X": END}}
    state = parse(machine(Type="Map", End=True, Iterator=inner)).States["A"]
    assert isinstance(state, Map)
    assert state.ItemProcessor.StartAt == "X"
    both = machine(Type="Map", End=True, Iterator=inner, ItemProcessor=inner)
    assert findings(both) == [
        ("States.A", "a Map has either ItemProcessor or Iterator, its old name", None),
    ]
    broken = machine(Type="Map", End=True, Iterator=5)
    assert findings(broken) == [("States.A.Iterator", "expected an object, not 5", None)]


def test_missing_targets_have_the_code_of_the_service() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(machine(Type="Pass", Next="C", Comment=5))
    assert [finding.code for finding in caught.value.findings] == [
        "SCHEMA_VALIDATION_FAILED",
        "MISSING_TRANSITION_TARGET",
    ]


def test_what_is_accepted() -> None:
    rule = {
        "Next": "B",
        "Comment": "c",
        "Or": [
            {"Comment": "d", "Variable": "$.x", "NumericEqualsPath": "$.y"},
            {"Not": {"And": [_is_null()]}},
        ],
    }
    choice = parse(machine(Type="Choice", Choices=[rule])).States["A"]
    assert getattr(choice, "Choices", None) == (ChoiceRule("B", comparison={"Or": rule["Or"]}, Comment="c"),)
    empty = parse(machine(Type="Parallel", End=True, Branches=[], Retry=[], Catch=[])).States["A"]
    assert empty == Parallel(Branches=())


def _is_null() -> dict[str, Any]:
    return {"Variable": "$.z", "IsNull": True}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "an object"),
        ([1], "an array"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ("é", '"é"'),
        ("x" * 80, "a string"),
        (10**80, "a number"),
    ],
)
def test_values_in_messages(value: Any, text: str) -> None:
    assert shown(value) == text
