"""Classes whose instances travel, strategies that make them, and what `the same` means."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
import pathlib
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID, SafeUUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st


class Color(enum.Enum):
    RED = "red"
    CRIMSON = "red"  # noqa: PIE796
    NONE = None
    HALF = 0.5
    BIG = 2**60
    PAIR = (1, 2)
    FUNCTION = enum.member(print)
    LIST = [1]


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mode(enum.StrEnum):
    FAST = "fast"
    SLOW = "slow"


class Access(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


class Bits(enum.IntFlag):
    A = 1
    B = 2


class Picky(enum.Enum):
    ONE = 1

    @classmethod
    def _missing_(cls, value: object) -> Picky:
        raise KeyError(value)


class Odd(enum.Enum):
    """Members cannot be found by their value."""

    X = "x"

    def __init__(self, text: str) -> None:
        self._value_ = text * 2


Odd._value2member_map_.clear()


class Point(NamedTuple):
    x: Any
    y: Any = 0


Plain = namedtuple("Plain", "class_ value")


class Loose(Point):
    """A NamedTuple whose instances may carry more."""


class Stated(Point):
    """A NamedTuple with its own pickling."""

    def __reduce__(self) -> Any:
        return Stated, (self.x, self.y)


@dataclass
class Model:
    name: Any
    auc: Any = 0.5
    tags: Any = field(default_factory=list)
    doubled: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.doubled = [self.name, self.name]


@dataclass(frozen=True)
class Frozen:
    value: Any
    items: Any = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", ("changed by __post_init__", self.value))


@dataclass(slots=True)
class Slotted:
    a: Any
    b: Any = None


@dataclass(frozen=True, slots=True)
class FrozenSlotted:
    a: Any
    b: Any = None


@dataclass
class Child(Slotted):
    """Slots of the base, a __dict__ of its own."""

    c: Any = None


class Outer:
    @dataclass
    class Inner:
        value: Any = 1


@dataclass
class OwnState:
    a: Any

    def __getstate__(self) -> Any:
        return {"a": self.a}

    def __setstate__(self, state: Any) -> None:
        self.a = state["a"]


@dataclass
class OwnReduce:
    a: Any

    def __reduce__(self) -> Any:
        return OwnReduce, (self.a,)


@dataclass
class OnDict(dict):
    a: Any = 1

    __hash__ = None


@dataclass(frozen=True)
class OnInt(int):
    a: Any = 1


@dataclass
class PrivateSlot:
    __slots__ = ("_PrivateSlot__secret", "a")
    a: Any

    def __init__(self, a: Any) -> None:
        self.a = a


class MyStr(str):
    __slots__ = ()


class MyList(list):
    pass


class MyDict(dict):
    pass


class Anything:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __eq__(self, other: object) -> bool:
        return type(other) is Anything and vars(other) == vars(self)

    __hash__ = None


def same(a: Any, b: Any) -> bool:
    """Equal, and of equal types all the way down."""
    if type(a) is not type(b):
        return False
    match a:
        case float():
            return math.copysign(1, a) == math.copysign(1, b) and a == b
        case complex():
            return same(a.real, b.real) and same(a.imag, b.imag)
        case Decimal():
            return a.as_tuple() == b.as_tuple()
        case enum.Enum():
            return a is b
        case dt.datetime() | dt.time():
            return (repr(a), a.fold, a.tzname()) == (repr(b), b.fold, b.tzname())
        case UUID():
            return a == b and a.is_safe is b.is_safe
        case defaultdict() if a.default_factory is not b.default_factory:
            return False
        case deque() if a.maxlen != b.maxlen:
            return False
        case dict():
            return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
        case list() | tuple() | deque():
            return len(a) == len(b) and all(map(same, a, b)) and _same_attributes(a, b)
        case set() | frozenset():
            return len(a) == len(b) and all(any(same(x, y) for y in b) for x in a)
        case _ if dataclasses.is_dataclass(a):
            return all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    return bool(a == b)


def _same_attributes(a: Any, b: Any) -> bool:
    return getattr(a, "__dict__", None) == getattr(b, "__dict__", None)


@st.composite
def _drawn(draw: Any, strategy: Any) -> Any:
    return draw(strategy())


def _short(strategy: Any) -> st.SearchStrategy[Any]:
    """The same strategy with a short repr: Hypothesis warns of long ones."""
    return _drawn(strategy)


zones = st.one_of(
    st.none(),
    st.just(dt.UTC),
    st.sampled_from([ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("UTC")]),
    st.builds(dt.timezone, st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23))),
    st.builds(dt.timezone, st.timedeltas(dt.timedelta(seconds=-2), dt.timedelta(seconds=2))),
    st.builds(dt.timezone, st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23)), st.text()),
)
_names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\:"), max_size=8)

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(2**53 - 3, 2**53 + 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.text(st.characters(categories=["Cs", "Ll"]), max_size=3),  # lone surrogates
    st.binary(),
    st.binary(min_size=250, max_size=260),
    st.complex_numbers(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False),
    st.uuids(),
    st.builds(UUID, int=st.integers(0, 2**128 - 1), is_safe=st.sampled_from(SafeUUID)),
    st.datetimes(dt.datetime(1, 1, 3), dt.datetime(9999, 12, 29), timezones=zones, allow_imaginary=True),
    st.builds(
        lambda v, fold: v.replace(fold=fold),
        st.datetimes(dt.datetime(1, 1, 3), dt.datetime(9999, 12, 29), timezones=zones),
        st.sampled_from([0, 1]),
    ),
    st.dates(),
    st.times(timezones=zones),
    st.timedeltas(),
    st.builds(range, st.integers(), st.integers(), st.integers().filter(bool)),
    st.lists(_names, max_size=3).map(lambda parts: pathlib.Path(*parts)),
    st.lists(_names, max_size=3).map(lambda parts: pathlib.PurePosixPath(*parts)),
    st.lists(_names, max_size=3).map(lambda parts: pathlib.PureWindowsPath(*parts)),
    *(st.sampled_from(kind) for kind in (Color, Level, Mode, Picky)),
    st.sampled_from([Access.READ, Access.READ | Access.RUN, Access(0), Bits.A | Bits.B, Bits(64)]),
)
hashable_scalars = _short(lambda: _scalars)
_keys = st.text(max_size=5) | st.sampled_from(["$type", "$set", "a", "\ud800"])

_hashables = st.recursive(
    hashable_scalars,
    lambda inner: st.one_of(
        st.tuples(inner, inner),
        st.frozensets(inner, max_size=3),
        st.builds(Point, inner, inner),
    ),
    max_leaves=4,
)
hashables = _short(lambda: _hashables)
_values = st.recursive(
    hashables | st.sets(hashables, max_size=4),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(_keys, inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.builds(Point, inner, inner),
        st.builds(Plain, inner, inner),
        st.builds(Model, inner, inner, inner),
        st.builds(Frozen, inner, inner),
        st.builds(Slotted, inner, inner),
        st.builds(FrozenSlotted, inner, inner),
        st.builds(Child, inner, inner, inner),
        st.builds(Outer.Inner, inner),
        st.builds(OwnState, inner),
        st.builds(OwnReduce, inner),
        st.builds(Counter, st.dictionaries(_keys, inner, max_size=3)),
        st.builds(OrderedDict, st.dictionaries(_keys, inner, max_size=3)),
        st.builds(
            defaultdict,
            st.sampled_from([None, int, list, Counter]),
            st.dictionaries(_keys, inner, max_size=3),
        ),
        st.builds(deque, st.lists(inner, max_size=3), st.sampled_from([None, 0, 3])),
        st.builds(MyList, st.lists(inner, max_size=2)),
        st.builds(MyDict, st.dictionaries(_keys, inner, max_size=2)),
        st.binary(max_size=300).map(bytearray),
    ),
    max_leaves=10,
)
values = _short(lambda: _values)
