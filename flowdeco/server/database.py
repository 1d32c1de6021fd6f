"""What the server keeps: one SQLite file in its folder, used by one server at a time.

`documents` holds everything but executions, one JSON document for each thing. `executions` holds what is known of each
execution, `events` its history in pieces of many events, `children` what a redrive must know of the children of its
distributed Maps. What was written is there after the process was killed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.errors import StoreError
from flowdeco.history import ChildRecord, ExecutionStatus
from flowdeco.history.events import NO_DETAILS, Event

_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE documents (
    kind TEXT NOT NULL,
    arn TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (kind, arn)
) WITHOUT ROWID;
CREATE TABLE executions (
    number INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE,
    machine TEXT NOT NULL,
    status TEXT NOT NULL,
    redriven INTEGER NOT NULL DEFAULT 0,
    map_run TEXT,
    version TEXT,
    alias TEXT,
    text TEXT NOT NULL
);
CREATE INDEX executions_of_machine ON executions (machine, number);
CREATE TABLE events (
    execution TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (execution, first)
) WITHOUT ROWID;
CREATE TABLE children (
    execution TEXT NOT NULL,
    map_run TEXT NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (execution, map_run, number)
) WITHOUT ROWID;
"""
_COLUMNS: Final = frozenset({"machine", "status", "redriven", "map_run", "version", "alias"})


@dataclass(frozen=True, slots=True)
class Row:
    """An execution as it is kept. `facts` are fields of DescribeExecution and what the server remembers besides."""

    number: int
    arn: str
    machine: str
    status: ExecutionStatus
    redriven: bool
    map_run: str | None
    version: str | None
    alias: str | None
    facts: Mapping[str, JSON]


class Database:
    """The file `state.db` in `folder`, or nothing but memory when that is None. May be used from any thread.

    Raises StoreError, with the file, when it cannot be opened or another server uses it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._lock = RLock()
        self.closed = False
        self.path = None if folder is None else folder / "state.db"
        try:
            if folder is not None:
                folder.mkdir(0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                ":memory:" if self.path is None else str(self.path),
                timeout=1,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                self._open()
            except BaseException:
                self._connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise self._failure(error) from error

    def _open(self) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run("BEGIN IMMEDIATE")
        known = run("PRAGMA user_version").fetchone()[0]
        if known > _VERSION:
            raise StoreError(
                "the state was written by a newer flowdeco",
                location=str(self.path),
                hint="upgrade flowdeco, or use another folder",
            )
        if known < _VERSION:
            for statement in _SCHEMA.split(";\n"):
                run(statement)
            run(f"PRAGMA user_version = {_VERSION}")
        run("COMMIT")

    def _failure(self, error: Exception) -> StoreError:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            return StoreError(
                "another server is using this state",
                location=str(self.path),
                hint="stop it, or use another folder",
            )
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return StoreError(
            f"the state cannot be kept: {reason}", location=str(self.path), hint="use another folder"
        )

    def close(self) -> None:
        """Nothing can be kept any more."""
        with self._lock:
            self.closed = True
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction: all that is written in it, or nothing. May be nested. Raises StoreError."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self._connection.execute("COMMIT")
                except BaseException:
                    self._connection.rollback()
                    raise
            except sqlite3.Error as error:
                raise self._failure(error) from error

    # --- documents ----------------------------------------------------------------------------------------

    def load(self, kind: str) -> list[Any]:
        """All documents of a kind."""
        with self._lock:
            found = self._connection.execute("SELECT text FROM documents WHERE kind = ?", (kind,)).fetchall()
        return [json.loads(text) for (text,) in found]

    def document(self, kind: str, arn: str) -> Any:
        """One document, None when it is not there."""
        with self._lock:
            found = self._connection.execute(
                "SELECT text FROM documents WHERE kind = ? AND arn = ?", (kind, arn)
            ).fetchone()
        return None if found is None else json.loads(found[0])

    def put(self, kind: str, arn: str, document: JSON) -> None:
        with self.writing():
            self._connection.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (kind, arn, json.dumps(document))
            )

    def drop(self, kind: str, arn: str) -> None:
        with self.writing():
            self._connection.execute("DELETE FROM documents WHERE kind = ? AND arn = ?", (kind, arn))

    # --- executions ---------------------------------------------------------------------------------------

    def begin(
        self,
        arn: str,
        machine: str,
        facts: Mapping[str, JSON],
        *,
        status: str = "RUNNING",
        map_run: str | None = None,
        version: str | None = None,
        alias: str | None = None,
    ) -> None:
        """Keeps a new execution."""
        with self.writing():
            self._connection.execute(
                "INSERT INTO executions (arn, machine, status, map_run, version, alias, text)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (arn, machine, status, map_run, version, alias, json.dumps(facts)),
            )

    def change(self, arn: str, status: str, facts: Mapping[str, JSON], *, redriven: bool = False) -> None:
        """Keeps what has become of an execution."""
        with self.writing():
            self._connection.execute(
                "UPDATE executions SET status = ?, text = ?, redriven = ? WHERE arn = ?",
                (status, json.dumps(facts), redriven, arn),
            )

    def execution(self, arn: str) -> Row | None:
        found = self._rows("WHERE arn = ?", (arn,))
        return found[0] if found else None

    def executions(
        self, limit: int | None = None, before: int | None = None, **having: str | bool | None
    ) -> list[Row]:
        """Executions whose columns have these values, the latest first; at most `limit`, older than number `before`."""
        assert _COLUMNS.issuperset(having)
        conditions = [f"{column} IS ?" for column in having]
        values: list[Any] = list(having.values())
        if before is not None:
            conditions.append("number < ?")
            values.append(before)
        where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        return self._rows(f"{where}ORDER BY number DESC LIMIT ?", (*values, -1 if limit is None else limit))

    def _rows(self, rest: str, values: Sequence[Any]) -> list[Row]:
        columns = "number, arn, machine, status, redriven, map_run, version, alias, text"
        with self._lock:
            found = self._connection.execute(f"SELECT {columns} FROM executions {rest}", values).fetchall()
        return [
            Row(number, arn, machine, status, bool(redriven), map_run, version, alias, json.loads(text))
            for number, arn, machine, status, redriven, map_run, version, alias, text in found
        ]

    # --- events -------------------------------------------------------------------------------------------

    def append(self, arn: str, events: Sequence[Event]) -> None:
        """Keeps more events of an execution."""
        if events:
            rows = [
                (one.id, one.previous_event_id, one.type, one.timestamp, one.details or None)
                for one in events
            ]
            text = json.dumps(rows, default=dict)
            with self.writing():
                self._connection.execute(
                    "INSERT INTO events VALUES (?, ?, ?, ?)",
                    (arn, events[0].id, events[-1].id, text),
                )

    def events(self, arn: str, first: int = 1, last: int = 2**62) -> list[Event]:
        """The events of an execution whose ids are from `first` to `last`, in their order."""
        with self._lock:
            found = self._connection.execute(
                "SELECT text FROM events WHERE execution = ? AND last >= ? AND first <= ? ORDER BY first",
                (arn, first, last),
            ).fetchall()
        return [
            Event(id, previous, type, timestamp, NO_DETAILS if details is None else details)
            for (text,) in found
            for id, previous, type, timestamp, details in json.loads(text)
            if first <= id <= last
        ]

    def last_event(self, arn: str) -> int:
        """The id of the last event that is kept, 0 when there is none."""
        with self._lock:
            found = self._connection.execute(
                "SELECT max(last) FROM events WHERE execution = ?", (arn,)
            ).fetchone()
        return found[0] or 0

    # --- children -----------------------------------------------------------------------------------------

    def add_children(self, arn: str, children: Sequence[ChildRecord]) -> None:
        """Keeps what became of children of an execution."""
        rows = [(arn, one.map_run, one.item, json.dumps(one[2:], default=dict)) for one in children]
        with self.writing():
            self._connection.executemany("INSERT OR REPLACE INTO children VALUES (?, ?, ?, ?)", rows)

    def children(self, arn: str) -> list[ChildRecord]:
        """What became of the children of an execution."""
        with self._lock:
            found = self._connection.execute(
                "SELECT map_run, number, text FROM children WHERE execution = ?", (arn,)
            ).fetchall()
        return [ChildRecord(map_run, number, *json.loads(text)) for map_run, number, text in found]
