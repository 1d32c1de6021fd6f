"""What a state reads: its expressions and paths, each with its place.

JSONata expressions stand between `{%` and `%}` in any string; JSONPath stands in certain fields, and behind keys that end
with `.$`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from flowdeco.asl.fields import COMBINATIONS
from flowdeco.asl.model import JSON
from flowdeco.asl.scopes import Site
from flowdeco.asl.texts import texts_in
from flowdeco.query import inner, is_expression

Kind: TypeAlias = Literal["jsonata", "path", "source", "reference"]
"""An expression; a JSONPath; a JSONPath or a call of an intrinsic function; where a result goes."""

_NOT_READ: Final = frozenset(
    (
        *("Type", "Comment", "QueryLanguage", "Next", "Default", "Resource", "Label", "Retry", "Branches"),
        *("ItemProcessor", "Iterator", "Catch", "Choices"),
    )
)
_TEMPLATES: Final = ("Parameters", "ResultSelector", "ItemSelector", "Assign", "Credentials", "BatchInput")


@dataclass(frozen=True, slots=True)
class Read:
    """One expression or path. `field`: the field of the state, catcher or rule that it is in. `caught`: in a catcher."""

    kind: Kind
    text: str
    where: str
    field: str
    caught: bool = False


def reads(site: Site) -> Iterator[Read]:
    """All of a state, in order of writing; not of the states inside it."""
    part_reads = _of_jsonata if site.language == "JSONata" else _of_jsonpath
    for field, value in site.body.items():
        if field in ("Catch", "Choices"):
            for where, entry in site.entries(field):
                for name, part in entry.items():
                    yield from _in_entry(part_reads, name, part, f"{where}.{name}", caught=field == "Catch")
        elif field not in _NOT_READ:
            yield from part_reads(field, value, f"{site.where}.{field}")


def _in_entry(
    part_reads: Callable[..., Iterator[Read]], name: str, part: JSON, where: str, *, caught: bool
) -> Iterator[Read]:
    if name in COMBINATIONS:
        parts = part if isinstance(part, list) else [part]
        for i, rule in enumerate(parts):
            place = f"{where}[{i}]" if isinstance(part, list) else where
            for inner_name, value in rule.items() if isinstance(rule, dict) else ():
                yield from _in_entry(part_reads, inner_name, value, f"{place}.{inner_name}", caught=caught)
    elif name not in ("Next", "Comment", "ErrorEquals"):
        yield from part_reads(name, part, where, caught)


def _of_jsonata(field: str, value: JSON, where: str, caught: bool = False) -> Iterator[Read]:
    for place, text in texts_in(value, where):
        if is_expression(text):
            yield Read("jsonata", inner(text), place, field, caught)


def _of_jsonpath(field: str, value: JSON, where: str, caught: bool = False) -> Iterator[Read]:
    if field in _TEMPLATES:
        yield from _payload(field, value, where, caught)
    elif field in ("ItemReader", "ResultWriter", "ItemBatcher", "ReaderConfig", "WriterConfig"):
        for name, part in value.items() if isinstance(value, dict) else ():
            yield from _of_jsonpath(name, part, f"{where}.{name}", caught)
    elif isinstance(value, str):
        kind = _kind(field)
        if kind is not None:
            yield Read(kind, value, where, field, caught)


def _kind(field: str) -> Kind | None:
    if field == "ResultPath":
        return "reference"
    if field in ("ErrorPath", "CausePath"):
        return "source"
    return "path" if field.endswith("Path") or field == "Variable" else None


def _payload(field: str, value: JSON, where: str, caught: bool) -> Iterator[Read]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name.endswith(".$"):
                text = part if isinstance(part, str) else ""
                yield Read("source", text, f"{where}.{name}", field, caught)
            else:
                yield from _payload(field, part, f"{where}.{name}", caught)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from _payload(field, part, f"{where}[{i}]", caught)


_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_VARIABLE: Final = re.compile(r"(?<![\w.$\]])\$([^\W\d]\w*)")


def path_variables(text: str) -> frozenset[str]:
    """The variables that a JSONPath or a call of an intrinsic function reads.

    >>> sorted(path_variables("States.Format('$no {}', $title, $rows[?(@.n > $least)])"))
    ['least', 'rows', 'title']
    """
    return frozenset(_VARIABLE.findall(_QUOTED.sub("''", text)))
