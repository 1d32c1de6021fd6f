"""The smallest graph that is not series-parallel: c needs a and b, d needs only b."""

from flowdeco import step, workflow


@step
def source(name: str) -> str:
    return name


@step
def both(left: str, right: str) -> str:
    return left + right


@step
def one(right: str) -> str:
    return right * 2


@workflow
def pipeline() -> tuple[str, str]:
    a = source("a")
    b = source("b")
    c = both(a, b)
    d = one(b)
    return c, d


INPUTS: dict[str, object] = {}
