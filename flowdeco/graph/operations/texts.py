"""Methods of str.

Texts are counted by code point, as in Python. Letters are uppercased and lowercased by the Unicode tables of whoever
evaluates the expression: only letters younger than Python's own tables can differ. Methods whose names other types
have too (`replace`, `find`, `join`, …) need a receiver that is known to be a str; the others fail for what is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeGuard

from flowdeco.graph.expressions import Expression, Literal, Operation
from flowdeco.graph.operations.operands import (
    COUNT,
    certainly,
    element_type,
    elements_of,
    int_constant,
    is_constant_none,
    text_constant,
)
from flowdeco.graph.operations.rules import Resolved, Rule, Rules, form
from flowdeco.graph.types import BOOL, STR, Type, list_of

Arguments = tuple[Expression, ...]
Types = tuple[Type, ...]

FORMS = (
    "text",
    "upper",
    "lower",
    "strip.blanks",
    "strip.characters",
    "lstrip.blanks",
    "lstrip.characters",
    "rstrip.blanks",
    "rstrip.characters",
    "split",
    "split.blanks",
    "split.any",
    "split.limited",
    "rsplit.once",
    "splitlines",
    "join",
    "replace",
    "replace.limited",
    "replace.parts",
    "replace.any",
    "startswith",
    "startswith.any",
    "startswith.one_of",
    "endswith",
    "endswith.any",
    "endswith.one_of",
    "find",
    "rfind",
    "index.text",
    "rindex",
    "count.text",
    "count.text_any",
    "isspace",
    "isascii",
    "removeprefix",
    "removesuffix",
    "partition",
    "rpartition",
    "pad.left",
    "pad.right",
    "pad.center",
    "pad.middle",
    "zfill",
)

TEXTS = list_of(STR)


def _text(type: Type) -> bool:
    """Whether a method that only texts have may be written: what is not a text fails."""
    return type.sort in ("str", "any")


def _wrong(type: Type) -> tuple[type[Exception], ...]:
    return () if certainly(type, "str") else (AttributeError,)


def _total(name: str, result: Type) -> Rule:
    """A method without arguments that works for every text."""

    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        if len(arguments) != 1 or not _text(types[0]):
            return None
        return form(name, arguments, result, _wrong(types[0]))

    return rule


def _strip(side: str) -> Rule:
    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        if not _text(types[0]):
            return None
        if len(arguments) == 1 or is_constant_none(arguments[1]):
            return form(f"{side}.blanks", arguments[:1], STR, _wrong(types[0]))
        characters = text_constant(arguments[1])
        if not characters or any(ord(character) > 0xFFFF for character in characters):
            return None
        return form(f"{side}.characters", arguments, STR, _wrong(types[0]))

    return rule


def _split(arguments: Arguments, types: Types) -> Resolved | None:
    if not _text(types[0]) or len(arguments) > 3:
        return None
    wrong = _wrong(types[0])
    limit = int_constant(arguments[2]) if len(arguments) == 3 else -1
    if limit is None:
        return None
    if len(arguments) == 1 or is_constant_none(arguments[1]):
        return form("split.blanks", arguments[:1], TEXTS, wrong) if limit < 0 else None
    if not certainly(types[1], "str"):
        return None
    separator = text_constant(arguments[1])
    if separator is None:
        return form("split.any", arguments[:2], TEXTS, (ValueError, *wrong)) if limit < 0 else None
    if not separator:
        return None
    if limit < 0:
        return form("split", arguments[:2], TEXTS, wrong)
    return form("split.limited", arguments, TEXTS, wrong) if limit else None


def _rsplit(arguments: Arguments, types: Types) -> Resolved | None:
    limit = int_constant(arguments[2]) if len(arguments) == 3 else -1
    if limit is not None and limit < 0:
        plain = len(arguments) == 1 or is_constant_none(arguments[1]) or _one_way(arguments[1])
        return _split(arguments, types) if plain else None
    if limit != 1 or not _text(types[0]) or not _one_way(arguments[1]):
        return None
    return form("rsplit.once", arguments[:2], TEXTS, _wrong(types[0]))


def _one_way(expression: Expression) -> bool:
    """Whether it is a constant that finds itself at the same places from the left and from the right."""
    text = text_constant(expression)
    return text is not None and text != "" and not any(text.startswith(text[i:]) for i in range(1, len(text)))


def _splitlines(arguments: Arguments, types: Types) -> Resolved | None:
    if not _text(types[0]) or arguments[1:] not in ((), (Literal(False),)):
        return None
    return form("splitlines", arguments[:1], TEXTS, _wrong(types[0]))


def _join(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) != 2 or not certainly(types[0], "str") or not certainly(types[1], "list", "tuple"):
        return None
    items = elements_of(arguments[1], types[1])
    assert items is not None
    element = element_type(types[1])
    raises = () if element is not None and certainly(element, "str") else (TypeError,)
    return form("join", (arguments[0], items), STR, raises)


def _replace(arguments: Arguments, types: Types) -> Resolved | None:
    if len(arguments) not in (3, 4) or not all(certainly(t, "str") for t in types[:3]):
        return None
    old, new = text_constant(arguments[1]), text_constant(arguments[2])
    limit = int_constant(arguments[3]) if len(arguments) == 4 else -1
    if limit is None or old == "":
        return None
    if limit >= 0:
        return form("replace.limited", arguments, STR) if old and new is not None and "$" not in new else None
    if old is None:
        return form("replace.any", arguments[:3], STR)
    # A dollar sign in the new text means a part of the match to some evaluators.
    name = "replace" if new is not None and "$" not in new else "replace.parts"
    return form(name, arguments[:3], STR)


def _affix(name: str) -> Rule:
    """`startswith`, `endswith`."""

    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        if len(arguments) != 2 or not _text(types[0]):
            return None
        match arguments[1]:
            case Literal({"$type": "tuple", "items": [*affixes]}):
                if (
                    types[0].sort != "str"
                    or not all(isinstance(affix, str) for affix in affixes)
                    or not affixes
                ):
                    return None
                return form(f"{name}.one_of", arguments, BOOL, _wrong(types[0]))
        if not certainly(types[1], "str"):
            return None
        # `$substring` takes a number in the place of its text for a position.
        short = bool(text_constant(arguments[1])) and types[0].sort == "str"
        return form(name if short else f"{name}.any", arguments, BOOL, _wrong(types[0]))

    return rule


def _searching(
    name: str, result: Type, fits: Callable[[Expression], bool], raises: tuple[type[Exception], ...] = ()
) -> Rule:
    """A method of a known text that looks for another one, without bounds."""

    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        if len(arguments) != 2 or not all(certainly(t, "str") for t in types) or not fits(arguments[1]):
            return None
        return form(name, arguments, result, raises)

    return rule


def _anything(expression: Expression) -> bool:
    return True


_count_constant = _searching("count.text", COUNT, lambda e: bool(text_constant(e)))
_count_any = _searching("count.text_any", COUNT, _anything)


def _count(arguments: Arguments, types: Types) -> Resolved | None:
    return _count_constant(arguments, types) or _count_any(arguments, types)


def _removed(name: str) -> Rule:
    """`removeprefix`, `removesuffix`."""

    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        if len(arguments) != 2 or not _text(types[0]) or not certainly(types[1], "str"):
            return None
        return form(name, arguments, STR, _wrong(types[0]))

    return rule


def _partition(name: str, fits: Callable[[Expression], bool]) -> Rule:
    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        if len(arguments) != 2 or not certainly(types[0], "str") or not fits(arguments[1]):
            return None
        return form(name, arguments, Type("tuple", elements=(STR, STR, STR)))

    return rule


def _padding(name: str) -> Rule:
    """`ljust`, `rjust`, `center`, with a constant width."""

    def rule(arguments: Arguments, types: Types) -> Resolved | None:
        width = int_constant(arguments[1]) if len(arguments) in (2, 3) else None
        fill = text_constant(arguments[2]) if len(arguments) == 3 else " "
        if width is None or fill is None or len(fill) != 1 or not _text(types[0]):
            return None
        return padded(name, arguments[0], width, fill, _wrong(types[0]))

    return rule


def padded(
    name: str, text: Expression, width: int, fill: str, raises: tuple[type[Exception], ...] = ()
) -> Resolved:
    """A text made at least `width` long. `name`: `pad.left` puts the text left; `pad.right`; `pad.center` as
    `str.center` does it, `pad.middle` as a format specification does."""
    given = (text, Literal(max(width, 0)))
    return form(name, given if fill == " " else (*given, Literal(fill)), STR, raises)


def _zfill(arguments: Arguments, types: Types) -> Resolved | None:
    width = int_constant(arguments[1]) if len(arguments) == 2 else None
    if width is None or not _text(types[0]):
        return None
    return form("zfill", (arguments[0], Literal(max(width, 0))), STR, _wrong(types[0]))


def _texts(arguments: Arguments, types: Types) -> Resolved | None:
    """Texts after one another, as in an f-string."""
    return joined(arguments) if all(certainly(t, "str") for t in types) else None


def joined(parts: Iterable[Expression], raises: tuple[type[Exception], ...] = ()) -> Resolved:
    """Texts after one another: neighbouring constants become one, empty ones nothing, what is joined is taken apart."""
    merged: list[Expression] = []
    flat = (p for part in parts for p in (part.arguments if _is_joined(part) else (part,)))
    for part in flat:
        text = text_constant(part)
        before = text_constant(merged[-1]) if merged else None
        if text == "":
            continue
        if text is not None and before is not None:
            merged[-1] = Literal(before + text)
        else:
            merged.append(part)
    if not merged:
        return Resolved(Literal(""), STR)
    if len(merged) == 1:
        return Resolved(merged[0], STR, raises)
    return form("text", tuple(merged), STR, raises)


def _is_joined(expression: Expression) -> TypeGuard[Operation]:
    return isinstance(expression, Operation) and expression.form == "text"


def _constant(expression: Expression) -> bool:
    return bool(text_constant(expression))


RULES: Rules = {
    "text": _texts,
    "method:upper": _total("upper", STR),
    "method:lower": _total("lower", STR),
    "method:strip": _strip("strip"),
    "method:lstrip": _strip("lstrip"),
    "method:rstrip": _strip("rstrip"),
    "method:split": _split,
    "method:rsplit": _rsplit,
    "method:splitlines": _splitlines,
    "method:join": _join,
    "method:replace": _replace,
    "method:startswith": _affix("startswith"),
    "method:endswith": _affix("endswith"),
    "method:find": _searching("find", COUNT, _anything),
    "method:rfind": _searching("rfind", COUNT, _one_way),
    "method:rindex": _searching("rindex", COUNT, _one_way, (ValueError,)),
    "method:index": _searching("index.text", COUNT, _anything, (ValueError,)),
    "method:count": _count,
    "method:isspace": _total("isspace", BOOL),
    "method:isascii": _total("isascii", BOOL),
    "method:removeprefix": _removed("removeprefix"),
    "method:removesuffix": _removed("removesuffix"),
    "method:partition": _partition("partition", _constant),
    "method:rpartition": _partition("rpartition", _one_way),
    "method:ljust": _padding("pad.left"),
    "method:rjust": _padding("pad.right"),
    "method:center": _padding("pad.center"),
    "method:zfill": _zfill,
}
