"""Every operation through boto3, which validates what it gets; and that none is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowdeco.server import Service
from flowdeco.server.protocol import Protocol
from flowdeco.server.trials import output_shape
from tests.server.calls import ROLE, chain, create, execute, refusal, wait

WAIT = chain("Wait", Wait={"Type": "Wait", "Seconds": 3600})
OTHER = "arn:aws:states:us-east-1:123456789012:stateMachine:other"


def test_every_operation_of_the_service_is_there() -> None:
    service = Service()
    assert sorted(service.operations) == list(Protocol().model.operation_names)
    service.close()


# --- state machines ----------------------------------------------------------------------------------------


def test_creating_again_is_the_same_or_refused(client: Any) -> None:
    first = client.create_state_machine(name="album", definition=chain("A"), roleArn=ROLE)
    again = client.create_state_machine(name="album", definition=chain("A"), roleArn=ROLE + "2")
    assert (first["stateMachineArn"], first["creationDate"]) == (
        again["stateMachineArn"],
        again["creationDate"],
    )
    told = refusal(client.create_state_machine, name="album", definition=chain("B"), roleArn=ROLE)
    assert told == (
        "StateMachineAlreadyExists",
        f"State Machine Already Exists: '{first['stateMachineArn']}'",
    )
    told = refusal(
        client.create_state_machine, name="album", definition=chain("A"), roleArn=ROLE, type="EXPRESS"
    )
    assert told[0] == "StateMachineAlreadyExists"


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"name": "a b"}, "InvalidName", "Invalid Name: 'a b'"),
        ({"name": "a:b"}, "InvalidName", "Invalid Name: 'a:b'"),
        (
            {"definition": "{"},
            "InvalidDefinition",
            "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION",
        ),
        (
            {"definition": chain("A", A={"Type": "Pass", "Retry": []})},
            "InvalidDefinition",
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: ",
        ),
        ({"roleArn": "role"}, "InvalidArn", "Invalid Arn: 'Invalid Role Arn: role'"),
        ({"versionDescription": "x"}, "ValidationException", "Version description can only be set"),
        (
            {"loggingConfiguration": {"level": "ALL"}},
            "InvalidLoggingConfiguration",
            "Must specify exactly one",
        ),
        (
            {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY"}},
            "InvalidEncryptionConfiguration",
            "a kmsKeyId belongs to the type",
        ),
        ({"tags": [{"key": str(n), "value": ""} for n in range(51)]}, "TooManyTags", "50 at most"),
        ({"name": "x" * 81}, "ValidationException", "Member must have length less than or equal to 80"),
        ({"type": "QUICK"}, "ValidationException", "enum value set: [STANDARD, EXPRESS]"),
    ],
)
def test_what_cannot_be_created(client: Any, changed: dict[str, Any], error: str, message: str) -> None:
    request = {"name": "album", "definition": chain("A"), "roleArn": ROLE, **changed}
    code, told = refusal(client.create_state_machine, **request)
    assert code == error
    assert message in told
    assert client.list_state_machines()["stateMachines"] == []


def test_updates_make_revisions(client: Any) -> None:
    arn = create(client, WAIT)
    old = client.start_execution(stateMachineArn=arn)["executionArn"]
    assert "revisionId" not in client.describe_state_machine(stateMachineArn=arn)
    log = {
        "level": "ALL",
        "includeExecutionData": True,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:x:1:log-group:g:*"}}],
    }
    updated = client.update_state_machine(
        stateMachineArn=arn,
        definition=chain("B"),
        roleArn=ROLE + "2",
        loggingConfiguration=log,
        tracingConfiguration={"enabled": True},
        encryptionConfiguration={"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "key"},
        publish=True,
        versionDescription="second",
    )
    assert updated["stateMachineVersionArn"] == f"{arn}:1"
    told = client.describe_state_machine(stateMachineArn=arn)
    assert told["revisionId"] == updated["revisionId"]
    assert (told["roleArn"], told["loggingConfiguration"], told["tracingConfiguration"]["enabled"]) == (
        ROLE + "2",
        log,
        True,
    )
    assert told["encryptionConfiguration"]["kmsKeyId"] == "key"
    told = client.describe_state_machine(stateMachineArn=arn, includedData="METADATA_ONLY")
    assert told["definition"] == "{}"
    assert client.describe_state_machine(stateMachineArn=f"{arn}:1")["description"] == "second"
    ran = client.describe_state_machine_for_execution(executionArn=old)
    assert (ran["definition"], ran["roleArn"], ran["name"]) == (WAIT, ROLE, "album")
    assert "revisionId" not in ran
    new = execute(client, arn)["executionArn"]
    ran = client.describe_state_machine_for_execution(executionArn=new)
    assert (ran["definition"], ran["revisionId"]) == (chain("B"), updated["revisionId"])
    client.stop_execution(executionArn=old)


def test_what_cannot_be_updated(client: Any) -> None:
    arn = create(client)
    assert refusal(client.update_state_machine, stateMachineArn=arn)[0] == "MissingRequiredParameter"
    assert refusal(client.update_state_machine, stateMachineArn=OTHER, roleArn=ROLE)[0] == (
        "StateMachineDoesNotExist"
    )
    assert refusal(client.update_state_machine, stateMachineArn=f"{arn}:1", roleArn=ROLE)[0] == (
        "ValidationException"
    )
    assert (
        refusal(client.update_state_machine, stateMachineArn=arn, definition="{}")[0] == "InvalidDefinition"
    )
    client.update_state_machine(stateMachineArn=arn, publish=True)
    assert len(client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]) == 1


def test_variable_references_are_told(client: Any) -> None:
    definition = {
        "StartAt": "A",
        "QueryLanguage": "JSONata",
        "States": {
            "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
            "B": {"Type": "Pass", "Output": "{% $x %}", "End": True},
        },
    }
    arn = create(client, json.dumps(definition))
    assert client.describe_state_machine(stateMachineArn=arn)["variableReferences"] == {"B": ["x"]}


def test_lists_come_in_pages(client: Any) -> None:
    for number in range(5):
        create(client, name=f"m{number}")
        client.create_activity(name=f"a{number}")
    first = client.list_state_machines(maxResults=2)
    second = client.list_state_machines(maxResults=2, nextToken=first["nextToken"])
    last = client.list_state_machines(nextToken=second["nextToken"])
    names = [one["name"] for page in (first, second, last) for one in page["stateMachines"]]
    assert names == ["m0", "m1", "m2", "m3", "m4"]
    assert "nextToken" not in last
    pages = client.get_paginator("list_activities").paginate(PaginationConfig={"PageSize": 2})
    assert [one["name"] for page in pages for one in page["activities"]] == ["a0", "a1", "a2", "a3", "a4"]
    assert refusal(client.list_activities, nextToken=first["nextToken"])[0] == "InvalidToken"
    for token in ("x", "eyJ9", "WzEsMl0="):
        assert refusal(client.list_activities, nextToken=token) == (
            "InvalidToken",
            "Invalid Token: 'Invalid token'",
        )


@pytest.mark.parametrize(
    ("arn", "problem"),
    [
        ("album", "Invalid ARN prefix: album"),
        ("arn:aws:states:us-east-1:123456789012", "Invalid ARN: "),
        ("arn:aws:iam:us-east-1:123456789012:stateMachine:x", "Service in ARN must be states"),
        (
            "arn:aws:states:us-east-1:123456789012:execution:x:y",
            "Resource type not valid in this context: execution",
        ),
        ("arn:aws:states:us-east-1:123456789012:stateMachine:x:y:z", "Invalid ARN: "),
        ("arn:aws:states:us-east-1:123456789012:stateMachine:", "Invalid ARN: "),
    ],
)
def test_arns_that_are_none(client: Any, arn: str, problem: str) -> None:
    code, message = refusal(client.describe_state_machine, stateMachineArn=arn)
    assert code == "InvalidArn"
    assert message.startswith(f"Invalid Arn: '{problem}")


def test_tags(client: Any) -> None:
    arn = create(client, tags=[{"key": "a", "value": "1"}])
    client.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}, {"key": "a", "value": "3"}])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [
        {"key": "a", "value": "3"},
        {"key": "b", "value": "2"},
    ]
    client.untag_resource(resourceArn=arn, tagKeys=["a", "c"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    client.delete_state_machine(stateMachineArn=arn)
    assert refusal(client.list_tags_for_resource, resourceArn=arn)[0] == "ResourceNotFound"
    activity = client.create_activity(name="a", tags=[{"key": "k", "value": "v"}])["activityArn"]
    assert client.list_tags_for_resource(resourceArn=activity)["tags"] == [{"key": "k", "value": "v"}]


def test_definitions_are_validated(client: Any) -> None:
    told = client.validate_state_machine_definition(definition=chain("A"))
    assert (told["result"], told["diagnostics"], told["truncated"]) == ("OK", [], False)
    wrong = (
        '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Wait", "End": true}}}'
    )
    told = client.validate_state_machine_definition(definition=wrong, type="EXPRESS", severity="WARNING")
    assert told["result"] == "FAIL"
    first = told["diagnostics"][0]
    assert (first["severity"], first["code"], first["location"]) == (
        "ERROR",
        "MISSING_TRANSITION_TARGET",
        "/States/A/Next",
    )
    told = client.validate_state_machine_definition(definition=wrong, maxResults=1)
    assert (len(told["diagnostics"]), told["truncated"]) == (1, True)
    told = client.validate_state_machine_definition(definition="{")
    assert told["diagnostics"][0]["code"] == "INVALID_JSON_DESCRIPTION"


# --- versions and aliases ----------------------------------------------------------------------------------


def test_versions(client: Any) -> None:
    arn = create(client)
    first = client.publish_state_machine_version(stateMachineArn=arn, description="one", revisionId="INITIAL")
    again = client.publish_state_machine_version(stateMachineArn=arn)
    assert first["stateMachineVersionArn"] == again["stateMachineVersionArn"] == f"{arn}:1"
    revision = client.update_state_machine(stateMachineArn=arn, definition=WAIT)["revisionId"]
    told = refusal(client.publish_state_machine_version, stateMachineArn=arn, revisionId="INITIAL")
    assert told[0] == "ConflictException"
    client.publish_state_machine_version(stateMachineArn=arn, revisionId=revision)
    listed = client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    assert [one["stateMachineVersionArn"] for one in listed] == [f"{arn}:2", f"{arn}:1"]
    assert execute(client, f"{arn}:1")["stateMachineVersionArn"] == f"{arn}:1"
    assert len(client.list_executions(stateMachineArn=f"{arn}:1")["executions"]) == 1
    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:1")
    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:1")
    assert refusal(client.start_execution, stateMachineArn=f"{arn}:1")[0] == "StateMachineDoesNotExist"
    assert refusal(client.describe_state_machine, stateMachineArn=f"{arn}:1")[0] == "StateMachineDoesNotExist"
    assert refusal(client.list_executions, stateMachineArn=f"{arn}:1")[0] == "StateMachineDoesNotExist"
    assert (
        refusal(client.delete_state_machine_version, stateMachineVersionArn=arn)[0] == "ValidationException"
    )
    assert refusal(client.list_state_machine_versions, stateMachineArn=f"{arn}:2")[0] == "ValidationException"
    assert refusal(client.delete_state_machine, stateMachineArn=f"{arn}:2")[0] == "ValidationException"
    client.update_state_machine(stateMachineArn=arn, definition=chain("C"), publish=True)
    assert client.list_state_machine_versions(stateMachineArn=arn, maxResults=1)["stateMachineVersions"][0][
        "stateMachineVersionArn"
    ].endswith(":3")


def test_aliases(client: Any) -> None:
    arn = create(client, publish=True)
    client.update_state_machine(stateMachineArn=arn, definition=chain("B"), publish=True)

    def routing(*weights: int) -> list[dict[str, Any]]:
        return [
            {"stateMachineVersionArn": f"{arn}:{number + 1}", "weight": weight}
            for number, weight in enumerate(weights)
        ]

    made = client.create_state_machine_alias(name="live", description="d", routingConfiguration=routing(100))
    alias = made["stateMachineAliasArn"]
    assert alias == f"{arn}:live"
    again = client.create_state_machine_alias(name="live", description="d", routingConfiguration=routing(100))
    assert again["creationDate"] == made["creationDate"]
    told = refusal(client.create_state_machine_alias, name="live", routingConfiguration=routing(50, 50))
    assert told[0] == "ConflictException"
    ended = execute(client, alias)
    assert (ended["stateMachineAliasArn"], ended["stateMachineVersionArn"]) == (alias, f"{arn}:1")
    client.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=routing(0, 100))
    assert execute(client, alias)["stateMachineVersionArn"] == f"{arn}:2"
    assert len(client.list_executions(stateMachineArn=alias)["executions"]) == 2
    client.update_state_machine_alias(stateMachineAliasArn=alias, description="e")
    told = client.describe_state_machine_alias(stateMachineAliasArn=alias)
    assert (told["name"], told["description"], told["routingConfiguration"]) == ("live", "e", routing(0, 100))
    listed = client.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]
    assert [one["stateMachineAliasArn"] for one in listed] == [alias]
    assert len(client.list_state_machine_aliases(stateMachineArn=f"{arn}:2")["stateMachineAliases"]) == 1
    assert refusal(client.list_state_machine_aliases, stateMachineArn=f"{arn}:9")[0] == "ResourceNotFound"
    told = refusal(client.delete_state_machine_version, stateMachineVersionArn=f"{arn}:2")
    assert told[0] == "ConflictException"
    client.delete_state_machine_alias(stateMachineAliasArn=alias)
    for call in (client.delete_state_machine_alias, client.describe_state_machine_alias):
        assert refusal(call, stateMachineAliasArn=alias)[0] == "ResourceNotFound"
    assert refusal(client.start_execution, stateMachineArn=alias)[0] == "StateMachineDoesNotExist"


@pytest.mark.parametrize(
    ("routing", "error"),
    [
        ([(":1", 99)], "ValidationException"),
        ([(":1", 50), (":1", 50)], "ValidationException"),
        ([(":1", 50), ("2:1", 50)], "ValidationException"),
        ([(":7", 100)], "ResourceNotFound"),
    ],
)
def test_aliases_that_lead_nowhere(client: Any, routing: list[tuple[str, int]], error: str) -> None:
    arn = create(client, publish=True)
    rules = [{"stateMachineVersionArn": arn + version, "weight": weight} for version, weight in routing]
    assert refusal(client.create_state_machine_alias, name="live", routingConfiguration=rules)[0] == error
    alias = f"{arn}:live"
    assert refusal(client.update_state_machine_alias, stateMachineAliasArn=alias)[0] == "ResourceNotFound"
    assert refusal(client.describe_state_machine_alias, stateMachineAliasArn=arn)[0] == "ValidationException"
    good = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    client.create_state_machine_alias(name="live", routingConfiguration=good)
    assert refusal(client.update_state_machine_alias, stateMachineAliasArn=alias)[0] == "ValidationException"
    client.delete_state_machine(stateMachineArn=arn)
    assert refusal(client.describe_state_machine_alias, stateMachineAliasArn=alias)[0] == "ResourceNotFound"


# --- executions --------------------------------------------------------------------------------------------


def test_starting_is_idempotent_by_name(client: Any) -> None:
    arn = create(client, WAIT)
    first = client.start_execution(stateMachineArn=arn, name="n", input='{"x": 1}', traceHeader="Root=1")
    again = client.start_execution(stateMachineArn=arn, name="n", input='{"x": 1}')
    assert (first["executionArn"], first["startDate"]) == (again["executionArn"], again["startDate"])
    told = refusal(client.start_execution, stateMachineArn=arn, name="n")
    assert told == ("ExecutionAlreadyExists", f"Execution Already Exists: '{first['executionArn']}'")
    assert client.describe_execution(executionArn=first["executionArn"])["traceHeader"] == "Root=1"
    client.stop_execution(executionArn=first["executionArn"])
    told = refusal(client.start_execution, stateMachineArn=arn, name="n", input='{"x": 1}')
    assert told[0] == "ExecutionAlreadyExists"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"input": "NaN"}, "InvalidExecutionInput"),
        ({"input": "[" * 100_000}, "InvalidExecutionInput"),
        ({"input": json.dumps("é" * 140_000, ensure_ascii=False)}, "InvalidExecutionInput"),
        ({"input": "x" * 262_145}, "ValidationException"),
        ({"name": "a/b"}, "InvalidName"),
        ({"stateMachineArn": OTHER}, "StateMachineDoesNotExist"),
        ({"stateMachineArn": OTHER.replace("other", "album/Each")}, "StateMachineDoesNotExist"),
        ({"stateMachineArn": OTHER.replace("other", "album#Case")}, "ValidationException"),
        ({"traceHeader": "é"}, "ValidationException"),
    ],
)
def test_what_cannot_be_started(client: Any, changed: dict[str, Any], error: str) -> None:
    request = {"stateMachineArn": create(client), **changed}
    assert refusal(client.start_execution, **request)[0] == error


def test_lists_of_executions(client: Any) -> None:
    arn = create(client)
    for number in range(5):
        execute(client, arn, name=f"e{number}")
    pages = client.get_paginator("list_executions").paginate(
        stateMachineArn=arn, PaginationConfig={"PageSize": 2}
    )
    listed = [one for page in pages for one in page["executions"]]
    assert [one["name"] for one in listed] == ["e4", "e3", "e2", "e1", "e0"]
    assert {one["status"] for one in listed} == {"SUCCEEDED"}
    assert client.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"] == []
    assert client.list_executions(stateMachineArn=arn, redriveFilter="REDRIVEN")["executions"] == []
    assert len(client.list_executions(stateMachineArn=arn, redriveFilter="NOT_REDRIVEN")["executions"]) == 5
    assert refusal(client.list_executions)[0] == "ValidationException"
    assert refusal(client.list_executions, stateMachineArn=OTHER)[0] == "StateMachineDoesNotExist"
    map_run = arn.replace("stateMachine:album", "mapRun:album/Each:1")
    assert refusal(client.list_executions, mapRunArn=map_run)[0] == "ResourceNotFound"


def test_histories_backwards_and_without_data(client: Any) -> None:
    arn = create(client, chain("A", "B", "C"))
    execution = execute(client, arn, input='{"x": 1}')["executionArn"]
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=execution, reverseOrder=True, PaginationConfig={"PageSize": 3}
    )
    assert [event["id"] for page in pages for event in page["events"]] == [8, 7, 6, 5, 4, 3, 2, 1]
    events = client.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert "input" not in events[0]["executionStartedEventDetails"]
    assert events[1]["stateEnteredEventDetails"]["inputDetails"] == {"truncated": True}
    told = client.describe_execution(executionArn=execution, includedData="METADATA_ONLY")
    assert "input" not in told
    assert told["inputDetails"] == {"included": False}
    missing = execution + "x"
    for call in (client.get_execution_history, client.describe_execution, client.list_map_runs):
        assert refusal(call, executionArn=missing)[0] == "ExecutionDoesNotExist"


def test_a_failure_is_told(client: Any) -> None:
    arn = create(client, chain("A", A={"Type": "Fail", "Error": "Odd", "Cause": "why"}))
    told = execute(client, arn)
    assert (told["status"], told["error"], told["cause"]) == ("FAILED", "Odd", "why")
    assert (told["redriveStatus"], "output" in told) == ("REDRIVABLE", False)
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {}}
    told = execute(client, create(client, chain("A", A=task), name="b"))
    assert (told["error"], "nothing answers for" in told["cause"]) == ("Flowdeco.NoHandler", True)
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}
    told = execute(client, create(client, chain("A", A=task), name="c"))
    assert told["error"] == "Lambda.ResourceNotFoundException"


def test_express_executions(client: Any) -> None:
    arn = create(client, type="EXPRESS")
    told = client.start_sync_execution(stateMachineArn=arn, input='{"x": 1}', name="n", traceHeader="t")
    assert (told["status"], told["output"], told["name"], told["traceHeader"]) == (
        "SUCCEEDED",
        '{"x":1}',
        "n",
        "t",
    )
    assert told["executionArn"].startswith("arn:aws:states:us-east-1:123456789012:express:album:n:")
    assert told["billingDetails"]["billedMemoryUsedInMB"] == 64
    express = client.start_execution(stateMachineArn=arn)["executionArn"]
    assert refusal(client.describe_execution, executionArn=express)[0] == "InvalidArn"
    assert refusal(client.list_executions, stateMachineArn=arn)[0] == "StateMachineTypeNotSupported"
    failing = create(client, chain("A", A={"Type": "Fail", "Error": "Odd"}), name="b", type="EXPRESS")
    told = client.start_sync_execution(stateMachineArn=failing, includedData="METADATA_ONLY")
    assert (told["status"], told["error"], "input" in told) == ("FAILED", "Odd", False)
    standard = create(client, name="c")
    assert refusal(client.start_sync_execution, stateMachineArn=standard)[0] == "StateMachineTypeNotSupported"


def test_many_state_machines(client: Any) -> None:
    for number in range(70):
        arn = create(client, chain(f"S{number}"), name=f"m{number}", type="EXPRESS")
        assert client.start_sync_execution(stateMachineArn=arn)["status"] == "SUCCEEDED"


def test_redrive(serve: Any) -> None:
    calls: list[Any] = []

    def flaky(payload: Any) -> Any:
        calls.append(payload)
        if len(calls) == 2:
            raise ValueError("not yet")
        return len(calls)

    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:flaky"}
    client = serve(handlers={"flaky": flaky})
    arn = create(client, chain("A", "B", A=task, B=task))
    ended = execute(client, arn, input="0")
    assert (ended["status"], ended["error"]) == ("FAILED", "ValueError")
    execution = ended["executionArn"]
    first = client.redrive_execution(executionArn=execution, clientToken="t")["redriveDate"]
    again = wait(client, execution)
    assert (again["status"], again["output"], again["redriveCount"]) == ("SUCCEEDED", "3", 1)
    assert (again["redriveDate"], "error" in again) == (first, False)
    assert calls == [0, 1, 1]
    assert client.redrive_execution(executionArn=execution, clientToken="t")["redriveDate"] == first
    told = refusal(client.redrive_execution, executionArn=execution)
    assert told[0] == "ExecutionNotRedrivable"
    events = client.get_execution_history(executionArn=execution)["events"]
    assert [one["id"] for one in events] == list(range(1, len(events) + 1))
    assert "ExecutionRedriven" in [one["type"] for one in events]
    assert len(client.list_executions(stateMachineArn=arn, redriveFilter="REDRIVEN")["executions"]) == 1
    waiting = create(client, WAIT, name="waiting")
    running = client.start_execution(stateMachineArn=waiting)["executionArn"]
    assert refusal(client.redrive_execution, executionArn=running)[0] == "ExecutionNotRedrivable"
    client.stop_execution(executionArn=running)


def test_nested_executions(serve: Any) -> None:
    client = serve()
    inner = create(client, name="inner")

    def nested(pattern: str, **arguments: Any) -> Any:
        task = {
            "Type": "Task",
            "Resource": f"arn:aws:states:::states:startExecution{pattern}",
            "Parameters": {"StateMachineArn": inner, "Input": {"x": 1}, **arguments},
        }
        return execute(client, create(client, chain("A", A=task), name=f"outer{len(names(client))}"))

    def names(client: Any) -> list[str]:
        return [one["name"] for one in client.list_state_machines()["stateMachines"]]

    parsed = json.loads(nested(".sync:2", Name="n")["output"])
    assert (parsed["Output"], parsed["Status"], parsed["Name"]) == ({"x": 1}, "SUCCEEDED", "n")
    assert json.loads(nested(".sync")["output"])["Output"] == '{"x":1}'
    started = json.loads(nested("", Input='{"y": 2}')["output"])
    assert json.loads(wait(client, started["ExecutionArn"])["output"]) == {"y": 2}
    nested_sdk = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution",
        "Parameters": {"StateMachineArn": inner},
    }
    started = json.loads(execute(client, create(client, chain("A", A=nested_sdk), name="sdk"))["output"])
    assert started["StartDate"].endswith("Z")
    told = nested("", Name="n")
    assert (told["status"], told["error"]) == ("FAILED", "StepFunctions.ExecutionAlreadyExistsException")
    told = nested(".sync:2", StateMachineArn=OTHER)
    assert told["error"] == "StepFunctions.StateMachineDoesNotExistException"
    client.update_state_machine(
        stateMachineArn=inner, definition=chain("F", F={"Type": "Fail", "Error": "Odd"})
    )
    told = nested(".sync:2")
    assert (told["error"], json.loads(told["cause"])["Error"]) == ("States.TaskFailed", "Odd")


def test_stopping_stops_what_is_waited_for(client: Any) -> None:
    inner = create(client, WAIT, name="inner")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": inner},
    }
    outer = client.start_execution(stateMachineArn=create(client, chain("A", A=task)))["executionArn"]
    while not (found := client.list_executions(stateMachineArn=inner)["executions"]):
        pass
    client.stop_execution(executionArn=outer)
    assert wait(client, outer)["status"] == "ABORTED"
    assert wait(client, found[0]["executionArn"])["status"] == "ABORTED"


# --- map runs ----------------------------------------------------------------------------------------------


def each(resource: str = "", **more: Any) -> str:
    inner: dict[str, Any] = {"Type": "Pass", "End": True}
    if resource:
        inner = {"Type": "Task", "Resource": resource, "End": True}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "One",
        "States": {"One": inner},
    }
    return chain("Each", Each={"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": 3, **more})


def test_map_runs(client: Any) -> None:
    arn = create(client, each(Label="Items"))
    execution = execute(client, arn, input="[1, 2, 3]")["executionArn"]
    (run,) = client.list_map_runs(executionArn=execution)["mapRuns"]
    assert run["stateMachineArn"] == f"{arn}/Items"
    told = client.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (told["status"], told["maxConcurrency"], told["executionArn"]) == ("SUCCEEDED", 3, execution)
    assert (told["itemCounts"]["succeeded"], told["executionCounts"]["total"]) == (3, 3)
    children = client.list_executions(mapRunArn=run["mapRunArn"], maxResults=2)
    rest = client.list_executions(mapRunArn=run["mapRunArn"], nextToken=children["nextToken"])
    found = [*children["executions"], *rest["executions"]]
    assert {one["mapRunArn"] for one in found} == {run["mapRunArn"]}
    told = client.describe_execution(executionArn=found[0]["executionArn"])
    assert (told["stateMachineArn"], told["mapRunArn"]) == (f"{arn}/Items", run["mapRunArn"])
    ran = client.describe_state_machine_for_execution(executionArn=found[0]["executionArn"])
    assert (ran["label"], ran["mapRunArn"]) == ("Items", run["mapRunArn"])
    assert json.loads(ran["definition"])["StartAt"] == "One"
    events = client.get_execution_history(executionArn=found[0]["executionArn"])["events"]
    assert [one["type"] for one in events][-1] == "ExecutionSucceeded"
    assert client.describe_state_machine(stateMachineArn=f"{arn}/Items")["label"] == "Items"
    told = refusal(client.describe_state_machine, stateMachineArn=f"{arn}/Other")
    assert told[0] == "StateMachineDoesNotExist"
    told = refusal(client.update_map_run, mapRunArn=run["mapRunArn"], maxConcurrency=1)
    assert told[0] == "ValidationException"
    for call in (client.redrive_execution, client.stop_execution):
        assert refusal(call, executionArn=found[0]["executionArn"])[0] == "ValidationException"
    assert refusal(client.describe_map_run, mapRunArn=run["mapRunArn"] + "x")[0] == "ResourceNotFound"


def test_map_runs_under_way_and_redriven(serve: Any) -> None:
    activity = "arn:aws:states:us-east-1:123456789012:activity:work"
    client = serve()
    client.create_activity(name="work")
    arn = create(client, each(activity))
    execution = client.start_execution(stateMachineArn=arn, input="[1, 2]")["executionArn"]
    tasks = [client.get_activity_task(activityArn=activity) for _ in range(2)]
    (run,) = client.list_map_runs(executionArn=execution)["mapRuns"]
    assert "stopDate" not in run
    told = client.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (told["status"], told["itemCounts"]["pending"]) == ("RUNNING", 2)
    client.update_map_run(mapRunArn=run["mapRunArn"], toleratedFailureCount=1)
    assert client.describe_map_run(mapRunArn=run["mapRunArn"])["toleratedFailureCount"] == 1
    assert refusal(client.update_map_run, mapRunArn=run["mapRunArn"])[0] == "ValidationException"
    client.send_task_success(taskToken=tasks[0]["taskToken"], output="10")
    client.send_task_failure(taskToken=tasks[1]["taskToken"], error="Odd", cause="c")
    assert wait(client, execution)["status"] == "FAILED"
    told = client.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (told["status"], told["itemCounts"]["failed"]) == ("FAILED", 1)
    failed = client.list_executions(mapRunArn=run["mapRunArn"], statusFilter="FAILED")["executions"]
    assert client.describe_execution(executionArn=failed[0]["executionArn"])["redriveStatus"] == (
        "REDRIVABLE_BY_MAP_RUN"
    )
    client.redrive_execution(executionArn=execution)
    task = client.get_activity_task(activityArn=activity)
    client.send_task_success(taskToken=task["taskToken"], output="20")
    assert sorted(json.loads(wait(client, execution)["output"])) == [10, 20]
    told = client.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (told["status"], told["redriveCount"]) == ("SUCCEEDED", 1)
    states = [one["status"] for one in client.list_executions(mapRunArn=run["mapRunArn"])["executions"]]
    assert states == ["SUCCEEDED", "SUCCEEDED"]


# --- activities and tokens ---------------------------------------------------------------------------------


def test_activities(client: Any) -> None:
    made = client.create_activity(name="work", tags=[{"key": "a", "value": "b"}])
    assert client.create_activity(name="work")["creationDate"] == made["creationDate"]
    told = client.describe_activity(activityArn=made["activityArn"])
    assert (told["name"], told["creationDate"]) == ("work", made["creationDate"])
    client.delete_activity(activityArn=made["activityArn"])
    client.delete_activity(activityArn=made["activityArn"])
    for call in (client.describe_activity, client.get_activity_task):
        assert refusal(call, activityArn=made["activityArn"]) == (
            "ActivityDoesNotExist",
            f"Activity Does Not Exist: '{made['activityArn']}'",
        )
    assert refusal(client.create_activity, name="a b")[0] == "InvalidName"


def test_task_tokens(serve: Any) -> None:
    tokens: list[str] = []
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
    }
    client = serve(handlers={"ask": lambda payload: tokens.append(payload["token"])})
    arn = create(client, chain("Ask", Ask=task))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    while not tokens:
        pass
    client.send_task_heartbeat(taskToken=tokens[0])
    assert refusal(client.send_task_success, taskToken=tokens[0], output="{")[0] == "InvalidOutput"
    large = json.dumps("é" * 140_000, ensure_ascii=False)
    assert refusal(client.send_task_success, taskToken=tokens[0], output=large)[0] == "InvalidOutput"
    client.send_task_failure(taskToken=tokens[0], error="Odd", cause="why")
    ended = wait(client, execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Odd", "why")
    for call in (client.send_task_heartbeat, client.send_task_failure):
        assert refusal(call, taskToken=tokens[0])[0] == "TaskTimedOut"
        assert refusal(call, taskToken="x") == ("InvalidToken", "Invalid Token: 'Invalid token'")


# --- mocks -------------------------------------------------------------------------------------------------


def test_mocked_test_cases(serve: Any) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"a": 1}}
    mocks = {
        "StateMachines": {"album": {"TestCases": {"Happy": {"Send": "Sent"}}}},
        "MockedResponses": {"Sent": {"0": {"Return": {"MessageId": "1"}}}},
    }
    client = serve(mocks=mocks)
    arn = create(client, chain("Send", Send=task))
    ended = execute(client, f"{arn}#Happy")
    assert (ended["status"], ended["output"]) == ("SUCCEEDED", '{"MessageId":"1"}')
    events = client.get_execution_history(executionArn=ended["executionArn"])["events"]
    assert events[2]["taskScheduledEventDetails"]["resource"] == "sendMessage"
    assert refusal(client.start_execution, stateMachineArn=f"{arn}#Sad")[0] == "ValidationException"
    assert execute(client, arn)["status"] == "FAILED"


# --- one state ---------------------------------------------------------------------------------------------


def test_one_state_is_tried(serve: Any) -> None:
    client = serve(handlers={"double": lambda x: 2 * x})
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.x + 1 %}", "Next": "B"}
    told = client.test_state(definition=json.dumps(state), input='{"x": 1}', inspectionLevel="DEBUG")
    assert (told["status"], told["output"], told["nextState"]) == ("SUCCEEDED", "2", "B")
    assert told["inspectionData"]["input"] == '{"x":1}'
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "double", "Payload": 4},
        "OutputPath": "$.Payload",
        "End": True,
    }
    told = client.test_state(definition=json.dumps(task), roleArn=ROLE)
    assert (told["status"], told["output"]) == ("SUCCEEDED", "8")
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:kms:encrypt", "Parameters": {}, "End": True}
    told = refusal(client.test_state, definition=json.dumps(task), mock={"result": '{"CiphertextBlob": 123}'})
    assert told == (
        "ValidationException",
        "Mock result schema validation error: Field 'CiphertextBlob' must be a string",
    )
    assert refusal(client.test_state, definition="{")[0] == "InvalidDefinition"
    wait_for_me = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": True}
    told = client.test_state(definition=json.dumps(wait_for_me), roleArn=ROLE)
    assert (told["status"], told["error"]) == ("FAILED", "Flowdeco.NoHandler")


def test_shapes_of_answers() -> None:
    shape = output_shape("states", "startExecution")
    assert shape is not None
    assert shape.type_name == "structure"
    assert output_shape("nothing", "f") is None
    assert output_shape("sqs", "nothing") is None
