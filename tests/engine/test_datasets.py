"""Items in files."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from flowdeco.engine.datasets import DatasetError, Format, items


def read(data, kind, **options):
    return list(items(data if isinstance(data, bytes) else data.encode(), Format(kind=kind, **options)))


def refused(data, kind, **options):
    with pytest.raises(DatasetError) as caught:
        read(data, kind, **options)
    return str(caught.value)


def test_json():
    assert read("\ufeff[1, {}, null]", "JSON") == [1, {}, None]
    assert read('{"a/b": [{"c": [5]}]}', "JSON", pointer=("a/b", "0", "c")) == [5]
    assert refused("{}", "JSON") == "Attempting to map over non-iterable node."
    assert refused('{"a": 1}', "JSON", pointer=("a",)) == "Attempting to map over non-iterable node."
    for pointer in (("b",), ("a", "b"), ("x", "1"), ("x", "²")):
        text = f"The ItemsPointer leads nowhere in the file: there is no {pointer[-1]!r}."
        assert refused('{"a": 1, "x": [1]}', "JSON", pointer=pointer) == text


@pytest.mark.parametrize("text", ["[1", "[NaN]", "", "[" * 100_000])
def test_what_is_not_json(text):
    assert refused(text, "JSON").startswith("The file could not be parsed as JSON: ")


def test_what_is_not_text():
    assert refused(b"\xff", "JSON").startswith("The file is not text in UTF-8: ")


def test_json_lines():
    assert read('{"a": 1}\r\n\n  \n[2]\n"\u2028"', "JSONL") == [{"a": 1}, [2], "\u2028"]
    assert refused("1\n{", "JSONL").startswith("The file could not be parsed as JSON: ")
    assert read("", "JSONL") == []


def test_csv_with_headers_in_the_first_row():
    text = "a,b\n1,2\n\n3\n4,5,6\n  \n"
    expected = [{"a": "1", "b": "2"}, {"a": "3", "b": ""}, {"a": "4", "b": "5"}, {"a": "  ", "b": ""}]
    assert read(text, "CSV") == expected
    assert read("a,b\n", "CSV") == []
    assert refused("", "CSV") == "CSV headers cannot be empty."


def test_csv_with_given_headers_and_delimiters():
    assert read("1|2\n", "CSV", delimiter="|", headers=("x", "y")) == [{"x": "1", "y": "2"}]
    assert read("", "CSV", headers=("x",)) == []


def test_csv_quotes_and_backslashes():
    text = 'a,b\n"1,\n2","say ""no"""\nC:\\\\x,1\\,2\n\\z,\\"\n'
    assert read(text, "CSV") == [
        {"a": "1,\n2", "b": 'say "no"'},
        {"a": "C:\\x", "b": "1,2"},
        {"a": "z", "b": '"'},
    ]
    assert refused("a\n" + "x" * 200_000, "CSV").startswith("The file could not be parsed as CSV: ")


def test_parquet():
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    row = {
        "n": 1,
        "x": float("nan"),
        "y": 0.5,
        "s": "é",
        "b": b"text",
        "raw": b"\xff\x00",
        "day": date(2026, 1, 2),
        "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "time": time(3, 4),
        "price": Decimal("1.50"),
        "whole": Decimal("2.00"),
        "list": [1, None],
        "inner": {"k": True},
    }
    file = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist([row]), file)
    assert read(file.getvalue(), "PARQUET") == [
        {
            "n": 1,
            "x": None,
            "y": 0.5,
            "s": "é",
            "b": "text",
            "raw": "/wA=",
            "day": "2026-01-02",
            "at": "2026-01-02T03:04:05+00:00",
            "time": "03:04:00",
            "price": 1.5,
            "whole": 2,
            "list": [1, None],
            "inner": {"k": True},
        }
    ]
    assert refused(b"PAR1", "PARQUET").startswith("The file could not be parsed as Parquet: ")


def test_parquet_values_json_has_no_type_for():
    arrow = pytest.importorskip("pyarrow")
    from datetime import timedelta

    from pyarrow import parquet

    file = io.BytesIO()
    parquet.write_table(arrow.table({"d": [timedelta(seconds=61)]}), file)
    assert read(file.getvalue(), "PARQUET") == [{"d": "0:01:01"}]
