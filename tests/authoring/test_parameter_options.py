"""How tokens become options: spellings, flags, files, strays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.authoring.parameter_options import option_of
from flowdeco.authoring.parameters import Parameters, read_parameters
from flowdeco.errors import InputError


def flags(
    publish: bool = True, no_cache: bool = False, cache: bool = True, maybe: bool | None = None
) -> None: ...


def values(
    learning_rate: float = 0.5,
    config: dict[str, int] | None = None,
    names: list[str] = [],  # noqa: B006
    note: str = "",
    n: int = 0,
    raw: Any = None,
    data: Path | None = None,
) -> None: ...


FLAGS = read_parameters(flags)
VALUES = read_parameters(values)


def read(parameters: Parameters, *tokens: str) -> dict[str, object]:
    """What the tokens change."""
    inputs = parameters.from_command_line(tokens)
    return {p.name: inputs[p.name] for p in parameters.items if inputs[p.name] != p.default}


def refused(parameters: Parameters, *tokens: str) -> list[tuple[str | None, str, str | None]]:
    with pytest.raises(InputError) as caught:
        parameters.from_command_line(tokens)
    return [(None if f.where is None else str(f.where), f.message, f.hint) for f in caught.value.findings]


def test_spellings() -> None:
    for token in ("--learning-rate", "--learning_rate"):
        assert read(VALUES, token, "2") == read(VALUES, f"{token}=2") == {"learning_rate": 2.0}
    assert option_of("lambda_", ["lambda_"]) == "--lambda"
    assert option_of("x_", ["x_", "x"]) == "--x-"
    assert option_of("_", ["_"]) == "---"

    def f(lambda_: int = 0, x_: int = 0, x: int = 0, _y: int = 0) -> None: ...

    parameters = read_parameters(f)
    assert [row.spelling for row in parameters.describe()] == ["--lambda", "--x-", "--x", "---y"]
    tokens = [token for row in parameters.describe() for token in (row.spelling, "1")]
    assert parameters.from_command_line(tokens) == {"lambda_": 1, "x_": 1, "x": 1, "_y": 1}
    assert read(parameters, "--lambda_=2") == {"lambda_": 2}


def test_flags() -> None:
    assert read(FLAGS, "--no-publish", "--maybe") == {"publish": False, "maybe": True}
    assert read(FLAGS, "--publish=false", "--maybe=null") == {"publish": False}
    assert read(FLAGS, "--publish", "False", "--no-maybe") == {"publish": False, "maybe": False}
    assert read(FLAGS, "--no_publish") == {"publish": False}


def test_a_parameter_whose_name_looks_like_a_negation() -> None:
    assert [row.spelling for row in FLAGS.describe()] == [
        "--publish/--no-publish",
        "--no-cache/--no-no-cache",
        "--cache",
        "--maybe/--no-maybe",
    ]
    assert read(FLAGS, "--no-cache") == {"no_cache": True}
    assert read(FLAGS, "--cache=false") == {"cache": False}


def test_wrong_flags() -> None:
    assert refused(FLAGS, "--no-publish=yes", "--publish", "--no-publish", "--maybe", "later") == [
        (
            "--no-publish",
            "'publish' (bool) is switched off by --no-publish, which takes no value, got 'yes'",
            "write --no-publish, or --publish=yes",
        ),
        (
            "--publish",
            "'publish' (bool) is given 2 times: '--publish', '--no-publish'",
            "give it once; only lists, tuples and sets are repeated",
        ),
        (None, "'later' has no option before it: every input is given by name", "remove it"),
    ]
    assert refused(VALUES, "--no-note") == [
        ("--no-note", "'note' is str, which cannot be switched off", "write --note VALUE")
    ]


def test_values_may_start_with_a_dash() -> None:
    assert read(VALUES, "--n", "-5", "--note", "-x", "--names", "-") == {
        "n": -5,
        "note": "-x",
        "names": ["-"],
    }
    assert read(VALUES, "--note=--n", "--raw", "--") == {"note": "--n", "raw": "--"}


def test_a_value_is_missing() -> None:
    assert refused(VALUES, "--n", "--note", "--note") == [
        (
            "--n",
            "'n' (int) needs a value",
            "write --n VALUE, or --n=--note if that is the value",
        ),
        (
            "--note",
            "'note' (str) needs a value",
            "write --note VALUE, or --note=--note if that is the value",
        ),
        ("--note", "'note' (str) needs a value", "write --note VALUE"),
    ]


def test_options_there_are_none_of() -> None:
    known = "known are --learning-rate, --config, --names, --note, --n, --raw, --data"
    whole = "give the whole of it: --config '{...}', or --config @file.json"
    assert refused(VALUES, "--learn", "1", "--nots=x", "--qq", "--config.lr", "1", "--qqq.zz=1", "--=1") == [
        ("--learn", "there is no option --learn, got '1'", "did you mean '--learning-rate'?"),
        ("--nots", "there is no option --nots, got 'x'", "did you mean '--note'?"),
        ("--qq", "there is no option --qq", known),
        ("--config.lr", "there is no option --config.lr, got '1'", whole),
        ("--qqq.zz", "there is no option --qqq.zz, got '1'", known),
        ("--", "there is no option --, got '1'", known),
    ]


def test_many_options_are_not_all_listed() -> None:
    code = "def f(" + ", ".join(f"p{n}: int = 0" for n in range(20)) + "): ..."
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    ((_, _, hint),) = refused(read_parameters(namespace["f"]), "--zzz")
    assert hint == "known are " + ", ".join(f"--p{n}" for n in range(12)) + ", …"


def test_strays() -> None:
    has_no = "has no option before it: every input is given by name"
    assert refused(VALUES, "--learning-rate", "1", "x", "-n", "5", "--", "-", "") == [
        (None, f"'x' {has_no}", "write --config x"),
        (None, "'-n' is no option: options start with two dashes", "did you mean '--n'?"),
        (None, f"'5' {has_no}", "write --config 5"),
        (None, f"'--' {has_no}", "remove it"),
        (None, f"'-' {has_no}", "write --config -"),
        (None, f"'' {has_no}", "write --config "),
    ]


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_values_from_files(tmp_path: Path) -> None:
    def file(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return f"@{tmp_path / name}"

    assert read(VALUES, "--config", file("c.json", '\ufeff{"a": 1}\n')) == {"config": {"a": 1}}
    assert read(VALUES, "--note", file("n.txt", "a\nb\n")) == {"note": "a\nb\n"}
    assert read(VALUES, "--n", file("i.txt", "5\n"), "--learning-rate", file("f.txt", "0.1\n")) == {
        "n": 5,
        "learning_rate": 0.1,
    }
    assert read(VALUES, "--names", file("l.json", '["a", "b"]')) == {"names": ["a", "b"]}
    assert read(VALUES, "--names", file("a.txt", "a"), "--names", "b") == {"names": ["a", "b"]}
    assert read(VALUES, "--raw", file("r.json", "[1]")) == {"raw": [1]}
    assert read(VALUES, "--raw", file("r.txt", "[1")) == {"raw": "[1"}
    assert read(VALUES, "--data", file("p.txt", "a/b\n")) == {"data": Path("a/b")}
    assert read(VALUES, "--note=@@home", "--names", "@@x") == {"note": "@home", "names": ["@x"]}


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff\xfe\xfa")
    missing, latin = f"@{tmp_path / 'none.json'}", f"@{tmp_path / 'latin'}"
    found = refused(
        VALUES, "--config", missing, "--names", latin, "--names", "b", "--note", f"@{tmp_path}", "--n", "@\0"
    )
    assert [where for where, _, _ in found] == ["--config", "--names", "--note", "--n"]
    assert found[0][1].startswith("the file '")
    assert found[0][1].endswith(
        "for 'config' (dict[str, int] | None) cannot be read: No such file or directory"
    )
    assert found[0][2] == f"write --config @{missing} for a value that starts with @"
    assert found[1][1].endswith("for 'names' (list[str]) cannot be read: it is not UTF-8 text")
    assert found[2][1].endswith("for 'note' (str) cannot be read: Is a directory")
    assert found[3][1].endswith("for 'n' (int) cannot be read: embedded null byte")


def test_files_that_are_not_json(tmp_path: Path) -> None:
    broken = tmp_path / "c.json"
    broken.write_text('{"a": 1,\n  b: 2}')
    where = "Expecting property name enclosed in double quotes at line 2, column 3"
    assert refused(VALUES, "--config", f"@{broken}", "--names", f"@{broken}", "--raw", f"@{broken}") == [
        (
            f"--config @{broken}",
            f"'config' must be dict[str, int] as JSON, got '{{\"a\": 1,\\n  b: 2}}': {where}",
            "the file must hold dict[str, int] as JSON",
        ),
        (
            f"--names @{broken}",
            f"'names' must be list[str] as JSON, got '{{\"a\": 1,\\n  b: 2}}': {where}",
            "the file must hold list[str] as JSON",
        ),
        (f"--raw @{broken}", f"'raw' must be JSON: {where}", "only files named .json must be JSON"),
    ]
    broken.write_text('{"a": "x"}')
    assert refused(VALUES, "--config", f"@{broken}") == [
        (f"--config @{broken}", "'config.a' must be int, got 'x'", "give a whole number such as 3")
    ]


@given(
    st.lists(
        st.sampled_from(["--n", "--n=1", "--note", "--no-note", "--x", "-", "--", "5", "[", "", "--raw=@"])
    )
)
def test_any_tokens_are_read_or_reported(tokens: list[str]) -> None:
    try:
        inputs = VALUES.from_command_line(tokens)
    except InputError as error:
        count = len(error.findings)
    else:
        assert list(inputs) == VALUES.names
        return
    assert count
