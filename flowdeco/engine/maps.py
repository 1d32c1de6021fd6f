"""What a Map does with its items: iterations in the same execution, or child executions of a map run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

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
from flowdeco.engine.position import Line, Stay
from flowdeco.engine.reader import prepare_reading, read_items
from flowdeco.engine.strand import Strand, Visit
from flowdeco.engine.writer import Destination, prepare_writing

Walk: TypeAlias = Callable[[ScopeCode, Strand, JSON, "Stay | None"], Coroutine[Effect, Any, JSON]]
GoOn: TypeAlias = Callable[[ScopeCode, Strand, Line, JSON], Coroutine[Effect, Any, JSON]]
Items: TypeAlias = list[JSON] | dict[str, JSON]


async def run_map(code: MapCode, visit: Visit, walk: Walk, go_on: GoOn, at: Stay | None = None) -> JSON:
    """One attempt: the results of all items, in order. Raises StateError."""
    items = None if code.reader is not None else items_of(code, visit)
    concurrency = 0 if code.concurrency is None else code.concurrency.read(visit)
    if concurrency < 0:
        raise visit.runtime_error("MaxConcurrency must be a non-negative integer.")
    if at is None or at.started is None:
        at = None
        visit.strand.emit("MapStateStarted", {"length": len(items or ())})  # what is read is not counted
    if items is None or code.distributed:
        result = await _distributed(code, visit, items, int(concurrency), walk, at)
    else:
        tolerance(code, visit)
        result = await _inline(code, visit, items, int(concurrency), walk, go_on, at)
    check_size(visit.name, result)
    return result


def items_of(code: MapCode, visit: Visit) -> Items:
    """The items of a Map that reads them from nowhere else. Raises StateError."""
    if code.items is not None:
        items: Items = code.items.read(visit)
        return items
    if isinstance(visit.input, (list, dict)):
        return visit.input
    raise visit.query_error(f"Map state input must be an array but was: {encode(visit.input)}", None)


def tolerance(code: MapCode, visit: Visit) -> tuple[float | None, float | None]:
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


def select_all(code: MapCode, visit: Visit, items: Items) -> list[JSON]:
    """The inputs of all items. Raises StateError."""
    keys = list(items) if isinstance(items, dict) else None
    return [_select(code, visit, _about(keys, items, index)) for index in range(len(items))]


async def _inline(
    code: MapCode, visit: Visit, items: Items, concurrency: int, walk: Walk, go_on: GoOn, at: Stay | None
) -> JSON:
    strand = visit.strand
    begun = strand.tip
    lines: Mapping[int, Line] = {} if at is None else at.lines
    limit = min(concurrency or INLINE_CONCURRENCY, INLINE_CONCURRENCY)
    keys = list(items) if isinstance(items, dict) else None
    ended: deque[int] = deque()

    async def iteration(index: int) -> JSON:
        about = _about(keys, items, index)
        details = {"name": visit.name, "index": index}
        line = lines.get(index) if lines else None
        if line is None:
            before = begun if index < limit or not ended else ended.popleft()
            inner = Strand(strand.run, before, strand.variables, about)
            inner.emit("MapIterationStarted", details)
        elif line.ended:
            ended.append(line.tip)
            strand.tip = line.tip
            return line.output
        else:
            inner = Strand(strand.run, line.tip, strand.variables, about)
            if line.failed:
                inner.emit("MapIterationStarted", details)
                line.tip = inner.tip
        try:
            input = _select(code, visit, about)
            if line is None:
                output = await walk(code.processor, inner, input, None)
            else:
                output = await go_on(code.processor, inner, line, input)
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

    broken = None if at is None else at.broken
    if broken is not None:
        await iteration(broken)
    result: JSON = await Gather(iteration, len(items), limit)
    return result


class _Plan(NamedTuple):
    """What the children of a distributed Map are given. `sizes`: how many items each has, with an ItemBatcher;
    `pending`: what is said of the input of one that was not started."""

    inputs: Callable[[int], JSON]
    total: int
    sizes: Sequence[int] | None
    pending: Sequence[JSON]


def _plan(code: MapCode, visit: Visit, items: Items) -> _Plan:
    keys = list(items) if isinstance(items, dict) else None

    def select(index: int) -> JSON:
        return _select(code, visit, _about(keys, items, index))

    if code.batch is None:
        return _Plan(select, len(items), None, list(items.values()) if isinstance(items, dict) else items)
    inputs, sizes = batches(code.batch, visit, select_all(code, visit, items))
    return _Plan(inputs.__getitem__, len(items), sizes, inputs)


async def _distributed(
    code: MapCode, visit: Visit, items: Items | None, concurrency: int, walk: Walk, at: Stay | None
) -> JSON:
    strand = visit.strand
    tolerated = tolerance(code, visit)
    plan = None if items is None else _plan(code, visit, items)
    reading = None if code.reader is None else prepare_reading(code.reader, visit)
    destination = None if code.writer is None else prepare_writing(code.writer, visit)
    known = None if at is None else at.map_run
    run = MapRun(code, visit, tolerated, concurrency, keep=destination is not None, known=known)
    if known is None:
        strand.emit("MapRunStarted", {"mapRunArn": run.arn})
    elif at is not None and at.again:
        strand.emit("MapRunRedriven", {"mapRunArn": run.arn, "redriveCount": run.redriven()})
    try:
        if reading is not None:
            plan = _plan(code, visit, await read_items(reading))
        assert plan is not None
        result = await _children(run, plan, concurrency, walk, destination)
    except StateError as error:
        run.close("FAILED")
        details = {"error": error.error, "cause": error.cause}
        strand.emit("MapRunFailed", {k: v for k, v in details.items() if v is not None})
        raise
    except GeneratorExit:
        run.close("ABORTED")
        strand.emit("MapRunAborted")
        raise
    run.close("SUCCEEDED")
    strand.emit("MapRunSucceeded")
    return result


async def _children(
    run: MapRun, plan: _Plan, concurrency: int, walk: Walk, destination: Destination | None
) -> JSON:
    """Runs all children. Their results are written also when too many have failed."""
    run.expect(plan.total, plan.sizes, len(plan.pending))
    limit = min(concurrency or DISTRIBUTED_CONCURRENCY, DISTRIBUTED_CONCURRENCY)

    def child(index: int) -> Coroutine[Effect, Any, JSON]:
        return run.child(index, plan.inputs, walk)

    try:
        results = await Gather(child, len(plan.pending), limit)
    except StateError:
        if destination is not None:
            with suppress(StateError):  # the failure of the children is what is reported
                await destination.write(run.arn, run.children(plan.pending))
        raise
    if destination is not None:
        run.written = len(plan.pending)
        return await destination.write(run.arn, run.children(plan.pending))
    return run.outputs(results)


def batches(rule: BatchRule, visit: Visit, inputs: list[JSON]) -> tuple[list[JSON], list[int]]:
    """Inputs of the children of a Map with an ItemBatcher, and how many items each holds."""
    most_items = _positive(rule.items, visit) or len(inputs)
    most_bytes = _positive(rule.bytes, visit)
    shared = {} if rule.input is None else {"BatchInput": rule.input.read(visit)}
    empty = text_bytes(encode({**shared, "Items": []}))
    found: list[list[JSON]] = []
    used = 0
    for item in inputs:
        bytes = text_bytes(encode(item)) + 1 if most_bytes is not None else 0
        full = not found or len(found[-1]) >= most_items
        if full or (most_bytes is not None and used + bytes > most_bytes):
            found.append([])
            used = empty
        found[-1].append(item)
        used += bytes
    return [{**shared, "Items": batch} for batch in found], [len(batch) for batch in found]


def _positive(value: Value | None, visit: Visit) -> int | None:
    return None if value is None else int(value.read(visit)) or None
