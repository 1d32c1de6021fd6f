"""What users may say about a step or a workflow, checked when it is said, kept as frozen data.

`@step(memory="2GB", timeout="5m", retry=Retry(on=ConnectionError, max_attempts=5))`

The data is what compiling, packaging and deploying read; nothing here does any work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from flowdeco.authoring.permissions import Permission as Permission
from flowdeco.authoring.permissions import read_permissions as read_permissions
from flowdeco.authoring.quantities import mebibytes, seconds
from flowdeco.errors import Location, OptionError, did_you_mean

if TYPE_CHECKING:
    from datetime import timedelta

Duration: TypeAlias = "int | float | str | timedelta"
"""Seconds as a number, `"90s"`, `"5m"`, `"1h30m"`, `"2d"`, or a timedelta."""

Size: TypeAlias = int | float | str
"""MB as a number, or `"512MB"`, `"6GB"`."""

ErrorName: TypeAlias = str | type[BaseException]

ANY_ERROR = "States.ALL"

_MAX_SECONDS = 99_999_999
_MAX_DELAY = 31_622_400
_ILLEGAL_IN_NAMES = frozenset('?*<>{}[]"#%\\^|~`$&,;:/')


def whole_seconds(value: Duration, what: str, maximum: int = _MAX_SECONDS) -> int:
    """Step Functions counts whole seconds from 1: anything else is refused."""
    reason = "Step Functions counts whole seconds"
    return int(seconds(value, what=what, minimum=1, maximum=maximum, whole=True, reason=reason))


def check_name(name: object, what: str, *, maximum: int = 80, spaces: bool = True) -> str:
    """A name Step Functions takes: 1 to 80 characters, none of those its API refuses.

    Source: the Step Functions quotas page and the API reference of CreateStateMachine.
    """
    if not isinstance(name, str) or not name.strip():
        raise OptionError(f"{what} must be a non-empty string, not {name!r}", hint="write name='...'")
    if len(name) > maximum:
        raise OptionError(
            f"{what} {name!r} has {len(name)} characters; Step Functions takes at most {maximum}",
            hint="give it a shorter one with name='...'",
        )
    bad = sorted({c for c in name if c in _ILLEGAL_IN_NAMES or not c.isprintable()})
    if not spaces:
        bad += sorted({c for c in name if not (c.isascii() and (c.isalnum() or c in "-_"))} - set(bad))
    if bad:
        raise OptionError(
            f"{what} {name!r} has characters that Step Functions refuses: {' '.join(map(repr, bad))}",
            hint="use letters, digits, '-' and '_'" + (" and spaces" if spaces else ""),
        )
    if name != name.strip():
        raise OptionError(f"{what} {name!r} begins or ends with a space", hint=f"write {name.strip()!r}")
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
        try:
            fields = _retry_fields(on, max_attempts, interval, backoff_rate, max_delay, jitter)
        except OptionError as error:
            raise error.at(Location.of_caller()) from None
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def of_everything(self) -> bool:
        """Whether it is for every error."""
        return any(error in (ANY_ERROR, Exception, BaseException) for error in self.on)


def _retry_fields(
    on: object,
    max_attempts: object,
    interval: Duration,
    rate: object,
    max_delay: Duration | None,
    jitter: object,
) -> dict[str, Any]:
    names = (on,) if isinstance(on, str | type) else on
    if not isinstance(names, list | tuple):
        raise OptionError(f"Retry on={on!r}: {_EXPECTED_ERRORS}", hint=_ERRORS_HINT)
    if not names:
        raise OptionError("Retry on=() retries nothing", hint="name the errors, or leave it out for all")
    for name in names:
        _check_error(name)
    if type(max_attempts) is not int or not 0 <= max_attempts <= _MAX_SECONDS:
        raise OptionError(
            f"Retry max_attempts must be a whole number from 0 to {_MAX_SECONDS:,}, not {max_attempts!r}",
            hint="it counts the retries after the first try",
        )
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 1 <= rate < inf:
        raise OptionError(
            f"Retry backoff_rate must be a number of at least 1.0, not {rate!r}",
            hint="1.0 keeps the waits equal, 2.0 doubles them",
        )
    if not isinstance(jitter, bool):
        raise OptionError(f"Retry jitter must be True or False, not {jitter!r}", hint="write jitter=True")
    limit = None if max_delay is None else whole_seconds(max_delay, "Retry max_delay", _MAX_DELAY)
    return {
        "on": tuple(names),
        "max_attempts": max_attempts,
        "interval": whole_seconds(interval, "Retry interval"),
        "backoff_rate": float(rate),
        "max_delay": limit,
        "jitter": jitter,
    }


_EXPECTED_ERRORS = "expected an exception class, an error name, or a list of them"
_ERRORS_HINT = "for example on=ConnectionError or on='States.Timeout'"
_SERVICE_ERRORS = tuple(
    f"States.{name}"
    for name in (
        *("ALL", "Timeout", "HeartbeatTimeout", "TaskFailed", "Permissions", "DataLimitExceeded"),
        *("QueryEvaluationError", "NoChoiceMatched", "ItemReaderFailed", "ResultWriterFailed"),
        *("ExceedToleratedFailureThreshold", "IntrinsicFailure", "ParameterPathFailure"),
        *("ResultPathMatchFailure", "BranchFailed", "Http.Socket"),
    )
)
"""Source: the Step Functions guide, "Handling errors"; `States.Http.StatusCode.<n>` besides."""


def _check_error(name: object) -> None:
    if isinstance(name, type) and issubclass(name, BaseException):
        return
    if not isinstance(name, str) or not name:
        raise OptionError(f"Retry on={name!r}: {_EXPECTED_ERRORS}", hint=_ERRORS_HINT)
    if name == "States.Runtime":
        raise OptionError("States.Runtime can be neither retried nor caught", hint="leave it out")
    status = name.startswith("States.Http.StatusCode.")
    if name.startswith("States.") and name not in _SERVICE_ERRORS and not status:
        hint = did_you_mean(name, _SERVICE_ERRORS) or "names that begin with States. are Step Functions' own"
        raise OptionError(f"Step Functions has no error {name!r}", hint=hint)


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
    """The options of a workflow. `timeout` in seconds for a whole execution. `rewrite`: its body is read as Python is
    written, else only calls count. `glue`: what no expression can do becomes a step of its own, else it is an error."""

    name: str
    comment: str = ""
    timeout: int | None = None
    rewrite: bool = True
    glue: bool = True


def read_retry(value: object) -> tuple[Retry, ...]:
    """`retry=`: a number of retries of every error, a Retry, or a list of them, exception classes and error names.

    The one for every error is used for what no other is for, wherever it stands in the list.
    """
    retries = tuple(_retries(value))
    if sum(retry.of_everything for retry in retries) > 1:
        raise OptionError(
            f"retry={value!r} says twice what to do about every error",
            hint="keep one, and name the errors of the others with Retry(on=...)",
        )
    return retries


def _retries(value: object) -> Iterator[Retry]:
    match value:
        case None | False:
            pass
        case True:
            yield Retry()
        case int():
            if value:
                yield Retry(max_attempts=value)
        case Retry():
            yield value
        case str() | type():
            yield Retry(on=value)
        case list() | tuple():
            for item in value:
                yield from _retries(item)
        case _:
            raise OptionError(
                f"retry={value!r} is not understood",
                hint="write a number of retries, Retry(on=..., max_attempts=...), or a list of Retry",
            )


_RESERVED_ENV = frozenset(
    (
        *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
        *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    )
)
"""Source: the Lambda guide, "Defined runtime environment variables"."""

_ENV_BYTES = 4096


def read_env(value: object) -> tuple[tuple[str, str], ...]:
    """`env=`: names and texts; at most 4 KB together; not for secrets (they would show in the Lambda console)."""
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise OptionError(f"env must be a dict of strings, not {value!r}", hint="write env={'NAME': 'text'}")
    pairs = []
    for key, text in value.items():
        if not isinstance(key, str) or not _is_env_name(key):
            raise OptionError(
                f"env name {key!r} is not one Lambda takes",
                hint="use two or more letters, digits and '_', a letter first",
            )
        if key in _RESERVED_ENV or key.startswith("FLOWDECO_"):
            raise OptionError(f"env name {key!r} is reserved", hint="Lambda and flowdeco set it themselves")
        if not isinstance(text, str):
            raise OptionError(f"env {key} must be a string, not {text!r}", hint=f"write {str(text)!r}")
        pairs.append((key, text))
    size = sum(len(key.encode()) + len(text.encode()) for key, text in pairs)
    if size > _ENV_BYTES:
        raise OptionError(
            f"env is {size:,} bytes, more than the 4 KB that Lambda takes",
            hint="read the values from a file or from S3",
        )
    return tuple(sorted(pairs))


def _is_env_name(name: str) -> bool:
    # `_HANDLER` and the like pass here, to be refused as reserved.
    if name in _RESERVED_ENV:
        return True
    return len(name) > 1 and name.isascii() and name[0].isalpha() and name.isidentifier()


def _requirements(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise OptionError(
            f"requirements must be a list of strings, not {value!r}",
            hint=f"write requirements={[value] if isinstance(value, str) else ['pandas>=2']!r}",
        )
    entries = list(value)
    for entry in entries:
        if not isinstance(entry, str) or not entry.strip():
            raise OptionError(f"requirement {entry!r} must be a string", hint="for example 'pandas>=2'")
    # A set has no order of its own, and what is built from this must not change from run to run.
    return tuple(sorted(entries) if isinstance(value, Set) else entries)


def _architecture(value: object) -> Any:
    if value not in ("x86_64", "arm64"):
        hint = did_you_mean(str(value), ("x86_64", "arm64"))
        raise OptionError(f"architecture must be 'x86_64' or 'arm64', not {value!r}", hint=hint)
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise OptionError(
            f"pickle must be True or False, not {value!r}", hint="write pickle=False to forbid it"
        )
    return value


def _comment(value: object) -> str:
    if not isinstance(value, str):
        raise OptionError(f"comment must be a string, not {value!r}", hint="write comment='...'")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "comment": _comment,
    "retry": read_retry,
    "timeout": lambda value: whole_seconds(value, "timeout"),
    "heartbeat": lambda value: whole_seconds(value, "heartbeat"),
    "requirements": _requirements,
    "memory": lambda value: mebibytes(value, what="memory", minimum=128, maximum=10_240, reason="Lambda"),
    "storage": lambda value: mebibytes(value, what="storage", minimum=512, maximum=10_240, reason="Lambda"),
    "architecture": _architecture,
    "env": read_env,
    "permissions": read_permissions,
    "pickle": _flag,
}
_OF_A_CALL = ("comment", "retry", "timeout", "heartbeat")
_ELSEWHERE = {
    "after": "after belongs to a call: write {name}.options(after=...)(...)",
    **dict.fromkeys(
        ("max_concurrency", "distributed"), "{option} belongs to a map: write {name}.map(items, {option}=...)"
    ),
}


def step_options(name: str, comment: str, given: Mapping[str, Any]) -> StepOptions:
    """Checks the options of `@step`. Raises OptionError naming the option, what it takes and what to write."""
    for option in given:
        if option not in _READERS:
            hint = _ELSEWHERE.get(option, "").format(name=name, option=option)
            raise OptionError(
                f"@step has no option {option!r}", hint=hint or did_you_mean(option, [*_READERS, "name"])
            )
    values = {"comment": comment} | {k: v for k, v in given.items() if v is not None}
    return _with(StepOptions(check_name(name, "step name")), values)


def call_options(base: StepOptions, given: Mapping[str, Any]) -> StepOptions:
    """The options of one call: `base` with what `train.options(...)` changes."""
    for option in given:
        if option not in _OF_A_CALL:
            hint = did_you_mean(option, [*_OF_A_CALL, "name", "after"])
            if option in _READERS:
                hint = f"{option} belongs to the function: write @step({option}=...)"
            elif option in _ELSEWHERE:
                hint = _ELSEWHERE[option].format(name=base.name, option=option)
            raise OptionError(f"options() has no option {option!r}", hint=hint)
    return _with(base, {k: v for k, v in given.items() if v is not None})


def _with(base: StepOptions, given: Mapping[str, Any]) -> StepOptions:
    values = {option: _READERS[option](value) for option, value in given.items()}
    changed = replace(base, **values)
    if changed.heartbeat is not None and changed.timeout is not None and changed.heartbeat >= changed.timeout:
        raise OptionError(
            f"heartbeat ({changed.heartbeat} s) must be shorter than timeout ({changed.timeout} s)",
            hint="a heartbeat that comes later is never waited for",
        )
    return changed


def workflow_options(name: str, comment: str, given: Mapping[str, Any]) -> WorkflowOptions:
    """Checks the options of `@workflow`. Raises OptionError naming the option, what it takes and what to write."""
    known = ("name", "comment", "timeout", "rewrite", "glue")
    for option in given:
        if option not in known:
            hint = f"{option} belongs to @step" if option in _READERS else did_you_mean(option, known)
            raise OptionError(f"@workflow has no option {option!r}", hint=hint)
    timeout = given.get("timeout")
    for switch in ("rewrite", "glue"):
        value = given.get(switch, True)
        if not isinstance(value, bool):
            raise OptionError(f"{switch} must be True or False, not {value!r}", hint=f"write {switch}=False")
    return WorkflowOptions(
        check_name(name, "workflow name", spaces=False),
        _comment(comment),
        None if timeout is None else whole_seconds(timeout, "timeout", _MAX_SECONDS - 1),
        given.get("rewrite", True),
        given.get("glue", True),
    )
