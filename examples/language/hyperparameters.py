"""Tries every combination of settings in parallel, then the best ones at length: `max(key=)`, `sorted(key=)`, slices.

Try:

    python examples/language/hyperparameters.py run
    python examples/language/hyperparameters.py run --rates '[0.1, 0.3]' --keep 1
"""

from __future__ import annotations

from dataclasses import dataclass

from flowdeco import main, step, workflow


@dataclass
class Trial:
    """One combination, and how it did."""

    rate: float
    depth: int
    score: float


@step
def try_out(rate: float, depth: int, rounds: int) -> Trial:
    """A stand-in for real training: best at rate 0.2 and depth 4."""
    return Trial(rate, depth, round(1 - abs(rate - 0.2) - abs(depth - 4) / 10 - 1 / rounds, 4))


@workflow
def hyperparameters(
    rates: list[float] = [0.05, 0.1, 0.2, 0.4],  # noqa: B006
    depths: list[int] = [2, 4, 6],  # noqa: B006
    keep: int = 3,
) -> dict[str, object]:
    """The best of all combinations.

    Args:
        rates: learning rates to try
        depths: depths of the trees to try
        keep: how many to train at length
    """
    trials = [try_out(rate, depth, rounds=10) for rate in rates for depth in depths if rate * depth < 2]
    ranked = sorted(trials, key=lambda trial: trial.score, reverse=True)
    finalists = [try_out(trial.rate, trial.depth, rounds=100) for trial in ranked[:keep]]
    best = max(finalists, key=lambda trial: trial.score)
    return {
        "tried": len(trials),
        "best": best,
        "scores": [trial.score for trial in ranked],
    }


if __name__ == "__main__":
    main()
