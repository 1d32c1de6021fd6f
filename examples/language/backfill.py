"""Fills in days one after the other, in order, and says where it is: `for`, `enumerate`, `zip`, f-strings.

Try:

    python examples/language/backfill.py run
    python examples/language/backfill.py run --month 2026-02 --opening 50
"""

from __future__ import annotations

from flowdeco import main, step, workflow

DAYS = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-05", "2026-02-27", "2026-02-28"]


@step
def missing_days(month: str) -> list[str]:
    """The days of a month that have not been booked, in order."""
    return [day for day in DAYS if day.startswith(month)]


@step
def load_day(day: str, opening: float) -> float:
    """Books one day on top of the day before; what it closes with."""
    return opening + int(day[-2:]) * 1.5


@step
def record(label: str, change: float) -> str:
    """Writes one line of the log."""
    return f"{label}: {change:+.2f}"


@workflow
def backfill(month: str = "2026-01", opening: float = 100.0) -> dict[str, object]:
    """Books every day in turn: each starts with what the one before closed with.

    Args:
        month: the month to book
        opening: what the first one starts with
    """
    days = missing_days(month)
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
    return {"closing": balance, "lines": lines, "last": days[-1] if days else "none"}


if __name__ == "__main__":
    main()
