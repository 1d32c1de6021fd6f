"""The operators of JSONPath filters, on values that are there or `UNDEFINED`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from flowdeco.query.values import JSON, UNDEFINED


def is_number(value: JSON) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def equal(left: JSON, right: JSON) -> bool:
    """Equality of JSON. Numbers compare by value; true is not 1.

    >>> equal([1, {"a": 1.0}], [1.0, {"a": 1}]), equal(True, 1)
    (True, False)
    """
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def compare(name: str, left: Any, right: Any) -> bool:
    """Whether `left name right` holds. `right` (or `left`) may be a compiled pattern for `=~`."""
    return OPERATORS[name](left, right)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def ordered(left: Any, right: Any) -> bool:
        same = (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))
        return same and test(left, right)

    return ordered


def _matches(left: Any, right: Any) -> bool:
    pattern, text = (right, left) if isinstance(right, re.Pattern) else (left, right)
    if isinstance(pattern, str):
        pattern = re.compile(re.escape(pattern))
    return isinstance(pattern, re.Pattern) and isinstance(text, str) and pattern.fullmatch(text) is not None


def _among(item: Any, items: Any) -> bool:
    return isinstance(items, list) and any(equal(item, other) for other in items)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return _among(right, left)


def _both_lists(test: Callable[[list[JSON], list[JSON]], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: isinstance(left, list) and isinstance(right, list) and test(left, right)


def _size(left: Any, right: Any) -> bool:
    return isinstance(left, (str, list)) and is_number(right) and len(left) == right


def _empty(left: Any, right: Any) -> bool:
    return isinstance(left, (str, list, dict)) and isinstance(right, bool) and (not left) is right


OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "=~": _matches,
    "in": _among,
    "nin": lambda left, right: left is not UNDEFINED and not _among(left, right),
    "contains": _contains,
    "subsetof": _both_lists(lambda left, right: all(_among(item, right) for item in left)),
    "anyof": _both_lists(lambda left, right: any(_among(item, right) for item in left)),
    "noneof": _both_lists(lambda left, right: not any(_among(item, right) for item in left)),
    "size": _size,
    "empty": _empty,
}
