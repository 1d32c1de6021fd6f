"""A chain of 100 steps that do nothing: traced, compiled, and executed state by state, beside a thread pool.

    python benchmarks/chain.py

The pool does the same calls one by one: submit, wait for the result, submit the next. The state machine is compiled
before the time is taken, as it is for a deployed workflow; `compile.py` measures the compiler. Events are recorded,
values are encoded and decoded as in Lambda. Nothing is written to disk but in "with its record".
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from harness import Comparison, main
from machines import Machine

from flowdeco import step, toolchain, workflow

STEPS = 100
WORKERS = 7


@step
def nothing(x: int) -> int:
    return x


@workflow
def chain(x: int = 0) -> int:
    for _ in range(STEPS):
        x = nothing(x)
    return x


def in_pool(pool: ThreadPoolExecutor) -> int:
    x = 0
    for _ in range(STEPS):
        x = pool.submit(nothing.fn, x).result()
    return x


def comparisons(folder: str, pool: ThreadPoolExecutor) -> list[Comparison]:
    machine = Machine(chain)
    beside = partial(in_pool, pool)
    return [
        Comparison(
            "chain of 100", partial(machine.run, {"x": 0}, WORKERS), "thread pool", beside, limit=4, aim=2
        ),
        Comparison("chain of 100, inline", partial(machine.run, {"x": 0}, 0), "thread pool", beside),
        Comparison(
            "chain of 100, compiled, with its record",
            partial(toolchain.run, chain, {"x": 0}, workers=WORKERS, home=folder),
            "thread pool",
            beside,
        ),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        raise SystemExit(main(comparisons(folder, pool)))
