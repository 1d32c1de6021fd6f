"""The kinds of values a parameter can have, and how each is read from Python, JSON and the command line.

Every kind is an object that is never changed, with two readings. `read` takes a Python value: what JSON gives, and in a Python call also
the real thing (a `date` as well as "2026-01-31"). `read_text` takes the text of a command line option. Both give the
value, or report what is wrong to the `Place` and give `REFUSED`.

Kinds are plain classes, or dataclasses without eq and repr, because making classes is most of what importing costs.

The readings are strict: a bool is no int, a number is no string, NaN and infinity are no numbers. Two conversions happen:
an int is fine for a float, and a JSON number like 5.0 is fine for an int, because JSON has one type of number.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import isfinite
from typing import Any

from flowdeco.authoring.parameter_json import parse_json
from flowdeco.authoring.parameter_report import REFUSED, Place, Source, shorten

_EXACT_FLOATS = 2**53


class Kind:
    """Base of all kinds. Values with structure read JSON from the command line; scalars override `read_text`."""

    breadth: int = 5
    """In a union narrower kinds are tried first: null, choices, bool 0; int 1; float 2; Decimal, date 3; datetime 4;
    structures 5; Path 7; str 8; anything 9."""

    @property
    def text(self) -> str:
        """The kind as people write it: `list[float]`."""
        raise TypeError(f"{type(self).__name__} has no text")  # pragma: no cover

    @property
    def is_flag(self) -> bool:
        """Whether `--publish` and `--no-publish` without a value make sense."""
        return False

    @property
    def repeats(self) -> bool:
        """Whether an option of this kind may be repeated, once for each item."""
        return False

    def holds(self, value: object) -> bool:
        """Whether `value` already is of this kind, without looking inside."""
        return False

    def read(self, value: object, at: Place) -> object:
        """`value` as this kind; `REFUSED` after reporting what is wrong."""
        raise TypeError(f"{type(self).__name__} cannot read")  # pragma: no cover

    def read_text(self, text: str, at: Place) -> object:
        """The text of an option as this kind; `REFUSED` after reporting what is wrong."""
        value, problem = parse_json(text)
        if problem is None:
            return self.read(value, at)
        option = at.source.option
        hint = f"quote JSON for the shell, {option} '...', or put it in a file, {option} @file.json"
        if at.source.file:
            hint = f"the file must hold {self.text} as JSON"
        inside = at.source.file or text.lstrip()[:1] in ("{", "[")
        message = f"must be {self.text} as JSON, got {shorten(text)}: {problem}"
        return at.refuse(message, hint=hint, inside=inside)

    def read_items(self, texts: Sequence[tuple[str, Source]], at: Place) -> object:
        """The items of an option that is repeated, each with how it was given; for kinds that repeat."""
        raise TypeError(f"{type(self).__name__} has no items")  # pragma: no cover


class Anything(Kind):
    """`Any`, `object`, no annotation. On the command line: JSON when it parses, else a string."""

    breadth = 9

    @property
    def text(self) -> str:
        return "any value"

    def read(self, value: object, at: Place) -> object:
        # What is inside a Python value is checked when it is encoded.
        inside = isinstance(value, float) or not at.python
        return REFUSED if inside and not _is_finite(value, at) else value

    def read_text(self, text: str, at: Place) -> object:
        value, problem = parse_json(text)
        if problem is None:
            return self.read(value, at)
        if at.source.file and str(at.source.where).endswith(".json"):
            return at.refuse(f"must be JSON: {problem}", hint="only files named .json must be JSON")
        return text


def _is_finite(value: object, at: Place) -> bool:
    """Reports every NaN and infinity in the JSON value `value`."""
    match value:
        case float() if not isfinite(value):
            return at.wrong("a finite number", value, "NaN and infinity have no JSON") is not REFUSED
        case dict():
            items = [_is_finite(item, at.below(str(key))) for key, item in value.items()]
        case list():
            items = [_is_finite(item, at.below(index)) for index, item in enumerate(value)]
        case _:
            return True
    return all(items)


class Null(Kind):
    """`None`. On the command line: `none` or `null`."""

    breadth = 0

    @property
    def text(self) -> str:
        return "None"

    def holds(self, value: object) -> bool:
        return value is None

    def read(self, value: object, at: Place) -> object:
        return None if value is None else at.wrong("None", value)

    def read_text(self, text: str, at: Place) -> object:
        return None if is_null(text) else at.wrong("None", text, "write none")


def is_null(text: str) -> bool:
    return text.strip().lower() in ("none", "null")


class Str(Kind):
    """`str`. Numbers are not turned into strings."""

    breadth = 8

    @property
    def text(self) -> str:
        return "str"

    def holds(self, value: object) -> bool:
        return isinstance(value, str)

    def read(self, value: object, at: Place) -> object:
        if isinstance(value, str):
            return value
        scalar = isinstance(value, bool | int | float)
        return at.wrong("str", value, f'put it in quotes: "{shorten(value)}"' if scalar else None)

    def read_text(self, text: str, at: Place) -> object:
        return text


class Bool(Kind):
    """`bool`. On the command line: `--publish`, `--no-publish`, or `true` and `false`."""

    breadth = 0

    @property
    def text(self) -> str:
        return "bool"

    @property
    def is_flag(self) -> bool:
        return True

    def holds(self, value: object) -> bool:
        return isinstance(value, bool)

    def read(self, value: object, at: Place) -> object:
        if isinstance(value, bool):
            return value
        numpy: Any = sys.modules.get("numpy")
        if at.python and numpy is not None and isinstance(value, numpy.bool_):
            return bool(value)
        return at.wrong("bool", value, "give True or False" if at.python else "write true or false")

    def read_text(self, text: str, at: Place) -> object:
        known = {"true": True, "false": False}.get(text.strip().lower())
        return at.wrong("bool", text, "write true or false") if known is None else known


class Int(Kind):
    """`int`. A bool is none; 5.0 is one in JSON only."""

    breadth = 1

    @property
    def text(self) -> str:
        return "int"

    def holds(self, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def read(self, value: Any, at: Place) -> object:
        if self.holds(value):
            return value
        if isinstance(value, float) and not at.python and value.is_integer() and abs(value) <= _EXACT_FLOATS:
            return int(value)
        if at.python and _is_number(value, "Integral"):
            return int(value)
        return at.wrong("int", value, "give a whole number such as 3")

    def read_text(self, text: str, at: Place) -> object:
        try:
            return int(ascii_digits(text))
        except ValueError:
            return at.wrong("int", text, "write a whole number such as 3")


class Float(Kind):
    """`float`: any finite number; ints become floats."""

    breadth = 2

    @property
    def text(self) -> str:
        return "float"

    def holds(self, value: object) -> bool:
        return isinstance(value, float)

    def read(self, value: Any, at: Place) -> object:
        if isinstance(value, float):
            number = value
        elif (isinstance(value, int) and not isinstance(value, bool)) or (
            at.python and _is_number(value, "Real")
        ):
            try:
                number = float(value)
            except OverflowError:
                return at.wrong("float", value, "the number is too large for a float")
        else:
            return at.wrong("float", value, "give a number such as 0.5")
        return number if isfinite(number) else at.wrong("float", value, "NaN and infinity have no JSON")

    def read_text(self, text: str, at: Place) -> object:
        try:
            number = float(ascii_digits(text))
        except ValueError:
            return at.wrong("float", text, "write a number such as 0.5")
        return number if isfinite(number) else at.wrong("float", text, "NaN and infinity are refused")


def ascii_digits(text: str) -> str:
    """`text`, or "" where it has digits of other scripts, which int() and float() would take."""
    return text if text.isascii() else ""


def _is_number(value: object, tower: str) -> bool:
    """Whether `value` is a number of somebody else's type, as NumPy's scalars are."""
    numbers = sys.modules.get("numbers")
    return numbers is not None and not isinstance(value, bool) and isinstance(value, getattr(numbers, tower))
