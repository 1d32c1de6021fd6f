"""What control flow becomes: states, where values travel, and no state that a person would not have written."""

from __future__ import annotations

from typing import Any

import pytest

from flowdeco.asl.check import check
from flowdeco.asl.emit import emit
from flowdeco.asl.model import Catcher, ChoiceRule, Fail, Pass, State, Succeed, Task
from flowdeco.asl.model import Choice as ChoiceState
from flowdeco.compiler.compile import compile_graph, run_passes
from flowdeco.compiler.functions import function_names
from flowdeco.compiler.lower import handlers_last, lower
from flowdeco.compiler.passes.name_states import name_states
from flowdeco.engine import SkippingClock, run
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
    Object,
    Raise,
    Region,
    Result,
    Return,
    Variable,
    Wait,
)
from tests.compiler.flow_graphs import call, graph

A = Input("a")
R = Result
V = Variable
NONE = Literal(None)
INPUT = "{% $states.context.Execution.Input.a %}"
RESULT = "{% $states.result.Payload %}"


def states_of(found: Graph, passes: bool = True, **fields: Any) -> dict[str, Any]:
    """The states of a machine that is sound, without what all Tasks have alike. The first is the start."""
    machine = compile_graph(found, **fields) if passes else lower(name_states(found), function_names(found))
    assert not [str(finding) for finding in check(machine) if finding.severity == "error"]
    document = emit(machine)
    states: dict[str, Any] = document["States"]
    assert next(iter(states)) == document["StartAt"]
    return {name: _plain(state) for name, state in states.items()}


def _plain(state: dict[str, Any]) -> dict[str, Any]:
    plain = {k: v for k, v in state.items() if k not in ("Retry", "Resource", "Type")}
    if state["Type"] == "Task" and "Payload" in plain["Arguments"]:
        plain["Arguments"] = plain["Arguments"]["Payload"].get("arguments", {}).get("*", [])
        if plain["Output"] == RESULT:
            del plain["Output"]
    return plain


def choose(id: int, test: Expression, yes: Block, no: Block, *outs: Variable, text: str = "c") -> Choice:
    return Choice(id=id, cases=(Case(test, yes, text),), default=no, outs=outs)


def to(label: int, *values: Expression) -> Block:
    return Block((), Jump(label, values))


def test_branches_that_return_end_by_themselves() -> None:
    found = graph(
        choose(
            1,
            A,
            Block((call(2, "f"),), Jump(1, (R(2),))),
            Block((call(3, "g"),), Jump(1, (R(3),))),
            V(4, "x"),
        ),
        end=Return(R(4)),
    )
    assert states_of(found) == {
        "c?": {"Choices": [{"Condition": INPUT, "Next": "f"}], "Default": "g"},
        "f": {"Arguments": [], "End": True},
        "g": {"Arguments": [], "End": True},
    }


def test_a_name_that_a_branch_assigns_again_is_one_variable() -> None:
    found = graph(
        call(1, "f", target="x"),
        choose(2, A, Block((call(3, "g", R(1), target="x"),), Jump(2, (R(3),))), to(2, R(1)), V(4, "x")),
        call(5, "h", R(4)),
        call(6, "k", R(4), R(5)),
        end=Return(R(6)),
    )
    states = states_of(found)
    assert states["f"]["Assign"] == states["g"]["Assign"] == {"x": RESULT}
    assert states["c?"] == {"Choices": [{"Condition": INPUT, "Next": "g"}], "Default": "h"}


def test_the_old_value_is_kept_where_it_is_wanted() -> None:
    found = graph(
        call(1, "f", target="x"),
        choose(2, A, Block((call(3, "g", target="x"),), Jump(2, (R(3),))), to(2, R(1)), V(4, "x")),
        call(5, "h", R(4), R(1)),
        end=Return(R(5)),
    )
    states = states_of(found)
    assert states["f"]["Assign"] == {"x": RESULT}
    assert states["g"]["Assign"] == {"x_2": RESULT}
    assert states["c?"]["Assign"] == {"x_2": "{% $x %}"}
    assert states["h"]["Arguments"] == ["{% $x_2 %}", "{% $x %}"]


def counting(id: int, *more: Any, out: tuple[Expression, ...] = (), **fields: Any) -> Loop:
    """A loop that goes on while a step says so. Its counter is `id + 1`."""
    fields = {"carried": (V(id + 1, "i"),), "first": (Literal(0),), **fields}
    body = Block((call(id + 3, "inc", R(id + 1), target="i"), *more), Again(id, (R(id + 3),)))
    deciding = choose(id + 4, Field(R(id + 2), "on", certain=True), body, to(id, *out), text="i < 3")
    return Loop(id=id, block=Block((call(id + 2, "less", R(id + 1)), deciding), Never()), **fields)


def test_loops() -> None:
    found = graph(counting(1), counting(11, after=(1,)), end=Return(NONE))
    states = states_of(found)
    assert states == {
        "Set i": {"Assign": {"i": 0}, "Next": "less"},
        "less": {"Arguments": ["{% $i %}"], "Assign": {"less": RESULT}, "Next": "i < 3?"},
        "i < 3?": {
            "Choices": [{"Condition": "{% $less.on %}", "Next": "inc"}],
            "Assign": {"i": 0},
            "Default": "less 2",
        },
        "inc": {"Arguments": ["{% $i %}"], "Assign": {"i": RESULT}, "Next": "less"},
        "less 2": {"Arguments": ["{% $i %}"], "Assign": {"less_2": RESULT}, "Next": "i < 3? 2"},
        "i < 3? 2": {"Choices": [{"Condition": "{% $less_2.on %}", "Next": "inc 2"}], "Default": "Return"},
        "inc 2": {"Arguments": ["{% $i %}"], "Assign": {"i": RESULT}, "Next": "less 2"},
        "Return": {"Output": None},
    }


def test_the_state_before_a_loop_sets_its_first_values() -> None:
    states = states_of(graph(call(20, "f", target="x"), counting(1, after=(20,)), end=Return(R(20))))
    assert list(states)[0] == "f"
    assert states["f"]["Assign"] == {"x": RESULT, "i": 0}


def test_swapped_values_do_not_share_a_variable() -> None:
    swapping = Loop(
        id=1,
        carried=(V(2, "x"), V(3, "y")),
        first=(Literal(1), Literal(2)),
        block=Block(
            (call(4, "f", R(2), R(3)), choose(5, R(4), Block((), Again(1, (R(3), R(2)))), to(1, R(2)))),
            Never(),
        ),
        outs=(V(6, "x"),),
    )
    states = states_of(graph(swapping, end=Return(R(6))))
    assert states["c?"]["Choices"] == [
        {"Condition": "{% $f %}", "Assign": {"x": "{% $y %}", "y": "{% $x %}"}, "Next": "f"}
    ]


def test_a_loop_without_any_state_gets_one() -> None:
    found = graph(Loop(id=1, carried=(), first=(), block=Block((), Again(1))), end=Never())
    rule = {"Condition": "{% true %}", "Next": "Again"}
    assert states_of(found) == {
        "For ever": {"Choices": [rule], "Default": "Never"},
        "Again": {"Next": "Again"},
        "Never": {},
    }
    inner = Loop(id=2, carried=(), first=(), block=Block((), Again(1)))
    found = graph(Loop(id=1, carried=(), first=(), block=Block((inner,), Never())), end=Never())
    assert list(states_of(found)) == ["For ever", "Again", "Again 2", "Never"]
    named = Loop(id=1, name="on and on", carried=(V(2, "n"),), first=(A,), block=Block((), Again(1, (A,))))
    assert list(states_of(graph(named, end=Never()))) == ["For ever", "on and on", "Never"]


def test_an_endless_loop_has_the_end_that_is_asked_for() -> None:
    found = graph(Loop(id=1, carried=(), first=(), block=Block((call(2, "f"),), Again(1))), end=Never())
    assert states_of(found)["f"]["Next"] == "f"


def attempted(
    *handlers: Handler, entry: tuple[Variable, ...] = (), value: Expression | None = None
) -> Attempt:
    given = (Literal("before"),) if entry else ()
    body = Block((call(2, "f", failing=(Failing(1, given),), target="x"),), Jump(1, (value or R(2),)))
    return Attempt(id=1, block=body, handlers=handlers, entry=entry, outs=(V(3, "x"),))


def test_handlers() -> None:
    found = graph(
        attempted(
            Handler((KeyError,), V(4, "e"), Block((call(5, "note", R(4), R(10)),), Jump(1, (NONE,)))),
            Handler((ValueError, "States.Timeout"), V(6, "e"), to(1, R(10))),
            Handler((Exception,), V(7, "e"), Block((), Raise(Field(R(7), "Error", True), Literal("why")))),
            Handler((OSError,), V(8, "e"), Block((call(9, "never"),), Jump(1, (NONE,)))),
            entry=(V(10, "y"),),
        ),
        call(11, "g", R(3)),
        end=Return(R(11)),
    )
    states = states_of(found)
    assert list(states) == ["f", "g", "note", "Raise again"]
    assert states["f"]["Catch"] == [
        {
            "ErrorEquals": ["KeyError"],
            "Assign": {"e": "{% $states.errorOutput %}"},
            "Next": "note",
        },
        {
            "ErrorEquals": [
                "ValueError",
                "UnicodeDecodeError",
                "UnicodeEncodeError",
                "UnicodeError",
                "UnicodeTranslateError",
                "States.Timeout",
            ],
            "Assign": {"x": "before"},
            "Next": "g",
        },
        {"ErrorEquals": ["States.ALL"], "Assign": {"e": "{% $states.errorOutput %}"}, "Next": "Raise again"},
    ]
    assert states["Raise again"] == {"Error": "{% $e.Error %}", "Cause": "why"}


def test_outer_handlers_come_after_inner_ones_and_not_after_one_for_all() -> None:
    def nested(on: Any) -> list[Any]:
        inner = Attempt(
            id=1,
            block=Block((call(2, "f"),), Jump(1)),
            handlers=(Handler((on, KeyError), V(3, "e"), to(1)),),
        )
        outer = Attempt(
            id=4,
            block=Block((inner,), Jump(4)),
            handlers=(
                Handler((KeyError,), V(5, "e"), to(4)),
                Handler((OSError, KeyError), V(6, "e"), to(4)),
            ),
        )
        states = states_of(graph(outer, call(7, "g", after=(4,)), end=Return(NONE)))
        return [catcher["ErrorEquals"] for catcher in next(iter(states.values()))["Catch"]]

    first, second = nested("Mine")
    assert first == ["Mine", "KeyError"]
    assert second[0] == "OSError"
    assert "KeyError" not in second
    assert nested(Exception) == [["States.ALL"]]


def test_what_may_fail_outside_does_not_fail_inside() -> None:
    handler = Handler((Exception,), V(4, "e"), to(1, NONE))
    value = Field(R(2), "k")
    found = graph(attempted(handler, value=value), call(5, "g", R(3)), end=Return(R(5)))
    states = states_of(found)
    assert states["f"]["Assign"] == {"x": RESULT}
    assert states["f"]["Next"] == "Set x"
    assert states["Set x"] == {"Assign": {"x": "{% $x.k %}"}, "Next": "g"}
    ends = states_of(graph(attempted(handler, value=value), end=Return(R(3))))
    assert ends["Set x"]["Next"] == "Return x"
    certain = graph(attempted(handler, value=Field(R(2), "k", True)), end=Return(R(3)))
    assert states_of(certain)["f"]["Output"] == "{% $states.result.Payload.k %}"


def test_what_is_evaluated_once() -> None:
    def after(*following: Any, value: Expression) -> dict[str, Any]:
        nodes = (
            call(1, "f", target="y"),
            Let(id=2, value=Object((("k", R(1)),)), once=True, target="x"),
            *following,
        )
        return states_of(graph(*nodes, end=Return(value)))

    made = {"k": RESULT}
    states = after(call(3, "g", R(2)), value=R(2))
    assert states["f"]["Assign"] == {"x": made}
    assert states["g"]["Arguments"] == ["{% $x %}"]
    assert after(value=R(2))["f"]["Output"] == made
    twice = after(value=Array((R(2), R(2))))
    assert twice["f"]["Assign"] == {"x": made}
    assert twice["Return"] == {"Output": ["{% $x %}", "{% $x %}"]}

    looping = Loop(
        id=4,
        carried=(V(5, "p"), V(6, "q")),
        first=(R(2), Array((R(2),))),
        block=Block(
            (call(7, "g", R(5), R(6)), choose(8, R(7), Block((), Again(4, (R(7), R(7)))), to(4))), Never()
        ),
    )
    states = after(looping, value=NONE)
    assert states["f"]["Assign"] == {"y": RESULT}
    assert states["Set x"] == {"Assign": {"x": {"k": "{% $y %}"}}, "Next": "Set p, q"}
    assert states["Set p, q"] == {"Assign": {"p": "{% $x %}", "q": ["{% $x %}"]}, "Next": "g"}


def test_what_is_evaluated_once_at_the_start() -> None:
    found = graph(Let(id=1, value=A, once=True, target="x"), call(2, "f", R(1)), end=Return(R(1)))
    assert states_of(found)["Set x"] == {"Assign": {"x": INPUT}, "Next": "f"}
    chosen = graph(
        Let(id=1, value=A, once=True),
        Let(id=2, value=Array((R(1), R(1))), once=True, target="x"),
        choose(3, Field(R(2), "k", True), Block((), Return(R(1))), to(3)),
        end=Return(R(2)),
    )
    states = states_of(chosen)
    assert list(states) == ["Set value", "Set x", "c?", "Return value", "Return x"]
    assert states["Set value"] == {"Assign": {"value": INPUT}, "Next": "Set x"}
    assert states["Set x"] == {"Assign": {"x": ["{% $value %}", "{% $value %}"]}, "Next": "c?"}


def test_waits_and_children() -> None:
    found = graph(
        Wait(id=1, seconds=Literal(30)),
        Wait(id=2, seconds=A, after=(1,)),
        Wait(id=3, until=Literal("2026-01-01T00:00:00Z"), after=(2,)),
        Wait(id=4, until=A, after=(3,)),
        Child(id=5, workflow="other", input=A, after=(4,), target="x"),
        Child(id=6, workflow="other", input=R(5), wait=False),
        end=Return(R(6)),
    )
    states = states_of(found, state_machines={"other": "arn:o"})
    assert list(states) == [
        "Wait 30 s",
        "Wait",
        "Wait until 2026-01-01T00:00:00Z",
        "Wait until",
        "other x",
        "other",
    ]
    assert states["Wait 30 s"] == {"Seconds": 30, "Next": "Wait"}
    assert states["Wait"]["Seconds"] == states["Wait until"]["Timestamp"] == INPUT
    document = emit(compile_graph(found))["States"]
    children = [state for state in document.values() if state["Type"] == "Task"]
    assert [state["Resource"].rpartition(":states:")[2] for state in children] == [
        "startExecution.sync:2",
        "startExecution",
    ]
    assert children[0]["Arguments"] == {"StateMachineArn": "other", "Input": INPUT}
    assert children[0]["Assign"] == {"x": "{% $states.result.Output %}"}
    assert children[1]["Output"] == "{% $states.result.ExecutionArn %}"


def test_a_wait_may_be_the_last() -> None:
    states = states_of(graph(Wait(id=1, seconds=Literal(1)), end=Return(A)))
    assert states == {"Wait 1 s": {"Seconds": 1, "Output": INPUT, "End": True}}


def test_workflows_without_steps() -> None:
    assert states_of(graph(end=Return(A))) == {"Return": {"Output": INPUT}}
    assert states_of(graph(end=Return(Literal(3)))) == {"Return 3": {"Output": 3}}
    assert states_of(graph(end=Raise(Literal("E"), A))) == {"Raise E": {"Error": "E", "Cause": INPUT}}
    region = Region(
        id=1,
        block=Block((choose(2, A, to(1, Literal(1)), to(2)),), Jump(1, (Literal(2),))),
        outs=(V(3, "x"),),
    )
    assert states_of(graph(region, end=Return(R(3)))) == {
        "c?": {
            "Choices": [{"Condition": INPUT, "Assign": {"x": 1}, "Next": "Return x"}],
            "Assign": {"x": 2},
            "Default": "Return x",
        },
        "Return x": {"Output": "{% $x %}"},
    }


def inner_states(state: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(inner) for name, inner in state["ItemProcessor"]["States"].items()}


def test_the_item_where_a_map_begins_with_a_choice() -> None:
    block = Block((choose(2, Item(1), Block((call(3, "f", Item(1)),), Jump(2)), to(2)),), Return(Item(1)))
    states = states_of(graph(Map(id=1, items=A, block=block, target="x"), end=Return(R(1))))
    inner = inner_states(states["x"])
    assert inner["c?"]["Choices"] == [
        {"Condition": "{% $states.input %}", "Assign": {"item": "{% $states.input %}"}, "Next": "f"}
    ]
    assert inner["f"] == {"Arguments": ["{% $item %}"], "Output": "{% $item %}", "End": True}


def test_the_item_where_a_map_begins_with_a_loop() -> None:
    looping = Loop(
        id=2,
        carried=(),
        first=(),
        block=Block((call(3, "f", Item(1)), choose(4, R(3), Block((), Again(2)), to(2))), Never()),
    )
    found = graph(Map(id=1, items=A, block=Block((looping,), Return(Item(1))), target="x"), end=Return(R(1)))
    inner = inner_states(states_of(found)["x"])
    assert inner["Set item"] == {"Assign": {"item": "{% $states.input %}"}, "Next": "f"}


def test_a_distributed_map_is_given_what_it_reads() -> None:
    choice = choose(3, R(1), Block((call(4, "g", Item(2), R(1)),), Jump(3, (R(4),))), to(3, A), V(5, "y"))
    rows = Map(id=2, items=A, block=Block((choice,), Return(R(5))), distributed=True, target="x")
    states = states_of(graph(call(1, "f", target="y"), rows, end=Return(R(2))))
    inner = inner_states(states["x"])
    assert states["x"]["ItemSelector"]["y"] == "{% $y %}"
    assert inner["c?"]["Choices"][0]["Condition"] == "{% $states.input.y %}"
    assert set(inner["c?"]["Choices"][0]["Assign"]) == {"item", "y_2"}


def test_branches_of_a_fork_may_choose() -> None:
    def branch(id: int) -> Choice:
        yes = Block((call(id + 1, "f", Literal(id)),), Jump(id, (R(id + 1),)))
        return choose(id, A, yes, to(id, NONE), V(id + 2, "x"), text=f"c{id}")

    found = graph(branch(1), branch(11), call(20, "g", R(3), R(13)), end=Return(R(20)))
    (fork, *_) = run_passes(found).block.nodes
    assert isinstance(fork, Fork)
    states = states_of(found)
    assert states["g"]["Arguments"] == ["{% $x %}", "{% $x_2 %}"]
    record = run(
        compile_graph(found),
        {"a": True},
        handlers={"g": lambda payload: payload["arguments"]["*"]},
        clock=SkippingClock(),
    )
    assert record.output == [[1], [11]]


@pytest.mark.parametrize("passes", [True, False])
def test_conditions_known_before(passes: bool) -> None:
    found = graph(choose(1, Literal(True), to(1), Block((), Return(A))), call(2, "f"), end=Return(R(2)))
    assert states_of(found, passes)["c?"]["Choices"][0]["Condition"] == "{% true %}"
    found = graph(choose(1, Literal(False), to(1), Block((), Return(A))), call(2, "f"), end=Return(R(2)))
    assert states_of(found, passes)["c?"]["Choices"][0]["Condition"] == "{% false %}"


# ------------------------------------------------------------------------------------------- order of states


def test_what_only_catchers_lead_to_comes_last() -> None:
    catch = (Catcher(ErrorEquals=("States.ALL",), Next="handler"),)
    states: dict[str, State] = {
        "start": Task(Resource="r", Catch=catch, Next="choose"),
        "handler": Pass(Next="its choice"),
        "its choice": ChoiceState(Choices=(ChoiceRule(Next="gone", Condition="{% true %}"),), Default="end"),
        "choose": ChoiceState(Choices=(ChoiceRule(Next="one", Condition="{% true %}"),), Default="start"),
        "gone": Fail(Error="E"),
        "one": Task(Resource="r", Catch=catch, Next="end"),
        "end": Succeed(),
    }
    found = handlers_last("start", states)
    assert list(found) == ["start", "choose", "one", "end", "handler", "its choice", "gone"]
    assert found == states
    plain: dict[str, State] = {"b": Pass(Next="a"), "a": Pass()}
    assert handlers_last("b", plain) is plain


def test_handlers_of_a_map_are_last_in_its_processor() -> None:
    handler = Handler((KeyError,), V(4, "e"), Block((call(5, "note"),), Jump(1, (NONE,))))
    tried = Attempt(
        id=1, block=Block((call(2, "f"),), Jump(1, (R(2),))), handlers=(handler,), outs=(V(3, "x"),)
    )
    rows = Map(id=7, items=A, block=Block((tried, call(6, "g", R(3))), Return(R(6))))
    states = states_of(graph(rows, end=Return(R(7))))
    assert list(states["each f"]["ItemProcessor"]["States"]) == ["f", "g", "note"]


def test_a_handler_that_tries_again_is_behind_what_it_goes_back_to() -> None:
    handler = Handler((KeyError,), V(4, "e"), Block((call(5, "note"),), Again(8)))
    tried = Attempt(
        id=1, block=Block((call(2, "f"),), Jump(1, (R(2),))), handlers=(handler,), outs=(V(3, "x"),)
    )
    loop = Loop(id=8, carried=(), first=(), block=Block((tried,), Jump(8, (R(3),))), outs=(V(9, "y"),))
    states = states_of(graph(loop, call(10, "g", R(9)), end=Return(NONE)))
    assert list(states) == ["f", "g", "note"]
    assert states["note"]["Next"] == "f"


# ------------------------------------------------------------------------------------------ rounds and handlers


@pytest.mark.parametrize("passes", [True, False])
def test_rounds_without_a_state_whatever_they_go_through(passes: bool) -> None:
    let = Let(id=2, value=A)
    region = Region(id=3, block=Block((let,), Jump(3)))
    handled = Handler((KeyError,), V(5, "e"), to(4))
    tried = Attempt(id=4, block=Block((), Handle(4, 0, Literal({"Error": "KeyError"}))), handlers=(handled,))
    found = graph(
        Loop(id=1, carried=(), first=(), block=Block((region, tried), Again(1))),
        end=Never(),
    )
    assert list(states_of(found, passes)) == ["For ever", "Again", "Never"]
    # One that returns comes round never.
    leaves = Loop(id=1, carried=(), first=(), block=Block((region,), Return(A)))
    assert states_of(graph(leaves, end=Never()), passes) == {"Return": {"Output": INPUT}}


def test_errors_that_the_body_raises_go_to_its_handler() -> None:
    raised = Block((), Handle(1, 0, Literal({"Error": "ValueError", "Cause": "by hand"}), (R(2),)))
    handler = Handler((ValueError,), V(6, "e"), Block((call(7, "note", R(6), R(8)),), Jump(1, (R(7),))))
    tried = Attempt(
        id=1,
        block=Block(
            (call(2, "f", failing=(Failing(1, (NONE,)),)), choose(3, R(2), raised, to(3))), Jump(1, (A,))
        ),
        handlers=(handler,),
        entry=(V(8, "y"),),
        outs=(V(9, "x"),),
    )
    states = states_of(graph(tried, call(10, "g", R(9)), end=Return(R(10))))
    assert list(states) == ["f", "c?", "note", "g"]
    assert states["note"]["Arguments"] == ["{% $e %}", "{% $y %}"]


def test_a_child_that_fails_may_be_caught_by_its_own_name() -> None:
    handler = Handler(("ExecutionFailed", KeyError), V(4, "e"), to(1, NONE))
    child = Child(id=2, workflow="w", input=A)
    tried = Attempt(id=1, block=Block((child,), Jump(1, (R(2),))), handlers=(handler,), outs=(V(3, "x"),))
    states = states_of(graph(tried, call(5, "g", R(3)), end=Return(NONE)), state_machines={"w": "arn:w"})
    (catcher,) = states["w"]["Catch"]
    assert catcher["ErrorEquals"] == ["ExecutionFailed", "KeyError", "States.TaskFailed"]
