"""From Python values to JSON with tags: the walk, and how its parts see it.

Plain values (None, bool, int, float, str, lists, dicts with str keys) are themselves. Everything else is a
dict with the key `$type`. What knows a kind of value is a *handler* (found by exact type, for what is
frequent) or a *rule* (asked one after the other); the tables of both are in `kinds.py`.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Mapping
from json import encoder as json_encoder
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from flowdeco.runtime.refusal import Refusal, key_part, type_text

if TYPE_CHECKING:
    from flowdeco.runtime.names import Names
    from flowdeco.runtime.store import Store

JSON: TypeAlias = Any
"""None, bool, int, float, str, list of JSON, or dict of str to JSON."""

Handler: TypeAlias = "Callable[[Encoder, Any], JSON]"
"""Encodes values of one exact type."""

Rule: TypeAlias = "Callable[[Encoder, Any], JSON | None]"
"""Encodes the values it knows, answers None for all others."""

TAG = "$type"
REFERENCE = "reference"
SAFE_INT = 2**53 - 1
"""The largest integer that a JSON number means exactly everywhere."""


_encode_with_python = json_encoder.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")
).encode


def text_function(make_chunks: Any) -> Callable[[JSON], str]:
    """JSONEncoder.encode without what it does anew on every call; itself where there is no C accelerator."""
    if make_chunks is None:
        return _encode_with_python
    chunks = make_chunks(None, None, json_encoder.encode_basestring, None, ":", ",", False, False, False)
    return lambda data: "".join(chunks(data, 0))


_to_text = text_function(getattr(json_encoder, "c_make_encoder", None))


def json_text(data: JSON) -> str:
    """Canonical JSON text: no spaces, no escapes that are not needed, keys in their order, NaN refused.

    >>> json_text({"b": [1, 2.5], "a": "é"})
    '{"b":[1,2.5],"a":"é"}'
    """
    return _to_text(data)


class Encoder:
    """One walk over a value. Children are encoded with `any`; arrays, frames, pickles go to `reference`."""

    __slots__ = ("bundle", "handlers", "names", "pickle", "quick", "rules", "store")

    careful: ClassVar[bool] = False
    atoms: ClassVar[frozenset[type]] = frozenset({type(None), bool, str, float})
    """Exact types that are taken over as they are, without a call."""

    def __init__(
        self,
        handlers: Mapping[type, Handler],
        rules: tuple[Rule, ...],
        store: Store,
        bundle: str,
        pickle: bool,
        names: Names,
    ) -> None:
        self.handlers = handlers
        self.quick: Mapping[type, Handler] = {} if self.careful else handlers
        self.rules = rules
        self.store = store
        self.bundle = bundle
        self.pickle = pickle
        self.names = names

    def any(self, value: Any) -> JSON:
        """The encoded value, sharing nothing mutable with it."""
        handler = self.handlers.get(type(value))
        if handler is not None:
            return handler(self, value)
        for rule in self.rules:
            encoded = rule(self, value)
            if encoded is not None:
                return encoded
        raise Refusal(f"a {type_text(type(value))} cannot be encoded")

    def fields(self, tag: str, values: Mapping[str, Any]) -> dict[str, JSON]:
        """`{"$type": tag, field: encoded value, ...}`."""
        encoded: dict[str, JSON] = {TAG: tag}
        name = ""
        try:
            for name, value in values.items():
                encoded[name] = self.any(value)
        except Refusal as refusal:
            refusal.at(f".{name}")
            raise
        return encoded

    def items(self, values: Any) -> list[JSON]:
        """The encoded elements of an iterable, in its order."""
        encoded: list[JSON] = []
        atoms, quick = self.atoms, self.quick
        try:
            for value in values:
                kind = type(value)
                if kind in atoms or (kind is int and -SAFE_INT <= value <= SAFE_INT):
                    encoded.append(value)
                elif kind in quick:
                    encoded.append(quick[kind](self, value))
                else:
                    encoded.append(self.any(value))
        except Refusal as refusal:
            refusal.at(f"[{len(encoded)}]")
            raise
        return encoded

    def reference(self, codec: str, data: bytes, preview: str) -> dict[str, JSON]:
        """Stores `data` and gives the reference to it."""
        from hashlib import sha256  # 3 ms, and only references need it

        digest = sha256(data).hexdigest()
        self.store.write(digest, data)
        encoded: dict[str, JSON] = {
            TAG: REFERENCE,
            "uri": self.store.uri(digest),
            "sha256": digest,
            "size": len(data),
            "codec": codec,
            "preview": clipped(preview),
        }
        if codec == "pickle":
            encoded["bundle"] = self.bundle
        return encoded


class CarefulEncoder(Encoder):
    """The same walk, slower, with a look at everything: NaN, cycles, text that is not Unicode, stand-ins.

    Used when the quick walk failed or its result is no JSON text (to find the culprit and its path), and for
    values that hold stand-ins: `leaf` is asked first for every object, and what it answers is taken as is.
    """

    __slots__ = ("active", "leaf")

    careful = True
    atoms = frozenset({type(None), bool})

    def __init__(self, *parts: Any, leaf: Callable[[object], JSON | None] | None = None) -> None:
        super().__init__(*parts)
        self.leaf = leaf
        self.active: set[int] = set()

    def any(self, value: Any) -> JSON:
        if self.leaf is not None:
            stand_in = self.leaf(value)
            if stand_in is not None:
                return stand_in
        kind = type(value)
        if kind is float:
            if not isfinite(value):
                raise Refusal(
                    f"{value!r} is not a JSON number",
                    "return None for it, or put it into an array or a table",
                )
            return value
        if kind is str:
            return value if is_unicode(value) else self.surrogates(value)
        marker = id(value)
        if marker in self.active:
            raise Refusal(
                f"the {type_text(kind)} contains itself (a cycle)", "return the parts without the way back"
            )
        self.active.add(marker)
        try:
            return super().any(value)
        finally:
            self.active.discard(marker)

    def surrogates(self, value: str) -> JSON:
        """A str with lone surrogates (undecodable file names have them), which no JSON text can carry."""
        return {TAG: "str", "value": base64_text(value.encode("utf-8", "surrogatepass"))}


def base64_text(data: bytes) -> str:
    """Bytes as they travel inline.

    >>> base64_text(b"data")
    'ZGF0YQ=='
    """
    return b2a_base64(data, newline=False).decode("ascii")


def is_unicode(value: str) -> bool:
    """Whether the text can be written as UTF-8: it has no lone surrogates.

    >>> is_unicode("é"), is_unicode(chr(0xD800))
    (True, False)
    """
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def key_refusal(key: object) -> Refusal:
    """Why a dict with this key cannot be encoded."""
    refusal = Refusal(
        f"the key is of type {type_text(type(key))}, and JSON has only str keys",
        "use str keys (`{str(k): v for k, v in d.items()}`), or a list of pairs (`list(d.items())`)",
    )
    refusal.at(key_part(key))
    return refusal


def clipped(text: str, limit: int = 80) -> str:
    """One printable line of at most `limit` characters.

    >>> clipped("a" * 100, 10), clipped("tab" + chr(9))
    ('aaaaaaa...', 'tab?')
    """
    text = text[: limit + 1]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= limit else text[: limit - 3] + "..."
