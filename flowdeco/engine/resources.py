"""Resources and the handlers that answer for them."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from json import dumps
from typing import Literal, TypeAlias

from flowdeco.asl.model import JSON
from flowdeco.engine.failure import TaskFailure
from flowdeco.engine.limits import decode, encode
from flowdeco.errors import Finding, did_you_mean

Handler: TypeAlias = Callable[[JSON], JSON]
"""Called with its own copy of the payload; returns JSON, or raises TaskFailure or any exception."""

LAMBDA_INVOKE = "arn:aws:states:::lambda:invoke"
START_EXECUTION = "arn:aws:states:::states:startExecution"
START_EXECUTION_SDK = "arn:aws:states:::aws-sdk:sfn:startExecution"
WAIT_FOR_TOKEN = ".waitForTaskToken"
ANY = "*"
_HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass(frozen=True, slots=True)
class Resource:
    """A Task's `Resource`, taken apart. `kind` function: a Lambda function's ARN; lambda: `lambda:invoke`;
    activity: an activity's ARN; execution: `states:startExecution`; integration: any other service call. `service` and `action` are what events call resourceType and resource."""

    arn: str
    kind: Literal["function", "lambda", "activity", "execution", "integration"]
    service: str
    action: str

    @property
    def title(self) -> str:
        """What the service calls it when its result is too large."""
        return self.arn if self.kind == "function" else self.service


def resource(arn: str) -> Resource:
    """Reads a Task's `Resource`.

    >>> resource("arn:aws:states:::sqs:sendMessage").action
    'sendMessage'
    """
    parts = arn.split(":")
    if len(parts) > 6 and parts[2] == "lambda" and parts[5] == "function":
        return Resource(arn, "function", "lambda", arn)
    if len(parts) > 6 and parts[2] == "states":
        end = -2 if parts[-1] == "2" else -1
        service, action = ":".join(parts[5:end]), ":".join(parts[end:])
        if parts[5] == "activity":
            return Resource(arn, "activity", "activity", arn)
        call = arn.removesuffix(WAIT_FOR_TOKEN)
        if call == LAMBDA_INVOKE:
            return Resource(arn, "lambda", service, action)
        starts = call in (
            START_EXECUTION,
            f"{START_EXECUTION}.sync",
            f"{START_EXECUTION}.sync:2",
            START_EXECUTION_SDK,
        )
        return Resource(arn, "execution" if starts else "integration", service, action)
    return Resource(arn, "integration", "", arn)


@lru_cache(maxsize=1024)
def function_names(function: str) -> tuple[str, ...]:
    """The names a handler for a Lambda function may go by, most exact first.

    >>> function_names("arn:aws:lambda:eu-west-1:123456789012:function:train:7")[1:]
    ('arn:aws:lambda:eu-west-1:123456789012:function:train', 'train:7', 'train')
    """
    head, found, tail = function.rpartition("function:")
    name, _, qualifier = tail.partition(":")
    full = head + found
    names = (function, full + name, f"{name}:{qualifier}" if qualifier else name, name)
    return tuple(dict.fromkeys(names))


@lru_cache(maxsize=1024)
def version(function: str) -> str:
    """What `ExecutedVersion` says for a function name or ARN."""
    qualifier = function.rpartition("function:")[2].partition(":")[2]
    return qualifier if qualifier.isdigit() else "$LATEST"


def find_handler(handlers: Mapping[str, Handler], names: tuple[str, ...]) -> Handler | None:
    """The handler for the first of `names` that has one, or the one for any resource."""
    for name in names:
        handler = handlers.get(name)
        if handler is not None:
            return handler
    return handlers.get(ANY)


def handler_names(target: Resource, function: str | None) -> tuple[str, ...]:
    """Where to look for the handler of a task; `function` is the FunctionName of a `lambda:invoke`."""
    if target.kind == "activity":
        return (target.arn, target.arn.rpartition(":")[2])
    if target.kind in ("integration", "execution"):
        return (target.arn,)
    if target.kind == "function":
        return function_names(target.arn)
    return (*function_names(function), LAMBDA_INVOKE) if function is not None else (LAMBDA_INVOKE,)


def missing_handler(
    where: str,
    target: Resource,
    function: str | None,
    handlers: Mapping[str, Handler],
    others: frozenset[str],
) -> Finding | None:
    """A finding when nothing answers for this task. `function` None: only known at run time, so not checked. `others`
    are the kinds of resources that need no handler.
    """
    if target.kind in others or (target.kind == "lambda" and function is None):
        return None
    names = handler_names(target, function)
    if find_handler(handlers, names) is not None:
        return None
    wanted = function if function is not None else target.arn
    known = [name for name in handlers if name != ANY]
    hint = did_you_mean(names[-2] if target.kind == "lambda" else names[-1], known)
    return Finding("error", f"there is no handler for {wanted!r}", where, hint, "NO_HANDLER")


def no_function(function: str, request: str) -> TaskFailure:
    """What Lambda answers for a function that does not exist."""
    return TaskFailure(
        "Lambda.ResourceNotFoundException",
        f"Function not found: {function} (Service: AWSLambda; Status Code: 404; Error Code: "
        f"ResourceNotFoundException; Request ID: {request}; Proxy: null)",
    )


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a handler with the JSON text of its payload. Calling it returns the JSON text of the result.

    Text goes in and comes out so that handler and execution never share a mutable value, as it is with the
    service. Exceptions become the failure Lambda reports; `compact` says how its cause is spelled.
    """

    handler: Handler
    payload: str
    request: str
    compact: bool

    def __call__(self) -> str | TaskFailure:
        try:
            result = self.handler(decode(self.payload))
        except TaskFailure as failure:
            return TaskFailure(failure.error, failure.cause)
        except (Exception, SystemExit) as error:
            return self._failure(type(error).__name__, str(error), _frames(error))
        try:
            return encode(result)
        except (TypeError, ValueError, RecursionError) as error:
            return self._failure("Runtime.MarshalError", f"Unable to marshal response: {error}", [])

    def guarded(self) -> str | TaskFailure:
        """The call on a thread of the pool, where nothing may escape: KeyboardInterrupt fails the task too."""
        try:
            return self()
        except BaseException as error:
            return self._failure(type(error).__name__, str(error), _frames(error))

    def _failure(self, error: str, message: str, frames: list[str]) -> TaskFailure:
        body = {"errorMessage": message, "errorType": error, "requestId": self.request, "stackTrace": frames}
        return TaskFailure(error, encode(body) if self.compact else dumps(body))


@dataclass(frozen=True, slots=True)
class NoCall:
    """What stands for a call of a function that is not there."""

    failure: TaskFailure

    def __call__(self) -> TaskFailure:
        return self.failure

    guarded = __call__


def _frames(error: BaseException) -> list[str]:
    """The traceback as Lambda formats it, from the handler on."""
    trace = error.__traceback__
    while trace is not None and os.path.dirname(trace.tb_frame.f_code.co_filename) == _HERE:
        trace = trace.tb_next
    return traceback.format_tb(trace) if trace is not None else []


def request_id(number: int) -> str:
    """The id of the n-th request of an execution: unique in it, and the same whenever it is run again."""
    return f"00000000-0000-4000-8000-{number & 0xFFFFFFFFFFFF:012x}"
