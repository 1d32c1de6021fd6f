"""From what a body passes to a step to the expressions the step's Task gets."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from flowdeco.authoring.steps import Step
from flowdeco.authoring.workflows import Workflow
from flowdeco.errors import BodyError, CodecError, Location
from flowdeco.graph import Array, Expression, Literal, Object
from flowdeco.runtime import ValueCodec, encode_tree
from flowdeco.tracing.value import Unbound, Value

POSITIONAL = "*"


def bind(
    step: Step[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], place: Location | None
) -> list[tuple[str, Any]]:
    """Arguments by parameter name, those that only have a place under "*". Raises BodyError with the signature."""
    signature = _signature(step.fn)
    if signature is None:  # written in C, and silent about what it takes
        return ([(POSITIONAL, list(args))] if args else []) + list(kwargs.items())
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise BodyError(
            f"{step.spec.name}() {error}",
            location=place,
            hint=f"it is defined as {step.spec.name}{signature}",
        ) from None
    positional: list[Any] = []
    named: list[tuple[str, Any]] = []
    spread = any(
        parameter.kind is parameter.VAR_POSITIONAL and name in bound.arguments
        for name, parameter in signature.parameters.items()
    )
    for name, value in bound.arguments.items():
        parameter = signature.parameters[name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += value
        elif parameter.kind is parameter.VAR_KEYWORD:
            named += value.items()
        elif parameter.kind is parameter.POSITIONAL_ONLY or (
            spread and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ):
            positional.append(value)
        else:
            named.append((name, value))
    return ([(POSITIONAL, positional)] if positional else []) + named


@lru_cache(maxsize=1024)
def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def to_expression(
    value: object, codec: ValueCodec, look: Callable[[object], object] | None = None
) -> Expression:
    """Encodes a structure that may hold Values; what holds none becomes one literal. `look` sees everything in it."""
    if look is None:
        return _expression(encode_tree(value, _leaf, codec))

    def seen(thing: object) -> Any:
        look(thing)
        return _leaf(thing)

    return _expression(encode_tree(value, seen, codec))


def _leaf(thing: object) -> Any:
    if isinstance(thing, Value):
        return _Leaf(thing._expression)
    if isinstance(thing, Unbound):
        thing._refuse()
    if isinstance(thing, Step | Workflow):
        raise CodecError(
            f"{thing!r} itself, not its result",
            hint=f"call it: {thing.spec.name}(...), or pass its name as a string",
        )
    return None


class _Leaf:
    """An expression inside encoded JSON."""

    __slots__ = ("expression",)

    def __init__(self, expression: Expression) -> None:
        self.expression = expression


def _expression(tree: Any) -> Expression:
    if isinstance(tree, _Leaf):
        return tree.expression
    if isinstance(tree, list):
        items = tuple(_expression(item) for item in tree)
        known = [item.value for item in items if isinstance(item, Literal)]
        return Literal(known) if len(known) == len(items) else Array(items)
    if isinstance(tree, dict):
        entries = tuple((key, _expression(item)) for key, item in tree.items())
        constants = {key: item.value for key, item in entries if isinstance(item, Literal)}
        return Literal(constants) if len(constants) == len(entries) else Object(entries)
    return Literal(tree)
