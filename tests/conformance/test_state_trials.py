"""TestState against what the service answered, where the recordings are at hand."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(os.environ.get("FLOWDECO_CONFORMANCE") or Path(__file__).parents[3] / "shared" / "conformance")
HERE = Path(__file__).parent

if not (ROOT / "test_state.jsonl").is_file():
    pytest.skip(
        "NO RECORDINGS: set FLOWDECO_CONFORMANCE to the directory that holds them", allow_module_level=True
    )
pytest.importorskip("botocore", reason="mocked results are checked against its models")

LEAST_RIGHT = 87
"""Cases that are right, at least. Raise it when more are; it never falls."""

# What was mocked was given a made-up name in what was answered, but not in the request.
MADE_UP_NAME = ("test_sfn_start_execution_success::test_case_response",)


def _load(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _cases() -> list[Any]:
    lines = (ROOT / "test_state.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if not case["id"].endswith(MADE_UP_NAME)]
    return [pytest.param(case, id=case["id"].partition("::")[2]) for case in cases]


CASES = _cases()


@pytest.fixture(scope="module")
def trial() -> Any:
    runner = _load("run_conformance", ROOT / "run_conformance.py")
    return _load("conformance_adapter", HERE / "adapter.py").TestState(), runner


def test_the_expectation_is_kept() -> None:
    assert len(CASES) >= LEAST_RIGHT


@pytest.mark.parametrize("case", CASES)
def test_a_state_answers_as_recorded(case: dict[str, Any], trial: Any) -> None:
    adapter, runner = trial
    expected = case["expect"]
    compare = runner.Cmp(case["volatile"])
    try:
        got = adapter.test_state(case["request"])
    except Exception as error:
        wanted = expected.get("exception")
        assert isinstance(wanted, dict), error
        assert (wanted.get("message") or wanted.get("exception_value")) == error.message  # type: ignore[attr-defined]
        code = wanted.get("exception_typename") or wanted.get("Error", {}).get("Code")
        assert code == error.code  # type: ignore[attr-defined]
    else:
        if "output" in got:
            got = {**got, "output": runner.unjson(got["output"])}
        assert compare.eq(expected, got, "$.expect"), compare.diffs
