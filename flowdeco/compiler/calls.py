"""The Task states of what a workflow calls: steps, in Lambda functions, and other workflows, as executions of their own.

Owns what such a state asks the service for: its resource, its arguments, the payload that the runtime reads.
"""

from __future__ import annotations

from flowdeco.asl.model import JSON, UNSET, Catcher, Task
from flowdeco.compiler.jsonata import Names, template
from flowdeco.compiler.retriers import START, retriers
from flowdeco.compiler.scope import Leaving
from flowdeco.graph import Call, Child, Expression

INVOKE = "arn:aws:states:::lambda:invoke"
START_EXECUTION = "arn:aws:states:::states:startExecution"


def task(
    node: Call, left: Leaving, names: Names, catch: tuple[Catcher, ...], *, function: str, inline: bool
) -> Task:
    """The state of a step call. `function`: the Lambda function that runs it. `inline`: its result has to be there as it is."""
    payload = _call(node.step, node.arguments, names)
    for key, fused in (("before", node.before), ("then", node.then)):
        if fused:
            payload[key] = [_call(call.step, call.arguments, names) for call in fused]
    if inline:
        payload["inline"] = True
    return Task(
        Comment=node.options.comment or None,
        Resource=INVOKE,
        Arguments={"FunctionName": function, "Payload": payload},
        TimeoutSeconds=node.options.timeout,
        HeartbeatSeconds=node.options.heartbeat,
        Assign=left.assign,
        Output="{% $states.result.Payload %}" if _whole(left) else left.output,
        Retry=retriers(node.options),
        Catch=catch,
        Next=left.next,
    )


def child(node: Child, left: Leaving, names: Names, catch: tuple[Catcher, ...], *, arn: str) -> Task:
    """The state of an execution of another workflow. `arn`: of its state machine."""
    path = "$states.result.Output" if node.wait else "$states.result.ExecutionArn"
    return Task(
        Resource=f"{START_EXECUTION}.sync:2" if node.wait else START_EXECUTION,
        Arguments={"StateMachineArn": arn, "Input": template(node.input, names)},
        Assign=left.assign,
        Output="{% " + path + " %}" if _whole(left) else left.output,
        Retry=(START,),
        Catch=catch,
        Next=left.next,
    )


def _call(step: str, arguments: tuple[tuple[str, Expression], ...], names: Names) -> dict[str, JSON]:
    payload: dict[str, JSON] = {"step": step}
    if arguments:
        payload["arguments"] = {name: template(value, names) for name, value in arguments}
    return payload


def _whole(left: Leaving) -> bool:
    """Whether a state's output is what it results in: that of one in the middle is nobody's, and reads best so."""
    return left.output is UNSET
