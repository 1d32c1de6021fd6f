"""What it costs that a body is Python: rewriting and tracing, and a loop of the state machine beside a loop of Python.

    python benchmarks/language.py

Each workflow of `examples/language` is rewritten and traced from nothing, as for the first time after its import: source is
read, parsed and rewritten anew. Beside it Python compiles the same file. The loop is executed as in `chain.py`.
"""

from __future__ import annotations

import linecache
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from harness import Comparison, main
from machines import Machine

from flowdeco import Workflow, step, workflow
from flowdeco.tracing import trace
from flowdeco.tracing.rewrite import _compile
from flowdeco.tracing.source import _functions

EXAMPLES = Path(__file__).parents[1] / "examples" / "language"
ITERATIONS = 1_000
WORKERS = 7


@step
def nothing(x: int) -> int:
    return x


@workflow
def count(times: int = ITERATIONS) -> int:
    x = 0
    for _ in range(times):
        x = nothing(x)
    return x


def in_pool(pool: ThreadPoolExecutor) -> int:
    x = 0
    for _ in range(ITERATIONS):
        x = pool.submit(nothing.fn, x).result()
    return x


TEN_LINES = """\
    a = nothing(x)
    if a > {n} and x != a:
        b = a + {n}
        notes.append(f"{{a}}: {{b}}")
    else:
        b = nothing(a)
    try:
        x = nothing(b) * 2
    except ValueError:
        x = max(a, b)
"""


def body_of(lines: int) -> Workflow[..., Any]:
    """A workflow whose body has so many lines."""
    body = "".join(TEN_LINES.format(n=n) for n in range(lines // 10))
    text = f"def body_of_{lines}(x: int):\n    notes = []\n{body}    return notes\n"
    file = f"<{lines} lines>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names: dict[str, Any] = {"nothing": nothing}
    exec(compile(text, file, "exec"), names)
    return workflow(names[f"body_of_{lines}"])


def example(file: Path) -> Workflow[..., Any]:
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return next(thing for thing in vars(module).values() if isinstance(thing, Workflow))


def traced_anew(body: Workflow[..., Any]) -> None:
    """As the first time: nothing is remembered from the last."""
    _functions.cache_clear()
    _compile.cache_clear()
    trace(body)


def comparisons(pool: ThreadPoolExecutor) -> list[Comparison]:
    machine = Machine(count)
    return [
        *(
            Comparison(
                f"rewrite and trace {file.stem}",
                partial(traced_anew, example(file)),
                "compile() of its file",
                partial(compile, file.read_text(encoding="utf-8"), str(file), "exec"),
                limit=120,
                aim=40,
            )
            for file in sorted(EXAMPLES.glob("*.py"))
        ),
        Comparison(
            "rewrite and trace 500 lines",
            partial(traced_anew, body_of(500)),
            "50 lines",
            partial(traced_anew, body_of(50)),
            limit=15,
            aim=10,
        ),
        Comparison(
            "loop of 1,000",
            partial(machine.run, {"times": ITERATIONS}, WORKERS),
            "thread pool",
            partial(in_pool, pool),
            limit=6,
        ),
        Comparison(
            "loop of 1,000, inline",
            partial(machine.run, {"times": ITERATIONS}, 0),
            "thread pool",
            partial(in_pool, pool),
        ),
    ]


if __name__ == "__main__":
    with ThreadPoolExecutor(WORKERS) as pool:
        raise SystemExit(main(comparisons(pool)))
