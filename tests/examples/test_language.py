"""The workflows of examples/language: plain call and state machine agree, and the machines read as if written by hand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from flowdeco import ExecutionFailed, Workflow, toolchain
from flowdeco.asl import check, emit, emit_text, parse

EXAMPLES = Path(__file__).parents[2] / "examples" / "language"
GOLDEN = Path(__file__).parent / "golden_language"

INPUTS: dict[str, list[dict[str, Any]]] = {
    "backfill": [{}, {"days": []}, {"days": ["2026-02-28", "2026-03-01"], "opening": -7.25}],
    "champion_challenger": [
        {},
        {"challenger": "v3"},
        {"challenger": "v1"},
        {"challenger": "broken"},
        {"champion": "broken"},
        {"challenger": "nothing/there"},
    ],
    "early_stopping": [
        {},
        {"target": 0.99},
        {"target": 0.99, "rate": 1.0},
        {"target": 2.0, "at_most": 4, "patience": 1},
        {"target": 2.0, "rate": 0.0, "patience": 2},
        {"at_most": 1},
    ],
    "hyperparameters": [
        {},
        {"rates": [0.1], "depths": [3], "keep": 1},
        {"rates": [0.3, 0.1], "depths": [4, 4], "keep": 10},
        {"rates": [5.0]},
        {"keep": -10},
    ],
    "menu": [
        {},
        {"says": []},
        {"says": ["", "  ", "HELP"]},
        {"customer": "al", "says": ["send 7", "send", "balance", "send 100", "Send 13", "balance", "help", "done"]},
        {"says": ["send it"]},
    ],
    "order_saga": [
        {},
        {"amount": 900.0},
        {"item": "piano"},
        {"item": "chair", "pieces": 4},
        {"item": "stone"},
        {"item": "chair", "pieces": 0},
    ],
    "paginate": [{}, {"prefix": "logs/", "size": 2}, {"prefix": "data/"}, {"prefix": "nothing"}, {"size": 10}],
    "partner_report": [
        {},
        {"goals": {}},
        {"goals": {"ada": 1}},
        {"goals": {"cyd": 0}},
        {"goals": {"zoe": 3, "cyd": 0, "bob": 2}},
    ],
    "poll_job": [
        {"every": 0},
        {"every": 0, "query": "select nothing"},
        {"every": 0, "polls": 1},
        {"every": 0, "polls": 0},
        {"every": 0, "query": "select a lot of it", "polls": 3},
    ],
    "pump": [{"rest": 0}, {"rest": 0, "queue": "ä"}],
    "quality_gate": [
        {"file": f"{name}.csv"} for name in ("good", "late", "short", "empty", "torn", "wild", "missing")
    ],
    "regions_and_days": [{}, {"regions": []}, {"regions": ["south"]}, {"regions": ["east", "nowhere"]}],
}
CASES = [pytest.param(name, given, id=f"{name}-{n}") for name, every in INPUTS.items() for n, given in enumerate(every)]


@cache
def example(name: str) -> Workflow[..., Any]:
    spec = spec_from_file_location(f"language_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    (found,) = (thing for thing in vars(module).values() if isinstance(thing, Workflow))
    return found


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.rglob("*.endpoint")) == []


def test_every_example_has_inputs() -> None:
    assert sorted(INPUTS) == sorted(file.stem for file in EXAMPLES.glob("*.py"))
    assert len(INPUTS) == 12


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "pooled"])
@pytest.mark.parametrize(("name", "given"), CASES)
def test_runs_as_the_plain_call(name: str, given: dict[str, Any], inline: bool, tmp_path: Path) -> None:
    workflow = example(name)
    inputs = workflow.parameters.from_call((), given)
    execution = toolchain.run(workflow, inputs, inline=inline, home=tmp_path / "home")
    try:
        expected = workflow(**given)
    except Exception as error:
        with pytest.raises(ExecutionFailed) as failed:
            execution.result()
        assert (failed.value.error_type, failed.value.error_message) == (type(error).__name__, str(error))
        return
    assert execution.result() == expected
    assert type(execution.result()) is type(expected)


@pytest.mark.parametrize("name", INPUTS)
def test_nothing_to_remark(name: str) -> None:
    """No glue calls, no errors, no warnings: neither from the compiler nor from the checks of definitions."""
    assert example(name).check() == []
    machine = toolchain.machine(example(name))
    assert check(machine) == []
    assert parse(emit(machine)) == machine


@pytest.mark.parametrize("name", INPUTS)
def test_definition(name: str) -> None:
    text = emit_text(toolchain.machine(example(name)))
    golden = GOLDEN / f"{name}.asl.json"
    if os.environ.get("FLOWDECO_UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8"), "set FLOWDECO_UPDATE_GOLDEN=1 to accept, then read the diff"


@pytest.mark.parametrize("name", INPUTS)
def test_reads_as_if_written_by_hand(name: str) -> None:
    """What no person would write: states that only move data, names of the compiler's, expressions of a page."""
    for path, state in states(emit(toolchain.machine(example(name)))):
        assert state["Type"] != "Pass", path
        assert "__" not in path
        assert "lambda" not in path
        for expression in texts(state):
            assert len(expression) <= 240, f"{path}: {expression}"


def states(machine: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield f"{path}/{name}", {key: value for key, value in state.items() if key not in ("Branches", "ItemProcessor")}
        for branch in [*state.get("Branches", ()), *([state["ItemProcessor"]] if "ItemProcessor" in state else ())]:
            yield from states(branch, f"{path}/{name}")


def texts(thing: object) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from texts(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from texts(value)
