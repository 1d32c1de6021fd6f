"""State machine → program: every expression compiled, every default filled in, everything unsupported refused.

Compiling happens once per machine; a program holds no state of an execution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from typing import Any, assert_never

from flowdeco.asl.model import (
    JSON,
    UNSET,
    Catcher,
    Choice,
    ChoiceRule,
    Fail,
    Field,
    Map,
    Parallel,
    Pass,
    QueryLanguage,
    State,
    StateMachine,
    States,
    Succeed,
    Task,
    Wait,
)
from flowdeco.engine.code import (
    BatchRule,
    CatchRule,
    ChoiceCode,
    FailCode,
    MapCode,
    ParallelCode,
    PassCode,
    Program,
    RuleCode,
    ScopeCode,
    StateCode,
    SucceedCode,
    TaskCode,
    TaskSite,
    WaitCode,
)
from flowdeco.engine.fields import Expected, FieldError, Language, Value
from flowdeco.engine.jsonata import JsonataLanguage
from flowdeco.engine.jsonpath import JsonpathLanguage
from flowdeco.engine.resources import WAIT_FOR_TOKEN, resource
from flowdeco.engine.retry import retry_rule
from flowdeco.engine.storage import StorageCompiler
from flowdeco.errors import DefinitionError, Finding
from flowdeco.query import QueryError, is_expression

_KEPT = 8
_programs: dict[int, tuple[StateMachine, Program]] = {}
_JSONATA_FIELDS = ("Arguments", "Output", "Items", "Condition")
_JSONPATH_FIELDS = (
    *(
        "InputPath",
        "OutputPath",
        "Parameters",
        "ResultSelector",
        "ResultPath",
        "Result",
        "comparison",
        "ItemsPath",
    ),
    *(
        "MaxConcurrencyPath",
        "ToleratedFailureCountPath",
        "ToleratedFailurePercentagePath",
        "TimeoutSecondsPath",
    ),
    *("HeartbeatSecondsPath", "SecondsPath", "TimestampPath", "ErrorPath", "CausePath"),
)


def program_of(machine: StateMachine) -> Program:
    """The program of a machine. The last few are kept. Raises DefinitionError with all findings."""
    kept = _programs.get(id(machine))
    if kept is not None and kept[0] is machine:
        return kept[1]
    program = _Compiler().machine(machine)
    while len(_programs) >= _KEPT:
        del _programs[next(iter(_programs))]
    _programs[id(machine)] = (machine, program)
    return program


class _Compiler:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.tasks: list[TaskSite] = []
        self.stored: list[str] = []

    def machine(self, machine: StateMachine) -> Program:
        scope = self.scope(machine, "", "JSONPath")
        if self.findings:
            raise DefinitionError("the engine cannot run this state machine", self.findings)
        return Program(scope, tuple(self.tasks), tuple(self.stored), machine.TimeoutSeconds)

    def refuse(self, where: str, message: str, hint: str | None = None) -> None:
        self.findings.append(Finding("error", message, where, hint, "UNSUPPORTED"))

    def scope(self, scope: States, where: str, outer: QueryLanguage) -> ScopeCode:
        language = scope.QueryLanguage or outer
        prefix = f"{where}." if where else ""
        codes: dict[str, StateCode] = {}
        for name, state in scope.States.items():
            compiler = _StateCompiler(
                self, name, f"{prefix}States.{name}", state.QueryLanguage or language, language
            )
            code = compiler.compile(state)
            if code is not None:
                codes[name] = code
        return ScopeCode(scope.StartAt, codes)


class _StateCompiler:
    """Compiles one state. `scope_language` is what its own scopes inherit."""

    def __init__(
        self,
        machine: _Compiler,
        name: str,
        where: str,
        language: QueryLanguage,
        scope_language: QueryLanguage,
    ) -> None:
        self.machine = machine
        self.name = name
        self.where = where
        self.scope_language = scope_language
        self.paths = language == "JSONPath"
        self.foreign = _JSONATA_FIELDS if self.paths else _JSONPATH_FIELDS

    def compile(self, state: State) -> StateCode | None:
        """None when it cannot be run; the findings say why."""
        before = len(self.machine.findings)
        self.refuse_fields(state)
        if len(self.machine.findings) > before:
            return None
        try:
            self.language: Language = JsonpathLanguage(state) if self.paths else JsonataLanguage()
            return self.state(state)
        except FieldError as error:
            self.machine.refuse(f"{self.where}.{error.field}", error.problem)
        except QueryError as error:
            text = f"the JSONata expression {error.expression!r} does not parse: {error.detail}"
            self.machine.refuse(f"{self.where}.{error.path}", text)
        return None

    def refuse_fields(self, state: State) -> None:
        self.refuse_foreign(state, self.where)
        if isinstance(state, Choice):
            for i, rule in enumerate(state.Choices):
                where = f"{self.where}.Choices[{i}]"
                self.refuse_foreign(rule, where)
                if not self.paths and rule.Condition is UNSET:
                    self.machine.refuse(where, "a rule of a JSONata state needs a Condition")
        if isinstance(state, (Task, Parallel, Map)):
            for i, catcher in enumerate(state.Catch):
                self.refuse_foreign(catcher, f"{self.where}.Catch[{i}]")

    def refuse_foreign(self, part: State | ChoiceRule | Catcher, where: str) -> None:
        """Refuses fields of the other query language."""
        mine, other = ("JSONPath", "JSONata") if self.paths else ("JSONata", "JSONPath")
        for field in dataclass_fields(part):
            name = field.name
            if name in self.foreign and getattr(part, name) is not field.default:
                text = f"{name} is a field of {other} states, and this state is {mine}"
                self.machine.refuse(f"{where}.{name}", text)

    def state(self, state: State) -> StateCode:
        match state:
            case Task():
                return self.task(state)
            case Parallel():
                return self.parallel(state)
            case Map():
                return self.map(state)
            case Pass():
                settle = self.language.settle(state)
                return PassCode(name=self.name, next=state.Next, settle=settle, context=self.language.context)
            case Wait():
                return self.wait(state)
            case Choice():
                return self.choice(state)
            case Succeed():
                settle = self.language.settle(state)
                return SucceedCode(name=self.name, settle=settle, context=self.language.context)
            case Fail():
                return self.fail(state)
            case _:
                assert_never(state)

    def value(
        self, part: State | Mapping[str, JSON], name: str, expected: Expected, of: str = ""
    ) -> Value | None:
        """A field that may be given directly or by its `…Path`; `of` says what it is in."""
        get = part.get if isinstance(part, Mapping) else lambda key: getattr(part, key, None)
        field = get(name)
        return self.language.value(
            f"{of}{name}", UNSET if field is None else field, expected, get(f"{name}Path")
        )

    def work(self, state: Task | Parallel | Map) -> dict[str, Any]:
        """What all states that do work have in common."""
        return {
            "name": self.name,
            "next": state.Next,
            "settle": self.language.settle(state),
            "retry": tuple(retry_rule(retrier) for retrier in state.Retry),
            "catch": tuple(self.catcher(catcher, i) for i, catcher in enumerate(state.Catch)),
        }

    def catcher(self, catcher: Catcher, index: int) -> CatchRule:
        settle = self.language.settle_catcher(catcher, index)
        return CatchRule(errors=frozenset(catcher.ErrorEquals), next=catcher.Next, settle=settle)

    def task(self, state: Task) -> TaskCode:
        target = resource(state.Resource)
        function = None
        given = state.Parameters if self.paths else state.Arguments
        if target.kind == "lambda" and isinstance(given, dict):
            name = given.get("FunctionName")
            function = name if isinstance(name, str) and not is_expression(name) else None
        self.machine.tasks.append(TaskSite(f"{self.where}.Resource", target, function))
        work = self.work(state)
        return TaskCode(
            **work,
            arguments=self.language.arguments(state),
            arguments_field=self.language.arguments_field,
            timeout=self.value(state, "TimeoutSeconds", "integer"),
            heartbeat=self.value(state, "HeartbeatSeconds", "integer"),
            credentials=self.language.template("Credentials", state.Credentials),
            resource=target,
            callback=target.action.endswith(WAIT_FOR_TOKEN),
            plain=target.kind in ("function", "lambda", "integration")
            and not target.action.endswith(WAIT_FOR_TOKEN),
            started={"resourceType": target.service, "resource": target.action},
            context=self.language.context,
        )

    def parallel(self, state: Parallel) -> ParallelCode:
        branches = tuple(
            self.machine.scope(branch, f"{self.where}.Branches[{i}]", self.scope_language)
            for i, branch in enumerate(state.Branches)
        )
        work = self.work(state)
        arguments = self.language.arguments(state)
        return ParallelCode(**work, arguments=arguments, branches=branches, context=self.language.context)

    def map(self, state: Map) -> MapCode:
        processor = self.machine.scope(
            state.ItemProcessor, f"{self.where}.ItemProcessor", self.scope_language
        )
        work = self.work(state)
        selector = self.language.selector(state)
        distributed = state.ItemProcessor.Mode == "DISTRIBUTED"
        storage = StorageCompiler(
            self.language, lambda field, text: self.machine.refuse(f"{self.where}.{field}", text)
        )
        reader = storage.reader(state.ItemReader, distributed)
        writer = storage.writer(state.ResultWriter, distributed)
        if reader is not None:
            self.machine.stored.append(f"{self.where}.ItemReader")
        if writer is not None and writer.arguments is not None:
            self.machine.stored.append(f"{self.where}.ResultWriter")
        return MapCode(
            **work,
            processor=processor,
            distributed=distributed,
            reader=reader,
            writer=writer,
            label=state.Label or self.name,
            items=self.language.items(state),
            selector=selector,
            batch=self.batch(state.ItemBatcher),
            concurrency=self.value(state, "MaxConcurrency", "integer"),
            tolerated_count=self.value(state, "ToleratedFailureCount", "integer"),
            tolerated_percentage=self.value(state, "ToleratedFailurePercentage", "number"),
            context=self.language.context,
        )

    def batch(self, batcher: Field) -> BatchRule | None:
        if not isinstance(batcher, dict):
            return None
        of = "ItemBatcher/"
        return BatchRule(
            items=self.value(batcher, "MaxItemsPerBatch", "integer", of),
            bytes=self.value(batcher, "MaxInputBytesPerBatch", "integer", of),
            input=self.language.template(f"{of}BatchInput", batcher.get("BatchInput", UNSET)),
        )

    def wait(self, state: Wait) -> WaitCode:
        seconds = self.value(state, "Seconds", "integer")
        timestamp = self.value(state, "Timestamp", "string")
        if seconds is None and timestamp is None:
            self.machine.refuse(self.where, "a Wait needs Seconds or Timestamp")
        return WaitCode(
            name=self.name,
            next=state.Next,
            settle=self.language.settle(state),
            seconds=seconds,
            timestamp=timestamp,
            context=self.language.context,
        )

    def choice(self, state: Choice) -> ChoiceCode:
        rules = []
        for i, rule in enumerate(state.Choices):
            condition = self.language.condition(rule, i)
            settle = self.language.settle_rule(rule, i)
            rules.append(RuleCode(condition=condition, next=rule.Next, settle=settle))
        settle = self.language.settle(state)
        return ChoiceCode(
            name=self.name,
            next=state.Default,
            rules=tuple(rules),
            settle=settle,
            context=self.language.context,
        )

    def fail(self, state: Fail) -> FailCode:
        return FailCode(
            name=self.name,
            error=self.value(state, "Error", "string"),
            cause=self.value(state, "Cause", "string"),
            context=self.language.context,
        )
