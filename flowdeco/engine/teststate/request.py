"""A request of TestState, read and checked: which state, with which input, variables, context and mock."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from flowdeco.asl.check import check_text, service_location
from flowdeco.asl.codes import REFUSED
from flowdeco.asl.model import JSON
from flowdeco.engine.failure import TaskFailure
from flowdeco.errors import InputError

Level: TypeAlias = Literal["INFO", "DEBUG", "TRACE"]
NAME: Final = "StateName"
"""What the service calls a state that is given without one."""
_INNER_RESOURCE: Final = re.compile(r"\.(?:ItemProcessor|Iterator|Branches\[\d+\])\..*\.Resource$")
_MOCKABLE = ("Task", "Map", "Parallel")
_SECTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "Execution": {
        "Id": "string",
        "Input": "any",
        "Name": "string",
        "RoleArn": "string",
        "StartTime": "string",
        "RedriveCount": "number",
        "RedriveTime": "string",
    },
    "State": {"EnteredTime": "string", "Name": "string", "RetryCount": "number"},
    "StateMachine": {"Id": "string", "Name": "string"},
    "Task": {"Token": "string"},
    "Map": {"Item": "any"},
}
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {"string": (str,), "number": (int, float)}


class RejectedRequest(InputError):
    """The service would refuse the request: `code` and `message` are its error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRequest:
    """`machine` is a definition with the state `name` and nothing but ends behind it. `context` None: made up.

    `result` is the mocked result when `mocked`, `failure` the mocked error. `retries` is how often the retrier that
    matches was used, `failed` how many iterations of a Map are to have failed, `read` what its ItemReader has read.
    """

    name: str
    role: str | None
    state: Mapping[str, Any]
    machine: Mapping[str, JSON]
    level: Level
    input: JSON
    variables: Mapping[str, JSON]
    context: Mapping[str, JSON] | None
    mocked: bool
    result: JSON = None
    failure: TaskFailure | None = None
    mode: Literal["STRICT", "PRESENT", "NONE"] = "STRICT"
    retries: int = 0
    failed: int = 0
    read: JSON = None
    configuration: Mapping[str, JSON] = field(default_factory=dict)


def read_request(request: Mapping[str, Any]) -> StateRequest:
    """Reads a request with the members of the service's TestState. Raises RejectedRequest."""
    name, state, machine = _state(request["definition"], request.get("stateName"))
    kind = state.get("Type")
    mock = request.get("mock")
    if mock is None and kind in ("Map", "Parallel"):
        raise RejectedRequest(
            "InvalidDefinition",
            "TestState API does not support Map or Parallel states. "
            "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]",
        )
    if mock is not None and kind not in _MOCKABLE:
        raise _invalid(f"State type '{kind}' is not supported when a mock is specified")
    mock = mock or {}
    if "result" in mock and "errorOutput" in mock:
        raise _invalid("A test mock should have only one of the following fields: [result, errorOutput].")
    result = _json("result", mock["result"]) if "result" in mock else None
    if "result" in mock and kind == "Parallel":
        branches = state.get("Branches", ())
        if not isinstance(result, list) or len(result) != len(branches):
            text = "Mocked result must contain the same number of items as number of Parallel branches."
            raise _invalid(text)
    if "result" in mock and kind == "Map" and not isinstance(result, list) and "ResultWriter" not in state:
        raise _invalid("Mocked result must be an array.")
    configuration = request.get("stateConfiguration") or {}
    error = mock.get("errorOutput")
    read = configuration.get("mapItemReaderData")
    return StateRequest(
        name=name,
        role=request.get("roleArn"),
        state=state,
        machine=machine,
        level=request.get("inspectionLevel", "INFO"),
        input=_json("input", request.get("input", "{}")),
        variables=_object("variables", request.get("variables", "{}")),
        context=_context(request.get("context")),
        mocked="result" in mock,
        result=result,
        failure=None if error is None else TaskFailure(error.get("error"), error.get("cause")),
        mode=mock.get("fieldValidationMode", "STRICT"),
        retries=configuration.get("retrierRetryCount", 0),
        failed=configuration.get("mapIterationFailureCount", 0),
        read=None if read is None else _json("mapItemReaderData", read),
        configuration=configuration,
    )


def _invalid(message: str) -> RejectedRequest:
    return RejectedRequest("ValidationException", message)


def _json(what: str, text: str) -> JSON:
    try:
        return json.loads(text)
    except ValueError as error:
        code = "InvalidExecutionInput" if what == "input" else "ValidationException"
        raise RejectedRequest(code, f"Invalid JSON in {what}: {error}") from None


def _object(what: str, text: str) -> Mapping[str, JSON]:
    value = _json(what, text)
    if not isinstance(value, dict):
        raise _invalid(f"{what} must be a JSON object")
    return value


def _context(text: str | None) -> Mapping[str, JSON] | None:
    if text is None:
        return None
    given = _object("context", text)
    for section, fields in given.items():
        known = _SECTIONS.get(section)
        if known is None:
            raise _invalid(f"Invalid Context object provided: Field '{section}' is not allowed")
        if not isinstance(fields, dict):
            raise _invalid(f"Invalid Context object provided: {section} must be an object")
        for name, value in fields.items():
            if name not in known:
                raise _invalid(f"Invalid Context object provided: Field '{name}' is not allowed")
            wanted = known[name]
            if wanted != "any" and (isinstance(value, bool) or not isinstance(value, _TYPES[wanted])):
                raise _invalid(f"Invalid Context object provided: {section}.{name} must be a {wanted}")
    return given


def _state(definition: str, name: str | None) -> tuple[str, Mapping[str, Any], Mapping[str, JSON]]:
    """The name of the state, the state, and a state machine that has only it."""
    try:
        document = json.loads(definition)
    except ValueError:
        document = None
    if name is not None or not isinstance(document, dict):
        _check(definition)  # which refuses all that is no object
    assert isinstance(document, dict)
    if name is None:
        machine = _alone(NAME, document, "JSONPath")
        if document.get("Branches") == []:
            text = f"SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/{NAME}/Branches"
            raise RejectedRequest("InvalidDefinition", f"Invalid State Machine Definition: '{text}'")
        _check(json.dumps(machine))
        return NAME, document, machine
    for found, state, language in _states(document, "JSONPath"):
        if found == name:
            return name, state, _alone(name, state, language)
    raise _invalid("State not found in definition")


def _check(definition: str) -> None:
    """Raises RejectedRequest for a definition that the service refuses. TestState does not look at inner resources."""
    findings = [
        finding
        for finding in check_text(definition)
        if finding.code in REFUSED and not (_INNER_RESOURCE.search(str(finding.where)))
    ]
    if findings:
        told = []
        for finding in findings:
            where = None if finding.where is None else str(finding.where)
            if where is None or where.startswith("[Source"):
                told.append(f"{finding.code}: {finding.message}")
            else:
                location = service_location(where, json.loads(definition))
                told.append(f"{finding.code}: {finding.message} at {location}")
        raise RejectedRequest("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(told)}'")


def _states(scope: Mapping[str, Any], outer: str) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """All states of a definition, also inner ones, with the query language they inherit."""
    language = scope.get("QueryLanguage", outer)
    for name, state in scope.get("States", {}).items():
        yield name, state, language
        for inner in (*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")):
            if inner is not None:
                yield from _states(inner, language)


def _alone(name: str, state: Mapping[str, Any], language: str) -> Mapping[str, JSON]:
    """A state machine with this state, where all states that may follow end it."""
    following = [state.get("Next"), state.get("Default")]
    for part in (*_list(state.get("Choices")), *_list(state.get("Catch"))):
        following.append(part.get("Next"))
    ends = {target: {"Type": "Succeed"} for target in following if isinstance(target, str) and target != name}
    return {"QueryLanguage": language, "StartAt": name, "States": {name: state, **ends}}


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
