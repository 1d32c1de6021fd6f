"""Generator expressions over what is known: their elements are recorded when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from flowdeco.tracing.value import Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

_MANY = 10_000
"""A generator of more elements than this may have no end."""


class Lazy:
    """An iterator over the elements for items that a test keeps."""

    def __init__(
        self,
        recorder: TraceRecorder,
        items: Any,
        test: Callable[[Any], Any] | None,
        element: Callable[[Any], Any],
    ) -> None:
        self._recorder = recorder
        self._items = iter(items)
        self._test = test
        self._element = element

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        for item in self._items:
            if self._test is None:
                return self._element(item)
            keep = self._recorder.truth(self._test(item))
            if isinstance(keep, Value):
                raise self._recorder.refuse(
                    "the filter of a generator", keep, "write a list comprehension: [x for x in xs if …]"
                )
            if keep:
                return self._element(item)
        raise StopIteration

    def elements(self) -> Iterator[tuple[Callable[[], Any], Callable[[], Any]]]:
        """The elements that are left: whether the filter keeps it, and the element, each as a function."""
        for item in self._items:
            keep = _always if self._test is None else partial(self._test, item)
            yield keep, partial(self._element, item)

    def listed(self) -> Any:
        """All that is left, where that comes to an end; else the iterator itself."""
        from flowdeco.tracing.comprehend import unrolled

        items = []
        for item in self._items:
            items.append(item)
            if len(items) > _MANY:
                self._items = _chained(items, self._items)
                return self
        return unrolled(self._recorder, "list", items, self._test, self._element)


def _always() -> bool:
    return True


def _chained(first: list[Any], rest: Iterator[Any]) -> Iterator[Any]:
    yield from first
    yield from rest
