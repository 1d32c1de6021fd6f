"""Values inside lists, dicts, tuples and dataclasses, as arguments and results."""

from dataclasses import dataclass
from typing import NamedTuple

from flowdeco import step, workflow


@dataclass
class Model:
    name: str
    weights: list[float]


class Scores(NamedTuple):
    auc: float
    f1: float


@dataclass
class Bundle:
    model: Model
    scores: Scores
    tags: dict[str, object]


@step
def train(name: str) -> Model:
    return Model(name, [0.5, 1.5])


@step
def score(model: Model) -> Scores:
    return Scores(0.5 + len(model.name) / 100, 0.25)


@step
def publish(
    bundle: Bundle, *extra: object, **labels: object
) -> tuple[str, tuple[object, ...], dict[str, object]]:
    return bundle.model.name, extra, labels


@workflow
def pipeline(name: str = "forest") -> dict[str, object]:
    model = train(name)
    auc, f1 = score(model)
    bundle = Bundle(model, Scores(auc, f1), {"name": model.name, "text": "{% not an expression %}"})
    published = publish(bundle, model.weights[0], (auc, [f1]), label=model.weights)
    return {"published": published, "auc": auc, "last": model.weights[-1], "nothing": None}


INPUTS: dict[str, object] = {}
