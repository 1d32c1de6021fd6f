"""Fills in days one after the other, in order, and says where it is: `for`, `enumerate`, `zip`, f-strings.

Try:

    python examples/language/backfill.py run
    python examples/language/backfill.py run --days '["2026-01-01", "2026-01-02"]'
"""

from __future__ import annotations

from flowdeco import main, step, workflow

DAYS = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-05"]


@step
def load_day(day: str, opening: float) -> float:
    """Books one day on top of the day before; what it closes with."""
    return opening + int(day[-2:]) * 1.5


@step
def record(label: str, change: float) -> str:
    """Writes one line of the log."""
    return f"{label}: {change:+.2f}"


@workflow
def backfill(days: list[str] = DAYS, opening: float = 100.0) -> dict[str, object]:
    """Books every day in turn: each starts with what the one before closed with.

    Args:
        days: the days to book, in order
        opening: what the first one starts with
    """
    closings: list[float] = []
    balance = opening
    for day in days:
        balance = load_day(day, balance)
        closings.append(balance)
    lines = []
    before = opening
    for number, (day, closing) in enumerate(zip(days, closings), start=1):
        lines.append(record(f"{number:>2}/{len(days)} {day}", closing - before))
        before = closing
    return {"closing": balance, "lines": lines, "months": sorted({day[:7] for day in days})}


if __name__ == "__main__":
    main()
