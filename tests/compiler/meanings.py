"""What an operation means in Python, and what its expression evaluates to: the two are compared here.

A `Case` is an operation with its operands: values (as variables or as constants, of a known or an unknown type) and
functions. `check` compares the case with the embedded evaluator; `script` makes of many cases what node evaluates.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from flowdeco.compiler.jsonata import source
from flowdeco.graph.expressions import Array, Expression, Function, Literal, Local, Result, Symbol
from flowdeco.graph.operations import OperandError, Resolved, resolve
from flowdeco.graph.types import ANY, BOOL, FLOAT, INT, NONE, STR, Type, join
from flowdeco.query import UNDEFINED, QueryError, compile_expression

FAILED = object()
"""What an expression evaluates to that fails, or yields nothing: the service fails then."""


@dataclass(frozen=True)
class Lambda:
    """A function operand: in Python, and as an operation on its parameter."""

    python: Callable[[Any], Any]
    make: Callable[[Expression, Type], tuple[Expression, Type]]


@dataclass(frozen=True)
class Value:
    """A value operand. `known`: its type is; `constant`: it stands in the source."""

    value: Any
    known: bool = True
    constant: bool = False


@dataclass(frozen=True)
class Case:
    """An operation on operands. `element`: the type functions are given, when an operand is one."""

    name: str
    operands: tuple[Value | Lambda, ...]
    python: Callable[..., Any]


def encoded(value: Any) -> Any:
    """The JSON of a value, as steps get it."""
    if isinstance(value, tuple):
        return {"$type": "tuple", "items": [encoded(item) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {
            "$type": type(value).__name__,
            "items": sorted((encoded(item) for item in value), key=json.dumps),
        }
    if isinstance(value, (list, range)):
        return [encoded(item) for item in value]
    if isinstance(value, dict):
        return {key: encoded(item) for key, item in value.items()}
    return value


def type_of(value: Any) -> Type:
    """The narrowest type of a value."""
    match value:
        case None:
            return NONE
        case bool():
            return BOOL
        case int():
            return INT
        case float():
            return FLOAT
        case str():
            return STR
        case tuple():
            return Type("tuple", elements=tuple(map(type_of, value)))
        case dict():
            return Type("dict", element=_joined(list(value.values())))
        case set():
            return Type("set", element=_joined(list(value)))
        case list():
            return Type("list", element=_joined(value))
        case _:
            return ANY


def _joined(values: list[Any]) -> Type | None:
    found: Type | None = None
    for value in values:
        found = type_of(value) if found is None else join(found, type_of(value))
    return None if found == ANY else found


def expression_of(case: Case) -> tuple[Resolved | None, dict[str, Any]]:
    """What the operation resolves to, and the variables it reads. Raises OperandError."""
    expressions: list[Expression] = []
    types: list[Type] = []
    variables: dict[str, Any] = {}
    element = next(
        (_element(operand) for operand in case.operands if isinstance(operand, Value)),
        ANY,
    )
    for i, operand in enumerate(case.operands):
        if isinstance(operand, Lambda):
            body, made = operand.make(Local(100 + i), element)
            expressions.append(Function((100 + i,), ("r",), body))
            types.append(made)
            continue
        types.append(type_of(operand.value) if operand.known else ANY)
        if operand.constant:
            expressions.append(Literal(encoded(operand.value)))
        else:
            expressions.append(Result(i))
            variables[f"v{i}"] = encoded(operand.value)
    return resolve(case.name, tuple(expressions), tuple(types)), variables


def _element(operand: Value) -> Type:
    kind = type_of(operand.value) if operand.known else ANY
    if kind.sort in ("str", "dict"):
        return STR
    if kind.elements is not None:
        parts = set(kind.elements)
        return parts.pop() if len(parts) == 1 else ANY
    return kind.item


NAMES: dict[Symbol, str] = {Result(i): f"$v{i}" for i in range(10)}


def expected(case: Case) -> Any:
    """What Python makes of it, encoded; FAILED when it raises."""
    values = [operand.python if isinstance(operand, Lambda) else operand.value for operand in case.operands]
    try:
        made = case.python(*values)
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
        return FAILED
    if isinstance(made, complex) or (isinstance(made, float) and not math.isfinite(made)):
        return FAILED
    return encoded(made)


def evaluated(text: str, variables: dict[str, Any]) -> Any:
    """What the embedded evaluator makes of it."""
    try:
        found = compile_expression(text).evaluate(variables)
    except QueryError as error:
        assert error.kind == "evaluation", f"{text}: {error}"
        return FAILED
    return FAILED if found is UNDEFINED else found


def equal(left: Any, right: Any) -> bool:
    """Equality of JSON, where true is not 1 and the order of keys counts."""
    if left is FAILED or right is FAILED:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(equal(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right if isinstance(left, str) else bool(left == right)


def vague(operand: Value | Lambda) -> bool:
    """Whether something about a value is unknown."""
    return isinstance(operand, Value) and (not operand.known or _vague(type_of(operand.value)))


def _vague(kind: Type) -> bool:
    if kind.elements is not None:
        return len(set(kind.elements)) > 1 or any(map(_vague, kind.elements))
    return kind.sort == "any" or (kind.sort in ("list", "set", "dict") and _vague(kind.item))


def check(case: Case, loud: bool = False) -> None:
    """The expression means what Python means. `loud`: with unknown types it may fail where Python does not."""
    prepared = prepare(case)
    if prepared is None:
        return
    text, variables, wanted = prepared
    for spelled, wrap in ((text, False), (enclosed(text, case), True)):
        found = evaluated(spelled, variables)
        if loud and found is FAILED and any(map(vague, case.operands)):
            continue
        shown = [wanted] if wrap and wanted is not FAILED else wanted
        assert equal(found, shown), (
            f"{case}\n{spelled}\n{variables}\nPython: {show(wanted)}\nJSONata: {show(found)}"
        )


def prepare(case: Case) -> tuple[str, dict[str, Any], Any] | None:
    """The source, its variables, and what Python makes of it; None when there is nothing to evaluate."""
    wanted = expected(case)
    try:
        found, variables = expression_of(case)
    except OperandError:
        assert wanted is FAILED, f"{case} is refused, but Python makes {wanted} of it"
        return None
    if found is None:
        return None
    if wanted is not FAILED:
        case_type_holds(found.type, wanted, case)
    else:
        assert found.raises or not all(getattr(o, "known", True) for o in case.operands), (
            f"{case} does not say it raises"
        )
    return source(found.expression, NAMES), variables, wanted


def case_type_holds(kind: Type, value: Any, case: Case) -> None:
    """The result is of the type that was said."""
    assert holds(kind, value), f"{case}: {value} is no {kind}"


def holds(kind: Type, value: Any) -> bool:
    """Whether an encoded value is of a type."""
    if kind.sort == "any":
        return True
    if value is None:
        return kind.optional or kind.sort == "none"
    match kind.sort:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float" | "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "str":
            return isinstance(value, str)
        case "list":
            return isinstance(value, list) and all(holds(kind.item, item) for item in value)
        case "dict":
            return (
                isinstance(value, dict)
                and "$type" not in value
                and all(holds(kind.item, v) for v in value.values())
            )
        case "tuple":
            if not isinstance(value, dict) or value.get("$type") != "tuple":
                return False
            items = value["items"]
            if kind.elements is not None:
                return len(items) == len(kind.elements) and all(map(holds, kind.elements, items))
            return all(holds(kind.item, item) for item in items)
        case "set":
            return isinstance(value, dict) and value.get("$type") in ("set", "frozenset")
        case _:
            return False


def enclosed(text: str, case: Case) -> str:
    """The same inside a list, where what is not there would go unnoticed."""
    found, _ = expression_of(case)
    assert found is not None
    return source(Array((found.expression,)), NAMES)


def show(value: Any) -> str:
    """A value in a message."""
    return "failed" if value is FAILED else repr(value)


def variants(case: Case) -> list[Case]:
    """The case with its values known, unknown and constant."""
    made = [case]
    values = [i for i, operand in enumerate(case.operands) if isinstance(operand, Value)]
    made.append(_changed(case, values, known=False))
    for i in values:
        made.append(_changed(case, [i], known=False))
        made.append(_changed(case, [i], constant=True))
    return made


def _changed(case: Case, positions: list[int], **change: bool) -> Case:
    operands = tuple(
        replace(operand, **change) if i in positions and isinstance(operand, Value) else operand
        for i, operand in enumerate(case.operands)
    )
    return replace(case, operands=operands)


NUMBERS = (
    st.integers(-9, 9) | st.integers(-(2**20), 2**20) | st.sampled_from([0.5, -2.5, 0.1, 1e-3, 7.25, 1.5e10])
)
TEXTS = st.text(st.sampled_from("ab é😀\uffee"), max_size=4)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "k y"]), inner, max_size=2)
        | st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=6,
)
LISTS = (
    st.lists(NUMBERS, max_size=4)
    | st.lists(st.integers(-5, 5), max_size=4)
    | st.lists(TEXTS, max_size=4)
    | st.lists(st.booleans(), max_size=3)
    | st.lists(st.lists(st.integers(0, 3), max_size=2), max_size=3)
    | st.lists(VALUES, max_size=3)
)
