"""One call from a state machine to the record of its execution: `run`, the short way of `Execution`.

>>> from flowdeco.asl.model import StateMachine, Task
>>> double = Task(Resource="arn:aws:states:::lambda:invoke", Arguments={
...     "FunctionName": "double", "Payload": "{% $states.input.x %}"}, Output="{% $states.result.Payload %}")
>>> machine = StateMachine(QueryLanguage="JSONata", StartAt="Double", States={"Double": double})
>>> record = run(machine, {"x": 21}, handlers={"double": lambda x: 2 * x})
>>> record.status, record.output
('SUCCEEDED', 42)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowdeco.asl.model import JSON, StateMachine
from flowdeco.engine.activities import Activities
from flowdeco.engine.clock import Clock
from flowdeco.engine.execution import EMPTY, Execution
from flowdeco.engine.objects import Objects
from flowdeco.engine.resources import Handler
from flowdeco.engine.strand import Identity, Machines
from flowdeco.history.events import Event
from flowdeco.history.records import ExecutionRecord


def run(
    machine: StateMachine,
    input: JSON = EMPTY,
    *,
    handlers: Mapping[str, Handler],
    objects: Objects | None = None,
    activities: Activities | None = None,
    machines: Machines | None = None,
    name: str = "execution",
    state_machine: str = "machine",
    clock: Clock | None = None,
    workers: int = 0,
    seed: int = 0,
    on_event: Callable[[Event], None] | None = None,
    on_child_event: Callable[[str, Event], None] | None = None,
    on_idle: Callable[[], None] | None = None,
) -> ExecutionRecord:
    """Executes a state machine on this computer and returns the record of the execution.

    `handlers` maps what a Task calls to a function from payload to result: a Lambda function's name or ARN, the
    `Resource` of any other service call, or `"*"` for all the rest. For `lambda:invoke` the payload is `Payload`
    and the engine puts the service's response around the result. A handler fails its task by raising
    `TaskFailure`, which is given on as it is, or anything else, which is reported as Lambda reports it.
    A Task with `.waitForTaskToken` waits until its token is sent back: use `Execution`, which can do that.

    `objects` is what a distributed Map with ItemReader or ResultWriter reads and writes: `MemoryObjects`,
    `DirectoryObjects`, or anything with their three methods.

    `activities` are the activities whose tasks workers poll for. `machines` is a mapping from the ARN or name of a state
    machine to the StateMachine: `states:startExecution` runs these here.

    `clock` is a `RealClock` by default; with a `SkippingClock` waits and retries take no time. `workers` 0 calls
    handlers one after the other on this thread, which makes runs repeatable: the same machine, input, `seed` and
    skipping clock give the same history. With n > 0 up to n handlers work at a time on threads; one that runs
    past its TimeoutSeconds is left behind. Inline ones cannot be interrupted, they are late when they return.

    `on_event` is called with each event as it happens, on this thread, `on_child_event` with the ARN of the child
    execution and each of its events for the children of distributed Maps (whose events nobody keeps), `on_idle`
    right before waiting for a handler or a timer.

    Raises DefinitionError for a machine that cannot be run or a resource without a handler, InputError for an
    input that is not JSON or over 256 KiB, both before anything runs. An execution that fails, times out or
    is aborted is returned, not raised; only KeyboardInterrupt, SystemExit and errors of callbacks come out (use
    `Execution` to get at the record then).
    """
    return Execution(
        machine,
        input,
        handlers=handlers,
        objects=objects,
        activities=activities,
        machines=machines,
        identity=Identity(name, state_machine),
        clock=clock,
        workers=workers,
        seed=seed,
        on_event=on_event,
        on_child_event=on_child_event,
        on_idle=on_idle,
    ).run()
