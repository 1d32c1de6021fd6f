"""Items in a file, in the formats an ItemReader knows. Pure: bytes in, items out."""

from __future__ import annotations

import csv
import io
import json
import math
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from importlib import import_module
from typing import Any, Literal, TypeAlias, assert_never

from flowdeco.asl.model import JSON

Kind: TypeAlias = Literal["CSV", "JSON", "JSONL", "PARQUET"]


class DatasetError(Exception):
    """A file does not hold what it should; the text is the cause that is reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a file is read. `headers` None: the first row of a CSV file has them. `pointer`: where in a JSON file
    the items are, as the parts of a JSON pointer."""

    kind: Kind
    delimiter: str = ","
    headers: tuple[str, ...] | None = None
    pointer: tuple[str, ...] = ()


def items(data: bytes, format: Format) -> Iterator[JSON]:
    """The items in a file, one after the other. Raises DatasetError.

    >>> list(items(b"a,b\\n1,2\\n3\\n", Format(kind="CSV")))
    [{'a': '1', 'b': '2'}, {'a': '3', 'b': ''}]
    """
    match format.kind:
        case "CSV":
            return _rows(_text(data), format)
        case "JSON":
            return iter(_array(_json(_text(data)), format.pointer))
        case "JSONL":
            return (_json(line) for line in _text(data).split("\n") if line.strip())
        case "PARQUET":
            return _records(data)
        case _:
            assert_never(format.kind)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"The file is not text in UTF-8: {error}") from None


def _json(text: str) -> JSON:
    try:
        value: JSON = json.loads(text, parse_constant=_not_json)
        return value
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"The file could not be parsed as JSON: {error}") from None


def _not_json(name: str) -> JSON:
    raise ValueError(f"{name} is not JSON")


def _array(value: JSON, pointer: tuple[str, ...]) -> list[JSON]:
    for part in pointer:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise DatasetError(f"The ItemsPointer leads nowhere in the file: there is no {part!r}.")
    if not isinstance(value, list):
        raise DatasetError("Attempting to map over non-iterable node.")
    return value


def _rows(text: str, format: Format) -> Iterator[JSON]:
    """Rows as objects. Missing fields are empty texts, fields without a header are left out.

    A backslash escapes what follows it, a quotation mark in quotes is doubled; lines without any text do not count.
    """
    lines = csv.reader(
        io.StringIO(text, newline=""), delimiter=format.delimiter, quotechar='"', escapechar="\\"
    )
    headers = format.headers
    try:
        for fields in lines:
            if not fields:
                continue
            if headers is None:
                headers = tuple(fields)
                continue
            fields += [""] * (len(headers) - len(fields))
            yield dict(zip(headers, fields, strict=False))
    except csv.Error as error:
        raise DatasetError(f"The file could not be parsed as CSV: {error}") from None
    if headers is None:
        raise DatasetError("CSV headers cannot be empty.")


def _records(data: bytes) -> Iterator[JSON]:
    parquet = import_module("pyarrow.parquet")
    try:
        for batch in parquet.ParquetFile(io.BytesIO(data)).iter_batches():
            for record in batch.to_pylist():
                yield _plain(record)
    except import_module("pyarrow").ArrowException as error:
        raise DatasetError(f"The file could not be parsed as Parquet: {error}") from None


def _plain(value: Any) -> JSON:
    """What a value of a Parquet column is in JSON. What JSON has no type for becomes text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {str(name): _plain(part) for name, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return _bytes_text(value)
        case _:
            return str(value)


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return b64encode(value).decode()
