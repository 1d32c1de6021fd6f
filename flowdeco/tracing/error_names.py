"""Exception classes → the names Step Functions sees. It knows only bare class names, and no inheritance."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from flowdeco.authoring.options import ANY_ERROR, ErrorName
from flowdeco.tracing.places import is_user_file

_ALSO = {
    "TimeoutError": ("States.Timeout", "Sandbox.Timedout"),
    "States.Timeout": ("Sandbox.Timedout",),
    "MemoryError": ("Runtime.OutOfMemory",),
    "SystemExit": ("Runtime.ExitError",),
}
"""What the service calls an error that Python has a class for."""


def error_names(errors: Iterable[ErrorName]) -> tuple[str, ...]:
    """The names for `ErrorEquals`, in order: of each class also its subclasses that exist now, sorted.

    >>> error_names([ZeroDivisionError, "States.TaskFailed"])
    ('ZeroDivisionError', 'States.TaskFailed')
    """
    names: dict[str, None] = {}
    for error in errors:
        if error in (ANY_ERROR, Exception, BaseException):
            return (ANY_ERROR,)
        if isinstance(error, str):
            names[error] = None
            continue
        inherited = {c.__name__ for c in _subclasses(error, _package(error))}
        for name in (error.__name__, *sorted(inherited - {error.__name__, ""})):
            names[name] = None
            names |= dict.fromkeys(_ALSO.get(name, ()))
    names.pop("ServiceError", None)  # the service reports one of its kinds, never this
    return tuple(names)


def strangers(errors: Iterable[ErrorName]) -> tuple[type[BaseException], ...]:
    """Classes that handlers of `errors` are not for, and that have the same bare names as those they are for.

    Such are Python's own, those of the libraries that the classes are from, and the user's, as far as they can be
    imported. Sorted by where they are from.
    """
    errors = tuple(errors)
    classes = tuple(error for error in errors if isinstance(error, type))
    taken = {error for error in errors if isinstance(error, str)}
    if ANY_ERROR in taken or Exception in classes or BaseException in classes:
        return ()
    names = {*error_names(classes)} - taken
    meant = {error_source(kind) for error in classes for kind in (error, *_all_subclasses(error))}
    packages = {"builtins", *map(_package, classes)}
    found = {
        error_source(kind): kind
        for kind in _all_subclasses(BaseException)
        if kind.__name__ in names
        and not issubclass(kind, classes)
        and (_package(kind) in packages or _is_users(kind))
        and _is_importable(kind)
    }
    return tuple(found[source] for source in sorted(found.keys() - meant))


def error_source(kind: type[BaseException], main_module: str | None = None) -> str:
    """Where a class is from, as the type tag of an error says it. `main_module`: the real name of `__main__`.

    >>> error_source(KeyError)
    'builtins:KeyError'
    """
    module = main_module if kind.__module__ == "__main__" and main_module else kind.__module__
    return f"{module}:{kind.__qualname__}"


def _all_subclasses(cls: type[BaseException]) -> Iterator[type[BaseException]]:
    seen: set[type[BaseException]] = set()
    waiting = [cls]
    while waiting:
        for sub in type.__subclasses__(waiting.pop()):
            if sub not in seen:
                seen.add(sub)
                waiting.append(sub)
                yield sub


def _subclasses(cls: type[BaseException], package: str) -> Iterator[type[BaseException]]:
    """Subclasses that are there in every process that runs this workflow: Python's own, those of the library `package`
    that the handled class is from, and the user's. What some other module happens to have loaded must not change the
    state machine.
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


def _is_importable(cls: type) -> bool:
    found: object = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is cls
