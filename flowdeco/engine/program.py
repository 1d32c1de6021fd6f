"""State machine → program: every expression compiled, every default filled in, everything unsupported refused.

Compiling happens once per machine; a program holds no state of an execution.
"""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from typing import Any, assert_never

from flowdeco.asl.model import (
    JSON,
    UNSET,
    Catcher,
    Choice,
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
    Unset,
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
from flowdeco.engine.fields import Expected, Language, Value
from flowdeco.engine.jsonata import JsonataLanguage
from flowdeco.engine.literal import LiteralLanguage
from flowdeco.engine.resources import resource, unsupported
from flowdeco.engine.retry import retry_rule
from flowdeco.errors import DefinitionError, Finding
from flowdeco.query import QueryError, is_expression

_KEPT = 8
_programs: dict[int, tuple[StateMachine, Program]] = {}
_PATH_FIELDS = frozenset(("InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath", "Result"))
_S3_FIELDS = frozenset(("ItemReader", "ResultWriter"))


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

    def machine(self, machine: StateMachine) -> Program:
        scope = self.scope(machine, "", "JSONPath")
        if self.findings:
            raise DefinitionError("the engine cannot run this state machine", self.findings)
        return Program(scope, tuple(self.tasks), machine.TimeoutSeconds)

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
        self.language: Language = LiteralLanguage() if self.paths else JsonataLanguage()

    def compile(self, state: State) -> StateCode | None:
        """None when it cannot be run; the findings say why."""
        before = len(self.machine.findings)
        self.refuse_fields(state)
        if len(self.machine.findings) > before:
            return None
        try:
            return self.state(state)
        except QueryError as error:
            text = f"the JSONata expression {error.expression!r} does not parse: {error.detail}"
            self.machine.refuse(f"{self.where}.{error.path}", text)
            return None

    def refuse_fields(self, state: State) -> None:
        for field in dataclass_fields(state):
            value = getattr(state, field.name)
            where = f"{self.where}.{field.name}"
            if value is None or value is UNSET:
                continue
            if field.name in _S3_FIELDS:
                text = f"the engine cannot perform {field.name} yet"
                self.machine.refuse(
                    where, text, "give the items in Items, and leave the results in the output"
                )
            else:
                path = field.name in _PATH_FIELDS or field.name.endswith("Path")
                if path or (self.paths and _has_path(value)):
                    self.refuse_path(where)
        if isinstance(state, Choice):
            for i, rule in enumerate(state.Choices):
                if rule.comparison is not None or rule.Condition is UNSET:
                    self.refuse_path(f"{self.where}.Choices[{i}]")

    def refuse_path(self, where: str) -> None:
        hint = "use QueryLanguage JSONata, with Arguments, Output, Assign and Condition"
        self.machine.refuse(where, "the engine cannot evaluate JSONPath yet", hint)

    def state(self, state: State) -> StateCode:
        match state:
            case Task():
                return self.task(state)
            case Parallel():
                return self.parallel(state)
            case Map():
                return self.map(state)
            case Pass():
                settle = self.language.settle(state.Assign, state.Output)
                return PassCode(name=self.name, next=state.Next, settle=settle, context=self.language.context)
            case Wait():
                return self.wait(state)
            case Choice():
                return self.choice(state)
            case Succeed():
                settle = self.language.settle(UNSET, state.Output)
                return SucceedCode(name=self.name, settle=settle, context=self.language.context)
            case Fail():
                return self.fail(state)
            case _:
                assert_never(state)

    def value(self, field: Field, name: str, expected: Expected | None = None) -> Value | None:
        return self.language.value(UNSET if field is None else field, name, expected)

    def work(self, state: Task | Parallel | Map) -> dict[str, Any]:
        """What all states that do work have in common."""
        return {
            "name": self.name,
            "next": state.Next,
            "settle": self.language.settle(state.Assign, state.Output),
            "retry": tuple(retry_rule(retrier) for retrier in state.Retry),
            "catch": tuple(self.catcher(catcher, i) for i, catcher in enumerate(state.Catch)),
        }

    def catcher(self, catcher: Catcher, index: int) -> CatchRule:
        if catcher.ResultPath is not UNSET:
            self.refuse_path(f"{self.where}.Catch[{index}].ResultPath")
        settle = self.language.settle(catcher.Assign, catcher.Output, f"Catch[{index}]/")
        return CatchRule(errors=frozenset(catcher.ErrorEquals), next=catcher.Next, settle=settle)

    def task(self, state: Task) -> TaskCode:
        target = resource(state.Resource)
        problem = unsupported(state.Resource)
        if problem is not None:
            self.machine.refuse(f"{self.where}.Resource", f"{state.Resource} {problem}")
        function = None
        if target.kind == "lambda" and isinstance(state.Arguments, dict):
            name = state.Arguments.get("FunctionName")
            function = name if isinstance(name, str) and not is_expression(name) else None
        self.machine.tasks.append(TaskSite(f"{self.where}.Resource", target, function))
        work = self.work(state)
        return TaskCode(
            **work,
            arguments=self.language.value(state.Arguments, "Arguments"),
            timeout=self.value(state.TimeoutSeconds, "TimeoutSeconds", "integer"),
            heartbeat=self.value(state.HeartbeatSeconds, "HeartbeatSeconds", "integer"),
            credentials=self.language.value(state.Credentials, "Credentials"),
            resource=target,
            started={"resourceType": target.service, "resource": target.action},
            context=self.language.context,
        )

    def parallel(self, state: Parallel) -> ParallelCode:
        branches = tuple(
            self.machine.scope(branch, f"{self.where}.Branches[{i}]", self.scope_language)
            for i, branch in enumerate(state.Branches)
        )
        work = self.work(state)
        arguments = self.language.value(state.Arguments, "Arguments")
        return ParallelCode(**work, arguments=arguments, branches=branches, context=self.language.context)

    def map(self, state: Map) -> MapCode:
        processor = self.machine.scope(
            state.ItemProcessor, f"{self.where}.ItemProcessor", self.scope_language
        )
        work = self.work(state)
        selector = self.language.value(state.ItemSelector, "ItemSelector")
        return MapCode(
            **work,
            processor=processor,
            distributed=state.ItemProcessor.Mode == "DISTRIBUTED",
            label=state.Label or self.name,
            items=self.language.value(state.Items, "Items", "array"),
            selector=selector,
            batch=self.batch(state.ItemBatcher),
            concurrency=self.value(state.MaxConcurrency, "MaxConcurrency", "integer"),
            tolerated_count=self.value(state.ToleratedFailureCount, "ToleratedFailureCount", "integer"),
            tolerated_percentage=self.value(
                state.ToleratedFailurePercentage, "ToleratedFailurePercentage", "number"
            ),
            context=self.language.context,
        )

    def batch(self, batcher: Field) -> BatchRule | None:
        if not isinstance(batcher, dict):
            return None
        name = "ItemBatcher"
        return BatchRule(
            items=self.value(batcher.get("MaxItemsPerBatch"), f"{name}/MaxItemsPerBatch", "integer"),
            bytes=self.value(
                batcher.get("MaxInputBytesPerBatch"), f"{name}/MaxInputBytesPerBatch", "integer"
            ),
            input=self.language.value(batcher.get("BatchInput", UNSET), f"{name}/BatchInput"),
        )

    def wait(self, state: Wait) -> WaitCode:
        if state.Seconds is None and state.Timestamp is None:
            self.machine.refuse(self.where, "a Wait needs Seconds or Timestamp")
        return WaitCode(
            name=self.name,
            next=state.Next,
            settle=self.language.settle(state.Assign, state.Output),
            seconds=self.value(state.Seconds, "Seconds", "integer"),
            timestamp=self.value(state.Timestamp, "Timestamp", "string"),
            context=self.language.context,
        )

    def choice(self, state: Choice) -> ChoiceCode:
        rules = []
        for i, rule in enumerate(state.Choices):
            condition = self.language.value(rule.Condition, f"Choices[{i}]/Condition", "boolean")
            assert condition is not None
            settle = self.language.settle(rule.Assign, rule.Output, f"Choices[{i}]/")
            rules.append(RuleCode(condition=condition, next=rule.Next, settle=settle))
        settle = self.language.settle(state.Assign, state.Output)
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
            error=self.value(state.Error, "Error", "string"),
            cause=self.value(state.Cause, "Cause", "string"),
            context=self.language.context,
        )


def _has_path(value: JSON | Unset) -> bool:
    """Whether a field of a JSONPath state holds a `key.$`."""
    if isinstance(value, dict):
        return any(str(key).endswith(".$") or _has_path(part) for key, part in value.items())
    return isinstance(value, list) and any(_has_path(part) for part in value)
