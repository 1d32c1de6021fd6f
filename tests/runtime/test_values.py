"""Round trips: what is decoded equals what was encoded, the same value of the same type."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from flowdeco.errors import CodecError
from flowdeco.runtime import MemoryStore, ValueCodec, pickles
from flowdeco.runtime.encoding import json_text, text_function
from tests.runtime import samples
from tests.runtime.samples import Access, Color, Model, Odd, Point, Slotted, same, values


def codec(**options: Any) -> ValueCodec:
    return ValueCodec(MemoryStore(), **options)


def travel(value: Any, **options: Any) -> Any:
    """There and back, through JSON text as Step Functions would carry it."""
    this = codec(**options)
    return this.decode(json.loads(json.dumps(this.encode(value), allow_nan=False)))


@given(values)
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_round_trip(value: Any) -> None:
    result = travel(value)
    assert same(result, value), (result, value)


@given(values)
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_encoding_is_deterministic_and_shares_nothing(value: Any) -> None:
    this = codec()
    once, again = this.encode(value), this.encode(value)
    assert json.dumps(once) == json.dumps(again)
    if isinstance(once, dict | list) and once:
        assert once is not value
        once.clear()
        assert json.dumps(this.encode(value)) == json.dumps(again)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (None, None),
        ({"a": [1, 2.5, "x", True]}, {"a": [1, 2.5, "x", True]}),
        ((1, (2,)), {"$type": "tuple", "items": [1, {"$type": "tuple", "items": [2]}]}),
        ({"b", "a"}, {"$type": "set", "items": ["a", "b"]}),
        (frozenset({10, 9}), {"$type": "frozenset", "items": [9, 10]}),
        ({"$type": "x"}, {"$type": "dict", "items": [["$type", "x"]]}),
        (2**53 - 1, 2**53 - 1),
        (-(2**53), {"$type": "int", "value": "-9007199254740992"}),
        ("a\udc80", {"$type": "str", "value": "Ye2ygA=="}),
        ({"\udc80": 1}, {"$type": "dict", "items": [[{"$type": "str", "value": "7bKA"}, 1]]}),
        (b"data", {"$type": "bytes", "value": "ZGF0YQ=="}),
        (1 + 2j, {"$type": "complex", "real": 1.0, "imag": 2.0}),
        (range(1, 9, 2), {"$type": "range", "start": 1, "stop": 9, "step": 2}),
        (Decimal("1.10"), {"$type": "Decimal", "value": "1.10"}),
        (dt.date(2026, 1, 2), {"$type": "date", "value": "2026-01-02"}),
        (dt.time(1, 2, fold=1), {"$type": "time", "value": "01:02:00", "fold": 1}),
        (dt.timedelta(days=-1), {"$type": "timedelta", "days": -1, "seconds": 0, "microseconds": 0}),
        (
            dt.datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Berlin")),
            {"$type": "datetime", "value": "2026-07-01T00:00:00+02:00", "zone": "Europe/Berlin"},
        ),
        (
            dt.datetime(2026, 7, 1, tzinfo=dt.timezone(dt.timedelta(hours=1), "CET")),
            {"$type": "datetime", "value": "2026-07-01T00:00:00+01:00", "name": "CET"},
        ),
        (
            UUID("12345678123456781234567812345678"),
            {"$type": "UUID", "value": "12345678-1234-5678-1234-567812345678"},
        ),
        (Path("a/b"), {"$type": "Path", "value": "a/b"}),
        (Color.CRIMSON, {"$type": "tests.runtime.samples:Color", "value": "red"}),
        (Color.LIST, {"$type": "tests.runtime.samples:Color", "name": "LIST"}),
        (Odd.X, {"$type": "tests.runtime.samples:Odd", "name": "X"}),
        (Access.READ | Access.RUN, {"$type": "tests.runtime.samples:Access", "value": 5}),
        (Point(1), {"$type": "tests.runtime.samples:Point", "x": 1, "y": 0}),
        (
            Slotted(1, (2,)),
            {"$type": "tests.runtime.samples:Slotted", "a": 1, "b": {"$type": "tuple", "items": [2]}},
        ),
        (samples.Outer.Inner(3), {"$type": "tests.runtime.samples:Outer.Inner", "value": 3}),
        (Counter("aab"), {"$type": "Counter", "a": 2, "b": 1}),
        (OrderedDict(b=1, a=2), {"$type": "OrderedDict", "b": 1, "a": 2}),
        (defaultdict(list, x=[1]), {"$type": "defaultdict", "$factory": "list", "x": [1]}),
    ],
)
def test_encoded_form(value: Any, encoded: Any) -> None:
    assert codec(pickle=False).encode(value) == encoded
    assert list(codec().encode(value) or ()) == list(encoded or ()) if isinstance(encoded, dict) else True
    assert same(travel(value, pickle=False), value)


def test_init_and_post_init_do_not_run_again() -> None:
    model = Model("m")
    model.doubled = "mine"
    frozen = samples.Frozen(1)
    assert travel(model).doubled == "mine"
    assert travel(frozen) == frozen


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(samples.MyStr("x"), id="subclass of str"),
        pytest.param(samples.OwnState(1), id="own __getstate__"),
        pytest.param(samples.OwnReduce(1), id="own __reduce__"),
        pytest.param(samples.OnDict(), id="a dataclass that is a dict"),
        pytest.param(samples.OnInt(), id="a dataclass that is an int"),
        pytest.param(samples.Stated(1), id="a NamedTuple with its own pickling"),
        pytest.param(samples.Anything(a=1), id="an ordinary object"),
        pytest.param(Counter({1: 2}), id="Counter without str keys"),
        pytest.param(defaultdict(Counter), id="defaultdict with another factory"),
        pytest.param(OrderedDict({"$type": 1}), id="OrderedDict with a tag for a key"),
        pytest.param(Path, id="a class"),
        pytest.param(json.dumps, id="a function"),
        pytest.param(dt.UTC, id="a time zone"),
    ],
)
def test_pickled(value: Any) -> None:
    encoded = codec().encode(value)
    assert (encoded["$type"], encoded["codec"]) == ("reference", "pickle")
    assert same(travel(value), value)
    with pytest.raises(CodecError, match="only pickle can carry this"):
        codec(pickle=False).encode(value)


def test_instances_with_more_or_less_than_their_fields_are_pickled() -> None:
    more = Model("m")
    more.extra = 1  # type: ignore[attr-defined]
    other = Model("m")
    other.extra = vars(other).pop("auc")  # type: ignore[attr-defined]
    loose = samples.Loose(1, 2)
    loose.note = "x"  # type: ignore[attr-defined]
    ordered = OrderedDict(a=1)
    ordered.note = "x"  # type: ignore[attr-defined]
    for value in (more, other, loose, ordered):
        assert codec().encode(value)["codec"] == "pickle"
        assert vars(travel(value)) == vars(value)
    unset = Slotted(1)
    del unset.b
    assert codec().encode(unset)["codec"] == "pickle"
    assert not hasattr(travel(unset), "b")
    secret = samples.PrivateSlot(1)
    assert travel(secret, pickle=False).a == 1
    secret._PrivateSlot__secret = 2  # type: ignore[attr-defined]
    assert codec().encode(secret)["codec"] == "pickle"
    registered = samples.Loose(1, 2)
    assert "codec" not in codec().encode(registered)


def test_local_classes_are_pickled() -> None:
    @dataclass
    class Local:
        a: int

    class Kind(samples.enum.Enum):
        A = 1

    point = samples.namedtuple("point", "x")
    assert travel(Local(1)) == Local(1)
    assert travel(Kind.A) is Kind.A
    assert travel(point(1)) == point(1)
    assert travel(lambda: 5)() == 5


def test_time_zones_of_other_kinds_are_pickled() -> None:
    class Zone(dt.tzinfo):
        def utcoffset(self, _: dt.datetime | None) -> dt.timedelta:
            return dt.timedelta(hours=1)

    value = dt.datetime(2026, 1, 1, tzinfo=Zone())
    assert codec().encode(value)["codec"] == "pickle"
    assert travel(value).utcoffset() == dt.timedelta(hours=1)


def test_a_member_that_its_class_does_not_know() -> None:
    stray = object.__new__(Color)
    stray._value_, stray._name_ = "stray", "STRAY"
    with pytest.raises(CodecError, match="only pickle can carry this"):
        codec(pickle=False).encode(stray)


def test_huge_integers() -> None:
    value = 7**20000  # more digits than Python converts to base 10
    assert travel(value) == value
    assert travel(-value) == -value


def test_a_class_that_only_claims_to_be_in_the_standard_library_is_not_taken_for_it() -> None:
    fake = type("Decimal", (), {"__module__": "decimal"})
    with pytest.raises(CodecError):
        codec(pickle=False).encode(fake())


def test_replaced_and_nameless_classes_have_no_name() -> None:
    names = codec().names
    assert names.of(type("Model", (), {"__module__": "tests.runtime.samples"})) is None
    assert names.of(Model.__init__.__get__(1)) is None
    nameless: Any = samples.Anything()
    assert names.of(nameless) is None


SCRIPT = """
import enum, sys
from dataclasses import dataclass
from flowdeco.runtime import MemoryStore, ValueCodec

@dataclass
class Model:
    auc: float

class Kind(enum.Enum):
    A = "a"

class Other:
    def __init__(self, model): self.model, self.kind = model, Kind

def function(): return Kind.A

if __name__ == "__main__":
    codec = ValueCodec(MemoryStore(), main_module="pipeline")
    encoded = codec.encode([Model(0.5), Kind.A])
    assert encoded[0] == {"$type": "pipeline:Model", "auc": 0.5}, encoded
    model, kind = codec.decode(encoded)
    assert type(model) is Model and kind is Kind.A
    other = codec.decode(codec.encode(Other(model)))
    assert type(other) is Other and type(other.model) is Model and other.kind is Kind
    assert codec.decode(codec.encode(function)) is function
    assert codec.decode(codec.encode(lambda: Kind.A))() is Kind.A
    assert "pipeline" not in sys.modules
    encoded = codec.encode(Other(model))
    elsewhere = ValueCodec(codec.store)   # a process that imports the script
    import pipeline
    assert type(elsewhere.decode(encoded)) is pipeline.Other
    unnamed = ValueCodec(MemoryStore())
    assert unnamed.encode(Kind.A) == {"$type": "__main__:Kind", "value": "a"}
    assert unnamed.decode(unnamed.encode(Other(model))).kind is Kind
    later = ValueCodec(MemoryStore(), main_module="pipeline")
    del Model
    assert type(later.decode({"$type": "pipeline:Model", "auc": 1.0})) is pipeline.Model
    print("fine")
"""


def test_classes_of_the_script(tmp_path: Path) -> None:
    script = tmp_path / "pipeline.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("fine\n", 0), done.stderr


def test_without_cloudpickle_the_standard_pickle_is_used() -> None:
    code = """if 1:
        import sys
        from fractions import Fraction
        sys.modules["cloudpickle"] = None
        from flowdeco.runtime import MemoryStore, ValueCodec
        codec = ValueCodec(MemoryStore(), main_module="somewhere")
        print(codec.decode(codec.encode([Fraction(1, 3), Fraction])))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[Fraction(1, 3), <class 'fractions.Fraction'>]\n", done.stderr


def test_a_pickle_is_self_contained() -> None:
    assert pickles.resolve("tests.runtime.samples:Model") is Model


def test_without_the_c_accelerator_of_json_the_text_is_the_same() -> None:
    slow = text_function(None)
    for data in ({"b": [1, 2.5, None], "a": "é\n"}, [], "x"):
        assert slow(data) == json_text(data)
    with pytest.raises(ValueError, match="not JSON compliant"):
        slow([float("nan")])


def test_importing_the_runtime_is_light() -> None:
    heavy = ("asyncio", "cloudpickle", "numpy", "pandas", "pyarrow", "pydantic", "pickle", "pathlib", "datetime",
             "decimal", "uuid", "hashlib", "traceback", "boto3")  # fmt: skip
    code = f"import sys, flowdeco.runtime; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_threads_share_a_codec() -> None:
    this = codec()
    results: list[Any] = []

    def work(number: int) -> None:
        results.append(all(this.decode(this.encode([number, (number,), b"x" * 300])) == [number, (number,), b"x" * 300]
                           for _ in range(50)))  # fmt: skip

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 8
