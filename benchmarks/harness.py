"""Compares two callables by running them in turn in one process.

    from harness import Comparison, main

    if __name__ == "__main__":
        raise SystemExit(main([Comparison("parse", parse_it, "json.loads", load_it, limit=4.0)]))

A time on its own says more about the machine than about the code. A ratio of two times taken a moment apart says
little about the machine, so that is what benchmarks here report.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter

_ROUND = 0.005
"""Seconds: a callable that takes less is called several times per round."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`subject` is what is measured, `beside` (named `beside_name`) what runs beside it.

    `limit` is the ratio not to exceed, `aim` the ratio hoped for.
    """

    name: str
    subject: Callable[[], object]
    beside_name: str
    beside: Callable[[], object]
    limit: float | None = None
    aim: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Median seconds per call of both, and the median, least and greatest ratio of the rounds."""

    name: str
    seconds: float
    beside_name: str
    beside_seconds: float
    ratio: float
    least: float
    greatest: float
    limit: float | None
    aim: float | None

    @property
    def within_limit(self) -> bool:
        return self.limit is None or self.ratio <= self.limit


def measure(comparison: Comparison, rounds: int = 15) -> Measured:
    """Runs both callables in turn, `rounds` times after one round to warm up, and who goes first changes."""
    subject, beside = comparison.subject, comparison.beside
    calls = {run: max(1, round(_ROUND / max(_timed(run, 1), 1e-7))) for run in (subject, beside)}
    times: dict[Callable[[], object], list[float]] = {subject: [], beside: []}
    for turn in range(rounds):
        for run in (subject, beside) if turn % 2 else (beside, subject):
            times[run].append(_timed(run, calls[run]))
    ratios = [one / other for one, other in zip(times[subject], times[beside], strict=True)]
    return Measured(
        name=comparison.name,
        seconds=median(times[subject]),
        beside_name=comparison.beside_name,
        beside_seconds=median(times[beside]),
        ratio=median(ratios),
        least=min(ratios),
        greatest=max(ratios),
        limit=comparison.limit,
        aim=comparison.aim,
    )


def _timed(run: Callable[[], object], calls: int) -> float:
    # What one callable left behind is collected before the other one's time starts.
    gc.collect()
    start = perf_counter()
    for _ in range(calls):
        run()
    return (perf_counter() - start) / calls


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under a header, first column left-aligned, the others right-aligned."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def main(comparisons: Sequence[Comparison], arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and returns 1 when a limit is exceeded, else 0.

    Options: `--json` for a JSON list, `--rounds N` (15 by default), `--only TEXT` for names that contain it.
    """
    parser = argparse.ArgumentParser(description="Ratios of times taken side by side.")
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.add_argument("--rounds", type=int, default=15, help="rounds per comparison (default: 15)")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="only comparisons whose name contains TEXT"
    )
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds is at least 1")
    chosen = [comparison for comparison in comparisons if options.only in comparison.name]
    if not chosen:
        parser.error(f"no comparison has {options.only!r} in its name")
    results = [measure(comparison, options.rounds) for comparison in chosen]
    if options.json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    else:
        print(
            table(
                ("", "time", "beside it", "time", "ratio", "range", "limit", "aim", ""), [*map(_row, results)]
            )
        )
    return 0 if all(result.within_limit for result in results) else 1


def _row(result: Measured) -> tuple[str, ...]:
    return (
        result.name,
        _seconds(result.seconds),
        result.beside_name,
        _seconds(result.beside_seconds),
        f"{result.ratio:.2f}",
        f"{result.least:.2f}-{result.greatest:.2f}",
        "" if result.limit is None else f"{result.limit:g}",
        "" if result.aim is None else f"{result.aim:g}",
        "" if result.within_limit else "over the limit",
    )


def _seconds(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


if __name__ == "__main__":
    sys.exit(__doc__)
