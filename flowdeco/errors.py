"""Every exception flowdeco raises, in one tree and one message shape.

    FlowdecoError                     message, location, hint
    ├── OptionError                   a bad option of @step, @workflow, Retry, ... (also a ValueError)
    ├── InputError                    the inputs of a workflow are wrong; lists every finding
    ├── BodyError                     a workflow body cannot be traced
    │   └── UnsupportedError          the body uses a construct that has no meaning (yet) on run-time values
    ├── GraphError                    the graph breaks one of its own rules (a bug in flowdeco)
    ├── DefinitionError               an Amazon States Language definition is wrong; lists every finding
    ├── CodecError                    a value cannot be encoded or decoded
    │   └── IntegrityError            stored bytes are not the bytes that were stored
    ├── StoreError                    the store of values or of executions cannot be read or written
    ├── LoadError                     a pipeline file cannot be loaded, or has no such workflow
    └── ExecutionFailed               an execution ended, but not with a result
        ├── ExecutionTimedOut
        └── ExecutionAborted

Every message says what happened, where (the user's file and line, or the state), and what to do.

    ServiceError                      what AWS reports, not a step: to name in `except` and in Retry(on=...)
    ├── StatesTaskFailed              any failure of a state but a time-out
    ├── StatesTimeout                 (also a TimeoutError)
    │   └── StatesHeartbeatTimeout
    ├── LambdaUnknown, LambdaTooManyRequests, LambdaServiceException
    └── service_error("DynamoDB.ConditionalCheckFailedException"), and so on
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from types import CodeType, FrameType

__all__ = [
    "BodyError",
    "CodecError",
    "DefinitionError",
    "ExecutionAborted",
    "ExecutionFailed",
    "ExecutionTimedOut",
    "Finding",
    "FlowdecoError",
    "GraphError",
    "InputError",
    "IntegrityError",
    "LambdaServiceException",
    "LambdaTooManyRequests",
    "LambdaUnknown",
    "LoadError",
    "Location",
    "OptionError",
    "ServiceError",
    "StatesHeartbeatTimeout",
    "StatesTaskFailed",
    "StatesTimeout",
    "StoreError",
    "UnsupportedError",
    "did_you_mean",
    "service_error",
]


_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the user's source: file, line (from 1) and the name of the function around it.

    >>> str(Location("pipeline.py", 12, "train"))
    'pipeline.py:12'
    """

    file: str
    line: int
    function: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @classmethod
    def of_code(cls, code: CodeType) -> Location:
        """Where a function's code starts."""
        return cls(code.co_filename, code.co_firstlineno, code.co_name)

    @classmethod
    def of_frame(cls, frame: FrameType) -> Location:
        """The line a frame is at."""
        return cls(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)

    @classmethod
    def of_caller(cls) -> Location | None:
        """The innermost line on the stack that is not flowdeco's; None when all of them are."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(_HERE):
            frame = frame.f_back
        return None if frame is None else cls.of_frame(frame)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check found. `where` is a Location for Python, `States.Train.Retry[0]` for ASL.

    >>> print(Finding("error", "unknown input 'dya'", hint="did you mean 'day'?"))
    error: unknown input 'dya'
      hint: did you mean 'day'?
    """

    severity: Literal["error", "warning", "info"]
    message: str
    where: Location | str | None = None
    hint: str | None = None
    code: str = ""

    def __str__(self) -> str:
        return f"{self.severity}: " + _text(self.message, self.where, self.hint)


def _text(message: str, where: Location | str | None, hint: str | None) -> str:
    text = f"{where}: {message}" if where is not None else message
    return f"{text}\n  hint: {hint}" if hint else text


class FlowdecoError(Exception):
    """Base of all flowdeco errors: what (`message`), where (`location`), what to do (`hint`).

    >>> print(FlowdecoError("no step named 'trian'", location=Location("p.py", 3), hint="did you mean 'train'?"))
    p.py:3: no step named 'trian'
      hint: did you mean 'train'?
    """

    def __init__(
        self, message: str, *, location: Location | str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, location, hint)
        self.message = message
        self.location = location
        self.hint = hint

    def __str__(self) -> str:
        return _text(self.message, self.location, self.hint)

    def at(self, location: Location | str | None) -> Self:
        """This error, with a location if it had none.

        >>> str(OptionError("timeout is too long").at("pipeline.py:3").at("elsewhere.py:1"))
        'pipeline.py:3: timeout is too long'
        """
        if self.location is None:
            self.location = location
            self.args = (self.message, location, self.hint)
        return self

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self.__dict__)


def _rebuild(cls: type[FlowdecoError], state: dict[str, Any]) -> FlowdecoError:
    """Unpickles an error of any subclass, whatever its own __init__ takes."""
    error = cls.__new__(cls)
    error.args = (state["message"], state["location"], state["hint"])
    error.__dict__.update(state)
    return error


class OptionError(FlowdecoError, ValueError):
    """A bad option, or an option on the wrong thing."""


class _FindingsError(FlowdecoError):
    def __init__(
        self,
        message: str,
        findings: Sequence[Finding] = (),
        *,
        location: Location | str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, location=location, hint=hint)
        self.findings = tuple(findings)

    def __str__(self) -> str:
        lines = [super().__str__()]
        lines += ["  " + str(f).replace("\n", "\n  ") for f in self.findings]
        return "\n".join(lines)


class InputError(_FindingsError):
    """The inputs of a workflow are wrong. `findings` lists everything that is."""


class BodyError(FlowdecoError):
    """A workflow body, or a call in it, is wrong. `others`: what else is wrong in the same body."""

    others: tuple[FlowdecoError, ...] = ()


class UnsupportedError(BodyError):
    """A construct in a workflow body that has no meaning on values known only at run time."""


class GraphError(FlowdecoError):
    """A graph breaks one of its own rules. Seeing this is a bug in flowdeco."""


class DefinitionError(_FindingsError):
    """An Amazon States Language definition is wrong. `findings` lists everything that is."""


class CodecError(FlowdecoError):
    """A value cannot be encoded, or encoded data cannot be decoded."""


class IntegrityError(CodecError):
    """Stored bytes do not have the digest that the reference to them promises."""


class StoreError(FlowdecoError):
    """The store of values or of executions cannot be read or written."""


class LoadError(FlowdecoError):
    """A pipeline file cannot be loaded, or has no such workflow."""


class ExecutionFailed(FlowdecoError):
    """An execution ended without a result.

    `error` and `cause` are what the state machine saw (error name, cause text), `step` the step
    that failed (None when no step did), `error_type`, `error_message` and `stack_trace` the original
    exception's class name, text and formatted frames.
    """

    status = "FAILED"

    def __init__(
        self,
        message: str,
        *,
        location: Location | str | None = None,
        hint: str | None = None,
        error: str | None = None,
        cause: str | None = None,
        step: str | None = None,
        error_type: str | None = None,
        error_message: str | None = None,
        stack_trace: Sequence[str] = (),
    ) -> None:
        super().__init__(message, location=location, hint=hint)
        self.error = error
        self.cause = cause
        self.step = step
        self.error_type = error_type
        self.error_message = error_message
        self.stack_trace = tuple(stack_trace)


class ExecutionTimedOut(ExecutionFailed):
    """The whole execution ran past its time limit."""

    status = "TIMED_OUT"


class ExecutionAborted(ExecutionFailed):
    """The execution was stopped from outside."""

    status = "ABORTED"


class ServiceError(Exception):
    """An error that AWS reports about a state: nothing raises it, but a workflow's `except` and `Retry(on=...)` match it.

    `error_name` is what Step Functions calls it, and the `__name__` of the class. `except ServiceError` is for those
    below, and for those that `service_error` has made.

    >>> StatesTimeout.error_name
    'States.Timeout'
    """

    error_name = ""

    def __init_subclass__(cls, *, error_name: str, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.error_name = cls.__name__ = error_name

    def __reduce__(self) -> Any:
        return _service_failure, (self.error_name, self.args)


def _service_failure(error_name: str, args: tuple[Any, ...]) -> ServiceError:
    return service_error(error_name)(*args)


class StatesTaskFailed(ServiceError, error_name="States.TaskFailed"):
    """Whatever a state fails with, the exceptions of steps included, but for time-outs."""


class StatesTimeout(ServiceError, TimeoutError, error_name="States.Timeout"):
    """A step ran longer than its `timeout=`. A `TimeoutError` too."""


class StatesHeartbeatTimeout(StatesTimeout, error_name="States.HeartbeatTimeout"):
    """What waits for an answer from outside got no sign of life for too long."""


class LambdaUnknown(ServiceError, error_name="Lambda.Unknown"):
    """The function ended in a way that Lambda cannot tell: killed, or out of memory or time."""


class LambdaTooManyRequests(ServiceError, error_name="Lambda.TooManyRequestsException"):
    """Lambda runs as many functions as the account may have at a time."""


class LambdaServiceException(ServiceError, error_name="Lambda.ServiceException"):
    """A fault of Lambda itself."""


_SERVICE_ERRORS: dict[str, type[ServiceError]] = {}


def service_error(error_name: str) -> type[ServiceError]:
    """The class for an error of a service, by the name that Step Functions gives it; always the same one for a name.

    Raises OptionError for what is no such name.

    >>> service_error("DynamoDB.ConditionalCheckFailedException").__name__
    'DynamoDB.ConditionalCheckFailedException'
    >>> service_error("States.Timeout") is StatesTimeout
    True
    """
    known = _SERVICE_ERRORS or {
        each.error_name: each
        for each in (
            StatesTaskFailed,
            StatesTimeout,
            StatesHeartbeatTimeout,
            LambdaUnknown,
            LambdaTooManyRequests,
            LambdaServiceException,
        )
    }
    _SERVICE_ERRORS.update(known)
    if error_name not in known:
        parts = error_name.split(".") if isinstance(error_name, str) else []
        if len(parts) < 2 or not all(part.isidentifier() or part.isdecimal() for part in parts):
            raise OptionError(
                f"{error_name!r} is no name of a service's error",
                hint="names have the service first: 'DynamoDB.ConditionalCheckFailedException'",
            )
        made = type("".join(parts), (ServiceError,), {"__module__": __name__}, error_name=error_name)
        _SERVICE_ERRORS[error_name] = made
    return _SERVICE_ERRORS[error_name]


def did_you_mean(name: str, names: Sequence[str]) -> str | None:
    """A hint naming the closest of `names`, in any case of letters, or None when none is close.

    >>> did_you_mean("TRIAN", ["train", "test"])
    "did you mean 'train'?"
    """
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    if not close:
        spellings = {known.casefold(): known for known in names}
        close = [spellings[known] for known in get_close_matches(name.casefold(), spellings, n=1)]
    return f"did you mean {close[0]!r}?" if close else None
