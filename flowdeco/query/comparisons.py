"""The rules of Choice states in JSONPath: comparisons of a `Variable`, and what And, Or and Not make of them.

A value of another type than the operator's is not an error: the comparison does not hold.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from flowdeco.query.errors import PathError
from flowdeco.query.jsonpath import JsonPath, Variables, compile_jsonpath
from flowdeco.query.jsonpath_filters import is_number
from flowdeco.query.timestamps import parse_timestamp
from flowdeco.query.values import JSON, UNDEFINED

Test: TypeAlias = Callable[[JSON, Variables], bool]
Order: TypeAlias = Callable[[Any, Any], bool]


class Rule:
    """A compiled rule. Immutable, usable from any thread. `context`: it reads the context object.

    >>> rule = Rule({"Not": {"Variable": "$.n", "NumericLessThan": 3}})
    >>> rule.holds({"n": 3}, {}), rule.holds({"n": "many"}, {})
    (True, True)
    """

    __slots__ = ("_test", "context")

    def __init__(self, rule: Mapping[str, JSON]) -> None:
        self.context = False
        self._test = self._compile(rule)

    def holds(self, data: JSON, variables: Variables) -> bool:
        """Whether the rule matches. Raises PathError when a path finds nothing to compare."""
        return self._test(data, variables)

    def _compile(self, rule: Mapping[str, JSON]) -> Test:
        if "And" in rule or "Or" in rule:
            tests = [self._compile(part) for part in rule["And" if "And" in rule else "Or"]]
            every = all if "And" in rule else any
            return lambda data, variables: every(test(data, variables) for test in tests)
        if "Not" in rule:
            negated = self._compile(rule["Not"])
            return lambda data, variables: not negated(data, variables)
        variable = self._path(rule["Variable"])
        name, wanted = next((key, rule[key]) for key in rule if key not in ("Variable", "Comment"))
        if name == "IsPresent":
            return lambda data, variables: (variable.find(data, variables) is not UNDEFINED) is wanted
        if name in _KINDS:
            kind = _KINDS[name]
            return lambda data, variables: kind(_value(variable, data, variables)) is wanted
        if name == "StringMatches":
            return _matching(variable, _text(name, wanted))
        compare = _COMPARISONS[name.removesuffix("Path")]
        if not name.endswith("Path"):
            return lambda data, variables: compare(_value(variable, data, variables), wanted)
        other = self._path(_text(name, wanted))
        return lambda data, variables: compare(
            _value(variable, data, variables), _value(other, data, variables)
        )

    def _path(self, text: str) -> JsonPath:
        path = compile_jsonpath(text)
        self.context = self.context or path.context
        return path


def _text(name: str, wanted: JSON) -> str:
    if not isinstance(wanted, str):
        raise PathError(f"{name} is given text to compare with")
    return wanted


def _value(path: JsonPath, data: JSON, variables: Variables) -> JSON:
    value = path.find(data, variables)
    if value is UNDEFINED:
        problem = "The choice state's condition path references an invalid value."
        raise PathError(f"Invalid path '{path.text}': {problem}")
    return value


def _matching(variable: JsonPath, wanted: str) -> Test:
    r"""`*` stands for any text, `\*` for a star, `\\` for a backslash."""
    parts = re.findall(r"\\([*\\])|(\*)|(.)", wanted, re.DOTALL)
    pattern = re.compile(
        "".join(".*" if star else re.escape(escaped or plain) for escaped, star, plain in parts), re.DOTALL
    )

    def test(data: JSON, variables: Variables) -> bool:
        value = _value(variable, data, variables)
        return isinstance(value, str) and pattern.fullmatch(value) is not None

    return test


def _is_timestamp(value: JSON) -> bool:
    return isinstance(value, str) and parse_timestamp(value) is not None


_KINDS: Final[Mapping[str, Callable[[JSON], bool]]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": is_number,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": _is_timestamp,
}


def _of_strings(order: Order) -> Order:
    def compare(left: JSON, right: JSON) -> bool:
        if not isinstance(left, str) or not isinstance(right, str):
            return False
        if not left.isascii() or not right.isascii():  # Java compares UTF-16 units
            return order(_units(left), _units(right))
        return order(left, right)

    return compare


def _units(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _of_numbers(order: Order) -> Order:
    return lambda left, right: is_number(left) and is_number(right) and order(left, right)


def _of_timestamps(order: Order) -> Order:
    def compare(left: JSON, right: JSON) -> bool:
        if not isinstance(left, str) or not isinstance(right, str):
            return False
        first, second = parse_timestamp(left), parse_timestamp(right)
        return first is not None and second is not None and order(first, second)

    return compare


_ORDERS: Final[Mapping[str, Order]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
_COMPARISONS: Final[Mapping[str, Order]] = {
    "BooleanEquals": lambda left, right: isinstance(left, bool) and left is right,
    **{f"String{name}": _of_strings(order) for name, order in _ORDERS.items()},
    **{f"Numeric{name}": _of_numbers(order) for name, order in _ORDERS.items()},
    **{f"Timestamp{name}": _of_timestamps(order) for name, order in _ORDERS.items()},
}
