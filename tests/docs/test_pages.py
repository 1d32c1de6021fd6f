"""The README and every page of the docs do what they say.

Each page runs from top to bottom in an empty folder:

    ```python      runs, in one namespace per page; with a first line `# file.py` it is written to that file as well
    ```pycon       is a doctest in the same namespace
    ```console     lines after `$ ` run in a shell, and print what follows them
    ```diff        is applied to a copy of the package in the page's folder, where consoles then find it
    ```text, sh    are for reading, and so is json

In what is printed `...` stands for anything, and white space does not count.
"""

from __future__ import annotations

import doctest
import linecache
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# ([\w/]+\.\w+)\n")
KINDS = {"python", "pycon", "console", "diff", "json", "text", "sh"}


@dataclass(frozen=True)
class Block:
    kind: str
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        yield Block(fence[1], fence[2], text.count("\n", 0, fence.start()) + 2)


def run_python(block: Block, page: Path, module: ModuleType) -> None:
    """Line numbers are those of the page. A body can only be traced when its source can be read."""
    name = FILE.match(block.text)
    filename, text = f"{page.stem}.py", "\n" * (block.line - 1) + block.text
    if name:
        file = Path(name[1])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
        filename, text = name[1], block.text
    filename = os.path.abspath(filename) + f"#{block.line}"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec", dont_inherit=True), module.__dict__)


def run_doctest(block: Block, page: Path, module: ModuleType) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, {}, page.name, str(page), block.line - 1)
    test.globs = module.__dict__
    printed: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    assert test.examples, f"{page.name}:{block.line}: a pycon block without >>>"
    if runner.run(test, out=printed.append, clear_globs=False).failed:
        pytest.fail("".join(printed), pytrace=False)


def apply_diff(block: Block, folder: Path) -> None:
    """Each hunk must fit exactly once. Line numbers are not looked at."""
    if not (folder / "flowdeco").exists():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "flowdeco", folder / "flowdeco", ignore=ignored)
    for part in re.split(r"^--- .*\n", block.text, flags=re.MULTILINE)[1:]:
        header, *hunks = re.split(r"^@@.*\n", part, flags=re.MULTILINE)
        file = folder / header.strip().removeprefix("+++ ").removeprefix("b/")
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        for hunk in hunks:
            lines = [line or " " for line in hunk.splitlines()]
            before = "".join(line[1:] + "\n" for line in lines if line[0] in " -")
            after = "".join(line[1:] + "\n" for line in lines if line[0] in " +")
            assert text.count(before) == 1 or not text, f"line {block.line}: a hunk does not fit {file.name}"
            text = text.replace(before, after, 1)
        file.write_text(text, encoding="utf-8")


def run_console(block: Block, page: Path, folder: Path) -> None:
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    environment = {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, wanted = part.partition("\n")
        done = subprocess.run(
            command,
            shell=True,
            check=False,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        if not doctest.OutputChecker().check_output(wanted, done.stdout, FLAGS):
            pytest.fail(
                f"{page.name}:{block.line}: $ {command}\nexpected\n{wanted}\ngot\n{done.stdout}",
                pytrace=False,
            )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLOWDECO_HOME", raising=False)
    module = ModuleType(f"{page.stem.lower()}_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in blocks(page):
        match block.kind:
            case "python":
                run_python(block, page, module)
            case "pycon":
                run_doctest(block, page, module)
            case "console":
                run_console(block, page, tmp_path)
            case "diff":
                apply_diff(block, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_fences_and_links(page: Path) -> None:
    """A misspelled kind of block would not be run; a link must lead to something."""
    text = page.read_text(encoding="utf-8")
    assert {block.kind for block in blocks(page)} <= KINDS
    assert len(re.findall(r"^```", text, re.MULTILINE)) == 2 * len(list(blocks(page)))
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
