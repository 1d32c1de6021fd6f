"""Calls in a body: what is called decides what becomes of them."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from enum import Enum
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import BuiltinFunctionType, MethodType
from typing import TYPE_CHECKING, Any

from flowdeco.errors import UnsupportedError
from flowdeco.runtime.glue import Listed, Method
from flowdeco.tracing import functions, glue, operate, texts, types
from flowdeco.tracing.callees import Callee, classify
from flowdeco.tracing.places import is_user_file
from flowdeco.tracing.rewrite.construct import CHANGES
from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder


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
            return functions.call(recorder, fn, args, kwargs)


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
        return glue.glue_call(
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
                f"{function.__name__}() is {'a generator' if flags & CO_GENERATOR else 'async'}: "
                "it cannot run with run-time values",
                hint="return a list, or make it a step",
                kind=UnsupportedError,
            )
        return fn(*args, **kwargs)
    if recorder.is_running(function) and contains_value((args, kwargs)):
        raise recorder.fail(
            f"{function.__name__}() calls itself with what only the run knows: a state machine has no recursion",
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
        return glue.glue_call(
            recorder,
            fn,
            args,
            kwargs,
            f"{function.__name__}() cannot be a part of the body ({error.message})",
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
    if cls is zip and not any(isinstance(arg, Value) for arg in args):
        return zip(*args, **kwargs)
    if cls is zip and not kwargs:
        return operate.operate(recorder, "zip", args, python=Listed(zip))
    if issubclass(cls, BaseException) or not _is_foreign(cls):
        return cls(*args, **kwargs)
    return glue.glue_call(
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
        return glue.glue_method(recorder, value, name, args, kwargs)
    if name in CHANGES and sort in ("list", "dict", "set", "any"):
        raise recorder.refuse(f".{name}()", value, "change it as a statement of its own, under its own name")
    return glue.glue_method(recorder, value, name, args, kwargs)


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
            return glue.glue_call(
                recorder, Method("format"), (template, *args), kwargs, "this format has no expression"
            )
        value = args[int(field)] if field.isdigit() else kwargs[field]
        parts.append((value, conversion or "", spec or ""))
    return texts.text(recorder, parts)
