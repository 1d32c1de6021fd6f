"""The SQLite file of executions: made when first written, opened when first used, its failures told in words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flowdeco.errors import StoreError

if TYPE_CHECKING:
    from sqlite3 import Connection

Connect = Callable[[str], "Connection"]

SCHEMA_VERSION = 2

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
_SINCE = {
    2: """
CREATE TABLE children (
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    map_run TEXT NOT NULL,
    item INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (execution, map_run, item)
) WITHOUT ROWID;
"""
}
"""What each version of the tables has beyond the first."""


class Database:
    """The file `path`, which several processes may use at once. Everything that fails is a StoreError with that path.

    Nothing is opened before it is used, and reading creates no file. One thread at a time may use it.
    """

    def __init__(self, path: Path, connect: Connect | None = None) -> None:
        self.path = path
        self._connect = connect or _connect
        self._connection: Connection | None = None

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a query finds; nothing when there is no file."""
        import sqlite3

        try:
            connection = self._open() if self._connection is not None or self.path.exists() else None
            return [] if connection is None else connection.execute(sql, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise _failure("read", self.path, error) from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all that is written in it, or nothing."""
        import sqlite3

        try:
            connection = (self._open() if self.path.exists() else None) or self._made()
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

    def _open(self) -> Connection | None:
        """The connection, or None while no process has made the tables."""
        if self._connection is None:
            connection = self._connect(str(self.path))
            try:
                known = _check_version(connection, self.path)
                if 0 < known < SCHEMA_VERSION:
                    _make_tables(connection)
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA foreign_keys = ON")
            except BaseException:
                connection.close()
                raise
            if not known:
                connection.close()
                return None
            self._connection = connection
        return self._connection

    def _made(self) -> Connection:
        """The connection, with the tables made where there were none."""
        _create_private(self.path)
        connection = self._connect(str(self.path))
        try:
            _make_tables(connection)
        finally:
            connection.close()
        made = self._open()
        assert made is not None
        return made

    def close(self) -> None:
        """Closes the file. It is opened again when needed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __del__(self) -> None:
        self.close()


def _connect(path: str) -> Connection:
    import sqlite3

    # Without isolation_level, transactions begin where this file says so.
    return sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)


def _check_version(connection: Connection, path: Path) -> int:
    """The version of the tables, 0 when there are none."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreError(
            "the record of executions was written by a newer flowdeco",
            location=str(path),
            hint="upgrade flowdeco, or set FLOWDECO_HOME to another folder",
        )
    return version


def _make_tables(connection: Connection) -> None:
    """Makes the tables, unless another process did at the same moment."""
    import sqlite3

    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if _code(error) != sqlite3.SQLITE_BUSY:
            raise
        # Another process is changing the mode at this moment, for all who use the file.
    connection.execute("BEGIN IMMEDIATE")
    known = connection.execute("PRAGMA user_version").fetchone()[0]
    texts = [] if known else [_SCHEMA]
    for text in (*texts, *(text for version, text in _SINCE.items() if version > known)):
        for statement in text.split(";\n"):
            connection.execute(statement)
    if known < SCHEMA_VERSION:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.commit()


def _create_private(path: Path) -> None:
    """An empty file that only its owner may read, in a folder that only its owner may enter, unknown to git."""
    if path.exists():
        return
    folder = path.parent
    folder.mkdir(0o700, parents=True, exist_ok=True)
    if folder.name == ".flowdeco" and not (folder / ".gitignore").exists():
        (folder / ".gitignore").write_text("*\n", encoding="ascii")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


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
            f"the record of executions cannot be {what}: {error.strerror or error}",
            location=str(path),
            hint=hint,
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
