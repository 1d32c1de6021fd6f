"""From a graph to a state machine: a few passes over the graph, then lowering to Amazon States Language."""

from flowdeco.compiler.compile import PASSES, compile_graph, run_passes

__all__ = ["PASSES", "compile_graph", "run_passes"]
