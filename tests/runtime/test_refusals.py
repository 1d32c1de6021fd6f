"""What cannot be encoded is refused, with the path to the culprit and what to do."""

from __future__ import annotations

import itertools
import socket
import sqlite3
import threading
from collections import Counter, OrderedDict
from typing import Any

import pytest

from flowdeco.errors import CodecError, FlowdecoError, Location, StoreError
from flowdeco.runtime import MemoryStore, ValueCodec
from flowdeco.runtime.refusal import Refusal
from tests.runtime.samples import Anything, Mode, Model, Point

NAN, INFINITY = float("nan"), float("inf")


def refused(value: Any, **options: Any) -> CodecError:
    with pytest.raises(CodecError) as caught:
        ValueCodec(MemoryStore(), **options).encode(value)
    assert type(caught.value) is CodecError
    assert caught.value.hint or "nested" in caught.value.message or "Error:" in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (NAN, "$: nan"),
        ([1.0, INFINITY], "$[1]: inf"),
        ([1, None, NAN], "$[2]: nan"),
        ({"metrics": {"auc": -INFINITY}}, '$["metrics"]["auc"]: -inf'),
        (Model("m", auc=NAN), "$.auc: nan"),
        (Model("m", tags=[Point(1, {"x": (0.0, NAN)})]), '$.tags[0].y["x"][1]: nan'),
        ({"s": {NAN}}, '$["s"][0]: nan'),
        (complex(1, NAN), "$.imag: nan"),
        (Counter(a=NAN), '$["a"]: nan'),
        (OrderedDict(a=[NAN]), '$["a"][0]: nan'),
        ({"$type": NAN}, '$["$type"]: nan'),
    ],
)
def test_nan_and_infinity(value: Any, path: str) -> None:
    assert refused(value).message == f"cannot encode {path} is not a JSON number"


@pytest.mark.parametrize("key", [1, 2.5, None, True, (1, 2), b"k", Mode.FAST])
def test_keys_that_are_not_str(key: Any) -> None:
    error = refused({"a": [{key: 1}]})
    assert error.message.startswith(f'cannot encode $["a"][0][{key!r}]: the key is of type ')
    assert "str(k)" in str(error)
    refused({"a": 1, key: [1]})


def test_cycles() -> None:
    values: list[Any] = [1]
    values.append(values)
    assert refused(values).message == "cannot encode $[1]: the list contains itself (a cycle)"
    table: dict[str, Any] = {"a": {}}
    table["a"]["b"] = (table,)
    assert refused(table).message == 'cannot encode $["a"]["b"][0]: the dict contains itself (a cycle)'
    model = Model("m")
    model.tags.append(model)
    assert "$.tags[0]: the tests.runtime.samples.Model contains itself" in refused(model).message


def test_one_object_in_two_places_is_no_cycle() -> None:
    shared = [1, float]
    codec = ValueCodec(MemoryStore())
    assert codec.decode(codec.encode([shared, shared, {"x": shared}])) == [shared, shared, {"x": shared}]


def test_depth() -> None:
    value: Any = 0
    for _ in range(20_000):
        value = [value]
    assert "is nested too deeply" in refused(value).message
    while value:
        value = value.pop()  # what is nested this deep cannot be freed recursively by every interpreter


@pytest.mark.parametrize(
    ("make", "reason", "hint"),
    [
        (lambda: open(__file__), "_io.TextIOWrapper", "return its path"),  # noqa: SIM115
        (lambda: open(__file__, "rb"), "_io.BufferedReader", "return its path"),  # noqa: SIM115
        (socket.socket, "socket.socket", "open the connection in the step"),
        (lambda: sqlite3.connect(":memory:"), "sqlite3.Connection", "open the connection in the step"),
        (threading.Lock, "_thread.lock", "create locks"),
        (lambda: memoryview(b"x"), "memoryview", "return bytes(...)"),
        (lambda: (i for i in "ab"), "generator", "return list(...)"),
        (lambda: map(str, "ab"), "map", "return list(...)"),
        (lambda: iter([1]), "list_iterator", "return list(...)"),
        (lambda: itertools.count(), "count", "return list(...)"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_things_of_this_process(make: Any, reason: str, hint: str) -> None:
    thing = make()
    try:
        error = refused({"x": [thing]})
        assert error.message.startswith(f'cannot encode $["x"][0]: a {reason} ')
        assert hint in (error.hint or "")
    finally:
        if hasattr(thing, "close"):
            thing.close()


def test_a_coroutine() -> None:
    async def work() -> None: ...

    coroutine = work()
    assert "await it" in (refused(coroutine).hint or "")
    coroutine.close()


def test_the_path_goes_on_inside_what_is_pickled() -> None:
    lock = threading.Lock()
    value = {"model": Anything(parts=[1, {"k": Anything(lock=lock)}])}
    message = refused(value).message
    assert message == (
        'cannot encode $["model"].parts[1]["k"].lock: a _thread.lock cannot be pickled: '
        "cannot pickle '_thread.lock' object"
    )

    def function() -> Any:
        return lock

    assert refused(function).message.startswith("cannot encode $.lock: a _thread.lock cannot")

    def unfilled() -> Any:
        return later, lock

    assert refused(unfilled).message.startswith("cannot encode $.lock: ")
    later = 1


LOCK = threading.Lock()


def test_a_function_that_fails_although_its_parts_do_not() -> None:
    one = 1

    def function() -> Any:
        return one, LOCK

    function.__module__ = "elsewhere"
    assert "cannot be pickled" in refused(function).message


def test_pickling_that_fails_as_a_whole() -> None:
    class Silent:
        def __reduce__(self) -> Any:
            raise RuntimeError

    assert refused(Silent()).message.endswith("Silent cannot be pickled: RuntimeError")
    deep: Any = Anything()
    for _ in range(12):
        deep = Anything(a=deep, lock=1)
    innermost = deep
    while hasattr(innermost, "a"):
        innermost = innermost.a
    innermost.lock = threading.Lock()
    assert refused(deep).message.startswith("cannot encode $" + ".a" * 8 + ": ")


def test_code_of_the_user_that_fails_while_it_is_encoded() -> None:
    class Wrong(Exception):
        pass

    class Unshowable(str):
        __slots__ = ()

        def __repr__(self) -> str:
            raise Wrong("no repr")

    assert refused({Unshowable("k"): 1}).message.startswith("cannot encode $[<")
    long = refused({("k" * 200,): 1}).message
    assert "kkk..." in long
    assert len(long) < 200


def test_a_rule_that_fails_is_reported_as_a_refusal() -> None:
    class Failing(MemoryStore):
        def write(self, sha256: str, data: bytes) -> None:
            raise ZeroDivisionError("store")

    with pytest.raises(CodecError, match=r"cannot encode \$: ZeroDivisionError: store"):
        ValueCodec(Failing()).encode([b"x" * 1000])


def test_errors_of_the_store_pass_through() -> None:
    class Full(MemoryStore):
        def write(self, sha256: str, data: bytes) -> None:
            raise StoreError("full")

    with pytest.raises(StoreError, match="full"):
        ValueCodec(Full()).encode([b"x" * 1000])
    with pytest.raises(StoreError, match="full"):
        ValueCodec(Full()).encode([b"x" * 1000, NAN])


def test_no_rule_for_a_value() -> None:
    codec = ValueCodec(MemoryStore())
    codec._encoder.rules = ()
    with pytest.raises(Refusal, match="a object cannot be encoded"):
        codec._encoder.any(object())


def test_the_error_says_where_it_is_told() -> None:
    error = Refusal("no").error("encode", Location("p.py", 3))
    assert isinstance(error, FlowdecoError)
    assert str(error) == "p.py:3: cannot encode $: no"
