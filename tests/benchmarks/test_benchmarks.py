"""The benchmarks run. Whether they are within their limits is not asked here: that depends on what else runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ["chain.py", "--only", "chain of 100, compiled"],
        ["compile.py", "--only", "compile 1,000"],
        ["imports.py", "--only", "decorate"],
        ["language.py", "--only", "order_saga"],
        ["map.py", "--only", "map of 1,000"],
        ["process.py", "--only", "beside nothing"],
        ["schedule.py", "--only", "fan of 1,000"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_benchmark_prints_its_ratios(arguments: list[str], tmp_path: Path) -> None:
    file, *options = arguments
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / file), *options, "--rounds", "1", "--json"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    results = json.loads(done.stdout)
    assert results
    assert all(result["ratio"] > 0 and result["seconds"] > 0 for result in results)
    assert list(tmp_path.iterdir()) == []
