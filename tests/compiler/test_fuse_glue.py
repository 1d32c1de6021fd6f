"""Neighbouring glue calls become one task: which, in what order, and what comes of them."""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco import step, toolchain, workflow
from flowdeco.authoring.options import Retry, StepOptions
from flowdeco.compiler import compile_graph, run_passes
from flowdeco.compiler.passes.fuse_glue import fuse_glue
from flowdeco.errors import GraphError
from flowdeco.graph import (
    Array,
    Attempt,
    Block,
    Call,
    Case,
    Choice,
    Expression,
    Failing,
    Field,
    FusedCall,
    Graph,
    Handler,
    Input,
    Item,
    Jump,
    Let,
    Literal,
    Map,
    Node,
    Object,
    Operation,
    Result,
    Return,
    StepRef,
    Variable,
    called,
    earlier_result,
    needs,
    verify,
    waits,
    walk,
)

A, R, NONE = Input("a"), Result, Literal(None)


def glue(id: int, name: str, *arguments: Expression, **fields: Any) -> Call:
    given = (("*", Array(arguments)),) if arguments else ()
    return Call(id=id, step=name, arguments=given, options=StepOptions(name), glue=True, **fields)


def stepped(id: int, name: str, *arguments: Expression, **fields: Any) -> Call:
    given = (("*", Array(arguments)),) if arguments else ()
    return Call(id=id, step=name, arguments=given, options=StepOptions(name), **fields)


def graph(*nodes: Node, end: Expression = NONE) -> Graph:
    block = Block(nodes, Return(end))
    names = {n for node in walk(block) if isinstance(node, Call) for n, _ in called(node)}
    steps = {name: StepRef(name, "m", name, StepOptions(name)) for name in names}
    return verify(Graph("w", block, ("a",), steps=steps))


def lines(found: Graph) -> list[str]:
    """The nodes with their own ids, and what the end results in."""
    fused = verify(fuse_glue(found), after="fuse_glue")
    end = fused.block.end
    assert isinstance(end, Return)
    return [*map(line, walk(fused.block)), f"-> {shown(end.value)}"]


def line(node: Node) -> str:
    if not isinstance(node, Call):
        return f"%{node.id} = {type(node).__name__.lower()}"
    calls = [
        f"{name}({', '.join(shown(value)[1:-1] for _, value in arguments)})"
        for name, arguments in called(node)
    ]
    which = f" -> #{len(node.before)}" if node.then else ""
    after = f"  after {', '.join(f'%{id}' for id in node.after)}" if node.after else ""
    return f"%{node.id} = {'; '.join(calls)}{which}{after}"


def shown(value: Expression) -> str:
    match value:
        case Result(id):
            return f"%{id}"
        case Literal({"$type": "result", "of": position}):
            return f"#{position}"
        case Literal(constant):
            return json.dumps(constant)
        case Array(items):
            return f"[{', '.join(map(shown, items))}]"
        case Object(entries):
            return f"{{{', '.join(f'{name}: {shown(item)}' for name, item in entries)}}}"
        case Input(name):
            return name
        case Item():
            return "item"
        case _:
            return type(value).__name__.lower()


def test_as_text() -> None:
    shared = graph(glue(1, "f", A), glue(2, "g()", R(1)), glue(3, "p", R(2), after=(2,)), end=R(2))
    assert str(fuse_glue(shared)).splitlines()[1].strip() == "%1 = f(a); g(#0); p(#1) -> #1"


def test_a_chain() -> None:
    chain = graph(glue(1, "f", A), glue(2, "g", R(1)), glue(3, "h", R(2), R(2), Literal("x")), end=R(3))
    assert lines(chain) == ['%3 = f(a); g(#0); h(#1, #1, "x")', "-> %3"]
    payload = json.dumps(next(iter(compile_graph(chain).States.values())).Arguments["Payload"])  # type: ignore[union-attr,index]
    assert json.loads(payload) == {
        "step": "h",
        "arguments": {"*": [{"$type": "result", "of": 1}, {"$type": "result", "of": 1}, "x"]},
        "before": [
            {"step": "f", "arguments": {"*": ["{% $states.context.Execution.Input.a %}"]}},
            {"step": "g", "arguments": {"*": [{"$type": "result", "of": 0}]}},
        ],
    }


def test_effects_in_order() -> None:
    prints = graph(
        glue(1, "p", A), glue(2, "p", after=(1,)), glue(3, "q", after=(2,)), stepped(4, "s", after=(3,))
    )
    assert lines(prints) == ["%3 = p(a); p(); q()", "%4 = s()  after %3", "-> null"]


def test_one_result_may_be_read_by_others() -> None:
    shown = graph(
        glue(1, "mean", A),
        glue(2, "text", R(1)),
        glue(3, "print", R(2), after=(1, 2)),
        stepped(4, "s", R(1), after=(3,)),
    )
    assert lines(shown) == ["%1 = mean(a); text(#0); print(#1) -> #0", "%4 = s(%1)  after %1", "-> null"]
    two = graph(glue(1, "f", A), glue(2, "g", R(1)), glue(3, "h", R(2)), end=Array((R(1), R(2), R(3))))
    assert fuse_glue(two) is two
    nearest = graph(glue(1, "f", A), glue(2, "g", A), glue(3, "h", R(1), R(2)), end=Array((R(1), R(2))))
    assert lines(nearest) == ["%1 = f(a)", "%2 = g(a)", "%3 = h(%1, %2)", "-> [%1, %2]"], "f, then both"
    shown_first = graph(
        glue(1, "f", A), glue(2, "g", R(1)), glue(3, "p", R(1), R(2)), end=Array((R(1), R(2)))
    )
    assert lines(shown_first) == ["%1 = f(a)", "%2 = g(%1); p(%1, #0) -> #0", "-> [%1, %2]"]


def test_parts_that_are_put_together() -> None:
    whole = Object((("k", Array((R(1), Literal(1)))),))
    assert lines(graph(glue(1, "f", A), glue(2, "g", whole), end=R(2))) == [
        "%2 = f(a); g({k: [#0, 1]})",
        "-> %2",
    ]
    for look in (
        Field(R(1), "k", True),
        Operation("len.list", (R(1),)),
        Array((Operation("upper", (R(1),)),)),
    ):
        apart = graph(glue(1, "f", A), glue(2, "g", look), end=R(2))
        assert fuse_glue(apart) is apart


@pytest.mark.parametrize(
    ("value", "together"),
    [
        (Field(A, "k"), False),
        (Field(A, "k", True), True),
        (Operation("text", (Literal("n="), A)), True),
        (Operation("int.text", (A,)), False),
        (Operation("text", (Operation("int.text", (A,)),)), False),
    ],
)
def test_arguments_that_may_fail_are_not_evaluated_too_early(value: Expression, together: bool) -> None:
    found = graph(glue(1, "p", A), glue(2, "p", value, after=(1,)))
    assert (len(lines(found)) == 2) is together
    # The first one's arguments are evaluated first anyway.
    first = graph(glue(1, "p", value), glue(2, "p", A, after=(1,)))
    assert len(lines(first)) == 2
    # Nor are those of one in the middle, which two others want.
    middle = graph(glue(1, "f", A), glue(2, "g", value, after=(1,)), glue(3, "h", R(2), after=(1, 2)))
    assert (len(lines(middle)) == 2) is together


def test_what_is_in_between_stays_there() -> None:
    between = graph(glue(1, "p", A), stepped(2, "s", after=(1,)), glue(3, "p", after=(2,)))
    assert fuse_glue(between) is between
    beside = graph(stepped(1, "s"), glue(2, "f", A), glue(3, "g", R(1), R(2)), end=R(3))
    assert fuse_glue(beside) is beside, "f runs while s does"
    behind = graph(stepped(1, "s"), glue(2, "f", R(1)), glue(3, "g", R(1), R(2)), end=R(3))
    assert lines(behind) == ["%1 = s()", "%3 = f(%1); g(%1, #0)", "-> %3"]
    waiting = graph(glue(1, "f", A), stepped(2, "s", R(1)), glue(3, "g", R(1)), end=Array((R(2), R(3))))
    assert fuse_glue(waiting) is waiting, "s need not wait for g"


def test_several_into_one() -> None:
    found = graph(glue(1, "f", A), glue(2, "g", A), glue(3, "h", R(1), R(2)), end=R(3))
    assert lines(found) == ["%3 = f(a); g(a); h(#0, #1)", "-> %3"]


def test_named_expressions_take_no_time() -> None:
    value = Operation("text", (A, A))
    free = graph(Let(id=1, value=value), glue(2, "f", A), glue(3, "g", R(1), R(2)), end=Array((R(1), R(3))))
    assert lines(free) == ["%1 = let", "%3 = f(a); g(%1, #0)", "-> [%1, %3]"]
    later = graph(
        glue(1, "f", A), Let(id=2, value=value, after=(1,)), glue(3, "g", R(2), R(1), after=(1,)), end=R(2)
    )
    assert fuse_glue(later) is later
    once = graph(Let(id=1, value=Operation("uuid", ()), once=True), glue(2, "f", A), glue(3, "g", R(1), R(2)))
    assert fuse_glue(once) is once


def attempt(*nodes: Node, entry: tuple[Variable, ...] = (), end: tuple[Expression, ...] = (NONE,)) -> Graph:
    handler = Handler(("E",), Variable(91, "error"), Block((), Jump(90, (NONE,))))
    tried = Attempt(
        id=90, block=Block(nodes, Jump(90, end)), handlers=(handler,), entry=entry, outs=(Variable(92, "x"),)
    )
    return graph(tried, end=R(92))


def test_inside_a_try_the_order_of_the_program_is_kept() -> None:
    found = attempt(glue(1, "f", A), glue(2, "g", A), end=(R(2),))
    assert "%2 = f(a); g(a)" in lines(found)
    apart = attempt(glue(1, "f", A), stepped(2, "s"), glue(3, "g", R(1)), end=(R(3),))
    assert fuse_glue(apart) is apart


def test_errors_lead_to_the_same_places() -> None:
    entry = (Variable(93, "i"),)
    same = Failing(90, (Literal(1),))
    other = Failing(90, (Literal(2),))
    alike = attempt(glue(1, "f", A, failing=(same,)), glue(2, "g", R(1), failing=(same,)), entry=entry)
    assert "%2 = f(a); g(#0)" in lines(alike)
    for last in (other, Failing(90, (R(1),))):
        found = attempt(glue(1, "f", A, failing=(same,)), glue(2, "g", R(1), failing=(last,)), entry=entry)
        assert fuse_glue(found) is found


def test_options_are_kept() -> None:
    special = StepOptions("g", retry=(Retry(on=ValueError),))
    odd = Call(id=2, step="g", arguments=(("*", Array((R(1),))),), options=special, glue=True)
    assert len(lines(graph(glue(1, "f", A), odd))) == 3


def test_nested_blocks() -> None:
    inner = Block((glue(2, "f", Item(1)), glue(3, "g", R(2))), Return(R(3)))
    mapped = graph(glue(5, "p", A), Map(id=1, items=A, block=inner, after=(5,)), glue(4, "p", after=(1,)))
    assert "%3 = f(item); g(#0)" in lines(mapped)
    yes = Block((glue(2, "f", A),), Jump(9))
    chosen = graph(
        glue(1, "p", A),
        glue(5, "p", after=(1,)),
        Choice(id=9, cases=(Case(A, yes),), default=Block((), Jump(9)), after=(5,)),
    )
    assert lines(chosen)[0] == "%5 = p(a); p()"
    assert "%2 = f(a)" in lines(chosen)
    early = Choice(id=9, cases=(Case(A, Block((), Return(NONE))),), default=Block((), Jump(9)))
    left = graph(glue(1, "f", A), early, glue(3, "g", R(1)), end=R(3))
    assert fuse_glue(left) is left, "the choice is behind f, and g behind the choice"


def test_verify() -> None:
    late = Call(
        id=1,
        step="f",
        arguments=(("*", Array((earlier_result(1),))),),
        options=StepOptions("f"),
        glue=True,
        before=(FusedCall("g", ()),),
    )
    with pytest.raises(GraphError, match="uses the result of a call before it was made"):
        graph(late)
    steps = {"f": StepRef("f", "m", "f", StepOptions("f"))}
    with pytest.raises(GraphError, match="calls 'g', which is not in the table"):
        verify(Graph("w", Block((glue(1, "f", before=(FusedCall("g", ()),)),), Return(NONE)), steps=steps))


# ------------------------------------------------------------------------------------------- at random


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    nodes: list[Node] = []
    for id in range(1, draw(st.integers(2, 9)) + 1):
        before = st.integers(1, id - 1) if id > 1 else st.nothing()
        read = draw(st.lists(before, max_size=2, unique=True)) if id > 1 else []
        after = draw(st.lists(before, max_size=2, unique=True)) if id > 1 else []
        arguments: list[Expression] = [R(n) for n in read]
        if read and draw(st.integers(0, 5)) == 0:
            arguments[0] = draw(st.sampled_from([Field(arguments[0], "k"), Field(arguments[0], "k", True)]))
        make = stepped if draw(st.integers(0, 3)) == 0 else glue
        nodes.append(make(id, f"f{id}", *arguments, after=tuple(after)))
    read = draw(st.lists(st.integers(1, len(nodes)), max_size=2))
    return graph(*nodes, end=Array(tuple(R(n) for n in read)))


def ran(found: Graph) -> tuple[Any, list[str], dict[str, frozenset[str]]]:
    """What the workflow results in, the calls in their order, and which calls each task waits for."""
    values: dict[int, Any] = {}
    order: list[str] = []
    tasks: dict[int, list[str]] = {}
    ahead: dict[int, frozenset[int]] = {}

    def value(expression: Expression, results: list[Any]) -> Any:
        match expression:
            case Result(id):
                return values[id]
            case Literal({"$type": "result", "of": position}):
                return results[position]
            case Literal(constant):
                return constant
            case Array(items):
                return [value(item, results) for item in items]
            case Field(base, name):
                assert not isinstance(base, Literal), "nothing looks into what stays in a task"
                return value(base, results), name
        raise AssertionError(expression)

    waited: dict[str, frozenset[str]] = {}
    for node in found.block.nodes:
        assert isinstance(node, Call)
        direct = {s.node for s in needs(node) if isinstance(s, Result)} | waits(node)
        ahead[node.id] = frozenset(direct).union(*(ahead[id] for id in direct))
        results: list[Any] = []
        for name, arguments in called(node):
            results.append((name, [value(given, results) for _, given in arguments]))
            order.append(name)
        values[node.id] = results[len(node.before)]
        tasks[node.id] = [name for name, _ in called(node)]
        names = frozenset(name for id in ahead[node.id] for name in tasks[id])
        waited |= dict.fromkeys(tasks[node.id], names)
    end = found.block.end
    assert isinstance(end, Return)
    return value(end.value, []), order, waited


@settings(max_examples=400, deadline=None)
@given(graphs())
def test_nothing_but_the_states_changes(found: Graph) -> None:
    fused = verify(fuse_glue(found))
    result, order, waited = ran(found)
    same, new_order, new_waited = ran(fused)
    assert same == result
    assert sorted(order) == sorted(new_order)
    for name, names in waited.items():
        assert all(new_order.index(earlier) < new_order.index(name) for earlier in names)
    declared = {node.step for node in walk(found.block) if isinstance(node, Call) and not node.glue}
    for node in walk(fused.block):
        assert isinstance(node, Call)
        own = {name for name, _ in called(node)}
        if node.step in declared:
            assert own == {node.step}
        others = {frozenset(waited[name] - own) for name in own}
        assert others == {new_waited[node.step]}, "nothing waits longer"


# ------------------------------------------------------------------------------------------- workflows


class Thing:
    """Nothing that can travel between states."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.made = (letter for letter in text)

    def shout(self) -> str:
        return self.text.upper()


def thing(text: str) -> Thing:
    return Thing(text) if text else Thing(str(1 / 0))


@step
def load(n: int) -> list[float]:
    return [float(i) for i in range(n)]


@step
def use(x: Any) -> Any:
    return x


@workflow
def hashed(text: str = "abc") -> Any:
    return hashlib.sha224(text.encode()).hexdigest()


@workflow
def told(n: int = 3) -> Any:
    print("start")
    xs = load(n)
    mean = statistics.mean(xs)
    print(f"mean {mean}")
    print("done")
    return mean


@workflow
def tried(n: int = 3) -> Any:
    try:
        first = statistics.mean(load(n))
        spread = statistics.stdev([first])
        print("never")
    except statistics.StatisticsError as error:
        return str(error)
    return spread


@workflow
def named(n: int = 3) -> Any:
    xs = load(n)
    reason = f"{statistics.mean(xs):.2f} of {n}"
    return use([reason, f"{statistics.median(xs):.2f}"])


@pytest.mark.parametrize(
    ("flow", "inputs"),
    [(hashed, {}), (hashed, {"text": "é"}), (told, {}), (tried, {}), (tried, {"n": 0}), (named, {})],
)
def test_runs_as_python_does(
    flow: Any, inputs: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted, said = flow(**inputs), capsys.readouterr().out
    execution = toolchain.run(flow, inputs, inline=True, home=tmp_path)
    assert (execution.output, capsys.readouterr().out) == (wanted, said)


def states(flow: Any) -> list[str]:
    """Names of tasks and what they are in."""
    return [node.name for node in walk(run_passes(toolchain.trace(flow)).block)]


def test_states() -> None:
    assert len(states(hashed)) == 1
    assert "mean" in states(told)
    assert len(states(told)) == 3
    assert "reason" in states(named)
    assert not any(name.rpartition(" ")[2].isdigit() for name in states(named))


def found_calls(flow: Any) -> Iterator[list[str]]:
    for node in walk(run_passes(toolchain.trace(flow)).block):
        if isinstance(node, Call):
            yield [name for name, _ in called(node)]


def test_what_is_fused() -> None:
    assert sorted(map(len, found_calls(hashed))) == [3]
    assert sorted(map(len, found_calls(told))) == [1, 1, 4]
    assert sorted(map(len, found_calls(tried))) == [1, 3]
