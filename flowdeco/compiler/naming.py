"""Names in the machine: of states, of variables, of parts of an object. From the Python, and unique."""

from __future__ import annotations

from collections.abc import Iterable

from flowdeco.compiler.variables import hints_of
from flowdeco.graph import Graph, Raise, Symbol, blocks, walk
from flowdeco.query import FUNCTIONS

LONGEST = 80
"""Characters in the name of a state, as Step Functions has it."""

_LONGEST_VARIABLE = 76


class Naming:
    """Names that are given while the machine is made. Those of nodes are there before."""

    def __init__(self, graph: Graph) -> None:
        self.hints = hints_of(graph)
        self._variables = {"states"}
        self._variable_numbers: dict[str, int] = {}
        self._states = {name for name in names_in(graph) if name}
        self._state_numbers: dict[str, int] = {}

    def variable(self, hint: str) -> str:
        """A variable of its own for what is called so."""
        base = identifier(hint)
        if base in FUNCTIONS:
            base = f"{base}_value"  # a variable would hide the function of that name
        name, number = base, self._variable_numbers.get(base, 2)
        while name in self._variables:
            name, number = f"{base[:70]}_{number}", number + 1
        self._variable_numbers[base] = number
        self._variables.add(name)
        return name

    def state(self, wanted: str) -> str:
        """A name for a state that no node has."""
        name = free(wanted, self._states, self._state_numbers)
        self._states.add(name)
        return name

    def keys(self, symbols: Iterable[Symbol]) -> list[str]:
        """Names for parts of an object, unique within it."""
        keys: list[str] = []
        for symbol in symbols:
            base = identifier(self.hints[symbol])
            key, number = base, 2
            while key in keys:
                key, number = f"{base}_{number}", number + 1
            keys.append(key)
        return keys


def names_in(graph: Graph) -> Iterable[str]:
    """The names of all nodes and of all blocks that end in a state of their own."""
    if isinstance(graph.block.end, Raise):
        yield graph.block.end.name
    for node in walk(graph.block):
        yield node.name
        for inner in blocks(node):
            if isinstance(inner.end, Raise):
                yield inner.end.name


def free(name: str, taken: set[str], numbers: dict[str, int]) -> str:
    """The name, or the name with the lowest number that is not taken. `numbers`: where to go on counting."""
    name = name[:LONGEST]
    if name not in taken:
        return name
    number = numbers.get(name, 2)
    while (candidate := f"{name[: LONGEST - len(str(number)) - 1]} {number}") in taken:
        number += 1
    numbers[name] = number + 1
    return candidate


def identifier(text: str) -> str:
    """What a variable called so is called in JSONata."""
    text = text.strip("_") or text
    if text.isidentifier() and len(text) <= _LONGEST_VARIABLE:
        return text
    words = "".join(c if c.isidentifier() or c.isdigit() else " " for c in text).split()
    name = "_".join(words)[:_LONGEST_VARIABLE]
    return name if name and name.isidentifier() else f"v_{name}"
