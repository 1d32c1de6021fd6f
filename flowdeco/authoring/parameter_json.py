"""JSON text as users write it: strict, and a mistake is named with its line and column."""

from __future__ import annotations

from typing import Any

from flowdeco.errors import Finding, InputError


class _RefusedJSON(ValueError):
    """JSON that Python would read but that has no single meaning."""


def parse_json(text: str) -> tuple[object, str | None]:
    """The value of `text` and None, or None and what is wrong with it.

    Refused beyond syntax: `NaN` and `Infinity`, a key given twice, numbers too large to be finite.

    >>> parse_json('{"lr": 0.1}')
    ({'lr': 0.1}, None)
    >>> parse_json('{"lr": 0.1,\\n "lr": 0.2}')
    (None, "the key 'lr' is given twice")
    >>> parse_json('[1,')
    (None, 'Expecting value at line 1, column 4')
    """
    import json

    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float), None
    except json.JSONDecodeError as error:
        return None, f"{error.msg} at line {error.lineno}, column {error.colno}"
    except _RefusedJSON as error:
        return None, str(error)
    except RecursionError:
        return None, "it is nested too deeply"
    except ValueError:
        return None, "a number has too many digits"


def read_document(text: str, source: str) -> object:
    """The value of a JSON input document; `source` is its name in errors. Raises `InputError`.

    >>> read_document('{"day": "2026-01-01"}', "inputs.json")
    {'day': '2026-01-01'}
    """
    value, problem = parse_json(text)
    if problem is not None:
        finding = Finding("error", f"not JSON: {problem}", source, _hint(text), "bad-json")
        raise InputError("the input document cannot be read", [finding], hint="write one JSON object")
    return value


def _hint(text: str) -> str | None:
    return "the file is empty: write {} for no inputs" if not text.strip() else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _RefusedJSON(f"the key {key!r} is given twice")
        result[key] = value
    return result


def _constant(name: str) -> object:
    raise _RefusedJSON(f"{name} is not a JSON value")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise _RefusedJSON(f"the number {text[:40]} is too large")
    return value
