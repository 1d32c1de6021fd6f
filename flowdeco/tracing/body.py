"""What rewritten code knows the recorder by: `__flowdeco__`."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from flowdeco.errors import BodyError
from flowdeco.tracing import calls, comprehend, decisions, looks, mutate, operate, raising, syntax, texts
from flowdeco.tracing.drivers import Branch, Try
from flowdeco.tracing.ensuring import Ensure
from flowdeco.tracing.loops import Each, Repeat
from flowdeco.tracing.value import Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

Env = Mapping[str, Any]
M = TypeVar("M", bound=Callable[..., Any])


def going_on(method: M) -> M:
    """For what can be wrong without making the rest of the body unreadable: so that one trace finds all that is wrong."""

    @wraps(method)
    def noted(self: Body, /, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except BodyError as error:
            return self.recorder.noted(error)

    return noted  # type: ignore[return-value]


class Body:
    """The recorder as rewritten code sees it: one method for every piece of syntax. Arguments are by position only."""

    __slots__ = ("effects", "recorder", "returns")

    locals = staticmethod(builtins.locals)
    slice = slice

    def __init__(self, recorder: TraceRecorder) -> None:
        self.recorder = recorder
        self.returns = recorder.returns
        self.effects = recorder.open.effects

    # -------------------------------------------------------------------------------------------- statements

    def branch(self, names: tuple[str, ...], env: Env, texts: tuple[str, ...], /) -> Branch:
        return Branch(self.recorder, names, env, self.recorder.forms.spelled(texts))

    def each(
        self, items: Any, names: tuple[str, ...], env: Env, live: tuple[str, ...], target: str, /
    ) -> Each:
        return Each(self.recorder, items, names, env, frozenset(live), target, sys._getframe(1))

    def repeat(
        self, names: tuple[str, ...], env: Env, live: tuple[str, ...], texts: tuple[str, ...], /
    ) -> Repeat:
        return Repeat(self.recorder, names, env, frozenset(live), self.recorder.forms.spelled(texts))

    def attempt(
        self, names: tuple[str, ...], env: Env, kinds: Sequence[Callable[[], Any]], texts: tuple[str, ...], /
    ) -> Try:
        return Try(self.recorder, names, env, kinds, texts, sys._getframe(1))

    def ensure(self, names: tuple[str, ...], env: Env, /) -> Ensure:
        return Ensure(self.recorder, names, env, sys._getframe(1))

    def raising(self, error: Any, /) -> BaseException:
        """`raise error`."""
        if isinstance(error, Value) and error._type.sort == "error":
            return self.recorder.deliberate(raising.Reraised(error, (BaseException,)))
        made = error() if isinstance(error, type) else error
        return self.recorder.deliberate(self.recorder.fresh(made))

    def reraise(self, /) -> BaseException:
        """A bare `raise`."""
        if not self.recorder.handled:
            return RuntimeError("No active exception to reraise")
        error, on = self.recorder.handled[-1]
        return self.recorder.deliberate(raising.Reraised(error, on)) if isinstance(error, Value) else error

    def result(self, value: Any, /) -> Any:
        """`return value` for certain: what is wrong with the workflow's result is told where it is returned."""
        if self.recorder.at_top:
            self.recorder.argument(value, "", "")
        return value

    # ----------------------------------------------------------------------------------------------- calls

    @going_on
    def call(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        return calls.invoke(self.recorder, fn, *args, **kwargs)

    @going_on
    def method(self, thing: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
        return calls.method(self.recorder, thing, name, *args, **kwargs)

    @going_on
    def effect(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        return calls.effect(self.recorder, fn, *args, **kwargs)

    @going_on
    def method_effect(self, thing: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
        return calls.method_effect(self.recorder, thing, name, *args, **kwargs)

    def star(self, thing: Any, /) -> Any:
        try:
            return looks.spread(self.recorder, thing)
        except BodyError as error:
            self.recorder.noted(error)
            return ()

    def stars(self, thing: Any, /) -> Any:
        try:
            return looks.spread_names(self.recorder, thing)
        except BodyError as error:
            self.recorder.noted(error)
            return {}

    # --------------------------------------------------------------------------------------------- changes

    def change(self, where: str, container: Any, method: str, /, *args: Any, **kwargs: Any) -> mutate.Changed:
        return mutate.change(self.recorder, where, container, method, *args, **kwargs)

    def change_default(
        self, where: str, container: Any, key: Any, default: Any, method: str, /, *args: Any, **kwargs: Any
    ) -> mutate.Changed:
        return mutate.change_default(self.recorder, where, container, key, default, method, *args, **kwargs)

    def change_inside(self, container: Any, method: str, /, *args: Any, **kwargs: Any) -> Any:
        return mutate.change_inside(self.recorder, container, method, *args, **kwargs)

    @going_on
    def inplace(self, name: str, where: str, old: Any, value: Any, /) -> Any:
        return mutate.inplace(self.recorder, name, where, old, value)

    def put_back(self, where: str, container: Any, keys: tuple[Any, ...], changed: Any, /) -> Any:
        return mutate.put_back(self.recorder, where, container, keys, changed)

    def set_path(self, where: str, container: Any, keys: tuple[Any, ...], value: Any, /) -> Any:
        return mutate.set_path(self.recorder, where, container, keys, value)

    def set_inside(self, where: str, container: Any, key: Any, value: Any, /) -> None:
        mutate.set_inside(self.recorder, where, container, key, value)

    def delete_path(self, where: str, container: Any, keys: tuple[Any, ...], /) -> Any:
        return mutate.delete_path(self.recorder, where, container, keys)

    def delete_inside(self, where: str, container: Any, key: Any, /) -> None:
        mutate.delete_inside(self.recorder, where, container, key)

    def set_attribute(self, thing: Any, name: str, value: Any, /) -> None:
        mutate.set_attribute(self.recorder, thing, name, value)

    # ----------------------------------------------------------------------------------------- expressions

    @going_on
    def binary(self, name: str, left: Any, right: Any, /) -> Any:
        return syntax.binary(self.recorder, name, left, right)

    @going_on
    def unary(self, name: str, operand: Any, /) -> Any:
        return operate.operate(self.recorder, name, (operand,))

    @going_on
    def compare(self, name: str, left: Any, right: Any, /) -> Any:
        return syntax.compare(self.recorder, name, left, right)

    @going_on
    def chain(self, names: tuple[str, ...], left: Any, right: Any, /, *others: Callable[[], Any]) -> Any:
        return syntax.chain(self.recorder, names, left, right, others)

    @going_on
    def logic(self, kind: str, texts: tuple[str, ...], first: Any, /, *others: Callable[[], Any]) -> Any:
        return decisions.logic(self.recorder, kind, (lambda: first, *others), texts)

    @going_on
    def negation(self, thing: Any, /) -> Any:
        return decisions.negation(self.recorder, thing)

    @going_on
    def ternary(self, text: str, test: Any, then: Callable[[], Any], other: Callable[[], Any], /) -> Any:
        return decisions.ternary(self.recorder, test, then, other, text)

    def decided(self, thing: Any, /) -> Any:
        """A condition around `:=`, which has to be known."""
        if isinstance(thing, Value):
            raise self.recorder.refuse(
                "a condition around :=", thing, "assign the value first, or write an if"
            )
        return thing

    @going_on
    def item(self, thing: Any, key: Any, /) -> Any:
        return looks.item(self.recorder, thing, key)

    @going_on
    def text(self, parts: tuple[Any, ...], /) -> Any:
        return texts.text(self.recorder, parts)

    @going_on
    def comprehension(
        self,
        kind: str,
        items: Any,
        test: Callable[[Any], Any] | None,
        element: Callable[[Any], Any],
        name: str,
        /,
    ) -> Any:
        return comprehend.comprehend(self.recorder, kind, items, test, element, name)

    @going_on
    def collected(self, kind: str, listed: Any, /) -> Any:
        return comprehend.collected(self.recorder, kind, listed)

    @going_on
    def display(self, kind: str, /, *pieces: tuple[bool, Any]) -> Any:
        return comprehend.display(self.recorder, kind, pieces)

    @going_on
    def display_dict(self, /, *pieces: tuple[Any, ...]) -> Any:
        return comprehend.display_dict(self.recorder, pieces)

    @going_on
    def known(self, value: Any, what: str, /) -> Any:
        """A place where Python would silently take a Value for what it is not."""
        if isinstance(value, Value):
            raise self.recorder.refuse(what, value, "do it inside a step, where the value is known")
        return value

    # ------------------------------------------------------------------------------------------ assignments

    def named(self, value: Any, name: str, /) -> Any:
        """`name = value`."""
        return self.recorder.named(value, name)

    def unpack(self, value: Any, shape: str, /) -> Any:
        """`a, (b, c) = value`, with the shape as `rewrite.construct.shape_of` writes it."""
        return looks.unpack(self.recorder, value, shape)

    def flatten(self, value: Any, shape: str, /) -> list[Any]:
        """The names of an unpacking target of a comprehension, in order."""
        return looks.flatten(self.recorder, value, shape)

    # ---------------------------------------------------------------------------------------------- match

    def is_sequence(self, thing: Any, /) -> Any:
        return syntax.is_sequence(self.recorder, thing)

    def is_mapping(self, thing: Any, /) -> Any:
        return syntax.is_mapping(self.recorder, thing)

    def length(self, thing: Any, /) -> Any:
        return operate.operate(self.recorder, "len", (thing,))

    def without(self, thing: Any, keys: tuple[Any, ...], /) -> Any:
        return syntax.without(self.recorder, thing, keys)

    def match_argument(self, cls: type, thing: Any, place: int, /) -> Any:
        """The attribute that a positional pattern of a class looks at."""
        names = getattr(cls, "__match_args__", ())
        if place >= len(names):
            raise TypeError(
                f"{cls.__name__}() accepts {len(names)} positional sub-patterns ({place + 1} given)"
            )
        if isinstance(thing, Value):
            return self.recorder.attribute(thing, names[place])
        return getattr(thing, names[place])
