"""Workflows that a body runs or starts as executions of their own."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowdeco.authoring import meanings
from flowdeco.authoring.options import StepOptions
from flowdeco.authoring.workflows import Workflow
from flowdeco.errors import InputError, UnsupportedError
from flowdeco.graph import Block, Call, Child, Node, Result, StepRef, blocks, inspected
from flowdeco.graph.rebuild import with_blocks
from flowdeco.graph.types import STR, Type
from flowdeco.tracing import types
from flowdeco.tracing.blocks import Draft
from flowdeco.tracing.places import user_location
from flowdeco.tracing.raising import failing
from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

OUTPUT = "output"
"""The step that gets the large result of a child."""


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
    type = types.return_type(workflow.fn) if wait else STR
    if wait and not _bounded(type):
        recorder.large.add(id)
    return Value(Result(id), recorder, type)


def with_outputs(recorder: TraceRecorder, block: Block) -> Block:
    """The body's block, with a step behind every child whose result is looked into and may be large.

    A child does not know what becomes of its result: a large one travels as a reference, which no expression can look
    into. The step gets the value and gives it on as it is.
    """
    wanted = inspected(block)
    large = frozenset(id for id in recorder.large if Result(id) in wanted)
    return _with_outputs(recorder, block, large) if large else block


def _with_outputs(recorder: TraceRecorder, block: Block, large: frozenset[int]) -> Block:
    nodes: list[Node] = []
    for node in block.nodes:
        if isinstance(node, Child) and node.id in large:
            nodes += _with_output(recorder, node)
        else:
            inner = blocks(node)
            nodes.append(
                with_blocks(node, tuple(_with_outputs(recorder, b, large) for b in inner)) if inner else node
            )
    return replace(block, nodes=tuple(nodes))


def _with_output(recorder: TraceRecorder, node: Child) -> tuple[Child, Call]:
    """The child under another id, and the step under its own: so all that refers to the result gets the step's."""
    ref = StepRef(OUTPUT, meanings.output.__module__, "output", StepOptions(OUTPUT), glue=True)
    recorder.register(ref, meanings.output)
    why = f"what {node.workflow}.run() gives may be large, and is looked into: let it return numbers, or a class of such"
    if not recorder.glue_allowed:
        raise recorder.fail(why, location=node.location, kind=UnsupportedError)
    recorder.explain(node.location, OUTPUT, why)
    child = replace(node, id=recorder.next_id(node.workflow), target="")
    output = Call(
        id=node.id,
        step=OUTPUT,
        arguments=(("value", Result(child.id)),),
        options=ref.options,
        failing=node.failing,
        glue=True,
        target=node.target,
        location=node.location,
    )
    return child, output


def _bounded(type: Type) -> bool:
    """Whether no value of a type is large enough to travel as a reference."""
    if type.sort in ("none", "bool", "int", "float", "number", "opaque"):
        return True
    parts = type.elements if type.fields is None else tuple(part for _, part in type.fields)
    return parts is not None and all(_bounded(part) for part in parts)


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
