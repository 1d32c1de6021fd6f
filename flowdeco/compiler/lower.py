"""Graph → state machine: one Task a step call, one Map a map, one Choice a choice, and no state that only moves data.

Values travel in variables. What a state results in is assigned when a later state needs it, and so is what variables of
choices and loops become on the way to it. An inner scope (a branch, an iteration) reads the variables around it but
assigns only its own, under names used nowhere else; what it makes leaves through the output of its Parallel or Map. What
a scope is entered with (the item of a map) is its first state's `$states.input`, and is assigned there when later states
need it too.

`frames` says where control goes from every point, `liveness` what is read later, `variables` which values share a
variable, `scope` how a state is left, `calls` what the states of calls ask for, and `catchers` where their errors lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from flowdeco.asl.model import (
    JSON,
    UNSET,
    Catcher,
    Choice,
    ChoiceRule,
    Field,
    ItemProcessor,
    Map,
    Parallel,
    State,
    StateMachine,
    States,
    Wait,
)
from flowdeco.compiler.calls import child, task
from flowdeco.compiler.catchers import catchers
from flowdeco.compiler.frames import Frame
from flowdeco.compiler.functions import FunctionNames
from flowdeco.compiler.jsonata import Names, input_source, template
from flowdeco.compiler.naming import Naming
from flowdeco.compiler.rebuild import end_with, substituted
from flowdeco.compiler.scope import Either, Leaving, Scope
from flowdeco.compiler.variables import targets_of
from flowdeco.graph import (
    Attempt,
    Block,
    Call,
    Child,
    Expression,
    Fork,
    Graph,
    Input,
    Item,
    Let,
    Literal,
    Loop,
    Object,
    Raise,
    Region,
    Result,
    Return,
    Symbol,
    block_needs,
    inspected,
    made_in,
)
from flowdeco.graph import Choice as ChoiceNode
from flowdeco.graph import Map as MapNode
from flowdeco.graph import Wait as WaitNode


def lower(
    graph: Graph, functions: FunctionNames, state_machines: Mapping[str, str] | None = None
) -> StateMachine:
    """The machine of a scheduled, named graph.

    `state_machines`: ARNs of the workflows that it runs as executions of their own, by name; default: the name itself.
    """
    lowering = _Lowering(graph, functions, state_machines or {})
    inputs: dict[Symbol, str] = {Input(name): input_source(name, graph.defaults) for name in graph.inputs}
    start, states = lowering.scope(graph.block, known=inputs)
    return StateMachine(
        Comment=graph.comment or None,
        QueryLanguage="JSONata",
        TimeoutSeconds=graph.timeout,
        StartAt=start,
        States=states,
    )


def handlers_last(start: str, states: dict[str, State]) -> dict[str, State]:
    """The states in their order, those that only a catcher leads to behind the others."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        state = states[name]
        following = [getattr(state, "Next", None), getattr(state, "Default", None)]
        following += [rule.Next for rule in getattr(state, "Choices", ())]
        waiting += [successor for successor in following if isinstance(successor, str)]
    if len(reached) == len(states):
        return states
    return {name: states[name] for name in sorted(states, key=lambda name: name not in reached)}


class _Lowering:
    def __init__(self, graph: Graph, functions: FunctionNames, state_machines: Mapping[str, str]) -> None:
        self.functions = functions
        self.state_machines = state_machines
        self.inspected = inspected(graph.block)
        self.naming = Naming(graph)
        self.targets = targets_of(graph)

    def scope(
        self,
        block: Block,
        *,
        outer: Scope | None = None,
        entry: Mapping[Symbol, str] | None = None,
        known: Mapping[Symbol, str] | None = None,
    ) -> tuple[str, dict[str, State]]:
        """The states of a block that is a scope. Returns the first one's name and all of them, in order."""
        scope = Scope(block, self.naming, outer=outer, entry=entry or {}, known=known, targets=self.targets)
        start = self._start(scope)
        self._frame(scope, scope.layout.body)
        if scope.endless:
            start = scope.ending(start)
        return start, handlers_last(start, dict(scope.states()))

    def _start(self, scope: Scope) -> str:
        """The name of the first state: one that sets variables, where loops begin with values or read the item."""
        way = scope.layout.way(scope.layout.body, 0, {})
        if isinstance(way.target, Return | Raise):
            end = self._ending(way.target, way.values)
            return scope.end("start", end, way.frame, Either(scope.entry, scope))
        live, wanted = scope.wanted(way)
        if wanted or (way.looped and any(symbol in live for symbol in scope.entry)):
            return scope.passing("start", wanted, scope.next(way), scope.entry, live)
        scope.first = way.target.id
        return scope.next(way)

    def _ending(self, end: Return | Raise, values: dict[int, Expression]) -> Return | Raise:
        def change(value: Expression) -> Expression:
            return substituted(value, values)

        found = end_with(end, change)
        assert isinstance(found, Return | Raise)
        return found

    def _frame(self, scope: Scope, frame: Frame) -> None:
        """All states of a frame and of those inside it, in the order of the source."""
        for index, node in enumerate(frame.block.nodes):
            if not scope.reaches(node):
                continue
            match node:
                case Call() | Child() | WaitNode() | MapNode() | Fork():
                    scope.add(node.id, node.name, self._state(scope, frame, index, node), first=True)
                case ChoiceNode():
                    scope.add(node.id, node.name, self._choice(scope, node))
                case Let():
                    if node.id in scope.layout.stops:
                        scope.let(frame, index, node)
                case Loop():
                    if node.id in scope.layout.heads:
                        scope.head(node)
                case Region() | Attempt():
                    pass
                case never:
                    assert_never(never)
            label = scope.layout.labels.get(node.id)
            if label is not None:
                for inner in label.inner:
                    self._frame(scope, inner)

    def _state(
        self, scope: Scope, frame: Frame, index: int, node: Call | Child | WaitNode | MapNode | Fork
    ) -> State:
        """The state of a node that is left in one way, and by its catchers."""
        entry = scope.entry_of(node.id)
        names = Either(entry, scope) if entry else scope
        exports: list[list[int]] = []
        match node:
            case Call():
                own: dict[Symbol, str] = {Result(node.id): "$states.result.Payload"}
            case Child():
                own = {Result(node.id): f"$states.result.{'Output' if node.wait else 'ExecutionArn'}"}
            case MapNode():
                own = {Result(node.id): "$states.result"}
            case WaitNode():
                own = {}
            case Fork():
                exports = self._exports(scope, node)
                own = self._exported(exports)
            case never:
                assert_never(never)
        left = scope.leave(scope.layout.way(frame, index + 1, {}), own, entry, key=node.id, frame=frame)
        match node:
            case Call():
                catch = catchers(scope, frame, node, entry)
                function, inline = self.functions[node.step], Result(node.id) in self.inspected
                return task(node, left, names, catch, function=function, inline=inline)
            case Child():
                catch = catchers(scope, frame, node, entry)
                arn = self.state_machines.get(node.workflow, node.workflow)
                return child(node, left, names, catch, arn=arn)
            case MapNode():
                catch = catchers(scope, frame, node, entry)
                return self._map(scope, node, left, entry, names, catch)
            case WaitNode():
                return _wait(node, left, names)
            case Fork():
                return self._parallel(scope, node, left, entry, exports)
            case never:
                assert_never(never)

    # --------------------------------------------------------------------------------------------- states

    def _choice(self, scope: Scope, node: ChoiceNode) -> Choice:
        entry = scope.entry_of(node.id)
        names = Either(entry, scope) if entry else scope
        frames = scope.layout.labels[node.id].inner
        left = [scope.leave(scope.layout.way(frame, 0, {}), {}, entry, key=node.id) for frame in frames]
        rules = tuple(
            ChoiceRule(Next=to.next or "", Condition=_condition(case.test, names), Assign=to.assign)
            for case, to in zip(node.cases, left)
        )
        return Choice(Choices=rules, Default=left[-1].next, Assign=left[-1].assign)

    def _exports(self, scope: Scope, node: Fork) -> list[list[int]]:
        """What of each branch is read after the fork."""
        wanted = scope.liveness.after[node.id]
        found = {symbol.node for symbol in wanted if isinstance(symbol, Result)}
        return [sorted(found & made_in(branch)) for branch in node.branches]

    def _exported(self, exports: list[list[int]]) -> dict[Symbol, str]:
        own: dict[Symbol, str] = {}
        for i, out in enumerate(exports):
            for made, key in zip(out, self.naming.keys([Result(made) for made in out])):
                path = f"$states.result[{i}]"
                own[Result(made)] = path if len(out) == 1 else f"{path}.{key}"
        return own

    def _parallel(
        self,
        scope: Scope,
        node: Fork,
        left: Leaving,
        entry: Mapping[Symbol, str],
        exports: list[list[int]],
    ) -> Parallel:
        branches = []
        for branch, out in zip(node.branches, exports):
            value: Expression = Literal(None)
            if len(out) == 1:
                value = Result(out[0])
            elif out:
                keys = self.naming.keys([Result(made) for made in out])
                value = Object(tuple((key, Result(made)) for key, made in zip(keys, out)))
            start, states = self.scope(replace(branch, end=Return(value)), outer=scope, entry=entry)
            branches.append(States(StartAt=start, States=states))
        return Parallel(
            Branches=tuple(branches), Assign=left.assign, Output=_unless_result(left), Next=left.next
        )

    def _map(
        self,
        scope: Scope,
        node: MapNode,
        left: Leaving,
        entry: Mapping[Symbol, str],
        names: Names,
        catch: tuple[Catcher, ...],
    ) -> Map:
        item = Item(node.id)
        captured = sorted(block_needs(node.block) - {item}, key=_order)
        if not node.distributed:
            captured = [symbol for symbol in captured if symbol in entry]
        inside: dict[Symbol, str] = {item: "$states.input"}
        selector: JSON = UNSET
        if captured:
            symbols: list[Symbol] = [item, *captured]
            keys = self.naming.keys(symbols)
            inside = {symbol: f"$states.input.{key}" for symbol, key in zip(symbols, keys)}
            selector = {key: "{% " + names[symbol] + " %}" for symbol, key in zip(captured, keys[1:])}
            selector = {keys[0]: "{% $states.context.Map.Item.Value %}", **selector}
        start, states = self.scope(node.block, outer=None if node.distributed else scope, entry=inside)
        return Map(
            Items=template(node.items, names),
            ItemSelector=selector,
            MaxConcurrency=node.max_concurrency,
            ItemProcessor=ItemProcessor(
                Mode="DISTRIBUTED" if node.distributed else "INLINE",
                ExecutionType="STANDARD" if node.distributed else None,
                StartAt=start,
                States=states,
            ),
            Assign=left.assign,
            Output=_unless_result(left),
            Catch=catch,
            Next=left.next,
        )


def _wait(node: WaitNode, left: Leaving, names: Names) -> Wait:
    seconds = None if node.seconds is None else template(node.seconds, names)
    until = None if node.until is None else template(node.until, names)
    return Wait(Seconds=seconds, Timestamp=until, Assign=left.assign, Output=left.output, Next=left.next)


def _condition(test: Expression, names: Names) -> JSON:
    found = template(test, names)
    return found if isinstance(found, str) else "{% true %}" if found else "{% false %}"


def _unless_result(left: Leaving) -> Field:
    return UNSET if left.output == "{% $states.result %}" else left.output


def _order(symbol: Symbol) -> tuple[int, int, str]:
    match symbol:
        case Input(name):
            return (0, 0, name)
        case Item(map_id):
            return (1, map_id, "")
        case Result(node):
            return (2, node, "")
        case never:
            assert_never(never)
