"""Lists after a change, in JSONata."""

from __future__ import annotations

from flowdeco.compiler.operations.arguments import Args, Spelling, Spellings, error, swallowing
from flowdeco.compiler.operations.arrays import boxed, filtered, mapped
from flowdeco.compiler.operations.slices import OUT_OF_RANGE, whole
from flowdeco.graph.expressions import Literal


@swallowing
def _list_any(a: Args) -> str:
    x = a.let(0, "x")
    return f'$type({x}) = "array" ? {x} : {error("AttributeError: this is no list")}'


def _append(kind: str) -> Spelling:
    def write(a: Args) -> str:
        xs = a.bare(0)
        if kind == "flat":
            return f"$append({xs}, {a.bare(1)})"
        value = a.bare(1) if kind == "lists" else a.let(1, "v")
        return f"$append({xs}, {boxed(value, kind)})"

    return swallowing(write)


def _at(a: Args, i: int, size: str) -> str:
    """A position counted from the front."""
    expression = a.expression(i)
    if isinstance(expression, Literal) and type(expression.value) is int:
        value = expression.value
        return str(value) if value >= 0 else f"{size} - {-value}"
    at = a.let(i, "at")
    return f"({at} < 0 ? {size} + {at} : {at})"


def _insert(kind: str) -> Spelling:
    def write(a: Args) -> str:
        xs = a.let(0, "xs")
        at = _at(a, 1, f"$count({xs})")
        i, v, box = a.fresh("i"), a.fresh("v"), a.fresh("box")
        new = a.bare(2) if kind == "flat" else boxed(a.let(2, "value"))
        before = filtered(xs, kind, f"{i} < {at}", box, v, i)
        after = filtered(xs, kind, f"{i} >= {at}", box, v, i)
        return f"$append($append({before}, {new}), {after})"

    return swallowing(write)


def _in_range(a: Args, xs: str, i: int) -> str:
    """Whether a position exists."""
    expression = a.expression(i)
    if isinstance(expression, Literal) and type(expression.value) is int:
        value = expression.value
        return f"$count({xs}) > {value}" if value >= 0 else f"$count({xs}) >= {-value}"
    at = a.let(i, "at")
    return f"{at} >= -$count({xs}) and {at} < $count({xs})"


def without(a: Args, xs: str, kind: str) -> str:
    """The list in a variable without the element at the position that is argument 1."""
    i, v, box = a.fresh("i"), a.fresh("v"), a.fresh("box")
    kept = filtered(xs, kind, f"{i} != {_at(a, 1, f'$count({xs})')}", box, v, i)
    return f"{_in_range(a, xs, 1)} ? {kept} : {error(OUT_OF_RANGE)}"


def replaced(a: Args, xs: str, kind: str) -> str:
    """The list in a variable with argument 2 at the position that is argument 1."""
    i, v, every, made = a.fresh("i"), a.fresh("v"), a.fresh("list"), a.fresh("made")
    new = f"{i} = {_at(a, 1, f'$count({xs})')} ? {a.let(2, 'value')} : {v}"
    return f"{_in_range(a, xs, 1)} ? {mapped(xs, kind, new, (every, v, made), i)} : {error(OUT_OF_RANGE)}"


def _changed_any(change: str, a: Args) -> str:
    x, key = a.let(0, "x"), a.let(1, "key")
    if change == "set":
        entry = f"$merge([{x}, {{{key}: {a.let(2, 'value')}}}])"
        on_list = replaced(a, x, "any")
    else:
        k, v = a.fresh("k"), a.fresh("v")
        entry = (
            f"$exists($lookup({x}, {key})) ? $merge([{{}}, $sift({x}, function({v}, {k}){{ {k} != {key} }})])"
            f" : {error('KeyError')}"
        )
        on_list = without(a, x, "any")
    refusal = error("TypeError: object does not support item assignment or deletion with this key")
    return (
        f'$type({x}) = "array" and {whole(key)} ? ({on_list}) : '
        f'$type({x}) = "object" and $type({key}) = "string" and $not($exists({x}.`$type`)) ? ({entry}) : {refusal}'
    )


@swallowing
def _index_of(a: Args) -> str:
    found, v, i = a.fresh("at"), a.fresh("v"), a.fresh("i")
    test = a.body(2, v, a.let(1, "value"))
    looked = (
        f"$reduce({a.bare(0)}, function({found}, {v}, {i}){{ {found} < 0 and ({test}) ? {i} : {found} }}, -1)"
    )
    return f"({found} := {looked}; {found} >= 0 ? {found} : {error('ValueError: value is not in list')})"


@swallowing
def _count_of(a: Args) -> str:
    v = a.fresh("v")
    return f"$sum([$map({a.bare(0)}, function({v}){{ ({a.body(2, v, a.let(1, 'value'))}) ? 1 : 0 }})])"


@swallowing
def _iadd_any(a: Args) -> str:
    left, right = a.let(0, "left"), a.let(1, "right")
    return f'$type({left}) = "array" ? ({a.body(2, left, right)}) : ({a.body(3, left, right)})'


def _without(kind: str) -> Spelling:
    return swallowing(lambda a: without(a, a.let(0, "xs"), kind))


SPELLINGS: Spellings = {
    "list.any": _list_any,
    "iadd.any": _iadd_any,
    "index_of": _index_of,
    "count_of": _count_of,
    **{f"append.{kind}": _append(kind) for kind in ("flat", "lists", "any")},
    **{f"without.{kind}": _without(kind) for kind in ("flat", "lists", "any")},
    "insert.flat": _insert("flat"),
    "insert.any": _insert("any"),
    "replaced.flat": swallowing(lambda a: replaced(a, a.let(0, "xs"), "flat")),
    "replaced.any": swallowing(lambda a: replaced(a, a.let(0, "xs"), "any")),
    "setitem.any": swallowing(lambda a: _changed_any("set", a)),
    "delitem.any": swallowing(lambda a: _changed_any("delete", a)),
}
