"""The explicit forms: control flow written as calls of functions.

    wait(minutes=5)                                       wait(until="2026-01-01T00:00:00Z")
    north, east = parallel(lambda: load("north"), lambda: load("east"))
    models = map_(train, datasets, max_concurrency=5)
    best = choose(model.auc > 0.9, lambda: model, lambda: train_well(data))
    model = loop(lambda model: improve(model), first, while_=lambda model: model.auc < 0.9)
    paid = attempt(lambda: charge(order), except_={CardError: lambda error: refund(order)})
    fail("NoRows", "the table is empty")                  succeed(result)

Everywhere a function is wanted, a step, a workflow or a lambda will do. In a plain call they do the plain Python thing
(`meanings.py`). In the body of a workflow that is compiled they become states, just as `if`, `for`, `while` and `try` do,
and they do so also where a body cannot be rewritten: `@workflow(rewrite=False)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn, TypeVar, overload

from flowdeco.authoring import meanings
from flowdeco.authoring.pauses import MOST_SECONDS, Clock, clock, pause, waiting_with
from flowdeco.authoring.plain_calls import Succeeded
from flowdeco.authoring.recording import active_recorder
from flowdeco.authoring.steps import check_map
from flowdeco.errors import Location, OptionError

__all__ = [
    "MOST_SECONDS",
    "Clock",
    "Failure",
    "attempt",
    "choose",
    "clock",
    "fail",
    "loop",
    "map",
    "map_",
    "parallel",
    "succeed",
    "wait",
    "waiting_with",
]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
_ABSENT: Any = object()


def wait(
    duration: float | str | timedelta | None = None,
    /,
    *,
    seconds: float | None = None,
    minutes: float | None = None,
    hours: float | None = None,
    days: float | None = None,
    until: datetime | str | None = None,
) -> None:
    """Pauses: for a duration, or until a moment. In a state machine it is a Wait state.

    `duration`: seconds, a timedelta, or text such as `"1h30m"`. The named parts add up: `wait(hours=1, minutes=30)`. A state
    waits for whole seconds, up to 99,999,999; fractions are rounded up. `until`: a datetime with a time zone, or its text as
    RFC 3339 writes it; a moment that is over is not waited for. All may be run-time values. In a plain call it really
    waits, like `time.sleep`; a test does so on a clock of its own (`waiting_with`).
    Raises OptionError when there is nothing, or too much, to wait for.

    >>> class Instant:
    ...     def now(self): return 0.0
    ...     def sleep(self, seconds): print("waited", seconds)
    >>> with waiting_with(Instant()):
    ...     wait(minutes=1, seconds=30)
    ...     wait(until="1970-01-01T01:00:00Z")
    waited 90
    waited 3600.0
    """
    parts = {"seconds": seconds, "minutes": minutes, "hours": hours, "days": days}
    given = {name: part for name, part in parts.items() if part is not None}
    if (duration is not None) + bool(given) + (until is not None) != 1:
        raise OptionError(
            "wait() takes a duration, or until=, and not both",
            location=Location.of_caller(),
            hint='write wait(minutes=5), wait("5m") or wait(until="2026-01-01T00:00:00Z")',
        )
    recorder = active_recorder()
    if recorder is None:
        pause(duration, given, until)
    else:
        recorder.forms.wait(duration, given, until)


@overload
def parallel(a: Callable[[], A], /) -> tuple[A]: ...
@overload
def parallel(a: Callable[[], A], b: Callable[[], B], /) -> tuple[A, B]: ...
@overload
def parallel(a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], /) -> tuple[A, B, C]: ...
@overload
def parallel(
    a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], d: Callable[[], D], /
) -> tuple[A, B, C, D]: ...
@overload
def parallel(*parts: Any) -> tuple[Any, ...]: ...


def parallel(*parts: Any) -> tuple[Any, ...]:
    """Calls functions at the same time, each without arguments; the tuple of their results, in order.

    What is no function is a result already: `parallel(load("a"), load("b"))`. In a plain call one is called after the other.

    >>> parallel(lambda: 1 + 1, lambda: "two")
    (2, 'two')
    """
    recorder = active_recorder()
    if recorder is None:
        return tuple(meanings.result(part) for part in parts)
    return recorder.forms.parallel(parts)


def map_(
    fn: Callable[[A], B],
    items: Iterable[A],
    /,
    *,
    max_concurrency: int | None = None,
    distributed: bool = False,
) -> list[B]:
    """Calls a function for every item, in parallel; the list of its results, in the order of the items.

    `max_concurrency`: how many at a time, from 1; default as many as the service allows (40 in a Map state, 10,000
    distributed). `distributed`: iterations are executions of their own, each with its own history. Also spelled
    `forms.map`. Raises OptionError for a wrong option.

    >>> map_(lambda x: x * x, [1, 2, 3])
    [1, 4, 9]
    """
    check_map(max_concurrency, distributed)
    recorder = active_recorder()
    if recorder is None:
        return [fn(item) for item in items]
    return recorder.forms.map(fn, items, max_concurrency, distributed)  # type: ignore[no-any-return]


map = map_


@overload
def choose(condition: Any, then: Callable[[], A], otherwise: Callable[[], B], /) -> A | B: ...
@overload
def choose(condition: Any, then: Callable[[], A], otherwise: None = None, /) -> A | None: ...
@overload
def choose(condition: Any, then: Any, otherwise: Any = None, /) -> Any: ...
@overload
def choose(cases: Sequence[tuple[Any, Any]], /, *, otherwise: Any = None) -> Any: ...


def choose(condition: Any, then: Any = _ABSENT, otherwise: Any = None, /, **named: Any) -> Any:
    """The result of `then` when the condition is true, else that of `otherwise`.

    Several cases: `choose([(condition, then), …], otherwise=…)`: the first that is true. A part may be a function, which
    is called only when it is chosen (a condition: only when it is reached), or a value.

    >>> choose(3 > 2, lambda: "more", "less")
    'more'
    >>> choose([(lambda: 1 > 2, "first"), (2 > 1, "second")], otherwise="none")
    'second'
    """
    if set(named) - {"otherwise"} or (named and otherwise is not None):
        raise TypeError(f"choose() got unexpected arguments: {', '.join(named)}")
    otherwise = named.get("otherwise", otherwise)
    cases = _cases(condition) if then is _ABSENT else ((condition, then),)
    recorder = active_recorder()
    if recorder is None:
        return meanings.chosen(cases, otherwise)
    return recorder.forms.choose(cases, otherwise)


def _cases(given: Any) -> tuple[tuple[Any, Any], ...]:
    if isinstance(given, list | tuple) and given and all(isinstance(c, tuple) and len(c) == 2 for c in given):
        return tuple(given)
    raise OptionError(
        "choose() takes a condition and what to do then, or a list of such pairs",
        location=Location.of_caller(),
        hint="write choose(x > 1, lambda: f(x)) or choose([(x > 1, lambda: f(x)), (x < 0, lambda: g(x))])",
    )


def loop(
    body: Callable[..., Any],
    start: Any = _ABSENT,
    /,
    *,
    over: Iterable[Any] | None = None,
    while_: Callable[..., Any] | None = None,
    until: Callable[[Any], Any] | None = None,
) -> Any:
    """Calls a function again and again, one call after the other.

    `over`: for every item, which is its last argument. `while_`: as long as this is true, asked before each call. Neither:
    for ever, or to the `until`. `until`: stops when this is true of what `body` returned, asked after each call.

    With a `start`, the loop has a state: `body` (and `while_`) get it, `body` returns the next one, and the last is the
    result. Without one the result is what `body` returned last when there is an `until`, else None.

    >>> loop(lambda total, x: total + x, 0, over=[1, 2, 3])
    6
    >>> loop(lambda n: 2 * n, 1, while_=lambda n: n < 100)
    128
    >>> tries = iter([0.5, 0.7, 0.95])
    >>> loop(lambda: next(tries), until=lambda auc: auc > 0.6)
    0.7
    """
    if over is not None and while_ is not None:
        raise OptionError(
            "loop() takes over= or while_=, and not both",
            location=Location.of_caller(),
            hint="stop a loop over items early with until=",
        )
    stateful = start is not _ABSENT
    meaning: Callable[..., Any]
    if over is not None:
        meaning = meanings.stepped if stateful else meanings.visited if until is None else meanings.searched
    elif while_ is not None:
        meaning = meanings.continued if stateful else meanings.polled
    else:
        meaning = meanings.refined if stateful else meanings.repeated
    given: dict[str, Any] = {"over": over, "while_": while_, "until": until}
    recorder = active_recorder()
    if recorder is None:
        return meaning(body, start, **given)
    return recorder.forms.loop(meaning, body, start if stateful else None, given)


def attempt(
    body: Callable[[], A],
    /,
    *,
    except_: Mapping[Any, Any] | None = None,
    otherwise: Any = None,
    finally_: Callable[[], Any] | None = None,
) -> A | Any:
    """Calls a function, and another one when it raises. The result is that of the last function called.

    `except_`: what to do by exception class, or tuple of classes; the first that fits is taken, and gets the exception if it
    has a parameter for it. `otherwise`: what to do when nothing was raised; gets the result if it has a parameter. Its
    own exceptions are not handled. `finally_` is called in the end, whatever happened. A handler may also be a value.

    >>> attempt(lambda: 1 // 0, except_={ZeroDivisionError: lambda error: str(error)})
    'integer division or modulo by zero'
    """
    if not except_ and finally_ is None:
        raise OptionError(
            "attempt() needs except_= or finally_=",
            location=Location.of_caller(),
            hint="write attempt(lambda: f(x), except_={ValueError: lambda error: g(x)})",
        )
    handlers = tuple((_classes(on), handler) for on, handler in (except_ or {}).items())
    recorder = active_recorder()
    if recorder is None:
        return meanings.attempted(body, handlers, otherwise, finally_)
    return recorder.forms.attempt(body, handlers, otherwise, finally_)


def _classes(on: Any) -> tuple[type[BaseException], ...]:
    kinds = on if isinstance(on, tuple) else (on,)
    if kinds and all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds):
        return kinds
    raise OptionError(
        f"except_= names exception classes, not {on!r}",
        location=Location.of_caller(),
        hint="write except_={ValueError: handler, (KeyError, IndexError): other}",
    )


class Failure(Exception):
    """What `fail("Name", …)` raises: its class is called as the error, and is a subclass of this one."""


def fail(error: str | BaseException | type[BaseException], cause: Any = "", /) -> NoReturn:
    """Ends the workflow as failed, as `raise` does: with an exception, an exception class, or just a name for the error.

    `cause` is the message. An `except` or `attempt` around it handles it. Raises OptionError for a name that Step Functions
    keeps for itself.

    >>> fail("NoRows", "the table is empty")
    Traceback (most recent call last):
    flowdeco.NoRows: the table is empty
    """
    if isinstance(error, BaseException):
        if cause != "":
            raise OptionError(
                "fail() got an exception and a cause", hint="put the message into the exception"
            )
        raised = error
    else:
        kind = _failure(error) if isinstance(error, str) else error
        raised = kind(cause) if not isinstance(cause, str) or cause else kind()
    recorder = active_recorder()
    if recorder is None:
        raise raised
    recorder.forms.fail(raised)


@lru_cache(maxsize=256)
def _failure(name: str) -> type[Failure]:
    if not name or name.startswith("States."):
        raise OptionError(
            f"no workflow can fail with the error {name!r}",
            location=Location.of_caller(),
            hint="names that begin with States. are the service's own; give it another one",
        )
    return type(name, (Failure,), {"__module__": "flowdeco", "__doc__": f"The error {name!r} of fail()."})


def succeed(value: Any = None, /) -> NoReturn:
    """Ends the workflow with this result, from wherever in its body it is called, as `return` at its top would.

    In a workflow that another one calls, only that one ends. It cannot end the workflow out of an iteration of a map.
    """
    recorder = active_recorder()
    if recorder is None:
        raise Succeeded(value)
    recorder.forms.succeed(value)
