"""Task tokens sent back: tasks with `.waitForTaskToken` and activities go on, fail, or get more time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.engine import Tokens
from flowdeco.errors import InputError
from flowdeco.server.faults import Fault, invalid_token
from flowdeco.server.texts import read_json

_TOKEN: Final = re.compile(r"arn:aws:states:.+/[^/]+", re.DOTALL)


class TaskTokens:
    """The operations that send tokens back. `tokens` are those of all executions."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def success(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        token = _token(request)
        try:
            output = read_json(request["output"])
        except ValueError as error:
            raise Fault("InvalidOutput", f"Invalid Output: '{error}'") from error
        return self._send(token, lambda: self._tokens.send_success(token, output))

    def failure(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        token = _token(request)
        error, cause = request.get("error"), request.get("cause")
        return self._send(token, lambda: self._tokens.send_failure(token, error, cause))

    def heartbeat(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        token = _token(request)
        return self._send(token, lambda: self._tokens.send_heartbeat(token))

    def _send(self, token: str, send: Callable[[], None]) -> dict[str, JSON]:
        if not self._tokens.knows(token):
            raise _gone()
        try:
            send()
        except InputError as error:  # too large, or answered at this moment
            if not self._tokens.knows(token):
                raise _gone() from error
            raise Fault("InvalidOutput", f"Invalid Output: '{error.message}'") from error
        return {}


def _token(request: Mapping[str, Any]) -> str:
    token: str = request["taskToken"]
    if _TOKEN.fullmatch(token) is None:
        raise invalid_token()
    return token


def _gone() -> Fault:
    return Fault("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
