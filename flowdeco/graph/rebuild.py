"""Nodes with other blocks in them."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from flowdeco.graph.model import (
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    Fork,
    Let,
    Loop,
    Map,
    Node,
    Region,
    Wait,
)


def with_blocks(node: Node, inner: tuple[Block, ...]) -> Node:
    """A node with other blocks in it, in the order of `blocks`."""
    match node:
        case Call() | Child() | Wait() | Let():
            return node
        case Map() | Loop() | Region():
            return replace(node, block=inner[0])
        case Choice():
            cases = tuple(replace(case, block=block) for case, block in zip(node.cases, inner))
            return replace(node, cases=cases, default=inner[-1])
        case Attempt():
            handlers = tuple(
                replace(handler, block=block) for handler, block in zip(node.handlers, inner[1:])
            )
            return replace(node, block=inner[0], handlers=handlers)
        case Fork():
            return replace(node, branches=inner)
        case never:
            assert_never(never)
