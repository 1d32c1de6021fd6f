"""What the README, the checks and the package say about each other."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import flowdeco

ROOT = Path(__file__).parents[2]
RUN_EXAMPLE = 'python -m venv .venv && .venv/bin/pip install -e ".[examples]" && .venv/bin/python examples/breast_cancer.py run'
RUN_TESTS = 'python -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/pytest'


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_readme_has_two_commands_that_set_themselves_up() -> None:
    assert re.findall(r"^```sh\n(.*)\n```$", text("README.md"), re.MULTILINE) == [RUN_EXAMPLE, RUN_TESTS]


def test_the_checks_run_the_command_of_the_readme() -> None:
    assert RUN_TESTS in [line.strip() for line in text(".ci/run").splitlines()]
    assert RUN_EXAMPLE.split(" && ")[-1] in [line.strip() for line in text(".ci/run").splitlines()]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "set -euo pipefail" in text(".ci/run")


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert project["version"] == flowdeco.__version__
    assert f"## [{flowdeco.__version__}]" in text("CHANGELOG.md")


def test_the_licence_is_there() -> None:
    assert "Apache License" in text("LICENSE")
    assert (ROOT / "flowdeco" / "py.typed").exists()


def test_every_page_is_in_the_index() -> None:
    index = text("docs/index.md")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert set(re.findall(r"\]\((\w+\.md)\)", index)) == pages


def test_every_room_is_in_the_architecture_and_in_the_layers() -> None:
    package = ROOT / "flowdeco"
    found = {path.name for path in package.iterdir() if (path / "__init__.py").exists()}
    found |= {path.stem for path in package.glob("*.py")} - {"__init__"}
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    rows = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    layers = [name for row in rows for name in row.split(" | ")]
    assert found == set(layers)
    described = re.findall(r"^\| `(\w+)[./]", text("docs/architecture.md"), re.MULTILINE)
    assert described == list(reversed(layers))
