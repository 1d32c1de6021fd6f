"""Fields of states whose query language is JSONPath.

    input → InputPath → Parameters → the work → ResultSelector → ResultPath (into the input) → OutputPath → output

`$` is the input after InputPath in every field that comes before the work, and the result in ResultSelector and
Assign. The fields' values are in `jsonpath_fields.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from flowdeco.asl.model import (
    JSON,
    UNSET,
    Catcher,
    ChoiceRule,
    Fail,
    Field,
    Map,
    Parallel,
    Pass,
    State,
    Succeed,
    Task,
    Unset,
)
from flowdeco.engine.failure import PATH_CONFLICT, StateError
from flowdeco.engine.fields import Expected, FieldError, Settle, Settled, Value
from flowdeco.engine.jsonpath_fields import (
    ConditionField,
    Constant,
    Filter,
    ItemsField,
    NumberField,
    SecondsField,
    TemplateField,
    TextField,
    TimestampField,
    evaluate,
)
from flowdeco.engine.strand import Visit
from flowdeco.query import (
    PathError,
    Payload,
    ReferencePath,
    Rule,
    compile_jsonpath,
    compile_source,
    parse_timestamp,
)

T = TypeVar("T")


class JsonpathLanguage:
    """Compiles the fields of one state. See `Language`."""

    arguments_field = "Parameters"

    def __init__(self, state: State) -> None:
        self.context = False
        self._input = self._filter("InputPath", UNSET if isinstance(state, Fail) else state.InputPath)
        self._output = self._filter("OutputPath", UNSET if isinstance(state, Fail) else state.OutputPath)

    @property
    def input_filter(self) -> Filter:
        """InputPath."""
        return self._input

    def value(self, name: str, field: Field, expected: Expected, path: str | None = None) -> Value | None:
        if path is not None:
            return self._path_value(name, path, expected)
        if isinstance(field, Unset):
            return None
        if expected != "string" and isinstance(field, str):
            raise FieldError(
                name, f"an expression in {name} is for JSONata states, and this state is JSONPath"
            )
        if name == "Timestamp" and parse_timestamp(field) is None:
            raise FieldError(name, f"{field!r} is not a timestamp like 2026-01-31T08:00:00Z")
        if name == "Seconds" and field < 0:
            raise FieldError(name, f"a Wait cannot take {field} seconds")
        return Constant(field)

    def _path_value(self, name: str, path: str, expected: Expected) -> Value:
        field = f"{name}Path"
        if name in ("Error", "Cause"):
            source = self._compiled(field, compile_source, path)
            self.context = self.context or source.context
            return TextField(field, source)
        compiled = self._compiled(field, compile_jsonpath, path)
        self.context = self.context or compiled.context
        if name == "Seconds":
            return SecondsField(compiled, self._input)
        if name == "Timestamp":
            return TimestampField(compiled, self._input)
        return NumberField(field, compiled, self._input, whole=expected == "integer")

    def template(self, name: str, field: Field) -> Value | None:
        return None if isinstance(field, Unset) else self._template(name, field)

    def arguments(self, state: Task | Parallel) -> Value | None:
        given = self.template("Parameters", state.Parameters)
        return self._input.unless_all if given is None else given

    def items(self, state: Map) -> Value | None:
        path = self._compiled("ItemsPath", compile_jsonpath, state.ItemsPath or "$")
        self.context = self.context or path.context
        return ItemsField(path, self._input)

    def selector(self, state: Map) -> Value | None:
        selector = self.template("ItemSelector", state.ItemSelector)
        return self.template("Parameters", state.Parameters) if selector is None else selector

    def condition(self, rule: ChoiceRule, index: int) -> Value:
        assert rule.comparison is not None
        compiled = self._compiled(f"Choices[{index}]", Rule, rule.comparison)
        self.context = self.context or compiled.context
        return ConditionField(compiled, self._input)

    def settle(self, state: Settled) -> Settle:
        match state:
            case Task() | Parallel() | Map():
                source = None
                selector, result_path = state.ResultSelector, state.ResultPath
            case Pass():
                source = self._pass(state)
                selector, result_path = UNSET, state.ResultPath
            case _:
                source = self._input
                selector, result_path = UNSET, UNSET
        assign = UNSET if isinstance(state, Succeed) else state.Assign
        return JsonpathSettle(
            source,
            self._payload("ResultSelector", selector),
            self._payload("Assign", assign),
            self._place("ResultPath", result_path)
            if isinstance(state, (Task, Parallel, Map, Pass))
            else None,
            self._output,
        )

    def _pass(self, state: Pass) -> Value:
        if not isinstance(state.Result, Unset):
            return Constant(state.Result)
        return self.template("Parameters", state.Parameters) or self._input

    def settle_rule(self, rule: ChoiceRule, index: int) -> Settle:
        assign = self._payload(f"Choices[{index}]/Assign", rule.Assign)
        return JsonpathSettle(self._input, None, assign, None, self._output)

    def settle_catcher(self, catcher: Catcher, index: int) -> Settle:
        prefix = f"Catch[{index}]/"
        assign = self._payload(f"{prefix}Assign", catcher.Assign)
        place = self._place(f"{prefix}ResultPath", catcher.ResultPath)
        return JsonpathSettle(None, None, assign, place, Filter("OutputPath", None))

    # ------------------------------------------------------------------------------------------ what they are of

    def _compiled(self, field: str, compile: Callable[..., T], source: JSON) -> T:
        try:
            return compile(source)
        except PathError as error:
            raise FieldError(field, str(error)) from None

    def _filter(self, name: str, field: Field) -> Filter:
        if field is None:
            return Filter(name, None, nothing=True)
        path = self._compiled(name, compile_jsonpath, "$" if isinstance(field, Unset) else field)
        self.context = self.context or path.context
        return Filter(name, None if path.is_root else path)

    def _template(self, name: str, template: JSON) -> Value:
        payload = self._payload(name, template)
        assert payload is not None
        return Constant(template) if payload.is_static else TemplateField(payload, self._input)

    def _payload(self, name: str, template: Field) -> Payload | None:
        if isinstance(template, Unset):
            return None
        payload = self._compiled(name, Payload, template)
        self.context = self.context or payload.context
        return payload

    def _place(self, name: str, path: Field) -> ReferencePath | Unset | None:
        """Where a result goes. None: it takes the input's place; UNSET: it is dropped."""
        if path is None:
            return UNSET
        return None if isinstance(path, Unset) or path == "$" else self._compiled(name, ReferencePath, path)


class JsonpathSettle:
    """What becomes of a result. `source` is where it comes from when the state does no work."""

    __slots__ = ("_assign", "_output", "_place", "_selector", "_source")

    def __init__(
        self,
        source: Value | None,
        selector: Payload | None,
        assign: Payload | None,
        place: ReferencePath | Unset | None,
        output: Filter,
    ) -> None:
        self._source = source
        self._selector = selector
        self._assign = assign
        self._place = place
        self._output = output

    def settle(self, visit: Visit, result: JSON) -> tuple[Mapping[str, JSON] | None, JSON]:
        if self._source is not None:
            result = self._source.read(visit)
        if self._selector is not None:
            result = evaluate(self._selector, visit, result)
        assigned = None if self._assign is None else evaluate(self._assign, visit, result)
        if self._place is not None:
            result = self._put(visit, result)
        return assigned, self._output.apply(visit, result)

    def _put(self, visit: Visit, result: JSON) -> JSON:
        """What ResultPath makes of the input and a result."""
        place = self._place
        if isinstance(place, Unset) or place is None:
            return result if place is None else visit.input
        try:
            return place.put(visit.input, result)
        except PathError as error:
            raise StateError(PATH_CONFLICT, str(error)) from None

    def inspect(self, visit: Visit, result: JSON) -> Iterator[tuple[str, JSON]]:
        """What the result is after each field, with the names of TestState. Raises StateError."""
        if self._source is not None:
            result = self._source.read(visit)
            yield "afterParameters", result
        if self._selector is not None:
            result = evaluate(self._selector, visit, result)
        yield "afterResultSelector", result
        yield "afterResultPath", self._put(visit, result)
