"""The JSON document of a definition → `StateMachine`. Everything that is wrong with its shape is reported at once.

What is checked here is what the model cannot hold: types of fields, unknown fields, missing ones, transitions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowdeco.asl.model import (
    JSON,
    Catcher,
    Choice,
    ChoiceRule,
    Fail,
    ItemProcessor,
    Map,
    Parallel,
    Pass,
    Retrier,
    State,
    StateMachine,
    States,
    Succeed,
    Task,
    Wait,
)
from flowdeco.errors import DefinitionError, Finding, did_you_mean

_KINDS: dict[str, type[State]] = {
    kind.__name__: kind for kind in (Task, Pass, Choice, Wait, Succeed, Fail, Parallel, Map)
}
_REQUIRED: dict[type[State], tuple[str, ...]] = {
    Task: ("Resource",),
    Choice: ("Choices",),
    Parallel: ("Branches",),
}
_RULE_FIELDS = {"Next", "Condition", "Assign", "Output", "Comment"}


def parse(definition: JSON) -> StateMachine:
    """Reads a definition (a dict, as `json.loads` gives it). Raises DefinitionError listing all findings.

    >>> parse({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}).StartAt
    'A'
    """
    reader = _Reader()
    machine = reader.machine(definition)
    if reader.findings:
        raise DefinitionError("the definition is not valid Amazon States Language", reader.findings)
    assert machine is not None
    return machine


class _Reader:
    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def error(self, where: str, message: str, hint: str | None = None) -> None:
        self.findings.append(
            Finding("error", message, where or "definition", hint, "SCHEMA_VALIDATION_FAILED")
        )

    def machine(self, document: JSON) -> StateMachine | None:
        fields = self.scope(document, "", ("TimeoutSeconds", "Version"))
        return None if fields is None else StateMachine(**fields)

    def scope(self, document: JSON, where: str, extra: tuple[str, ...] = ()) -> dict[str, Any] | None:
        """Fields shared by machines, branches and item processors, checked; None when there is nothing to read."""
        if not isinstance(document, dict):
            self.error(where, f"expected an object, not {_type(document)}")
            return None
        allowed = ("Comment", "QueryLanguage", "StartAt", "States", *extra)
        self.known(document, allowed, where)
        fields: dict[str, Any] = {name: document[name] for name in allowed if name in document}
        states: dict[str, State] = {}
        raw = document.get("States")
        if not isinstance(raw, dict) or not raw:
            self.error(where, "States must be an object with at least one state")
            raw = {}
        for name, body in raw.items():
            state = self.state(body, _join(where, f"States.{name}"))
            if state is not None:
                states[name] = state
        start = document.get("StartAt")
        if not isinstance(start, str):
            self.error(where, "StartAt must name the first state")
        elif start not in raw:
            self.error(
                _join(where, "StartAt"), f"there is no state {start!r}", did_you_mean(start, list(raw))
            )
        self.targets(raw, where)
        fields["States"] = states
        fields.setdefault("StartAt", "")
        return fields

    def targets(self, states: Mapping[str, JSON], where: str) -> None:
        for name, body in states.items():
            if not isinstance(body, dict):
                continue
            here = _join(where, f"States.{name}")
            links = [("Next", body.get("Next")), ("Default", body.get("Default"))]
            for field in ("Choices", "Catch"):
                entries = body.get(field)
                if isinstance(entries, list):
                    links += [
                        (f"{field}[{i}].Next", entry.get("Next"))
                        for i, entry in enumerate(entries)
                        if isinstance(entry, dict)
                    ]
            for field, target in links:
                if target is not None and target not in states:
                    hint = did_you_mean(str(target), list(states))
                    self.error(f"{here}.{field}", f"there is no state {target!r}", hint)

    def state(self, body: JSON, where: str) -> State | None:
        if not isinstance(body, dict):
            self.error(where, f"a state is an object, not {_type(body)}")
            return None
        kind = _KINDS.get(str(body.get("Type")))
        if kind is None:
            hint = did_you_mean(str(body.get("Type")), list(_KINDS))
            self.error(f"{where}.Type", f"there is no state type {body.get('Type')!r}", hint)
            return None
        known = set(kind.__dataclass_fields__)
        fields = {name: value for name, value in body.items() if name in known}
        extra = {"Type", "End", "Iterator"} if kind is Map else {"Type", "End"}
        self.known(body, (*kind.__dataclass_fields__, *extra), where)
        if "Next" in known and (body.get("End") is True) == ("Next" in body):
            self.error(where, "a state has either Next or End: true")
        if kind is Map and "ItemProcessor" not in fields:
            fields["ItemProcessor"] = body.get("Iterator")
        for name in _REQUIRED.get(kind, ()):
            if name not in fields:
                self.error(where, f"{kind.__name__} needs {name}")
                return None
        readers: dict[str, Callable[[JSON, str], Any]] = {
            "Retry": lambda value, at: self.entries(value, at, self.retrier),
            "Catch": lambda value, at: self.entries(value, at, self.catcher),
            "Choices": lambda value, at: self.entries(value, at, self.rule),
            "Branches": lambda value, at: self.entries(value, at, self.branch),
            "ItemProcessor": self.processor,
        }
        before = len(self.findings)
        for name in list(fields):
            if name in readers:
                fields[name] = readers[name](fields[name], f"{where}.{name}")
        return kind(**fields) if len(self.findings) == before else None

    def entries(self, value: JSON, where: str, read: Callable[[JSON, str], Any]) -> tuple[Any, ...]:
        if not isinstance(value, list):
            self.error(where, f"expected an array, not {_type(value)}")
            return ()
        return tuple(read(entry, f"{where}[{i}]") for i, entry in enumerate(value))

    def retrier(self, value: JSON, where: str) -> Any:
        return self.entry(Retrier, value, where, ("ErrorEquals",))

    def catcher(self, value: JSON, where: str) -> Any:
        return self.entry(Catcher, value, where, ("ErrorEquals", "Next"))

    def entry(self, kind: Any, value: JSON, where: str, required: tuple[str, ...]) -> Any:
        if not isinstance(value, dict):
            self.error(where, f"expected an object, not {_type(value)}")
            return None
        self.known(value, tuple(kind.__dataclass_fields__), where)
        missing = [name for name in required if name not in value]
        for name in missing:
            self.error(where, f"{name} is missing")
        names = value.get("ErrorEquals")
        if names is not None and not (
            isinstance(names, list) and names and all(isinstance(n, str) for n in names)
        ):
            self.error(f"{where}.ErrorEquals", "expected a non-empty array of error names")
            return None
        if missing:
            return None
        fields = {k: v for k, v in value.items() if k in kind.__dataclass_fields__}
        fields["ErrorEquals"] = tuple(value["ErrorEquals"])
        return kind(**fields)

    def rule(self, value: JSON, where: str) -> ChoiceRule | None:
        if not isinstance(value, dict):
            self.error(where, f"expected an object, not {_type(value)}")
            return None
        if "Next" not in value:
            self.error(where, "Next is missing")
            return None
        comparison = {name: item for name, item in value.items() if name not in _RULE_FIELDS}
        fields = {name: item for name, item in value.items() if name in _RULE_FIELDS}
        return ChoiceRule(**fields, comparison=comparison or None)

    def branch(self, value: JSON, where: str) -> States | None:
        fields = self.scope(value, where)
        return None if fields is None else States(**fields)

    def processor(self, value: JSON, where: str) -> ItemProcessor | None:
        if not isinstance(value, dict):
            self.error(where, f"expected an object, not {_type(value)}")
            return None
        config = value.get("ProcessorConfig", {})
        fields = self.scope({k: v for k, v in value.items() if k != "ProcessorConfig"}, where)
        if not isinstance(config, dict):
            self.error(f"{where}.ProcessorConfig", f"expected an object, not {_type(config)}")
            return None
        self.known(config, ("Mode", "ExecutionType"), f"{where}.ProcessorConfig")
        if fields is None:
            return None
        return ItemProcessor(**fields, Mode=config.get("Mode"), ExecutionType=config.get("ExecutionType"))

    def known(self, document: Mapping[str, JSON], allowed: tuple[str, ...], where: str) -> None:
        for name in document:
            if name not in allowed:
                self.error(
                    _join(where, name), f"field {name!r} is not known here", did_you_mean(name, allowed)
                )


def _join(where: str, part: str) -> str:
    return f"{where}.{part}" if where else part


def _type(value: JSON) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
