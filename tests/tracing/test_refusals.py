"""What a body may not do with run-time values: refused by name, file and line, with what to write instead."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

import pytest

from flowdeco import step, workflow
from flowdeco.errors import BodyError, UnsupportedError
from flowdeco.tracing import trace


@dataclass
class Model:
    auc: float
    name: str

    def better(self) -> bool:
        return self.auc > 0.5


class Pair(NamedTuple):
    left: int
    right: int


class Row(TypedDict):
    name: str


@step
def number() -> int:
    return 1


@step
def numbers() -> list[int]:
    return [1, 2]


@step
def anything():
    return {"k": [1, 2]}


@step
def model() -> Model:
    return Model(0.9, "m")


@step
def row() -> Row:
    return {"name": "x"}


@step
def pair() -> Pair:
    return Pair(1, 2)


@step
def triple() -> tuple[int, str, float]:
    return 1, "a", 0.5


@step
def mapping() -> dict[str, int]:
    return {"a": 1}


@step
def use(x: object, y: object = None) -> object:
    return x


def model_method() -> Any:
    return use(model().better())  # here


def attribute_assignment() -> Any:
    m = model()
    m.auc = 0.1  # here
    return m


def star_argument() -> Any:
    return use(*numbers())  # here


def with_value() -> Any:
    with anything():  # here
        return use(1)


def unknown_field() -> Any:
    return use(model().auk)  # here


def unknown_key() -> Any:
    return use(row()["nme"])  # here


def key_of_list() -> Any:
    return use(numbers()["a"])  # here


def number_of_dict() -> Any:
    return use(mapping()[0])  # here


def key_of_model() -> Any:
    return use(model()["auc"])  # here


def field_of_dict() -> Any:
    return use(mapping().a)  # here


def index_of_number() -> Any:
    return use(number()[0])  # here


def odd_index() -> Any:
    return use(anything()[1.5])  # here


def tuple_too_far() -> Any:
    return use(triple()[3])  # here


def unpack_too_few() -> Any:
    a, b = triple()  # here
    return use(a, b)


def unpack_named_tuple_wrong() -> Any:
    a, b, c = pair()  # here
    return use(a, b)


def map_over_number() -> Any:
    return [use(n) for n in number()]  # here


def wrong_arguments() -> Any:
    return use()  # here


def too_many_arguments() -> Any:
    return use(1, 2, 3)  # here


def misspelled_argument() -> Any:
    return use(x=1, z=2)  # here


def step_as_argument() -> Any:
    return use(number)  # here


def not_a_number_constant() -> Any:
    return use(float("nan"))  # here


def after_nothing() -> Any:
    return use.options(after=[1])(2)  # here


def awaiting() -> Any:
    async def inner() -> None:  # here
        pass

    return use(inner)


def yielding() -> Any:
    def inner() -> Any:
        yield 1  # here

    return use(list(inner()))


def globally() -> Any:
    global SOMETHING  # here
    SOMETHING = 1
    return use(1)


@step
def words() -> str:
    return "t"


BOX: list[Any] = []


def generated(xs: Any) -> Any:
    yield from xs


async def later(x: Any) -> Any:
    return x


def changed(xs: list[Any]) -> None:
    xs.append(2)


class MyError(Exception):
    def __init__(self, n: int) -> None:
        super().__init__(f"{n} of them")  # here


def generator_helper() -> Any:
    return use(list(generated(numbers())))  # here


def async_helper() -> Any:
    return use(later(number()))  # here


def async_comprehension() -> Any:
    async def inner() -> Any:  # here
        return [x async for x in numbers()]

    return use(inner())


def unbound() -> Any:
    if number() > 1:
        x = 1
    return use(x)  # here


def unbound_after_loop() -> Any:
    for n in numbers():
        last = use(n)
    return use(last)  # here


def alias() -> Any:
    xs = [number()]
    other = xs
    if number() > 0:
        xs.append(2)
    return use(other)  # here


def alias_inside() -> Any:
    xs = [1]
    box = {"xs": xs}
    if number() > 0:
        xs.append(2)
    return use(box)  # here


def escaping() -> Any:
    if number() > 0:
        BOX.append(1)  # here
    return use(1)


def star_names() -> Any:
    return use(**mapping())  # here


def incomparable() -> Any:
    return use(number() < words())  # here


def incomparable_constant() -> Any:
    return use(number() < "a")  # here


def incomparable_chain() -> Any:
    return use(1 < number() < "x")  # here


def adding_text() -> Any:
    return use(number() + "a")  # here


def is_a_number() -> Any:
    five = 5
    return use(number() is five)  # here


def walrus() -> Any:
    if number() > 1 and (n := number()):  # here
        return use(n)
    return use(2)


def slice_assignment() -> Any:
    xs = numbers()
    xs[0:1] = [5]  # here
    return use(xs)


def slice_assignment_in_a_branch() -> Any:
    xs = [1, 2, 3]
    if number() > 0:
        xs[0:1] = [5]  # here
    return use(xs)


def augmented_attribute() -> Any:
    m = model()
    m.auc += 1  # here
    return m


def attribute_deletion() -> Any:
    m = model()
    del m.auc  # here
    return m


def loop_over_a_number() -> Any:
    for x in number():  # here
        use(x)
    return use(1)


def calling_a_value() -> Any:
    return use(anything()())  # here


def raising_a_value() -> Any:
    raise anything()  # here


def raising_with_its_own_text() -> Any:
    raise MyError(number())


def excepting_what_is_no_class() -> Any:
    try:  # here
        return use(1)
    except BOX:  # type: ignore[misc]
        return use(2)


def item_assignment_of_a_tuple() -> Any:
    t = triple()
    t[0] = 2  # here
    return t


def exception_group() -> Any:
    found = None
    try:  # here
        found = use(number())
    except* ValueError:
        found = use(2)
    return found


def with_as() -> Any:
    with anything() as thing:  # here
        return use(thing)


def change_in_a_function() -> Any:
    xs = [1]
    if number() > 0:
        changed(xs)
    return use(xs)  # here


REFUSED: dict[Callable[..., Any], tuple[type[BodyError], str]] = {
    model_method: (UnsupportedError, ".better() of model()"),
    attribute_assignment: (UnsupportedError, "setting .auc of model()"),
    star_argument: (UnsupportedError, "*numbers() in a call: how many arguments that makes is known only"),
    with_value: (UnsupportedError, "with of anything()"),
    unknown_field: (BodyError, "Model has no field 'auk'"),
    unknown_key: (BodyError, "Row has no key 'nme'"),
    key_of_list: (BodyError, "numbers() is a list: it has no key 'a'"),
    number_of_dict: (BodyError, "mapping() is a dict: its keys are strings"),
    key_of_model: (UnsupportedError, "['auc'] (it is a Model) of model()"),
    field_of_dict: (UnsupportedError, ".a (it is a dict) of mapping()"),
    index_of_number: (UnsupportedError, "[0] (it is an int) of number()"),
    odd_index: (UnsupportedError, "[1.5] of anything()"),
    tuple_too_far: (BodyError, "triple() has 3 elements: there is no [3]"),
    unpack_too_few: (BodyError, "triple() has 3 elements, unpacked into 2 names"),
    unpack_named_tuple_wrong: (BodyError, "pair() has 2 elements, unpacked into 3 names"),
    map_over_number: (UnsupportedError, "iteration over it (it is an int) of number()"),
    wrong_arguments: (BodyError, "use() missing a required argument: 'x'"),
    too_many_arguments: (BodyError, "use() too many positional arguments"),
    misspelled_argument: (BodyError, "use() got an unexpected keyword argument 'z'"),
    step_as_argument: (BodyError, "argument 'x' of use(): <step number of"),
    not_a_number_constant: (BodyError, "argument 'x' of use()"),
    after_nothing: (BodyError, "after=1 is not the result of a step"),
    awaiting: (UnsupportedError, "async code in a workflow body"),
    yielding: (UnsupportedError, "yield in a workflow body"),
    globally: (UnsupportedError, "global SOMETHING in a workflow body"),
    generator_helper: (UnsupportedError, "generated() is a generator"),
    async_helper: (UnsupportedError, "later() is async"),
    async_comprehension: (UnsupportedError, "async code in a workflow body"),
    unbound: (BodyError, "'x' has no value on some paths that lead here"),
    unbound_after_loop: (BodyError, "'last' has no value on some paths that lead here"),
    alias: (UnsupportedError, "this is the same object as xs, which was changed at"),
    alias_inside: (UnsupportedError, "this is the same object as xs, which was changed at"),
    escaping: (UnsupportedError, "a container is changed on a path that may not be taken"),
    star_names: (UnsupportedError, "**mapping() in a call: which arguments that makes is known only"),
    incomparable: (BodyError, "'<' not supported between instances of 'int' and 'str'"),
    incomparable_constant: (BodyError, "'<' not supported between instances of 'int' and 'str'"),
    incomparable_chain: (BodyError, "'<' not supported between instances of 'int' and 'str'"),
    adding_text: (BodyError, "unsupported operand type(s) for +: 'int' and 'str'"),
    is_a_number: (UnsupportedError, "'is' of number()"),
    walrus: (UnsupportedError, "a condition around :="),
    slice_assignment: (UnsupportedError, "assignment to a slice of a run-time list"),
    slice_assignment_in_a_branch: (UnsupportedError, "assignment to a slice of a run-time list"),
    augmented_attribute: (UnsupportedError, "setting .auc of model()"),
    attribute_deletion: (UnsupportedError, "deleting .auc of model()"),
    loop_over_a_number: (UnsupportedError, "iteration over it (it is an int) of number()"),
    calling_a_value: (UnsupportedError, "a call of anything()"),
    raising_a_value: (BodyError, "exceptions must derive from BaseException"),
    raising_with_its_own_text: (UnsupportedError, "an f-string of number()"),
    excepting_what_is_no_class: (BodyError, "except []: that is no exception class"),
    item_assignment_of_a_tuple: (BodyError, "'tuple' object does not support item assignment"),
    exception_group: (UnsupportedError, "except* in a workflow body"),
    with_as: (UnsupportedError, "with of anything()"),
    change_in_a_function: (UnsupportedError, "this is the same object as xs, which was changed at"),
}


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: body.__name__)
def test_refused(body: Callable[..., Any]) -> None:
    kind, message = REFUSED[body]
    with pytest.raises(kind) as caught:
        trace(workflow(body))
    error = caught.value
    assert message in error.message
    assert error.hint, "every refusal says what to write"
    assert error.location is not None
    assert error.location.file == __file__
    assert "# here" in linecache.getline(__file__, error.location.line)


def test_an_empty_workflow() -> None:
    @workflow
    def nothing(x: int) -> int:
        return x

    with pytest.raises(BodyError, match="calls no step") as caught:
        trace(nothing)
    assert caught.value.location == nothing.location


def test_a_workflow_that_calls_itself() -> None:
    @workflow
    def again(x: int) -> Any:
        return again(use(x))

    with pytest.raises(BodyError, match=r"again -> again"):
        trace(again)


def test_an_inlined_workflow_called_wrongly() -> None:
    @workflow
    def child(x: int) -> Any:
        return use(x)

    @workflow
    def parent() -> Any:
        return child(1, 2)

    with pytest.raises(BodyError, match="child.. too many positional arguments") as caught:
        trace(parent)
    assert caught.value.hint == "it is defined as child(x: 'int') -> 'Any'"


def test_two_steps_of_one_name() -> None:
    @step(name="use")
    def other(x: object) -> object:
        return x

    @workflow
    def both() -> Any:
        return use(other(1))

    with pytest.raises(BodyError, match="two steps are named 'use'") as caught:
        trace(both)
    assert "@step(name=" in str(caught.value.hint)


def test_a_loop_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowdeco.tracing.recorder.NODE_LIMIT", 50)

    @workflow
    def endless() -> Any:
        for _ in iter(int, 1):
            use(1)

    with pytest.raises(BodyError, match="a loop in it does not end"):
        trace(endless)


def test_all_is_told_at_once() -> None:
    @workflow
    def flow() -> Any:
        a = use(mapping()[0])
        b = use(number() < "a")
        c = use(model().auk)
        return use([a, b, c])

    with pytest.raises(BodyError) as caught:
        trace(flow)
    found = [caught.value, *caught.value.others]
    assert [error.location.line for error in found] == sorted(error.location.line for error in found)
    assert [error.message.partition(" ")[0] for error in found] == ["mapping()", "'<'", "Model"]
    assert [finding.message for finding in flow.check()] == [error.message for error in found]


def test_no_source() -> None:
    scope: dict[str, Any] = {"use": use}
    exec("def body():\n    return use(1)\n", scope)
    with pytest.raises(UnsupportedError, match="the source of 'body' cannot be read"):
        trace(workflow(scope["body"]))
