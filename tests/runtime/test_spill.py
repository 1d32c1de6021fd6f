"""Large results: what moves to the store, what stays, and what `inline` changes."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowdeco.errors import CodecError
from flowdeco.runtime import INLINE_BYTES, SPILL_BYTES, MemoryStore, ValueCodec
from tests.runtime.samples import Model, Point, same, values

LIMIT = 32 * 1024
LARGE = ["x" * 100] * 1000


def codec() -> ValueCodec:
    return ValueCodec(MemoryStore())


def size(data: Any) -> int:
    return len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


def test_limits() -> None:
    assert (SPILL_BYTES, INLINE_BYTES) == (LIMIT, 200 * 1024)


@pytest.mark.parametrize("filler", ["x", "é", "\n"])
def test_the_threshold_is_in_bytes_of_json(filler: str) -> None:
    width = size(filler) - 2
    fits = [filler * ((LIMIT - 4) // width)]
    assert codec().encode(fits) == fits
    over = [fits[0] + filler]
    this = codec()
    encoded = this.encode(over)
    assert encoded["codec"] == "json"
    assert this.store.read(encoded["sha256"]).decode() == json.dumps(over, ensure_ascii=False)
    assert this.decode(encoded) == over


@pytest.mark.parametrize("value", ["x" * LIMIT, "é" * LIMIT, LARGE, (1, "y" * LIMIT), 3**200_000], ids=type)
def test_what_has_no_fields_moves_as_a_whole_or_in_parts(value: Any) -> None:
    this = codec()
    encoded = this.encode(value)
    assert size(encoded) < 1000
    assert same(this.decode(encoded), value)


def test_small_fields_stay_usable() -> None:
    this = codec()
    model = Model("m", auc=0.9, tags=LARGE)
    model.doubled = {"small": 1, "inner": Point(LARGE, ("a", LARGE))}
    encoded = this.encode(model)
    assert (encoded["name"], encoded["auc"]) == ("m", 0.9)
    assert encoded["tags"]["$type"] == "reference"
    assert encoded["doubled"]["small"] == 1
    assert encoded["doubled"]["inner"]["x"]["$type"] == "reference"
    assert encoded["doubled"]["inner"]["y"]["items"][0] == "a"
    assert encoded["doubled"]["inner"]["y"]["items"][1]["codec"] == "json"
    assert size(encoded) <= LIMIT
    assert same(this.decode(encoded), model)


def test_the_largest_moves_first_and_no_more_than_needed() -> None:
    value = {"a": "x" * 10_000, "b": "y" * 30_000, "c": "z" * 20_000}
    encoded = codec().encode(value)
    assert [key for key in value if encoded[key] != value[key]] == ["b"]
    value = {
        "a": {"x": list(range(3000)), "y": 1},
        "b": {"x": list(range(3000)), "y": 2},
        "c": {"x": ["c" * 9000]},
    }
    encoded = codec().encode(value)
    assert encoded["a"]["x"]["$type"] == "reference"
    assert encoded["b"] == value["b"]


def test_containers_of_many_small_parts_move_as_a_whole() -> None:
    for value in (
        {str(i): i for i in range(5000)},
        {f"{i:03}": "x" * 100 for i in range(900)},
        {"$type": ["x" * 40_000], "a": 1},
        Counter({str(i): i for i in range(5000)}),
        set(map(str, range(9000))),
        tuple(range(9000)),
    ):
        this = codec()
        encoded = this.encode(value)
        assert size(encoded) < LIMIT
        decoded = this.decode(encoded)
        assert decoded == value
        assert type(decoded) is type(value)
    nested = {
        "a": {str(i): i for i in range(2000)},
        "b": {str(i): "x" * 10 for i in range(900)},
        "c": [0] * 9000,
    }
    this = codec()
    assert this.decode(this.encode(nested)) == nested


def test_when_moving_the_large_parts_is_not_enough() -> None:
    many = {str(i): "x" * 20 for i in range(800)}
    value = {
        "a": {**many, "big": "y" * 2000},
        "b": {**many, "big": ["y" * 2000]},
        "c": 1,
        "d": {"e": "f" * 1500},
    }
    this = codec()
    encoded = this.encode(value)
    assert encoded["a"]["codec"] == "json" or encoded["b"]["codec"] == "json"
    assert encoded["c"] == 1
    assert size(encoded) <= LIMIT
    assert this.decode(encoded) == value


def test_references_are_not_moved_into_references_one_by_one() -> None:
    value = {f"{i:04}": b"x" * (300 + i) for i in range(200)}
    this = codec()
    encoded = this.encode(value)
    assert encoded["codec"] == "json"
    assert this.decode(encoded) == value


def test_inline() -> None:
    this = codec()
    assert this.encode(LARGE, inline=True) == LARGE
    assert this.encode("x" * 100_000, inline=True) == "x" * 100_000
    model = Model("m", tags=LARGE * 3, auc=LARGE)
    encoded = this.encode(model, inline=True)
    assert encoded["auc"] == LARGE
    assert encoded["tags"]["$type"] == "reference"
    assert this.encode(b"x" * 1000, inline=True)["codec"] == "bytes"


@pytest.mark.parametrize("value", [LARGE * 3, "x" * 300_000, {str(i): i for i in range(30_000)}], ids=type)
def test_inline_has_a_limit(value: Any) -> None:
    with pytest.raises(CodecError) as caught:
        codec().encode(value, inline=True)
    message = str(caught.value)
    assert "204,800" in message
    assert f"of {len(value):,}" in message
    assert "hint: return less per item" in message


@given(st.dictionaries(st.text(max_size=3), values, max_size=5), st.integers(0, 4))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_spilled_values_travel_too(value: Any, times: int) -> None:
    this = codec()
    large = {"value": [value] * 10**times if times < 3 else value, "large": LARGE, "pair": (value, LARGE)}
    encoded = json.loads(json.dumps(this.encode(large)))
    assert size(encoded) <= LIMIT
    assert same(this.decode(encoded), large)
