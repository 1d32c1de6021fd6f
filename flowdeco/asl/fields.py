"""What the fields of Amazon States Language may hold, as far as it can be told without the query language.

Fields that take any JSON (`Arguments`, `Output`, `Result`, ...) and those with a structure of their own (`Retry`,
`Branches`, ...) are not in the table.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
from typing import TypeAlias

from flowdeco.asl.model import JSON

Kind: TypeAlias = tuple[str, Callable[[JSON], bool]]
"""What a message calls it, and the test."""


def _is_text(value: JSON) -> bool:
    return isinstance(value, str)


def _is_integer(value: JSON) -> bool:
    return type(value) is int


def _is_number(value: JSON) -> bool:
    return type(value) is int or (type(value) is float and isfinite(value))


def _is_expression(value: JSON) -> bool:
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def _one_of(*names: str) -> Kind:
    return " or ".join(map(json.dumps, names)), lambda value: isinstance(value, str) and value in names


TEXT: Kind = ("a string", _is_text)
TEXT_OR_NULL: Kind = ("a string or null", lambda value: value is None or _is_text(value))
OBJECT: Kind = ("an object", lambda value: isinstance(value, dict))
OBJECT_OR_EXPRESSION: Kind = (
    'an object or an expression "{% ... %}"',
    lambda value: isinstance(value, dict) or _is_expression(value),
)
INTEGER: Kind = ("a whole number", _is_integer)
INTEGER_OR_EXPRESSION: Kind = (
    'a whole number or an expression "{% ... %}"',
    lambda value: _is_integer(value) or _is_expression(value),
)
NUMBER: Kind = ("a number", _is_number)
NUMBER_OR_EXPRESSION: Kind = (
    'a number or an expression "{% ... %}"',
    lambda value: _is_number(value) or _is_expression(value),
)

KINDS: dict[str, Kind] = {
    **dict.fromkeys(("Comment", "Version", "StartAt", "Next", "Default", "Resource", "Label"), TEXT),
    **dict.fromkeys(("Timestamp", "Error", "Cause"), TEXT),
    **dict.fromkeys(("ItemsPath", "MaxConcurrencyPath", "ToleratedFailureCountPath"), TEXT),
    **dict.fromkeys(("ToleratedFailurePercentagePath", "SecondsPath", "TimestampPath"), TEXT),
    **dict.fromkeys(("ErrorPath", "CausePath", "TimeoutSecondsPath", "HeartbeatSecondsPath"), TEXT),
    **dict.fromkeys(("InputPath", "OutputPath", "ResultPath"), TEXT_OR_NULL),
    **dict.fromkeys(("Assign", "ItemReader", "ItemBatcher", "ResultWriter"), OBJECT),
    **dict.fromkeys(("TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency"), INTEGER_OR_EXPRESSION),
    **dict.fromkeys(("IntervalSeconds", "MaxAttempts", "MaxDelaySeconds"), INTEGER),
    "ToleratedFailureCount": INTEGER_OR_EXPRESSION,
    "ToleratedFailurePercentage": NUMBER_OR_EXPRESSION,
    "Seconds": NUMBER_OR_EXPRESSION,
    "BackoffRate": NUMBER,
    "Credentials": OBJECT_OR_EXPRESSION,
    "QueryLanguage": _one_of("JSONPath", "JSONata"),
    "JitterStrategy": _one_of("FULL", "NONE"),
    "Mode": _one_of("INLINE", "DISTRIBUTED"),
    "ExecutionType": _one_of("STANDARD", "EXPRESS"),
}

_ORDERS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
COMPARISONS = frozenset(
    (
        *(f"{kind}{order}" for kind in ("String", "Numeric", "Timestamp") for order in _ORDERS),
        *(f"{kind}{order}Path" for kind in ("String", "Numeric", "Timestamp") for order in _ORDERS),
        *("BooleanEquals", "BooleanEqualsPath", "StringMatches"),
        *("IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"),
    )
)
"""The operators of a choice rule in JSONPath that compare a `Variable`."""

COMBINATIONS = frozenset({"And", "Or", "Not"})
"""Those that combine other rules."""


def shown(value: JSON) -> str:
    """A value as messages show it: short ones in full, others by type."""
    names = {dict: "an object", list: "an array", str: "a string", int: "a number", float: "a number"}
    if type(value) in (dict, list):
        return names[type(value)]
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else names[type(value)]
