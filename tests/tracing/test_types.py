"""What annotations say about the encoded form of values."""

from __future__ import annotations

import collections.abc as abc
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, NamedTuple, NewType, Optional, TypedDict

import pytest

from flowdeco import step, workflow
from flowdeco.errors import UnsupportedError
from flowdeco.tracing import trace
from flowdeco.tracing.types import hints, kind, return_type

Rows = NewType("Rows", list[int])


@dataclass
class Model:
    auc: float


class Point(NamedTuple):
    x: int


class Row(TypedDict):
    name: str


@pytest.mark.parametrize(
    ("annotation", "shape"),
    [
        (None, "unknown"),
        (Any, "unknown"),
        (object, "unknown"),
        (int | str, "unknown"),
        ("text", "unknown"),
        (abc.Sequence[int], "unknown"),
        (Optional[int], "scalar"),  # noqa: UP045
        (date | None, "scalar"),
        (Annotated[list[int], "x"], "list"),
        (Rows, "list"),
        (list, "list"),
        (set[int], "set"),
        (frozenset, "set"),
        (tuple[int, ...], "tuple"),
        (tuple, "tuple"),
        (dict, "object"),
        (abc.Mapping[str, int], "object"),
        (abc.MutableMapping[str, int], "object"),
        (Row, "object"),
        (Model, "fields"),
        (Point, "namedtuple"),
        (UnsupportedError, "unknown"),
    ],
)
def test_shapes(annotation: Any, shape: str) -> None:
    assert kind(annotation).shape == shape


def test_parts() -> None:
    assert kind(tuple[int, str]).elements == (int, str)
    assert kind(tuple[int, ...]).element is int
    assert kind(dict[str, float]).element is float
    assert kind(abc.Sequence[int]).element is int
    assert kind(Model).fields == {"auc": float}


def test_models_of_pydantic() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Config(pydantic.BaseModel):
        lr: float

    assert kind(Config).fields == {"lr": float}


def test_tables_are_opaque() -> None:
    pandas = pytest.importorskip("pandas")

    @step
    def load() -> Any:
        return None

    load.fn.__annotations__["return"] = pandas.DataFrame
    return_type.cache_clear()

    def column() -> Any:
        return load()["a"]

    assert kind(pandas.DataFrame).shape == "opaque"
    with pytest.raises(UnsupportedError, match="it is a DataFrame"):
        trace(workflow(column))


def test_annotations_that_cannot_be_resolved() -> None:
    def load() -> Missing:  # noqa: F821
        return None

    assert hints(load) == {}
    assert return_type(load) is None


def test_maps_over_every_kind_of_list() -> None:
    @step
    def a() -> tuple[int, ...]:
        return (1,)

    @step
    def b() -> set[int]:
        return {1}

    @step
    def use(x: Any) -> Any:
        return x

    def body() -> Any:
        return [use(x) for x in a()], [use(x) for x in b()]

    text = str(trace(workflow(body)).graph)
    assert "map x in %1.items" in text
    assert "map x in %4.items" in text
