"""Instances of the user's classes that travel inline, field by field: `{"$type": "module:qualname", ...}`.

Enum members, NamedTuples, dataclasses, pydantic models; numpy's scalars too. They are restored as pickle
restores them: without `__init__` and `__post_init__`, exactly the fields that were there. A class that says
how it wants to be pickled, and an instance that carries more or less than its fields, is left to pickle.

Decoding finds the class by its name and creates an instance only if the class really is of a kind it knows;
it never calls it for any other.
"""

from __future__ import annotations

import copyreg
import dataclasses
import sys
from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import Any

from flowdeco.runtime.decoding import Decoder
from flowdeco.runtime.encoding import JSON, TAG, Encoder
from flowdeco.runtime.refusal import Refusal

_CUSTOM = ("__getnewargs__", "__getnewargs_ex__")


def _own_pickling(kind: Any) -> bool:
    """Whether the class, or a base in C, decides itself how its instances are taken apart and restored."""
    if kind.__reduce__ is not object.__reduce__ or kind.__reduce_ex__ is not object.__reduce_ex__:
        return True
    if kind in copyreg.dispatch_table or issubclass(kind, (list, dict)):
        return True
    if any(hasattr(kind, name) for name in _CUSTOM):
        return True
    # dataclass(frozen=True, slots=True) generates this pair: it is ours to replace.
    for name in ("__getstate__", "__setstate__"):
        method = getattr(kind, name, None)
        if method is not getattr(object, name, None) and getattr(method, "__module__", "") != "dataclasses":
            return True
    return False


def _slots(kind: type) -> list[str]:
    """The names that instances keep outside their `__dict__`."""
    names = []
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            private = name.startswith("__") and not name.endswith("__")
            names.append(f"_{base.__name__.lstrip('_')}{name}" if private else name)
    return [name for name in names if name not in {"__dict__", "__weakref__"}]


def _state(value: object, slots: frozenset[str]) -> dict[str, Any]:
    """Everything the instance carries. An unset slot is absent."""
    state = dict(getattr(value, "__dict__", ()))
    for name in slots:
        try:
            state[name] = object.__getattribute__(value, name)
        except AttributeError:
            pass
    return state


def enum_member(enc: Encoder, value: Any) -> JSON | None:
    """Rule: members of enums, by value where the value is plain and leads back to the member, else by name."""
    kind = type(value)
    if not issubclass(kind, Enum):
        return None
    tag = enc.names.of(kind)
    if tag is None:
        return None
    plain = value._value_
    if type(plain) in {str, int, bool, type(None)} or (type(plain) is float and isfinite(plain)):
        try:
            found = kind(plain) is value
        except Exception:  # not found by value; `_missing_` is the user's code and may raise what it likes
            found = False
        if found:
            return enc.fields(tag, {"value": plain})
    name = value._name_
    if type(name) is str and kind.__members__.get(name) is value:
        return enc.fields(tag, {"name": name})
    return None


def _restore_enum(dec: Decoder, kind: type[Enum], data: dict[str, Any]) -> object:
    fields = dec.fields(data)
    if "name" in fields:
        return kind[fields["name"]]
    return kind(fields["value"])


def _is_named_tuple(kind: Any) -> bool:
    fields = getattr(kind, "_fields", None)
    return (
        issubclass(kind, tuple)
        and type(fields) is tuple
        and kind.__reduce__ is object.__reduce__
        and kind.__reduce_ex__ is object.__reduce_ex__
        and kind.__getstate__ is object.__getstate__
        and not hasattr(kind, "__setstate__")
        and kind not in copyreg.dispatch_table
    )


def named_tuple(enc: Encoder, value: Any) -> JSON | None:
    """Rule: instances of NamedTuple and namedtuple classes."""
    kind = type(value)
    if not issubclass(kind, tuple) or not _is_named_tuple(kind):
        return None
    tag = enc.names.of(kind)
    names = kind._fields  # type: ignore[attr-defined]
    if tag is None or tuple.__len__(value) != len(names) or getattr(value, "__dict__", None):
        return None
    return enc.fields(tag, dict(zip(names, tuple.__iter__(value))))


def _restore_named_tuple(dec: Decoder, kind: Any, data: dict[str, Any]) -> object:
    fields = dec.fields(data)
    _check_fields(kind, fields, kind._fields)
    return tuple.__new__(kind, [fields[name] for name in kind._fields])


def _check_fields(kind: type, found: dict[str, Any], expected: tuple[str, ...]) -> None:
    if found.keys() != set(expected):
        raise Refusal(
            f"{kind.__qualname__} has the fields ({', '.join(expected)}), the data has ({', '.join(found)})",
            "was the value made by another version of the class?",
        )


@lru_cache(maxsize=1024)
def _dataclass_shape(kind: type) -> tuple[tuple[str, ...], frozenset[str]] | None:
    """The names of the fields, and which of all names are slots; None for classes that are left to pickle."""
    if not hasattr(kind, "__dataclass_fields__") or _own_pickling(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind)), frozenset(_slots(kind))


def dataclass_instance(enc: Encoder, value: Any) -> JSON | None:
    """Rule: instances of dataclasses."""
    kind: Any = type(value)
    if not hasattr(kind, "__dataclass_fields__"):
        return None
    shape = _dataclass_shape(kind)
    tag = enc.names.of(kind)
    if shape is None or tag is None:
        return None
    names, slots = shape
    state = _state(value, slots)
    if len(state) != len(names) or any(name not in state for name in names):
        return None
    return enc.fields(tag, {name: state[name] for name in names})


def _restore_dataclass(dec: Decoder, kind: Any, data: dict[str, Any], shape: Any) -> object:
    fields = dec.fields(data)
    names, slots = shape
    _check_fields(kind, fields, names)
    restored: Any = object.__new__(kind)
    for name, item in fields.items():
        if name in slots:
            object.__setattr__(restored, name, item)
        else:
            restored.__dict__[name] = item
    return restored


def _is_pydantic(kind: Any) -> bool:
    base = getattr(sys.modules.get("pydantic.main"), "BaseModel", None)
    if base is None or not issubclass(kind, base):
        return False
    root = getattr(sys.modules.get("pydantic.root_model"), "RootModel", base)
    return (
        kind.__reduce__ is object.__reduce__
        and kind.__reduce_ex__ is object.__reduce_ex__
        and kind.__getstate__ in (base.__getstate__, root.__getstate__)
        and kind.__setstate__ in (base.__setstate__, root.__setstate__)
    )


def pydantic_model(enc: Encoder, value: Any) -> JSON | None:
    """Rule: pydantic (v2) models, with the set of fields that were given, extras and private attributes.

    `$set` is there only when not all fields were given, `$extra` and `$private` when there are any.
    """
    kind: Any = type(value)
    if not hasattr(kind, "__pydantic_fields_set__") or not _is_pydantic(kind):
        return None
    tag = enc.names.of(kind)
    names = tuple(kind.model_fields)
    state = value.__dict__
    extra, private = value.__pydantic_extra__, value.__pydantic_private__
    if (
        tag is None
        or state.keys() != set(names)
        or (extra is None) is (kind.model_config.get("extra") == "allow")
    ):
        return None
    fields = {name: state[name] for name in names}
    if value.__pydantic_fields_set__ != set(names):
        fields["$set"] = sorted(value.__pydantic_fields_set__)
    if extra:
        fields["$extra"] = extra
    if private is not None:
        fields["$private"] = private
    return enc.fields(tag, fields)


def _restore_pydantic(dec: Decoder, kind: Any, data: dict[str, Any]) -> object:
    fields = dec.fields(data)
    names = tuple(kind.model_fields)
    given = set(fields.pop("$set", names))
    extra = fields.pop("$extra", {} if kind.model_config.get("extra") == "allow" else None)
    private = fields.pop("$private", None)
    _check_fields(kind, fields, names)
    restored = kind.__new__(kind)
    parts = {"__dict__": fields, "__pydantic_fields_set__": given}
    if not kind.__pydantic_root_model__:  # which has neither
        parts |= {"__pydantic_extra__": extra, "__pydantic_private__": private}
    for name, item in parts.items():
        object.__setattr__(restored, name, item)
    return restored


def numpy_scalar(enc: Encoder, value: Any) -> JSON | None:
    """Rule: numpy's scalars. Those that Python has no exact number for (long double, void) are left to pickle."""
    kind = type(value)
    if kind.__module__ != "numpy":
        return None
    numpy: Any = sys.modules["numpy"]
    tag = f"numpy:{kind.__name__}"
    if not issubclass(kind, numpy.generic) or enc.names.of(kind) != tag:
        return None
    dtype = value.dtype
    match dtype.kind:
        case "b" | "i" | "u":
            return enc.fields(tag, {"value": value.item()})
        case "U" | "S":  # subclasses of str and bytes; item() would drop trailing NULs
            base: Any = str if dtype.kind == "U" else bytes
            return enc.fields(tag, {"value": base.__getitem__(value, slice(None))})
        case "f" if dtype.itemsize <= 8:
            return enc.fields(tag, {"value": float(value)})
        case "c" if dtype.itemsize <= 16:
            return enc.fields(tag, {"real": float(value.real), "imag": float(value.imag)})
        case "M" | "m":
            unit, count = numpy.datetime_data(dtype)
            return enc.fields(tag, {"value": int(value.view("i8")), "unit": [count, unit]})
        case _:
            return None


def _restore_numpy(dec: Decoder, kind: Any, data: dict[str, Any]) -> object:
    numpy: Any = sys.modules["numpy"]
    fields = dec.fields(data)
    if "real" in fields:
        return kind(complex(fields["real"], fields["imag"]))
    if "unit" not in fields:
        return kind(fields["value"])
    count, unit = fields["unit"]
    code = "M8" if issubclass(kind, numpy.datetime64) else "m8"
    dtype = code if unit == "generic" else f"{code}[{count}{unit}]"
    return numpy.int64(fields["value"]).view(dtype)


def restore_instance(dec: Decoder, kind: type, data: dict[str, Any]) -> object:
    """An instance of a class found by its name; refused for every class that is not of a kind known here."""
    if issubclass(kind, Enum) and kind.__members__:
        return _restore_enum(dec, kind, data)
    if _is_named_tuple(kind):
        return _restore_named_tuple(dec, kind, data)
    if _is_pydantic(kind):
        return _restore_pydantic(dec, kind, data)
    shape = _dataclass_shape(kind)
    if shape is not None:
        return _restore_dataclass(dec, kind, data, shape)
    if data[TAG].startswith("numpy:") and issubclass(kind, sys.modules["numpy"].generic):
        return _restore_numpy(dec, kind, data)
    raise Refusal(
        f"{data[TAG]!r} is neither an Enum, a NamedTuple, a dataclass nor a pydantic model",
        "was the value made by another version of the class?",
    )
