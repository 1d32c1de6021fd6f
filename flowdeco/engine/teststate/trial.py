"""Runs one state, as the service's TestState does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from flowdeco.asl.model import JSON, Fail, Succeed
from flowdeco.asl.parse import parse
from flowdeco.engine.clock import Clock, SkippingClock
from flowdeco.engine.code import CatchRule, MapCode, ScopeCode, StateCode, SucceedCode, TaskCode, WorkCode
from flowdeco.engine.failure import StateError, TaskFailure
from flowdeco.engine.interpret import walk
from flowdeco.engine.journal import Journal
from flowdeco.engine.jsonata import JsonataLanguage
from flowdeco.engine.jsonpath import JsonpathLanguage
from flowdeco.engine.jsonpath_fields import Filter
from flowdeco.engine.limits import MAX_EVENTS, encode
from flowdeco.engine.maps import items_of, tolerance
from flowdeco.engine.program import program_of
from flowdeco.engine.resources import Handler, Resource
from flowdeco.engine.retry import matches
from flowdeco.engine.scheduler import Scheduler
from flowdeco.engine.strand import Identity, Run, Strand, Visit, World
from flowdeco.engine.teststate.inspection import inspect
from flowdeco.engine.teststate.request import RejectedRequest, StateRequest, read_request
from flowdeco.engine.teststate.shapes import Shapes, check_result
from flowdeco.history.events import Event

_MOCK = Resource("mock", "integration", "mock", "mock")
_END = SucceedCode(name="", settle=JsonataLanguage().settle(Succeed()), context=False)


def try_state(
    request: Mapping[str, Any],
    *,
    handlers: Mapping[str, Handler] | None = None,
    shapes: Shapes | None = None,
    identity: Identity | None = None,
    clock: Clock | None = None,
) -> dict[str, JSON]:
    """Runs one state and returns the response, both with the members of the service's TestState.

    `request`: `definition` (of the state, or of a whole machine with `stateName`), `input`, `variables` and `context`
    are JSON texts, as is `mock.result`. With a mock nothing is called; without one a Task is answered by `handlers`, as
    in `run`, and what waits for a token or a time does not wait. Map and Parallel need a mock, as on the service.

    `shapes` tells the shape of a service's answers, by which mocked results are checked unless
    `mock.fieldValidationMode` is NONE; without it they are not checked. botocore has them.

    Raises RejectedRequest with the service's error code and message for what it refuses.

    >>> state = '{"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.x + 1 %}", "Next": "B"}'
    >>> try_state({"definition": state, "input": '{"x": 1}'})
    {'output': '2', 'nextState': 'B', 'status': 'SUCCEEDED'}
    """
    return _Trial(
        read_request(request), handlers or {}, shapes, identity, clock or SkippingClock()
    ).response()


class _Trial:
    """One run of one state."""

    def __init__(
        self,
        request: StateRequest,
        handlers: Mapping[str, Handler],
        shapes: Shapes | None,
        identity: Identity | None,
        clock: Clock,
    ) -> None:
        self._request = request
        self._shapes = shapes
        self._failure = request.failure
        self._mocks = request.mocked or request.failure is not None
        self._called = {name: _once(handler) for name, handler in handlers.items()}
        if self._mocks:
            self._called[_MOCK.arn] = self._mock
        self._worked = False
        self._answered: JSON = None
        identity = identity or Identity(name="test", express="test")
        self._identity = replace(identity, role=request.role or identity.role)
        self._clock = clock
        machine = parse(dict(request.machine))
        self._state = machine.States[request.name]
        self._scope = program_of(machine).scope
        self._code: StateCode = self._scope.states[request.name]
        self._input: Filter | None = None
        if (self._state.QueryLanguage or machine.QueryLanguage) == "JSONPath":
            self._input = JsonpathLanguage(self._state).input_filter
        if isinstance(self._state, Fail) and self._input is not None:
            self._input = Filter("InputPath", None)

    def response(self) -> dict[str, JSON]:
        request, code = self._request, self._code
        if request.mocked and isinstance(code, TaskCode):
            check_result(request.result, code.resource, request.mode, self._shapes)
        if isinstance(code, MapCode):
            self._check_map(code)
        rules = code.catch if isinstance(code, WorkCode) else ()
        answer: dict[str, JSON] = {}
        details: dict[str, JSON] = {}
        output: JSON = None
        try:
            events = self._run(())
        except StateError as error:
            answer |= {name: text for name, text in (("error", error.error), ("cause", error.cause)) if text}
            status, caught = self._handled(error, details)
            events = ()
            if caught is not None:
                events = self._run((replace(rules[caught], errors=frozenset(["States.ALL"])),))
        else:
            status = "SUCCEEDED"
        left = next((event for event in events if event.type.endswith("StateExited")), None)
        if left is not None:
            output = left.details["output"]
            answer["output"] = encode(output)
        following = [e.details["name"] or request.name for e in events if e.type.endswith("StateEntered")][
            1:2
        ]
        if following:
            answer["nextState"] = following[0]
        if request.level != "INFO":
            answer["inspectionData"] = self._inspected(details, left)
        answer["status"] = status
        return answer

    def _handled(self, error: StateError, details: dict[str, JSON]) -> tuple[str, int | None]:
        """What becomes of an error: the status, and the number of the catcher that takes it."""
        code = self._code
        if not isinstance(code, WorkCode) or error.fatal:
            return "FAILED", None
        for index, rule in enumerate(code.retry):
            if matches(rule.errors, error):
                details["retryIndex"] = index
                if self._request.retries < rule.attempts:
                    delay = replace(rule, jitter=False).delay(self._request.retries, Random(0))
                    details["retryBackoffIntervalSeconds"] = round(delay)
                    return "RETRIABLE", None
                break
        for index, catcher in enumerate(code.catch):
            if matches(catcher.errors, error):
                details["catchIndex"] = index
                return "CAUGHT_ERROR", index
        return "FAILED", None

    def _mock(self, payload: JSON) -> JSON:
        if self._failure is not None:
            raise self._failure
        return self._request.result

    def _inspected(self, details: dict[str, JSON], left: Event | None) -> dict[str, JSON]:
        request = self._request
        visit = self._visit()
        seen = inspect(self._code, visit, self._input, request.read, (self._worked, self._answered))
        shown: dict[str, JSON] = {
            name: value
            if isinstance(value, (int, float)) and name.startswith(("max", "tol"))
            else encode(value)
            for name, value in seen.items()
        }
        if details:
            shown["errorDetails"] = details
        variables = {**request.variables, **(left.details.get("assignedVariables", {}) if left else {})}
        if variables:
            shown["variables"] = encode(variables)
        return shown

    # ----------------------------------------------------------------------------------------------- running

    def _strand(self) -> Strand:
        request = self._request
        world = World(self._called, self._clock, Random(0), False, None)
        journal = Journal(self._clock.now, MAX_EVENTS, keep=True, sink=None)
        run = Run(world, self._identity, journal, request.input, self._clock.now())
        run.context = request.context
        return Strand(run, 0, request.variables)

    def _visit(self) -> Visit:
        name = self._request.name
        return Visit(
            self._strand(), name, "TaskStateEntered", self._request.input, context=True, retryable=True
        )

    def _run(self, catch: tuple[CatchRule, ...]) -> tuple[Event, ...]:
        """Runs the state, with these catchers only. Raises StateError."""
        code = self._code
        if isinstance(code, MapCode):
            self._read_map(code)
        if isinstance(code, WorkCode):
            code = self._worker(code, catch)
        strand = self._strand()
        # The state goes by another name here, because it may be the one that follows it.
        scope = ScopeCode("", {**self._scope.states, self._request.name: _END, "": code})
        try:
            Scheduler(self._clock, None).run(walk(scope, strand, self._request.input))
        finally:
            events = strand.journal.events
            for event in events:
                if event.type in ("TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded"):
                    self._worked, self._answered = True, event.details["output"]
        return events

    def _worker(self, code: WorkCode, catch: tuple[CatchRule, ...]) -> TaskCode:
        """A Task that does what the state does: what is mocked calls the mock, and nothing waits for a token."""
        if not self._mocks:
            assert isinstance(code, TaskCode)
            return replace(code, retry=(), catch=catch, callback=False, plain=True)
        started = {"resourceType": _MOCK.service, "resource": _MOCK.action}
        if isinstance(code, TaskCode):
            return replace(
                code, retry=(), catch=catch, resource=_MOCK, started=started, callback=False, plain=True
            )
        return TaskCode(
            name=code.name,
            next=code.next,
            settle=code.settle,
            catch=catch,
            context=code.context,
            resource=_MOCK,
            started=started,
        )

    def _read_map(self, code: MapCode) -> None:
        """Reads the fields of a Map as it does before its items are processed. Raises StateError."""
        visit = self._visit()
        if code.concurrency is not None:
            code.concurrency.read(visit)
        tolerance(code, visit)
        if code.reader is None:
            items_of(code, visit)

    def _check_map(self, code: MapCode) -> None:
        """Says whether more iterations are to fail than there are, and whether too many do."""
        request = self._request
        visit = self._visit()
        try:
            items = request.read if code.reader is not None else items_of(code, visit)
            count, percentage = tolerance(code, visit)
        except StateError:
            return
        total = len(items) if isinstance(items, (list, dict)) else 0
        if request.failed > total and (code.reader is None or request.read is not None) and request.mocked:
            text = "Map iteration failure count must be less than or equal to the number of Map iterations"
            raise RejectedRequest("ValidationException", text)
        over = count is not None and request.failed > count
        over = over or (percentage is not None and request.failed * 100 > percentage * total)
        if over and self._failure is None:
            self._failure = TaskFailure(
                "States.ExceedToleratedFailureThreshold",
                "The specified tolerated failure threshold was exceeded",
            )


def _once(handler: Handler) -> Handler:
    """A handler that is called once: a second call gets the first one's answer."""
    known: list[tuple[JSON, BaseException | None]] = []

    def call(payload: JSON) -> JSON:
        if not known:
            try:
                known.append((handler(payload), None))
            except Exception as error:
                known.append((None, error))
        result, failure = known[0]
        if failure is not None:
            raise failure
        return result

    return call
