"""The rules every graph keeps, checked after the trace and after every pass. A violation is a bug in flowdeco."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import assert_never

from flowdeco.errors import GraphError
from flowdeco.graph.expressions import Expression, Function, Input, Item, Local, Result, children
from flowdeco.graph.looking import called, end_expressions, expressions, leaves_early
from flowdeco.graph.model import (
    Again,
    Attempt,
    Block,
    Call,
    Child,
    Choice,
    Fork,
    Graph,
    Handle,
    Jump,
    Let,
    Loop,
    Map,
    Never,
    Node,
    Raise,
    Region,
    Return,
    Wait,
    earlier_result,
)


def verify(graph: Graph, *, after: str = "trace") -> Graph:
    """Returns the graph when it keeps the rules, else raises GraphError naming the pass that broke them.

    Ids are unique, those of variables among them. A node refers only to results of nodes before it in its own block, or
    before an enclosing node in an enclosing block, to variables of enclosing loops and handlers, to items of enclosing
    maps, to the workflow's inputs, and to steps in the table. A block ends in a place that is around it in the same
    scope, with a value for each of its variables; a node that is never left to what follows it is the last of its block.
    A fork has at least two branches, which refer to nothing of each other and are not left early; it stands in a
    scheduled block. Defaults are of inputs. No two nodes that have names have the same one.
    """
    check = _Check(graph, after)
    for name in graph.defaults:
        if name not in graph.inputs:
            raise check.fail(f"{name!r} has a default and is no input")
    check.block(graph.block)
    return graph


class _Check:
    """Walks the graph in program order. `results`, `items`, `done`: what can be seen from where the walk is.

    `labels`: the nodes of this scope that are around it. `attempts`: those of them whose handlers would be next to take
    an error, innermost last. `later`: the first handler of an attempt that the one the walk is in may go on to. `reached`: labels that something jumps to.
    """

    def __init__(self, graph: Graph, after: str) -> None:
        self.graph = graph
        self.after = after
        self.ids: set[int] = set()
        self.names: set[str] = set()
        self.results: set[int] = set()
        self.done: set[int] = set()
        self.items: set[int] = set()
        self.labels: dict[int, Node] = {}
        self.attempts: tuple[int, ...] = ()
        self.later: dict[int, int] = {}
        self.reached: set[int] = set()

    def fail(self, message: str) -> GraphError:
        return GraphError(
            f"after {self.after}: {message}",
            location=self.graph.location,
            hint="this is a bug in flowdeco: please report it with the workflow's source",
        )

    def block(self, block: Block) -> tuple[list[int], list[int]]:
        """Checks a block. Ids of the results it made, which nobody outside sees yet, and of its nodes."""
        made: list[int] = []
        done: list[int] = []
        left = False
        for node in block.nodes:
            if left:
                raise self.fail(f"node {node.id} comes after a node that is never left to what follows it")
            if isinstance(node, Fork) and not block.scheduled:
                raise self.fail(f"fork {node.id} is in a block that is not scheduled")
            results, nodes = self.node(node)
            self.results.update(results)
            made += results
            self.done.update(nodes)
            done += nodes
            left = isinstance(node, Choice | Loop | Region | Attempt) and node.id not in self.reached
        if left is not isinstance(block.end, Never):
            raise self.fail(
                f"a block goes on after node {block.nodes[-1].id}, which is never left to what follows it"
                if left
                else "a block has no end, and its last node is left to what follows it"
            )
        self.end(block)
        self.results.difference_update(made)
        self.done.difference_update(done)
        return made, done

    def end(self, block: Block) -> None:
        end = block.end
        who = "a block's result" if isinstance(end, Return) else f"a block's {type(end).__name__.lower()}"
        for value in end_expressions(end):
            self.expression(value, who)
        match end:
            case Return() | Raise() | Never():
                return
            case Jump(to, values):
                label = self.labels.get(to)
                if not isinstance(label, Choice | Loop | Region | Attempt):
                    raise self.fail(f"a block jumps to {to}, which is not around it")
                self.count(f"a jump to {to}", len(values), len(label.outs))
                self.reached.add(to)
            case Again(to, values):
                label = self.labels.get(to)
                if not isinstance(label, Loop):
                    raise self.fail(f"a block goes back to {to}, which is no loop around it")
                self.count(f"the way back to {to}", len(values), len(label.carried))
            case Handle(to, handler, _, values):
                label = self.labels.get(to)
                later = to in self.later and handler >= self.later[to]
                if not isinstance(label, Attempt) or not (later or to in self.attempts):
                    raise self.fail(f"a block goes to a handler of {to}, which is no attempt around it")
                if not 0 <= handler < len(label.handlers):
                    raise self.fail(f"a block goes to handler {handler} of {to}, which it does not have")
                self.count(f"the way to a handler of {to}", len(values), len(label.entry))
            case never:
                assert_never(never)

    def count(self, who: str, found: int, wanted: int) -> None:
        if found != wanted:
            raise self.fail(f"{who} brings {found} values for {wanted} variables")

    def node(self, node: Node) -> tuple[list[int], list[int]]:
        """Checks a node. Ids of the results it makes visible, and of the nodes that are then done."""
        self.fresh(node.id)
        if node.name:
            if node.name in self.names:
                raise self.fail(f"two nodes are named {node.name!r}")
            self.names.add(node.name)
        for value in expressions(node):
            self.expression(value, f"node {node.id}")
        if not isinstance(node, Fork):
            self.waits(node)
        match node:
            case Call():
                self.failing(node)
                self.called(node)
                return [node.id], [node.id]
            case Child():
                self.failing(node)
                return [node.id], [node.id]
            case Wait():
                if (node.seconds is None) is (node.until is None):
                    raise self.fail(f"node {node.id} waits for a time and until a time, or for neither")
                return [], [node.id]
            case Let():
                return [node.id], [node.id]
            case Map():
                self.failing(node)
                self.items.add(node.id)
                with self.scope():
                    self.block(node.block)
                self.items.remove(node.id)
                return [node.id], [node.id]
            case Choice() | Loop() | Region() | Attempt():
                return self.label(node), [node.id]
            case Fork():
                return self.fork(node)
            case never:
                assert_never(never)

    def called(self, node: Call) -> None:
        for position, (step, arguments) in enumerate(called(node)):
            if step not in self.graph.steps:
                raise self.fail(f"node {node.id} calls {step!r}, which is not in the table of steps")
            stack = [value for _, value in arguments]
            while stack:
                top = stack.pop()
                if any(
                    top == earlier_result(later)
                    for later in range(position, len(node.before) + len(node.then) + 1)
                ):
                    raise self.fail(f"node {node.id} uses the result of a call before it was made")
                stack.extend(children(top))

    def label(self, node: Choice | Loop | Region | Attempt) -> list[int]:
        """Checks a node that blocks inside it jump to the end of. Ids of its results."""
        outs = [out.id for out in node.outs]
        for out in outs:
            self.fresh(out)
        self.labels[node.id] = node
        match node:
            case Choice():
                for case in node.cases:
                    self.block(case.block)
                self.block(node.default)
            case Region():
                self.block(node.block)
            case Loop():
                self.count(f"the way into {node.id}", len(node.first), len(node.carried))
                with self.seeing(*(variable.id for variable in node.carried)):
                    self.block(node.block)
            case Attempt():
                before = self.attempts
                self.attempts = (*before, node.id)
                self.block(node.block)
                self.attempts = before
                with self.seeing(*(variable.id for variable in node.entry)):
                    for number, handler in enumerate(node.handlers):
                        self.later[node.id] = number + 1
                        with self.seeing(handler.error.id):
                            self.block(handler.block)
            case never:
                assert_never(never)
        del self.labels[node.id]
        return outs

    def fork(self, node: Fork) -> tuple[list[int], list[int]]:
        if len(node.branches) < 2:
            raise self.fail(f"fork {node.id} has fewer than two branches")
        made: list[int] = []
        done = [node.id]
        for branch in node.branches:
            for inner in branch.nodes:
                if leaves_early(inner):
                    raise self.fail(f"fork {node.id} is left early by node {inner.id}")
            with self.scope():
                results, nodes = self.block(branch)
            made += results
            done += nodes
        return made, done

    @contextmanager
    def scope(self) -> Iterator[None]:
        """What is inside a map or a branch: nothing leads out of it."""
        around = self.labels, self.attempts
        self.labels, self.attempts = {}, ()
        yield
        self.labels, self.attempts = around

    @contextmanager
    def seeing(self, *ids: int) -> Iterator[None]:
        for new in ids:
            self.fresh(new)
        self.results.update(ids)
        yield
        self.results.difference_update(ids)

    def fresh(self, new: int) -> None:
        if new in self.ids:
            raise self.fail(f"two nodes have the id {new}")
        self.ids.add(new)

    def waits(self, node: Call | Child | Wait | Let | Map | Choice | Loop | Region | Attempt) -> None:
        for earlier in node.after:
            if earlier not in self.done:
                raise self.fail(f"node {node.id} is after node {earlier}, which does not come before it")

    def failing(self, node: Call | Child | Map) -> None:
        """One entry for every attempt around the node that has variables to fill, innermost first."""
        if not self.attempts and not node.failing:
            return
        around = iter(reversed(self.attempts))
        given = {failing.attempt for failing in node.failing}
        for failing in node.failing:
            attempt = self.labels.get(failing.attempt)
            if failing.attempt not in around or not isinstance(attempt, Attempt):
                raise self.fail(f"node {node.id} fails into {failing.attempt}, which is no attempt around it")
            self.count(f"node {node.id}, failing into {attempt.id},", len(failing.values), len(attempt.entry))
        for missing in set(self.attempts) - given:
            attempt = self.labels[missing]
            if isinstance(attempt, Attempt) and attempt.entry:
                raise self.fail(f"node {node.id} says nothing of failing into {missing}")

    def expression(self, value: Expression, who: str) -> None:
        stack = [value]
        bound: set[int] = set()
        used: set[int] = set()
        while stack:
            match stack.pop():
                case Result(node):
                    if node not in self.results:
                        raise self.fail(
                            f"{who} uses the result of node {node}, which does not come before it"
                        )
                case Item(map_id):
                    if map_id not in self.items:
                        raise self.fail(f"{who} uses the item of map {map_id}, which is not around it")
                case Input(name):
                    if name not in self.graph.inputs:
                        raise self.fail(f"{who} uses the input {name!r}, which the workflow does not have")
                case Local(number):
                    used.add(number)
                case part:
                    if isinstance(part, Function):
                        bound.update(part.parameters)
                    stack.extend(reversed(children(part)))
        if not used <= bound:
            raise self.fail(f"{who} uses the parameter {min(used - bound)} of no function around it")
