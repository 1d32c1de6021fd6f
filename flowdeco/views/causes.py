"""The cause of a failure: for a step it is JSON text with the exception in it, else it is words."""

from __future__ import annotations

import json
from typing import NamedTuple

from flowdeco.views.quantities_text import line_text

_TAG = "Raised:\n"
"""A last line for machines: the class and the arguments of the exception."""


class Cause(NamedTuple):
    """An exception: the name of its class, its text, its frames as `traceback` formats them."""

    type: str
    message: str
    frames: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """On one line, cut when it is long."""
        return line_text(f"{self.type}: {self.message}" if self.message else self.type)


def cause_of(error: str | None, cause: str | None) -> Cause:
    """The exception behind the error and the cause that a state failed with.

    >>> cause_of("ValueError", '{"errorType": "ValueError", "errorMessage": "no rows", "stackTrace": []}')
    Cause(type='ValueError', message='no rows', frames=())
    >>> cause_of("States.Timeout", None).line
    'States.Timeout'
    """
    try:
        body = json.loads(cause or "")
    except ValueError:
        body = None
    if isinstance(body, dict) and "errorType" in body:
        frames = tuple(map(str, body.get("stackTrace") or ()))
        if frames and frames[-1].startswith(_TAG):
            frames = frames[:-1]
        return Cause(str(body["errorType"]), str(body.get("errorMessage") or ""), frames)
    return Cause(error or "unknown error", cause or "")
