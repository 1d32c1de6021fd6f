"""Methods of dict in JSONata.

`[…]` around a result that may be one value or none makes it the list it is in Python. A list that stands in one is
taken apart by JSONata, unless it stands there in brackets of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from flowdeco.compiler.operations.arguments import (
    Args,
    Parts,
    Spelling,
    Spellings,
    error,
    swallowing,
    wrapped,
)
from flowdeco.compiler.operations.walks import pair, walk
from flowdeco.graph.expressions import Array, Expression, Function, Literal, Object, Operation
from flowdeco.query import quote_name


def _entry(a: Args, d: str, key: str) -> str:
    """What is under a key; undefined when nothing is."""
    expression = a.expression(1)
    if isinstance(expression, Literal) and isinstance(expression.value, str):
        return f"{wrapped(d)}.{quote_name(expression.value)}"
    return f"$lookup({d}, {key})"


def _missing(a: Args, key: str) -> str:
    expression = a.expression(1)
    if isinstance(expression, Literal):
        return error(f"KeyError: {expression.value!r}")
    return f"""$error("KeyError: '" & {key} & "'")"""


def _key(a: Args) -> str:
    """The key, bound to a variable unless it is a constant."""
    return a.bare(1) if isinstance(a.expression(1), Literal) else a.let(1, "key")


def _default(a: Args) -> str:
    """The third argument: Python evaluates it whether it is needed or not."""
    return a.bare(2) if isinstance(a.expression(2), Literal) else a.let(2, "default")


@swallowing
def _get(a: Args) -> str:
    d, key = a.let(0, "d"), _key(a)
    entry = _entry(a, d, key)
    return f"$exists({entry}) ? {entry} : {_default(a)}"


@swallowing
def _popped(a: Args) -> str:
    d, key = a.let(0, "d"), _key(a)
    entry = _entry(a, d, key)
    return f"$exists({entry}) ? {entry} : {_missing(a, key)}"


@swallowing
def _keys(a: Args) -> str:
    return f"[$keys({a.bare(0)})]"


@swallowing
def _values(a: Args) -> str:
    return f"[{a[0]}.*]"


@swallowing
def _values_any(a: Args) -> str:
    """A dict with one entry gives its value as it is: when that is a list, it needs brackets of its own."""
    d, values, v = a.let(0, "d"), a.fresh("values"), a.fresh("v")
    single = f'$count($keys({d})) = 1 and $type({values}) = "array" ? [[{values}]] : [{values}]'
    return f"({values} := $each({d}, function({v}) {{ {v} }}); {single})"


def _items(flat: bool) -> Spelling:
    def write(a: Args) -> str:
        v, k = a.fresh("v"), a.fresh("k")
        return f"[$each({a.bare(0)}, function({v}, {k}){{ {pair(k, v, flat)} }})]"

    return swallowing(write)


@swallowing
def _merge(a: Args) -> str:
    return f"$merge([{', '.join(a.bare(i) for i in range(len(a)))}])"


@swallowing
def _pairs(a: Args) -> str:
    match a.expression(0):
        case Array(items) | Operation("array.flat", items) if all(map(_pair_of, items)):
            entries = [_entry_of(a, item, {}) for item in items]
            return entries[0] if len(entries) == 1 else f"$merge([{', '.join(entries)}])"
        case Operation("map.flat" | "map.lists" | "map.any", (Function((number,), (name,), body), _)) if (
            _pair_of(body)
        ):
            inner = a.inside(0)
            each = walk(inner, 1, name)
            entry = _entry_of(inner, body, {number: each.element})
        case _:
            each = walk(a, 0, "pair")
            p = each.element
            key, value = p.parts if isinstance(p, Parts) else (f"{p}.items[0]", f"{p}.items[1]")
            entry = f"{{{key}: {value}}}"
    return f"$merge([{{}}, {each.made(entry)}])"


def _pair_of(expression: Expression) -> tuple[Expression, Expression] | None:
    """The two of a tuple that is made right here."""
    match expression:
        case Object(
            (
                ("$type", Literal("tuple")),
                ("items", Array((key, value)) | Operation("array.flat", (key, value))),
            )
        ):
            return key, value
        case _:
            return None


def _entry_of(a: Args, made: Expression, locals: Mapping[int, str]) -> str:
    """The object with one key that is made of a pair."""
    found = _pair_of(made)
    assert found is not None
    key, value = (a.within(part, locals) for part in found)
    return f"{{{key}: {value}}}"


@swallowing
def _fromkeys(a: Args) -> str:
    key, value = a.fresh("key"), a.let(1, "value")
    return f"$merge([{{}}, $map({a.bare(0)}, function({key}){{ {{{key}: {value}}} }})])"


@swallowing
def _setitem(a: Args) -> str:
    return f"$merge([{a.bare(0)}, {{{a.bare(1)}: {a.bare(2)}}}])"


def _removed(d: str, key: str, k: str, v: str) -> str:
    return f"$merge([{{}}, $sift({d}, function({v}, {k}) {{ {k} != {key} }})])"


@swallowing
def _without(a: Args) -> str:
    return _removed(a.bare(0), _key(a), a.fresh("k"), a.fresh("v"))


@swallowing
def _delitem(a: Args) -> str:
    d, key = a.let(0, "d"), _key(a)
    rest = _removed(d, key, a.fresh("k"), a.fresh("v"))
    return f"$exists({_entry(a, d, key)}) ? {rest} : {_missing(a, key)}"


@swallowing
def _setdefault(a: Args) -> str:
    d, key = a.let(0, "d"), _key(a)
    return f"$exists({_entry(a, d, key)}) ? {d} : $merge([{d}, {{{key}: {_default(a)}}}])"


_EMPTY = error("KeyError: 'popitem(): dictionary is empty'")


@swallowing
def _popitem(a: Args) -> str:
    d, last = a.let(0, "d"), a.fresh("last")
    rest = _removed(d, last, a.fresh("k"), a.fresh("v"))
    return f"({last} := [$keys({d})][-1]; $exists({last}) ? {rest} : {_EMPTY})"


@swallowing
def _popped_item(a: Args) -> str:
    d, last, value = a.let(0, "d"), a.fresh("last"), a.fresh("value")
    return (
        f"({last} := [$keys({d})][-1]; {value} := $lookup({d}, {last}); "
        f"$exists({last}) ? {pair(last, value, flat=False)} : {_EMPTY})"
    )


SPELLINGS: Spellings = {
    "dict.get": _get,
    "dict.popped": _popped,
    "dict.keys": _keys,
    "dict.values": _values,
    "dict.values_any": _values_any,
    "dict.items": _items(flat=True),
    "dict.items_any": _items(flat=False),
    "dict.fromkeys": _fromkeys,
    "dict.merge": _merge,
    "dict.pairs": _pairs,
    "dict.setitem": _setitem,
    "dict.delitem": _delitem,
    "dict.without": _without,
    "dict.setdefault": _setdefault,
    "dict.popitem": _popitem,
    "dict.popped_item": _popped_item,
}
