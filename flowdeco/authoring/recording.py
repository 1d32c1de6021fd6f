"""The seam between what users call and what watches them call it.

While a workflow body is traced a recorder is active in the current context, and steps and workflows hand their
calls to it. At any other time there is none, and a call is an ordinary call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from flowdeco.authoring.steps import Step
    from flowdeco.authoring.workflows import Workflow


class Forms(Protocol):
    """What a trace does with the explicit forms: as `authoring.forms`, which has checked what is given."""

    def wait(self, duration: Any, parts: Mapping[str, Any], until: Any) -> None: ...

    def parallel(self, parts: Sequence[Any]) -> tuple[Any, ...]: ...

    def map(
        self, fn: Callable[..., Any], items: Iterable[Any], max_concurrency: int | None, distributed: bool
    ) -> Any: ...

    def choose(self, cases: Sequence[tuple[Any, Any]], otherwise: Any) -> Any: ...

    def loop(self, meaning: Callable[..., Any], body: Any, start: Any, given: Mapping[str, Any]) -> Any: ...

    def attempt(
        self,
        body: Any,
        handlers: Sequence[tuple[tuple[type[BaseException], ...], Any]],
        otherwise: Any,
        finally_: Any,
    ) -> Any: ...

    def fail(self, error: BaseException) -> NoReturn: ...

    def succeed(self, value: Any) -> NoReturn: ...


class Recorder(Protocol):
    """What a trace does with the calls of a body."""

    @property
    def forms(self) -> Forms:
        """What becomes of the explicit forms."""

    def call(self, step: Step[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """A step is called."""

    def map(
        self,
        step: Step[Any, Any],
        items: Iterable[Any],
        others: Mapping[str, Any],
        max_concurrency: int | None,
        distributed: bool,
    ) -> Any:
        """A step is called for every item."""

    def inline(self, workflow: Workflow[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """A workflow is called inside another."""

    def child(
        self, workflow: Workflow[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], wait: bool
    ) -> Any:
        """A workflow is run (`wait`) or started as an execution of its own."""


_active: ContextVar[Recorder | None] = ContextVar("flowdeco_recorder", default=None)

active_recorder = _active.get
"""The recorder of the current context, or None: then calls are ordinary calls."""


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Makes `recorder` active for the `with` block."""
    token = _active.set(recorder)
    try:
        yield
    finally:
        _active.reset(token)
