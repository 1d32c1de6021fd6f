"""A workflow called by another is part of it: twice here, so its states get different names."""

from flowdeco import step, workflow


@step
def fetch(source: str) -> list[str]:
    return [source, source.upper()]


@step
def store(rows: list[str]) -> int:
    return len(rows)


@step
def join(counts: dict[str, int]) -> int:
    return sum(counts.values())


@workflow
def ingest(source: str, prefix: str = "s3") -> int:
    rows = fetch(f"{prefix}")
    return store(rows)


@workflow
def pipeline(source: str) -> int:
    left = ingest(source)
    right = ingest(source, prefix="http")
    return join({"left": left, "right": right})


INPUTS = {"source": "x"}
