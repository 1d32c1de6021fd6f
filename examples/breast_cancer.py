"""Trains three models on the Wisconsin breast cancer data (569 patients), and keeps the best with a model card.

    python examples/breast_cancer.py run
    python examples/breast_cancer.py run --seed 7 --test-size 0.3 --folder build/seed7

The data come with scikit-learn; nothing is downloaded.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, recall_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from flowdeco import main, step, workflow

MODELS = ["logistic regression", "random forest", "gradient boosting"]


class Split(NamedTuple):
    """The patients a model learns from, and those it is judged by."""

    training: pd.DataFrame
    test: pd.DataFrame


@dataclass(frozen=True)
class Candidate:
    """A trained model and how it does on patients it has never seen."""

    name: str
    model: ClassifierMixin
    auc: float
    accuracy: float
    recall: float


@step
def load() -> pd.DataFrame:
    """One row a patient: 30 measurements of cell nuclei, and whether the tumour was malignant."""
    patients = load_breast_cancer(as_frame=True).frame
    patients["malignant"] = patients.pop("target") == 0
    return patients


@step
def split(patients: pd.DataFrame, test_size: float, seed: int) -> Split:
    """Both parts hold the same share of malignant tumours."""
    return Split(
        *train_test_split(patients, test_size=test_size, random_state=seed, stratify=patients["malignant"])
    )


@step(timeout="5m")
def train(kind: str, training: pd.DataFrame, seed: int) -> ClassifierMixin:
    """One kind of model, fitted."""
    models = {
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(random_state=seed)),
        "random forest": RandomForestClassifier(n_estimators=200, random_state=seed),
        "gradient boosting": GradientBoostingClassifier(random_state=seed),
    }
    return models[kind].fit(training.drop(columns="malignant"), training["malignant"])


@step
def evaluate(kind: str, model: ClassifierMixin, test: pd.DataFrame) -> Candidate:
    """Measures a model on the test patients. Recall: the share of malignant tumours that it finds."""
    measurements, malignant = test.drop(columns="malignant"), test["malignant"]
    predicted = model.predict(measurements)
    probability = model.predict_proba(measurements)[:, 1]
    return Candidate(
        name=kind,
        model=model,
        auc=round(float(roc_auc_score(malignant, probability)), 4),
        accuracy=round(float(accuracy_score(malignant, predicted)), 4),
        recall=round(float(recall_score(malignant, predicted)), 4),
    )


@step
def pick(candidates: list[Candidate]) -> Candidate:
    """The highest AUC wins; of equals, the one that misses fewer tumours."""
    return max(candidates, key=lambda candidate: (candidate.auc, candidate.recall))


@step
def save(best: Candidate, folder: Path) -> str:
    """Writes the model itself."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "model.pkl"
    file.write_bytes(pickle.dumps(best.model))
    return str(file)


@step
def write_card(best: Candidate, candidates: list[Candidate], data: Split, seed: int, folder: Path) -> str:
    """Writes what a reader must know before using the model."""
    rows = [
        f"| {'**' + c.name + '**' if c.name == best.name else c.name} | {c.auc:.4f} | {c.accuracy:.4f} | {c.recall:.4f} |"
        for c in candidates
    ]
    lines = [
        f"# Breast cancer model: {best.name}",
        "",
        f"Trained on {len(data.training)} patients, judged on {len(data.test)} others (seed {seed}).",
        f"It finds {best.recall:.1%} of the malignant tumours among them.",
        "",
        "| model | AUC | accuracy | recall |",
        "|---|---:|---:|---:|",
        *rows,
        "",
        "Data: Breast Cancer Wisconsin (Diagnostic), as bundled with scikit-learn. Not for clinical use.",
    ]
    folder.mkdir(parents=True, exist_ok=True)
    card = folder / "MODEL_CARD.md"
    card.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(card)


@workflow
def breast_cancer(
    folder: Path = Path("build/breast_cancer"), test_size: float = 0.25, seed: int = 0
) -> dict[str, object]:
    """Trains three models in parallel and keeps the best.

    Args:
        folder: where the model and its card are written
        test_size: share of the patients that no model learns from
        seed: makes the split and the models repeatable
    """
    data = split(load(), test_size, seed)
    candidates = []
    for kind in MODELS:
        model = train.options(name=f"train {kind}")(kind, data.training, seed)
        candidates.append(evaluate.options(name=f"evaluate {kind}")(kind, model, data.test))
    best = pick(candidates)
    return {
        "best": best.name,
        "auc": best.auc,
        "recall": best.recall,
        "model": save(best, folder),
        "card": write_card(best, candidates, data, seed, folder),
    }


if __name__ == "__main__":
    main()
