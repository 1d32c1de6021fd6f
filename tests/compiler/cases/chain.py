"""A chain of steps is a chain of Tasks; only what is needed later is assigned."""

from flowdeco import step, workflow


@step
def load(day: str) -> list[int]:
    """Reads the day's rows."""
    return [len(day), 2, 3]


@step
def clean(rows: list[int]) -> list[int]:
    return [row for row in rows if row]


@step
def report(rows: list[int], day: str) -> str:
    return f"{day}: {sum(rows)}"


@workflow
def pipeline(day: str) -> str:
    """The daily report."""
    rows = load(day)
    rows = clean(rows)
    return report(rows, day)


INPUTS = {"day": "2026-01-01"}
