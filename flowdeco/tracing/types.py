"""What annotations say about the parts of a value."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from typing import Any, Literal
from uuid import UUID

Shape = Literal["object", "fields", "list", "tuple", "set", "namedtuple", "scalar", "opaque", "unknown"]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a type looks when encoded. `fields`: names with types, when they are known; `element`: of lists and dicts."""

    shape: Shape
    name: str = "a value of unknown type"
    fields: Mapping[str, Any] | None = None
    elements: tuple[Any, ...] | None = None
    element: Any = None


_UNKNOWN = Kind("unknown")
_SCALARS = (
    str,
    int,
    float,
    bool,
    type(None),
    date,
    time,
    timedelta,
    Decimal,
    UUID,
    Enum,
    PurePath,
    bytes,
    complex,
)


@lru_cache(maxsize=1024)
def return_type(function: Callable[..., Any]) -> Any:
    """The return annotation, resolved; None when there is none or it cannot be resolved."""
    if "return" not in getattr(function, "__annotations__", {}):
        return None
    return hints(function).get("return")


def hints(thing: Any) -> dict[str, Any]:
    """The resolved annotations of a function or a class; none when one of them cannot be resolved."""
    try:
        return typing.get_type_hints(thing)
    except Exception:
        return {}


def kind(annotation: Any) -> Kind:
    """What is known of the encoded form of values of a type."""
    if annotation is None or annotation is Any or annotation is object:
        return _UNKNOWN
    origin = typing.get_origin(annotation)
    if origin in (typing.Annotated, typing.Required, typing.NotRequired, typing.Final):
        return kind(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        members = [a for a in typing.get_args(annotation) if a is not type(None)]
        return kind(members[0]) if len(members) == 1 else _UNKNOWN
    arguments = typing.get_args(annotation)
    base = origin or annotation
    if isinstance(base, typing.NewType):
        return kind(base.__supertype__)
    if not isinstance(base, type):
        return _UNKNOWN
    return _class_kind(base, arguments)


def _class_kind(base: type, arguments: tuple[Any, ...]) -> Kind:
    name = base.__name__
    if typing.is_typeddict(base):
        return Kind("object", name, fields=hints(base))
    if dataclasses.is_dataclass(base):
        known = hints(base)
        return Kind("fields", name, fields={f.name: known.get(f.name) for f in dataclasses.fields(base)})
    if issubclass(base, tuple) and hasattr(base, "_fields"):
        known = hints(base)
        return Kind("namedtuple", name, fields={field: known.get(field) for field in base._fields})
    if base is tuple:
        if len(arguments) == 2 and arguments[1] is ...:
            return Kind("tuple", name, element=arguments[0])
        return Kind("tuple", name, elements=arguments or None)
    if base in (dict, Mapping, MutableMapping):
        return Kind("object", name, element=arguments[1] if len(arguments) == 2 else None)
    if base in (set, frozenset):
        return Kind("set", name, element=arguments[0] if arguments else None)
    if base is list:
        return Kind("list", name, element=arguments[0] if arguments else None)
    if issubclass(base, _SCALARS):
        return Kind("scalar", name)
    if base in (Sequence, Iterable, Collection):
        return Kind("unknown", name, element=arguments[0] if arguments else None)
    model_fields = getattr(base, "model_fields", None)
    if isinstance(model_fields, dict):
        return Kind("fields", name, fields={f: info.annotation for f, info in model_fields.items()})
    if base.__module__.partition(".")[0] in ("pandas", "polars", "numpy", "pyarrow", "sklearn", "torch"):
        return Kind("opaque", name)
    return Kind("unknown", name)
