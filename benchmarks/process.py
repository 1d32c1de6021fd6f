"""The whole process that a user waits for, from the shell to the shell, beside importing boto3.

    python benchmarks/process.py

Each run starts Python, loads the pipeline, compiles it, executes the state machine, and records the execution. boto3 comes
with the `dev` extra.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from harness import Comparison, main
from processes import process

QUICKSTART = Path(__file__).parents[1] / "examples" / "quickstart.py"

CHAIN_OF_10 = """
from flowdeco import main, step, workflow

@step
def nothing(x: int) -> int:
    return x

@workflow
def chain(x: int = 0) -> int:
    for _ in range(10):
        x = nothing(x)
    return x

if __name__ == "__main__":
    main()
"""


def comparisons(folder: str) -> list[Comparison]:
    chain = Path(folder, "chain_of_10.py")
    chain.write_text(CHAIN_OF_10, encoding="utf-8")
    boto3, nothing = process(folder, "-c", "import boto3"), process(folder, "-c", "pass")
    return [
        Comparison("chain of 10", process(folder, str(chain), "run"), "import boto3", boto3, limit=2),
        Comparison(
            "quickstart.py run", process(folder, str(QUICKSTART), "run"), "import boto3", boto3, limit=2
        ),
        Comparison("chain of 10, asl", process(folder, str(chain), "asl"), "import boto3", boto3),
        Comparison(
            "chain of 10, beside nothing", process(folder, str(chain), "run"), "an empty process", nothing
        ),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        raise SystemExit(main(comparisons(folder)))
