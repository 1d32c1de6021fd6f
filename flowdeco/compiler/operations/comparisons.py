"""Comparisons in JSONata, with Python's equality of true and 1 and its order of texts by code points."""

from __future__ import annotations

from collections.abc import Callable

from flowdeco.compiler.operations.arguments import (
    Args,
    Spelling,
    Spellings,
    between,
    call,
    error,
    infix,
    strict,
    swallowing,
    swallowing_infix,
)
from flowdeco.graph.expressions import Literal
from flowdeco.query import quote_name

_ASTRAL = r"/([\uD800-\uDBFF]|[^\u0000-\uFFFF])/"
"""What UTF-16 writes as two, which makes it come before the last characters that it writes as one."""


def ordered(source: str) -> str:
    """A text such that UTF-16 orders it as code points order the text it is made of."""
    return f'$replace({source}, {_ASTRAL}, "\\uFFFF$1")'


def comparable(v: str) -> str:
    """The body of a function that makes `<` of two results mean what it means in Python, for numbers and texts."""
    return (
        f'$type({v}) = "boolean" ? $number({v}) : $type({v}) = "number" ? {v} : $type({v}) = "string" ? {ordered(v)} : '
        f"{error('TypeError: values that are neither numbers nor texts have no order here')}"
    )


def levelled(name: str, v: str, w: str, k: str) -> str:
    """A function under which equal values of Python are equal in JSONata: true is 1, everywhere inside."""
    return (
        f"{name} := function({v}){{ "
        f'$type({v}) = "boolean" ? $number({v}) : '
        f'$type({v}) = "array" ? [$map({v}, function({w}){{ {{"": {name}({w})}} }})] : '
        f'$type({v}) = "object" ? $merge([{{}}, $each({v}, function({w}, {k}){{ '
        f'{{{k}: {k} = "$type" and {w} = "frozenset" ? "set" : {name}({w})}} }})]) : {v} }}'
    )


def equals(a: Args) -> tuple[str, str]:
    """The definition of the function of `levelled`, and its name."""
    name = a.fresh("plain")
    return levelled(name, a.fresh("v"), a.fresh("w"), a.fresh("k")), name


def _deep(operator: str) -> Spelling:
    def write(a: Args) -> str:
        left, right = a.bare(0), a.bare(1)
        definition, plain = equals(a)
        return f"({definition}; {plain}({left}) {operator} {plain}({right}))"

    return swallowing(write)


def _any_order(operator: str) -> Spelling:
    def write(a: Args) -> str:
        key, v = a.fresh("key"), a.fresh("v")
        return (
            f"({key} := function({v}){{ {comparable(v)} }}; {key}({a.bare(0)}) {operator} {key}({a.bare(1)}))"
        )

    return swallowing(write)


def _text_order(operator: str) -> Spelling:
    return strict()(lambda a: f"{ordered(a.bare(0))} {operator} {ordered(a.bare(1))}")


@swallowing
def _contains_any(a: Args) -> str:
    xs, item = a.bare(0), a.bare(1)
    definition, plain = equals(a)
    name, v = a.fresh("item"), a.fresh("x")
    return f"({definition}; {name} := {plain}({item}); true in $map({xs}, function({v}){{ {plain}({v}) = {name} }}))"


def unhashable(a: Args) -> tuple[str, str]:
    """The definition of a function that tells whether a value cannot be a key in Python, and its name."""
    name, v = a.fresh("unhashable"), a.fresh("v")
    tag = f"{v}.`$type`"
    return (
        f'{name} := function({v}){{ $type({v}) = "array" or $type({v}) = "object" and '
        f'({tag} = "tuple" ? true in $map({v}.items, {name}) : $not($exists({tag})) or '
        f'{tag} in ["set", "dict", "deque", "Counter", "OrderedDict", "defaultdict"]) }}',
        name,
    )


@swallowing
def _hashable(a: Args) -> str:
    x = a.let(0, "x")
    definition, name = unhashable(a)
    return f"({definition}; {name}({x}) ? {error('TypeError: unhashable type')} : {x})"


@swallowing
def _contains_key(a: Args) -> str:
    key = a.expression(1)
    if isinstance(key, Literal) and isinstance(key.value, str):
        return f"$exists({a[0]}.{quote_name(key.value)})"
    return f"{a[1]} in $keys({a.bare(0)})"


@swallowing
def _contains_value(a: Args) -> str:
    xs, item, name, v = a.let(0, "container"), a.let(1, "item"), a.fresh("found"), a.fresh("x")
    definition, plain = equals(a)
    look = f"({definition}; {name} := {plain}({item}); true in $map({{}}, function({v}){{ {plain}({v}) = {name} }}))"
    inside = look.replace("{}, function(" + v, f"{xs}, function({v}", 1)
    items = look.replace("{}, function(" + v, f"{xs}.items, function({v}", 1)
    tag = f"{xs}.`$type`"
    text = error("TypeError: 'in <string>' requires string as left operand")
    unhash = error("TypeError: unhashable type")
    defined, bad = unhashable(a)
    refusal = error("TypeError: argument is not iterable")
    return (
        f'({defined}; $type({xs}) = "array" ? {inside} : '
        f'$type({xs}) = "string" ? ($type({item}) = "string" ? $contains({xs}, {item}) : {text}) : '
        f'$type({xs}) = "object" ? ($not($exists({tag})) ? ({bad}({item}) ? {unhash} : {item} in $keys({xs})) : '
        f'{tag} in ["set", "frozenset"] and {bad}({item}) ? {unhash} : '
        f'{tag} in ["tuple", "set", "frozenset", "deque"] ? {items} : {refusal}) : {refusal})'
    )


@swallowing
def _isinstance(a: Args) -> str:
    names = a.constant(1)
    assert isinstance(names, list)
    plain = [(n, t) for n, t in _TYPES if n in names or (n == "bool" and "int" in names)]
    tags = [name for name in ("tuple", "set") if name in names]
    if not tags and "dict" not in names:
        return _one_of(a.bare(0), [t for _, t in plain])
    x = a.let(0, "x")
    tag = f"{x}.`$type`"
    tests = [_one_of(x, [t for _, t in plain])] if plain else []
    looks = []
    if "dict" in names:
        looks.append(f'$not($exists({tag})) or {tag} in ["dict", "Counter", "OrderedDict", "defaultdict"]')
    if tags:
        looks.append(
            f"{tag} = {_quoted(tags[0])}" if len(tags) == 1 else f"{tag} in [{', '.join(map(_quoted, tags))}]"
        )
    wanted = f"({' or '.join(looks)})" if len(looks) > 1 or " or " in looks[0] else looks[0]
    tests.append(f'$type({x}) = "object" and {wanted}')
    return " or ".join(tests)


def _one_of(x: str, types: list[str]) -> str:
    if len(types) == 1:
        return f"$type({x}) = {_quoted(types[0])}"
    return f"$type({x}) in [{', '.join(map(_quoted, types))}]"


def _quoted(text: str) -> str:
    return f'"{text}"'


_TYPES = (
    ("bool", "boolean"),
    ("int", "number"),
    ("str", "string"),
    ("list", "array"),
    ("NoneType", "null"),
)

_ORDERS: dict[str, str] = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_ORDER_KINDS: dict[str, Callable[[str], Spelling]] = {"plain": infix, "texts": _text_order, "any": _any_order}

SPELLINGS: Spellings = {
    "eq.same": swallowing_infix("="),
    "ne.same": swallowing_infix("!="),
    "eq.any": _deep("="),
    "ne.any": _deep("!="),
    **{
        f"{name}.{kind}": made(operator)
        for name, operator in _ORDERS.items()
        for kind, made in _ORDER_KINDS.items()
    },
    "hashable.any": _hashable,
    "contains.same": swallowing(lambda a: between(a.bare(1), "in", a.bare(0))),
    "contains.any": _contains_any,
    "contains.text": call("contains"),
    "contains.key": _contains_key,
    "contains.value": _contains_value,
    "is.same": swallowing_infix("="),
    "is.different": swallowing_infix("!="),
    "isinstance.any": _isinstance,
}
