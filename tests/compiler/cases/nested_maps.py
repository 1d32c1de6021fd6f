"""A comprehension over a run-time list is a Map; what the inner one needs of the outer item is passed along."""

from flowdeco import step, workflow


@step
def regions() -> list[dict[str, object]]:
    return [{"name": "eu", "days": [1, 2]}, {"name": "us", "days": [3]}, {"name": "none", "days": []}]


@step
def measure(region: object, day: int, scale: int) -> str:
    return f"{region}/{day * scale}"


@step
def summary(region: object, results: list[str]) -> str:
    return f"{region}: {', '.join(results)}"


@workflow
def pipeline(scale: int) -> list[str]:
    return [
        summary(region["name"], [measure(region["name"], day, scale) for day in region["days"]])
        for region in regions()
    ]


INPUTS = {"scale": 10}
