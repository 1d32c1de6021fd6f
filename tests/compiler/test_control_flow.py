"""Control flow means the same in the machine as in the graph: random graphs, interpreted and run by the engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flowdeco.asl.check import check
from flowdeco.asl.model import StateMachine
from flowdeco.compiler.compile import compile_graph
from flowdeco.compiler.functions import function_names
from flowdeco.compiler.lower import lower
from flowdeco.compiler.passes.name_states import name_states
from flowdeco.compiler.passes.simplify_flow import simplify_flow
from flowdeco.engine import SkippingClock, TaskFailure, run
from flowdeco.graph import Block, Choice, Graph, Jump, Never, blocks, completes, verify
from tests.compiler.flow_graphs import Programs, Reference, StepError, perform


def played(machine: StateMachine, inputs: dict[str, Any]) -> tuple[Any, list[tuple[str, list[Any]]]]:
    """(output or error, calls in order) of an execution."""
    calls: list[tuple[str, list[Any]]] = []

    def handle(payload: Any) -> Any:
        arguments = payload.get("arguments", {}).get("*", [])
        calls.append((payload["step"], arguments))
        try:
            return perform(payload["step"], arguments)
        except StepError as error:
            raise TaskFailure(error.error, error.cause) from None

    record = run(machine, inputs, handlers={"g": handle}, clock=SkippingClock())
    if record.status == "SUCCEEDED":
        return ("ok", record.output), calls
    return ("error", record.error, record.cause), calls


def meant(graph: Graph, inputs: dict[str, Any]) -> tuple[Any, Reference]:
    reference = Reference(inputs)
    try:
        return ("ok", reference.run(graph)), reference
    except StepError as error:
        return ("error", error.error, error.cause), reference


def sound(machine: StateMachine) -> StateMachine:
    found = [finding for finding in check(machine) if finding.severity == "error"]
    assert not found, [str(finding) for finding in found]
    return machine


def in_order(graph: Graph) -> Graph:
    """Without forks."""
    graph = verify(simplify_flow(graph), after="simplify_flow")
    return verify(name_states(graph), after="name_states")


def in_a_row(block: Block) -> int:
    """How many pairs of choices are one after the other of which the first leads to the second by its default only."""
    found = 0
    for first, second in zip(block.nodes, block.nodes[1:]):
        if isinstance(first, Choice) and isinstance(second, Choice) and not first.outs:
            ends = replace(first, default=Block((), Never()))
            found += first.default == Block((), Jump(first.id)) and not completes(ends)
    return found + sum(in_a_row(inner) for node in block.nodes for inner in blocks(node))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_choices_in_a_row_are_one_and_mean_the_same(seed: int) -> None:
    graph = verify(Programs(seed).graph())
    assume(in_a_row(graph.block))
    simple = verify(simplify_flow(graph), after="simplify_flow")
    assert not in_a_row(simple.block)
    for a in range(4):
        expected, reference = meant(graph, {"a": a})
        again, after = meant(simple, {"a": a})
        assert (again, after.calls) == (expected, reference.calls)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_random_graphs_mean_what_they_say(seed: int) -> None:
    graph = verify(Programs(seed).graph())
    inputs = {"a": seed % 5}
    expected, reference = meant(graph, inputs)
    straight = verify(name_states(graph), after="name_states")
    for one in (straight, in_order(graph)):
        assert played(sound(lower(one, function_names(one))), inputs) == (expected, reference.calls)
    output, calls = played(sound(compile_graph(graph)), inputs)
    if not reference.failures:  # else what runs beside what fails may not come to its end
        assert (output, sorted(calls, key=repr)) == (expected, sorted(reference.calls, key=repr))
