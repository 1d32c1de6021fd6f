"""What importing flowdeco and decorating two functions costs a script, beside the part of the standard library it needs.

    python benchmarks/imports.py

Whole processes, so that nothing is loaded already. The interpreter's own start is in both.
"""

from __future__ import annotations

import tempfile

from harness import Comparison, main
from processes import process

DECORATE = """
from flowdeco import step, workflow

@step(retry=3, timeout="5m", memory="2GB")
def train(day: str) -> float: return 0.5

@workflow
def pipeline(day: str = "2026-01-01") -> float: return train(day)
"""


STANDARD = "import dataclasses, inspect, typing"


def comparisons(folder: str) -> list[Comparison]:
    standard = process(folder, "-c", STANDARD)
    with_main = process(folder, "-c", "from flowdeco import main" + DECORATE)
    return [
        Comparison("import and decorate", process(folder, "-c", DECORATE), STANDARD, standard, limit=1.5),
        Comparison("import and decorate, with main", with_main, STANDARD, standard),
        Comparison(
            "import flowdeco",
            process(folder, "-c", "import flowdeco"),
            "nothing",
            process(folder, "-c", "pass"),
        ),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        raise SystemExit(main(comparisons(folder)))
