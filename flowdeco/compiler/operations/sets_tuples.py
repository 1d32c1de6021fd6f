"""Sets in JSONata: lists of different values, in order."""

from __future__ import annotations

from collections.abc import Callable

from flowdeco.compiler.operations.arguments import Args, Spelling, Spellings, between, swallowing


@swallowing
def _items(a: Args) -> str:
    return f"[$sort($distinct({a.bare(0)}))]"


@swallowing
def _union(a: Args) -> str:
    return f"[$sort($distinct($append({a.bare(0)}, {a.bare(1)})))]"


@swallowing
def _intersection(a: Args) -> str:
    v, other = a.fresh("v"), a.let(1, "other")
    return f"[$filter({a.bare(0)}, function({v}) {{ {v} in {other} }})]"


@swallowing
def _difference(a: Args) -> str:
    v, other = a.fresh("v"), a.let(1, "other")
    return f"[$filter({a.bare(0)}, function({v}) {{ $not({v} in {other}) }})]"


@swallowing
def _symmetric(a: Args) -> str:
    first, second, v = a.let(0, "first"), a.let(1, "second"), a.fresh("v")
    one_sided = f"$not({v} in {first} and {v} in {second})"
    return f"[$sort($filter($distinct($append({first}, {second})), function({v}) {{ {one_sided} }}))]"


def _without(items: str, value: str, v: str) -> str:
    return f"[$filter({items}, function({v}) {{ {between(v, '!=', value)} }})]"


def _without_any(items: str, value: str, v: str) -> str:
    """True is 1, and False 0."""
    return f'[$filter({items}, function({v}) {{ ($type({v}) = "boolean" ? $number({v}) : {v}) != {value} }})]'


@swallowing
def _add_any(a: Args) -> str:
    """Other elements may be of any sort: numbers are in order, everything else is by its text."""
    items, value, left, right = a.let(0, "items"), a.let(1, "value"), a.fresh("l"), a.fresh("r")
    equal = f"{value} in {items} or {value} = 1 and true in {items} or {value} = 0 and false in {items}"
    numbers = f'$type({left}) = "number" and $type({right}) = "number"'
    later = f"{numbers} ? {left} > {right} : $string({left}) > $string({right})"
    return f"{equal} ? {items} : [$sort($append({items}, {value}), function({left}, {right}) {{ {later} }})]"


def _discarding(without: Callable[[str, str, str], str]) -> Spelling:
    return swallowing(lambda a: without(a.bare(0), a.let(1, "value"), a.fresh("v")))


def _removing(without: Callable[[str, str, str], str]) -> Spelling:
    def write(a: Args) -> str:
        items, value, rest = a.let(0, "items"), a.let(1, "value"), a.fresh("rest")
        refusal = f'$error("KeyError: " & {value})'
        changed = f"$count({rest}) < $count({items}) ? {rest} : {refusal}"
        return f"({rest} := {without(items, value, a.fresh('v'))}; {changed})"

    return swallowing(write)


SPELLINGS: Spellings = {
    "set.items": _items,
    "set.union": _union,
    "set.add": _union,
    "set.intersection": _intersection,
    "set.difference": _difference,
    "set.symmetric": _symmetric,
    "set.discard": _discarding(_without),
    "set.remove": _removing(_without),
    "set.add_any": _add_any,
    "set.discard_any": _discarding(_without_any),
    "set.remove_any": _removing(_without_any),
}
