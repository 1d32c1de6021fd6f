"""Reads the river levels of a month and says which gauges a technician should look at."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import mean, stdev

from flowdeco import main, step, workflow

LEVELS = Path(__file__).with_name("levels.csv")


@step
def load(file: Path) -> dict[str, list[float]]:
    """The levels of every gauge in metres, day by day."""
    with file.open(encoding="utf-8", newline="") as rows:
        columns = list(zip(*csv.reader(rows)))[1:]
    return {name: [float(level) for level in levels] for name, *levels in columns}


@step
def jumps(levels: dict[str, list[float]], limit: float) -> dict[str, list[int]]:
    """The days on which a gauge is further from its mean than `limit` standard deviations."""
    days = {}
    for gauge, values in levels.items():
        usual, spread = mean(values), stdev(values)
        days[gauge] = [day for day, value in enumerate(values, 1) if abs(value - usual) > limit * spread]
    return days


@step
def stuck(levels: dict[str, list[float]]) -> list[str]:
    """The gauges that gave the same level five days in a row."""
    return [
        gauge
        for gauge, values in levels.items()
        if any(len(set(values[start : start + 5])) == 1 for start in range(len(values) - 4))
    ]


@step
def summary(jumping: dict[str, list[int]], standing: list[str]) -> str:
    """One line a gauge that needs a visit."""
    lines = [f"{gauge}: jumps on day {', '.join(map(str, days))}" for gauge, days in jumping.items() if days]
    lines += [f"{gauge}: stuck" for gauge in standing]
    return "\n".join(lines)


@workflow
def visits(file: Path = LEVELS, limit: float = 3.0) -> str:
    """Which gauges to look at."""
    levels = load(file)
    jumping = jumps(levels, limit)
    standing = stuck(levels)
    return summary(jumping, standing)


if __name__ == "__main__":
    main()
