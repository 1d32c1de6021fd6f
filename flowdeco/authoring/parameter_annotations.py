"""From an annotation to the kind that reads its values.

Modules that define types (datetime, decimal, uuid, pathlib, pydantic) are looked up among the loaded modules and never
imported: an annotation can only name a type of a module that is loaded.
"""

from __future__ import annotations

import collections.abc as abc
import inspect
import os
import sys
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import InitVar, is_dataclass
from enum import Enum
from typing import (
    Annotated,
    Any,
    ForwardRef,
    Literal,
    NewType,
    NotRequired,
    Required,
    TypeVar,
    get_args,
    get_origin,
)

from flowdeco.authoring.parameter_containers import Collection, Dict, FixedTuple, Union
from flowdeco.authoring.parameter_kinds import Anything, Bool, Float, Int, Kind, Null, Str
from flowdeco.authoring.parameter_records import DictRecord, Field, Record, TupleRecord, Validated
from flowdeco.authoring.parameter_spellings import (
    Choice,
    DecimalNumber,
    Duration,
    EnumMember,
    Instance,
    Spelled,
)

_SCALARS: dict[object, Kind] = {
    inspect.Parameter.empty: Anything(),
    Any: Anything(),
    object: Anything(),
    None: Null(),
    type(None): Null(),
    bool: Bool(),
    int: Int(),
    float: Float(),
    str: Str(),
    typing.LiteralString: Str(),
}

_COLLECTIONS: dict[object, tuple[str, type]] = {
    list: ("list", list),
    tuple: ("tuple", tuple),
    set: ("set", set),
    frozenset: ("frozenset", frozenset),
    abc.Sequence: ("Sequence", list),
    abc.MutableSequence: ("MutableSequence", list),
    abc.Collection: ("Collection", list),
    abc.Iterable: ("Iterable", list),
    abc.Set: ("Set", set),
    abc.MutableSet: ("MutableSet", set),
}

_MAPPINGS: dict[object, str] = {dict: "dict", abc.Mapping: "Mapping", abc.MutableMapping: "MutableMapping"}


class AnnotationProblem(Exception):
    """An annotation that no kind stands for; `hint` says what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Annotations:
    """Reads the annotations of one signature. The fields of a record class are read once, also of one inside itself."""

    def __init__(self) -> None:
        self.fields: dict[type, tuple[Field, ...]] = {}
        self.aliases: list[object] = []

    def kind(self, annotation: Any) -> Kind:
        """The kind of `annotation`, which must be resolved (no strings). Raises `AnnotationProblem`."""
        origin = get_origin(annotation)
        if origin is not None:
            return self._generic(annotation, origin, get_args(annotation))
        known = _SCALARS.get(annotation) if isinstance(annotation, abc.Hashable) else None
        if known is not None:
            return known
        match annotation:
            case type():
                return self._class(annotation, ())
            case NewType():
                return self.kind(annotation.__supertype__)
            case TypeVar():
                return self.kind(annotation.__bound__) if annotation.__bound__ else Anything()
            case InitVar():
                return self.kind(annotation.type)
            case ForwardRef() | str():
                name = annotation if isinstance(annotation, str) else annotation.__forward_arg__
                raise AnnotationProblem(
                    f"the name {name!r} is not resolved", "write the type itself, without quotes"
                )
        if type(annotation).__name__ == "TypeAliasType":
            return self._alias(annotation)
        raise AnnotationProblem(
            f"{annotation!r} is not a type",
            "annotate with a class, or leave the annotation away to accept anything",
        )

    def _alias(self, annotation: Any) -> Kind:
        """`type X = ...`. Where an alias contains itself, anything goes."""
        if annotation in self.aliases:
            return Anything()
        self.aliases.append(annotation)
        kind = self.kind(annotation.__value__)
        self.aliases.pop()
        return kind

    def _generic(self, annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Kind:
        if origin is Annotated:
            return self._annotated(annotation)
        if origin is typing.Union or origin is types.UnionType:
            return self._union(arguments)
        if origin is Literal:
            return Choice(arguments)
        if origin in (Required, NotRequired, typing.Final) or getattr(origin, "__name__", "") == "ReadOnly":
            return self.kind(arguments[0])
        if origin is type:
            return Instance(type, "type")
        if type(origin).__name__ == "TypeAliasType":
            return self._alias(origin)
        if isinstance(origin, type):
            return self._class(origin, arguments, annotation)
        raise AnnotationProblem(f"{annotation!r} cannot be an input", "annotate with the type of the value")

    def _union(self, arguments: tuple[Any, ...]) -> Kind:
        members: list[Kind] = []
        for argument in arguments:
            kind = self.kind(argument)
            members += kind.members if isinstance(kind, Union) else (kind,)
        anything = next((member for member in members if isinstance(member, Anything)), None)
        return anything or Union(tuple(members))

    def _annotated(self, annotation: Any) -> Kind:
        base, metadata = annotation.__origin__, annotation.__metadata__
        kind = self.kind(base)
        checked = any(
            type(item).__module__.partition(".")[0] in ("pydantic", "annotated_types") for item in metadata
        )
        pydantic: Any = sys.modules.get("pydantic")
        if not checked or pydantic is None:
            return kind
        return Validated(kind.text, None, _adapter(pydantic, annotation), kind)

    def _class(self, cls: type, arguments: tuple[Any, ...], annotation: Any = None) -> Kind:
        if cls in _COLLECTIONS:
            return self._collection(cls, arguments, annotation)
        if cls in _MAPPINGS:
            return self._mapping(cls, arguments)
        pydantic: Any = sys.modules.get("pydantic")
        reads_itself = hasattr(cls, "__pydantic_validator__") or hasattr(cls, "__get_pydantic_core_schema__")
        if pydantic is not None and reads_itself:
            whole = cls if annotation is None else annotation
            return Validated(cls.__name__, cls, _adapter(pydantic, whole))
        if issubclass(cls, Enum):
            return EnumMember(cls)
        if (kind := _standard(cls)) is not None:
            return kind
        if hasattr(cls, "__total__") and hasattr(cls, "__required_keys__"):
            self._read_fields(cls, _keys_of_typed_dict)
            return DictRecord(cls, self.fields)
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            self._read_fields(cls, _arguments_of_class)
            return TupleRecord(cls, self.fields)
        if is_dataclass(cls):
            self._read_fields(cls, _arguments_of_class)
            return Record(cls, self.fields)
        return Instance(cls, cls.__name__)

    def _collection(self, cls: type, arguments: tuple[Any, ...], annotation: Any) -> Kind:
        name, make = _COLLECTIONS[cls]
        if cls is not tuple:
            return Collection(name, cls, make, self.kind(arguments[0]) if arguments else Anything())
        if annotation is None or annotation is typing.Tuple:  # noqa: UP006
            return Collection(name, cls, make, Anything())
        if len(arguments) == 2 and arguments[1] is ...:
            return Collection(name, cls, make, self.kind(arguments[0]))
        return FixedTuple(tuple(self.kind(argument) for argument in arguments))

    def _mapping(self, cls: type, arguments: tuple[Any, ...]) -> Kind:
        key, value = (self.kind(a) for a in arguments) if arguments else (Str(), Anything())
        match key:
            case Anything() | Str():
                key = Str()
            case Choice() | EnumMember() if key.is_text:
                pass
            case _:
                raise AnnotationProblem(
                    f"the keys of {_MAPPINGS[cls]}[{key.text}, {value.text}] are not strings",
                    "JSON has only string keys: use str, or a list of pairs",
                )
        return Dict(_MAPPINGS[cls], cls, key, value)

    def _read_fields(self, cls: type, read: Callable[[type], Iterator[tuple[str, Any, bool]]]) -> None:
        if cls in self.fields:
            return
        self.fields[cls] = ()  # a class that contains itself comes back here
        try:
            described = list(read(cls))
        except Exception as error:
            raise AnnotationProblem(
                f"the annotations of {cls.__name__} cannot be read: {error}",
                "import what they name at run time, outside `if TYPE_CHECKING:`, and define it outside functions",
            ) from error
        self.fields[cls] = tuple(Field(name, self.kind(hint), required) for name, hint, required in described)


def _adapter(pydantic: Any, annotation: Any) -> Any:
    try:
        adapter = pydantic.TypeAdapter(annotation)
        _ = adapter.validator.title  # raises for a model whose fields name what is not defined
        return adapter
    except Exception as error:
        name = getattr(annotation, "__name__", str(annotation))
        raise AnnotationProblem(
            f"pydantic cannot read {name}: {str(error).splitlines()[0]}",
            "define what its fields name before the workflow is run",
        ) from error


def _arguments_of_class(cls: type) -> Iterator[tuple[str, Any, bool]]:
    """What a dataclass or NamedTuple is called with: name, annotation, whether it is required."""
    hints = typing.get_type_hints(cls, include_extras=True)
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            yield name, hints.get(name, Any), parameter.default is parameter.empty


def _keys_of_typed_dict(cls: Any) -> Iterator[tuple[str, Any, bool]]:
    # The class itself cannot tell Required in annotations that were strings.
    for name, hint in typing.get_type_hints(cls, include_extras=True).items():
        match get_origin(hint):
            case origin if origin in (Required, NotRequired):
                yield name, hint, origin is Required
            case _:
                yield name, hint, name in cls.__required_keys__


def _standard(cls: Any) -> Kind | None:
    """The kind of a class of the standard library that JSON spells as a string."""
    loaded = sys.modules.get
    datetime: Any = loaded("datetime")
    if datetime is not None:
        if issubclass(cls, datetime.datetime):
            return Spelled(cls, cls.__name__, cls.fromisoformat, "2026-01-31T08:00:00", 4)
        if issubclass(cls, datetime.date):
            return Spelled(cls, cls.__name__, cls.fromisoformat, "2026-01-31")
        if issubclass(cls, datetime.time):
            return Spelled(cls, cls.__name__, cls.fromisoformat, "08:30:00")
        if issubclass(cls, datetime.timedelta):
            return Duration(cls)
    if (decimal := loaded("decimal")) is not None and issubclass(cls, decimal.Decimal):
        return DecimalNumber(cls)
    if (uuid := loaded("uuid")) is not None and issubclass(cls, uuid.UUID):
        return Spelled(cls, cls.__name__, cls, "123e4567-e89b-12d3-a456-426614174000")
    if (pathlib := loaded("pathlib")) is not None and issubclass(cls, pathlib.PurePath):
        return Spelled(cls, cls.__name__, _path_parser(cls), "data/input.csv", 7)
    if cls is os.PathLike:
        from pathlib import Path

        return Spelled(cls, "Path", _path_parser(Path), "data/input.csv", 7)
    return None


def _path_parser(cls: Callable[[str], object]) -> Callable[[str], object]:
    def parse(text: str) -> object:
        if not text:
            raise ValueError("a path cannot be empty")
        return cls(text)

    return parse
