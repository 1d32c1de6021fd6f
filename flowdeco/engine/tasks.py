"""What a Task does: call the handler of its resource, and record it as the service does."""

from __future__ import annotations

from json import loads

from flowdeco.asl.model import JSON
from flowdeco.engine.code import TaskCode
from flowdeco.engine.effects import LATE, Invoke, Job
from flowdeco.engine.failure import DATA_LIMIT, RUNTIME, TASK_FAILED, TIMEOUT, StateError, TaskFailure
from flowdeco.engine.limits import MAX_BYTES, decode, encode, text_bytes, too_large
from flowdeco.engine.resources import (
    Call,
    NoCall,
    find_handler,
    handler_names,
    no_function,
    version,
)
from flowdeco.engine.strand import Visit
from flowdeco.history.events import NO_DETAILS

RESPONSE = {"HttpStatusCode": 200}


async def invoke(code: TaskCode, visit: Visit) -> JSON:
    """One attempt: the result of the resource. Raises StateError."""
    strand = visit.strand
    arguments = visit.input if code.arguments is None else code.arguments.read(visit)
    timeout = None if code.timeout is None else code.timeout.read(visit)
    heartbeat = None if code.heartbeat is None else code.heartbeat.read(visit)
    request = strand.run.world.request_id()
    call = _call(code, visit, arguments, request)
    record_scheduled(code, visit, arguments, timeout, heartbeat)
    if code.resource.kind == "function":

        def begin() -> None:
            strand.emit("LambdaFunctionStarted")
    elif code.resource.kind == "activity":

        def begin() -> None:
            strand.emit("ActivityStarted", NO_DETAILS)
    else:

        def begin() -> None:
            strand.emit("TaskStarted", code.started)

    missed = heartbeat is not None and not code.callback and (timeout is None or heartbeat < timeout)
    outcome = await Invoke(call, heartbeat if missed else timeout, begin)
    if outcome is LATE:
        raise failed(code, visit, "TimedOut", StateError(TIMEOUT, None, heartbeat=missed))
    if isinstance(outcome, TaskFailure):
        raise failed(code, visit, "Failed", StateError(outcome.error, outcome.cause))
    if text_bytes(outcome) > MAX_BYTES:
        raise failed(code, visit, "Failed", too_large(code.resource.title))
    return succeeded(code, visit, decode(outcome), arguments, request)


def _call(code: TaskCode, visit: Visit, arguments: JSON, request: str) -> Job:
    """The call of the handler, with the payload as text. Raises StateError when there is nothing to call with."""
    target = code.resource
    world = visit.strand.run.world
    function: str | None = None
    payload = arguments
    if target.kind == "lambda":
        function = arguments.get("FunctionName") if isinstance(arguments, dict) else None
        if not isinstance(function, str):
            text = f"The {code.arguments_field} '{encode(arguments)}' could not be used to start the Task: "
            raise StateError(
                RUNTIME, visit.cause(text + "[The field 'FunctionName' is required but was missing]")
            )
        payload = _payload(arguments.get("Payload"))
    handler = find_handler(world.handlers, handler_names(target, function))
    if handler is None:
        failure = no_function(function or target.arn, request)
        return NoCall(failure)
    text = encode(payload)
    if text_bytes(text) > MAX_BYTES:
        text = f"The state/task '{target.title}' was given an input with a size exceeding the maximum number of bytes"
        raise StateError(DATA_LIMIT, f"{text} service limit.")
    return Call(handler, text, request, target.kind != "function")


def _payload(payload: JSON) -> JSON:
    """What `lambda:invoke` sends: nothing becomes {}, and text that is JSON is sent as the JSON it is."""
    if isinstance(payload, str):
        try:
            return loads(payload)
        except ValueError:
            return payload
    return {} if payload is None else payload


def record_scheduled(code: TaskCode, visit: Visit, arguments: JSON, timeout: JSON, heartbeat: JSON) -> None:
    """Records that a task is handed to its resource."""
    strand = visit.strand
    target = code.resource
    details: dict[str, JSON]
    if target.kind == "function":
        kind = "LambdaFunctionScheduled"
        details = {"resource": target.arn, "input": arguments}
    elif target.kind == "activity":
        kind = "ActivityScheduled"
        details = {"resource": target.arn, "input": arguments}
        if heartbeat is not None:
            details["heartbeatInSeconds"] = heartbeat
    else:
        kind = "TaskScheduled"
        details = {
            "resourceType": target.service,
            "resource": target.action,
            "region": strand.run.identity.region,
            "parameters": arguments,
        }
        if heartbeat is not None:
            details["heartbeatInSeconds"] = heartbeat
    if timeout is not None:
        details["timeoutInSeconds"] = timeout
    if code.credentials is not None:
        details["taskCredentials"] = {"roleArn": code.credentials.read(visit).get("RoleArn")}
    strand.emit(kind, details)


def succeeded(code: TaskCode, visit: Visit, result: JSON, arguments: JSON, request: str) -> JSON:
    """Records the result of the resource and returns it, dressed as the service gives it."""
    target = code.resource
    if target.kind == "function":
        visit.strand.emit("LambdaFunctionSucceeded", {"output": result})
        return result
    if target.kind == "activity":
        visit.strand.emit("ActivitySucceeded", {"output": result})
        return result
    if target.kind == "lambda":
        result = {
            "ExecutedVersion": version(arguments["FunctionName"]),
            "Payload": result,
            "SdkHttpMetadata": RESPONSE,
            "SdkResponseMetadata": {"RequestId": request},
            "StatusCode": 200,
        }
    if code.callback or ".sync" in target.action:
        visit.strand.emit("TaskSubmitted", {**code.started, "output": result})
    if code.callback:  # it succeeds when its token comes back
        return result
    visit.strand.emit("TaskSucceeded", {**code.started, "output": result})
    return result


def failed(code: TaskCode, visit: Visit, how: str, error: StateError) -> StateError:
    """Records a failure of the resource and returns it."""
    details: dict[str, JSON] = {}
    kind = {"function": "LambdaFunction", "activity": "Activity"}.get(code.resource.kind, "Task")
    if kind == "Task":
        details.update(code.started)
        if how == "Failed" and ".sync" in code.resource.action and error.error == TASK_FAILED:
            visit.strand.emit("TaskSubmitted", code.started)  # the job was started, and ended badly
    if error.error is not None or kind == "Task":
        details["error"] = error.error
    if error.cause is not None:
        details["cause"] = error.cause
    visit.strand.emit(f"{kind}{how}", details)
    return error
