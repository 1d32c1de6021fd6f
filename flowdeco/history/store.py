"""The executions of this computer, kept in one SQLite file that several processes may use at once.

`executions` holds what is known of each, `events` its history in pieces of many events (a row for each would take
several times as long to write), `definitions` each state machine once. The number in an execution's name is its row's:
it counts in the file, and is never given again.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flowdeco.asl.model import JSON
from flowdeco.errors import StoreError, did_you_mean
from flowdeco.history.events import NO_DETAILS, Event
from flowdeco.history.processes import is_running, process_birth
from flowdeco.history.records import ExecutionRecord, ExecutionStatus, ItemFailure, MapRunRecord

if TYPE_CHECKING:
    from sqlite3 import Connection

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE executions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow TEXT NOT NULL,
    name TEXT GENERATED ALWAYS AS (workflow || '-' || number) VIRTUAL,
    status TEXT NOT NULL,
    started REAL NOT NULL,
    stopped REAL,
    error TEXT,
    cause TEXT,
    source TEXT NOT NULL,
    input TEXT NOT NULL,
    output TEXT NOT NULL DEFAULT 'null',
    arn TEXT NOT NULL DEFAULT '',
    state_machine TEXT NOT NULL,
    map_runs TEXT NOT NULL DEFAULT '[]',
    definition TEXT NOT NULL REFERENCES definitions (digest),
    pid INTEGER NOT NULL,
    birth TEXT NOT NULL,
    host TEXT NOT NULL
);
CREATE TABLE events (
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (execution, first)
);
CREATE TABLE definitions (digest TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
"""

_SUMMARY = "number, name, workflow, status, started, stopped, error, source, pid, birth, host"
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

    def __init__(
        self, path: str | os.PathLike[str], *, connect: Callable[[str], Connection] | None = None
    ) -> None:
        self.path = Path(path)
        self._connect = connect or _connect
        self._connection: Connection | None = None
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
        row = (workflow, when, _plain(source), _encode(input), workflow, digest, pid, process_birth(pid), self._host)
        with self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO definitions VALUES (?, ?)", (digest, text))
            cursor = connection.execute(
                "INSERT INTO executions"
                " (workflow, status, started, source, input, state_machine, definition, pid, birth, host)"
                " VALUES (?, 'RUNNING', ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            return f"{workflow}-{cursor.lastrowid}"

    def append(self, name: str, events: Sequence[Event]) -> None:
        """Keeps events of the execution `name`, all or none of them."""
        number = self._number(name)
        with self._writing() as connection:
            _insert_events(connection, number, events)

    def finish(self, record: ExecutionRecord) -> None:
        """Keeps how an execution ended, and those of its events that `append` was not given."""
        number = self._number(record.name)
        with self._writing() as connection:
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
                raise StoreError(f"the execution {record.name!r} is not there any more", location=str(self.path))
            (known,) = connection.execute(
                "SELECT coalesce(max(last), 0) FROM events WHERE execution = ?", (number,)
            ).fetchone()
            _insert_events(connection, number, [event for event in record.events if event.id > known])

    def list(
        self, limit: int | None = 20, workflow: str | None = None, status: str | None = None
    ) -> list[ExecutionSummary]:
        """The latest executions, the last one first. `limit` None: all of them."""
        condition, values = ("WHERE workflow = ?", (workflow,)) if workflow is not None else ("", ())
        found: list[ExecutionSummary] = []
        with self._reading() as connection:
            if connection is None:
                return found
            rows = connection.execute(
                f"SELECT {_SUMMARY} FROM executions {condition} ORDER BY number DESC", values
            )
            for row in rows:
                if len(found) == limit:
                    break
                summary = self._summary(row)
                if status is None or summary.status == status:
                    found.append(summary)
        return found

    def find(self, name: str) -> ExecutionSummary:
        """The execution called `name`: whole (`album-12`), its number (`12`), or a beginning that only it has.

        Raises StoreError, with the closest name, when there is none or more than one.
        """
        with self._reading() as connection:
            if connection is not None:
                number = int(name) if name.isascii() and name.isdecimal() and len(name) < 19 else -1
                rows = connection.execute(
                    f"SELECT {_SUMMARY} FROM executions WHERE number = ?1 OR substr(name, 1, length(?2)) = ?2"
                    " ORDER BY number DESC LIMIT 1000",
                    (number, _plain(name)),
                ).fetchall()
                exact = [row for row in rows if row[0] == number or row[1] == name]
                if len(exact or rows) == 1:
                    return self._summary((exact or rows)[0])
                if rows:
                    raise self._ambiguous(name, [row[1] for row in rows])
        raise self._unknown(name)

    def load(self, name: str) -> ExecutionRecord:
        """The whole record of an execution, named as for `find`."""
        summary = self.find(name)
        with self._reading() as connection:
            row, events = None, ()
            if connection is not None:
                row = connection.execute(
                    "SELECT arn, state_machine, input, output, cause, map_runs FROM executions WHERE number = ?",
                    (summary.number,),
                ).fetchone()
                events = tuple(_read_events(connection, summary.number))
        if row is None:
            raise self._unknown(name)
        arn, machine, input, output, cause, map_runs = row
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
        )

    def definition(self, name: str) -> JSON:
        """The state machine that an execution ran, as a document."""
        number = self.find(name).number
        with self._reading() as connection:
            row = None
            if connection is not None:
                row = connection.execute(
                    "SELECT text FROM definitions JOIN executions ON digest = definition WHERE number = ?",
                    (number,),
                ).fetchone()
        if row is None:
            raise self._unknown(name)
        return json.loads(row[0])

    def prune(self, keep: int) -> int:
        """Forgets all but the latest `keep` executions, and none that is running. Returns how many it forgot."""
        spared = {run.number for run in self.list(None) if run.status == "RUNNING"}
        spared.update(run.number for run in self.list(keep))
        with self._reading() as connection:
            rows = [] if connection is None else connection.execute("SELECT number FROM executions").fetchall()
        gone = [row for row in rows if row[0] not in spared]
        if gone:
            with self._writing() as connection:
                connection.executemany("DELETE FROM executions WHERE number = ?", gone)
                connection.execute(
                    "DELETE FROM definitions WHERE digest NOT IN (SELECT definition FROM executions)"
                )
        return len(gone)

    def close(self) -> None:
        """Closes the file. It is opened again when needed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _number(self, name: str) -> int:
        number = name.rpartition("-")[2]
        if not number.isdecimal():
            raise self._unknown(name)
        return int(number)

    def _summary(self, row: tuple[Any, ...]) -> ExecutionSummary:
        *_, pid, birth, host = row
        summary = ExecutionSummary(*row[:8], pid, host)
        if summary.status == "RUNNING" and host == self._host and not is_running(pid, birth):
            return ExecutionSummary(*row[:3], "ABORTED", *row[4:8], pid, host)
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
        hint = did_you_mean(name, names) or (f"the latest is {names[0]}" if names else "none was recorded yet")
        return StoreError(f"there is no execution {name!r}", location=str(self.path), hint=hint)

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        """The connection, or None when there is no file."""
        import sqlite3

        try:
            if self._connection is None and not self.path.exists():
                yield None
            else:
                yield self._open(create=False)
        except (sqlite3.Error, OSError) as error:
            raise _failure("read", self.path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction: all that is written in it, or nothing."""
        import sqlite3

        try:
            connection = self._open(create=True)
            if connection.in_transaction:  # the last one was interrupted between two lines of Python
                connection.rollback()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
        except (sqlite3.Error, OSError) as error:
            raise _failure("written", self.path, error) from error

    def _open(self, *, create: bool) -> Connection:
        if self._connection is None:
            if create:
                _create_private(self.path)
            connection = self._connect(str(self.path))
            try:
                _prepare(connection, self.path, create)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _connect(path: str) -> Connection:
    import sqlite3

    # Without isolation_level, transactions begin where this file says so.
    return sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)


def _prepare(connection: Connection, path: Path, create: bool) -> None:
    """Brings the tables into being, or checks that they are of a kind known here."""
    import sqlite3

    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreError(
            "the record of executions was written by a newer flowdeco",
            location=str(path),
            hint="upgrade flowdeco, or set FLOWDECO_HOME to another folder",
        )
    if not create and version == SCHEMA_VERSION:
        return
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if _code(error) != sqlite3.SQLITE_BUSY:
            raise
        # Another process is changing the mode at this moment, for all who use the file.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    if version < SCHEMA_VERSION:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] < SCHEMA_VERSION:
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.commit()
        except BaseException:
            connection.rollback()
            raise


def _create_private(path: Path) -> None:
    """An empty file that only its owner may read, in a folder that only its owner may enter, unknown to git."""
    if path.exists():
        return
    folder = path.parent
    folder.mkdir(0o700, parents=True, exist_ok=True)
    if folder.name == ".flowdeco" and not (folder / ".gitignore").exists():
        (folder / ".gitignore").write_text("*\n", encoding="ascii")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _insert_events(connection: Connection, number: int, events: Sequence[Event]) -> None:
    if events:
        text = _encode([(e.id, e.previous_event_id, e.type, e.timestamp, e.details or None) for e in events])
        connection.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?)", (number, events[0].id, events[-1].id, text)
        )


def _read_events(connection: Connection, number: int) -> Iterator[Event]:
    rows = connection.execute("SELECT text FROM events WHERE execution = ? ORDER BY first", (number,))
    for (text,) in rows:
        for id, previous, type, timestamp, details in json.loads(text):
            yield Event(id, previous, type, timestamp, NO_DETAILS if details is None else details)


def _map_run(data: Mapping[str, Any]) -> MapRunRecord:
    return MapRunRecord(**{**data, "failures": tuple(ItemFailure(**failure) for failure in data["failures"])})


def _plain(text: str) -> str:
    """Text that UTF-8 can carry: file names and messages may hold bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode()


_HINTS = {
    "SQLITE_FULL": "the disk is full: free some space, or set FLOWDECO_HOME to a folder on another disk",
    "SQLITE_READONLY": "it may not be written: set FLOWDECO_HOME to a folder of your own",
    "SQLITE_CANTOPEN": "is there such a folder, and may you write there? FLOWDECO_HOME names another one",
    "SQLITE_PERM": "permission denied: set FLOWDECO_HOME to a folder of your own",
    "SQLITE_BUSY": "another process keeps it locked: try again, or set FLOWDECO_HOME to another folder",
    "SQLITE_IOERR": "the disk failed: set FLOWDECO_HOME to a folder on another disk",
    "SQLITE_NOTADB": "the file is damaged: move it away, and a new one is begun",
    "SQLITE_CORRUPT": "the file is damaged: move it away, and a new one is begun",
}


def _failure(what: str, path: Path, error: Exception) -> StoreError:
    import sqlite3

    if isinstance(error, OSError):
        hint = "set FLOWDECO_HOME to a folder that you may write to"
        return StoreError(
            f"the record of executions cannot be {what}: {error.strerror or error}", location=str(path), hint=hint
        )
    hints = {getattr(sqlite3, name): hint for name, hint in _HINTS.items()}
    return StoreError(
        f"the record of executions cannot be {what}: {error}",
        location=str(path),
        hint=hints.get(_code(error), "move the file away, and a new one is begun"),
    )


def _code(error: Exception) -> int:
    """The primary result code of SQLite."""
    return cast(int, getattr(error, "sqlite_errorcode", 0)) & 0xFF
