from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flowdeco.asl.parse import parse
from flowdeco.engine import SkippingClock, run
from flowdeco.history import ExecutionRecord

INVOKE = "arn:aws:states:::lambda:invoke"


def _machine(states: dict[str, Any], **fields: Any) -> Any:
    """A JSONata machine that starts with its first state; a state without Next ends."""
    return parse(
        {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": _closed(states), **fields}
    )


def _closed(states: dict[str, Any]) -> dict[str, Any]:
    done = {}
    for name, state in states.items():
        ends = "Next" in state or state["Type"] in ("Choice", "Succeed", "Fail")
        done[name] = state if ends else {**state, "End": True}
    return done


def _scope(states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": _closed(states), **fields}


def _task(function: str = "f", payload: Any = "{% $states.input %}", **fields: Any) -> dict[str, Any]:
    """A Task that calls a function and outputs what it returns."""
    return {
        "Type": "Task",
        "Resource": INVOKE,
        "Arguments": {"FunctionName": function, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
        **fields,
    }


@pytest.fixture
def machine() -> Callable[..., Any]:
    return _machine


@pytest.fixture
def scope() -> Callable[..., dict[str, Any]]:
    return _scope


@pytest.fixture
def task() -> Callable[..., dict[str, Any]]:
    return _task


@pytest.fixture
def play() -> Callable[..., ExecutionRecord]:
    """Runs states in skipping time: `play(states, input, f=handler, fields={...})`."""

    def play(
        states: dict[str, Any],
        input: Any = None,
        *,
        fields: dict[str, Any] | None = None,
        clock: Any = None,
        workers: int = 0,
        seed: int = 0,
        on_event: Any = None,
        on_child_event: Any = None,
        objects: Any = None,
        **handlers: Any,
    ) -> ExecutionRecord:
        return run(
            _machine(states, **(fields or {})),
            {} if input is None else input,
            handlers=handlers,
            objects=objects,
            clock=clock or SkippingClock(),
            workers=workers,
            seed=seed,
            on_event=on_event,
            on_child_event=on_child_event,
        )

    return play
