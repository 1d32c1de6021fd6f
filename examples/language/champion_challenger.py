"""Lets a new model run against the one in service, and always takes the test set-up down: `try`/`except`/`finally`.

Try:

    python examples/language/champion_challenger.py run
    python examples/language/champion_challenger.py run --challenger broken
"""

from __future__ import annotations

from pathlib import Path

from flowdeco import main, step, workflow

SCORES = {"v1": 0.81, "v2": 0.86, "v3": 0.79}


class ModelError(Exception):
    """A model that cannot answer."""


@step
def start_endpoint(model: str, folder: Path) -> str:
    """Puts a model where it can be asked. Here: a file that must not be left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{model}.endpoint"
    file.touch()
    return str(file)


@step
def measure(model: str, endpoint: str) -> float:
    """How good a model's answers are."""
    assert Path(endpoint).exists()
    if model not in SCORES:
        raise ModelError(f"{model} does not answer")
    return SCORES[model]


@step
def stop_endpoint(endpoint: str) -> None:
    """Takes it down again."""
    Path(endpoint).unlink()


@step
def promote(model: str, margin: float) -> str:
    """Puts a model in service."""
    return f"{model} is the new champion by {margin:.2f}"


@workflow
def champion_challenger(
    champion: str = "v1", challenger: str = "v2", folder: Path = Path("build/endpoints")
) -> str:
    """Promotes the challenger when it is better.

    Args:
        champion: the model in service
        challenger: the model that wants to be
        folder: where endpoints are
    """
    endpoint = start_endpoint(challenger, folder)
    try:
        new = measure(challenger, endpoint)
        old = measure(champion, endpoint)
    except ModelError as error:
        return f"{champion} stays: {error}"
    finally:
        stop_endpoint(endpoint)
    if new <= old:
        return f"{champion} stays: {challenger} is no better"
    return promote(challenger, new - old)


if __name__ == "__main__":
    main()
