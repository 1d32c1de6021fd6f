"""What `run --json` and `show --json` print: one JSON document, its fields always the same."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Any

from flowdeco.errors import ExecutionFailed, FlowdecoError, Location
from flowdeco.history import ExecutionRecord, StepRecord, steps

JSON = Any


def record_document(
    record: ExecutionRecord, *, path: Path, error: ExecutionFailed | None = None, output: JSON = None
) -> dict[str, JSON]:
    """The document of an execution. `output` replaces the encoded one. Times are seconds since 1970."""
    return {
        "name": record.name,
        "status": record.status,
        "output": record.output if output is None else output,
        "error": record.error,
        "cause": record.cause,
        "step": None if error is None else error.step,
        "started": record.started,
        "stopped": record.stopped,
        "steps": [_step(one) for one in steps(record.events)],
        "recorded": str(path),
    }


def rejection_document(error: FlowdecoError) -> dict[str, JSON]:
    """The same document when nothing was executed: `status` is null, `cause` says why."""
    where = error.location
    return {
        "name": None,
        "status": None,
        "output": None,
        "error": type(error).__name__,
        "cause": str(error),
        "step": None,
        "started": None,
        "stopped": None,
        "steps": [],
        "recorded": None,
        "where": str(where) if isinstance(where, Location) else where,
    }


def _step(one: StepRecord) -> dict[str, JSON]:
    return {
        "name": one.name,
        "type": one.type,
        "path": list(one.path),
        "status": one.status,
        "attempts": one.attempts,
        "started": one.started,
        "stopped": one.stopped,
        "error": one.error,
        "cause": one.cause,
    }


def result_text(value: object) -> str:
    """A workflow's result for people and scripts: text as it is, JSON when it is exactly that, else its repr.

    >>> print(result_text({"auc": 0.5}), result_text((1, 2)), result_text("done"))
    {
      "auc": 0.5
    } (1, 2) done
    """
    if type(value) is str:
        return value
    if is_json(value):
        return json.dumps(value, indent=2, ensure_ascii=False)
    try:
        if isinstance(value, dict | list | tuple | set | frozenset):
            from pprint import pformat

            return pformat(value, width=100, sort_dicts=False)
        return repr(value)
    except Exception as error:  # the user's own __repr__
        return f"<{type(value).__name__}, whose repr raised {type(error).__name__}: {error}>"


def is_json(value: object) -> bool:
    """Whether JSON gives the very same value back."""
    kind = type(value)
    if kind is list:
        return all(is_json(item) for item in value)  # type: ignore[attr-defined]
    if kind is dict:
        return all(type(key) is str and is_json(item) for key, item in value.items())  # type: ignore[attr-defined]
    if kind is float:
        return isfinite(value)  # type: ignore[arg-type]
    return value is None or kind in (str, int, bool)
