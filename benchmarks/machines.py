"""Workflows compiled once and executed many times, with values in memory: what `toolchain.run` does, less the files."""

from __future__ import annotations

from typing import Any

from flowdeco import Workflow
from flowdeco.compiler import compile_graph
from flowdeco.compiler.functions import function_names
from flowdeco.engine import Execution
from flowdeco.runtime import MemoryStore, ValueCodec, invoke
from flowdeco.tracing import trace


class Machine:
    """The state machine of a workflow, and the handlers of its functions."""

    def __init__(self, workflow: Workflow[Any, Any]) -> None:
        traced = trace(workflow)
        codec = ValueCodec(MemoryStore())
        resolve = traced.functions.__getitem__

        def handle(payload: Any) -> Any:
            return invoke(payload, resolve=resolve, codec=codec)

        self.definition = compile_graph(traced.graph)
        self.handlers = dict.fromkeys(function_names(traced.graph).values(), handle)

    def run(self, inputs: dict[str, Any], workers: int) -> object:
        """Executes it, with so many threads; without any on the calling thread."""
        record = Execution(self.definition, inputs, handlers=self.handlers, workers=workers).run()
        assert record.status == "SUCCEEDED", record.cause
        return record.output
