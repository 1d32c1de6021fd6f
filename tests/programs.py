"""Random workflow programs as Python source, a library of steps for them, and a shrinker of failing ones."""

from __future__ import annotations

import ast
import json
import linecache
import math
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
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


FAILURES: tuple[type[Exception], ...] = (
    ValueError,
    KeyError,
    AppError,
    SubError,
    OtherError,
    ZeroDivisionError,
)
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
# fmt: off
TEXTS = ("a", "b", "", "ab", ",", "é", " ", "x-", "{}")
WORDS = {
    "number": ("0", "1", "2", "3", "5", "7", "-1", "-2", "10"),
    "text": tuple(repr(text) for text in TEXTS),
    "cmp": ("<", "<=", ">", ">=", "==", "!="),
    "bits": ("&", "|", "^", "-"),
    "LIMIT": ("LIMIT", "SIZES['a']", "len(WORDS)"),
    "TITLE": ("WORDS[0]", "TITLE"),
    "NUMBERS": ("SIZES.values()", "NUMBERS"),
}
SIMPLE: dict[str, tuple[str, ...]] = {
    "int": WORDS["number"],
    "str": WORDS["text"],
    "bool": ("True", "False"),
    "ints": ("[]", "[0]", "[1, 2]", "[3, 1, 2]"),
    "strs": ("['a']", "[]", "['b', 'a']"),
    "dict": ("{}", "{'a': 1}", "{'b': 2, 'a': 0}"),
    "pair": ("(0, 'p')", "(1, '')"),
    "opt": ("None", "1"),
    "rows": ("[]", "[[]]", "[[1]]", "[[0], [2, 3]]"),
    "float": ("0.5", "1.0", "-2.25"),
    "dicts": ("[]", "[{'a': 1}]", "[{'a': 2, 'b': 0}, {'a': 0}]"),
    "pairs": ("[]", "[(1, 'z')]", "[(0, 'b'), (0, 'a')]"),
    "nested": ("{}", "{'a': []}", "{'b': [1], 'a': [2, 0]}"),
    "set": ("set()", "{1, 2}", "{0}"),
    "box": ("Box(1, 'x')", "Box(0, '', [1])"),
    "point": ("Point(0, 1)", "Point(2, 1)"),
}
"""What needs nothing. Then templates: `$int` is an expression of that kind, `$int0` a simple one, `$1` a new name,
`$[a|b]` one of two texts, `$name_int` a name, `$any_f` a step or its untyped twin; other words are methods of the generator or in WORDS."""
EXPRESSIONS: dict[str, tuple[str, ...]] = {
    "int": (
        *("($int + $int)", "($int - $int)", "($int * $int) % $[7|97|-5]", "$int0 // $[2|3|-2]", "($int % $[2|3|5])"),
        *("-$int0", "($int if $condition else $int)", "$[min|max]($int, $int)", "sum($ints)"),
        *("len($ints)", "len($strs)", "len($str)", "len($dict)", "len($rows)", "len($set)", "len($pairs)"),
        *("abs($int)", "max($ints, default=$number)", "$dict.get($key, $int)", "($int or $int)", "($int and $int)"),
        *("$str.count($text)", "sum($each)", "int($bool)", "$ints.count($int0)", "$pair[0]", "$narrowed"),
        *("$box0.size", "sum($box0.parts)", "$point0.y", "$point0[0]", "$point.x", "sum($set)", "$LIMIT", "int(str($int))"),
        *("($int if $condition else $int if $condition else $number)", "int($float)", "round($float)"),
        *("sum($1['a'] for $1 in $dicts)", "sum(($1, $1)[0] for $1 in $ints)", "sum(len($1) for $1 in $rows)"),
        *("$str.find($text)", "sum($nested.get($key, []))", "divmod($int, $[2|3|-4])[0]", "divmod($int, $[2|-4])[1]"),
        *("len(set($ints))", "len(set($str))", "($int $bits $[1|3|6])", "($int0 ** 2) % 50", "pow(2, abs($int0) % 4)"),
        *("math.gcd($int, $int)", "ord(($str or 'a')[0])", "(lambda $1: $1 + 1)($int)", "next(($1 for $1 in $ints), 1)"),
    ),
    "str": (
        *("($str + $str)[:9]", "f'{$name_int}-{$name_str}'[-8:]", "f'<{$name_int:>3}>'", "str($int)", "$str[$slice]"),
        *("$str.$[upper|lower|strip|title|capitalize]()", "($str if $condition else $str)", "','.join($strs)[:12]"),
        *("$str.replace($text, $text)[:10]", "($str or $text)", "$pair[1]", "($str0 * 2)[:10]", "repr($str)[:12]"),
        *("str($ints)[:20]", "str($dict)[:20]", "str($bool)", "str($opt)", "str($pair)[:20]", "str($strs)[:20]"),
        *("''.join(sorted($str))", "str($float)", "$box0.name", "$TITLE", "str(sorted($set))[:12]", "f'{$name_float:.1f}'"),
        *("f'{$name_str!r}'[:10]", "f'{$name_int:04d}|'", "$str.zfill(4)[:8]", "$str.center(5, '*')[:8]", "min($str, $str)"),
        *("('%s-%d' % ($str0[:4], $int0))", "'{}/{}'.format($int0, $str0)[:9]", "$str.partition($[','|'a'])[$[0|2]]"),
        *("json.dumps($ints)[:14]", "json.dumps($dict)[:14]", "json.dumps($str)[:14]", "$str[::-1]"),
        *("''.join($1 for $1 in $str if $1 != $text)", "''.join(str($1) for $1 in $ints)[:8]", "str($rows)[:24]"),
        *("$str.$[removeprefix|removesuffix|lstrip|rstrip]($['a'|'b'])", "str($pairs)[:24]", "str($nested)[:24]"),
    ),
    "bool": (
        *("($int $cmp $int)",) * 4,
        *("($str $cmp $str)", "($int $[in|not in] $ints)", "($key $[in|not in] $dict)", "($opt0 $[==|!=] None)"),
        *("($ints == $ints)", "($dict == $dict)", "($str in $strs)", "($str in $str)", "($bool == $bool)"),
        *("($bool == $int)", "($ints $cmp $ints)", "(not $condition)", "($int $cmp $int $cmp $int)"),
        *("($bool $[and|or] $bool)", "bool($int)", "bool($str)", "bool($dict)", "bool($rows)", "$[any|all]($each)"),
        *("$str.$[startswith|endswith]($text)", "isinstance($opt0, int)", "isinstance($int0, $[int|str])"),
        *("$str.$[isdigit|isalpha|isupper|isspace]()", "($float $cmp $float)", "($float $cmp $int)", "($opt $[==|!=] $int)"),
        *("($pair $[==|!=|<] $pair)", "($rows == $rows)", "($int in $set)", "($box0 == $box0)", "($set $[==|<=|!=] $set)"),
        *("($int0 in ($number, $number))", "($str0 in {'a', 'b', ''})", "$[any|all]($1 $cmp $int0 for $1 in $ints)"),
        *("($ints in $rows)", "(set($ints) $[<=|==|>] set($ints))"),
    ),
    "ints": (
        *("[$int, $int]", "[$int]", "($ints + $ints)[:6]", "$ints[$slice]", "sorted($ints$[|, reverse=True])"),
        *("list(reversed($ints))", "[$each]", "list(range($int0 % 4))", "list($dict.values())", "[len($1) for $1 in $strs]"),
        *("($ints if $condition else $ints)", "[*$ints, $int][:6]", "sorted($ints, key=lambda $1: -$1)", "sorted($set)"),
        *("sorted($ints, key=lambda $1: ($1 % 2, $1))", "sorted(set($ints))", "$box0.parts", "list($point0)"),
        *("list($NUMBERS)", "list(map(abs, $ints))", "list(filter(None, $ints))", "[$1['a'] for $1 in $dicts]"),
        *("[$1 for $1, _ in $pairs]", "$nested.get($key, [])", "($ints * 2)[:6]", "[$2 for $1 in $rows for $2 in $1][:6]"),
        *("[$1 + $2 for $1, $2 in zip($ints, $ints)]", "[$2 * $1 for $1 in $ints for $2 in range(2) if $1 > $2][:6]"),
    ),
    "strs": (
        *("[$str, $str]", "$str.split($[','|' '|'a'|'b'])", "list($dict)", "sorted($strs)", "[str($1) for $1 in $ints]"),
        *("[f'{$1}{$2}' for $1, $2 in enumerate($strs)]", "$strs[$slice]", "[$1.upper() for $1 in $strs if $1]"),
        *("list($str)[:5]", "[$1[0] for $1 in $strs if $1]", "sorted($strs, key=len)", "$str.split()"),
        *("[$1 for _, $1 in $pairs]", "[*$strs, $str][:5]", "[$1 for $1, $2 in $dict.items() if $2 > 1]"),
    ),
    "dict": (
        *("{'a': $int, 'c': $int}", "{$key: $int}", "{**$dict, $key: $int}", "{$1: $2 + 1 for $1, $2 in $dict.items()}"),
        *("{str($1): $1 for $1 in $ints}", "dict($dict)", "dict(zip($strs, $ints))", "($dict | $dict)"),
        *("dict(a=$int, b=$int)", "{$1: $2 for $1, $2 in $dict.items() if $2 $cmp $int0}", "dict(sorted($dict.items()))"),
        *("{$2: $1 for $1, $2 in enumerate($strs)}", "{$1: len($1) for $1 in $strs}", "($dict if $condition else $dict)"),
    ),
    "pair": ("($int, $str)",),
    "opt": ("$dict.get($key)", "($int if $condition else None)", "None", "$int"),
    "rows": (
        *("[$ints, $ints]", "[$ints]", "[[$1, $1 + 1] for $1 in $ints]", "$rows[$slice]"),
        "[[$2 for $2 in range($1 % 3)] for $1 in $ints]",
    ),
    "float": (
        *("$int / $[2|4|-8]", "($float + $int)", "($float * 0.5)", "($float - $float)", "float($int)", "abs($float)"),
        *("round($float, 1)", "max($float, $float)", "($float % 3)", "($float // 2)", "($float if $condition else $float)"),
    ),
    "dicts": (
        *("[{'a': $int}]", "[{'a': $1, 'b': $int0} for $1 in $ints]", "$dicts[$slice]", "[{**$1, 'c': 1} for $1 in $dicts]"),
        *("sorted($dicts, key=lambda $1: $1['a'])", "[$1 for $1 in $dicts if $1.get('b', 0) $cmp 1]"),
    ),
    "pairs": (
        *("list(zip($ints, $strs))", "list(enumerate($strs))", "[($1, $str0) for $1 in $ints]", "sorted($pairs)"),
        *("[($2, $1) for $1, $2 in $dict.items()]", "$pairs[$slice]", "[$pair]"),
    ),
    "nested": (
        *("{'a': $ints}", "{$1: [$int0] for $1 in $strs}", "{**$nested, $key: $ints}"),
        "{$1: [$2, $2 + 1] for $1, $2 in $dict.items()}",
    ),
    "set": ("set($ints)", "{$int, $int}", "($set $bits $set)", "{$1 % 3 for $1 in $ints}"),
    "box": ("Box($int, $str0)",),
    "point": ("Point($int, $int0)",),
}
FAILING: dict[str, tuple[str, ...]] = {
    "int": (
        *("$ints[$[0|1|-1]]", "$dict[$key]", "$[min|max]($ints)", "$int // $int", "$int % $int", "$ints.index($int0)"),
        *("int($str)", "$ints[$int0]", "$rows[0][0]", "$nested[$key][0]", "$dicts[0]['a']", "$str.index($text)"),
    ),
    "str": ("$strs[$[0|1|-1]]", "$str[0]"),
}
"""What may raise: used where something would catch it."""
COMPREHENSIONS = (
    *("$1 for $1 in $ints", "$1 * 2 for $1 in $ints", "-$1 for $1 in $ints", "$1 + $int0 for $1 in $ints"),
    *("($1 if $1 > 1 else 0) for $1 in $ints", "$1 for $1 in $ints if $1 $cmp $int0", "$1 for $1 in $ints if $1 % 2"),
    *("$1 for $1 in range($int0 % 4)", "$2 for $1 in $rows for $2 in $1", "$2 + len($1) for $1, $2 in $dict.items()"),
    *("$2 for $1 in $rows for $2 in $1 if $2 > $int0", "$2 for $1, $2 in $dict.items() if $2 $cmp 1"),
)
CALLS: dict[str, tuple[str, ...]] = {
    "int": (
        *("$any_add($int, $int)",) * 3,
        *("total($ints)", "$any_add($call_int, $int)", "$any_add(right=$int, left=$int)", "joined(*($int, $int))"),
        *("joined($int, $int, sep=$int, k=$int)", "joined(**{'p': $int})", "sum([add($1, 1) for $1 in $ints])"),
        *("(add($int, 1) if $condition else $int)", "($int or add($int, 2))", "max($any_add($int, 1), $int)"),
    ),
    "str": ("$any_word($int)",),
    "bool": (
        *("$any_is_odd($int)", "(is_odd($int) $[and|or] $any_is_odd($int))", "(not $any_is_odd($int))"),
        *("($int < add($int, 1) < $int)", "any([$any_is_odd($1) for $1 in $ints])"),
    ),
    "ints": (
        *("$any_numbers($int$[|, 1])", "[$any_add($1, $int) for $1 in $ints]", "$any_add.map($ints, right=$int)"),
        *("[$any_add($1, 1) for $1 in $ints if $1 $cmp $int0]", "[add($1, $2) for $1, $2 in enumerate($ints)]"),
    ),
    "strs": ("$any_words($int)", "$any_word.map($ints)", "[word($1) + $text for $1 in $ints]"),
    "dict": ("$any_table($int)", "{$1: add($2, 1) for $1, $2 in $dict.items()}", "{$1: total([1]) for $1 in $strs}"),
    "rows": (
        *("$any_rows($int)", "$any_numbers.map($ints)", "[[add($2, 1) for $2 in $1] for $1 in $rows]"),
        "[[add($2, $1) for $2 in range($1 % 3)] for $1 in $ints]",
    ),
    "pair": ("$any_both($int)",),
    "opt": ("$any_maybe($int)",),
    "float": ("$any_half($int)",),
    "dicts": ("$any_records($int)", "[{'a': add($1, 1)} for $1 in $ints]"),
    "pairs": ("$any_couples($int)", "$any_both.map($ints)", "[($1, word($1)) for $1 in $ints]"),
    "nested": ("$any_lists($int)", "{$1: numbers($2) for $1, $2 in $dict.items()}"),
    "set": ("$any_some($int)",),
    "box": ("$any_box($int)",),
    "point": ("$any_point($int)",),
}
# fmt: on
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

    # ------------------------------------------------------------------------------------------------- expressions

    def expr(self, kind: str, depth: int = 2) -> str:
        names = self.of(kind)
        if names and self.chance(0.45 if depth > 0 else 0.75):
            return self.pick(names)
        return self.made_of(kind, depth)

    def made(self, kind: str, depth: int, templates: Sequence[str]) -> str:
        """An expression after one of the templates."""
        fresh: dict[str, str] = {}

        def part(found: re.Match[str]) -> str:
            word, choice = found[1], found[2]
            if choice is not None:
                return str(self.pick(choice.split("|")))
            if word.isdigit():
                return fresh.setdefault(word, f"i{self.next()}")
            if word in WORDS:
                return str(self.pick(WORDS[word]))
            if word in ("key", "slice", "condition", "each", "narrowed", "source"):
                return str(getattr(self, word)(depth - 1))
            if word.startswith("any_"):
                return word[4:] + ("_any" if self.chance(0.4) else "")
            if word.startswith("call_"):
                return self.call(word[5:])
            if word.startswith("name_"):
                return str(self.pick(self.of(word[5:]) or ["1"]))
            if word.endswith("0"):
                return self.expr(word[:-1], 0)
            return self.expr(word, depth - 1)

        return re.sub(r"\$(?:(\w+)|\[([^]]*)\])", part, self.pick(templates))

    def made_of(self, kind: str, depth: int) -> str:
        """An expression that is not just a name, if depth allows."""
        if depth <= 0:
            names = self.of(kind)
            return str(self.pick(names if names and self.chance(0.6) else SIMPLE[kind]))
        failing = FAILING.get(kind, ()) if self.failing else ()
        return self.made(kind, depth, (*EXPRESSIONS[kind], *failing))

    def key(self, depth: int) -> str:
        names = self.of("str")
        return str(self.pick(names) if names and self.chance(0.25) else repr(self.pick("abcd")))

    def slice(self, depth: int) -> str:
        parts = [self.pick(("", "", "0", "1", "2", "-1", "-2")) for _ in range(2)]
        if self.chance(0.15):
            parts.append(self.pick(("-1", "2", "1")))
        return ":".join(parts)

    def condition(self, depth: int) -> str:
        """Anything whose truth is asked."""
        kinds = ("int", "str", "ints", "dict", "opt", "strs", "rows", "set")
        return self.expr("bool" if self.chance(0.65) else self.pick(kinds), max(depth, 1))

    def narrowed(self, depth: int) -> str:
        """A number made of what may be None."""
        names = self.of("opt")
        name = self.pick(names) if names else self.pick(("None", "LIMIT"))
        return (
            f"({name} or {self.pick(WORDS['number'])})"
            if self.chance(0.5) or not names
            else (f"({name} if {name} is not None else {self.pick(WORDS['number'])})")
        )

    def each(self, depth: int) -> str:
        """The inside of a comprehension of ints: no brackets."""
        return self.made("int", depth, COMPREHENSIONS)

    def call(self, kind: str, depth: int = 3) -> str:
        """A step that makes a value of a kind, or a helper."""
        helpers = [h for h in self.helpers if h[2] == kind]
        if helpers and self.chance(0.5):
            return self.helper_call(self.pick(helpers))
        return self.made(kind, depth, CALLS[kind])

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
        free += [
            n for n in self.s.env if n not in self.s.locked and n not in self.s.fixed and self.chance(0.2)
        ]
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
        size = size if size is not None else self.rng.randint(1, 3)
        return all(self.statement() for _ in range(size))

    def statement(self) -> bool:
        self.budget -= 1
        deep = self.s.depth >= 4 or self.budget <= 0
        options: list[tuple[float, Callable[[], bool]]] = [
            (4, self.assign),
            (4, self.assign_call),
            (4, self.effect),
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
        text = self.made_of(kind, 2) if kind in CONTAINERS else self.expr(kind, 3)
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
                        lambda: f"{name}[{self.key(0)}] = {e('int', 1)}",
                        lambda: f"{name}[{self.key(0)}] = {e('int', 1)}",
                        lambda: f"{name}.update({{{self.key(0)}: {e('int', 1)}}})",
                        lambda: f"{name}.pop({self.key(0)}, None)",
                        lambda: f"{name}.setdefault({self.key(0)}, {e('int', 1)})",
                        lambda: f"{name}[{self.key(0)}] = {name}.get({self.key(0)}, 0) + 1",
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
        name, key = self.pick(names), self.key(0)
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
            self.line(f"if ({first} := {e('int')}) {self.pick(WORDS['cmp'])} {e('int', 1)}:")
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
        key = self.key(0)
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
        message = self.pick(
            ("", f", {self.pick(TEXTS)!r}", f", f'{{{self.pick(self.of('int') or ['0'])}}}!'")
        )
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

    def pattern(self, kind: str, name: str) -> str:
        """What a case may look like; `name` may get a number, or a list of them."""
        patterns = {
            "int": ("0", "1", "2 | 3", "-1", f"(1 | 5) as {name}", f"{name} if {name} > 3"),
            "str": ("''", "'a'", "'a' | 'b'"),
            "opt": ("None", "1", "int()", f"int() as {name}"),
            "ints": (
                "[]",
                f"[{name}]",
                f"[0, {name}]",
                f"[{name}, *_]",
                "[_, _]",
                f"[_, *{name}]",
                f"[*{name}, 1]",
            ),
            "dict": (f"{{'a': {name}}}", "{'b': 1}", f"{{'a': 1, 'b': {name}}}", "{}"),
            "pair": ("(0, _)", f"({name}, 'p')", "(1 | 2, 'q')"),
            "box": (f"Box(size={name})", "Box(name='x')", f"Box({name}, 'y')"),
            "point": ("Point(0, 0)", f"Point(x={name}, y=1)", f"({name}, 1)"),
            "rows": ("[]", f"[[{name}, *_], *_]", "[[], *_]", f"[[{name}]]"),
        }
        return str(self.pick(patterns[kind]))

    def match(self) -> bool:
        kind = self.pick(("int", "str", "opt", "ints", "dict", "pair", "box", "point", "rows"))
        self.line(f"match {self.expr(kind)}:")
        ways: list[dict[str, str]] = []
        open_end = True
        self.indent += 1
        for _ in range(self.rng.randint(1, 3)):
            name = f"c{self.next()}"
            pattern = self.pattern(kind, name)
            bound = {name: "ints" if f"*{name}" in pattern else "int"} if name in pattern else {}
            guard = f" if {self.condition(1)}" if self.chance(0.2) and " if " not in pattern else ""
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
            (
                0.5,
                lambda: (f"for {first} in range({e('int', 0)} % 3, 8, {self.pick((2, 3))})", {first: "int"}),
            ),
            (
                1,
                lambda: (
                    f"for {first}, {second} in enumerate({over('ints')})",
                    {first: "int", second: "int"},
                ),
            ),
            (
                1,
                lambda: (
                    f"for {first}, {other} in zip({over('ints')}, {over('strs')})",
                    {first: "int", other: "str"},
                ),
            ),
            (
                1,
                lambda: (f"for {other}, {first} in {over('dict')}.items()", {first: "int", other: "str"}),
            ),
            (0.5, lambda: (f"for {other} in {over('dict')}", {other: "str"})),
            (0.5, lambda: (f"for {first} in {over('dict')}.values()", {first: "int"})),
            (
                1,
                lambda: (
                    f"for {first} in {self.pick(('(1, 2)', '[0, 5, 1]', 'range(3)', '[]'))}",
                    {first: "int"},
                ),
            ),
            (0.5, lambda: (f"for {other} in {over('str')}", {other: "str"})),
            (0.5, lambda: (f"for {first} in [{self.each(1)}]", {first: "int"})),
            (0.6, lambda: (f"for {first} in numbers({e('int', 1)})", {first: "int"})),
            (0.5, lambda: (f"for {first} in {over('rows')}", {first: "ints"})),
            (0.4, lambda: (f"for {first} in sorted({over('ints')})", {first: "int"})),
            (0.7, lambda: (f"for {first}, {other} in {over('pairs')}", {first: "int", other: "str"})),
            (0.5, lambda: (f"for {first} in {over('dicts')}", {first: "dict"})),
            (
                0.5,
                lambda: (f"for {other}, {first} in {over('nested')}.items()", {first: "ints", other: "str"}),
            ),
            (
                0.5,
                lambda: (
                    f"for {first}, {other} in enumerate({over('strs')}, 1)",
                    {first: "int", other: "str"},
                ),
            ),
            (
                0.4,
                lambda: (
                    f"for {first}, ({second}, {other}) in enumerate({over('pairs')})",
                    {first: "int", second: "int", other: "str"},
                ),
            ),
            (0.4, lambda: (f"for {first} in {over('ints')}[{self.slice(0)}]", {first: "int"})),
            (0.4, lambda: (f"for {first} in add.map({over('ints')}, right=1)", {first: "int"})),
            (0.3, lambda: (f"for {first} in sorted({over('set')})", {first: "int"})),
            (0.3, lambda: (f"for {first} in {e('box', 0)}.parts", {first: "int"})),
            (0.3, lambda: (f"for {first} in {self.pick(WORDS['NUMBERS'])}", {first: "int"})),
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
        head = (
            "while True:"
            if endless
            else f"while {name} < {limit}{self.pick(('', f' and {self.condition(1)}'))}:"
        )
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
                self.line(f"    {name} = {self.pick(WORDS['number'])}")
            else:
                self.line(f"    raise AppError('gave up {name}')")
        if not known:
            self.s.env.pop(name, None)
        return True

    def inner_function(self) -> bool:
        """A function or lambda of the body's own, called right away."""
        name = f"f{self.next()}"
        if self.chance(0.5):
            self.line(
                f"{name} = lambda v: {self.pick(('v + 1', 'add(v, 2)', 'v * 2 - 3', '(v if v > 1 else -v)'))}"
            )
        else:
            self.line(f"def {name}(v, w=2):")
            self.line(f"    if v {self.pick(WORDS['cmp'])} {self.expr('int', 0)}:")
            self.line(f"        return {self.pick(('v', 'w', 'add(v, w)', self.pick(WORDS['number'])))}")
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
        kind = self.pick(
            ("ValueError", "KeyError", "AppError", "SubError", "OtherError", "RuntimeError", "LookupError")
        )
        message = self.pick(
            (
                lambda: "",
                lambda: repr("no " + self.pick("abc")),
                lambda: f"f'bad {{{self.pick(self.of('int') or ['0'])}}}'",
                lambda: self.expr("str", 1),
                lambda: f"'two', {self.pick(WORDS['number'])}",
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

    def function(
        self, name: str, parameters: tuple[tuple[str, str], ...], kind: str | None, size: int
    ) -> None:
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

    def program(self, largest: int) -> Program:
        for number in range(self.pick((0, 0, 1, 1, 2))):
            kinds = tuple(
                self.pick(("int", "int", "str", "ints", "dict")) for _ in range(self.rng.randint(1, 2))
            )
            kind = self.pick(("int", "int", "str", "ints"))
            name = f"helper{number}"
            self.budget = 5
            if self.chance(0.25):
                self.lines.append("@workflow")
                self.inlined = True
            self.function(
                name, tuple((f"arg{i}", k) for i, k in enumerate(kinds)), kind, self.rng.randint(1, 3)
            )
            self.helpers.append((name, kinds, kind))
        chosen = [p for p in PARAMETERS if p[0] == "a" or self.chance(0.25 if p[0] in "rog" else 0.6)]
        self.lines.append("@workflow")
        self.budget = self.rng.randint(4, largest)
        self.function("program", tuple(chosen), None, self.rng.randint(2, 2 + largest // 4))
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


def generate(seed: int, largest: int = 22) -> Program:
    """The program of a seed: always the same one. `largest`: about how many statements at most."""
    return Generator(Random(seed)).program(largest)


def load(source: str, name: str) -> Workflow[Any, Any]:
    """A program as a module would have it."""
    filename = f"<{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": name, "workflow": workflow, "math": math, "json": json}
    namespace |= {made.spec.name: made for made in STEPS}
    namespace |= {kind.__name__: kind for kind in (AppError, SubError, OtherError, Box, Point)}
    namespace |= {
        "LIMIT": 3,
        "SIZES": {"a": 2, "b": 0},
        "WORDS": ("ab", ""),
        "TITLE": "Title",
        "NUMBERS": (3, 0, 1),
    }
    exec(compile(source, filename, "exec"), namespace)
    found: Workflow[Any, Any] = namespace["program"]
    return found


# ----------------------------------------------------------------------------------------------------- the shrinker


Place = tuple[tuple[str, int | None], ...]
"""The way from the module to a node: fields, and positions in those that are lists."""


def _places(node: ast.AST, so_far: Place = ()) -> Iterator[tuple[Place, ast.AST]]:
    """Every node that may be changed, the outer ones first."""
    for name, value in ast.iter_fields(node):
        if name in ("decorator_list", "args") and isinstance(node, ast.FunctionDef):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                place = (*so_far, (name, index))
                yield place, child
                yield from _places(child, place)


def _replaced(tree: ast.Module, place: Place, change: Callable[[Any], Any]) -> ast.Module | None:
    """A copy with another node, or several, in a place. None where the change has nothing to do."""
    copied = deepcopy(tree)
    holder: Any = copied
    for name, index in place[:-1]:
        holder = getattr(holder, name) if index is None else getattr(holder, name)[index]
    name, index = place[-1]
    found = getattr(holder, name)
    new = change(found if index is None else found[index])
    if new is None:
        return None
    if index is None:
        setattr(holder, name, new)
    else:
        found[index : index + 1] = new if isinstance(new, list) else [new]
    return copied


def _without_half(suite: str, second: bool) -> Callable[[Any], Any]:
    def change(node: Any) -> Any:
        found = getattr(node, suite, None)
        if not isinstance(found, list) or len(found) < 4:
            return None
        half = len(found) // 2
        setattr(node, suite, found[:half] if second else found[half:])
        return node

    return change


def _only(suite: str) -> Callable[[Any], Any]:
    def change(node: Any) -> Any:
        if isinstance(node, ast.FunctionDef | ast.excepthandler | ast.match_case):
            return None
        return getattr(node, suite, None) or None

    return change


def _without(suite: str) -> Callable[[Any], Any]:
    def change(node: Any) -> Any:
        if not getattr(node, suite, None):
            return None
        setattr(node, suite, [])
        return node

    return change


def _part(number: int) -> Callable[[Any], Any]:
    def change(node: Any) -> Any:
        parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return parts[number] if number < len(parts) else None

    return change


def _simple(value: Any) -> Callable[[Any], Any]:
    def change(node: Any) -> Any:
        return None if isinstance(node, ast.Constant) and node.value in (0, 1, "") else ast.Constant(value)

    return change


def _empty(kind: type[ast.List] | type[ast.Dict]) -> Callable[[Any], Any]:
    def change(node: Any) -> Any:
        if isinstance(node, ast.Constant | ast.Name):
            return None
        return ast.List([], ast.Load()) if kind is ast.List else ast.Dict([], [])

    return change


def _without_item(number: int) -> Callable[[Any], Any]:
    def change(node: Any) -> Any:
        for name in ("elts", "args", "values", "generators", "ifs", "keywords"):
            items = getattr(node, name, None)
            if isinstance(items, list) and number < len(items):
                del items[number]
                if isinstance(node, ast.Dict):
                    del node.keys[number]
                return node
        return None

    return change


OF_STATEMENTS = (
    *(_without_half(suite, second) for suite in ("body", "orelse") for second in (False, True)),
    lambda node: [],
    *(_only(suite) for suite in ("body", "orelse", "finalbody")),
    *(_without(suite) for suite in ("orelse", "finalbody")),
)
OF_EXPRESSIONS = (
    *(_part(number) for number in range(4)),
    *(_simple(value) for value in (0, 1, "")),
    _empty(ast.List),
    _empty(ast.Dict),
    *(_without_item(number) for number in range(4)),
)


def _smaller(tree: ast.Module) -> Iterator[ast.Module]:
    """Programs with one thing less, the largest steps first."""
    places = list(_places(tree))
    statements = [p for p, node in places if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case)]
    expressions = [
        place
        for place, node in places
        if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), ast.Store)
    ]
    for change in OF_STATEMENTS:
        for place in statements:
            yield from filter(None, [_replaced(tree, place, change)])
    for place in expressions:
        for change in OF_EXPRESSIONS:
            yield from filter(None, [_replaced(tree, place, change)])


def shrink(source: str, fails: Callable[[str], bool], limit: int = 500) -> str:
    """The smallest program found that still fails."""
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
