"""The embedded engine beside moto's interpreter and beside a thread pool, on the same state machines.

    pip install "moto[stepfunctions,awslambda]"      # else only the thread pool runs beside it
    python benchmarks/engine.py

moto runs in this process, with its simple Lambda backend, whose functions do nothing either. Its time is that of
StartExecution until DescribeExecution no longer says RUNNING; it evaluates no JSONata, so its machines are JSONPath ones.
Machines are parsed and compiled before the time is taken, and moto's state machines are created before it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from time import sleep
from typing import Any

from harness import Comparison, main

from flowdeco.asl.parse import parse
from flowdeco.engine import run

WORKERS = 7
TIMES = 60
"""What runs beside moto runs so many times, so that a ratio of 1 means: so many times faster."""
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
INVOKE = "arn:aws:states:::lambda:invoke"


def nothing(payload: Any) -> Any:
    return payload


def chain(length: int, state: Mapping[str, Any], language: str = "JSONPath") -> dict[str, Any]:
    """A machine of equal states in a row."""
    states = {
        f"S{i}": {**state, **({"End": True} if i == length - 1 else {"Next": f"S{i + 1}"})}
        for i in range(length)
    }
    return {"QueryLanguage": language, "StartAt": "S0", "States": states}


def over(items: str, state: Mapping[str, Any], **processor: Any) -> dict[str, Any]:
    """A machine with a Map of one state."""
    inner = {**processor, "StartAt": "I", "States": {"I": {**state, "End": True}}}
    return {
        "StartAt": "M",
        "States": {"M": {"Type": "Map", "ItemsPath": items, "ItemProcessor": inner, "End": True}},
    }


TASK = {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": ARN, "Payload.$": "$"}}
TASK = {**TASK, "OutputPath": "$.Payload"}
JSONATA = {
    "Type": "Pass",
    "Assign": {"n": "{% $exists($n) ? $n + 1 : 0 %}"},
    "Output": {
        "xs": "{% $map($states.input.xs, function($x) { $x + 1 }) %}",
        "total": "{% $sum($states.input.xs) & ' of ' & $string($count($states.input.xs)) %}",
    },
}
JSONPATH = {
    "Type": "Pass",
    "Parameters": {
        "xs.$": "$.xs[?(@ >= 0)]",
        "total.$": "States.Format('{} of {}', $.xs[0], States.ArrayLength($.xs))",
    },
    "ResultPath": "$",
}
TWENTY = {"xs": list(range(20))}


def in_pool(pool: ThreadPoolExecutor, calls: int) -> None:
    """The same calls one by one."""
    for _ in range(calls):
        pool.submit(nothing, {}).result()


def mapped(pool: ThreadPoolExecutor, calls: int) -> None:
    """The same calls at once."""
    list(pool.map(nothing, range(calls)))


def repeated(run: Callable[[], object]) -> None:
    for _ in range(TIMES):
        run()


def played(definition: dict[str, Any], input: Any, workers: int = 0) -> Callable[[], object]:
    machine = parse(definition)
    return partial(run, machine, input, handlers={"*": nothing}, workers=workers)


@contextmanager
def emulator() -> Iterator[Callable[[dict[str, Any], Any], Callable[[], object]] | None]:
    """What makes, of a definition and an input, a callable that executes it in moto. None when moto is not there."""
    try:
        import boto3
        from moto import mock_aws
    except ImportError:
        yield None
        return
    os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
    config = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
    with mock_aws(config=config):
        client = boto3.client("stepfunctions")
        role = "arn:aws:iam::123456789012:role/r"

        def make(definition: dict[str, Any], input: Any) -> Callable[[], object]:
            created = client.create_state_machine(
                name=f"m{len(client.list_state_machines()['stateMachines'])}",
                definition=json.dumps(definition),
                roleArn=role,
            )
            text = json.dumps(input)
            names = map(str, count())

            def execute() -> object:
                arn = client.start_execution(
                    stateMachineArn=created["stateMachineArn"], name=next(names), input=text
                )["executionArn"]
                while (told := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
                    sleep(0.001)
                return told

            assert execute()["status"] == "SUCCEEDED"  # type: ignore[index]
            return execute

        yield make


def comparisons(pool: ThreadPoolExecutor, moto: Any) -> list[Comparison]:
    items = list(range(1000))
    found = [
        Comparison(
            "chain of 100", played(chain(100, TASK), {}), "thread pool", partial(in_pool, pool, 100), 3
        ),
        Comparison(
            "chain of 100, pooled",
            played(chain(100, TASK), {}, WORKERS),
            "thread pool",
            partial(in_pool, pool, 100),
            3,
        ),
        Comparison(
            "map of 1,000", played(over("$", TASK), items), "thread pool", partial(mapped, pool, 1000), 3
        ),
        Comparison(
            "map of 1,000, pooled",
            played(over("$", TASK), items, WORKERS),
            "thread pool",
            partial(mapped, pool, 1000),
            3,
        ),
        Comparison(
            "chain of 100 with JSONata",
            played(chain(100, JSONATA, "JSONata"), TWENTY),
            "thread pool",
            partial(in_pool, pool, 100),
        ),
        Comparison(
            "chain of 100 with JSONPath",
            played(chain(100, JSONPATH), TWENTY),
            "thread pool",
            partial(in_pool, pool, 100),
        ),
    ]
    if moto is None:
        return found
    for name, definition, input in (
        ("chain of 100", chain(100, TASK), {}),
        ("chain of 100 Pass states", chain(100, {"Type": "Pass"}), {}),
        ("chain of 100 with JSONPath", chain(100, JSONPATH), TWENTY),
        ("map of 100", over("$", TASK), list(range(100))),
    ):
        often = partial(repeated, played(definition, input))
        found.append(Comparison(f"{TIMES} times: {name}", often, "moto, once", moto(definition, input), 1))
    return found


if __name__ == "__main__":
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(WORKERS))
        raise SystemExit(main(comparisons(pool, stack.enter_context(emulator()))))
