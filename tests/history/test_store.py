from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowdeco.errors import StoreError
from flowdeco.history import ChildRecord, Event, ExecutionRecord, ItemFailure, MapRunRecord
from flowdeco.history.database import SCHEMA_VERSION
from flowdeco.history.processes import is_running, process_birth
from flowdeco.history.store import HistoryStore

DEFINITION = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
EVENTS = (
    Event(1, 0, "ExecutionStarted", 10.0, {"input": {"day": "2026-01-01"}}),
    Event(2, 0, "PassStateEntered", 10.5, {"name": "A", "input": None}),
    Event(3, 2, "MapIterationStarted", 11.0),
    Event(4, 3, "ExecutionSucceeded", 12.0, {"output": [1, 2.5, "ä\ud800"]}),
)


def path_of(folder: Path) -> Path:
    return folder / ".flowdeco" / "executions.db"


@pytest.fixture
def store(tmp_path: Path) -> HistoryStore:
    return HistoryStore(path_of(tmp_path))


def begin(store: HistoryStore, workflow: str = "album", **more: Any) -> str:
    given = {"source": "album.py", "input": {"day": 1}, "started": 10.0, "definition": DEFINITION} | more
    return store.begin(workflow, **given)


def record(name: str, status: Any = "SUCCEEDED", **more: Any) -> ExecutionRecord:
    fields: dict[str, Any] = {
        "arn": f"arn:aws:states:::execution:album:{name}",
        "name": name,
        "state_machine": "album",
        "status": status,
        "input": {"day": 1},
        "output": {"auc": 0.5} if status == "SUCCEEDED" else None,
        "error": None,
        "cause": None,
        "started": 10.0,
        "stopped": 12.0,
        "events": EVENTS,
    }
    return ExecutionRecord(**fields | more)


def test_what_was_kept_comes_back(store: HistoryStore) -> None:
    name = begin(store, started=datetime.fromtimestamp(10.0, UTC))
    store.append(name, EVENTS[:2])
    store.append(name, [])
    runs = (MapRunRecord("arn", "Each", "FAILED", 3, 1, 1, 1, (ItemFailure(2, "arn:child", "E", None),)),)
    kept = record(name, "FAILED", error="Bad\udcff", cause="why", map_runs=runs)
    store.finish(kept)
    expected = record(name, "FAILED", error="Bad\\udcff", cause="why", map_runs=runs)
    assert store.load(name) == expected
    assert store.definition(name) == DEFINITION
    other = HistoryStore(store.path)
    assert other.load("1") == expected
    other.close()
    other.close()
    assert other.load("1") == expected, "it opens again"


def test_finish_without_append_keeps_all_events(store: HistoryStore) -> None:
    name = begin(store)
    store.finish(record(name))
    assert store.load(name) == record(name)


def test_names_count_in_the_file(store: HistoryStore) -> None:
    assert [begin(store), begin(store, "train"), begin(store)] == ["album-1", "train-2", "album-3"]
    assert store.prune(0) == 0, "running ones stay"
    for name in ("album-1", "train-2", "album-3"):
        store.finish(record(name))
    assert store.prune(1) == 2
    assert [run.name for run in store.list()] == ["album-3"]
    assert store.prune(0) == 1
    assert store.list() == []
    assert begin(store) == "album-4", "a number is never given again"


def test_pruning_takes_events_and_definitions_along(store: HistoryStore) -> None:
    first, second = begin(store, definition={"other": 1}), begin(store)
    store.finish(record(first))
    store.finish(record(second))
    store.prune(1)
    store.close()
    connection = sqlite3.connect(store.path)
    assert connection.execute("SELECT DISTINCT execution FROM events").fetchall() == [(2,)]
    assert connection.execute("SELECT count(*) FROM definitions").fetchone() == (1,)
    connection.close()
    with pytest.raises(StoreError, match="not there any more"):
        store.finish(record(first))


def test_list_filters_and_limits(store: HistoryStore) -> None:
    begin(store)
    store.finish(record(begin(store)))
    store.finish(record(begin(store, "train"), "FAILED", error="ValueError"))
    assert [run.name for run in store.list()] == ["train-3", "album-2", "album-1"]
    assert [run.name for run in store.list(2)] == ["train-3", "album-2"]
    assert [run.name for run in store.list(None, workflow="album")] == ["album-2", "album-1"]
    assert [run.name for run in store.list(status="RUNNING")] == ["album-1"]
    (failed,) = store.list(status="FAILED")
    assert (failed.error, failed.stopped, failed.pid, failed.source) == (
        "ValueError",
        12.0,
        os.getpid(),
        "album.py",
    )


def test_find_by_name_number_or_beginning(store: HistoryStore) -> None:
    for workflow in ("album", "train", *["album"] * 11):
        begin(store, workflow)
    assert store.find("album-1").number == 1, "the whole name, though others begin with it"
    assert store.find("2").name == "train-2"
    assert store.find("tr").name == "train-2"
    with pytest.raises(StoreError, match=r"'album' may be album-13, .* and 7 more") as caught:
        store.find("album")
    assert caught.value.location == str(store.path)
    with pytest.raises(StoreError, match=r"no execution 'trian-2'\n  hint: did you mean 'train-2'"):
        store.load("trian-2")
    with pytest.raises(StoreError, match=r"the latest is album-13"):
        store.find("99999999999999999999")


def test_nothing_recorded_yet(store: HistoryStore) -> None:
    assert store.list() == []
    assert store.prune(3) == 0
    for ask in (store.find, store.load, store.definition):
        with pytest.raises(StoreError, match="none was recorded yet"):
            ask("album-1")
    with pytest.raises(StoreError, match="no execution 'album'"):
        store.append("album", EVENTS)
    assert not store.path.parent.exists(), "reading creates nothing"


def test_a_file_without_tables_is_an_empty_record(store: HistoryStore) -> None:
    store.path.parent.mkdir()
    store.path.touch()
    assert store.list() == []
    assert begin(store) == "album-1"
    assert not (store.path.parent / ".gitignore").exists(), "only a new file brings one"


def test_files_are_private_and_unknown_to_git(store: HistoryStore) -> None:
    begin(store)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert (store.path.parent / ".gitignore").read_text() == "*\n"


def test_a_folder_of_another_name_gets_no_gitignore(tmp_path: Path) -> None:
    begin(HistoryStore(tmp_path / "mine" / "executions.db"))
    assert sorted(p.name for p in (tmp_path / "mine").iterdir() if "-" not in p.name) == ["executions.db"]


def child(code: str, *args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)], capture_output=True, text=True, check=False
    )


BEGIN_AND_DIE = """
import os, sys
from pathlib import Path
from flowdeco.history.store import HistoryStore
from flowdeco.history import Event
store = HistoryStore(Path(sys.argv[1]))
name = store.begin("album", "album.py", {}, 10.0, {})
store.append(name, [Event(1, 0, "ExecutionStarted", 11.5)])
os._exit(9)
"""


def test_an_execution_whose_process_is_gone_is_aborted(store: HistoryStore) -> None:
    assert child(BEGIN_AND_DIE, store.path).returncode == 9
    child(BEGIN_AND_DIE.replace("store.append", "0 and store.append"), store.path)
    silent, gone = store.list(status="ABORTED")
    assert gone.stopped is None
    assert store.load(gone.name).stopped == 11.5, "the time of the last that is known"
    assert store.load(silent.name).stopped is None
    assert store.list(status="RUNNING") == []


def test_an_execution_of_another_computer_is_as_it_says(store: HistoryStore) -> None:
    child(BEGIN_AND_DIE, store.path)
    store.close()
    connection = sqlite3.connect(store.path)
    connection.execute("UPDATE executions SET host = 'elsewhere'")
    connection.commit()
    connection.close()
    assert [run.status for run in store.list()] == ["RUNNING"]


HAMMER = """
import sys
from pathlib import Path
from flowdeco.history.store import HistoryStore
from flowdeco.history import Event
store = HistoryStore(Path(sys.argv[1]))
for _ in range(20):
    name = store.begin("album", "album.py", {}, 10.0, {})
    store.append(name, [Event(1, 0, "ExecutionStarted", 11.5)])
    store.close()
"""


def test_several_processes_write_at_once(store: HistoryStore) -> None:
    children = [subprocess.Popen([sys.executable, "-c", HAMMER, str(store.path)]) for _ in range(4)]
    assert [process.wait() for process in children] == [0] * 4
    assert sorted(run.number for run in store.list(None)) == list(range(1, 81))


def test_an_interrupted_write_leaves_nothing(store: HistoryStore) -> None:
    name = begin(store)

    class Interrupting:
        """Events whose encoding is interrupted."""

        id, previous_event_id, type, timestamp = 1, 0, "X", 1.0

        @property
        def details(self) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.append(name, [Interrupting()])  # type: ignore[list-item]
    assert store.load(name).events == ()
    store.append(name, EVENTS)
    assert store.load(name).events == EVENTS


class OneConnection:
    """Connects for real, and hands out the connections."""

    def __init__(self) -> None:
        self.last: sqlite3.Connection | None = None

    def __call__(self, path: str) -> sqlite3.Connection:
        self.last = sqlite3.connect(path, isolation_level=None)
        return self.last


def test_a_transaction_left_open_is_undone(tmp_path: Path) -> None:
    connect = OneConnection()
    store = HistoryStore(path_of(tmp_path), connect=connect)
    name = begin(store)
    assert connect.last is not None
    connect.last.execute("BEGIN IMMEDIATE")
    connect.last.execute("UPDATE executions SET workflow = 'half'")
    store.append(name, EVENTS)
    assert store.find("1").workflow == "album"


def test_a_full_disk_is_told_and_costs_nothing_kept(tmp_path: Path) -> None:
    connect = OneConnection()
    store = HistoryStore(path_of(tmp_path), connect=connect)
    name = begin(store)
    assert connect.last is not None
    pages = connect.last.execute("PRAGMA page_count").fetchone()[0]
    connect.last.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(
        StoreError, match=r"executions\.db: the record of executions cannot be written"
    ) as caught:
        store.append(name, [Event(1, 0, "X", 1.0, {"big": "x" * 100_000})])
    assert "the disk is full" in str(caught.value.hint)
    connect.last.execute("PRAGMA max_page_count = 100000")
    store.append(name, EVENTS)
    assert store.load(name).events == EVENTS


def read_only(path: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)


def locked(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, isolation_level=None)


def test_a_read_only_file(tmp_path: Path) -> None:
    name = begin(HistoryStore(path_of(tmp_path)))
    store = HistoryStore(path_of(tmp_path), connect=read_only)
    assert store.find(name).name == name
    with pytest.raises(StoreError, match="may not be written"):
        begin(store)


def test_a_locked_file(tmp_path: Path) -> None:
    begin(HistoryStore(path_of(tmp_path)))
    holder = locked(str(path_of(tmp_path)))
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="keeps it locked"):
        begin(HistoryStore(path_of(tmp_path), connect=locked))
    holder.close()


class Busy:
    """A connection on which another process is changing the journal mode; on `fails`, something worse happens."""

    def __init__(self, path: str, fails: str = "") -> None:
        self._inner = sqlite3.connect(path, isolation_level=None)
        self._fails = fails

    def execute(self, sql: str, *values: Any) -> Any:
        if "journal_mode" in sql:
            error = sqlite3.OperationalError(self._fails or "database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR if self._fails else sqlite3.SQLITE_BUSY
            raise error
        return self._inner.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_the_journal_mode_is_changed_by_somebody_else(tmp_path: Path) -> None:
    store = HistoryStore(path_of(tmp_path), connect=Busy)  # type: ignore[arg-type]
    assert begin(store) == "album-1"


def test_the_disk_fails_while_tables_are_made(tmp_path: Path) -> None:
    store = HistoryStore(path_of(tmp_path), connect=lambda path: Busy(path, "disk I/O error"))  # type: ignore[arg-type, return-value]
    with pytest.raises(StoreError, match=r"disk I/O error\n  hint: the disk failed"):
        begin(store)


def test_a_damaged_file(store: HistoryStore) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(b"this is no database, and long enough to be seen as none" * 50)
    for use in (store.list, lambda: begin(store)):
        with pytest.raises(StoreError, match=r"the file is damaged: move it away"):
            use()


def test_a_file_of_something_else(store: HistoryStore) -> None:
    store.path.parent.mkdir()
    connection = sqlite3.connect(store.path)
    connection.execute("CREATE TABLE executions (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="move the file away"):
        begin(store)


def test_a_newer_file(store: HistoryStore) -> None:
    begin(store)
    store.close()
    connection = sqlite3.connect(store.path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    for use in (store.list, lambda: begin(store)):
        with pytest.raises(StoreError, match=r"newer flowdeco\n  hint: upgrade"):
            use()


@pytest.mark.parametrize("in_the_way", ["file for folder", "folder for file"])
def test_something_is_in_the_way(tmp_path: Path, in_the_way: str) -> None:
    if in_the_way == "file for folder":
        (tmp_path / ".flowdeco").touch()
    else:
        path_of(tmp_path).mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be written") as caught:
        begin(HistoryStore(path_of(tmp_path)))
    assert "FLOWDECO_HOME" in str(caught.value.hint)


def test_executions_are_pruned_or_unfinished(store: HistoryStore) -> None:
    name = begin(store)
    child(BEGIN_AND_DIE, store.path)
    assert store.load(name).stopped is None
    assert store.load("2").stopped == 11.5


class Meddling(Busy):
    """A connection that sees nothing of what `blind` names."""

    blind: tuple[str, ...] = ()

    def execute(self, sql: str, *values: Any) -> Any:
        return self._inner.execute(
            f"SELECT * FROM ({sql}) WHERE 0" if sql.startswith(self.blind) else sql, *values
        )


def test_rows_that_vanish_while_they_are_read(tmp_path: Path) -> None:
    """Another process prunes between two statements."""

    class Pruned(Meddling):
        blind = ("SELECT arn", "SELECT text FROM definitions")

    begin(HistoryStore(path_of(tmp_path)))
    store = HistoryStore(path_of(tmp_path), connect=Pruned)  # type: ignore[arg-type]
    for ask in (store.load, store.definition):
        with pytest.raises(StoreError, match="no execution 'album-1'"):
            ask("album-1")


def test_tables_that_another_process_makes_meanwhile(tmp_path: Path) -> None:
    late: list[str] = []

    class Late(Busy):
        def execute(self, sql: str, *values: Any) -> Any:
            if sql == "PRAGMA user_version" and not late:
                late.append(sql)
                return self._inner.execute("SELECT 0")
            return self._inner.execute(sql, *values)

    begin(HistoryStore(path_of(tmp_path)))
    assert begin(HistoryStore(path_of(tmp_path), connect=Late)) == "album-2"  # type: ignore[arg-type]


class TestProcesses:
    def test_this_process_runs(self) -> None:
        assert is_running(os.getpid(), process_birth(os.getpid()))
        assert is_running(os.getpid(), "")

    def test_another_process_with_our_number_is_not_us(self) -> None:
        assert not is_running(os.getpid(), "boot:1")

    def test_a_process_that_ended(self) -> None:
        process = subprocess.Popen([sys.executable, "-c", ""])
        birth = process_birth(process.pid)
        process.wait()
        assert not is_running(process.pid, birth)
        assert not is_running(process.pid, "")
        assert process_birth(process.pid) == ""
        assert not is_running(-1, "")

    def test_a_process_that_ended_and_was_not_collected(self) -> None:
        if not Path("/proc/self/stat").exists():
            pytest.skip("only Linux tells of zombies")
        process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
        birth = process_birth(process.pid)
        assert process.stdout is not None
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not is_running(process.pid, birth)
        process.stdout.close()
        process.wait()

    def test_a_process_of_somebody_else(self) -> None:
        def refuse(pid: int, signal: int) -> None:
            raise PermissionError(1, "Operation not permitted")

        assert is_running(1, "", kill=refuse)


def test_a_file_of_an_older_version_is_read_and_kept_on(store: HistoryStore) -> None:
    name = begin(store)
    store.finish(record(name))
    store.close()
    connection = sqlite3.connect(store.path)
    connection.execute("DROP TABLE children")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    old = HistoryStore(store.path)
    assert old.load(name).status == "SUCCEEDED"
    child = ChildRecord("run", 3, "FAILED", None, "K", {"x": 1}, {"v": 2})
    old.append(name, [], [child, child])
    assert old.children(name) == [child]
    old.take(name)
    assert old.load(name).status == "RUNNING"
    old.close()
