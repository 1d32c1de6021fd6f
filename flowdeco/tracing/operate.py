"""What a body does with Values: an expression where one has exactly Python's meaning, else a glue call.

A glue call is a step that nobody declared: it runs the very function, method or operator, on the values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowdeco.errors import CodecError, UnsupportedError
from flowdeco.graph import Expression, Function, Literal, Local
from flowdeco.graph.expressions import children
from flowdeco.graph.operations import OperandError, resolve
from flowdeco.graph.types import Type, something
from flowdeco.runtime.glue import formatted, percent, sliced
from flowdeco.tracing import flow, types
from flowdeco.tracing.glue import SIGNS, glue_call
from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

LARGE = 60
"""An expression of more parts than this is evaluated once and read from a variable, else its text would double with each use."""

_FRESH = frozenset(
    {"uuid4", "random.random", "time.time", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
)
"""Operations that give something else each time."""

PYTHON: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
    "matmul": operator.matmul,
    "and_": operator.and_,
    "or_": operator.or_,
    "xor": operator.xor,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
    "neg": operator.neg,
    "pos": operator.pos,
    "invert": operator.invert,
    "abs": abs,
    "divmod": divmod,
    "round": round,
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "contains": operator.contains,
    "item": operator.getitem,
    "slice": sliced,
    "len": len,
    "truth": bool,
    "not": operator.not_,
    "str": str,
    "repr": repr,
    "iterate": list,
    "format": formatted,
    "format_percent": percent,
}
"""What an operation runs when it has to be a glue call."""


def operate(
    recorder: TraceRecorder,
    name: str,
    operands: tuple[Any, ...],
    *,
    python: Callable[..., Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    glue: Callable[[], Any] | None = None,
) -> Any:
    """An operation on what may hold Values. `python`: what does it on known values, and as a glue call."""
    function = python or PYTHON.get(name)
    for operand in operands:
        recorder.fresh(operand)
    if function is not None and not any(contains_value(operand) for operand in operands):
        return recorder.plainly(function, *operands, **(kwargs or {}))
    value = expressed(recorder, name, operands)
    if value is not None:
        return value
    if glue is not None:
        return glue()
    if function is None:
        raise recorder.refuse(
            name, next((o for o in operands if isinstance(o, Value)), None), "do it in a step"
        )
    called = SIGNS.get(name) or getattr(function, "__name__", name)
    return glue_call(
        recorder, function, operands, kwargs or {}, f"{called!r} of these values has no expression"
    )


def expressed(recorder: TraceRecorder, name: str, operands: Sequence[Any], *, sure: bool = False) -> Any:
    """The operation as an expression; None when there is none with Python's meaning, or its failing would have to be caught.

    `sure`: it does not fail where Python would go on.
    """
    try:
        arguments = tuple(
            operand.function if isinstance(operand, Made) else recorder.expression(operand)
            for operand in operands
        )
    except CodecError:
        return None
    kinds = tuple(
        something(operand.type if isinstance(operand, Made) else types.value_type(operand))
        for operand in operands
    )
    try:
        resolved = resolve(name, arguments, kinds)
    except OperandError as error:
        hint = error.hint or "convert one of them, e.g. str(n) or int(s), or do it inside a step"
        raise recorder.fail(str(error), hint=hint) from None
    if resolved is None or (resolved.raises and not sure and would_be_caught(recorder, resolved.raises)):
        return None
    if isinstance(resolved.expression, Literal) and type(resolved.expression.value) in (
        bool,
        int,
        float,
        str,
    ):
        return resolved.expression.value
    recorder.expressed_as(resolved.expression)
    value = Value(resolved.expression, recorder, resolved.type)
    if recorder.inlining:
        return None if name in _FRESH else value
    if name in _FRESH:
        return recorder.let(value, name.rpartition(".")[2], once=True)
    if _large(resolved.expression) and not has_local(resolved.expression):
        return recorder.let(value, name.rpartition(".")[2])
    return value


def would_be_caught(recorder: TraceRecorder, errors: Sequence[type[BaseException]]) -> bool:
    """Whether a handler around would take one of these errors: an expression that fails cannot be caught as them."""
    return any(
        any(issubclass(error, kind) or issubclass(kind, error) for kind in on if isinstance(kind, type))
        for attempting in recorder.scope.attempts
        for on in attempting.handlers
        for error in errors
    )


def _large(expression: Expression) -> bool:
    count, stack = 0, [expression]
    while stack:
        count += 1
        if count > LARGE:
            return True
        stack.extend(children(stack.pop()))
    return False


def has_local(expression: Expression) -> bool:
    """Whether it is inside a function: there it cannot be evaluated beforehand."""
    stack = [expression]
    while stack:
        top = stack.pop()
        if isinstance(top, Local):
            return True
        stack.extend(children(top))
    return False


# ------------------------------------------------------------------------------------------- functions


@dataclass(frozen=True, slots=True)
class Made:
    """A function as an operand, and the type of what it results in."""

    function: Function
    type: Type


def function_of(
    recorder: TraceRecorder, function: Callable[..., Any], parameters: Sequence[Type]
) -> Made | None:
    """A function as part of an expression; None when it does what no expression can."""
    mark, failure = recorder.mark(), recorder.failure
    numbers = tuple(recorder.next_id("an argument") for _ in parameters)
    values = tuple(Value(Local(number), recorder, type) for number, type in zip(numbers, parameters))
    recorder.inlining += 1
    with recorder.branching() as path, path(), recorder.open.opened() as block:
        try:
            result = apply(recorder, function, values)
            body = recorder.expression(result)
        except (UnsupportedError, CodecError):
            body, result = None, None
        except Exception as error:
            flow.caught(recorder, error)
            body = None
    recorder.inlining -= 1
    if body is None or block.nodes or block.end is not None:
        recorder.failure = failure
        recorder.back_to(mark)
        return None
    made = Function(numbers, _parameter_names(function, len(parameters)), body)
    return Made(made, types.value_type(result))


def apply(recorder: TraceRecorder, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """The function called, as the body would."""
    from flowdeco.tracing.calls import invoke

    return invoke(recorder, function, *args)


def _parameter_names(function: Any, count: int) -> tuple[str, ...]:
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    usable = [n for n in names if n.isidentifier() and not n.startswith("_")]
    return tuple(usable[:count]) if len(usable) >= count else ("x", "y", "z")[:count]
