from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest

import flowdeco
from flowdeco.cli import console, main
from flowdeco.cli.application import VERBS, run_application
from flowdeco.cli.loading import AnyWorkflow, UserCodeError
from flowdeco.cli.session import Session
from flowdeco.cli.streams import answer, give_up_stdout, reserved_stdout, tell
from flowdeco.errors import LoadError


class Breaking(Session):
    """A session in which finding the workflow ends in `error`."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        super().__init__("flowdeco")
        self.error = error

    def workflow(self, file: str | None, name: str | None) -> AnyWorkflow:
        raise self.error


def test_help_names_every_verb(flowdeco: Any) -> None:
    for args in ([], ["--help"], ["-h"]):
        done = flowdeco(*args)
        assert done.code == (0 if args else 2)
        for verb in VERBS:
            assert f"\n  {verb} " in done.out + done.err
    for verb in VERBS:
        done = flowdeco(verb, "--help")
        assert done.code == 0
        assert "Examples:" in done.out
        assert f"flowdeco {verb}" in done.out


def test_a_misspelled_verb(flowdeco: Any) -> None:
    done = flowdeco("chekc", "pipeline.py")
    assert done.code == 2
    assert "there is no verb 'chekc': did you mean 'check'?" in done.err
    assert "there are run, check, asl" in flowdeco("xyz").err
    assert flowdeco("--", "-x").code == 2


def test_a_misspelled_option(flowdeco: Any) -> None:
    done = flowdeco("check", "pipeline.py", "--jsn")
    assert done.code == 2
    assert "--json" in done.err
    assert flowdeco("--jsn").code == 2


def test_the_version(flowdeco: Any) -> None:
    import flowdeco as package

    assert package.__version__ in flowdeco("--version").out


def test_a_bug_is_told_without_traceback(flowdeco: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Breaking(TypeError("oops"))
    done = flowdeco("asl", "pipeline.py", session=session)
    assert done.code == 1
    assert done.err.splitlines() == [
        "error: flowdeco broke: TypeError: oops",
        "  hint: run it again with --debug, and report what it shows",
    ]
    for args in (["--debug", "asl", "x.py"], ["asl", "x.py", "--debug"]):
        with pytest.raises(TypeError, match="oops"):
            flowdeco(*args, session=Breaking(TypeError("oops")))
    monkeypatch.setenv("FLOWDECO_DEBUG", "1")
    with pytest.raises(TypeError, match="oops"):
        flowdeco("asl", "x.py", session=Breaking(TypeError("oops")))


def test_errors_of_users_have_a_traceback_only_with_debug(flowdeco: Any) -> None:
    error = LoadError("no such thing", hint="look again")
    done = flowdeco("asl", "x.py", session=Breaking(error))
    assert (done.code, done.err) == (2, "error: no such thing\n  hint: look again\n")
    done = flowdeco("asl", "x.py", "--debug", session=Breaking(error))
    assert done.err.startswith("Traceback")
    assert "in workflow" in done.err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption(flowdeco: Any, error: BaseException) -> None:
    done = flowdeco("asl", "x.py", session=Breaking(error))
    assert (done.code, done.err.strip()) == (130, "interrupted")


def test_an_error_of_the_file_without_its_cause(flowdeco: Any) -> None:
    assert flowdeco("asl", "x.py", session=Breaking(UserCodeError("x.py"))).code == 1


def test_nobody_reads_stdout(flowdeco: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert flowdeco("asl", "x.py", session=Breaking(BrokenPipeError())).code == 1


def test_nobody_reads_stdout_of_a_process(folder: Path, python: Any) -> None:
    read, written = os.pipe()
    os.close(read)
    code = "import sys; from flowdeco.cli import console; console()"
    import subprocess

    from flowdeco.cli import __file__ as place

    root = str(Path(place).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code, "asl", "pipeline.py"],
        stdout=written,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
        check=False,
    )
    os.close(written)
    assert (done.returncode, done.stderr) == (1, b"")


class TestWaysIn:
    def test_the_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            console(["graph", "pipeline.py"])
        assert caught.value.code == 0
        assert capsys.readouterr().out.startswith("pipeline(n=2")

    def test_the_command_takes_its_arguments_from_the_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "argv", ["flowdeco", "nonsense"])
        with pytest.raises(SystemExit) as caught:
            console()
        assert caught.value.code == 2

    def test_a_script(self, folder: Path, python: Any) -> None:
        done = python("pipeline.py", "graph")
        assert done.code == 0, done.err
        assert done.out.startswith("pipeline(n=2")
        assert "Usage: python pipeline.py run" in python("pipeline.py", "run", "--help").out

    def test_a_module(self, folder: Path, python: Any) -> None:
        (folder / "package").mkdir()
        (folder / "package" / "__init__.py").touch()
        (folder / "pipeline.py").rename(folder / "package" / "__main__.py")
        assert "python -m package run" in python("-m", "package", "run", "--help").out

    def test_the_command_as_a_module(self, python: Any) -> None:
        assert python("-m", "flowdeco.cli", "graph", "pipeline.py").out.startswith("pipeline(n=2")

    def test_importing_the_module_does_nothing(self) -> None:
        import_module("flowdeco.cli.__main__")

    def test_a_function_of_ones_own(self, write: Any, python: Any) -> None:
        write(
            "mine.py",
            "@step\ndef f(): ...\n@workflow\ndef one(): f()\n@workflow\ndef two(): f()\n"
            "def start(): main(two, args=['graph'])\n",
        )
        done = python("-c", "from mine import start; start()")
        assert done.out.startswith("two()")

    def test_main_is_lazy(self) -> None:
        assert flowdeco.main is main

    def test_main_while_the_file_is_imported(self, flowdeco: Any, write: Any) -> None:
        write("rash.py", "main()\n")
        done = flowdeco("check", "rash.py")
        assert done.code == 2
        assert "rash.py: main() was reached while the file was imported" in done.err
        assert 'under `if __name__ == "__main__":`' in done.err


class TestImports:
    def test_the_way_in_imports_nothing(self, python: Any) -> None:
        # Not json and sqlite3: measuring coverage imports them.
        code = "import sys, flowdeco.cli; print({'click', 'rich', 'jsonata2py'} & set(sys.modules))"
        assert python("-c", code).out == "set()\n"

    def test_a_run_in_a_pipe_needs_no_rich(self, folder: Path, python: Any) -> None:
        text = (folder / "pipeline.py").read_text()
        report = "import atexit, sys\natexit.register(lambda: print({'rich', 'boto3', 'asyncio'} & set(sys.modules)))\n"
        (folder / "pipeline.py").write_text(report + text)
        assert python("pipeline.py", "run").out.endswith("}\nset()\n")


class TestStreams:
    def test_what_the_encoding_lacks_is_escaped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        monkeypatch.setattr(sys, "stdout", stream)
        answer("größe")
        assert stream.buffer.getvalue() == b"gr\\xf6\\xdfe\n"  # type: ignore[attr-defined]

    def test_nobody_reads_stderr(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = io.StringIO()
        stream.close()
        monkeypatch.setattr(sys, "stderr", stream)
        tell("x")

    def test_a_reserved_stdout_of_the_process(self, python: Any) -> None:
        code = """
import subprocess, sys
from flowdeco.cli.streams import reserved_stdout
with reserved_stdout() as stdout:
    print("a step prints")
    subprocess.run([sys.executable, "-c", "print('what it calls prints')"])
    stdout.write("the answer\\n")
print("as before")
"""
        done = python("-c", code)
        assert done.out == "the answer\nas before\n"
        assert sorted(done.err.splitlines()) == ["a step prints", "what it calls prints"]

    def test_a_reserved_stdout_of_python(self, capsys: pytest.CaptureFixture[str]) -> None:
        with reserved_stdout() as stdout:
            print("a step prints")
            stdout.write("the answer")
        assert capsys.readouterr() == ("the answer", "a step prints\n")

    def test_giving_up_a_pipe(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read, written = os.pipe()
        os.close(read)
        stream = open(written, "w", buffering=1)  # noqa: SIM115
        monkeypatch.setattr(sys, "stdout", stream)
        give_up_stdout()
        stream.write("nobody reads this\n")
        stream.close()

    def test_giving_up_what_is_no_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        give_up_stdout()
        assert run_application(Session("flowdeco"), ["--version"]) == 0
