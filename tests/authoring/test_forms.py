"""The explicit forms in a plain call: the plain Python thing."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

import flowdeco
from flowdeco import attempt, choose, fail, forms, loop, map_, parallel, step, succeed, wait, workflow
from flowdeco.authoring import plain_calls
from flowdeco.authoring.meanings import takes_one
from flowdeco.authoring.pauses import RealClock, clock, timestamp, waiting_with, whole_seconds
from flowdeco.errors import ExecutionFailed, InputError, OptionError


class FakeClock:
    def __init__(self) -> None:
        self.time = 0.0
        self.waited: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float, /) -> None:
        self.waited.append(seconds)
        self.time += seconds


@pytest.fixture
def waited() -> Iterator[list[float]]:
    fake = FakeClock()
    with waiting_with(fake):
        yield fake.waited


@step
def double(x: int) -> int:
    return 2 * x


@step
def broken(x: int = 0) -> int:
    raise LookupError(f"no {x}")


@workflow
def doubled(x: int) -> int:
    return double(x)


def test_they_are_names_of_the_package() -> None:
    assert flowdeco.forms is forms
    assert forms.map is map_ is flowdeco.map_


@pytest.mark.parametrize(
    ("args", "named", "seconds"),
    [
        ((5,), {}, 5),
        ((0.5,), {}, 0.5),
        (("1h30m",), {}, 5400),
        ((timedelta(minutes=2, milliseconds=500),), {}, 120.5),
        ((), {"seconds": 3}, 3),
        ((), {"minutes": 1, "seconds": 30}, 90),
        ((), {"hours": 0.5, "days": 1}, 88_200),
        ((), {"seconds": 0}, 0),
    ],
)
def test_wait_for_a_duration(waited: list[float], args: Any, named: Any, seconds: float) -> None:
    wait(*args, **named)
    assert waited == [seconds]


@pytest.mark.parametrize(
    "until",
    [
        "1970-01-01T01:00:00Z",
        "1970-01-01 03:00:00+02:00",
        datetime(1970, 1, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, 0, tzinfo=timezone(timedelta(hours=-1))),
    ],
)
def test_wait_until_a_moment(waited: list[float], until: Any) -> None:
    wait(until=until)
    wait(until=until)
    assert waited == [3600, 0]


@pytest.mark.parametrize(
    ("args", "named", "message"),
    [
        ((), {}, "a duration, or until="),
        ((1,), {"seconds": 1}, "a duration, or until="),
        ((), {"seconds": 1, "until": "1970-01-01T01:00:00Z"}, "a duration, or until="),
        ((-1,), {}, "must be at least"),
        ((100_000_000,), {}, "must be at most"),
        ((), {"minutes": -5}, "must be at least"),
        ((), {"seconds": "5"}, "seconds must be a number, not '5'"),
        ((), {"seconds": True}, "seconds must be a number, not True"),
        (("soon",), {}, "must be a duration"),
        ((), {"until": "tomorrow"}, "until='tomorrow' is no moment"),
        ((), {"until": datetime(2026, 1, 1)}, "has no time zone"),
        ((), {"until": date(2026, 1, 1)}, "takes a datetime or its text"),
        ((), {"until": 5}, "takes a datetime or its text"),
    ],
)
def test_what_cannot_be_waited_for(waited: list[float], args: Any, named: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        wait(*args, **named)
    assert str(caught.value.location).startswith(__file__)
    assert waited == []


def test_without_another_clock_it_is_the_time_of_day() -> None:
    assert isinstance(clock(), RealClock)
    assert (RealClock.now, RealClock.sleep) == (time.time, time.sleep)


def test_what_a_wait_state_takes() -> None:
    assert whole_seconds(0.1) == 1
    assert timestamp(datetime(2026, 1, 1, 2, 0, 0, 500_000, UTC)) == "2026-01-01T02:00:00.500000Z"


def test_parallel_calls_functions_and_keeps_values() -> None:
    assert parallel(lambda: 1, functools.partial(double, 2), double(3), "x") == (1, 4, 6, "x")
    assert parallel() == ()


def test_map() -> None:
    assert map_(double, [1, 2]) == [2, 4]
    assert map_(lambda x: x + 1, range(2), max_concurrency=1, distributed=True) == [1, 2]
    with pytest.raises(OptionError, match="max_concurrency must be a whole number"):
        map_(double, [1], max_concurrency=0)


def test_choose() -> None:
    assert choose(True, lambda: double(1), broken) == 2
    assert choose([], broken, "empty") == "empty"
    assert choose(0, broken) is None
    assert choose([(False, broken), (lambda: 1, double(2)), (broken, 3)]) == 4
    assert choose([(False, 1)], otherwise=lambda: 5) == 5


@pytest.mark.parametrize("cases", [True, [], [1], [(1, 2, 3)]])
def test_choose_wants_cases(cases: Any) -> None:
    with pytest.raises(OptionError, match="a condition and what to do then"):
        choose(cases)


def test_choose_has_no_other_arguments() -> None:
    with pytest.raises(TypeError, match="unexpected arguments: els"):
        choose(True, 1, els=2)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="otherwise"):
        choose(True, 1, 2, otherwise=3)  # type: ignore[call-overload]


def test_loops_with_a_state() -> None:
    assert loop(lambda total, x: total + x, 0, over=[1, 2, 3]) == 6
    assert loop(lambda total, x: total + x, 0, over=[1, 2, 3], until=lambda total: total > 2) == 3
    assert loop(double, 1, while_=lambda n: n < 10) == 16
    assert loop(double, 1, while_=lambda n: n < 10, until=lambda n: n > 3) == 4
    assert loop(double, 1, until=lambda n: n > 1) == 2
    assert loop(double, 20, while_=lambda n: n < 10) == 20


def test_loops_without_a_state() -> None:
    seen: list[int] = []
    assert loop(seen.append, over=[1, 2]) is None
    assert seen == [1, 2]
    assert loop(double, over=[1, 2, 3], until=lambda n: n > 3) == 4
    assert loop(double, over=[], until=lambda n: n > 3) is None
    assert loop(seen.pop, while_=lambda: bool(seen)) is None
    seen += [1, 2, 3]
    assert loop(seen.pop, while_=lambda: bool(seen), until=lambda n: n == 2) == 2
    assert loop(seen.pop, until=lambda n: n == 1) == 1
    with pytest.raises(IndexError):
        loop(seen.pop)
    with pytest.raises(IndexError):
        loop(lambda state: seen.pop(), 1)


def test_a_loop_goes_over_items_or_by_a_condition() -> None:
    with pytest.raises(OptionError, match="over= or while_="):
        loop(double, over=[1], while_=lambda: True)


def test_attempt() -> None:
    done: list[str] = []
    assert attempt(lambda: 1, except_={ValueError: 2}) == 1
    assert attempt(broken, except_={ValueError: 2, LookupError: lambda error: str(error)}) == "no 0"
    assert attempt(broken, except_={(ValueError, LookupError): lambda x=7: x}) == 7
    assert attempt(broken, except_={Exception: 3}, finally_=lambda: done.append("a")) == 3
    assert attempt(lambda: 1, except_={Exception: 3}, otherwise=lambda result: result + 1) == 2
    assert attempt(lambda: 1, except_={Exception: 3}, otherwise=lambda: "else") == "else"
    with pytest.raises(LookupError):
        attempt(lambda: 1, except_={LookupError: 3}, otherwise=broken, finally_=lambda: done.append("b"))
    assert done == ["a", "b"]


def test_attempt_wants_something_to_do() -> None:
    with pytest.raises(OptionError, match="except_= or finally_="):
        attempt(double)  # type: ignore[arg-type]
    for wrong in (3, (), (ValueError, 3), int):
        with pytest.raises(OptionError, match="names exception classes"):
            attempt(double, except_={wrong: 1})  # type: ignore[arg-type]


def test_which_functions_take_something() -> None:
    assert takes_one(double)
    assert takes_one(lambda *things: things)
    assert takes_one(type)
    assert not takes_one(lambda x=1: x)
    assert not takes_one(lambda *, x: x)


def test_fail() -> None:
    with pytest.raises(forms.Failure, match="the table is empty") as caught:
        fail("NoRows", "the table is empty")
    assert type(caught.value).__name__ == "NoRows"
    with pytest.raises(type(caught.value)):
        fail("NoRows")
    with pytest.raises(ValueError, match="3"):
        fail(ValueError, 3)
    error = KeyError("k")
    with pytest.raises(KeyError) as raised:
        fail(error)
    assert raised.value is error


@pytest.mark.parametrize("name", ["", "States.Timeout"])
def test_names_that_no_error_can_have(name: str) -> None:
    with pytest.raises(OptionError, match="no workflow can fail with"):
        fail(name)


def test_an_exception_has_its_cause() -> None:
    with pytest.raises(OptionError, match="an exception and a cause"):
        fail(ValueError("a"), "b")


def test_succeed_ends_the_workflow_that_is_called() -> None:
    @workflow
    def inner(x: int) -> int:
        loop(lambda: succeed(x))
        return 0

    @workflow
    def outer(x: int) -> list[int]:
        return [inner(x), x + 1]

    assert outer(1) == [1, 2]
    with pytest.raises(plain_calls.Succeeded, match="ends a workflow"):
        succeed(1)


def test_a_child_in_a_plain_call_gives_its_result() -> None:
    @workflow
    def parent(x: Any) -> Any:
        return [doubled.run(x), doubled.run(x=4)]

    assert parent(3) == [6, 8]
    with pytest.raises(InputError, match="'x' must be int"):
        parent("three")


def test_a_child_that_fails_in_a_plain_call() -> None:
    @workflow
    def child(x: int) -> int:
        return broken(x)

    @workflow
    def parent(x: int) -> Any:
        try:
            return child.run(x)
        except ExecutionFailed as error:
            return error.error, error.error_type, error.error_message

    assert parent(3) == ("States.TaskFailed", "LookupError", "no 3")


def test_a_child_that_is_started_in_a_plain_call(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    @workflow
    def child(x: int) -> None:
        calls.append(x)
        broken(x)

    @workflow
    def parent(x: int) -> str:
        return child.start(x)

    with caplog.at_level(logging.WARNING, logger="flowdeco"):
        assert parent(3).startswith("arn:aws:states:us-east-1:123456789012:execution:child:plain-call-")
    assert calls == [3]
    assert "workflow 'child', started by another one, failed" in caplog.text


def test_steps_are_not_in_the_body() -> None:
    @step
    def asks() -> bool:
        return plain_calls.in_body()

    @workflow
    def parent() -> Any:
        return [plain_calls.in_body(), asks(), asks.map([])]

    assert parent() == [True, False, []]
    assert not plain_calls.in_body()
