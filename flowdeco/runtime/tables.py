"""Tables of pandas and pyarrow as Arrow IPC streams.

Arrow carries a pyarrow table exactly. Of pandas it carries most: so what was written is read again at once
and compared, dtype by dtype and value by value, and whatever came back different is left to pickle.
"""

from __future__ import annotations

import json
import sys
import warnings
from importlib import import_module
from itertools import islice
from typing import Any

_KEY = b"flowdeco"
_INDEXES = (
    "Index",
    "RangeIndex",
    "MultiIndex",
    "DatetimeIndex",
    "TimedeltaIndex",
    "PeriodIndex",
    "IntervalIndex",
    "CategoricalIndex",
)
_INDEX_MODULES = ("base", "range", "multi", "datetimes", "timedeltas", "period", "interval", "category")
INDEX_TYPES = tuple(f"pandas:{name}" for name in _INDEXES) + tuple(
    f"pandas.core.indexes.{module}:{name}" for module, name in zip(_INDEX_MODULES, _INDEXES)
)


def _arrow() -> Any | None:
    """pyarrow, when it is installed."""
    try:
        return import_module("pyarrow")
    except ImportError:
        return None


def _write(arrow: Any, schema: Any, table: Any) -> bytes:
    sink = arrow.BufferOutputStream()
    compression = "lz4" if arrow.Codec.is_available("lz4") else None
    options = arrow.ipc.IpcWriteOptions(compression=compression)
    with arrow.ipc.new_stream(sink, schema, options=options) as writer:
        writer.write(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _read(data: bytes) -> Any:
    return import_module("pyarrow").ipc.open_stream(data).read_all()


def encode_table(value: Any) -> bytes | None:
    """A pyarrow Table."""
    try:
        data = _write(_arrow(), value.schema, value)
        again = _read(data)
    except Exception:  # types that IPC does not carry
        return None
    same = again.num_rows == value.num_rows and again.schema.equals(value.schema, check_metadata=True)
    return data if same else None


def decode_table(data: bytes) -> object:
    return _read(data)


def encode_batch(value: Any) -> bytes | None:
    """A pyarrow RecordBatch."""
    arrow: Any = _arrow()
    return encode_table(arrow.Table.from_batches([value]))


def decode_batch(data: bytes) -> object:
    table = _read(data)
    batches = table.to_batches()
    if batches:
        return batches[0]
    return import_module("pyarrow").RecordBatch.from_pylist([], schema=table.schema)


def preview_table(value: Any) -> str:
    return (
        f"{type(value).__name__} {value.num_rows}x{value.num_columns}: {', '.join(value.schema.names[:20])}"
    )


def _encode_pandas(frame: Any, extra: dict[str, Any]) -> bytes | None:
    """A frame, with JSON beside it for what Arrow's metadata of pandas do not have."""
    arrow = _arrow()
    if arrow is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = arrow.Table.from_pandas(frame, nthreads=1)
        metadata = {**(table.schema.metadata or {}), _KEY: json.dumps(extra).encode()}
        table = table.replace_schema_metadata(metadata)
        return _write(arrow, table.schema, table)
    except Exception:  # mixed objects, non-unique names, unknown dtypes: from_pandas raises a dozen classes
        return None


def _decode_pandas(data: bytes) -> tuple[Any, dict[str, Any]]:
    table = _read(data)
    extra = json.loads(table.schema.metadata[_KEY])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = table.to_pandas(use_threads=False)
    _set_freq(frame.index, extra.get("freq"))
    return frame, extra


def _set_freq(index: Any, freq: str | None) -> None:
    if freq is not None:
        index.freq = freq


def _freq(index: Any) -> dict[str, Any]:
    """The frequency of a DatetimeIndex or TimedeltaIndex, which Arrow does not have."""
    freq = getattr(index, "freqstr", None)
    settable = type(index).__name__ in {"DatetimeIndex", "TimedeltaIndex"}
    return {"freq": freq} if freq is not None and settable else {}


def _range(columns: Any) -> dict[str, Any]:
    """The numbers of unnamed columns, which Arrow would give back as an ordinary index."""
    if type(columns).__name__ != "RangeIndex":
        return {}
    return {"columns": [columns.start, columns.stop, columns.step]}


def encode_frame(value: Any) -> bytes | None:
    """A pandas DataFrame."""
    data = _encode_pandas(value, {**_freq(value.index), **_range(value.columns)})
    return _checked(value, data, decode_frame, _same_frame)


def decode_frame(data: bytes) -> object:
    frame, extra = _decode_pandas(data)
    if "columns" in extra:
        frame.columns = import_module("pandas").RangeIndex(*extra["columns"], name=frame.columns.name)
    return frame


def encode_series(value: Any) -> bytes | None:
    """A pandas Series, as a frame of one column."""
    name = value.name
    if name is not None and type(name) not in {str, int, bool}:
        return None
    pandas: Any = sys.modules["pandas"]
    frame = pandas.DataFrame({"values": value})
    frame.attrs = value.attrs
    data = _encode_pandas(frame, {**_freq(value.index), "name": name})
    return _checked(value, data, decode_series, _same_series)


def decode_series(data: bytes) -> object:
    frame, extra = _decode_pandas(data)
    series = frame["values"]
    series.name = extra["name"]
    series.attrs = frame.attrs
    return series


def encode_index(value: Any) -> bytes | None:
    """A pandas Index of any kind, as the index of a frame (with a column: Arrow counts rows by columns)."""
    pandas: Any = sys.modules["pandas"]
    data = _encode_pandas(pandas.DataFrame({"": False}, index=value), _freq(value))
    return _checked(value, data, decode_index, _same_index)


def decode_index(data: bytes) -> object:
    return _decode_pandas(data)[0].index


def preview_frame(value: Any) -> str:
    columns = ", ".join(str(name) for name in islice(value.columns, 20))
    return f"DataFrame {value.shape[0]}x{value.shape[1]}: {columns}"


def preview_series(value: Any) -> str:
    return f"{type(value).__name__} of {len(value)}, {value.dtype}"


def _checked(value: Any, data: bytes | None, decode: Any, same: Any) -> bytes | None:
    """The data, if they really are the value."""
    if data is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return data if same(value, decode(data)) else None
    except Exception:  # comparing elements of an object column runs anybody's code
        return None


def _same_frame(a: Any, b: Any) -> bool:
    return (
        a.shape == b.shape
        and _same_attrs(a, b)
        and a.flags.allows_duplicate_labels == b.flags.allows_duplicate_labels
        and _same_index(a.index, b.index)
        and _same_index(a.columns, b.columns)
        and all(_same_column(a.iloc[:, i], b.iloc[:, i]) for i in range(a.shape[1]))
    )


def _same_series(a: Any, b: Any) -> bool:
    return (
        type(a.name) is type(b.name)
        and a.name == b.name
        and _same_attrs(a, b)
        and a.flags.allows_duplicate_labels == b.flags.allows_duplicate_labels
        and _same_index(a.index, b.index)
        and _same_column(a, b)
    )


def _same_attrs(a: Any, b: Any) -> bool:
    return _same_plain(a.attrs, b.attrs)


def _same_plain(a: Any, b: Any) -> bool:
    """Equal JSON, with equal types all the way down."""
    if type(a) is not type(b):
        return False
    if type(a) is dict:
        return a.keys() == b.keys() and all(_same_plain(a[key], b[key]) for key in a)
    if type(a) is list:
        return len(a) == len(b) and all(map(_same_plain, a, b))
    return type(a) in _ATOMS and a == b


def _same_index(a: Any, b: Any) -> bool:
    if type(a) is not type(b) or len(a) != len(b) or list(a.names) != list(b.names):
        return False
    if any(type(x) is not type(y) for x, y in zip(a.names, b.names)):
        return False
    if a.nlevels > 1:
        return all(_same_index(a.get_level_values(i), b.get_level_values(i)) for i in range(a.nlevels))
    if getattr(a, "freq", None) != getattr(b, "freq", None):
        return False
    return _same_dtype(a.dtype, b.dtype) and _same_values(a, b, a.dtype)


def _same_column(a: Any, b: Any) -> bool:
    return _same_dtype(a.dtype, b.dtype) and _same_values(a.array, b.array, a.dtype)


def _same_dtype(a: Any, b: Any) -> bool:
    if type(a) is not type(b) or a != b or repr(a) != repr(b):
        return False
    categories = getattr(a, "categories", None)  # unordered categoricals are equal in any order
    return categories is None or _same_index(categories, b.categories)


def _same_values(a: Any, b: Any, dtype: Any) -> bool:
    if getattr(dtype, "hasobject", False):  # extension dtypes compare themselves
        return all(map(_same_atom, a, b))
    equals: bool = a.equals(b)
    return equals


def _same_atom(a: Any, b: Any) -> bool:
    return type(a) is type(b) and type(a) in _ATOMS and (a == b or (a != a and b != b))


_ATOMS = frozenset({type(None), bool, int, float, str})
