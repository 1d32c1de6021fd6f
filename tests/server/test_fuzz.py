"""Whatever is asked, the answer is one that the service model knows: a result of the right shape, or one of its errors."""

from __future__ import annotations

import json
from concurrent.futures import Future
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowdeco.engine.resources import request_id
from flowdeco.server import Service
from flowdeco.server.faults import Fault
from flowdeco.server.protocol import Protocol, answer, refusal
from flowdeco.server.running import ServedIdentity
from tests.server.calls import ROLE, chain

PROTOCOL = Protocol()
PREFIX = "arn:aws:states:us-east-1:123456789012:"
TASK = {"Type": "Task", "Resource": f"{PREFIX}activity:a", "TimeoutSeconds": 1}
MAP = {
    "Type": "Map",
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "One",
        "States": {"One": {"Type": "Pass", "End": True}},
    },
    "ItemsPath": "$.items",
}
DEFINITIONS = [
    chain("A"),
    chain("A", "B", A={"Type": "Wait", "Seconds": 0}, B={"Type": "Fail", "Error": "Odd"}),
    chain("W", W={"Type": "Wait", "Seconds": 1000}),
    chain("T", T=TASK),
    chain("Each", Each=MAP),
    "{",
    "{}",
    "[]",
    '{"StartAt": 1, "States": []}',
]
MAP_RUN = ServedIdentity("a", "a").arn("mapRun", f"a/Each:{request_id(1)}")
ARNS = {
    "stateMachine": [
        *(
            f"{PREFIX}stateMachine:{name}"
            for name in ("a", "b", "e", "a:1", "a:2", "a:live", "a/Each", "a#Case")
        ),
    ],
    "execution": [f"{PREFIX}execution:{name}" for name in ("a:a", "a:b", "b:a", "a/Each:a-1-0")],
    "activity": [f"{PREFIX}activity:{name}" for name in ("a", "b")],
    "mapRun": [MAP_RUN, f"{PREFIX}mapRun:a/Each:1"],
    "resource": [f"{PREFIX}stateMachine:a", f"{PREFIX}activity:a", f"{PREFIX}stateMachine:c"],
    "role": [ROLE],
}
ODD = [
    "arn",
    "arn:aws:states:::x",
    f"{PREFIX}stateMachine:",
    f"{PREFIX}express:e:a:c",
    ROLE,
    f"{PREFIX}activity:a",
]
TEXTS = [
    "a",
    "b",
    "live",
    "A",
    "{}",
    '{"items": [1, 2]}',
    "1",
    "NaN",
    "\ud800",
    "",
    "x" * 300,
    "é",
    *DEFINITIONS,
]


def arns(member: str) -> st.SearchStrategy[str]:
    known = [kind for kind in ARNS if member.lower().startswith(kind.lower())]
    right = st.sampled_from(ARNS[known[0]]) if known else st.sampled_from(ODD)
    return st.one_of(right, right, right, st.sampled_from(ODD))


def texts(shape: Any, member: str) -> st.SearchStrategy[Any]:
    if shape.enum:
        return st.sampled_from([*shape.enum, *shape.enum, "ODD"])
    if member.lower().endswith("arn"):
        return arns(member)
    if shape.name == "Definition":
        return st.sampled_from([*DEFINITIONS[:5], *DEFINITIONS])
    if shape.name in ("Name", "CharacterRestrictedName"):
        return st.sampled_from(["a", "b", "live", "live", "e", "a b", "x" * 81])
    if member in ("input", "output", "variables", "context", "result"):
        return st.sampled_from(["{}", '{"items": [1, 2]}', "[]", "1", "{"])
    return st.sampled_from(TEXTS) | st.text(max_size=8)


def values(shape: Any, member: str = "") -> st.SearchStrategy[Any]:
    """Values of a shape, not all of which the service takes."""
    match shape.type_name:
        case "structure":
            right = structures(shape)
        case "list":
            right = st.lists(values(shape.member, member), max_size=3)
        case "map":
            right = st.dictionaries(st.text(max_size=3), values(shape.value), max_size=2)
        case "string":
            right = texts(shape, member)
        case "boolean":
            right = st.booleans()
        case _:
            right = st.sampled_from([0, 1, 2, 50, 100, 1000, -1, 2**31, 2**70])
    return right


def structures(shape: Any) -> st.SearchStrategy[Any]:
    required = {name: values(shape.members[name], name) for name in shape.required_members}
    optional = {name: values(member, name) for name, member in shape.members.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, Any]:
    """The name of an operation and a request, seldom with a member of another type."""
    name = draw(st.sampled_from(PROTOCOL.model.operation_names))
    request = draw(structures(PROTOCOL.model.operation_model(name).input_shape))
    if request and draw(st.integers(0, 9)) == 0:
        member = draw(st.sampled_from(sorted(request)))
        request[member] = draw(st.sampled_from([None, 1, "x", [], {}, [None], 1.5, True]))
    return name, request


def ask(service: Service, name: str, request: Any) -> tuple[int, Any, str | None]:
    """The status, the document and the error name that HTTP would carry."""
    try:
        asked, read = PROTOCOL.read(f"AWSStepFunctions.{name}", json.dumps(request).encode())
        reply = service.operations[asked](read)
        found = answer(reply.result(60) if isinstance(reply, Future) else reply)
    except Fault as fault:
        found = refusal(fault)
    return found.status, json.loads(found.body), found.error


def check(name: str, status: int, document: Any, error: str | None) -> None:
    from botocore.validate import ParamValidator

    model = PROTOCOL.model.operation_model(name)
    if error is None:
        assert status == 200
        report = ParamValidator().validate(document, model.output_shape)
        assert not report.has_errors(), report.generate_report()
        known = set(model.output_shape.members)
        assert document.keys() <= known
    else:
        assert status == 400
        general = {"SerializationException", "ValidationException", "InvalidArn"}
        assert error in general | {shape.name for shape in model.error_shapes}, (name, document)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(calls(), min_size=5, max_size=25))
def test_any_calls(asked: list[tuple[str, Any]]) -> None:
    service = Service(poll=0)
    for definition, name, type in (
        (DEFINITIONS[4], "a", "STANDARD"),
        (DEFINITIONS[2], "b", "STANDARD"),
        (DEFINITIONS[0], "e", "EXPRESS"),
    ):
        made = {"name": name, "definition": definition, "roleArn": ROLE, "publish": True, "type": type}
        check("CreateStateMachine", *ask(service, "CreateStateMachine", made))
    start = {"stateMachineArn": f"{PREFIX}stateMachine:a", "name": "a", "input": '{"items": [1, 2]}'}
    check("StartExecution", *ask(service, "StartExecution", start))
    check("CreateActivity", *ask(service, "CreateActivity", {"name": "a"}))
    about = {"executionArn": f"{PREFIX}execution:a:a"}
    while ask(service, "DescribeExecution", about)[1]["status"] == "RUNNING":
        pass
    for name, request in asked:
        check(name, *ask(service, name, request))
    listed = ask(service, "ListExecutions", {"stateMachineArn": f"{PREFIX}stateMachine:b"})[1]
    for one in listed.get("executions", ()):
        check("StopExecution", *ask(service, "StopExecution", {"executionArn": one["executionArn"]}))
    service.close()


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["AWSStepFunctions.ListActivities", "AWSStepFunctions.X", "x", "", None]),
    st.binary(max_size=20),
)
def test_any_bytes(target: str | None, body: bytes) -> None:
    try:
        PROTOCOL.read(target, body)
    except Fault as fault:
        assert refusal(fault).status == 400
