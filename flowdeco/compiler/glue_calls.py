"""Glue calls: what each is there for, what it adds to an execution, and what to write that adds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flowdeco.errors import Finding, Location
from flowdeco.graph import Block, Call, Graph, Loop, Map, blocks, called

DOLLARS_PER_TRANSITION = 0.025 / 1_000
"""A Standard workflow's state transition in us-east-1: https://aws.amazon.com/step-functions/pricing, November 2026."""

_DECIMALS = 'annotate what the step returns, and say how many decimals a float has: f"{x:.2f}"'
_WHOLE = "annotate what the steps return with int"
_INSTEAD: Mapping[str, str] = {
    "f-string": _DECIMALS,
    "str()": _DECIMALS,
    "percent()": _DECIMALS,
    "print()": "print inside a step: it goes to the same log",
    "x ** y": "multiply, where the power is small and known: x * x",
    "x << y": _WHOLE,
    "x >> y": _WHOLE,
}
_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})


@dataclass(frozen=True, slots=True)
class GlueCall:
    """A call of what nobody declared as a step.

    `states`: those that run it. `transitions`: how many state transitions it adds, at 0 it runs in a task that is there
    anyway; `each`: it adds them with every iteration around it. `instead`: a spelling without any, empty when there is none.
    """

    what: str
    location: Location | None
    why: str
    states: tuple[str, ...]
    transitions: int
    each: bool
    instead: str

    @property
    def adds(self) -> str:
        """What it adds, in words.

        >>> print(GlueCall("print()", None, "", ("print()",), 1, False, "").adds)
        1 more state transition ($0.025 per 1,000 executions)
        """
        if not self.transitions:
            return f"no more state transitions, since it runs in the task of {_quoted(self.states)}"
        noun = "state transition" if self.transitions == 1 else "state transitions"
        dollars = self.transitions * DOLLARS_PER_TRANSITION * 1_000
        times = " and iteration" if self.each else ""
        per = " per iteration" if self.each else ""
        return f"{self.transitions:,} more {noun}{per} (${dollars:.3f} per 1,000 executions{times})"

    def finding(self) -> Finding:
        """As `check` tells it."""
        hint = (
            f"without a glue call: {self.instead}" if self.instead else "do it inside a step that runs anyway"
        )
        return Finding(
            "info",
            f"{self.what} is a glue call, run as a step: {self.why}; {self.adds}",
            self.location,
            hint,
            "GLUE_CALL",
        )


def glue_calls(
    scheduled: Graph, explained: Iterable[tuple[Location | None, str, str]]
) -> tuple[GlueCall, ...]:
    """Glue calls in the order in which they were recorded, what a loop unrolled as one.

    `scheduled`: the graph after all passes. `explained`: where, the step's name and why, as the trace noted it.
    """
    running: dict[str, list[tuple[Call, bool]]] = {}
    for call, each in _calls(scheduled.block, False):
        for step, _ in called(call):
            running.setdefault(step, []).append((call, each))
    found: dict[tuple[str, Location | None], GlueCall] = {}
    for location, step, why in explained:
        tasks = running.get(step, ())
        own = [(call, each) for call, each in tasks if call.step == step and call.location == location]
        shared = [task for task in tasks if any(it.step == step for it in (*task[0].before, *task[0].then))]
        if not own and not shared:
            continue  # on a path that no execution takes
        states = dict.fromkeys(call.name for call, _ in (own or shared))
        each = any(each for _, each in own)
        found[step, location] = GlueCall(
            step, location, why, tuple(states), len(own), each, _instead(step, why)
        )
    return tuple(found.values())


def _calls(block: Block, each: bool) -> Iterable[tuple[Call, bool]]:
    for node in block.nodes:
        if isinstance(node, Call) and node.glue:
            yield node, each
        for inner in blocks(node):
            yield from _calls(inner, each or isinstance(node, Map | Loop))


def _instead(step: str, why: str) -> str:
    name = step.rstrip("0123456789").strip()
    if name in _INSTEAD:
        return _INSTEAD[name]
    if "is there for its effect" in why and name.rpartition(".")[2].removesuffix("()") in _LOGGING:
        return "log inside a step: it goes to the same place"
    return ""


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"{name!r}" for name in names)
