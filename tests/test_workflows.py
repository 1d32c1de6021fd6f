"""Random workflows: the plain call, the engine with inline handlers and the engine with a pool say the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowdeco import Workflow, step, toolchain, workflow
from flowdeco.asl import emit, parse
from flowdeco.errors import ExecutionFailed

EFFECTS: list[int] = []


@dataclass(frozen=True)
class Box:
    content: Any
    extra: tuple[int, ...] = ()


class Two(NamedTuple):
    left: Any
    right: Any


@step
def combine(*parts: Any, salt: int = 0) -> int:
    return (hash(repr(parts)) ^ salt) % 1_000_003


@step
def pair(value: Any) -> tuple[Any, list[Any]]:
    return value, [value, [value]]


@step
def named(value: Any) -> Two:
    return Two(value, [value])


@step
def box(value: Any) -> Box:
    return Box([value], (1, 2))


@step
def table(value: Any) -> dict[str, Any]:
    return {"plain": value, "odd key!": [[], [value]], "none": None}


@step
def items(value: Any, count: int) -> list[Any]:
    return [[value, i] for i in range(count)]


@step
def untyped(value, count):
    return tuple([value, i] for i in range(count)) if count % 2 else [[value, i] for i in range(count)]


@step
def note(number: int, *seen: Any) -> None:
    EFFECTS.append(number)


@workflow
def child(value: Any, other: Any = 7) -> Any:
    first, second = pair(value)
    note(-1, first)
    return Two(combine(first, other), second)


def helper(values: list[Any]) -> Any:
    got = combine(values, salt=3)
    return {"got": got, "all": values}


Instruction = tuple[Any, ...]
INDEX = st.integers(min_value=0, max_value=30)
INSTRUCTIONS = st.one_of(
    st.tuples(st.just("combine"), st.lists(INDEX, max_size=3), st.integers(0, 9)),
    st.tuples(st.sampled_from(["pair", "named", "box", "table", "child", "helper", "constant"]), INDEX),
    st.tuples(st.just("map"), INDEX, INDEX, st.integers(0, 4), st.sampled_from([None, 1, 2])),
    st.tuples(st.just("nested"), INDEX, INDEX, st.integers(0, 3)),
    st.tuples(st.just("distributed"), INDEX, INDEX, st.integers(0, 3)),
    st.tuples(st.just("untyped"), INDEX, st.integers(0, 3)),
    st.tuples(st.just("note"), st.integers(0, 99), INDEX),
    st.tuples(st.just("after"), INDEX, INDEX),
)
PROGRAMS = st.lists(INSTRUCTIONS, min_size=1, max_size=12)


def build(program: list[Instruction]) -> Workflow[Any, Any]:
    """A workflow that runs the program: a loop over compile-time instructions, unrolled by tracing."""

    @workflow
    def generated(seed: int, default: str = "d'{% \" %}") -> Any:
        values: list[Any] = [seed, default, 5]

        def at(index: int) -> Any:
            return values[index % len(values)]

        for name, *rest in program:
            if name == "combine":
                values.append(combine(*[at(i) for i in rest[0]], salt=rest[1]))
            elif name == "pair":
                first, (second, (third,)) = pair(at(rest[0]))
                values.extend([first, (second, third)])
            elif name == "named":
                both = named(at(rest[0]))
                left, right = both
                values += [both, both.right[0], left, right]
            elif name == "box":
                held = box(at(rest[0]))
                values += [held, held.content[0], held.extra[-1]]
            elif name == "table":
                found = table(at(rest[0]))
                values += [found["plain"], found["odd key!"], found["odd key!"][1], found["none"]]
            elif name == "child":
                values.append(child(at(rest[0])))
            elif name == "helper":
                values.append(helper([at(rest[0]), seed]))
            elif name == "constant":
                values.append(Box(at(rest[0]), (3,)))
            elif name == "map":
                listed = items(at(rest[0]), rest[2])
                other = at(rest[1])
                if rest[3] is None:
                    values.append([combine(x, other) for x in listed])
                else:
                    values.append(pair.map(listed, max_concurrency=rest[3]))
            elif name == "nested":
                outer = items(at(rest[0]), rest[2])
                other = at(rest[1])
                values.append(
                    [
                        (x, combine(x[0]), [combine(x, y, other, seed) for y in items(x[1], rest[2])])
                        for x in outer
                    ]
                )
            elif name == "distributed":
                values.append(box.map(items(at(rest[0]), rest[2]), distributed=True))
            elif name == "untyped":
                got = untyped(at(rest[0]), rest[1])
                values.append([combine(a, b) for a, b in got])
                values.append([got[0] if rest[1] else got, named(got)])
            elif name == "note":
                note(rest[0], at(rest[1]))
            else:
                values.append(combine.options(after=[combine(at(rest[0]))])(at(rest[1])))
        combine(values[-1])
        return values[3:]

    return generated


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=PROGRAMS, seed=st.integers(-3, 3))
def test_plain_call_and_engine_agree(program: list[Instruction], seed: int, tmp_path: Path) -> None:
    generated = build(program)
    EFFECTS.clear()
    expected = generated(seed)
    effects = list(EFFECTS)
    machine = toolchain.machine(generated)
    assert parse(emit(machine)) == machine
    histories = []
    for inline in (True, True, False):
        EFFECTS.clear()
        execution = toolchain.run(
            generated, {"seed": seed, "default": "d'{% \" %}"}, inline=inline, home=tmp_path
        )
        result = execution.result()
        assert result == expected
        assert repr(result) == repr(expected)
        if inline:
            histories.append(
                [(e.id, e.previous_event_id, e.type, _without_name(e.details)) for e in execution.events]
            )
        if not any(i[0] == "child" for i in program):
            # An inlined workflow's own effects are ordered within it, not against those around it.
            assert EFFECTS == effects
    assert histories[0] == histories[1]


def _without_name(details: Any) -> str:
    import re

    return re.sub(r"generated-\d+|\d{4}-\d\d-\d\dT[\d:.]+Z", "", repr(details))


@step
def fails(value: Any) -> Any:
    raise ValueError(f"no {value}")


@step
def zero(value: int) -> float:
    return 1 / value


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=PROGRAMS, place=st.sampled_from(["alone", "map", "parallel"]))
def test_errors_agree(program: list[Instruction], place: str, tmp_path: Path) -> None:
    inner = build(program)

    @workflow
    def failing(seed: int) -> Any:
        before = inner(seed)
        if place == "alone":
            broken: Any = fails(before[0] if before else seed)
        elif place == "map":
            broken = [zero(0) for x in items(seed, 3)]
        else:
            broken = [combine(seed), zero(0), combine(seed, 1)]
        return combine(broken)

    with pytest.raises((ValueError, ZeroDivisionError)) as plain:
        failing(1)
    for inline in (True, False):
        execution = toolchain.run(failing, {"seed": 1}, inline=inline, home=tmp_path)
        assert execution.status == "FAILED"
        with pytest.raises(ExecutionFailed) as caught:
            execution.result()
        assert caught.value.error_type == type(plain.value).__name__
        assert caught.value.error_message == str(plain.value)
        assert any("in fails" in line or "in zero" in line for line in caught.value.stack_trace)
        assert caught.value.location is not None
        assert caught.value.location.file == __file__
