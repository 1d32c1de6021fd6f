"""Every definition that is emitted passes the project's own checks."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flowdeco import Workflow, step, workflow
from flowdeco.asl import check, check_text
from flowdeco.asl.model import Pass, StateMachine
from flowdeco.compiler.findings import findings_of
from flowdeco.toolchain import machine, trace

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"
EXAMPLES = sorted(
    path for path in (ROOT / "examples").rglob("*.py") if "@workflow" in path.read_text("utf-8")
)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.asl.json")), ids=lambda path: path.stem)
def test_of_a_case(path: Path) -> None:
    assert check_text(path.read_text(encoding="utf-8")) == []


def _load(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(path.parent)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_of_an_example(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        module = _load(path, monkeypatch)
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")
    workflows: list[Any] = [value for value in vars(module).values() if isinstance(value, Workflow)]
    assert workflows
    for one in workflows:
        assert check(machine(one)) == []


@step
def double(x: int) -> int:
    return x * 2


@workflow
def flow(x: int) -> int:
    return double(x)


def test_an_error_in_the_machine_is_a_finding_of_the_workflow() -> None:
    graph = trace(flow)
    wrong = StateMachine(StartAt="A", States={"A": Pass(Next="B", Comment="x")})
    (found,) = findings_of(graph, wrong)
    assert (found.severity, found.where) == ("error", "States.A.Next")
    warned = StateMachine(StartAt="A", States={"A": Pass(Parameters={"x" * 140_000: 1})})
    assert [finding.severity for finding in check(warned)] == ["warning"]
    assert findings_of(graph, warned) == []
    assert json.dumps(check(machine(flow))) == "[]"


def test_checking_a_workflow_of_paths_needs_no_jsonata() -> None:
    source = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("chain", {str(CASES / "chain.py")!r})
module = sys.modules["chain"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
assert module.pipeline.check() == []
print("jsonata2py" in sys.modules, "flowdeco.asl.checks.rules" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.split() == ["False", "True"]
