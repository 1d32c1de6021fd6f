"""Glue calls: steps that nobody declared, which run the very function, method or operator on the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

from flowdeco.authoring.options import StepOptions
from flowdeco.errors import UnsupportedError
from flowdeco.graph import Array, Expression, Field, Index, Literal, Object, StepRef
from flowdeco.graph.types import ANY, FLOAT, Type
from flowdeco.runtime.glue import Attribute, Bound, Changing, Listed, Method
from flowdeco.tracing.places import user_location
from flowdeco.tracing.value import Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "and_": "&",
    "or_": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}


def glue_call(
    recorder: TraceRecorder,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    why: str,
    *,
    type: Type = ANY,
    name: str = "",
) -> Value:
    """A step that runs the function on the values: what it results in."""
    place = user_location()
    if not recorder.glue_allowed:
        raise recorder.fail(
            f"{why}, and the workflow allows no glue calls",
            hint="write a step that does it, or leave glue=False out",
            kind=UnsupportedError,
        )
    function, args, kwargs = _as_data(recorder, function, args, kwargs)
    name = name or _glue_name(function)
    module, qualname = _where(function)
    wanted, number = name, 2
    while not recorder.register(
        StepRef(wanted, module, qualname, StepOptions(wanted), place, glue=True), function
    ):
        wanted, number = f"{name} {number}", number + 1
    given: list[tuple[str, Expression]] = []
    if args:
        exact = tuple(_exact(recorder.argument(arg, wanted, "*"), arg) for arg in args)
        known = [part.value for part in exact if isinstance(part, Literal)]
        given.append(("*", Literal(known) if len(known) == len(exact) else Array(exact)))
    given += [(key, _exact(recorder.argument(value, wanted, key), value)) for key, value in kwargs.items()]
    recorder.explain(place, wanted, why)
    return recorder.node(StepOptions(wanted), tuple(given), type=type, place=place, glue=True)


def _exact(expression: Expression, value: Any) -> Expression:
    """A float that an expression makes stays one, where the function would see the difference."""
    computed = isinstance(value, Value) and value._type == FLOAT and not isinstance(expression, Field | Index)
    if not computed:
        return expression
    return Object((("$type", Literal("float")), ("value", expression)))


def _as_data(
    recorder: TraceRecorder, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
    """Arguments that are no data (functions, classes, modules) become part of the function."""
    positional = [(place, arg) for place, arg in enumerate(args) if _no_data(arg)]
    named = {key: arg for key, arg in kwargs.items() if _no_data(arg)}
    if not positional and not named:
        return function, list(args), dict(kwargs)
    places = dict(positional)
    return (
        Bound(function, tuple(positional), named),
        [arg for place, arg in enumerate(args) if place not in places],
        {key: arg for key, arg in kwargs.items() if key not in named},
    )


def _no_data(thing: Any) -> bool:
    if isinstance(thing, Value):
        return False
    return callable(thing) or type(thing).__name__ == "module"


def _glue_name(function: Any) -> str:
    if isinstance(function, Bound | Listed):
        return _glue_name(function.function)
    if isinstance(function, Method | Changing):
        return f".{function.name}()"
    if isinstance(function, Attribute):
        return f".{function.name}"
    name = getattr(function, "__qualname__", None) or type(function).__name__
    module = getattr(function, "__module__", None) or ""
    sign = SIGNS.get(name) if module == "_operator" else None
    if sign is not None:
        return f"x {sign} y"
    plain = name.rpartition("<locals>.")[2].replace("<lambda>", "lambda")
    if module in ("builtins", "_operator", "flowdeco.runtime.glue", "__main__", "") or isinstance(
        function, FunctionType
    ):
        return f"{plain}()"
    return f"{module.lstrip('_')}.{plain}()"


def _where(function: Any) -> tuple[str, str]:
    if isinstance(function, Method | Attribute | Changing):
        return "flowdeco.runtime.glue", f"{type(function).__name__}:{function.name}"
    return str(getattr(function, "__module__", "") or ""), str(
        getattr(function, "__qualname__", type(function).__name__)
    )


def glue_method(
    recorder: TraceRecorder, value: Value, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Value:
    """`value.name(...)` as a glue call."""
    method: Callable[..., Any] = Method(name)
    if name in ("items", "keys", "values"):
        method = Listed(method)  # their results are looks into the dict, which cannot travel
    return glue_call(recorder, method, (value, *args), kwargs, f".{name}() of this value has no expression")


def glue_attribute(recorder: TraceRecorder, value: Value, name: str) -> Value:
    """`value.name` as a glue call."""
    return glue_call(recorder, Attribute(name), (value,), {}, f".{name} of this value has no expression")
