"""Random workflow programs as Python source, a library of steps for them, and a shrinker of failing ones."""

from __future__ import annotations

import ast
import json
import linecache
import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from flowdeco import Workflow, step, workflow

# ---------------------------------------------------------------------------------------------- what programs call


class AppError(Exception):
    """An error of the user's own."""


class SubError(AppError):
    """A kind of it."""


class OtherError(Exception):
    """Not a kind of it."""


@dataclass(frozen=True)
class Box:
    """What a step may return."""

    size: int
    name: str
    parts: list[int] = field(default_factory=list)


class Point(NamedTuple):
    """And another."""

    x: int
    y: int


FAILURES: tuple[type[Exception], ...] = (ValueError, KeyError, AppError, SubError, OtherError, ZeroDivisionError)
MAX_CALLS = 400


class TooLong(BaseException):
    """A program that calls more steps than is good for a test."""


def shown(value: Any) -> str:
    """A value as text. Whole floats are numbers like others: JSON has one kind."""
    return repr(_plain(value))


def _plain(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_plain(v) for v in value]
        case tuple():
            return tuple(_plain(v) for v in value)
        case dict():
            return {k: _plain(v) for k, v in value.items()}
        case _:
            return value


class Record:
    """What steps saw: effects in order, calls in any order, and how often a flaky step was tried."""

    def __init__(self) -> None:
        self.effects: list[str] = []
        self.calls: list[str] = []
        self.tries: Counter[str] = Counter()

    def clear(self) -> None:
        self.effects.clear()
        self.calls.clear()
        self.tries.clear()

    def called(self, name: str, *args: Any) -> None:
        self.calls.append(name + shown(args))
        if len(self.calls) + len(self.effects) > MAX_CALLS:
            raise TooLong


RECORD = Record()


@step
def note(*seen: Any) -> None:
    RECORD.effects.append(shown(seen))
    if len(RECORD.effects) > MAX_CALLS:
        raise TooLong


@step
def add(left: int, right: int) -> int:
    RECORD.called("add", left, right)
    return (left + right) % 1009


@step
def add_any(left, right):
    RECORD.called("add_any", left, right)
    return (left + right) % 1009


@step
def word(number: int) -> str:
    RECORD.called("word", number)
    return ("", "a", "bc", "Déf", "g h", " x ", "0", "ab,cd")[number % 8]


@step
def word_any(number):
    RECORD.called("word_any", number)
    return ("", "a", "bc", "Déf", "g h", " x ", "0", "ab,cd")[number % 8]


@step
def is_odd(number: int) -> bool:
    RECORD.called("is_odd", number)
    return number % 2 == 1


@step
def is_odd_any(number):
    RECORD.called("is_odd_any", number)
    return number % 2 == 1


@step
def numbers(count: int, start: int = 0) -> list[int]:
    RECORD.called("numbers", count, start)
    return [(start + i * 3) % 7 for i in range(count % 4)]


@step
def numbers_any(count, start=0):
    RECORD.called("numbers_any", count, start)
    return [(start + i * 3) % 7 for i in range(count % 4)]


@step
def words(count: int) -> list[str]:
    RECORD.called("words", count)
    return ["ab", "", "c", "a"][: count % 5]


@step
def words_any(count):
    RECORD.called("words_any", count)
    return ["ab", "", "c", "a"][: count % 5]


@step
def table(number: int) -> dict[str, int]:
    RECORD.called("table", number)
    return {k: (number + i) % 9 for i, k in enumerate("abc"[: number % 4])}


@step
def table_any(number):
    RECORD.called("table_any", number)
    return {k: (number + i) % 9 for i, k in enumerate("abc"[: number % 4])}


@step
def rows(number: int) -> list[list[int]]:
    RECORD.called("rows", number)
    return [list(range(i)) for i in range(number % 4)]


@step
def rows_any(number):
    RECORD.called("rows_any", number)
    return [list(range(i)) for i in range(number % 4)]


@step
def both(number: int) -> tuple[int, str]:
    RECORD.called("both", number)
    return number % 5, "pq"[number % 2]


@step
def both_any(number):
    RECORD.called("both_any", number)
    return number % 5, "pq"[number % 2]


@step
def maybe(number: int) -> int | None:
    RECORD.called("maybe", number)
    return None if number % 3 == 0 else number % 10


@step
def maybe_any(number):
    RECORD.called("maybe_any", number)
    return None if number % 3 == 0 else number % 10


@step
def half(number: int) -> float:
    RECORD.called("half", number)
    return number / 2


@step
def half_any(number):
    RECORD.called("half_any", number)
    return number / 2


@step
def records(number: int) -> list[dict[str, int]]:
    RECORD.called("records", number)
    return [{"a": i, "b": number % 5} for i in range(number % 3)]


@step
def records_any(number):
    RECORD.called("records_any", number)
    return [{"a": i, "b": number % 5} for i in range(number % 3)]


@step
def couples(number: int) -> list[tuple[int, str]]:
    RECORD.called("couples", number)
    return [(i, "xyz"[i]) for i in range(number % 4)]


@step
def couples_any(number):
    RECORD.called("couples_any", number)
    return [(i, "xyz"[i]) for i in range(number % 4)]


@step
def lists(number: int) -> dict[str, list[int]]:
    RECORD.called("lists", number)
    return {k: list(range(i)) for i, k in enumerate("abc"[: number % 4])}


@step
def lists_any(number):
    RECORD.called("lists_any", number)
    return {k: list(range(i)) for i, k in enumerate("abc"[: number % 4])}


@step
def box(number: int) -> Box:
    RECORD.called("box", number)
    return Box(number % 6, "xyz"[number % 3], list(range(number % 3)))


@step
def box_any(number):
    RECORD.called("box_any", number)
    return Box(number % 6, "xyz"[number % 3], list(range(number % 3)))


@step
def point(number: int) -> Point:
    RECORD.called("point", number)
    return Point(number % 4, number % 3)


@step
def point_any(number):
    RECORD.called("point_any", number)
    return Point(number % 4, number % 3)


@step
def some(number: int) -> set[int]:
    RECORD.called("some", number)
    return {number % 2, number % 3}


@step
def some_any(number):
    RECORD.called("some_any", number)
    return {number % 2, number % 3}


@step
def joined(*parts: int, sep: int = 1, **named: int) -> int:
    RECORD.called("joined", *parts, sep, sorted(named.items()))
    return (sum(parts) + sep + sum(named.values())) % 1009


@step
def total(values: list[int]) -> int:
    RECORD.called("total", values)
    return sum(values) % 1009


def _plan(value: int, kind: int) -> None:
    if 0 < kind <= len(FAILURES):
        raise FAILURES[kind - 1](f"planned {value}")


@step
def risky(value: int, kind: int) -> int:
    """Fails as `kind` says: 0 not at all, 1 … with one of FAILURES."""
    RECORD.called("risky", value, kind)
    _plan(value, kind % 9)
    return value + 1


@step
def risky_any(value, kind):
    RECORD.called("risky_any", value, kind)
    _plan(value, kind % 9)
    return value + 1


@step
def check(value: int, kind: int) -> None:
    """The same as an effect."""
    RECORD.effects.append(shown(("check", value, kind)))
    _plan(value, kind % 9)


@step
def flaky(key: str, times: int) -> int:
    """Fails the first `times` times."""
    RECORD.tries[key] += 1
    tries = RECORD.tries[key]
    RECORD.effects.append(repr(("flaky", key, tries)))
    if tries <= times:
        raise FAILURES[times % 3](f"try {tries}")
    return tries


STEPS = (
    note, add, add_any, word, word_any, is_odd, is_odd_any, numbers, numbers_any, words, words_any, table, table_any,
    box, box_any, point, point_any, some, some_any, half, half_any, records, records_any, couples, couples_any, lists, lists_any, joined, rows, rows_any, both, both_any, maybe, maybe_any, total, risky, risky_any, check, flaky,
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------- the programs

PARAMETERS = (
    ("a", "int"),
    ("b", "int"),
    ("s", "str"),
    ("xs", "ints"),
    ("ws", "strs"),
    ("d", "dict"),
    ("flag", "bool"),
    ("r", "float"),
    ("o", "opt"),
    ("g", "rows"),
)
ANNOTATIONS = {
    "int": "int",
    "str": "str",
    "bool": "bool",
    "ints": "list[int]",
    "strs": "list[str]",
    "dict": "dict[str, int]",
    "rows": "list[list[int]]",
    "pair": "tuple[int, str]",
    "opt": "int | None",
    "float": "float",
    "dicts": "list[dict[str, int]]",
    "pairs": "list[tuple[int, str]]",
    "nested": "dict[str, list[int]]",
    "box": "Box",
    "point": "Point",
    "set": "set[int]",
}
TYPES = (
    ("int",) * 16
    + ("str",) * 8
    + ("bool",) * 4
    + ("ints",) * 10
    + ("strs",) * 4
    + ("dict",) * 6
    + ("pair", "opt", "rows", "float") * 2
    + ("dicts", "pairs", "nested", "box", "point", "set")
)
CONSTANTS = {"int": ("LIMIT", "SIZES['a']", "len(WORDS)"), "str": ("WORDS[0]", "TITLE"), "ints": ("SIZES.values()", "NUMBERS")}
NAMES = ("n", "m", "k", "t", "u", "v", "w", "x", "y", "z", "p", "q")
CONTAINERS = ("ints", "strs", "dict", "rows", "dicts", "pairs", "nested", "set")


class Program(NamedTuple):
    """`source` of a module that defines the workflow `program`; `inputs` for it."""

    source: str
    inputs: tuple[dict[str, Any], ...]


@dataclass
class Scope:
    """What is known where a statement stands."""

    env: dict[str, str]
    locked: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    loops: int = 0
    in_loop: bool = False
    in_try: bool = False
    in_finally: bool = False
    handler: bool = False
    error: str | None = None
    depth: int = 0
    returns: str | None = None


@dataclass
class Generator:
    """Writes one program. Names have one known kind of value wherever they are used, so that programs mostly work."""

    rng: Random
    lines: list[str] = field(default_factory=list)
    indent: int = 1
    serial: int = 0
    helpers: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)
    s: Scope = field(default_factory=lambda: Scope({}))
    budget: int = 0
    failing: bool = False
    inlined: bool = False

    # ------------------------------------------------------------------------------------------------ small things

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def pick(self, options: Any) -> Any:
        return self.rng.choice(list(options))

    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

    def next(self) -> int:
        self.serial += 1
        return self.serial

    def of(self, kind: str) -> list[str]:
        return [name for name, k in self.s.env.items() if k == kind]

    def number(self) -> str:
        return str(self.pick((0, 1, 2, 3, 5, 7, -1, -2, 10)))

    # ------------------------------------------------------------------------------------------------- expressions

    def expr(self, kind: str, depth: int = 2) -> str:
        names = self.of(kind)
        if names and self.chance(0.45 if depth > 0 else 0.75):
            return self.pick(names)
        return getattr(self, f"_{kind}")(depth)

    def _int(self, depth: int) -> str:
        if depth <= 0:
            names = self.of("int")
            return self.pick(names) if names and self.chance(0.6) else self.number()
        e = self.expr
        d = depth - 1
        options: list[Callable[[], str]] = [
            lambda: f"({e('int', d)} + {e('int', d)})",
            lambda: f"({e('int', d)} - {e('int', d)})",
            lambda: f"({e('int', d)} * {e('int', d)}) % {self.pick((7, 97, -5))}",
            lambda: f"{e('int', 0)} // {self.pick((2, 3, -2))}",
            lambda: f"({e('int', d)} % {self.pick((2, 3, 5))})",
            lambda: f"-{e('int', 0)}",
            lambda: f"len({e(self.pick(('ints', 'strs', 'str', 'dict')), d)})",
            lambda: f"({e('int', d)} if {self.condition(d)} else {e('int', d)})",
            lambda: f"{self.pick(('min', 'max'))}({e('int', d)}, {e('int', d)})",
            lambda: f"sum({e('ints', d)})",
            lambda: f"abs({e('int', d)})",
            lambda: f"max({e('ints', d)}, default={self.number()})",
            lambda: f"{e('dict', d)}.get({self.key()}, {e('int', d)})",
            lambda: f"({e('int', d)} or {e('int', d)})",
            lambda: f"({e('int', d)} and {e('int', d)})",
            lambda: f"{e('str', d)}.count({self.text()})",
            lambda: f"sum({self.comprehension(d)})",
            lambda: f"int({e('bool', d)})",
            lambda: f"{e('ints', d)}.count({e('int', 0)})",
            lambda: f"{e('pair', d)}[0]",
            lambda: self.narrowed(d),
            lambda: f"{e('box', 0)}.size",
            lambda: f"sum({e('box', 0)}.parts)",
            lambda: f"{e('point', 0)}{self.pick(('.x', '.y', '[0]', '[1]'))}",
            lambda: f"len({e('set', d)})",
            lambda: f"sum({e('set', d)})",
            lambda: self.pick(CONSTANTS["int"]),
            lambda: f"int(str({e('int', d)}))",
            lambda: f"({e('int', d)} if {self.condition(d)} else {e('int', d)} if {self.condition(d)} else {self.number()})",
            lambda: f"int({e('float', d)})",
            lambda: f"round({e('float', d)})",
            lambda: f"sum({(n := self.fresh())}['a'] for {n} in {e('dicts', d)})",
            lambda: f"sum(({(n := self.fresh())}, {n})[0] for {n} in {e('ints', d)})",
            lambda: f"sum(len({(n := self.fresh())}) for {n} in {e('rows', d)})",
            lambda: f"len({e(self.pick(('rows', 'dicts', 'pairs', 'nested')), d)})",
            lambda: f"{e('str', d)}.find({self.text()})",
            lambda: f"sum({e('nested', d)}.get({self.key()}, []))",
            lambda: f"divmod({e('int', d)}, {self.pick((2, 3, -4))})[{self.pick((0, 1))}]",
            lambda: f"len(set({e(self.pick(('ints', 'str', 'strs')), d)}))",
            lambda: f"({e('int', d)} {self.pick('&|^')} {self.pick((1, 3, 6))})",
            lambda: f"({e('int', 0)} ** 2) % 50",
            lambda: f"pow({self.pick((2, 3))}, abs({e('int', 0)}) % 4)",
            lambda: f"math.gcd({e('int', d)}, {e('int', d)})",
            lambda: f"ord(({e('str', d)} or 'a')[0])",
            lambda: f"(lambda {(n := self.fresh())}: {n} + 1)({e('int', d)})",
        ]
        if self.failing:
            options += [
                lambda: f"{e('opt', d)} + 1" if self.chance(0.1) else f"{e('ints', d)}[{e('int', 0)}]",
                lambda: f"{e('rows', d)}[0][0]",
                lambda: f"{e('nested', d)}[{self.key()}][0]",
                lambda: f"{e('dicts', d)}[0]['a']",
                lambda: f"next(({(n := self.fresh())} for {n} in {e('ints', d)} if {n} > 1))",
                lambda: f"{e('str', d)}.index({self.text()})",
                lambda: f"{e('ints', d)}[{self.pick((0, 1, -1))}]",
                lambda: f"{e('dict', d)}[{self.key()}]",
                lambda: f"{self.pick(('min', 'max'))}({e('ints', d)})",
                lambda: f"{e('int', d)} // {e('int', d)}",
                lambda: f"{e('int', d)} % {e('int', d)}",
                lambda: f"{e('ints', d)}.index({e('int', 0)})",
                lambda: f"int({e('str', d)})",
            ]
        return self.pick(options)()

    def narrowed(self, depth: int) -> str:
        """A number made of what may be None."""
        names = self.of("opt")
        if not names:
            return self._int(0)
        name = self.pick(names)
        return str(
            self.pick((f"({name} if {name} is not None else {self.number()})", f"({name} or {self.number()})"))
        )

    def _float(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            return str(self.pick((*self.of("float"), "0.5", "1.0", "-2.25")))
        d = depth - 1
        return str(
            self.pick(
                (
                    lambda: f"{e('int', d)} / {self.pick((2, 4, -8))}",
                    lambda: f"({e('float', d)} + {e('int', d)})",
                    lambda: f"({e('float', d)} * 0.5)",
                    lambda: f"({e('float', d)} - {e('float', d)})",
                    lambda: f"float({e('int', d)})",
                    lambda: f"round({e('float', d)}, 1)",
                    lambda: f"abs({e('float', d)})",
                    lambda: f"max({e('float', d)}, {e('float', d)})",
                    lambda: f"({e('float', d)} % 3)",
                    lambda: f"({e('float', d)} // 2)",
                    lambda: f"({e('float', d)} if {self.condition(d)} else {e('float', d)})",
                )
            )()
        )

    def _box(self, depth: int) -> str:
        names = self.of("box")
        return str(self.pick(names)) if names else f"Box({self.expr('int', depth - 1)}, {self.expr('str', 0)})"

    def _point(self, depth: int) -> str:
        names = self.of("point")
        if names:
            return str(self.pick(names))
        return f"Point({self.expr('int', depth - 1)}, {self.expr('int', 0)})"

    def _set(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            return str(self.pick(self.of("set") or ["set()", "{1, 2}", "{0}"]))
        d = depth - 1
        return str(
            self.pick(
                (
                    lambda: f"set({e('ints', d)})",
                    lambda: f"{{{e('int', d)}, {e('int', d)}}}",
                    lambda: f"({e('set', d)} {self.pick('|&-^')} {e('set', d)})",
                    lambda: f"{{{(n := self.fresh())} % 3 for {n} in {e('ints', d)}}}",
                )
            )()
        )

    def _dicts(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            return str(self.pick(self.of("dicts") or ["[]", "[{'a': 1}]", "[{'a': 2, 'b': 0}, {'a': 0}]"]))
        d = depth - 1
        return str(
            self.pick(
                (
                    lambda: f"[{{'a': {e('int', d)}}}]",
                    lambda: f"[{{'a': {(n := self.fresh())}, 'b': {e('int', 0)}}} for {n} in {e('ints', d)}]",
                    lambda: f"{e('dicts', d)}[{self.slice()}]",
                    lambda: f"[{{**{(n := self.fresh())}, 'c': 1}} for {n} in {e('dicts', d)}]",
                    lambda: f"sorted({e('dicts', d)}, key=lambda {(n := self.fresh())}: {n}['a'])",
                    lambda: f"[{(n := self.fresh())} for {n} in {e('dicts', d)} if {n}.get('b', 0) {self.cmp()} 1]",
                )
            )()
        )

    def _pairs(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            return str(self.pick(self.of("pairs") or ["[]", "[(1, 'z')]", "[(0, 'b'), (0, 'a')]"]))
        d = depth - 1
        return str(
            self.pick(
                (
                    lambda: f"list(zip({e('ints', d)}, {e('strs', d)}))",
                    lambda: f"list(enumerate({e('strs', d)}))",
                    lambda: f"[({(n := self.fresh())}, {e('str', 0)}) for {n} in {e('ints', d)}]",
                    lambda: f"sorted({e('pairs', d)})",
                    lambda: f"[({(v := self.fresh())}, {(k := self.fresh())}) for {k}, {v} in {e('dict', d)}.items()]",
                    lambda: f"{e('pairs', d)}[{self.slice()}]",
                    lambda: f"[{e('pair', d)}]",
                )
            )()
        )

    def _nested(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            return str(self.pick(self.of("nested") or ["{}", "{'a': []}", "{'b': [1], 'a': [2, 0]}"]))
        d = depth - 1
        return str(
            self.pick(
                (
                    lambda: f"{{'a': {e('ints', d)}}}",
                    lambda: f"{{{(n := self.fresh())}: [{e('int', 0)}] for {n} in {e('strs', d)}}}",
                    lambda: f"{{**{e('nested', d)}, {self.key()}: {e('ints', d)}}}",
                    lambda: f"{{{(k := self.fresh())}: [{(v := self.fresh())}, {v} + 1] for {k}, {v} in {e('dict', d)}.items()}}",
                )
            )()
        )

    def key(self) -> str:
        if self.chance(0.75):
            return repr(self.pick("abcd"))
        names = self.of("str")
        return self.pick(names) if names else "'a'"

    def text(self) -> str:
        return repr(self.pick(("a", "b", "", "ab", ",", "é", " ", "x-", "{}")))

    def _str(self, depth: int) -> str:
        if depth <= 0:
            names = self.of("str")
            return self.pick(names) if names and self.chance(0.6) else self.text()
        e = self.expr
        d = depth - 1
        options: list[Callable[[], str]] = [
            lambda: f"({e('str', d)} + {e('str', d)})[:9]",
            lambda: f"f'{{{e('int', 0)}}}-{{{self.pick(self.of('str') or ['0'])}}}'[-8:]",
            lambda: f"f'<{{{self.pick(self.of('int') or ['0'])}:>3}}>'",
            lambda: f"str({e('int', d)})",
            lambda: f"{e('str', d)}.{self.pick(('upper', 'lower', 'strip', 'title', 'capitalize'))}()",
            lambda: f"{e('str', d)}[{self.slice()}]",
            lambda: f"({e('str', d)} if {self.condition(d)} else {e('str', d)})",
            lambda: f"','.join({e('strs', d)})[:12]",
            lambda: f"{e('str', d)}.replace({self.text()}, {self.text()})[:10]",
            lambda: f"({e('str', d)} or {self.text()})",
            lambda: f"{e('pair', d)}[1]",
            lambda: f"({e('str', 0)} * 2)[:10]",
            lambda: f"str({e(self.pick(('ints', 'dict', 'bool', 'opt', 'pair', 'strs')), d)})[:20]",
            lambda: f"''.join(sorted({e('str', d)}))",
            lambda: f"repr({e('str', d)})[:12]",
            lambda: f"str({e('float', d)})",
            lambda: f"{e('box', 0)}.name",
            lambda: self.pick(CONSTANTS["str"]),
            lambda: f"str(sorted({e('set', d)}))[:12]",
            lambda: f"f'{{{self.pick(self.of('float') or ['0.5'])}:.1f}}'",
            lambda: f"f'{{{self.pick(self.of('str') or ['0'])}!r}}'[:10]",
            lambda: f"f'{{{self.pick(self.of('int') or ['0'])}:04d}}|'",
            lambda: f"{e('str', d)}.zfill(4)[:8]",
            lambda: f"{e('str', d)}.center(5, '*')[:8]",
            lambda: f"('%s-%d' % ({e('str', 0)}[:4], {e('int', 0)}))",
            lambda: f"'{{}}/{{}}'.format({e('int', 0)}, {e('str', 0)})[:9]",
            lambda: f"{e('str', d)}.partition({self.pick((',', 'a'))!r})[{self.pick((0, 2))}]",
            lambda: f"json.dumps({e(self.pick(('ints', 'dict', 'str', 'bool')), d)})[:14]",
            lambda: f"''.join({(n := self.fresh())} for {n} in {e('str', d)} if {n} != {self.text()})",
            lambda: f"''.join(str({(n := self.fresh())}) for {n} in {e('ints', d)})[:8]",
            lambda: f"min({e('str', d)}, {e('str', d)})",
            lambda: f"{e('str', d)}[::-1]",
            lambda: f"{e('str', d)}.{self.pick(('removeprefix', 'removesuffix', 'lstrip', 'rstrip'))}({self.pick(('a', 'b'))!r})",
            lambda: f"str({e(self.pick(('pairs', 'rows', 'dicts', 'nested')), d)})[:24]",
        ]
        if self.failing:
            options += [lambda: f"{e('strs', d)}[{self.pick((0, 1, -1))}]", lambda: f"{e('str', d)}[0]"]
        return self.pick(options)()

    def slice(self) -> str:
        parts = [self.pick(("", "", "0", "1", "2", "-1", "-2")) for _ in range(2)]
        if self.chance(0.15):
            parts.append(self.pick(("-1", "2", "1")))
        return ":".join(parts)

    def _bool(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            names = self.of("bool")
            return self.pick(names) if names and self.chance(0.6) else self.pick(("True", "False"))
        d = depth - 1
        options: list[Callable[[], str]] = [
            lambda: self.comparison(d),
            lambda: self.comparison(d),
            lambda: f"(not {self.condition(d)})",
            lambda: f"({e('int', d)} {self.cmp()} {e('int', d)} {self.cmp()} {e('int', d)})",
            lambda: f"({self.comparison(d)} {self.pick(('and', 'or'))} {self.comparison(d)})",
            lambda: f"bool({e(self.pick(('int', 'str', 'ints', 'dict', 'opt', 'rows')), d)})",
            lambda: f"{self.pick(('any', 'all'))}({self.comprehension(d)})",
            lambda: f"{e('str', d)}.{self.pick(('startswith', 'endswith'))}({self.text()})",
            lambda: f"isinstance({e(self.pick(('int', 'opt', 'str')), 0)}, {self.pick(('int', 'str'))})",
            lambda: f"{e('str', d)}.{self.pick(('isdigit', 'isalpha', 'isupper', 'isspace'))}()",
            lambda: f"({e('float', d)} {self.cmp()} {e(self.pick(('float', 'int')), d)})",
            lambda: f"({e('pair', d)} {self.pick(('==', '!=', '<'))} {e('pair', d)})",
            lambda: f"({e('rows', d)} == {e('rows', d)})",
            lambda: f"({e('opt', d)} {self.pick(('==', '!='))} {e(self.pick(('opt', 'int')), d)})",
            lambda: f"({e('int', d)} in {e('set', d)})",
            lambda: f"({e('box', 0)} == {e('box', 0)})",
            lambda: f"({e('set', d)} {self.pick(('==', '<=', '!='))} {e('set', d)})",
            lambda: f"({e('int', 0)} in ({self.number()}, {self.number()}))",
            lambda: f"({e('str', 0)} in {{'a', 'b', ''}})",
            lambda: f"{self.pick(('any', 'all'))}({(n := self.fresh())} {self.cmp()} {e('int', 0)} for {n} in {e('ints', d)})",
            lambda: f"({e('ints', d)} in {e('rows', d)})",
            lambda: f"(set({e('ints', d)}) {self.pick(('<=', '==', '>'))} set({e('ints', d)}))",
        ]
        return self.pick(options)()

    def cmp(self) -> str:
        return str(self.pick(("<", "<=", ">", ">=", "==", "!=")))

    def comparison(self, depth: int) -> str:
        e = self.expr
        options: list[Callable[[], str]] = [
            lambda: f"{e('int', depth)} {self.cmp()} {e('int', depth)}",
            lambda: f"{e('int', depth)} {self.cmp()} {e('int', depth)}",
            lambda: f"{e('str', depth)} {self.cmp()} {e('str', depth)}",
            lambda: f"{e('int', depth)} {self.pick(('in', 'not in'))} {e('ints', depth)}",
            lambda: f"{self.key()} {self.pick(('in', 'not in'))} {e('dict', depth)}",
            lambda: f"{self.pick(self.of('opt') or self.of('int') or ['None'])} {self.pick(('is', 'is not'))} None",
            lambda: f"{e('ints', depth)} == {e('ints', depth)}",
            lambda: f"{e('dict', depth)} == {e('dict', depth)}",
            lambda: f"{e('str', depth)} in {e(self.pick(('strs', 'str')), depth)}",
            lambda: f"{e('bool', depth)} == {e(self.pick(('bool', 'int')), depth)}",
            lambda: f"{e('ints', depth)} {self.cmp()} {e('ints', depth)}",
        ]
        return "(" + self.pick(options)() + ")"

    def condition(self, depth: int) -> str:
        """Anything whose truth is asked."""
        if self.chance(0.6):
            return self.expr("bool", max(depth, 1)) if self.chance(0.7) else self.comparison(depth)
        return self.expr(self.pick(("int", "str", "ints", "dict", "opt", "strs", "rows")), depth)

    def fresh(self) -> str:
        return f"i{self.next()}"

    def comprehension(self, depth: int) -> str:
        """The inside of a comprehension of ints: no brackets."""
        name = self.fresh()
        if self.chance(0.2) and depth > 0:
            row = self.fresh()
            return f"{name} for {row} in {self.expr('rows', depth)} for {name} in {row}" + self.filter(name)
        if self.chance(0.2):
            key = self.fresh()
            made = f"{name} + len({key})"
            return f"{made} for {key}, {name} in {self.expr('dict', depth)}.items()" + self.filter(name)
        source = (
            self.expr("ints", depth) if self.chance(0.8) else f"range({self.expr('int', 0)} % 4)"
        )
        made = self.pick((name, f"{name} * 2", f"{name} + {self.expr('int', 0)}", f"-{name}", f"({name} if {name} > 1 else 0)"))
        return f"{made} for {name} in {source}" + self.filter(name)

    def filter(self, name: str) -> str:
        if self.chance(0.6):
            return ""
        return f" if {name} {self.cmp()} {self.expr('int', 0)}" if self.chance(0.7) else f" if {name} % 2"

    def _ints(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            names = self.of("ints")
            return self.pick(names) if names and self.chance(0.7) else self.pick(("[]", "[0]", "[1, 2]", "[3, 1, 2]"))
        d = depth - 1
        options: list[Callable[[], str]] = [
            lambda: f"[{e('int', d)}, {e('int', d)}]",
            lambda: f"[{e('int', d)}]",
            lambda: f"({e('ints', d)} + {e('ints', d)})[:6]",
            lambda: f"{e('ints', d)}[{self.slice()}]",
            lambda: f"sorted({e('ints', d)}{self.pick(('', ', reverse=True'))})",
            lambda: f"list(reversed({e('ints', d)}))",
            lambda: f"[{self.comprehension(d)}]",
            lambda: f"list(range({e('int', 0)} % 4))",
            lambda: f"list({e('dict', d)}.values())",
            lambda: f"[len({(n := self.fresh())}) for {n} in {e('strs', d)}]",
            lambda: f"({e('ints', d)} if {self.condition(d)} else {e('ints', d)})",
            lambda: f"[*{e('ints', d)}, {e('int', d)}][:6]",
            lambda: f"sorted({e('ints', d)}, key=lambda {(n := self.fresh())}: -{n})",
            lambda: f"sorted({e('ints', d)}, key=lambda {(n := self.fresh())}: ({n} % 2, {n}))",
            lambda: f"sorted(set({e('ints', d)}))",
            lambda: f"sorted({e('set', d)})",
            lambda: f"{e('box', 0)}.parts",
            lambda: f"list({e('point', 0)})",
            lambda: f"list({self.pick(CONSTANTS['ints'])})",
            lambda: f"list(map(abs, {e('ints', d)}))",
            lambda: f"list(filter(None, {e('ints', d)}))",
            lambda: f"[{(n := self.fresh())}['a'] for {n} in {e('dicts', d)}]",
            lambda: f"[{(n := self.fresh())} for {n}, _ in {e('pairs', d)}]",
            lambda: f"{e('nested', d)}.get({self.key()}, [])",
            lambda: f"({e('ints', d)} * 2)[:6]",
            lambda: f"[{(n := self.fresh())} + {(m := self.fresh())} for {n}, {m} in zip({e('ints', d)}, {e('ints', d)})]",
            lambda: f"[{(m := self.fresh())} for {(n := self.fresh())} in {e('rows', d)} for {m} in {n}][:6]",
            lambda: f"[{(m := self.fresh())} * {(n := self.fresh())} for {n} in {e('ints', d)} for {m} in range(2) if {n} > {m}][:6]",
        ]
        return self.pick(options)()

    def _strs(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            return self.pick(self.of("strs") or ["['a']", "[]", "['b', 'a']"])
        d = depth - 1
        options: list[Callable[[], str]] = [
            lambda: f"[{e('str', d)}, {e('str', d)}]",
            lambda: f"{e('str', d)}.split({self.pick((',', ' ', 'a', 'b'))!r})",
            lambda: f"list({e('dict', d)})",
            lambda: f"sorted({e('strs', d)})",
            lambda: f"[str({(n := self.fresh())}) for {n} in {e('ints', d)}]",
            lambda: f"[f'{{{(n := self.fresh())}}}{{{(m := self.fresh())}}}' for {n}, {m} in enumerate({e('strs', d)})]",
            lambda: f"{e('strs', d)}[{self.slice()}]",
            lambda: f"[{(n := self.fresh())}.upper() for {n} in {e('strs', d)} if {n}]",
            lambda: f"list({e('str', d)})[:5]",
            lambda: f"[{(n := self.fresh())}[0] for {n} in {e('strs', d)} if {n}]",
            lambda: f"sorted({e('strs', d)}, key=len)",
            lambda: f"{e('str', d)}.split()",
            lambda: f"[{(n := self.fresh())} for _, {n} in {e('pairs', d)}]",
            lambda: f"[*{e('strs', d)}, {e('str', d)}][:5]",
            lambda: f"[{(k := self.fresh())} for {k}, {(v := self.fresh())} in {e('dict', d)}.items() if {v} > 1]",
        ]
        return self.pick(options)()

    def _dict(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            return self.pick(self.of("dict") or ["{}", "{'a': 1}", "{'b': 2, 'a': 0}"])
        d = depth - 1
        options: list[Callable[[], str]] = [
            lambda: f"{{'a': {e('int', d)}, 'c': {e('int', d)}}}",
            lambda: f"{{{self.key()}: {e('int', d)}}}",
            lambda: f"{{**{e('dict', d)}, {self.key()}: {e('int', d)}}}",
            lambda: f"{{{(k := self.fresh())}: {(v := self.fresh())} + 1 for {k}, {v} in {e('dict', d)}.items()}}",
            lambda: f"{{str({(n := self.fresh())}): {n} for {n} in {e('ints', d)}}}",
            lambda: f"dict({e('dict', d)})",
            lambda: f"dict(zip({e('strs', d)}, {e('ints', d)}))",
            lambda: f"({e('dict', d)} | {e('dict', d)})",
            lambda: f"dict(a={e('int', d)}, b={e('int', d)})",
            lambda: f"{{{(k := self.fresh())}: {(v := self.fresh())} for {k}, {v} in {e('dict', d)}.items() if {v} {self.cmp()} {e('int', 0)}}}",
            lambda: f"{{{(k := self.fresh())}: {(v := self.fresh())} for {v}, {k} in enumerate({e('strs', d)})}}",
            lambda: f"dict(sorted({e('dict', d)}.items()))",
            lambda: f"{{{(k := self.fresh())}: len({k}) for {k} in {e('strs', d)}}}",
            lambda: f"({e('dict', d)} if {self.condition(d)} else {e('dict', d)})",
        ]
        return self.pick(options)()

    def _pair(self, depth: int) -> str:
        names = self.of("pair")
        if names and self.chance(0.5):
            return self.pick(names)
        return f"({self.expr('int', depth - 1)}, {self.expr('str', depth - 1)})"

    def _opt(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            return self.pick((*self.of("opt"), "None", "1"))
        d = depth - 1
        return self.pick(
            (
                lambda: f"{e('dict', d)}.get({self.key()})",
                lambda: f"({e('int', d)} if {self.condition(d)} else None)",
                lambda: "None",
                lambda: e("int", d),
            )
        )()

    def _rows(self, depth: int) -> str:
        e = self.expr
        if depth <= 0:
            return self.pick(self.of("rows") or ["[]", "[[]]", "[[1]]", "[[0], [2, 3]]"])
        d = depth - 1
        return self.pick(
            (
                lambda: f"[{e('ints', d)}, {e('ints', d)}]",
                lambda: f"[{e('ints', d)}]",
                lambda: f"[[{(n := self.fresh())}, {n} + 1] for {n} in {e('ints', d)}]",
                lambda: f"{e('rows', d)}[{self.slice()}]",
                lambda: f"[[{(m := self.fresh())} for {m} in range({(n := self.fresh())} % 3)] for {n} in {e('ints', d)}]",
            )
        )()

    def call(self, kind: str) -> str:
        """A step that makes a value of a kind, or a helper."""
        e = self.expr
        any_ = "_any" if self.chance(0.4) else ""
        helpers = [h for h in self.helpers if h[2] == kind]
        if helpers and self.chance(0.5):
            return self.helper_call(self.pick(helpers))
        options: dict[str, tuple[Callable[[], str], ...]] = {
            "int": (
                lambda: f"add{any_}({e('int')}, {e('int')})",
                lambda: f"total({e('ints')})",
                lambda: f"add{any_}({self.call('int')}, {e('int')})",
                lambda: f"add{any_}(right={e('int')}, left={e('int')})",
                lambda: f"joined({e('int')}, {e('int')}, sep={e('int', 1)}, k={e('int', 1)})",
                lambda: f"joined(*({e('int')}, {e('int')}))",
                lambda: f"joined(**{{'p': {e('int')}}})",
                lambda: f"sum([add({(n := self.fresh())}, 1) for {n} in {e('ints')}])",
                lambda: f"(add({e('int')}, 1) if {self.condition(1)} else {e('int')})",
                lambda: f"({e('int')} or add({e('int')}, 2))",
                lambda: f"max(add{any_}({e('int')}, 1), {e('int')})",
            ),
            "box": (lambda: f"box{any_}({e('int')})",),
            "point": (lambda: f"point{any_}({e('int')})",),
            "set": (lambda: f"some{any_}({e('int')})",),
            "float": (lambda: f"half{any_}({e('int')})",),
            "dicts": (
                lambda: f"records{any_}({e('int')})",
                lambda: f"[{{'a': add({(n := self.fresh())}, 1)}} for {n} in {e('ints')}]",
            ),
            "pairs": (
                lambda: f"couples{any_}({e('int')})",
                lambda: f"both{any_}.map({e('ints')})",
                lambda: f"[({(n := self.fresh())}, word({n})) for {n} in {e('ints')}]",
            ),
            "nested": (
                lambda: f"lists{any_}({e('int')})",
                lambda: f"{{{(k := self.fresh())}: numbers({(v := self.fresh())}) for {k}, {v} in {e('dict')}.items()}}",
            ),
            "str": (lambda: f"word{any_}({e('int')})",),
            "bool": (
                lambda: f"is_odd{any_}({e('int')})",
                lambda: f"(is_odd({e('int')}) {self.pick(('and', 'or'))} is_odd{any_}({e('int')}))",
                lambda: f"(not is_odd{any_}({e('int')}))",
                lambda: f"({e('int')} < add({e('int')}, 1) < {e('int')})",
                lambda: f"any([is_odd{any_}({(n := self.fresh())}) for {n} in {e('ints')}])",
            ),
            "ints": (
                lambda: f"numbers{any_}({e('int')}{self.pick(('', ', 1'))})",
                lambda: f"[add{any_}({(n := self.fresh())}, {e('int', 1)}) for {n} in {e('ints')}]",
                lambda: f"[add{any_}({(n := self.fresh())}, 1) for {n} in {e('ints')} if {n} {self.cmp()} {e('int', 0)}]",
                lambda: f"add{any_}.map({e('ints', 1)}, right={e('int', 1)})",
            ),
            "strs": (
                lambda: f"words{any_}({e('int')})",
                lambda: f"word{any_}.map({e('ints')})",
                lambda: f"[word({(n := self.fresh())}) + {self.text()} for {n} in {e('ints')}]",
            ),
            "dict": (
                lambda: f"table{any_}({e('int')})",
                lambda: f"{{{(k := self.fresh())}: add({(v := self.fresh())}, 1) for {k}, {v} in {e('dict')}.items()}}",
            ),
            "rows": (
                lambda: f"rows{any_}({e('int')})",
                lambda: f"numbers{any_}.map({e('ints')})",
                lambda: f"[[add({(m := self.fresh())}, 1) for {m} in {(n := self.fresh())}] for {n} in {e('rows')}]",
                lambda: f"[[add({(m := self.fresh())}, {(n := self.fresh())}) for {m} in range({n} % 3)] for {n} in {e('ints')}]",
            ),
            "pair": (lambda: f"both{any_}({e('int')})",),
            "opt": (lambda: f"maybe{any_}({e('int')})",),
        }
        return self.pick(options[kind])()

    def helper_call(self, helper: tuple[str, tuple[str, ...], str]) -> str:
        name, kinds, _ = helper
        if self.chance(0.2):
            named = [f"arg{i}={self.expr(k, 1)}" for i, k in enumerate(kinds)]
            self.rng.shuffle(named)
            return f"{name}({', '.join(named)})"
        return f"{name}({', '.join(self.expr(k, 1) for k in kinds)})"

    # -------------------------------------------------------------------------------------------------- statements

    def target(self, kind: str) -> str:
        """A name to assign to: often one that is already there."""
        same = [n for n in self.of(kind) if n not in self.s.fixed]
        if same and self.chance(0.55):
            return self.pick(same)
        free = [n for n in NAMES if n not in self.s.locked and n not in self.s.fixed]
        free += [n for n in self.s.env if n not in self.s.locked and n not in self.s.fixed and self.chance(0.2)]
        return self.pick(free) if free else f"v{self.next()}"

    def assigned(self, name: str, kind: str) -> None:
        self.s.env.pop(name, None)
        self.s.env[name] = kind

    @contextmanager
    def block(self, **changes: Any) -> Iterator[Scope]:
        """A nested suite with a scope of its own."""
        before = self.s
        values = {**before.__dict__, "env": dict(before.env), "depth": before.depth + 1, **changes}
        self.s = Scope(**values)
        self.indent += 1
        inner = self.s
        try:
            yield inner
        finally:
            self.indent -= 1
            self.s = before

    def suite(self, size: int | None = None) -> bool:
        """Some statements. Returns whether their end is reached."""
        for _ in range(size if size is not None else self.rng.randint(1, 3)):
            if not self.statement():
                return False
        return True

    def statement(self) -> bool:
        self.budget -= 1
        deep = self.s.depth >= 4 or self.budget <= 0
        options: list[tuple[float, Callable[[], bool]]] = [
            (4, self.assign),
            (4, self.assign_call),
            (3, self.effect),
            (2, self.augment),
            (2.5, self.mutate),
            (1, self.unpack),
            (0.5, self.double),
            (0.4, self.delete),
            (0.5, self.assertion),
        ]
        if not deep:
            options += [
                (5, self.branch),
                (1.2, self.match),
                (3, self.attempt),
            ]
            if self.s.loops < 2:
                options += [(4, self.loop), (2, self.while_loop), (0.8, self.retry)]
            options += [(0.4, self.inner_function)]
        if self.s.depth > 0:
            options += [(1.0, self.leave)]
            if self.s.in_loop:
                options += [(1.5, self.jump)]
        if self.s.in_try or self.s.depth > 1:
            options += [(3 if self.s.in_try else 0.7, self.fail)]
        if self.s.in_try:
            options += [(1.5, self.risk)]
        weights = [w for w, _ in options]
        return self.rng.choices([f for _, f in options], weights)[0]()

    def assign(self) -> bool:
        kind = self.pick(TYPES)
        text = getattr(self, f"_{kind}")(2) if kind in CONTAINERS else self.expr(kind, 3)
        if kind in CONTAINERS and text in self.s.env:
            text = f"dict({text})" if kind == "dict" else f"list({text})"
        name = self.target(kind)
        self.line(f"{name} = {text}")
        self.assigned(name, kind)
        return True

    def assign_call(self) -> bool:
        kind = self.pick(TYPES)
        text = self.call(kind)
        name = self.target(kind)
        self.line(f"{name} = {text}")
        self.assigned(name, kind)
        return True

    def effect(self) -> bool:
        seen = [self.expr(self.pick(TYPES), 1) for _ in range(self.rng.randint(0, 2))]
        if self.s.error and self.chance(0.6):
            error = self.s.error
            texts = (
                f"str({error})",
                f"str({error})",
                f"{error}.args",
                f"isinstance({error}, {self.pick(('ValueError', 'AppError', 'LookupError'))})",
                f"f'{{{error}}}!'",
                f"type({error}).__name__",
                f"len({error}.args)",
            )
            seen.append(self.pick(texts))
        self.line(f"note({', '.join([str(self.next()), *seen])})")
        return True

    def augment(self) -> bool:
        kind = self.pick(("int", "int", "int", "str", "ints"))
        names = [n for n in self.of(kind) if n not in self.s.fixed]
        if not names:
            return self.assign()
        name = self.pick(names)
        if kind == "int":
            op = self.pick(("+=", "-=", "+=", "%=", "//="))
            self.line(f"{name} {op} {self.pick((2, 3, 7)) if op in ('%=', '//=') else self.expr('int', 1)}")
        elif kind == "str" and not self.s.loops:
            self.line(f"{name} += {self.expr('str', 1)}")
        elif kind == "ints" and self.s.loops < 2:
            self.line(f"{name} += [{self.expr('int', 1)}]")
        else:
            return self.assign()
        return True

    def mutate(self) -> bool:
        kind = self.pick(("ints", "ints", "dict", "strs", "rows", "nested", "dicts"))
        names = [n for n in self.of(kind) if n not in self.s.fixed]
        if not names:
            return self.assign_call()
        name = self.pick(names)
        e = self.expr
        if kind in ("rows", "nested", "dicts"):
            self.line(self.deep_change(name, kind))
            return True
        if kind == "dict":
            self.line(
                self.pick(
                    (
                        lambda: f"{name}[{self.key()}] = {e('int', 1)}",
                        lambda: f"{name}[{self.key()}] = {e('int', 1)}",
                        lambda: f"{name}.update({{{self.key()}: {e('int', 1)}}})",
                        lambda: f"{name}.pop({self.key()}, None)",
                        lambda: f"{name}.setdefault({self.key()}, {e('int', 1)})",
                        lambda: f"{name}[{self.key()}] = {name}.get({self.key()}, 0) + 1",
                        lambda: f"{name}.clear()",
                    )
                )()
            )
            return True
        inner = "int" if kind == "ints" else "str"
        options: list[Callable[[], str]] = [
            lambda: f"{name}.append({e(inner, 1)})",
            lambda: f"{name}.append({e(inner, 1)})",
            lambda: f"{name}.insert({self.pick((0, 1, -1))}, {e(inner, 1)})",
            lambda: f"{name}.{self.pick(('reverse', 'sort', 'clear'))}()",
        ]
        if not self.s.loops:
            options.append(lambda: f"{name}.extend({e(kind, 1)})")
        text = self.pick(options)()
        if self.chance(0.25):
            result = self.target(inner)
            if result != name:
                self.line(f"if {name}:")
                self.line(f"    {result} = {name}.pop({self.pick(('', '0', '-1'))})")
                if self.s.env.get(result) not in (inner, None):
                    del self.s.env[result]
                return True
        self.line(text)
        return True

    def inside(self) -> bool:
        """A change of one item, where there is one."""
        e = self.expr
        kind = self.pick(("ints", "dict", "strs", "set"))
        names = [n for n in self.of(kind) if n not in self.s.fixed]
        if not names:
            return self.assign_call()
        name, key = self.pick(names), self.key()
        if kind == "set":
            self.line(f"{name}.{self.pick(('add', 'discard'))}({e('int', 1)})")
            return True
        item = e("str" if kind == "strs" else "int", 1)
        if kind == "dict":
            self.line(f"if {key} in {name}:")
            changes = (
                f"{name}[{key}] += {item}",
                f"del {name}[{key}]",
                f"{name}.pop({key})",
                f"{name}[{key}], {name}['z'] = 1, {item}",
            )
        elif kind == "ints":
            self.line(f"if {name}:")
            changes = (
                f"{name}[{self.pick((0, -1))}] += {item}",
                f"{name}[0] = {item}",
                f"del {name}[{self.pick((0, -1))}]",
                f"{name}.remove({name}[0])",
                f"{name}[{e('int', 0)} % len({name})] = {item}",
                f"{name}[0], {name}[-1] = {name}[-1], {name}[0]",
            )
        else:
            self.line(f"if {name}:")
            changes = (f"{name}[0] = {item}", f"{name}[-1] = {name}[0] + 'q'", f"del {name}[0]")
        self.line("    " + self.pick(changes))
        return True

    def several(self) -> bool:
        """Several names at once, by tuples or :=."""
        first, second = self.target("int"), self.target("int")
        if first == second:
            return self.assign()
        e = self.expr
        if self.chance(0.4):
            self.line(f"if ({first} := {e('int')}) {self.cmp()} {e('int', 1)}:")
            self.assigned(first, "int")
            with self.block() as inner:
                reached = self.suite(1)
            return self.join([inner.env, self.s.env]) if reached else True
        self.line(
            self.pick(
                (
                    f"{first}, {second} = {e('int')}, {e('int', 1)}",
                    f"{first}, {second} = {e('point', 0)}",
                    f"({first}, _), {second} = {e('pair', 1)}, {e('int', 1)}",
                    f"[{first}, {second}] = [{e('int', 1)}, {e('int', 1)}]",
                )
            )
        )
        self.assigned(first, "int")
        self.assigned(second, "int")
        return True

    def deep_change(self, name: str, kind: str) -> str:
        """A change of what is inside a container."""
        e = self.expr
        item = e("int", 1)
        key = self.key()
        if kind == "dicts":
            return str(self.pick((f"{name}.append({{'a': {item}}})", f"if {name}: {name}[0]['a'] = {item}")))
        if kind == "rows":
            return str(
                self.pick(
                    (
                        f"{name}.append([{item}])",
                        f"if {name}: {name}[0].append({item})",
                        f"if {name}: {name}[-1] = [{item}]",
                        f"if {name} and {name}[0]: {name}[0][0] += {item}",
                    )
                )
            )
        return str(
            self.pick(
                (
                    f"{name}[{key}] = [{item}]",
                    f"{name}.setdefault({key}, []).append({item})",
                    f"if {key} in {name}: {name}[{key}].append({item})",
                )
            )
        )

    def unpack(self) -> bool:
        if self.chance(0.35):
            names = [n for n in self.of("int") if n not in self.s.fixed]
            if len(names) >= 2:
                first, second = self.rng.sample(names, 2)
                self.line(f"{first}, {second} = {second}, {first}")
                return True
        if self.chance(0.3):
            rest, first = self.target("ints"), self.target("int")
            if rest != first:
                pattern = self.pick((f"{first}, *{rest}", f"*{rest}, {first}"))
                self.line(f"{pattern} = [{self.expr('int', 1)}, *{self.expr('ints', 1)}]")
                if pattern.startswith("*") and False:
                    return True
                self.assigned(rest, "ints")
                self.assigned(first, "int")
                return True
        first, second = self.target("int"), self.target("str")
        if first == second:
            return self.assign()
        value = self.call("pair") if self.chance(0.6) else self.expr("pair")
        self.line(f"{first}, {second} = {value}")
        self.assigned(first, "int")
        self.assigned(second, "str")
        return True

    def double(self) -> bool:
        kind = self.pick(("int", "str", "bool"))
        text = self.expr(kind)
        first, second = self.target(kind), self.target(kind)
        self.line(f"{first} = {second} = {text}")
        self.assigned(first, kind)
        self.assigned(second, kind)
        return True

    def delete(self) -> bool:
        names = [n for n in self.s.env if n not in self.s.fixed and n not in self.s.locked]
        if len(names) < 4 or self.s.depth:
            return self.effect()
        name = self.pick(names)
        self.line(f"del {name}")
        del self.s.env[name]
        return True

    def assertion(self) -> bool:
        if not (self.s.in_try or self.s.depth):
            return self.effect()
        message = self.pick(("", f", {self.text()}", f", f'{{{self.pick(self.of('int') or ['0'])}}}!'"))
        self.line(f"assert {self.condition(1)}{message}")
        return True

    def branch(self) -> bool:
        """if / elif / else, with what all ways that go on have assigned."""
        self.line(f"if {self.condition(2)}:")
        ways: list[dict[str, str]] = []
        with self.block() as inner:
            if self.suite():
                ways.append(inner.env)
        for _ in range(self.pick((0, 0, 0, 1, 1, 2))):
            self.line(f"elif {self.condition(1)}:")
            with self.block() as inner:
                if self.suite():
                    ways.append(inner.env)
        if self.chance(0.55):
            self.line("else:")
            with self.block() as inner:
                if self.suite():
                    ways.append(inner.env)
        else:
            ways.append(self.s.env)
        return self.join(ways)

    def join(self, ways: list[dict[str, str]]) -> bool:
        if not ways:
            return False
        self.s.env = {n: k for n, k in ways[0].items() if all(w.get(n) == k for w in ways)}
        return True

    def match(self) -> bool:
        kind = self.pick(("int", "str", "opt", "ints", "dict", "pair"))
        self.line(f"match {self.expr(kind)}:")
        ways: list[dict[str, str]] = []
        open_end = True
        self.indent += 1
        for _ in range(self.rng.randint(1, 3)):
            bound: dict[str, str] = {}
            name = f"c{self.next()}"
            pattern = {
                "int": lambda: self.pick(("0", "1", "2 | 3", "-1")),
                "str": lambda: self.pick(("''", "'a'", "'a' | 'b'")),
                "opt": lambda: self.pick(("None", "1", "int()")),
                "ints": lambda: self.pick(("[]", f"[{name}]", f"[0, {name}]", f"[{name}, *_]", "[_, _]")),
                "dict": lambda: self.pick((f"{{'a': {name}}}", "{'b': 1}", f"{{'a': 1, 'b': {name}}}")),
                "pair": lambda: self.pick((f"(0, _)", f"({name}, 'p')", "(1 | 2, 'q')")),
            }[kind]()
            if name in pattern:
                bound[name] = "int"
            guard = f" if {self.condition(1)}" if self.chance(0.2) else ""
            self.line(f"case {pattern}{guard}:")
            with self.block() as inner:
                inner.env.update(bound)
                if self.suite(self.rng.randint(1, 2)):
                    ways.append({n: k for n, k in inner.env.items() if n not in bound})
        if self.chance(0.6):
            self.line("case _:")
            open_end = False
            with self.block() as inner:
                if self.suite(self.rng.randint(1, 2)):
                    ways.append(inner.env)
        self.indent -= 1
        if open_end:
            ways.append(self.s.env)
        return self.join(ways)

    def loop(self) -> bool:
        e = self.expr
        first, second = self.loop_name("int"), self.loop_name("int")
        other = self.loop_name("str")
        used: list[str] = []

        def over(kind: str) -> str:
            text = str(e(kind, 1))
            if text in self.s.env:
                used.append(text)
            return text

        options: list[tuple[float, Callable[[], tuple[str, dict[str, str]]]]] = [
            (4, lambda: (f"for {first} in {over('ints')}", {first: "int"})),
            (1.5, lambda: (f"for {other} in {over('strs')}", {other: "str"})),
            (1.5, lambda: (f"for {first} in range({e('int', 0)} % 4)", {first: "int"})),
            (0.5, lambda: (f"for {first} in range({e('int', 0)} % 3, 8, {self.pick((2, 3))})", {first: "int"})),
            (1, lambda: (f"for {first}, {second} in enumerate({over('ints')})", {first: "int", second: "int"})),
            (
                1,
                lambda: (f"for {first}, {other} in zip({over('ints')}, {over('strs')})", {first: "int", other: "str"}),
            ),
            (
                1,
                lambda: (f"for {other}, {first} in {over('dict')}.items()", {first: "int", other: "str"}),
            ),
            (0.5, lambda: (f"for {other} in {over('dict')}", {other: "str"})),
            (0.5, lambda: (f"for {first} in {over('dict')}.values()", {first: "int"})),
            (1, lambda: (f"for {first} in {self.pick(('(1, 2)', '[0, 5, 1]', 'range(3)', '[]'))}", {first: "int"})),
            (0.5, lambda: (f"for {other} in {over('str')}", {other: "str"})),
            (0.5, lambda: (f"for {first} in [{self.comprehension(1)}]", {first: "int"})),
            (0.6, lambda: (f"for {first} in numbers({e('int', 1)})", {first: "int"})),
            (0.5, lambda: (f"for {first} in {over('rows')}", {first: "ints"})),
            (0.4, lambda: (f"for {first} in sorted({over('ints')})", {first: "int"})),
            (0.7, lambda: (f"for {first}, {other} in {over('pairs')}", {first: "int", other: "str"})),
            (0.5, lambda: (f"for {first} in {over('dicts')}", {first: "dict"})),
            (0.5, lambda: (f"for {other}, {first} in {over('nested')}.items()", {first: "ints", other: "str"})),
            (0.5, lambda: (f"for {first}, {other} in enumerate({over('strs')}, 1)", {first: "int", other: "str"})),
            (
                0.4,
                lambda: (
                    f"for {first}, ({second}, {other}) in enumerate({over('pairs')})",
                    {first: "int", second: "int", other: "str"},
                ),
            ),
            (0.4, lambda: (f"for {first} in {over('ints')}[{self.slice()}]", {first: "int"})),
            (0.4, lambda: (f"for {first} in add.map({over('ints')}, right=1)", {first: "int"})),
            (0.3, lambda: (f"for {first} in sorted({over('set')})", {first: "int"})),
            (0.3, lambda: (f"for {first} in {e('box', 0)}.parts", {first: "int"})),
            (0.3, lambda: (f"for {first} in {self.pick(CONSTANTS['ints'])}", {first: "int"})),
            (0.4, lambda: (f"for {other} in {over('str')}.split(',')", {other: "str"})),
            (0.4, lambda: (f"for {other} in sorted({over('dict')})", {other: "str"})),
            (0.4, lambda: (f"for {first} in ({e('int', 1)}, {e('int', 1)})", {first: "int"})),
            (0.4, lambda: (f"for {first} in reversed({over('ints')})", {first: "int"})),
        ]
        head, bound = self.rng.choices([f for _, f in options], [w for w, _ in options])[0]()
        if any(self.s.env.get(n, k) != k for n, k in bound.items()) or len(set(bound)) < len(bound):
            return self.effect()
        self.line(head + ":")
        return self.looped(bound, frozenset(used))

    def loop_name(self, kind: str) -> str:
        if self.chance(0.3):
            return self.target(kind)
        return f"{'j' if kind == 'int' else 'w'}{self.next()}"

    def looped(self, bound: dict[str, str], fixed: frozenset[str]) -> bool:
        """The body and the else of a loop."""
        before = self.s
        outer = {n: k for n, k in self.s.env.items() if n not in bound}
        with self.block(
            locked=self.s.locked | frozenset(self.s.env) | frozenset(bound),
            fixed=self.s.fixed | fixed,
            loops=self.s.loops + 1,
            in_loop=True,
        ) as inner:
            inner.env.update(bound)
            self.suite(self.rng.randint(1, 4))
        before.env = {**outer, **{n: k for n, k in bound.items() if n in before.env}}
        if self.chance(0.2):
            self.line("else:")
            with self.block():
                self.suite(self.rng.randint(1, 2))
        return True

    def while_loop(self) -> bool:
        name = f"count{self.next()}"
        limit = self.pick((1, 2, 3, 4))
        self.line(f"{name} = {self.pick(('0', '0', '1'))}")
        self.s.env[name] = "int"
        fixed = self.s.fixed | {name}
        endless = self.chance(0.4)
        head = "while True:" if endless else f"while {name} < {limit}{self.pick(('', f' and {self.condition(1)}'))}:"
        self.line(head)
        outer = dict(self.s.env)
        with self.block(
            locked=self.s.locked | frozenset(self.s.env), fixed=fixed, loops=self.s.loops + 1, in_loop=True
        ):
            self.line(f"{name} += 1")
            if endless:
                self.line(f"if {name} > {limit}{self.pick(('', f' or {self.condition(1)}'))}:")
                self.line("    break")
            self.suite(self.rng.randint(1, 3))
        self.s.env = outer
        if not endless and self.chance(0.2):
            self.line("else:")
            with self.block():
                self.suite(1)
        return True

    def retry(self) -> bool:
        """Try again until it works, a few times."""
        name = self.target("int")
        tries = f"tries{self.next()}"
        self.line(f"for {tries} in range({self.pick((2, 3, 4))}):")
        self.line("    try:")
        times = self.pick(("0", "1", "2", "3", f"{self.expr('int', 0)} % 4"))
        self.line(f"        {name} = flaky('r{self.next()}', {times})")
        if self.chance(0.7):
            self.line("        break")
        kind = self.pick(("Exception", "(ValueError, KeyError, AppError)", "AppError", "ValueError"))
        self.line(f"    except {kind} as e{self.serial}:")
        self.line(f"        note('again', {tries}, str(e{self.serial}))")
        if self.chance(0.3):
            self.line(f"        if {tries} == 1:")
            self.line(f"            {self.pick(('raise', 'continue', 'break'))}")
        known = self.s.env.get(name) == "int"
        if self.chance(0.6):
            self.line("else:")
            if not known or self.chance(0.5):
                self.line(f"    {name} = {self.number()}")
            else:
                self.line(f"    raise AppError('gave up {name}')")
        if not known:
            self.s.env.pop(name, None)
        return True

    def inner_function(self) -> bool:
        """A function or lambda of the body's own, called right away."""
        name = f"f{self.next()}"
        if self.chance(0.5):
            self.line(f"{name} = lambda v: {self.pick(('v + 1', 'add(v, 2)', f'v * 2 + {self.number()}', '(v if v > 1 else -v)'))}")
        else:
            self.line(f"def {name}(v, w=2):")
            self.line(f"    if v {self.cmp()} {self.expr('int', 0)}:")
            self.line(f"        return {self.pick(('v', 'w', 'add(v, w)', self.number()))}")
            if self.chance(0.5):
                self.line(f"    note({self.next()}, v)")
            self.line(f"    return {self.pick(('v - w', 'add(v, w)', self.expr('int', 1)))}")
        target = self.target("int")
        text = self.pick((f"{name}({self.expr('int', 1)})", f"{name}({self.expr('int', 1)}) + {name}(1)"))
        self.line(f"{target} = {text}")
        self.assigned(target, "int")
        return True

    def jump(self) -> bool:
        word = self.pick(("break", "continue"))
        if self.chance(0.8):
            self.line(f"if {self.condition(1)}:")
            self.line(f"    {word}")
            return True
        self.line(word)
        return False

    def leave(self) -> bool:
        if self.s.in_finally:
            return self.effect()
        kind = self.s.returns
        text = f"return {self.expr(kind)}" if kind else f"return {self.result()}"
        if self.chance(0.75):
            self.line(f"if {self.condition(1)}:")
            self.line(f"    {text}")
            return True
        self.line(text)
        return False

    def result(self) -> str:
        seen = [n for n in self.s.env if self.chance(0.7)]
        if not seen:
            return self.expr(self.pick(TYPES), 1)
        if self.chance(0.2):
            return "{" + ", ".join(f"{n!r}: {n}" for n in seen) + "}"
        left, right = ("[", "]") if self.chance(0.7) else ("(", ",)")
        return left + ", ".join(seen) + right

    def error(self) -> str:
        kind = self.pick(("ValueError", "KeyError", "AppError", "SubError", "OtherError", "RuntimeError", "LookupError"))
        message = self.pick(
            (
                lambda: "",
                lambda: repr("no " + self.pick("abc")),
                lambda: f"f'bad {{{self.pick(self.of('int') or ['0'])}}}'",
                lambda: self.expr("str", 1),
                lambda: f"'two', {self.number()}",
            )
        )()
        if not message and self.chance(0.5):
            return str(kind)
        return f"{kind}({message})"

    def fail(self) -> bool:
        text = f"raise {self.error()}"
        if self.s.handler:
            error = self.s.error
            options = (text, "raise", f"{text} from None", f"{text} from {error}", f"raise {error}")
            text = self.pick(options if error else options[:3])
        if self.chance(0.8):
            self.line(f"if {self.condition(1)}:")
            self.line(f"    {text}")
            return True
        self.line(text)
        return False

    def risk(self) -> bool:
        """A step that may fail, as an effect of its own or with its result."""
        e = self.expr
        text = self.pick(
            (
                lambda: f"check({e('int', 1)}, {e('int', 1)})",
                lambda: f"risky({e('int', 1)}, {e('int', 1)})",
                lambda: f"risky_any({e('int', 1)}, {e('int', 1)})",
                lambda: f"flaky('f{self.pick((1, 2))}', {self.pick((0, 1, 2))})",
            )
        )()
        if text.startswith("check") or self.chance(0.2):
            self.line(text)
            return True
        name = self.target("int")
        self.line(f"{name} = {text}")
        self.assigned(name, "int")
        return True

    def attempt(self) -> bool:
        """try with handlers, an else and a finally."""
        start = dict(self.s.env)
        self.line("try:")
        ways: list[dict[str, str]] = []
        handlers = self.pick((0, 1, 1, 1, 2, 2, 3))
        final = handlers == 0 or self.chance(0.25)
        with self.block(in_try=True, locked=self.s.locked | frozenset(self.s.env)) as inner:
            failing, self.failing = self.failing, handlers > 0 or self.failing
            if self.chance(0.7):
                self.risk()
            reached = self.suite()
            self.failing = failing
        through = inner.env
        kinds = self.rng.sample(
            [
                "ValueError",
                "KeyError",
                "AppError",
                "SubError",
                "OtherError",
                "ZeroDivisionError",
                "LookupError",
                "ArithmeticError",
                "Exception",
                "(ValueError, KeyError)",
                "(SubError, OtherError)",
                "AssertionError",
                "RuntimeError",
            ],
            handlers,
        )
        for on in kinds:
            name = f"e{self.next()}" if self.chance(0.6) else None
            self.line(f"except {on}" + (f" as {name}:" if name else ":"))
            with self.block(handler=True, error=name, locked=self.s.locked | frozenset(start)) as inner:
                if self.suite(self.rng.randint(1, 2)):
                    ways.append(inner.env)
        if handlers and self.chance(0.25) and reached:
            self.line("else:")
            with self.block(env=dict(through)) as inner:
                reached = self.suite(self.rng.randint(1, 2))
                through = inner.env
        if reached:
            ways.append(through)
        if final:
            self.line("finally:")
            with self.block(in_finally=True, in_loop=False, error=None, handler=False, env=dict(start)):
                self.effect()
                if self.chance(0.4):
                    self.budget = min(self.budget, 3)
                    if not self.suite(1):
                        return False
        return self.join(ways)

    # -------------------------------------------------------------------------------------------------- the program

    def function(self, name: str, parameters: tuple[tuple[str, str], ...], kind: str | None, size: int) -> None:
        typed = self.chance(0.7) or kind is None or self.inlined
        self.inlined = False
        shown = ", ".join(f"{n}: {ANNOTATIONS[k]}" if typed else n for n, k in parameters)
        self.lines.append(f"def {name}({shown}):")
        self.s = Scope(dict(parameters), returns=kind)
        reached = True
        for _ in range(size):
            reached = self.statement()
            if not reached:
                break
        if not reached:
            self.lines.append("")
            return
        if kind is None:
            self.line(f"note('end', {self.expr('int', 0)})")
            self.line(f"return {self.result()}")
        else:
            self.line(f"return {self.expr(kind)}")
        self.lines.append("")

    def program(self) -> Program:
        for number in range(self.pick((0, 0, 1, 1, 2))):
            kinds = tuple(self.pick(("int", "int", "str", "ints", "dict")) for _ in range(self.rng.randint(1, 2)))
            kind = self.pick(("int", "int", "str", "ints"))
            name = f"helper{number}"
            self.budget = 5
            if self.chance(0.25):
                self.lines.append("@workflow")
                self.inlined = True
            self.function(name, tuple((f"arg{i}", k) for i, k in enumerate(kinds)), kind, self.rng.randint(1, 3))
            self.helpers.append((name, kinds, kind))
        chosen = [p for p in PARAMETERS if p[0] == "a" or self.chance(0.25 if p[0] in "rog" else 0.6)]
        self.lines.append("@workflow")
        self.budget = self.rng.randint(4, 22)
        self.function("program", tuple(chosen), None, self.rng.randint(2, 8))
        inputs = tuple(self.inputs(chosen) for _ in range(3))
        return Program("\n".join(self.lines) + "\n", inputs)

    def inputs(self, chosen: list[tuple[str, str]]) -> dict[str, Any]:
        r = self.rng
        made: dict[str, Callable[[], Any]] = {
            "int": lambda: r.choice((0, 1, 2, 3, 4, 5, 7, -3)),
            "str": lambda: r.choice(("", "a", "ab", "b a", "Zé", "a,b", "12")),
            "bool": lambda: r.random() < 0.5,
            "ints": lambda: [r.choice((0, 1, 2, 3, -1, 5)) for _ in range(r.choice((0, 1, 2, 3, 4)))],
            "strs": lambda: [r.choice(("a", "", "b", "ab", "é")) for _ in range(r.choice((0, 1, 2, 3)))],
            "float": lambda: r.choice((0.5, 2.0, -1.25, 0.0)),
            "opt": lambda: r.choice((None, 0, 3)),
            "rows": lambda: [[r.randrange(3) for _ in range(r.randrange(3))] for _ in range(r.randrange(3))],
            "dict": lambda: {k: r.randrange(5) for k in r.sample("abcd", r.choice((0, 1, 2, 3)))},
        }
        return {name: made[kind]() for name, kind in chosen}


def generate(seed: int) -> Program:
    """The program of a seed: always the same one."""
    return Generator(Random(seed)).program()


def load(source: str, name: str) -> Workflow[Any, Any]:
    """A program as a module would have it."""
    filename = f"<{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": name, "workflow": workflow, "math": math, "json": json}
    namespace |= {made.spec.name: made for made in STEPS}
    namespace |= {kind.__name__: kind for kind in (AppError, SubError, OtherError, Box, Point)}
    namespace |= {"LIMIT": 3, "SIZES": {"a": 2, "b": 0}, "WORDS": ("ab", ""), "TITLE": "Title", "NUMBERS": (3, 0, 1)}
    exec(compile(source, filename, "exec"), namespace)
    found: Workflow[Any, Any] = namespace["program"]
    return found


# ----------------------------------------------------------------------------------------------------- the shrinker


def _smaller(tree: ast.Module) -> Iterator[ast.Module]:
    """Programs with one thing less, the largest steps first."""
    from copy import deepcopy

    def variant(path: list[tuple[str, int | None]], change: Callable[[ast.AST], Any]) -> ast.Module | None:
        copied = deepcopy(tree)
        node: Any = copied
        for name, index in path[:-1]:
            node = getattr(node, name) if index is None else getattr(node, name)[index]
        name, index = path[-1]
        holder = getattr(node, name)
        old = holder if index is None else holder[index]
        new = change(old)
        if new is None:
            return None
        if index is None:
            setattr(node, name, new)
        elif isinstance(new, list):
            holder[index : index + 1] = new
        else:
            holder[index] = new
        return copied

    statements: list[list[tuple[str, int | None]]] = []
    expressions: list[list[tuple[str, int | None]]] = []

    def walk(node: ast.AST, path: list[tuple[str, int | None]]) -> None:
        for name, value in ast.iter_fields(node):
            if name in ("decorator_list", "args") and isinstance(node, ast.FunctionDef):
                continue
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(child, ast.AST):
                    continue
                here = [*path, (name, index)]
                if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
                    statements.append(here)
                elif isinstance(child, ast.expr) and not isinstance(getattr(child, "ctx", None), ast.Store):
                    expressions.append(here)
                walk(child, here)

    walk(tree, [])
    for path in statements:
        for suite in ("body", "orelse", "finalbody"):
            for start in (0, 1):

                def halved(node: Any, suite: str = suite, start: int = start) -> Any:
                    found = getattr(node, suite, None)
                    if not isinstance(found, list) or len(found) < 4:
                        return None
                    half = len(found) // 2
                    del found[start * half : (start + 1) * half]
                    return node

                yield from filter(None, [variant(path, halved)])
    for path in statements:
        yield from filter(None, [variant(path, lambda node: [])])
    for path in statements:
        for suite in ("body", "orelse", "finalbody"):
            yield from filter(
                None,
                [
                    variant(
                        path,
                        lambda node, suite=suite: getattr(node, suite, None)
                        if not isinstance(node, ast.FunctionDef | ast.excepthandler | ast.match_case)
                        else None,
                    )
                ],
            )
        for suite in ("orelse", "finalbody"):

            def dropped(node: Any, suite: str = suite) -> Any:
                if not getattr(node, suite, None):
                    return None
                setattr(node, suite, [])
                return node

            yield from filter(None, [variant(path, dropped)])
    for path in expressions:
        count = 0

        def part(node: Any, number: int) -> Any:
            parts = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
            return parts[number] if number < len(parts) else None

        while count < 4:
            found = variant(path, lambda node, n=count: part(node, n))
            if found is None:
                break
            yield found
            count += 1
        for value in (0, 1, "", True):

            def constant(node: Any, value: Any = value) -> Any:
                if isinstance(node, ast.Constant) and (node.value in (0, 1, "", True)):
                    return None
                return ast.Constant(value)

            yield from filter(None, [variant(path, constant)])
        for empty in (ast.List([], ast.Load()), ast.Dict([], [])):
            if True:

                def emptied(node: Any, empty: Any = empty) -> Any:
                    if isinstance(node, ast.Constant):
                        return None
                    if isinstance(node, ast.List | ast.Dict) and not ast.unparse(node).strip("[]{}"):
                        return None
                    return empty

                yield from filter(None, [variant(path, emptied)])
        for number in range(4):

            def shorter(node: Any, number: int = number) -> Any:
                for name in ("elts", "args", "values", "generators", "ifs", "keywords"):
                    items = getattr(node, name, None)
                    if items and number < len(items):
                        del items[number]
                        if name == "values" and isinstance(node, ast.Dict):
                            del node.keys[number]
                        return node
                return None

            yield from filter(None, [variant(path, shorter)])


def shrink(source: str, fails: Callable[[str], bool], limit: int = 500) -> str:
    """The smallest program found that still fails."""
    import warnings

    tries, start, progress = 0, 0, True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while progress and tries < limit:
            progress = False
            for number, smaller in enumerate(_smaller(ast.parse(source))):
                if number < start:
                    continue
                try:
                    text = ast.unparse(ast.fix_missing_locations(smaller)) + "\n"
                    compile(text, "<smaller>", "exec")
                except (SyntaxError, ValueError, AttributeError, TypeError, IndexError):
                    continue
                if _size(text) >= _size(source):
                    continue
                tries += 1
                if fails(text):
                    source, start, progress = text, number, True
                    break
                if tries >= limit:
                    break
            if not progress and start:
                start, progress = 0, True
    return source


def _size(text: str) -> int:
    return sum(1 for _ in ast.walk(ast.parse(text)))
