"""Every example gives the same as a plain call, as a state machine, and on the command line."""

from __future__ import annotations

import difflib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flowdeco import Workflow

EXAMPLES = Path(__file__).parents[2] / "examples"
Load = Callable[[str], ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Imports an example by its path, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLOWDECO_HOME", raising=False)

    def load(path: str) -> ModuleType:
        spec = spec_from_file_location(Path(path).stem, EXAMPLES / path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    return load


def on_the_command_line(path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent)}
    return subprocess.run(
        [sys.executable, str(EXAMPLES / path), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def run_document(path: str, *arguments: str) -> dict[str, Any]:
    done = on_the_command_line(path, "run", "--json", "--quiet", *arguments)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_quickstart(load: Load, tmp_path: Path) -> None:
    quickstart = load("quickstart.py")
    plain = quickstart.word_report()
    assert plain["bread"] == 4
    assert quickstart.word_report.run().result() == plain
    document = run_document("quickstart.py")
    assert document["status"] == "SUCCEEDED"
    assert document["output"] == plain
    report = (tmp_path / "build" / "words.md").read_text(encoding="utf-8")
    assert report.startswith("# 135 words in 5 files\n")
    assert "| bread | 4 |" in report


def test_quickstart_with_inputs(load: Load, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "one.txt").write_text("to be or not to be", encoding="utf-8")
    (tmp_path / "texts" / "two.txt").write_text("that is to be asked", encoding="utf-8")
    given = ["--folder", "texts", "--at-least", "2", "--top", "2", "--report", "out/report.md"]
    assert run_document("quickstart.py", *given)["output"] == {"be": 3, "to": 3}
    assert (tmp_path / "out" / "report.md").exists()


def test_quickstart_without_texts_fails_with_the_step_and_its_inputs(load: Load, tmp_path: Path) -> None:
    done = on_the_command_line("quickstart.py", "run", "--folder", str(tmp_path))
    assert done.returncode == 1
    assert "step 'list_texts' failed: FileNotFoundError: no .txt file in" in done.stderr
    assert 'raise FileNotFoundError(f"no .txt file in {folder.absolute()}")' in done.stderr
    assert "inputs of list_texts" in done.stderr


def test_breast_cancer(load: Load, tmp_path: Path) -> None:
    example = load("breast_cancer.py")
    plain = example.breast_cancer()
    assert plain["best"] in example.MODELS
    assert plain["auc"] > 0.98
    card = Path(plain["card"])
    text, model = card.read_text(encoding="utf-8"), Path(plain["model"]).read_bytes()
    assert "Trained on 426 patients, judged on 143 others (seed 0)." in text
    assert all(kind in text for kind in example.MODELS)
    assert f"**{plain['best']}**" in text
    patients = example.load()
    predicted = pickle.loads(model).predict(patients.drop(columns="malignant"))
    assert (predicted == patients["malignant"]).mean() > 0.95

    card.unlink()
    execution = example.breast_cancer.run()
    assert execution.result() == plain
    assert card.read_text(encoding="utf-8") == text
    trained = {step.name for step in execution.steps if step.name.startswith("train ")}
    assert trained >= {f"train {kind}" for kind in example.MODELS}

    document = run_document("breast_cancer.py", "--folder", "elsewhere")
    assert {**document["output"], "model": plain["model"], "card": plain["card"]} == plain
    assert (tmp_path / "elsewhere" / "MODEL_CARD.md").read_text(encoding="utf-8") == text


def test_breast_cancer_models_are_trained_at_the_same_time(load: Load) -> None:
    states = load("breast_cancer.py").breast_cancer.asl()["States"]
    branches = next(state["Branches"] for state in states.values() if state["Type"] == "Parallel")
    assert [list(branch["States"]) for branch in branches] == [
        ["train logistic regression", "evaluate logistic regression"],
        ["train random forest", "evaluate random forest"],
        ["train gradient boosting", "evaluate gradient boosting"],
    ]


def test_before_and_after_differ_by_a_handful_of_lines() -> None:
    before, after = (
        (EXAMPLES / "before_after" / name).read_text(encoding="utf-8").splitlines()
        for name in ("before.py", "after.py")
    )
    changes = [line for line in difflib.ndiff(before, after) if line[0] in "+-" and line[1:].strip()]
    assert changes == [
        "+ from flowdeco import main, step, workflow",
        *["+ @step"] * 4,
        "+ @workflow",
        "-     print(visits())",
        "+     main()",
    ]


def test_before_and_after_give_the_same(load: Load) -> None:
    printed = on_the_command_line("before_after/before.py").stdout.strip()
    assert printed == "mill: jumps on day 17\nweir: stuck"
    assert load("before_after/before.py").visits() == printed
    after = load("before_after/after.py")
    assert after.visits() == printed
    assert after.visits.run().result() == printed
    assert run_document("before_after/after.py")["output"] == printed


@pytest.mark.parametrize(
    "path",
    sorted(str(file.relative_to(EXAMPLES)) for file in EXAMPLES.rglob("*.py") if file.stem != "before"),
)
def test_every_example_checks_and_shows_itself(path: str, load: Load) -> None:
    (workflow,) = (thing for thing in vars(load(path)).values() if isinstance(thing, Workflow))
    assert workflow.check() == []
    assert workflow.asl()["QueryLanguage"] == "JSONata"
    assert str(workflow.graph()).startswith(f"workflow {workflow.spec.name}(")


def test_the_other_commands(load: Load) -> None:
    checked = on_the_command_line("quickstart.py", "check")
    assert (checked.returncode, checked.stdout) == (0, "")
    assert json.loads(on_the_command_line("quickstart.py", "asl").stdout)["StartAt"] == "list_texts"
    assert "count_words(file=file, at_least=at_least)" in on_the_command_line("quickstart.py", "graph").stdout
