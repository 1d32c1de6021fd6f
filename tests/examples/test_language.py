"""The workflows of examples/language: plain call and state machine agree, and the machines read as if written by hand."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from flowdeco import ExecutionFailed, Workflow, toolchain
from flowdeco.asl import check, emit, emit_text, parse

TESTS = Path(__file__).parents[1]
EXAMPLES = TESTS.parent / "examples" / "language"
GOLDEN = Path(__file__).parent / "golden_language"
ASL_VALIDATOR = os.environ.get("FLOWDECO_ASL_VALIDATOR", "")
CFN_LINT = os.environ.get("FLOWDECO_CFN_LINT", "")

INPUTS: dict[str, list[dict[str, Any]]] = {
    "backfill": [{}, {"month": "2025"}, {"month": "2026-02", "opening": -7.25}, {"month": "2026"}],
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
        {
            "customer": "al",
            "says": ["send 7", "send", "balance", "send 100", "Send 13", "balance", "help", "done"],
        },
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
    "paginate": [
        {},
        {"prefix": "logs/", "size": 2},
        {"prefix": "data/"},
        {"prefix": "nothing"},
        {"size": 10},
    ],
    "partner_report": [{}, {"quarter": 2}, {"quarter": 3}, {"quarter": 4}],
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
    "regions_and_days": [{}, {"country": "lowland"}, {"country": "nowhere"}],
}
CASES = [
    pytest.param(name, given, id=f"{name}-{n}")
    for name, every in INPUTS.items()
    for n, given in enumerate(every)
]


def example(name: str) -> Workflow[..., Any]:
    return workflow_of(EXAMPLES / f"{name}.py")


@cache
def workflow_of(file: Path) -> Workflow[..., Any]:
    spec = spec_from_file_location(f"example_{file.stem}", file)
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
        assert (failed.value.error_type, failed.value.error_message) == (
            type(error).__name__,
            newest(str(error)),
        )
        return
    assert execution.result() == expected
    assert type(execution.result()) is type(expected)


def newest(text: str) -> str:
    """What the newest Python says: the machine is the same under all."""
    return text.replace("max() arg is an empty sequence", "max() iterable argument is empty")


@pytest.mark.parametrize("name", INPUTS)
def test_runs_as_its_first_lines_say(name: str) -> None:
    file = EXAMPLES / f"{name}.py"
    *_, command = (line for line in file.read_text("utf-8").split('"""')[1].splitlines() if " run" in line)
    python, path, *arguments = shlex.split(command)
    assert (python, TESTS.parent / path) == ("python", file)
    done = subprocess.run(
        [sys.executable, str(file), *arguments, "--json", "--quiet"],
        env={**os.environ, "PYTHONPATH": str(TESTS.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["status"] == ("FAILED" if name == "poll_job" else "SUCCEEDED"), done.stderr


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
    assert text == golden.read_text(encoding="utf-8"), (
        "set FLOWDECO_UPDATE_GOLDEN=1 to accept, then read the diff"
    )


@pytest.mark.parametrize("name", INPUTS)
def test_reads_as_if_written_by_hand(name: str) -> None:
    """What no person would write: states that only move data, names of the compiler's, expressions of a page."""
    machine = emit(toolchain.machine(example(name)))
    for path, state in states(machine):
        # Before a loop that comes first, the names it carries need a place to begin.
        assert state["Type"] != "Pass" or path == f"/{machine['StartAt']}"
        assert "__" not in path
        assert "lambda" not in path
        for expression in texts(state):
            assert len(expression) <= 340, f"{path}: {expression}"


def states(machine: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield (
            f"{path}/{name}",
            {key: value for key, value in state.items() if key not in ("Branches", "ItemProcessor")},
        )
        for branch in [
            *state.get("Branches", ()),
            *([state["ItemProcessor"]] if "ItemProcessor" in state else ()),
        ]:
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


@pytest.mark.skipif(
    not ASL_VALIDATOR, reason="FLOWDECO_ASL_VALIDATOR does not name an installed asl-validator (npm)"
)
def test_asl_validator_takes_every_definition(tmp_path: Path) -> None:
    files = for_validators(tmp_path)
    paths = [option for file in files for option in ("--json-path", str(file))]
    done = subprocess.run([ASL_VALIDATOR, *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("is valid") == len(files)


@pytest.mark.skipif(not CFN_LINT, reason="FLOWDECO_CFN_LINT does not name an installed cfn-lint (PyPI)")
def test_cfn_lint_takes_every_definition(tmp_path: Path) -> None:
    resources = {
        f"Machine{number}": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": "arn:aws:iam::123456789012:role/machine",
                "Definition": json.loads(file.read_text(encoding="utf-8")),
            },
        }
        for number, file in enumerate(for_validators(tmp_path))
    }
    template = tmp_path / "template.json"
    template.write_text(
        json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}), encoding="utf-8"
    )
    done = subprocess.run([CFN_LINT, "--", str(template)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def for_validators(folder: Path) -> list[Path]:
    """Every example's and every golden definition, spelled so that other tools' known false alarms are silent."""
    definitions = {file.name: json.loads(file.read_text("utf-8")) for file in TESTS.rglob("*.asl.json")}
    for file in EXAMPLES.parent.rglob("*.py"):
        if file.stem != "before":
            definitions[f"{file.stem}.json"] = emit(toolchain.machine(workflow_of(file)))
    files = []
    for name, definition in definitions.items():
        files.append(folder / name)
        files[-1].write_text(json.dumps(without_false_alarms(definition)), encoding="utf-8")
    assert len(files) > 2 * len(INPUTS)
    return files


def without_false_alarms(thing: Any, key: str = "", *, listed: bool = False) -> Any:
    """Both tools refuse outputs that are lists or constants; asl-validator 4 lists in lists, cfn-lint 1.58 seconds as text."""
    if key == "Output" and not isinstance(thing, dict) and not str(thing).startswith("{%"):
        return "{% null %}"
    if isinstance(thing, dict):
        return {inner: without_false_alarms(value, inner) for inner, value in thing.items()}
    if isinstance(thing, list):
        if listed and not all(isinstance(value, dict | list) for value in thing):
            return "{% [] %}"
        return [without_false_alarms(value, listed=True) for value in thing]
    if key in ("TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency") and isinstance(thing, str):
        return 1
    return thing
