"""Values of JSONPath fields, read during a visit. What goes wrong is said in the words of the service."""

from __future__ import annotations

import re

from flowdeco.asl.model import JSON
from flowdeco.engine.failure import PATH_CONFLICT, StateError
from flowdeco.engine.limits import encode
from flowdeco.engine.strand import Visit
from flowdeco.query import (
    UNDEFINED,
    Ambient,
    IntrinsicCall,
    JsonPath,
    PathError,
    Payload,
    Rule,
    find_source,
    parse_timestamp,
)

_NO_CHANCE = Ambient()
_INTEGER = re.compile(r"-?\d{1,18}")
_FLOAT = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def evaluate(payload: Payload, visit: Visit, data: JSON) -> JSON:
    """What a payload template makes of `data`. Raises StateError."""
    strand = visit.strand
    try:
        ambient = strand.run.world.ambient() if payload.random else _NO_CHANCE
        return payload.evaluate(data, strand.variables, ambient)
    except PathError as error:
        raise visit.runtime_error(str(error)) from None


def shown(value: JSON) -> str:
    return value if isinstance(value, str) else encode(value)


class Constant:
    """A value that is what is written."""

    __slots__ = ("_value",)

    def __init__(self, value: JSON) -> None:
        self._value = value

    def read(self, visit: Visit) -> JSON:
        return self._value


class Filter:
    """InputPath or OutputPath. No path: all of it; `nothing`: none of it, which is an empty object."""

    __slots__ = ("_name", "_nothing", "_path")

    def __init__(self, name: str, path: JsonPath | None, *, nothing: bool = False) -> None:
        self._name = name
        self._path = path
        self._nothing = nothing

    @property
    def unless_all(self) -> Filter | None:
        """Itself, if it filters anything."""
        return self if self._nothing or self._path is not None else None

    def read(self, visit: Visit) -> JSON:
        return self.apply(visit, visit.input)

    def apply(self, visit: Visit, data: JSON) -> JSON:
        """What is left of `data`. Raises StateError."""
        if self._path is None:
            return {} if self._nothing else data
        return _found(visit, self._path, data)


def _found(visit: Visit, path: JsonPath, data: JSON) -> JSON:
    variables = visit.strand.variables
    value = path.find(data, variables)
    if value is not UNDEFINED:
        return value
    if path.root(data, variables) is None:
        raise visit.runtime_error("Unable to apply Path transformation to null or empty input.")
    raise visit.runtime_error(f"Invalid path '{path.text}' : {path.problem(data, variables)}")


class TemplateField:
    """A payload template on the state's input."""

    __slots__ = ("_input", "_payload")

    def __init__(self, payload: Payload, input: Filter) -> None:
        self._payload = payload
        self._input = input

    def read(self, visit: Visit) -> JSON:
        return evaluate(self._payload, visit, self._input.read(visit))


class TextField:
    """ErrorPath or CausePath: a path or a call of an intrinsic function."""

    __slots__ = ("_name", "_source")

    def __init__(self, name: str, source: JsonPath | IntrinsicCall) -> None:
        self._name = name
        self._source = source

    def read(self, visit: Visit) -> JSON:
        strand = visit.strand
        try:
            ambient = strand.run.world.ambient()
            value = find_source(self._source, self._name, visit.input, strand.variables, ambient)
        except PathError as error:
            raise visit.runtime_error(str(error)) from None
        if not isinstance(value, str):
            text = f'The {self._name} field refers to value "{shown(value)}" which is not a valid string'
            raise visit.runtime_error(f"{text}: {self._source.text}")
        return value


class NumberField:
    """MaxConcurrencyPath, TimeoutSecondsPath and the like. Numbers may be written as text."""

    __slots__ = ("_input", "_name", "_path", "_whole")

    def __init__(self, name: str, path: JsonPath, input: Filter, *, whole: bool) -> None:
        self._name = name
        self._path = path
        self._input = input
        self._whole = whole

    def read(self, visit: Visit) -> JSON:
        value = _found(visit, self._path, self._input.read(visit))
        text = shown(value)
        if not isinstance(value, bool):
            if self._whole and _INTEGER.fullmatch(text):
                return int(text)
            if not self._whole and _FLOAT.fullmatch(text):
                return float(text)
        name = self._name.rpartition("/")[2]
        kind = "integer" if self._whole else "float"
        problem = f'The {name} field refers to value "{text}" which is not a valid {kind}: {self._path.text}'
        raise visit.runtime_error(problem)


class SecondsField:
    """SecondsPath: seconds from 0 on."""

    __slots__ = ("_input", "_path")

    def __init__(self, path: JsonPath, input: Filter) -> None:
        self._path = path
        self._input = input

    def read(self, visit: Visit) -> JSON:
        value = self._path.find(self._input.read(visit), visit.strand.variables)
        if value is UNDEFINED:
            raise _no_input("SecondsPath", self._path, visit)
        text = shown(value)
        if isinstance(value, bool) or not _INTEGER.fullmatch(text):
            problem = "The SecondsPath parameter cannot be parsed as a long value"
            raise visit.runtime_error(f"{problem}: {self._path.text} == {text}")
        if int(text) < 0:
            problem = "The SecondsPath parameter cannot be negative"
            raise visit.runtime_error(f"{problem}: {self._path.text} == {text}")
        return int(text)


class TimestampField:
    """TimestampPath."""

    __slots__ = ("_input", "_path")

    def __init__(self, path: JsonPath, input: Filter) -> None:
        self._path = path
        self._input = input

    def read(self, visit: Visit) -> JSON:
        value = self._path.find(self._input.read(visit), visit.strand.variables)
        if value is UNDEFINED:
            raise _no_input("TimestampPath", self._path, visit)
        if not isinstance(value, str) or parse_timestamp(value) is None:
            problem = "does not reference a valid ISO-8601 extended offset date-time format string"
            text = f"The TimestampPath parameter {problem}: {self._path.text} == {shown(value)}"
            raise visit.runtime_error(text)
        return value


def _no_input(name: str, path: JsonPath, visit: Visit) -> StateError:
    return visit.runtime_error(f"The {name} parameter does not reference an input value: {path.text}")


class ItemsField:
    """ItemsPath: an array, or an object whose fields are the items."""

    __slots__ = ("_input", "_path")

    def __init__(self, path: JsonPath, input: Filter) -> None:
        self._path = path
        self._input = input

    def read(self, visit: Visit) -> JSON:
        data = self._input.read(visit)
        value = self._path.find(data, visit.strand.variables)
        if value is UNDEFINED:
            step = self._path.stuck_at(data, visit.strand.variables)
            text = f'Unable to apply step "{step}" to input {encode(data)}'
            raise StateError(PATH_CONFLICT, text)
        if not isinstance(value, (list, dict)):
            raise visit.runtime_error(f'Reference path "{self._path.text}" must point to array.')
        return value


class ConditionField:
    """A rule of a Choice."""

    __slots__ = ("_input", "_rule")

    def __init__(self, rule: Rule, input: Filter) -> None:
        self._rule = rule
        self._input = input

    def read(self, visit: Visit) -> JSON:
        try:
            return self._rule.holds(self._input.read(visit), visit.strand.variables)
        except PathError as error:
            raise visit.runtime_error(str(error)) from None
