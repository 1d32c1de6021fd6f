"""Where everything meets: trace, compile, check and run a workflow, each in one call.

`Workflow.run`, `.asl`, `.graph`, `.check` and the command line are thin over this; nothing else calls it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread, current_thread, main_thread
from typing import Any

from flowdeco.asl.emit import emit
from flowdeco.asl.model import StateMachine
from flowdeco.authoring.workflows import Workflow
from flowdeco.compiler import compile_graph, run_passes
from flowdeco.compiler.explanation import explained, places_of
from flowdeco.compiler.findings import findings_of
from flowdeco.compiler.functions import function_names
from flowdeco.compiler.glue_calls import glue_calls
from flowdeco.compiler.lower import lower
from flowdeco.engine import Execution as EngineExecution
from flowdeco.engine import Handler, Identity, TaskFailure
from flowdeco.errors import (
    BodyError,
    ExecutionFailed,
    Finding,
    FlowdecoError,
    Location,
    StoreError,
)
from flowdeco.execution_log import ExecutionLog
from flowdeco.failure import failure
from flowdeco.graph import Fork, Graph, Input, inspected, walk
from flowdeco.graph.explanation import Explanation
from flowdeco.history import Event, ExecutionRecord, StepRecord, steps
from flowdeco.runtime import DirectoryStore, StepError, ValueCodec, invoke
from flowdeco.tracing import Trace
from flowdeco.tracing import trace as trace_workflow
from flowdeco.tracing.places import is_user_file
from flowdeco.tracing.statements import functions_around

JSON = Any


def trace(workflow: Workflow[Any, Any]) -> Graph:
    """The graph of a workflow as its body draws it. Raises BodyError with the user's line."""
    return _trace(workflow).graph


def scheduled(workflow: Workflow[Any, Any]) -> Graph:
    """The graph after every pass of the compiler: in order, with forks and names of states."""
    return run_passes(trace(workflow))


def machine(workflow: Workflow[Any, Any]) -> StateMachine:
    """The state machine of a workflow."""
    return compile_graph(trace(workflow))


def definition(workflow: Workflow[Any, Any]) -> dict[str, JSON]:
    """The state machine as the JSON document that Step Functions takes."""
    return emit(machine(workflow))


def check(workflow: Workflow[Any, Any]) -> list[Finding]:
    """Everything that is wrong with a workflow, or worth knowing before it runs. Raises nothing."""
    try:
        made = _compile(workflow)
        return findings_of(made.trace.graph, made.machine, glue_calls(made.graph, made.trace.glue))
    except FlowdecoError as error:
        found = (error, *getattr(error, "others", ()))
        return [Finding("error", e.message, e.location or workflow.location, e.hint) for e in found]


def explain(workflow: Workflow[Any, Any]) -> Explanation:
    """What became of every line of a workflow, what runs when, and what each path costs in state transitions.

    Raises BodyError as `trace` does.
    """
    compiled = _compile(workflow)
    functions = functions_around(places_of(compiled.trace))
    return explained(compiled.trace, compiled.graph, compiled.machine, functions)


def home(path: str | os.PathLike[str] | None = None) -> Path:
    """The folder for values and executions: `path`, or $FLOWDECO_HOME, or .flowdeco in the current folder."""
    return Path(path or os.environ.get("FLOWDECO_HOME") or ".flowdeco").absolute()


@dataclass(frozen=True, slots=True, repr=False)
class Execution:
    """What became of an execution. `record` holds the raw data, `path` the file that keeps it.

    `not_recorded`: why the record could not be kept, None when it was.
    """

    record: ExecutionRecord
    codec: ValueCodec
    path: Path
    places: Mapping[str, Location]
    not_recorded: StoreError | None = None

    def __repr__(self) -> str:
        return f"<execution {self.name} {self.status}>"

    @property
    def name(self) -> str:
        """The name it is listed under."""
        return self.record.name

    @property
    def status(self) -> str:
        """SUCCEEDED, FAILED, TIMED_OUT or ABORTED, as Step Functions says."""
        return self.record.status

    @property
    def events(self) -> tuple[Event, ...]:
        """Its history, event by event, as Step Functions records it."""
        return self.record.events

    @property
    def steps(self) -> tuple[StepRecord, ...]:
        """Every state it went through: attempts, times, input, output, error."""
        return steps(self.record.events)

    @property
    def output(self) -> object:
        """The workflow's result; None unless it succeeded."""
        return self.codec.decode(self.record.output) if self.status == "SUCCEEDED" else None

    @property
    def error(self) -> ExecutionFailed | None:
        """Why there is no result: the step, the original exception and its traceback. None when it succeeded."""
        return None if self.status == "SUCCEEDED" else failure(self.record, self.places)

    def result(self) -> object:
        """The workflow's result, the value the plain call would have returned. Raises ExecutionFailed without one."""
        error = self.error
        if error is not None:
            raise error
        return self.output


def run(
    workflow: Workflow[Any, Any],
    inputs: Mapping[str, object],
    *,
    inline: bool = False,
    workers: int | None = None,
    home: str | os.PathLike[str] | None = None,
    on_event: Callable[[Event], None] | None = None,
    on_child_event: Callable[[str, Event], None] | None = None,
    on_begin: Callable[[str], None] | None = None,
) -> Execution:
    """Executes the compiled state machine on this computer, the steps in threads of this process.

    Workflows that it runs or starts as executions of their own are compiled and executed here as well.

    `inputs`: validated values by parameter name. `inline`: steps run on the calling thread one at a time, so that
    debuggers work. `workers`: steps at a time, default five more than there are cores. `on_event` sees every event,
    `on_child_event` those of child executions and of the iterations of distributed maps, with their ARN; `on_begin` gets the
    name of the execution before anything runs. Values and the execution's record go to `home`. Returns however it
    ended; raises what keeps it from starting.
    """
    folder = _home(home)
    compiled = _compile(workflow)
    family = _family(compiled)
    graph = compiled.graph
    store = DirectoryStore(folder / "values")
    codec = ValueCodec(store, bundle=compiled.trace.bundle, main_module=compiled.trace.main_module)
    for member in family.values():
        for digest, data in member.graph.assets.items():
            store.write(digest, data)
    looked_into = inspected(graph.block)
    given = {name: codec.encode(value, inline=Input(name) in looked_into) for name, value in inputs.items()}
    log = ExecutionLog(folder / "executions.db", on_event)
    name = log.begin(workflow, given, compiled.machine)
    if on_begin is not None:
        on_begin(name)
    execution = EngineExecution(
        compiled.machine,
        given,
        handlers=_handlers(family, codec),
        machines={name: member.machine for name, member in family.items()}
        if compiled.trace.children
        else None,
        identity=Identity(name, graph.name),
        workers=0 if inline else workers or (os.cpu_count() or 1) + 5,
        on_event=log.event,
        on_child_event=on_child_event,
        on_idle=log.idle,
    )
    try:
        with _environment(family):
            execution.run()
    finally:
        log.finish(execution.record)
    places = {
        node.name: node.location
        for node in walk(graph.block)
        if not isinstance(node, Fork) and node.location is not None
    }
    return Execution(execution.record, codec, log.path, places, log.broken)


def start(
    workflow: Workflow[Any, Any],
    inputs: Mapping[str, object],
    *,
    home: str | os.PathLike[str] | None = None,
) -> str:
    """As `run`, in a thread that the process waits for in the end. Returns the execution's ARN; raises what keeps it from
    starting."""
    folder, begun = _home(home), SimpleQueue[str | BaseException]()

    def execute() -> None:
        try:
            run(workflow, inputs, home=folder, on_begin=begun.put)
        except BaseException as error:
            begun.put(error)  # read only when it has not begun: then its record says how it ended

    Thread(target=execute, name=workflow.spec.name).start()
    name = begun.get()
    if isinstance(name, BaseException):
        raise name
    return Identity(name, workflow.spec.name).execution_arn


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A workflow on its way to being executed."""

    workflow: Workflow[Any, Any]
    trace: Trace
    graph: Graph
    machine: StateMachine


def _compile(workflow: Workflow[Any, Any]) -> _Compiled:
    traced = _trace(workflow)
    graph = run_passes(traced.graph)
    return _Compiled(workflow, traced, graph, lower(graph, function_names(graph)))


def _family(compiled: _Compiled) -> dict[str, _Compiled]:
    """By name: a workflow and all that it runs as executions of their own, directly or not."""
    family = {compiled.workflow.spec.name: compiled}
    waiting = [compiled]
    while waiting:
        for name, workflow in waiting.pop().trace.children.items():
            known = family.get(name)
            if known is None:
                family[name] = _compile(workflow)
                waiting.append(family[name])
            elif known.workflow is not workflow:
                raise BodyError(
                    f"two workflows are named {name!r}: {known.workflow.location} and {workflow.location}",
                    location=compiled.workflow.location,
                    hint="give one of them a name of its own: @workflow(name='...')",
                )
    return family


def _trace(workflow: Workflow[Any, Any]) -> Trace:
    """Traced with the names and the digest that the steps will run under."""
    main = None
    if workflow.fn.__module__ == "__main__":
        file = getattr(sys.modules.get("__main__"), "__file__", None)
        main = Path(file).stem if file else None
    return trace_workflow(workflow, bundle=source_digest(), main_module=main)


def source_digest() -> str:
    """A digest of the user's modules that are loaded: pickles made by other source are not read."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    digest = hashlib.sha256()
    for file in sorted(f for f in files if f and f.endswith(".py") and is_user_file(f) and os.path.isfile(f)):
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()


def _handlers(family: Mapping[str, _Compiled], codec: ValueCodec) -> dict[str, Handler]:
    """Every Lambda function of the machines answers with the code that runs in Lambda."""
    handlers: dict[str, Handler] = {}
    for member in family.values():
        names = set(function_names(member.trace.graph).values())
        shared = sorted(names & handlers.keys())
        if shared:
            raise BodyError(
                f"two workflows would have a Lambda function named {shared[0]!r}",
                location=member.workflow.location,
                hint="give one of them another name: @workflow(name='...')",
            )
        handlers |= dict.fromkeys(names, _handler(member.trace, codec))
    return handlers


def _handler(traced: Trace, codec: ValueCodec) -> Handler:
    strict = ValueCodec(codec.store, bundle=codec.bundle, pickle=False, main_module=codec.names.main_module)
    steps = traced.graph.steps
    resolve = traced.functions.__getitem__

    def handle(payload: JSON) -> JSON:
        own = codec if steps[payload["step"]].options.pickle else strict
        try:
            return invoke(payload, resolve=resolve, codec=own)
        except StepError as error:
            if isinstance(error.exception, KeyboardInterrupt) and current_thread() is main_thread():
                raise error.exception from None  # the user's Ctrl-C: only the main thread ever gets it
            raise TaskFailure(error.body["errorType"], json.dumps(error.body, ensure_ascii=False)) from error

    return handle


@contextmanager
def _environment(family: Mapping[str, _Compiled]) -> Iterator[None]:
    """The steps' `env`, set for the time of the execution. The steps share this process, so the names are shared too."""
    graphs = [member.graph for member in family.values()]
    wanted = {k: v for graph in graphs for step in graph.steps.values() for k, v in step.options.env}
    before = {key: os.environ.get(key) for key in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def _home(path: str | os.PathLike[str] | None) -> Path:
    return home(path)
