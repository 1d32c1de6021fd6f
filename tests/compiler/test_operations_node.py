"""The same expressions in the JSONata project's own implementation, version 2.0.6, which is what the service speaks.

For development: set FLOWDECO_JSONATA to a folder in which `npm i jsonata@2.0.6` was run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiler import (
    test_operations_comparisons,
    test_operations_logic,
    test_operations_numbers,
    test_operations_sequences,
)
from tests.compiler.meanings import FAILED, Case, enclosed, equal, prepare, show, vague, variants

FOLDER = os.environ.get("FLOWDECO_JSONATA", "")
INSTALLED = Path(FOLDER, "node_modules", "jsonata", "package.json")
pytestmark = pytest.mark.skipif(
    not (FOLDER and INSTALLED.exists() and shutil.which("node")),
    reason="needs node, and FLOWDECO_JSONATA to name a folder with jsonata 2.0.6",
)

SCRIPT = """
const jsonata = require(process.argv[1]);
const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
(async () => {
  const found = [];
  for (const [source, variables] of cases) {
    try {
      const expression = jsonata(source);
      expression.registerFunction('parse', text => JSON.parse(text));
      const value = await expression.evaluate(undefined, variables);
      found.push(value === undefined ? {} : {value});
    } catch (error) {
      found.push({error: String(error.message || error.code || error)});
    }
  }
  console.log(JSON.stringify(found));
})();
"""

CASES = {
    "numbers": test_operations_numbers.cases(),
    "comparisons": test_operations_comparisons.cases(),
    "logic": test_operations_logic.cases(),
    "looks": test_operations_sequences.looks(),
    "walks": test_operations_sequences.walks(),
    "changes": test_operations_sequences.changes(),
}


def in_node(expressions: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """What the expressions evaluate to; FAILED for those that fail or yield nothing."""
    command = ["node", "-e", SCRIPT, str(INSTALLED.parent)]
    done = subprocess.run(command, input=json.dumps(expressions), capture_output=True, text=True, check=True)
    return [answer.get("value", FAILED) for answer in json.loads(done.stdout)]


def suits(case: Case) -> bool:
    """Whether a variant of a case can be asked: some operands have to be constants."""
    return case.name not in ("isinstance", "sorted", "min", "max", "mutate:sort")


@pytest.mark.parametrize("family", sorted(CASES))
def test_node_agrees(family: str) -> None:
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(CASES[family], min_size=20, max_size=60))
    def agree(cases: list[Case]) -> None:
        asked: list[tuple[Case, str, dict[str, Any], Any]] = []
        for case in cases:
            for variant in [case, *(variants(case) if suits(case) else ())]:
                prepared = prepare(variant)
                if prepared is not None:
                    text, variables, wanted = prepared
                    asked.append((variant, text, variables, wanted))
                    inside = [wanted] if wanted is not FAILED else FAILED
                    asked.append((variant, enclosed(text, variant), variables, inside))
        found = in_node([(text, variables) for _, text, variables, _ in asked])
        for (case, text, variables, wanted), value in zip(asked, found):
            if value is FAILED and any(map(vague, case.operands)):
                # The embedded evaluator decides which of these may fail.
                continue
            assert equal(value, wanted), (
                f"{case}\n{text}\n{variables}\nPython: {show(wanted)}\nnode: {show(value)}"
            )

    agree()
