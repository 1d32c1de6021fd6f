"""`@workflow`: a function whose body, traced, is the graph of a state machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from inspect import CO_COROUTINE
from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload

from flowdeco.authoring.options import Duration, WorkflowOptions, workflow_options
from flowdeco.authoring.plain_calls import call_body, in_body, run_child, start_child
from flowdeco.authoring.recording import active_recorder
from flowdeco.authoring.steps import check_function, first_line, look_like, reduced
from flowdeco.errors import Finding, Location, OptionError

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
    __wrapped__: Callable[P, R]
    __name__: str
    __qualname__: str

    def __init__(self, fn: Callable[P, R], spec: WorkflowOptions) -> None:
        look_like(self, fn, spec.name)
        self.fn = fn
        self.spec = spec

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        recorder = active_recorder()
        if recorder is None:
            return call_body(self.fn, args, kwargs)  # type: ignore[no-any-return]
        return recorder.inline(self, args, kwargs)  # type: ignore[no-any-return]

    @cached_property
    def parameters(self) -> Parameters:
        """The workflow's interface: its parameters with types, defaults and help."""
        from flowdeco.authoring.parameters import read_parameters

        return read_parameters(self.fn)

    @property
    def location(self) -> Location:
        """Where the function is defined."""
        return Location.of_code(self.fn.__code__)

    def run(self, *args: P.args, **kwargs: P.kwargs) -> Execution:
        """Compiles the workflow and executes it on this computer. Returns when it has ended, however it ended.

        `.result()` of what comes back is the output, or raises ExecutionFailed; `.status`, `.steps`, `.events`,
        `.error` say what happened. Raises InputError when an input is wrong, before anything runs.

        In the body of another workflow it is an execution of its own that is waited for, and what comes back is its
        result; ExecutionFailed is raised when it fails.
        """
        recorder = active_recorder()
        if recorder is not None:
            return recorder.child(self, args, kwargs, True)  # type: ignore[no-any-return]
        inputs = self.parameters.from_call(args, kwargs)
        if in_body():
            return run_child(self.spec.name, self.fn, self.parameters.arguments(inputs))  # type: ignore[no-any-return]
        from flowdeco import toolchain

        return toolchain.run(self, inputs)

    def start(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """As `run`, in the background: returns the ARN of the execution, which goes on in a thread of this process.

        In the body of another workflow it starts an execution of its own that is not waited for: how it ends is not known
        there. A plain call of such a body calls it there and then, and logs what it raises.
        """
        recorder = active_recorder()
        if recorder is not None:
            return recorder.child(self, args, kwargs, False)  # type: ignore[no-any-return]
        inputs = self.parameters.from_call(args, kwargs)
        if in_body():
            return start_child(self.spec.name, self.fn, self.parameters.arguments(inputs))
        from flowdeco import toolchain

        return toolchain.start(self, inputs)

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
        return f"<workflow {self.spec.name} of {self.__module__}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> str | tuple[Any, ...]:
        return reduced(self, self.fn, self.spec)


@overload
def workflow(fn: Callable[P, R], /) -> Workflow[P, R]: ...


@overload
def workflow(
    fn: None = None,
    /,
    *,
    name: str | None = ...,
    comment: str | None = ...,
    timeout: Duration | None = ...,
    rewrite: bool = ...,
) -> Callable[[Callable[P, R]], Workflow[P, R]]: ...


def workflow(fn: Any = None, /, **options: Any) -> Any:
    """Makes a function a workflow. Its signature is its interface, its body says which steps run with what.

    Options: `name` (default: the function's; letters, digits, `-`, `_`), `comment` (default: the docstring's first
    line), `timeout` (of a whole execution: whole seconds, or `"2h"`), `rewrite` (False: the body is taken as it is, for
    one whose source cannot be read: steps run one after the other as they are called, and only the explicit forms decide
    by run-time values). Raises OptionError when one is wrong.

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
        fn = fn.__func__
    try:
        _check(fn)
        name, comment = options.get("name"), options.get("comment")
        spec = workflow_options(
            fn.__name__ if name is None else name, first_line(fn) if comment is None else comment, options
        )
    except OptionError as error:
        raise error.at(Location.of_caller()) from None
    return Workflow(fn, spec)


def _check(fn: Any) -> None:
    check_function(fn, "workflow")
    if not isinstance(fn, FunctionType):
        raise OptionError(
            f"@workflow needs a function written in Python, not {fn!r}",
            hint="its body says which steps run: write a def",
        )
    if fn.__name__ == "<lambda>":
        raise OptionError("a lambda cannot be a workflow", hint="write a def")
    if fn.__code__.co_flags & CO_COROUTINE:
        raise OptionError(
            f"workflow {fn.__name__!r} is async",
            hint="write a plain def: steps that need nothing of each other run at the same time anyway",
        )
