"""Stored bytes are verified before they are decoded; pickles need the same bundle."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.errors import CodecError, IntegrityError, StoreError
from flowdeco.runtime import MemoryStore, ValueCodec
from tests.runtime.samples import Access, Anything

FIELDS = {"$type", "uri", "sha256", "size", "codec", "preview"}


@pytest.fixture(scope="module")
def codec() -> ValueCodec:
    return ValueCodec(MemoryStore(), bundle="b1")


def test_a_reference(codec: ValueCodec) -> None:
    data = b"x" * 300
    reference = codec.encode(data)
    digest = sha256(data).hexdigest()
    assert reference == {
        "$type": "reference",
        "uri": f"memory:{digest}",
        "sha256": digest,
        "size": 300,
        "codec": "bytes",
        "preview": "300 bytes: b'" + "x" * 40 + "'",
    }
    assert codec.encode(Anything()).keys() == FIELDS | {"bundle"}
    assert codec.decode([reference]) == [data]


def test_previews_are_short_and_printable(codec: ValueCodec) -> None:
    for value in (b"\0\n" * 1000, ["\n\x1b[31m" * 9000], "x" * 40_000, {"k" * 1000: 1, "l": "ä" * 40_000}):
        reference = codec.encode(value)
        while reference.get("$type") != "reference":
            reference = reference["l"]
        preview = reference["preview"]
        assert len(preview) <= 80
        assert preview.isprintable()


@given(st.data())
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize(
    "value", [b"x" * 300, ["y" * 40_000], Anything(a=1)], ids=["bytes", "json", "pickle"]
)
def test_any_changed_byte_of_the_stored_value_is_refused(
    codec: ValueCodec, value: Any, data: st.DataObject
) -> None:
    reference = codec.encode(value)
    stored = codec.store.read(reference["sha256"])
    position = data.draw(st.integers(0, len(stored) - 1))
    change = data.draw(st.integers(1, 255))
    what = data.draw(st.sampled_from(["change", "cut", "add"]))
    changed = bytearray(stored)
    if what == "change":
        changed[position] ^= change
    elif what == "cut":
        del changed[position:]
    else:
        changed.insert(position, change)
    store = MemoryStore()
    store.write(reference["sha256"], bytes(changed))
    with pytest.raises(IntegrityError, match=r"cannot decode \$: the stored bytes are not those"):
        ValueCodec(store, bundle="b1").decode(reference)


@given(st.data())
@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize(
    "value", [b"x" * 300, ["y" * 40_000], Anything(a=1)], ids=["bytes", "json", "pickle"]
)
def test_any_changed_character_of_a_reference_is_refused(
    codec: ValueCodec, value: Any, data: st.DataObject
) -> None:
    reference = codec.encode(value)
    field = data.draw(st.sampled_from(sorted(reference.keys() - {"uri", "preview"})))
    old = reference[field]
    if isinstance(old, int):
        new: Any = data.draw(
            st.integers().filter(lambda n: n != old) | st.sampled_from([str(old), None, float(old)])
        )
    else:
        position = data.draw(st.integers(0, max(len(old) - 1, 0)))
        new = old[:position] + data.draw(st.characters(codec="utf-8")) + old[position + 1 :]
    if new == old and type(new) is type(old):
        return
    with pytest.raises((CodecError, StoreError)):
        codec.decode({**reference, field: new})


def test_uri_and_preview_mean_nothing(codec: ValueCodec) -> None:
    reference = codec.encode(b"x" * 300)
    assert codec.decode({**reference, "uri": "file:///etc/passwd", "preview": ""}) == b"x" * 300


@pytest.mark.parametrize("field", sorted(FIELDS - {"$type"}))
def test_missing_and_unknown_fields(codec: ValueCodec, field: str) -> None:
    reference = codec.encode(b"x" * 300)
    with pytest.raises(CodecError, match="a reference has the fields"):
        codec.decode({**reference, "more": 1})
    del reference[field]
    with pytest.raises(CodecError, match="a reference has the fields"):
        codec.decode(reference)


def test_a_codec_for_something_else_is_refused(codec: ValueCodec) -> None:
    reference = codec.encode(b"x" * 300)
    for name in ("json", "npy"):
        with pytest.raises(CodecError):
            codec.decode({**reference, "codec": name})
    with pytest.raises(CodecError, match="there is no codec 'jpeg' here") as caught:
        codec.decode({**reference, "codec": "jpeg"})
    assert "register_codec" in (caught.value.hint or "")


def test_a_value_that_is_gone(codec: ValueCodec) -> None:
    reference = codec.encode(b"x" * 300)
    with pytest.raises(StoreError, match="no value"):
        ValueCodec(MemoryStore()).decode(reference)


def test_pickles_are_read_by_the_same_bundle_only(codec: ValueCodec) -> None:
    reference = codec.encode({"model": Anything(a=1)})
    assert reference["model"]["bundle"] == "b1"
    assert codec.decode(reference) == {"model": Anything(a=1)}
    with pytest.raises(CodecError, match=r'\$\["model"\]: the value was pickled by the bundle \'b1\''):
        ValueCodec(codec.store, bundle="b2").decode(reference)
    with pytest.raises(CodecError, match="the value is a pickle"):
        ValueCodec(codec.store, bundle="b1", pickle=False).decode(reference)


def test_a_pickle_that_cannot_be_read(codec: ValueCodec) -> None:
    data = b"\x80\x05garbage"
    digest = sha256(data).hexdigest()
    codec.store.write(digest, data)
    reference = {**codec.encode(Anything()), "sha256": digest, "size": len(data)}
    with pytest.raises(CodecError, match="the pickle cannot be read: "):
        codec.decode(reference)


def test_a_pickle_naming_a_class_of_a_script_that_is_not_here(codec: ValueCodec) -> None:
    main = sys.modules["__main__"]
    lost = type("Lost", (), {"__module__": "__main__"})
    main.Lost = lost  # type: ignore[attr-defined]
    try:
        reference = ValueCodec(codec.store, bundle="b1", main_module="tests.gone").encode(lost())
    finally:
        del main.Lost  # type: ignore[attr-defined]
    with pytest.raises(CodecError, match=r"needs the module 'tests\.gone', which cannot be imported"):
        codec.decode(reference)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"$type": "datetimes", "value": "x"}, "no known kind\n  hint: did you mean 'datetime'"),
        ({"$type": 5}, "$type should be a name and is 5"),
        ({"$type": "datetime", "value": "yesterday"}, "malformed datetime: ValueError"),
        ({"$type": "tuple"}, "malformed tuple: KeyError: 'items'"),
        ({"$type": "tuple", "items": {"a": 1}}, "there should be a list"),
        ({"$type": "bytes", "value": "?"}, "malformed bytes"),
        ([{"x": {"$type": "set", "items": [[1]]}}], '$[0]["x"]: malformed set: TypeError'),
        ({"x": object}, "encoded data is JSON"),
        ({"$type": "no.such.module:X"}, "needs the module 'no.such.module', which cannot be imported"),
        ({"$type": "json:Gone"}, "the module 'json' has no 'Gone'"),
        ({"$type": "json.decoder:JSONDecoder.decode.x"}, "has no"),
        ({"$type": "json:dumps"}, "'json:dumps' is not a class"),
        (
            {"$type": "subprocess:Popen", "args": "true"},
            "neither an Enum, a NamedTuple, a dataclass nor a pydantic",
        ),
        ({"$type": "enum:Enum", "value": 1}, "neither an Enum"),
        ({"$type": "tests.runtime.samples:OwnReduce", "a": 1}, "neither an Enum"),
        ({"$type": "tests.runtime.samples:Slotted", "a": 1}, "has the fields (a, b), the data has (a)"),
        (
            {"$type": "tests.runtime.samples:Point", "x": 1, "z": 2},
            "has the fields (x, y), the data has (x, z)",
        ),
        ({"$type": "tests.runtime.samples:Slotted", "a": {"$type": "no"}, "b": 1}, "cannot decode $.a: "),
        ({"$type": "tests.runtime.samples:Color", "value": "grey"}, "malformed tests.runtime.samples:Color"),
    ],
)
def test_malformed_data(codec: ValueCodec, data: Any, message: str) -> None:
    with pytest.raises(CodecError) as caught:
        codec.decode(data)
    assert message in str(caught.value)


def test_data_that_are_too_deep(codec: ValueCodec) -> None:
    data: Any = {"$type": "tuple", "items": []}
    for _ in range(5000):
        data = [data]
    with pytest.raises(CodecError, match="nested too deeply"):
        codec.decode(data)
    assert codec.decode(json.loads("[" * 50 + "]" * 50))
    assert codec.decode(codec.encode(Access.READ)) is Access.READ
