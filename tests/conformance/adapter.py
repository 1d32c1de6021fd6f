"""The engine as the runner of recordings takes it: `run_conformance.py --adapter tests/conformance/adapter.py:Engine`."""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from flowdeco.asl.parse import parse
from flowdeco.engine import Execution, Identity, SkippingClock, TaskFailure


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
        """The whole record of the execution."""
        clock = SkippingClock(time.time())  # times in inputs are around now
        handlers: dict[str, Any] = {}
        for name, stub in lambdas.items():
            handlers[name] = handlers[stub.arn] = _answer(stub, clock)
        for task in case["expect"].get("tasks") or []:
            if task["resource"] not in handlers:
                handlers[task["resource"]] = _Recorded(task["resource"], case["expect"]["tasks"])
        handlers["*"] = _Recorded("", [])
        identity = _identity(case["context"])
        return Execution(parse(definition), input, handlers=handlers, identity=identity, clock=clock).run()


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


class _Recorded:
    """Answers the calls of another service as they were answered when recorded, in order."""

    def __init__(self, resource: str, tasks: list[dict[str, Any]]) -> None:
        self._left = [task for task in tasks if task["resource"] == resource]

    def __call__(self, payload: Any) -> Any:
        if not self._left:
            raise TaskFailure("Replay.Exhausted", f"no more calls were recorded; given {json.dumps(payload)}")
        outcome = self._left.pop(0).get("outcome") or {}
        if "output" in outcome:
            return outcome["output"]
        cause = outcome.get("cause")
        raise TaskFailure(outcome.get("error"), json.dumps(cause) if isinstance(cause, dict) else cause)
