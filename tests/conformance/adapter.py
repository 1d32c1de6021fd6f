"""The engine and the checks as the runners of recordings take them.

`run_conformance.py --adapter tests/conformance/adapter.py:Engine`, `run_validation.py --adapter …:Validator`,
`run_test_state.py --adapter …:TestState`.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from flowdeco.asl.check import check_text, service_location
from flowdeco.asl.codes import REFUSED
from flowdeco.asl.parse import parse
from flowdeco.engine import (
    Activities,
    Execution,
    Identity,
    MemoryObjects,
    RejectedRequest,
    SkippingClock,
    TaskFailure,
)
from flowdeco.engine import test_state as try_state


class Engine:
    """Runs a case in skipping time, with the case's stubs for Lambda functions and recorded answers for the rest."""

    name = "flowdeco"
    skip_features: frozenset[str] = frozenset()

    def run(
        self, definition: Any, input: Any, lambdas: dict[str, Any], case: dict[str, Any]
    ) -> dict[str, Any]:
        record = self.record(definition, input, lambdas, case)
        events = []
        for event in record.events:
            shown = ("input", "output", "assignedVariables")
            detail = {name: event.details[name] for name in shown if name in event.details}
            events.append([event.type, event.details.get("name"), detail])
        got = {"status": record.status, "events": events}
        if record.status == "SUCCEEDED":
            return {**got, "output": record.output}
        return {**got, "error": record.error, "cause": record.cause}

    def record(self, definition: Any, input: Any, lambdas: dict[str, Any], case: dict[str, Any]) -> Any:
        """The whole record of the execution. What a replay answers belongs to the input it was recorded with."""
        if case["expect"].get("tasks"):
            input = case["expect"].get("recorded_input", input)
        clock = SkippingClock(time.time())  # times in inputs are around now
        handlers: dict[str, Any] = {}
        for name, stub in lambdas.items():
            handlers[name] = handlers[stub.arn] = _answer(stub, clock)
        answers = _Answers()
        for task in case["expect"].get("tasks") or []:
            if task["resource"] not in handlers:
                handlers[task["resource"]] = _Recorded(task["resource"], case["expect"]["tasks"], answers)
        activities = None
        for activity in re.findall(r"arn:aws:states:[\w:-]*:activity:[\w-]+", json.dumps(definition)):
            tasks = [task for task in case["expect"].get("tasks") or [] if ":activity:" in task["resource"]]
            if tasks:  # its name is a made-up one in the definition
                handlers[activity] = _Recorded(tasks[0]["resource"], tasks, answers)
            else:  # nobody took the task: it had been deleted
                activities = Activities()
        if activities is None:
            handlers["*"] = _Recorded("", [], answers)
        identity = _identity(case["context"])
        objects = MemoryObjects(case.get("s3") or {})
        execution = Execution(
            parse(definition),
            input,
            handlers=handlers,
            objects=objects,
            activities=activities,
            identity=identity,
            clock=clock,
        )
        answers.execution = execution
        return execution.run()


def _identity(context: dict[str, Any]) -> Identity:
    account = "111111111111"
    arn = context.get("execution_arn", "").split(":")
    return Identity(
        context["execution_name"],
        context["state_machine_name"],
        account=account,
        role=f"arn:aws:iam::{account}:role/snf_role_arn",
        express=arn[-1] if "express" in arn else "",
    )


def _answer(stub: Any, clock: SkippingClock) -> Any:
    """A handler for a stub. What sleeps lets the clock go on instead."""
    seconds = stub.spec["spec"]["seconds"] if stub.spec["kind"] == "sleep-then-echo" else 0
    stub.SLEEP_CAP = 0
    lambda_failure = importlib.import_module("run_conformance").lambda_failure

    def handler(payload: Any) -> Any:
        clock.advance(seconds)
        try:
            return stub(payload)
        except Exception as error:
            raise TaskFailure(*lambda_failure(error)) from error

    return handler


class _Answers:
    """Sends task tokens back, as it was done when recorded."""

    execution: Execution

    def send(self, token: str, outcome: dict[str, Any]) -> None:
        if "output" in outcome:
            self.execution.send_task_success(token, outcome["output"])
        elif outcome.get("event") == "TaskFailed":
            self.execution.send_task_failure(token, outcome.get("error"), outcome.get("cause"))


def _token(recorded: Any, payload: Any) -> str:
    """What a payload has where a task token was recorded."""
    if isinstance(recorded, dict):
        return "".join(_token(part, payload[name]) for name, part in recorded.items() if name in payload)
    return payload if isinstance(recorded, str) and recorded.startswith("<task_token") else ""


class _Recorded:
    """Answers the calls of another service as they were answered when recorded, in order."""

    def __init__(self, resource: str, tasks: list[dict[str, Any]], answers: _Answers) -> None:
        self._answers = answers
        self._left = [task for task in tasks if task["resource"] == resource]

    def __call__(self, payload: Any) -> Any:
        if not self._left:
            raise TaskFailure("Replay.Exhausted", f"no more calls were recorded; given {json.dumps(payload)}")
        task = self._left.pop(0)
        outcome = task.get("outcome") or {}
        if "waitForTaskToken" in task["resource"] and "submitted" in task:
            self._answers.send(_token(task["input"], payload), outcome)
            return task["submitted"]
        if "output" in outcome:
            return outcome["output"]
        cause = outcome.get("cause")
        raise TaskFailure(outcome.get("error"), json.dumps(cause) if isinstance(cause, dict) else cause)


class Validator:
    """Says of a definition what the service says when it is created. Findings of flowdeco's own are left out."""

    name = "flowdeco"

    def validate(self, definition_text: str, type: Any) -> dict[str, Any]:
        found = [finding for finding in check_text(definition_text, type) if finding.code in REFUSED]
        return {"ok": not found, "messages": [self._message(finding, definition_text) for finding in found]}

    def _message(self, finding: Any, text: str) -> str:
        where = finding.where
        if where is None or where.startswith("[Source"):
            return f"{finding.code}: {finding.message}"
        return f"{finding.code}: {finding.message} at {service_location(where, json.loads(text))}"


class TestState:
    """Tries one state. Mocked results are checked against botocore's models, where it is installed."""

    __test__ = False
    name = "flowdeco"

    def test_state(self, request: dict[str, Any]) -> dict[str, Any]:
        texts = {
            name: json.dumps(request[name]) for name in ("input", "variables", "context") if name in request
        }
        definition = json.dumps(request["definition"])
        role = "arn:aws:iam::111111111111:role/flowdeco"  # the runner shortens the name in the requests
        identity = Identity("test", "machine", account="111111111111", express="test")
        try:
            response = try_state(
                {**request, "definition": definition, "roleArn": role, **texts},
                handlers={"*": lambda payload: payload},
                shapes=_shape,
                identity=identity,
            )
        except RejectedRequest as error:
            raise _Rejected(error) from error
        inspected = response.get("inspectionData", {})
        for name, value in inspected.items():
            if isinstance(value, str):
                parsed = json.loads(value)
                inspected[name] = parsed if isinstance(parsed, dict) else json.dumps(parsed)
        return response


class _Message(str):
    """A message that equals itself as boto3 tells it, with the operation in front."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        told = other.rpartition(" operation: ")[2] if isinstance(other, str) else other
        return str.__eq__(self, told)


class _Rejected(Exception):
    def __init__(self, error: RejectedRequest) -> None:
        super().__init__(error.message)
        self.code = error.code
        self.message = _Message(error.message)


def _shape(service: str, action: str) -> Any:
    """The shape of what an operation answers with."""
    try:
        session = importlib.import_module("botocore.session").get_session()
    except ImportError:
        return None
    name = {"states": "stepfunctions", "sfn": "stepfunctions"}.get(service, service)
    try:
        model = session.get_service_model(name)
        return model.operation_model(action[0].upper() + action[1:]).output_shape
    except Exception:  # a service or operation that botocore does not have
        return None
