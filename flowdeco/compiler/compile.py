"""The compiler on one screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowdeco.asl.model import StateMachine
from flowdeco.compiler.functions import FunctionNames, function_names
from flowdeco.compiler.lower import lower
from flowdeco.compiler.passes.fuse_glue import fuse_glue
from flowdeco.compiler.passes.inline_lets import inline_lets
from flowdeco.compiler.passes.name_states import name_states
from flowdeco.compiler.passes.parallelize import parallelize
from flowdeco.compiler.passes.simplify_flow import simplify_flow
from flowdeco.graph import Graph, verify

PASSES: tuple[Callable[[Graph], Graph], ...] = (
    inline_lets,  # named expressions are written where they are used, but not twice
    simplify_flow,  # variables, regions and attempts that need not be are not
    fuse_glue,  # neighbouring glue calls are one task
    parallelize,  # the order of a block: what may run at the same time becomes forks
    name_states,  # a name for every state to be
)


def run_passes(graph: Graph) -> Graph:
    """The graph after every pass, verified after each."""
    for transform in PASSES:
        changed = transform(graph)
        if changed is not graph:
            graph = verify(changed, after=transform.__name__)
    return graph


def compile_graph(
    graph: Graph,
    functions: FunctionNames | None = None,
    state_machines: Mapping[str, str] | None = None,
) -> StateMachine:
    """The state machine of a graph. `functions`: Lambda function name or ARN by step name; default: made up by profile.

    `state_machines`: ARNs of the workflows that it runs as executions of their own, by name; default: the name itself.

    Deterministic: the same graph gives the same machine in every process.
    """
    return lower(run_passes(graph), functions or function_names(graph), state_machines)
