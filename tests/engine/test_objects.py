"""Buckets in memory and in directories."""

from __future__ import annotations

import os

import pytest

from flowdeco.engine.objects import DirectoryObjects, MemoryObjects, ObjectError


@pytest.fixture(params=["memory", "directory"])
def objects(request, tmp_path):
    if request.param == "memory":
        return MemoryObjects({"data": {}})
    (tmp_path / "data").mkdir()
    return DirectoryObjects(tmp_path)


def code(call, *arguments):
    with pytest.raises(ObjectError) as caught:
        call(*arguments)
    return caught.value.code


def test_what_is_put_can_be_had_and_listed(objects):
    objects.put("data", "b/2", b"two")
    objects.put("data", "b/10", b"ten")
    objects.put("data", "a", "é".encode())
    objects.put("data", "a", b"one")
    assert objects.get("data", "a") == b"one"
    assert [(info.key, info.size) for info in objects.list("data", "")] == [("a", 3), ("b/10", 3), ("b/2", 3)]
    assert [info.key for info in objects.list("data", "b/1")] == ["b/10"]
    assert objects.list("data", "c") == []
    info = objects.list("data", "a")[0]
    assert info.etag.startswith('"')
    assert info.etag.endswith('"')
    assert info.storage_class == "STANDARD"


def test_what_is_not_there(objects):
    assert code(objects.get, "data", "a") == "NoSuchKey"
    for call in (objects.get, objects.list):
        assert code(call, "other", "a") == "NoSuchBucket"
    assert code(objects.put, "other", "a", b"") == "NoSuchBucket"


def test_objects_in_memory_are_given_as_text_or_bytes():
    objects = MemoryObjects({"b": {"t": "é", "x": b"\x00"}}, modified=5.0)
    assert (objects.get("b", "t"), objects.get("b", "x")) == ("é".encode(), b"\x00")
    assert objects.list("b", "t")[0].modified == 5.0


@pytest.mark.parametrize("key", ["../secret", "a//b", "a/", "/a", ".", "a/../../secret", "a\0b"])
def test_no_key_leads_out_of_its_bucket(tmp_path, key):
    (tmp_path / "data").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    objects = DirectoryObjects(tmp_path)
    assert code(objects.get, "data", key) == "NoSuchKey"
    assert code(objects.put, "data", key, b"x") == "InvalidRequest"
    assert (tmp_path / "secret").read_bytes() == b"secret"


@pytest.mark.parametrize("bucket", ["..", ".", "", "data/inner", "file"])
def test_no_bucket_leads_out_of_the_root(tmp_path, bucket):
    (tmp_path / "root" / "data" / "inner").mkdir(parents=True)
    (tmp_path / "root" / "file").write_bytes(b"")
    objects = DirectoryObjects(tmp_path / "root")
    assert code(objects.list, bucket, "") == "NoSuchBucket"


def test_a_file_is_no_directory(tmp_path):
    (tmp_path / "data").mkdir()
    objects = DirectoryObjects(tmp_path)
    objects.put("data", "a", b"x")
    assert code(objects.put, "data", "a/b", b"x") == "InternalError"
    assert code(objects.get, "data", "a/b") == "NoSuchKey"
    assert os.listdir(tmp_path) == ["data"], "nothing half written stays behind"
