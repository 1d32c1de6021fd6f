"""Decides what becomes of a delivery of data by what its checks say: `match`, `assert`, several returns.

Try:

    python examples/language/quality_gate.py run
    python examples/language/quality_gate.py run --file late.csv
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flowdeco import main, step, workflow


@dataclass
class Checked:
    """What the checks say about a file."""

    level: str
    rows: int = 0
    code: int = 0
    problems: list[str] = field(default_factory=list)


CHECKED = {
    "good.csv": Checked("ok", rows=1200),
    "late.csv": Checked("warning", rows=1100, code=17),
    "short.csv": Checked("warning", rows=12, code=4),
    "empty.csv": Checked("ok"),
    "torn.csv": Checked("error", problems=["line 7 has no end"]),
    "wild.csv": Checked("error", problems=["no header", "3 dates in the future", "2 columns missing"]),
}


@step
def inspect(file: str) -> Checked:
    """What the checks say about a file."""
    return CHECKED.get(file, Checked("unknown"))


@step
def load(file: str, rows: int) -> str:
    """Loads it into the warehouse."""
    return f"{rows} rows of {file} loaded"


@step
def quarantine(file: str, reason: str) -> str:
    """Puts it where a person will look at it."""
    return f"{file} put aside: {reason}"


@workflow
def quality_gate(file: str = "good.csv") -> str:
    """Loads a file, or puts it aside.

    Args:
        file: the delivery
    """
    checked = inspect(file)
    match checked.level:
        case "ok":
            assert checked.rows > 0, f"{file} is empty"
            return load(file, checked.rows)
        case "warning" if checked.code in (17, 18):
            return f"late, but {load(file, checked.rows)}"
        case "warning":
            return quarantine(file, f"warning {checked.code}")
        case "error":
            match checked.problems:
                case [problem]:
                    return quarantine(file, problem)
                case [first, *others]:
                    return quarantine(file, f"{first} and {len(others)} more")
    raise ValueError(f"the checks say nothing about {file}")


if __name__ == "__main__":
    main()
