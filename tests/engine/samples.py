"""A state machine with everything in it that goes on differently, and handlers for it."""

from __future__ import annotations

from typing import Any

from flowdeco.asl.parse import parse
from flowdeco.engine import TaskFailure

INVOKE = "arn:aws:states:::lambda:invoke"


def task(function: str = "f", payload: Any = "{% $states.input %}", **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": INVOKE,
        "Arguments": {"FunctionName": function, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
        **fields,
    }


def scope(states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """States in a row; the last one ends."""
    names = list(states)
    done = {}
    for name, following in zip(names, [*names[1:], None]):
        state = states[name]
        if "Next" in state or "End" in state or state["Type"] in ("Choice", "Fail", "Succeed"):
            done[name] = state
        else:
            done[name] = {**state, **({"End": True} if following is None else {"Next": following})}
    return {"StartAt": names[0], "States": done, **fields}


def machine(states: dict[str, Any], **fields: Any) -> Any:
    return parse({"QueryLanguage": "JSONata", **scope(states), **fields})


DISTRIBUTED = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}

EVERYTHING = {
    "A": task(Assign={"a": "{% $states.result.Payload %}"}),
    "W": {"Type": "Wait", "Seconds": 5},
    "P": {
        "Type": "Parallel",
        "Branches": [
            scope({"B1": task("inc", "{% $a %}", Assign={"b": 1}), "B2": task("inc", "{% $b + 1 %}")}),
            scope(
                {
                    "C1": {"Type": "Wait", "Seconds": 3},
                    "C2": task("flaky", Retry=[{"ErrorEquals": ["Boom"], "IntervalSeconds": 2}]),
                }
            ),
        ],
        "Assign": {"p": "{% $states.result %}"},
    },
    "M": {
        "Type": "Map",
        "Items": "{% [1,2,3,4] %}",
        "MaxConcurrency": 2,
        "ItemProcessor": scope(
            {
                "I1": task("inc"),
                "I2": {
                    "Type": "Choice",
                    "Choices": [{"Condition": "{% $states.input = 3 %}", "Next": "I3"}],
                    "Default": "I4",
                },
                "I3": task("flaky", Retry=[{"ErrorEquals": ["States.ALL"]}], Next="I4"),
                "I4": task("inc", "{% $states.input + $a %}"),
            }
        ),
    },
    "D": {
        "Type": "Map",
        "Items": "{% [1,2,3] %}",
        "ItemProcessor": scope({"K": task("inc"), "L": task("inc")}, **DISTRIBUTED),
        "Assign": {"d": "{% $states.result %}"},
    },
    "R": {
        "Type": "Parallel",
        "Branches": [
            scope({"F": {"Type": "Wait", "Seconds": 1}, "F2": {"Type": "Fail", "Error": "Nope"}}),
            scope({"G": {"Type": "Wait", "Seconds": 9}}),
        ],
        "Retry": [{"ErrorEquals": ["Nope"], "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["Nope"], "Next": "Z", "Output": "{% $states.errorOutput %}"}],
    },
    "Z": {"Type": "Pass", "Output": {"d": "{% $d %}", "p": "{% $p %}", "i": "{% $states.input %}"}},
}


class Flaky:
    """A handler that fails twice for each payload. `calls` counts them."""

    def __init__(self, calls: dict[str, int] | None = None) -> None:
        self.calls = dict(calls or {})

    def __call__(self, payload: Any) -> Any:
        key = repr(payload)
        self.calls[key] = self.calls.get(key, 0) + 1
        if self.calls[key] % 3:
            raise TaskFailure("Boom", "again")
        return payload


def handlers(flaky: Flaky | None = None) -> dict[str, Any]:
    return {"f": lambda p: p, "inc": lambda p: p + 1, "flaky": flaky or Flaky()}
