"""Changes of lists, dicts and sets: in place while everything is known, else as new values under the same name.

On a path that may not be taken, and for run-time values, a change makes a new container. The name it was made under gets
the new one; whoever still holds the old one is refused when it is used (`recorder.outdate`), as Python would show the
change there too.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flowdeco.errors import UnsupportedError
from flowdeco.graph.types import ANY, Type, join, list_of
from flowdeco.runtime.glue import Changing
from flowdeco.tracing import calls, functions, glue, looks, operate
from flowdeco.tracing.types import value_type
from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

_RESULTS = frozenset({"pop", "popitem", "setdefault"})
_LOOK = frozenset({"remove", "sort", "discard"})
"""Methods that compare what is inside."""

_INPLACE: Mapping[str, Callable[..., Any]] = {
    "add": operator.iadd,
    "sub": operator.isub,
    "mul": operator.imul,
    "truediv": operator.itruediv,
    "floordiv": operator.ifloordiv,
    "mod": operator.imod,
    "pow": operator.ipow,
    "matmul": operator.imatmul,
    "and_": operator.iand,
    "or_": operator.ior,
    "xor": operator.ixor,
    "lshift": operator.ilshift,
    "rshift": operator.irshift,
}
_CONTAINERS = (list, dict, set)


class Changed:
    """`container`: what the name holds now; `result`: what the method returned."""

    __slots__ = ("container", "result")

    def __init__(self, container: Any, result: Any) -> None:
        self.container = container
        self.result = result


def change(
    recorder: TraceRecorder, where: str, container: Any, method: str, /, *args: Any, **kwargs: Any
) -> Changed:
    """`where.method(...)`, when the method may change what it is called on."""
    recorder.fresh(container)
    for arg in args:
        recorder.fresh(arg)
    if isinstance(container, Value):
        if container._type.sort not in ("list", "dict", "set", "any"):
            return Changed(container, calls.method(recorder, container, method, *args, **kwargs))
        return _of_value(recorder, where, container, method, args, kwargs)
    if type(container) not in _CONTAINERS:
        return Changed(container, calls.method(recorder, container, method, *args, **kwargs))
    if _needs_run(container, method, args, kwargs):
        changed = _of_value(recorder, where, _as_value(recorder, container), method, args, kwargs)
        recorder.outdate(container, where)
        return changed
    if not recorder.branches:
        return Changed(container, getattr(container, method)(*args, **kwargs))
    copy = container.copy()
    result = recorder.plainly(getattr(copy, method), *args, **kwargs)
    recorder.outdate(container, where)
    return Changed(copy, result)


def _needs_run(container: Any, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether only the run can tell what the change does."""
    if method == "append" or (method == "setdefault" and not isinstance(args[0] if args else None, Value)):
        return False
    if method == "insert":
        return isinstance(args[0], Value)
    if method in ("extend", "update"):
        return any(isinstance(arg, Value) for arg in args)
    if method in ("add",):
        return contains_value(args) or contains_value(container)
    return contains_value(args) or contains_value(kwargs) or (method in _LOOK and contains_value(container))


def _of_value(
    recorder: TraceRecorder,
    where: str,
    container: Value,
    method: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Changed:
    operands: tuple[Any, ...] = args
    if method == "sort":
        key = functions.key_of(recorder, container, kwargs.get("key"))
        operands = (key, kwargs.get("reverse", False)) if key is not None else ()
    elif method == "update" and kwargs:
        operands = (*args, dict(kwargs))
    new = (
        operate.expressed(recorder, f"mutate:{method}", (container, *operands))
        if operands or method != "sort"
        else None
    )
    if new is None:
        return _by_glue(recorder, where, container, method, args, kwargs)
    if isinstance(new, Value):
        new = Value(new._expression, recorder, _grown(container._type, new._type, method, args))
    result = None
    if method in _RESULTS:
        result = operate.expressed(recorder, f"result:{method}", (container, *operands))
    recorder.outdate(container, where)
    return Changed(new, result)


def _by_glue(
    recorder: TraceRecorder,
    where: str,
    container: Value,
    method: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Changed:
    """A change that no expression makes, by a glue call that gives the changed container and what its method returned."""
    kind = Type("tuple", elements=(container._type, ANY))
    why = f".{method}() of this value has no expression"
    both = glue.glue_call(recorder, Changing(method), (container, *args), kwargs, why, type=kind)
    recorder.outdate(container, where)
    return Changed(looks.item(recorder, both, 0), looks.item(recorder, both, 1))


def _grown(before: Type, after: Type, method: str, args: tuple[Any, ...]) -> Type:
    """The type of a list that got an element more: also one that was empty knows then what it holds."""
    if before.sort != "list" or before.element is None or method not in ("append", "insert", "extend"):
        return after
    given = value_type(args[-1])
    return list_of(join(before.element, given.item if method == "extend" else given))


def change_default(
    recorder: TraceRecorder,
    where: str,
    container: Any,
    key: Any,
    default: Any,
    method: str,
    /,
    *args: Any,
    **kwargs: Any,
) -> Changed:
    """`where.setdefault(key, default).method(...)`: what is under the key is changed, and so the dict."""
    filled = change(recorder, where, container, "setdefault", key, default)
    inner = change(recorder, f"{where}[…]", filled.result, method, *args, **kwargs)
    if inner.container is filled.result:
        return Changed(filled.container, inner.result)
    return Changed(set_item(recorder, where, filled.container, key, inner.container), inner.result)


def set_item(recorder: TraceRecorder, where: str, container: Any, key: Any, value: Any, /) -> Any:
    """`where[key] = value`: what the name holds then."""
    recorder.fresh(container)
    recorder.fresh(value)
    if isinstance(key, slice) and (isinstance(container, Value) or recorder.branches):
        raise recorder.fail(
            "assignment to a slice of a run-time list",
            hint="build the list anew: xs[:i] + new + xs[j:]",
            kind=UnsupportedError,
        )
    if isinstance(container, Value) or (type(container) in _CONTAINERS and contains_value(key)):
        new = operate.expressed(recorder, "mutate:setitem", (container, key, value))
        if new is None:
            return _by_glue(
                recorder, where, _as_value(recorder, container), "__setitem__", (key, value), {}
            ).container
        recorder.outdate(container, where)
        return new
    if not recorder.branches:
        container[key] = value
        return container
    if type(container) not in _CONTAINERS:
        raise _escapes(recorder, where)
    copy = container.copy()
    copy[key] = value
    recorder.outdate(container, where)
    return copy


def set_path(
    recorder: TraceRecorder, where: str, container: Any, keys: tuple[Any, ...], value: Any, /
) -> Any:
    """`where[a][b] = value`."""
    if len(keys) == 1:
        return set_item(recorder, where, container, keys[0], value)
    inner = looks.item(recorder, container, keys[0])
    changed = set_path(recorder, f"{where}[…]", inner, keys[1:], value)
    if changed is inner:
        return container
    return set_item(recorder, where, container, keys[0], changed)


def del_item(recorder: TraceRecorder, where: str, container: Any, key: Any, /) -> Any:
    """`del where[key]`: what the name holds then."""
    recorder.fresh(container)
    if isinstance(container, Value) or (type(container) in _CONTAINERS and contains_value(key)):
        new = operate.expressed(recorder, "mutate:delitem", (container, key))
        if new is None:
            return _by_glue(
                recorder, where, _as_value(recorder, container), "__delitem__", (key,), {}
            ).container
        recorder.outdate(container, where)
        return new
    if not recorder.branches:
        del container[key]
        return container
    if type(container) not in _CONTAINERS:
        raise _escapes(recorder, where)
    copy = container.copy()
    recorder.plainly(operator.delitem, copy, key)
    recorder.outdate(container, where)
    return copy


def inplace(recorder: TraceRecorder, name: str, where: str, old: Any, value: Any, /) -> Any:
    """`where += value` and the like: what the name holds then."""
    recorder.fresh(old)
    recorder.fresh(value)
    if not isinstance(old, Value) and type(old) in _CONTAINERS:
        if name == "add" and isinstance(value, Value):
            return change(recorder, where, old, "extend", value).container
        if recorder.branches:
            copy = _INPLACE[name](old.copy(), value)
            recorder.outdate(old, where)
            return copy
        return _INPLACE[name](old, value)
    if isinstance(old, Value) and name == "add" and old._type.sort == "list":
        return change(recorder, where, old, "extend", value).container
    if contains_value(old) or contains_value(value):
        return operate.operate(recorder, name, (old, value))
    return _INPLACE[name](old, value)


def change_inside(recorder: TraceRecorder, container: Any, method: str, /, *args: Any, **kwargs: Any) -> Any:
    """A change of something that no name of the function's own leads to."""
    recorder.fresh(container)
    if isinstance(container, Value) and container._type.sort in ("list", "dict", "set"):
        raise recorder.refuse(f".{method}()", container, "give it a name, and change it under that name")
    if type(container) in _CONTAINERS and (recorder.branches or _needs_run(container, method, args, kwargs)):
        raise _escapes(recorder, "a container")
    return calls.method(recorder, container, method, *args, **kwargs)


def set_inside(recorder: TraceRecorder, where: str, container: Any, key: Any, value: Any, /) -> None:
    """`where[key] = value` where no name of the function's own leads to."""
    if set_item(recorder, where, container, key, value) is not container:
        raise _escapes(recorder, where)


def delete_inside(recorder: TraceRecorder, where: str, container: Any, key: Any, /) -> None:
    """`del where[key]` where no name of the function's own leads to."""
    if del_item(recorder, where, container, key) is not container:
        raise _escapes(recorder, where)


def put_back(
    recorder: TraceRecorder, where: str, container: Any, keys: tuple[Any, ...], changed: Any, /
) -> Any:
    """`name[a][b]` has become `changed`: what the name holds then."""
    inner = container
    for key in keys:
        inner = looks.item(recorder, inner, key) if inner is not None else None
    return container if inner is changed else set_path(recorder, where, container, keys, changed)


def delete_path(recorder: TraceRecorder, where: str, container: Any, keys: tuple[Any, ...], /) -> Any:
    """`del where[a][b]`."""
    if len(keys) == 1:
        return del_item(recorder, where, container, keys[0])
    inner = looks.item(recorder, container, keys[0])
    changed = delete_path(recorder, f"{where}[…]", inner, keys[1:])
    return container if changed is inner else set_item(recorder, where, container, keys[0], changed)


def set_attribute(recorder: TraceRecorder, thing: Any, name: str, value: Any, /) -> None:
    """`thing.name = value`."""
    if isinstance(thing, Value):
        raise recorder.refuse(f"setting .{name}", thing, "return a changed value from a step")
    if recorder.branches:
        raise _escapes(recorder, f".{name}")
    setattr(thing, name, value)


def _as_value(recorder: TraceRecorder, container: Any) -> Value:
    if isinstance(container, Value):
        return container
    return Value(recorder.expression(container), recorder, value_type(container))


def _escapes(recorder: TraceRecorder, where: str) -> Exception:
    return recorder.fail(
        f"{where} is changed on a path that may not be taken: the change would be there on every path",
        hint="use a variable of your own, or change it inside a step",
        kind=UnsupportedError,
    )
