"""Graph → state machine: one Task a step call, one Map a map, one Parallel a fork, and no state that only moves data.

Values travel in variables. What a state results in is assigned when a later state needs it. An inner scope (a branch, an
iteration) reads the variables around it but assigns only its own, under names used nowhere else; what it makes leaves
through the output of its Parallel or Map. What a scope is entered with (the item of a map) is its first state's
`$states.input`, and is assigned there when later states need it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import assert_never

from flowdeco.asl.model import (
    JSON,
    UNSET,
    ItemProcessor,
    Map,
    Parallel,
    Retrier,
    State,
    StateMachine,
    States,
    Task,
)
from flowdeco.authoring.options import ANY_ERROR, Retry, StepOptions
from flowdeco.compiler.error_names import error_names
from flowdeco.compiler.functions import FunctionNames
from flowdeco.compiler.jsonata import Names, input_source, template
from flowdeco.graph import (
    Block,
    Call,
    Expression,
    Fork,
    Graph,
    Input,
    Item,
    Literal,
    Node,
    Object,
    Result,
    Symbol,
    block_needs,
    inspected,
    leaves,
    made_in,
    needs,
    walk,
)
from flowdeco.graph import Map as MapNode

INVOKE = "arn:aws:states:::lambda:invoke"

TRANSIENT = Retrier(
    ErrorEquals=(
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    ),
    IntervalSeconds=1,
    MaxAttempts=6,
    BackoffRate=2,
    JitterStrategy="FULL",
)
"""Faults of Lambda, not of the step. Source: the Step Functions guide, "Handle transient Lambda service exceptions"."""


def lower(graph: Graph, functions: FunctionNames) -> StateMachine:
    """The machine of a scheduled, named graph."""
    lowering = _Lowering(graph, functions)
    inputs: dict[Symbol, str] = {Input(name): input_source(name, graph.defaults) for name in graph.inputs}
    start, states = lowering.scope(graph.block, graph.block.result, inputs, {})
    return StateMachine(
        Comment=graph.comment or None,
        QueryLanguage="JSONata",
        TimeoutSeconds=graph.timeout,
        StartAt=start,
        States=states,
    )


class _Either:
    """Two tables as one, without copying: there is one of these for every state."""

    __slots__ = ("first", "second")

    def __init__(self, first: dict[Symbol, str], second: Names) -> None:
        self.first = first
        self.second = second

    def __getitem__(self, symbol: Symbol) -> str:
        found = self.first.get(symbol)
        return self.second[symbol] if found is None else found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a state stands: what it can read, what is wanted of it later, and its successor (None: it is the last).

    `reach` holds variables and inputs; `entry` what only `$states.input` holds, and only here, at the scope's start.
    """

    reach: dict[Symbol, str]
    entry: dict[Symbol, str]
    wanted: frozenset[Symbol]
    result: Expression
    successor: str | None

    @property
    def names(self) -> Names:
        return _Either(self.entry, self.reach)


class _Lowering:
    def __init__(self, graph: Graph, functions: FunctionNames) -> None:
        self.graph = graph
        self.functions = functions
        self.inspected = inspected(graph.block)
        self.taken = {"states"}
        self.numbers: dict[str, int] = {}
        self.hints: dict[Symbol, str] = {}
        for node in walk(graph.block):
            if isinstance(node, Call):
                self.hints[Result(node.id)] = node.target or node.step
            elif isinstance(node, MapNode):
                self.hints[Result(node.id)] = node.target or node.name
                self.hints[Item(node.id)] = node.item_name
        self.hints |= {Input(name): name for name in graph.inputs}

    def scope(
        self, block: Block, result: Expression, reach: dict[Symbol, str], entry: dict[Symbol, str]
    ) -> tuple[str, dict[str, State]]:
        """The states of a block, chained; the last one's output is `result`. Returns the first name and all states."""
        wanted: set[Symbol] = set(leaves(result))
        later: list[frozenset[Symbol]] = []
        for node in reversed(block.nodes):
            later.append(frozenset(wanted))
            wanted -= _made(node)
            wanted |= needs(node)
        later.reverse()
        states: dict[str, State] = {}
        reach = dict(reach)
        for i, node in enumerate(block.nodes):
            last = i == len(block.nodes) - 1
            successor = None if last else block.nodes[i + 1].name
            place = _Place(reach, {} if i else entry, later[i], result, successor)
            states[node.name], assigned = self._state(node, place)
            reach.update(assigned)
        return block.nodes[0].name, states

    def _state(self, node: Node, place: _Place) -> tuple[State, dict[Symbol, str]]:
        """The state of a node, and the symbols it assigns to variables."""
        match node:
            case Call():
                return self._task(node, place)
            case MapNode():
                return self._map(node, place)
            case Fork():
                return self._parallel(node, place)
            case never:
                assert_never(never)

    # --------------------------------------------------------------------------------------------- states

    def _task(self, node: Call, place: _Place) -> tuple[Task, dict[Symbol, str]]:
        payload: dict[str, JSON] = {"step": node.step}
        if node.arguments:
            payload["arguments"] = {name: template(value, place.names) for name, value in node.arguments}
        if Result(node.id) in self.inspected:
            payload["inline"] = True
        assign, output, assigned = self._results(place, {Result(node.id): "$states.result.Payload"})
        task = Task(
            Comment=node.options.comment or None,
            Resource=INVOKE,
            Arguments={"FunctionName": self.functions[node.step], "Payload": payload},
            TimeoutSeconds=node.options.timeout,
            HeartbeatSeconds=node.options.heartbeat,
            Assign=assign,
            Output="{% $states.result.Payload %}" if output is UNSET else output,
            Retry=retriers(node.options),
            Next=place.successor,
        )
        return task, assigned

    def _parallel(self, node: Fork, place: _Place) -> tuple[Parallel, dict[Symbol, str]]:
        own: dict[Symbol, str] = {}
        exports = []
        for i, branch in enumerate(node.branches):
            out = sorted(
                (s.node for s in place.wanted if isinstance(s, Result) and s.node in made_in(branch)),
            )
            keys = self._keys([Result(n) for n in out])
            exports.append((out, keys))
            for made, key in zip(out, keys):
                path = f"$states.result[{i}]"
                own[Result(made)] = path if len(out) == 1 else f"{path}.{key}"
        assign, output, assigned = self._results(place, own)
        branches = []
        for branch, (out, keys) in zip(node.branches, exports):
            result: Expression = Literal(None)
            if len(out) == 1:
                result = Result(out[0])
            elif out:
                result = Object(tuple((key, Result(made)) for key, made in zip(keys, out)))
            start, states = self.scope(branch, result, place.reach, place.entry)
            branches.append(States(StartAt=start, States=states))
        parallel = Parallel(Branches=tuple(branches), Assign=assign, Output=output, Next=place.successor)
        return parallel, assigned

    def _map(self, node: MapNode, place: _Place) -> tuple[Map, dict[Symbol, str]]:
        assign, output, assigned = self._results(place, {Result(node.id): "$states.result"})
        item = Item(node.id)
        captured = sorted(block_needs(node.block) - {item}, key=_order)
        if not node.distributed:
            captured = [symbol for symbol in captured if symbol in place.entry]
        entry: dict[Symbol, str] = {item: "$states.input"}
        selector: JSON = UNSET
        if captured:
            symbols: list[Symbol] = [item, *captured]
            keys = self._keys(symbols)
            entry = {symbol: f"$states.input.{key}" for symbol, key in zip(symbols, keys)}
            selector = {key: "{% " + place.names[symbol] + " %}" for symbol, key in zip(captured, keys[1:])}
            selector = {keys[0]: "{% $states.context.Map.Item.Value %}", **selector}
        reach = {} if node.distributed else place.reach
        start, states = self.scope(node.block, node.block.result, reach, entry)
        state = Map(
            Items=template(node.items, place.names),
            ItemSelector=selector,
            MaxConcurrency=node.max_concurrency,
            ItemProcessor=ItemProcessor(
                Mode="DISTRIBUTED" if node.distributed else "INLINE",
                ExecutionType="STANDARD" if node.distributed else None,
                StartAt=start,
                States=states,
            ),
            Assign=assign,
            Output=output,
            Next=place.successor,
        )
        return state, assigned

    # ------------------------------------------------------------------------------------------ variables

    def _results(self, place: _Place, own: dict[Symbol, str]) -> tuple[JSON, JSON, dict[Symbol, str]]:
        """`Assign` and `Output` of a state whose own results are `own`, and what later states read them by."""
        if place.successor is None:
            output = template(place.result, _Either(own, place.names))
            return UNSET, UNSET if output == "{% $states.result %}" else output, {}
        assign: dict[str, JSON] = {}
        assigned: dict[Symbol, str] = {}
        for symbol, path in (*place.entry.items(), *own.items()):
            if symbol in place.wanted:
                name = self._variable(symbol)
                assign[name] = "{% " + path + " %}"
                assigned[symbol] = f"${name}"
        return assign or UNSET, UNSET, assigned

    def _variable(self, symbol: Symbol) -> str:
        base = _identifier(self.hints[symbol])
        name, number = base, self.numbers.get(base, 2)
        while name in self.taken:
            name, number = f"{base[:70]}_{number}", number + 1
        self.numbers[base] = number
        self.taken.add(name)
        return name

    def _keys(self, symbols: list[Symbol]) -> list[str]:
        """Names for parts of an object, unique within it."""
        keys: list[str] = []
        for symbol in symbols:
            base = _identifier(self.hints[symbol])
            key, number = base, 2
            while key in keys:
                key, number = f"{base}_{number}", number + 1
            keys.append(key)
        return keys


def _made(node: Node) -> frozenset[Symbol]:
    """The results that a node brings into its scope."""
    if isinstance(node, Fork):
        return frozenset(Result(made) for branch in node.branches for made in made_in(branch))
    return frozenset((Result(node.id),))


def retriers(options: StepOptions) -> tuple[Retrier, ...]:
    """The user's retriers and the one for Lambda's transient faults; `States.ALL` alone and last, as it must be."""
    own = [_retrier(retry) for retry in options.retry]
    anything = [r for r in own if r.ErrorEquals == (ANY_ERROR,)]
    return (*(r for r in own if r not in anything), TRANSIENT, *anything[:1])


def _retrier(retry: Retry) -> Retrier:
    return Retrier(
        ErrorEquals=error_names(retry.on),
        IntervalSeconds=ceil(retry.interval),
        MaxAttempts=retry.max_attempts,
        BackoffRate=int(retry.backoff_rate)
        if retry.backoff_rate == int(retry.backoff_rate)
        else retry.backoff_rate,
        MaxDelaySeconds=retry.max_delay,
        JitterStrategy="FULL" if retry.jitter else None,
    )


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


def _identifier(text: str) -> str:
    name = "".join(c if c.isidentifier() or c.isdigit() else "_" for c in text)[:76]
    return name if name and name.isidentifier() else f"v_{name}"
