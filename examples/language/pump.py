"""Moves what comes in from a queue into a table, for ever, and rests when there is nothing: `while True`, `wait`.

It ends when somebody puts "stop" into the queue. An execution's history holds 25,000 events: one that is to run for
months hands over to a new one in time.

Try:

    python examples/language/pump.py run
    python examples/language/pump.py run --rest 0
"""

from __future__ import annotations

from flowdeco import main, step, wait, workflow

BATCHES = [["a", "b"], [], ["c"], [], [], ["d", "stop"]]


@step
def receive(queue: str, look: int) -> list[str]:
    """What has come in since the last look. Here: a list that is played back."""
    return [f"{queue}/{name}" for name in BATCHES[look]] if look < len(BATCHES) else [f"{queue}/stop"]


@step
def store(messages: list[str], stored: int) -> int:
    """Writes rows, and tells how many there are now."""
    return stored + len(messages)


@workflow
def pump(queue: str = "orders", rest: int = 1) -> str:
    """Moves messages until there is one that says stop.

    Args:
        queue: where messages come from
        rest: seconds to wait when there was nothing
    """
    stored = looks = 0
    while True:
        messages = receive(queue, looks)
        looks += 1
        if not messages:
            wait(seconds=rest)
            continue
        stored = store(messages, stored)
        if f"{queue}/stop" in messages:
            return f"{stored} messages in {looks} looks"


if __name__ == "__main__":
    main()
