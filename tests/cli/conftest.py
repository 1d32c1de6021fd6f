from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flowdeco.cli.application import run_application
from flowdeco.cli.session import Session

ROOT = Path(__file__).parents[2]

PIPELINE = '''
from flowdeco import main, step, workflow


@step
def load(n: int) -> list[int]:
    print("loading", n)
    return list(range(n))


@step
def invert(x: int) -> float:
    return 1 / (x - 2)


@step
def total(xs: list[float]) -> float:
    return sum(xs)


@workflow
def pipeline(n: int = 2, label: str = "x"):
    """Adds up inverses.

    Args:
        n: how many numbers
    """
    inverted = [invert(x) for x in load(n)]
    return {"label": label, "total": total(inverted)}


if __name__ == "__main__":
    main()
'''

Result = SimpleNamespace
"""`code`, `out` and `err` of one use of the command line."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder with a pipeline in it; modules loaded from it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in ("FLOWDECO_HOME", "FLOWDECO_DEBUG", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pipeline.py").write_text(PIPELINE, encoding="utf-8")
    path = list(sys.path)
    before = set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def write(folder: Path) -> Callable[[str, str], Path]:
    """Writes a file into the current folder, below the usual import."""

    def write(name: str, text: str) -> Path:
        path = folder / name
        path.write_text(f"from flowdeco import main, step, workflow\n{text}", encoding="utf-8")
        return path

    return write


@pytest.fixture
def flowdeco(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """The `flowdeco` command, in this process."""

    def run(*args: object, session: Session | None = None) -> Result:
        code = run_application(session or Session("flowdeco"), [str(arg) for arg in args])
        out, err = capsys.readouterr()
        return Result(code=code, out=out, err=err)

    return run


def environment(**more: str) -> dict[str, str]:
    """Of a process that finds this flowdeco wherever it is started."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, **more}


@pytest.fixture
def python() -> Callable[..., Result]:
    """Python with these arguments, in a process of its own."""

    def run(*args: object, environ: dict[str, str] | None = None, **more: Any) -> Result:
        command = [sys.executable, *map(str, args)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment(**(environ or {})), **more
        )
        return Result(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


@pytest.fixture
def on_terminal() -> Callable[..., Result]:
    """Python with these arguments, its output and its input a pseudo-terminal."""
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on this system")

    def run(*args: object, environ: dict[str, str] | None = None) -> Result:
        master, slave = pty.openpty()
        command = [sys.executable, *map(str, args)]
        settings = environment(**{"TERM": "xterm-256color"} | (environ or {}))
        process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=settings)
        os.close(slave)
        got = bytearray()
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not data:
                break
            got += data
        os.close(master)
        return Result(code=process.wait(), out=got.decode(errors="replace"), err="")

    return run
