"""From a workflow of 1,000 steps to its definition, beside writing that definition as JSON text.

python benchmarks/compile.py
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from harness import Comparison, main

from flowdeco import Workflow, step, toolchain, workflow
from flowdeco.compiler import compile_graph


@step
def nothing(x: int) -> int:
    return x


def chain(steps: int) -> Workflow[..., int]:
    @workflow(name=f"chain_of_{steps}")
    def chain_of(x: int = 0) -> int:
        for _ in range(steps):
            x = nothing(x)
        return x

    return chain_of


def comparisons() -> list[Comparison]:
    short, long = chain(1000), chain(10_000)
    document: Any = toolchain.definition(short)
    graph = toolchain.trace(short)
    return [
        Comparison(
            "trace, compile and emit 1,000 steps",
            partial(toolchain.definition, short),
            "json.dumps",
            partial(json.dumps, document),
            limit=40,
            aim=15,
        ),
        Comparison(
            "compile 1,000 steps", partial(compile_graph, graph), "json.dumps", partial(json.dumps, document)
        ),
        Comparison(
            "trace, compile and emit 10,000 steps",
            partial(toolchain.definition, long),
            "1,000 steps",
            partial(toolchain.definition, short),
            limit=12,
            aim=10,
        ),
    ]


if __name__ == "__main__":
    raise SystemExit(main(comparisons()))
