"""Kinds with named fields: dataclasses, TypedDicts, NamedTuples and pydantic models. JSON writes an object."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from flowdeco.authoring.parameter_kinds import Anything, Kind
from flowdeco.authoring.parameter_report import REFUSED, Place, Refused, Source, shorten, suggestion


class Field(NamedTuple):
    """A field of a record."""

    name: str
    kind: Kind
    required: bool


Fields: TypeAlias = Mapping[type, tuple[Field, ...]]
"""The fields of every record class that an annotation mentions. One table, because a class may contain itself."""


@dataclass(eq=False, repr=False, match_args=False)
class Record(Kind):
    """A dataclass (or another class that is called with its fields): an object with its fields."""

    cls: type
    fields: Fields

    @property
    def text(self) -> str:
        return self.cls.__name__

    def holds(self, value: object) -> bool:
        return isinstance(value, self.cls)

    def read(self, value: object, at: Place) -> object:
        if at.python and isinstance(value, self.cls):
            return value
        values = _read_fields(self.fields[self.cls], value, self.text, at)
        return REFUSED if isinstance(values, Refused) else self._built(values, at)

    def _built(self, values: dict[str, object], at: Place) -> object:
        try:
            return self.cls(**values)
        except Exception as error:  # the user's own checks, in __post_init__
            return at.refuse(f"is no {self.text}: {type(error).__name__}: {error}")


@dataclass(eq=False, repr=False, match_args=False)
class TupleRecord(Record):
    """A NamedTuple: an object with its fields, or an array of them in order."""

    def read(self, value: object, at: Place) -> object:
        if isinstance(value, list):
            fields = self.fields[self.cls]
            if len(value) > len(fields):
                return at.refuse(f"must be {self.text}, got {len(value)} items", hint=f"give {len(fields)}")
            value = {field.name: item for field, item in zip(fields, value)}
        return Record.read(self, value, at)


@dataclass(eq=False, repr=False, match_args=False)
class DictRecord(Kind):
    """A TypedDict: an object with its keys; keys that are not required may be absent."""

    cls: type
    fields: Fields

    @property
    def text(self) -> str:
        return self.cls.__name__

    def read(self, value: object, at: Place) -> object:
        values = _read_fields(self.fields[self.cls], value, self.text, at)
        if isinstance(values, Refused) or not isinstance(value, dict):
            return REFUSED
        same = at.python and all(values[key] is value[key] for key in value)
        return value if same else {key: values[key] for key in value}


def _read_fields(
    known: tuple[Field, ...], value: object, text: str, at: Place
) -> dict[str, object] | Refused:
    """The fields of the object `value`; reports those that are wrong, missing and unknown."""
    names = [field.name for field in known]
    if not isinstance(value, dict):
        return at.wrong(text, value, f"give an object with {', '.join(names)}" if names else "give {}")
    values: dict[str, object] = {}
    for field in known:
        if field.name in value:
            values[field.name] = field.kind.read(value[field.name], at.below(field.name))
        elif field.required:
            values[field.name] = at.below(field.name).refuse(
                f"is missing: {text} needs {field.kind.text}",
                hint=f'add "{field.name}"',
                code="missing-input",
            )
    for key in value:
        if key not in names:
            name = key if isinstance(key, str) else repr(key)
            values[name] = at.below(name).refuse(
                f"is unknown: {text} has no such field, got {shorten(value[key])}",
                hint=suggestion(name, [n for n in names if n not in value] or names),
                code="unknown-input",
            )
    return REFUSED if any(item is REFUSED for item in values.values()) else values


@dataclass(eq=False, repr=False, match_args=False)
class Validated(Kind):
    """A type that pydantic reads by its own rules: a model, a pydantic dataclass, a constrained type.

    With `base` that kind reads first, so that pydantic only checks constraints and converts nothing.
    """

    name: str
    cls: type | None
    adapter: Any
    base: Kind | None = None

    @property
    def text(self) -> str:
        return self.name

    @property
    def is_flag(self) -> bool:
        return self.base is not None and self.base.is_flag

    @property
    def repeats(self) -> bool:
        return self.base is not None and self.base.repeats

    def holds(self, value: object) -> bool:
        if self.base is not None:
            return self.base.holds(value)
        return self.cls is not None and isinstance(value, self.cls)

    def read(self, value: object, at: Place) -> object:
        if self.base is not None:
            return self._checked(self.base.read(value, at), at, as_json=False)
        if at.python:
            return value if self.holds(value) else self._checked(value, at, as_json=False)
        return self._checked(Anything().read(value, at), at, as_json=True)

    def read_text(self, text: str, at: Place) -> object:
        if self.base is None:
            return Kind.read_text(self, text, at)
        return self._checked(self.base.read_text(text, at), at, as_json=False)

    def read_items(self, texts: Sequence[tuple[str, Source]], at: Place) -> object:
        assert self.base is not None
        return self._checked(self.base.read_items(texts, at), at, as_json=False)

    def _checked(self, value: object, at: Place, *, as_json: bool) -> object:
        if value is REFUSED:
            return REFUSED
        pydantic: Any = sys.modules["pydantic"]
        try:
            if as_json:
                import json

                return self.adapter.validate_json(json.dumps(value))
            return self.adapter.validate_python(value)
        except pydantic.ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False):
                self._report(problem, at)
            return REFUSED

    def _report(self, problem: dict[str, Any], at: Place) -> None:
        owner = at
        for step in problem["loc"]:
            owner, at = at, at.below(step)
        match problem["type"]:
            case "missing":
                at.refuse(f"is missing: {self.name} needs it", hint=f'add "{at.step}"', code="missing-input")
            case "extra_forbidden":
                fields = list(getattr(self.cls, "model_fields", {})) if owner.parent is None else []
                at.refuse(
                    f"is unknown: {self.name} has no such field, got {shorten(problem['input'])}",
                    hint=suggestion(str(at.step), fields) if fields else None,
                    code="unknown-input",
                )
            case _:
                at.refuse(f"is no valid {self.name}: {problem['msg']}, got {shorten(problem['input'])}")
