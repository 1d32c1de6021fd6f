"""What annotations and known values say about the types of Values."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache, reduce
from pathlib import PurePath
from typing import Any
from uuid import UUID

from flowdeco.graph import types as graph_types
from flowdeco.graph.types import ANY, Type, join, list_of

_SIMPLE: dict[Any, Type] = {
    str: graph_types.STR,
    int: graph_types.INT,
    float: graph_types.FLOAT,
    bool: graph_types.BOOL,
    type(None): graph_types.NONE,
}
_OPAQUE = (str, int, float, date, time, timedelta, Decimal, UUID, Enum, PurePath, bytes, complex)
_DEEPEST = 5
"""How far into types the look goes: recursive ones have no end."""


@lru_cache(maxsize=1024)
def return_type(function: Callable[..., Any]) -> Type:
    """What the return annotation says; nothing when there is none or it cannot be resolved."""
    if "return" not in getattr(function, "__annotations__", {}):
        return ANY
    return type_of(hints(function).get("return", Any))


def hints(thing: Any) -> dict[str, Any]:
    """The resolved annotations of a function or a class; none when one of them cannot be resolved."""
    try:
        return typing.get_type_hints(thing)
    except Exception:
        return {}


def type_of(annotation: Any, depth: int = 0) -> Type:
    """The type of values that an annotation describes."""
    if annotation in (Any, object, typing.Any) or depth > _DEEPEST:
        return ANY
    if annotation is None:
        return graph_types.NONE
    origin = typing.get_origin(annotation)
    if origin in (typing.Annotated, typing.Required, typing.NotRequired, typing.Final):
        return type_of(typing.get_args(annotation)[0], depth)
    if origin in (typing.Union, types.UnionType):
        members = [type_of(a, depth) for a in typing.get_args(annotation)]
        return reduce(join, sorted(members, key=lambda t: t.sort == "none"))
    if origin is typing.Literal:
        return reduce(join, [value_type(value) for value in typing.get_args(annotation)])
    arguments = typing.get_args(annotation)
    base = origin or annotation
    if isinstance(base, typing.NewType):
        return type_of(base.__supertype__, depth)
    if not isinstance(base, type):
        return ANY
    return _class_type(base, arguments, depth + 1)


def _class_type(base: type, arguments: tuple[Any, ...], depth: int) -> Type:
    name = base.__name__
    if base in _SIMPLE:
        return _SIMPLE[base]
    if typing.is_typeddict(base):
        known = hints(base)
        if getattr(base, "__optional_keys__", None):
            return Type("dict", name=name)
        return Type("dict", fields=_fields(known, known, depth), name=name)
    if dataclasses.is_dataclass(base):
        return Type(
            "record",
            fields=_fields((f.name for f in dataclasses.fields(base)), hints(base), depth),
            name=name,
        )
    if issubclass(base, tuple) and hasattr(base, "_fields"):
        return Type("namedtuple", fields=_fields(base._fields, hints(base), depth), name=name)

    def part(place: int) -> Type | None:
        return type_of(arguments[place], depth) if len(arguments) > place else None

    if base is tuple:
        if len(arguments) == 2 and arguments[1] is ...:
            return Type("tuple", element=part(0))
        return Type("tuple", elements=tuple(type_of(a, depth) for a in arguments) or None)
    if base in (dict, Mapping, MutableMapping):
        return Type("dict", element=part(1))
    if base in (set, frozenset):
        return Type("set", element=part(0), name=name)
    if base is list:
        return Type("list", element=part(0))
    if issubclass(base, _OPAQUE):
        return Type("opaque", name=name)
    if base in (Sequence, Iterable, Collection):
        return Type(element=part(0))
    model_fields = getattr(base, "model_fields", None)
    if isinstance(model_fields, dict):
        known = {f: info.annotation for f, info in model_fields.items()}
        return Type("record", fields=_fields(known, known, depth), name=name)
    if base.__module__.partition(".")[0] in ("pandas", "polars", "numpy", "pyarrow", "sklearn", "torch"):
        return Type("opaque", name=name)
    return ANY


def _fields(names: Iterable[str], known: Mapping[str, Any], depth: int) -> tuple[tuple[str, Type], ...]:
    return tuple((name, type_of(known.get(name, Any), depth)) for name in names)


def value_type(value: object) -> Type:
    """The type of a value that is known while tracing; Values inside it have theirs."""
    from flowdeco.tracing.value import Value

    if isinstance(value, Value):
        return value._type
    simple = _SIMPLE.get(type(value))
    if simple is not None:
        return simple
    if type(value) is list:
        return list_of(reduce(join, [value_type(item) for item in value], graph_types.NOTHING))
    if type(value) is tuple:
        return Type("tuple", elements=tuple(value_type(item) for item in value))
    if type(value) is dict:
        if all(type(key) is str for key in value):
            return Type("dict", fields=tuple((key, value_type(item)) for key, item in value.items()))
        return graph_types.DICT
    if isinstance(value, set | frozenset):
        return Type("set", element=reduce(join, [value_type(item) for item in value]) if value else None)
    return type_of(type(value))
