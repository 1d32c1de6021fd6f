"""What mypy sees of steps and workflows."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_mypy_sees_the_functions(pytestconfig: pytest.Config) -> None:
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("MYPY IS NOT INSTALLED: what type checkers see of steps is not tested")
    cache = pytestconfig.cache
    folder = ".mypy_cache" if cache is None else str(cache.mkdir("mypy"))
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", folder]
    # What the installed libraries get wrong is not the question here.
    command += ["--follow-imports=silent", "--ignore-missing-imports", "tests/authoring/typing_snippet.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr
