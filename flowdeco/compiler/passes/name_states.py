"""Every node gets the name its state will have: from the Python, unique, the same in every process."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import assert_never

from flowdeco.graph import Block, Call, Fork, Graph, Map, Node, walk

_LONGEST = 80
_UNNAMED = "item"
"""What the item of `f.map(xs)` is called: nobody named it."""


def name_states(graph: Graph) -> Graph:
    """`model = train(df)` is the state `train`; where a step is called several times, `train model`, else `train 2`.

    A map is named after the variable of its results, a fork after what it runs. Names given with `.options(name=...)`
    are kept.
    """
    nodes = list(walk(graph.block))
    names = {node.id: node.name for node in nodes if node.name}
    taken = set(names.values())
    numbers: dict[str, int] = {}
    bases = {node.id: _base(node) for node in nodes if node.id not in names}
    often = Counter(bases.values())
    targets = Counter((bases[n.id], n.target) for n in nodes if n.id in bases and not isinstance(n, Fork))
    for node in nodes:
        if node.id not in bases:
            continue
        base = bases[node.id]
        wanted = base
        target = "" if isinstance(node, Fork) else node.target
        if often[base] > 1 and target and target != base and targets[base, target] == 1:
            wanted = f"{base} {target}"
        names[node.id] = _free(wanted, taken, numbers)
        taken.add(names[node.id])
    return replace(graph, block=_named(graph.block, names))


def _base(node: Node) -> str:
    match node:
        case Call():
            return node.name or node.step
        case Map():
            return (
                node.target or f"each {node.item_name if node.item_name != _UNNAMED else _first(node.block)}"
            )
        case Fork():
            firsts = [_first(branch) for branch in node.branches]
            different = list(dict.fromkeys(firsts))
            if len(different) > 3:
                return f"{different[0]} and {len(firsts) - 1} more"
            return " and ".join(different) if len(different) > 1 else f"{different[0]} in parallel"
        case never:
            assert_never(never)


def _first(branch: Block) -> str:
    """What a branch starts with, forks left out."""
    node = branch.nodes[0]
    return _first(node.branches[0]) if isinstance(node, Fork) else _base(node)


def _free(name: str, taken: set[str], numbers: dict[str, int]) -> str:
    """The name, or the name with the lowest number that is not taken. `numbers`: where to go on counting."""
    name = name[:_LONGEST]
    if name not in taken:
        return name
    number = numbers.get(name, 2)
    while (candidate := f"{name[: _LONGEST - len(str(number)) - 1]} {number}") in taken:
        number += 1
    numbers[name] = number + 1
    return candidate


def _named(block: Block, names: dict[int, str]) -> Block:
    return replace(block, nodes=tuple(_with_name(node, names) for node in block.nodes))


def _with_name(node: Node, names: dict[int, str]) -> Node:
    match node:
        case Call():
            return replace(node, name=names[node.id])
        case Map():
            return replace(node, name=names[node.id], block=_named(node.block, names))
        case Fork():
            branches = tuple(_named(branch, names) for branch in node.branches)
            return replace(node, name=names[node.id], branches=branches)
        case never:
            assert_never(never)
