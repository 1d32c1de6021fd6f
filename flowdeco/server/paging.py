"""Lists in pages: how many a page has, and the token that leads to the next one."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, TypeVar

from flowdeco.server.faults import invalid_token

T = TypeVar("T")

_DEFAULT: Final = 100


def page_size(request: Mapping[str, Any], default: int = _DEFAULT) -> int:
    """How many results a page has; 0 asks for the default."""
    return int(request.get("maxResults") or default)


def position(request: Mapping[str, Any], *about: str) -> int | None:
    """Where the page that is asked for begins; None: at the start.

    A token belongs to the list that it came from, which `about` tells. Raises the Fault InvalidToken.
    """
    token = request.get("nextToken")
    if token is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
    except (ValueError, UnicodeError, binascii.Error, RecursionError):
        raise invalid_token() from None
    match found:
        case [int(start), str(of)] if of == _digest(about) and 0 <= start < 2**62:
            return start
    raise invalid_token()


def token_of(start: int, *about: str) -> str:
    """The token of a page that begins at `start`."""
    return base64.urlsafe_b64encode(json.dumps([start, _digest(about)]).encode()).decode()


def page(
    request: Mapping[str, Any], name: str, things: Sequence[T], show: Callable[[T], Any], *about: str
) -> dict[str, Any]:
    """One page of a list that is known whole, under `name`, with the token of the next page if there is one."""
    start = position(request, name, *about) or 0
    end = start + page_size(request)
    found: dict[str, Any] = {name: [show(thing) for thing in things[start:end]]}
    if end < len(things):
        found["nextToken"] = token_of(end, name, *about)
    return found


def _digest(about: Sequence[str]) -> str:
    return sha256("\0".join(about).encode("utf-8", "backslashreplace")).hexdigest()[:12]
