"""The codes of findings about a definition. A finding's severity says how bad it is, its code what kind it is.

What the service refuses when a state machine is created, all of them errors:

    INVALID_JSON_DESCRIPTION   the text is not JSON
    SCHEMA_VALIDATION_FAILED   a field is missing, wrong, or not where it belongs
    MISSING_TRANSITION_TARGET  there is no such state, or nothing leads to a state
    DUPLICATE_STATE_NAME       two states have the same name

What the service takes, and what goes wrong later:

    UNDEFINED_VARIABLE         error: no state before this one assigns the variable
    MAYBE_UNDEFINED_VARIABLE   warning: not every way to the state assigns it
    UNKNOWN_STATES_FIELD       error: $states has no such field
    EVAL_UNSUPPORTED           error: Step Functions has no $eval
    NO_TERMINAL_STATE          error: no state ends the execution
    DISTRIBUTED_ONLY           warning: the field has no effect on an inline Map
    UNKNOWN_ERROR_NAME         warning: no error is called that
    TASK_TOKEN_UNUSED          warning: the task waits for an answer, but nobody is told its token
    PAYLOAD_RISK               warning: a value may become too large
    DUPLICATE_FIELD            warning: an object has a field twice, and the first is lost
"""

from __future__ import annotations

from typing import Final

from flowdeco.errors import Finding

SCHEMA: Final = "SCHEMA_VALIDATION_FAILED"
TARGET: Final = "MISSING_TRANSITION_TARGET"
DUPLICATE: Final = "DUPLICATE_STATE_NAME"
NOT_JSON: Final = "INVALID_JSON_DESCRIPTION"

REFUSED: Final = frozenset((SCHEMA, TARGET, DUPLICATE, NOT_JSON))
"""Codes of what the service refuses. All others are flowdeco's own."""


def refused(where: str, message: str, hint: str | None = None, code: str = SCHEMA) -> Finding:
    """A finding about what the service refuses."""
    return Finding("error", message, where, hint, code)


def failing(where: str, message: str, hint: str | None, code: str) -> Finding:
    """A finding about what the service takes, and what then fails."""
    return Finding("error", message, where, hint, code)


def doubtful(where: str, message: str, hint: str | None, code: str) -> Finding:
    """A finding about what is probably not meant."""
    return Finding("warning", message, where, hint, code)
