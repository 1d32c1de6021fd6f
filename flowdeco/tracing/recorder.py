"""The recorder: what a trace knows while a body runs with Values.

Calls of steps become nodes of the block that is open (`blocks.py`), what is computed from Values becomes expressions
(`operate.py`), statements that depend on Values are recorded part by part (`drivers.py`, `loops.py`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from types import FunctionType
from typing import Any

from flowdeco.authoring.options import StepOptions
from flowdeco.authoring.steps import Step
from flowdeco.authoring.workflows import Workflow
from flowdeco.errors import BodyError, FlowdecoError, Location, UnsupportedError
from flowdeco.graph import (
    Block,
    Call,
    Expression,
    Field,
    Index,
    Input,
    Item,
    Let,
    Literal,
    Local,
    Result,
    Return,
    StepRef,
    Variable,
    leaves,
)
from flowdeco.graph.types import ANY, STR, Type
from flowdeco.runtime import ValueCodec
from flowdeco.tracing import arguments, children, decisions, flow, looks, maps, operate, types
from flowdeco.tracing.blocks import Draft, made
from flowdeco.tracing.body import Body
from flowdeco.tracing.flow import RESULT, Label
from flowdeco.tracing.forms import TracedForms
from flowdeco.tracing.paths import Paths
from flowdeco.tracing.places import is_ours, user_location
from flowdeco.tracing.raising import failing
from flowdeco.tracing.rewrite import rewrite
from flowdeco.tracing.source import LAMBDA, has_source
from flowdeco.tracing.value import RangeValue, Value

_DEEPEST = 60
"""A function of the user's inside itself more often than this does not stop calling itself while tracing."""

NODE_LIMIT = 100_000
"""More nodes than any state machine can hold: a loop that does not end is what makes so many."""


class TraceRecorder(Paths):
    """Implements `authoring.recording.Recorder`, and holds what the modules around it share."""

    def __init__(self, codec: ValueCodec, *, glue: bool = True) -> None:
        super().__init__()
        self.codec = codec
        self.glue_allowed = glue
        self.forms = TracedForms(self)
        self.children: dict[str, Workflow[Any, Any]] = {}
        """Workflows that are run or started as executions of their own, by name."""
        self.large: set[int] = set()
        """Ids of children whose results may travel as references."""
        self._workflows: list[Workflow[Any, Any]] = []
        self._running: list[Any] = []
        self.step_calls = 0
        """How many calls of declared steps were recorded, those dropped later included."""

    # ------------------------------------------------------------------------------ what steps and workflows call

    def call(self, step: Step[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Value:
        place = user_location()
        with self._remembered():
            bound = arguments.bind(step, args, kwargs, place)
        self._register(step)
        self.step_calls += 1
        self._claim(step.state_name, place)
        given = tuple((name, self.argument(value, step.spec.name, name)) for name, value in bound)
        with self.in_order():
            return self.node(
                step.spec,
                given,
                type=types.return_type(step.fn),
                after=self._after(step.after),
                name=step.state_name or "",
                place=place,
            )

    def node(
        self,
        spec: StepOptions,
        given: tuple[tuple[str, Expression], ...],
        *,
        type: Type = ANY,
        after: tuple[int, ...] = (),
        name: str = "",
        place: Location | None = None,
        glue: bool = False,
    ) -> Value:
        """Records the call of a step that is registered."""
        node = Call(
            id=self.next_id(spec.name),
            step=spec.name,
            arguments=given,
            options=spec,
            after=after,
            name=name,
            location=place,
            glue=glue,
        )
        fails, targets = failing(self), self._targets

        def draft(after: tuple[int, ...]) -> Call:
            return replace(node, after=after, failing=fails(), target=targets.get(node.id, ""))

        self.open.record(Draft(node.id, draft, after))
        return Value(Result(node.id), self, type)

    def map(
        self,
        step: Step[Any, Any],
        items: Iterable[Any],
        others: Mapping[str, Any],
        max_concurrency: int | None,
        distributed: bool,
    ) -> Value:
        def element(item: Any) -> Any:
            return self.call(step, (item,), others)

        after = self._after(step.after)
        if after:
            step = Step(step.fn, step.spec, state_name=step.state_name, origin=step.origin)
        return self.mapped(items, element, "item", max_concurrency, distributed, after)

    def inline(self, workflow: Workflow[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if workflow in self._workflows:
            chain = " -> ".join(w.spec.name for w in (*self._workflows, workflow))
            raise self.fail(
                f"workflow {workflow.spec.name!r} calls itself ({chain}): its state machine would have no end",
                hint="let a step decide how often, or loop over a list",
            )
        try:
            inspect.signature(workflow.fn).bind(*args, **kwargs)
        except TypeError as error:
            signature = f"{workflow.spec.name}{inspect.signature(workflow.fn)}"
            raise self.fail(f"{workflow.spec.name}() {error}", hint=f"it is defined as {signature}") from None
        with self.in_order(), self._inside(workflow):
            return self.in_frame(workflow.fn, args, kwargs)

    def child(
        self, workflow: Workflow[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], wait: bool
    ) -> Value:
        return children.child(self, workflow, args, kwargs, wait)

    # ---------------------------------------------------------------------------------------- functions of the user

    def run_body(
        self, workflow: Workflow[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Block:
        """The workflow's own body, rewritten: the block it records."""
        with self._inside(workflow), flow.labelled(self, (RESULT,), top=True) as label:
            self._frames.append(label)
            try:
                result = self._rewritten(workflow.fn)(*args, **kwargs)
                if not self.open.ended:
                    self.open.end(Return(self.argument(result, "", "")))
            except Exception as error:
                flow.caught(self, error)
            self._frames.pop()
        return self.open.block.frozen()

    def in_frame(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Runs the user's own function as part of the body."""
        code = getattr(function, "__code__", None)
        if code is not None:
            self.inlined.append((user_location(), Location.of_code(code)))
        with self.open.frame(), flow.labelled(self, (RESULT,)) as label:
            self._running.append((function, self.branches))
            self._frames.append(label)
            handled, self.handled = self.handled, []
            result: Any = None
            try:
                result = self._rewritten(function)(*args, **kwargs)
            except Exception as error:
                if not label.paths:
                    raise
                flow.caught(self, error)  # other paths have returned
            finally:
                self._running.pop()
                self._frames.pop()
                self.handled = handled
            merged = flow.close(self, label, {RESULT: result})
        if merged is None and self.open.ended:
            raise flow.Left
        return result if merged is None else merged[RESULT]

    @contextmanager
    def _inside(self, workflow: Workflow[Any, Any]) -> Iterator[None]:
        """Inside the body of a workflow."""
        as_is, self.as_is = self.as_is, not workflow.spec.rewrite
        self._workflows.append(workflow)
        self._bases.append(len(self._frames))
        try:
            yield
        finally:
            self.as_is = as_is
            self._workflows.pop()
            self._bases.pop()

    def workflow_label(self) -> Label:
        """The end of the innermost workflow."""
        return self._frames[self._bases[-1]]

    def in_order(self) -> AbstractContextManager[None]:
        """Around what a body records that is not rewritten: nothing says what is a statement of its own, so all is."""
        return self.open.effects() if self.as_is else nullcontext()

    def returns(self, value: Any, /) -> None:
        """`return value` on a path that may not be taken."""
        flow.leave(self, self._frames[-1], {RESULT: value})

    def is_running(self, function: Any) -> bool:
        """Whether a function calls itself, and only the run can tell whether it does, or too often to end here."""
        around = [branches for running, branches in self._running if running is function]
        return len(around) > _DEEPEST or any(branches < self.branches for branches in around)

    def explain(self, place: Location | None, what: str, why: str) -> None:
        """Notes a glue call, with its reason."""
        self.explained.append((place, what, why))

    def expressed_as(self, expression: Expression) -> None:
        """Notes where an expression is made."""
        self.expressed.append((user_location(), expression))

    def _rewritten(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if not isinstance(function, FunctionType) or "__flowdeco__" in function.__code__.co_freevars:
            return function
        if self.as_is and not is_ours(function.__code__.co_filename):
            return function
        if function.__name__ == LAMBDA and not has_source(function):
            return function  # Values do without rewriting what a lambda can hold, but for a few constructs
        return rewrite(function, Body(self))

    # ------------------------------------------------------------------------------------ what Values call

    def item(self, value: Any, key: Any) -> Any:
        return looks.item(self, value, key)

    def attribute(self, value: Value, name: str) -> Any:
        return looks.attribute(self, value, name)

    def error_name(self, error: Value) -> Value:
        """The name of an error's class."""
        return self.look(Field(error._expression, "Error", True), STR)

    def look(self, expression: Expression, type: Type) -> Value:
        """A Value that looks into another."""
        self.expressed_as(expression)
        return Value(expression, self, type)

    def operate(self, name: str, operands: tuple[Any, ...], **options: Any) -> Any:
        return operate.operate(self, name, operands, **options)

    def truth(self, thing: Any) -> Any:
        """Whether something is true: a bool, or a Value that will be one."""
        return decisions.truth(self, thing)

    def iterable(self, thing: Any) -> Any:
        """What a loop goes through: a Value that is a list, or what is known."""
        return looks.iterable(self, thing)

    # ------------------------------------------------------------------------------------------- the graph

    def expression(self, value: Any) -> Expression:
        """Anything a body computes, Values inside or not. Raises FlowdecoError for what cannot travel."""
        if isinstance(value, Value):
            if self.stale:
                self._fresh(value)
            return value._expression
        return arguments.to_expression(value, self.codec, self._fresh if self.stale else None)

    def argument(self, value: Any, step: str, name: str) -> Expression:
        """What a step gets, or, without a step, what the workflow results in."""
        if _holds_error(value):
            raise self.fail(
                "an exception cannot travel: " + (f"argument {name!r} of {step}()" if step else "the result"),
                hint="pass str(e), e.args or type(e).__name__",
                kind=UnsupportedError,
            )
        try:
            return self.expression(value)
        except BodyError:
            raise
        except FlowdecoError as error:
            what = f"argument {name!r} of {step}(): " if step else "the workflow's result: "
            raise self.fail(what + error.message, hint=error.hint) from error

    def let(self, value: Value, name: str, *, once: bool = False) -> Value:
        """The value evaluated here. `once`: another evaluation would give something else."""
        id = self.next_id(name)
        place = user_location()
        self.open.record(
            made(Let(id=id, value=self.expression(value), once=once, target=name, location=place))
        )
        return Value(Result(id), self, value._type)

    def named(self, value: Any, name: str) -> Any:
        """What a name is assigned: a result takes its name, an expression is evaluated here under it."""
        self.fresh(value)
        self.name_result(value, name)
        if isinstance(value, Value) and isinstance(value._expression, Result | Input | Item | Field | Index):
            self.expressed_as(value._expression)
        if not isinstance(value, Value) or self.inlining or isinstance(value, RangeValue):
            return value
        expression = value._expression
        while isinstance(expression, Field | Index):
            expression = expression.base
        if isinstance(expression, Result | Input | Item | Local | Literal) or operate.has_local(expression):
            return value
        return self.let(value, name.strip("_") or "value")

    def target_of(self, id: int) -> str:
        """The name that a node's result was first assigned to; known when the body is through."""
        return self._targets.get(id, "")

    def named_variables(self, variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
        """The variables, what is a result called after the variable that it is assigned to."""
        return tuple(
            Variable(v.id, self._targets.get(v.id, "value")) if v.name == RESULT else v for v in variables
        )

    def name_result(self, value: Any, name: str) -> None:
        """The variable that a node's result is assigned to first names it."""
        if isinstance(value, Value) and isinstance(value._expression, Result) and not name.startswith("__"):
            self._targets.setdefault(value._expression.node, name)

    def mapped(
        self,
        items: Any,
        element: Callable[[Any], Any],
        name: str,
        max_concurrency: int | None,
        distributed: bool,
        after: tuple[int, ...],
    ) -> Value:
        """A map: `element` is recorded for the item of its block."""
        return maps.mapped(self, items, element, name, max_concurrency, distributed, after)

    def _after(self, waits: tuple[Any, ...]) -> tuple[int, ...]:
        found: list[int] = []
        for wait in waits:
            nodes = [leaf.node for leaf in leaves(self.argument(wait, "", "")) if isinstance(leaf, Result)]
            if not nodes:
                raise self.fail(
                    f"after={wait!r} is not the result of a step",
                    hint="write after=[result] with what a step returned",
                )
            found += nodes
        return tuple(dict.fromkeys(found))

    def _register(self, step: Step[Any, Any]) -> None:
        name, function = step.spec.name, step.origin.fn
        # The step's own names, which lead back to it also when its function is a partial or a lambda.
        ref = StepRef(name, step.__module__, step.__qualname__, step.origin.spec, step.location)
        if not self.register(ref, function):
            first = self.steps[name].location
            raise self.fail(
                f"two steps are named {name!r}: {first or self.steps[name].module} and {step.location or step.__module__}",
                hint="give one of them a name of its own: @step(name='...')",
            )

    def register(self, ref: StepRef, function: Callable[..., Any]) -> bool:
        """Puts a step into the table. False when another one has its name."""
        known = self._functions.setdefault(ref.name, function)
        if known is not function and known != function:
            return False
        self.steps.setdefault(ref.name, ref)
        return True

    def _claim(self, name: str | None, place: Location | None) -> None:
        """A name given with `.options(name=...)` is one state's alone."""
        if name is None:
            return
        if name in self._state_names:
            raise self.fail(
                f"two states are named {name!r}: the other one is at {self._state_names[name]}",
                hint="give each .options(name=...) a name of its own",
            )
        self._state_names[name] = place

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """The functions of the steps that were called, by step name."""
        return self._functions

    def next_id(self, label: str) -> int:
        """A fresh id. `label`: what it stands for, in messages."""
        self._last_id += 1
        self._labels[self._last_id] = label
        if self._last_id > NODE_LIMIT:
            raise self.fail(
                f"the body recorded more than {NODE_LIMIT:,} step calls: a loop in it does not end",
                hint="a loop over values known at compile time is unrolled; loop over a run-time list with f.map(xs)",
            )
        return self._last_id


def _holds_error(thing: Any, depth: int = 4) -> bool:
    """Whether the exception of a handler is in what is passed on."""
    if isinstance(thing, Value):
        return thing._type.sort == "error"
    if not depth:
        return False
    parts = (
        thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple | set) else ()
    )
    return any(_holds_error(part, depth - 1) for part in parts)
