from __future__ import annotations

import copy
import pickle
import queue
import sys
from _thread import start_new_thread
from collections.abc import Callable
from typing import Any, cast

import pytest

from flowdeco import errors
from flowdeco.errors import (
    DefinitionError,
    ExecutionAborted,
    ExecutionFailed,
    ExecutionTimedOut,
    Finding,
    FlowdecoError,
    InputError,
    Location,
    OptionError,
    did_you_mean,
)

PLACE = Location("pipeline.py", 12, "train")


def tree(cls: type[FlowdecoError] = FlowdecoError) -> list[type[FlowdecoError]]:
    return [cls, *(found for sub in cls.__subclasses__() for found in tree(sub))]


PUBLIC = [cls for cls in tree() if cls.__module__ == "flowdeco.errors" and not cls.__name__.startswith("_")]


def test_every_error_is_in_the_drawing_and_in_all() -> None:
    assert errors.__doc__ is not None
    for cls in PUBLIC:
        assert cls.__name__ in errors.__doc__
        assert cls.__name__ in errors.__all__


@pytest.mark.parametrize("cls", PUBLIC)
def test_what_where_and_what_to_do(cls: type[FlowdecoError]) -> None:
    error = cls("it broke", location=PLACE, hint="mend it")
    assert (error.message, error.location, error.hint) == ("it broke", PLACE, "mend it")
    assert str(error) == "pipeline.py:12: it broke\n  hint: mend it"
    assert str(cls("it broke")) == "it broke"
    assert str(cls("it broke", location="States.A.Retry[0]")) == "States.A.Retry[0]: it broke"


@pytest.mark.parametrize("cls", PUBLIC)
def test_errors_survive_pickle_and_copy(cls: type[FlowdecoError]) -> None:
    error = cls("it broke", location=PLACE, hint="mend it")
    error.add_note("seen")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is cls
        assert again.__dict__ == error.__dict__
        assert again.args == error.args
        assert str(again) == str(error)


def test_an_option_error_is_a_value_error() -> None:
    assert issubclass(OptionError, ValueError)


def test_findings_are_listed_under_the_message() -> None:
    findings = [
        Finding("error", "unknown input 'dya'", PLACE, "did you mean 'day'?", "UNKNOWN"),
        Finding("warning", "slow", "States.A"),
    ]
    for cls in (InputError, DefinitionError):
        error = cls("the inputs are wrong", findings, hint="look below")
        assert error.findings == tuple(findings)
        assert pickle.loads(pickle.dumps(error)).findings == error.findings
        assert str(error) == (
            "the inputs are wrong\n"
            "  hint: look below\n"
            "  error: pipeline.py:12: unknown input 'dya'\n"
            "    hint: did you mean 'day'?\n"
            "  warning: States.A: slow"
        )
    assert str(InputError("nothing to list")) == "nothing to list"


def test_a_failed_execution_keeps_the_original_exception() -> None:
    error = ExecutionFailed(
        "step 'train' failed",
        error="ValueError",
        cause="{}",
        step="train",
        error_type="ValueError",
        error_message="bad",
        stack_trace=["a", "b"],
    )
    again = pickle.loads(pickle.dumps(error))
    assert (again.error, again.cause, again.step) == ("ValueError", "{}", "train")
    assert (again.error_type, again.error_message, again.stack_trace) == ("ValueError", "bad", ("a", "b"))
    assert [cls.status for cls in (ExecutionFailed, ExecutionTimedOut, ExecutionAborted)] == [
        "FAILED",
        "TIMED_OUT",
        "ABORTED",
    ]


def test_at_gives_a_location_only_to_errors_without_one() -> None:
    error = OptionError("bad", hint="better")
    assert error.at(PLACE) is error
    assert error.args == ("bad", PLACE, "better")
    assert error.at(Location("other.py", 1)).location == PLACE


def test_locations() -> None:
    def here() -> Location:
        return Location.of_frame(sys._getframe())

    code = Location.of_code(here.__code__)
    assert (code.file, code.function) == (__file__, "here")
    assert here() == Location(__file__, code.line + 1, "here")
    assert str(PLACE) == "pipeline.py:12"


def inside_flowdeco(source: str) -> Callable[..., Any]:
    """A function that looks like one of flowdeco's own."""
    names: dict[str, Any] = {}
    exec(compile(f"def call(*args): {source}", errors.__file__, "exec"), names)
    return cast(Callable[..., Any], names["call"])


def test_the_caller_is_the_first_line_outside_flowdeco() -> None:
    call = inside_flowdeco("return args[0]()")
    found = call(Location.of_caller)
    frame = sys._getframe()
    assert found == Location(__file__, frame.f_lineno - 2, frame.f_code.co_name)


def test_no_caller_outside_flowdeco() -> None:
    # A thread started from C has no Python below it.
    found: queue.SimpleQueue[Location | None] = queue.SimpleQueue()
    start_new_thread(inside_flowdeco("args[1].put(args[0]())"), (Location.of_caller, found))
    assert found.get(timeout=10) is None


@pytest.mark.parametrize(
    ("name", "names", "hint"),
    [
        ("trian", ["train", "test"], "did you mean 'train'?"),
        ("RETRY", ["retry", "timeout"], "did you mean 'retry'?"),
        ("blu", ["BLUE", "blue"], "did you mean 'blue'?"),
        ("jsonata", ["JSONPath", "JSONata"], "did you mean 'JSONata'?"),
        ("xyz", ["train"], None),
        ("x", [], None),
    ],
)
def test_did_you_mean(name: str, names: list[str], hint: str | None) -> None:
    assert did_you_mean(name, names) == hint
