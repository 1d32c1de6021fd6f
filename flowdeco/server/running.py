"""Executions under way, each on a thread of its own: what happens in them is kept as it happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from hashlib import sha256
from threading import Thread
from typing import Final

from flowdeco.asl.model import JSON
from flowdeco.engine import Execution, Identity
from flowdeco.history import ChildRecord, Event, ExecutionRecord
from flowdeco.server.database import Database
from flowdeco.server.texts import json_text, plain

_ENDS: Final[Mapping[str, str]] = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}
_MANY: Final = 500


@dataclass(frozen=True, slots=True)
class ServedIdentity(Identity):
    """An identity whose map runs have names that no other execution's have.

    >>> first, second = ServedIdentity("a", "album"), ServedIdentity("b", "album")
    >>> first.arn("mapRun", "album/Each:1") == second.arn("mapRun", "album/Each:1")
    False
    """

    def arn(self, kind: str, name: str) -> str:
        if kind == "mapRun":
            head, _, number = name.rpartition(":")
            digits = sha256(f"{self.name} {number}".encode("utf-8", "surrogatepass")).hexdigest()
            name = f"{head}:{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
        return Identity.arn(self, kind, name)


class Running:
    """One execution under way. `ended` is there for all who wait for its record.

    `facts` are what is kept of it; with `kept` False nothing is, as with Express executions. `nested` are the
    executions that it has started and waits for. `on_end` is called right before `ended` is there, with what kept
    the end from being kept.
    """

    def __init__(
        self,
        arn: str,
        machine: str,
        facts: dict[str, JSON],
        database: Database,
        *,
        kept: bool,
        on_end: Callable[[Running, ExecutionRecord, Exception | None], None],
    ) -> None:
        self.arn = arn
        self.machine = machine
        self.facts = facts
        self.ended: Future[ExecutionRecord] = Future()
        self.nested: set[str] = set()
        self._database = database
        self._kept = kept
        self._on_end = on_end
        self._events: list[Event] = []
        self._records: list[ChildRecord] = []
        self._under_way: dict[str, list[Event]] = {}
        self._children: list[tuple[str, list[Event]]] = []
        self.execution: Execution

    # --- what the engine tells ----------------------------------------------------------------------------

    def heard(self, event: Event) -> None:
        """An event happened. It is kept before anything is waited for."""
        if self._kept:
            self._events.append(event)
            self._look(event)

    def heard_of_child(self, arn: str, event: Event) -> None:
        """An event of a child execution of a distributed Map."""
        if self._kept:
            events = self._under_way.setdefault(arn, [])
            events.append(event)
            self._look(event)
            if event.type in _ENDS:
                self._children.append((arn, self._under_way.pop(arn)))
                if len(self._children) >= _MANY:
                    self.keep()

    def heard_of_end(self, child: ChildRecord) -> None:
        """What became of a child, as far as a redrive needs it."""
        if self._kept:
            self._records.append(child)

    def _look(self, event: Event) -> None:
        if event.type == "MapRunStarted":
            arn = event.details["mapRunArn"]
            self._database.put("mapRun", arn, {"arn": arn, "execution": self.arn})

    def keep(self) -> None:
        """Keeps what has happened so far."""
        if self._events or self._children or self._records:
            events, self._events = self._events, []
            children, self._children = self._children, []
            records, self._records = self._records, []
            with self._database.writing():
                self._database.append(self.arn, events)
                for arn, inside in children:
                    self._keep_child(arn, inside)
                self._database.add_children(self.arn, records)
                runs = self.execution.record.map_runs if children or records else ()
                if runs:
                    self._database.put("mapRuns", self.arn, [asdict(run) for run in runs])

    def _keep_child(self, arn: str, events: list[Event]) -> None:
        row = self._database.execution(arn)
        first, last = events[0], events[-1]
        facts: dict[str, JSON] = {"stopDate": last.timestamp}
        if "output" in last.details:
            facts["output"] = json_text(last.details["output"])
        for name in {"error", "cause"} & last.details.keys():
            facts[name] = plain(last.details[name])
        if row is None:
            machine, number = child_of(arn)
            facts |= {
                "name": arn.rpartition(":")[2],
                "parent": self.arn,
                "input": json_text(first.details["input"]),
                "startDate": first.timestamp,
            }
            map_run = self.execution.record.map_runs[number].arn
            self._database.begin(arn, machine, facts, status=_ENDS[last.type], map_run=map_run)
        else:  # it is run again, in a redrive: its history goes on
            kept = {name: value for name, value in row.facts.items() if name not in ("error", "cause")}
            times = {"redriveCount": kept.get("redriveCount", 0) + 1, "redriveDate": first.timestamp}
            self._database.change(arn, _ENDS[last.type], {**kept, **facts, **times}, redriven=True)
            before = self._database.last_event(arn)
            events = [
                one._replace(id=one.id + before, previous_event_id=one.previous_event_id + before)
                for one in events
            ]
        self._database.append(arn, events)

    # --- its thread ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Runs the execution on a thread of its own."""
        Thread(target=self._work, name="flowdeco-execution", daemon=True).start()

    def _work(self) -> None:
        try:
            record = self.execution.run()
            if self._kept:
                self._keep_end(record)
        except Exception as error:  # it cannot be kept
            self._on_end(self, self.execution.record, error)
            self.ended.set_exception(error)
        else:
            self._on_end(self, record, None)
            self.ended.set_result(record)

    def _keep_end(self, record: ExecutionRecord) -> None:
        self.facts = {**self.facts, **facts_of(record)}
        with self._database.writing():
            self.keep()
            if record.map_runs:
                self._database.put("mapRuns", self.arn, [asdict(run) for run in record.map_runs])
            self._database.change(self.arn, record.status, self.facts, redriven=record.redrives > 0)


def facts_of(record: ExecutionRecord) -> dict[str, JSON]:
    """What is kept of how an execution ended."""
    facts: dict[str, JSON] = {"stopDate": record.stopped}
    if record.status == "SUCCEEDED":
        facts["output"] = json_text(record.output)
    for name, value in (("error", record.error), ("cause", record.cause)):
        if value is not None:
            facts[name] = plain(value)
    return facts


def child_of(arn: str) -> tuple[str, int]:
    """The ARN of the machine that a child execution runs, and the number of its map run in its parent, from 0.

    >>> child_of("arn:aws:states:us-east-1:123456789012:execution:album/Each:nightly-1-7")
    ('arn:aws:states:us-east-1:123456789012:stateMachine:album/Each', 0)
    """
    head, _, name = arn.rpartition(":")
    return head.replace(":execution:", ":stateMachine:", 1), int(name.rsplit("-", 2)[1]) - 1
