"""Codecs: how kinds of values become bytes in the store, and bytes become values again.

`CODECS` is the table. A codec for another type of a library is one more row, or, in a user's own module, one
call of `register_codec`. `json` (large JSON) and `pickle` (what is left) are not rows: they need the walk.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

from flowdeco.errors import OptionError
from flowdeco.runtime import tables
from flowdeco.runtime.encoding import JSON, TAG, Encoder, base64_text
from flowdeco.runtime.refusal import Refusal, shown, type_text

T = TypeVar("T")

SHORT_BYTES = 256
"""`bytes` up to this length travel inline, in base64: a reference would be longer."""


class Codec(NamedTuple):
    """One row. `types` are exact types as `module:qualname`, so that no library is imported to look one up.

    `encode` answers None when it cannot carry this value exactly: pickle takes it then.
    """

    name: str
    types: tuple[str, ...]
    encode: Callable[[Any], bytes | None]
    decode: Callable[[bytes], object]
    preview: Callable[[Any], str]


def _encode_array(value: Any) -> bytes | None:
    numpy: Any = sys.modules["numpy"]
    dtype = value.dtype
    if type(value) is not numpy.ndarray or dtype.hasobject or dtype.metadata:
        return None
    form: Any = import_module("numpy.lib.format")
    if dtype.kind not in "biufcSUMm":
        # Records: the header is a list of names and types. Titles, alignment and new kinds of dtype get lost.
        again = form.descr_to_dtype(form.dtype_to_descr(dtype)) if dtype.kind == "V" else None
        if again != dtype or again.isalignedstruct != dtype.isalignedstruct:
            return None
    file = io.BytesIO()
    form.write_array(file, value, allow_pickle=False)
    return file.getvalue()


def _decode_array(data: bytes) -> object:
    form: Any = import_module("numpy.lib.format")
    return form.read_array(io.BytesIO(data), allow_pickle=False)


CODECS: tuple[Codec, ...] = (
    Codec("bytes", ("builtins:bytes",), bytes, bytes, lambda v: f"{len(v)} bytes: {v[:40]!r}"),
    Codec(
        "bytearray",
        ("builtins:bytearray",),
        bytes,
        bytearray,
        lambda v: f"bytearray of {len(v)}: {bytes(v[:40])!r}",
    ),
    Codec(
        "npy",
        ("numpy:ndarray",),
        _encode_array,
        _decode_array,
        lambda v: f"{v.dtype} array {'x'.join(map(str, v.shape)) or 'of no dimension'}",
    ),
    Codec(
        "arrow-table", ("pyarrow.lib:Table",), tables.encode_table, tables.decode_table, tables.preview_table
    ),
    Codec(
        "arrow-batch",
        ("pyarrow.lib:RecordBatch",),
        tables.encode_batch,
        tables.decode_batch,
        tables.preview_table,
    ),
    Codec(
        "arrow-frame",
        ("pandas:DataFrame", "pandas.core.frame:DataFrame"),
        tables.encode_frame,
        tables.decode_frame,
        tables.preview_frame,
    ),
    Codec(
        "arrow-series",
        ("pandas:Series", "pandas.core.series:Series"),
        tables.encode_series,
        tables.decode_series,
        tables.preview_series,
    ),
    Codec("arrow-index", tables.INDEX_TYPES, tables.encode_index, tables.decode_index, tables.preview_series),
)

_BY_TYPE = {name: codec for codec in CODECS for name in codec.types}
_BY_NAME = {codec.name: codec for codec in CODECS}
_RESERVED = frozenset(_BY_NAME) | {"json", "pickle"}


class _Registered(NamedTuple):
    kind: type
    subclasses: bool
    codec: Codec


_registered: dict[str, _Registered] = {}


def register_codec(
    kind: type[T],
    *,
    name: str,
    encode: Callable[[T], bytes],
    decode: Callable[[bytes], T],
    preview: Callable[[T], str] | None = None,
    subclasses: bool = False,
) -> None:
    """Carries values of a class as bytes of your own making, instead of by the built-in rules or pickle.

    Register at the top of a module that every step using the class imports. `name` is stored with the bytes:
    1 to 40 of `a-z 0-9 . _ -`. Registering a name again replaces it. `subclasses` takes subclasses too (the
    codec then has to restore the right one). `preview` is one line for people, 80 characters.

    Raises `OptionError` for a bad or a built-in name.

    >>> class Text:
    ...     def __init__(self, text): self.text = text
    >>> register_codec(Text, name="text", encode=lambda t: t.text.encode(), decode=lambda b: Text(b.decode()))
    """
    if not isinstance(kind, type):
        raise OptionError(f"register_codec: the first argument is a class, not {shown(kind)}")
    if not re.fullmatch(r"[a-z0-9._-]{1,40}", name):
        raise OptionError(
            f"register_codec: {name!r} is no name of a codec", hint="1 to 40 of a-z, 0-9, '.', '_' and '-'"
        )
    if name in _RESERVED:
        raise OptionError(f"register_codec: {name!r} is a codec of flowdeco's own", hint=f"try 'my-{name}'")
    codec = Codec(name, (), encode, decode, preview or (lambda value: type_text(type(value))))
    _registered[name] = _Registered(kind, subclasses, codec)


def registered(enc: Encoder, value: Any) -> JSON | None:
    """Rule: what users registered, the latest first; before all other rules."""
    kind = type(value)
    for entry in reversed(_registered.values()):
        if entry.kind is kind or (entry.subclasses and issubclass(kind, entry.kind)):
            try:
                data = entry.codec.encode(value)
            except Exception as error:
                raise Refusal(
                    f"the codec {entry.codec.name!r} failed on a {type_text(kind)}: "
                    f"{type(error).__name__}: {error}"
                ) from error
            if type(data) is not bytes:
                raise Refusal(
                    f"the codec {entry.codec.name!r} made a {type_text(type(data))} instead of bytes"
                )
            return enc.reference(entry.codec.name, data, entry.codec.preview(value))
    return None


def coded(enc: Encoder, value: Any) -> JSON | None:
    """Rule: bytes, arrays, frames and tables."""
    kind = type(value)
    codec = _BY_TYPE.get(f"{kind.__module__}:{kind.__qualname__}")
    if codec is None:
        return None
    data = codec.encode(value)
    return None if data is None else enc.reference(codec.name, data, codec.preview(value))


def encode_bytes(enc: Encoder, value: bytes) -> JSON:
    if len(value) > SHORT_BYTES:
        return coded(enc, value)
    return {TAG: "bytes", "value": base64_text(value)}


def decoder_of(name: str) -> Callable[[bytes], object]:
    """What decodes the bytes of a codec."""
    codec = _BY_NAME.get(name)
    if codec is not None:
        return codec.decode
    entry = _registered.get(name)
    if entry is not None:
        return entry.codec.decode
    raise Refusal(
        f"there is no codec {name!r} here",
        "call register_codec at the top of a module that the consuming step imports too",
    )
