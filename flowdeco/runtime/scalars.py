"""Small values of the standard library that travel inline: a literal table of what they are made of.

To add a kind, add a row. `fields` takes the value apart (None: this one cannot be exact, pickle takes it),
`restore` builds it again from the same fields, decoded. Fields may be anything that can be encoded. Modules
are imported where a value needs them: importing datetime, uuid, decimal and pathlib takes 10 ms.
"""

from __future__ import annotations

import sys
from binascii import a2b_base64
from collections.abc import Callable
from typing import Any, NamedTuple

from flowdeco.runtime.decoding import Decoder, Reader
from flowdeco.runtime.encoding import JSON, SAFE_INT, TAG, Encoder

Fields = dict[str, Any]

_HEX_BITS = 4096
"""Integers with more bits are written in base 16: base 10 takes quadratic time, and Python limits its digits."""


class Scalar(NamedTuple):
    """One row: the tag, the types (`module:qualname`, several where Python versions differ), both directions."""

    tag: str
    types: tuple[str, ...]
    fields: Callable[[Any], Fields | None]
    restore: Callable[[Fields], object]


def encode_int(enc: Encoder, value: int) -> JSON:
    if -SAFE_INT <= value <= SAFE_INT:
        return value
    return {TAG: "int", "value": str(value) if value.bit_length() <= _HEX_BITS else hex(value)}


def _text(value: Any) -> Fields:
    return {"value": str(value)}


def _uuid(value: Any) -> Fields:
    fields: Fields = {"value": str(value)}
    if value.is_safe.value is not None:
        fields["is_safe"] = value.is_safe.value
    return fields


def _restore_uuid(fields: Fields) -> object:
    from uuid import UUID, SafeUUID

    return UUID(fields["value"], is_safe=SafeUUID(fields.get("is_safe")))


def _restore_decimal(fields: Fields) -> object:
    from decimal import Decimal

    return Decimal(fields["value"])


def _moment(value: Any) -> Fields | None:
    """The fields of a datetime or a time; None for time zones that are neither an offset nor a ZoneInfo."""
    from datetime import timezone

    zone = value.tzinfo
    fields: Fields = {"value": value.isoformat()}
    if type(zone) is timezone:
        # A nameless offset makes its name from the offset: a name is what differs from that.
        name, offset = zone.tzname(None), zone.utcoffset(None)
        if name != timezone(offset).tzname(None):
            fields["name"] = name
        if offset.microseconds:  # an offset below a second is parsed as UTC
            fields["offset"] = offset
    elif zone is not None:
        key = getattr(zone, "key", None)
        if type(zone) is not getattr(sys.modules.get("zoneinfo"), "ZoneInfo", None) or key is None:
            return None
        fields["zone"] = key
    if value.fold:
        fields["fold"] = value.fold
    return fields


def _place(value: Any, fields: Fields) -> object:
    """Puts a parsed datetime or time, whose zone is at most an offset, into its real zone."""
    zone = value.tzinfo
    if "zone" in fields:
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(fields["zone"])
    elif "name" in fields or "offset" in fields:
        from datetime import timezone

        offset = fields.get("offset") or zone.utcoffset(None)
        zone = timezone(offset, fields["name"]) if "name" in fields else timezone(offset)
    return value.replace(tzinfo=zone, fold=fields.get("fold", 0))


def _restore_datetime(fields: Fields) -> object:
    from datetime import datetime

    return _place(datetime.fromisoformat(fields["value"]), fields)


def _restore_time(fields: Fields) -> object:
    from datetime import time

    return _place(time.fromisoformat(fields["value"]), fields)


def _restore_date(fields: Fields) -> object:
    from datetime import date

    return date.fromisoformat(fields["value"])


def _restore_timedelta(fields: Fields) -> object:
    from datetime import timedelta

    return timedelta(fields["days"], fields["seconds"], fields["microseconds"])


def _paths(*names: str) -> tuple[str, ...]:
    """Python 3.13 has them in a module of their own."""
    return tuple(f"{module}:{name}" for name in names for module in ("pathlib", "pathlib._local"))


def _restore_path(fields: Fields) -> object:
    from pathlib import Path

    return Path(fields["value"])


def _restore_pure_posix(fields: Fields) -> object:
    from pathlib import PurePosixPath

    return PurePosixPath(fields["value"])


def _restore_pure_windows(fields: Fields) -> object:
    from pathlib import PureWindowsPath

    return PureWindowsPath(fields["value"])


SCALARS: tuple[Scalar, ...] = (
    Scalar(
        "complex",
        ("builtins:complex",),
        lambda v: {"real": v.real, "imag": v.imag},
        lambda f: complex(f["real"], f["imag"]),
    ),
    Scalar(
        "range",
        ("builtins:range",),
        lambda v: {"start": v.start, "stop": v.stop, "step": v.step},
        lambda f: range(f["start"], f["stop"], f["step"]),
    ),
    Scalar("datetime", ("datetime:datetime",), _moment, _restore_datetime),
    Scalar("date", ("datetime:date",), _text, _restore_date),
    Scalar("time", ("datetime:time",), _moment, _restore_time),
    Scalar(
        "timedelta",
        ("datetime:timedelta",),
        lambda v: {"days": v.days, "seconds": v.seconds, "microseconds": v.microseconds},
        _restore_timedelta,
    ),
    Scalar("Decimal", ("decimal:Decimal",), _text, _restore_decimal),
    Scalar("UUID", ("uuid:UUID",), _uuid, _restore_uuid),
    Scalar("Path", _paths("PosixPath", "WindowsPath"), _text, _restore_path),
    Scalar("PurePosixPath", _paths("PurePosixPath"), _text, _restore_pure_posix),
    Scalar("PureWindowsPath", _paths("PureWindowsPath"), _text, _restore_pure_windows),
)

_BY_TYPE = {name: scalar for scalar in SCALARS for name in scalar.types}


def scalar(enc: Encoder, value: Any) -> JSON | None:
    """Rule: values whose exact type has a row in `SCALARS`."""
    kind = type(value)
    row = _BY_TYPE.get(f"{kind.__module__}:{kind.__qualname__}")
    if row is None or getattr(sys.modules.get(kind.__module__), kind.__qualname__, None) is not kind:
        return None
    fields = row.fields(value)
    return None if fields is None else enc.fields(row.tag, fields)


def _reader(row: Scalar) -> Reader:
    def read(dec: Decoder, data: dict[str, Any]) -> object:
        return row.restore(dec.fields(data))

    return read


def decode_int(dec: Decoder, data: dict[str, Any]) -> object:
    """An integer beyond 2**53 - 1."""
    return int(dec.any(data["value"]), 0)


def decode_float(dec: Decoder, data: dict[str, Any]) -> object:
    """A float that a state machine computed: its JSON does not tell 2.0 from 2."""
    return float(dec.any(data["value"]))


def decode_bytes(dec: Decoder, data: dict[str, Any]) -> object:
    """Bytes that were short enough to travel inline."""
    return a2b_base64(data["value"], strict_mode=True)


def decode_str(dec: Decoder, data: dict[str, Any]) -> object:
    """Text with lone surrogates."""
    return a2b_base64(dec.any(data["value"]), strict_mode=True).decode("utf-8", "surrogatepass")


READERS: dict[str, Reader] = {
    **{row.tag: _reader(row) for row in SCALARS},
    "int": decode_int,
    "float": decode_float,
    "bytes": decode_bytes,
    "str": decode_str,
}
