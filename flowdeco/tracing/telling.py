"""What is wrong in a body, and how it is told: with the user's line, and in his words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from flowdeco.errors import BodyError, FlowdecoError, Location, UnsupportedError, did_you_mean
from flowdeco.graph import (
    Array,
    Elements,
    Expression,
    Field,
    Index,
    Input,
    Item,
    Literal,
    Object,
    Result,
    StepRef,
)
from flowdeco.tracing.flow import Label
from flowdeco.tracing.places import user_location
from flowdeco.tracing.value import Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

_OF_VALUES = (ValueError, LookupError, ArithmeticError, StopIteration)
"""What known values make known functions raise. Other errors are mistakes in the body: they are told while tracing."""


class Telling:
    """Raises and notes errors of the body. The base of the recorder."""

    def __init__(self) -> None:
        self.steps: dict[str, StepRef] = {}
        self.failure: FlowdecoError | None = None
        self.errors: list[BodyError] = []
        """What is wrong in the workflow's own body, where the trace could go on."""
        self.inlining = 0
        """How many functions of expressions are being recorded: in them nothing can be evaluated beforehand."""
        self.as_is = False
        """Whether the body being traced is taken as it is, and not rewritten."""
        self._branches: list[object] = []
        self._frames: list[Label] = []
        self._bases: list[int] = []
        """Where in `_frames` each of the workflows begins."""
        self._labels: dict[int, str] = {}
        self._deliberate: dict[int, tuple[BaseException, Location | None]] = {}

    @property
    def branches(self) -> int:
        """How many branches, loops and attempts are open: what is recorded may not happen."""
        return len(self._branches)

    def deliberate(self, error: BaseException) -> BaseException:
        """An exception that the user's `raise` raises."""
        self._deliberate[id(error)] = (error, user_location())
        return error

    def plainly(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Calls what is not the user's with known values. That it may raise on a path is the user's meaning."""
        try:
            return function(*args, **kwargs)
        except _OF_VALUES as error:
            if self.branches:
                self.deliberate(error)
            raise

    def is_deliberate(self, error: BaseException) -> bool:
        return id(error) in self._deliberate

    def deliberate_place(self, error: BaseException) -> Location | None:
        return self._deliberate[id(error)][1]

    def kinds(self, on: Any) -> tuple[Any, ...]:
        """What an `except` clause names, as a flat tuple. Raises BodyError for what is no exception class."""
        if isinstance(on, tuple):
            return tuple(kind for each in on for kind in self.kinds(each))
        if not (isinstance(on, type) and issubclass(on, BaseException)):
            raise self.fail(f"except {on!r}: that is no exception class", hint="name classes of exceptions")
        return (on,)

    def describe(self, expression: Expression) -> str:
        """An expression in the user's words."""
        match expression:
            case Input(name):
                return f"the input {name!r}"
            case Result(node):
                label = self._labels.get(node, "a step")
                return f"{label}()" if label in self.steps else label
            case Item(node):
                return f"an item of {self._labels.get(node, 'a map')}"
            case Field(base, name):
                return f"{self.describe(base)}.{name}"
            case Index(base, position):
                return f"{self.describe(base)}[{position}]"
            case Elements(base):
                return self.describe(base)
            case Array() | Object() | Literal():
                return "a run-time value"
            case _:
                return "an expression"

    def refuse(self, what: str, value: Value | None, hint: str) -> FlowdecoError:
        """The error for a construct that needs a run-time value now."""
        of = f" of {self.describe(value._expression)}" if value is not None else " of a run-time value"
        known = ", which is known only when the workflow runs"
        return self.fail(f"{what}{of}{known}", hint=hint, kind=UnsupportedError)

    def fail(
        self,
        message: str,
        *,
        hint: str | None = None,
        location: Location | None = None,
        kind: type[BodyError] = BodyError,
    ) -> FlowdecoError:
        """An error at the user's line, remembered: a body that swallows it must not pass as traced."""
        error = kind(message, location=location or user_location(), hint=hint)
        self.failure = self.failure or error
        return error

    @property
    def at_top(self) -> bool:
        """Whether the workflow's own body is running, not a function that it calls."""
        return len(self._frames) == 1

    def noted(self, error: BodyError) -> Value:
        """Notes an error in the workflow's own body, and goes on as if there was a value. Raises it elsewhere."""
        if len(self._frames) > 1 or self.inlining or self.as_is:
            raise error
        if all((known.message, known.location) != (error.message, error.location) for known in self.errors):
            self.errors.append(error)
        return Value(Literal(None), cast("TraceRecorder", self))

    def mistake(
        self, name: str, names: Iterable[str], message: str, hint: str | None = None
    ) -> FlowdecoError:
        """A misspelled name."""
        return self.fail(message, hint=did_you_mean(name, list(names)) or hint)

    @contextmanager
    def _remembered(self) -> Iterator[None]:
        """As `fail` does, for errors that others raise."""
        try:
            yield
        except BodyError as error:
            self.failure = self.failure or error
            raise
