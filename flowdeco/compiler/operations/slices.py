"""Elements and slices in JSONata."""

from __future__ import annotations

import re

from flowdeco.compiler.operations.arguments import (
    Args,
    Spelling,
    Spellings,
    between,
    error,
    strict,
    swallowing,
)
from flowdeco.compiler.operations.arrays import filtered
from flowdeco.compiler.operations.sequences import characters
from flowdeco.graph.expressions import Literal

OUT_OF_RANGE = "IndexError: list index out of range"


def whole(x: str) -> str:
    """Whether the value of a variable is a whole number (or a boolean, which counts as one)."""
    return f'($type({x}) = "number" ? $floor({x}) = {x} : false)'


@swallowing
def _index_any(a: Args) -> str:
    i = a.let(0, "i")
    refusal = error("TypeError: indices must be integers")
    return f'$type({i}) = "boolean" ? $number({i}) : {whole(i)} ? {i} : {refusal}'


@strict(0)
def _item_list(a: Args) -> str:
    return a.guarded(f"{a[0]}[{a.let(1, 'i')}]", error(OUT_OF_RANGE))


def _exists(i: int) -> str:
    """What the length of something must be for a position to exist."""
    return f"> {i}" if i >= 0 else f">= {-i}"


def character(text: str, i: str) -> str:
    """The character at a position, both variables or constants."""
    refusal = error("IndexError: string index out of range")
    if re.fullmatch(r"-?\d+", i):
        there = f"{text} != ''" if i in ("0", "-1") else f"$length({text}) {_exists(int(i))}"
        return f"{there} ? $substring({text}, {i}{', 1' if i != '-1' else ''}) : {refusal}"
    return f"{i} >= -$length({text}) and {i} < $length({text}) ? $substring({text}, {i}, 1) : {refusal}"


@swallowing
def _item_text(a: Args) -> str:
    return character(a.let(0, "text"), a.let(1, "i"))


@strict(0)
def _item_dict(a: Args) -> str:
    key = a.let(1, "key")
    return a.guarded(f"$lookup({a.bare(0)}, {key})", f"""$error("KeyError: '" & {key} & "'")""")


@swallowing
def _item_any(a: Args) -> str:
    x, key, found = a.let(0, "x"), a.let(1, "key"), a.fresh("found")
    tag = f"{x}.`$type`"
    refusal = error("TypeError: object is not subscriptable with this key")
    at = key if isinstance(a.expression(1), Literal) else f"$number({key})"
    number = f'$type({key}) in ["number", "boolean"] and $floor($number({key})) = $number({key})'
    return (
        f'({found} := $type({key}) = "string" ? ('
        f'$type({x}) = "object" and ($not($exists({tag})) or {tag} in ["OrderedDict", "Counter", "defaultdict"]) '
        f"? $lookup({x}, {key}) : {refusal}) : "
        f"{number} ? ("
        f'$type({x}) = "array" ? {x}[{at}] : '
        f'$type({x}) = "string" ? ({character(x, at)}) : '
        f'$type({x}) = "object" and {tag} in ["tuple", "deque"] ? {x}.items[{at}] : {refusal}) : {refusal}; '
        f"$exists({found}) ? {found} : {error('LookupError: no such key or index')})"
    )


def bound(a: Args, i: int, size: str) -> str:
    """A bound of a slice counted from the front (not below what `size` allows): a literal or an expression."""
    expression = a.expression(i)
    if isinstance(expression, Literal):
        value = expression.value
        assert isinstance(value, int)
        return str(value) if value >= 0 else f"{size} - {-value}"
    at = a.let(i, "start" if i == 1 else "stop")
    return f"({at} < 0 ? {size} + {at} : {at})"


def _from_front(a: Args, i: int, size: str) -> str:
    """A bound that is at least 0."""
    found = bound(a, i, size)
    return found if found.isdigit() else f"$max([0, {found}])"


@strict(0)
def _slice_text(a: Args) -> str:
    start = a.expression(1)
    if a.is_none(2):
        if a.is_none(1):
            return a.bare(0)
        if isinstance(start, Literal):
            return f"$substring({a.bare(0)}, {start.value})"
    text = a.let(0, "text")
    size = f"$length({text})"
    first = "0" if a.is_none(1) else _from_front(a, 1, size)
    if a.is_none(2):
        return f"$substring({text}, {first})"
    last = bound(a, 2, size)
    if first.isdigit() and last.isdigit():
        return f"$substring({text}, {first}, {max(0, int(last) - int(first))})"
    if first == "0":
        return f"$substring({text}, 0, {last})"
    return f"$substring({text}, {first}, {between(last, '-', first)})"


def list_slice(a: Args, xs: str, kind: str) -> str:
    """The elements of a variable between the bounds, by the step."""
    step = a.constant(3)
    i, v, box = a.fresh("i"), a.fresh("v"), a.fresh("box")
    size = f"$count({xs})"
    tests: list[str] = []
    if not a.is_none(1) and a.expression(1) != Literal(0):
        tests.append(f"{i} >= {bound(a, 1, size)}")
    if not a.is_none(2):
        tests.append(f"{i} < {bound(a, 2, size)}")
    if step != 1:
        first = "0" if a.is_none(1) else _from_front(a, 1, size)
        tests.append(f"({i} - {first}) % {step} = 0" if first != "0" else f"{i} % {step} = 0")
    return filtered(xs, kind, " and ".join(tests), box, v, i) if tests else xs


def _slice(kind: str) -> Spelling:
    return strict(0)(lambda a: list_slice(a, a.let(0, "xs"), kind))


@swallowing
def _slice_value(a: Args) -> str:
    x = a.let(0, "x")
    size = f"$length({x})"
    first = "0" if a.is_none(1) else _from_front(a, 1, size)
    text = (
        f"$substring({x}, {first})"
        if a.is_none(2)
        else f"$substring({x}, {first}, {between(bound(a, 2, size), '-', first)})"
    )
    items = a.fresh("items")
    return (
        f'$type({x}) = "array" ? {list_slice(a, x, "any")} : '
        f'$type({x}) = "string" ? {text} : '
        f'$type({x}) = "object" and {x}.`$type` = "tuple" ? '
        f'({items} := {x}.items; {{"$type": "tuple", "items": {list_slice(a, items, "any")}}}) : '
        f"{error('TypeError: object is not subscriptable with a slice')}"
    )


@strict(0)
def _part(a: Args) -> str:
    """An element of a tuple that has it."""
    return f"{a[0]}[{a.bare(1)}]"


SPELLINGS: Spellings = {
    "part": _part,
    "index.any": _index_any,
    "item.list": _item_list,
    "item.text": _item_text,
    "item.dict": _item_dict,
    "item.any": _item_any,
    "slice.text": _slice_text,
    "slice.reversed_text": swallowing(
        lambda a: f"$join($reverse({characters(a.let(0, 'text'), a.fresh('i'))}))"
    ),
    **{f"slice.{kind}": _slice(kind) for kind in ("flat", "lists", "any")},
    "slice.value": _slice_value,
}
