"""Looks into sequences and dicts: elements by position or key, slices. Positions of texts count code points."""

from __future__ import annotations

from flowdeco.graph.expressions import Expression, Field, Index, Literal, Operation
from flowdeco.graph.operations.numbers import number
from flowdeco.graph.operations.operands import (
    certainly,
    element_type,
    elements_of,
    int_constant,
    is_constant_none,
    tagged,
    text_constant,
)
from flowdeco.graph.operations.rules import OperandError, Resolved, Rules, form
from flowdeco.graph.operations.shapes import KINDS, kind_of
from flowdeco.graph.types import ANY, STR, Type

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]
Raises = tuple[type[Exception], ...]

FORMS = (
    "part",
    "index.any",
    "item.list",
    "item.text",
    "item.dict",
    "item.any",
    "slice.text",
    "slice.reversed_text",
    *(f"slice.{kind}" for kind in KINDS),
    "slice.value",
)


def position(expression: Expression, type: Type) -> Expression | None:
    """A position as a whole number; None when it certainly is none."""
    if certainly(type, "int", "bool"):
        return number(expression, type)
    if type.sort in ("any", "number", "int"):
        return Operation("index.any", (expression,))
    return None


def _refused(kind: str, type: Type) -> OperandError | None:
    if type.sort in ("str", "float", "list", "tuple", "dict", "none") and not type.optional:
        text = "NoneType" if type.sort == "none" else type.sort
        return OperandError(f"{kind} indices must be integers or slices, not {text}")
    return None


def _item(arguments: Arguments, types: Types) -> Resolved | None:
    (value, key), (type, key_type) = arguments, types
    if certainly(type, "list", "tuple", "str"):
        refusal = _refused(type.sort, key_type)
        if refusal is not None:
            raise refusal
        at = position(key, key_type)
        if at is None:
            return None
        failing: Raises = (IndexError,)
        if not certainly(key_type, "int", "bool"):
            failing = (IndexError, TypeError)
        if type.sort == "str":
            return form("item.text", (value, at), STR, failing)
        return _element(value, type, at, failing)
    if certainly(type, "dict"):
        return _entry(value, type, key, key_type)
    if type.sort == "namedtuple" and not type.optional and type.fields:
        constant = int_constant(key)
        if constant is None or not -len(type.fields) <= constant < len(type.fields):
            return None
        name, found = type.fields[constant]
        return Resolved(Field(value, name, certain=True), found)
    if type.sort == "any":
        name_of_key = text_constant(key)
        if name_of_key is not None:
            return Resolved(Field(value, name_of_key), ANY, (KeyError, TypeError))
        return form("item.any", arguments, ANY, (IndexError, KeyError, TypeError))
    if type.sort in ("none", "bool", "int", "float", "number") and not type.optional:
        raise OperandError(
            f"'{'NoneType' if type.sort == 'none' else type.sort}' object is not subscriptable"
        )
    return None


def _element(value: Expression, type: Type, at: Expression, failing: Raises) -> Resolved:
    """An element of a list or a tuple."""
    elements = elements_of(value, type)
    assert elements is not None
    constant = int_constant(at)
    if constant is None:
        return form("item.list", (elements, at), element_type(type) or ANY, failing)
    known = type.elements
    if known is None:
        return Resolved(Index(elements, constant), element_type(type) or ANY, failing)
    if not -len(known) <= constant < len(known):
        raise OperandError("tuple index out of range")
    return form("part", (elements, at), known[constant])


def _entry(value: Expression, type: Type, key: Expression, key_type: Type) -> Resolved | None:
    """What is under a key of a dict."""
    name = text_constant(key)
    if name is not None:
        found = type.field(name)
        if found is not None:
            return Resolved(Field(value, name, certain=True), found)
        return Resolved(Field(value, name), type.item, (KeyError,))
    if key_type.sort not in ("str", "any"):
        return None
    result = type.item if type.fields is None else ANY
    return form(
        "item.dict",
        (value, key),
        result,
        (KeyError,) if certainly(key_type, "str") else (KeyError, TypeError),
    )


def _slice(arguments: Arguments, types: Types) -> Resolved | None:
    value, *bounds = arguments
    type = types[0]
    while len(bounds) < 3:
        bounds.append(Literal(None))
    kinds = (*types[1:], *(Type("none"),) * 3)[:3]
    found: list[Expression] = []
    failing: Raises = ()
    for bound, kind in zip(bounds, kinds):
        if is_constant_none(bound):
            found.append(bound)
            continue
        at = position(bound, kind)
        if at is None:
            raise OperandError("slice indices must be integers or None or have an __index__ method")
        found.append(at)
        failing = failing if certainly(kind, "int", "bool") else (TypeError,)
    step = 1 if is_constant_none(found[2]) else int_constant(found[2])
    if step == 0:
        raise OperandError("slice step cannot be zero")
    if step is None or (step < 0 and (step != -1 or found[:2] != [Literal(None)] * 2)):
        return None
    return _sliced(value, type, (found[0], found[1], Literal(step)), failing)


def _sliced(value: Expression, type: Type, bounds: Arguments, failing: Raises) -> Resolved | None:
    step = int_constant(bounds[2])
    assert step is not None
    if certainly(type, "str"):
        if step == -1:
            return form("slice.reversed_text", (value,), STR)
        return form("slice.text", (value, *bounds[:2]), STR, failing) if step == 1 else None
    if certainly(type, "list", "tuple"):
        elements = elements_of(value, type)
        assert elements is not None
        element = element_type(type)
        known = None
        if type.elements is not None:
            constants = [None if is_constant_none(bound) else int_constant(bound) for bound in bounds]
            if any(c is None and not is_constant_none(b) for c, b in zip(constants, bounds)):
                known = None
            else:
                known = type.elements[slice(*constants)]
        chosen = f"slice.{kind_of(element or ANY)}"
        if step == -1:
            made: Expression = Operation("reversed", (elements,))
        else:
            made = Operation(chosen, (elements, *bounds))
        if type.sort == "list":
            return Resolved(made, Type("list", element=element), failing)
        return Resolved(
            tagged("tuple", made), Type("tuple", element=None if known else element, elements=known), failing
        )
    if type.sort == "any" and step == 1:
        return form("slice.value", (value, *bounds), ANY, (*failing, TypeError))
    return None


RULES: Rules = {"item": _item, "slice": _slice}
