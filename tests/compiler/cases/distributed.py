"""A distributed map sees nothing around it: what its iterations need is passed to each."""

from flowdeco import step, workflow


@step
def keys(count: int) -> list[str]:
    return [f"key-{i}" for i in range(count)]


@step
def config() -> dict[str, int]:
    return {"factor": 3}


@step
def process(key: str, factor: int, offset: int) -> int:
    return len(key) * factor + offset


@workflow
def pipeline(count: int, offset: int = 1) -> list[int]:
    factor = config()["factor"]
    return process.map(keys(count), factor=factor, offset=offset, max_concurrency=100, distributed=True)


INPUTS = {"count": 5}
