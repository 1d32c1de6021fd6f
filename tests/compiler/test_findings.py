"""What check says about a workflow that compiles."""

from __future__ import annotations

from typing import Any

from flowdeco import step, workflow
from flowdeco.compiler.functions import function_names
from flowdeco.tracing import trace


@step(timeout="20m", heartbeat=60, env={"API_TOKEN": "x"})
def slow(x: Any) -> Any:
    return x


@step
def plain(x: Any) -> Any:
    return x


@step(memory="2GB")
def big(x: Any) -> Any:
    return x


@step(memory=2048, name="also big")
def big_too(x: Any) -> Any:
    return x


def test_findings_have_places_and_hints() -> None:
    @workflow
    def body(x: int) -> Any:
        return slow(x)

    found = body.check()
    assert [f.severity for f in found] == ["warning"] * 3
    assert [f.message.split(":")[1].split()[0] for f in found] == ["env", "timeout", "heartbeat"]
    assert all(f.where is not None and f.where.file == __file__ for f in found)
    assert all(f.hint for f in found)


def test_all_is_well() -> None:
    @workflow
    def body(x: int) -> Any:
        return plain(x)

    assert body.check() == []


def test_a_body_that_cannot_be_traced_is_a_finding() -> None:
    @workflow
    def body(x: int) -> Any:
        async def later() -> Any:
            return plain(x)

        return plain(later)

    (found,) = body.check()
    assert found.severity == "error"
    assert str(found.where).startswith(__file__)


def test_a_definition_that_is_too_large() -> None:
    @workflow
    def body(x: int) -> Any:
        for _ in range(2_000):
            x = plain(x)
        return x

    (found,) = body.check()
    assert found.severity == "error"
    assert "2,000 states" in found.message


def test_steps_that_want_the_same_share_a_function() -> None:
    @workflow
    def flow(x: int) -> Any:
        return [plain(x), big(x), big_too(x)]

    assert function_names(trace(flow).graph) == {
        "plain": "flow",
        "big": "flow-big",
        "also big": "flow-big",
    }


def test_other_environments_and_maps_are_fine() -> None:
    @step(env={"REGION": "eu"})
    def there(x: Any) -> Any:
        return x

    @workflow
    def body(xs: list[int]) -> Any:
        return [there(x) for x in xs]

    assert body.check() == []
