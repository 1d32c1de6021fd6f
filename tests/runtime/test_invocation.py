"""Invoking steps: arguments, results, async, and how failures are reported."""

from __future__ import annotations

import asyncio
import functools
import json
import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from flowdeco.errors import CodecError, LoadError
from flowdeco.runtime import MemoryStore, StepError, ValueCodec, invoke
from flowdeco.runtime.failures import _shortened
from tests.runtime.samples import Point

HERE = str(Path(__file__))


def run(
    function: Any, *args: Any, codec: ValueCodec | None = None, inline: bool = False, **kwargs: Any
) -> Any:
    """The decoded result of an invocation with these arguments."""
    codec = codec or ValueCodec(MemoryStore())
    arguments = codec.encode({"*": list(args), **kwargs})
    payload = {"step": "the step", "arguments": arguments, "inline": inline}
    return codec.decode(invoke(json.loads(json.dumps(payload)), resolve=lambda _: function, codec=codec))


def failure(function: Any, *args: Any, **kwargs: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        run(function, *args, **kwargs)
    assert caught.value.body.keys() == {"errorType", "errorMessage", "stackTrace"}
    assert len(json.dumps(caught.value.body)) < 32_768
    return caught.value


def test_arguments_and_result() -> None:
    def step(a: Any, /, b: Any, *rest: Any, c: Any = 0, **more: Any) -> Any:
        return a, b, rest, c, more

    assert run(step, 1, Point(2), (3,), c={4}, d=5) == (1, Point(2), ((3,),), {4}, {"d": 5})
    assert run(lambda: None) is None


def test_payloads() -> None:
    codec = ValueCodec(MemoryStore())
    steps = {"f": lambda *args, **named: [list(args), named]}
    for payload, result in [
        ({"step": "f"}, [[], {}]),
        ({"step": "f", "arguments": {}}, [[], {}]),
        ({"step": "f", "arguments": {"*": [1]}}, [[1], {}]),
        ({"step": "f", "arguments": {"a": 1}, "inline": False}, [[], {"a": 1}]),
    ]:
        before = json.dumps(payload)
        assert invoke(payload, resolve=steps.__getitem__, codec=codec) == result
        assert json.dumps(payload) == before


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (None, "no invocation of a step: None"),
        ({}, "no invocation of a step: {}"),
        ({"step": 5}, "no invocation of a step"),
        ({"step": "f", "arguments": []}, "the arguments should be"),
        ({"step": "f", "arguments": {"*": {}}}, "the arguments should be"),
        (
            {"step": "f", "arguments": {"x": {"$type": "no"}}},
            "the arguments of step 'f': cannot decode $[\"x\"]: ",
        ),
    ],
)
def test_bad_payloads(payload: Any, message: str) -> None:
    with pytest.raises(StepError) as caught:
        invoke(payload, resolve=lambda _: len, codec=ValueCodec(MemoryStore()))
    assert caught.value.body["errorType"] == "CodecError"
    assert message in caught.value.body["errorMessage"]


def test_a_step_that_is_not_there() -> None:
    def resolve(name: str) -> Any:
        raise LoadError(f"no step named {name!r}")

    with pytest.raises(StepError) as caught:
        invoke({"step": "trian"}, resolve=resolve, codec=ValueCodec(MemoryStore()))
    assert str(caught.value) == "LoadError: no step named 'trian'"


def test_inline() -> None:
    large = ["x" * 100] * 1000
    codec = ValueCodec(MemoryStore())
    payload = {"step": "f", "arguments": {}, "inline": True}
    assert invoke(payload, resolve=lambda _: lambda: large, codec=codec) == large
    del payload["inline"]
    assert invoke(payload, resolve=lambda _: lambda: large, codec=codec)["$type"] == "reference"
    error = failure(lambda: large * 3, inline=True)
    assert "204,800" in error.body["errorMessage"]


def test_async_steps() -> None:
    async def step(a: int) -> int:
        await asyncio.sleep(0)
        return a + 1

    class Later:
        def __await__(self) -> Any:
            return step(5).__await__()

    async def broken() -> None:
        raise ValueError("bad")

    assert run(step, 1) == 2
    assert run(Later) == 6
    assert failure(broken).body["errorType"] == "ValueError"

    async def in_a_loop() -> Any:
        return run(lambda: where()), threading.current_thread()

    async def where() -> str:
        return threading.current_thread().name

    name, thread = asyncio.run(in_a_loop())
    assert name != thread.name


def bad(value: int) -> None:
    raise ValueError(f"bad {value}")


def test_an_exception() -> None:
    error = failure(bad, 5)
    line = bad.__code__.co_firstlineno + 1
    assert error.body == {
        "errorType": "ValueError",
        "errorMessage": "bad 5",
        "stackTrace": [f'  File "{HERE}", line {line}, in bad\n    raise ValueError(f"bad {{value}}")\n'],
    }
    assert isinstance(error.exception, ValueError)
    assert error.__cause__ is error.exception
    assert str(error) == "ValueError: bad 5"


def test_wrong_arguments() -> None:
    error = failure(bad)
    assert error.body["errorType"] == "TypeError"
    assert error.body["stackTrace"] == []


def test_where_it_came_from() -> None:
    def step() -> None:
        try:
            try:
                {}["k"]
            except KeyError:
                bad(1)
        except ValueError as error:
            error.add_note("while testing")
            raise RuntimeError("no model") from error

    trace = failure(step).body["stackTrace"]
    assert [line.split(",")[0].strip() if "File" in line else line for line in trace] == [
        f'File "{HERE}"',
        "Caused by ValueError: bad 1\n",
        f'File "{HERE}"',
        f'File "{HERE}"',
        "while testing\n",
        "While handling KeyError: 'k'\n",
        f'File "{HERE}"',
    ]

    def quiet() -> None:
        try:
            bad(1)
        except ValueError:
            raise RuntimeError("alone") from None

    assert len(failure(quiet).body["stackTrace"]) == 1

    def group() -> None:
        raise ExceptionGroup("several", [ValueError("one"), KeyError("two")])

    assert failure(group).body["stackTrace"][1:] == ["With ValueError: one\n", "With KeyError: 'two'\n"]

    def circle() -> None:
        one, two = ValueError("one"), ValueError("two")
        one.__cause__, two.__cause__ = two, one
        raise one

    assert failure(circle).body["stackTrace"][1:] == ["Caused by ValueError: two\n"]


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (3, "Runtime exited with error: exit status 3", []),
        (256 + 7, "Runtime exited with error: exit status 7", []),
        (None, "Runtime exited without providing a reason", []),
        (0, "Runtime exited without providing a reason", []),
        ("no data", "Runtime exited with error: exit status 1", ["SystemExit: no data\n"]),
    ],
)
def test_sys_exit(code: Any, reason: str, told: list[str]) -> None:
    error = failure(sys.exit, code) if code != 0 else failure(lambda: sys.exit(0))
    assert error.body["errorType"] == "Runtime.ExitError"
    assert error.body["errorMessage"] == f"RequestId: local Error: {reason}"
    assert error.body["stackTrace"][-1:] == (told or error.body["stackTrace"][-1:])
    with pytest.raises(StepError, match="RequestId: 8-4 Error"):
        invoke({"step": "x"}, resolve=lambda _: sys.exit, codec=ValueCodec(MemoryStore()), request_id="8-4")


def test_keyboard_interrupt() -> None:
    def step() -> None:
        raise KeyboardInterrupt

    error = failure(step)
    assert error.body["errorType"] == "KeyboardInterrupt"
    assert isinstance(error.exception, KeyboardInterrupt)


def wrapped(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


def generate() -> Any:
    yield 1


class CallableStep:
    def __call__(self) -> Any:
        return (i for i in "ab")


@pytest.mark.parametrize(
    ("function", "location"),
    [
        (generate, generate.__code__),
        (wrapped(wrapped(generate)), generate.__code__),
        (functools.partial(generate), generate.__code__),
        (CallableStep(), CallableStep.__call__.__code__),
    ],
    ids=["function", "wrapped", "partial", "callable"],
)
def test_results_that_cannot_be_encoded(function: Any, location: Any) -> None:
    error = failure(function)
    place = f"{HERE}:{location.co_firstlineno}"
    assert error.body["errorType"] == "CodecError"
    assert error.body["errorMessage"].startswith(
        f"{place}: the result of step 'the step': cannot encode $: a generator is not a value that can be stored\n"
        "  hint: return list(...) of it"
    )
    assert error.body["stackTrace"] == [
        f'  File "{HERE}", line {location.co_firstlineno}, in {location.co_name}\n'
    ]


def test_results_of_functions_without_source() -> None:
    error = failure(iter, [1])
    assert error.body["errorMessage"].startswith(
        "the result of step 'the step': cannot encode $: a list_iterator"
    )
    assert error.body["stackTrace"] == []
    endless: Any = wrapped(generate)
    endless.__wrapped__ = endless
    assert failure(endless).body["stackTrace"] == [
        f'  File "{HERE}", line {endless.__code__.co_firstlineno}, in wrapper\n'
    ]


def test_messages_and_traces_have_a_limit() -> None:
    def step(depth: int) -> None:
        if depth:
            other(depth - 1)
        raise ValueError("x" * 100_000)

    def other(depth: int) -> None:
        step(depth)

    body = failure(step, 150).body
    assert body["errorMessage"].endswith("... (92,000 more characters)")
    assert any(" more\n" in line for line in body["stackTrace"])
    assert body["stackTrace"][-1].endswith('raise ValueError("x" * 100_000)\n')
    assert list(_shortened(["a", "b" * 20_000])) == ["a", "  ... 1 more\n"]
    assert list(_shortened([])) == []


def test_exceptions_that_cannot_be_shown() -> None:
    class Unshowable(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def step() -> None:
        raise Unshowable

    assert failure(step).body["errorMessage"] == "<unprintable Unshowable>"


def test_step_errors_travel_between_processes() -> None:
    error = failure(bad, 5)
    again = pickle.loads(pickle.dumps(error))
    assert (again.body, again.exception) == (error.body, None)


def test_an_error_of_a_step_that_is_ours_keeps_its_own_text() -> None:
    def step() -> None:
        raise CodecError("mine")

    assert failure(step).body["errorMessage"] == "mine"
