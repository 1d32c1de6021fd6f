"""Workflows that a body runs or starts as executions of their own."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flowdeco.authoring.workflows import Workflow
from flowdeco.errors import InputError
from flowdeco.graph import Child, Result
from flowdeco.graph.types import STR
from flowdeco.tracing import types
from flowdeco.tracing.blocks import Draft
from flowdeco.tracing.places import user_location
from flowdeco.tracing.raising import failing
from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder


def child(
    recorder: TraceRecorder,
    workflow: Workflow[Any, Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    wait: bool,
) -> Value:
    """`workflow.run(…)` or `workflow.start(…)`: its result, or the ARN of its execution."""
    name, place = workflow.spec.name, user_location()
    known = recorder.children.setdefault(name, workflow)
    if known is not workflow:
        raise recorder.fail(
            f"two workflows are named {name!r}: {known.location} and {workflow.location}",
            hint="give one of them a name of its own: @workflow(name='...')",
        )
    input = recorder.argument(_inputs(recorder, workflow, args, kwargs), name, "input")
    id = recorder.next_id(name)
    fails = failing(recorder)

    def draft(after: tuple[int, ...]) -> Child:
        return Child(
            id=id,
            workflow=name,
            input=input,
            wait=wait,
            after=after,
            failing=fails(),
            target=recorder.target_of(id),
            location=place,
        )

    with recorder.in_order():
        recorder.open.record(Draft(id, draft))
    return Value(Result(id), recorder, types.return_type(workflow.fn) if wait else STR)


def _inputs(
    recorder: TraceRecorder, workflow: Workflow[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """The inputs by name, those checked that are known. Defaults are the child's own business."""
    signature = inspect.signature(workflow.fn)
    try:
        given = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        hint = f"it is defined as {workflow.spec.name}{signature}"
        raise recorder.fail(f"{workflow.spec.name}() {error}", hint=hint) from None
    try:
        checked = workflow.parameters.from_known({n: v for n, v in given.items() if not contains_value(v)})
    except InputError as error:
        told = "; ".join(finding.message for finding in error.findings)
        raise recorder.fail(f"{error.message}: {told}", hint=error.hint) from None
    return {**given, **checked}
