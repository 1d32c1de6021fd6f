"""Decides what becomes of a delivery of data by what its checks say: `match`, `assert`, several returns.

Try:

    python examples/language/quality_gate.py run
    python examples/language/quality_gate.py run --file late.csv
"""

from __future__ import annotations

from typing import TypedDict

from flowdeco import main, step, workflow


class Checked(TypedDict, total=False):
    """What the checks say about a file."""

    level: str
    code: int
    rows: int
    problems: list[str]


CHECKED: dict[str, Checked] = {
    "good.csv": {"level": "ok", "rows": 1200},
    "late.csv": {"level": "warning", "code": 17, "rows": 1100},
    "short.csv": {"level": "warning", "code": 4, "rows": 12},
    "empty.csv": {"level": "ok", "rows": 0},
    "torn.csv": {"level": "error", "problems": ["line 7 has no end"]},
    "wild.csv": {"level": "error", "problems": ["no header", "3 dates in the future", "2 columns missing"]},
}


@step
def inspect(file: str) -> Checked:
    """What the checks say about a file."""
    return CHECKED.get(file, {"level": "unknown"})


@step
def load(file: str, rows: int) -> str:
    """Loads it into the warehouse."""
    return f"{rows} rows of {file} loaded"


@step
def quarantine(file: str, reason: object, more: int = 0) -> str:
    """Puts it where a person will look at it."""
    return f"{file} put aside: {reason}" + (f" and {more} more" if more else "")


@workflow
def quality_gate(file: str = "good.csv") -> str:
    """Loads a file, or puts it aside.

    Args:
        file: the delivery
    """
    match inspect(file):
        case {"level": "ok", "rows": rows}:
            assert rows > 0, f"{file} is empty"
            return load(file, rows)
        case {"level": "warning", "code": 17 | 18, "rows": rows}:
            return f"late, but {load(file, rows)}"
        case {"level": "warning", "code": code}:
            return quarantine(file, code)
        case {"level": "error", "problems": [problem]}:
            return quarantine(file, problem)
        case {"level": "error", "problems": [first, *others]}:
            return quarantine(file, first, len(others))
        case _:
            raise ValueError(f"the checks say nothing about {file}")


if __name__ == "__main__":
    main()
