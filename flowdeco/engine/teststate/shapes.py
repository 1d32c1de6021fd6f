"""Whether a mocked result looks like what the service's operation answers with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from flowdeco.asl.model import JSON
from flowdeco.engine.resources import Resource
from flowdeco.engine.teststate.request import RejectedRequest


class Shape(Protocol):
    """The shape of a value, as botocore's service models have it. A structure has `members` and `required_members`, a
    list a `member`, a map a `value`, a text an `enum`; `metadata` holds `min` and `max`.
    """

    @property
    def type_name(self) -> str: ...

    @property
    def metadata(self) -> Mapping[str, Any]: ...


Shapes: TypeAlias = Callable[[str, str], Shape | None]
"""From a service (`dynamodb`) and an operation (`putItem`) to the shape of its answer; None when it is not known."""

Mode: TypeAlias = Literal["STRICT", "PRESENT", "NONE"]

_NUMBERS = ("integer", "long", "float", "double", "bigdecimal", "biginteger")
_FREE = {("lambda", "invoke"): ("Payload",)}
"""What may be any JSON, because the integration decodes it."""
_OWN = ("SdkHttpMetadata", "SdkResponseMetadata")


def check_result(result: JSON, target: Resource, mode: Mode, shapes: Shapes | None) -> None:
    """Raises RejectedRequest, with the words of the service, when a mocked result has not the shape of the answer."""
    if mode == "NONE" or shapes is None or target.kind in ("function", "activity"):
        return
    service = target.service.removeprefix("aws-sdk:")
    action = target.action.partition(".")[0]
    shape = shapes(service, action)
    if shape is not None:
        _check("", result, shape, mode, _FREE.get((service, action), ()))


def _refuse(name: str, problem: str) -> RejectedRequest:
    what = f"Field '{name}' {problem}" if name else f"Mock result {problem}"
    return RejectedRequest("ValidationException", f"Mock result schema validation error: {what}")


def _check(name: str, value: JSON, shape: Any, mode: Mode, free: Sequence[str] = ()) -> None:
    kind = shape.type_name
    if kind == "structure":
        _structure(name, value, shape, mode, free)
    elif kind == "map":
        if not isinstance(value, dict):
            raise _refuse(name, "must be an object")
        for part in value.values():
            _check(name, part, shape.value, mode)
    elif kind == "list":
        if not isinstance(value, list):
            raise _refuse(name, "must be an array")
        for part in value:
            _check(name, part, shape.member, mode)
    elif kind == "boolean":
        if not isinstance(value, bool):
            raise _refuse(name, "must be a boolean")
    elif kind in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _refuse(name, "must be a number")
        _number(name, value, shape.metadata)
    else:
        if not isinstance(value, str):
            raise _refuse(name, "must be a string")
        _text(name, value, shape)


def _structure(name: str, value: JSON, shape: Any, mode: Mode, free: Sequence[str]) -> None:
    if not isinstance(value, dict):
        raise _refuse(name, "must be an object")
    members = {_spelled(member): found for member, found in shape.members.items()}
    if getattr(shape, "document", False):
        return
    for field, part in value.items():
        found = members.get(_spelled(field))
        if found is not None and field not in free and field not in _OWN:
            _check(field, part, found, mode)
    if mode == "STRICT":
        given = {_spelled(field) for field in value}
        for required in shape.required_members:
            if _spelled(required) not in given:
                raise _refuse(required[0].upper() + required[1:], "is required but missing")


def _spelled(name: str) -> str:
    """Step Functions spells all members with a capital."""
    return name[:1].upper() + name[1:]


def _number(name: str, value: float, limits: Mapping[str, Any]) -> None:
    if "min" in limits and value < limits["min"]:
        raise _refuse(name, "is less than the minimum value")
    if "max" in limits and value > limits["max"]:
        raise _refuse(name, "is greater than the maximum value")


def _text(name: str, value: str, shape: Any) -> None:
    if shape.type_name == "timestamp":
        return
    limits = shape.metadata
    if len(value) < limits.get("min", 0):
        raise _refuse(name, "is smaller than the minimum length")
    if "max" in limits and len(value) > limits["max"]:
        raise _refuse(name, "is larger than the maximum length")
    if getattr(shape, "enum", None) and value not in shape.enum:
        raise _refuse(name, "is not an expected value")
