"""A bare call waits for all before it, and all after it waits for it."""

from flowdeco import step, workflow

LOG: list[str] = []


@step
def make(name: str) -> str:
    LOG.append(f"make {name}")
    return name


@step
def announce(text: str) -> None:
    LOG.append(f"announce {text}")


@workflow
def pipeline() -> list[str]:
    a = make("a")
    b = make("b")
    announce("made a and b")
    c = make("c")
    announce(c)
    return [a, b, c]


INPUTS: dict[str, object] = {}
