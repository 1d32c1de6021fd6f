"""Methods of str in JSONata.

Regular expressions name their characters: what `\\s` and `$trim` take for white space is not what Python does.
"""

from __future__ import annotations

from flowdeco.compiler.operations.arguments import (
    Args,
    Spelling,
    Spellings,
    Write,
    call,
    error,
    strict,
    swallowing,
    wrapped,
)
from flowdeco.graph.expressions import Literal, Operation
from flowdeco.query import literal

_BLANKS = r"\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""White space as `str.strip()` and `str.split()` see it."""

_LINE_ENDS = r"\r\n|[\n-\r\x1c-\x1e\x85\u2028\u2029]"

_PLAIN = frozenset(" ,.:;!_#@%=&<>~'\"")


def _text(a: Args, i: int) -> str:
    """The value of an argument that is a constant text."""
    value = a.constant(i)
    assert isinstance(value, str)
    return value


def _number(a: Args, i: int) -> int:
    """The value of an argument that is a constant integer."""
    value = a.constant(i)
    assert isinstance(value, int)
    return value


def _part(a: Args, i: int, hint: str) -> str:
    """An argument that is written more than once: as it is when it is constant."""
    return a.bare(i) if isinstance(a.expression(i), Literal) else a.let(i, hint)


def _width(a: Args, i: int, source: str) -> str:
    """The length of an argument that is a text."""
    return str(len(_text(a, i))) if isinstance(a.expression(i), Literal) else f"$length({source})"


def _class(characters: str) -> str:
    """The characters as a regular expression that matches one of them."""
    inside = "".join(
        c
        if c in _PLAIN or (c.isascii() and c.isalnum())
        else f"\\x{ord(c):02x}"
        if ord(c) < 256
        else f"\\u{ord(c):04x}"
        for c in dict.fromkeys(characters)
    )
    return inside if len(characters) == 1 and characters != "." else f"[{inside}]"


def _stripping(pattern: str) -> tuple[Spelling, Spelling]:
    """The spellings that take white space away, and given characters; `pattern` holds `*` where the class is."""

    @strict()
    def blanks(a: Args) -> str:
        return f'$replace({a.bare(0)}, /{pattern.replace("*", f"[{_BLANKS}]")}/, "")'

    @strict()
    def characters(a: Args) -> str:
        return f'$replace({a.bare(0)}, /{pattern.replace("*", _class(_text(a, 1)))}/, "")'

    return blanks, characters


_STRIP, _LSTRIP, _RSTRIP = (_stripping(pattern) for pattern in ("^*+|*+$", "^*+", "*+$"))


@swallowing
def _split_blanks(a: Args) -> str:
    return f"[$match({a.bare(0)}, /[^{_BLANKS}]+/).match]"


@strict(0)
def _split_any(a: Args) -> str:
    separator = a.let(1, "separator")
    refusal = error("ValueError: empty separator")
    return f'{separator} = "" ? {refusal} : $split({a.bare(0)}, {separator})'


@swallowing
def _split_limited(a: Args) -> str:
    separator, limit = literal(a.constant(1)), _number(a, 2)
    if limit == 1:
        text = a.let(0, "text")
        parts = f"[$substringBefore({text}, {separator}), $substringAfter({text}, {separator})]"
        return f"$contains({text}, {separator}) ? {parts} : [{text}]"
    parts = a.fresh("parts")
    first = f"{parts}[[0..{limit - 1}]]"
    rest = f"$join({parts}[[{limit}..$count({parts})]], {separator})"
    whole = f"$count({parts}) > {limit} ? [{first}, {rest}] : {parts}"
    return f"({parts} := $split({a.bare(0)}, {separator}); {whole})"


@swallowing
def _rsplit_once(a: Args) -> str:
    separator, parts = literal(a.constant(1)), a.fresh("parts")
    first = f"$join({parts}[[0..$count({parts}) - 2]], {separator})"
    whole = f"$count({parts}) > 1 ? [{first}, {parts}[-1]] : {parts}"
    return f"({parts} := $split({a.bare(0)}, {separator}); {whole})"


@swallowing
def _splitlines(a: Args) -> str:
    text = a.let(0, "text")
    return f'{text} = "" ? [] : $split($replace({text}, /({_LINE_ENDS})$/, ""), /{_LINE_ENDS}/)'


@strict(1)
def _join(a: Args) -> str:
    return f"$join({a.bare(1)}, {a.bare(0)})"


@strict(0)
def _replace_parts(a: Args) -> str:
    return f"$join($split({a.bare(0)}, {a.bare(1)}), {a.bare(2)})"


@swallowing
def _replace_any(a: Args) -> str:
    """An empty text is found before every character and at the end."""
    text, old, new, i = a.let(0, "text"), a.let(1, "old"), _part(a, 2, "new"), a.fresh("i")
    each = f"$map([0..$length({text}) - 1], function({i}) {{ $substring({text}, {i}, 1) & {new} }})"
    return f'{old} = "" ? {new} & $join([{each}]) : $join($split({text}, {old}), {new})'


def _starts(text: str, prefix: str) -> str:
    return f"$substring({text}, 0, {len(prefix)}) = {literal(prefix)}"


def _ends(text: str, suffix: str) -> str:
    start = -len(suffix) if suffix else f"$length({text})"
    return f"$substring({text}, {start}) = {literal(suffix)}"


@swallowing
def _startswith(a: Args) -> str:
    return _starts(a.bare(0), _text(a, 1))


@swallowing
def _startswith_any(a: Args) -> str:
    prefix = _part(a, 1, "prefix")
    return f"$substring({a.bare(0)}, 0, {_width(a, 1, prefix)}) = {prefix}"


@swallowing
def _endswith(a: Args) -> str:
    return _ends(a.bare(0), _text(a, 1))


@swallowing
def _endswith_any(a: Args) -> str:
    text, suffix = a.let(0, "text"), _part(a, 1, "suffix")
    return f"$substring({text}, $length({text}) - {_width(a, 1, suffix)}) = {suffix}"


def _affixes(a: Args) -> list[str]:
    encoded = a.constant(1)
    assert isinstance(encoded, dict)
    return list(encoded["items"])


@swallowing
def _startswith_one_of(a: Args) -> str:
    text = a.let(0, "text")
    return " or ".join(_starts(text, affix) for affix in _affixes(a))


@swallowing
def _endswith_one_of(a: Args) -> str:
    text = a.let(0, "text")
    return " or ".join(_ends(text, affix) for affix in _affixes(a))


def _finding(otherwise: str, *, last: bool = False) -> Spelling:
    """The position of a text in another, or what to do when it is not in it."""

    def write(a: Args) -> str:
        text, part = a.let(0, "text"), _part(a, 1, "part")
        if last:
            width = len(_text(a, 1))
            place = f"$length({text}) - $length($split({text}, {part})[-1]) - {width}"
        else:
            place = f"$length($substringBefore({text}, {part}))"
        return f"$contains({text}, {part}) ? {place} : {otherwise}"

    return swallowing(write)


@swallowing
def _count(a: Args) -> str:
    return f"$count($split({a.bare(0)}, {a.bare(1)})) - 1"


@swallowing
def _count_any(a: Args) -> str:
    text, part = a.let(0, "text"), _part(a, 1, "part")
    return f'{part} = "" ? $length({text}) + 1 : $count($split({text}, {part})) - 1'


@swallowing
def _isspace(a: Args) -> str:
    return f"$contains({a.bare(0)}, /^[{_BLANKS}]+$/)"


@swallowing
def _isascii(a: Args) -> str:
    return rf"$not($contains({a.bare(0)}, /[^\x00-\x7f]/))"


@swallowing
def _removeprefix(a: Args) -> str:
    text, prefix = a.let(0, "text"), _part(a, 1, "prefix")
    width = _width(a, 1, prefix)
    return f"$substring({text}, 0, {width}) = {prefix} ? $substring({text}, {width}) : {text}"


@swallowing
def _removesuffix(a: Args) -> str:
    text, suffix = a.let(0, "text"), _part(a, 1, "suffix")
    start = f"$length({text}) - {_width(a, 1, suffix)}"
    return f"$substring({text}, {start}) = {suffix} ? $substring({text}, 0, {start}) : {text}"


def _tuple(*items: str) -> str:
    return f"{{'$type': 'tuple', 'items': [{', '.join(items)}]}}"


@swallowing
def _partition(a: Args) -> str:
    text, part = a.let(0, "text"), a.bare(1)
    found = _tuple(f"$substringBefore({text}, {part})", part, f"$substringAfter({text}, {part})")
    return f"$contains({text}, {part}) ? {found} : {_tuple(text, literal(''), literal(''))}"


@swallowing
def _rpartition(a: Args) -> str:
    part, parts = a.bare(1), a.fresh("parts")
    found = _tuple(f"$join({parts}[[0..$count({parts}) - 2]], {part})", part, f"{parts}[-1]")
    missing = _tuple(literal(""), literal(""), f"{parts}[0]")
    return f"({parts} := $split({a.bare(0)}, {part}); $count({parts}) > 1 ? {found} : {missing})"


def _fill(a: Args) -> str:
    return f", {a.bare(2)}" if len(a) == 3 else ""


@strict()
def _pad_left(a: Args) -> str:
    return f"$pad({a.bare(0)}, {_number(a, 1)}{_fill(a)})"


@strict()
def _pad_right(a: Args) -> str:
    return f"$pad({a.bare(0)}, -{_number(a, 1)}{_fill(a)})"


def _centered(round_up: bool) -> Write:
    def write(a: Args) -> str:
        text, width = a.let(0, "text"), _number(a, 1)
        rounding = "$ceil" if round_up and width % 2 else "$floor"
        half = f"{rounding}(($length({text}) + {width}) / 2)"
        return f"$pad($pad({text}, -{half}{_fill(a)}), {width}{_fill(a)})"

    return write


@swallowing
def _zfill(a: Args) -> str:
    text, width = a.let(0, "text"), _number(a, 1)
    sign = f"$substring({text}, 0, 1)"
    signed = f"{sign} & $pad($substring({text}, 1), -{max(width - 1, 0)}, '0')"
    return f"{sign} in ['+', '-'] ? {signed} : $pad({text}, -{width}, '0')"


@swallowing
def _concatenation(a: Args) -> str:
    return " & ".join(wrapped(_written(a, i), 51) for i in range(len(a)))


def _written(a: Args, i: int) -> str:
    """A part of a concatenation: `&` writes a number as `$string` does."""
    made = a.expression(i)
    if isinstance(made, Operation) and made.form == "str.count":
        return a.inside(i).bare(0)
    return a.bare(i)


SPELLINGS: Spellings = {
    "text": _concatenation,
    "upper": call("uppercase"),
    "lower": call("lowercase"),
    "strip.blanks": _STRIP[0],
    "strip.characters": _STRIP[1],
    "lstrip.blanks": _LSTRIP[0],
    "lstrip.characters": _LSTRIP[1],
    "rstrip.blanks": _RSTRIP[0],
    "rstrip.characters": _RSTRIP[1],
    "split": call("split"),
    "split.blanks": _split_blanks,
    "split.any": _split_any,
    "split.limited": _split_limited,
    "rsplit.once": _rsplit_once,
    "splitlines": _splitlines,
    "join": _join,
    "replace": call("replace"),
    "replace.limited": call("replace"),
    "replace.parts": _replace_parts,
    "replace.any": _replace_any,
    "startswith": _startswith,
    "startswith.any": _startswith_any,
    "startswith.one_of": _startswith_one_of,
    "endswith": _endswith,
    "endswith.any": _endswith_any,
    "endswith.one_of": _endswith_one_of,
    "find": _finding("-1"),
    "rfind": _finding("-1", last=True),
    "index.text": _finding(error("ValueError: substring not found")),
    "rindex": _finding(error("ValueError: substring not found"), last=True),
    "count.text": _count,
    "count.text_any": _count_any,
    "isspace": _isspace,
    "isascii": _isascii,
    "removeprefix": _removeprefix,
    "removesuffix": _removesuffix,
    "partition": _partition,
    "rpartition": _rpartition,
    "pad.left": _pad_left,
    "pad.right": _pad_right,
    "pad.center": swallowing(_centered(True)),
    "pad.middle": swallowing(_centered(False)),
    "zfill": _zfill,
}
