from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from flowdeco import step, workflow
from flowdeco.cli.loading import load_file, pick, split_target, workflows_in
from flowdeco.cli.session import Script, Session, script_session
from flowdeco.errors import LoadError


@step
def f() -> int:
    return 1


@workflow
def one() -> int:
    return f()


@workflow(name="second")
def two() -> int:
    return f()


@workflow(name="second")
def three() -> int:
    return f()


HERE = {"__name__": __name__, "one": one, "uno": one, "two": two}


class TestTargets:
    def test_files_and_names(self, folder: Path) -> None:
        (folder / "odd:name").touch()
        assert split_target("odd:name") == ("odd:name", None)
        assert split_target(r"C:\pipelines\p.py") == (r"C:\pipelines\p.py", None)
        assert split_target("p.py:train") == ("p.py", "train")

    def test_the_only_one(self, flowdeco: Any) -> None:
        assert flowdeco("graph", "pipeline.py").out.startswith("pipeline(")
        assert flowdeco("graph", "pipeline.py:pipeline").out.startswith("pipeline(")
        assert flowdeco("graph", "pipeline.py", "--workflow", "pipeline").out.startswith("pipeline(")

    def test_several(self, flowdeco: Any, write: Any) -> None:
        write(
            "many.py",
            "@step\ndef f(): ...\n@workflow\ndef one(): f()\n@workflow(name='2nd')\ndef two(): f()\n",
        )
        assert flowdeco("graph", "many.py:one").out.startswith("one(")
        assert flowdeco("graph", "many.py:2nd").out.startswith("2nd(")
        assert flowdeco("graph", "many.py:two").out.startswith("2nd("), "the variable is a name too"
        done = flowdeco("graph", "many.py")
        assert done.code == 2
        assert "'many.py' has 2 workflows: one, 2nd" in done.err
        assert "say which: many.py:one, or many.py:2nd" in done.err
        assert "did you mean 'one'?" in flowdeco("graph", "many.py:onne").err
        assert "it has one, 2nd" in flowdeco("graph", "many.py:zzz").err

    @pytest.mark.parametrize(
        ("file", "message", "hint"),
        [
            ("pipelin.py", "there is no file 'pipelin.py'", "did you mean 'pipeline.py'?"),
            ("pipeline", "there is no file 'pipeline'", "did you mean 'pipeline.py'?"),
            ("zzzzzzzz.py", "there is no file", "the folder has pipeline.py"),
            ("nowhere/p.py", "there is no file", "there is no folder 'nowhere' either"),
            ("empty/p.py", "there is no file", "the folder has no .py file"),
            (".", "there is no file '.'", "it is a folder"),
            ("notes.txt", "'notes.txt' is no Python module", "name the .py file"),
            ("a.b.py", "'a.b.py' is no Python module", "name the .py file"),
            ("json.py", "the name of another module, 'json'", "rename the file"),
            ("bare.py", "'bare.py' has no workflow in it", "@workflow"),
            ("leaves.py", "'leaves.py' ends the process when it is imported (SystemExit: 3)", "__main__"),
        ],
    )
    def test_what_is_no_pipeline(
        self, flowdeco: Any, folder: Path, file: str, message: str, hint: str
    ) -> None:
        (folder / "empty").mkdir()
        for name, text in {
            "notes.txt": "",
            "a.b.py": "",
            "json.py": "",
            "bare.py": "x = 1",
            "leaves.py": "import sys; sys.exit(3)",
        }.items():
            if name == file:
                (folder / name).write_text(text)
        for verb in ("graph", "check"):
            done = flowdeco(verb, file)
            assert done.code == 2
            assert message in done.err
            assert hint in done.err

    def test_no_file(self, flowdeco: Any) -> None:
        assert flowdeco("graph").code == 2
        assert "which file? It comes first" in flowdeco("run").err
        assert (
            "the file comes before the inputs: flowdeco run pipeline.py --n ..."
            in flowdeco("run", "--n", "3").err
        )


class TestUsersErrors:
    def test_the_users_traceback_without_ours(self, flowdeco: Any, write: Any) -> None:
        write(
            "bad.py",
            "def inner():\n    return 1 / 0\n\ntry:\n    inner()\nexcept ZeroDivisionError:\n    int('x')\n",
        )
        done = flowdeco("run", "bad.py")
        assert done.code == 1
        assert done.err.count("Traceback (most recent call last):") == 2
        assert 'bad.py", line 6, in <module>' in done.err
        assert done.err.endswith("ValueError: invalid literal for int() with base 10: 'x'\n")
        assert "loading.py" not in done.err
        assert "frozen" not in done.err
        assert "bad" not in sys.modules

    def test_a_syntax_error(self, flowdeco: Any, write: Any) -> None:
        write("bad2.py", "def (:\n")
        done = flowdeco("run", "bad2.py")
        assert done.code == 1
        assert done.err.lstrip().startswith('File "')
        assert "SyntaxError" in done.err

    def test_an_error_of_flowdeco(self, flowdeco: Any, write: Any) -> None:
        write("bad3.py", "@step(retry=-1)\ndef f(): ...\n")
        done = flowdeco("run", "bad3.py")
        assert done.code == 1
        assert "Traceback" not in done.err
        assert done.err.startswith("error: bad3.py:2")

    def test_an_interruption(self, flowdeco: Any, write: Any) -> None:
        write("slow.py", "raise KeyboardInterrupt\n")
        assert flowdeco("run", "slow.py").code == 130


class TestModules:
    def test_a_file_is_imported_once_under_its_name(self, folder: Path) -> None:
        first = load_file("pipeline.py")
        assert load_file(str(folder / "pipeline.py")) is first
        assert sys.modules["pipeline"] is first
        assert sys.path.count(str(folder)) == 1

    def test_imports_beside_it_work(self, write: Any, flowdeco: Any, folder: Path) -> None:
        write("steps_here.py", "@step\ndef f(): ...\n")
        (folder / "sub").mkdir()
        write("uses.py", "from steps_here import f\n@workflow\ndef w(): f()\n")
        assert flowdeco("graph", "uses.py").out.startswith("w(")
        write("more.py", "from steps_here import f\n@workflow\ndef v(): f()\n")
        assert flowdeco("graph", "more.py").out.startswith("v("), "the folder is on the path already"

    def test_names_of_their_own_and_imported_ones(self) -> None:
        assert list(workflows_in(HERE)) == ["one", "second"]
        assert list(workflows_in(HERE | {"__name__": "elsewhere"})) == ["one", "second"], (
            "imported ones, if no other"
        )
        with pytest.raises(LoadError, match="two workflows are named 'second'"):
            workflows_in(HERE | {"three": three})
        with pytest.raises(LoadError, match="no workflow 'f'"):
            pick(HERE | {"f": f}, "f", "here", "{}")


class TestSessions:
    def test_a_script(self, flowdeco: Any) -> None:
        names = {"__name__": "__main__", "__file__": "/p/deep.py", "one": one, "two": two, "__spec__": None}
        session = script_session(names, None)
        assert session.script == Script(names, "'deep.py'")
        assert session.workflow(None, "second") is two
        assert session.workflows(None, None) == [one, two]
        done = flowdeco("graph", session=session)
        assert "'deep.py' has 2 workflows" in done.err
        assert "--workflow one, or --workflow second" in done.err
        chosen = script_session(names, two)
        assert chosen.workflow(None, None) is two
        assert chosen.workflows(None, None) == [two]
        assert chosen.workflow(None, "one") is one

    def test_programs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "argv", ["/bin/my-pipeline"])
        session = script_session({"__name__": "package.pipeline"}, None)
        assert (session.prog, session.target) == ("my-pipeline", "")
        assert session.script is not None
        assert session.script.label == "module 'package.pipeline'"
        assert Session("flowdeco").target == " pipeline.py"
