"""What is said about the lines of a workflow."""

from __future__ import annotations

import json
import logging
import math
from typing import Any

from flowdeco import Workflow, step, toolchain, wait, workflow
from flowdeco.errors import Location
from flowdeco.graph.explanation import Note
from flowdeco.tracing.statements import functions_around


@step
def load(day: str) -> list[float]:
    return [1.0, 2.0]


@step
def score(x: float) -> float:
    return x


@step
def anything():
    return {"k": 1}


@step
def notify(text: str) -> None: ...


def plus_one(x: Any) -> Any:
    y = score(x)
    return y + 1


def noted(flow: Workflow[Any, Any], text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """What became of the first line with this text: kind, what, states."""
    return [(note.kind, note.what, note.states) for note in notes(flow, text)]


def notes(flow: Workflow[Any, Any], text: str) -> tuple[Note, ...]:
    lines = [line for function in toolchain.explain(flow).functions for line in function.lines]
    return next(line for line in lines if text in line.text).notes


@workflow
def steps_and_names(day: str) -> Any:
    """A docstring is no line of the body."""
    limit = 2 * 5
    xs = load(day)
    best = xs[0]
    same = best
    scores = [score(x) for x in xs]
    wait(seconds=3)
    return scores, same + limit


def test_what_statements_become() -> None:
    assert noted(steps_and_names, "limit =") == [("compile time", "compile time", ())]
    assert noted(steps_and_names, "xs = load") == [("state", "Task", ("load",))]
    assert noted(steps_and_names, "best = xs") == [("expression", "the output", ())]
    assert noted(steps_and_names, "same = best") == [("expression", "the output", ())]
    assert noted(steps_and_names, "scores = [") == [
        ("state", "Map", ("scores",)),
        ("state", "Task", ("score",)),
    ]
    assert noted(steps_and_names, "wait(") == [("state", "Wait", ("Wait 3 s",))]
    assert noted(steps_and_names, "return scores") == [("expression", "the output", ())]
    assert noted(steps_and_names, "A docstring") == []


@workflow
def flows(n: int, day: str) -> Any:
    best = 0.0
    for x in load(day):
        got = score(x * 2)
        if got > best:
            best = got
        if got > 10:
            break
    while n > 0:
        n -= 1
        if n == 7:
            continue
        score(n * 2.0)
    try:
        z = score(best)
    except ValueError as error:
        notify(str(error))
        z = 0.0
    if z > 5:
        raise KeyError("too big")
    for x in load(day):
        notify(f"{x:.2f}")
    return z


def test_control_flow() -> None:
    assert noted(flows, "for x in") == [
        ("flow", "loop", ()),
        ("state", "Task", ("load",)),
        ("state", "Choice", ("for x?",)),
        ("expression", "an argument", ("score got",)),
        ("expression", "variable 'x'", ()),
        ("expression", "variable 'x_index'", ()),
    ]
    assert noted(flows, "got = score") == [
        ("state", "Task, step 'score'", ("score got",)),
        ("expression", "an argument", ("score got",)),
    ]
    assert noted(flows, "if got > best") == [("state", "Choice", ("got > best?",))]
    assert noted(flows, "best = got") == [("flow", "a name for what the run brings: no state of its own", ())]
    assert noted(flows, "break") == [("flow", "leaves the loop: no state of its own", ())]
    assert noted(flows, "continue") == [("flow", "goes to the next iteration: no state of its own", ())]
    assert ("expression", "variable 'n'", ()) in noted(flows, "n -= 1")
    assert noted(flows, "try:") == [("flow", "its states have catchers", ())]
    assert noted(flows, "except") == []
    assert noted(flows, "notify(str") == [
        ("state", "Task, step 'notify'", ("notify 2",)),
        ("expression", "an argument", ("notify 2",)),
    ]
    assert noted(flows, "raise KeyError") == [("state", "Fail", ("Raise KeyError",))]
    assert noted(flows, "return z") == [("flow", "what the function results in: no state of its own", ())]


@workflow
def with_helpers(n: int) -> Any:
    a = plus_one(n)
    b = plus_one(a)
    ranked = sorted([a, b], key=lambda v: -v)
    match ranked[0]:
        case 1:
            return a
        case _:
            pass
    return ranked


@workflow
def guarded(n: int) -> Any:
    if n > 5:
        return score(n)
    if n > 3:
        return score(n + 1.0)
    return n


def test_conditions_that_share_a_state() -> None:
    assert noted(guarded, "if n > 5") == [("state", "Choice", ("n > 5?",))]
    assert noted(guarded, "if n > 3") == [("expression", "the condition", ("n > 5?",))]


def test_helpers_are_part_of_the_body() -> None:
    explanation = toolchain.explain(with_helpers)
    assert [function.name for function in explanation.functions] == ["with_helpers", "plus_one"]
    ((kind, what, _),) = noted(with_helpers, "a = plus_one")
    assert (kind, what) == (
        "inlined",
        f"plus_one() becomes part of the body: line {plus_one.__code__.co_firstlineno}",
    )
    assert noted(with_helpers, "y = score") == [("state", "2 × Task, step 'score'", ("score", "score 2"))]
    assert noted(with_helpers, "case 1") == [("state", "Choice", ("ranked[0] is 1?",))]
    assert noted(with_helpers, "pass") == [("flow", "does nothing", ())]


@workflow
def glued(day: str) -> Any:
    xs = load(day)
    gamma = math.gamma(xs[0])
    text = f"gamma {gamma}"
    for _ in range(3):
        print(xs)
    looped = [json.dumps(x) for x in xs]
    return text, looped


def test_glue_calls() -> None:
    (gamma,) = (note for note in notes(glued, "math.gamma") if note.kind == "glue")
    (text,) = (note for note in notes(glued, "text = f") if note.kind == "glue")
    (printed,) = (note for note in notes(glued, "print(xs)") if note.kind == "glue")
    assert (gamma.what, gamma.why) == ("math.gamma()", "gamma() of these values has no expression")
    assert [gamma.transitions, text.transitions, printed.transitions] == [0, 1, 0], "they run in one task"
    assert gamma.states == text.states == printed.states == ("text",)
    assert "decimals" in text.instead
    assert "inside a step" in printed.instead


def test_spellings_without_a_glue_call() -> None:
    @workflow
    def flow(n: int) -> Any:
        logging.getLogger("flow").info("n is %s", n)
        return anything() << n

    instead = {note.what: note.instead for text in ("getLogger", "return any") for note in notes(flow, text)}
    assert instead["logging.Logger.info()"] == "log inside a step: it goes to the same place"
    assert instead["x << y"] == "annotate what the steps return with int"


def test_findings_of_glue_calls() -> None:
    found = {f.message.partition(" ")[0]: f for f in glued.check()}
    assert set(found) == {"math.gamma()", "f-string", "print()", "dumps()"}
    for name, finding in found.items():
        assert finding.severity == "info"
        assert finding.code == "GLUE_CALL"
        assert isinstance(finding.where, Location), name
        assert finding.where.file == __file__
        assert finding.hint
    assert (
        "1 more state transition per iteration ($0.025 per 1,000 executions and iteration)"
        in found["dumps()"].message
    )
    assert any("no more state transitions, since it runs in the task of" in f.message for f in found.values())


def test_what_needs_nothing_runs_together() -> None:
    @workflow
    def flow(day: str, n: float) -> Any:
        xs = load(day)
        a = score(n)
        notify("half way")
        first = [score(x) for x in xs]
        for x in xs:
            notify(f"{x:.1f}")
        try:
            notify("one")
            notify("two")
        except ValueError:
            return None
        return a, first, score.map(xs, max_concurrency=2)

    told = {(o.kind, o.states): o.why for o in toolchain.explain(flow).orderings}
    assert told["at the same time", ("load", "score a")] == "they need nothing of each other"
    assert told["at the same time", ("first",)] == "iterations need nothing of each other"
    assert told["in order", ("each x",)] == "a `for` loop: one iteration after the other"
    whys = list(told.values())
    assert "a call that stands alone keeps its place, and so does what is after it" in whys
    assert "in a `try` everything keeps its order, since an error may come in between" in whys
    assert "iterations, 2 at a time" in whys


def test_states_of_no_line() -> None:
    @workflow
    def flow(n: int, day: str) -> Any:
        best = n
        while score(best) < 3:
            best = score(best) + 1
        a, b = score(best), load(day)
        return a, b

    others = {other.type: other.why for other in toolchain.explain(flow).others}
    assert others == {
        "Pass": "sets variables where no state before it can",
        "Parallel": "runs its branches at the same time",
    }
    assert {other.type for other in toolchain.explain(with_helpers).others} == {"Succeed"}


def test_unrolled_loops_are_told_once() -> None:
    @workflow
    def flow(n: float) -> Any:
        return [score(n + k) for k in range(10)]

    ((_, what, states), (kind, use, _)) = noted(flow, "return [score")
    assert what == "10 × Task, step 'score'"
    assert len(states) == 10
    assert (kind, use) == ("expression", "an argument")


def test_functions_around() -> None:
    here = test_functions_around.__code__.co_firstlineno
    (function,) = functions_around([Location(__file__, here + 1), Location(__file__, here + 2)])
    assert function.name == "test_functions_around"
    assert functions_around([Location(__file__, 1), Location("nowhere.py", 1)]) == ()
