"""`@workflow`: a function whose body, traced, is the graph of a state machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from flowdeco.authoring.options import Duration, WorkflowOptions, check_name, whole_seconds
from flowdeco.authoring.recording import active_recorder
from flowdeco.authoring.steps import check_function, first_line
from flowdeco.errors import Finding, Location, OptionError, did_you_mean

if TYPE_CHECKING:
    from flowdeco.authoring.parameters import Parameters
    from flowdeco.graph import Graph
    from flowdeco.toolchain import Execution

P = ParamSpec("P")
R = TypeVar("R")


class Workflow(Generic[P, R]):
    """A decorated workflow. Calling it is an ordinary call of its body; `run` executes the compiled state machine.

    `fn` is the function as it was, `spec` its frozen options.
    """

    fn: Callable[P, R]
    spec: WorkflowOptions

    def __init__(self, fn: Callable[P, R], spec: WorkflowOptions) -> None:
        update_wrapper(self, fn)
        self.fn = fn
        self.spec = spec

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        recorder = active_recorder()
        if recorder is None:
            return self.fn(*args, **kwargs)
        return recorder.inline(self, args, kwargs)  # type: ignore[no-any-return]

    @cached_property
    def parameters(self) -> Parameters:
        """The workflow's interface: its parameters with types, defaults and help."""
        from flowdeco.authoring.parameters import read_parameters

        return read_parameters(self.fn)

    @property
    def location(self) -> Location:
        """Where the function is defined."""
        return Location.of_code(self.fn.__code__)  # type: ignore[attr-defined]

    def run(self, *args: P.args, **kwargs: P.kwargs) -> Execution:
        """Compiles the workflow and executes it on this computer. Returns when it has ended, however it ended.

        `.result()` of what comes back is the output, or raises ExecutionFailed; `.status`, `.steps`, `.events`,
        `.error` say what happened. Raises InputError when an input is wrong, before anything runs.
        """
        from flowdeco import toolchain

        return toolchain.run(self, self.parameters.from_call(args, kwargs))

    def asl(self) -> dict[str, Any]:
        """The state machine definition, in Amazon States Language, as a dict."""
        from flowdeco import toolchain

        return toolchain.definition(self)

    def graph(self) -> Graph:
        """The traced graph, before any pass of the compiler. `str()` of it is readable."""
        from flowdeco import toolchain

        return toolchain.trace(self)

    def check(self) -> list[Finding]:
        """Everything that is wrong or worth knowing, without running anything. Empty when all is well."""
        from flowdeco import toolchain

        return toolchain.check(self)

    def __repr__(self) -> str:
        return f"<workflow {self.spec.name} of {self.fn.__module__}>"


@overload
def workflow(fn: Callable[P, R], /) -> Workflow[P, R]: ...


@overload
def workflow(
    fn: None = None, /, *, name: str | None = ..., comment: str | None = ..., timeout: Duration | None = ...
) -> Callable[[Callable[P, R]], Workflow[P, R]]: ...


def workflow(fn: Any = None, /, **options: Any) -> Any:
    """Makes a function a workflow. Its signature is its interface, its body says which steps run with what.

    Options: `name` (default: the function's; letters, digits, `-`, `_`), `comment` (default: the docstring's first
    line), `timeout` (of a whole execution: whole seconds, or `"2h"`). Raises OptionError when one is wrong.

    >>> @workflow
    ... def greet(name: str = "world") -> str:
    ...     return "hello " + name
    >>> greet()
    'hello world'
    """
    if fn is None:
        return lambda function: _decorate(function, options)
    return _decorate(fn, options)


def _decorate(fn: Any, options: dict[str, Any]) -> Any:
    if isinstance(fn, staticmethod):
        return staticmethod(_decorate(fn.__func__, options))
    if isinstance(fn, Workflow):
        raise OptionError(f"{fn.spec.name!r} is a workflow already", location=fn.location)
    check_function(fn, "workflow")
    code = getattr(fn, "__code__", None)
    if code is None:
        raise OptionError(f"@workflow needs a function written in Python, not {fn!r}")
    where = Location.of_code(code)
    if code.co_flags & 0x80:  # CO_COROUTINE
        raise OptionError(
            f"workflow {fn.__name__!r} is async",
            location=where,
            hint="write a plain def: steps that need nothing of each other run at the same time anyway",
        )
    known = ("name", "comment", "timeout")
    for option in options:
        if option not in known:
            raise OptionError(
                f"@workflow has no option {option!r}", location=where, hint=did_you_mean(option, known)
            )
    name, comment, timeout = (options.get(option) for option in known)
    if name is None and fn.__name__ == "<lambda>":
        raise OptionError("a lambda cannot be a workflow", location=where, hint="write a def")
    try:
        spec = WorkflowOptions(
            check_name(name or fn.__name__, "workflow name", spaces=False),
            first_line(fn) if comment is None else str(comment),
            None if timeout is None else whole_seconds(timeout, "timeout"),
        )
    except OptionError as error:
        raise OptionError(error.message, location=where, hint=error.hint) from None
    return Workflow(fn, spec)
