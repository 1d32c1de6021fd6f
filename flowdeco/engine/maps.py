"""What a Map does with its items: iterations in the same execution, or child executions of a map run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeAlias

from flowdeco.asl.model import JSON
from flowdeco.engine.code import BatchRule, MapCode, ScopeCode
from flowdeco.engine.effects import Effect, Gather
from flowdeco.engine.failure import StateError
from flowdeco.engine.fields import Value
from flowdeco.engine.limits import (
    DISTRIBUTED_CONCURRENCY,
    INLINE_CONCURRENCY,
    check_size,
    encode,
    text_bytes,
)
from flowdeco.engine.maprun import MapRun
from flowdeco.engine.strand import Strand, Visit

Walk: TypeAlias = Callable[[ScopeCode, Strand, JSON], Coroutine[Effect, Any, JSON]]
Items: TypeAlias = list[JSON] | dict[str, JSON]


async def run_map(code: MapCode, visit: Visit, walk: Walk) -> JSON:
    """One attempt: the results of all items, in order. Raises StateError."""
    items = _items(code, visit)
    concurrency = 0 if code.concurrency is None else code.concurrency.read(visit)
    if concurrency < 0:
        raise visit.runtime_error("MaxConcurrency must be a non-negative integer.")
    visit.strand.emit("MapStateStarted", {"length": len(items)})
    if code.distributed:
        result = await _distributed(code, visit, items, int(concurrency), walk)
    else:
        _tolerance(code, visit)
        result = await _inline(code, visit, items, int(concurrency), walk)
    check_size(visit.name, result)
    return result


def _items(code: MapCode, visit: Visit) -> Items:
    if code.items is not None:
        items: Items = code.items.read(visit)
        return items
    if isinstance(visit.input, (list, dict)):
        return visit.input
    raise visit.query_error(f"Map state input must be an array but was: {encode(visit.input)}", None)


def _tolerance(code: MapCode, visit: Visit) -> tuple[float | None, float | None]:
    """ToleratedFailureCount and -Percentage, checked as the service does."""
    count = None if code.tolerated_count is None else code.tolerated_count.read(visit)
    percentage = None if code.tolerated_percentage is None else code.tolerated_percentage.read(visit)
    if count is not None and count < 0:
        raise visit.runtime_error("ToleratedFailureCount must be a non-negative integer.")
    if percentage is not None and not 0 <= percentage <= 100:
        raise visit.runtime_error("ToleratedFailurePercentage must be between 0 and 100.")
    return count, percentage


def _about(keys: list[str] | None, items: Items, index: int) -> dict[str, JSON]:
    """The context object's `Map` for an item."""
    if isinstance(items, dict):
        assert keys is not None
        key = keys[index]
        return {"Item": {"Index": index, "Key": key, "Value": items[key]}}
    return {"Item": {"Index": index, "Value": items[index]}}


def _select(code: MapCode, visit: Visit, about: Mapping[str, JSON]) -> JSON:
    """The input of an item: the item, or what ItemSelector makes of it."""
    if code.selector is None:
        return about["Item"]["Value"]
    states = visit.strand.variables["states"]
    if "context" in states:
        visit.strand.variables["states"] = {**states, "context": {**states["context"], "Map": about}}
    try:
        return code.selector.read(visit)
    finally:
        visit.strand.variables["states"] = states


async def _inline(code: MapCode, visit: Visit, items: Items, concurrency: int, walk: Walk) -> JSON:
    strand = visit.strand
    begun = strand.tip
    limit = min(concurrency or INLINE_CONCURRENCY, INLINE_CONCURRENCY)
    keys = list(items) if isinstance(items, dict) else None
    ended: deque[int] = deque()

    async def iteration(index: int) -> JSON:
        about = _about(keys, items, index)
        details = {"name": visit.name, "index": index}
        inner = Strand(strand.run, begun if index < limit else ended.popleft(), strand.variables, about)
        inner.emit("MapIterationStarted", details)
        try:
            output = await walk(code.processor, inner, _select(code, visit, about))
        except StateError as error:
            strand.tip = inner.tip
            if not error.fatal:
                strand.journal.emit("MapIterationFailed", details, inner.tip)
            raise
        except GeneratorExit:
            inner.emit("MapIterationAborted", details)
            raise
        ended.append(inner.tip)
        strand.tip = strand.journal.emit("MapIterationSucceeded", details, inner.tip)
        return output

    return await Gather(iteration, len(items), limit)


async def _distributed(code: MapCode, visit: Visit, items: Items, concurrency: int, walk: Walk) -> JSON:
    strand = visit.strand
    tolerance = _tolerance(code, visit)
    keys = list(items) if isinstance(items, dict) else None

    def select(index: int) -> JSON:
        return _select(code, visit, _about(keys, items, index))

    inputs: Callable[[int], JSON] = select
    sizes = None
    if code.batch is not None:
        batches, sizes = _batches(code.batch, visit, [select(i) for i in range(len(items))])
        inputs = batches.__getitem__
    run = MapRun(code, visit, len(items), tolerance, sizes)
    strand.emit("MapRunStarted", {"mapRunArn": run.arn})
    count = len(items) if sizes is None else len(sizes)
    limit = min(concurrency or DISTRIBUTED_CONCURRENCY, DISTRIBUTED_CONCURRENCY)

    def child(index: int) -> Coroutine[Effect, Any, JSON]:
        return run.child(index, inputs, walk)

    try:
        results = await Gather(child, count, limit)
    except StateError as error:
        run.close("FAILED")
        strand.emit("MapRunFailed", {"error": error.error, "cause": error.cause})
        raise
    except GeneratorExit:
        run.close("ABORTED")
        strand.emit("MapRunAborted")
        raise
    run.close("SUCCEEDED")
    strand.emit("MapRunSucceeded")
    return run.outputs(results)


def _batches(rule: BatchRule, visit: Visit, inputs: list[JSON]) -> tuple[list[JSON], list[int]]:
    """Inputs of the children of a Map with an ItemBatcher, and how many items each holds."""
    most_items = _positive(rule.items, visit) or len(inputs)
    most_bytes = _positive(rule.bytes, visit)
    shared = {} if rule.input is None else {"BatchInput": rule.input.read(visit)}
    empty = text_bytes(encode({**shared, "Items": []}))
    batches: list[list[JSON]] = []
    used = 0
    for item in inputs:
        bytes = text_bytes(encode(item)) + 1 if most_bytes is not None else 0
        full = not batches or len(batches[-1]) >= most_items
        if full or (most_bytes is not None and used + bytes > most_bytes):
            batches.append([])
            used = empty
        batches[-1].append(item)
        used += bytes
    return [{**shared, "Items": batch} for batch in batches], [len(batch) for batch in batches]


def _positive(value: Value | None, visit: Visit) -> int | None:
    return None if value is None else int(value.read(visit)) or None
