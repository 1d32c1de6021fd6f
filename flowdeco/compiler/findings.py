"""What is worth knowing about a compiled workflow before it runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from flowdeco.asl.check import check
from flowdeco.asl.emit import emit
from flowdeco.asl.model import StateMachine
from flowdeco.compiler.glue_calls import GlueCall
from flowdeco.errors import Finding
from flowdeco.graph import Attempt, Call, Graph, Map, StepRef, walk
from flowdeco.tracing.error_names import error_names, error_source, strangers

_DEFINITION_BYTES = 1_048_576
_LAMBDA_SECONDS = 900
_NEVER_CAUGHT = {
    "States.Runtime": "make sure that the values an expression needs are there",
    "States.DataLimitExceeded": "let steps return large values as references",
}
_SECRET_WORDS = ("SECRET", "PASSWORD", "PASSWD", "TOKEN", "API_KEY", "PRIVATE_KEY", "CREDENTIAL")


def findings_of(graph: Graph, machine: StateMachine, glue: Iterable[GlueCall] = ()) -> list[Finding]:
    """Findings in the order of the source. Limits as in the quotas pages of Step Functions and Lambda."""
    found = [
        *_steps(graph),
        *_nodes(graph),
        *(call.finding() for call in glue),
        *_definition(graph, machine),
        *_machine(machine),
    ]
    return sorted(found, key=lambda f: (f.severity != "error", f.severity == "info"))


def _steps(graph: Graph) -> Iterator[Finding]:
    for step in graph.steps.values():
        yield from _retried(step)
        for key, _ in step.options.env:
            if any(word in key.upper() for word in _SECRET_WORDS):
                yield Finding(
                    "warning",
                    f"step {step.name!r}: env {key} looks like a secret, and everyone who may see the function can read it",
                    step.location,
                    "read it in the step, from Secrets Manager or Parameter Store",
                )


def _nodes(graph: Graph) -> Iterator[Finding]:
    for node in walk(graph.block):
        if isinstance(node, Attempt):
            yield from _handlers(node)
        if not isinstance(node, Call):
            continue
        options = node.options
        if options.timeout is not None and options.timeout > _LAMBDA_SECONDS:
            yield Finding(
                "warning",
                f"step {node.step!r}: timeout is {options.timeout} s, but Lambda stops every function after "
                f"{_LAMBDA_SECONDS} s",
                node.location,
                "split the step, or keep it under 15 minutes",
            )
        if options.heartbeat is not None:
            yield Finding(
                "warning",
                f"step {node.step!r}: heartbeat has no effect, since the step waits for no task token",
                node.location,
                "use timeout=",
            )


def _retried(step: StepRef) -> Iterator[Finding]:
    for retry in step.options.retry:
        for name in error_names(retry.on):
            if name in _NEVER_CAUGHT:
                yield Finding(
                    "warning",
                    f"step {step.name!r}: {name} is never tried again: Step Functions ends executions with it without "
                    "asking",
                    step.location,
                    _NEVER_CAUGHT[name],
                )
        for other in strangers(retry.on):
            yield Finding(
                "warning",
                f"step {step.name!r}: it is also tried again on {error_source(other)}, since Step Functions knows "
                "classes by their bare names",
                step.location,
                "give one of the classes another name",
            )


def _handlers(node: Attempt) -> Iterator[Finding]:
    """Errors that end an execution whatever catches them."""
    for handler in node.handlers:
        for name in error_names(handler.on):
            if name in _NEVER_CAUGHT:
                yield Finding(
                    "warning",
                    f"a handler of {name} cannot be relied on: Step Functions ends executions with it without asking",
                    node.location,
                    _NEVER_CAUGHT[name],
                )


def _definition(graph: Graph, machine: StateMachine) -> Iterator[Finding]:
    size = len(json.dumps(emit(machine), ensure_ascii=False, separators=(",", ":")).encode())
    if size > _DEFINITION_BYTES:
        count = sum(1 for _ in walk(graph.block))
        maps = sum(isinstance(node, Map) for node in walk(graph.block))
        yield Finding(
            "error",
            f"the definition has {size:,} bytes ({count:,} states, {maps:,} of them maps): Step Functions takes "
            f"{_DEFINITION_BYTES:,}",
            graph.location,
            "map over a run-time list with f.map(xs) instead of unrolling a loop, or split the workflow",
        )


def _machine(machine: StateMachine) -> Iterator[Finding]:
    """What would be wrong with the definition itself. Its size is told above, in the words of the workflow."""
    for finding in check(machine):
        if finding.severity == "error" and finding.where != "definition":
            yield finding
