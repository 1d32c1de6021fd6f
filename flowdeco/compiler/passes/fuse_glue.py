"""Neighbouring glue calls become one task: what goes from one to the next stays a Python object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from flowdeco.compiler.rebuild import substituted, with_blocks
from flowdeco.graph import (
    Array,
    Attempt,
    Block,
    Call,
    Expression,
    Field,
    Fork,
    FusedCall,
    Graph,
    Input,
    Item,
    Let,
    Literal,
    Map,
    Node,
    Object,
    Operation,
    Result,
    argument_values,
    blocks,
    children,
    completes,
    earlier_result,
    end_expressions,
    leaves,
    leaves_early,
    needs,
    results,
    waits,
    walk,
)

Bits: TypeAlias = int
"""A set of places in a block."""

_NEVER_FAILS = frozenset(
    {
        "text",
        "len.list",
        "len.text",
        "len.dict",
        "upper",
        "lower",
        "str.int",
        "str.bool",
        "str.optional",
        "str.optional_int",
        "str.optional_bool",
        "cut",
        "signed",
        "grouped",
        "based",
        "based.upper",
        "based.prefixed",
        "fixed",
        "percent",
        "pad.left",
        "pad.right",
        "pad.center",
        "pad.middle",
        "add.numbers",
        "sub.numbers",
        "mul.numbers",
        "eq.same",
        "ne.same",
        "eq.any",
        "ne.any",
        "is.same",
        "is.different",
        "truth.number",
        "truth.text",
        "truth.dict",
        "truth.elements",
        "not.bool",
        "and.bools",
        "or.bools",
        "if",
        "error.message",
        "error.matches",
        "element",
    }
)
"""Operations that give something for all operands they are chosen for."""


def fuse_glue(graph: Graph) -> Graph:
    """A glue call that nothing but the next one waits for runs in the same task, so that it costs no state.

    At most one of the calls of a task has a result that others read: the task results in it. A call stays by itself
    where fusing it would change what happens when: where the arguments of the next one may fail, where errors lead to
    handlers with other values, where something else happens in between, or where it could run while something else does.
    """
    if sum(isinstance(node, Call) and node.glue for node in walk(graph.block)) < 2:
        return graph
    block = _block(graph.block, guarded=False)
    return graph if block == graph.block else replace(graph, block=block)


def _block(block: Block, *, guarded: bool) -> Block:
    """`guarded`: it is inside a `try` of its scope, where everything keeps the order of the program."""
    nodes = tuple(_node(node, guarded) for node in block.nodes)
    block = replace(block, nodes=nodes)
    if sum(isinstance(node, Call) and node.glue for node in nodes) < 2:
        return block
    groups = [group for group in _Fusing(block, guarded).groups() if len(group.members) > 1]
    return _fused(block, groups) if groups else block


def _node(node: Node, guarded: bool) -> Node:
    inner = blocks(node)
    if not inner:
        return node
    if isinstance(node, Map):
        guarded = False
    # A handler is not inside the `try` that it belongs to.
    first = _block(inner[0], guarded=guarded or isinstance(node, Attempt))
    return with_blocks(node, (first, *(_block(block, guarded=guarded) for block in inner[1:])))


# ---------------------------------------------------------------------------------------------- what goes together


@dataclass(frozen=True, slots=True)
class _Group:
    """Glue calls that are one task, by their places. `result`: the one whose result others read, else the last one."""

    members: tuple[int, ...]
    result: int

    @property
    def bits(self) -> Bits:
        return sum(1 << place for place in self.members)


class _Fusing:
    """The order of a block, by places of its nodes: `before`, all that has to come before each; `direct`, of that what it
    names itself. `readers`: who reads each one's result; `outside`: those whose results the end of the block reads.
    `failing`: the calls whose arguments may fail."""

    def __init__(self, block: Block, guarded: bool) -> None:
        self.nodes = block.nodes
        self.direct: list[Bits] = []
        self.before: list[Bits] = []
        self.readers: list[Bits] = [0] * len(block.nodes)
        self.failing: Bits = 0
        places: dict[int, int] = {}
        for place, node in enumerate(block.nodes):
            read = {symbol.node for symbol in needs(node) if isinstance(symbol, Result)}
            for id in read & places.keys():
                self.readers[places[id]] |= 1 << place
            direct = sum(1 << at for at in {places[id] for id in read | waits(node) if id in places})
            if place and (guarded or self._stands(node) or self._stands(block.nodes[place - 1])):
                direct |= (1 << place) - 1 if self._stands(node) else 1 << place - 1
            before = direct
            for earlier_place in _places(direct):
                before |= self.before[earlier_place]
            if isinstance(node, Call) and any(map(_may_fail, argument_values(node))):
                self.failing |= 1 << place
            self.direct.append(direct)
            self.before.append(before)
            places[node.id] = place
            places |= dict.fromkeys(results(node), place)
        ends = {leaf for value in end_expressions(block.end) for leaf in leaves(value)}
        self.outside = {places[s.node] for s in ends if isinstance(s, Result) and s.node in places}

    @staticmethod
    def _stands(node: Node) -> bool:
        """Whether everything before a node comes before it, and everything after it after it."""
        return leaves_early(node) or not completes(node)

    def groups(self) -> Iterator[_Group]:
        """All tasks of glue calls, those of a single one too."""
        at: dict[int, _Group] = {}
        for place, node in enumerate(self.nodes):
            if not (isinstance(node, Call) and node.glue):
                continue
            group = _Group((place,), place)
            if not self.failing >> place & 1:
                found = {at[p].members: at[p] for p in _places(self.direct[place]) if p in at}
                group = self._joined([each for each in found.values() if self._alike(each, node)], group)
            at |= dict.fromkeys(group.members, group)
        yield from {group.members: group for group in at.values()}.values()

    def _alike(self, group: _Group, node: Call) -> bool:
        """Whether errors lead to the same places, and nothing special is asked of either."""
        first = self.nodes[group.result]
        assert isinstance(first, Call)
        return first.failing == node.failing and replace(first.options, name="") == replace(
            node.options, name=""
        )

    def _joined(self, groups: list[_Group], last: _Group) -> _Group:
        """The last call with as many of the groups as can go with it."""
        while groups:
            members = tuple(sorted(place for group in (*groups, last) for place in group.members))
            bits = sum(1 << place for place in members)
            fitting = [group for group in groups if self._fits(group, members, bits)]
            read = [p for p in members if self.readers[p] & ~bits or p in self.outside]
            if fitting == groups and len(read) < 2:
                return _Group(members, read[0] if read else members[-1])
            # Of several whose results others read, the nearest goes first.
            groups = fitting if fitting != groups else [g for g in groups if read[0] not in g.members]
        return last

    def _fits(self, group: _Group, members: tuple[int, ...], bits: Bits) -> bool:
        """Whether a group can be a part of the task of these members, which runs where the last of them was."""
        last = members[-1]
        if any(self.failing >> place & 1 and place != members[0] for place in group.members):
            return False
        if self._ahead(last, bits) & ~self._ahead_of(group):
            return False
        for place in range(group.members[0] + 1, len(self.nodes)):
            if not self.direct[place] & group.bits:
                continue
            if not bits >> place & 1:
                if not self.before[place] >> last & 1:
                    return False
            elif not all(_whole(self.nodes[place], self.nodes[made].id) for made in group.members):
                return False
        return True

    def _ahead(self, place: int, bits: Bits) -> Bits:
        """What has to come before a call, less the group it is in, and less what takes no time."""
        found = self.before[place] & ~bits
        for at in _places(found):
            node = self.nodes[at]
            if isinstance(node, Let) and not node.once and not self.before[at] & bits:
                found &= ~(1 << at)
        return found

    def _ahead_of(self, group: _Group) -> Bits:
        found = 0
        for place in group.members:
            found |= self.before[place]
        return found


def _places(bits: Bits) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _whole(node: Node, id: int) -> bool:
    """Whether a call takes a result as it is: as an argument, or as a part of one that is put together."""
    assert isinstance(node, Call)
    stack = list(argument_values(node))
    while stack:
        match stack.pop():
            case Array() | Object() as container:
                stack.extend(children(container))
            case Result():
                pass
            case other:
                if Result(id) in leaves(other):
                    return False
    return True


def _may_fail(value: Expression) -> bool:
    match value:
        case Literal() | Input() | Item() | Result():
            return False
        case Array() | Object() | Field(certain=True):
            pass
        case Operation(form) if form in _NEVER_FAILS:
            pass
        case _:
            return True
    return any(_may_fail(part) for part in children(value))


# ------------------------------------------------------------------------------------------------- one task


def _fused(block: Block, groups: Sequence[_Group]) -> Block:
    """The block with one call, where the last one was, for those of each group."""
    ids: dict[int, int] = {}
    tasks: dict[int, Call | None] = {}
    for group in groups:
        calls = [node for place in group.members if isinstance(node := block.nodes[place], Call)]
        task = _task(calls, group.members.index(group.result))
        tasks |= dict.fromkeys(group.members)
        tasks[group.members[-1]] = task
        ids |= {call.id: task.id for call in calls}
    nodes = []
    for place, node in enumerate(block.nodes):
        found = tasks.get(place, node)
        if found is not None:
            nodes.append(_after(found, ids))
    return replace(block, nodes=tuple(nodes))


def _task(calls: Sequence[Call], result: int) -> Call:
    values: dict[int, Expression] = {}
    fused: list[FusedCall] = []
    for position, call in enumerate(calls):
        arguments = tuple((name, substituted(value, values)) for name, value in call.arguments)
        fused.append(FusedCall(call.step, arguments))
        values[call.id] = earlier_result(position)
    before, then = fused[:result], fused[result + 1 :]
    own = {call.id for call in calls}
    after = dict.fromkeys(id for call in calls for id in call.after if id not in own)
    return replace(
        calls[result],
        arguments=fused[result].arguments,
        after=tuple(after),
        before=tuple(before),
        then=tuple(then),
    )


def _after(node: Node, ids: dict[int, int]) -> Node:
    """A node that waits for tasks where it waited for one of their calls, and the same inside it."""
    if not isinstance(node, Fork) and any(id in ids for id in node.after):
        node = replace(node, after=tuple(dict.fromkeys(ids.get(id, id) for id in node.after)))
    inner = blocks(node)
    if not inner:
        return node
    changed = tuple(replace(b, nodes=tuple(_after(nested, ids) for nested in b.nodes)) for b in inner)
    return with_blocks(node, changed)
