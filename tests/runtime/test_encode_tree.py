"""Structures that hold stand-ins for values that are not there yet."""

from __future__ import annotations

from typing import Any

import pytest

from flowdeco.errors import CodecError
from flowdeco.runtime import MemoryStore, ValueCodec, encode_tree
from tests.runtime.samples import Anything, Frozen, Model, Point


class Value:
    """A stand-in, as tracing has them."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> Any:
        raise TypeError("a run-time value cannot be pickled")


class Expression:
    """What takes its place; no JSON."""


def leaf(item: object) -> Any:
    return f"{{% ${item.name} %}}" if isinstance(item, Value) else None


def tree(value: object) -> Any:
    return encode_tree(value, leaf, ValueCodec(MemoryStore()))


def test_stand_ins_everywhere() -> None:
    x, y = Value("x"), Value("y")
    assert tree(x) == "{% $x %}"
    assert tree({"a": [x, 1, {"b": (y, x)}]}) == {
        "a": ["{% $x %}", 1, {"b": {"$type": "tuple", "items": ["{% $y %}", "{% $x %}"]}}]
    }
    assert tree(Model(x, tags=[y]))["tags"] == ["{% $y %}"]
    assert tree(Frozen(x))["items"] == {"$type": "tuple", "items": []}
    assert tree(Point(x, {x}))["y"] == {"$type": "set", "items": ["{% $x %}"]}
    assert tree({"b", y})["items"] == ["b", "{% $y %}"]


def test_answers_of_leaf_are_taken_as_they_are() -> None:
    expression = Expression()
    encoded = encode_tree(
        (Value("x"), {Value("z"), "a", 1.5}),
        lambda item: expression if isinstance(item, Value) else None,
        ValueCodec(MemoryStore()),
    )
    assert encoded["items"][0] is expression
    assert expression in encoded["items"][1]["items"]


def test_the_result_decodes_once_the_values_are_there() -> None:
    codec = ValueCodec(MemoryStore())
    encoded = encode_tree(
        Point(Value("x"), [Value("x")]), lambda v: codec.encode((1,)) if isinstance(v, Value) else None, codec
    )
    assert codec.decode(encoded) == Point((1,), [(1,)])


def test_static_parts() -> None:
    codec = ValueCodec(MemoryStore())
    data = {"bytes": b"x" * 300, "list": ["y" * 50_000], "any": Anything(a=1)}
    encoded = encode_tree(data, leaf, codec)
    assert encoded["bytes"]["codec"] == "bytes"
    assert encoded["list"] == data["list"]
    assert codec.decode(encoded) == data


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([Value("x"), float("nan")], r"\$\[1\]: nan is not a JSON number"),
        ({Value: 1}, "the key is of type type"),
        ({"a": Anything(v=Value("x"))}, r'\$\["a"\]\.v: a .*Value cannot be pickled: a run-time value'),
    ],
)
def test_refusals(value: Any, message: str) -> None:
    with pytest.raises(CodecError, match=message):
        tree(value)
