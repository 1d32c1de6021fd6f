"""Golden state machines: reviewers read the difference of the machine, and every case runs as the plain call does."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from flowdeco import toolchain
from flowdeco.asl import emit, emit_text, parse
from flowdeco.compiler import PASSES, run_passes
from flowdeco.graph import verify

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.py"))


@cache
def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"case_{name}", CASES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_definition(name: str) -> None:
    text = emit_text(toolchain.machine(load(name).pipeline))
    golden = CASES / f"{name}.asl.json"
    if os.environ.get("FLOWDECO_UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8"), (
        "set FLOWDECO_UPDATE_GOLDEN=1 to accept, then read the diff"
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("inline", [True, False], ids=["inline", "pooled"])
def test_runs_as_the_plain_call(name: str, inline: bool, tmp_path: Path) -> None:
    module = load(name)
    expected = module.pipeline(**module.INPUTS)
    inputs = module.pipeline.parameters.from_call((), module.INPUTS)
    execution = toolchain.run(module.pipeline, inputs, inline=inline, home=tmp_path)
    assert execution.result() == expected
    assert type(execution.result()) is type(expected)


@pytest.mark.parametrize("name", NAMES)
def test_every_pass_keeps_the_rules_and_the_input(name: str) -> None:
    first = graph = toolchain.trace(load(name).pipeline)
    before = str(graph)
    for transform in PASSES:
        graph = verify(transform(graph), after=transform.__name__)
    assert str(first) == before
    assert run_passes(toolchain.trace(load(name).pipeline)) == graph


@pytest.mark.parametrize("name", NAMES)
def test_one_task_a_step_call_and_nothing_else_moves_data(name: str) -> None:
    graph = toolchain.trace(load(name).pipeline)
    from flowdeco.graph import Call, Map, walk

    kinds = [type(node) for node in walk(graph.block)]
    text = json.dumps(emit(toolchain.machine(load(name).pipeline)))
    assert text.count('"Type": "Task"') == kinds.count(Call)
    assert text.count('"Type": "Map"') == kinds.count(Map)
    assert '"Type": "Pass"' not in text


@pytest.mark.parametrize("name", NAMES)
def test_parse_reads_what_emit_writes(name: str) -> None:
    machine = toolchain.machine(load(name).pipeline)
    assert parse(emit(machine)) == machine
