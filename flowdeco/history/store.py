"""The executions of this computer, kept in one SQLite file that several processes may use at once.

`executions` holds what is known of each, `events` its history in pieces of many events (a row for each would take
several times as long to write), `children` what became of the children of its distributed Maps, `definitions` each
state machine once. The number in an execution's name is its row's:
it counts in the file, and is never given again.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowdeco.asl.model import JSON
from flowdeco.errors import StoreError, did_you_mean
from flowdeco.history.database import Connect, Database
from flowdeco.history.events import NO_DETAILS, Event
from flowdeco.history.processes import is_running, process_birth
from flowdeco.history.records import (
    ChildCounts,
    ChildRecord,
    ExecutionRecord,
    ExecutionStatus,
    ItemFailure,
    MapRunRecord,
)

if TYPE_CHECKING:
    from sqlite3 import Connection

_SUMMARY = "number, name, workflow, status, started, stopped, error, source, pid, host, birth"
_encode = json.JSONEncoder(separators=(",", ":"), default=dict).encode


@dataclass(frozen=True, slots=True)
class ExecutionSummary:
    """A row of the list of executions. Times are seconds since 1970, `source` the file of the workflow.

    `pid` is the process that runs or ran it, on the computer `host`.
    """

    number: int
    name: str
    workflow: str
    status: ExecutionStatus
    started: float
    stopped: float | None
    error: str | None
    source: str
    pid: int
    host: str


class HistoryStore:
    """Executions in the SQLite file `path`. Everything that fails is a StoreError with that path.

    Nothing is opened before it is used, and reading creates no file. An execution whose process has ended without
    saying how is ABORTED wherever it is shown. One thread at a time may use a store.
    """

    def __init__(self, path: str | os.PathLike[str], *, connect: Connect | None = None) -> None:
        self.path = Path(path)
        self._database = Database(self.path, connect)
        self._host = platform.node()

    def begin(
        self, workflow: str, source: str, input: JSON, started: datetime | float, definition: JSON
    ) -> str:
        """Keeps an execution that begins now, in this process, and returns the name it gets: `album-12`."""
        from hashlib import sha256

        when = started.timestamp() if isinstance(started, datetime) else started
        text = _encode(definition)
        digest = sha256(text.encode()).hexdigest()
        pid = os.getpid()
        row = (
            workflow,
            when,
            _plain(source),
            _encode(input),
            workflow,
            digest,
            pid,
            process_birth(pid),
            self._host,
        )
        with self._database.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO definitions VALUES (?, ?)", (digest, text))
            cursor = connection.execute(
                "INSERT INTO executions"
                " (workflow, status, started, source, input, state_machine, definition, pid, birth, host)"
                " VALUES (?, 'RUNNING', ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            return f"{workflow}-{cursor.lastrowid}"

    def append(self, name: str, events: Sequence[Event], children: Sequence[ChildRecord] = ()) -> None:
        """Keeps events of the execution `name`, and what became of children, all or nothing of it."""
        number = self._number(name)
        with self._database.writing() as connection:
            _insert_events(connection, number, events)
            connection.executemany(
                "INSERT OR REPLACE INTO children VALUES (?, ?, ?, ?)",
                [(number, child.map_run, child.item, _encode(child[2:])) for child in children],
            )

    def take(self, name: str) -> None:
        """This process goes on with the execution `name`, which is RUNNING again."""
        pid = os.getpid()
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE executions SET status = 'RUNNING', stopped = NULL, error = NULL, pid = ?, birth = ?, host = ?"
                " WHERE number = ?",
                (pid, process_birth(pid), self._host, self._number(name)),
            )

    def children(self, name: str) -> list[ChildRecord]:
        """What became of the children of distributed Maps, as far as a redrive or a resumption needs it."""
        rows = self._database.rows(
            "SELECT map_run, item, document FROM children WHERE execution = ?", (self.find(name).number,)
        )
        return [ChildRecord(map_run, item, *json.loads(document)) for map_run, item, document in rows]

    def finish(self, record: ExecutionRecord) -> None:
        """Keeps how an execution ended, and those of its events that `append` was not given."""
        number = self._number(record.name)
        with self._database.writing() as connection:
            cursor = connection.execute(
                "UPDATE executions SET status = ?, started = ?, stopped = ?, error = ?, cause = ?, output = ?,"
                " arn = ?, state_machine = ?, map_runs = ? WHERE number = ?",
                (
                    record.status,
                    record.started,
                    record.stopped,
                    None if record.error is None else _plain(record.error),
                    None if record.cause is None else _plain(record.cause),
                    _encode(record.output),
                    record.arn,
                    record.state_machine,
                    _encode([asdict(run) for run in record.map_runs]),
                    number,
                ),
            )
            if cursor.rowcount == 0:
                raise StoreError(
                    f"the execution {record.name!r} is not there any more", location=str(self.path)
                )
            (known,) = connection.execute(
                "SELECT coalesce(max(last), 0) FROM events WHERE execution = ?", (number,)
            ).fetchone()
            _insert_events(connection, number, [event for event in record.events if event.id > known])

    def list(
        self, limit: int | None = 20, workflow: str | None = None, status: str | None = None
    ) -> list[ExecutionSummary]:
        """The latest executions, the last one first. `limit` None: all of them."""
        which, values = ("WHERE workflow = ?", [workflow]) if workflow is not None else ("", [])
        most = limit if limit is not None and status is None else -1  # whether one runs is not in the file
        rows = self._database.rows(
            f"SELECT {_SUMMARY} FROM executions {which} ORDER BY number DESC LIMIT ?", (*values, most)
        )
        found = map(self._summary, rows)
        return list(islice((one for one in found if status in (None, one.status)), limit))

    def find(self, name: str) -> ExecutionSummary:
        """The execution called `name`: whole (`album-12`), its number (`12`), or a beginning that only it has.

        Raises StoreError, with the closest name, when there is none or more than one.
        """
        number = int(name) if name.isascii() and name.isdecimal() and len(name) < 19 else -1
        rows = self._database.rows(
            f"SELECT {_SUMMARY} FROM executions WHERE number = ?1 OR substr(name, 1, length(?2)) = ?2"
            " ORDER BY number DESC LIMIT 1000",
            (number, _plain(name)),
        )
        exact = [row for row in rows if row[0] == number or row[1] == name]
        if len(exact or rows) == 1:
            return self._summary((exact or rows)[0])
        raise self._ambiguous(name, [row[1] for row in rows]) if rows else self._unknown(name)

    def load(self, name: str) -> ExecutionRecord:
        """The whole record of an execution, named as for `find`."""
        summary = self.find(name)
        arn, machine, input, output, cause, map_runs = self._row(
            "SELECT arn, state_machine, input, output, cause, map_runs FROM executions WHERE number = ?",
            summary,
        )
        texts = self._database.rows(
            "SELECT text FROM events WHERE execution = ? ORDER BY first", (summary.number,)
        )
        events = tuple(event for (text,) in texts for event in _read_events(text))
        redriven = [event.timestamp for event in events if event.type == "ExecutionRedriven"]
        stopped = summary.stopped
        if stopped is None and summary.status != "RUNNING" and events:
            stopped = events[-1].timestamp
        return ExecutionRecord(
            arn,
            summary.name,
            machine,
            summary.status,
            json.loads(input),
            json.loads(output),
            summary.error,
            cause,
            summary.started,
            stopped,
            events,
            tuple(_map_run(run) for run in json.loads(map_runs)),
            len(redriven),
            redriven[-1] if redriven else None,
        )

    def definition(self, name: str) -> JSON:
        """The state machine that an execution ran, as a document."""
        (text,) = self._row(
            "SELECT text FROM definitions JOIN executions ON digest = definition WHERE number = ?",
            self.find(name),
        )
        return json.loads(text)

    def prune(self, keep: int) -> int:
        """Forgets all but the latest `keep` executions, and none that is running. Returns how many it forgot."""
        everything = self.list(None)
        gone = [(one.number,) for one in everything[keep:] if one.status != "RUNNING"]
        if gone:
            with self._database.writing() as connection:
                connection.executemany("DELETE FROM executions WHERE number = ?", gone)
                connection.execute(
                    "DELETE FROM definitions WHERE digest NOT IN (SELECT definition FROM executions)"
                )
        return len(gone)

    def close(self) -> None:
        """Closes the file. It is opened again when needed."""
        self._database.close()

    def _number(self, name: str) -> int:
        number = name.rpartition("-")[2]
        if not number.isdecimal():
            raise self._unknown(name)
        return int(number)

    def _row(self, sql: str, summary: ExecutionSummary) -> tuple[Any, ...]:
        """The one row about an execution."""
        rows = self._database.rows(sql, (summary.number,))
        if not rows:  # another process forgot it meanwhile
            raise self._unknown(summary.name)
        return rows[0]

    def _summary(self, row: tuple[Any, ...]) -> ExecutionSummary:
        summary, birth = ExecutionSummary(*row[:10]), row[10]
        here = summary.host == self._host
        if summary.status == "RUNNING" and here and not is_running(summary.pid, birth):
            return replace(summary, status="ABORTED")
        return summary

    def _ambiguous(self, name: str, names: Sequence[str]) -> StoreError:
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        return StoreError(
            f"{name!r} may be {', '.join(names[:5])}{more}",
            location=str(self.path),
            hint="write the whole name, or its number",
        )

    def _unknown(self, name: str) -> StoreError:
        names = [run.name for run in self.list(1000)]
        hint = did_you_mean(name, names) or (
            f"the latest is {names[0]}" if names else "none was recorded yet"
        )
        return StoreError(f"there is no execution {name!r}", location=str(self.path), hint=hint)


def _insert_events(connection: Connection, number: int, events: Sequence[Event]) -> None:
    if events:
        text = _encode([(e.id, e.previous_event_id, e.type, e.timestamp, e.details or None) for e in events])
        connection.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?)", (number, events[0].id, events[-1].id, text)
        )


def _read_events(text: str) -> Iterator[Event]:
    for id, previous, type, timestamp, details in json.loads(text):
        yield Event(id, previous, type, timestamp, NO_DETAILS if details is None else details)


def _map_run(data: Mapping[str, Any]) -> MapRunRecord:
    failures = tuple(ItemFailure(**failure) for failure in data["failures"])
    return MapRunRecord(**{**data, "failures": failures, "children": ChildCounts(**data.get("children", {}))})


def _plain(text: str) -> str:
    """Text that UTF-8 can carry: file names and messages may hold bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode()
