"""The seam between what users call and what watches them call it.

While a workflow body is traced a recorder is active in the current context, and steps and workflows hand their
calls to it. At any other time there is none, and a call is an ordinary call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from flowdeco.authoring.steps import Step
    from flowdeco.authoring.workflows import Workflow


class Recorder(Protocol):
    """What a trace does with the calls of a body."""

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
