"""References: values that are bytes in the store, and how they are fetched.

`{"$type": "reference", "uri", "sha256", "size", "codec", "preview"}`, and `"bundle"` for pickles. Only
`sha256`, `size`, `codec` and `bundle` mean something; `uri` and `preview` are for people, and nothing is
read by them. Nothing is decoded before size and digest have been compared.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flowdeco.runtime.codecs import decoder_of
from flowdeco.runtime.decoding import Decoder
from flowdeco.runtime.encoding import JSON, TAG, Encoder
from flowdeco.runtime.refusal import Refusal, shown, type_text

_TAGGED = f'"{TAG}"'.encode()  # json_text never escapes it
_FIELDS = {TAG, "uri", "sha256", "size", "codec", "preview"}
_NO_PICKLE = (
    "@step(pickle=False) forbids it: return plain data, a dataclass, an array or a table, or register a codec"
)


def decode_reference(dec: Decoder, data: dict[str, Any]) -> object:
    """Fetches, verifies and decodes."""
    name = data.get("codec")
    expected = _FIELDS | {"bundle"} if name == "pickle" else _FIELDS
    if data.keys() != expected or type(name) is not str:
        raise Refusal(
            f"a reference has the fields {', '.join(sorted(expected))}, "
            f"and this one has {', '.join(sorted(map(str, data)))}"
        )
    if name == "pickle":
        _check_pickle(dec, data["bundle"])
        return _load_pickle(dec, _fetch(dec, data))
    if name == "json":
        content = _fetch(dec, data)
        plain = json.loads(content)
        return dec.any(plain) if _TAGGED in content else plain
    decode = decoder_of(name)
    content = _fetch(dec, data)
    try:
        return decode(content)
    except Exception as error:
        raise Refusal(f"the codec {name!r} failed: {type(error).__name__}: {error}") from error


def _fetch(dec: Decoder, data: dict[str, Any]) -> bytes:
    from hashlib import sha256  # 3 ms, and only references need it

    digest, size = data["sha256"], data["size"]
    if type(digest) is not str or not re.fullmatch("[0-9a-f]{64}", digest) or type(size) is not int:
        raise Refusal(f"the reference has no digest and size: {shown(digest)}, {shown(size)}")
    content = dec.store.read(digest)
    if len(content) != size or sha256(content).hexdigest() != digest:
        raise Refusal(
            f"the stored bytes are not those that were written ({len(content)} bytes, "
            f"expected {size} with SHA-256 {digest[:12]}...)",
            "the store was changed from outside or is damaged; run the step that made the value again",
            integrity=True,
        )
    return content


def _check_pickle(dec: Decoder, bundle: object) -> None:
    if not dec.pickle:
        raise Refusal("the value is a pickle", _NO_PICKLE)
    if bundle != dec.bundle:
        raise Refusal(
            f"the value was pickled by the bundle {shown(bundle)}, and this step runs {shown(dec.bundle)}",
            "a pickle is read only by the very code that wrote it: give both steps the same bundle, "
            "or return plain data, a dataclass, an array or a table",
        )


def _load_pickle(dec: Decoder, content: bytes) -> object:
    from flowdeco.runtime import pickles

    try:
        return pickles.load(content, dec.names)
    except Refusal:
        raise
    except Exception as error:
        raise Refusal(f"the pickle cannot be read: {type(error).__name__}: {error}") from error


def pickled(enc: Encoder, value: Any) -> JSON | None:
    """Rule, the last: whatever cloudpickle can carry."""
    kind = type(value)
    if not enc.pickle:
        raise Refusal(f"only pickle can carry this {type_text(kind)}", _NO_PICKLE)
    from flowdeco.runtime import pickles

    return enc.reference("pickle", pickles.dump(value, enc.names), type_text(kind))


_ITERATOR_MODULES = ("builtins", "itertools")


def iterator(enc: Encoder, value: Any) -> JSON | None:
    """Rule: refuses generators and the iterators of the language, which can be read only once."""
    kind = type(value)
    if kind.__module__ not in _ITERATOR_MODULES or not (
        hasattr(kind, "__next__") or hasattr(kind, "__anext__") or hasattr(kind, "__await__")
    ):
        return None
    wait = hasattr(kind, "__await__")
    hint = (
        "await it in the step" if wait else "return list(...) of it, or use `return [...]` instead of `yield`"
    )
    raise Refusal(f"a {kind.__name__} is not a value that can be stored", hint)


def json_reference(enc: Encoder, text: str, data: JSON) -> dict[str, JSON]:
    """A reference to encoded data that are too large to travel inline."""
    return enc.reference("json", text.encode(), describe(data, text))


def describe(data: JSON, text: str) -> str:
    """What encoded data are, in a few words.

    >>> describe([1, 2, 3], "[1,2,3]")
    'list of 3: [1,2,3]'
    """
    if type(data) is dict and TAG in data:
        return f"{data[TAG]}: {text[:80]}"
    return f"{type(data).__name__} of {len(data)}: {text[:80]}"
