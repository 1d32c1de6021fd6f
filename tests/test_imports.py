"""What importing flowdeco costs everybody: only the light part of the standard library.

In a process of its own each time, because this one has imported everything already.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import flowdeco

ROOT = Path(__file__).parents[1]

LIGHT = "import __future__, contextlib, contextvars, dataclasses, datetime, functools, inspect, math, types, typing"
"""All of the standard library that decorating may load."""

HEAVY = (
    "asyncio",
    "boto3",
    "botocore",
    "click",
    "cloudpickle",
    "jsonata2py",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
)
HEAVY += ("rich", "sklearn", "sqlite3")
"""What a script that ends in `main()` may not load before `main` is called."""

DECORATE = """
from flowdeco import Retry, step, workflow

@step
def load(day: str) -> list[int]:
    return [1, 2, 3]

@step(retry=Retry(on=ValueError, max_attempts=2), timeout="5m", memory="2GB", env={"MODE": "fast"})
def train(numbers: list[int]) -> float:
    "Trains."
    return sum(numbers) / len(numbers)

@workflow(timeout="1h")
def pipeline(day: str = "2026-01-01") -> float:
    return train(load(day))
"""


def modules_after(source: str) -> set[str]:
    """The modules that a new process has loaded after running the source. Coverage would load some of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    code = f"import json\n{source}\nimport sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment, check=True
    )
    return set(json.loads(done.stdout))


def test_decorating_loads_the_light_part_of_the_standard_library_only() -> None:
    loaded = modules_after(DECORATE) - modules_after(LIGHT)
    rooms = {name.split(".")[1] for name in loaded if name.startswith("flowdeco.")}
    assert rooms == {"authoring", "errors"}
    assert {name for name in loaded if name.partition(".")[0] != "flowdeco"} == set()


@pytest.mark.parametrize(
    "source",
    [
        "import flowdeco",
        "from flowdeco import main, step, workflow" + DECORATE,
        "from flowdeco import Permission, Retry, Step, Workflow, register_codec, ExecutionFailed, FlowdecoError",
        "import flowdeco.runtime",
        "import flowdeco.engine",
        "import flowdeco.toolchain",
    ],
    ids=["package", "script", "names", "runtime", "engine", "toolchain"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(source: str) -> None:
    loaded = modules_after(source)
    assert {name for name in HEAVY if name in loaded} == set()


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(AttributeError, match="did you mean 'workflow'"):
        flowdeco.worfklow


def test_dir_lists_what_is_not_loaded_yet() -> None:
    assert set(flowdeco.__all__) <= set(dir(flowdeco))
    assert all(getattr(flowdeco, name) is not None for name in flowdeco.__all__)
