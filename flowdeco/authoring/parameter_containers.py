"""Kinds made of other kinds: lists, tuples, sets, dicts and unions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowdeco.authoring.parameter_json import parse_json
from flowdeco.authoring.parameter_kinds import Kind, Null, Str, is_null
from flowdeco.authoring.parameter_report import REFUSED, Place, Report, Source


@dataclass(eq=False, repr=False, match_args=False)
class Collection(Kind):
    """A list, a set, a `tuple[X, ...]` or an abstract form of one. JSON writes an array.

    `accepts` is the class a Python call may give, `make` what a JSON array becomes.
    """

    name: str
    accepts: type
    make: type
    item: Kind

    @property
    def text(self) -> str:
        return f"{self.name}[{self.item.text}{', ...' if self.make is tuple else ''}]"

    @property
    def repeats(self) -> bool:
        return True

    def read(self, value: Any, at: Place) -> object:
        given = (
            at.python and isinstance(value, self.accepts) and not isinstance(value, str | bytes | bytearray)
        )
        if not given and not isinstance(value, list):
            return at.wrong(self.text, value, _array_hint(value, at))
        # A one-shot iterator must not be used up by looking at it; a plain container is kept as it is.
        values = value if hasattr(value, "__len__") else list(value)
        items = [self.item.read(item, at.below(index)) for index, item in enumerate(values)]
        if any(item is REFUSED for item in items):
            return REFUSED
        if given and values is value and all(new is old for new, old in zip(items, values)):
            return value
        kept = given and type(value) in (list, tuple, set, frozenset)
        return _made(type(value) if kept else self.make, items, self.text, at)

    def read_text(self, text: str, at: Place) -> object:
        """A JSON array, or the only item."""
        if not _is_array(text, at):
            return self.read_items([(text, at.source)], at)
        trial = at.trial()
        value = Kind.read_text(self, text, trial)
        if value is REFUSED and not at.source.file:
            # `--rows '[1, 2]'` for list[list[int]], `--names '[a]'` for list[str]
            alone = self.read_items([(text, at.source)], at.trial())
            if alone is not REFUSED and (self.item.repeats or parse_json(text)[1] is not None):
                return alone
        at.report.take(trial.report)
        return value

    def read_items(self, texts: Sequence[tuple[str, Source]], at: Place) -> object:
        items = [
            self.item.read_text(text, at.given_by(source).below(index))
            for index, (text, source) in enumerate(texts)
        ]
        return REFUSED if any(item is REFUSED for item in items) else _made(self.make, items, self.text, at)


def _is_array(text: str, at: Place) -> bool:
    """Whether the text of an option is one JSON array, not an item of it. Files always are."""
    return at.source.file or text.lstrip().startswith("[")


def _made(make: type, items: list[object], text: str, at: Place) -> object:
    try:
        return make(items)
    except TypeError as error:  # an unhashable item of a set
        return at.refuse(f"must be {text}: {error}")


def _array_hint(value: object, at: Place) -> str | None:
    if hasattr(value, "tolist"):
        return "give its .tolist()"
    if at.python:
        return (
            "give list(...) of it"
            if isinstance(value, Iterable) and not isinstance(value, str)
            else "give a list"
        )
    return "write an array: [...]"


@dataclass(eq=False, repr=False, match_args=False)
class FixedTuple(Kind):
    """`tuple[int, str]`: a JSON array of exactly these items."""

    items: tuple[Kind, ...]

    @property
    def text(self) -> str:
        return f"tuple[{', '.join(item.text for item in self.items) or '()'}]"

    @property
    def repeats(self) -> bool:
        return True

    def read(self, value: object, at: Place) -> object:
        if not (isinstance(value, list) or (at.python and isinstance(value, tuple))):
            return at.wrong(self.text, value, _array_hint(value, at))
        if len(value) != len(self.items):
            return self._wrong_length(len(value), at)
        values = [kind.read(item, at.below(i)) for i, (kind, item) in enumerate(zip(self.items, value))]
        if any(item is REFUSED for item in values):
            return REFUSED
        if isinstance(value, tuple) and all(new is old for new, old in zip(values, value)):
            return value
        return tuple(values)

    def read_text(self, text: str, at: Place) -> object:
        if _is_array(text, at):
            return Kind.read_text(self, text, at)
        return self.read_items([(text, at.source)], at)

    def read_items(self, texts: Sequence[tuple[str, Source]], at: Place) -> object:
        if len(texts) != len(self.items):
            return self._wrong_length(len(texts), at)
        items = [
            kind.read_text(text, at.given_by(source).below(index))
            for index, (kind, (text, source)) in enumerate(zip(self.items, texts))
        ]
        return REFUSED if any(item is REFUSED for item in items) else tuple(items)

    def _wrong_length(self, length: int, at: Place) -> object:
        count = f"{length} item" if length == 1 else f"{length} items"
        return at.refuse(f"must be {self.text}, got {count}", hint=f"give {len(self.items)}")


@dataclass(eq=False, repr=False, match_args=False)
class Dict(Kind):
    """A dict or mapping with string keys: a JSON object."""

    name: str
    accepts: type
    key: Kind
    value: Kind

    @property
    def text(self) -> str:
        return f"{self.name}[{self.key.text}, {self.value.text}]"

    def read(self, value: object, at: Place) -> object:
        given = at.python and isinstance(value, self.accepts)
        if not given and not isinstance(value, dict):
            return at.wrong(self.text, value, None if at.python else "write an object: {...}")
        assert isinstance(value, Mapping)
        items: dict[Any, object] = {}
        same, wrong = True, False
        for key, item in value.items():
            below = at.below(key if isinstance(key, str) else repr(key))
            if not isinstance(key, str):
                below.refuse(
                    f"must have a key of {self.key.text}, got {key!r}", hint="JSON has only string keys"
                )
                wrong = True
                continue
            new_key, new = self.key.read(key, below), self.value.read(item, below)
            wrong = wrong or new_key is REFUSED or new is REFUSED
            same = same and new_key is key and new is item
            if not wrong:
                items[new_key] = new
        if wrong:
            return REFUSED
        return value if given and same else items


@dataclass(eq=False, repr=False, match_args=False)
class Union(Kind):
    """`X | Y`. A value that already is of one member stays; else the narrowest member that can read it wins.

    From text: `float | int` reads 5 as int, `date | str` reads 2026-01-31 as a date, `X | None` reads none and null as
    None. A token in double quotes is always the string inside when `str` is a member: `'"none"'`.
    """

    members: tuple[Kind, ...]

    @property
    def text(self) -> str:
        return " | ".join(member.text for member in self.members)

    @property
    def is_flag(self) -> bool:
        return all(member.is_flag for member in self._values)

    @property
    def repeats(self) -> bool:
        return len(self._repeating) == 1

    @property
    def _repeating(self) -> list[Kind]:
        return [member for member in self.members if member.repeats]

    @property
    def _values(self) -> tuple[Kind, ...]:
        return tuple(member for member in self.members if not isinstance(member, Null))

    @property
    def _narrowest_first(self) -> list[Kind]:
        return sorted(self.members, key=lambda member: member.breadth)

    def holds(self, value: object) -> bool:
        return any(member.holds(value) for member in self.members)

    def read(self, value: object, at: Place) -> object:
        if at.python or not isinstance(value, str):
            for member in self.members:
                if member.holds(value):
                    return member.read(value, at)
        reports: list[Report] = []
        for member in self._narrowest_first:
            trial = at.trial()
            new = member.read(value, trial)
            if new is not REFUSED:
                return new
            reports.append(trial.report)
        return self._wrong(value, at, reports)

    def read_text(self, text: str, at: Place) -> object:
        if text[:1] == '"' and any(isinstance(member, Str) for member in self.members):
            inner, problem = parse_json(text)
            if problem is None and isinstance(inner, str):
                return inner
        if is_null(text) and any(isinstance(member, Null) for member in self.members):
            return None
        array = _is_array(text, at)
        reports: list[Report] = []
        for member in self._narrowest_first:
            if isinstance(member, Null) or (member.repeats and not array and len(self._values) > 1):
                continue
            trial = at.trial()
            new = member.read_text(text, trial)
            if new is not REFUSED:
                return new
            reports.append(trial.report)
        return self._wrong(text, at, reports)

    def read_items(self, texts: Sequence[tuple[str, Source]], at: Place) -> object:
        return self._repeating[0].read_items(texts, at)

    def _wrong(self, value: object, at: Place, reports: list[Report]) -> object:
        """The findings of the member that got inside `value` and found least wrong there; else one of our own."""
        inside = [report for report in reports if all(depth > at.depth for depth in report.depths)]
        if inside:
            at.report.take(min(inside, key=lambda report: len(report.findings)))
            return REFUSED
        hints = (
            [f.hint for report in reports for f in report.findings if f.hint]
            if len(self._values) == 1
            else []
        )
        return at.wrong(self.text, value, hints[-1] if hints else None)
