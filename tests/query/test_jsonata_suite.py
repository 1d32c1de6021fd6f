"""The JSONata project's own suite at the version the service runs, through the dialect."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from flowdeco.query import UNDEFINED, QueryError
from flowdeco.query.bridge import Program

SUITE = (
    Path(os.environ.get("FLOWDECO_CONFORMANCE") or Path(__file__).parents[3] / "shared" / "conformance")
    / "jsonata-2.0.6.json"
)

# Where the service differs from JSONata on purpose.
REMOVED = "function-eval"
# The texts of these codes come from functions of the user's.
LIMITS = {"U1001"}


def same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, (int, float)) and isinstance(actual, (int, float)):
        return math.isclose(expected, actual, rel_tol=1e-12)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(expected[k], actual[k]) for k in expected)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    return bool(expected == actual)


def outcome(case: dict[str, Any], datasets: dict[str, Any]) -> str:
    """Empty when the case passes, else what happened instead."""
    item = case.get("data", UNDEFINED)
    if "dataset" in case:
        item = datasets[case["dataset"]]
    if case.get("undefined_input"):
        item = UNDEFINED
    expected = case["expect"]
    error = expected.get("error", expected)
    try:
        value = Program(case["expr"], case.get("timelimit", 10_000)).evaluate(case["bindings"], item=item)
    except QueryError as failure:
        code = failure.code or ("U1001" if failure.kind in ("timeout", "evaluation") else None)
        if failure.kind == "unsupported":
            return f"unsupported, expected {expected}"
        return "" if code == error.get("code") else f"{failure.kind} {failure.detail}, expected {expected}"
    if "result" in expected:
        return "" if same(expected["result"], value) else f"{value!r}, expected {expected}"
    if error.get("code"):
        return f"{value!r}, expected {expected}"
    return "" if value is UNDEFINED else f"{value!r}, expected {expected}"


@pytest.mark.skipif(not SUITE.exists(), reason=f"JSONata's suite is not at {SUITE}: set FLOWDECO_CONFORMANCE")
def test_jsonata_suite() -> None:
    suite = json.loads(SUITE.read_text())
    failures = {
        case["id"]: f"{case['expr'][:100]!r}: {found}"
        for case in suite["cases"]
        if (found := outcome(case, suite["datasets"]))
    }
    unexpected = {name: text for name, text in failures.items() if not name.startswith(REMOVED)}
    assert not unexpected, "\n".join(f"{name} {text}" for name, text in unexpected.items())
