"""Names of states: from the Python, unique, legal, at most 80 characters."""

from __future__ import annotations

from typing import Any

import pytest

from flowdeco import step, workflow
from flowdeco.compiler import run_passes
from flowdeco.errors import BodyError
from flowdeco.graph import walk
from flowdeco.tracing import trace


@step
def fit(x: Any = None) -> list[Any]:
    return [x]


@step
def score(x: Any) -> Any:
    return x


def names(body: Any) -> list[str]:
    return [node.name for node in walk(run_passes(trace(workflow(body)).graph).block)]


def test_one_call_is_named_after_the_step() -> None:
    def body() -> Any:
        model = fit()
        return model

    assert names(body) == ["fit"]


def test_several_calls_are_told_apart_by_their_variables() -> None:
    def body() -> Any:
        forest = fit(1)
        linear = fit(forest)
        linear = score(linear)
        return score(linear)

    assert names(body) == ["fit forest", "fit linear", "score linear", "score"]


def test_or_numbered() -> None:
    def body() -> Any:
        model = fit(1)
        model = fit(model)
        return fit(fit(model))

    assert names(body) == ["fit", "fit 2", "fit 3", "fit 4"]


def test_maps_and_forks() -> None:
    def body() -> Any:
        rows = fit()
        scores = [score(row) for row in rows]
        others = score.map(rows)
        more = [score(a) for a in rows]
        return [score(more), scores, others]

    assert names(body) == [
        "fit",
        "scores and others and more",
        "scores",
        "score",
        "others",
        "score 2",
        "more",
        "score 3",
        "score 4",
    ]


def test_maps_without_a_variable() -> None:
    def body() -> Any:
        return fit([score(row) for row in fit()]), score.map(fit(1))

    assert [n for n in names(body) if n.startswith("each")] == ["each row", "each score"]


def test_a_wide_fork_names_the_first() -> None:
    @step
    def a() -> None: ...
    @step
    def b() -> None: ...
    @step
    def c() -> None: ...
    @step
    def d() -> None: ...

    def body() -> Any:
        return [a(), b(), c(), d()], [fit(), fit()]

    assert names(body)[0] == "a and 5 more"

    def alike() -> Any:
        return [fit(), fit()]

    assert names(alike)[0] == "fit in parallel"


def test_a_fork_that_starts_with_a_fork_is_named_after_what_runs() -> None:
    def body() -> Any:
        left = score([fit(1), fit(2)])
        right = score(fit.options(name="other")(3))
        return left, right

    assert names(body)[:2] == ["fit and other", "fit in parallel"]


def test_given_names_win() -> None:
    def body() -> Any:
        return score.options(name="fit")(fit())

    assert names(body) == ["fit 2", "fit"]


def test_given_twice() -> None:
    def body() -> Any:
        return score.options(name="x")(fit.options(name="x")())

    with pytest.raises(BodyError, match="two states are named 'x'") as caught:
        names(body)
    assert caught.value.location is not None
    assert "options(name=" in str(caught.value.hint)


def test_long_names_are_cut_and_stay_unique() -> None:
    long = step(lambda x: x, name="n" * 80)

    def body() -> Any:
        value = long(1)
        other = long(value)
        return long(other)

    found = names(body)
    assert len(set(found)) == 3
    assert all(len(name) <= 80 for name in found)
    assert found[0] == "n" * 80
    assert found[1] == "n" * 78 + " 2"


def test_numbers_that_are_taken_are_left_out() -> None:
    def body() -> Any:
        first = fit.options(name="fit 2")()
        return fit(fit(fit(first)))

    assert names(body) == ["fit 2", "fit", "fit 3", "fit 4"]
