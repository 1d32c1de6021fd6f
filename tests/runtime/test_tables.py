"""Tables of pandas and pyarrow travel as Arrow; what comes back different is pickled."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from flowdeco.runtime import MemoryStore, ValueCodec, tables

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")
testing = pytest.importorskip("pandas.testing")


def travel(value: Any) -> tuple[str, Any]:
    """The codec and what comes back."""
    codec = ValueCodec(MemoryStore())
    encoded = codec.encode({"x": value})
    return encoded["x"]["codec"], codec.decode(json.loads(json.dumps(encoded)))["x"]


def with_attrs(attrs: dict[str, Any]) -> Any:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs = attrs
    return frame


def flagged(value: Any) -> Any:
    value.flags.allows_duplicate_labels = False
    return value


DAYS = pd.date_range("2026-01-01", periods=3)

FRAMES = {
    "numbers, text, NaN": lambda: pd.DataFrame(
        {"a": [1, 2, 3], "b": ["x", None, "z"], "c": [1.5, np.nan, -0.0]}
    ),
    "dates with frequency": lambda: pd.DataFrame({"a": [1, 2, 3]}, index=DAYS),
    "time zone": lambda: pd.DataFrame({"a": [1, 2, 3]}, index=DAYS.tz_localize("Europe/Berlin")),
    "number columns": lambda: pd.DataFrame({1: [1], 2: [2]}),
    "columns without names": lambda: pd.DataFrame(np.eye(3)).rename_axis(columns="c"),
    "columns of two levels": lambda: pd.DataFrame(
        [[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
    ),
    "index of two levels": lambda: pd.DataFrame(
        {"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", None])
    ),
    "categories": lambda: pd.DataFrame(
        {"a": pd.Categorical(["x", "y"], categories=["y", "x", "z"], ordered=True)}
    ),
    "unordered categories": lambda: pd.DataFrame({"a": pd.Categorical(["x", "y"], categories=["y", "x"])}),
    "nullable": lambda: pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": pd.array([None, True])}),
    "times": lambda: pd.DataFrame(
        {"a": [pd.Timedelta("1s")], "b": [pd.Timestamp("2026")], "p": [pd.Period("2026-01")]}
    ),
    "text index": lambda: pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="name")),
    "named columns": lambda: pd.DataFrame({"a": [1]}).rename_axis(columns="cols"),
    "a column named index": lambda: pd.DataFrame({"index": [1]}, index=pd.Index([5], name="index")),
    "objects that are plain": lambda: pd.DataFrame({"a": pd.Series([True, None], dtype=object)}),
    "no columns": lambda: pd.DataFrame(index=[1, 2]),
    "no rows": lambda: pd.DataFrame({"a": np.array([], "i4")}),
    "slice": lambda: pd.DataFrame({"a": [1, 2, 3, 4]})[::2],
    "attrs": lambda: with_attrs({"source": ["x", {"y": 1}]}),
    "arrow dtype": lambda: pd.DataFrame({"a": pd.Series([1], dtype=pd.ArrowDtype(pa.int32()))}),
}

PICKLED_FRAMES = {
    "mixed objects": lambda: pd.DataFrame({"a": [1, "x"]}),
    "lists": lambda: pd.DataFrame({"a": [[1], [2]]}),
    "dicts": lambda: pd.DataFrame({"a": [{"x": 1}]}),
    "numpy scalars": lambda: pd.DataFrame({"a": pd.Series([np.str_("x")], dtype=object)}),
    "names used twice": lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "complex numbers": lambda: pd.DataFrame({"a": [1 + 2j]}),
    "sparse": lambda: pd.DataFrame({"a": pd.arrays.SparseArray([0, 0, 1])}),
    "attrs that are not JSON": lambda: with_attrs({"shape": (1, 2)}),
    "flags": lambda: flagged(pd.DataFrame({"a": [1]})),
    "mixed columns": lambda: pd.DataFrame([[1, 2]], columns=["a", 1]),
    "mixed index": lambda: pd.DataFrame({"a": [1, 2]}, index=["a", 1]),
    "index named with a tuple": lambda: pd.DataFrame({"a": [1]}, index=pd.Index([1], name=("a", 1))),
}


def check_frame(result: Any, value: Any) -> None:
    testing.assert_frame_equal(
        result, value, check_exact=True, check_column_type="exact", check_index_type="exact", check_freq=True
    )
    assert list(map(repr, result.dtypes)) == list(map(repr, value.dtypes))
    assert result.attrs == value.attrs


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_frames(make: Any) -> None:
    value = make()
    codec, result = travel(value)
    check_frame(result, value)
    assert codec == "arrow-frame"


@pytest.mark.parametrize("make", PICKLED_FRAMES.values(), ids=PICKLED_FRAMES)
def test_frames_that_are_pickled(make: Any) -> None:
    value = make()
    codec, result = travel(value)
    check_frame(result, value)
    assert codec == "pickle"


SERIES = {
    "no name": lambda: pd.Series([1, 2]),
    "name": lambda: pd.Series([1.0, np.nan], name="x"),
    "number for a name": lambda: pd.Series(["a"], name=5),
    "dates": lambda: pd.Series([1, 2, 3], index=DAYS, name="n"),
    "empty": lambda: pd.Series([], dtype="float64"),
    "categories": lambda: pd.Series(["x"], dtype="category"),
}

PICKLED_SERIES = {
    "tuple for a name": lambda: pd.Series([1], name=("a", "b")),
    "dicts": lambda: pd.Series([{"a": 1}]),
    "flags": lambda: flagged(pd.Series([1])),
    "complex numbers": lambda: pd.Series([1j]),
}


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        *((make, "arrow-series") for make in SERIES.values()),
        *((make, "pickle") for make in PICKLED_SERIES.values()),
    ],
    ids=[*SERIES, *PICKLED_SERIES],
)
def test_series(make: Any, expected: str) -> None:
    value = make()
    codec, result = travel(value)
    testing.assert_series_equal(result, value, check_exact=True, check_index_type="exact", check_freq=True)
    assert (repr(result.dtype), type(result.name)) == (repr(value.dtype), type(value.name))
    assert codec == expected


INDEXES = {
    "Index": lambda: pd.Index([1, 2]),
    "RangeIndex": lambda: pd.RangeIndex(0, 10, 2, name="r"),
    "MultiIndex": lambda: pd.MultiIndex.from_product([[1, 2], ["a"]], names=["x", None]),
    "DatetimeIndex": lambda: DAYS,
    "no frequency": lambda: DAYS[[0, 2]],
    "TimedeltaIndex": lambda: pd.timedelta_range("1D", periods=2),
    "PeriodIndex": lambda: pd.period_range("2026-01", "2026-05", freq="M"),
    "IntervalIndex": lambda: pd.interval_range(0, 3),
    "CategoricalIndex": lambda: pd.CategoricalIndex(["a"]),
    "text": lambda: pd.Index(["a"], name="n"),
}


@pytest.mark.parametrize("make", INDEXES.values(), ids=INDEXES)
def test_indexes(make: Any) -> None:
    value = make()
    codec, result = travel(value)
    testing.assert_index_equal(result, value, exact=True, check_exact=True)
    assert getattr(result, "freq", None) == getattr(value, "freq", None)
    assert codec == "arrow-index"


def test_an_index_that_is_pickled() -> None:
    days = pd.offsets.CustomBusinessDay(weekmask="Mon Wed Fri")
    for value in (
        pd.Index([1, "a"]),
        pd.Index([1], name=("a",)),
        pd.Index([1], name=np.int64(5)),
        pd.date_range("2026-01-01", periods=3, freq=days),
    ):
        codec, result = travel(value)
        testing.assert_index_equal(result, value)
        assert codec == "pickle"


def test_differences_that_pandas_overlooks() -> None:
    numbers = pd.Index([1], name=1)
    assert tables._same_index(numbers, pd.Index([1], name=1))
    assert not tables._same_index(numbers, pd.Index([1], name=True))
    assert not tables._same_index(DAYS, pd.DatetimeIndex(list(DAYS)).as_unit(DAYS.unit))
    assert not tables._same_dtype(pd.CategoricalDtype(["a", "b"]), pd.CategoricalDtype(["b", "a"]))
    assert not tables._same_values(
        pd.Index([1], dtype=object), pd.Index([True], dtype=object), np.dtype(object)
    )


def arrow_tables() -> list[Any]:
    table = pa.table({"a": [1, None], "b": [["x"], None]}, metadata={"k": "v"})
    return [
        table,
        table.slice(1),
        table.schema.empty_table(),
        pa.table({}),
        pa.table({"d": pa.array(["a", "b"]).dictionary_encode()}),
        table.to_batches()[0],
        pa.record_batch({"a": pa.array([], pa.int8())}),
    ]


@pytest.mark.parametrize(
    "value", arrow_tables(), ids=lambda t: f"{type(t).__name__} {t.schema.names} {t.num_rows}"
)
def test_arrow_tables(value: Any) -> None:
    codec, result = travel(value)
    assert type(result) is type(value)
    assert result.equals(value)
    assert result.schema.equals(value.schema, check_metadata=True)
    assert codec == ("arrow-table" if isinstance(value, pa.Table) else "arrow-batch")


def test_rows_without_columns() -> None:
    value = pa.table({"a": [1, 2]}).select([])
    assert travel(value)[1].num_rows == value.num_rows


def test_what_arrow_or_pandas_cannot_write_is_left_to_pickle() -> None:
    assert tables.encode_table(object()) is None
    assert tables._checked(1, b"", lambda _: 1 / 0, lambda a, b: True) is None


def test_previews() -> None:
    codec = ValueCodec(MemoryStore())
    assert codec.encode(FRAMES["number columns"]())["preview"] == "DataFrame 1x2: 1, 2"
    assert codec.encode(pd.Series([1]))["preview"] == "Series of 1, int64"
    assert codec.encode(pa.table({"a": [1]}))["preview"] == "Table 1x1: a"


def test_without_pyarrow_tables_are_pickled() -> None:
    code = """if 1:
        import sys
        sys.modules["pyarrow"] = None
        import pandas
        from flowdeco.runtime import MemoryStore, ValueCodec
        codec = ValueCodec(MemoryStore())
        for value in (pandas.DataFrame({"a": [1]}), pandas.Series([1]), pandas.Index([1])):
            encoded = codec.encode(value)
            assert encoded["codec"] == "pickle"
            assert codec.decode(encoded).equals(value)
        print("fine")
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr


def test_frames_that_hold_code_are_pickled() -> None:
    class Hostile:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = None

    frame = pd.DataFrame({"a": pd.Series(["x"], dtype=object)})
    frame.attrs = {"x": Hostile()}
    assert ValueCodec(MemoryStore()).encode(frame)["codec"] == "pickle"
