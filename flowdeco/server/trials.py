"""TestState: one state of a definition, tried by the engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import lru_cache
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from flowdeco.asl.model import JSON
from flowdeco.engine import Handler, RejectedRequest, Shape, test_state
from flowdeco.errors import FlowdecoError
from flowdeco.server.aws_calls import boto_name
from flowdeco.server.faults import Fault, validation
from flowdeco.server.texts import plain

if TYPE_CHECKING:
    from botocore.model import ServiceModel

_NAMES: Final = ("Resource", "FunctionName")


class Trials:
    """The operation TestState. `find` says who answers for a function or `Resource`."""

    def __init__(self, find: Callable[[str], Handler | None]) -> None:
        self._find = find

    def test(self, request: Mapping[str, Any]) -> Future[dict[str, JSON]]:
        """A handler may take its time, so the state is tried on a thread of its own."""
        answer: Future[dict[str, JSON]] = Future()

        def work() -> None:
            answer.set_running_or_notify_cancel()
            try:
                answer.set_result(self._try(request))
            except Exception as error:
                answer.set_exception(error)

        Thread(target=work, name="flowdeco-test-state", daemon=True).start()
        return answer

    def _try(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        try:
            return test_state(request, handlers=self._handlers(request), shapes=output_shape)
        except RejectedRequest as rejected:
            raise Fault(rejected.code, rejected.message) from rejected
        except FlowdecoError as error:
            raise validation(plain(str(error))) from error

    def _handlers(self, request: Mapping[str, Any]) -> dict[str, Handler]:
        """The handlers of all that the definition names."""
        try:
            names = set(_named(json.loads(request["definition"])))
        except (ValueError, RecursionError):
            return {}  # which is refused for that
        found = {name: self._find(name) for name in names}
        return {name: handler for name, handler in found.items() if handler is not None}


def _named(part: JSON) -> list[str]:
    """All resources and functions in a definition."""
    found: list[str] = []
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
            found += [one[name] for name in _NAMES if isinstance(one.get(name), str)]
    return found


def output_shape(service: str, operation: str) -> Shape | None:
    """The shape of what an operation of a service answers, from botocore's models; None when there is none."""
    model = _model(boto_name(service))
    names = {} if model is None else {name.lower(): name for name in model.operation_names}
    name = names.get(operation.lower())
    if model is None or name is None:
        return None
    shape: Shape | None = model.operation_model(name).output_shape
    return shape


@lru_cache(maxsize=16)
def _model(name: str) -> ServiceModel | None:
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    try:
        return ServiceModel(Loader().load_service_model(name, "service-2"), name)
    except UnknownServiceError:
        return None
