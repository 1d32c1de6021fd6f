"""Expressions → JSONata: as a single expression, or as a JSON template with expressions in its strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, assert_never

from flowdeco.asl.model import JSON
from flowdeco.graph import (
    Array,
    Elements,
    Expression,
    Field,
    Index,
    Input,
    Item,
    Literal,
    Object,
    Result,
    Symbol,
)
from flowdeco.query import literal, quote_name


class Names(Protocol):
    """The JSONata of every symbol that is in reach: a dict, or what looks into several."""

    def __getitem__(self, symbol: Symbol, /) -> str:
        """Raises KeyError for what is not in reach."""


def template(expression: Expression, names: Names) -> JSON:
    """JSON that the service fills in: constants stay as they are, the rest are `{% … %}` strings."""
    match expression:
        case Literal(value):
            return _constant(value)
        case Array(items):
            return [template(item, names) for item in items]
        case Object(entries):
            return {key: template(value, names) for key, value in entries}
        case _:
            return "{% " + source(expression, names) + " %}"


def source(expression: Expression, names: Names) -> str:
    """One JSONata expression."""
    match expression:
        case Literal(value):
            return literal(value)
        case Input() | Result() | Item():
            return names[expression]
        case Field(base, name):
            return f"{source(base, names)}.{quote_name(name)}"
        case Index(base, position):
            return f"{source(base, names)}[{position}]"
        case Elements(base):
            # Tuples and sets are encoded as objects that hold their elements.
            inner = source(base, names)
            return f'($type({inner}) = "array" ? {inner} : {inner}.items)'
        case Array(items):
            return f"[{', '.join(source(item, names) for item in items)}]"
        case Object(entries):
            return "{" + ", ".join(f"{literal(k)}: {source(v, names)}" for k, v in entries) + "}"
        case never:
            assert_never(never)


def _constant(value: JSON) -> JSON:
    """A constant as it stands in a template: only text that would be taken for an expression needs care."""
    if isinstance(value, str):
        if value.startswith("{%") or value.endswith("%}"):
            return "{% " + literal(value) + " %}"
        return value
    if isinstance(value, list):
        return [_constant(item) for item in value]
    if isinstance(value, dict):
        return {key: _constant(item) for key, item in value.items()}
    return value


def input_source(name: str, defaults: Mapping[str, JSON]) -> str:
    """An input of the execution, wherever in the machine; the default when the execution was started without it."""
    path = "$states.context.Execution.Input"
    if name not in defaults:
        return f"{path}.{quote_name(name)}"
    return f"$merge([{literal({name: defaults[name]})}, {path}]).{quote_name(name)}"
