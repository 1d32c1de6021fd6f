"""Executions: started, waited for, stopped, redriven, resumed. Those that read them are in `execution_views.py`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from math import ceil
from threading import RLock
from typing import Any, Final

from flowdeco.asl.model import JSON, StateMachine
from flowdeco.asl.parse import parse
from flowdeco.engine import Activities, Execution, Objects
from flowdeco.errors import FlowdecoError, InputError
from flowdeco.history import ExecutionRecord
from flowdeco.server.arns import Account, check_name
from flowdeco.server.book import MachineBook, Revision, Target
from flowdeco.server.database import Database, Row
from flowdeco.server.execution_views import ExecutionViews, data_of
from flowdeco.server.faults import Fault, validation
from flowdeco.server.handlers import Handlers, HandlersOf
from flowdeco.server.mocking import MockBook
from flowdeco.server.nesting import nested_handlers
from flowdeco.server.restoring import record_of
from flowdeco.server.running import Running, ServedIdentity, facts_of
from flowdeco.server.texts import plain, read_json

_LABELED: Final = "API_DOES_NOT_SUPPORT_LABELED_ARNS"
_MOST_BYTES: Final = 262_144
_WORKERS: Final = 16
_KEPT_MACHINES: Final = 64

Tell = Callable[..., None]


class Executions:
    """The operations on executions.

    `target` says what the ARN of a machine, version or alias leads to. `shared` are the handlers of all executions,
    `mocks` what answers first, `objects` are the engine's. `tell` is told of the end of each execution.
    """

    def __init__(
        self,
        book: MachineBook,
        database: Database,
        account: Account,
        target: Callable[[str], Target],
        now: Callable[[], float],
        new_id: Callable[[], str],
        activities: Activities,
        shared: Handlers,
        mocks: MockBook,
        objects: Objects | None,
        tell: Tell,
    ) -> None:
        self._book = book
        self._database = database
        self._account = account
        self._target = target
        self._now = now
        self._new_id = new_id
        self._activities = activities
        self._shared = shared
        self._mocks = mocks
        self._objects = objects
        self._tell = tell
        self._parsed: dict[str, StateMachine] = {}
        self._running: dict[str, Running] = {}
        self._starting = RLock()
        self.views = ExecutionViews(book, database, self._live)

    # --- start --------------------------------------------------------------------------------------------

    def start(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        """StartExecution. May be called on any thread: executions start others."""
        wanted, _, case = request["stateMachineArn"].partition("#")
        target = self._target(wanted)
        name = check_name(request.get("name") or self._new_id())
        text = request.get("input", "{}")
        input = _input(text)
        express = self._new_id() if target.machine.type == "EXPRESS" else ""
        with self._starting:
            arn = self._account.arn("execution", target.machine.name, name)
            existing = None if express else self._database.execution(arn)
            if existing is None:
                trace = request.get("traceHeader")
                running = self._begin(target, name, text, input, trace, express, case)
                return {"executionArn": running.arn, "startDate": running.facts["startDate"]}
        if existing.status != "RUNNING" or existing.facts["input"] != text:
            raise Fault("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        return {"executionArn": arn, "startDate": existing.facts["startDate"]}

    def start_sync(self, request: Mapping[str, Any]) -> Future[dict[str, JSON]]:
        wanted, _, case = request["stateMachineArn"].partition("#")
        target = self._target(wanted)
        if target.machine.type != "EXPRESS":
            raise Fault(
                "StateMachineTypeNotSupported",
                "This operation is not supported by this type of state machine",
            )
        name = check_name(request.get("name") or self._new_id())
        text = request.get("input", "{}")
        input = _input(text)
        with self._starting:
            trace = request.get("traceHeader")
            running = self._begin(target, name, text, input, trace, self._new_id(), case)
        return _then(running.ended, lambda record: _sync_result(running, record, request.get("includedData")))

    def _begin(
        self,
        target: Target,
        name: str,
        text: str,
        input: JSON,
        trace: str | None,
        express: str,
        case: str,
    ) -> Running:
        machine, revision = target.machine, target.revision
        account = self._account
        identity = ServedIdentity(name, machine.name, account.region, account.number, revision.role, express)
        facts: dict[str, JSON] = {
            "name": name,
            "revision": revision.id,
            "input": text,
            "startDate": self._now(),
        }
        if trace is not None:
            facts["traceHeader"] = trace
        if case:
            facts["case"] = case
        running = self._make(identity, machine.arn, facts, revision, kept=not express, input=input)
        if not express:
            self._database.begin(running.arn, machine.arn, facts, version=target.version, alias=target.alias)
        self._go(running)
        return running

    def _make(
        self,
        identity: ServedIdentity,
        machine: str,
        facts: dict[str, JSON],
        revision: Revision,
        *,
        kept: bool = True,
        **known: Any,
    ) -> Running:
        """An execution, ready to start. `known` is what the engine is told besides: the input, or its record."""
        arn = identity.execution_arn
        running = Running(arn, machine, facts, self._database, kept=kept, on_end=self._ended)
        mocks = self._mocks.of(identity.state_machine, facts.get("case"))
        mocked = mocks.apply(json.loads(revision.definition)) if mocks.states or mocks.resources else None
        own = nested_handlers(self.start, partial(self._finished, running))
        handlers = HandlersOf(self._shared, own if mocked is None else {**own, **mocked.begin()})
        try:
            running.execution = Execution(
                self._machine(revision) if mocked is None else parse(mocked.document),
                handlers=handlers,
                objects=self._objects,
                activities=self._activities,
                identity=identity,
                workers=_WORKERS,
                seed=hash(arn),
                on_event=running.heard,
                on_child_event=running.heard_of_child,
                on_child=running.heard_of_end,
                on_idle=running.keep,
                **known,
            )
        except InputError as error:
            raise _bad_input(str(error)) from error
        except FlowdecoError as error:
            raise validation(f"this state machine cannot be run here: {plain(str(error))}") from error
        handlers.begun = True
        return running

    def _go(self, running: Running) -> None:
        self._running[running.arn] = running
        running.start()

    def _machine(self, revision: Revision) -> StateMachine:
        found = self._parsed.pop(revision.id, None) or parse(json.loads(revision.definition))
        while len(self._parsed) >= _KEPT_MACHINES:
            del self._parsed[next(iter(self._parsed))]
        self._parsed[revision.id] = found
        return found

    def _ended(self, running: Running, record: ExecutionRecord, error: Exception | None) -> None:
        del self._running[running.arn]
        if self._database.closed:  # it goes on when the state is opened again
            return
        if error is not None:
            self._tell("broken", error=f"{running.arn}: {type(error).__name__}: {error}")
        seconds = round((record.stopped or record.started) - record.started, 3)
        self._tell(
            "execution", executionArn=running.arn, status=record.status, error=record.error, seconds=seconds
        )

    def _finished(self, parent: Running, arn: str) -> dict[str, JSON]:
        """Waits for the end of an execution that another one has started, and describes it."""
        running = self._running.get(arn)
        if running is not None:
            parent.nested.add(arn)
            running.ended.result()
            parent.nested.discard(arn)
        return self.views.describe({"executionArn": arn})

    # --- what runs ----------------------------------------------------------------------------------------

    def _live(self, arn: str) -> ExecutionRecord | None:
        running = self._running.get(arn)
        return None if running is None else running.execution.record

    def stop(self, request: Mapping[str, Any]) -> Future[dict[str, JSON]] | dict[str, JSON]:
        arn = request["executionArn"]
        row = self.views.row(arn)
        if row.map_run is not None:
            raise validation("Child executions of map runs cannot be stopped", _LABELED)
        running = self._running.get(arn)
        if running is None:
            return {"stopDate": row.facts["stopDate"]}
        self._stop(running, request.get("error"), request.get("cause"))
        return _then(running.ended, lambda record: {"stopDate": record.stopped or record.started})

    def _stop(self, running: Running, error: str | None, cause: str | None) -> None:
        """Stops an execution, and those that it waits for."""
        running.execution.stop(error, cause)
        for arn in list(running.nested):
            inner = self._running.get(arn)
            if inner is not None:
                self._stop(inner, error, cause)

    # --- again --------------------------------------------------------------------------------------------

    def redrive(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        arn = request["executionArn"]
        row = self.views.row(arn)
        if row.map_run is not None:
            raise validation("Child executions of map runs are redriven with their map run", _LABELED)
        token = request.get("clientToken")
        if token is not None and row.facts.get("redriveToken") == token:
            return {"redriveDate": row.facts["redriveDate"]}
        with self._starting:
            if arn in self._running:
                raise _not_redrivable(f"Execution is {row.status} and cannot be redriven")
            running = self._restore(row)
            problem = running.execution.not_redrivable
            if problem is not None:
                raise _not_redrivable(problem)
            running.execution.redrive()
            record = running.execution.record
            gone = ("stopDate", "error", "cause", "output")
            running.facts = {name: value for name, value in row.facts.items() if name not in gone}
            running.facts |= {"redriveCount": record.redrives, "redriveDate": record.redriven}
            running.facts["redriveToken"] = token
            self._database.change(arn, "RUNNING", running.facts, redriven=True)
            self._go(running)
        return {"redriveDate": record.redriven}

    def resume(self) -> None:
        """Goes on with what ran when the server ended. What cannot go on is recorded as ABORTED."""
        for row in reversed(self._database.executions(status="RUNNING")):
            try:
                with self._starting:
                    self._go(self._restore(row))
            except Fault as fault:
                facts = {
                    **row.facts,
                    "stopDate": self._now(),
                    "cause": f"It could not be resumed: {fault.message}",
                }
                self._database.change(row.arn, "ABORTED", facts, redriven=row.redriven)

    def _restore(self, row: Row) -> Running:
        """An execution that is kept, ready to be resumed or redriven."""
        revision = self.views.revision(row)
        account = self._account
        name = row.machine.rpartition(":")[2]
        identity = ServedIdentity(row.facts["name"], name, account.region, account.number, revision.role)
        record = record_of(row, self._database)
        children = self._database.children(row.arn)
        return self._make(identity, row.machine, dict(row.facts), revision, record=record, children=children)


def _then(
    ended: Future[ExecutionRecord], answer: Callable[[ExecutionRecord], dict[str, JSON]]
) -> Future[dict[str, JSON]]:
    """The future of an answer that is made of the record of an execution."""
    made: Future[dict[str, JSON]] = Future()

    def done(future: Future[ExecutionRecord]) -> None:
        if not made.set_running_or_notify_cancel():
            return
        try:
            made.set_result(answer(future.result()))
        except Exception as error:
            made.set_exception(error)

    ended.add_done_callback(done)
    return made


def _not_redrivable(problem: str) -> Fault:
    return Fault("ExecutionNotRedrivable", f"Execution Not Redrivable: '{problem}'")


def _input(text: str) -> JSON:
    try:
        if len(text.encode()) > _MOST_BYTES:
            raise _bad_input(f"the input is larger than {_MOST_BYTES:,} bytes")
        return read_json(text)
    except ValueError as error:
        raise _bad_input(str(error)) from error


def _bad_input(problem: str) -> Fault:
    return Fault("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{problem}'")


def _sync_result(running: Running, record: ExecutionRecord, included: str | None) -> dict[str, JSON]:
    facts = {**running.facts, **facts_of(record)}
    stopped = record.stopped or record.started
    billed = ceil((stopped - record.started) * 10) * 100
    found: dict[str, JSON] = {
        "executionArn": running.arn,
        "stateMachineArn": running.machine,
        "name": facts["name"],
        "startDate": facts["startDate"],
        "stopDate": stopped,
        "status": "FAILED" if record.status == "ABORTED" else record.status,
        "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": billed},
    }
    for name in ("error", "cause", "traceHeader"):
        if name in facts:
            found[name] = facts[name]
    return {**found, **data_of(facts, included)}
