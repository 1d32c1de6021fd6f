"""Several calls in one invocation: what goes from one to the next, and what is told of failures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.errors import FlowdecoError, ServiceError, StatesTimeout, service_error
from flowdeco.runtime import RAISED, MemoryStore, StepError, ValueCodec, invoke
from flowdeco.runtime.glue import Attribute, Method

CODEC = ValueCodec(MemoryStore())


class Odd:
    """Nothing that can travel between states."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts
        self.more = (part for part in parts)


def result(of: int) -> dict[str, Any]:
    return {"$type": "result", "of": of}


def call(name: str, *args: Any, **named: Any) -> dict[str, Any]:
    return {"step": name, "arguments": {"*": list(args), **named}}


def run(payload: Any, codec: ValueCodec = CODEC, **steps: Callable[..., Any]) -> Any:
    found = invoke(json.loads(json.dumps(payload)), resolve=steps.__getitem__, codec=codec)
    return codec.decode(json.loads(json.dumps(found)))


def test_results_stay_what_they_are() -> None:
    payload = {**call("parts", result(0)), "before": [call("odd", 1, [2])]}
    assert run(payload, odd=Odd, parts=Attribute("parts")) == (1, [2])
    inside = {
        **call("put", [result(0), {"k": {"$type": "tuple", "items": [result(0)]}}]),
        "before": [call("odd")],
    }
    seen: list[Any] = []
    assert run(inside, odd=Odd, put=seen.append) is None
    (made, held), *_ = seen
    assert isinstance(made, Odd)
    assert held["k"] == (made,)
    assert held["k"][0] is made


def test_the_result_is_that_of_the_step() -> None:
    said: list[Any] = []
    payload = {
        **call("double", result(0)),
        "before": [call("first")],
        "then": [call("say", result(1), result(0)), call("say", text=result(2))],
    }

    def say(*args: Any, **named: Any) -> Odd:
        said.append((args, named))
        return Odd()

    assert run(payload, first=lambda: 4, double=lambda x: 2 * x, say=say) == 8
    assert said[0] == ((8, 4), {})
    assert isinstance(said[1][1]["text"], Odd)


def test_async_and_no_arguments() -> None:
    async def later() -> str:
        await asyncio.sleep(0)
        return "text"

    assert (
        run(
            {"step": "up", "arguments": {"*": [result(0)]}, "before": [{"step": "later"}]},
            later=later,
            up=Method("upper"),
        )
        == "TEXT"
    )


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=6), st.data())
def test_like_calls_one_after_the_other(numbers: list[int], data: st.DataObject) -> None:
    made: list[int] = []
    calls = []
    for n in numbers:
        earlier = data.draw(st.lists(st.integers(0, len(made) - 1), max_size=2)) if made else []
        made.append(n + sum(made[i] for i in earlier))
        calls.append(call("add", n, *map(result, earlier)))
    at = data.draw(st.integers(0, len(calls) - 1))
    payload = {**calls[at], "before": calls[:at], "then": calls[at + 1 :]}
    assert run(payload, add=lambda *numbers: sum(numbers)) == made[at]


def failure(payload: Any, codec: ValueCodec = CODEC, **steps: Callable[..., Any]) -> dict[str, Any]:
    with pytest.raises(StepError) as caught:
        run(payload, codec, **steps)
    return caught.value.body


@pytest.mark.parametrize("at", range(3))
def test_the_one_that_fails_is_told(at: int) -> None:
    calls = [call("fine"), call("fine"), call("fine")]
    calls[at] = call("wrong")
    done: list[int] = []
    payload = {**calls[1], "before": calls[:1], "then": calls[2:]}

    def wrong() -> None:
        raise LookupError("nothing")

    body = failure(payload, fine=lambda: done.append(1), wrong=wrong)
    assert (body["errorType"], body["errorMessage"]) == ("LookupError", "nothing")
    assert "in wrong" in body["stackTrace"][0]
    assert len(done) == at


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"step": "f", "before": [call("g")], "arguments": {"*": [result(1)]}}, "malformed result"),
        ({"step": "f", "arguments": {"*": [result(0)]}}, "no known kind"),
        ({"step": "f", "before": {}}, "are lists"),
        ({"step": "f", "then": "x"}, "are lists"),
        ({"step": "f", "then": ["x"]}, "no invocation of a step"),
    ],
)
def test_odd_payloads(payload: Any, message: str) -> None:
    body = failure(payload, f=lambda *_: 1, g=lambda: 2)
    assert body["errorType"] == "CodecError"
    assert message in body["errorMessage"]


def test_only_the_last_result_is_encoded() -> None:
    strict = ValueCodec(MemoryStore(), pickle=False)
    payload = {**call("count", result(0)), "before": [call("odd", 1)]}
    assert run(payload, strict, odd=Odd, count=lambda odd: len(odd.parts)) == 1
    assert not strict.store.blobs  # type: ignore[attr-defined]
    assert (
        failure({**call("odd"), "then": [call("len", "a")]}, strict, odd=Odd, len=len)["errorType"]
        == "CodecError"
    )


# ------------------------------------------------------------------------------------------- type tags


class Plain(Exception):
    pass


class Coded(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code

    def __str__(self) -> str:
        return f"code {self.code}"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def raiser(error: BaseException) -> Callable[[], None]:
    def fails() -> None:
        raise error

    return fails


def tag_of(error: BaseException, codec: ValueCodec = CODEC) -> Any:
    body = failure({"step": "fails"}, codec, fails=raiser(error))
    assert body["errorType"] == type(error).__name__
    last = body["stackTrace"][-1]
    return json.loads(last.removeprefix(RAISED)) if last.startswith(RAISED) else None


HERE = Plain.__module__


@pytest.mark.parametrize(
    ("error", "tag"),
    [
        (ValueError("text"), None),
        (ValueError(), {"raised": "builtins:ValueError", "args": []}),
        (ValueError(1), {"raised": "builtins:ValueError", "args": [1]}),
        (KeyError("k"), {"raised": "builtins:KeyError", "args": ["k"]}),
        (Plain("text"), {"raised": f"{HERE}:Plain"}),
        (Plain(), {"raised": f"{HERE}:Plain", "args": []}),
        (
            Coded(3, "text"),
            {"raised": f"{HERE}:Coded", "args": [3, "text"]},
        ),
        (
            Plain((1, {2})),
            {
                "raised": f"{HERE}:Plain",
                "args": [{"$type": "tuple", "items": [1, {"$type": "set", "items": [2]}]}],
            },
        ),
        (Plain(Odd()), {"raised": f"{HERE}:Plain"}),
        (ValueError(Odd()), None),
        (Plain("x" * 4_000, 1), {"raised": f"{HERE}:Plain"}),
        (Plain("a\n\u2028b", "é"), {"raised": f"{HERE}:Plain", "args": ["a\n\u2028b", "é"]}),
        (Unprintable(1), {"raised": f"{HERE}:Unprintable", "args": [1]}),
        (FlowdecoError("ours"), None),
    ],
)
def test_type_tags(error: BaseException, tag: Any) -> None:
    assert tag_of(error) == tag


def test_tags_are_short_and_one_line() -> None:
    body = failure({"step": "fails"}, fails=raiser(Plain("x" * 1_999, 1)))
    assert "args" not in json.loads(body["stackTrace"][-1].removeprefix(RAISED))
    body = failure({"step": "fails"}, fails=raiser(Plain("\n" * 900, 1)))
    assert body["stackTrace"][-1].count("\n") == 2
    big = failure({"step": "fails"}, fails=raiser(Plain("\\" * 900, "é" * 300)))
    assert len(json.dumps(big)) < 32_768


def test_a_script_has_its_real_name() -> None:
    local = type("Local", (Exception,), {"__module__": "__main__"})
    assert tag_of(local("x")) == {"raised": "__main__:Local"}
    assert tag_of(local("x"), ValueCodec(MemoryStore(), main_module="pipeline")) == {
        "raised": "pipeline:Local"
    }


def test_errors_of_services_keep_their_names() -> None:
    error: ServiceError = StatesTimeout("too long")
    assert failure({"step": "fails"}, fails=raiser(error))["errorType"] == "States.Timeout"
    name = "DynamoDB.ConditionalCheckFailedException"
    assert failure({"step": "fails"}, fails=raiser(service_error(name)("no")))["errorType"] == name
