"""What `except` knows of errors: classes of one name, arguments, errors of services."""

from __future__ import annotations

import importlib.util
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowdeco import step, toolchain, workflow
from flowdeco.authoring.options import Retry
from flowdeco.errors import (
    LambdaServiceException,
    LambdaTooManyRequests,
    LambdaUnknown,
    OptionError,
    ServiceError,
    StatesHeartbeatTimeout,
    StatesTaskFailed,
    StatesTimeout,
    service_error,
)
from flowdeco.tracing.error_names import error_names, error_source, strangers

MODULE = "errors_of_a_user"

SOURCE = '''
from dataclasses import dataclass
from typing import Any
from flowdeco import step, workflow

class Refused(Exception):
    """Mine."""

class Odd(Refused):
    pass

class Other:
    class Refused(Exception):
        """Another one."""

class TimeoutError(Exception):
    """Not Python's."""

class Sized(Exception):
    def __init__(self, size, *more):
        super().__init__(size, *more)
        self.size = size

    def __str__(self):
        return f"size {self.size}"

KINDS = {
    "mine": lambda: Refused("m", 2),
    "odd": lambda: Odd("odd"),
    "other": lambda: Other.Refused("o"),
    "late": lambda: TimeoutError("user's"),
    "python": lambda: __builtins__["TimeoutError"]("python's"),
    "key": lambda: KeyError("k"),
    "sized": lambda: Sized(3, [1, (2,)]),
    "empty": lambda: ValueError(),
}

@step
def load(kind: str) -> str:
    if kind in KINDS:
        raise KINDS[kind]()
    return kind

@workflow
def one(kind: str) -> Any:
    try:
        return load(kind)
    except Refused as e:
        return ["mine", str(e), e.args]

@workflow
def outer(kind: str) -> Any:
    n = 1
    try:
        try:
            n = 2
            load(kind)
            n = 3
        except Refused as e:
            return ["mine", e.args, n]
    except Other.Refused as e:
        return ["other", e.args[0], n]
    except Exception as e:
        return [str(e), e.args, isinstance(e, Other.Refused), isinstance(e, Refused), isinstance(e, (KeyError, Sized)), n]
    return n

@workflow
def python(kind: str) -> Any:
    found = "no"
    try:
        load(kind)
    except __builtins__["TimeoutError"] as e:
        found = str(e)
    return found

@workflow
def both(kind: str) -> Any:
    try:
        load(kind)
    except (Refused, Other.Refused) as e:
        return [str(e), len(e.args), e.args[0], isinstance(e, Odd)]

@workflow
def here(kind: str) -> Any:
    load("x")
    try:
        if kind == "mine":
            raise Refused("m", 2)
        if kind == "other":
            raise Other.Refused(kind)
        if kind == "key":
            raise KeyError(kind)
        if kind == "empty":
            raise ValueError
    except Refused as e:
        return ["mine", e.args, isinstance(e, Other.Refused)]
    except (KeyError, ValueError) as e:
        return [str(e), e.args]

@workflow
def siblings(kind: str) -> Any:
    n = len(kind)
    try:
        load("x" + kind)
        n = 5
        load(kind)
        n = 6
    except Refused as e:
        return ["mine", e.args, n]
    except KeyError:
        n = 7
    except Other.Refused as e:
        return ["other", str(e), n]
    except TimeoutError as e:
        n = str(e)
    except Exception as e:
        return ["else", str(e), n]
    return n

@workflow
def unpacked(kind: str) -> Any:
    try:
        load(kind)
    except Refused as e:
        name, number = e.args
        return [number, name]
'''


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    file = tmp_path_factory.mktemp("user") / f"{MODULE}.py"
    file.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location(MODULE, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[MODULE]


def plainly(flow: Any, kind: str) -> Any:
    try:
        return flow(kind)
    except Exception as error:
        return type(error).__name__, str(error)


def executed(flow: Any, kind: str, home: Path) -> Any:
    execution = toolchain.run(flow, {"kind": kind}, inline=True, home=home)
    error = execution.error
    return execution.output if error is None else (error.error_type, error.error_message)


KINDS = ["mine", "odd", "other", "late", "python", "key", "sized", "empty", "fine"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["one", "outer", "python", "both", "siblings"])
def test_handlers_take_what_python_gives_them(name: str, kind: str, user: ModuleType, tmp_path: Path) -> None:
    flow = getattr(user, name)
    assert executed(flow, kind, tmp_path) == plainly(flow, kind)


@pytest.mark.parametrize("kind", ["mine", "other", "key", "empty", "fine"])
def test_errors_that_the_body_raises(kind: str, user: ModuleType, tmp_path: Path) -> None:
    assert executed(user.here, kind, tmp_path) == plainly(user.here, kind)


def test_arguments_can_be_unpacked(user: ModuleType, tmp_path: Path) -> None:
    assert executed(user.unpacked, "mine", tmp_path) == [2, "m"]


def test_the_state_that_tells_them_apart_has_a_name(user: ModuleType) -> None:
    assert f"is it {MODULE}.Other.Refused?" in toolchain.definition(user.one)["States"]
    assert "Choice" not in str(toolchain.definition(user.both))


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=5,
)

ARGS: list[tuple[Any, ...]] = [()]


class Told(Exception):
    pass


@step
def tells(builtin: bool) -> None:
    raise (ValueError if builtin else Told)(*ARGS[0])


@workflow
def telling(builtin: bool) -> Any:
    try:
        tells(builtin)
    except (Told, ValueError) as e:
        return [e.args, str(e)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(args=st.lists(values, max_size=3), builtin=st.booleans())
def test_arguments_are_exact(args: list[Any], builtin: bool, tmp_path: Path) -> None:
    ARGS[0] = tuple(args)
    execution = toolchain.run(telling, {"builtin": builtin}, inline=True, home=tmp_path)
    assert execution.output == telling(builtin)


# -------------------------------------------------------------------------------------- names of classes


def test_strangers(user: ModuleType) -> None:
    assert strangers((user.Refused,)) == (user.Other.Refused,)
    assert strangers((user.Odd,)) == ()
    assert strangers((user.Refused, user.Other.Refused)) == ()
    assert TimeoutError in strangers((user.TimeoutError,))
    assert user.TimeoutError in strangers((TimeoutError,))
    for everything in (Exception, BaseException, "States.ALL"):
        assert strangers((user.Refused, everything)) == ()
    assert strangers((user.Refused, "Refused")) == ()
    local = type("Refused", (Exception,), {"__module__": MODULE})
    assert local not in strangers((user.Other.Refused,)), "nothing can import it"


def test_sources() -> None:
    script = type("Mine", (Exception,), {"__module__": "__main__"})
    assert error_source(script) == "__main__:Mine"
    assert error_source(script, "pipeline") == "pipeline:Mine"
    assert error_source(KeyError, "pipeline") == "builtins:KeyError"


def test_names_of_service_errors() -> None:
    assert error_names([StatesTaskFailed]) == ("States.TaskFailed",)
    assert error_names([StatesTimeout]) == ("States.Timeout", "Sandbox.Timedout", "States.HeartbeatTimeout")
    assert error_names([TimeoutError])[:3] == ("TimeoutError", "States.Timeout", "Sandbox.Timedout")
    assert error_names([LambdaUnknown, LambdaTooManyRequests, LambdaServiceException]) == (
        "Lambda.Unknown",
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
    )
    made = service_error("DynamoDB.ConditionalCheckFailedException")
    assert error_names([made]) == ("DynamoDB.ConditionalCheckFailedException",)
    family = error_names([ServiceError])
    assert "ServiceError" not in family
    assert {made.error_name, "States.TaskFailed"} <= {*family}
    assert error_names([made, Exception]) == ("States.ALL",)


def test_service_errors() -> None:
    made = service_error("States.Http.StatusCode.404")
    assert made is service_error("States.Http.StatusCode.404")
    assert issubclass(made, ServiceError)
    assert service_error("States.HeartbeatTimeout") is StatesHeartbeatTimeout
    assert issubclass(StatesHeartbeatTimeout, TimeoutError)
    again = pickle.loads(pickle.dumps(made("gone", 404)))
    assert type(again) is made
    assert again.args == ("gone", 404)
    with pytest.raises(StatesTimeout):
        raise StatesHeartbeatTimeout("no sign of life")
    for wrong in ("Timeout", "", "A.", "a b.c", 3):
        with pytest.raises(OptionError, match="no name of a service's error"):
            service_error(wrong)  # type: ignore[arg-type]


@step(retry=Retry(on=(LambdaUnknown, service_error("States.Runtime"))))
def tried() -> int:
    return 1


@step
def slow() -> str:
    return "in time"


@workflow
def guarded() -> Any:
    tried()
    try:
        return slow()
    except service_error("States.DataLimitExceeded"):
        return "too large"
    except StatesTimeout as e:
        return str(e)
    except (StatesTaskFailed, service_error("DynamoDB.ConditionalCheckFailedException")):
        return "failed"


def test_in_the_machine(tmp_path: Path) -> None:
    states = toolchain.definition(guarded)["States"]
    assert [catch["ErrorEquals"] for catch in states["slow"]["Catch"]] == [
        ["States.DataLimitExceeded"],
        ["States.Timeout", "Sandbox.Timedout", "States.HeartbeatTimeout"],
        ["States.TaskFailed", "DynamoDB.ConditionalCheckFailedException"],
    ]
    assert states["tried"]["Retry"][0]["ErrorEquals"] == ["Lambda.Unknown", "States.Runtime"]
    assert toolchain.run(guarded, {}, inline=True, home=tmp_path).output == guarded() == "in time"


def test_what_is_tried_again_unasked_is_told(user: ModuleType) -> None:
    again = step(lambda: 1, name="again", retry=Retry(on=user.Refused))

    def body() -> Any:
        return again()

    told = [finding.message for finding in toolchain.check(workflow(body))]
    assert any(f"also tried again on {MODULE}:Other.Refused" in message for message in told)


def test_what_can_never_be_caught_is_told() -> None:
    told = [finding.message for finding in toolchain.check(guarded)]
    assert any("States.DataLimitExceeded cannot be relied on" in message for message in told)
    assert any("States.Runtime is never tried again" in message for message in told)


# ---------------------------------------------------------------------------------- failed expressions


@step
def number(text: str, more: int) -> dict[str, int]:
    return {"n": len(text) + more}


@workflow
def parsed(kind: str) -> Any:
    return int(kind) // number("", 0 if kind == "7" else 1)["n"]


@pytest.mark.parametrize("kind", ["x", "7", "its: D3137"])
def test_failed_expressions_are_told_as_python_does(kind: str, tmp_path: Path) -> None:
    error = toolchain.run(parsed, {"kind": kind}, inline=True, home=tmp_path).error
    assert error is not None
    kind_of_error = {"7": "ZeroDivisionError"}.get(kind, "ValueError")
    assert error.error_type == kind_of_error
    assert error.error_message == plainly(parsed, kind)[1]
    assert error.error == "States.QueryEvaluationError"
    assert "D3137" in str(error.cause)


def test_tags_are_not_shown(user: ModuleType, tmp_path: Path) -> None:
    error = toolchain.run(user.one, {"kind": "other"}, inline=True, home=tmp_path).error
    assert error is not None
    assert "raised" in str(error.cause)
    assert "in load" in error.stack_trace[-1]
