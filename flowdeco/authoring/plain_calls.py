"""What an ordinary call of a workflow's body is: a call of the function, which knows that it is one.

Inside, `child.run(x)` gives the child's result and `succeed` ends the workflow, as in the compiled state machine. Steps are
outside again: what they call is their own business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from itertools import count
from typing import Any

from flowdeco.errors import ExecutionFailed

_in_body: ContextVar[bool] = ContextVar("flowdeco_in_body", default=False)

in_body = _in_body.get
"""Whether a workflow's body is being called right now."""

_started = count(1)


class Succeeded(BaseException):
    """`succeed` in a plain call, on its way to the workflow that it ends."""

    def __init__(self, value: Any) -> None:
        super().__init__("succeed() ends a workflow, and none is being called here")
        self.value = value


def call_body(body: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Calls a workflow's function."""
    token = _in_body.set(True)
    try:
        return body(*args, **kwargs)
    except Succeeded as done:
        return done.value
    finally:
        _in_body.reset(token)


def call_step(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Calls a step's function out of a workflow's body."""
    token = _in_body.set(False)
    try:
        return function(*args, **kwargs)
    finally:
        _in_body.reset(token)


def run_child(name: str, body: Callable[..., Any], inputs: tuple[tuple[Any, ...], dict[str, Any]]) -> Any:
    """`child.run(x)` in a body. Raises ExecutionFailed for whatever the child raises."""
    try:
        return call_body(body, *inputs)
    except Exception as error:
        kind = type(error).__name__
        raise ExecutionFailed(
            f"workflow {name!r} failed: {kind}: {error}",
            error="States.TaskFailed",
            cause=str(error),
            error_type=kind,
            error_message=str(error),
        ) from error


def start_child(name: str, body: Callable[..., Any], inputs: tuple[tuple[Any, ...], dict[str, Any]]) -> str:
    """`child.start(x)` in a body: done at once; what it raises is logged, since nobody waits for it."""
    try:
        call_body(body, *inputs)
    except Exception:
        import logging

        logging.getLogger("flowdeco").warning(
            "workflow %r, started by another one, failed", name, exc_info=True
        )
    return f"arn:aws:states:us-east-1:123456789012:execution:{name}:plain-call-{next(_started)}"
