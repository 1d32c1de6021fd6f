"""Processes to be timed, with byte code cached as on any computer where a program runs for the second time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable


def process(folder: str, *arguments: str) -> Callable[[], object]:
    """Runs Python in a folder, which also takes the byte code."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": os.path.join(folder, "cache")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
