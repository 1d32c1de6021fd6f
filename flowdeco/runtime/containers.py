"""Lists, dicts, tuples, sets and their relatives in the standard library."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

from flowdeco.runtime.decoding import Decoder
from flowdeco.runtime.encoding import JSON, SAFE_INT, TAG, Encoder, is_unicode, json_text, key_refusal
from flowdeco.runtime.refusal import Refusal, key_part

_FEW = 8
"""Up to this length a loop over the elements is faster than a look at all their types."""


def encode_list(enc: Encoder, value: list[Any]) -> JSON:
    if len(value) > _FEW:
        kinds = set(map(type, value))
        if kinds <= enc.atoms:
            return value[:]
        if kinds == {int} and min(value) >= -SAFE_INT and max(value) <= SAFE_INT:
            return value[:]
    return enc.items(value)


def encode_dict(enc: Encoder, value: dict[Any, Any]) -> JSON:
    encoded: dict[str, JSON] = {}
    atoms, quick = enc.atoms, enc.quick
    key: Any = ""
    try:
        for key, item in value.items():
            if type(key) is not str:
                break
            kind = type(item)
            if kind in atoms or (kind is int and -SAFE_INT <= item <= SAFE_INT):
                encoded[key] = item
            elif kind in quick:
                encoded[key] = quick[kind](enc, item)
            else:
                encoded[key] = enc.any(item)
        else:
            if TAG in encoded or (enc.careful and not all(map(is_unicode, encoded))):
                return {TAG: "dict", "items": [[enc.any(name), item] for name, item in encoded.items()]}
            return encoded
    except Refusal as refusal:
        refusal.at(key_part(key))
        raise
    raise key_refusal(key)


def decode_dict(dec: Decoder, data: dict[str, Any]) -> object:
    return dict(dec.items(data["items"]))


def encode_tuple(enc: Encoder, value: tuple[Any, ...]) -> JSON:
    return {TAG: "tuple", "items": enc.items(value)}


def decode_tuple(dec: Decoder, data: dict[str, Any]) -> object:
    return tuple(dec.items(data["items"]))


def encode_set(enc: Encoder, value: set[Any] | frozenset[Any]) -> JSON:
    """Elements are in the order of their JSON text: the order of a set differs from process to process."""
    items = enc.items(value)
    kinds = set(map(type, items))
    if kinds == {str} or kinds == {int}:
        items.sort()
    else:
        items.sort(key=_order)
    return {TAG: type(value).__name__, "items": items}


def _order(item: JSON) -> str:
    try:
        return json_text(item)
    except (TypeError, ValueError):  # a stand-in, or NaN, which the caller's check will find
        return repr(item)


def decode_set(dec: Decoder, data: dict[str, Any]) -> object:
    return set(dec.items(data["items"]))


def decode_frozenset(dec: Decoder, data: dict[str, Any]) -> object:
    return frozenset(dec.items(data["items"]))


_FACTORIES: dict[str, Callable[[], Any]] = {
    kind.__name__: kind for kind in (bool, dict, float, int, list, set, str, tuple)
}


def mapping(enc: Encoder, value: Any) -> JSON | None:
    """Rule: Counter, OrderedDict and defaultdict with str keys; their entries stay usable in expressions."""
    kind = type(value)
    if kind is not Counter and kind is not OrderedDict and kind is not defaultdict:
        return None
    if getattr(value, "__dict__", None):
        return None
    if not all(type(key) is str and not key.startswith("$") and is_unicode(key) for key in value):
        return None
    encoded: dict[str, JSON] = {TAG: kind.__name__}
    if kind is defaultdict:
        factory = value.default_factory
        if factory is not None:
            name = getattr(factory, "__name__", "")
            if _FACTORIES.get(name) is not factory:
                return None
            encoded["$factory"] = name
    key = ""
    try:
        for key, item in value.items():
            encoded[key] = enc.any(item)
    except Refusal as refusal:
        refusal.at(key_part(key))
        raise
    return encoded


def _entries(dec: Decoder, data: dict[str, Any]) -> dict[str, Any]:
    entries = dec.fields(data)
    entries.pop("$factory", None)
    return entries


def decode_counter(dec: Decoder, data: dict[str, Any]) -> object:
    return Counter(_entries(dec, data))


def decode_ordered_dict(dec: Decoder, data: dict[str, Any]) -> object:
    return OrderedDict(_entries(dec, data))


def decode_defaultdict(dec: Decoder, data: dict[str, Any]) -> object:
    factory = data.get("$factory")
    return defaultdict(None if factory is None else _FACTORIES[factory], _entries(dec, data))


def queue(enc: Encoder, value: Any) -> JSON | None:
    """Rule: deque, with its maximal length."""
    if type(value) is not deque:
        return None
    return {TAG: "deque", "maxlen": value.maxlen, "items": enc.items(value)}


def decode_deque(dec: Decoder, data: dict[str, Any]) -> object:
    return deque(dec.items(data["items"]), data["maxlen"])
