"""Python's own functions and those of libraries, called with Values: an operation where one does it, else a glue call."""

from __future__ import annotations

import json
import logging
import math
import operator
import random
import time
import uuid
import warnings
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from flowdeco.errors import UnsupportedError
from flowdeco.graph import Literal
from flowdeco.graph.types import BOOL, Type
from flowdeco.runtime.glue import Listed
from flowdeco.tracing import decisions, glue, operate, raising, texts, types
from flowdeco.tracing.lazy import Lazy
from flowdeco.tracing.value import ErrorClass, RangeValue, Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

_OPERATIONS: dict[Any, str] = {
    len: "len",
    abs: "abs",
    divmod: "divmod",
    bool: "truth",
    int: "int",
    float: "float",
    repr: "repr",
    round: "round",
    sum: "sum",
    any: "any",
    all: "all",
    list: "list",
    tuple: "tuple",
    set: "set",
    frozenset: "frozenset",
    reversed: "reversed",
    zip: "zip",
    chr: "chr",
    ord: "ord",
    hex: "hex",
    bin: "bin",
    oct: "oct",
    math.floor: "math.floor",
    math.ceil: "math.ceil",
    math.sqrt: "math.sqrt",
    math.trunc: "math.trunc",
    math.fabs: "math.fabs",
    json.dumps: "json.dumps",
    json.loads: "json.loads",
    dict.fromkeys: "dict.fromkeys",
    operator.add: "add",
    operator.sub: "sub",
    operator.mul: "mul",
    operator.eq: "eq",
    operator.lt: "lt",
    operator.gt: "gt",
}
"""Functions that an operation does, by name, when all arguments are given by position."""

_ITERATORS = (enumerate, zip, reversed, map, filter, range)
_CLASSES = (bool, int, float, str, list, dict, tuple, set, type(None))


def call(recorder: TraceRecorder, fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if _has_effect(fn):
        return _with_effect(recorder, fn, args, kwargs)
    handler = _SPECIAL.get(fn) if _hashable(fn) else None
    if handler is not None:
        found = handler(recorder, args, kwargs)
        if found is not NotImplemented:
            return found
    args = tuple(arg.listed() if isinstance(arg, Lazy) else arg for arg in args)
    if not contains_value((args, kwargs)):
        return _known(recorder, fn, args, kwargs)
    name = _OPERATIONS.get(fn) if _hashable(fn) else None
    if name is not None and not kwargs:
        value = operate.expressed(recorder, name, args)
        if value is not None:
            return value
    title = getattr(fn, "__qualname__", None) or repr(fn)
    if fn in _ITERATORS:
        fn = Listed(fn)
    return glue.glue_call(recorder, fn, args, kwargs, f"{title}() of these values has no expression")


def _known(recorder: TraceRecorder, fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """A call with known arguments, as plain Python. On a path that may not be taken it must not change them."""
    if not recorder.branches:
        return fn(*args, **kwargs)
    before = [(arg, arg.copy()) for arg in (*args, *kwargs.values()) if type(arg) in (list, dict, set)]
    result = recorder.plainly(fn, *args, **kwargs)
    for arg, copy in before:
        if len(arg) != len(copy) or any(a is not b for a, b in zip(arg, copy)):
            raise recorder.fail(
                f"{getattr(fn, '__qualname__', fn)}() changes its argument on a path that may not be taken",
                hint="change it with its own methods, or do it inside a step",
                kind=UnsupportedError,
            )
    return result


def _hashable(fn: Any) -> bool:
    try:
        hash(fn)
    except TypeError:
        return False
    return True


def _has_effect(fn: Any) -> bool:
    if fn is print or fn is warnings.warn:
        return True
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, logging.Logger | logging.LoggerAdapter):
        return getattr(fn, "__name__", "") in _LOGS
    return getattr(fn, "__module__", "") == "logging" and getattr(fn, "__name__", "") in _LOGS


_LOGS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log")


def _shown(recorder: TraceRecorder, arg: Any) -> Any:
    if isinstance(arg, Value) and arg._type.sort == "error":
        return operate.operate(recorder, "error.message", (arg,))
    return arg


def _with_effect(recorder: TraceRecorder, fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """`print` and logging: done when the run gets there, in order. Of an exception they show the text."""
    args = tuple(_shown(recorder, arg) for arg in args)
    with recorder.open.effects():
        return glue.glue_call(recorder, fn, args, kwargs, f"{fn.__name__}() is there for its effect")


def _isinstance(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if len(args) != 2 or not isinstance(args[0], Value):
        return NotImplemented
    value, classes = args
    given = classes if isinstance(classes, tuple) else (classes,)
    if value._type.sort == "error":
        return raising.matches(recorder, value, given)
    if all(c in _CLASSES for c in given):
        names = [c.__name__ for c in given]
        found = operate.expressed(recorder, "isinstance", (value, names if len(names) > 1 else names[0]))
        if found is not None:
            return found
    return glue.glue_call(
        recorder, isinstance, args, {}, "isinstance() with this class has no expression", type=BOOL
    )


def _range(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if not contains_value(args) or kwargs or not 1 <= len(args) <= 3:
        return NotImplemented
    start, stop = (0, args[0]) if len(args) == 1 else args[:2]
    step = args[2] if len(args) == 3 else 1
    made = operate.expressed(recorder, "range", (start, stop, step))
    if made is None:
        return glue.glue_call(recorder, Listed(range), args, {}, "this range has no expression")
    if isinstance(step, int) and step:
        counting = RangeValue(made._expression, recorder, made._type)
        object.__setattr__(counting, "_bounds", (start, stop, step))
        return counting
    return made


def _enumerate(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if not contains_value((args, kwargs)) or len(args) + len(kwargs) > 2:
        return NotImplemented
    start = args[1] if len(args) == 2 else kwargs.get("start", 0)
    found = operate.expressed(recorder, "enumerate", (args[0], start))
    return NotImplemented if found is None else found


def _smallest(name: str, python: Callable[..., Any]) -> Callable[..., Any]:
    def handle(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if not contains_value((args, kwargs)) or set(kwargs) - {"key", "default"}:
            return NotImplemented
        if len(args) > 1:
            if kwargs:
                return NotImplemented
            found = operate.expressed(recorder, f"{name}_of", args)
        else:
            key = key_of(recorder, args[0], kwargs.get("key"))
            if key is None:
                return NotImplemented
            more = (kwargs["default"],) if "default" in kwargs else ()
            found = operate.expressed(recorder, name, (args[0], key, *more))
        return NotImplemented if found is None else found

    return handle


def _sorted(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if len(args) != 1 or not contains_value((args, kwargs)) or set(kwargs) - {"key", "reverse"}:
        return NotImplemented
    key = key_of(recorder, args[0], kwargs.get("key"))
    if key is None:
        return NotImplemented
    found = operate.expressed(recorder, "sorted", (args[0], key, kwargs.get("reverse", False)))
    return NotImplemented if found is None else found


def key_of(recorder: TraceRecorder, items: Any, key: Any) -> Any:
    """`key=` as an operand: a Function, the constant None, or None when it is no expression."""
    if key is None:
        return Value(Literal(None), recorder)
    return operate.function_of(recorder, key, (_element(recorder, items),))


def _element(recorder: TraceRecorder, items: Any) -> Type:
    from flowdeco.tracing import looks

    listed = recorder.iterable(items)
    if isinstance(listed, Value):
        return looks.element_type(listed)
    return types.value_type(list(listed)).item


def _each(name: str) -> Callable[..., Any]:
    """`map(f, xs)`, `filter(f, xs)`: as the comprehension would."""

    def handle(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        from flowdeco.tracing.comprehend import comprehend

        if len(args) != 2 or not contains_value(args[1]):
            return NotImplemented
        function, items = args
        if name == "map":
            return comprehend(
                recorder, "list", items, None, lambda item: operate.apply(recorder, function, (item,)), "item"
            )
        test = (
            (lambda item: item)
            if function is None
            else (lambda item: operate.apply(recorder, function, (item,)))
        )
        return comprehend(recorder, "list", items, test, lambda item: item, "item")

    return handle


def _text(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if len(args) != 1 or kwargs or not isinstance(args[0], Value):
        return NotImplemented
    if args[0]._type.sort == "error":
        return operate.operate(recorder, "error.message", args)
    found = operate.expressed(recorder, "str", args)
    return NotImplemented if found is None else found


def _format(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if not contains_value(args) or kwargs or not 1 <= len(args) <= 2:
        return NotImplemented
    return texts.text(recorder, [(args[0], "", args[1] if len(args) == 2 else "")])


def _getattr(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if len(args) == 2 and isinstance(args[0], Value) and isinstance(args[1], str):
        return recorder.attribute(args[0], args[1])
    return NotImplemented


def _fresh(name: str) -> Callable[..., Any]:
    """What is another one in every run, not the one of the trace."""

    def handle(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        found = None if args or kwargs else operate.expressed(recorder, name, ())
        if found is not None:
            return found
        return glue.glue_call(recorder, _NOW[name], args, kwargs, f"{name}() is another one in every run")

    return handle


_NOW: dict[str, Any] = {
    "uuid4": uuid.uuid4,
    "uuid1": uuid.uuid1,
    "random.random": random.random,
    "random.randint": random.randint,
    "random.choice": random.choice,
    "random.uniform": random.uniform,
    "random.sample": random.sample,
    "random.shuffle": random.shuffle,
    "time.time": time.time,
    "datetime.now": datetime.now,
    "datetime.utcnow": datetime.utcnow,
    "datetime.today": datetime.today,
    "date.today": date.today,
}
"""What is another one in every run."""


def _asked(recorder: TraceRecorder, name: str, keep: Callable[[], Any], element: Callable[[], Any]) -> Any:
    """Whether an element is true; what the filter drops decides nothing."""
    if name == "or":
        return recorder.truth(decisions.logic(recorder, "and", (keep, element)))
    return recorder.truth(
        decisions.logic(recorder, "or", (lambda: decisions.negation(recorder, keep()), element))
    )


def _lazily(name: str, python: Callable[..., Any]) -> Callable[..., Any]:
    """`any(…)`, `all(…)`: over a generator of known items the later ones are asked only when they decide."""

    def handle(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if len(args) != 1 or kwargs or not isinstance(args[0], Lazy):
            return NotImplemented
        asked = [partial(_asked, recorder, name, *element) for element in args[0].elements()]
        return recorder.truth(decisions.logic(recorder, name, asked)) if asked else python(())

    return handle


def _next(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Of a generator over a run-time list, which is a list here."""
    if args and isinstance(args[0], Lazy):
        return recorder.plainly(next, *args)
    if not args:
        return NotImplemented
    if kwargs or not isinstance(args[0], Value):
        return NotImplemented
    if len(args) < 2:
        raise recorder.refuse("next() without a default", args[0], "write next((x for x in xs if …), None)")
    there = recorder.truth(operate.operate(recorder, "len", (args[0],)))
    return decisions.ternary(recorder, there, lambda: recorder.item(args[0], 0), lambda: args[1])


def _type(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if len(args) != 1 or not isinstance(args[0], Value):
        return NotImplemented
    if args[0]._type.sort == "error":
        return ErrorClass(args[0])
    raise recorder.refuse("type()", args[0], "write isinstance(x, …), or do it inside a step")


_SPECIAL: dict[Any, Callable[..., Any]] = {
    any: _lazily("or", any),
    all: _lazily("and", all),
    isinstance: _isinstance,
    type: _type,
    next: _next,
    enumerate: _enumerate,
    range: _range,
    min: _smallest("min", min),
    max: _smallest("max", max),
    sorted: _sorted,
    map: _each("map"),
    filter: _each("filter"),
    str: _text,
    format: _format,
    getattr: _getattr,
    **{function: _fresh(name) for name, function in _NOW.items()},
}
