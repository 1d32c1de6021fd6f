"""What kind of thing a body calls."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from flowdeco.authoring.steps import Step
from flowdeco.authoring.workflows import Workflow
from flowdeco.tracing.places import is_ours, is_user_code
from flowdeco.tracing.value import Value


class Callee(Enum):
    TRACED = auto()
    """A step, a workflow, or one of flowdeco's own functions: it knows what to do with Values."""
    VALUE = auto()
    """A method of a run-time value."""
    HELPER = auto()
    """The user's own function: part of the body."""
    CONTAINER = auto()
    """A method of a list, dict and the like, or a class: it may hold Values without looking at them."""
    OTHER = auto()
    """A function of Python's or of a library: it must not meet a Value."""


_CONTAINERS = (list, dict, tuple, set, deque)


def classify(fn: Any) -> Callee:
    """Decides by what it is, never by calling it."""
    if isinstance(fn, Value):
        return Callee.VALUE
    if isinstance(fn, Step | Workflow):
        return Callee.TRACED
    if isinstance(fn, MethodType):
        if isinstance(fn.__self__, Step | Workflow):
            return Callee.TRACED
        return classify(fn.__func__)
    if isinstance(fn, FunctionType):
        if is_ours(fn.__code__.co_filename):
            return Callee.TRACED
        return Callee.HELPER if is_user_code(fn.__code__) else Callee.OTHER
    if isinstance(fn, BuiltinFunctionType):
        return Callee.CONTAINER if isinstance(fn.__self__, _CONTAINERS) else Callee.OTHER
    if isinstance(fn, type):
        if issubclass(fn, BaseException):
            return Callee.CONTAINER
        return Callee.OTHER if fn.__module__ == "builtins" and fn not in (dict, zip) else Callee.CONTAINER
    return Callee.OTHER
