"""The recorder: what a trace knows while a body runs with Values.

Calls of steps become nodes of the block that is open (`frames.py`), looks into Values become expressions (`looks.py`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import FunctionType, MethodType
from typing import Any

from flowdeco.authoring.steps import Step
from flowdeco.authoring.workflows import Workflow
from flowdeco.errors import BodyError, FlowdecoError, Location, UnsupportedError, did_you_mean
from flowdeco.graph import (
    Block,
    Call,
    Elements,
    Expression,
    Field,
    Index,
    Input,
    Item,
    Map,
    Result,
    StepRef,
    leaves,
)
from flowdeco.runtime import ValueCodec
from flowdeco.tracing import arguments, looks, types
from flowdeco.tracing.body import Body
from flowdeco.tracing.callees import Callee, classify
from flowdeco.tracing.frames import OpenBlocks
from flowdeco.tracing.places import user_location
from flowdeco.tracing.rewrite import rewrite
from flowdeco.tracing.value import Value, contains_value

NODE_LIMIT = 100_000
"""More nodes than any state machine can hold: a loop that does not end is what makes so many."""


class TraceRecorder:
    """Implements `authoring.recording.Recorder`, and what rewritten bodies call (`__flowdeco__`)."""

    def __init__(self, codec: ValueCodec) -> None:
        self.codec = codec
        self.steps: dict[str, StepRef] = {}
        self.failure: FlowdecoError | None = None
        self._functions: dict[str, Callable[..., Any]] = {}
        self._open = OpenBlocks()
        self.effects = self._open.effects
        self._targets: dict[int, str] = {}
        self._labels: dict[int, str] = {}
        self._workflows: list[Workflow[Any, Any]] = []
        self._state_names: dict[str, Location | None] = {}
        self._last_id = 0

    # ------------------------------------------------------------------------------ what steps and workflows call

    def call(self, step: Step[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Value:
        place = user_location()
        with self._remembered():
            bound = arguments.bind(step, args, kwargs, place)
        self._register(step, place)
        self._claim(step.state_name, place)
        given = tuple((name, self.expression(value, step, name)) for name, value in bound)
        node = Call(
            id=self._next_id(step.spec.name),
            step=step.spec.name,
            arguments=given,
            options=step.spec,
            after=self._after(step.after),
            name=step.state_name or "",
            location=place,
        )
        self._open.record(node)
        return Value(Result(node.id), self, types.return_type(step.fn))

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
        return self._map(items, element, "item", max_concurrency, distributed, after)

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
        self._workflows.append(workflow)
        try:
            return self._in_frame(workflow.fn, args, kwargs)
        finally:
            self._workflows.pop()

    # ------------------------------------------------------------------------------- what rewritten bodies call

    def invoke(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        """`g(x)` in a body."""
        callee = classify(fn)
        match callee:
            case Callee.TRACED:
                return fn(*args, **kwargs)
            case Callee.VALUE:
                raise self.refuse("calling a method", fn, "do it inside a step, where the value is known")
            case Callee.HELPER:
                if isinstance(fn, MethodType):
                    return self._in_frame(fn.__func__, (fn.__self__, *args), kwargs)
                return self._in_frame(fn, args, kwargs)
            case Callee.CONTAINER:
                return fn(*args, **kwargs)
            case Callee.OTHER:
                given = (*args, *kwargs.values())
                deep = getattr(fn, "__name__", "") == "print"
                culprit = next((a for a in given if isinstance(a, Value)), None)
                if culprit is not None or (deep and contains_value(list(given))):
                    name = getattr(fn, "__qualname__", None) or repr(fn)
                    raise self.refuse(
                        f"{name}()", culprit, f"make it a step: step({name}), or do it inside one"
                    )
                return fn(*args, **kwargs)

    def effect(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        """`g(x)` as a statement of its own."""
        if classify(fn) in (Callee.TRACED, Callee.HELPER):
            with self.effects():
                return self.invoke(fn, *args, **kwargs)
        return self.invoke(fn, *args, **kwargs)

    def named(self, value: Any, name: str, /) -> Any:
        """`name = value`."""
        if isinstance(value, Value) and isinstance(value._expression, Result):
            self._targets.setdefault(value._expression.node, name)
        return value

    def unpack(self, value: Any, shape: str, /) -> Any:
        """`a, (b, c) = value`, with the shape as `rewrite.construct.shape_of` writes it."""
        return looks.unpack(self, value, shape)

    def flatten(self, value: Any, shape: str, /) -> list[Any]:
        """The names of an unpacking target of a comprehension, in order."""
        return looks.flatten(self, value, shape)

    def comprehension(
        self, items: Any, element: Callable[[Any], Any], name: str, test: Callable[[Any], Any] | None, /
    ) -> Any:
        """`[element for name in items if test]`."""
        if not isinstance(items, Value):
            return [element(item) for item in items if test is None or test(item)]
        if test is not None:
            raise self.refuse("'if' in a comprehension over it", items, "filter inside a step")
        return self._map(items, element, name, None, False, ())

    def loop(self, items: Any, /) -> Any:
        """`for … in items`."""
        if isinstance(items, Value):
            iter(items)
        return items

    def known(self, value: Any, what: str, /) -> Any:
        """A place where Python would silently take a Value for what it is not."""
        if isinstance(value, Value):
            raise self.refuse(what, value, "do it inside a step, where the value is known")
        return value

    @contextmanager
    def no_steps(self, what: str, /) -> Iterator[None]:
        """The body of a `try`: a handler could not be taken at trace time."""
        place, before = user_location(), self._last_id
        yield
        if self._last_id != before:
            raise self.fail(
                f"{what} around step calls",
                hint="handle the error inside the step, or give the step retry=",
                location=place,
                kind=UnsupportedError,
            )

    # ------------------------------------------------------------------------------------ what Values call

    def element(self, value: Value, key: Any) -> Value:
        return looks.element(self, value, key)

    def attribute(self, value: Value, name: str) -> Value:
        return looks.attribute(self, value, name)

    def look(self, expression: Expression, type: Any) -> Value:
        """A Value that looks into another."""
        return Value(expression, self, type)

    # ------------------------------------------------------------------------------------------- the graph

    def expression(self, value: Any, step: Step[Any, Any] | None = None, name: str = "") -> Expression:
        """Anything a body computes, Values inside or not, as an expression."""
        if isinstance(value, Value):
            return value._expression
        try:
            return arguments.to_expression(value, self.codec)
        except FlowdecoError as error:
            what = f"argument {name!r} of {step.spec.name}(): " if step else "the workflow's result: "
            raise self.fail(what + error.message, hint=error.hint) from error

    def block(self, result: Any) -> Block:
        """The innermost open block as it is now, with its result."""
        expression = self.expression(result)
        return Block(tuple(self._finished(node) for node in self._open.nodes), expression)

    def run_body(self, workflow: Workflow[Any, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The workflow's own body, rewritten."""
        self._workflows.append(workflow)
        return rewrite(workflow.fn, Body(self))(*args, **kwargs)  # type: ignore[arg-type]

    def _finished(self, node: Call | Map) -> Call | Map:
        return replace(node, target=self._targets.get(node.id, ""))

    def _map(
        self,
        items: Any,
        element: Callable[[Any], Any],
        name: str,
        max_concurrency: int | None,
        distributed: bool,
        after: tuple[int, ...],
    ) -> Value:
        place = user_location()
        if isinstance(items, Value):
            listed, item_type = looks.items(self, items)
        else:
            listed, item_type = self.expression(list(items)), None
        map_id = self._next_id(f"the map over {name}")
        with self._open.block():
            result = element(Value(Item(map_id), self, item_type))
            if not self._open.nodes:
                raise self.fail(
                    "a comprehension over run-time values that calls no step",
                    hint="let a step take the whole list",
                    location=place,
                    kind=UnsupportedError,
                )
            block = self.block(result)
        node = Map(
            id=map_id,
            items=listed,
            block=block,
            max_concurrency=max_concurrency,
            distributed=distributed,
            after=after,
            item_name=name if name.isidentifier() else "item",
            location=place,
        )
        self._open.record(node)
        type = list[result._type] if isinstance(result, Value) and result._type is not None else list  # type: ignore[name-defined]
        return Value(Result(map_id), self, type)

    def _in_frame(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """Runs the user's own function as part of the body."""
        with self._open.frame():
            return self._rewritten(function)(*args, **kwargs)

    def _rewritten(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
            return function
        if "__flowdeco__" in function.__code__.co_freevars:
            return function
        return rewrite(function, Body(self))

    def _after(self, waits: tuple[Any, ...]) -> tuple[int, ...]:
        found: list[int] = []
        for wait in waits:
            nodes = [leaf.node for leaf in leaves(self.expression(wait)) if isinstance(leaf, Result)]
            if not nodes:
                raise self.fail(
                    f"after={wait!r} is not the result of a step",
                    hint="write after=[result] with what a step returned",
                )
            found += nodes
        return tuple(dict.fromkeys(found))

    def _register(self, step: Step[Any, Any], place: Location | None) -> None:
        name, function = step.spec.name, step.origin.fn
        known = self._functions.setdefault(name, function)
        if known is not function:
            first = self.steps[name].location
            raise self.fail(
                f"two steps are named {name!r}: {first or self.steps[name].module} and {step.location or step.__module__}",
                hint="give one of them a name of its own: @step(name='...')",
            )
        if name not in self.steps:
            # The step's own names, which lead back to it also when its function is a partial or a lambda.
            self.steps[name] = StepRef(
                name, step.__module__, step.__qualname__, step.origin.spec, step.location
            )

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

    def _next_id(self, label: str) -> int:
        self._last_id += 1
        self._labels[self._last_id] = label
        if self._last_id > NODE_LIMIT:
            raise self.fail(
                f"the body recorded more than {NODE_LIMIT:,} step calls: a loop in it does not end",
                hint="a loop over values known at compile time is unrolled; loop over a run-time list with f.map(xs)",
            )
        return self._last_id

    # ---------------------------------------------------------------------------------------------- errors

    def describe(self, expression: Expression) -> str:
        """An expression in the user's words."""
        match expression:
            case Input(name):
                return f"the input {name!r}"
            case Result(node):
                label = self._labels.get(node, "a step")
                return label if " " in label else f"{label}()"
            case Item(node):
                return f"an item of {self._labels.get(node, 'a map')}"
            case Field(base, name):
                return f"{self.describe(base)}.{name}"
            case Index(base, position):
                return f"{self.describe(base)}[{position}]"
            case Elements(base):
                return self.describe(base)
            case _:  # a Value is never a structure: those are Python's own
                return "an expression"

    def refuse(self, what: str, value: Value | None, hint: str) -> FlowdecoError:
        """The error for a construct that needs a run-time value now."""
        of = f" of {self.describe(value._expression)}" if value is not None else " of a run-time value"
        known = ", which is known only when the workflow runs"
        return self.fail(f"{what}{of}{known}", hint=hint, kind=UnsupportedError)

    def fail(
        self,
        message: str,
        *,
        hint: str | None = None,
        location: Location | None = None,
        kind: type[BodyError] = BodyError,
    ) -> FlowdecoError:
        """An error at the user's line, remembered: a body that swallows it must not pass as traced."""
        error = kind(message, location=location or user_location(), hint=hint)
        self.failure = self.failure or error
        return error

    def mistake(
        self, name: str, names: Iterable[str], message: str, hint: str | None = None
    ) -> FlowdecoError:
        """A misspelled name."""
        return self.fail(message, hint=did_you_mean(name, list(names)) or hint)

    @contextmanager
    def _remembered(self) -> Iterator[None]:
        """As `fail` does, for errors that others raise."""
        try:
            yield
        except BodyError as error:
            self.failure = self.failure or error
            raise
