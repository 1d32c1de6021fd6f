"""Kinds whose values JSON spells as strings, choices among known values, and objects that have no JSON at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Any

from flowdeco.authoring.parameter_kinds import Kind, ascii_digits, is_null
from flowdeco.authoring.parameter_report import Place, shorten
from flowdeco.authoring.quantities import parse_duration
from flowdeco.errors import did_you_mean


@dataclass(eq=False, repr=False, match_args=False)
class Spelled(Kind):
    """A type that JSON spells as a string: date, datetime, time, UUID, Path. `example` shows how."""

    cls: type
    name: str
    parse: Callable[[str], object]
    example: str
    breadth: int = 3

    @property
    def text(self) -> str:
        return self.name

    def holds(self, value: object) -> bool:
        return isinstance(value, self.cls)

    def read(self, value: object, at: Place) -> object:
        if at.python and isinstance(value, self.cls):
            return value
        if not isinstance(value, str):
            return at.wrong(self.name, value, f'write it as in "{self.example}"')
        try:
            return self.parse(value)
        except ValueError as error:
            reason = "" if shorten(value, 1000) in str(error) else f" ({error})"
            return at.wrong(self.name, value, f"write it as in {self.example}{reason}")

    def read_text(self, text: str, at: Place) -> object:
        return self.read(text.strip(), at)


@dataclass(eq=False, repr=False, match_args=False)
class Duration(Kind):
    """`timedelta`: a number of seconds, or text with units as in "1h30m" or "PT1H30M"; a leading - negates."""

    breadth = 4
    cls: type

    @property
    def text(self) -> str:
        return "timedelta"

    def holds(self, value: object) -> bool:
        return isinstance(value, self.cls)

    def read(self, value: object, at: Place) -> object:
        if at.python and isinstance(value, self.cls):
            return value
        arguments: dict[str, int | float] | None = None
        if isinstance(value, str):
            micros = parse_duration(value.strip().removeprefix("-"))
            if micros is not None:
                arguments = {"microseconds": -micros if value.strip().startswith("-") else micros}
        elif isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            arguments = {"seconds": value}
        if arguments is not None:
            try:
                return self.cls(**arguments)
            except OverflowError:
                return at.wrong("timedelta", value, "the longest timedelta has 999999999 days")
        return at.wrong("timedelta", value, 'give a number of seconds, or text such as "90s", "5m", "1h30m"')

    def read_text(self, text: str, at: Place) -> object:
        try:
            return self.read(float(ascii_digits(text)), at)
        except ValueError:
            return self.read(text, at)


@dataclass(eq=False, repr=False, match_args=False)
class DecimalNumber(Kind):
    """`Decimal`: a string or an int. A float is refused, because its digits are not what was written."""

    breadth = 3
    cls: Any

    @property
    def text(self) -> str:
        return "Decimal"

    def holds(self, value: object) -> bool:
        return isinstance(value, self.cls)

    def read(self, value: object, at: Place) -> object:
        if isinstance(value, float):
            return at.wrong("Decimal", value, f'put it in quotes, which keeps its digits: "{value}"')
        number: Any = value if at.python and isinstance(value, self.cls) else None
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            try:
                number = self.cls(value)
            except ArithmeticError:
                number = None
        if number is None:
            return at.wrong("Decimal", value, 'write a number in quotes such as "0.10"')
        return number if number.is_finite() else at.wrong("Decimal", value, "NaN and infinity are refused")

    def read_text(self, text: str, at: Place) -> object:
        return self.read(text.strip(), at)


@dataclass(eq=False, repr=False, match_args=False)
class Choice(Kind):
    """`Literal[...]`: one of these values."""

    breadth = 0
    values: tuple[object, ...]

    @property
    def text(self) -> str:
        return " | ".join(shorten(value) for value in self.values)

    @property
    def is_text(self) -> bool:
        return all(isinstance(value, str) for value in self.values)

    def holds(self, value: object) -> bool:
        return any(_same(value, known) for known in self.values)

    def read(self, value: object, at: Place) -> object:
        for known in self.values:
            if _same(value, known) or (isinstance(known, Enum) and _same(value, known.name)):
                return known
        return self._wrong(value, at)

    def read_text(self, text: str, at: Place) -> object:
        exact = [known for known in self.values if not isinstance(known, str) and text == _spelling(known)]
        if not exact and None in self.values and is_null(text):
            return None
        exact += [known for known in self.values if known == text]
        return exact[0] if exact else self._wrong(text, at)

    def _wrong(self, value: object, at: Place) -> object:
        names = [known for known in self.values if isinstance(known, str)]
        return at.wrong(self.text, value, did_you_mean(value, names) if isinstance(value, str) else None)


@dataclass(eq=False, repr=False, match_args=False)
class EnumMember(Kind):
    """An Enum: the name of a member, else the value of one."""

    breadth = 0
    cls: type[Enum]

    @property
    def text(self) -> str:
        return self.cls.__name__

    @property
    def is_text(self) -> bool:
        return issubclass(self.cls, str)

    def holds(self, value: object) -> bool:
        return isinstance(value, self.cls)

    def read(self, value: object, at: Place) -> object:
        if at.python and isinstance(value, self.cls):
            return value
        members = self.cls.__members__
        if isinstance(value, str) and value in members:
            return members[value]
        for member in members.values():
            if _same(value, member.value):
                return member
        return self._wrong(value, at)

    def read_text(self, text: str, at: Place) -> object:
        members = self.cls.__members__
        if text in members:
            return members[text]
        for member in members.values():
            if text == _spelling(member.value):
                return member
        return self._wrong(text, at)

    def _wrong(self, value: object, at: Place) -> object:
        members = self.cls.__members__
        known = {**members, **{m.value: m for m in members.values() if isinstance(m.value, str)}}
        hint = did_you_mean(value, list(known)) if isinstance(value, str) else None
        if hint is None:
            shown = [
                name if name == m.value else f"{name} ({shorten(m.value)})" for name, m in members.items()
            ]
            hint = f"members are {', '.join(shown[:20])}{', …' if len(shown) > 20 else ''}"
        return at.wrong(self.text, value, hint)


def _same(value: object, known: object) -> bool:
    """Equal and of one type: True is not 1."""
    return type(value) is type(known) and value == known


def _spelling(value: object) -> str:
    """A scalar as it is written on the command line."""
    match value:
        case Enum():
            return value.name
        case bool():
            return str(value).lower()
        case _:
            return str(value)


@dataclass(eq=False, repr=False, match_args=False)
class Instance(Kind):
    """Any other class. Its objects can be given in a Python call, but have no JSON."""

    cls: type
    name: str

    @property
    def text(self) -> str:
        return self.name

    def holds(self, value: object) -> bool:
        try:
            return isinstance(value, self.cls)
        except TypeError:  # a Protocol that is not runtime_checkable: nothing to check by
            return True

    def read(self, value: object, at: Place) -> object:
        if not at.python:
            return self._unspelled(at)
        return value if self.holds(value) else at.wrong(self.name, value)

    def read_text(self, text: str, at: Place) -> object:
        return self._unspelled(at)

    def _unspelled(self, at: Place) -> object:
        return at.refuse(
            f"is a {self.name}, which cannot be written as JSON",
            hint="give it in a Python call of .run(), or make the parameter a Path and load it in a step",
            inside=False,
        )
