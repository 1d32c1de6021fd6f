"""Requests held to shapes, in the words of the service."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.model import Shape, ShapeResolver

from flowdeco.server.faults import Fault
from flowdeco.server.shapes import request_check

SHAPES: dict[str, Any] = {
    "Request": {
        "type": "structure",
        "required": ["name"],
        "members": {
            "name": {"shape": "Name"},
            "secret": {"shape": "Secret"},
            "level": {"shape": "Level"},
            "counts": {"shape": "Counts"},
            "shares": {"shape": "Shares"},
            "token": {"shape": "Token"},
        },
    },
    "Name": {"type": "string", "min": 1, "max": 3},
    "Secret": {"type": "string", "max": 3, "sensitive": True},
    "Level": {"type": "string", "enum": ["INFO", "DEBUG"]},
    "Count": {"type": "integer", "min": 0},
    "Counts": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Count"}},
    "Share": {"type": "float", "max": 100},
    "Shares": {"type": "list", "member": {"shape": "Share"}, "min": 1, "max": 2},
    "Token": {"type": "string", "pattern": "[a-z]+"},
}


def problem(request: Any) -> tuple[str, str] | None:
    shape: Shape = ShapeResolver(SHAPES).get_shape_by_name("Request")
    try:
        request_check(shape)(request)
    except Fault as fault:
        return fault.code, fault.message
    return None


def test_what_is_taken() -> None:
    taken = {"name": "abc", "level": "INFO", "counts": {"a": 1}, "shares": [1, None], "token": "x", "more": 1}
    assert problem(taken) is None
    assert problem({"name": "a", "level": None, "shares": [99.5]}) is None
    request_check(None)({"anything": 1})


@pytest.mark.parametrize(
    ("request_", "constraint"),
    [
        ({}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        (
            {"name": ""},
            "Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            {"name": "abcd"},
            "Value 'abcd' at 'name' failed to satisfy constraint: Member must have length less than or equal to 3",
        ),
        ({"name": "a", "secret": "abcd"}, "Value '***' at 'secret' failed"),
        ({"name": "a", "level": "X"}, "Member must satisfy enum value set: [INFO, DEBUG]"),
        (
            {"name": "a", "counts": {"b": -1}},
            "Value '-1' at 'counts.b' failed to satisfy constraint: Member must have value greater",
        ),
        (
            {"name": "a", "shares": []},
            "Value '[]' at 'shares' failed to satisfy constraint: Member must have length greater",
        ),
        ({"name": "a", "shares": [1, 101]}, "Value '101' at 'shares.2.member' failed"),
        ({"name": "a", "token": "A"}, "Member must satisfy regular expression pattern: [a-z]+"),
    ],
)
def test_constraints(request_: Any, constraint: str) -> None:
    told = problem(request_)
    assert told is not None
    assert told[0] == "ValidationException"
    assert told[1].startswith("1 validation error detected: ")
    assert constraint in told[1]


def test_all_problems_are_told() -> None:
    told = problem({"level": "X"})
    assert told is not None
    assert told[1].startswith("2 validation errors detected: ")


@pytest.mark.parametrize(
    "request_",
    [
        1,
        [],
        {"name": 1},
        {"name": "a", "counts": []},
        {"name": "a", "counts": {"a": True}},
        {"name": "a", "counts": {"a": 2**31}},
    ],
)
def test_values_of_another_type(request_: Any) -> None:
    told = problem(request_)
    assert told is not None
    assert told[0] == "SerializationException"
