from __future__ import annotations

import copy
import functools
import inspect
import pickle
from typing import Any

import cloudpickle
import pytest

from flowdeco import Workflow, step, workflow
from flowdeco.authoring.options import WorkflowOptions
from flowdeco.errors import FlowdecoError, InputError, Location, OptionError
from tests.authoring import sampled
from tests.authoring.sampled import double, pipeline, plain


def refusal(call: Any, *args: Any, **kwargs: Any) -> tuple[str, str | None]:
    with pytest.raises(OptionError) as caught:
        call(*args, **kwargs)
    assert str(caught.value.location).startswith(__file__)
    return caught.value.message, caught.value.hint


def test_a_workflow_is_called_like_its_function() -> None:
    assert pipeline() == 4
    assert pipeline(x=3) == 12
    with pytest.raises(TypeError):
        pipeline(1, 2)  # type: ignore[call-arg]


def test_bare_and_with_options() -> None:
    def body(x: int = 1) -> int:
        """Does it.

        At length.
        """
        return x

    for made in (workflow(body), workflow()(body), workflow(name=None)(body)):
        assert isinstance(made, Workflow)
        assert made.spec == WorkflowOptions("body", "Does it.")
        assert made(2) == 2
    named = workflow(name="nightly-run_1", comment="c", timeout="2h")(body)
    assert named.spec == WorkflowOptions("nightly-run_1", "c", 7200)
    assert workflow(comment="")(body).spec.comment == ""


def test_a_workflow_looks_like_its_function() -> None:
    def body(x: int, y: str = "a") -> None:
        """Does it."""

    body.graph = "taken"  # type: ignore[attr-defined]
    body.parameters = "taken"  # type: ignore[attr-defined]
    made: Any = workflow(body)
    assert (made.__name__, made.__doc__, made.__module__) == ("body", "Does it.", __name__)
    assert made.__wrapped__ is made.fn is body
    assert inspect.signature(made) == inspect.signature(body)
    assert [parameter.name for parameter in made.parameters.items] == ["x", "y"]
    assert made.parameters is made.parameters
    assert made.location == Location.of_code(body.__code__)
    assert repr(made) == f"<workflow body of {__name__}>"


def test_workflows_in_classes() -> None:
    class Jobs:
        @workflow
        @staticmethod
        def one(x: int) -> int:
            return x

        @staticmethod
        @workflow
        def two(x: int) -> int:
            return x * 2

    assert (Jobs.one(1), Jobs().one(1), Jobs.two(1), Jobs().two(1)) == (1, 1, 2, 2)
    assert isinstance(Jobs.one, Workflow)


async def later() -> None: ...


class Calls:
    def __call__(self) -> None: ...

    def method(self) -> None: ...


def generator() -> Any:
    yield 1


WRITTEN = "its body says which steps run: write a def"


@pytest.mark.parametrize(
    ("fn", "message", "hint"),
    [
        (pipeline, "'pipeline' is a workflow already", "decorate the function once"),
        (double, "'double' is a step already", "decorate the function once"),
        (lambda: 1, "a lambda cannot be a workflow", "write a def"),
        (
            later,
            "workflow 'later' is async",
            "write a plain def: steps that need nothing of each other run at the same time anyway",
        ),
        (generator, "'generator' is a generator: its values would be lost between states", "return a list"),
        (len, "@workflow needs a function written in Python, not <built-in function len>", WRITTEN),
        (Calls(), None, WRITTEN),
        (functools.partial(plain), None, WRITTEN),
        (Calls, "@workflow on the class 'Calls'", "decorate a function that makes it"),
        (
            Calls().method,
            "'method' is a method of an object, which would not be there when the workflow runs",
            "decorate a function that makes the object and calls the method",
        ),
        (5, "@workflow needs a function, not 5", "write @workflow above a def, or workflow(function)"),
    ],
)
def test_refused_functions(fn: Any, message: str | None, hint: str) -> None:
    for decorate in (workflow, workflow(name="x")):
        found, advice = refusal(decorate, fn)
        assert message is None or found == message
        assert advice == hint


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"name": ""}, "workflow name must be a non-empty string, not ''", "write name='...'"),
        ({"name": "a b"}, None, "use letters, digits, '-' and '_'"),
        ({"comment": 5}, "comment must be a string, not 5", "write comment='...'"),
        ({"timeout": "x"}, "timeout must be a duration, got 'x'", None),
        ({"retry": 1}, "@workflow has no option 'retry'", "retry belongs to @step"),
        ({"timout": 1}, "@workflow has no option 'timout'", "did you mean 'timeout'?"),
    ],
)
def test_refused_options(given: dict[str, Any], message: str | None, hint: str | None) -> None:
    found, advice = refusal(workflow(**given), plain)
    assert message is None or found == message
    assert hint is None or advice == hint


def test_copies_and_pickles() -> None:
    assert copy.copy(pipeline) is pipeline
    assert copy.deepcopy([pipeline])[0] is pipeline
    for pickler in (pickle, cloudpickle):
        assert pickler.loads(pickler.dumps(pipeline)) is pipeline
        again = pickler.loads(
            pickler.dumps(
                workflow(
                    plain,
                )
            )
        )
        assert again.fn is sampled.plain

    def local() -> int:
        return 5

    assert cloudpickle.loads(cloudpickle.dumps(workflow(local)))() == 5


def test_what_the_toolchain_is_asked(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWDECO_HOME", str(tmp_path))
    execution = pipeline.run(3)
    assert execution.result() == 12
    definition = pipeline.asl()
    assert [state["Type"] for state in definition["States"].values()] == ["Task", "Task"]
    assert str(pipeline.graph()).splitlines()[0] == "workflow pipeline(x=1)"
    assert [f for f in pipeline.check() if f.severity == "error"] == []
    with pytest.raises(InputError) as caught:
        pipeline.run("a")  # type: ignore[arg-type]
    assert isinstance(caught.value, FlowdecoError)
    assert len(list(tmp_path.iterdir())) > 0


def test_a_step_inside_is_an_ordinary_call_too() -> None:
    seen: list[int] = []

    @step
    def note(x: int) -> None:
        seen.append(x)

    @workflow
    def noting() -> None:
        note(1)
        note(2)

    noting()
    assert seen == [1, 2]
