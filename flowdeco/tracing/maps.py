"""Maps: a block that is recorded for the item of each iteration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flowdeco.graph import (
    Item,
    Map,
    Result,
    Return,
)
from flowdeco.graph.types import ANY, list_of
from flowdeco.tracing import flow, looks, types
from flowdeco.tracing.blocks import Draft
from flowdeco.tracing.places import user_location
from flowdeco.tracing.raising import failing
from flowdeco.tracing.value import Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder


def mapped(
    recorder: TraceRecorder,
    items: Any,
    element: Callable[[Any], Any],
    name: str,
    max_concurrency: int | None,
    distributed: bool,
    after: tuple[int, ...],
) -> Value:
    """A map: `element` is recorded for the item of its block."""
    place = user_location()
    listed = recorder.iterable(items)
    if isinstance(listed, Value):
        source, item_type = listed._expression, looks.element_type(listed)
    else:
        source, item_type = recorder.expression(list(listed)), ANY
    id = recorder.next_id(f"the map over {name}")
    fails = failing(recorder)
    result: Any = None
    with recorder.branching() as path, path(), recorder.new_scope(), recorder.open.opened() as block:
        try:
            result = element(Value(Item(id), recorder, item_type))
        except Exception as error:
            flow.caught(recorder, error)
        stale = recorder.stale
        type = types.value_type(result)
        if not recorder.open.ended:
            recorder.open.end(Return(recorder.argument(result, "", "")))
    recorder.stale = {**recorder.stale, **stale}
    targets = recorder._targets
    named = name if name.isidentifier() else "item"

    def draft(after: tuple[int, ...]) -> Map:
        return Map(
            id=id,
            items=source,
            block=block.frozen(),
            max_concurrency=max_concurrency,
            distributed=distributed,
            after=after,
            failing=fails(),
            target=targets.get(id, ""),
            item_name=named,
            location=place,
        )

    recorder.open.place(Draft(id, draft, after), [])
    return Value(Result(id), recorder, list_of(type))
