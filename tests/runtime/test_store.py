"""Stores: content-addressed, private, atomic, shared by processes; failures say what and where."""

from __future__ import annotations

import errno
import os
import stat
import threading
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from flowdeco.errors import StoreError
from flowdeco.runtime import DirectoryStore, MemoryStore, Store
from flowdeco.runtime.store import _make_private

DATA = b"data"
DIGEST = sha256(DATA).hexdigest()


@pytest.fixture(params=["directory", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return DirectoryStore(tmp_path / "store") if request.param == "directory" else MemoryStore()


def test_write_and_read(store: Store) -> None:
    assert not store.exists(DIGEST)
    with pytest.raises(StoreError) as caught:
        store.read(DIGEST)
    assert caught.value.hint is not None
    store.write(DIGEST, DATA)
    store.write(DIGEST, b"something else is not written over it")
    assert store.exists(DIGEST)
    assert store.read(DIGEST) == DATA
    assert DIGEST[2:] in store.uri(DIGEST)


def test_layout_and_modes(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        root = tmp_path / "new" / "store"
        store = DirectoryStore(root)
        assert not root.exists()
        store.write(DIGEST, DATA)
        file = root / DIGEST[:2] / DIGEST[2:]
        assert file.read_bytes() == DATA
        assert list(file.parent.iterdir()) == [file]
        if os.name == "posix":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            for directory in (file.parent, root, root.parent):
                assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    finally:
        os.umask(old)
    assert store.uri(DIGEST) == file.as_uri()
    assert store.uri(DIGEST) == file.as_uri()
    assert repr(store) == f"DirectoryStore({str(root)!r})"


def test_a_relative_root_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = DirectoryStore("store")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    store.write(DIGEST, DATA)
    assert (tmp_path / "store").is_dir()


@pytest.mark.parametrize(
    "digest", ["", "../../etc/passwd", "A" * 64, "a" * 63, "../" + "a" * 61, "a" * 64 + "/x"]
)
def test_names_that_are_no_digests(tmp_path: Path, digest: str) -> None:
    store = DirectoryStore(tmp_path)
    for act in (store.exists, store.read, lambda name: store.write(name, DATA)):
        with pytest.raises(StoreError, match="is not a SHA-256"):
            act(digest)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(StoreError, match="a value cannot be written") as caught:
            DirectoryStore(root).write(DIGEST, DATA)
        assert "in the way" in (caught.value.hint or "")
        assert str(tmp_path) in str(caught.value)


def test_a_file_in_the_way_of_a_part(tmp_path: Path) -> None:
    (tmp_path / DIGEST[:2]).write_text("")
    with pytest.raises(StoreError, match="a value cannot be written") as caught:
        DirectoryStore(tmp_path).write(DIGEST, DATA)
    assert "in the way" in (caught.value.hint or "")
    with pytest.raises(FileNotFoundError):
        _make_private("")


def test_a_directory_in_the_way_of_reading(tmp_path: Path) -> None:
    (tmp_path / DIGEST[:2] / DIGEST[2:]).mkdir(parents=True)
    with pytest.raises(StoreError, match="a value cannot be read"):
        DirectoryStore(tmp_path).read(DIGEST)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="a value cannot be written") as caught:
            DirectoryStore(tmp_path).write(DIGEST, DATA)
        assert "permission denied" in (caught.value.hint or "")
    finally:
        tmp_path.chmod(0o700)


class FailingStore(DirectoryStore):
    """Every new file fails, after it was written."""

    def __init__(self, root: Path, error: OSError, meanwhile: Any = lambda: None) -> None:
        super().__init__(root)
        self.error, self.meanwhile = error, meanwhile

    def create(self, path: str, data: bytes) -> None:
        super().create(path, data)
        self.meanwhile()
        raise self.error


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EIO])
def test_a_write_that_fails_leaves_nothing(tmp_path: Path, code: int) -> None:
    store = FailingStore(tmp_path, OSError(code, os.strerror(code)))
    with pytest.raises(StoreError) as caught:
        store.write(DIGEST, DATA)
    assert os.strerror(code) in caught.value.message
    assert str(tmp_path) in str(caught.value.location)
    assert (caught.value.hint is None) == (code == errno.EIO)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not store.exists(DIGEST)


def test_losing_a_race_to_another_writer_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / DIGEST[:2] / DIGEST[2:]
    store = FailingStore(tmp_path, OSError(errno.EACCES, "in use"), meanwhile=lambda: path.write_bytes(DATA))
    store.write(DIGEST, DATA)
    assert list(path.parent.iterdir()) == [path]


def test_a_temporary_file_that_is_gone_already(tmp_path: Path) -> None:
    class Cleaned(DirectoryStore):
        def create(self, path: str, data: bytes) -> None:
            raise OSError("no device")

    with pytest.raises(StoreError, match="a value cannot be written: no device"):
        Cleaned(tmp_path).write(DIGEST, DATA)


def _write_many(root: str) -> int:
    store = DirectoryStore(root)
    for number in range(100):
        data = bytes([number]) * 10_000
        digest = sha256(data).hexdigest()
        store.write(digest, data)
        assert store.read(digest) == data
    return 100


def test_processes_and_threads_share_a_directory(tmp_path: Path) -> None:
    threads = [threading.Thread(target=_write_many, args=(str(tmp_path),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    with ProcessPoolExecutor(2, mp_context=_spawn()) as pool:
        assert list(pool.map(_write_many, [str(tmp_path)] * 3)) == [100] * 3
    for thread in threads:
        thread.join()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 100
    for path in files:
        assert sha256(path.read_bytes()).hexdigest() == path.parent.name + path.name


def _spawn() -> Any:
    import multiprocessing

    return multiprocessing.get_context("spawn")
