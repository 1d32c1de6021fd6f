"""State machine → the JSON document the service takes. Canonical: the same machine gives the same bytes.

The service compares definitions as text, so the order of keys and the white space here are part of the contract. The fields
of Amazon States Language are in the order given here, however they came; the order of states, and of keys inside
templates and comparisons, is the machine's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from flowdeco.asl.model import (
    JSON,
    Catcher,
    ChoiceRule,
    ItemProcessor,
    Retrier,
    State,
    StateMachine,
    States,
)

STATE_FIELDS = (
    "Type",
    "QueryLanguage",
    "Comment",
    "Resource",
    "Credentials",
    "InputPath",
    "Parameters",
    "Arguments",
    "Result",
    "Items",
    "ItemsPath",
    "ItemReader",
    "ItemSelector",
    "ItemBatcher",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "Label",
    "ItemProcessor",
    "ResultWriter",
    "Branches",
    "Choices",
    "Default",
    "Seconds",
    "SecondsPath",
    "Timestamp",
    "TimestampPath",
    "Error",
    "ErrorPath",
    "Cause",
    "CausePath",
    "TimeoutSeconds",
    "TimeoutSecondsPath",
    "HeartbeatSeconds",
    "HeartbeatSecondsPath",
    "ResultSelector",
    "ResultPath",
    "Assign",
    "Output",
    "OutputPath",
    "Retry",
    "Catch",
    "Next",
)
"""Every field of every state, in the order they are written: as a person reads a state, what it does before
what becomes of it and where it goes."""


def emit(machine: StateMachine) -> dict[str, JSON]:
    """The definition as a JSON-able dict, keys in canonical order.

    >>> from flowdeco.asl.model import Pass, StateMachine
    >>> emit(StateMachine(StartAt="A", States={"A": Pass()}))
    {'StartAt': 'A', 'States': {'A': {'Type': 'Pass', 'End': True}}}
    """
    document = _head(machine)
    if machine.TimeoutSeconds is not None:
        document["TimeoutSeconds"] = machine.TimeoutSeconds
    if machine.Version is not None:
        document["Version"] = machine.Version
    document["StartAt"] = machine.StartAt
    document["States"] = _states(machine.States)
    return document


def emit_text(machine: StateMachine) -> str:
    """The definition as text, two spaces of indentation, a line break at the end.

    >>> from flowdeco.asl.model import StateMachine, Succeed
    >>> print(emit_text(StateMachine(StartAt="A", States={"A": Succeed()})), end="")
    {
      "StartAt": "A",
      "States": {
        "A": {
          "Type": "Succeed"
        }
      }
    }
    """
    return json.dumps(emit(machine), indent=2, ensure_ascii=False) + "\n"


def _head(scope: States) -> dict[str, JSON]:
    head: dict[str, JSON] = {}
    if scope.Comment is not None:
        head["Comment"] = scope.Comment
    if scope.QueryLanguage is not None:
        head["QueryLanguage"] = scope.QueryLanguage
    return head


def _scope(scope: States) -> dict[str, JSON]:
    document: dict[str, JSON] = {}
    if isinstance(scope, ItemProcessor) and (scope.Mode or scope.ExecutionType):
        config = {"Mode": scope.Mode, "ExecutionType": scope.ExecutionType}
        document["ProcessorConfig"] = {k: v for k, v in config.items() if v is not None}
    document |= _head(scope)
    document["StartAt"] = scope.StartAt
    document["States"] = _states(scope.States)
    return document


def _states(states: Mapping[str, State]) -> dict[str, JSON]:
    return {name: _state(state) for name, state in states.items()}


def _state(state: State) -> dict[str, JSON]:
    document: dict[str, JSON] = {"Type": type(state).__name__}
    for name, absent in _FIELDS[type(state)]:
        value = getattr(state, name)
        if value is absent or (absent == () and not value):
            continue
        document[name] = _value(name, value)
    if getattr(state, "Next", "no such field") is None:
        document["End"] = True
    return document


def _value(name: str, value: Any) -> JSON:
    match name:
        case "ItemProcessor":
            return _scope(value)
        case "Branches":
            return [_scope(branch) for branch in value]
        case "Choices" | "Retry" | "Catch":
            return [_entry(entry) for entry in value]
        case _:
            return value


def _entry(entry: Retrier | Catcher | ChoiceRule) -> dict[str, JSON]:
    document: dict[str, JSON] = {}
    for name, absent in _FIELDS[type(entry)]:
        value = getattr(entry, name)
        if value is absent:
            continue
        if name == "comparison":
            document |= value
        else:
            document[name] = list(value) if name == "ErrorEquals" else value
    return document


def _fields_of(kind: type, order: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
    """(field, the value that means it is absent): null is a value for fields that default to UNSET."""
    default = {field.name: field.default for field in fields(kind)}
    return tuple((name, default[name]) for name in order if name in default)


# A reader looks for what is matched first and for where it leads last.
_ENTRY_FIELDS = (
    *("ErrorEquals", "Condition", "comparison", "IntervalSeconds", "MaxAttempts", "BackoffRate"),
    *("MaxDelaySeconds", "JitterStrategy", "Assign", "Output", "ResultPath", "Comment", "Next"),
)
_FIELDS: dict[type, tuple[tuple[str, Any], ...]] = {
    **{kind: _fields_of(kind, STATE_FIELDS) for kind in State.__args__},
    **{kind: _fields_of(kind, _ENTRY_FIELDS) for kind in (Retrier, Catcher, ChoiceRule)},
}
