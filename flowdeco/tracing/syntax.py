"""Operators and comparisons as rewritten code asks for them, and what patterns of `match` ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder
from flowdeco.tracing.decisions import logic, negation
from flowdeco.tracing.operate import operate


def binary(recorder: TraceRecorder, name: str, left: Any, right: Any) -> Any:
    """`left op right`."""
    if name == "mod" and isinstance(left, str) and contains_value(right):
        values = right if isinstance(right, tuple) else (right,)
        return operate(recorder, "format_percent", (left, *values))
    return operate(recorder, name, (left, right))


def compare(recorder: TraceRecorder, name: str, left: Any, right: Any) -> Any:
    """`left op right` for a comparison, `in` and `is` included."""
    if name in ("in", "not in"):
        if isinstance(right, dict) and not contains_value(left):
            return (left in recorder.fresh(right)) is (name == "in")
        found = operate(recorder, "contains", (right, left))
        return found if name == "in" else negation(recorder, found)
    if name in ("is", "is not"):
        return _identity(recorder, left, right, name == "is")
    return operate(recorder, name, (left, right))


def _identity(recorder: TraceRecorder, left: Any, right: Any, wanted: bool) -> Any:
    recorder.fresh(left)
    recorder.fresh(right)
    if not isinstance(left, Value) and not isinstance(right, Value):
        return (left is right) is wanted
    value, other = (left, right) if isinstance(left, Value) else (right, left)
    if other is None:
        found = operate(recorder, "is_none", (value,), python=lambda v: v is None)
    elif other is True or other is False:
        found = operate(recorder, "is_true" if other else "is_false", (value,), python=lambda v: v is other)
    else:
        raise recorder.refuse("'is'", value, "only None, True and False can be compared with 'is'; write ==")
    return found if wanted else negation(recorder, found)


def chain(
    recorder: TraceRecorder, names: Sequence[str], left: Any, right: Any, others: Sequence[Callable[[], Any]]
) -> Any:
    """`a < b < c`: later operands only when what is before them holds."""
    first = compare(recorder, names[0], left, right)
    if not others:
        return first

    def rest() -> Any:
        return chain(recorder, names[1:], right, others[0](), others[1:])

    return logic(recorder, "and", (lambda: first, rest))


def is_sequence(recorder: TraceRecorder, thing: Any) -> Any:
    """Whether a sequence pattern may match."""
    if not isinstance(thing, Value):
        return isinstance(thing, list | tuple)
    if thing._type.sort in ("list", "tuple", "namedtuple") and not thing._type.optional:
        return True
    if thing._type.sort not in ("any", "list", "tuple", "namedtuple"):
        return False
    return operate(
        recorder, "isinstance", (thing, ["list", "tuple"]), python=lambda v, c: isinstance(v, list | tuple)
    )


def is_mapping(recorder: TraceRecorder, thing: Any) -> Any:
    """Whether a mapping pattern may match."""
    if not isinstance(thing, Value):
        return isinstance(thing, Mapping)
    if thing._type.sort == "dict" and not thing._type.optional:
        return True
    if thing._type.sort not in ("any", "dict"):
        return False
    return operate(recorder, "isinstance", (thing, "dict"), python=lambda v, c: isinstance(v, dict))


def without(recorder: TraceRecorder, thing: Any, keys: Sequence[str]) -> Any:
    """`**rest` of a mapping pattern."""
    rest = thing
    for key in keys:
        if isinstance(rest, Value):
            rest = operate(recorder, "mutate:delitem", (rest, key), python=_less)
        else:
            rest = _less(rest, key)
    return rest


def _less(thing: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in thing.items() if k != key}
