"""Texts of requests and answers: JSON that is read strictly, and what UTF-8 can carry."""

from __future__ import annotations

import json

from flowdeco.asl.model import JSON


def read_json(text: str) -> JSON:
    """The value of a text. Raises ValueError for all that is not JSON.

    >>> read_json('{"a": 1}')
    {'a': 1}
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("Invalid JSON: it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"Invalid JSON: {error}") from None


def _no_constant(name: str) -> JSON:
    raise ValueError(f"{name} is no JSON")


def json_text(value: JSON) -> str:
    """JSON as the service spells it, but escaped where UTF-8 cannot carry it.

    >>> json_text({"a": "é"}), json_text("\\ud800")
    ('{"a":"é"}', '"\\\\ud800"')
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def plain(text: str) -> str:
    """Text that UTF-8 can carry."""
    return text.encode("utf-8", "backslashreplace").decode()
