"""Looks into a Value: items, fields, unpacking. What the annotations rule out is refused while tracing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowdeco.graph import Elements, Expression, Field, Index
from flowdeco.tracing.types import Kind, kind
from flowdeco.tracing.value import Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

_INSIDE = "take it apart inside a step"


def element(recorder: TraceRecorder, value: Value, key: Any) -> Value:
    """`value[key]`."""
    if isinstance(key, Value):
        raise recorder.refuse("an index that is itself a run-time value", key, _INSIDE)
    if isinstance(key, slice):
        raise recorder.refuse("a slice", value, _INSIDE)
    known = kind(value._type)
    if known.shape in ("scalar", "opaque", "fields", "set"):
        hint = f"write .{key}" if known.shape == "fields" and isinstance(key, str) else _INSIDE
        raise recorder.refuse(f"[{key!r}] (it is {_a(known.name)})", value, hint)
    if isinstance(key, str):
        return _by_name(recorder, value, key, known)
    if type(key) is int:
        return _by_position(recorder, value, key, known)
    raise recorder.refuse(f"[{key!r}]", value, "index by a string or a whole number")


def _by_name(recorder: TraceRecorder, value: Value, key: str, known: Kind) -> Value:
    if known.shape in ("list", "tuple", "namedtuple"):
        raise recorder.fail(
            f"{recorder.describe(value._expression)} is {_a(known.name)}: it has no key {key!r}",
            hint="index by number",
        )
    if known.fields is not None and key not in known.fields:
        raise recorder.mistake(key, known.fields, f"{known.name} has no key {key!r}")
    type = known.fields[key] if known.fields is not None else known.element
    return recorder.look(Field(value._expression, key), type)


def _by_position(recorder: TraceRecorder, value: Value, key: int, known: Kind) -> Value:
    base = value._expression
    if known.shape == "object":
        raise recorder.fail(
            f"{recorder.describe(base)} is {_a(known.name)}: its keys are strings",
            hint=f"write [{str(key)!r}]",
        )
    if known.shape == "namedtuple" and known.fields is not None:
        names = list(known.fields)
        _check_position(recorder, value, key, len(names))
        name = names[key]
        return recorder.look(Field(base, name), known.fields[name])
    if known.shape == "tuple":
        type = known.element
        if known.elements is not None:
            _check_position(recorder, value, key, len(known.elements))
            type = known.elements[key]
        return recorder.look(Index(Field(base, "items"), key), type)
    listed: Expression = base if known.shape == "list" else Elements(base)
    return recorder.look(Index(listed, key), known.element)


def _check_position(recorder: TraceRecorder, value: Value, key: int, length: int) -> None:
    if not -length <= key < length:
        raise recorder.fail(
            f"{recorder.describe(value._expression)} has {length} elements: there is no [{key}]",
            hint=f"positions go from {-length} to {length - 1}",
        )


def attribute(recorder: TraceRecorder, value: Value, name: str) -> Value:
    """`value.name`."""
    known = kind(value._type)
    if known.fields is not None and known.shape in ("fields", "namedtuple"):
        if name not in known.fields:
            raise recorder.mistake(
                name,
                known.fields,
                f"{known.name} has no field {name!r}",
                "only fields can be used, not methods",
            )
        return recorder.look(Field(value._expression, name), known.fields[name])
    if known.shape == "unknown" and known.fields is None:
        return recorder.look(Field(value._expression, name), None)
    hint = _INSIDE
    if known.shape == "object":
        hint = f"write [{name!r}] for the key"
    raise recorder.refuse(f".{name} (it is {_a(known.name)})", value, hint)


def items(recorder: TraceRecorder, value: Value) -> tuple[Expression, Any]:
    """What a map iterates over, and the type of its items."""
    known = kind(value._type)
    base = value._expression
    match known.shape:
        case "list":
            return base, known.element
        case "tuple" | "set":
            return Field(base, "items"), known.element
        case "unknown":
            return Elements(base), known.element
        case _:
            hint = "map over a list" if known.shape == "object" else "map over a list that a step returns"
            raise recorder.refuse(f"iteration over it (it is {_a(known.name)})", value, hint)


def unpack(recorder: TraceRecorder, value: Any, shape: str) -> Any:
    """What `a, (b, c) = value` assigns: as deep as the shape goes, Values become tuples of Values."""
    return _unpack(recorder, value, _read(shape))


def flatten(recorder: TraceRecorder, value: Any, shape: str) -> list[Any]:
    """The single names of a shape, in order."""
    found: list[Any] = []

    def collect(part: Any, form: list[Any] | str) -> None:
        if isinstance(form, str):
            found.append(part)
            return
        parts = list(_unpack(recorder, part, form))
        if len(parts) != len(form):
            raise ValueError(f"expected {len(form)} values to unpack, got {len(parts)}")
        for inner, inner_form in zip(parts, form):
            collect(inner, inner_form)

    collect(value, _read(shape))
    return found


def _unpack(recorder: TraceRecorder, value: Any, form: list[Any] | str) -> Any:
    if isinstance(form, str):
        return value
    if isinstance(value, Value):
        if "*" in form:
            raise recorder.refuse("unpacking with '*'", value, _INSIDE)
        known = kind(value._type)
        length = len(known.fields) if known.shape == "namedtuple" and known.fields else None
        length = len(known.elements) if known.elements is not None else length
        if length is not None and length != len(form):
            raise recorder.fail(
                f"{recorder.describe(value._expression)} has {length} elements, unpacked into {len(form)} names",
                hint=f"write {length} names on the left",
            )
        return tuple(_unpack(recorder, element(recorder, value, i), part) for i, part in enumerate(form))
    nested = any(isinstance(part, list) for part in form)
    if nested and isinstance(value, list | tuple) and len(value) == len(form) and "*" not in form:
        return tuple(_unpack(recorder, item, part) for item, part in zip(value, form))
    return value


def _read(shape: str) -> list[Any]:
    """`((,,)*)` → [[",", ","], "*"]."""
    stack: list[list[Any]] = [[]]
    for character in shape:
        if character == "(":
            stack.append([])
        elif character == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(character)
    form: list[Any] = stack[0][0]
    return form


def _a(name: str) -> str:
    if " " in name:
        return name
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"
