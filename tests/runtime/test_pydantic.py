"""pydantic models travel inline and come back exactly, without being validated again."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from flowdeco.errors import CodecError
from flowdeco.runtime import MemoryStore, ValueCodec

pydantic = pytest.importorskip("pydantic")


class Inner(pydantic.BaseModel):
    x: int = 0


class Model(pydantic.BaseModel):
    name: Any
    n: Any = 3
    inner: Any = None
    aliased: int = pydantic.Field(5, alias="the-alias")


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    a: Any = 1


class Private(pydantic.BaseModel):
    a: int = 1
    _p: list[Any] = pydantic.PrivateAttr(default_factory=list)


class Frozen(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)
    a: int = 1


class Changing(pydantic.BaseModel):
    a: int

    @pydantic.field_validator("a")
    @classmethod
    def add(cls, value: int) -> int:
        return value + 1


class Root(pydantic.RootModel[Any]):
    pass


class Cached(pydantic.BaseModel):
    a: int = 1

    @functools.cached_property
    def twice(self) -> int:
        return self.a * 2


class OwnState(pydantic.BaseModel):
    a: int = 1

    def __getstate__(self) -> Any:
        return super().__getstate__()


def travel(value: Any, **options: Any) -> Any:
    codec = ValueCodec(MemoryStore(), **options)
    return codec.decode(json.loads(json.dumps(codec.encode(value))))


def private() -> Any:
    model = Private()
    model._p.append((1, 2))
    return model


@pytest.mark.parametrize(
    "value",
    [
        Model(name="x"),
        Model(name=("y", 1), inner=Inner(), n=Inner(x=2)),
        Model.model_construct(name=5, n=object),
        Open(),
        Open(a=2, b=(3,), c={"x": 1}),
        private(),
        Frozen(),
        Changing(a=1),
        Root([1, (2,)]),
        Root(root=5),
    ],
    ids=repr,
)
def test_models(value: Any) -> None:
    result = travel(value)
    assert type(result) is type(value)
    assert result == value
    assert result.__dict__ == value.__dict__
    for name in ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
        assert getattr(result, name) == getattr(value, name)
    assert repr(result) == repr(value)
    assert result.model_copy() == value


def test_as_json() -> None:
    codec = ValueCodec(MemoryStore(), pickle=False)
    tag = "tests.runtime.test_pydantic"
    assert codec.encode(Changing(a=1)) == {"$type": f"{tag}:Changing", "a": 2}
    assert codec.encode(Inner()) == {"$type": f"{tag}:Inner", "x": 0, "$set": []}
    assert codec.encode(Open(b=1))["$extra"] == {"b": 1}
    assert codec.encode(private())["$private"] == {"_p": [{"$type": "tuple", "items": [1, 2]}]}


def test_models_that_are_pickled() -> None:
    cached = Cached()
    assert "codec" not in ValueCodec(MemoryStore()).encode(cached)
    assert cached.twice == 2

    class Local(pydantic.BaseModel):
        a: int = 1

    partial = Model.model_construct()
    del partial.__dict__["n"]
    for value in (cached, OwnState(), partial):
        assert ValueCodec(MemoryStore()).encode(value)["codec"] == "pickle"
        result = travel(value)
        assert type(result) is type(value)
        assert result.__dict__ == value.__dict__
    with pytest.raises(CodecError, match="only pickle"):
        ValueCodec(MemoryStore(), pickle=False).encode(Local())


def test_fields_that_do_not_fit() -> None:
    with pytest.raises(CodecError, match="Inner has the fields"):
        ValueCodec(MemoryStore()).decode({"$type": "tests.runtime.test_pydantic:Inner", "y": 1})
