"""What a docstring says about parameters: Google's `Args:`, numpy's `Parameters`, Sphinx's `:param name:`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_GOOGLE_TITLES = ("Args:", "Arguments:", "Parameters:", "Params:", "Inputs:")
_SPHINX = r":param\s+(?:[^:]*\s)?\**(\w+)\s*:\s*(.*)$"
_ENTRY = r"\**(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$"
_NUMPY_ENTRY = r"(\w+(?:\s*,\s*\w+)*)\s*(?::.*)?$"


def parameter_help(docstring: str | None, names: Iterable[str]) -> dict[str, str]:
    '''The text about each of `names` that `docstring` (already dedented) has, on one line.

    >>> parameter_help("""Train.
    ...
    ... Args:
    ...     day: the day to train on,
    ...         as a date
    ...     lr (float): learning rate
    ... """, ["day", "lr", "other"])
    {'day': 'the day to train on, as a date', 'lr': 'learning rate'}
    '''
    wanted = set(names)
    if not docstring or not wanted:
        return {}
    found: dict[str, list[str]] = {}
    lines = docstring.splitlines()
    for names_of_entry, text in (*_sphinx(lines), *_google(lines), *_numpy(lines)):
        for name in names_of_entry:
            if name in wanted and name not in found:
                found[name] = text
    return {name: " ".join(text) for name, text in found.items() if text}


def _sphinx(lines: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    for number, line in enumerate(lines):
        if line.lstrip().startswith(":param") and (entry := re.match(_SPHINX, line.strip())):
            more = _deeper(lines[number + 1 :], _indent(line))
            yield [entry[1]], _words([entry[2], *more])


def _google(lines: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    for number, line in enumerate(lines):
        if line.strip() not in _GOOGLE_TITLES:
            continue
        section = _deeper(lines[number + 1 :], _indent(line))
        base = min((_indent(text) for text in section if text.strip()), default=0)
        for index, text in enumerate(section):
            entry = re.match(_ENTRY, text.strip())
            if entry and _indent(text) == base:
                yield [entry[1]], _words([entry[2], *_deeper(section[index + 1 :], base)])


def _numpy(lines: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    for number, line in enumerate(lines[:-1]):
        if line.strip() != "Parameters" or set(lines[number + 1].strip()) != {"-"}:
            continue
        base, section = _indent(line), lines[number + 2 :]
        for index, text in enumerate(section):
            following = section[index + 1 : index + 2]
            if following and following[0].strip() and set(following[0].strip()) <= {"-", "="}:
                break  # the underlined title of the next section
            entry = re.match(_NUMPY_ENTRY, text.strip())
            if entry and _indent(text) == base:
                yield re.split(r"\s*,\s*", entry[1]), _words(_deeper(section[index + 1 :], base))


def _deeper(lines: list[str], indent: int) -> list[str]:
    """The lines up to the first one that is not indented by more than `indent`."""
    for number, line in enumerate(lines):
        if line.strip() and _indent(line) <= indent:
            return lines[:number]
    return lines


def _words(lines: Iterable[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
