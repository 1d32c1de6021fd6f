"""What a body may do with run-time values: the plain call and the execution give the same, or fail with the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowdeco import step, toolchain, workflow


@step
def number() -> int:
    return 1


@step
def numbers() -> list[int]:
    return [1, 2]


@step
def pairs() -> list[list[int]]:
    return [[1, 2], [3, 4]]


@step
def anything():
    return {"k": [1, 2]}


@step
def mapping() -> dict[str, int]:
    return {"a": 1}


@step
def use(x: object, y: object = None) -> object:
    return x


def truth() -> None:
    if anything():
        use(1)


def conjunction() -> Any:
    return use(number() and 1)


def negation() -> Any:
    return use(not number())


def comparison() -> Any:
    return use(number() > 1)


def equality() -> Any:
    return use(number() == 1)


def addition() -> Any:
    return use(number() + 1)


def right_addition() -> Any:
    return use(1 + number())


def negative() -> Any:
    return use(-number())


def identity() -> Any:
    return use(anything() is None)


def not_identity() -> Any:
    return use(None is not anything())


def membership() -> Any:
    return use(1 in numbers())


def f_string() -> Any:
    return use(f"n={number()}")


def text() -> Any:
    return use(str(number()))


def length() -> Any:
    return use(len(numbers()))


def integer() -> Any:
    return use(int(number()))


def range_of() -> Any:
    return [use(i) for i in range(number())]


def printing() -> Any:
    print(number())
    return use(1)


def printing_nested() -> Any:
    n = number()
    print("n", [n])
    return n


def library_call() -> Any:
    return use(json.dumps(anything()))


def method_call() -> Any:
    return use(anything().copy())


def loop() -> None:
    for n in numbers():
        use(n)


def loop_unpack() -> None:
    for a, b in pairs():
        use(a, b)


def filtered() -> Any:
    return [use(n) for n in numbers() if True]


def comprehension_without_step() -> Any:
    use(1)
    return [n for n in numbers()]


def set_comprehension() -> Any:
    return use({n for n in numbers()})


def dict_comprehension() -> Any:
    return use({str(n): use(n) for n in numbers()})


def two_fors() -> Any:
    return [use(a, b) for a in numbers() for b in numbers()]


def key_of_dict() -> Any:
    return use({str(number()): 1})


def slicing() -> Any:
    return use(numbers()[1:])


def dynamic_index() -> Any:
    return use(numbers()[number()])


def item_assignment() -> Any:
    d = anything()
    d["k"] = 2
    return d


def item_deletion() -> Any:
    d = anything()
    del d["k"]
    return d


def augmented() -> Any:
    n = number()
    n += 1
    return n


def star_unpack() -> Any:
    first, *_rest = numbers()
    return first


def try_except() -> Any:
    try:
        return use(number())
    except ValueError:
        return None


def try_finally() -> Any:
    try:
        return use(number())
    finally:
        use(2)


def match_value() -> Any:
    match anything():
        case {"k": k}:
            return use(k)
    return use(1)


def assertion() -> Any:
    n = number()
    assert n
    return n


def map_over_dict() -> Any:
    return use.map(mapping())


def swallowed() -> Any:
    n = number()
    try:
        if n:
            return use(1)
    except Exception:
        pass
    return use(2)


def raised() -> Any:
    use(1)
    raise ValueError("bad")


def while_loop() -> Any:
    n = number()
    while n < 4:
        n = use(n) + 1
    return n


def generator() -> Any:
    return use(sum(n for n in numbers()))


def unhashable_key() -> Any:
    d: dict[Any, Any] = {}
    d[numbers()] = 1
    return use(d)


BODIES: tuple[Callable[[], Any], ...] = (
    truth,
    conjunction,
    negation,
    comparison,
    equality,
    addition,
    right_addition,
    negative,
    identity,
    not_identity,
    membership,
    f_string,
    text,
    length,
    integer,
    range_of,
    printing,
    printing_nested,
    library_call,
    method_call,
    loop,
    loop_unpack,
    filtered,
    comprehension_without_step,
    set_comprehension,
    dict_comprehension,
    two_fors,
    key_of_dict,
    slicing,
    dynamic_index,
    augmented,
    star_unpack,
    try_except,
    try_finally,
    match_value,
    assertion,
    map_over_dict,
    swallowed,
    raised,
    while_loop,
    generator,
    unhashable_key,
)

CHANGES = (item_assignment, item_deletion)


@pytest.mark.parametrize("body", [*BODIES, *CHANGES], ids=lambda body: body.__name__)
def test_plain_call_and_execution(body: Callable[[], Any], tmp_path: Path) -> None:
    flow = workflow(body)
    execution = toolchain.run(flow, {}, inline=True, home=tmp_path)
    try:
        plain = flow()
    except Exception as error:
        assert execution.error is not None
        assert execution.error.error_type == type(error).__name__
    else:
        assert execution.result() == plain
