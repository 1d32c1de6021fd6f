"""What users may say about a step or a workflow, checked when it is said, kept as frozen data.

`@step(memory="2GB", timeout="5m", retry=Retry(on=ConnectionError, max_attempts=5))`

The data is what compiling, packaging and deploying read; nothing here does any work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from flowdeco.authoring.quantities import mebibytes, seconds
from flowdeco.errors import OptionError, did_you_mean

Duration: TypeAlias = int | float | str | timedelta
"""Seconds as a number, `"90s"`, `"5m"`, `"1h30m"`, `"2d"`, or a timedelta."""

Size: TypeAlias = int | float | str
"""MB as a number, or `"512MB"`, `"6GB"`."""

ErrorName: TypeAlias = str | type[BaseException]

ANY_ERROR = "States.ALL"

_MAX_SECONDS = 99_999_999
_ILLEGAL_IN_NAMES = frozenset('?*<>{}[]"#%\\^|~`$&,;:/')


def whole_seconds(value: Duration, what: str, maximum: int = _MAX_SECONDS) -> int:
    """Step Functions counts whole seconds from 1: anything else is refused."""
    number = seconds(value, what=what)
    if number != int(number) or not 1 <= number <= maximum:
        raise OptionError(
            f"{what} is {value!r}: Step Functions takes whole seconds from 1 to {maximum:,}",
            hint=f"write {what}={max(1, min(maximum, round(number)))}",
        )
    return int(number)


def check_name(name: object, what: str, *, maximum: int = 80, spaces: bool = True) -> str:
    """A name Step Functions takes: 1 to 80 characters, none of those its API refuses.

    Source: the Step Functions quotas page and the API reference of CreateStateMachine.
    """
    if not isinstance(name, str) or not name.strip():
        raise OptionError(f"{what} must be a non-empty string, not {name!r}")
    if len(name) > maximum:
        raise OptionError(
            f"{what} has {len(name)} characters; Step Functions takes at most {maximum}: {name!r}"
        )
    bad = sorted({c for c in name if c in _ILLEGAL_IN_NAMES or not c.isprintable()})
    if not spaces:
        bad += sorted({c for c in name if not (c.isascii() and (c.isalnum() or c in "-_"))} - set(bad))
    if bad:
        raise OptionError(
            f"{what} {name!r} has characters that Step Functions refuses: {' '.join(map(repr, bad))}",
            hint="use letters, digits, '-' and '_'" + (" and spaces" if spaces else ""),
        )
    return name


@dataclass(frozen=True, slots=True, init=False)
class Retry:
    """When and how often a failed step is tried again.

    `on`: an exception class, an error name as Step Functions sees it (`"States.Timeout"`), or several; default: every
    error. A class also stands for the subclasses known when the workflow is compiled. `max_attempts`: retries after
    the first try, 0 to 99999999, default 3. `interval`: wait before the first retry, default 1 s. `backoff_rate`:
    factor from one wait to the next, at least 1.0, default 2.0. `max_delay`: longest wait, default none.
    `jitter`: True picks each wait at random between 0 and its length.

    >>> Retry(on=ConnectionError, max_attempts=5, interval="10s").interval
    10
    """

    on: tuple[ErrorName, ...]
    max_attempts: int
    interval: int
    backoff_rate: float
    max_delay: int | None
    jitter: bool

    def __init__(
        self,
        on: ErrorName | Sequence[ErrorName] = ANY_ERROR,
        *,
        max_attempts: int = 3,
        interval: Duration = 1,
        backoff_rate: float = 2.0,
        max_delay: Duration | None = None,
        jitter: bool = False,
    ) -> None:
        if isinstance(max_attempts, bool) or not isinstance(max_attempts, int):
            raise OptionError(f"Retry max_attempts must be a whole number, not {max_attempts!r}")
        if not 0 <= max_attempts <= _MAX_SECONDS:
            raise OptionError(f"Retry max_attempts is {max_attempts}: it must be 0 to {_MAX_SECONDS:,}")
        if isinstance(backoff_rate, bool) or not isinstance(backoff_rate, int | float) or backoff_rate < 1:
            raise OptionError(f"Retry backoff_rate must be a number of at least 1.0, not {backoff_rate!r}")
        names = (on,) if isinstance(on, str | type) else tuple(on)
        if not names:
            raise OptionError("Retry on=() retries nothing", hint="name the errors, or leave it out for all")
        for name in names:
            _check_error(name)
        put = object.__setattr__
        put(self, "on", names)
        put(self, "max_attempts", max_attempts)
        put(self, "interval", whole_seconds(interval, "Retry interval"))
        put(self, "backoff_rate", float(backoff_rate))
        limit = None if max_delay is None else whole_seconds(max_delay, "Retry max_delay", 31_622_400)
        put(self, "max_delay", limit)
        put(self, "jitter", bool(jitter))


def _check_error(name: object) -> None:
    if isinstance(name, type) and issubclass(name, BaseException):
        return
    if not isinstance(name, str) or not name:
        raise OptionError(
            f"Retry on={name!r}: expected an exception class or an error name",
            hint="for example on=ConnectionError or on='States.Timeout'",
        )
    if name == "States.Runtime":
        raise OptionError("States.Runtime can be neither retried nor caught", hint="leave it out")


@dataclass(frozen=True, slots=True)
class Permission:
    """A statement of the step's role: IAM actions on resource ARNs, under optional conditions."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class StepOptions:
    """The options of a step. Seconds and MB; None means the default of the service or the project."""

    name: str
    comment: str = ""
    retry: tuple[Retry, ...] = ()
    timeout: int | None = None
    heartbeat: int | None = None
    requirements: tuple[str, ...] | None = None
    memory: int | None = None
    storage: int | None = None
    architecture: Literal["x86_64", "arm64"] | None = None
    env: tuple[tuple[str, str], ...] = ()
    permissions: tuple[Permission, ...] = ()
    pickle: bool = True


@dataclass(frozen=True, slots=True)
class WorkflowOptions:
    """The options of a workflow. `timeout` in seconds for a whole execution."""

    name: str
    comment: str = ""
    timeout: int | None = None


def read_retry(value: object) -> tuple[Retry, ...]:
    """`retry=`: a number of retries of every error, a Retry, or a list of them, exception classes and error names."""
    match value:
        case None | False:
            return ()
        case True:
            return (Retry(),)
        case int():
            return (Retry(max_attempts=value),) if value else ()
        case Retry():
            return (value,)
        case str() | type():
            return (Retry(on=value),)  # type: ignore[arg-type]
        case list() | tuple():
            return tuple(entry for item in value for entry in read_retry(item))
    raise OptionError(
        f"retry={value!r} is not understood",
        hint="write a number of retries, Retry(on=..., max_attempts=...), or a list of Retry",
    )


def read_permissions(value: object) -> tuple[Permission, ...]:
    """`permissions=`: `"s3:GetObject arn:aws:s3:::bucket/*"`, IAM statements as dicts, or a list of both."""
    if value is None:
        return ()
    entries = value if isinstance(value, list | tuple) else [value]
    return tuple(_permission(entry) for entry in entries)


def _permission(entry: object) -> Permission:
    hint = "write 's3:GetObject arn:aws:s3:::bucket/*' or {'Action': ..., 'Resource': ...}"
    conditions: list[tuple[str, str, tuple[str, ...]]] = []
    match entry:
        case Permission():
            return entry
        case str():
            words = entry.replace(",", " ").split()
            actions = [w for w in words if not _is_resource(w)]
            resources = [w for w in words if _is_resource(w)]
        case dict():
            extra = set(entry) - {"Effect", "Action", "Resource", "Condition", "Sid"}
            if extra or entry.get("Effect", "Allow") != "Allow":
                raise OptionError(f"permission {entry!r} is not an Allow statement", hint=hint)
            actions, resources = _strings(entry.get("Action")), _strings(entry.get("Resource"))
            for operator, tests in dict(entry.get("Condition") or {}).items():
                conditions += [(operator, key, tuple(_strings(values))) for key, values in tests.items()]
        case _:
            raise OptionError(f"permission {entry!r} is not understood", hint=hint)
    if not actions or not resources:
        missing = "no action" if not actions else "no resource"
        raise OptionError(f"permission {entry!r} names {missing}", hint=hint)
    for action in actions:
        service, colon, verb = action.partition(":")
        if action != "*" and not (colon and service and verb):
            raise OptionError(f"{action!r} is not an IAM action", hint="an action reads service:Verb")
    return Permission(tuple(actions), tuple(resources), tuple(conditions))


def _is_resource(word: str) -> bool:
    return word == "*" or word.startswith("arn:")


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


_RESERVED_ENV = ("AWS_", "LAMBDA_", "_HANDLER", "_X_AMZN_TRACE_ID", "FLOWDECO_")


def read_env(value: object) -> tuple[tuple[str, str], ...]:
    """`env=`: names and texts; at most 4 KB together; not for secrets (they would show in the Lambda console)."""
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise OptionError(f"env must be a dict of strings, not {value!r}")
    pairs = []
    for key, text in value.items():
        if not isinstance(key, str) or not key.isidentifier():
            raise OptionError(f"env name {key!r} must be letters, digits and '_'")
        if key.startswith(_RESERVED_ENV):
            raise OptionError(f"env name {key!r} is reserved", hint="Lambda and flowdeco set it themselves")
        if not isinstance(text, str):
            raise OptionError(f"env {key} must be a string, not {text!r}", hint=f"write {str(text)!r}")
        pairs.append((key, text))
    if sum(len(k) + len(v) for k, v in pairs) > 4096:
        raise OptionError("env is over 4 KB, the limit of Lambda", hint="read the values from a file or from S3")
    return tuple(sorted(pairs))


def _requirements(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise OptionError(
            f"requirements must be a list of strings, not {value!r}", hint=f"write requirements=[{value!r}]"
        )
    entries = tuple(value)
    for entry in entries:
        if not isinstance(entry, str) or not entry.strip():
            raise OptionError(f"requirement {entry!r} must be a string such as 'pandas>=2'")
    return entries


def _bounded(value: Size, what: str, low: int, high: int) -> int:
    size = mebibytes(value, what=what)
    if not low <= size <= high:
        raise OptionError(f"{what} is {value!r} ({size:,} MB): Lambda takes {low:,} MB to {high:,} MB")
    return size


def _choice(value: object, what: str, allowed: Sequence[str]) -> Any:
    if value not in allowed:
        hint = did_you_mean(str(value), allowed)
        raise OptionError(f"{what}={value!r}: it must be {' or '.join(map(repr, allowed))}", hint=hint)
    return value


def step_options(name: str, comment: str, given: Mapping[str, Any]) -> StepOptions:
    """Checks the options of `@step`. Raises OptionError naming the option, what it takes and what to write."""
    known = {
        "retry": read_retry,
        "timeout": lambda v: whole_seconds(v, "timeout"),
        "heartbeat": lambda v: whole_seconds(v, "heartbeat"),
        "requirements": _requirements,
        "memory": lambda v: _bounded(v, "memory", 128, 10_240),
        "storage": lambda v: _bounded(v, "storage", 512, 10_240),
        "architecture": lambda v: _choice(v, "architecture", ("x86_64", "arm64")),
        "env": read_env,
        "permissions": read_permissions,
        "pickle": _flag,
    }
    for option in given:
        if option not in known:
            hint = did_you_mean(option, [*known, "name", "comment"])
            raise OptionError(f"@step has no option {option!r}", hint=hint)
    values = {option: known[option](value) for option, value in given.items() if value is not None}
    options = StepOptions(check_name(name, "step name"), _comment(comment), **values)
    check_heartbeat(options.heartbeat, options.timeout)
    return options


def check_heartbeat(heartbeat: int | None, timeout: int | None) -> None:
    """A heartbeat must come before the time-out."""
    if heartbeat is not None and timeout is not None and heartbeat >= timeout:
        raise OptionError(f"heartbeat ({heartbeat} s) must be shorter than timeout ({timeout} s)")


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise OptionError(f"pickle must be True or False, not {value!r}")
    return value


def _comment(value: object) -> str:
    if not isinstance(value, str):
        raise OptionError(f"comment must be a string, not {value!r}")
    return value


def call_options(base: StepOptions, given: Mapping[str, Any]) -> StepOptions:
    """The options of one call: `base` with what `train.options(...)` changes."""
    readers = {
        "name": lambda v: check_name(v, "name"),
        "comment": _comment,
        "retry": read_retry,
        "timeout": lambda v: whole_seconds(v, "timeout"),
        "heartbeat": lambda v: whole_seconds(v, "heartbeat"),
    }
    for option in given:
        if option not in readers:
            hint = did_you_mean(option, [*readers, "after"])
            if option in StepOptions.__dataclass_fields__:
                hint = f"{option} belongs to the function: write @step({option}=...)"
            raise OptionError(f"options() has no option {option!r}", hint=hint)
    changed = replace(base, **{k: readers[k](v) for k, v in given.items() if v is not None})
    check_heartbeat(changed.heartbeat, changed.timeout)
    return changed
