"""Which values share a variable, and what variables are called."""

from __future__ import annotations

from collections.abc import Mapping

from flowdeco.compiler.frames import Layout
from flowdeco.compiler.liveness import Liveness
from flowdeco.graph import (
    Attempt,
    Call,
    Child,
    Choice,
    Graph,
    Input,
    Item,
    Let,
    Loop,
    Map,
    Region,
    Result,
    Symbol,
    leaves,
    variables,
    walk,
)


def hints_of(graph: Graph) -> dict[Symbol, str]:
    """What every value is called in the Python, as far as it is."""
    hints: dict[Symbol, str] = {}
    for node in walk(graph.block):
        match node:
            case Call():
                hints[Result(node.id)] = node.target or node.step
            case Child():
                hints[Result(node.id)] = node.target or node.workflow
            case Let():
                hints[Result(node.id)] = node.target or "value"
            case Map():
                hints[Result(node.id)] = node.target or node.name
                hints[Item(node.id)] = node.item_name
            case Choice() | Loop() | Region() | Attempt():
                hints |= {Result(variable.id): variable.name or "value" for variable in variables(node)}
            case _:
                pass
    return hints | {Input(name): name for name in graph.inputs}


def targets_of(graph: Graph) -> dict[int, str]:
    """The names that the Python gave to results of nodes; not those made up."""
    return {node.id: node.target for node in walk(graph.block) if isinstance(node, Call | Child | Let | Map)}


def shared(layout: Layout, liveness: Liveness, targets: Mapping[int, str]) -> dict[int, int]:
    """By id of a value, the id of the variable of the graph whose name it goes by, where that is not its own.

    `x = f()` and then `if c: x = g(x)` is one variable, when nothing wants the old value later; so are the values that
    two loops call `i`. Only values of the same name, or without one, go together.
    """
    groups = {id: {id} for id in layout.variables}
    chief = {id: id for id in layout.variables}

    def together(first: int, second: int) -> bool:
        if first == second:
            return True
        one, other = groups[first], groups[second]
        if any(not other.isdisjoint(liveness.clashes.get(id, ())) for id in one):
            return False
        one |= other
        chief.update(dict.fromkeys(other, first))
        del groups[second]
        return True

    for variable, value in layout.flows:
        name = layout.variables[variable].name
        for leaf in leaves(value):
            if not isinstance(leaf, Result):
                continue
            source = leaf.node
            if source in layout.variables:
                if layout.variables[source].name == name:
                    together(*sorted((chief[variable], chief[source])))
            elif source in layout.made:
                target = targets.get(source, "")
                if target == name or (not target and leaf == value):
                    if source not in chief:
                        groups[source], chief[source] = {source}, source
                    together(chief[variable], chief[source])
    by_name: dict[str, list[int]] = {}
    for id, named in layout.variables.items():
        if chief[id] == id and named.name:
            kept = by_name.setdefault(named.name, [])
            if not any(together(first, id) for first in kept):
                kept.append(id)
    return {id: found for id, found in chief.items() if found != id}
