"""Exception classes → the names Step Functions sees. It knows only bare class names, and no inheritance."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from flowdeco.authoring.options import ANY_ERROR, ErrorName
from flowdeco.tracing.places import is_user_file

_ALSO = {
    "TimeoutError": ("States.Timeout", "Sandbox.Timedout"),
    "MemoryError": ("Runtime.OutOfMemory",),
    "SystemExit": ("Runtime.ExitError",),
}
"""What the service calls an error that Python has a class for."""


def error_names(errors: Iterable[ErrorName]) -> tuple[str, ...]:
    """The names for `ErrorEquals`, in order: of each class also its subclasses that exist now, sorted.

    >>> error_names([ZeroDivisionError, "States.Timeout"])
    ('ZeroDivisionError', 'States.Timeout')
    """
    names: dict[str, None] = {}
    for error in errors:
        if error in (ANY_ERROR, Exception, BaseException):
            return (ANY_ERROR,)
        if isinstance(error, str):
            names[error] = None
            continue
        family = [
            error.__name__,
            *sorted({c.__name__ for c in _subclasses(error, _package(error))} - {error.__name__}),
        ]
        for name in family:
            names[name] = None
            names |= dict.fromkeys(_ALSO.get(name, ()))
    return tuple(names)


def _subclasses(cls: type[BaseException], package: str) -> Iterable[type[BaseException]]:
    """Subclasses that are there in every process that runs this workflow: Python's own, those of the library `package`
    that the handled class is from, and the user's. What some other module happens to have loaded must not change the state machine.
    """
    for sub in cls.__subclasses__():
        if _package(sub) in ("builtins", package) or _is_users(sub):
            yield sub
        yield from _subclasses(sub, package)


def _package(cls: type) -> str:
    return cls.__module__.partition(".")[0]


def _is_users(cls: type) -> bool:
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return file is None or is_user_file(file)
