"""`ValueCodec`: what step B receives equals what step A returned, the same value of the same type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from flowdeco.errors import CodecError, FlowdecoError
from flowdeco.runtime.classes import restore_instance
from flowdeco.runtime.decoding import Decoder
from flowdeco.runtime.encoding import JSON, CarefulEncoder, Encoder, json_text
from flowdeco.runtime.kinds import HANDLERS, READERS, RULES
from flowdeco.runtime.names import Names
from flowdeco.runtime.refusal import Refusal, type_text
from flowdeco.runtime.spill import INLINE_BYTES, SPILL_BYTES, spill
from flowdeco.runtime.store import Store

_SHORT = SPILL_BYTES // 8
"""ASCII strings up to this length need no measuring, whatever they escape to."""


class ValueCodec:
    """Encodes values as JSON with tags, and decodes them again.

    JSON-native values are plain JSON. Small rich values (dataclasses, datetimes, tuples, ...) are dicts with
    the key `$type`. Arrays, tables, large JSON and what only pickle can carry are bytes in `store` and a
    reference to them. Nothing is shared between a value and its encoded form.

    `bundle` is the digest of the code that runs here: pickles are read only when it is the one that wrote
    them. `pickle=False` forbids writing and reading pickles. `main_module` is the real module name of the
    script that runs as `__main__`, if one does.

    Not kept: that two parts of a value are the same object.

    >>> from flowdeco.runtime.store import MemoryStore
    >>> codec = ValueCodec(MemoryStore())
    >>> codec.encode({"auc": 0.9, "shape": (3, 4)})
    {'auc': 0.9, 'shape': {'$type': 'tuple', 'items': [3, 4]}}
    >>> codec.decode({'auc': 0.9, 'shape': {'$type': 'tuple', 'items': [3, 4]}})
    {'auc': 0.9, 'shape': (3, 4)}
    """

    def __init__(
        self, store: Store, *, bundle: str = "", pickle: bool = True, main_module: str | None = None
    ) -> None:
        self.store = store
        self.bundle = bundle
        self.pickle = pickle
        self.names = Names(main_module)
        self._encoder = Encoder(*self._encoder_parts())
        self._decoder = Decoder(READERS, restore_instance, store, bundle, pickle, self.names)

    def _encoder_parts(self) -> tuple[Any, ...]:
        return HANDLERS, RULES, self.store, self.bundle, self.pickle, self.names

    def encode(self, value: object, *, inline: bool = False) -> JSON:
        """The value as JSON of at most `SPILL_BYTES`; larger parts go to the store.

        With `inline` (the workflow itself iterates over the value or looks into it) the limit is
        `INLINE_BYTES`, and a list beyond it is an error. Raises `CodecError` with the path to what cannot be
        encoded (NaN, keys that are not str, cycles, open files, ...), `StoreError` when the store fails.
        """
        try:
            try:
                return self._fitted(self._encoder.any(value), inline)
            except (Refusal, FlowdecoError):
                raise
            except Exception:  # no JSON text, too deep, ...: find out where and why
                return self._fitted(self._careful(value, None), inline)
        except Refusal as refusal:
            raise refusal.error("encode") from refusal.__cause__

    def _fitted(self, data: JSON, inline: bool) -> JSON:
        kind = type(data)
        if kind is dict or kind is list:
            pass
        elif kind is str:
            if len(data) <= _SHORT and data.isascii():
                return data
        elif kind is float and not isfinite(data):
            raise ValueError("NaN or infinity")
        else:
            return data
        text = json_text(data)
        size = len(text) if text.isascii() else len(text.encode())
        limit = INLINE_BYTES if inline else SPILL_BYTES
        if size <= limit:
            return data
        if inline and kind is not dict:
            raise _too_large(kind, len(data), size)
        fitted = spill(self._encoder, data, text, size, limit)
        if inline and fitted is not data:
            raise _too_large(kind, len(data), size)
        return fitted

    def _careful(self, value: object, leaf: Callable[[object], JSON | None] | None) -> JSON:
        try:
            return CarefulEncoder(*self._encoder_parts(), leaf=leaf).any(value)
        except RecursionError:
            raise Refusal(
                f"the {type_text(type(value))} is nested too deeply", "return it as a flat list of its parts"
            ) from None
        except (Refusal, FlowdecoError):
            raise
        except Exception as error:
            raise Refusal(f"{type(error).__name__}: {error}") from error

    def decode(self, data: JSON, *, results: Sequence[object] | None = None) -> Any:
        """The value. `results`: what `{"$type": "result", "of": position}` in the data stands for.

        Raises `CodecError` with the path to what cannot be decoded, `IntegrityError` when stored bytes are not
        those that were written (before any of them is decoded), `StoreError` when the store fails.
        """
        try:
            if results is None:
                return self._decoder.any(data)
            readers = {**READERS, "result": lambda _, found: results[found["of"]]}
            own = self._decoder
            return Decoder(readers, restore_instance, own.store, own.bundle, own.pickle, own.names).any(data)
        except Refusal as refusal:
            raise refusal.error("decode") from refusal.__cause__
        except RecursionError:
            raise CodecError("cannot decode $: the data are nested too deeply") from None


def encode_tree(value: object, leaf: Callable[[object], JSON | None], codec: ValueCodec) -> JSON:
    """Encodes a structure that holds stand-ins for values that are not there yet.

    `leaf` is asked first for every object in the structure: what it answers is taken as is, None means an
    ordinary value. Nothing spills; arrays, tables and pickles go to `codec.store`. Raises as
    `ValueCodec.encode` does.

    >>> from flowdeco.runtime.store import MemoryStore
    >>> codec = ValueCodec(MemoryStore())
    >>> encode_tree([1, ..., (2, ...)], lambda item: "{% $x %}" if item is ... else None, codec)
    [1, '{% $x %}', {'$type': 'tuple', 'items': [2, '{% $x %}']}]
    """
    try:
        return codec._careful(value, leaf)
    except Refusal as refusal:
        raise refusal.error("encode") from refusal.__cause__


def _too_large(kind: type, length: int, size: int) -> Refusal:
    return Refusal(
        f"the {kind.__name__} of {length:,} has {size:,} bytes as JSON, and the workflow, which iterates over it "
        f"or looks into it, takes at most {INLINE_BYTES:,}",
        "return less per item (paths or keys instead of contents), split it in the step into fewer, larger items, "
        "or iterate in a step instead of in the workflow",
    )
