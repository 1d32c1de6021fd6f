"""Limits of the service, and the JSON text they are counted on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.engine.failure import DATA_LIMIT, StateError
from flowdeco.errors import InputError

MAX_BYTES: Final = 262_144
"""Of a state's input, output or result, a variable, an Assign: UTF-8 bytes of JSON text."""
MAX_VARIABLE_BYTES: Final = 10 * 1_048_576
"""Of all variables of an execution together."""
MAX_EVENTS: Final = 25_000
MAX_NAME: Final = 80
INLINE_CONCURRENCY: Final = 40
DISTRIBUTED_CONCURRENCY: Final = 10_000
MAX_WAIT_SECONDS: Final = 99_999_999
EXPRESS_SECONDS: Final = 300
"""The longest an Express execution may take."""

_encoder: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def fast_encode(make: Any) -> Callable[[JSON], str]:
    """`_encoder.encode` without building its C part anew for every value, which costs more than most values do.

    `make`: what builds the C part; None where Python has none.
    """
    if make is None:
        return _encoder.encode
    # No record of what was seen on the way down: a value that holds itself ends in a RecursionError.
    chunks = make(None, _encoder.default, json.encoder.encode_basestring, None, ":", ",", False, False, False)
    join = "".join

    def encode(value: JSON) -> str:
        return join(chunks(value, 0))

    return encode


encode: Final = fast_encode(getattr(json.encoder, "c_make_encoder", None))
"""The compact JSON text of a value. Raises TypeError, ValueError or RecursionError for what is not JSON."""

_decode = json.JSONDecoder().raw_decode


def decode(text: str) -> JSON:
    """The value of a text made by `encode`."""
    return _decode(text)[0]


def text_bytes(text: str) -> int:
    """How many bytes a text is in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def size(value: JSON) -> int:
    """How many bytes a JSON value is, at least; exact for all but short values.

    >>> size({"a": [1, 2]})
    11
    """
    if value is None or value is True or value is False:
        return 5
    if isinstance(value, (int, float)):
        return 8
    return text_bytes(encode(value))


def check_size(name: str, value: JSON) -> None:
    """Raises StateError when what the state or task `name` gives is larger than the service passes on."""
    if size(value) > MAX_BYTES:
        raise too_large(name)


def too_large(name: str) -> StateError:
    """The service's error for a result that is too large."""
    text = "returned a result with a size exceeding the maximum number of bytes service limit."
    return StateError(DATA_LIMIT, f"The state/task '{name}' {text}")


def json_text(what: str, value: JSON) -> str:
    """The compact JSON text of a value that is given from outside. Raises InputError when it is not JSON or too large."""
    try:
        text = encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"the {what} is not JSON: {error}") from error
    bytes = text_bytes(text)
    if bytes > MAX_BYTES:
        raise InputError(
            f"the {what} has {bytes:,} bytes of JSON, the limit is {MAX_BYTES:,}",
            hint="pass a reference to the data, not the data",
        )
    return text
