"""What annotations say about the encoded form of values."""

from __future__ import annotations

import collections.abc as abc
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, NamedTuple, NewType, Optional, TypedDict

import pytest

from flowdeco import step, workflow
from flowdeco.errors import UnsupportedError
from flowdeco.graph.types import ANY, FLOAT, INT, NOTHING, STR
from flowdeco.tracing import trace
from flowdeco.tracing.types import hints, return_type, type_of, value_type

Rows = NewType("Rows", list[int])


@dataclass
class Model:
    auc: float


class Point(NamedTuple):
    x: int


class Row(TypedDict):
    name: str


@pytest.mark.parametrize(
    ("annotation", "sort"),
    [
        (None, "none"),
        (Any, "any"),
        (object, "any"),
        (int | str, "any"),
        ("text", "any"),
        (abc.Sequence[int], "any"),
        (Optional[int], "int"),  # noqa: UP045
        (date | None, "opaque"),
        (Annotated[list[int], "x"], "list"),
        (Rows, "list"),
        (list, "list"),
        (set[int], "set"),
        (frozenset, "set"),
        (tuple[int, ...], "tuple"),
        (tuple, "tuple"),
        (dict, "dict"),
        (abc.Mapping[str, int], "dict"),
        (abc.MutableMapping[str, int], "dict"),
        (Row, "dict"),
        (Model, "record"),
        (Point, "namedtuple"),
        (UnsupportedError, "any"),
    ],
)
def test_shapes(annotation: Any, sort: str) -> None:
    assert type_of(annotation).sort == sort


def test_parts() -> None:
    assert type_of(tuple[int, str]).elements == (INT, STR)
    assert type_of(tuple[int, ...]).element == INT
    assert type_of(dict[str, float]).element == FLOAT
    assert type_of(abc.Sequence[int]).element == INT
    assert type_of(Model).fields == (("auc", FLOAT),)
    assert type_of(Optional[int]).optional  # noqa: UP045


def test_types_of_known_values() -> None:
    assert value_type([1, 2]).item == INT
    assert value_type({"a": 1}).field("a") == INT
    assert value_type((1, "a")).elements == (INT, STR)
    assert value_type({1.5}).element == FLOAT
    assert value_type([]).item == NOTHING
    assert value_type({1: 2}).fields is None


def test_models_of_pydantic() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Config(pydantic.BaseModel):
        lr: float

    assert type_of(Config).fields == (("lr", FLOAT),)


def test_tables_are_opaque() -> None:
    pandas = pytest.importorskip("pandas")

    @step
    def load() -> Any:
        return None

    load.fn.__annotations__["return"] = pandas.DataFrame
    return_type.cache_clear()

    def column() -> Any:
        return load()["a"]

    assert type_of(pandas.DataFrame).sort == "opaque"
    with pytest.raises(UnsupportedError, match="it is a DataFrame"):
        trace(workflow(column))


def test_annotations_that_cannot_be_resolved() -> None:
    def load() -> Missing:  # noqa: F821
        return None

    assert hints(load) == {}
    assert return_type(load) == ANY


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
    assert "map x in %3.items" in text or "map x in %4.items" in text
