"""Every node gets the name its state will have: from the Python, unique, the same in every process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias, assert_never

from flowdeco.compiler.naming import free
from flowdeco.compiler.rebuild import with_blocks
from flowdeco.graph import (
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    Expression,
    Field,
    Fork,
    Graph,
    Let,
    Literal,
    Loop,
    Map,
    Node,
    Raise,
    Region,
    Wait,
    blocks,
    walk,
)

_UNNAMED = "item"
"""What the item of `f.map(xs)` is called: nobody named it."""

_LONGEST_TEST = 60

_Named: TypeAlias = Call | Child | Wait | Map | Choice | Fork | Block
"""What has a state of its own. A block: one that ends with `raise`."""


def name_states(graph: Graph) -> Graph:
    """`model = train(df)` is the state `train`; where a step is called several times, `train model`, else `train 2`.

    A map and a glue call are named after the variable of their results, a fork after what it runs, a choice after its
    condition. Names given with `.options(name=...)` are kept.
    """
    heads: dict[int, str] = {}
    found = list(_named(graph.block, heads))
    names = [_name(it) for it in found]
    taken = {name for name in names if name}
    numbers: dict[str, int] = {}
    bases = ["" if name else _base(it, heads) for it, name in zip(found, names)]
    often = Counter(bases)
    targets = Counter((base, _target(it)) for it, base in zip(found, bases) if base)
    handling = {
        id(it)
        for node in walk(graph.block)
        if isinstance(node, Attempt)
        for handler in node.handlers
        for it in _named(handler.block, {})
    }
    # The plain name belongs to what runs when nothing goes wrong.
    for i in sorted(range(len(found)), key=lambda i: id(found[i]) in handling):
        it, base = found[i], bases[i]
        if names[i]:
            continue
        wanted = base
        target = _target(it)
        if often[base] > 1 and target and target != base and targets[base, target] == 1:
            wanted = f"{base} {target}"
        names[i] = free(wanted, taken, numbers)
        taken.add(names[i])
    return replace(graph, block=_block(graph.block, iter(names)))


def _name(it: _Named) -> str:
    if isinstance(it, Block):
        assert isinstance(it.end, Raise)
        return it.end.name
    return it.name


def _target(it: _Named) -> str:
    return it.target if isinstance(it, Call | Child | Map) else ""


def _named(block: Block, heads: dict[int, str]) -> Iterator[_Named]:
    """All that gets a name, in program order. `heads`: what choices are called that a loop begins with."""
    for node in block.nodes:
        if isinstance(node, Loop) and node.block.nodes:
            heads[node.block.nodes[0].id] = node.name
        if not isinstance(node, Let | Loop | Region | Attempt):
            yield node
        for inner in blocks(node):
            yield from _named(inner, heads)
    if isinstance(block.end, Raise):
        yield block


def _base(it: _Named, heads: dict[int, str]) -> str:
    match it:
        case Call():
            return _glue(it) if it.glue else it.step
        case Child():
            return it.workflow
        case Wait():
            if it.seconds is not None:
                return f"Wait {it.seconds.value} s" if isinstance(it.seconds, Literal) else "Wait"
            return f"Wait until {it.until.value}" if isinstance(it.until, Literal) else "Wait until"
        case Map():
            return it.target or f"each {it.item_name if it.item_name != _UNNAMED else _first(it.block)}"
        case Choice():
            return heads.get(it.id) or _question(it.cases[0].text if it.cases else "")
        case Fork():
            firsts = [_first(branch) for branch in it.branches]
            different = list(dict.fromkeys(firsts))
            if len(different) > 3:
                return f"{different[0]} and {len(firsts) - 1} more"
            return " and ".join(different) if len(different) > 1 else f"{different[0]} in parallel"
        case Block():
            assert isinstance(it.end, Raise)
            return _raising(it.end.error)
        case never:
            assert_never(never)


def _glue(call: Call) -> str:
    """A glue call is what its result is called, else what is called. Steps of one name are told apart by numbers."""
    if call.target:
        return call.target
    plain, _, number = call.step.rpartition(" ")
    return plain if plain and number.isdigit() else call.step


def _question(text: str) -> str:
    """A condition as the name of a state: on one line, and not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(line) > _LONGEST_TEST:
        line = line[:_LONGEST_TEST].rpartition(" ")[0] or line[:_LONGEST_TEST]
        line += " ..."
    return f"{line}?" if line else "Choose"


def _raising(error: Expression) -> str:
    match error:
        case Literal(str() as name):
            return f"Raise {name}"
        case Field(_, "Error"):
            return "Raise again"
        case _:
            return "Raise"


def _first(block: Block) -> str:
    """What a branch starts with: the first thing with a name of its own, forks and the like left out."""
    for node in block.nodes:
        if isinstance(node, Let | Fork | Loop | Region | Attempt):
            for inner in blocks(node):
                if found := _first(inner):
                    return found
            continue
        return node.name or _base(node, {})
    return _raising(block.end.error) if isinstance(block.end, Raise) else ""


def _block(block: Block, names: Iterator[str]) -> Block:
    """The block with the next of the names, which are in the order of `_named`."""
    nodes = tuple(_node(node, names) for node in block.nodes)
    end = replace(block.end, name=next(names)) if isinstance(block.end, Raise) else block.end
    return replace(block, nodes=nodes, end=end)


def _node(node: Node, names: Iterator[str]) -> Node:
    if isinstance(node, Loop):
        # Its head has the name, unless it has none: then it may get a state of its own.
        node = replace(node, name="" if node.block.nodes else node.name)
    elif not isinstance(node, Let | Region | Attempt):
        node = replace(node, name=next(names))
    inner = blocks(node)
    return with_blocks(node, tuple(_block(block, names) for block in inner)) if inner else node
