"""Codecs that users register."""

from __future__ import annotations

from typing import Any

import pytest

from flowdeco.errors import CodecError, OptionError
from flowdeco.runtime import MemoryStore, ValueCodec, register_codec


class Net:
    def __init__(self, weights: list[int]) -> None:
        self.weights = weights

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None


class DeepNet(Net):
    pass


class Broken:
    pass


class NotBytes:
    pass


def codec() -> ValueCodec:
    return ValueCodec(MemoryStore(), pickle=False)


def test_a_registered_codec() -> None:
    register_codec(Net, name="net", encode=lambda n: bytes(n.weights), decode=lambda b: Net(list(b)))
    this = codec()
    encoded = this.encode({"net": Net([1, 2])})
    assert (encoded["net"]["codec"], encoded["net"]["preview"]) == ("net", "tests.runtime.test_codecs.Net")
    assert this.decode(encoded) == {"net": Net([1, 2])}
    with pytest.raises(CodecError, match=r"only pickle can carry this .*\.DeepNet"):
        this.encode(DeepNet([1]))


def test_registering_again_replaces_and_subclasses_can_be_taken() -> None:
    register_codec(
        Net,
        name="net",
        encode=lambda n: bytes([type(n) is DeepNet, *n.weights]),
        decode=lambda b: (DeepNet if b[0] else Net)(list(b[1:])),
        preview=lambda n: f"{len(n.weights)} weights",
        subclasses=True,
    )
    this = codec()
    encoded = this.encode([DeepNet([1]), Net([2, 3])])
    assert [item["preview"] for item in encoded] == ["1 weights", "2 weights"]
    assert this.decode(encoded) == [DeepNet([1]), Net([2, 3])]


@pytest.mark.parametrize("name", ["", "Net", "a b", "x" * 41, "json", "pickle", "npy", "bytes"])
def test_bad_names(name: str) -> None:
    with pytest.raises(OptionError, match="register_codec: "):
        register_codec(Net, name=name, encode=bytes, decode=Net)  # type: ignore[arg-type]


def test_not_a_class() -> None:
    with pytest.raises(OptionError, match="the first argument is a class, not 5"):
        register_codec(5, name="x", encode=bytes, decode=bytes)  # type: ignore[arg-type]


def fail(_: Any) -> Any:
    raise ZeroDivisionError("no")


def test_codecs_that_fail() -> None:
    register_codec(Broken, name="broken", encode=fail, decode=fail)
    with pytest.raises(
        CodecError, match=r"\$\[0\]: the codec 'broken' failed on a .*Broken: ZeroDivisionError: no"
    ):
        codec().encode([Broken()])
    register_codec(Broken, name="broken", encode=lambda _: b"", decode=fail)
    this = codec()
    with pytest.raises(CodecError, match=r"\$: the codec 'broken' failed: ZeroDivisionError: no"):
        this.decode(this.encode(Broken()))
    register_codec(NotBytes, name="not-bytes", encode=lambda _: "text", decode=fail)  # type: ignore[arg-type, return-value]
    with pytest.raises(CodecError, match="made a str instead of bytes"):
        codec().encode(NotBytes())
