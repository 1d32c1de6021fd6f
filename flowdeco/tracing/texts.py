"""f-strings and their like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flowdeco.graph.types import STR
from flowdeco.runtime.glue import Text, formatted
from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder
from flowdeco.tracing.glue import glue_call
from flowdeco.tracing.operate import expressed


def text(recorder: TraceRecorder, parts: Sequence[Any]) -> Any:
    """An f-string: texts, and (value, conversion, spec) for what is in braces."""
    pieces = [part if isinstance(part, str) else _piece(recorder, *part) for part in parts]
    if any(piece is None for piece in pieces):
        return _as_glue(recorder, parts)
    if not any(isinstance(piece, Value) for piece in pieces):
        return "".join(pieces)
    if len(pieces) == 1:
        return pieces[0]
    whole = expressed(recorder, "text", tuple(pieces))
    return _as_glue(recorder, parts) if whole is None else whole


def _piece(recorder: TraceRecorder, value: Any, conversion: str, spec: Any) -> Any:
    """A part in braces: a known text, one as an expression, or None."""
    recorder.fresh(value)
    if not contains_value(value) and not contains_value(spec):
        return formatted(value, spec, conversion)
    if contains_value(spec):
        return None
    if isinstance(value, Value) and value._type.sort == "error" and conversion in ("", "s") and not spec:
        return expressed(recorder, "error.message", (value,))
    if conversion == "":
        return expressed(recorder, "format", (value, spec))
    if conversion in ("r", "s") and spec == "":
        return expressed(recorder, {"r": "repr", "s": "str"}[conversion], (value,))
    return None


def _as_glue(recorder: TraceRecorder, parts: Sequence[Any]) -> Any:
    """The whole text by one glue call."""
    layout: list[Any] = []
    values: list[Any] = []
    for part in parts:
        if isinstance(part, str):
            layout.append(part)
            continue
        value, conversion, spec = part
        if contains_value(spec):
            layout.append((conversion, None))
            values += [value, spec]
        else:
            layout.append((conversion, spec))
            values.append(value)
    why = "the text of a value that may be a float, or of an unknown type, has no expression"
    return glue_call(recorder, Text(tuple(layout)), values, {}, why, type=STR, name="f-string")
