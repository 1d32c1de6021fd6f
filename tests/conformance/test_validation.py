"""The checks against definitions the real service took or refused, where the recordings are at hand."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from flowdeco.asl import variable_references

ROOT = Path(os.environ.get("FLOWDECO_CONFORMANCE") or Path(__file__).parents[3] / "shared" / "conformance")
HERE = Path(__file__).parent

if not (ROOT / "validation.jsonl").is_file():
    pytest.skip(
        "NO RECORDINGS: set FLOWDECO_CONFORMANCE to the directory that holds them", allow_module_level=True
    )


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _params(name: str) -> list[Any]:
    return [pytest.param(row, id=row["id"].rpartition("::TestS")[2]) for row in _read(ROOT / name)]


@pytest.fixture(scope="module")
def validator() -> Any:
    spec = importlib.util.spec_from_file_location("conformance_adapter_of_checks", HERE / "adapter.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Validator()


@pytest.mark.parametrize("row", _params("validation.jsonl"))
def test_definitions_are_taken_and_refused_as_recorded(row: dict[str, Any], validator: Any) -> None:
    got = validator.validate(row["definition_text"], row["type"])
    expected = row["expect"]
    assert got["ok"] == (expected["result"] == "OK")
    if "message" in expected:
        said = re.search(r"Definition: '(.*)'$", expected["message"])
        assert said is not None
        assert said[1] in got["messages"]
    for diagnostic in expected.get("diagnostics", []):
        text = f"{diagnostic['code']}: {diagnostic['message']}"
        where = diagnostic.get("location", "")
        assert (f"{text} at {where}" if where.startswith("/") else text) in got["messages"]


def test_what_the_service_ran_is_taken(validator: Any) -> None:
    files = [*sorted((ROOT / "executions").glob("*.jsonl")), ROOT / "cases_services.jsonl"]
    ran = [case for file in files for case in _read(file) if case.get("aws_recorded")]
    results = {
        case["id"]: validator.validate(json.dumps(case["definition"]), case["workflow_type"]) for case in ran
    }
    assert {name: result["messages"] for name, result in results.items() if not result["ok"]} == {}


@pytest.mark.parametrize("row", _params("variable_references.jsonl"))
def test_variables_are_read_as_recorded(row: dict[str, Any]) -> None:
    assert (variable_references(row["definition"]) or None) == row["expect"]["variableReferences"]
