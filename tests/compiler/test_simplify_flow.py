"""The passes on control flow: what is spliced, joined, dropped, ordered and named."""

from __future__ import annotations

from typing import Any

from flowdeco.asl.model import StateMachine
from flowdeco.compiler.findings import findings_of
from flowdeco.compiler.glue_calls import glue_calls
from flowdeco.compiler.passes.name_states import name_states
from flowdeco.compiler.passes.parallelize import parallelize
from flowdeco.compiler.passes.simplify_flow import simplify_flow
from flowdeco.errors import Location
from flowdeco.graph import (
    Again,
    Array,
    Attempt,
    Block,
    Case,
    Child,
    Choice,
    Expression,
    Failing,
    Field,
    Fork,
    Graph,
    Handle,
    Handler,
    Input,
    Item,
    Jump,
    Let,
    Literal,
    Loop,
    Map,
    Never,
    Raise,
    Region,
    Result,
    Return,
    Variable,
    Wait,
    verify,
)
from tests.compiler.flow_graphs import call, graph

A = Input("a")
R = Result
V = Variable
NONE = Literal(None)


def choose(id: int, yes: Block, no: Block, *outs: Variable, test: Expression = A, text: str = "c") -> Choice:
    return Choice(id=id, cases=(Case(test, yes, text),), default=no, outs=outs)


def to(label: int, *values: Expression) -> Block:
    return Block((), Jump(label, values))


def simple(found: Graph) -> list[str]:
    """The lines of a simplified graph that keeps the rules, without the first."""
    return str(verify(simplify_flow(verify(found)), after="simplify_flow")).splitlines()[1:]


def test_a_graph_without_control_flow_is_left_alone() -> None:
    found = graph(call(1, "f"), end=Return(R(1)))
    assert simplify_flow(found) is found


def test_the_same_on_all_paths() -> None:
    yes = Block((call(3, "f"),), Jump(2, (R(1), R(3), Literal(1))))
    choice = choose(2, yes, to(2, R(1), NONE, Literal(True)), V(4, "same"), V(5, "other"), V(6, "kind"))
    found = graph(call(1, "g"), choice, end=Return(Array((R(4), R(5), R(6)))))
    assert simple(found) == [
        "  %1 = g()",
        "  %2 other, %3 kind = %4: choice",
        "    if a",
        "      %5 = f()",
        "      -> end of %4 with %5, 1",
        "    else",
        "      -> end of %4 with null, true",
        "  -> [%1, %2, %3]",
    ]


def test_what_a_loop_does_not_change() -> None:
    body = Block((call(5, "f", R(2), R(3)), choose(6, Block((), Again(1, (R(2), R(5)))), to(1))), Never())
    loop = Loop(id=1, carried=(V(2, "x"), V(3, "y")), first=(A, NONE), block=body)
    assert simple(graph(loop, end=Return(NONE)))[0] == "  %1: loop, %2 y = null"
    # Nor what is only carried along.
    body = Block((call(5, "f"), choose(6, Block((), Again(1, (R(5), R(2)))), to(1))), Never())
    loop = Loop(id=1, carried=(V(2, "x"), V(3, "y")), first=(A, NONE), block=body)
    assert simple(graph(loop, end=Return(NONE)))[0] == "  %1: loop"


def test_what_may_fail_stays_where_it_is() -> None:
    found = graph(choose(1, to(1, Field(A, "k")), to(1, Field(A, "k")), V(2, "x")), end=Return(R(2)))
    assert simple(found)[0] == "  %1 x = %2: choice"
    assert simple(found)[-1] == "  -> %1"


def test_what_is_only_seen_inside_stays() -> None:
    inner = Block((call(2, "f"),), Jump(1, (R(2),)))
    found = graph(choose(1, inner, Block((), Return(NONE)), V(3, "x")), end=Return(R(3)))
    assert simple(found)[0] == "  %1 x = %2: choice"
    assert simple(found)[-1] == "  -> %1"


def test_dead_values_of_failing_nodes() -> None:
    body = Block((call(2, "f", failing=(Failing(1, (A, R(9))),)),), Jump(1, (R(2),)))
    handler = Handler((ValueError,), V(3, "e"), Block((call(4, "g", R(5)),), Jump(1, (NONE,))))
    attempt = Attempt(id=1, block=body, handlers=(handler,), entry=(V(5, "x"), V(6, "y")), outs=(V(7, "z"),))
    assert simple(graph(call(9, "h"), attempt, end=Return(NONE))) == [
        "  %1 = h()",
        "  %2: attempt",
        "    %3 = f()",
        "    -> end of %2",
        "  except ValueError as %4 e",
        "    %5 = g(a)",
        "    -> end of %2",
        "  -> null",
    ]


def test_regions_that_are_not_left_early() -> None:
    region = Region(
        id=2, block=Block((call(3, "f"), call(4, "g")), Jump(2, (R(4),))), outs=(V(5, "x"),), after=(1,)
    )
    empty = Region(id=6, block=Block((), Jump(6, (R(5),))), outs=(V(7, "y"),), after=(2,))
    found = graph(call(1, "h"), region, empty, call(8, "k", R(7), after=(6,)), end=Return(R(7)))
    assert simple(found) == [
        "  %1 = h()",
        "  %2 = f()  after %1",
        "  %3 = g()  after %1",
        "  %4 = k(%3)  after %2, %3",
        "  -> %3",
    ]


def test_regions_that_only_leave() -> None:
    region = Region(id=1, block=Block((call(2, "f"),), Return(R(2))))
    assert simple(graph(region, end=Never())) == ["  %1 = f()", "  -> %1"]


def test_regions_that_are_left_early_stay() -> None:
    region = Region(id=1, block=Block((choose(2, to(1), to(2)),), Jump(1)))
    assert simple(graph(region, end=Return(NONE)))[0] == "  %1: region"


def test_else_if() -> None:
    deepest = choose(3, to(3, Literal(3)), Block((), Return(A)), V(13, "z"))
    inner = choose(
        2, to(2, Literal(2)), Block((deepest,), Jump(2, (Array((R(13),)),))), V(12, "y"), text="second"
    )
    outer = choose(1, to(1, Literal(1)), Block((inner,), Jump(1, (R(12),))), V(11, "x"), text="first")
    found = simplify_flow(graph(outer, end=Return(R(11))))
    (choice,) = found.block.nodes
    assert isinstance(choice, Choice)
    assert [case.text for case in choice.cases] == ["first", "second", "c"]
    assert simple(graph(outer, end=Return(R(11)))) == [
        "  %1 x = %2: choice",
        "    if a",
        "      -> end of %2 with 1",
        "    if a",
        "      -> end of %2 with 2",
        "    if a",
        "      -> end of %2 with [3]",
        "    else",
        "      -> a",
        "  -> %1",
    ]
    last = choose(2, Block((), Return(NONE)), Block((), Raise(Literal("E"), NONE)))
    never = choose(1, Block((choose(4, to(1), to(4)),), Jump(1)), Block((last,), Never()))
    assert simple(graph(never, end=Return(NONE)))[-5:] == [
        "    if a",
        "      -> null",
        "    else",
        '      raise "E": null',
        "  -> null",
    ]
    other = choose(2, to(2), to(2))
    assert "        %3: choice" in simple(
        graph(
            Region(id=5, block=Block((choose(1, to(1), Block((other,), Jump(5))),), Jump(5))), end=Return(A)
        )
    )


def guard(id: int, text: str, **fields: Any) -> Choice:
    """`if a: return text`"""
    case = Case(A, Block((), Return(Literal(text))), text)
    return Choice(id=id, cases=(case,), default=to(id), **fields)


def test_choices_in_a_row() -> None:
    place = Location("p.py", 3)
    last = choose(3, to(3, Literal(1)), to(3, NONE), V(4, "x"))
    first, second = guard(1, "first", location=place), guard(2, "second", after=(1,))
    found = graph(first, second, last, call(5, "f", R(4), after=(1,)), end=Return(NONE))
    assert simple(found) == [
        "  %1 x = %2: choice",
        "    if a",
        '      -> "first"',
        "    if a",
        '      -> "second"',
        "    if a",
        "      -> end of %2 with 1",
        "    else",
        "      -> end of %2 with null",
        "  %3 = f(%1)  after %2",
        "  -> null",
    ]
    (choice, _) = simplify_flow(found).block.nodes
    assert isinstance(choice, Choice)
    assert [case.text for case in choice.cases] == ["first", "second", "c"]
    assert choice.location == place


def test_choices_in_a_row_keep_what_they_wait_for() -> None:
    first, second = guard(2, "first", after=(1,)), guard(3, "second", after=(2, 1))
    found = simplify_flow(graph(call(1, "f"), first, second, end=Return(NONE)))
    (_, choice) = found.block.nodes
    assert isinstance(choice, Choice)
    assert choice.after == (1,)


def test_what_waits_for_a_region_waits_for_the_choice_that_its_choice_became_part_of() -> None:
    region = Region(id=1, block=Block((call(2, "f"), guard(3, "first")), Jump(1)), after=())
    found = graph(region, guard(4, "second", after=(1,)), call(5, "g", after=(1,)), end=Return(NONE))
    assert [line for line in simple(found) if "after" in line] == [
        "  %2: choice  after %1",
        "  %3 = g()  after %1, %2",
    ]


def test_a_choice_in_a_row_may_be_the_last_node() -> None:
    last = choose(2, Block((), Return(A)), Block((), Raise(Literal("E"), NONE)))
    assert simple(graph(guard(1, "first"), last, end=Never())) == [
        "  %1: choice",
        "    if a",
        '      -> "first"',
        "    if a",
        "      -> a",
        "    else",
        '      raise "E": null',
    ]


def test_children_get_the_values_of_spliced_regions() -> None:
    region = Region(id=1, block=Block((call(2, "f"),), Jump(1, (R(2),))), outs=(V(3, "x"),))
    child = Child(id=4, workflow="w", input=R(3))
    assert simple(graph(region, child, end=Return(R(4)))) == ["  %1 = f()", "  %2 = w.run(%1)", "  -> %2"]


def test_values_that_the_body_gives_its_handler() -> None:
    raised = Block((), Handle(1, 0, Literal({}), (A,)))
    handler = Handler((ValueError,), V(4, "e"), Block((call(5, "g", R(6)),), Jump(1)))
    tried = Attempt(
        id=1,
        block=Block((call(2, "f", failing=(Failing(1, (NONE,)),)), choose(3, raised, to(3))), Jump(1)),
        handlers=(handler,),
        entry=(V(6, "x"),),
    )
    assert simple(graph(tried, end=Return(NONE))) == [
        "  %1: attempt",
        "    %2 = f()  failing into %1 with null",
        "    %3: choice",
        "      if a",
        "        -> except 0 of %1 with {}, a",
        "      else",
        "        -> end of %3",
        "    -> end of %1",
        "  except ValueError as %4 e, %5 x",
        "    %6 = g(%5)",
        "    -> end of %1",
        "  -> null",
    ]


def test_choices_that_stay_apart() -> None:
    def count(*nodes: Any) -> int:
        return sum(line.endswith("choice") for line in simple(graph(*nodes, end=Return(NONE))))

    assert count(guard(1, "first"), guard(2, "second")) == 1
    goes_on = choose(1, Block((call(4, "f"),), Jump(1)), to(1))
    assert count(goes_on, guard(2, "second")) == 2
    does = choose(1, Block((), Return(A)), Block((call(4, "f"),), Jump(1)))
    assert count(does, guard(2, "second")) == 2
    assert count(guard(1, "first"), call(4, "f"), guard(2, "second")) == 2
    gives = choose(1, Block((), Return(A)), to(1, Field(A, "k")), V(3, "x"))
    assert count(gives, choose(2, Block((), Return(R(3))), to(2))) == 2
    # What a person named is a state of its own.
    named = simplify_flow(graph(guard(1, "first", name="ask"), guard(2, "second"), end=Return(NONE)))
    assert [node.id for node in named.block.nodes] == [1, 2]
    named = simplify_flow(graph(guard(1, "first"), guard(2, "second", name="ask"), end=Return(NONE)))
    assert [(node.id, node.name) for node in named.block.nodes] == [(2, "ask")]


def test_attempts_that_cannot_fail() -> None:
    handler = Handler((ValueError,), V(3, "e"), to(1))
    attempt = Attempt(id=1, block=Block((Wait(id=2, seconds=A),), Jump(1)), handlers=(handler,))
    assert simple(graph(attempt, end=Return(A))) == ["  %1 = wait a s", "  -> a"]
    raising = Attempt(id=1, block=Block((), Handle(1, 0, A)), handlers=(handler,))
    assert simple(graph(raising, end=Return(A)))[0] == "  %1: attempt"


def test_what_nothing_leads_to() -> None:
    handler = Handler((ValueError,), V(3, "e"), to(1))
    attempt = Attempt(id=1, block=Block((), Return(NONE)), handlers=(handler,))
    assert simple(graph(attempt, call(4, "f"), end=Return(A))) == ["  -> null"]
    early = choose(2, Block((), Return(NONE)), Block((), Return(A)))
    attempt = Attempt(id=1, block=Block((early,), Never()), handlers=(handler,))
    assert simple(graph(attempt, call(4, "f"), end=Return(A)))[-1] == "      -> a"


# --------------------------------------------------------------------------------------------------- order


def ordered(*nodes: Any, end: Any = None) -> list[str]:
    found = verify(parallelize(graph(*nodes, end=end or Return(NONE))), after="parallelize")
    return str(found).splitlines()[1:-1]


def test_what_may_leave_is_a_barrier() -> None:
    early = choose(3, Block((), Return(NONE)), to(3))
    lines = ordered(call(1, "f"), call(2, "g"), early, call(4, "h"), call(5, "k"))
    assert lines[0].endswith("at the same time")
    assert [line for line in lines if "choice" in line or line.endswith("same time")] == [
        "  %1 = at the same time",
        "  %4: choice",
        "  %5 = at the same time",
    ]


def test_an_endless_loop_is_the_last() -> None:
    loop = Loop(id=3, carried=(), first=(), block=Block((call(4, "g"),), Again(3)))
    found = verify(parallelize(graph(call(1, "f"), loop, end=Never())))
    assert [node.id for node in found.block.nodes] == [1, 3]


def test_what_is_tried_keeps_its_order() -> None:
    def pair(id: int) -> tuple[Any, Any]:
        return call(id, "f"), call(id + 1, "g")

    inside = choose(2, Block(pair(10), Jump(2)), to(2))
    rows = Map(id=3, items=A, block=Block(pair(20), Return(NONE)))
    handler = Handler((ValueError,), V(4, "e"), Block(pair(30), Jump(1)))
    attempt = Attempt(id=1, block=Block((*pair(40), inside, rows), Jump(1)), handlers=(handler,))
    found = verify(parallelize(graph(attempt, end=Return(NONE))))
    forks = [line for line in str(found).splitlines() if "at the same time" in line]
    assert len(forks) == 2  # in the map and in the handler
    (tried,) = found.block.nodes
    assert isinstance(tried, Attempt)
    assert isinstance(tried.handlers[0].block.nodes[0], Fork)


def test_whole_structures_run_at_the_same_time() -> None:
    one = choose(1, Block((call(2, "f"),), Jump(1, (R(2),))), to(1, NONE), V(3, "x"))
    other = choose(4, Block((call(5, "g"),), Jump(4, (R(5),))), to(4, NONE), V(6, "y"))
    found = parallelize(graph(one, other, call(7, "h", R(3)), end=Return(R(6))))
    (fork,) = found.block.nodes
    assert isinstance(fork, Fork)
    assert [[node.id for node in branch.nodes] for branch in fork.branches] == [[1, 7], [4]]


def test_what_takes_no_time_needs_no_branch() -> None:
    let = Let(id=2, value=A)
    assert not any("same time" in line for line in ordered(call(1, "f"), let))
    found = parallelize(graph(let, call(3, "f", R(2)), call(4, "g"), end=Return(NONE)))
    assert isinstance(found.block.nodes[0], Let)
    assert isinstance(found.block.nodes[1], Fork)
    assert not any("same time" in line for line in ordered(Let(id=1, value=A), Let(id=2, value=A)))


# --------------------------------------------------------------------------------------------------- names


def names(*nodes: Any, end: Any = None) -> list[str]:
    found = name_states(parallelize(graph(*nodes, end=end or Return(NONE))))
    return [line.partition("# ")[2] for line in str(found).splitlines() if "# " in line]


def test_names() -> None:
    def asked(text: str) -> Choice:
        return choose(1, Block((), Return(A)), to(1), text=text)

    assert names(asked("m.auc >\n   0.5")) == ["m.auc > 0.5?"]
    assert names(asked("")) == ["Choose"]
    assert names(asked("a" * 70)) == ["a" * 60 + " ...?"]
    assert names(asked("long " * 20)) == ["long " * 11 + "long ...?"]
    assert names(Wait(id=1, seconds=Literal(5))) == ["Wait 5 s"]
    assert names(Wait(id=1, seconds=A)) == ["Wait"]
    assert names(Wait(id=1, until=A)) == ["Wait until"]
    assert names(Wait(id=1, until=Literal("2026"))) == ["Wait until 2026"]
    assert names(Child(id=1, workflow="w", input=A), Child(id=2, workflow="w", input=A, target="x"))[1:] == [
        "w",
        "w x",
    ]


def test_a_loop_gives_its_name_to_its_choice() -> None:
    body = Block((choose(2, Block((call(3, "f"),), Again(1)), to(1)),), Never())
    loop = Loop(id=1, carried=(), first=(), block=body, name="for row in rows")
    assert names(loop) == ["for row in rows", "f"]


def test_ends_that_raise() -> None:
    raising = choose(
        1,
        Block((), Raise(Literal("ValueError"), A)),
        Block((choose(2, Block((), Raise(Field(A, "Error"), A)), Block((), Raise(A, A))),), Never()),
    )
    found = name_states(graph(raising, end=Never()))
    (outer,) = found.block.nodes
    assert isinstance(outer, Choice)
    (inner,) = outer.default.nodes
    assert isinstance(inner, Choice)
    ends = [outer.cases[0].block.end, inner.cases[0].block.end, inner.default.end]
    assert [end.name for end in ends if isinstance(end, Raise)] == [
        "Raise ValueError",
        "Raise again",
        "Raise",
    ]


def test_forks_and_maps_are_named_after_what_they_begin_with() -> None:
    loop = Loop(id=1, carried=(), first=(), block=Block((call(2, "f"), choose(3, to(1), to(1))), Never()))
    waiting = Block((Let(id=5, value=A), Wait(id=6, seconds=A)), Return(Item(4)))
    rows = Map(id=4, items=A, block=waiting)
    raising = Map(id=7, items=A, block=Block((), Raise(Literal("E"), A)))
    nothing = Map(id=8, items=A, block=Block((), Return(NONE)))
    found = names(loop, rows, raising, nothing)
    assert found[0] == "f and 3 more"
    assert {"each Wait", "each Raise E"} <= set(found)


# ------------------------------------------------------------------------------------------------ findings


def test_findings() -> None:
    place = Location("p.py", 7)
    handler = Handler(("States.Runtime", "States.DataLimitExceeded", KeyError), V(3, "e"), to(1))
    attempt = Attempt(
        id=1,
        block=Block((call(2, "numpy.mean", glue=True, location=place),), Jump(1)),
        handlers=(handler,),
        location=place,
    )
    made = graph(attempt, end=Return(NONE))
    why = "what numpy does is not known"
    glue = glue_calls(made, [(place, "numpy.mean", why), (place, "numpy.never_run", why)])
    assert [call.what for call in glue] == ["numpy.mean"]
    found = findings_of(made, StateMachine(StartAt="x", States={}), glue)
    told = [(f.severity, f.message.split(":")[0], f.where) for f in found if f.where == place]
    assert [severity for severity, _, _ in told] == ["warning", "warning", "info"]
    assert told[0][1] == "a handler of States.Runtime cannot be relied on"
    assert "numpy.mean is a glue call" in told[2][1]
