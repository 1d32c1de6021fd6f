"""Every type a parameter can have, read from Python, JSON and the command line."""

# ruff: noqa: UP007, UP045 - both spellings of a type must be read

from __future__ import annotations

import collections.abc as abc
import math
import os
import sys
import typing
from collections import OrderedDict
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path, PurePosixPath
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    LiteralString,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    Protocol,
    Required,
    TypedDict,
    TypeVar,
    Union,
)
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.authoring.parameters import Parameters, read_parameters
from flowdeco.errors import InputError

UUID_TEXT = "123e4567-e89b-12d3-a456-426614174000"


class Color(Enum):
    RED = "red"
    BLUE = "blue"
    CRIMSON = "red"  # noqa: PIE796 - an alias


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Size(StrEnum):
    SMALL = "s"
    LARGE = "l"


class Odd(Enum):
    NOTHING = None
    YES = True
    PAIR = (1, 2)
    A = "B"
    B = "A"


class Shade(Enum):
    DARK = "DARK"


Many = Enum("Many", [f"M{i}" for i in range(30)])  # type: ignore[misc]


@dataclass
class Layer:
    units: int
    kind: Literal["dense", "conv"] = "dense"
    skip: bool = field(default=False, init=False)


@dataclass(frozen=True)
class Model:
    lr: float
    layers: tuple[Layer, ...] = ()
    parent: Model | None = None
    by_name: dict[str, Model] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.lr <= 0:
            raise ValueError("lr must be more than 0")


@dataclass
class Scaled:
    n: int
    factor: InitVar[float] = 1.0

    def __post_init__(self, factor: float) -> None:
        self.n = int(self.n * factor)


@dataclass
class Empty:
    pass


@dataclass(init=False)
class Custom:
    n: int

    def __init__(self, n: int, *rest: int, **more: int) -> None:
        self.n = n


T = TypeVar("T")
Count = TypeVar("Count", bound=int)


@dataclass
class Box(Generic[T]):
    content: T


@dataclass
class Broken:
    x: Nowhere  # type: ignore[name-defined]  # noqa: F821


class Movie(TypedDict):
    name: str
    year: NotRequired[int]


class Partial(TypedDict, total=False):
    name: Required[str]
    size: float


class Point(NamedTuple):
    x: float
    y: float = 0.0


class Drawable(Protocol):
    def draw(self) -> None: ...


class Plain:
    pass


Name = NewType("Name", str)
Untyped = typing.NamedTuple("Untyped", [("a", Any)])  # noqa: UP014


def parameters_for(annotation: Any) -> Parameters:
    def f(x: Any) -> None: ...

    f.__annotations__["x"] = annotation
    return read_parameters(f)


def from_json(annotation: Any, value: object) -> Any:
    return parameters_for(annotation).from_json({"x": value})["x"]


def from_call(annotation: Any, value: object) -> Any:
    return parameters_for(annotation).from_call((value,), {})["x"]


def from_text(annotation: Any, *texts: str) -> Any:
    tokens = [f"--x={text}" for text in texts]
    return parameters_for(annotation).from_command_line(tokens)["x"]


def problems(read: Any, annotation: Any, *value: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(InputError) as caught:
        read(annotation, *value)
    return [(f.message, f.hint) for f in caught.value.findings]


def same(value: object, expected: object) -> bool:
    return type(value) is type(expected) and value == expected


# ── what is accepted ─────────────────────────────────────────────────────────────────────────────────────────────

JSON_READINGS: list[tuple[Any, object, object]] = [
    (int, 5, 5),
    (int, 5.0, 5),
    (int, -(2.0**53), -(2**53)),
    (int, 10**30, 10**30),
    (float, 5, 5.0),
    (float, 0.5, 0.5),
    (str, "", ""),
    (LiteralString, "x", "x"),
    (bool, True, True),
    (None, None, None),
    (type(None), None, None),
    (Any, {"a": [1, None, "x", 1.5]}, {"a": [1, None, "x", 1.5]}),
    (object, [1], [1]),
    (date, "2026-01-31", date(2026, 1, 31)),
    (datetime, "2026-01-31T08:00:00Z", datetime(2026, 1, 31, 8, tzinfo=timezone.utc)),  # noqa: UP017
    (datetime, "2026-01-31", datetime(2026, 1, 31)),
    (time, "08:30", time(8, 30)),
    (timedelta, 90, timedelta(seconds=90)),
    (timedelta, 0.5, timedelta(seconds=0.5)),
    (timedelta, "1h30m", timedelta(hours=1.5)),
    (timedelta, "-PT5M", timedelta(minutes=-5)),
    (Decimal, "0.10", Decimal("0.10")),
    (Decimal, 5, Decimal(5)),
    (UUID, UUID_TEXT, UUID(UUID_TEXT)),
    (Path, "a/b.csv", Path("a/b.csv")),
    (PurePosixPath, "a/b.csv", PurePosixPath("a/b.csv")),
    (os.PathLike, "a", Path("a")),
    (os.PathLike[str], "a", Path("a")),
    (Color, "RED", Color.RED),
    (Color, "blue", Color.BLUE),
    (Color, "CRIMSON", Color.RED),
    (Level, 2, Level.HIGH),
    (Level, "HIGH", Level.HIGH),
    (Size, "s", Size.SMALL),
    (Odd, None, Odd.NOTHING),
    (Odd, True, Odd.YES),
    (Odd, "A", Odd.A),
    (Literal["a", "b"], "b", "b"),
    (Literal[1, "1", True, None], 1, 1),
    (Literal[1, "1", True, None], "1", "1"),
    (Literal[1, "1", True, None], True, True),
    (Literal[1, "1", True, None], None, None),
    (Literal[Color.RED], "RED", Color.RED),
    (list, [1, "a"], [1, "a"]),
    (list[float], [1, 2.5], [1.0, 2.5]),
    (typing.List[int], [1], [1]),  # noqa: UP006
    (tuple, [1, "a"], (1, "a")),
    (typing.Tuple, [1, "a"], (1, "a")),  # noqa: UP006
    (tuple[int, ...], [1, 2], (1, 2)),
    (tuple[int, str], [1, "a"], (1, "a")),
    (tuple[()], [], ()),
    (set[int], [1, 1, 2], {1, 2}),
    (frozenset[str], ["a"], frozenset("a")),
    (abc.Sequence[int], [1], [1]),
    (abc.MutableSequence[int], [1], [1]),
    (typing.Iterable[int], [1], [1]),
    (abc.Collection[int], [1], [1]),
    (abc.Set[int], [1], {1}),
    (abc.MutableSet[int], [1], {1}),
    (dict, {"a": [1]}, {"a": [1]}),
    (dict[str, float], {"a": 1}, {"a": 1.0}),
    (dict[Any, int], {"a": 1}, {"a": 1}),
    (dict[Literal["a", "b"], int], {"a": 1}, {"a": 1}),
    (dict[Size, int], {"s": 1, "LARGE": 2}, {Size.SMALL: 1, Size.LARGE: 2}),
    (abc.Mapping[str, int], {"a": 1}, {"a": 1}),
    (abc.MutableMapping[str, int], {"a": 1}, {"a": 1}),
    (Layer, {"units": 3}, Layer(3)),
    (
        Model,
        {"lr": 1, "layers": [{"units": 1, "kind": "conv"}], "parent": {"lr": 2}, "by_name": {"m": {"lr": 3}}},
        Model(1.0, (Layer(1, "conv"),), Model(2.0), {"m": Model(3.0)}),
    ),
    (Scaled, {"n": 3, "factor": 2}, Scaled(3, 2.0)),
    (Empty, {}, Empty()),
    (Custom, {"n": 3}, Custom(3)),
    (Box[int], {"content": 1}, Box(1)),
    (Movie, {"name": "x"}, {"name": "x"}),
    (Movie, {"year": 5.0, "name": "x"}, {"year": 5, "name": "x"}),
    (Partial, {"name": "x", "size": 1}, {"name": "x", "size": 1.0}),
    (Point, {"x": 1}, Point(1.0)),
    (Point, [1, 2], Point(1.0, 2.0)),
    (Untyped, [1], Untyped(1)),
    (Name, "x", "x"),
    (T, [1], [1]),
    (Count, 3, 3),
    (Annotated[int, "help"], 3, 3),
    (Final[int], 3, 3),
    (int | None, None, None),
    (Optional[int], 3, 3),
    (int | float, 5, 5),
    (float | int, 5, 5),
    (int | float, 5.0, 5.0),
    (int | None, 5.0, 5),
    (bool | int, True, True),
    (Union[int, str | None], None, None),
    (date | str, "2026-01-31", date(2026, 1, 31)),
    (str | date, "yesterday", "yesterday"),
    (datetime | date, "2026-01-31", date(2026, 1, 31)),
    (Path | str, "2026-01-31", Path("2026-01-31")),
    (date | Any, "2026-01-31", "2026-01-31"),
    (Layer | Model, {"lr": 1}, Model(1.0)),
    (list[int] | list[str], ["a"], ["a"]),
    (Name | None, "x", "x"),
    (Optional[Annotated[int | None, "x"]], None, None),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), JSON_READINGS, ids=str)
def test_json(annotation: Any, value: object, expected: object) -> None:
    assert same(from_json(annotation, value), expected)


TEXT_READINGS: list[tuple[Any, tuple[str, ...], object]] = [
    (int, ("-5",), -5),
    (int, ("1_000",), 1000),
    (int, (" 7 ",), 7),
    (float, ("1e3",), 1000.0),
    (float, ("5",), 5.0),
    (str, ("5",), "5"),
    (str, (' "x" ',), ' "x" '),
    (str, ("@@handle",), "@handle"),
    (bool, ("TRUE",), True),
    (bool, ("false",), False),
    (None, ("none",), None),
    (Any, ("5",), 5),
    (Any, ('{"a": 1}',), {"a": 1}),
    (Any, ("2026-01-31",), "2026-01-31"),
    (Any, ("NaN",), "NaN"),
    (date, ("2026-01-31",), date(2026, 1, 31)),
    (timedelta, ("90",), timedelta(seconds=90)),
    (timedelta, ("1.5h",), timedelta(hours=1.5)),
    (timedelta, ("-5m",), timedelta(minutes=-5)),
    (Decimal, ("0.10",), Decimal("0.10")),
    (Path, ("a b",), Path("a b")),
    (Color, ("blue",), Color.BLUE),
    (Level, ("2",), Level.HIGH),
    (Odd, ("true",), Odd.YES),
    (Odd, ("(1, 2)",), Odd.PAIR),
    (Literal[1, "1", True, None, Color.RED], ("1",), 1),
    (Literal["1", "none"], ("1",), "1"),
    (Literal["1", "none"], ("none",), "none"),
    (Literal[True, None], ("true",), True),
    (Literal[True, None], ("null",), None),
    (Literal[Color.RED], ("RED",), Color.RED),
    (list[float], ("0.1", "1"), [0.1, 1.0]),
    (list[float], ("0.1",), [0.1]),
    (list[float], ("[0.1, 1]",), [0.1, 1.0]),
    (list[float], ("[]",), []),
    (list[str], ("[a]",), ["[a]"]),
    (list[str], ('["a"]',), ["a"]),
    (list[str], ("a", '["b"]'), ["a", '["b"]']),
    (list[list[int]], ("[1, 2]",), [[1, 2]]),
    (list[list[int]], ("[1, 2]", "[3]"), [[1, 2], [3]]),
    (list[list[int]], ("[[1, 2], [3]]",), [[1, 2], [3]]),
    (list, ("1", "a"), [1, "a"]),
    (list[date], ("2026-01-31",), [date(2026, 1, 31)]),
    (list[int] | None, ("1", "2"), [1, 2]),
    (list[int] | None, ("1",), [1]),
    (list[int] | None, ("null",), None),
    (set[int], ("1", "1"), {1}),
    (tuple[int, ...], ("1", "2"), (1, 2)),
    (tuple[int, str], ("1", "2"), (1, "2")),
    (tuple[int, str], ('[1, "2"]',), (1, "2")),
    (dict[str, int], ('{"a": 1}',), {"a": 1}),
    (Layer, ('{"units": 1}',), Layer(1)),
    (Point, ("[1]",), Point(1.0)),
    (Movie, ('{"name": "x"}',), {"name": "x"}),
    (int | None, ("None",), None),
    (str | None, ("null",), None),
    (str | None, ('"null"',), "null"),
    (str | None, ('"open',), '"open'),
    (str | None, ("x",), "x"),
    (int | str, ("5",), 5),
    (str | int, ("5",), 5),
    (str | int, ('"5"',), "5"),
    (str | int, ("5x",), "5x"),
    (float | int, ("5",), 5),
    (float | int, ("5.0",), 5.0),
    (int | dict[str, int], ('{"a": 1}',), {"a": 1}),
    (bool | str, ("true",), True),
    (bool | None, ("null",), None),
    (float | list[float], ("1",), 1.0),
    (float | list[float], ("1", "2"), [1.0, 2.0]),
    (float | list[float], ("[1]",), [1.0]),
    (str | list[str], ("a",), "a"),
    (str | list[str], ('["a"]',), ["a"]),
    (Path | None, ("none",), None),
]


@pytest.mark.parametrize(("annotation", "texts", "expected"), TEXT_READINGS, ids=str)
def test_text(annotation: Any, texts: tuple[str, ...], expected: object) -> None:
    assert same(from_text(annotation, *texts), expected)


REAL_VALUES: list[tuple[Any, object]] = [
    (int, 5),
    (int, Level.LOW),
    (float, 0.5),
    (str, Size.SMALL),
    (date, date(2026, 1, 1)),
    (date, datetime(2026, 1, 1)),
    (timedelta, timedelta(1)),
    (Decimal, Decimal("0.1")),
    (UUID, UUID(UUID_TEXT)),
    (Path, Path("")),
    (Color, Color.RED),
    (Literal[Color.RED], Color.RED),
    (list[int], [1, 2]),
    (list[Layer], [Layer(1)]),
    (tuple[int, str], (1, "a")),
    (set[int], {1, 2}),
    (abc.Sequence[int], (1, 2)),
    (abc.Sequence[int], range(3)),
    (abc.Iterable[int], {1: 2}),
    (abc.Collection[str], frozenset("a")),
    (dict[str, int], {"a": 1}),
    (dict[str, int], OrderedDict(a=1)),
    (abc.Mapping[str, Layer], {"a": Layer(1)}),
    (Model, Model(0.5)),
    (Movie, {"name": "x"}),
    (Point, Point(1)),
    (int | str, "5"),
    (date | str, "2026-01-31"),
    (Layer | dict[str, Any], Layer(1)),
    (list[int] | set[int], {1}),
    (Plain, Plain()),
    (type[int], int),
    (Drawable, Plain()),
    (abc.Callable[[], int], len),
    (bytes, b"x"),
    (Plain | None, Plain()),
    (Any, Plain()),
    (Any, {"deep": math.inf}),
    (OrderedDict[str, int], OrderedDict(a=1)),
    (Optional[int | None], None),
]


@pytest.mark.parametrize(("annotation", "value"), REAL_VALUES, ids=str)
def test_real_values_stay_as_they_are(annotation: Any, value: object) -> None:
    assert from_call(annotation, value) is value


def test_conversions_in_a_call() -> None:
    assert same(from_call(list[float], [1, 2.0]), [1.0, 2.0])
    assert same(from_call(abc.Sequence[float], (1, 2.0)), (1.0, 2.0))
    assert same(from_call(abc.Sequence[float], range(2)), [0.0, 1.0])
    assert same(from_call(tuple[float, int], (1, 2)), (1.0, 2))
    assert same(from_call(tuple[int, ...], [1, 2]), (1, 2))
    assert same(from_call(set[date], ["2026-01-31"]), {date(2026, 1, 31)})
    assert same(from_call(abc.Iterable[int], iter([1, 2])), [1, 2])
    assert same(from_call(dict[str, float], {"a": 1}), {"a": 1.0})
    assert same(from_call(Movie, {"name": "x", "year": 5}), {"name": "x", "year": 5})
    assert same(from_call(Partial, {"name": "x", "size": 5}), {"name": "x", "size": 5.0})
    nested = Model(0.5)
    built = from_call(Model, {"lr": 1, "parent": nested, "by_name": {"a": nested}})
    assert built.parent is nested
    assert built.by_name["a"] is nested


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────

WHOLE = "give a whole number such as 3"
NUMBER = "give a number such as 0.5"
NO_NAN = "NaN and infinity have no JSON"
NO_NAN_2 = "NaN and infinity are refused"
DATE = "write it as in 2026-01-31"
DURATION = 'give a number of seconds, or text such as "90s", "5m", "1h30m"'
ARRAY = "write an array: [...]"
NO_JSON = "give it in a Python call of .run(), or make the parameter a Path and load it in a step"

JSON_REFUSALS: list[tuple[Any, object, str, str | None]] = [
    (int, True, "'x' must be int, got true", WHOLE),
    (int, 5.5, "'x' must be int, got 5.5", WHOLE),
    (int, 1e300, "'x' must be int, got 1e+300", WHOLE),
    (int, math.nan, "'x' must be int, got nan", WHOLE),
    (int, "5", "'x' must be int, got '5'", WHOLE),
    (float, False, "'x' must be float, got false", NUMBER),
    (float, "5", "'x' must be float, got '5'", NUMBER),
    (float, math.inf, "'x' must be float, got inf", NO_NAN),
    (str, 5, "'x' must be str, got 5", 'put it in quotes: "5"'),
    (str, ["a"], "'x' must be str, got ['a']", None),
    (bool, 1, "'x' must be bool, got 1", "write true or false"),
    (bool, "true", "'x' must be bool, got 'true'", "write true or false"),
    (None, 0, "'x' must be None, got 0", None),
    (Any, math.nan, "'x' must be a finite number, got nan", NO_NAN),
    (date, 5, "'x' must be date, got 5", 'write it as in "2026-01-31"'),
    (date, "31.1.2026", "'x' must be date, got '31.1.2026'", DATE),
    (date, "2026-02-30", "'x' must be date, got '2026-02-30'", f"{DATE} (day is out of range for month)"),
    (datetime, "noon", "'x' must be datetime, got 'noon'", "write it as in 2026-01-31T08:00:00"),
    (time, "25:00", "'x' must be time, got '25:00'", "write it as in 08:30:00 (hour must be in 0..23)"),
    (timedelta, True, "'x' must be timedelta, got true", DURATION),
    (timedelta, "90", "'x' must be timedelta, got '90'", DURATION),
    (timedelta, math.inf, "'x' must be timedelta, got inf", DURATION),
    (timedelta, 1e20, "'x' must be timedelta, got 1e+20", "the longest timedelta has 999999999 days"),
    (Decimal, 0.1, "'x' must be Decimal, got 0.1", 'put it in quotes, which keeps its digits: "0.1"'),
    (Decimal, "x", "'x' must be Decimal, got 'x'", 'write a number in quotes such as "0.10"'),
    (Decimal, True, "'x' must be Decimal, got true", 'write a number in quotes such as "0.10"'),
    (Decimal, "NaN", "'x' must be Decimal, got 'NaN'", NO_NAN_2),
    (
        UUID,
        "x",
        "'x' must be UUID, got 'x'",
        f"write it as in {UUID_TEXT} (badly formed hexadecimal UUID string)",
    ),
    (Path, "", "'x' must be Path, got ''", "write it as in data/input.csv (a path cannot be empty)"),
    (Color, "RDE", "'x' must be Color, got 'RDE'", "did you mean 'RED'?"),
    (Color, 5, "'x' must be Color, got 5", "members are RED ('red'), BLUE ('blue'), CRIMSON ('red')"),
    (Level, True, "'x' must be Level, got true", "members are LOW (1), HIGH (2)"),
    (Shade, "zzz", "'x' must be Shade, got 'zzz'", "members are DARK"),
    (
        Many,
        0,
        "'x' must be Many, got 0",
        f"members are {', '.join(f'M{i} ({i + 1})' for i in range(20))}, …",
    ),
    (Literal["adam", "sgd"], "adma", "'x' must be 'adam' | 'sgd', got 'adma'", "did you mean 'adam'?"),
    (Literal["adam", "sgd"], "zzz", "'x' must be 'adam' | 'sgd', got 'zzz'", None),
    (Literal[1], True, "'x' must be 1, got true", None),
    (list[int], 5, "'x' must be list[int], got 5", ARRAY),
    (list[int], "5", "'x' must be list[int], got '5'", ARRAY),
    (tuple[int, ...], 5, "'x' must be tuple[int, ...], got 5", ARRAY),
    (tuple[int, str], 5, "'x' must be tuple[int, str], got 5", ARRAY),
    (tuple[int, str], [1], "'x' must be tuple[int, str], got 1 item", "give 2"),
    (tuple[()], [1, 2], "'x' must be tuple[()], got 2 items", "give 0"),
    (tuple[int, str], ["a", "b"], "'x[0]' must be int, got 'a'", WHOLE),
    (set[list[int]], [[1]], "'x' must be set[list[int]]: unhashable type: 'list'", None),
    (dict[str, int], [1], "'x' must be dict[str, int], got [1]", "write an object: {...}"),
    (dict[str, int], {"a b": "c"}, "'x['a b']' must be int, got 'c'", WHOLE),
    (dict[Literal["a"], int], {"b": 1}, "'x.b' must be 'a', got 'b'", None),
    (Layer, [3], "'x' must be Layer, got [3]", "give an object with units, kind"),
    (Layer, {}, "'x.units' is missing: Layer needs int", 'add "units"'),
    (
        Layer,
        {"units": 1, "skip": True},
        "'x.skip' is unknown: Layer has no such field, got True",
        "known are kind",
    ),
    (Empty, 3, "'x' must be Empty, got 3", "give {}"),
    (Empty, {"a": 1}, "'x.a' is unknown: Empty has no such field, got 1", "there are none"),
    (Model, {"lr": 0}, "'x' is no Model: ValueError: lr must be more than 0", None),
    (Model, {"lr": 1, "parent": {"lr": "x"}}, "'x.parent.lr' must be float, got 'x'", NUMBER),
    (
        Movie,
        {"title": "x", "name": "y"},
        "'x.title' is unknown: Movie has no such field, got 'x'",
        "known are year",
    ),
    (Movie, {}, "'x.name' is missing: Movie needs str", 'add "name"'),
    (Movie, 5, "'x' must be Movie, got 5", "give an object with name, year"),
    (Partial, {}, "'x.name' is missing: Partial needs str", 'add "name"'),
    (Point, [1, 2, 3], "'x' must be Point, got 3 items", "give 2"),
    (Point, [], "'x.x' is missing: Point needs float", 'add "x"'),
    (int | None, "x", "'x' must be int | None, got 'x'", WHOLE),
    (int | str, 1.5, "'x' must be int | str, got 1.5", None),
    (float | None, math.nan, "'x' must be float, got nan", NO_NAN),
    (Layer | None, {"unit": 1}, "'x.units' is missing: Layer needs int", 'add "units"'),
    (Model | None, {"lr": -1}, "'x' is no Model: ValueError: lr must be more than 0", None),
    (list[int] | str, [1, "a"], "'x[1]' must be int, got 'a'", WHOLE),
    (Plain, {}, "'x' is a Plain, which cannot be written as JSON", NO_JSON),
    (bytes, "x", "'x' is a bytes, which cannot be written as JSON", NO_JSON),
    (Plain | None, "x", "'x' must be Plain | None, got 'x'", NO_JSON),
]


@pytest.mark.parametrize(("annotation", "value", "message", "hint"), JSON_REFUSALS, ids=str)
def test_json_refusals(annotation: Any, value: object, message: str, hint: str | None) -> None:
    assert problems(from_json, annotation, value)[0] == (message, hint)


def test_all_that_is_wrong_inside_a_value() -> None:
    value = {"lr": "x", "layers": [{"units": 1.5, "kind": "x", "colour": 1}, 5], "by_name": {"a": {"lr": -1}}}
    assert [message for message, _ in problems(from_json, Model, value)] == [
        "'x.lr' must be float, got 'x'",
        "'x.layers[0].units' must be int, got 1.5",
        "'x.layers[0].kind' must be 'dense' | 'conv', got 'x'",
        "'x.layers[0].colour' is unknown: Layer has no such field, got 1",
        "'x.layers[1]' must be Layer, got 5",
        "'x.by_name.a' is no Model: ValueError: lr must be more than 0",
    ]


def test_a_union_reports_the_member_with_the_least_wrong() -> None:
    assert problems(from_json, Layer | Model, {"lr": 1, "layerz": []}) == [
        ("'x.layerz' is unknown: Model has no such field, got []", "did you mean 'layers'?")
    ]


QUOTE = "quote JSON for the shell, --x '...', or put it in a file, --x @file.json"
NO_NAME = "Expecting property name enclosed in double quotes at line 1, column 2"
TEXT_REFUSALS: list[tuple[Any, str, str, str | None]] = [
    (int, "5.0", "'x' must be int, got '5.0'", "write a whole number such as 3"),
    (int, "٣", "'x' must be int, got '٣'", "write a whole number such as 3"),
    (int, "", "'x' must be int, got ''", "write a whole number such as 3"),
    (float, "half", "'x' must be float, got 'half'", "write a number such as 0.5"),
    (float, "nan", "'x' must be float, got 'nan'", NO_NAN_2),
    (float, "1e999", "'x' must be float, got '1e999'", NO_NAN_2),
    (bool, "yes", "'x' must be bool, got 'yes'", "write true or false"),
    (None, "0", "'x' must be None, got '0'", "write none"),
    (Decimal, "inf", "'x' must be Decimal, got 'inf'", NO_NAN_2),
    (
        Color,
        "green",
        "'x' must be Color, got 'green'",
        "members are RED ('red'), BLUE ('blue'), CRIMSON ('red')",
    ),
    (Literal["adam", 1], "2", "'x' must be 'adam' | 1, got '2'", None),
    (timedelta, "nan", "'x' must be timedelta, got nan", DURATION),
    (timedelta, "later", "'x' must be timedelta, got 'later'", DURATION),
    (tuple[int, str], "1", "'x' must be tuple[int, str], got 1 item", "give 2"),
    (
        list[int],
        "[1, 'a']",
        "'x' must be list[int] as JSON, got \"[1, 'a']\": Expecting value at line 1, column 5",
        QUOTE,
    ),
    (list[int], '[1, "a"]', "'x[1]' must be int, got 'a'", WHOLE),
    (dict[str, int], "{a: 1}", f"'x' must be dict[str, int] as JSON, got '{{a: 1}}': {NO_NAME}", QUOTE),
    (
        dict[str, int],
        '{"a": 1, "a": 2}',
        "'x' must be dict[str, int] as JSON, got '{\"a\": 1, \"a\": 2}': the key 'a' is given twice",
        QUOTE,
    ),
    (dict[str, int], "5", "'x' must be dict[str, int], got 5", "write an object: {...}"),
    (dict[str, int] | int, "abc", "'x' must be dict[str, int] | int, got 'abc'", None),
    (dict[str, int] | int, "{abc", f"'x' must be dict[str, int] as JSON, got '{{abc': {NO_NAME}", QUOTE),
    (int | None, "x", "'x' must be int | None, got 'x'", "write a whole number such as 3"),
    (list[int] | None, "x", "'x[0]' must be int, got 'x'", "write a whole number such as 3"),
    (Plain, "x", "'x' is a Plain, which cannot be written as JSON", NO_JSON),
]


@pytest.mark.parametrize(("annotation", "text", "message", "hint"), TEXT_REFUSALS, ids=str)
def test_text_refusals(annotation: Any, text: str, message: str, hint: str | None) -> None:
    assert problems(from_text, annotation, text) == [(message, hint)]


def test_repeated_options_are_checked_one_by_one() -> None:
    assert problems(from_text, list[int], "1", "a", "[2]") == [
        ("'x[1]' must be int, got 'a'", "write a whole number such as 3"),
        ("'x[2]' must be int, got '[2]'", "write a whole number such as 3"),
    ]
    assert problems(from_text, tuple[int, int], "1", "2", "3") == [
        ("'x' must be tuple[int, int], got 3 items", "give 2")
    ]
    assert problems(from_text, tuple[int, int], "1", "a")[0][0] == "'x[1]' must be int, got 'a'"
    assert problems(from_text, set[dict[str, int]], "{}", "{}") == [
        ("'x' must be set[dict[str, int]]: unhashable type: 'dict'", None)
    ]


CALL_REFUSALS: list[tuple[Any, object, str, str | None]] = [
    (int, True, "'x' must be int, got True", WHOLE),
    (int, 5.0, "'x' must be int, got 5.0", WHOLE),
    (int, Decimal(5), "'x' must be int, got Decimal('5')", WHOLE),
    (float, True, "'x' must be float, got True", NUMBER),
    (float, math.nan, "'x' must be float, got nan", NO_NAN),
    (Any, math.nan, "'x' must be a finite number, got nan", NO_NAN),
    (str, None, "'x' must be str, got None", None),
    (bool, 1, "'x' must be bool, got 1", "give True or False"),
    (Decimal, Decimal("NaN"), "'x' must be Decimal, got Decimal('NaN')", NO_NAN_2),
    (date, time(1), "'x' must be date, got datetime.time(1, 0)", 'write it as in "2026-01-31"'),
    (list[int], (1,), "'x' must be list[int], got (1,)", "give list(...) of it"),
    (list[int], "12", "'x' must be list[int], got '12'", "give a list"),
    (abc.Sequence[str], "12", "'x' must be Sequence[str], got '12'", "give a list"),
    (abc.Iterable[int], b"12", "'x' must be Iterable[int], got b'12' (bytes)", "give list(...) of it"),
    (tuple[int, int], 5, "'x' must be tuple[int, int], got 5", "give a list"),
    (dict[str, int], 5, "'x' must be dict[str, int], got 5", None),
    (dict, {5: 1}, "'x['5']' must have a key of str, got 5", "JSON has only string keys"),
    (Layer, {5: 1, "units": 1}, "'x['5']' is unknown: Layer has no such field, got 1", "known are kind"),
    (Plain, 5, "'x' must be Plain, got 5", None),
    (Movie, OrderedDict, "'x' must be Movie, got <class 'collections.OrderedDict'> (type)",
     "give an object with name, year"),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "value", "message", "hint"), CALL_REFUSALS, ids=str)
def test_call_refusals(annotation: Any, value: object, message: str, hint: str | None) -> None:
    assert problems(from_call, annotation, value) == [(message, hint)]


def test_values_are_shortened_and_never_break_the_message() -> None:
    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    class Long:
        def __repr__(self) -> str:
            return "<long\n" + "x" * 500 + ">"

    (message, _), *_ = problems(from_call, int, "x" * 1000)
    assert len(message) < 100
    assert "…" in message
    assert "Rude" in problems(from_call, int, Rude())[0][0]
    (message, _), *_ = problems(from_call, int, Long())
    assert "\n" not in message
    assert len(message) < 150
    assert problems(from_call, float, 10**400) == [
        (f"'x' must be float, got 1{'0' * 27}...{'0' * 29}", "the number is too large for a float")
    ]
    assert problems(from_call, str, 10**5000)[0][0] == "'x' must be str, got <int>"


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Broken, "'x': the annotations of Broken cannot be read: name 'Nowhere' is not defined"),
        (list[Broken], "'x': the annotations of Broken cannot be read: name 'Nowhere' is not defined"),
        (dict[Level, int], "'x': the keys of dict[Level, int] are not strings"),
        (dict[Literal[1], int], "'x': the keys of dict[1, int] are not strings"),
        (list[5], "'x': 5 is not a type"),  # type: ignore[valid-type]
        (NewType("N", "int"), "'x': the name 'int' is not resolved"),
        (TypeVar("B", bound="Plain"), "'x': the name 'Plain' is not resolved"),
        ({}, "'x': {} is not a type"),
        (tuple[int, *tuple[str, ...]], "'x': *tuple[str, ...] cannot be an input"),
        (typing.ClassVar[int], "'x': typing.ClassVar[int] cannot be an input"),
    ],
)
def test_annotations_without_meaning(annotation: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parameters_for(annotation)
    assert [f.message for f in caught.value.findings] == [message]
    assert caught.value.findings[0].hint


def test_types_of_modules_that_are_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("datetime", "decimal", "uuid", "pathlib", "pydantic"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    assert from_json(Layer, {"units": 1}) == Layer(1)
    assert parameters_for(Plain).items[0].type_text == "Plain"


def test_aliases() -> None:
    typing_extensions = pytest.importorskip("typing_extensions")
    lrs = typing_extensions.TypeAliasType("lrs", list[float])
    assert from_json(lrs, [1]) == [1.0]
    assert parameters_for(lrs).items[0].type_text == "list[float]"
    pair = typing_extensions.TypeAliasType("pair", tuple[T, T], type_params=(T,))
    assert from_json(pair[int], [1, 2]) == (1, 2)

    class TypeAliasType:
        """Stands in for an alias that contains itself, which only PEP 695 syntax can write."""

        __value__: Any

    recursive = TypeAliasType()
    recursive.__value__ = list[recursive] | int  # type: ignore[valid-type]
    assert from_json(Annotated[recursive, 0], [[1], 2]) == [[1], 2]
    read_only = getattr(typing_extensions, "ReadOnly", None)
    assert read_only is None or from_json(Annotated[read_only[int], 0], 1) == 1


def test_arrays_and_scalars_of_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    assert same(from_call(int, numpy.int64(3)), 3)
    assert same(from_call(float, numpy.float32(0.5)), 0.5)
    assert same(from_call(bool, numpy.bool_(True)), True)
    assert same(from_call(list[float], [numpy.float32(0.5)]), [0.5])
    array = numpy.arange(3.0)
    assert from_call(abc.Iterable[float], array) == [0.0, 1.0, 2.0]
    assert from_call(numpy.ndarray, array) is array
    assert problems(from_call, list[float], array)[0][1] == "give its .tolist()"
    assert problems(from_call, int, numpy.float64(3.0))[0][0].startswith(
        "'x' must be int, got np.float64(3.0)"
    )
    assert problems(from_call, bool, 1)[0][0] == "'x' must be bool, got 1"
    assert (
        problems(from_json, numpy.ndarray, [1])[0][0] == "'x' is a ndarray, which cannot be written as JSON"
    )


# ── there and back ───────────────────────────────────────────────────────────────────────────────────────────────

PAIRS: list[tuple[Any, st.SearchStrategy[Any], Any]] = [
    (int, st.integers(), lambda v: v),
    (float, st.floats(allow_nan=False, allow_infinity=False), lambda v: v),
    (str, st.text(), lambda v: v),
    (bool, st.booleans(), lambda v: v),
    (date, st.dates(), date.isoformat),
    (datetime, st.datetimes(timezones=st.just(timezone.utc) | st.none()), datetime.isoformat),  # noqa: UP017
    (time, st.times(), time.isoformat),
    (timedelta, st.integers(-(10**12), 10**12).map(lambda n: timedelta(seconds=n)), timedelta.total_seconds),
    (Decimal, st.decimals(allow_nan=False, allow_infinity=False), str),
    (UUID, st.uuids(), str),
    (Color, st.sampled_from(Color), lambda v: v.name),
    (Level, st.sampled_from(Level), lambda v: v.value),
    (Literal["a", 1, None], st.sampled_from(["a", 1, None]), lambda v: v),
    (Layer, st.builds(Layer, st.integers()), lambda v: {"units": v.units, "kind": v.kind}),
    (Point, st.builds(Point, st.integers().map(float), st.just(0.5)), lambda v: v._asdict()),
]  # fmt: skip


@st.composite
def typed_values(draw: st.DrawFn, depth: int = 2) -> tuple[Any, Any, Any]:
    """An annotation, a value of it, and how JSON spells the value."""
    shape = draw(st.sampled_from(["leaf", "list", "tuple", "dict", "optional"] if depth else ["leaf"]))
    if shape == "leaf":
        annotation, values, spell = draw(st.sampled_from(PAIRS))
        value = draw(values)
        return annotation, value, spell(value)
    if shape == "tuple":
        parts = draw(st.lists(typed_values(depth - 1), max_size=3))  # type: ignore[call-arg]
        annotation = tuple[tuple(part[0] for part in parts)]  # type: ignore[misc]
        return annotation, tuple(part[1] for part in parts), [part[2] for part in parts]
    annotation, value, spelled = draw(typed_values(depth - 1))  # type: ignore[call-arg]
    if shape == "list":
        return list[annotation], [value, value], [spelled, spelled]
    if shape == "dict":
        return dict[str, annotation], {"a b": value}, {"a b": spelled}
    return (annotation | None, value, spelled) if draw(st.booleans()) else (annotation | None, None, None)


@settings(max_examples=300, deadline=None)
@given(typed_values())
def test_json_there_and_back(case: tuple[Any, Any, Any]) -> None:
    annotation, value, spelled = case
    assert same(from_json(annotation, spelled), value)
    assert from_call(annotation, value) is value or value in ([], (), {})
    assert same(from_call(annotation, spelled), value)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_json_is_read_or_refused_with_a_path(value: Any) -> None:
    assert from_json(Any, value) == value
    for annotation in (
        Model,
        list[Layer],
        dict[str, int | None],
        Movie,
        Point,
        tuple[int, str],
        Path | date | None,
    ):
        try:
            from_json(annotation, value)
        except InputError as error:
            messages = [finding.message for finding in error.findings]
        else:
            continue
        assert messages
        assert all(message.startswith("'x") for message in messages)
