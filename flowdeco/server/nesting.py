"""Executions that executions start: `states:startExecution`, answered by this server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.engine import Handler, TaskFailure
from flowdeco.server.faults import Fault

_RESOURCE: Final = "arn:aws:states:::states:startExecution"
_SDK: Final = "arn:aws:states:::aws-sdk:sfn:startExecution"
_TOKEN: Final = ".waitForTaskToken"
_REQUEST: Final = "00000000-0000-4000-8000-000000000000"
_DATES: Final = ("StartDate", "StopDate", "RedriveDate")


def nested_handlers(
    start: Callable[[Mapping[str, Any]], Mapping[str, JSON]],
    finished: Callable[[str], Mapping[str, JSON]],
) -> dict[str, Handler]:
    """Handlers for the resources that start an execution. `start` is StartExecution; `finished` waits for the end and
    is then DescribeExecution.
    """

    def begin(arguments: JSON) -> Mapping[str, JSON]:
        try:
            return start(_start_request(arguments))
        except Fault as fault:
            raise TaskFailure(
                f"StepFunctions.{fault.code.removesuffix('Exception')}Exception",
                f"{fault.message} (Service: AWSStepFunctions; Status Code: 400; Error Code: {fault.code};"
                f" Request ID: {_REQUEST}; Proxy: null)",
            ) from fault

    def request(arguments: JSON) -> JSON:
        began = begin(arguments)
        return {
            "ExecutionArn": began["executionArn"],
            "SdkHttpMetadata": {"HttpStatusCode": 200},
            "SdkResponseMetadata": {"RequestId": _REQUEST},
            "StartDate": _millis(began["startDate"]),
        }

    def sdk(arguments: JSON) -> JSON:
        began = begin(arguments)
        when = datetime.fromtimestamp(began["startDate"], UTC).isoformat(timespec="milliseconds")
        return {"ExecutionArn": began["executionArn"], "StartDate": when.replace("+00:00", "Z")}

    def sync(arguments: JSON, *, parsed: bool) -> JSON:
        told = finished(str(begin(arguments)["executionArn"]))
        result = {name[0].upper() + name[1:]: told[name] for name in sorted(told)}
        for name in result.keys() & set(_DATES):
            result[name] = _millis(result[name])
        for name in ("InputDetails", "OutputDetails"):
            if name in result:
                result[name] = {"Included": True}
        if result["Status"] != "SUCCEEDED":
            raise TaskFailure("States.TaskFailed", json.dumps(result, separators=(",", ":")))
        if parsed:
            result |= {name: json.loads(result[name]) for name in ("Input", "Output")}
        return result

    return {
        _RESOURCE: request,
        f"{_RESOURCE}{_TOKEN}": request,
        f"{_RESOURCE}.sync": lambda arguments: sync(arguments, parsed=False),
        f"{_RESOURCE}.sync:2": lambda arguments: sync(arguments, parsed=True),
        _SDK: sdk,
    }


def _start_request(arguments: JSON) -> dict[str, Any]:
    """StartExecution's request, of a state's arguments. The input may be any JSON there."""
    given = arguments if isinstance(arguments, dict) else {}
    if not isinstance(given.get("StateMachineArn"), str):
        raise Fault("ValidationException", "StateMachineArn is missing, or is no text")
    request = {"stateMachineArn": given["StateMachineArn"]}
    if given.get("Name") is not None:
        request["name"] = str(given["Name"])
    if given.get("Input") is not None:
        input = given["Input"]
        request["input"] = input if isinstance(input, str) else json.dumps(input)
    return request


def _millis(seconds: float) -> int:
    return round(seconds * 1000)
