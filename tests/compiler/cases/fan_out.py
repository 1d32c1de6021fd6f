"""Steps that need nothing of each other run at the same time; results leave the branches by the output."""

from flowdeco import step, workflow


@step
def split(rows: int) -> tuple[list[int], list[int]]:
    return list(range(rows)), [rows]


@step
def fit(kind: str, rows: list[int]) -> dict[str, int]:
    return {"score": len(kind) + sum(rows)}


@step
def best(models: list[dict[str, int]], test: list[int]) -> int:
    return max(model["score"] for model in models) + test[0]


@workflow
def pipeline(rows: int = 10) -> dict[str, object]:
    train, test = split(rows)
    models = [fit(kind, train) for kind in ("linear", "forest", "boosting")]
    winner = best(models, test)
    return {"winner": winner, "first": models[0]["score"]}


INPUTS = {"rows": 4}
