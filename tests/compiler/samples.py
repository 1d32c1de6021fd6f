"""Samples of operations: what Python makes of values, against the JSONata that is written for the operation.

A sample is an operation with its operands; `check` compares the results in this package's evaluator, and `in_javascript`
evaluates many expressions in the JSONata project's own (when `FLOWDECO_JSONATA` names a folder with it and node is there).
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from flowdeco.compiler.jsonata import source
from flowdeco.graph.expressions import Array, Expression, Field, Input, Literal, Object, Symbol
from flowdeco.graph.operations import OperandError, Resolved, resolve
from flowdeco.graph.types import Type
from tests.compiler.meanings import FAILED, equal, evaluated, holds, type_of

NAMES: dict[Symbol, str] = {Input(name): f"${name}" for name in "abcdefgh"}


@dataclass(frozen=True)
class Given:
    """An operand: a constant, or a value of a type that is only there at run time."""

    value: Any
    type: Type
    constant: bool = False


@dataclass(frozen=True)
class Sample:
    operation: str
    python: Callable[..., object]
    operands: tuple[Given, ...]

    def __repr__(self) -> str:
        return f"{self.operation}{tuple(g.value for g in self.operands)}"


@dataclass(frozen=True)
class Written:
    """The JSONata of a sample, its variables, and what it should result in."""

    sample: Sample
    text: str
    variables: dict[str, Any]
    resolved: Resolved
    expected: object


def constant(value: object) -> Given:
    return Given(value, type_of(value), True)


def typed(value: object, type: Type) -> Given:
    return Given(value, type)


def sample(operation: str, python: Callable[..., object], *operands: object) -> Sample:
    """Operands that are not `Given` are values that come at run time, of the type they have."""
    given = (o if isinstance(o, Given) else Given(o, type_of(o)) for o in operands)
    return Sample(operation, python, tuple(given))


def method(name: str, *operands: object) -> Sample:
    """A method of the first operand."""
    return sample(f"method:{name}", lambda receiver, *rest: getattr(receiver, name)(*rest), *operands)


def encoded(value: object) -> Any:
    """Values as they travel. The elements of sets are in order: numbers by value."""
    match value:
        case tuple():
            return {"$type": "tuple", "items": list(map(encoded, value))}
        case set() | frozenset():
            return {"$type": type(value).__name__, "items": sorted(map(encoded, value))}
        case list():
            return list(map(encoded, value))
        case dict():
            return {key: encoded(item) for key, item in value.items()}
        case _:
            return value


def resolved(made: Sample) -> Resolved | None:
    expressions: list[Expression] = [
        Literal(encoded(given.value)) if given.constant else Input(name)
        for given, name in zip(made.operands, "abcdefgh")
    ]
    return resolve(made.operation, tuple(expressions), tuple(given.type for given in made.operands))


def text(operation: str, *operands: object) -> str | None:
    """The JSONata of an operation, or None."""
    found = resolved(sample(operation, lambda: None, *operands))
    return None if found is None else source(found.expression, NAMES)


def written(made: Sample) -> Written | None:
    """None for what is left to Python: no expression means exactly that."""
    try:
        found = resolved(made)
    except OperandError:
        with pytest.raises((TypeError, ValueError)):
            made.python(*(given.value for given in made.operands))
        return None
    if found is None:
        return None
    variables = {n: encoded(g.value) for g, n in zip(made.operands, "abcdefgh") if not g.constant}
    expected: object = FAILED
    try:
        expected = encoded(made.python(*copy.deepcopy([given.value for given in made.operands])))
    except Exception as error:
        assert isinstance(error, found.raises), f"{made}: {error!r} is not among {found.raises}"
    if expected is FAILED:
        assert found.raises, f"{made} does not say that it raises"
    else:
        assert holds(found.type, expected), f"{made}: {expected!r} is no {found.type}"
    return Written(made, source(found.expression, NAMES), variables, found, expected)


def check(made: Sample) -> bool:
    """Whether it has an expression; that is right here then."""
    found = written(made)
    if found is None:
        return False
    outcome = evaluated(found.text, found.variables)
    assert equal(outcome, found.expected), f"{made}: {outcome!r}, not {found.expected!r}: {found.text}"
    inside = source(Array((found.resolved.expression,)), NAMES)
    outcome, expected = evaluated(inside, found.variables), found.expected
    assert equal(outcome, FAILED if expected is FAILED else [expected]), f"{made}: {outcome!r}: {inside}"
    return True


def check_missing(made: Sample) -> None:
    """With a key that is missing for one operand after the other, nothing is made of it: neither alone nor inside."""
    for missing, lacking in enumerate(made.operands):
        if lacking.constant:
            continue
        expressions: list[Expression] = []
        variables: dict[str, Any] = {}
        for position, (given, name) in enumerate(zip(made.operands, "abcdefgh")):
            expressions.append(Literal(encoded(given.value)) if given.constant else Field(Input(name), "k"))
            variables[name] = {} if position == missing else {"k": encoded(given.value)}
        found = resolve(made.operation, tuple(expressions), tuple(given.type for given in made.operands))
        assert found is not None, made
        for whole in (found.expression, Object((("x", found.expression),))):
            shown = source(whole, NAMES)
            assert evaluated(shown, variables) is FAILED, f"{made} without operand {missing}: {shown}"


_SCRIPT = """
const jsonata = require("jsonata"), crypto = require("crypto"), fs = require("fs");
const added = {
  parse: (text) => JSON.parse(text),
  hash: (text, name) => crypto.createHash(name.replace("-", "").toLowerCase()).update(text, "utf8").digest("hex"),
  uuid: () => crypto.randomUUID(),
};
(async () => {
  const results = [];
  for (const [text, variables] of JSON.parse(fs.readFileSync(0, "utf8"))) {
    try {
      const expression = jsonata(text);
      for (const [name, made] of Object.entries(added)) expression.registerFunction(name, made);
      const value = await expression.evaluate(undefined, variables);
      results.push(value === undefined ? {} : {value});
    } catch (error) { results.push({}); }
  }
  process.stdout.write(JSON.stringify(results));
})();
"""


def in_javascript(samples: Iterable[Sample]) -> int:
    """Checks samples with JSONata's own implementation; how many had an expression. Skips the test without it."""
    cases = [found for found in map(written, samples) if found is not None]
    outcomes = by_javascript([(case.text, case.variables) for case in cases])
    for case, outcome in zip(cases, outcomes, strict=True):
        assert equal(outcome, case.expected), (
            f"{case.sample}: {outcome!r}, not {case.expected!r}: {case.text}"
        )
    return len(cases)


def by_javascript(expressions: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """What expressions with variables evaluate to. Skips the test where node or JSONata is missing."""
    folder, node = os.environ.get("FLOWDECO_JSONATA"), shutil.which("node")
    if not folder or node is None:
        pytest.skip("set FLOWDECO_JSONATA to a folder with node_modules/jsonata 2.0.6, and have node")
    answer = subprocess.run(
        [node, "-e", _SCRIPT],
        input=json.dumps(expressions),
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return [result.get("value", FAILED) for result in json.loads(answer.stdout, parse_int=float)]
