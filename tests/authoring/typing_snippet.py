"""What type checkers see. Never executed: mypy and pyright read it, and every `type: ignore` in it must be needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, assert_type

from flowdeco import Execution, Retry, Step, Workflow, step, workflow


class DataFrame: ...


class Model:
    auc: float


@step
def train(df: DataFrame, rate: float = 0.1, *, name: str = "") -> Model:
    return Model()


@step(retry=2, timeout="5m", memory="2GB", requirements=["pandas"], env={"AB": "c"}, pickle=False)
def score(model: Model) -> float:
    return model.auc


@step()
def load() -> DataFrame:
    return DataFrame()


@step
async def fetch(url: str) -> bytes:
    return url.encode()


@step
def several(*frames: DataFrame, **options: int) -> list[DataFrame]:
    return list(frames)


class Tools:
    @step
    @staticmethod
    def over(x: int) -> str:
        return str(x)

    @staticmethod
    @step
    def under(x: int) -> str:
        return str(x)

    @staticmethod
    @step(name="beside")
    def aside(x: int) -> str:
        return str(x)


@workflow
def pipeline(day: str, rate: float = 0.1) -> float:
    return score(train(load(), rate))


@workflow(name="nightly", timeout="2h")
def nightly(day: str) -> Model:
    return train(load())


dumps = step(json.dumps, retry=[Retry(on=ConnectionError), KeyError], timeout="1m")
triple = step(lambda: 3, name="triple")

if TYPE_CHECKING:
    frame, model = DataFrame(), Model()

    assert_type(train(frame), Model)
    assert_type(train(frame, 0.2, name="x"), Model)
    assert_type(train(df=frame), Model)
    assert_type(score(model), float)
    assert_type(load(), DataFrame)
    assert_type(several(frame, frame, a=1), list[DataFrame])

    async def awaits() -> None:
        assert_type(await fetch("u"), bytes)

    assert_type(triple(), int)
    assert_type(dumps([1]), str)
    assert_type(dumps([1], indent=2), str)

    train()  # type: ignore[call-arg]
    train(5)  # type: ignore[arg-type]
    train(frame, "fast")  # type: ignore[arg-type]
    train(frame, nmae="x")  # type: ignore[call-arg]
    train(frame, 0.1, "x")  # type: ignore[call-arg]
    train(frame).nothing  # type: ignore[attr-defined]
    score(frame)  # type: ignore[arg-type]
    load(1)  # type: ignore[call-arg]
    several(frame, a="1")  # type: ignore[arg-type]
    dumps()  # type: ignore[call-arg]

    assert_type(train.map([frame, frame], rate=0.5, max_concurrency=3), list[Model])
    assert_type(score.map(train.map([frame])), list[float])
    assert_type(score.map([model], distributed=True)[0], float)
    train.map(5)  # type: ignore[arg-type]
    train.map([frame], max_concurrency="3")  # type: ignore[arg-type]

    assert_type(train.options(timeout="1h", name="big", after=[model])(frame), Model)
    assert_type(train.options(retry=Retry(on=KeyError, max_attempts=2)).map([frame]), list[Model])
    train.options(timeout="1h")(5)  # type: ignore[arg-type]
    train.options(timeout=[])  # type: ignore[arg-type]

    assert_type(Tools.over(1), str)
    assert_type(Tools().over(1), str)
    assert_type(Tools.under(1), str)
    assert_type(Tools().under(1), str)
    assert_type(Tools.aside.map([1]), list[str])
    Tools.over("1")  # type: ignore[arg-type]
    Tools.under("1")  # type: ignore[arg-type]

    assert_type(pipeline("d"), float)
    assert_type(pipeline.run("d", rate=0.5), Execution)
    assert_type(nightly.run(day="d"), Execution)
    assert_type(nightly("d"), Model)
    pipeline()  # type: ignore[call-arg]
    pipeline(5)  # type: ignore[arg-type]
    pipeline.run()  # type: ignore[call-arg]
    pipeline.run("d", rate="0.5")  # type: ignore[arg-type]
    nightly.run(5)  # type: ignore[arg-type]

    function: Callable[[DataFrame], Model] = train
    as_step: Step[[], DataFrame] = load
    as_workflow: Workflow[[str], Model] = nightly
    assert_type(train.__name__, str)
    assert_type(load.__wrapped__(), DataFrame)

    step(5)  # type: ignore[call-overload]
    step(timeout=[])  # type: ignore[call-overload]
    step(tiemout=5)  # type: ignore[call-overload]
    workflow(retry=2)  # type: ignore[call-overload]
    Retry(interval=[])  # type: ignore[arg-type]
