"""`trace`: from a workflow to its verified graph."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowdeco.authoring.recording import recording
from flowdeco.authoring.workflows import Workflow
from flowdeco.errors import BodyError, FlowdecoError, Location
from flowdeco.graph import Expression, Graph, Input, verify
from flowdeco.runtime import MemoryStore, ValueCodec
from flowdeco.tracing import children
from flowdeco.tracing.places import is_user_file
from flowdeco.tracing.recorder import TraceRecorder
from flowdeco.tracing.types import type_of
from flowdeco.tracing.value import Value


@dataclass(frozen=True, slots=True)
class Trace:
    """A graph, the functions of its steps by name, the digest of their source, the module name that stands for `__main__`
    in its values, and the workflows that it runs as executions of their own, by name.

    `glue`: why a step was called that nobody declared: where, its name, the reason. `expressions`: where they were made.
    `inlined`: where functions of the user's were called that became part of the body, and where they are.
    """

    graph: Graph
    functions: Mapping[str, Callable[..., Any]]
    bundle: str = ""
    main_module: str | None = None
    children: Mapping[str, Workflow[Any, Any]] = field(default_factory=dict)
    glue: tuple[tuple[Location | None, str, str], ...] = ()
    expressions: tuple[tuple[Location | None, Expression], ...] = ()
    inlined: tuple[tuple[Location | None, Location], ...] = ()


def trace(workflow: Workflow[Any, Any], *, bundle: str = "", main_module: str | None = None) -> Trace:
    """Runs the body once with Values. Constants too rich for JSON go into the graph's assets.

    Raises BodyError (or UnsupportedError) with the user's line for what cannot be traced, OptionError for what is wrong
    with the signature.
    """
    store = MemoryStore()
    codec = ValueCodec(store, bundle=bundle, main_module=main_module)
    recorder = TraceRecorder(codec, glue=workflow.spec.glue)
    parameters = workflow.parameters
    positional, named = _arguments(workflow, recorder)
    with recording(recorder):
        try:
            block = children.with_outputs(recorder, recorder.run_body(workflow, positional, named))
        except FlowdecoError as error:
            raise _first(recorder, error) from None
        except Exception as error:
            raise _first(recorder, _raised(workflow, error, recorder)) from error
    if recorder.errors or recorder.failure is not None:
        raise _first(recorder, recorder.failure)
    if not block.nodes:
        raise BodyError(
            f"workflow {workflow.spec.name!r} calls no step: there is nothing to run",
            location=workflow.location,
            hint="decorate the functions it calls with @step",
        )
    graph = Graph(
        name=workflow.spec.name,
        block=block,
        inputs=tuple(parameter.name for parameter in parameters.items),
        defaults={p.name: codec.encode(p.default) for p in parameters.items if not p.required},
        steps=recorder.steps,
        assets=store.blobs,
        comment=workflow.spec.comment,
        timeout=workflow.spec.timeout,
        location=workflow.location,
    )
    return Trace(
        verify(graph),
        recorder.functions,
        bundle,
        main_module,
        recorder.children,
        tuple(recorder.explained),
        tuple(recorder.expressed),
        tuple(recorder.inlined),
    )


def _arguments(
    workflow: Workflow[Any, Any], recorder: TraceRecorder
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    kinds = inspect.signature(workflow.fn).parameters
    positional, named = [], {}
    for parameter in workflow.parameters.items:
        value = Value(Input(parameter.name), recorder, type_of(parameter.annotation))
        if kinds[parameter.name].kind is inspect.Parameter.POSITIONAL_ONLY:
            positional.append(value)
        else:
            named[parameter.name] = value
    return tuple(positional), named


def _first(recorder: TraceRecorder, last: FlowdecoError | None) -> FlowdecoError:
    """The first error of the body, which knows the others."""
    found: list[FlowdecoError] = [*recorder.errors]
    if last is not None and all(str(last) != str(error) for error in found):
        found.append(last)
    first = found[0]
    if isinstance(first, BodyError):
        first.others = tuple(found[1:])
    return first


def _raised(workflow: Workflow[Any, Any], error: Exception, recorder: TraceRecorder) -> FlowdecoError:
    """The user's own code raised while it was traced."""
    if recorder.failure is not None:
        return recorder.failure
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_user_file(f.filename)]
    place = (
        Location(frames[-1].filename, frames[-1].lineno or 0, frames[-1].name)
        if frames
        else workflow.location
    )
    name = type(error).__name__
    return BodyError(
        f"the body of {workflow.spec.name!r} raised {name} while it was traced: {error}",
        location=place,
        hint="the body runs once with stand-ins for run-time values; what needs the real ones belongs into a step",
    )
