"""What the fields of a state made of its data, field by field, as TestState tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from flowdeco.asl.model import JSON
from flowdeco.engine.code import (
    ChoiceCode,
    FailCode,
    MapCode,
    ParallelCode,
    PassCode,
    StateCode,
    SucceedCode,
    TaskCode,
    WaitCode,
)
from flowdeco.engine.failure import StateError
from flowdeco.engine.jsonpath import JsonpathSettle
from flowdeco.engine.jsonpath_fields import Filter
from flowdeco.engine.maps import Items, batches, items_of, select_all
from flowdeco.engine.strand import Visit


def inspect(code: StateCode, visit: Visit, input: Filter | None, items: JSON, given: JSON) -> dict[str, JSON]:
    """What is known of the data up to the end, or to where it failed. `input` is a JSONPath state's InputPath, `items`
    what an ItemReader has read, `given` a pair of whether the work succeeded, and its result.
    """
    seen: dict[str, JSON] = {"input": visit.input}
    try:
        for name, value in _stages(code, visit, input, items, given):
            seen[name] = value
    except StateError:
        pass
    return seen


def _stages(
    code: StateCode, visit: Visit, input: Filter | None, items: JSON, given: JSON
) -> Iterator[tuple[str, JSON]]:
    succeeded, result = given
    if input is not None and not isinstance(code, ParallelCode):
        yield "afterInputPath", input.read(visit)
    match code:
        case TaskCode():
            name = "afterArguments" if input is None else "afterParameters"
            whole = visit.input if input is None else input.read(visit)
            arguments = whole if code.arguments is None else code.arguments.read(visit)
            if input is not None or code.arguments is not None:
                yield name, arguments
            if succeeded:
                yield "result", result
                visit.result(result)
                yield from _settled(code, visit, result)
        case MapCode():
            yield from _map(code, visit, input, items)
            if succeeded:
                visit.result(result)
                yield from _settled(code, visit, result)
        case ParallelCode():
            if succeeded:
                visit.result(result)
                yield from _settled(code, visit, result)
        case PassCode():
            yield from _settled(code, visit, visit.input)
        case ChoiceCode() | WaitCode() | SucceedCode() | FailCode():
            pass
        case _:
            assert_never(code)


def _settled(
    code: TaskCode | MapCode | ParallelCode | PassCode, visit: Visit, result: JSON
) -> Iterator[tuple[str, JSON]]:
    if isinstance(code.settle, JsonpathSettle):
        yield from code.settle.inspect(visit, result)


def _map(code: MapCode, visit: Visit, input: Filter | None, read: JSON) -> Iterator[tuple[str, JSON]]:
    yield "maxConcurrency", 0 if code.concurrency is None else int(code.concurrency.read(visit))
    if code.tolerated_count is not None:
        yield "toleratedFailureCount", int(code.tolerated_count.read(visit))
    if code.tolerated_percentage is not None:
        yield "toleratedFailurePercentage", code.tolerated_percentage.read(visit)
    items: Items | None = read if isinstance(read, (list, dict)) else None
    if code.reader is None:
        items = items_of(code, visit)
        if input is not None:
            yield "afterItemsPath", items
    if items is None:
        return
    selected = select_all(code, visit, items)
    if code.selector is not None:
        yield "afterItemSelector", selected
    if code.batch is not None:
        yield "afterItemBatcher", batches(code.batch, visit, selected)[0]
