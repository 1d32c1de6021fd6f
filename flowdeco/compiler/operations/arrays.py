"""Arrays in JSONata that stay the lists they are in Python.

JSONata takes an array that stands in another apart, unless it is written in brackets of its own, and unwraps an array of
one element that a function made. So what is done with the elements of a list depends on whether they are arrays: `flat`
(none is), `lists` (all are), `any`.
"""

from __future__ import annotations

import re

from flowdeco.compiler.operations.arguments import ATOM, binding, closes_at_end

_ONE = re.compile(r"-?[\d.]+(e[-+]?\d+)?|true|false|null")
_PATH = re.compile(r"\$\w+(\.(\w+|`[^`]*`))*")
_NAMES = ("$v", *(f"$v{i}" for i in range(2, 100)))
_SCALAR_FUNCTIONS = re.compile(
    r"\$(abs|average|boolean|ceil|contains|count|exists|floor|formatNumber|join|length|lowercase|max|merge|min|not|number"
    r"|power|round|sqrt|string|substring|sum|trim|type|uppercase)\("
)


def boxed(source: str, kind: str = "any") -> str:
    """A list of this one element; a variable holds it when it is more than a path."""
    if kind == "flat" or is_one_item(source):
        return f"[{source}]"
    if not _PATH.fullmatch(source):
        # Not every engine takes what stands in brackets apart when it is made there.
        name = next(name for name in _NAMES if name not in source)
        return f"({name} := {source}; {boxed(name, kind)})"
    if kind == "lists":
        return f"[[{source}]]"
    return f'($type({source}) = "array" ? [[{source}]] : [{source}])'


def is_flat(source: str) -> bool:
    """Whether its value surely is no array."""
    return is_one_item(source) and not source.startswith("[")


def is_one_item(source: str) -> bool:
    """Whether it surely stands as one item between brackets: a constant, what an operator made, or brackets itself."""
    level = binding(source)
    if level < ATOM:
        return level > 20 and "~>" not in source
    if _ONE.fullmatch(source) or source[0] in "\"'":
        return True
    if source.startswith("[") and ".." in source:
        # Not every engine takes a range in brackets for a list in brackets.
        return False
    return closes_at_end(source) and (source[0] in "[{" or bool(_SCALAR_FUNCTIONS.match(source)))


def filtered(xs: str, kind: str, condition: str, box: str, v: str, i: str = "") -> str:
    """The elements that satisfy a condition on `v` (and its position `i`).

    Elements that may be lists go through it in objects of their own, each in the variable `box`.
    """
    position = f", {i}" if i else ""
    if kind == "flat":
        return f"[$filter({xs}, function({v}{position}){{ {condition} }})]"
    test = f"({v} := {box}.v; {condition})" if re.search(rf"{re.escape(v)}\b", condition) else condition
    made = f"$filter($map({xs}, function({v}){{ {{'v': {v}}} }}), function({box}{position}){{ {test} }})"
    return unboxed(f"[{made}]", kind, box)


def unboxed(boxes: str, kind: str, box: str) -> str:
    """What is in a list of objects, under `v`: only a single one may be taken apart by JSONata."""
    all_boxes = f"{box}es"
    each = f"[$map({all_boxes}, function({box}){{ {box}.v }})]"
    single = boxed(f"{box}.v", kind)
    return f"({all_boxes} := {boxes}; $count({all_boxes}) = 1 ? ({box} := {all_boxes}[0]; {single}) : {each})"


def mapped(xs: str, kind: str, result: str, names: tuple[str, str, str], i: str = "") -> str:
    """What becomes of each element; `kind` is that of the results. `names`: of the list, an element, a result."""
    every, v, made = names
    position = f", {i}" if i else ""
    if kind == "flat" or is_flat(result):
        return f"[$map({xs}, function({v}{position}){{ {result} }})]"
    first = f"{i} := 0; " if i else ""
    single = f"({v} := {every}[0]; {first}{made} := {result}; {boxed(made, kind)})"
    each = f"[$map({every}, function({v}{position}){{ {result} }})]"
    return f"({every} := {xs}; $count({every}) = 1 ? {single} : {each})"
