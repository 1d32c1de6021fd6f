"""The statements of the functions around given lines."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from flowdeco.errors import Location


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement by its lines, of a compound one the lines of its header. `kind`: as `ast` calls it."""

    first: int
    last: int
    kind: str


@dataclass(frozen=True, slots=True)
class SourceFunction:
    """A function as it stands in its file. `first`: the line of its `def`; `lines`: from there to its end."""

    name: str
    location: Location
    first: int
    lines: tuple[str, ...]
    statements: tuple[Statement, ...]


def functions_around(places: Iterable[Location]) -> tuple[SourceFunction, ...]:
    """The functions that the places are in, each once, in the order of the places.

    Nested functions are part of the one around them; places outside of every function are left out.
    """
    found: dict[tuple[str, int], SourceFunction] = {}
    for place in places:
        for function in _functions(place.file):
            if function.location.line <= place.line < function.first + len(function.lines):
                found.setdefault((place.file, function.first), function)
                break
    return tuple(found.values())


def _functions(file: str) -> tuple[SourceFunction, ...]:
    return _parsed(file, "".join(linecache.getlines(file)))


@lru_cache(maxsize=16)
def _parsed(file: str, source: str) -> tuple[SourceFunction, ...]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # the file changed under us
        return ()
    lines = source.splitlines()
    return tuple(_function(file, lines, node) for node in _outermost(tree))


def _outermost(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and not _defines_workflows(node):
            yield node
        else:
            yield from _outermost(node)


def _defines_workflows(node: ast.FunctionDef) -> bool:
    """Whether a function is only around workflows or steps, as a test is."""
    decorators = [
        d for inner in node.body if isinstance(inner, ast.FunctionDef) for d in inner.decorator_list
    ]
    called = [d.func if isinstance(d, ast.Call) else d for d in decorators]
    names = {d.attr if isinstance(d, ast.Attribute) else getattr(d, "id", "") for d in called}
    return bool(names & {"step", "workflow"})


def _function(file: str, lines: list[str], node: ast.FunctionDef) -> SourceFunction:
    last = node.end_lineno or node.lineno
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return SourceFunction(
        node.name,
        Location(file, first, node.name),
        node.lineno,
        tuple(lines[node.lineno - 1 : last]),
        tuple(_statements(body)),
    )


def _statements(body: Iterable[ast.AST]) -> Iterator[Statement]:
    for node in body:
        inner = [
            child
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case)
        ]
        if isinstance(node, ast.match_case):
            first, last = node.pattern.lineno, node.pattern.end_lineno or node.pattern.lineno
        else:
            assert isinstance(node, ast.stmt | ast.excepthandler)
            first, last = node.lineno, node.end_lineno or node.lineno
        if inner and not isinstance(node, ast.match_case):
            starts = inner[0].pattern.lineno if isinstance(inner[0], ast.match_case) else inner[0].lineno
            last = max(first, starts - 1)
        yield Statement(first, last, type(node).__name__)
        yield from _statements(inner)
