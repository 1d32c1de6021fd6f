"""Variables, scopes, retriers and inputs in the state machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from flowdeco import Retry, step, workflow
from flowdeco.asl.model import Map, Parallel, State, States, Task
from flowdeco.compiler import compile_graph
from flowdeco.compiler.retriers import TRANSIENT, retriers
from flowdeco.tracing import trace
from flowdeco.tracing.error_names import error_names


@step
def make(x: Any = None) -> Any:
    return x


@step
def rows(n: int = 2) -> list[int]:
    return list(range(n))


def compiled(body: Any) -> Any:
    return compile_graph(trace(workflow(body)).graph)


def scopes(scope: States, outer: frozenset[str] = frozenset()) -> list[tuple[frozenset[str], frozenset[str]]]:
    """(names assigned in a scope, names assigned in the scopes around it) of every scope."""
    own = frozenset(
        name for state in scope.States.values() for name in (getattr(state, "Assign", None) or {})
    )
    found = [(own, outer)]
    for state in scope.States.values():
        for inner in inner_scopes(state):
            found += scopes(inner, outer | own)
    return found


def inner_scopes(state: State) -> tuple[States, ...]:
    if isinstance(state, Parallel):
        return state.Branches
    return (state.ItemProcessor,) if isinstance(state, Map) else ()


def test_inner_scopes_never_reuse_names_of_outer_ones() -> None:
    def body(day: str) -> Any:
        a = make(day)
        found = []
        for i in range(3):
            first = make([a, i])
            second = make([first, a])
            found.append((first, second))
        a = [make([make([x, a]), x]) for x in rows()]
        return found, a

    machine = compiled(body)
    for own, outer in scopes(machine):
        assert not own & outer
    assert len(scopes(machine)) > 4


def test_dead_values_are_not_assigned() -> None:
    def body() -> Any:
        make(1)
        _unused = make(2)
        used = make(3)
        make(4)
        return used

    machine = compiled(body)
    assigned = [getattr(state, "Assign", None) for state in machine.States.values()]
    assert json.dumps(assigned, default=str).count("used") == 1


def test_many_results_leave_a_branch_as_an_object() -> None:
    def body() -> Any:
        left = make(1)
        inner = make(left)
        right = make(2)
        make("effect")
        return [left, inner, right]

    fork = next(iter(compiled(body).States.values()))
    assert isinstance(fork, Parallel)
    assert fork.Assign == {
        "left": "{% $states.result[0].left %}",
        "inner": "{% $states.result[0].inner %}",
        "right": "{% $states.result[1] %}",
    }
    first, second = fork.Branches[0].States.values()
    assert isinstance(first, Task)
    assert isinstance(second, Task)
    assert first.Assign == {"left_2": "{% $states.result.Payload %}"}
    assert second.Output == {"left": "{% $left_2 %}", "inner": "{% $states.result.Payload %}"}


def test_the_item_is_assigned_when_a_later_state_needs_it() -> None:
    def body() -> Any:
        return [make([make(x), x]) for x in rows()]

    processor = compiled(body).States["each x"].ItemProcessor
    first = processor.States[processor.StartAt]
    assert first.Assign["x"] == "{% $states.input %}"


def test_a_fork_at_the_start_of_an_iteration_hands_the_item_on() -> None:
    def body() -> Any:
        return [make([make([x, 1]), make([make([x, 2]), x])]) for x in rows()]

    processor = compiled(body).States["each x"].ItemProcessor
    fork = processor.States[processor.StartAt]
    assert isinstance(fork, Parallel)
    assert fork.Assign is not None
    second = fork.Branches[1].States
    assert next(iter(second.values())).Assign["x"] == "{% $states.input %}"


def test_retriers_keep_states_all_last() -> None:
    spec = step(
        lambda: 1, name="s", retry=[Retry(max_attempts=9, backoff_rate=1.5), Retry(on=KeyError, jitter=True)]
    ).spec
    found = retriers(spec)
    assert [r.ErrorEquals[0] for r in found] == ["KeyError", TRANSIENT.ErrorEquals[0], "States.ALL"]
    assert found[0].JitterStrategy == "FULL"
    assert found[0].BackoffRate == 2
    assert found[2].BackoffRate == 1.5
    assert found[2].MaxAttempts == 9


def test_error_names_of_classes() -> None:
    class Mine(ConnectionError):
        pass

    assert error_names([ConnectionError])[:2] == ("ConnectionError", "BrokenPipeError")
    assert "Mine" in error_names([ConnectionError])
    assert "SSLError" not in error_names([OSError])
    assert error_names([TimeoutError]) == ("TimeoutError", "States.Timeout", "Sandbox.Timedout")
    assert error_names([KeyError, Exception]) == ("States.ALL",)
    assert error_names(["A", "B", "A"]) == ("A", "B")


def test_names_with_odd_characters() -> None:
    odd = step(lambda x: x, name="load the (day's) file!")

    def body() -> Any:
        return make([odd(1), odd(2)])

    text = json.dumps(next(iter(compiled(body).States.values())).Assign)
    assert '"load_the_day_s_file"' in text


def test_the_definition_does_not_depend_on_the_process() -> None:
    script = (
        "import sys, importlib.util\n"
        "spec = importlib.util.spec_from_file_location('case', sys.argv[1])\n"
        "case = importlib.util.module_from_spec(spec)\n"
        "sys.modules['case'] = case\n"
        "spec.loader.exec_module(case)\n"
        "from flowdeco import toolchain\nfrom flowdeco.asl import emit_text\n"
        "sys.stdout.write(emit_text(toolchain.machine(case.pipeline)))\n"
    )
    case = Path(__file__).parent / "cases" / "nested_maps.py"
    outputs = set()
    for seed in ("0", "1", "77"):
        done = subprocess.run(
            [sys.executable, "-c", script, str(case)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(done.stdout)
    assert outputs == {case.with_suffix(".asl.json").read_text(encoding="utf-8")}


def test_names_of_what_an_iteration_gets_do_not_clash() -> None:
    def body(item: int) -> Any:
        return pair.map(rows(), other=item, distributed=True)

    pair = step(lambda x, other: [x, other], name="pair")
    state = list(compiled(body).States.values())[-1]
    assert isinstance(state, Map)
    assert list(state.ItemSelector) == ["item", "item_2"]
