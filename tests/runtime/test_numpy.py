"""numpy's scalars travel inline, its arrays as npy; what npy does not carry exactly is pickled."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.errors import CodecError
from flowdeco.runtime import MemoryStore, ValueCodec

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")


def travel(value: Any, **options: Any) -> Any:
    codec = ValueCodec(MemoryStore(), **options)
    return codec.decode(json.loads(json.dumps(codec.encode(value), allow_nan=False)))


def same_scalar(a: Any, b: Any) -> bool:
    return type(a) is type(b) and a.dtype == b.dtype and a.tobytes() == b.tobytes()


finite = {"allow_nan": False, "allow_infinity": False}
scalars = st.one_of(
    st.floats(width=64, **finite).map(np.float64),
    st.floats(width=32, **finite).map(np.float32),
    st.floats(width=16, **finite).map(np.float16),
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.integers(0, 2**64 - 1).map(np.uint64),
    st.integers(-128, 127).map(np.int8),
    st.integers(0, 9).map(np.longlong),
    st.booleans().map(np.bool_),
    st.complex_numbers(width=64, **finite).map(np.complex64),
    st.complex_numbers(width=128, **finite).map(np.complex128),
    st.text(st.characters(codec="utf-8")).map(np.str_),
    st.binary().map(np.bytes_),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: np.int64(n).view("M8[ns]")),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: np.int64(n).view("m8[7D]")),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: np.int64(n).view("m8")),
)


@given(scalars)
@settings(deadline=None)
def test_scalars(value: Any) -> None:
    assert same_scalar(travel(value, pickle=False), value)


def test_scalars_as_json() -> None:
    codec = ValueCodec(MemoryStore())
    assert codec.encode({"auc": np.float64(0.5)}) == {"auc": {"$type": "numpy:float64", "value": 0.5}}
    assert codec.encode(np.datetime64("1970-01-02")) == {
        "$type": "numpy:datetime64",
        "value": 1,
        "unit": [1, "D"],
    }
    for value in (np.longdouble(1) / 3, np.void(b"abc")):
        assert codec.encode(value)["codec"] == "pickle"
        assert same_scalar(travel(value), value)
    with pytest.raises(CodecError, match=r"\$\[0\]\.value: nan is not a JSON number"):
        codec.encode([np.float32("nan")])


def arrays() -> list[Any]:
    return [
        np.arange(6).reshape(2, 3),
        np.asfortranarray(np.ones((3, 4))),
        np.array(5.0),
        np.array([]),
        np.zeros((0, 3), "i2"),
        np.array([np.nan, np.inf, -0.0]),
        np.array(["a", "bc"]),
        np.array([b"a\0", b"bc"]),
        np.zeros(2, ">i4"),
        np.arange(10)[::-2],
        np.array(["2026-01-01", "NaT"], "M8[s]"),
        np.array([1, 2], "m8[h]"),
        np.array([1], np.longdouble),
        np.array([True]),
        np.zeros(3, [("a", "i4"), ("b", [("c", "f8", (2,))])]),
    ]


@pytest.mark.parametrize("value", arrays(), ids=lambda a: f"{a.dtype}{a.shape}")
def test_arrays(value: Any) -> None:
    codec = ValueCodec(MemoryStore(), pickle=False)
    encoded = codec.encode({"x": value})["x"]
    assert encoded["codec"] == "npy"
    result = codec.decode(encoded)
    assert type(result) is np.ndarray
    assert (result.dtype, result.shape) == (value.dtype, value.shape)
    assert result.flags.f_contiguous == value.flags.f_contiguous or value.ndim == 1
    assert result.tobytes() == value.tobytes()
    result[...] = result  # it may be written to


def other_arrays() -> list[Any]:
    return [
        np.array([1, None, "x"], object),
        np.zeros(2, np.dtype("f8", metadata={"unit": "m"})),
        np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        np.ma.array([1, 2], mask=[False, True]),
        np.rec.array([(1, 2.0)]),
    ]


@pytest.mark.parametrize("value", other_arrays(), ids=lambda a: f"{type(a).__name__} {a.dtype}")
def test_arrays_that_only_pickle_carries(value: Any) -> None:
    codec = ValueCodec(MemoryStore())
    encoded = codec.encode(value)
    assert encoded["codec"] == "pickle"
    result = codec.decode(encoded)
    assert type(result) is type(value)
    assert result.dtype == value.dtype
    assert result.tolist() == value.tolist()
    with pytest.raises(CodecError, match="only pickle can carry this numpy"):
        ValueCodec(MemoryStore(), pickle=False).encode(value)


def test_new_kinds_of_dtype_are_pickled() -> None:
    if not hasattr(np, "dtypes") or not hasattr(np.dtypes, "StringDType"):
        pytest.skip("this numpy has no StringDType")
    value = np.array(["x", "yy"], dtype=np.dtypes.StringDType())
    result = travel(value)
    assert result.dtype == value.dtype
    assert result.tolist() == value.tolist()


def test_previews() -> None:
    codec = ValueCodec(MemoryStore())
    assert codec.encode(np.zeros((3, 4)))["preview"] == "float64 array 3x4"
    assert codec.encode(np.array(1))["preview"] == "int64 array of no dimension"


def test_an_npy_file_with_pickles_in_it_is_refused() -> None:
    codec = ValueCodec(MemoryStore())
    reference = codec.encode(np.zeros(3))
    pickled = codec.encode(np.array([object()], object))
    with pytest.raises(CodecError, match="the codec 'npy' failed"):
        codec.decode({**reference, "sha256": pickled["sha256"], "size": pickled["size"]})


def test_a_class_that_claims_to_be_of_numpy_is_no_scalar() -> None:
    fake = type("float64", (), {"__module__": "numpy"})
    with pytest.raises(CodecError):
        ValueCodec(MemoryStore(), pickle=False).encode(fake())
    with pytest.raises(CodecError):
        ValueCodec(MemoryStore()).decode({"$type": "numpy:ndarray", "value": [1]})
    array = type("ndarray", (), {"__module__": "numpy", "dtype": np.dtype("f8")})
    with pytest.raises(CodecError):
        ValueCodec(MemoryStore(), pickle=False).encode(array())
