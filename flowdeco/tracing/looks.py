"""Looks into a Value: items, fields, unpacking, what a loop goes through. What types rule out is refused while tracing."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from flowdeco.errors import UnsupportedError
from flowdeco.graph import Elements, Expression, Field, Index, Input, Item, Literal, Operation, Result
from flowdeco.graph.types import ANY, INT, STR, Type, list_of
from flowdeco.tracing import glue, operate
from flowdeco.tracing.value import RangeValue, Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

_INSIDE = "take it apart inside a step"
_HAVE_FIELDS = ("record", "namedtuple")


def item(recorder: TraceRecorder, value: Any, key: Any) -> Any:
    """`value[key]`."""
    recorder.fresh(value)
    if isinstance(key, slice):
        bounds = (key.start, key.stop, key.step)
        if isinstance(value, Value) or any(isinstance(bound, Value) for bound in bounds):
            return operate.operate(recorder, "slice", (value, *bounds), python=_sliced)
        return value[key]
    if not isinstance(value, Value):
        if contains_value(key):
            return operate.operate(recorder, "item", (value, key))
        return recorder.plainly(operator.getitem, value, key)
    known = value._type
    if (
        isinstance(key, Value)
        or known.sort == "str"
        or operate.would_be_caught(recorder, (KeyError, IndexError))
    ):
        return operate.operate(recorder, "item", (value, key))
    if known.sort in ("record", "opaque", "set", "int", "float", "number", "bool", "error", "none"):
        hint = f"write .{key}" if known.sort == "record" and isinstance(key, str) else _INSIDE
        raise recorder.refuse(f"[{key!r}] (it is {_a(_called(known))})", value, hint)
    if type(key) is str:
        return _by_name(recorder, value, key, known)
    if type(key) is int:
        return _by_position(recorder, value, key, known)
    raise recorder.refuse(f"[{key!r}]", value, "index by a string or a whole number")


def _sliced(value: Any, start: Any, stop: Any, step: Any) -> Any:
    return value[start:stop:step]


def _by_name(recorder: TraceRecorder, value: Value, key: str, known: Type) -> Value:
    if known.sort in ("list", "tuple", "namedtuple"):
        raise recorder.fail(
            f"{recorder.describe(value._expression)} is {_a(_called(known))}: it has no key {key!r}",
            hint="index by number",
        )
    if known.fields is not None:
        names = [name for name, _ in known.fields]
        if key not in names:
            raise recorder.mistake(key, names, f"{_called(known)} has no key {key!r}")
        return recorder.look(Field(value._expression, key, True), known.field(key) or ANY)
    return recorder.look(Field(value._expression, key), known.item)


def _by_position(recorder: TraceRecorder, value: Value, key: int, known: Type) -> Value:
    base = value._expression
    if known.sort == "dict":
        raise recorder.fail(
            f"{recorder.describe(base)} is {_a(_called(known))}: its keys are strings",
            hint=f"write [{str(key)!r}]",
        )
    if known.sort == "namedtuple" and known.fields is not None:
        _check_position(recorder, value, key, len(known.fields))
        name, type = known.fields[key]
        return recorder.look(Field(base, name, True), type)
    if known.sort == "tuple":
        type = known.item
        if known.elements is not None:
            _check_position(recorder, value, key, len(known.elements))
            type = known.elements[key]
            return recorder.look(Operation("part", (Field(base, "items", True), Literal(key))), type)
        return recorder.look(Index(Field(base, "items", True), key), type)
    listed: Expression = base if known.sort == "list" else Elements(base)
    return recorder.look(Index(listed, key), known.item)


def _check_position(recorder: TraceRecorder, value: Value, key: int, length: int) -> None:
    if not -length <= key < length:
        raise recorder.fail(
            f"{recorder.describe(value._expression)} has {length} elements: there is no [{key}]",
            hint=f"positions go from {-length} to {length - 1}",
        )


def attribute(recorder: TraceRecorder, value: Value, name: str) -> Any:
    """`value.name`, not called."""
    recorder.fresh(value)
    known = value._type
    if known.sort == "error":
        return _of_error(recorder, value, name)
    if known.fields is not None and known.sort in _HAVE_FIELDS:
        type = known.field(name)
        if type is None:
            names = [field for field, _ in known.fields]
            raise recorder.mistake(
                name, names, f"{_called(known)} has no field {name!r}", "only fields can be used, not methods"
            )
        return recorder.look(Field(value._expression, name, True), type)
    if known.sort == "any" and known.fields is None:
        return recorder.look(Field(value._expression, name), ANY)
    if known.sort == "opaque":
        return glue.glue_attribute(recorder, value, name)
    hint = f"write [{name!r}] for the key" if known.sort == "dict" else _INSIDE
    raise recorder.refuse(f".{name} (it is {_a(_called(known))})", value, hint)


def _of_error(recorder: TraceRecorder, value: Value, name: str) -> Any:
    if name == "args":
        return operate.operate(recorder, "error.args", (value,))
    raise recorder.refuse(
        f".{name} of an exception", None, "only str(e), e.args and isinstance(e, …) travel with an error"
    )


def iterable(recorder: TraceRecorder, thing: Any) -> Any:
    """What a loop or a map goes through: a Value that is a list, a range, or what is known."""
    recorder.fresh(thing)
    if not isinstance(thing, Value) or isinstance(thing, RangeValue):
        return thing
    known, base = thing._type, thing._expression
    if known.sort == "list":
        return thing
    if known.sort in ("tuple", "set"):
        if known.elements is not None:
            return tuple(item(recorder, thing, i) for i in range(len(known.elements)))
        return recorder.look(Field(base, "items", True), list_of(known.item))
    if known.sort == "namedtuple":
        return tuple(recorder.look(Field(base, name, True), type) for name, type in known.fields or ())
    if known.sort == "dict":
        return operate.operate(recorder, "iterate", (thing,), python=list)
    if known.sort == "str":
        return operate.operate(recorder, "iterate", (thing,), python=list)
    if known.sort == "any":
        found = operate.expressed(recorder, "iterate", (thing,), sure=True)
        return recorder.look(found._expression, list_of(known.item))
    raise recorder.refuse(
        f"iteration over it (it is {_a(_called(known))})", thing, "loop over a list that a step returns"
    )


def spread(recorder: TraceRecorder, thing: Any) -> Any:
    """`*thing` in a call."""
    listed = iterable(recorder, thing)
    if isinstance(listed, Value):
        raise recorder.fail(
            f"*{recorder.describe(listed._expression)} in a call: how many arguments that makes is known only when the "
            "workflow runs",
            hint="give the step the list itself, or map over it",
            kind=UnsupportedError,
        )
    return listed


def spread_names(recorder: TraceRecorder, thing: Any) -> Any:
    """`**thing` in a call."""
    recorder.fresh(thing)
    if not isinstance(thing, Value):
        return thing
    if thing._type.sort == "dict" and thing._type.fields is not None:
        return {name: item(recorder, thing, name) for name, _ in thing._type.fields}
    raise recorder.fail(
        f"**{recorder.describe(thing._expression)} in a call: which arguments that makes is known only when the workflow "
        "runs",
        hint="name the arguments: f(a=d['a'])",
        kind=UnsupportedError,
    )


def element_type(listed: Value) -> Type:
    """The type of what a loop over it sees."""
    if isinstance(listed, RangeValue):
        return INT
    return STR if listed._type.sort == "str" else listed._type.item


def settled(recorder: TraceRecorder, listed: Value, name: str) -> Value:
    """The list as something that can be looked into again and again: a variable, or a path."""
    expression = listed._expression
    while isinstance(expression, Field):
        expression = expression.base
    if isinstance(expression, Result | Input | Item):
        return listed
    return recorder.let(listed, name, once=True)


def unpack(recorder: TraceRecorder, value: Any, shape: str) -> Any:
    """What `a, (b, c) = value` assigns: as deep as the shape goes, Values become tuples of Values."""
    return _unpack(recorder, recorder.fresh(value), _read(shape))


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
    """One part for every part of the form. A starred name's part is a list, as in Python."""
    if isinstance(form, str):
        return value
    if isinstance(value, Value):
        parts = _parts(recorder, value, form)
    elif "*" in form:
        parts = list(value)
        star, behind = form.index("*"), len(form) - form.index("*") - 1
        if len(parts) < len(form) - 1:
            raise ValueError(
                f"not enough values to unpack (expected at least {len(form) - 1}, got {len(parts)})"
            )
        stop = len(parts) - behind
        parts = [*parts[:star], parts[star:stop], *parts[stop:]]
    elif any(isinstance(part, list) for part in form) and isinstance(value, list | tuple):
        parts = list(value)
    else:
        return value
    if len(parts) != len(form):
        return parts  # Python says what is wrong
    return tuple(_unpack(recorder, part, inner) for part, inner in zip(parts, form))


def _parts(recorder: TraceRecorder, value: Value, form: list[Any]) -> list[Any]:
    known = value._type
    length = len(known.fields) if known.sort == "namedtuple" and known.fields else None
    length = len(known.elements) if known.elements is not None else length
    if "*" not in form:
        if length is not None and length != len(form):
            raise recorder.fail(
                f"{recorder.describe(value._expression)} has {length} elements, unpacked into {len(form)} names",
                hint=f"write {length} names on the left",
            )
        return [item(recorder, value, i) for i in range(len(form))]
    star, behind = form.index("*"), len(form) - form.index("*") - 1
    if length is not None:
        every = [item(recorder, value, i) for i in range(length)]
        stop = length - behind
        return [*every[:star], every[star:stop], *every[stop:]]
    listed = iterable(recorder, value)
    middle = operate.operate(recorder, "slice", (listed, star, -behind or None, None), python=_sliced)
    first = [item(recorder, listed, i) for i in range(star)]
    return [*first, middle, *(item(recorder, listed, i - behind) for i in range(behind))]


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


def _called(known: Type) -> str:
    return known.name or known.sort


def _a(name: str) -> str:
    if " " in name:
        return name
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"
