"""The JSON document of a definition → `StateMachine`. Everything that is wrong with its shape is reported at once.

What is checked here is what the model cannot hold: types of fields, unknown fields, missing ones, transitions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, TypeVar

from flowdeco.asl.fields import COMBINATIONS, COMPARISONS, INTEGER, KINDS, shown
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

T = TypeVar("T")

_STATES: dict[str, type[State]] = {
    kind.__name__: kind for kind in (Task, Pass, Choice, Wait, Succeed, Fail, Parallel, Map)
}
_NO_END = {
    Choice: "a Choice goes on where its rules or its Default say",
    Succeed: "a Succeed ends the execution by itself",
    Fail: "a Fail ends the execution by itself",
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """Names of the fields that an object may have and of those it must have, in the order of the model."""

    allowed: tuple[str, ...]
    required: tuple[str, ...]


def _shape(kind: Any, *, without: Collection[str] = (), also: Sequence[str] = ()) -> _Shape:
    fields = [field for field in dataclass_fields(kind) if field.name not in without]
    required = tuple(f.name for f in fields if f.default is MISSING)
    return _Shape((*(field.name for field in fields), *also), required)


_SHAPES: dict[Any, _Shape] = {
    **{kind: _shape(kind) for kind in (States, StateMachine, Retrier, Catcher)},
    **{kind: _shape(kind, also=("Type", "End")) for kind in (Task, Pass, Wait, Parallel)},
    **{kind: _shape(kind, also=("Type",)) for kind in (Choice, Succeed, Fail)},
    Map: _shape(Map, also=("Type", "End", "Iterator")),
    ItemProcessor: _shape(ItemProcessor, without=("Mode", "ExecutionType"), also=("ProcessorConfig",)),
    ChoiceRule: _shape(ChoiceRule, without=("comparison",)),
}
_CONFIG = _Shape(("Mode", "ExecutionType"), ())


def parse(definition: JSON) -> StateMachine:
    """Reads a definition (a dict, as `json.loads` gives it). Raises DefinitionError listing all findings.

    >>> parse({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}).StartAt
    'A'
    """
    reader = _Reader()
    try:
        machine = reader.machine(definition)
    except RecursionError:
        reader.error("", "it is nested too deeply to be read")
        machine = None
    if machine is None:
        raise DefinitionError("the definition is not valid Amazon States Language", reader.findings)
    return machine


class _Reader:
    """Reads part by part. A part with findings in it is None: what holds it is never built."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.nested: dict[str, Callable[[JSON, str], Any]] = {
            "States": self.states,
            "Retry": lambda value, where: self.array(value, where, self.retrier),
            "Catch": lambda value, where: self.array(value, where, self.catcher),
            "Choices": lambda value, where: self.array(value, where, self.rule, "rule"),
            "Branches": lambda value, where: self.array(value, where, self.branch),
            "ItemProcessor": self.processor,
            "Iterator": self.processor,
            "ProcessorConfig": self.config,
            "ErrorEquals": lambda value, where: self.array(value, where, self.error_name, "error name"),
        }

    def error(
        self, where: str, message: str, hint: str | None = None, code: str = "SCHEMA_VALIDATION_FAILED"
    ) -> None:
        self.findings.append(Finding("error", message, where or "definition", hint, code))

    # ------------------------------------------------------------------------------------------ any object

    def fields(self, document: JSON, shape: _Shape, where: str) -> dict[str, Any]:
        """The fields of an object, each checked and read. Findings tell whether they can be used."""
        if not isinstance(document, dict):
            self.error(where, f"expected an object, not {shown(document)}")
            return {}
        for name in document:
            if name not in shape.allowed:
                self.unknown(_join(where, name), name, shape.allowed)
        missing = [name for name in shape.required if name not in document]
        if missing == ["ItemProcessor"] and "Iterator" in document:
            missing = []
        if missing:  # in the words of the service
            self.error(where, f"These fields are required: [{', '.join(missing)}]")
        return {
            name: self.value(name, value, _join(where, name))
            for name, value in document.items()
            if name in shape.allowed
        }

    def unknown(self, where: str, name: str, allowed: Collection[str]) -> None:
        self.error(where, f"field {name!r} is not known here", did_you_mean(name, sorted(allowed)))

    def value(self, name: str, value: JSON, where: str) -> Any:
        read = self.nested.get(name)
        if read is not None:
            return read(value, where)
        what, fits = KINDS.get(name, _ANYTHING)
        if not fits(value):
            self.error(where, f"expected {what}, not {shown(value)}")
        return value

    def array(
        self, value: JSON, where: str, read: Callable[[JSON, str], Any], least: str = ""
    ) -> tuple[Any, ...]:
        """An array, read entry by entry; `least` says what it must have at least one of."""
        if not isinstance(value, list):
            self.error(where, f"expected an array, not {shown(value)}")
            return ()
        if least and not value:
            self.error(where, f"expected an array with at least one {least}")
        return tuple(read(entry, f"{where}[{i}]") for i, entry in enumerate(value))

    def made(self, kind: Callable[..., T], fields: dict[str, Any], before: int) -> T | None:
        """The object, if nothing was found in it since there were `before` findings."""
        return kind(**fields) if len(self.findings) == before else None

    # ---------------------------------------------------------------------------------------------- scopes

    def machine(self, document: JSON) -> StateMachine | None:
        fields = self.scope(document, StateMachine, "")
        if isinstance(fields.get("TimeoutSeconds"), str):  # of a state it may be an expression
            self.error("TimeoutSeconds", f"expected {INTEGER[0]}, not {shown(fields['TimeoutSeconds'])}")
        return self.made(StateMachine, fields, 0)

    def branch(self, value: JSON, where: str) -> States | None:
        before = len(self.findings)
        return self.made(States, self.scope(value, States, where), before)

    def processor(self, value: JSON, where: str) -> ItemProcessor | None:
        before = len(self.findings)
        fields = self.scope(value, ItemProcessor, where)
        config = fields.pop("ProcessorConfig", {})
        return self.made(ItemProcessor, fields | config, before)

    def config(self, value: JSON, where: str) -> dict[str, Any]:
        return self.fields(value, _CONFIG, where)

    def scope(self, document: JSON, kind: Any, where: str) -> dict[str, Any]:
        """The fields of a machine, branch or item processor, and whether its transitions lead somewhere."""
        fields = self.fields(document, _SHAPES[kind], where)
        states = document.get("States") if isinstance(document, dict) else None
        if isinstance(states, dict) and states:
            self.target(fields.get("StartAt"), states, _join(where, "StartAt"))
            for name, body in states.items():
                if isinstance(body, dict):
                    self.targets(body, states, _join(where, f"States.{name}"))
        return fields

    def targets(self, body: Mapping[str, JSON], states: Mapping[str, JSON], where: str) -> None:
        for field in ("Next", "Default"):
            self.target(body.get(field), states, f"{where}.{field}")
        for field in ("Choices", "Catch"):
            entries = body.get(field)
            for i, entry in enumerate(entries if isinstance(entries, list) else ()):
                if isinstance(entry, dict):
                    self.target(entry.get("Next"), states, f"{where}.{field}[{i}].Next")

    def target(self, name: JSON, states: Mapping[str, JSON], where: str) -> None:
        if isinstance(name, str) and name not in states:
            hint = did_you_mean(name, list(states))
            field = where.rpartition(".")[2]
            self.error(where, f"Missing '{field}' target: {name}", hint, "MISSING_TRANSITION_TARGET")

    def states(self, value: JSON, where: str) -> dict[str, State | None]:
        if not isinstance(value, dict) or not value:
            self.error(where, "expected an object with at least one state")
            return {}
        return {name: self.state(body, f"{where}.{name}") for name, body in value.items()}

    # ---------------------------------------------------------------------------------------------- states

    def state(self, body: JSON, where: str) -> State | None:
        if not isinstance(body, dict):
            self.error(where, f"a state is an object, not {shown(body)}")
            return None
        if "Type" not in body:
            self.error(where, "These fields are required: [Type]", f"it is one of {', '.join(_STATES)}")
            return None
        name = body["Type"]
        kind = _STATES.get(name) if isinstance(name, str) else None
        if kind is None:
            hint = did_you_mean(name, list(_STATES)) if isinstance(name, str) else None
            self.error(
                f"{where}.Type",
                f"there is no state type {shown(name)}",
                hint or f"it is one of {', '.join(_STATES)}",
            )
            return None
        before = len(self.findings)
        shape = _SHAPES[kind]
        self.transition(body, kind, where)
        known = body
        if kind in _NO_END:  # said by transition(), and better
            known = {field: value for field, value in body.items() if field not in ("Next", "End")}
        fields = self.fields(known, shape, where)
        if "Iterator" in fields:
            if "ItemProcessor" in fields:
                self.error(where, "a Map has either ItemProcessor or Iterator, its old name")
            fields["ItemProcessor"] = fields.pop("Iterator")
        fields.pop("Type")
        fields.pop("End", None)
        make: Callable[..., State] = kind
        return self.made(make, fields, before)

    def transition(self, body: Mapping[str, JSON], kind: type[State], where: str) -> None:
        if kind in _NO_END:
            for field in ("Next", "End"):
                if field in body:
                    self.error(f"{where}.{field}", f"a {kind.__name__} has no {field}", _NO_END[kind])
            return
        end = body.get("End", False)
        if not isinstance(end, bool):
            self.error(f"{where}.End", f"expected true or false, not {shown(end)}")
        elif end == ("Next" in body):
            this = "both" if end else "neither"
            self.error(where, f"a state has either Next or End: true, and this one has {this}")

    def error_name(self, value: JSON, where: str) -> JSON:
        if not isinstance(value, str):
            self.error(where, f"expected the name of an error, not {shown(value)}")
        return value

    def retrier(self, value: JSON, where: str) -> Retrier | None:
        before = len(self.findings)
        return self.made(Retrier, self.fields(value, _SHAPES[Retrier], where), before)

    def catcher(self, value: JSON, where: str) -> Catcher | None:
        before = len(self.findings)
        return self.made(Catcher, self.fields(value, _SHAPES[Catcher], where), before)

    def rule(self, value: JSON, where: str) -> ChoiceRule | None:
        before = len(self.findings)
        shape = _SHAPES[ChoiceRule]
        if not isinstance(value, dict):
            self.fields(value, shape, where)
            return None
        fields = self.fields({k: v for k, v in value.items() if k in shape.allowed}, shape, where)
        comparison = {k: v for k, v in value.items() if k not in shape.allowed}
        if "Condition" not in value:
            self.comparison(comparison, where, shape.allowed)
        else:
            for name in comparison:
                self.unknown(f"{where}.{name}", name, shape.allowed)
        return self.made(ChoiceRule, {**fields, "comparison": comparison or None}, before)

    def comparison(self, value: Mapping[str, JSON], where: str, also: Collection[str] = ()) -> None:
        """A rule of JSONPath: `Variable` and one comparison, or a combination of such rules.

        `also`: what else it might have been meant to hold.
        """
        known = COMPARISONS | COMBINATIONS | {"Variable"}
        strangers = [name for name in value if name not in known]
        for name in strangers:
            self.unknown(f"{where}.{name}", name, known | set(also))
        operators = [name for name in value if name in known and name != "Variable"]
        if len(operators) > 1 or not (operators or strangers):
            has = " and ".join(operators) or "none"
            instead = "a Condition, or " if also else ""
            self.error(
                where, f"a rule has {instead}exactly one comparison, or And, Or, Not, and this one has {has}"
            )
        for name in operators:
            if name == "Not":
                self.part(value[name], f"{where}.{name}")
            elif name in COMBINATIONS:
                self.array(value[name], f"{where}.{name}", self.part, "rule")
        if any(name in COMPARISONS for name in operators):
            if "Variable" not in value:
                self.error(where, "Variable is missing")
            elif not isinstance(value["Variable"], str):
                self.error(f"{where}.Variable", f"expected a string, not {shown(value['Variable'])}")
        elif "Variable" in value and operators:
            self.error(f"{where}.Variable", "only a comparison has a Variable, a combination has none")

    def part(self, value: JSON, where: str) -> None:
        """A rule inside And, Or, Not."""
        if not isinstance(value, dict):
            self.error(where, f"expected an object, not {shown(value)}")
            return
        if "Comment" in value:
            self.value("Comment", value["Comment"], f"{where}.Comment")
        self.comparison({name: part for name, part in value.items() if name != "Comment"}, where)


_ANYTHING = ("anything", lambda value: True)


def _join(where: str, part: str) -> str:
    return f"{where}.{part}" if where else part
