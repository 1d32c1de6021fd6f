"""A map over 1,000 and 10,000 items with a step that does nothing, beside a thread pool's map.

    python benchmarks/map.py             # times
    python benchmarks/map.py --memory    # the most memory in use at a time, beside the same with a tenth of the items

The state machine is compiled before the time is taken. 10,000 items are mapped over with distributed=True, as in
Step Functions, where the history of one execution holds 25,000 events.
"""

from __future__ import annotations

import json
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from harness import Comparison, main, table
from machines import Machine

from flowdeco import step, workflow

WORKERS = 7


@step
def nothing(x: int) -> int:
    return x


@workflow
def inline_map(items: list[int]) -> list[int]:
    return [nothing(item) for item in items]


@workflow
def distributed_map(items: list[int]) -> list[int]:
    return nothing.map(items, distributed=True)


def inputs(count: int) -> dict[str, list[int]]:
    return {"items": list(range(count))}


def in_pool(pool: ThreadPoolExecutor, count: int) -> list[int]:
    return list(pool.map(nothing.fn, range(count)))


def comparisons(pool: ThreadPoolExecutor) -> list[Comparison]:
    inline, distributed = Machine(inline_map), Machine(distributed_map)
    small, large = partial(in_pool, pool, 1000), partial(in_pool, pool, 10_000)
    return [
        Comparison(
            "map of 1,000", partial(inline.run, inputs(1000), WORKERS), "thread pool", small, limit=4, aim=2.5
        ),
        Comparison("map of 1,000, inline", partial(inline.run, inputs(1000), 0), "thread pool", small),
        Comparison(
            "distributed map of 1,000", partial(distributed.run, inputs(1000), WORKERS), "thread pool", small
        ),
        Comparison(
            "distributed map of 10,000",
            partial(distributed.run, inputs(10_000), WORKERS),
            "thread pool",
            large,
        ),
        Comparison(
            "distributed map of 10,000",
            partial(distributed.run, inputs(10_000), WORKERS),
            "of 1,000",
            partial(distributed.run, inputs(1000), WORKERS),
            limit=13,
            aim=10,
        ),
    ]


def most_memory(machine: Machine, count: int) -> int:
    """Bytes, beyond those of the items."""
    given = inputs(count)
    tracemalloc.start()
    machine.run(given, WORKERS)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def report_memory(as_json: bool) -> int:
    machine = Machine(distributed_map)
    machine.run(inputs(10), WORKERS)
    bound = 13.0
    less, more = most_memory(machine, 1000), most_memory(machine, 10_000)
    ratio = more / less
    if as_json:
        print(json.dumps({"bytes of 1,000": less, "bytes of 10,000": more, "ratio": ratio, "limit": bound}))
    else:
        row = (f"{less / 1e6:.2f} MB", f"{more / 1e6:.2f} MB", f"{ratio:.1f}", f"{bound:g}")
        print(table(("", "1,000", "10,000", "ratio", "limit"), [("most memory in use", *row)]))
    return 0 if ratio <= bound else 1


if __name__ == "__main__":
    if "--memory" in sys.argv:
        raise SystemExit(report_memory("--json" in sys.argv))
    with ThreadPoolExecutor(WORKERS) as threads:
        raise SystemExit(main(comparisons(threads)))
