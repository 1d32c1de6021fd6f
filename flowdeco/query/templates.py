"""JSON templates: any JSON whose strings may be expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from flowdeco.query.errors import QueryError
from flowdeco.query.expressions import compile_expression, inner, is_expression
from flowdeco.query.values import JSON, UNDEFINED, Ambient

Build: TypeAlias = Callable[[Mapping[str, JSON], Ambient | None], JSON]


class Template:
    """A compiled template. Made by `compile_template`; immutable, usable from any thread."""

    __slots__ = ("_build", "_value", "is_static")

    is_static: bool
    """No string in it is an expression: evaluating yields the template itself."""

    def __init__(self, value: JSON, build: Build | None) -> None:
        self._value = value
        self._build = build
        self.is_static = build is None

    def evaluate(self, variables: Mapping[str, JSON], ambient: Ambient | None = None) -> JSON:
        """The JSON the template stands for.

        Only objects and arrays that hold an expression are built anew; everything else is shared with the
        template and the variables: treat it as immutable. Raises QueryError, also for an expression that
        yields nothing; its `expression` and `path` say which one.

        >>> template = compile_template({"rows": ["{% $n + 1 %}", "as is"]}, "Output")
        >>> template.evaluate({"n": 1})
        {'rows': [2, 'as is']}
        >>> template.evaluate({})
        Traceback (most recent call last):
        flowdeco.query.errors.QueryError: returned nothing (undefined). [$n + 1 in Output/rows[0]]
        """
        return self._value if self._build is None else self._build(variables, ambient)


def compile_template(template: JSON, field: str = "") -> Template:
    """Compiles a template. Raises QueryError("syntax") with `path` set.

    `field` is the name of the field it is in (`Output`, `Choices[1]/Condition`). The path in errors is
    `field` followed by `/key` for a key and `[i]` for an index: `Output/rows[0]/id`.
    """
    return Template(template, _compile(template, field))


def _compile(template: JSON, path: str) -> Build | None:
    """How to build the value, or None when the template is the value."""
    if isinstance(template, str):
        return _expression(template, path) if is_expression(template) else None
    if isinstance(template, dict):
        built = [(key, _compile(value, f"{path}/{key}")) for key, value in template.items()]
        return _object(template, [(key, build) for key, build in built if build is not None])
    if isinstance(template, list):
        items = [(i, _compile(value, f"{path}[{i}]")) for i, value in enumerate(template)]
        return _array(template, [(i, build) for i, build in items if build is not None])
    return None


def _expression(text: str, path: str) -> Build:
    source = inner(text)
    try:
        evaluate = compile_expression(source).evaluate
    except QueryError as error:
        raise error.at(path) from error

    def build(variables: Mapping[str, JSON], ambient: Ambient | None) -> JSON:
        try:
            value = evaluate(variables, ambient)
        except QueryError as error:
            raise error.at(path) from error
        if value is UNDEFINED:
            raise QueryError.undefined(source, path)
        return value

    return build


def _object(template: dict[str, JSON], built: list[tuple[str, Build]]) -> Build | None:
    if not built:
        return None

    def build(variables: Mapping[str, JSON], ambient: Ambient | None) -> JSON:
        result = template.copy()
        for key, part in built:
            result[key] = part(variables, ambient)
        return result

    return build


def _array(template: list[JSON], built: list[tuple[int, Build]]) -> Build | None:
    if not built:
        return None

    def build(variables: Mapping[str, JSON], ambient: Ambient | None) -> JSON:
        result = template.copy()
        for i, part in built:
            result[i] = part(variables, ambient)
        return result

    return build
