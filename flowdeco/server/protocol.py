"""AWS JSON 1.0: from the bytes of a request to the operation it names, and from its answer to bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from flowdeco.asl.model import JSON
from flowdeco.server.faults import Fault
from flowdeco.server.shapes import request_check

if TYPE_CHECKING:
    from botocore.model import ServiceModel

_NAMESPACES: Final[Mapping[str, str]] = {
    "SerializationException": "com.amazon.coral.service",
    "UnknownOperationException": "com.amazon.coral.service",
    "ValidationException": "com.amazon.coral.validate",
    "InternalFailure": "com.amazon.coral.service",
}
_OWN: Final = "com.amazonaws.swf.service.v2.model"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    body: bytes
    error: str | None = None


class Protocol:
    """The service as botocore's model describes it. The model is read when it is first needed."""

    def __init__(self) -> None:
        self._checks: dict[str, Callable[[Any], None]] = {}

    @cached_property
    def model(self) -> ServiceModel:
        from botocore.loaders import Loader
        from botocore.model import ServiceModel

        return ServiceModel(Loader().load_service_model("stepfunctions", "service-2"), "stepfunctions")

    def read(self, target: str | None, body: bytes) -> tuple[str, dict[str, Any]]:
        """The name of the operation and its request, held to the model. Raises Fault."""
        prefix, _, name = (target or "").partition(".")
        if prefix != self.model.metadata["targetPrefix"] or name not in self.model.operation_names:
            raise Fault("UnknownOperationException", f"there is no operation {target!r}")
        try:
            request = json.loads(body or b"{}", parse_constant=_no_constant)
            if b"\\u" in body:  # halves of characters, which no text can be made of
                json.dumps(request, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise Fault("SerializationException", "the request is no JSON") from error
        check = self._checks.get(name)
        if check is None:
            check = self._checks[name] = request_check(self.model.operation_model(name).input_shape)
        check(request)
        return name, {key: value for key, value in request.items() if value is not None}


def answer(result: Mapping[str, JSON]) -> Answer:
    """The response of an operation."""
    return Answer(200, json.dumps(result, separators=(",", ":")).encode())


def refusal(fault: Fault) -> Answer:
    """The response that tells of a fault."""
    found = {"__type": f"{_NAMESPACES.get(fault.code, _OWN)}#{fault.code}", "message": fault.message}
    if fault.reason is not None:
        found["reason"] = fault.reason
    return Answer(fault.status, json.dumps(found).encode(), fault.code)


def _no_constant(name: str) -> JSON:
    raise ValueError(f"{name} is no JSON")
