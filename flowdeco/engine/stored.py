"""Executions that outlive their process: everything that happens is kept in a store, and what was killed goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flowdeco.asl.emit import emit
from flowdeco.asl.model import JSON, StateMachine
from flowdeco.asl.parse import parse
from flowdeco.engine.clock import RealClock
from flowdeco.engine.execution import EMPTY, Execution
from flowdeco.engine.resources import Handler
from flowdeco.engine.strand import Identity
from flowdeco.errors import OptionError
from flowdeco.history.events import Event
from flowdeco.history.records import ChildRecord, ExecutionRecord
from flowdeco.history.store import HistoryStore

_ENDS = ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted", "ExecutionSucceeded")


def run_stored(
    store: HistoryStore,
    machine: StateMachine,
    input: JSON = EMPTY,
    *,
    handlers: Mapping[str, Handler],
    name: str = "machine",
    source: str = "",
    **options: Any,
) -> ExecutionRecord:
    """As `run`, and keeps the execution in `store`: whenever the engine is about to wait or to call a handler, what has
    happened until then is on disk. When the process is killed, `resume` goes on from there.

    `name` is the state machine's; the execution gets a name with a number behind it. `options` are those of `Execution`.
    """
    given = dict(input) if input is EMPTY else input
    called = store.begin(name, source, given, RealClock().now(), emit(machine))
    return _run(store, called, name, machine, given, handlers, None, options)


def resume(
    store: HistoryStore, name: str, *, handlers: Mapping[str, Handler], **options: Any
) -> ExecutionRecord:
    """Goes on with an execution whose process has ended before it did, from its last event, and returns its record.

    `name` is as for `HistoryStore.find`. A state that was left is not run again. A Task that had begun and not
    answered is called again; one that waits for a task token waits for the same token, and the time for it goes on
    from when it began, as that of a Wait. An execution that has ended is returned as it is. One that is still run by
    a process raises OptionError, one that is not there StoreError. `options` are those of `Execution`.
    """
    record = store.load(name)
    if record.status == "RUNNING":
        raise OptionError(f"the execution {record.name} is run by another process")
    if not record.events or record.events[-1].type not in _ENDS:
        return _go_on(store, replace(record, status="RUNNING"), handlers, options, redrive=False)
    return record


def redrive(
    store: HistoryStore, name: str, *, handlers: Mapping[str, Handler], **options: Any
) -> ExecutionRecord:
    """Redrives an execution that did not succeed, as `Execution.redrive`, and returns its record.

    One that has not ended because its process was killed is resumed: there is nothing to run anew.
    """
    record = resume(store, name, handlers=handlers, **options)
    return _go_on(store, record, handlers, options, redrive=True) if record.status != "SUCCEEDED" else record


def _go_on(
    store: HistoryStore,
    record: ExecutionRecord,
    handlers: Mapping[str, Handler],
    options: Mapping[str, Any],
    *,
    redrive: bool,
) -> ExecutionRecord:
    machine = parse(store.definition(record.name))
    given = {**options, "record": record, "children": store.children(record.name)}
    store.take(record.name)
    return _run(
        store, record.name, record.state_machine, machine, record.input, handlers, record, given, redrive
    )


def _run(
    store: HistoryStore,
    name: str,
    machine_name: str,
    machine: StateMachine,
    input: JSON,
    handlers: Mapping[str, Handler],
    record: ExecutionRecord | None,
    options: Mapping[str, Any],
    redrive: bool = False,
) -> ExecutionRecord:
    keeper = _Keeper(store, name, options)
    execution = Execution(
        machine,
        input,
        handlers=handlers,
        identity=Identity(name, machine_name),
        on_event=keeper.event,
        on_child=keeper.child,
        on_idle=keeper.idle,
        **{key: value for key, value in options.items() if not key.startswith("on_")},
    )
    if redrive:
        execution.redrive()
    try:
        return execution.run()
    finally:
        keeper.write()
        store.finish(execution.record)


class _Keeper:
    """Writes what happens in batches, whenever the engine would wait."""

    def __init__(self, store: HistoryStore, name: str, told: Mapping[str, Any]) -> None:
        self._store = store
        self._name = name
        self._events: list[Event] = []
        self._children: list[ChildRecord] = []
        self._on_event: Callable[[Event], None] | None = told.get("on_event")
        self._on_child: Callable[[ChildRecord], None] | None = told.get("on_child")
        self._on_idle: Callable[[], None] | None = told.get("on_idle")

    def event(self, event: Event) -> None:
        self._events.append(event)
        if self._on_event is not None:
            self._on_event(event)

    def child(self, child: ChildRecord) -> None:
        self._children.append(child)
        if self._on_child is not None:
            self._on_child(child)

    def idle(self) -> None:
        self.write()
        if self._on_idle is not None:
            self._on_idle()

    def write(self) -> None:
        if self._events or self._children:
            events, children = self._events, self._children
            self._events, self._children = [], []
            self._store.append(self._name, events, children)
