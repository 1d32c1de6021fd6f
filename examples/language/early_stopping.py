"""Trains until the model is good, stops when it no longer gets better: `while`, `break`, `else`, carried names.

Try:

    python examples/language/early_stopping.py run
    python examples/language/early_stopping.py run --target 0.99 --patience 2
"""

from __future__ import annotations

from dataclasses import dataclass

from flowdeco import main, step, workflow


@dataclass
class Model:
    """What one round of training leaves behind."""

    rounds: int
    score: float


@step
def train(rounds: int, rate: float) -> Model:
    """A stand-in for real training: learns fast at first, then slower and slower."""
    return Model(rounds, round(1 - (1 - rate) ** min(rounds, 12), 4))


@step
def publish(model: Model, reason: str) -> str:
    """Hands the model over."""
    return f"{model.rounds} rounds, score {model.score}: {reason}"


@workflow
def early_stopping(target: float = 0.9, rate: float = 0.2, patience: int = 3, at_most: int = 30) -> str:
    """Trains in rounds until the score is good enough, or does not get better any more.

    Args:
        target: the score to reach
        rate: how fast the model learns
        patience: rounds without an improvement before giving up
        at_most: rounds at all
    """
    best = train(1, rate)
    stale = 0
    rounds = 1
    while rounds < at_most:
        if best.score >= target:
            reason = "good enough"
            break
        rounds += 1
        model = train(rounds, rate)
        if model.score > best.score:
            best = model
            stale = 0
        else:
            stale += 1
        if stale >= patience:
            reason = f"no better for {stale} rounds"
            break
    else:
        reason = "out of rounds"
    return publish(best, reason)


if __name__ == "__main__":
    main()
