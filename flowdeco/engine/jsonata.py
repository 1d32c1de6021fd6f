"""Fields of states whose query language is JSONata."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from flowdeco.asl.model import (
    JSON,
    UNSET,
    Catcher,
    ChoiceRule,
    Field,
    Map,
    Parallel,
    Succeed,
    Task,
    Unset,
)
from flowdeco.engine.failure import StateError
from flowdeco.engine.fields import Expected, Settle, Settled, Value
from flowdeco.engine.strand import Visit
from flowdeco.query import QueryError, Template, compile_template, inner, is_expression

_CONTEXT = re.compile(r"\$states(?!\s*\.\s*(?:input|result|errorOutput)\b)")
_AMBIENT = re.compile(r"\$(?:random|shuffle|uuid|now|millis)\b")


def _is_number(value: JSON) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_CHECKS: dict[Expected, Callable[[JSON], bool]] = {
    "array": lambda value: isinstance(value, (list, dict)),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
}


class JsonataLanguage:
    """Compiles the fields of one state. See `Language`."""

    arguments_field = "Arguments"

    def __init__(self) -> None:
        self.context = False

    def value(self, name: str, field: Field, expected: Expected, path: str | None = None) -> Value | None:
        return None if isinstance(field, Unset) else self._field(field, name, expected)

    def template(self, name: str, field: Field) -> Value | None:
        return None if isinstance(field, Unset) else self._field(field, name)

    def arguments(self, state: Task | Parallel) -> Value | None:
        return self.template("Arguments", state.Arguments)

    def items(self, state: Map) -> Value | None:
        return self.value("Items", state.Items, "array")

    def selector(self, state: Map) -> Value | None:
        return self.template("ItemSelector", state.ItemSelector)

    def condition(self, rule: ChoiceRule, index: int) -> Value:
        return self._field(rule.Condition, f"Choices[{index}]/Condition", "boolean")

    def settle(self, state: Settled) -> Settle:
        return self._settle(UNSET if isinstance(state, Succeed) else state.Assign, state.Output)

    def settle_rule(self, rule: ChoiceRule, index: int) -> Settle:
        return self._settle(rule.Assign, rule.Output, f"Choices[{index}]/")

    def settle_catcher(self, catcher: Catcher, index: int) -> Settle:
        return self._settle(catcher.Assign, catcher.Output, f"Catch[{index}]/")

    def _settle(self, assign: Field, output: Field, prefix: str = "") -> Settle:
        return JsonataSettle(
            None if isinstance(assign, Unset) else self._field(assign, f"{prefix}Assign"),
            None if isinstance(output, Unset) else self._field(output, f"{prefix}Output"),
        )

    def _field(self, field: JSON, name: str, expected: Expected | None = None) -> JsonataField:
        compiled = JsonataField(field, name, expected)
        self.context = self.context or compiled.context
        return compiled


class JsonataField:
    """One field: JSON whose strings may be expressions."""

    __slots__ = ("_ambient", "_check", "_expected", "_name", "_source", "_template", "context")

    def __init__(self, field: JSON, name: str, expected: Expected | None) -> None:
        self._name = name
        self._expected = expected
        self._check = None if expected is None else _CHECKS[expected]
        self._source = inner(field) if isinstance(field, str) and is_expression(field) else None
        self._template: Template = compile_template(field, name)
        sources = [] if self._template.is_static else list(_strings(field))
        self.context = any(_CONTEXT.search(source) for source in sources)
        self._ambient = any(_AMBIENT.search(source) for source in sources)

    def read(self, visit: Visit) -> JSON:
        strand = visit.strand
        try:
            if self._ambient:
                value = self._template.evaluate(strand.variables, strand.run.world.ambient())
            else:
                value = self._template.evaluate(strand.variables)
        except QueryError as error:
            raise visit.query_error(error.cause, error.path) from None
        if self._check is not None and not self._check(value):
            raise self._wrong_type(visit, value)
        return value

    def _wrong_type(self, visit: Visit, value: JSON) -> StateError:
        assert self._expected is not None
        error = QueryError.unexpected_type(self._expected, value, self._source or "", self._name)
        text = error.cause
        if self._source is None:
            text = f"The field '{self._name}' {error.message}"
        return visit.query_error(text, self._name)


class JsonataSettle:
    """`Assign` and `Output`: both see the variables from before the state."""

    __slots__ = ("_assign", "_output")

    def __init__(self, assign: JsonataField | None, output: JsonataField | None) -> None:
        self._assign = assign
        self._output = output

    def settle(self, visit: Visit, result: JSON) -> tuple[Mapping[str, JSON] | None, JSON]:
        assigned = None if self._assign is None else self._assign.read(visit)
        return assigned, result if self._output is None else self._output.read(visit)


def _strings(template: JSON) -> list[str]:
    if isinstance(template, str):
        return [template]
    if isinstance(template, (dict, list)):
        parts = template.values() if isinstance(template, dict) else template
        return [text for part in parts for text in _strings(part)]
    return []
