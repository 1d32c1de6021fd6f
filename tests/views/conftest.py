from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flowdeco.asl.parse import parse
from flowdeco.engine import Execution as EngineExecution
from flowdeco.engine import Handler, Identity, SkippingClock
from flowdeco.history import Event, ExecutionRecord


def _closed(states: dict[str, Any]) -> dict[str, Any]:
    """A scope of these states; the last has no way on."""
    names = list(states)
    closed = {}
    for name, following in zip(names, [*names[1:], None]):
        state = dict(states[name])
        if state["Type"] not in ("Fail", "Succeed", "Choice") and "Next" not in state and "End" not in state:
            state |= {"Next": following} if following else {"End": True}
        closed[name] = state
    return {"StartAt": names[0], "States": closed}


def _task(function: str, payload: Any = "{% $states.input %}", **fields: Any) -> dict[str, Any]:
    arguments = {"FunctionName": function, "Payload": payload}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": arguments, **fields}


def _run(
    states: dict[str, Any],
    handlers: dict[str, Handler],
    *,
    input: Any = None,
    on_event: Callable[[Event], None] | None = None,
    on_child_event: Callable[[str, Event], None] | None = None,
    **fields: Any,
) -> ExecutionRecord:
    machine = parse({"QueryLanguage": "JSONata", **_closed(states), **fields})
    return EngineExecution(
        machine,
        input or {},
        handlers=handlers,
        identity=Identity("album-1", "album"),
        clock=SkippingClock(),
        on_event=on_event,
        on_child_event=on_child_event,
    ).run()


@pytest.fixture
def scope() -> Callable[..., dict[str, Any]]:
    """States as a scope, one after the other."""
    return _closed


@pytest.fixture
def task() -> Callable[..., dict[str, Any]]:
    """A Task that invokes a function."""
    return _task


@pytest.fixture
def execute() -> Callable[..., ExecutionRecord]:
    """Runs states one after the other, on this thread, in no time."""
    return _run
