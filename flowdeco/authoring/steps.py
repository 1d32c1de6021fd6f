"""`@step`: a plain function that may also be a state of a state machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial, update_wrapper
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR, unwrap
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload

from flowdeco.authoring.options import (
    Duration,
    Retry,
    Size,
    StepOptions,
    WorkflowOptions,
    call_options,
    check_name,
    step_options,
)
from flowdeco.authoring.plain_calls import call_step, in_body
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
    __wrapped__: Callable[P, R]
    __name__: str
    __qualname__: str

    def __init__(
        self,
        fn: Callable[P, R],
        spec: StepOptions,
        *,
        state_name: str | None = None,
        after: tuple[Any, ...] = (),
        origin: Step[P, R] | None = None,
    ) -> None:
        look_like(self, fn, spec.name)
        self.fn = fn
        self.spec = spec
        self.state_name = state_name
        self.after = after
        self.origin: Step[P, R] = origin or self

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        recorder = active_recorder()
        if recorder is None:
            return call_step(self.fn, args, kwargs) if in_body() else self.fn(*args, **kwargs)
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
        check_map(max_concurrency, distributed)
        recorder = active_recorder()
        if recorder is None:
            return [self(item, **others) for item in items]
        return recorder.map(self, items, others, max_concurrency, distributed)  # type: ignore[no-any-return]

    def options(
        self,
        *,
        name: str | None = None,
        comment: str | None = None,
        retry: int | Retry | list[Any] | None = None,
        timeout: Duration | None = None,
        heartbeat: Duration | None = None,
        after: Any = (),
        **unknown: Any,
    ) -> Step[P, R]:
        """The same step with other options, for one call: `train.options(timeout="1h", name="big train")(df)`.

        `after`: a result, or a list of results, that must be there first, though the call does not use them.
        Raises OptionError for anything that is wrong, now.
        """
        given = {"comment": comment, "retry": retry, "timeout": timeout, "heartbeat": heartbeat} | unknown
        try:
            spec = call_options(self.spec, given)
            state_name = self.state_name if name is None else check_name(name, "name")
        except OptionError as error:
            raise error.at(Location.of_caller()) from None
        waits = tuple(after) if isinstance(after, list | tuple) else (after,)
        return Step(self.fn, spec, state_name=state_name, after=self.after + waits, origin=self.origin)

    @property
    def location(self) -> Location | None:
        """Where the function is defined; None for functions without Python source."""
        code = _code(unwrap(self.fn))
        return None if code is None else Location.of_code(code)

    def __repr__(self) -> str:
        return f"<step {self.spec.name} of {self.__module__}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> str | tuple[Any, ...]:
        if self.origin is not self:
            return _variant, (self.origin, self.spec, self.state_name, self.after)
        return reduced(self, self.fn, self.spec)


def _variant(
    origin: Step[P, R], spec: StepOptions, state_name: str | None, after: tuple[Any, ...]
) -> Step[P, R]:
    return Step(origin.fn, spec, state_name=state_name, after=after, origin=origin)


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
        fn = fn.__func__  # a step in a class is a static method as it is: it never binds
    try:
        check_function(fn, "step")
        name = options.get("name")
        if name is None:
            name = _own_name(fn)
        comment = options.get("comment")
        others = {option: value for option, value in options.items() if option not in ("name", "comment")}
        return Step(fn, step_options(name, first_line(fn) if comment is None else comment, others))
    except OptionError as error:
        raise error.at(Location.of_caller()) from None


def _own_name(fn: Any) -> str:
    name = getattr(fn, "__name__", None)
    if name == "<lambda>":
        raise OptionError("a lambda has no name", hint="write step(lambda ..., name='...')")
    if not isinstance(name, str):
        raise OptionError(f"{fn!r} has no name", hint="write step(..., name='...')")
    return name


def check_map(max_concurrency: object, distributed: object) -> None:
    """Refuses what no map can be told."""
    if max_concurrency is not None and (type(max_concurrency) is not int or max_concurrency < 1):
        raise OptionError(
            f"max_concurrency must be a whole number from 1, not {max_concurrency!r}",
            location=Location.of_caller(),
            hint="leave it out for as many as there may be",
        )
    if not isinstance(distributed, bool):
        raise OptionError(
            f"distributed must be True or False, not {distributed!r}",
            location=Location.of_caller(),
            hint="write distributed=True",
        )


# --------------------------------------------------------------- what steps and workflows have in common


def check_function(fn: Any, what: str) -> None:
    """Refuses what cannot be a step or a workflow, saying why and what to write."""
    name = getattr(fn, "__name__", None) or repr(fn)
    if isinstance(fn, Step):
        raise OptionError(f"{fn.spec.name!r} is a step already", hint="decorate the function once")
    if isinstance(getattr(fn, "spec", None), WorkflowOptions):
        already = what == "workflow"
        raise OptionError(
            f"{fn.spec.name!r} is a workflow" + (" already" if already else ""),
            hint="decorate the function once" if already else "call it in a workflow: it becomes part of it",
        )
    if isinstance(fn, classmethod | property):
        raise OptionError(
            f"@{what} on a {type(fn).__name__}",
            hint=f"a {what} has no class to belong to: use a function or a static method",
        )
    if isinstance(fn, type):
        raise OptionError(f"@{what} on the class {name!r}", hint="decorate a function that makes it")
    if not callable(fn):
        options = f", or @{what}(name={fn!r})" if isinstance(fn, str) else ""
        raise OptionError(
            f"@{what} needs a function, not {fn!r}",
            hint=f"write @{what} above a def{options}, or {what}(function)",
        )
    owner = getattr(fn, "__self__", None) if isinstance(fn, MethodType | BuiltinFunctionType) else None
    if owner is not None and not isinstance(owner, type | ModuleType):
        raise OptionError(
            f"{name!r} is a method of an object, which would not be there when the {what} runs",
            hint="decorate a function that makes the object and calls the method",
        )
    if isinstance(fn, FunctionType) and _is_method(fn):
        raise OptionError(
            f"{name!r} takes {fn.__code__.co_varnames[0]!r}: a {what} has no object to be called on",
            hint=f"write @staticmethod under @{what} and drop the parameter, or move the function out of the class",
        )
    code = _code(fn)
    if code is not None and code.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR):
        raise OptionError(
            f"{name!r} is a generator: its values would be lost between states", hint="return a list"
        )


def _is_method(fn: FunctionType) -> bool:
    """Whether a function stands in a class body, to be called on an object or the class.

    Once the class is there its functions can be had from it: `step(DataFrame.describe)` is a step of a data frame.
    """
    outer, _, _ = fn.__qualname__.rpartition(".")
    in_class = outer != "" and not outer.endswith("<locals>")
    first = fn.__code__.co_varnames[: fn.__code__.co_argcount][:1]
    return in_class and first in (("self",), ("cls",)) and _lookup(fn.__module__, fn.__qualname__) is not fn


def first_line(fn: Any) -> str:
    """The first line of a function's docstring, or nothing."""
    doc = getattr(_unpartial(fn), "__doc__", None)
    return doc.strip().partition("\n")[0].strip() if isinstance(doc, str) else ""


def look_like(wrapper: Any, fn: Any, name: str) -> None:
    """`functools.update_wrapper`, for whatever can be called, with a wrapper that keeps its own attributes."""
    update_wrapper(wrapper, fn)
    attributes = wrapper.__dict__
    for taken in attributes.keys() & vars(type(wrapper)).keys():
        if not taken.startswith("__"):
            del attributes[taken]
    if getattr(fn, "__name__", "<lambda>") == "<lambda>":
        attributes["__name__"] = attributes["__qualname__"] = name
    attributes.setdefault("__qualname__", attributes["__name__"])
    if isinstance(fn, partial) or attributes.get("__module__") is None:
        attributes["__module__"] = _caller_module()


def reduced(wrapper: Any, fn: Any, spec: object) -> str | tuple[Any, ...]:
    """What pickle gets. By name, as functions are, when the name leads here; else by the function and its options."""
    qualname: str = wrapper.__qualname__
    if _lookup(wrapper.__module__, qualname) is wrapper:
        return qualname
    names = {name: wrapper.__dict__[name] for name in ("__module__", "__name__", "__qualname__")}
    return type(wrapper), (fn, spec), names


def _lookup(module: str, qualname: str) -> object:
    found: object = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


def _caller_module() -> str:
    """The module that called into flowdeco."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("flowdeco."):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__"))


def _code(fn: Any) -> CodeType | None:
    """The code that runs when `fn` is called; None when it is not written in Python."""
    fn = _unpartial(fn)
    code = getattr(fn, "__code__", None) or getattr(type(fn).__call__, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _unpartial(fn: Any) -> Any:
    while isinstance(fn, partial):
        fn = fn.func
    return fn
