"""An execution for people: what it was given, which steps it went through, what came of it, or why nothing did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flowdeco.errors import ExecutionFailed
from flowdeco.history import Event, ExecutionRecord, StepRecord, steps
from flowdeco.views.places_text import file_text
from flowdeco.views.quantities_text import count_text, duration_text, line_text, moment_text, value_text
from flowdeco.views.table_text import table_text
from flowdeco.views.terminal import Style

JSON = Any

STATUS_LOOKS = {
    "SUCCEEDED": "green",
    "CAUGHT": "yellow",
    "RUNNING": "cyan",
    "FAILED": "red",
    "TIMED_OUT": "red",
    "ABORTED": "yellow",
}
_SHAPE = ("Parallel", "Choice", "Pass", "Succeed")
_FEW = 3
"""Up to so many stays in a state of a Map are listed one by one."""
_ATTEMPTS = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")
_FAILURES = ("TaskFailed", "TaskTimedOut", "LambdaFunctionFailed", "LambdaFunctionTimedOut")


def execution_text(
    record: ExecutionRecord,
    failure: ExecutionFailed | None,
    style: Style,
    *,
    source: str,
    path: str,
    now: float,
) -> str:
    """Everything on one page. `failure`: why it has no result; `source`: the workflow's file; `path`: the record's."""
    status = style.paint(record.status, "bold", STATUS_LOOKS[record.status])
    seconds = (now if record.stopped is None else record.stopped) - record.started
    facts = [
        ("workflow", f"{record.state_machine} ({file_text(source)})" if source else record.state_machine),
        ("started", moment_text(record.started)),
        ("recorded", file_text(path)),
    ]
    parts = [
        f"{style.paint(record.name, 'bold')}  {status}  {duration_text(seconds)}\n"
        + "\n".join(f"{style.paint(f'{label:9}', 'dim')} {text}" for label, text in facts),
        values_text("inputs", record.input, style),
        steps_text(steps(record.events), style, now),
    ]
    if record.status == "SUCCEEDED":
        parts.append(f"{style.paint('output', 'bold')}\n  {value_text(record.output, 2000)}")
    elif failure is not None:
        parts.append(failure_text(record, failure, style))
    return "\n\n".join(part for part in parts if part)


def failure_text(record: ExecutionRecord, failure: ExecutionFailed, style: Style) -> str:
    """Why an execution has no result: the step, the user's own traceback, what the step was given, what to do."""
    told = line_text(failure.message) if failure.stack_trace else failure.message
    parts = [f"{style.paint('error:', 'bold', 'red')} {told}"]
    if failure.stack_trace:
        trace = "".join(failure.stack_trace).rstrip("\n")
        parts.append(f"Traceback (most recent call last):\n{trace}\n{_exception(failure, style)}")
    arguments = failed_arguments(record)
    if arguments is not None:
        parts.append(values_text(f"inputs of {failure.step or 'the step'}", arguments, style))
    if failure.hint:
        parts.append(f"{style.paint('hint:', 'cyan')} {failure.hint}")
    return "\n\n".join(part for part in parts if part)


def failed_arguments(record: ExecutionRecord) -> JSON | None:
    """What the step was called with whose failure ended the execution. None when no call of a step did."""
    by_id: dict[int, Event] = {event.id: event for event in record.events}
    ended = (record.error, record.cause)
    same = [
        event
        for event in record.events
        if event.type in _FAILURES and (event.details.get("error"), event.details.get("cause")) == ended
    ]
    event = same[-1] if same else None
    while event is not None and event.type not in _ATTEMPTS:
        event = by_id.get(event.previous_event_id)
    if event is None:
        return None
    given = event.details.get("parameters", event.details.get("input"))
    match given:
        case {"Payload": {"step": str(), **payload}}:
            return payload.get("arguments", {})
        case _:
            return given


def values_text(title: str, values: JSON, style: Style) -> str:
    """Named values, one a line. Nothing when there are none."""
    if not isinstance(values, Mapping):
        return f"{style.paint(title, 'bold')}\n  {value_text(values)}"
    if not values:
        return ""
    lines = [f"  {name} = {value_text(value)}" for name, value in values.items()]
    return "\n".join([style.paint(title, "bold"), *lines])


def steps_text(records: Sequence[StepRecord], style: Style, now: float) -> str:
    """A table of the steps. In a Map with many items, the stays in a state are one row."""
    groups: dict[tuple[str, ...], list[StepRecord]] = {}
    for record in records:
        if record.type not in _SHAPE:
            groups.setdefault((*_places(record, numbered=False), record.name), []).append(record)
    rows: list[list[tuple[str, str]]] = []
    for key, group in groups.items():
        if len(key) > 1 and len(group) > _FEW:
            rows.append(_row(" › ".join(key), group, style, now))
        else:
            rows += [
                _row(" › ".join([*_places(one, numbered=True), one.name]), [one], style, now) for one in group
            ]
    return table_text(["step", "attempts", "time", "status"], rows, style) if rows else ""


def _places(record: StepRecord, *, numbered: bool) -> Iterable[str]:
    """The Maps around a step, with the iteration or without; branches are told by the names already."""
    for place in record.path:
        if place.endswith("]"):
            yield place if numbered else re.sub(r"\[\d+\]$", "", place)


def _row(name: str, group: Sequence[StepRecord], style: Style, now: float) -> list[tuple[str, str]]:
    """A row for stays in a state: of several, the sum of attempts, the time from first to last, and counts."""
    begin = min(one.started for one in group)
    end = max(now if one.stopped is None else one.stopped for one in group)
    counts: dict[str, int] = {}
    for one in group:
        counts[one.status] = counts.get(one.status, 0) + 1
    worst = next(status for status in reversed(STATUS_LOOKS) if status in counts)
    worst = "FAILED" if "FAILED" in counts else worst
    status = ", ".join(
        word.lower().replace("_", " ") if len(group) == 1 else f"{count:,} {word.lower().replace('_', ' ')}"
        for word, count in counts.items()
    )
    if len(group) > 1:
        name += f" ({count_text(len(group), 'time')})"
    return [
        (name, ""),
        (f"{sum(one.attempts for one in group):,}", ""),
        (duration_text(end - begin), ""),
        (status, STATUS_LOOKS[worst]),
    ]


def _exception(failure: ExecutionFailed, style: Style) -> str:
    name = style.paint(failure.error_type or failure.error or "", "bold", "red")
    return f"{name}: {failure.error_message}" if failure.error_message else name
