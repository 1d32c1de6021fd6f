"""Exceptions of steps as Lambda reports them: `{"errorType", "errorMessage", "stackTrace"}`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from flowdeco.errors import FlowdecoError, Location
from flowdeco.runtime.names import MAIN
from flowdeco.runtime.values import ValueCodec

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

_MESSAGE_CHARACTERS = 8_000
_TRACE_CHARACTERS = 12_000
_TAG_CHARACTERS = 2_000
"""Step Functions passes on 32,768 characters of the whole body; escapes need room too."""


RAISED = "Raised:\n"
"""How the type tag begins, which is the last line of a stack trace."""


class StepError(Exception):
    """A step failed. `body` is what Lambda would give Step Functions, `exception` what was raised.

    `body` has `errorType` (the bare name of the class), `errorMessage` and `stackTrace` (formatted frames of
    the user's code; then the exceptions it came from, each with its frames; last, a type tag where the name and
    the message do not say all: see `tag`). `exception` is None after a trip between processes.
    """

    def __init__(self, body: dict[str, Any], exception: BaseException | None = None) -> None:
        super().__init__(body, exception)
        self.body = body
        self.exception = exception

    def __str__(self) -> str:
        return f"{self.body['errorType']}: {self.body['errorMessage']}"

    def __reduce__(self) -> Any:
        return StepError, (self.body,)


def step_error(exception: BaseException, request_id: str, codec: ValueCodec | None = None) -> StepError:
    """The report on an exception. `codec`: for its arguments."""
    kind = type(exception).__name__
    message = _text(exception)
    trace = list(_frames(exception))
    if isinstance(exception, SystemExit):
        kind, message, told = "Runtime.ExitError", *_exit(exception.code, request_id)
        trace += told
    trace += _origins(exception, {id(exception)})
    body = {
        "errorType": kind,
        "errorMessage": _clipped(message, _MESSAGE_CHARACTERS),
        "stackTrace": [*_shortened(trace), *tag(exception, codec)],
    }
    return StepError(body, exception)


def tag(exception: BaseException, codec: ValueCodec | None = None) -> Iterator[str]:
    """Nothing for `ValueError("text")`: its class is Python's own, and its only argument is its message. Nor for ours.

    Else `Raised:` and a line of JSON, so that a handler knows the class from others of its name, and gets `e.args`:
    `{"raised": "module:qualname", "args": [encoded, ...]}`. Without `args` they are just the message; also where they
    cannot be encoded or are too long.
    """
    kind = type(exception)
    module = kind.__module__
    if isinstance(exception, FlowdecoError):
        return
    if module == MAIN and codec is not None and codec.names.main_module:
        module = codec.names.main_module
    found: dict[str, Any] = {"raised": f"{module}:{kind.__qualname__}"}
    args = exception.args
    if args != (_text(exception),) and codec is not None:
        encoded = _arguments(args, codec)
        if encoded is not None:
            found["args"] = encoded
    if module != "builtins" or "args" in found:
        yield f"{RAISED}{json.dumps(found)}\n"


def _arguments(args: tuple[Any, ...], codec: ValueCodec) -> list[Any] | None:
    plain = ValueCodec(codec.store, pickle=False, main_module=codec.names.main_module)
    try:
        encoded: list[Any] = plain.encode(list(args), inline=True)
        fits = len(json.dumps(encoded)) <= _TAG_CHARACTERS
    except Exception:  # an argument that no value between steps can be
        return None
    return encoded if fits else None


def _exit(code: object, request_id: str) -> tuple[str, list[str]]:
    """What Lambda says when the process ends, and what the step said (Lambda: in the log only)."""
    reason = "Runtime exited without providing a reason"
    told: list[str] = []
    if isinstance(code, int):
        if code & 0xFF:
            reason = f"Runtime exited with error: exit status {code & 0xFF}"
    elif code is not None:
        reason = "Runtime exited with error: exit status 1"
        told = [f"SystemExit: {code}\n"]
    return f"RequestId: {request_id} Error: {reason}", told


def _text(exception: BaseException) -> str:
    try:
        return str(exception)
    except Exception:  # the user's __str__
        return f"<unprintable {type(exception).__name__}>"


def _frames(exception: BaseException) -> Iterator[str]:
    """The frames of the user's code, then the notes. The place an error of ours names, if there is no frame."""
    import traceback  # 3 ms, and only failures need it

    summary = traceback.extract_tb(users_traceback(exception.__traceback__))
    frames = [frame for frame in summary if not frame.filename.startswith(_PACKAGE)]
    yield from traceback.format_list(frames)
    location = exception.location if isinstance(exception, FlowdecoError) else None
    if not frames and isinstance(location, Location):
        yield f'  File "{location.file}", line {location.line}, in {location.function}\n'
    for note in getattr(exception, "__notes__", ()):
        yield f"{note}\n"


def users_traceback(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame on that is not flowdeco's own."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        traceback = traceback.tb_next
    return traceback


def _origins(exception: BaseException, seen: set[int]) -> Iterator[str]:
    """The exceptions this one came from, the nearest first."""
    cause, context = exception.__cause__, exception.__context__
    if cause is not None:
        yield from _origin("Caused by", cause, seen)
    elif context is not None and not exception.__suppress_context__:
        yield from _origin("While handling", context, seen)
    if isinstance(exception, BaseExceptionGroup):
        for part in exception.exceptions:
            yield from _origin("With", part, seen)


def _origin(relation: str, exception: BaseException, seen: set[int]) -> Iterator[str]:
    if id(exception) in seen:
        return
    seen.add(id(exception))
    yield f"{relation} {type(exception).__name__}: {_text(exception)}\n"
    yield from _frames(exception)
    yield from _origins(exception, seen)


def _clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text) - limit:,} more characters)"


def _shortened(trace: list[str]) -> Iterator[str]:
    """The first and the last lines; deep recursion leaves out the middle."""
    room = _TRACE_CHARACTERS // 2
    start = _fitting(trace, room)
    end = _fitting(trace[start:][::-1], room)
    yield from (_clipped(line, room) for line in trace[:start])
    if start + end < len(trace):
        yield f"  ... {len(trace) - start - end} more\n"
    yield from (_clipped(line, room) for line in trace[len(trace) - end :])


def _fitting(lines: list[str], room: int) -> int:
    """How many of the lines fit."""
    for count, line in enumerate(lines):
        room -= len(line)
        if room < 0:
            return count
    return len(lines)
