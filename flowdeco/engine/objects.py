"""Where a distributed Map reads its items from and writes its results to: S3, or what stands for it.

The engine knows this interface only. Here are two implementations that need nothing: memory and a directory.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class ObjectError(Exception):
    """Raised by an implementation of `Objects` when it cannot do what is asked; `code` is S3's error code.

    >>> str(ObjectError("NoSuchKey", "The specified key does not exist."))
    'The specified key does not exist. (Service: S3; Error Code: NoSuchKey)'
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} (Service: S3; Error Code: {code})")
        self.code = code


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object in a listing: `size` in bytes, `modified` in seconds since 1970, `etag` with its quotes."""

    key: str
    size: int
    etag: str
    modified: float
    storage_class: str = "STANDARD"


class Objects(Protocol):
    """Buckets of objects. Every method may raise ObjectError, and may be called on any thread."""

    def get(self, bucket: str, key: str) -> bytes:
        """The contents of an object."""

    def list(self, bucket: str, prefix: str) -> Sequence[ObjectInfo]:
        """All objects whose keys begin with `prefix`, in the order of their keys."""

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Writes an object, over the one that may be there."""


def no_bucket() -> ObjectError:
    return ObjectError("NoSuchBucket", "The specified bucket does not exist.")


def no_key() -> ObjectError:
    return ObjectError("NoSuchKey", "The specified key does not exist.")


class MemoryObjects:
    """Objects in memory. The buckets are those given; text is kept as UTF-8.

    >>> objects = MemoryObjects({"data": {"a.json": "[1, 2]"}})
    >>> objects.put("data", "b.json", b"[]")
    >>> [info.key for info in objects.list("data", "")]
    ['a.json', 'b.json']
    """

    def __init__(self, contents: Mapping[str, Mapping[str, str | bytes]], *, modified: float = 0.0) -> None:
        self._modified = modified
        self._buckets = {
            bucket: {key: data.encode() if isinstance(data, str) else data for key, data in objects.items()}
            for bucket, objects in contents.items()
        }

    def get(self, bucket: str, key: str) -> bytes:
        try:
            return self._bucket(bucket)[key]
        except KeyError:
            raise no_key() from None

    def list(self, bucket: str, prefix: str) -> Sequence[ObjectInfo]:
        objects = self._bucket(bucket)
        return [
            ObjectInfo(key, len(objects[key]), _etag(objects[key]), self._modified)
            for key in sorted(objects)
            if key.startswith(prefix)
        ]

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self._bucket(bucket)[key] = data

    def _bucket(self, bucket: str) -> dict[str, bytes]:
        found = self._buckets.get(bucket)
        if found is None:
            raise no_bucket()
        return found


class DirectoryObjects:
    """A directory whose subdirectories are buckets, and the files in them objects.

    Keys that are no path below their bucket (`../x`, `a//b`, `a/`) name no object. An ETag in a listing tells
    versions of a file apart; it is not the digest of the contents, which a listing does not read.
    """

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root)

    def get(self, bucket: str, key: str) -> bytes:
        path = self._path(bucket, key)
        if path is None or not path.is_file():
            raise no_key()
        return path.read_bytes()

    def list(self, bucket: str, prefix: str) -> Sequence[ObjectInfo]:
        base = self._bucket(bucket)
        found = []
        for directory, _, names in os.walk(base):
            for name in names:
                path = Path(directory, name)
                key = path.relative_to(base).as_posix()
                if key.startswith(prefix):
                    stat = path.stat()
                    etag = _etag(f"{stat.st_size} {stat.st_mtime_ns}".encode())
                    found.append(ObjectInfo(key, stat.st_size, etag, stat.st_mtime))
        return sorted(found, key=lambda info: info.key)

    def put(self, bucket: str, key: str, data: bytes) -> None:
        path = self._path(bucket, key)
        if path is None:
            raise ObjectError("InvalidRequest", f"The key {key!r} cannot be the name of a file.")
        handle, temporary = tempfile.mkstemp(dir=self._root)
        try:
            with open(handle, "wb") as file:
                file.write(data)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(temporary, path)
        except OSError as error:
            os.unlink(temporary)
            raise ObjectError("InternalError", f"The file could not be written: {error.strerror}.") from error

    def _bucket(self, bucket: str) -> Path:
        path = self._root / bucket
        if not _is_name(bucket) or not path.is_dir():
            raise no_bucket()
        return path

    def _path(self, bucket: str, key: str) -> Path | None:
        base = self._bucket(bucket)
        parts = key.split("/")
        return base.joinpath(*parts) if all(_is_name(part) for part in parts) else None


def _is_name(part: str) -> bool:
    """Whether it names something in a directory, and nothing outside of it."""
    return part not in ("", ".", "..") and "\0" not in part and Path(part).name == part


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
