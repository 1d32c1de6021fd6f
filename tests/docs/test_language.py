"""docs/language.md shows what the code makes of its Python. FLOWDECO_UPDATE_GOLDEN=1 writes the page anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.gallery import filled

PAGE = Path(__file__).parents[2] / "docs" / "language.md"


@pytest.fixture(scope="module")
def anew() -> str:
    return filled(PAGE.read_text(encoding="utf-8"))


def test_the_page_is_as_the_code_is(anew: str) -> None:
    if os.environ.get("FLOWDECO_UPDATE_GOLDEN"):
        PAGE.write_text(anew, encoding="utf-8")
    for number, (is_there, made) in enumerate(
        zip(PAGE.read_text("utf-8").split("\n"), anew.split("\n")), start=1
    ):
        assert is_there == made, f"line {number} is stale: set FLOWDECO_UPDATE_GOLDEN=1, then read the diff"
    assert PAGE.read_text(encoding="utf-8") == anew


def test_every_row_is_filled_in(anew: str) -> None:
    assert "(nothing)" not in anew
    assert "$__" not in anew
