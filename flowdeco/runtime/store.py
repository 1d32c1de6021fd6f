"""Where the bytes of references are: content-addressed, written once, never overwritten.

A store is handed the SHA-256 of what it writes and hands out what it has under a SHA-256. It does not verify:
the codec does, before it decodes, whatever the store.
"""

from __future__ import annotations

import errno
import os
from typing import Protocol

from flowdeco.errors import StoreError


class Store(Protocol):
    """Bytes by their SHA-256 (64 lowercase hex digits). Failures are `StoreError`."""

    def uri(self, sha256: str) -> str:
        """Where people find these bytes. Nothing is ever read by it."""
        ...

    def exists(self, sha256: str) -> bool:
        """Whether bytes are stored under this digest."""
        ...

    def write(self, sha256: str, data: bytes) -> None:
        """Stores `data`; does nothing when something is stored under this digest already."""
        ...

    def read(self, sha256: str) -> bytes:
        """The stored bytes. `StoreError` when there are none."""
        ...


class MemoryStore:
    """A store in this process: constants of a compilation, tests.

    >>> store = MemoryStore()
    >>> store.write("ab" * 32, b"data")
    >>> store.read("ab" * 32)
    b'data'
    """

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def uri(self, sha256: str) -> str:
        return f"memory:{sha256}"

    def exists(self, sha256: str) -> bool:
        return sha256 in self.blobs

    def write(self, sha256: str, data: bytes) -> None:
        self.blobs.setdefault(sha256, data)

    def read(self, sha256: str) -> bytes:
        try:
            return self.blobs[sha256]
        except KeyError:
            raise StoreError(f"no value {sha256[:12]}... in this process's memory", hint=_GONE) from None


class DirectoryStore:
    """A store in a directory: `<root>/<first 2 hex digits>/<the other 62>`.

    Directories are created 0700 and files 0600. A value appears under its name only when it is complete
    (written beside it, then renamed), so any number of processes may share a directory. Nothing is created
    before the first write.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.path.abspath(os.fspath(root))
        self._uri = ""

    def __repr__(self) -> str:
        return f"DirectoryStore({self.root!r})"

    def uri(self, sha256: str) -> str:
        if not self._uri:
            from pathlib import Path  # 3 ms, and only references need it

            self._uri = Path(self.root).as_uri()
        return f"{self._uri}/{sha256[:2]}/{sha256[2:]}"

    def exists(self, sha256: str) -> bool:
        return os.path.exists(self._path(sha256))

    def write(self, sha256: str, data: bytes) -> None:
        path = self._path(sha256)
        if os.path.exists(path):
            return
        directory = os.path.dirname(path)
        temporary = os.path.join(directory, f".{sha256[2:]}.{os.urandom(6).hex()}")
        try:
            _make_private(directory)
            try:
                self.create(temporary, data)
                os.replace(temporary, path)
            except OSError:
                _remove(temporary)
                # On Windows a reader of the same value, written meanwhile by another process, blocks the rename.
                if not os.path.exists(path):
                    raise
        except OSError as error:
            raise _failure("written", path, error) from error

    def create(self, path: str, data: bytes) -> None:
        """Writes a new file. The one place that does."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)

    def read(self, sha256: str) -> bytes:
        path = self._path(sha256)
        try:
            with open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            raise StoreError(f"no value at {path}", hint=_GONE) from None
        except OSError as error:
            raise _failure("read", path, error) from error

    def _path(self, sha256: str) -> str:
        if len(sha256) != 64 or not set(sha256) <= _HEX:
            raise StoreError(f"{sha256[:80]!r} is not a SHA-256 (64 lowercase hex digits)")
        return os.path.join(self.root, sha256[:2], sha256[2:])


_HEX = frozenset("0123456789abcdef")
_GONE = "was the store moved or cleaned? Run the step that made the value again"
_HINTS = {
    errno.ENOSPC: "the disk is full: free some space, or put the store on another disk",
    errno.EDQUOT: "the disk quota is used up: free some space, or put the store on another disk",
    errno.EACCES: "permission denied: who owns this directory?",
    errno.EPERM: "permission denied: who owns this directory?",
    errno.EROFS: "the file system is read-only: put the store elsewhere",
    errno.ENOTDIR: "a file is in the way of the store's directory",
    errno.EEXIST: "a file is in the way of the store's directory",
}


def _failure(what: str, path: str, error: OSError) -> StoreError:
    hint = _HINTS.get(error.errno or 0)
    return StoreError(f"a value cannot be {what}: {error.strerror or error}", location=path, hint=hint)


def _make_private(directory: str) -> None:
    """Creates the directory and what is missing above it, all 0700 (makedirs gives its mode to the last only)."""
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        if not os.path.isdir(directory):
            raise
    except FileNotFoundError:
        parent = os.path.dirname(directory)
        if parent == directory:  # a drive that is not there
            raise
        _make_private(parent)
        _make_private(directory)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
