"""What HTTP clients that are not boto3 get, and what the server does when it ends."""

from __future__ import annotations

import http.client
import json
import sqlite3
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from flowdeco.errors import FlowdecoError, StoreError
from flowdeco.server import LocalServer, Service
from flowdeco.server.database import Database
from tests.server.calls import chain, connect, create, refusal

JSON = {"content-type": "application/x-amz-json-1.0"}


def send(
    server: LocalServer,
    target: str | None = "ListActivities",
    body: str = "{}",
    *,
    method: str = "POST",
    **headers: str,
) -> tuple[int, Any]:
    host = server.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host)
    if target is not None:
        headers["x-amz-target"] = f"AWSStepFunctions.{target}"
    connection.request(
        method, "/", body, {**JSON, **{name.replace("_", "-"): text for name, text in headers.items()}}
    )
    response = connection.getresponse()
    told = json.loads(response.read())
    assert response.headers["content-type"] == JSON["content-type"]
    assert response.headers["x-amzn-requestid"]
    connection.close()
    return response.status, told


@pytest.fixture
def server() -> Any:
    with LocalServer(Service(poll=30)) as server:
        yield server


def test_the_protocol(server: LocalServer) -> None:
    assert send(server) == (200, {"activities": []})
    assert send(server, body="") == (200, {"activities": []})
    told = send(server, "Nothing")
    assert told == (
        400,
        {
            "__type": "com.amazon.coral.service#UnknownOperationException",
            "message": "there is no operation 'AWSStepFunctions.Nothing'",
        },
    )
    assert send(server, None)[1]["__type"].endswith("#UnknownOperationException")
    assert send(server, method="GET")[0] == 404
    for body in (
        "{",
        "[]",
        '{"maxResults": NaN}',
        '{"nextToken": "\\ud800"}',
        '{"maxResults": "1"}',
        "[" * 100_000,
    ):
        status, told = send(server, body=body)
        assert (status, told["__type"]) == (400, "com.amazon.coral.service#SerializationException")
    status, told = send(server, "DescribeActivity")
    assert (status, told["__type"]) == (400, "com.amazon.coral.validate#ValidationException")
    assert told["message"] == (
        "1 validation error detected: Value null at 'activityArn' failed to satisfy constraint: "
        "Member must not be null"
    )
    assert send(server, body='{"nextToken": "' + "x" * 5_000_000 + '"}')[0] == 413


def test_a_page_in_a_browser_cannot_reach_it(server: LocalServer) -> None:
    assert send(server, host="evil.example:8083")[0] == 403
    assert send(server, host="sync-localhost")[0] == 200
    with LocalServer(Service(), host="0.0.0.0") as open_to_all:
        port = open_to_all.url.rpartition(":")[2]
        open_to_all.url = f"http://127.0.0.1:{port}"
        assert send(open_to_all, host="builder:8083")[0] == 200


def test_a_port_that_is_taken(server: LocalServer) -> None:
    service = Service()
    with pytest.raises(FlowdecoError, match="cannot be used"):
        LocalServer(service, int(server.url.rpartition(":")[2]))
    service.close()
    service = Service()
    LocalServer(service).close()  # never started


def test_ending_answers_who_waits() -> None:
    server = LocalServer(Service(poll=600))
    server.start()
    client = connect(server.url)
    arn = client.create_activity(name="a")["activityArn"]
    told: list[Any] = []

    def poll() -> None:
        status, document = send(server, "GetActivityTask", json.dumps({"activityArn": arn}))
        told.append((status, document["__type"].rpartition("#")[2]))

    waiting = Thread(target=poll)
    waiting.start()
    while not server.waiting:
        pass
    client.close()
    server.close()
    waiting.join()
    assert told == [(503, "ServiceUnavailable")]


def test_a_worker_that_hangs_up_gets_no_task(server: LocalServer) -> None:
    client = connect(server.url)
    arn = client.create_activity(name="a")["activityArn"]
    machine = create(client, chain("A", A={"Type": "Task", "Resource": arn}))
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    headers = {**JSON, "x-amz-target": "AWSStepFunctions.GetActivityTask"}
    connection.request("POST", "/", json.dumps({"activityArn": arn}), headers)
    while not server.waiting:
        pass
    connection.close()
    while server.waiting:
        pass
    client.start_execution(stateMachineArn=machine, input='{"x": 1}')
    assert client.get_activity_task(activityArn=arn)["input"] == '{"x":1}'
    client.close()


def test_what_cannot_be_kept_is_told(tmp_path: Path) -> None:
    told: list[Any] = []

    def tell(what: str, **about: Any) -> None:
        if what == "broken":
            told.append(about["error"])

    service = Service(tmp_path)
    with LocalServer(service, tell=tell) as server:
        service.close()
        status, document = send(server, "CreateActivity", '{"name": "a"}')
    assert status == 500
    assert document["__type"] == "com.amazon.coral.service#InternalFailure"
    assert "closed database" in told[0]


def test_an_end_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    told: list[Any] = []
    done = Event()

    def tell(what: str, **about: Any) -> None:
        if what == "broken":
            told.append(about["error"])
            done.set()

    class Spoiled(Database):
        def drop_events(self, _: Any) -> None:
            with self.writing():
                self._connection.execute("DROP TABLE events")

    database = Spoiled(tmp_path)
    service = Service(handlers={"spoil": database.drop_events}, tell=tell, database=database)
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:spoil"}
    with LocalServer(service) as server:
        client = connect(server.url)
        client.start_execution(stateMachineArn=create(client, chain("A", A=task)))
        done.wait(30)
        client.close()
    assert "no such table: events" in told[0]


def test_state_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "state.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer flowdeco"):
        Service(tmp_path)


def test_executions_that_cannot_go_on_are_aborted(tmp_path: Path) -> None:
    """Their objects, for example, are not there any more."""
    from flowdeco.engine import MemoryObjects

    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "data", "Key": "items.json"},
    }
    activity = "arn:aws:states:us-east-1:123456789012:activity:a"
    each = {
        "Type": "Map",
        "ItemReader": reader,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "A",
            "States": {"A": {"Type": "Task", "Resource": activity, "End": True}},
        },
    }
    objects = MemoryObjects({"data": {"items.json": "[1]"}})
    with LocalServer(Service(tmp_path, objects=objects, poll=30)) as server:
        client = connect(server.url)
        client.create_activity(name="a")
        arn = client.start_execution(stateMachineArn=create(client, chain("E", E=each)))["executionArn"]
        client.get_activity_task(activityArn=activity)
        client.close()
    with LocalServer(Service(tmp_path)) as server:
        client = connect(server.url)
        told = client.describe_execution(executionArn=arn)
        assert (told["status"], "it could not be resumed" in told["cause"].lower()) == ("ABORTED", True)
        assert "there are no objects" in told["cause"]
        assert [one["name"] for one in client.list_activities()["activities"]] == ["a"]
        assert refusal(client.get_activity_task, activityArn=activity + "b")[0] == "ActivityDoesNotExist"
        client.close()
