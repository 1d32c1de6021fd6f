"""Why an execution did not succeed, told from its record alone: the step, the original exception, and what to do.

Owns how errors of the service read to people: which state failed, what Python exception its cause carries, and the hints
for errors that no step raised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowdeco.errors import ExecutionAborted, ExecutionFailed, ExecutionTimedOut, Location
from flowdeco.history import ExecutionRecord, StepRecord, steps
from flowdeco.runtime import RAISED


def failure(record: ExecutionRecord, places: Mapping[str, Location] | None = None) -> ExecutionFailed:
    """The exception for an execution that did not succeed, told from its record alone.

    `places`: where in the user's source each state comes from, by its name.
    """
    kinds = {"TIMED_OUT": ExecutionTimedOut, "ABORTED": ExecutionAborted}
    kind = kinds.get(record.status, ExecutionFailed)
    at, (error, cause) = _failed_state(record), _original(record)
    body = _body(cause)
    what, text = (
        (body.get("errorType") or error, body.get("errorMessage", cause)) if body else _raised(error, cause)
    )
    where = f"step {at.name!r}" if at is not None else f"execution {record.name!r}"
    ended = {"TIMED_OUT": "ran past the time-out of the workflow", "ABORTED": "was stopped"}
    message = f"{where} failed: {what}" + (f": {text}" if text else "")
    if record.status in ended:
        message = f"execution {record.name!r} {ended[record.status]}"
    return kind(
        message,
        location=(places or {}).get(at.name) if at is not None else None,
        hint=_hint(record.error or "", record.cause or ""),
        error=record.error,
        cause=record.cause,
        step=at.name if at is not None else None,
        error_type=what,
        error_message=text,
        stack_trace=[line for line in body.get("stackTrace", ()) if not str(line).startswith(RAISED)],
    )


def _raised(error: str | None, cause: str | None) -> tuple[str | None, str | None]:
    """The exception that an expression failed with where Python would have raised one: `D3137: KeyError: 'k'`."""
    _, said, text = (cause or "").rpartition("threw an error during evaluation. D3137: ")
    name, _, message = text.partition(": ")
    return (name, message) if said and name.isidentifier() else (error, cause)


def _failed_state(record: ExecutionRecord) -> StepRecord | None:
    """The innermost state whose error ended the execution."""
    failed = [s for s in steps(record.events) if s.status in ("FAILED", "TIMED_OUT") and s.error is not None]
    tasks = (s for s in failed if s.type == "Task" and s.error == record.error)
    return next(tasks, failed[-1] if failed else None)


def _original(record: ExecutionRecord) -> tuple[str | None, str | None]:
    """What went wrong first, error and cause: a distributed map tells only that iterations failed, a child its whole end."""
    error, cause = record.error, record.cause
    if error == "States.ExceedToleratedFailureThreshold":
        cause = next((f.cause for run in record.map_runs for f in run.failures if f.cause), cause)
    while error == "States.TaskFailed":
        child = _document(cause)
        if "ExecutionArn" not in child:
            break
        error, cause = child.get("Error"), child.get("Cause")
    return error, cause


_HINTS = (
    ("States.Timeout", "", "the step ran longer than its timeout: make it faster, or raise timeout="),
    (
        "States.Runtime",
        "maximum number of history events",
        "an execution's history holds 25,000 events: map with f.map(xs, distributed=True), where each iteration has its own",
    ),
    (
        "States.DataLimitExceeded",
        "",
        "nothing between states may be over 256 KiB: return large values one by one (they travel as references), "
        "or map fewer items at a time",
    ),
    ("Runtime.ExitError", "", "a step must return or raise, not end its process"),
    (
        "States.QueryEvaluationError",
        '"$type":"reference"',
        "the list is too large to travel inside the state machine: return fewer or smaller items, or loop in a step",
    ),
    (
        "States.QueryEvaluationError",
        "",
        "the workflow looks into a value that is not there, not as expected, or too large to travel inside the state "
        "machine: check what the step returns, and annotate it",
    ),
    (
        "States.ExceedToleratedFailureThreshold",
        "",
        "an iteration of the distributed map failed",
    ),
)
"""Error name, part of the cause (empty: any), what to do."""


def _hint(error: str, cause: str) -> str | None:
    return next((hint for name, part, hint in _HINTS if name == error and part in cause), None)


def _body(cause: str | None) -> dict[str, Any]:
    """The error body that a step's failure carries in its cause."""
    body = _document(cause)
    return body if "errorType" in body else {}


def _document(cause: str | None) -> dict[str, Any]:
    """The JSON object that a cause is; empty when it is none."""
    try:
        body = json.loads(cause or "")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
