from __future__ import annotations

import asyncio
import copy
import functools
import importlib.util
import inspect
import json
import math
import pickle
import types
from collections.abc import AsyncIterator, Iterator
from typing import Any

import cloudpickle
import pytest

from flowdeco import Retry, Step, step, workflow
from flowdeco.authoring.recording import active_recorder, recording
from flowdeco.authoring.steps import first_line
from flowdeco.errors import Location, OptionError
from tests.authoring import sampled
from tests.authoring.sampled import Tools, double, halved, plain, renamed, triple


def refusal(call: Any, *args: Any, **kwargs: Any) -> tuple[str, str | None]:
    with pytest.raises(OptionError) as caught:
        call(*args, **kwargs)
    assert caught.value.location is not None
    assert str(caught.value.location).startswith(__file__)
    return caught.value.message, caught.value.hint


# --------------------------------------------------------------------------------------- what can be a step


def test_bare_called_and_with_options() -> None:
    def train(x: int) -> int:
        return x

    for made in (step(train), step()(train), step(train, retry=2), step(retry=2)(train)):
        assert isinstance(made, Step)
        assert made(5) == 5
        assert made.spec.name == "train"
    assert step(train, retry=2).spec == step(retry=2)(train).spec


def test_a_decorator_with_options_can_be_used_again() -> None:
    often = step(name="n", comment="c", retry=2)
    first, second = often(plain), often(len)
    assert first.spec == second.spec
    assert (first.spec.name, first.spec.comment) == ("n", "c")


def test_a_step_looks_like_its_function() -> None:
    def train(df: list[int], *, rate: float = 0.1) -> str:
        """Trains.

        Long.
        """
        return str(df)

    train.flavour = "vanilla"  # type: ignore[attr-defined]
    train.map = "taken"  # type: ignore[attr-defined]
    made: Any = step(train)
    assert (made.__name__, made.__doc__, made.__module__) == ("train", train.__doc__, __name__)
    assert made.__qualname__ == train.__qualname__
    assert made.__wrapped__ is made.fn is train
    assert inspect.signature(made) == inspect.signature(train)
    assert inspect.unwrap(made) is train
    assert made.__annotations__ == train.__annotations__
    assert made.flavour == "vanilla"
    assert made.map([[1]]) == ["[1]"]
    assert made.spec.comment == "Trains."
    assert made.location == Location.of_code(train.__code__)
    assert repr(made) == f"<step train of {__name__}>"


def test_comments() -> None:
    def silent() -> None: ...

    assert step(silent).spec.comment == ""
    assert step(double.fn, comment="").spec.comment == ""
    assert step(double.fn, comment="other").spec.comment == "other"
    assert step(functools.partial(double.fn, 1), name="p").spec.comment == "Twice as much."
    assert first_line(types.SimpleNamespace(__doc__=5)) == ""


def test_static_methods_in_both_orders_and_functions_in_classes() -> None:
    assert (Tools.over(1), Tools().over(1)) == (2, 2)
    assert (Tools.under(1), Tools().under(1)) == (0, 0)
    assert (Tools.loose(1), Tools().loose(1)) == (10, 10)
    for made in (Tools.over, Tools.under, Tools.loose):
        assert isinstance(made, Step)
    assert isinstance(step(staticmethod(plain)), Step)
    assert Tools.under.spec.name == "beneath"
    assert Tools.over.__qualname__ == "Tools.over"


def test_functions_from_elsewhere() -> None:
    dumps = step(json.dumps, retry=1)
    assert dumps([1]) == "[1]"
    assert (dumps.spec.name, dumps.__module__) == ("dumps", "json")
    assert inspect.signature(dumps) == inspect.signature(json.dumps)
    assert step(math.sqrt)(4) == 2
    assert step(math.sqrt).location is None
    assert step(len).__module__ == "builtins"
    assert step(str.upper)("a") == "A"
    assert step(str.upper).__module__ == __name__
    assert step(dict.fromkeys)("a") == {"a": None}
    assert step(Tools.made)(1) == "Tools 1"
    assert step(Tools.bound)(Tools(), 3) == 3


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="PANDAS IS NOT INSTALLED")
def test_a_function_of_pandas(tmp_path: Any) -> None:
    import pandas

    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    read = step(pandas.read_csv, timeout="1m")
    assert list(read(tmp_path / "a.csv").columns) == ["x", "y"]
    assert read.spec.name == "read_csv"
    assert read.spec.comment
    assert "filepath_or_buffer" in inspect.signature(read).parameters
    assert cloudpickle.loads(cloudpickle.dumps(read)).fn is pandas.read_csv
    described = step(pandas.DataFrame.describe)
    assert described(pandas.DataFrame({"x": [1]}))["x"]["count"] == 1


def test_lambdas_need_a_name() -> None:
    assert triple(2) == 6
    assert (triple.spec.name, triple.__name__, triple.__qualname__) == ("triple", "triple", "triple")
    assert refusal(step, lambda: 1) == ("a lambda has no name", "write step(lambda ..., name='...')")


def test_partials_and_callable_objects_need_a_name() -> None:
    class Adder:
        """Adds."""

        def __init__(self, by: int) -> None:
            self.by = by

        def __call__(self, x: int) -> int:
            return x + self.by

    made = step(Adder(5), name="add five")
    assert made(1) == 6
    assert (made.__name__, made.__qualname__, made.__module__) == ("add five", "add five", __name__)
    assert made.location is not None
    assert made.location.function == "__call__"
    assert step(functools.partial(plain, 1), name="p").location == Location.of_code(plain.__code__)
    message, hint = refusal(step, Adder(5))
    assert message.endswith(" has no name")
    assert hint == "write step(..., name='...')"
    assert refusal(step, functools.partial(plain))[1] == hint
    assert halved.__module__ == sampled.__name__


def test_functions_under_other_decorators() -> None:
    @step
    @functools.lru_cache
    def cached(x: int) -> int:
        """Cached."""
        return x

    assert cached(1) == 1
    assert cached.spec.comment == "Cached."
    assert cached.location is not None
    assert cached.location.file == __file__


def test_async_functions_may_be_steps() -> None:
    @step
    async def fetch(x: int) -> int:
        return x + 1

    assert asyncio.run(fetch(1)) == 2


def numbers() -> Iterator[int]:
    yield 1


async def later() -> AsyncIterator[int]:
    yield 1


class Yields:
    def __call__(self) -> Iterator[int]:
        yield 1


@pytest.mark.parametrize(
    ("fn", "message", "hint"),
    [
        (numbers, "'numbers' is a generator: its values would be lost between states", "return a list"),
        (later, "'later' is a generator: its values would be lost between states", "return a list"),
        (functools.partial(numbers), None, "return a list"),
        (Yields(), None, "return a list"),
        (Tools, "@step on the class 'Tools'", "decorate a function that makes it"),
        (
            classmethod(plain),
            "@step on a classmethod",
            "a step has no class to belong to: use a function or a static method",
        ),
        (
            property(plain),
            "@step on a property",
            "a step has no class to belong to: use a function or a static method",
        ),
        (5, "@step needs a function, not 5", "write @step above a def, or step(function)"),
        (
            "train",
            "@step needs a function, not 'train'",
            "write @step above a def, or @step(name='train'), or step(function)",
        ),
        (double, "'double' is a step already", "decorate the function once"),
        (
            sampled.pipeline,
            "'pipeline' is a workflow",
            "call it in a workflow: it becomes part of it",
        ),
        (
            Tools().bound,
            "'bound' is a method of an object, which would not be there when the step runs",
            "decorate a function that makes the object and calls the method",
        ),
        (
            "x".join,
            "'join' is a method of an object, which would not be there when the step runs",
            "decorate a function that makes the object and calls the method",
        ),
    ],
)
def test_refused_functions(fn: Any, message: str | None, hint: str) -> None:
    for decorate in (step, step(name="x")):
        found, advice = refusal(decorate, fn)
        assert message is None or found == message
        assert advice == hint


def test_methods_are_refused_where_they_are_written() -> None:
    hint = "write @staticmethod under @step and drop the parameter, or move the function out of the class"
    with pytest.raises(
        OptionError, match="'fit' takes 'self': a step has no object to be called on"
    ) as caught:

        class Model:
            @step
            def fit(self) -> None: ...

    assert caught.value.hint == hint
    with pytest.raises(OptionError, match="'make' takes 'cls'"):

        class Other:
            @classmethod
            @step
            def make(cls) -> None: ...

    @step
    def of_a_function(self: int) -> int:
        return self

    assert of_a_function(1) == 1


@pytest.mark.parametrize("name", ["", "a/b", 5])
def test_refused_names(name: Any) -> None:
    assert refusal(step, plain, name=name)[0].startswith("step name ")


# --------------------------------------------------------------------------------------------- calls and maps


def test_an_ordinary_call() -> None:
    assert active_recorder() is None
    assert double(2, plus=1) == 5
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        double()  # type: ignore[call-arg]


def test_a_plain_map() -> None:
    assert double.map([1, 2]) == [2, 4]
    assert double.map(iter([1, 2]), plus=1, max_concurrency=5, distributed=True) == [3, 5]
    assert double.map([]) == []


@pytest.mark.parametrize("number", [0, -1, 1.5, "2", True])
def test_refused_concurrency(number: Any) -> None:
    assert refusal(double.map, [1], max_concurrency=number) == (
        f"max_concurrency must be a whole number from 1, not {number!r}",
        "leave it out for as many as there may be",
    )


def test_refused_distributed() -> None:
    assert refusal(double.map, [1], distributed="yes") == (
        "distributed must be True or False, not 'yes'",
        "write distributed=True",
    )


class Notes:
    """A recorder that notes what it is told."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def call(self, step: Any, args: Any, kwargs: Any) -> Any:
        self.heard.append(("call", step, args, kwargs))
        return "called"

    def map(self, step: Any, items: Any, others: Any, max_concurrency: Any, distributed: Any) -> Any:
        self.heard.append(("map", step, items, others, max_concurrency, distributed))
        return "mapped"

    def inline(self, workflow: Any, args: Any, kwargs: Any) -> Any:
        self.heard.append(("inline", workflow, args, kwargs))
        return "inlined"


def test_a_recorder_gets_the_calls() -> None:
    notes = Notes()
    inner = Notes()
    with recording(notes):
        assert double(1, plus=2) == "called"  # type: ignore[comparison-overlap]
        with recording(inner):
            assert double(3) == "called"  # type: ignore[comparison-overlap]
        assert double.map([1], max_concurrency=2, distributed=True, plus=3) == "mapped"  # type: ignore[comparison-overlap]
        assert sampled.pipeline(5) == "inlined"  # type: ignore[comparison-overlap]
    assert notes.heard == [
        ("call", double, (1,), {"plus": 2}),
        ("map", double, [1], {"plus": 3}, 2, True),
        ("inline", sampled.pipeline, (5,), {}),
    ]
    assert inner.heard == [("call", double, (3,), {})]
    assert active_recorder() is None
    with pytest.raises(KeyError), recording(notes):
        raise KeyError
    assert active_recorder() is None


# --------------------------------------------------------------------------------------------------- variants


def test_options_make_a_variant() -> None:
    other = double.options(timeout="1h", name="big one", retry=Retry(KeyError), comment="c", after=[1, 2])
    assert other is not double
    assert other(2) == 4
    assert (other.spec.timeout, other.spec.comment, other.spec.retry) == (3600, "c", (Retry(KeyError),))
    assert (other.spec.name, other.state_name, other.after) == ("double", "big one", (1, 2))
    assert other.origin is double
    assert other.fn is double.fn
    assert inspect.signature(other) == inspect.signature(double)
    again = other.options(heartbeat=60, after="x")
    assert (again.spec.timeout, again.spec.heartbeat) == (3600, 60)
    assert (again.state_name, again.after, again.origin) == ("big one", (1, 2, "x"), double)
    assert (double.spec.timeout, double.state_name, double.after, double.origin) == (None, None, (), double)


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"timeout": "soon"}, "timeout must be a duration, got 'soon'", None),
        ({"name": ""}, "name must be a non-empty string, not ''", "write name='...'"),
        ({"name": "a/b"}, None, "use letters, digits, '-' and '_' and spaces"),
        (
            {"memory": "1GB"},
            "options() has no option 'memory'",
            "memory belongs to the function: write @step(memory=...)",
        ),
        ({"memory": None}, "options() has no option 'memory'", None),
        ({"retyr": 1}, "options() has no option 'retyr'", "did you mean 'retry'?"),
        ({"heartbeat": 60, "timeout": 60}, None, "a heartbeat that comes later is never waited for"),
    ],
)
def test_refused_variants(given: dict[str, Any], message: str | None, hint: str | None) -> None:
    found, advice = refusal(double.options, **given)
    assert message is None or found == message
    assert hint is None or advice == hint


# ---------------------------------------------------------------------------------------- finding it again


@pytest.mark.parametrize("made", [double, Tools.over, Tools.under, Tools.loose, triple, halved], ids=repr)
def test_a_step_with_a_name_is_pickled_by_it(made: Step[Any, Any]) -> None:
    assert pickle.loads(pickle.dumps(made)) is made
    assert cloudpickle.loads(cloudpickle.dumps(made)) is made


@pytest.mark.parametrize("made", [double, renamed, double.options(timeout=5)], ids=repr)
def test_copies_are_the_step(made: Step[Any, Any]) -> None:
    assert copy.copy(made) is made
    assert copy.deepcopy([made])[0] is made


def test_a_step_under_another_name_is_pickled_by_its_function() -> None:
    for pickler in (pickle, cloudpickle):
        again = pickler.loads(pickler.dumps(renamed))
        assert again.fn is plain
        assert again.spec == renamed.spec
        assert (again.__module__, again.__qualname__) == (sampled.__name__, "plain")


def test_a_variant_is_pickled_with_its_step() -> None:
    other = double.options(timeout="1h", name="big", after=[1])
    for pickler in (pickle, cloudpickle):
        again = pickler.loads(pickler.dumps(other))
        assert again.origin is double
        assert (again.spec, again.state_name, again.after) == (other.spec, "big", (1,))


def test_a_local_step_is_pickled_by_value() -> None:
    factor = 7

    def local(x: int) -> int:
        return x * factor

    for made in (step(local), step(functools.partial(local), name="local part")):
        again = cloudpickle.loads(cloudpickle.dumps(made))
        assert again(2) == 14
        assert again.spec == made.spec
        assert again.origin is again
        assert (again.__module__, again.__qualname__) == (made.__module__, made.__qualname__)
        assert again.options(timeout=5)(2) == 14
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(step(local))


def test_a_value_that_holds_a_step() -> None:
    again = cloudpickle.loads(cloudpickle.dumps({"use": [double, lambda: double(4)]}))
    assert again["use"][0] is double
    assert again["use"][1]() == 8


def test_steps_can_be_keys() -> None:
    assert {double: 1}[double] == 1
    assert workflow(plain) != workflow(plain)
