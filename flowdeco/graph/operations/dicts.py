"""Methods of dict, and dicts made of others.

A dict is a JSON object: its keys are texts, and an expression that meets another key fails. Keys keep the order Python
gives them, except that JavaScript puts keys that look like small integers first.

What changes a dict comes in two operations: `mutate:pop` is the dict afterwards, `result:pop` what the call returns.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from flowdeco.graph.expressions import Expression, Field, Literal, Object
from flowdeco.graph.operations.operands import certainly, elements_of, text_constant
from flowdeco.graph.operations.rules import Resolved, Rules, form
from flowdeco.graph.operations.shapes import iterated, kind_of
from flowdeco.graph.types import ANY, NONE, STR, Type, join, list_of

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]

FORMS = (
    "dict.get",
    "dict.popped",
    "dict.keys",
    "dict.values",
    "dict.values_any",
    "dict.items",
    "dict.items_any",
    "dict.fromkeys",
    "dict.merge",
    "dict.pairs",
    "dict.setitem",
    "dict.delitem",
    "dict.without",
    "dict.setdefault",
    "dict.popitem",
    "dict.popped_item",
)


def _is_key(expression: Expression, type: Type) -> bool:
    """Whether it may be the key of a JSON object: `$type` is for tags."""
    return type.sort in ("str", "any") and text_constant(expression) != "$type"


def _value_type(expression: Expression, type: Type) -> Type:
    """What is known of all values of a dict. An annotation with fields does not say that there are no others."""
    if type.fields and isinstance(expression, Object | Literal):
        return reduce(join, (kind for _, kind in type.fields))
    return ANY if type.fields else type.item


def _loose(expression: Expression, type: Type, *added: Type) -> Type:
    """A dict after a change: its keys are no longer known, its values are of the old types or the added ones."""
    value = reduce(join, added, _value_type(expression, type))
    known = value != ANY and ANY not in added
    return Type("dict", element=value if known else None)


def _with_field(d: Expression, type: Type, key: Expression, value: Type) -> Type:
    """A dict after `d[key] = value`."""
    name = text_constant(key)
    if type.fields is None or name is None:
        return _loose(d, type, value)
    return replace(type, fields=tuple({**dict(type.fields), name: value}.items()))


def _key_error(type: Type) -> tuple[type[Exception], ...]:
    return (KeyError,) if certainly(type, "str") else (KeyError, TypeError)


def _no_key(type: Type) -> tuple[type[Exception], ...]:
    """What a key that is no text raises (Python would take it, but no dict with it can be encoded)."""
    return () if certainly(type, "str") else (TypeError,)


def _keys(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) != 1 or not certainly(types[0], "dict"):
        return None
    return form("dict.keys", arguments, list_of(STR))


def _values(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) != 1 or not certainly(types[0], "dict"):
        return None
    value = _value_type(arguments[0], types[0])
    # A list among the values would be flattened.
    name = "dict.values" if kind_of(value) == "flat" else "dict.values_any"
    return form(name, arguments, list_of(value))


def _items(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) != 1 or not certainly(types[0], "dict"):
        return None
    value = _value_type(arguments[0], types[0])
    # A list in a tuple would be taken apart.
    name = "dict.items" if kind_of(value) == "flat" else "dict.items_any"
    return form(name, arguments, list_of(Type("tuple", elements=(STR, value))))


def _copy(arguments: Arguments, types: Types) -> Resolved | None:
    """Also `dict(d)`. Values never change: the copy is the value itself."""
    if len(arguments) != 1 or not certainly(types[0], "dict"):
        return None
    return Resolved(arguments[0], types[0])


def _get(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) not in (2, 3) or not certainly(types[0], "dict") or not _is_key(arguments[1], types[1]):
        return None
    name = text_constant(arguments[1])
    if name is not None and (known := types[0].field(name)) is not None:
        return Resolved(Field(arguments[0], name, certain=True), known)
    default, other = (arguments[2], types[2]) if len(arguments) == 3 else (Literal(None), NONE)
    found = join(types[0].item, other) if types[0].element is not None else ANY
    return form("dict.get", (arguments[0], arguments[1], default), found, _no_key(types[1]))


def _merge(arguments: Arguments, types: Types) -> Resolved | None:
    """`{**a, **b}`, `a | b`, `a.update(b)`."""
    if not arguments or not all(certainly(t, "dict") for t in types):
        return None
    if all(t.fields is not None for t in types):
        fields: dict[str, Type] = {}
        for argument, t in zip(arguments, types):
            if not isinstance(argument, Object | Literal):
                fields = dict.fromkeys(fields, ANY)  # it may have more keys than its type says
            fields.update(t.fields or ())
        return form("dict.merge", arguments, Type("dict", fields=tuple(fields.items())))
    return form(
        "dict.merge", arguments, _loose(arguments[0], types[0], *map(_value_type, arguments[1:], types[1:]))
    )


def _update(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) == 1 and certainly(types[0], "dict"):
        return Resolved(arguments[0], types[0])
    return _merge(arguments, types) if len(arguments) == 2 else None


def _none(arguments: Arguments, types: Types) -> Resolved | None:
    """What a change of a dict returns when it returns nothing."""
    return Resolved(Literal(None), NONE) if certainly(types[0], "dict") else None


def _from_pairs(arguments: Arguments, types: Types) -> Resolved | None:
    """`{k: v for …}`, `dict(pairs)`: the last value of a key wins, in the place of its first."""
    if len(arguments) != 1:
        return None
    pairs = elements_of(arguments[0], types[0])
    if pairs is None or types[0].sort == "set":
        return None
    parts = types[0].item.elements
    if not certainly(types[0].item, "tuple") or parts is None or len(parts) != 2:
        return None
    if not _is_key(pairs, parts[0]):
        return None
    return form(
        "dict.pairs", (pairs,), Type("dict", element=None if parts[1] == ANY else parts[1]), _no_key(parts[0])
    )


def _from_keys(arguments: Arguments, types: Types) -> Resolved | None:
    """`dict.fromkeys(texts[, value])`."""
    if len(arguments) not in (1, 2):
        return None
    keys = iterated(arguments[0], types[0])
    if keys is None or not certainly(keys.type.item, "str"):
        return None
    value, kind = (arguments[1], types[1]) if len(arguments) == 2 else (Literal(None), NONE)
    return form(
        "dict.fromkeys", (keys.expression, value), Type("dict", element=None if kind == ANY else kind)
    )


def _dict(arguments: Arguments, types: Types) -> Resolved | None:
    if not arguments:
        return Resolved(Literal({}), Type("dict", fields=()))
    return _copy(arguments, types) or _from_pairs(arguments, types)


def _setitem(arguments: Arguments, types: Types) -> Resolved | None:
    """The dict after `d[key] = value`."""
    if len(arguments) != 3 or not certainly(types[0], "dict") or not _is_key(arguments[1], types[1]):
        return None
    return form(
        "dict.setitem",
        arguments,
        _with_field(arguments[0], types[0], arguments[1], types[2]),
        _no_key(types[1]),
    )


def _delitem(arguments: Arguments, types: Types) -> Resolved | None:
    """The dict after `del d[key]`, also after `d.pop(key)`."""
    if len(arguments) != 2 or not certainly(types[0], "dict") or not _is_key(arguments[1], types[1]):
        return None
    return form("dict.delitem", arguments, _loose(arguments[0], types[0]), _key_error(types[1]))


def _pop(arguments: Arguments, types: Types) -> Resolved | None:
    """The dict after `d.pop(key[, default])`."""
    if len(arguments) == 2:
        return _delitem(arguments, types)
    if len(arguments) != 3 or not certainly(types[0], "dict") or not _is_key(arguments[1], types[1]):
        return None
    return form("dict.without", arguments[:2], _loose(arguments[0], types[0]), _no_key(types[1]))


def _popped(arguments: Arguments, types: Types) -> Resolved | None:
    """What `d.pop(key[, default])` returns."""
    if len(arguments) == 3:
        return _get(arguments, types)
    if len(arguments) != 2 or not certainly(types[0], "dict") or not _is_key(arguments[1], types[1]):
        return None
    name = text_constant(arguments[1])
    if name is not None and (known := types[0].field(name)) is not None:
        return Resolved(Field(arguments[0], name, certain=True), known)
    return form("dict.popped", arguments, types[0].item, _key_error(types[1]))


def _setdefault(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) not in (2, 3) or not certainly(types[0], "dict") or not _is_key(arguments[1], types[1]):
        return None
    default, other = (arguments[2], types[2]) if len(arguments) == 3 else (Literal(None), NONE)
    return form(
        "dict.setdefault",
        (arguments[0], arguments[1], default),
        _loose(arguments[0], types[0], other),
        _no_key(types[1]),
    )


def _popitem(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) != 1 or not certainly(types[0], "dict"):
        return None
    return form("dict.popitem", arguments, _loose(arguments[0], types[0]), (KeyError,))


def _popped_item(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) != 1 or not certainly(types[0], "dict"):
        return None
    return form(
        "dict.popped_item",
        arguments,
        Type("tuple", elements=(STR, _value_type(arguments[0], types[0]))),
        (KeyError,),
    )


def _clear(arguments: Arguments, types: Types) -> Resolved | None:
    """The dict after `d.clear()`."""
    if len(arguments) != 1 or not certainly(types[0], "dict"):
        return None
    return Resolved(Literal({}), Type("dict", element=types[0].element))


RULES: Rules = {
    "dict": _dict,
    "dict.fromkeys": _from_keys,
    "dict_merge": _merge,
    "or_": _merge,
    "dict_of_pairs": _from_pairs,
    "method:get": _get,
    "method:keys": _keys,
    "method:values": _values,
    "method:items": _items,
    "method:copy": _copy,
    "mutate:setitem": _setitem,
    "mutate:delitem": _delitem,
    "mutate:pop": _pop,
    "result:pop": _popped,
    "mutate:clear": _clear,
    "result:clear": _none,
    "mutate:update": _update,
    "result:update": _none,
    "mutate:setdefault": _setdefault,
    "result:setdefault": _get,
    "mutate:popitem": _popitem,
    "result:popitem": _popped_item,
}
