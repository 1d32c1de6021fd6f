"""What a body may not do with run-time values: refused by name, file and line, with what to write instead."""

from __future__ import annotations

import json
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


def truth() -> None:
    if anything():  # here
        use(1)


def while_loop() -> None:
    while number():  # here
        use(1)


def conjunction() -> Any:
    return use(number() and 1)  # here


def negation() -> Any:
    return use(not number())  # here


def comparison() -> Any:
    return use(number() > 1)  # here


def equality() -> Any:
    return use(number() == 1)  # here


def addition() -> Any:
    return use(number() + 1)  # here


def right_addition() -> Any:
    return use(1 + number())  # here


def negative() -> Any:
    return use(-number())  # here


def identity() -> Any:
    return use(anything() is None)  # here


def not_identity() -> Any:
    return use(None is not anything())  # here


def membership() -> Any:
    return use(1 in numbers())  # here


def f_string() -> Any:
    return use(f"n={number()}")  # here


def text() -> Any:
    return use(str(number()))  # here


def length() -> Any:
    return use(len(numbers()))  # here


def integer() -> Any:
    return use(int(number()))  # here


def range_of() -> Any:
    return [use(i) for i in range(number())]  # here


def open_file() -> Any:
    return use(open(anything()))  # here


def printing() -> Any:
    print(number())  # here
    return use(1)


def printing_nested() -> Any:
    n = number()
    print("n", [n])  # here
    return n


def library_call() -> Any:
    return use(json.dumps(anything()))  # here


def method_call() -> Any:
    return use(anything().copy())  # here


def model_method() -> Any:
    return use(model().better())  # here


def loop() -> None:
    for n in numbers():  # here
        use(n)


def loop_unpack() -> None:
    for a, b in anything():  # here
        use(a, b)


def filtered() -> Any:
    return [use(n) for n in numbers() if True]  # here


def comprehension_without_step() -> Any:
    use(1)
    return [n for n in numbers()]  # here


def set_comprehension() -> Any:
    return use({n for n in numbers()})  # here


def dict_comprehension() -> Any:
    return use({n: use(n) for n in numbers()})  # here


def generator() -> Any:
    return use(sum(n for n in numbers()))  # here


def two_fors() -> Any:
    return [use(a, b) for a in numbers() for b in numbers()]  # here


def key_of_dict() -> Any:
    return use({number(): 1})  # here


def slicing() -> Any:
    return use(numbers()[1:])  # here


def dynamic_index() -> Any:
    return use(numbers()[number()])  # here


def item_assignment() -> Any:
    d = anything()
    d["k"] = 2  # here
    return d


def attribute_assignment() -> Any:
    m = model()
    m.auc = 0.1  # here
    return m


def item_deletion() -> Any:
    d = anything()
    del d["k"]  # here
    return d


def augmented() -> Any:
    n = number()
    n += 1  # here
    return n


def star_unpack() -> Any:
    first, *_rest = numbers()  # here
    return first


def star_argument() -> Any:
    return use(*numbers())  # here


def try_except() -> Any:
    try:  # here
        return use(number())
    except ValueError:
        return None


def try_finally() -> Any:
    try:  # here
        return use(number())
    finally:
        use(2)


def match_value() -> Any:
    match anything():  # here
        case {"k": k}:
            return use(k)
    return use(1)


def with_value() -> Any:
    with anything():  # here
        return use(1)


def assertion() -> Any:
    n = number()
    assert n  # here
    return n


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


def map_over_dict() -> Any:
    return use.map(mapping())  # here


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


def swallowed() -> Any:
    n = number()
    try:
        if n:  # here
            return use(1)
    except Exception:
        pass
    return use(2)


def raised() -> Any:
    use(1)
    raise ValueError("bad")  # here


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


def endless_inline() -> Any:
    return use(1)


REFUSED: dict[Callable[..., Any], tuple[type[BodyError], str]] = {
    truth: (UnsupportedError, "a condition (if, while, and, or, not, assert) of anything()"),
    while_loop: (UnsupportedError, "a condition"),
    conjunction: (UnsupportedError, "a condition"),
    negation: (UnsupportedError, "a condition"),
    comparison: (UnsupportedError, "a comparison of number()"),
    equality: (UnsupportedError, "a comparison"),
    addition: (UnsupportedError, "arithmetic of number()"),
    right_addition: (UnsupportedError, "arithmetic"),
    negative: (UnsupportedError, "arithmetic"),
    identity: (UnsupportedError, "'is' of anything()"),
    not_identity: (UnsupportedError, "'is' of anything()"),
    membership: (UnsupportedError, "'in' of numbers()"),
    f_string: (UnsupportedError, "an f-string of number()"),
    text: (UnsupportedError, "str() of number()"),
    length: (UnsupportedError, "len() of numbers()"),
    integer: (UnsupportedError, "int() of number()"),
    range_of: (UnsupportedError, "range() of number()"),
    open_file: (UnsupportedError, "open() of anything()"),
    printing: (UnsupportedError, "print() of number()"),
    printing_nested: (UnsupportedError, "print() of a run-time value"),
    library_call: (UnsupportedError, "dumps() of anything()"),
    method_call: (UnsupportedError, "calling a method of anything().copy"),
    model_method: (BodyError, "Model has no field 'better'"),
    loop: (UnsupportedError, "a loop of numbers()"),
    loop_unpack: (UnsupportedError, "a loop of anything()"),
    filtered: (UnsupportedError, "'if' in a comprehension over it of numbers()"),
    comprehension_without_step: (UnsupportedError, "that calls no step"),
    set_comprehension: (UnsupportedError, "a set comprehension of numbers()"),
    dict_comprehension: (UnsupportedError, "a dict comprehension of numbers()"),
    generator: (UnsupportedError, "a generator expression of numbers()"),
    two_fors: (UnsupportedError, "several for clauses"),
    key_of_dict: (UnsupportedError, "use as a dict key or a set member of number()"),
    slicing: (UnsupportedError, "a slice of numbers()"),
    dynamic_index: (UnsupportedError, "an index that is itself a run-time value of number()"),
    item_assignment: (UnsupportedError, "item assignment of anything()"),
    attribute_assignment: (UnsupportedError, "setting .auc of model()"),
    item_deletion: (UnsupportedError, "del of anything()"),
    augmented: (UnsupportedError, "arithmetic of number()"),
    star_unpack: (UnsupportedError, "unpacking with '*' of numbers()"),
    star_argument: (UnsupportedError, "a loop of numbers()"),
    try_except: (UnsupportedError, "try/except around step calls"),
    try_finally: (UnsupportedError, "try/finally around step calls"),
    match_value: (UnsupportedError, "match of anything()"),
    with_value: (UnsupportedError, "with of anything()"),
    assertion: (UnsupportedError, "a condition"),
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
    map_over_dict: (UnsupportedError, "iteration over it (it is a dict) of mapping()"),
    map_over_number: (UnsupportedError, "iteration over it (it is an int) of number()"),
    wrong_arguments: (BodyError, "use() missing a required argument: 'x'"),
    too_many_arguments: (BodyError, "use() too many positional arguments"),
    misspelled_argument: (BodyError, "use() got an unexpected keyword argument 'z'"),
    step_as_argument: (BodyError, "argument 'x' of use(): <step number of"),
    not_a_number_constant: (BodyError, "argument 'x' of use()"),
    after_nothing: (BodyError, "after=1 is not the result of a step"),
    swallowed: (UnsupportedError, "a condition"),
    raised: (BodyError, "raised ValueError while it was traced: bad"),
    awaiting: (UnsupportedError, "async code in a workflow body"),
    yielding: (UnsupportedError, "yield in a workflow body"),
    globally: (UnsupportedError, "global SOMETHING in a workflow body"),
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
        while True:
            use(1)

    with pytest.raises(BodyError, match="a loop in it does not end"):
        trace(endless)


def test_no_source() -> None:
    scope: dict[str, Any] = {"use": use}
    exec("def body():\n    return use(1)\n", scope)
    with pytest.raises(UnsupportedError, match="the source of 'body' cannot be read"):
        trace(workflow(scope["body"]))
