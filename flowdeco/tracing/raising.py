"""Exceptions: where one that is raised goes to, and what a handler sees of it.

At run time a state fails with the bare name of the exception's class and a cause, which is the message or, from a step,
the JSON body that Lambda makes. A handler gets both as `{"Error": …, "Cause": …}`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from flowdeco.authoring.options import ANY_ERROR
from flowdeco.errors import CodecError, Location
from flowdeco.graph import (
    Block,
    Case,
    Choice,
    Expression,
    Failing,
    Field,
    Handle,
    Jump,
    Literal,
    Object,
    Raise,
)
from flowdeco.graph.types import STR, Type
from flowdeco.tracing.blocks import Draft, OpenBlock, Pending, handle
from flowdeco.tracing.merging import captured
from flowdeco.tracing.places import user_location
from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

ERROR = Type("error")


@dataclass(eq=False, slots=True)
class Attempting:
    """A `try` whose body is being recorded. `frame`: of the function it is in, for what its names hold now."""

    id: int
    names: tuple[str, ...]
    handlers: tuple[tuple[Any, ...], ...]
    frame: FrameType
    failing: list[Pending] = field(default_factory=list)
    handled: list[list[Pending]] = field(default_factory=list)
    held: Mapping[str, Any] = field(default_factory=dict)
    """What the names hold where its handlers begin."""
    known: list[tuple[Exception, int, Mapping[str, Any]]] = field(default_factory=list)
    """Exceptions raised while tracing, the handlers they go to, and what the names held."""

    def certain(self, body: OpenBlock) -> bool:
        """Whether the body does nothing but raise what is known."""
        return bool(
            self.known
            and not body.nodes
            and not self.failing
            and sum(len(ways) for ways in self.handled) == 1
            and body.end is self.handled[self.known[0][1]][0]
        )

    def env(self) -> Mapping[str, Any]:
        return self.frame.f_locals


class Reraised(Exception):
    """A bare `raise` in a handler, while tracing: the error that the handler got, whatever it will be."""

    def __init__(self, error: Value, on: tuple[Any, ...]) -> None:
        super().__init__(error)
        self.error = error
        self.on = on


def failing(
    recorder: TraceRecorder, frame: FrameType | None = None, held: Mapping[str, Any] | None = None
) -> Callable[[], tuple[Failing, ...]]:
    """What a node recorded now brings to the attempts around it when it fails.

    `held`: what names of a function hold, other than its frame says.
    """
    pendings = []
    for attempting in reversed(recorder.scope.attempts):
        env = attempting.env()
        if held is not None and attempting.frame is frame:
            env = {**env, **held}
        pending = Pending(partial(Failing, attempting.id), captured(recorder, attempting.names, env))
        attempting.failing.append(pending)
        pendings.append(pending)
    return lambda: tuple(pending.frozen() for pending in pendings)


def raised(recorder: TraceRecorder, error: Exception) -> bool:
    """Ends the current path with an exception. False when it is neither the user's `raise` nor for one of his handlers."""
    deliberate = recorder.is_deliberate(error)
    if isinstance(error, Reraised):
        _again(recorder, error)
        return True
    for attempting in reversed(recorder.scope.attempts):
        for number, on in enumerate(attempting.handlers):
            if isinstance(error, tuple(on)):
                if not recorder.open.ended:
                    env = captured(recorder, attempting.names, attempting.env())
                    attempting.known.append((error, number, env))
                _handled(recorder, attempting, number, _caught(recorder, error))
                return True
    if not deliberate:
        return False
    place = recorder.deliberate_place(error)
    if not recorder.open.ended:
        told = described(recorder, error)
        recorder.open.end(Raise(_part(told, "Error"), _part(told, "Cause"), location=place))
    return True


def _handled(
    recorder: TraceRecorder,
    attempting: Attempting,
    number: int,
    error: Expression,
    held: Mapping[str, Any] | None = None,
) -> None:
    if recorder.open.ended:
        return
    env = {**attempting.env(), **(held or {})}
    path = handle(attempting.id, number, error, captured(recorder, attempting.names, env))
    attempting.handled[number].append(path)
    recorder.open.end(path)


def turned_away(
    recorder: TraceRecorder,
    inner: Attempting,
    number: int,
    error: Value,
    entry: tuple[Expression, ...],
) -> None:
    """A handler gets errors by their bare names: those of other classes go on, as if it was not there.

    `inner`: the `try` that the handler is of, no longer among the open ones; `entry`: what all of its handlers begin with.
    """
    from flowdeco.tracing.error_names import error_source, strangers

    others: list[type[BaseException]] = list(strangers(inner.handlers[number])) if inner.failing else []
    place = user_location()
    for later in range(number + 1, len(inner.handlers) + 1):
        if later == len(inner.handlers):
            kinds = others
        else:
            kinds = [kind for kind in others if _covers(inner.handlers[later], kind) is True]
            others = [kind for kind in others if kind not in kinds]
        if not kinds:
            continue
        names = [error_source(kind, recorder.codec.names.main_module) for kind in kinds]
        test = recorder.operate("error.among", (error, names))
        with recorder.open.opened() as taken:
            if later == len(inner.handlers):
                _again(recorder, Reraised(error, tuple(kinds)), inner)
            else:
                recorder.open.end(Handle(inner.id, later, error._expression, entry))
        _choose(recorder, test, taken, place, f"is it {names[0].replace(':', '.')}")


def _again(recorder: TraceRecorder, error: Reraised, inner: Attempting | None = None) -> None:
    """The error of a handler goes on to the attempts further out: which one takes it may be known only at run time.

    `inner`: the `try` that it leaves before the handler's own code runs; names of the same function still hold what they
    held there.
    """
    if recorder.open.ended:
        return
    told = error.error._expression
    place = user_location()
    for attempting in reversed(recorder.scope.attempts):
        held = inner.held if inner is not None and inner.frame is attempting.frame else None
        for number, on in enumerate(attempting.handlers):
            if error.on and all(_covers(on, kind) is True for kind in error.on):
                _handled(recorder, attempting, number, told, held)
                return
            if all(_covers(on, kind) is False for kind in error.on):
                continue
            test = recorder.operate("error.matches", (error.error, _names(recorder, on)))
            with recorder.open.opened() as taken:
                _handled(recorder, attempting, number, told, held)
            _choose(recorder, test, taken, place, " or ".join(_names(recorder, on)[:2]))
    recorder.open.end(Raise(Field(told, "Error", True), Field(told, "Cause", True), location=place))


def _choose(
    recorder: TraceRecorder, test: Any, taken: OpenBlock, place: Location | None, text: str = ""
) -> None:
    id = recorder.next_id("an error")
    condition = recorder.expression(test)
    recorder.open.record(
        Draft(
            id,
            lambda after: Choice(
                id=id,
                cases=(Case(condition, taken.frozen(), text),),
                default=Block((), Jump(id)),
                after=after,
                location=place,
            ),
        )
    )


def _covers(on: tuple[Any, ...], kind: Any) -> bool | None:
    """Whether a handler takes every error of a kind, none, or (None) some."""
    if any(isinstance(own, type) and own in (Exception, BaseException) for own in on):
        return True
    if isinstance(kind, str):
        return True if kind in on else None
    if any(isinstance(own, type) and issubclass(kind, own) for own in on):
        return True
    if any(isinstance(own, str) or issubclass(own, kind) for own in on):
        return None
    return False


def matches(recorder: TraceRecorder, error: Value, classes: tuple[type[BaseException], ...]) -> Any:
    """`isinstance(error, classes)`, of an error that a handler got."""
    from flowdeco.tracing.error_names import error_source, strangers

    names = _names(recorder, classes)
    if ANY_ERROR in names:
        return True
    found = recorder.operate("error.matches", (error, names))
    others = [error_source(kind, recorder.codec.names.main_module) for kind in strangers(classes)]
    if not others:
        return found
    other = recorder.operate("not", (recorder.operate("error.among", (error, others)),))
    return recorder.operate("and", (found, other))


def _names(recorder: TraceRecorder, on: tuple[Any, ...]) -> list[str]:
    from flowdeco.tracing.error_names import error_names

    return list(error_names(on))


def described(recorder: TraceRecorder, error: BaseException) -> Expression:
    """A known exception as a handler sees it."""
    name = type(error).__name__
    if not contains_value(list(error.args)):
        return Literal({"Error": name, "Cause": str(error)})
    plain = type(error).__str__ in (BaseException.__str__, Exception.__str__, OSError.__str__)
    if not plain and not isinstance(error, KeyError):
        raise recorder.fail(
            f"{name} with a run-time value: its message is made by its own code",
            hint=f"raise {name} inside a step, or with a text: {name}(f'...')",
        )
    if len(error.args) != 1:
        text = recorder.operate("repr", (tuple(error.args),))
    elif isinstance(error, KeyError):
        text = recorder.operate("repr", error.args)
    else:
        text = recorder.operate("str", error.args)
    return Object((("Error", Literal(name)), ("Cause", recorder.expression(text))))


def _caught(recorder: TraceRecorder, error: BaseException) -> Expression:
    """A known exception as the handler gets it that it goes to: also what its name and message do not tell."""
    from flowdeco.tracing.error_names import error_source, strangers

    told = described(recorder, error)
    more: list[tuple[str, Expression]] = []
    if not _is_message(error):
        with contextlib.suppress(CodecError):
            more.append(("Args", recorder.expression(list(error.args))))
    if strangers((type(error),)):
        source = error_source(type(error), recorder.codec.names.main_module)
        more.append(("Type", Literal(source)))
    if not more:
        return told
    entries = (("Error", _part(told, "Error")), ("Cause", _part(told, "Cause")), *more)
    if all(isinstance(value, Literal) for _, value in entries):
        return Literal({name: value.value for name, value in entries if isinstance(value, Literal)})
    return Object(entries)


def _is_message(error: BaseException) -> bool:
    """Whether the only argument of an exception is its message."""
    if not contains_value(list(error.args)):
        return error.args == (str(error),)
    only = error.args[0]
    return (
        len(error.args) == 1 and isinstance(only, Value) and only._type == STR and type(error) is not KeyError
    )


def _part(error: Expression, name: str) -> Expression:
    match error:
        case Literal(value):
            return Literal(value[name])
        case Object(entries):
            return dict(entries)[name]
        case _:
            return Field(error, name, True)
