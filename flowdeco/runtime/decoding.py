"""From JSON with tags back to Python values: the walk, and how its parts see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from flowdeco.errors import FlowdecoError, did_you_mean
from flowdeco.runtime.encoding import JSON, TAG
from flowdeco.runtime.refusal import Refusal, key_part, shown

if TYPE_CHECKING:
    from flowdeco.runtime.names import Names
    from flowdeco.runtime.store import Store

Reader: TypeAlias = "Callable[[Decoder, dict[str, Any]], object]"
"""Decodes the dicts of one tag."""

_ATOMS = frozenset({type(None), bool, str, float, int})


class Decoder:
    """One walk over encoded data. Children are decoded with `any`."""

    __slots__ = ("bundle", "by_class", "names", "pickle", "readers", "store")

    def __init__(
        self,
        readers: Mapping[str, Reader],
        by_class: Callable[[Decoder, type, dict[str, Any]], object],
        store: Store,
        bundle: str,
        pickle: bool,
        names: Names,
    ) -> None:
        self.readers = readers
        self.by_class = by_class
        self.store = store
        self.bundle = bundle
        self.pickle = pickle
        self.names = names

    def any(self, data: JSON) -> Any:
        """The value, sharing nothing mutable with the data."""
        kind = type(data)
        if kind in _ATOMS:
            return data
        if kind is list:
            return self.items(data)
        if kind is not dict:
            raise Refusal(f"encoded data is JSON, and this is {shown(data)}")
        if TAG in data:
            return self.tagged(data)
        decoded = {}
        key = ""
        try:
            for key, item in data.items():
                decoded[key] = item if type(item) in _ATOMS else self.any(item)
        except Refusal as refusal:
            refusal.at(key_part(key))
            raise
        return decoded

    def items(self, data: JSON) -> list[Any]:
        """The decoded elements of a JSON list."""
        if type(data) is not list:
            raise Refusal("there should be a list")
        if _ATOMS.issuperset(map(type, data)):
            return data[:]
        decoded: list[Any] = []
        try:
            for item in data:
                decoded.append(item if type(item) in _ATOMS else self.any(item))
        except Refusal as refusal:
            refusal.at(f"[{len(decoded)}]")
            raise
        return decoded

    def fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """The decoded fields of a tagged dict, without the tag."""
        decoded = {}
        name = ""
        try:
            for name, item in data.items():
                if name != TAG:
                    decoded[name] = item if type(item) in _ATOMS else self.any(item)
        except Refusal as refusal:
            refusal.at(f".{name}")
            raise
        return decoded

    def tagged(self, data: dict[str, Any]) -> object:
        """A value of a kind that JSON does not have."""
        tag = data[TAG]
        if type(tag) is not str:
            raise Refusal(f"{TAG} should be a name and is {shown(tag)}")
        try:
            reader = self.readers.get(tag)
            if reader is not None:
                return reader(self, data)
            if ":" not in tag:
                raise Refusal(
                    f"{TAG} is {tag!r}, which is no known kind", did_you_mean(tag, list(self.readers))
                )
            kind = self.names.resolve(tag)
            if not isinstance(kind, type):
                raise Refusal(f"{tag!r} is not a class")
            return self.by_class(self, kind, data)
        except (Refusal, FlowdecoError, RecursionError, MemoryError):
            raise
        except Exception as error:
            raise Refusal(f"malformed {tag}: {type(error).__name__}: {error}") from error
