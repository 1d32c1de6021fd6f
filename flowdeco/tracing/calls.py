"""Calls in a body: what is called decides what becomes of them."""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import operator
import random
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import partial
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import BuiltinFunctionType, MethodType
from typing import TYPE_CHECKING, Any

from flowdeco.errors import UnsupportedError
from flowdeco.graph.types import BOOL, Type
from flowdeco.runtime.glue import Listed, Method
from flowdeco.tracing import operate, raising, types
from flowdeco.tracing.callees import Callee, classify
from flowdeco.tracing.lazy import Lazy
from flowdeco.tracing.places import is_user_file
from flowdeco.tracing.rewrite.construct import CHANGES
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


def invoke(recorder: TraceRecorder, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
    """`g(x)` in a body."""
    recorder.fresh(fn)
    if recorder.stale:
        for thing in (*args, *kwargs.values()):
            recorder.fresh(thing)
    callee = classify(fn)
    match callee:
        case Callee.TRACED:
            return fn(*args, **kwargs)
        case Callee.VALUE:
            raise recorder.refuse(
                "a call", fn, "only functions known while tracing can be called; call a step"
            )
        case Callee.HELPER:
            return _helper(recorder, fn, args, kwargs)
        case Callee.CONTAINER:
            if isinstance(fn, BuiltinFunctionType):
                return _of_container(recorder, fn, args, kwargs)
            if contains_value((args, kwargs)) and isinstance(fn, type):
                return _made(recorder, fn, args, kwargs)
            return fn(*args, **kwargs)
        case Callee.OTHER:
            return _other(recorder, fn, args, kwargs)


def method(recorder: TraceRecorder, thing: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
    """`thing.name(x)` in a body."""
    recorder.fresh(thing)
    if isinstance(thing, Value):
        return _of_value(recorder, thing, name, args, kwargs)
    if type(thing) in (str, list, dict, tuple, set, frozenset) and (
        contains_value((args, kwargs)) or (type(thing) is not str and _looks(name) and contains_value(thing))
    ):
        operands = _positional(kwargs, name, args)
        known = (
            operate.expressed(recorder, f"method:{name}", (thing, *operands))
            if operands is not None
            else None
        )
        if known is not None:
            return known
        if name == "format" and isinstance(thing, str):
            return _format_method(recorder, thing, args, kwargs)
        return operate.glue_call(
            recorder,
            Method(name),
            (thing, *args),
            kwargs,
            f".{name}() with a run-time value has no expression",
        )
    return invoke(recorder, getattr(thing, name), *args, **kwargs)


def effect(recorder: TraceRecorder, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
    """`g(x)` as a statement of its own."""
    with recorder.open.effects():
        return invoke(recorder, fn, *args, **kwargs)


def method_effect(recorder: TraceRecorder, thing: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
    """`thing.name(x)` as a statement of its own."""
    with recorder.open.effects():
        return method(recorder, thing, name, *args, **kwargs)


# ------------------------------------------------------------------------------------------ the user's own


def _helper(recorder: TraceRecorder, fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    function = fn.__func__ if isinstance(fn, MethodType) else fn
    given = (fn.__self__, *args) if isinstance(fn, MethodType) else args
    flags = function.__code__.co_flags
    if flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR):
        if contains_value((args, kwargs)):
            raise recorder.fail(
                f"{function.__qualname__}() is {'a generator' if flags & CO_GENERATOR else 'async'}: "
                "it cannot run with run-time values",
                hint="return a list, or make it a step",
                kind=UnsupportedError,
            )
        return fn(*args, **kwargs)
    if recorder.is_running(function):
        raise recorder.fail(
            f"{function.__qualname__}() calls itself with what only the run knows: a state machine has no recursion",
            hint="loop over a list, or do it inside a step",
            kind=UnsupportedError,
        )
    mark, failure, before = recorder.mark(), recorder.failure, recorder.step_calls
    try:
        return recorder.in_frame(function, given, dict(kwargs))
    except UnsupportedError as error:
        if recorder.step_calls != before or not _can_be_glue(function, args, kwargs):
            raise
        recorder.failure = failure
        recorder.back_to(mark)
        return operate.glue_call(
            recorder,
            fn,
            args,
            kwargs,
            f"{function.__qualname__}() cannot be a part of the body ({error.message})",
            type=types.return_type(function),
        )


def _can_be_glue(function: Any, args: Any, kwargs: Any) -> bool:
    cells = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
    if any(isinstance(arg, Value) and arg._type.sort == "error" for arg in (*args, *kwargs.values())):
        return False  # a step would not get an exception
    return contains_value((args, kwargs)) and not contains_value(cells)


def _filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _of_container(
    recorder: TraceRecorder, fn: BuiltinFunctionType, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """A method of a list, dict or set that was kept: `add = xs.append`."""
    if recorder.branches and fn.__name__ in CHANGES:
        raise recorder.fail(
            f"{fn.__name__}() of a container on a path that may not be taken: the change would be there on every path",
            hint="write xs.append(x) with the container's own name",
            kind=UnsupportedError,
        )
    return recorder.plainly(fn, *args, **kwargs)


def _made(recorder: TraceRecorder, cls: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """An object of a class, run-time values inside."""
    if cls is dict:
        pairs = [types.value_type(arg) for arg in args]
        if args and isinstance(args[0], Value):
            name = "dict_merge" if pairs[0].sort == "dict" else "dict_of_pairs"
            made = operate.operate(recorder, name, (args[0],), python=dict)
            return operate.operate(recorder, "dict_merge", (made, dict(kwargs))) if kwargs else made
        return dict(*args, **kwargs)
    if cls is zip and any(isinstance(arg, Value) for arg in args) and not kwargs:
        return operate.operate(recorder, "zip", args, python=Listed(zip))
    if issubclass(cls, BaseException) or not _is_foreign(cls):
        return cls(*args, **kwargs)
    return operate.glue_call(
        recorder,
        cls,
        args,
        kwargs,
        f"{cls.__qualname__}() of these values has no expression",
        type=types.type_of(cls),
    )


def _is_foreign(cls: type) -> bool:
    """Whether making an object of a class looks at what it is given: all but the user's own and plain records do."""
    if dataclasses.is_dataclass(cls) or (issubclass(cls, tuple) and hasattr(cls, "_fields")):
        return False
    if hasattr(cls, "model_fields") or issubclass(cls, Enum):
        return True
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    return cls.__module__ != "__main__" and (file is None or not is_user_file(file))


# ------------------------------------------------------------------------------------ Python's and libraries'


def _other(recorder: TraceRecorder, fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
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
    return operate.glue_call(recorder, fn, args, kwargs, f"{title}() of these values has no expression")


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
        return operate.glue_call(recorder, fn, args, kwargs, f"{fn.__name__}() is there for its effect")


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
    return operate.glue_call(
        recorder, isinstance, args, {}, "isinstance() with this class has no expression", type=BOOL
    )


def _range(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if not contains_value(args) or kwargs or not 1 <= len(args) <= 3:
        return NotImplemented
    start, stop = (0, args[0]) if len(args) == 1 else args[:2]
    step = args[2] if len(args) == 3 else 1
    made = operate.expressed(recorder, "range", (start, stop, step))
    if made is None:
        return operate.glue_call(recorder, Listed(range), args, {}, "this range has no expression")
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
    from flowdeco.graph import Literal

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
                recorder, "list", items, None, lambda item: invoke(recorder, function, item), "item"
            )
        test = (lambda item: item) if function is None else (lambda item: invoke(recorder, function, item))
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
    return operate.text(recorder, [(args[0], "", args[1] if len(args) == 2 else "")])


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
        return operate.glue_call(recorder, _NOW[name], args, kwargs, f"{name}() is another one in every run")

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
        return recorder.truth(operate.logic(recorder, "and", (keep, element)))
    return recorder.truth(
        operate.logic(recorder, "or", (lambda: operate.negation(recorder, keep()), element))
    )


def _lazily(name: str, python: Callable[..., Any]) -> Callable[..., Any]:
    """`any(…)`, `all(…)`: over a generator of known items the later ones are asked only when they decide."""

    def handle(recorder: TraceRecorder, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if len(args) != 1 or kwargs or not isinstance(args[0], Lazy):
            return NotImplemented
        asked = [partial(_asked, recorder, name, *element) for element in args[0].elements()]
        return recorder.truth(operate.logic(recorder, name, asked)) if asked else python(())

    return handle


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


# ------------------------------------------------------------------------------------ methods of Values


def _of_value(
    recorder: TraceRecorder, value: Value, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    sort = value._type.sort
    if sort in ("record", "namedtuple"):
        raise recorder.refuse(
            f".{name}()", value, "only fields can be used, not methods: call it inside a step"
        )
    operands = _positional(kwargs, name, args)
    if operands is not None:
        found = operate.expressed(recorder, f"method:{name}", (value, *operands))
        if found is not None:
            return found
    if name == "format" and sort == "str":
        return operate.glue_method(recorder, value, name, args, kwargs)
    if name in CHANGES and sort in ("list", "dict", "set", "any"):
        raise recorder.refuse(f".{name}()", value, "change it as a statement of its own, under its own name")
    return operate.glue_method(recorder, value, name, args, kwargs)


def _looks(name: str) -> bool:
    """Whether a method of a container compares what is in it."""
    return name in ("index", "count")


_KEYWORDS = {"split": ("sep", "maxsplit"), "rsplit": ("sep", "maxsplit"), "splitlines": ("keepends",)}


def _positional(kwargs: Mapping[str, Any], name: str, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Arguments by position; None when a name has no place."""
    if not kwargs:
        return args
    places = _KEYWORDS.get(name, ())
    given = list(args)
    for key in places[len(args) :]:
        if key not in kwargs:
            break
        given.append(kwargs[key])
    return tuple(given) if len(given) == len(args) + len(kwargs) else None


def _format_method(
    recorder: TraceRecorder, template: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """`"{} of {n:.2f}".format(a, n=b)`, as the f-string would be."""
    import string

    parts: list[Any] = []
    count = 0
    for literal, field, spec, conversion in string.Formatter().parse(template):
        if literal:
            parts.append(literal)
        if field is None:
            continue
        if field == "":
            field, count = str(count), count + 1
        if not (field.isdigit() or field.isidentifier()) or "{" in (spec or ""):
            return operate.glue_call(
                recorder, Method("format"), (template, *args), kwargs, "this format has no expression"
            )
        value = args[int(field)] if field.isdigit() else kwargs[field]
        parts.append((value, conversion or "", spec or ""))
    return operate.text(recorder, parts)
