"""A state machine made ready to run: what `program.py` compiles and the interpreter walks through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from flowdeco.engine.datasets import Format
from flowdeco.engine.fields import Settle, Value
from flowdeco.engine.resources import Resource
from flowdeco.engine.retry import RetryRule


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    """`context`: some field may read the context object. `next` None ends the scope."""

    name: str
    context: bool
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchRule:
    errors: frozenset[str]
    next: str
    settle: Settle


@dataclass(frozen=True, slots=True, kw_only=True)
class _WorkCode(_Code):
    settle: Settle
    arguments: Value | None = None
    retry: tuple[RetryRule, ...] = ()
    catch: tuple[CatchRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCode(_WorkCode):
    """`started` are the details of TaskStarted, the same each time. `callback`: it waits for a task token; `plain`: it
    calls a handler, and that is all.
    """

    resource: Resource
    started: Mapping[str, str]
    arguments_field: str = "Arguments"
    timeout: Value | None = None
    heartbeat: Value | None = None
    callback: bool = False
    plain: bool = True
    credentials: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelCode(_WorkCode):
    branches: tuple[ScopeCode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRule:
    """An `ItemBatcher`."""

    items: Value | None = None
    bytes: Value | None = None
    input: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRule:
    """An `ItemReader`. `format` None: the items are the objects of a listing, or the rows of an S3 inventory.

    `listing`: the objects are those below a prefix. `manifest`: what the object read says where the items are.
    """

    arguments: Value
    listing: bool
    format: Format | None
    manifest: Literal["ATHENA_DATA", "S3_INVENTORY"] | None = None
    most: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterRule:
    """A `ResultWriter`. `arguments` None: the results are the state's, and not written. `lines`: JSON Lines."""

    arguments: Value | None
    transformation: Literal["NONE", "COMPACT", "FLATTEN"]
    lines: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MapCode(_WorkCode):
    """`label` names the map runs of a distributed Map."""

    processor: ScopeCode
    distributed: bool
    label: str
    items: Value | None = None
    selector: Value | None = None
    batch: BatchRule | None = None
    reader: ReaderRule | None = None
    writer: WriterRule | None = None
    concurrency: Value | None = None
    tolerated_count: Value | None = None
    tolerated_percentage: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassCode(_Code):
    settle: Settle


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitCode(_Code):
    settle: Settle
    seconds: Value | None = None
    timestamp: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCode:
    condition: Value
    next: str
    settle: Settle


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceCode(_Code):
    """`next` is the Default."""

    rules: tuple[RuleCode, ...]
    settle: Settle


@dataclass(frozen=True, slots=True, kw_only=True)
class SucceedCode(_Code):
    settle: Settle


@dataclass(frozen=True, slots=True, kw_only=True)
class FailCode(_Code):
    error: Value | None = None
    cause: Value | None = None


WorkCode: TypeAlias = TaskCode | ParallelCode | MapCode
StateCode: TypeAlias = WorkCode | PassCode | WaitCode | ChoiceCode | SucceedCode | FailCode


@dataclass(frozen=True, slots=True)
class ScopeCode:
    start: str
    states: Mapping[str, StateCode]


@dataclass(frozen=True, slots=True)
class TaskSite:
    """A Task, where it is, and the FunctionName it calls when that is a constant."""

    where: str
    resource: Resource
    function: str | None


@dataclass(frozen=True, slots=True)
class Program:
    """`stored` are the fields that read or write objects."""

    scope: ScopeCode
    tasks: tuple[TaskSite, ...]
    stored: tuple[str, ...]
    timeout: float | None
