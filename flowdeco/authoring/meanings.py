"""What the explicit forms mean, in plain Python.

A plain call runs these functions. The loops and `ensured` are also what a trace reads, as if they stood in the user's body:
so they mean the same there. They are written for that: each function of the user's is called by a name, directly.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from flowdeco.authoring.steps import Step
from flowdeco.authoring.workflows import Workflow

Handlers = Sequence[tuple[tuple[type[BaseException], ...], Any]]


def is_function(thing: object) -> bool:
    """Whether a part of a form is called; anything else is a value."""
    return isinstance(thing, FunctionType | MethodType | BuiltinFunctionType | partial | Step | Workflow)


def takes_one(function: Any) -> bool:
    """Whether a function has a parameter that wants an argument."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C, and silent about what it takes
        return True
    free = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(p.kind is p.VAR_POSITIONAL or (p.kind in free and p.default is p.empty) for p in parameters)


def result(part: Any) -> Any:
    """What a part of a form comes to."""
    return part() if is_function(part) else part


def result_of(part: Any, argument: Any) -> Any:
    """What a part that may use something comes to."""
    if not is_function(part):
        return part
    return part(argument) if takes_one(part) else part()


def chosen(cases: Sequence[tuple[Any, Any]], otherwise: Any) -> Any:
    """`choose`."""
    for condition, then in cases:
        if result(condition):
            return result(then)
    return result(otherwise)


def attempted(body: Any, handlers: Handlers, otherwise: Any, finally_: Any) -> Any:
    """`attempt`."""
    try:
        try:
            value = body()
        except tuple(kind for kinds, _ in handlers for kind in kinds) as error:
            return result_of(next(handler for kinds, handler in handlers if isinstance(error, kinds)), error)
        return value if otherwise is None else result_of(otherwise, value)
    finally:
        if finally_ is not None:
            finally_()


def ensured(body: Callable[[], Any], finally_: Callable[[], Any]) -> Any:
    """A `finally`."""
    try:
        value = body()
    finally:
        finally_()
    return value


def output(value: Any) -> Any:
    """What a child gave, on its way to where the workflow looks into it."""
    return value


# ------------------------------------------------------------------------------------------------- loops


def stepped(body: Any, state: Any, *, over: Iterable[Any], while_: None, until: Any) -> Any:
    """Over items, with a state."""
    for item in over:
        state = body(state, item)
        if until is not None and until(state):
            break
    return state


def visited(body: Any, state: Any, *, over: Iterable[Any], while_: None, until: None) -> None:
    """Over items, for what `body` does."""
    for item in over:
        body(item)


def searched(body: Any, state: Any, *, over: Iterable[Any], while_: None, until: Any) -> Any:
    """Over items, until a result will do."""
    found = None
    for item in over:
        found = body(item)
        if until(found):
            break
    return found


def continued(body: Any, state: Any, *, over: None, while_: Any, until: Any) -> Any:
    """While a condition holds, with a state."""
    while while_(state):
        state = body(state)
        if until is not None and until(state):
            break
    return state


def polled(body: Any, state: Any, *, over: None, while_: Any, until: Any) -> Any:
    """While a condition holds."""
    found = None
    while while_():
        found = body()
        if until is not None and until(found):
            break
    return None if until is None else found


def refined(body: Any, state: Any, *, over: None, while_: None, until: Any) -> Any:
    """For ever or until the state will do."""
    while True:
        state = body(state)
        if until is not None and until(state):
            break
    return state


def repeated(body: Any, state: Any, *, over: None, while_: None, until: Any) -> Any:
    """For ever or until a result will do."""
    while True:
        found = body()
        if until is not None and until(found):
            break
    return found
