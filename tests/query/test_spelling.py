from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.query import JSON, compile_expression, literal, quote_name
from flowdeco.query.bridge import Program

NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
CONSTANTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


def same(written: Any, read: Any) -> bool:
    if isinstance(written, list):
        return isinstance(read, list) and len(written) == len(read) and all(map(same, written, read))
    if isinstance(written, dict):
        return (
            isinstance(read, dict)
            and list(written) == list(read)
            and all(same(written[k], read[k]) for k in written)
        )
    if isinstance(written, (int, float)) and not isinstance(written, bool):
        return not isinstance(read, bool) and written == read
    return type(written) is type(read) and bool(written == read)


@given(CONSTANTS)
def test_a_literal_reads_back(value: JSON) -> None:
    source = literal(value)
    assert source.isprintable() or any(not c.isprintable() and ord(c) > 0x7F for c in source)
    assert same(value, compile_expression(source).evaluate({}))


@given(st.text(st.characters(), max_size=8), st.text(st.characters(), max_size=8))
def test_a_quoted_name_selects_its_field(name: str, other: str) -> None:
    source = f"$x.{quote_name(name)}"
    data = {"x": {other: 0, name: 1}}
    assert compile_expression(source).evaluate(data) == 1
    assert Program(source).evaluate(data) == 1


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("loss", "loss"),
        ("_x1", "_x1"),
        ("1x", "`1x`"),
        ("a b", "`a b`"),
        ("in", "`in`"),
        ("été", "`été`"),
        ("a`b", "'a`b'"),
        ("a`b'c", '"a`b\'c"'),
        ("a\nb", "'a\\nb'"),
        ("", "''"),
        ("\ud800", "'\\ud800'"),
    ],
)
def test_names(name: str, quoted: str) -> None:
    assert quote_name(name) == quoted


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ('it\'s "it"', '"it\'s \\"it\\""'),
        ('say "it"', "'say \"it\"'"),
        ("\x00\x7f\\", "'\\u0000\\u007f\\\\'"),
        ("\ud800😀", "'\\ud800😀'"),
        (1e22, "1e+22"),
        ((1, 2), "[1, 2]"),
        (2**60, "1152921504606846976"),
    ],
)
def test_literals(value: JSON, source: str) -> None:
    assert literal(value) == source


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), [float("-inf")], {1: 2}, {"a": object()}, 2**53 + 1, 10**400]
)
def test_what_cannot_be_written(value: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON"):
        literal(value)
