"""`@step`: a plain function that may also be a state of a state machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Generic, ParamSpec, TypeVar, overload

from flowdeco.authoring.options import Duration, Retry, Size, StepOptions, call_options, step_options
from flowdeco.authoring.recording import active_recorder
from flowdeco.errors import Location, OptionError

P = ParamSpec("P")
R = TypeVar("R")


class Step(Generic[P, R]):
    """A decorated function. Outside a workflow, calling it calls the function; inside, it becomes a Task state.

    `fn` is the function as it was, `spec` its frozen options, `after` what this variant waits for,
    `state_name` the name this variant's state was asked to have, or None.
    """

    fn: Callable[P, R]
    spec: StepOptions

    def __init__(
        self,
        fn: Callable[P, R],
        spec: StepOptions,
        *,
        state_name: str | None = None,
        after: tuple[Any, ...] = (),
        origin: Step[P, R] | None = None,
    ) -> None:
        update_wrapper(self, fn)
        self.fn = fn
        self.spec = spec
        self.state_name = state_name
        self.after = after
        self.origin: Step[P, R] = origin or self

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        recorder = active_recorder()
        if recorder is None:
            return self.fn(*args, **kwargs)
        return recorder.call(self, args, kwargs)  # type: ignore[no-any-return]

    def map(
        self,
        items: Iterable[Any],
        /,
        *,
        max_concurrency: int | None = None,
        distributed: bool = False,
        **others: Any,
    ) -> list[R]:
        """Calls the step for every item, in parallel; results keep the order of the items.

        Each item is the step's first argument, `others` are passed by name to every call. `max_concurrency`: how
        many at a time, from 1; default as many as the service allows (40 in a Map state, 10,000 distributed).
        `distributed`: iterations run as executions of their own, each with its own history; needed past some
        thousand items, since one execution's history holds 25,000 events.

        >>> @step
        ... def double(x: int, plus: int = 0) -> int:
        ...     return 2 * x + plus
        >>> double.map([1, 2, 3], plus=1)
        [3, 5, 7]
        """
        if max_concurrency is not None and (type(max_concurrency) is not int or max_concurrency < 1):
            raise OptionError(f"max_concurrency must be a whole number from 1, not {max_concurrency!r}")
        recorder = active_recorder()
        if recorder is None:
            return [self.fn(item, **others) for item in items]  # type: ignore[call-arg]
        return recorder.map(self, items, others, max_concurrency, distributed)  # type: ignore[no-any-return]

    def options(
        self,
        *,
        name: str | None = None,
        comment: str | None = None,
        retry: int | Retry | list[Any] | None = None,
        timeout: Duration | None = None,
        heartbeat: Duration | None = None,
        after: Iterable[Any] = (),
        **unknown: Any,
    ) -> Step[P, R]:
        """The same step with other options, for one call: `train.options(timeout="1h", name="big train")(df)`.

        `after`: results that must be there first, though the call does not use them.
        Raises OptionError for anything that is wrong, now.
        """
        given = {"comment": comment, "retry": retry, "timeout": timeout, "heartbeat": heartbeat} | unknown
        spec = call_options(self.spec, {k: v for k, v in given.items() if v is not None})
        if name is not None:
            call_options(self.spec, {"name": name})
        waits = (after,) if not isinstance(after, list | tuple) else tuple(after)
        return Step(
            self.fn, spec, state_name=name or self.state_name, after=self.after + waits, origin=self.origin
        )

    @property
    def location(self) -> Location | None:
        """Where the function is defined; None for functions without Python source."""
        code = getattr(self.fn, "__code__", None)
        return None if code is None else Location.of_code(code)

    def __repr__(self) -> str:
        return f"<step {self.spec.name} of {getattr(self.fn, '__module__', '?')}>"

    def __reduce__(self) -> Any:
        # By name, as functions are: a pickled value that holds a step finds the step that is there.
        return self.__qualname__


@overload
def step(fn: Callable[P, R], /) -> Step[P, R]: ...


@overload
def step(
    fn: Callable[P, R],
    /,
    *,
    name: str | None = ...,
    comment: str | None = ...,
    retry: int | Retry | list[Any] | None = ...,
    timeout: Duration | None = ...,
    heartbeat: Duration | None = ...,
    requirements: Iterable[str] | None = ...,
    memory: Size | None = ...,
    storage: Size | None = ...,
    architecture: str | None = ...,
    env: dict[str, str] | None = ...,
    permissions: Any = ...,
    pickle: bool | None = ...,
) -> Step[P, R]: ...


@overload
def step(
    fn: None = None,
    /,
    *,
    name: str | None = ...,
    comment: str | None = ...,
    retry: int | Retry | list[Any] | None = ...,
    timeout: Duration | None = ...,
    heartbeat: Duration | None = ...,
    requirements: Iterable[str] | None = ...,
    memory: Size | None = ...,
    storage: Size | None = ...,
    architecture: str | None = ...,
    env: dict[str, str] | None = ...,
    permissions: Any = ...,
    pickle: bool | None = ...,
) -> Callable[[Callable[P, R]], Step[P, R]]: ...


def step(fn: Any = None, /, **options: Any) -> Any:
    """Makes a function a step. Use it bare, with options, or on a function from elsewhere.

    Options: `name` (default: the function's), `comment` (default: the docstring's first line), `retry` (retries of
    every error, a `Retry`, or a list), `timeout` and `heartbeat` (whole seconds, or `"5m"`), `requirements` (list of
    PEP 508 strings), `memory` (MB or `"2GB"`, 128 to 10240), `storage` (of /tmp, 512 to 10240 MB), `architecture`
    (`"x86_64"`, `"arm64"`), `env` (dict), `permissions` (what its role may do), `pickle` (False: never by pickle).
    Raises OptionError at once when one is wrong.

    >>> @step(retry=2, timeout="5m")
    ... def add(a: int, b: int) -> int:
    ...     return a + b
    >>> add(1, 2), add.spec.timeout
    (3, 300)
    """
    if fn is None:
        return lambda function: _decorate(function, options)
    return _decorate(fn, options)


def _decorate(fn: Any, options: dict[str, Any]) -> Any:
    if isinstance(fn, staticmethod):
        return staticmethod(_decorate(fn.__func__, options))
    check_function(fn, "step")
    name = options.pop("name", None) or getattr(fn, "__name__", "")
    if name == "<lambda>":
        raise OptionError("a lambda has no name", location=_where(fn), hint="write step(lambda ..., name='...')")
    comment = options.pop("comment", None)
    try:
        return Step(fn, step_options(name, first_line(fn) if comment is None else comment, options))
    except OptionError as error:
        raise OptionError(error.message, location=_where(fn), hint=error.hint) from None


def check_function(fn: Any, what: str) -> None:
    """Refuses what cannot be a step or a workflow, saying why and what to write."""
    where = _where(fn)
    if isinstance(fn, Step):
        raise OptionError(f"{fn.spec.name!r} is a step already", location=where, hint="decorate the function once")
    if isinstance(fn, classmethod | property):
        raise OptionError(
            f"@{what} on a {type(fn).__name__}",
            location=where,
            hint=f"a {what} has no class to belong to: use a function or a static method",
        )
    if isinstance(fn, type):
        raise OptionError(
            f"@{what} on the class {fn.__name__!r}", location=where, hint="decorate a function that makes it"
        )
    if not isinstance(fn, FunctionType | BuiltinFunctionType | MethodType) and not callable(fn):
        raise OptionError(
            f"@{what} needs a function, not {fn!r}", hint=f"write @{what} above a def, or {what}(function)"
        )
    flags = getattr(getattr(fn, "__code__", None), "co_flags", 0)
    if flags & 0x20 or flags & 0x200:  # CO_GENERATOR, CO_ASYNC_GENERATOR
        raise OptionError(
            f"{fn.__name__!r} is a generator: its values would be lost between states",
            location=where,
            hint="return a list",
        )


def first_line(fn: Any) -> str:
    """The first line of a function's docstring, or nothing."""
    doc = getattr(fn, "__doc__", None)
    return doc.strip().partition("\n")[0].strip() if isinstance(doc, str) else ""


def _where(fn: Any) -> Location | None:
    function = getattr(fn, "__func__", fn)
    function = getattr(function, "fn", function)
    code = getattr(function, "__code__", None)
    return None if code is None else Location.of_code(code)
