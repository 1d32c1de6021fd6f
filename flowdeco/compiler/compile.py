"""The compiler on one screen."""

from __future__ import annotations

from collections.abc import Callable

from flowdeco.asl.model import StateMachine
from flowdeco.compiler.functions import FunctionNames, function_names
from flowdeco.compiler.lower import lower
from flowdeco.compiler.passes.name_states import name_states
from flowdeco.compiler.passes.parallelize import parallelize
from flowdeco.graph import Graph, verify

PASSES: tuple[Callable[[Graph], Graph], ...] = (
    parallelize,  # the order of a block: what may run at the same time becomes forks
    name_states,  # a name for every state to be
)


def run_passes(graph: Graph) -> Graph:
    """The graph after every pass, verified after each."""
    for transform in PASSES:
        graph = verify(transform(graph), after=transform.__name__)
    return graph


def compile_graph(graph: Graph, functions: FunctionNames | None = None) -> StateMachine:
    """The state machine of a graph. `functions`: Lambda function name or ARN by step name; default: made up by profile.

    Deterministic: the same graph gives the same machine in every process.
    """
    return lower(run_passes(graph), functions or function_names(graph))
