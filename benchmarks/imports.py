"""What importing flowdeco and decorating two functions costs a script, beside the part of the standard library it needs.

    python benchmarks/imports.py

Whole processes, so that nothing is loaded already. The interpreter's own start is in both.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from harness import Comparison, main

DECORATE = """
from flowdeco import step, workflow

@step(retry=3, timeout="5m", memory="2GB")
def train(day: str) -> float: return 0.5

@workflow
def pipeline(day: str = "2026-01-01") -> float: return train(day)
"""


def process(source: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", source], check=True)


COMPARISONS = [
    Comparison(
        "import and decorate",
        process(DECORATE),
        "import dataclasses, inspect, typing",
        process("import dataclasses, inspect, typing"),
        limit=1.5,
    ),
    Comparison(
        "import and decorate, with main",
        process("from flowdeco import main\n" + DECORATE),
        "import dataclasses, inspect, typing",
        process("import dataclasses, inspect, typing"),
    ),
    Comparison("import flowdeco", process("import flowdeco"), "nothing", process("pass")),
]


if __name__ == "__main__":
    raise SystemExit(main(COMPARISONS))
