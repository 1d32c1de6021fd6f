"""Truth, and what hangs on it: `and`, `or`, `not`, conditional expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from flowdeco.graph import Case, Choice, Never
from flowdeco.graph.types import BOOL
from flowdeco.tracing import flow
from flowdeco.tracing.blocks import Draft, OpenBlock, Pending, jump
from flowdeco.tracing.flow import RESULT
from flowdeco.tracing.merging import captured, merge, restored
from flowdeco.tracing.places import user_location
from flowdeco.tracing.value import Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder
from flowdeco.tracing.operate import expressed, operate


def truth(recorder: TraceRecorder, thing: Any) -> Any:
    """Whether something is true: a bool, or a Value that will be one."""
    recorder.fresh(thing)
    if not isinstance(thing, Value):
        return bool(thing)
    if thing._type == BOOL:
        return thing
    found = operate(recorder, "truth", (thing,), python=bool)
    if isinstance(found, Value) and found._type != BOOL:
        return Value(found._expression, recorder, BOOL)
    return found


def negation(recorder: TraceRecorder, thing: Any) -> Any:
    """`not thing`."""
    true = truth(recorder, thing)
    return operate(recorder, "not", (true,)) if isinstance(true, Value) else not true


def logic(
    recorder: TraceRecorder, kind: str, parts: Sequence[Callable[[], Any]], texts: Sequence[str] = ()
) -> Any:
    """`a and b and …`, `a or b or …`: the later ones only when they decide."""
    first = parts[0]()
    if len(parts) == 1:
        return first
    true = truth(recorder, first)
    if not isinstance(true, Value):
        return first if true is (kind == "or") else logic(recorder, kind, parts[1:], texts[1:])

    def this() -> Any:
        return first

    def others() -> Any:
        return logic(recorder, kind, parts[1:], texts[1:])

    text = texts[0] if texts else ""
    if kind == "and":
        return decide(recorder, true, others, this, lambda a, b: expressed(recorder, "and", (first, a)), text)
    return decide(recorder, true, this, others, lambda a, b: expressed(recorder, "or", (first, b)), text)


def ternary(
    recorder: TraceRecorder, test: Any, then: Callable[[], Any], other: Callable[[], Any], text: str = ""
) -> Any:
    """`then if test else other`."""
    true = truth(recorder, test)
    if not isinstance(true, Value):
        return then() if true else other()
    return decide(recorder, true, then, other, lambda a, b: expressed(recorder, "if", (true, a, b)), text)


def decide(
    recorder: TraceRecorder,
    test: Value,
    then: Callable[[], Any],
    other: Callable[[], Any],
    expression: Callable[[Any, Any], Any],
    text: str = "",
) -> Any:
    """One of two, by a condition: an expression when neither takes time, else a choice. `text`: as the user wrote it."""
    mark = recorder.mark()
    place = user_location()
    id = recorder.next_id("a condition")
    paths: list[Pending] = []
    arms: list[OpenBlock] = []
    results: list[Any] = []
    with recorder.branching() as path:
        for arm in (then, other):
            result = None
            with path(), recorder.open.opened() as block:
                try:
                    result = arm()
                except Exception as error:
                    flow.caught(recorder, error)
                if not recorder.open.ended:
                    way = jump(id, captured(recorder, (RESULT,), {RESULT: result}))
                    paths.append(way)
                    recorder.open.end(way)
            results.append(result)
            arms.append(block)
    if len(paths) == 2 and not any(block.nodes for block in arms):
        if results[0] is results[1]:
            recorder.back_to(mark)
            return results[0]
        value = expression(*results)
        if value is not None:
            return value
    variables, merged = merge(recorder, paths, (RESULT,), id) if paths else ((), {})
    condition = test._expression
    recorder.open.place(
        Draft(
            id,
            lambda after: Choice(
                id=id,
                cases=(Case(condition, arms[0].frozen(), text),),
                default=arms[1].frozen(),
                outs=recorder.named_variables(variables),
                after=after,
                location=place,
            ),
        ),
        arms,
    )
    if not paths:
        recorder.open.end(Never())
        return None
    return restored(merged[RESULT])
