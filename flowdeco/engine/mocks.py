"""Mock files: answers for tasks, written down. Two formats are read:

    {"train": {"result": {"auc": 0.9}},                      flowdeco's own: by state, function or `Resource`
     "Publish": [{"error": "Throttled"}, {"result": null}],  a list answers attempt by attempt, its last item the rest
     "*": {"error": "Unexpected", "cause": "..."}}           all that is not named

    {"StateMachines": {"Album": {"TestCases": {"Retries": {"Train": "TrainFailsOnce"}}}},
     "MockedResponses": {"TrainFailsOnce": {"0": {"Throw": {"Error": "Busy", "Cause": "..."}},
                                            "1-2": {"Return": {"StatusCode": 200, "Payload": {"auc": 0.9}}}}}}

The second is the one of AWS's local emulator. Its answers are by state, and are the whole result of the task; in
flowdeco's own format a result is what the function or service gives, and the engine puts the service's response around
it. The attempts of a state are counted for each execution: retries, iterations and loops all count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.engine.failure import TaskFailure
from flowdeco.engine.resources import LAMBDA_INVOKE, WAIT_FOR_TOKEN
from flowdeco.errors import Finding, InputError, did_you_mean
from flowdeco.history import Event

_MARK: Final = "#mock"
_RANGE: Final = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: a result, or a failure when `fails`."""

    result: JSON = None
    error: str | None = None
    cause: str | None = None
    fails: bool = False

    def give(self) -> JSON:
        """Returns the result, or raises TaskFailure."""
        if self.fails:
            raise TaskFailure(self.error, self.cause)
        return self.result


@dataclass(frozen=True, slots=True)
class Replies:
    """Answers by attempt, counted from 0: each with the first attempt it is for and the last (None: all that follow).

    `whole`: a result is the whole result of the task.
    """

    name: str
    parts: tuple[tuple[int, int | None, Reply], ...]
    whole: bool = False

    def reply(self, attempt: int) -> Reply:
        for first, last, reply in self.parts:
            if first <= attempt and (last is None or attempt <= last):
                return reply
        cause = f"the mock {self.name!r} has no answer for attempt {attempt} (the first is 0)"
        return Reply(error="Flowdeco.MockExhausted", cause=cause, fails=True)


@dataclass(frozen=True, slots=True)
class Mocks:
    """What a mock file says. `states` are answers by the name of a state, `resources` by function or `Resource`."""

    states: Mapping[str, Replies]
    resources: Mapping[str, Replies]

    def apply(self, definition: Mapping[str, JSON]) -> MockedDefinition:
        """A definition whose mocked states have a resource of their own, since handlers are found by resource."""
        marked: list[tuple[str, str, Replies]] = []
        document = self._scope(definition, marked)
        return MockedDefinition(document, tuple(marked), self.resources)

    def _scope(self, scope: Any, marked: list[tuple[str, str, Replies]]) -> Any:
        if not isinstance(scope, dict) or not isinstance(scope.get("States"), dict):
            return scope
        return {
            **scope,
            "States": {name: self._state(name, one, marked) for name, one in scope["States"].items()},
        }

    def _state(self, name: str, state: Any, marked: list[tuple[str, str, Replies]]) -> Any:
        if not isinstance(state, dict):
            return state
        changed = dict(state)
        for field in ("ItemProcessor", "Iterator"):
            if field in state:
                changed[field] = self._scope(state[field], marked)
        if isinstance(state.get("Branches"), list):
            changed["Branches"] = [self._scope(branch, marked) for branch in state["Branches"]]
        resource = state.get("Resource")
        if state.get("Type") == "Task" and isinstance(resource, str) and name in self.states:
            changed["Resource"] = f"{resource}{_MARK}{len(marked)}"
            marked.append((changed["Resource"], resource, self.states[name]))
        return changed


@dataclass(frozen=True, slots=True)
class MockedDefinition:
    """What is executed instead of a definition. `marked` are its mocked resources, what they were, and the answers."""

    document: JSON
    marked: tuple[tuple[str, str, Replies], ...]
    resources: Mapping[str, Replies]

    def begin(self) -> dict[str, Callable[[JSON], JSON]]:
        """Handlers for one execution: attempts are counted from here."""
        found = {name: _Counting(replies, False) for name, replies in self.resources.items()}
        for mark, resource, replies in self.marked:
            wrapped = not replies.whole and resource.removesuffix(WAIT_FOR_TOKEN) == LAMBDA_INVOKE
            found[mark] = _Counting(replies, wrapped)
        return {**found}


def unmarked(event: Event) -> Event:
    """An event of an execution of a mocked definition, as it would be without the mocks."""
    resource = event.details.get("resource")
    if not isinstance(resource, str) or _MARK not in resource:
        return event
    return event._replace(details={**event.details, "resource": resource.partition(_MARK)[0]})


class _Counting:
    """A handler that counts its calls. Safe to use from any thread."""

    def __init__(self, replies: Replies, wrapped: bool) -> None:
        self._replies = replies
        self._wrapped = wrapped
        self._lock = Lock()
        self._attempts = 0

    def __call__(self, payload: JSON) -> JSON:
        with self._lock:
            attempt = self._attempts
            self._attempts += 1
        result = self._replies.reply(attempt).give()
        return (
            {"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": 200} if self._wrapped else result
        )


def read_mocks(document: JSON, case: str | None = None) -> Mocks:
    """Reads a mock file. `case` names a test case of AWS's format, as `Retries` or, with its state machine,
    `Album/Retries`; it may be left out when there is only one.

    Raises InputError with everything that is wrong.

    >>> mocks = read_mocks({"train": [{"error": "Busy"}, {"result": 1}]})
    >>> mocks.states["train"].reply(7).result
    1
    """
    if not isinstance(document, dict):
        raise InputError("a mock file is a JSON object")
    reader = _Reader()
    if "StateMachines" in document or "MockedResponses" in document:
        mocks = reader.service_format(document, case)
    else:
        if case is not None:
            raise InputError(f"the mock file has no test cases, so none is called {case!r}")
        mocks = reader.own_format(document)
    if reader.findings:
        raise InputError("the mock file is wrong", reader.findings)
    return mocks


class _Reader:
    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def _refuse(self, where: str, message: str, hint: str | None = None) -> None:
        self.findings.append(Finding("error", message, where, hint, "MOCK"))

    # --- flowdeco's own -----------------------------------------------------------------------------------

    def own_format(self, document: Mapping[str, Any]) -> Mocks:
        replies = {name: self._own_replies(name, told) for name, told in document.items()}
        return Mocks({name: found for name, found in replies.items() if name != "*"}, replies)

    def _own_replies(self, name: str, told: Any) -> Replies:
        several = told if isinstance(told, list) else [told]
        if not several:
            self._refuse(name, "the list of answers is empty")
        parts = []
        for index, one in enumerate(several):
            where = f"{name}[{index}]" if isinstance(told, list) else name
            last = index if index < len(several) - 1 else None
            parts.append((index, last, self._own_reply(where, one)))
        return Replies(name, tuple(parts))

    def _own_reply(self, where: str, told: Any) -> Reply:
        if not isinstance(told, dict) or ("result" in told) is ("error" in told):
            self._refuse(
                where, "an answer is an object with either result or error", 'for example {"result": 1}'
            )
            return Reply()
        for name in told.keys() - {"result", "error", "cause"}:
            self._refuse(where, f"an answer has no {name}", did_you_mean(name, ("result", "error", "cause")))
        if "result" in told:
            return Reply(told["result"])
        return self._failure(where, told["error"], told.get("cause"))

    def _failure(self, where: str, error: Any, cause: Any) -> Reply:
        if not isinstance(error, str) or not isinstance(cause, str | None):
            self._refuse(where, "the error and the cause of an answer are texts")
            return Reply()
        return Reply(error=error, cause=cause, fails=True)

    # --- AWS's --------------------------------------------------------------------------------------------

    def service_format(self, document: Mapping[str, Any], case: str | None) -> Mocks:
        responses = self._objects("MockedResponses", document.get("MockedResponses", {}))
        replies = {
            name: self._response(f"MockedResponses.{name}", name, told) for name, told in responses.items()
        }
        chosen = self._case(document, case)
        states = {}
        for state, name in chosen.items():
            if not isinstance(name, str) or name not in replies:
                hint = did_you_mean(str(name), list(replies))
                self._refuse(f"TestCases.{state}", f"there is no mocked response {name!r}", hint)
            else:
                states[state] = Replies(state, replies[name].parts, whole=True)
        return Mocks(states, {})

    def _case(self, document: Mapping[str, Any], case: str | None) -> Mapping[str, Any]:
        """The states of the test case that is meant, each with the name of its response."""
        found: dict[str, Any] = {}
        for machine, about in self._objects("StateMachines", document.get("StateMachines", {})).items():
            where = f"StateMachines.{machine}.TestCases"
            cases = about.get("TestCases", {}) if isinstance(about, dict) else None
            for name, states in self._objects(where, cases).items():
                found[f"{machine}/{name}"] = self._objects(f"{where}.{name}", states)
        names = [name for name in found if case is None or case in (name, name.partition("/")[2])]
        if len(names) == 1:
            return dict(found[names[0]])
        told = ", ".join(names or found) or "none"
        if case is None:
            raise InputError(f"which test case? The mock file has {told}", hint="write --case NAME")
        problem = (
            f"there is no test case {case!r}" if not names else f"{case!r} is a test case of several machines"
        )
        raise InputError(problem, hint=did_you_mean(case, [*found]) or f"there are {told}")

    def _response(self, where: str, name: str, told: Any) -> Replies:
        parts = []
        for attempts, one in self._objects(where, told).items():
            read = _RANGE.fullmatch(attempts)
            if read is None or int(read[2] or read[1]) < int(read[1]):
                self._refuse(
                    f"{where}.{attempts}", f"{attempts!r} is no attempt and no range of attempts like 1-2"
                )
            else:
                reply = self._service_reply(f"{where}.{attempts}", one)
                parts.append((int(read[1]), int(read[2] or read[1]), reply))
        return Replies(name, tuple(parts))

    def _service_reply(self, where: str, told: Any) -> Reply:
        if not isinstance(told, dict) or len(told) != 1 or not told.keys() <= {"Return", "Throw"}:
            self._refuse(where, "a mocked response has either Return or Throw")
            return Reply()
        if "Return" in told:
            return Reply(told["Return"])
        thrown = self._objects(f"{where}.Throw", told["Throw"])
        return self._failure(f"{where}.Throw", thrown.get("Error"), thrown.get("Cause"))

    def _objects(self, where: str, told: Any) -> Mapping[str, Any]:
        if isinstance(told, dict):
            return told
        self._refuse(where, "must be a JSON object")
        return {}
