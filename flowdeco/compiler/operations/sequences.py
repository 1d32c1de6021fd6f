"""Iterables in JSONata. What is a list in Python comes out as an array, with no, one or many elements, whatever they are."""

from __future__ import annotations

from dataclasses import replace

from flowdeco.compiler.operations.arguments import (
    Args,
    Parts,
    Spelling,
    Spellings,
    between,
    call,
    error,
    strict,
    swallowing,
    wrapped,
)
from flowdeco.compiler.operations.arrays import boxed, filtered, is_flat, mapped, unboxed
from flowdeco.compiler.operations.comparisons import comparable, ordered
from flowdeco.compiler.operations.walks import walk
from flowdeco.graph.expressions import Array, Expression, Function, Literal, Operation

_ITEMS = '["tuple", "set", "frozenset", "deque"]'


def characters(text: str, i: str) -> str:
    """The list of the characters of a variable: JSONata's own `$split` takes apart what UTF-16 writes as two."""
    return f"[$map([0..$length({text}) - 1], function({i}){{ $substring({text}, {i}, 1) }})]"


@swallowing
def _len_any(a: Args) -> str:
    x = a.let(0, "x")
    tag = f"{x}.`$type`"
    return (
        f'$type({x}) = "array" ? $count({x}) : '
        f'$type({x}) = "string" ? $length({x}) : '
        f'$type({x}) = "object" and $not($exists({tag})) ? $count($keys({x})) : '
        f'{tag} in ["tuple", "set", "frozenset", "deque", "dict"] ? $count({x}.items) : '
        f'{tag} in ["OrderedDict", "Counter"] ? $count($keys({x})) - 1 : '
        f'{tag} = "defaultdict" ? $count($keys({x})) - ($exists({x}.`$factory`) ? 2 : 1) : '
        f"{error('TypeError: object has no len()')}"
    )


@swallowing
def _iterate_any(a: Args) -> str:
    x = a.let(0, "x")
    tag, entry = f"{x}.`$type`", a.fresh("entry")
    return (
        f'$type({x}) = "array" ? {x} : '
        f'$type({x}) = "string" ? {characters(x, a.fresh("i"))} : '
        f'$type({x}) = "object" and $not($exists({tag})) ? [$keys({x})] : '
        f"{tag} in {_ITEMS} ? {x}.items : "
        f'{tag} = "dict" ? [$map({x}.items, function({entry}){{ {entry}[0] }})] : '
        f'{tag} in ["OrderedDict", "Counter", "defaultdict"] ? '
        f'[$filter($keys({x}), function({entry}){{ $not({entry} in ["$type", "$factory"]) }})] : '
        f"{error('TypeError: object is not iterable')}"
    )


@swallowing
def _range(a: Args) -> str:
    start, stop, step = (a.expression(i) for i in range(3))
    if step == Literal(1):
        last = str(int(stop.value) - 1) if isinstance(stop, Literal) else between(a.bare(1), "-", "1")
        return f"[{wrapped(a.bare(0), 21)}..{wrapped(last, 21)}]"
    first, by, i = a.let(0, "start"), a.let(2, "step"), a.fresh("i")
    count = f"$floor(({between(between(a.bare(1), '-', first), '-', '1')}) / {by})"
    if isinstance(step, Literal) and step.value < 0:
        count = f"$floor(({between(between(a.bare(1), '-', first), '+', '1')}) / {wrapped(by)})"
    elif not isinstance(step, Literal):
        sign = f"({by} > 0 ? 1 : -1)"
        count = f"$floor(({between(between(a.bare(1), '-', first), '-', sign)}) / {by})"
    element = f"{i} * {by}" if start == Literal(0) else f"{first} + {i} * {by}"
    made = f"[$map([0..{count}], function({i}){{ {element} }})]"
    if isinstance(step, Literal):
        return made
    return f"{by} != 0 ? {made} : {error('ValueError: range() arg 3 must not be zero')}"


def _enumerate(kind: str) -> Spelling:
    def write(a: Args) -> str:
        xs, i, v = a.bare(0), a.fresh("i"), a.fresh("v")
        position = i if a.expression(1) == Literal(0) else between(i, "+", a.bare(1))
        items = (
            f"$append([{position}], {boxed(v)})"
            if kind == "any"
            else f"[{position}, {v if kind == 'flat' else f'[{v}]'}]"
        )
        return f'[$map({xs}, function({v}, {i}){{ {{"$type": "tuple", "items": {items}}} }})]'

    return swallowing(write)


@swallowing
def _zip(a: Args) -> str:
    t = a.fresh("t")
    zipped = f"$zip({', '.join(a.bare(i) for i in range(len(a)))})"
    return f'[$map({zipped}, function({t}){{ {{"$type": "tuple", "items": {t}}} }})]'


def _map(kind: str) -> Spelling:
    def write(a: Args) -> str:
        each = walk(a, 1, _names(a))
        result = a.body(0, each.element)
        if kind == "flat" or is_flat(result):
            return f"[{each.made(result)}]"
        if each.plain and each.over == "$map":
            return mapped(each.source, kind, result, (a.fresh("list"), each.element, a.fresh("made")))
        entry = f"{{'v': {result}}}"
        return unboxed(f"[{each.made(entry)}]", kind, a.fresh("box"))

    return swallowing(write)


def _filter(kind: str) -> Spelling:
    def write(a: Args) -> str:
        each = walk(a, 1, _names(a))
        test = a.body(0, each.element)
        if each.over == "$each" or isinstance(each.element, Parts):
            if kind != "flat" and not isinstance(each.element, Parts):
                return filtered(a.bare(1), kind, test, a.fresh("box"), each.element)
            return f"[{replace(each, conditions=(*each.conditions, test)).made(each.element)}]"
        return filtered(a.bare(1), kind, test, a.fresh("box"), each.element)

    return swallowing(write)


@swallowing
def _flat_map(a: Args) -> str:
    each = walk(a, 1, _names(a))
    return each.joined(a.body(0, each.element), a.fresh("list"))


@swallowing
def _values_joined(a: Args) -> str:
    """`.*` takes the lists apart that are the values of a dict."""
    return f"[{a[0]}.*]"


def _names(a: Args) -> str:
    made = a.expression(0)
    assert isinstance(made, Function)
    return made.names[0]


def _asked(a: Args) -> str:
    made = a.expression(1)
    assert isinstance(made, Function)
    each = walk(a, 0, made.names[0])
    return each.made(a.body(1, each.element))


def _tested(name: str) -> Spelling:
    def write(a: Args) -> str:
        if name == "any":
            return f"true in {_asked(a)}"
        return f"$not(false in {_asked(a)})"

    return swallowing(write)


class _Order:
    """How the elements of a list are compared: by a key of each, or by themselves."""

    def __init__(self, a: Args, order: str, keyed: bool) -> None:
        self.a, self.order, self.keyed = a, order, keyed
        self.name = "" if order == "numbers" else a.fresh("key")

    def key(self, v: str) -> str:
        """What is compared of the element in a variable."""
        own = wrapped(self.a.body(1, v), 41) if self.keyed else v
        if self.order == "numbers":
            return own
        return f"{self.name}({own})"

    def defined(self, result: str) -> str:
        """The result, after the function that makes keys comparable."""
        if not self.name:
            return result
        x = self.a.fresh("k")
        compared = ordered(x) if self.order == "texts" else comparable(x)
        return f"({self.name} := function({x}){{ {compared} }}; {result})"


def _sorted(order: str, keyed: bool) -> Spelling:
    def write(a: Args) -> str:
        reverse = a.constant(2)
        if order == "numbers" and not keyed:
            return f"$reverse($sort({a.bare(0)}))" if reverse else f"$sort({a.bare(0)})"
        how, left, right = _Order(a, order, keyed), a.fresh("a"), a.fresh("b")
        operator = "<" if reverse else ">"
        compared = f"{how.key(left)} {operator} {how.key(right)}"
        return how.defined(f"$sort({a.bare(0)}, function({left}, {right}){{ {compared} }})")

    return strict(0)(write)


def _is_filled(xs: Expression) -> bool:
    """Whether something is in the list for sure."""
    match xs:
        case Array(items) | Operation("array.flat", items) | Literal(list(items)):
            return bool(items)
        case _:
            return False


def _extreme(name: str, order: str, keyed: bool) -> Spelling:
    def write(a: Args) -> str:
        filled = _is_filled(a.expression(0))
        # What an empty list makes is said apart: JSONata would make nothing of it.
        xs = a.bare(0) if filled else a.let(0, "xs")
        if order == "numbers" and not keyed:
            result = f"${name}({xs})"
        else:
            how, best, v = _Order(a, order, keyed), a.fresh("best"), a.fresh("v")
            compared = f"{how.key(v)} {'<' if name == 'min' else '>'} {how.key(best)}"
            result = how.defined(f"$reduce({xs}, function({best}, {v}){{ {compared} ? {v} : {best} }})")
        if filled:
            return result
        empty = (
            wrapped(a.bare(2), 21)
            if len(a) > 2
            else error(f"ValueError: {name}() iterable argument is empty")
        )
        return f"{xs} = [] ? {empty} : {wrapped(result, 21)}"

    return swallowing(write)


_ORDERS = ("numbers", "texts", "any")

SPELLINGS: Spellings = {
    "len.list": swallowing(lambda a: f"$count({a.bare(0)})"),
    "len.text": call("length"),
    "len.dict": swallowing(lambda a: f"$count($keys({a.bare(0)}))"),
    "len.any": _len_any,
    "iterate.dict": swallowing(lambda a: f"[$keys({a.bare(0)})]"),
    "iterate.text": swallowing(lambda a: characters(a.let(0, "text"), a.fresh("i"))),
    "iterate.any": _iterate_any,
    "array.flat": swallowing(lambda a: f"[{', '.join(a.bare(i) for i in range(len(a)))}]"),
    "distinct": swallowing(lambda a: f"[$distinct({a.bare(0)})]"),
    "reversed": call("reverse"),
    "range": _range,
    "any.bools": swallowing(lambda a: f"true in {a[0]}"),
    "all.bools": swallowing(lambda a: f"$not(false in {a[0]})"),
    "any.tested": _tested("any"),
    "all.tested": _tested("all"),
    "flat_map": _flat_map,
    "values_joined": _values_joined,
    **{f"enumerate.{kind}": _enumerate(kind) for kind in ("flat", "lists", "any")},
    "map.flat": _map("flat"),
    "map.lists": _map("lists"),
    "map.any": _map("any"),
    **{f"filter.{kind}": _filter(kind) for kind in ("flat", "lists", "any")},
    "zip": _zip,
    **{f"sorted.{order}": _sorted(order, keyed=False) for order in _ORDERS},
    **{f"sorted_by.{order}": _sorted(order, keyed=True) for order in _ORDERS},
    **{f"{name}.{order}": _extreme(name, order, keyed=False) for name in ("min", "max") for order in _ORDERS},
    **{
        f"{name}_by.{order}": _extreme(name, order, keyed=True)
        for name in ("min", "max")
        for order in _ORDERS
    },
}
