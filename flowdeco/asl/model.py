"""The state machine as frozen data, field for field as Amazon States Language spells it.

JSON values (templates with `{% %}` strings, literals) are kept as plain Python JSON and must not be changed.
`UNSET` tells an absent field from one that is null: `Output: null` is a legal field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

JSON: TypeAlias = Any
"""None, bool, int, float, str, list of JSON, or dict of str to JSON."""

QueryLanguage: TypeAlias = Literal["JSONPath", "JSONata"]


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET
"""The field is absent."""

Field: TypeAlias = JSON | Unset


@dataclass(frozen=True, slots=True)
class Retrier:
    """An entry of `Retry`. Intervals in seconds; defaults as the service applies them are filled by the engine."""

    ErrorEquals: tuple[str, ...]
    IntervalSeconds: int | None = None
    MaxAttempts: int | None = None
    BackoffRate: float | None = None
    MaxDelaySeconds: int | None = None
    JitterStrategy: Literal["FULL", "NONE"] | None = None
    Comment: str | None = None


@dataclass(frozen=True, slots=True)
class Catcher:
    """An entry of `Catch`."""

    ErrorEquals: tuple[str, ...]
    Next: str
    Assign: Field = UNSET
    Output: Field = UNSET
    ResultPath: Field = UNSET
    Comment: str | None = None


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """An entry of `Choices`: `Condition` in JSONata, `comparison` (Variable and operators, raw) in JSONPath."""

    Next: str
    Condition: Field = UNSET
    comparison: Mapping[str, JSON] | None = None
    Assign: Field = UNSET
    Output: Field = UNSET
    Comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """Fields of every state. `QueryLanguage` None means the machine's."""

    Comment: str | None = None
    QueryLanguage: QueryLanguage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paths(_State):
    """States that take an input and give an output, which JSONPath filters."""

    InputPath: Field = UNSET
    OutputPath: Field = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transition(_Paths):
    """States that go on: `Next`, or `End` when `Next` is None."""

    Next: str | None = None
    Assign: Field = UNSET
    Output: Field = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work(_Transition):
    """States whose work may fail: results, retriers and catchers."""

    Retry: tuple[Retrier, ...] = ()
    Catch: tuple[Catcher, ...] = ()
    Parameters: Field = UNSET
    ResultSelector: Field = UNSET
    ResultPath: Field = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(_Work):
    Resource: str
    Arguments: Field = UNSET
    TimeoutSeconds: int | str | None = None
    TimeoutSecondsPath: str | None = None
    HeartbeatSeconds: int | str | None = None
    HeartbeatSecondsPath: str | None = None
    Credentials: Field = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(_Work):
    Branches: tuple[States, ...]
    Arguments: Field = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(_Work):
    ItemProcessor: ItemProcessor
    Items: Field = UNSET
    ItemsPath: str | None = None
    ItemSelector: Field = UNSET
    ItemReader: Field = UNSET
    ItemBatcher: Field = UNSET
    ResultWriter: Field = UNSET
    MaxConcurrency: int | str | None = None
    MaxConcurrencyPath: str | None = None
    ToleratedFailureCount: int | str | None = None
    ToleratedFailureCountPath: str | None = None
    ToleratedFailurePercentage: float | str | None = None
    ToleratedFailurePercentagePath: str | None = None
    Label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(_Transition):
    Result: Field = UNSET
    Parameters: Field = UNSET
    ResultPath: Field = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(_Transition):
    """Exactly one of the four (`Seconds` may be a number or an expression)."""

    Seconds: int | float | str | None = None
    SecondsPath: str | None = None
    Timestamp: str | None = None
    TimestampPath: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(_Paths):
    """`Assign` and `Output` are used when no rule matches and `Default` is taken."""

    Choices: tuple[ChoiceRule, ...]
    Default: str | None = None
    Assign: Field = UNSET
    Output: Field = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(_Paths):
    Output: Field = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(_State):
    Error: str | None = None
    ErrorPath: str | None = None
    Cause: str | None = None
    CausePath: str | None = None


State: TypeAlias = Task | Parallel | Map | Pass | Wait | Choice | Succeed | Fail


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """A scope: a branch of a Parallel, or the states of a machine or item processor, in order of writing."""

    StartAt: str
    States: Mapping[str, State]
    Comment: str | None = None
    QueryLanguage: QueryLanguage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemProcessor(States):
    """The scope of a Map. `Mode` None is INLINE; `ExecutionType` goes with DISTRIBUTED only."""

    Mode: Literal["INLINE", "DISTRIBUTED"] | None = None
    ExecutionType: Literal["STANDARD", "EXPRESS"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine(States):
    """A whole definition."""

    TimeoutSeconds: int | None = None
    Version: str | None = None
