"""Payload templates: JSON in which `"key.$"` holds a path or a call of an intrinsic function."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flowdeco.query.calls import IntrinsicCall, compile_call, missing
from flowdeco.query.errors import PathError
from flowdeco.query.jsonpath import JsonPath, Variables, compile_jsonpath
from flowdeco.query.values import JSON, UNDEFINED, Ambient

Source: TypeAlias = JsonPath | IntrinsicCall
Build: TypeAlias = Callable[[JSON, Variables, Ambient], JSON]

_NO_CHANCE = Ambient()


def compile_source(text: str) -> Source:
    """A path or a call, whichever the text is. Raises PathError."""
    return compile_jsonpath(text) if text.startswith("$") else compile_call(text)


def find_source(source: Source, field: str, data: JSON, variables: Variables, ambient: Ambient) -> JSON:
    """The value of a path or call that must have one; `field` is where it is written. Raises PathError."""
    if isinstance(source, IntrinsicCall):
        return source.find(data, variables, ambient)
    value = source.find(data, variables)
    if value is UNDEFINED:
        if data is None and source.root(data, variables) is None:
            raise PathError("Unable to apply Path transformation to null or empty input.")
        where = f" specified for the field '{field}'"
        raise PathError(missing("The JSONPath", source, data, variables, where))
    return value


class Payload:
    """A compiled payload template. Immutable, usable from any thread.

    `is_static`: it is what it is. `context`: it reads the context object. `random`: it depends on chance.
    """

    __slots__ = ("_build", "_template", "context", "is_static", "random")

    def __init__(self, template: JSON) -> None:
        self._template = template
        self.context = False
        self.random = False
        self._build = self._compile(template)
        self.is_static = self._build is None

    def evaluate(self, data: JSON, variables: Variables, ambient: Ambient = _NO_CHANCE) -> JSON:
        """The JSON the template stands for, sharing parts with template and data. Raises PathError.

        >>> Payload({"rows.$": "$.n", "to": {"k": 1}}).evaluate({"n": 3}, {})
        {'rows': 3, 'to': {'k': 1}}
        """
        return self._template if self._build is None else self._build(data, variables, ambient)

    def _compile(self, template: JSON) -> Build | None:
        """None when there is nothing to evaluate in it."""
        if isinstance(template, dict):
            return self._object(template)
        if isinstance(template, list):
            builds = [self._compile(part) for part in template]
            if any(builds):
                items = [build or _constant(part) for build, part in zip(builds, template)]
                return lambda data, variables, ambient: [item(data, variables, ambient) for item in items]
        return None

    def _object(self, template: dict[str, JSON]) -> Build | None:
        parts: list[tuple[str, Build]] = []
        changes = False
        for key, value in template.items():
            if key.endswith(".$"):
                changes = True
                parts.append((key[:-2], self._source(key, value)))
            else:
                build = self._compile(value)
                changes = changes or build is not None
                parts.append((key, build or _constant(value)))
        if not changes:
            return None
        return lambda data, variables, ambient: {
            name: build(data, variables, ambient) for name, build in parts
        }

    def _source(self, key: str, text: JSON) -> Build:
        if not isinstance(text, str):
            raise PathError(
                f"The value for the field '{key}' must be a valid JSONPath or an intrinsic function call"
            )
        source = compile_source(text)
        self.context = self.context or source.context
        self.random = self.random or (isinstance(source, IntrinsicCall) and source.random)
        return lambda data, variables, ambient: find_source(source, key, data, variables, ambient)


def _constant(value: JSON) -> Build:
    return lambda data, variables, ambient: value
