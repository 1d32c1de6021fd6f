"""The three ways into a workflow: a Python call, a JSON document, the command line; and its signature."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from flowdeco.authoring.parameters import OptionHelp, Parameters, read_parameters
from flowdeco.errors import Finding, InputError

if TYPE_CHECKING:
    from somewhere import Frame  # type: ignore[import-not-found]


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Config:
    lr: float
    epochs: int = 10
    tags: list[str] = field(default_factory=list)


def pipeline(
    day: date,
    config: Config,
    lrs: list[float] = [0.1],  # noqa: B006
    *,
    learning_rate: float = 0.5,
    color: Color = Color.RED,
    publish: bool = True,
    note: str | None = None,
    raw=None,  # type: ignore[no-untyped-def]
) -> None:
    """Train.

    Args:
        day: the day to train on
        lrs (list): learning rates
            to try
    """


P = read_parameters(pipeline)
CONFIG = Config(0.1)
FILE = __file__


def findings(call: Callable[[], object]) -> list[tuple[str | None, str, str | None]]:
    """Where, what, what to do: of everything that `call` reports."""
    with pytest.raises(InputError) as caught:
        call()
    for finding in caught.value.findings:
        assert finding.severity == "error"
        assert finding.code
    return [(None if f.where is None else str(f.where), f.message, f.hint) for f in caught.value.findings]


def cli(*tokens: str, **options: Any) -> list[tuple[str | None, str, str | None]]:
    return findings(lambda: P.from_command_line(tokens, **options))


# ── from_call ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_passes_real_values_through_and_fills_in_defaults() -> None:
    lrs = [1.0, 2.0]
    inputs = P.from_call((date(2026, 1, 1), CONFIG), {"lrs": lrs, "note": "x"})
    assert inputs["config"] is CONFIG
    assert inputs["lrs"] is lrs
    assert inputs == {
        "day": date(2026, 1, 1),
        "config": CONFIG,
        "lrs": lrs,
        "learning_rate": 0.5,
        "color": Color.RED,
        "publish": True,
        "note": "x",
        "raw": None,
    }
    assert list(inputs) == P.names


def test_a_call_takes_what_json_would_write() -> None:
    inputs = P.from_call(("2026-01-01",), {"config": {"lr": 1}, "color": "BLUE", "lrs": [1]})
    assert inputs["day"] == date(2026, 1, 1)
    assert inputs["config"] == Config(1.0)
    assert inputs["color"] is Color.BLUE
    assert inputs["lrs"] == [1.0]
    assert type(inputs["lrs"][0]) is float  # type: ignore[index]


def test_a_call_reports_everything_at_once() -> None:
    found = findings(
        lambda: P.from_call((5, CONFIG, [0.1], "extra"), {"config": {}, "learning_rat": 1, "publish": 1})
    )
    assert found == [
        (None, "takes 3 positional inputs, got one more: 'extra'", "give it by name"),
        (None, f"'config' is given twice: {CONFIG!r} by position, {{}} by name", "give it once"),
        (None, "'day' must be date, got 5", 'write it as in "2026-01-31"'),
        (None, "'publish' must be bool, got 1", "give True or False"),
        (None, "'learning_rat' is no input of 'pipeline', got 1", "did you mean 'learning_rate'?"),
    ]


def test_the_error_says_where_and_what_the_workflow_takes() -> None:
    with pytest.raises(InputError) as caught:
        P.from_call((), {})
    line = pipeline.__code__.co_firstlineno
    assert str(caught.value) == (
        f"{FILE}:{line}: 2 inputs of workflow 'pipeline' are wrong\n"
        "  hint: it takes day: date, config: Config, lrs: list[float] = [0.1], learning_rate: float = 0.5, "
        "color: Color = RED, publish: bool = True, note: str | None = None, raw: any value = None\n"
        "  error: 'day' (date) is missing\n"
        "    hint: add day=...\n"
        "  error: 'config' (Config) is missing\n"
        "    hint: add config=..."
    )
    assert [f.code for f in caught.value.findings] == ["missing-input", "missing-input"]


def test_no_parameters() -> None:
    def nothing() -> None: ...

    empty = read_parameters(nothing)
    assert empty.from_call((), {}) == empty.from_json({}) == empty.from_command_line([]) == {}
    with pytest.raises(InputError) as caught:
        empty.from_call((), {"x": 1})
    assert caught.value.hint == "it takes no inputs"
    assert caught.value.findings == (
        Finding("error", "'x' is no input of 'nothing', got 1", None, "there are none", "unknown-input"),
    )
    with pytest.raises(InputError, match="takes 0 positional inputs"):
        empty.from_call((1,), {})
    with pytest.raises(InputError, match="hint: remove it"):
        empty.from_command_line(["x"])


def test_a_long_signature_is_cut_in_the_hint() -> None:
    def many(
        a: str = "x" * 100, b: str = "x" * 100, c: str = "x" * 100, d: str = "x" * 100, e: Color = Color.RED,
        f: str = "x" * 100, g: str = "x" * 100, h: str = "x" * 100,
    ) -> None: ...  # fmt: skip

    with pytest.raises(InputError) as caught:
        read_parameters(many).from_call((), {"zzz": 1})
    assert len(str(caught.value.hint)) == 309
    assert str(caught.value.hint).endswith("…")
    assert caught.value.findings[0].hint == "known are a, b, c, d, e, f, g, h"


def test_positional_and_keyword_only() -> None:
    def f(x: int, /, y: int = 2, *, z: int = 3) -> None: ...

    parameters = read_parameters(f)
    assert parameters.from_call((1,), {}) == {"x": 1, "y": 2, "z": 3}
    assert parameters.from_call((), {"x": 1}) == {"x": 1, "y": 2, "z": 3}
    assert parameters.arguments({"x": 1, "y": 2, "z": 3}) == ((1,), {"y": 2, "z": 3})
    assert [(p.positional_only, p.keyword_only) for p in parameters.items] == [
        (True, False),
        (False, False),
        (False, True),
    ]
    with pytest.raises(InputError, match=r"takes 2 positional inputs, got one more: 9"):
        parameters.from_call((1, 2, 9), {})


# ── from_json ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_json_document() -> None:
    inputs = P.from_json(
        {"day": "2026-01-01", "config": {"lr": 1, "tags": ["a"]}, "color": "blue", "raw": {"x": [1, None]}}
    )
    assert inputs["day"] == date(2026, 1, 1)
    assert inputs["config"] == Config(1.0, tags=["a"])
    assert inputs["color"] is Color.BLUE
    assert inputs["raw"] == {"x": [1, None]}


def test_a_json_document_reports_everything_at_once() -> None:
    document = {
        "dya": "2026-01-01",
        "config": {"epochs": "many", "lrr": 1, "tags": [1, "x", None]},
        "lrs": 0.1,
        "learning_rate": "fast",
        "note": 5,
        "publish": None,
        "color": "blu",
        "raw": {"x": [1, float("inf")], "y z": float("nan")},
    }
    assert findings(lambda: P.from_json(document, source="in.json")) == [
        ("in.json", "'day' (date) is missing", 'add "day": "2026-01-31"'),
        ("in.json", "'config.lr' is missing: Config needs float", 'add "lr"'),
        ("in.json", "'config.epochs' must be int, got 'many'", "give a whole number such as 3"),
        ("in.json", "'config.tags[0]' must be str, got 1", 'put it in quotes: "1"'),
        ("in.json", "'config.tags[2]' must be str, got null", None),
        ("in.json", "'config.lrr' is unknown: Config has no such field, got 1", "did you mean 'lr'?"),
        ("in.json", "'lrs' must be list[float], got 0.1", "write an array: [...]"),
        ("in.json", "'learning_rate' must be float, got 'fast'", "give a number such as 0.5"),
        ("in.json", "'color' must be Color, got 'blu'", "did you mean 'blue'?"),
        ("in.json", "'publish' must be bool, got null", "write true or false"),
        ("in.json", "'note' must be str | None, got 5", 'put it in quotes: "5"'),
        ("in.json", "'raw.x[1]' must be a finite number, got inf", "NaN and infinity have no JSON"),
        ("in.json", "'raw['y z']' must be a finite number, got nan", "NaN and infinity have no JSON"),
        ("in.json", "'dya' is no input of 'pipeline', got '2026-01-01'", "did you mean 'day'?"),
    ]


def test_missing_in_json_without_a_spelling() -> None:
    assert findings(lambda: P.from_json({"day": "2026-01-01"})) == [
        (None, "'config' (Config) is missing", 'add "config": ...')
    ]


@pytest.mark.parametrize(
    ("document", "got"), [([1], "[1]"), (None, "None"), ("x", "'x'"), ({1: 2}, "keys that are not strings")]
)
def test_a_document_is_one_object(document: object, got: str) -> None:
    expected = [
        (
            "in.json",
            f"the inputs must be one JSON object, got {got}",
            'write {"day": ..., "config": ..., "lrs": ...}',
        )
    ]
    assert findings(lambda: P.from_json(document, source="in.json")) == expected
    if document is not None:
        assert cli(base=document, source="in.json") == expected


# ── from_command_line ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_line() -> None:
    tokens = [
        "--day",
        "2026-01-01",
        "--lrs",
        "0.1",
        "--lrs",
        "-1",
        "--no-publish",
        "--learning_rate=2",
        "--color",
        "RED",
        "--raw",
        "[1]",
    ]
    assert P.from_command_line([*tokens, "--config", '{"lr": 1}', "--note="]) == {
        "day": date(2026, 1, 1),
        "config": Config(1.0),
        "lrs": [0.1, -1.0],
        "learning_rate": 2.0,
        "color": Color.RED,
        "publish": False,
        "note": "",
        "raw": [1],
    }


def test_a_document_under_the_command_line() -> None:
    base = {"day": "2026-01-01", "config": {"lr": 1}, "lrs": [1, 2], "note": 5}
    inputs = P.from_command_line(["--lrs", "3", "--note", "x"], base=base)
    assert inputs["lrs"] == [3.0]  # whole, not appended
    assert inputs["note"] == "x"  # what is wrong below an option does not matter
    assert inputs["config"] == Config(1.0)
    assert cli("--note", "x", "stray", base={"lr": 1, "day": 5}, source="in.json") == [
        (None, "'stray' has no option before it: every input is given by name", "write --config stray"),
        ("in.json", "'day' must be date, got 5", 'write it as in "2026-01-31"'),
        ("--config", "'config' (Config) is missing", "add --config VALUE"),
        ("in.json", "'lr' is no input of 'pipeline', got 1", "did you mean 'lrs'?"),
    ]


def test_the_command_line_reports_everything_at_once() -> None:
    found = cli(
        *("--config", '{"lr": "x"}', "--lrs", "a", "--lrs", "1", "--learn", "5", "--color=green", "--publis"),
        *("--publish=maybe", "--raw", "1", "--raw=2", "stray", "-d", "--zzz"),
    )
    assert found == [
        ("--learn", "there is no option --learn, got '5'", "did you mean '--learning-rate'?"),
        ("--publis", "there is no option --publis", "did you mean '--publish'?"),
        (
            "--zzz",
            "there is no option --zzz",
            "known are --day, --config, --lrs, --learning-rate, --color, --publish, --no-publish, --note, --raw",
        ),
        ("--config", "'config.lr' must be float, got 'x'", "give a number such as 0.5"),
        ("--lrs", "'lrs[0]' must be float, got 'a'", "write a number such as 0.5"),
        ("--color", "'color' must be Color, got 'green'", "members are RED ('red'), BLUE ('blue')"),
        ("--publish", "'publish' must be bool, got 'maybe'", "write true or false"),
        (
            "--raw",
            "'raw' (any value) is given 2 times: '--raw 1', '--raw=2'",
            "give it once; only lists, tuples and sets are repeated",
        ),
        (None, "'stray' has no option before it: every input is given by name", "write --day stray"),
        (None, "'-d' is no option: options start with two dashes", "did you mean '--day'?"),
        ("--day", "'day' (date) is missing", "add --day 2026-01-31"),
    ]


def test_nothing_is_given_back_when_something_is_wrong() -> None:
    found = cli("--day", "x", "--config", "@missing.json")
    assert [where for where, _, _ in found] == ["--day", "--config"]  # and neither is called missing


# ── reading signatures ───────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_read_of_a_signature() -> None:
    day, config, lrs, *_ = P.items
    assert (day.name, day.annotation, day.required, day.default, day.help) == (
        "day",
        date,
        True,
        None,
        "the day to train on",
    )
    assert (config.annotation, config.help) == (Config, "")
    assert (lrs.annotation, lrs.required, lrs.default, lrs.help) == (
        list[float],
        False,
        [0.1],
        "learning rates to try",
    )
    assert P.name == "pipeline"
    assert P.location is not None
    assert str(P.location) == f"{FILE}:{pipeline.__code__.co_firstlineno}"


def test_rows_for_help() -> None:
    assert P.describe() == (
        OptionHelp("--day", "date", None, "the day to train on", False),
        OptionHelp("--config", "Config", None, "", False),
        OptionHelp("--lrs", "list[float]", "[0.1]", "learning rates to try", True),
        OptionHelp("--learning-rate", "float", "0.5", "", False),
        OptionHelp("--color", "Color", "RED", "", False),
        OptionHelp("--publish/--no-publish", "bool", "True", "", False),
        OptionHelp("--note", "str | None", "None", "", False),
        OptionHelp("--raw", "any value", "None", "", False),
    )


def test_defaults_for_people() -> None:
    def f(day: date = date(2026, 1, 1), path: Path = Path("a/b"), config: Config = CONFIG) -> None: ...

    assert [row.default for row in read_parameters(f).describe()] == ["2026-01-01", "a/b", repr(CONFIG)]


def test_none_as_a_default_may_also_be_given() -> None:
    def f(n: int, xs: list[int] | int, m: int | None = None, a: Any = None, b: None = None) -> None: ...

    f.__defaults__ = (None,) * 5  # as in `n: int = None`
    parameters = read_parameters(f)
    assert [p.type_text for p in parameters.items] == [
        "int | None",
        "list[int] | int | None",
        "int | None",
        "any value",
        "None",
    ]
    nothing = dict.fromkeys(["n", "xs", "m", "a", "b"])
    assert parameters.from_json(nothing) == nothing
    assert parameters.from_command_line([t for name in nothing for t in (f"--{name}", "null")]) == nothing


def test_defaults_are_not_checked() -> None:
    def f(n: int = "many") -> None: ...  # type: ignore[assignment]

    assert read_parameters(f).from_json({}) == {"n": "many"}


def test_text_in_annotated_is_help_unless_the_docstring_has_some() -> None:
    def f(n: Annotated[int, 5, "how many"], m: Annotated[int, "not this"]) -> None:
        """:param m: this"""

    assert [p.help for p in read_parameters(f).items] == ["how many", "this"]


def test_a_wrapped_function() -> None:
    @functools.wraps(pipeline)
    def wrapper(*args: object, **kwargs: object) -> None: ...

    assert read_parameters(wrapper) == P


def test_types_of_the_function_around() -> None:
    @dataclass
    class Local:
        n: int

    unset: type

    def f(x: Local) -> object:
        return Local, unset

    assert read_parameters(f).from_json({"x": {"n": 1}}) == {"x": Local(1)}
    unset = Local
    assert f(Local(1)) == (Local, unset)


def test_callables_that_are_no_functions() -> None:
    class Caller:
        def __call__(self, n: int) -> None: ...

    parameters = read_parameters(Caller())
    assert parameters.name == "Caller"
    assert parameters.location is None
    assert findings(lambda: parameters.from_json({"n": 1.5})) == [
        (None, "'n' must be int, got 1.5", "give a whole number such as 3")
    ]


def test_a_signature_that_cannot_be_read() -> None:
    class Hidden:
        @property
        def __signature__(self) -> object:
            raise NameError("name 'Frame' is not defined")

        def __call__(self) -> None: ...

    with pytest.raises(InputError) as caught:
        read_parameters(Hidden())
    assert str(caught.value) == (
        "the signature of 'Hidden' cannot be read: name 'Frame' is not defined\n"
        "  hint: decorate a function whose parameters and annotations Python can see"
    )


def test_everything_wrong_with_a_signature_at_once() -> None:
    def bad(
        *args: int,
        frame: Frame,
        quoted: "list[Frame]",  # noqa: UP037
        by_number: dict[int, str],
        nested: list[dict[float, int]],
        value: 5,  # type: ignore[valid-type]
        missing: json.Nothing,  # type: ignore[name-defined]
        **kwargs: int,
    ) -> None: ...

    with pytest.raises(InputError) as caught:
        read_parameters(bad)
    assert caught.value.message == "the signature of workflow 'bad' does not say what its inputs are"
    assert str(caught.value.location) == f"{FILE}:{bad.__code__.co_firstlineno}"
    assert {f.code for f in caught.value.findings} == {"bad-signature"}
    unresolved = "import or define 'Frame' at the top of the file, outside `if TYPE_CHECKING:`"
    no_type = "annotate with a class, or leave the annotation away to accept anything"
    keys = "JSON has only string keys: use str, or a list of pairs"
    assert [(f.message, f.hint) for f in caught.value.findings] == [
        ("'*args' has no fixed inputs", "name every input, or take one collection, args: list[...]"),
        ("the annotation 'Frame' of 'frame' cannot be resolved: name 'Frame' is not defined", unresolved),
        (
            "the annotation 'list[Frame]' of 'quoted' cannot be resolved: name 'Frame' is not defined",
            unresolved,
        ),
        ("'by_number': the keys of dict[int, str] are not strings", keys),
        ("'nested': the keys of dict[float, int] are not strings", keys),
        ("'value': 5 is not a type", no_type),
        (
            "the annotation 'json.Nothing' of 'missing' cannot be resolved: module 'json' has no attribute 'Nothing'",
            "write a type that exists when the program runs",
        ),
        (
            "'**kwargs' has no fixed inputs",
            "name every input, or take one collection, kwargs: dict[str, ...]",
        ),
    ]


def test_an_annotation_that_breaks_when_resolved() -> None:
    def f(x: None) -> None: ...

    f.__annotations__["x"] = "1 +"
    assert findings(lambda: read_parameters(f))[0][1:] == (
        "the annotation '1 +' of 'x' cannot be resolved: Forward reference must be an expression -- got '1 +'",
        "write a type that exists when the program runs",
    )


def test_parameters_made_by_hand() -> None:
    assert Parameters(()).from_call((), {}) == {}


def test_importing_and_reading_is_light() -> None:
    program = (
        "import sys\n"
        "from flowdeco.authoring.parameters import read_parameters\n"
        "def wf(n: int, lrs: list[float] = [], *, go: bool = True, x: str | None = None): ...\n"
        "read_parameters(wf).from_call((1,), {'lrs': [1]})\n"
        "read_parameters(wf).from_command_line(['--n', '1', '--lrs', '2', '--no-go'])\n"
        "print(*sorted({'json', 'datetime', 'decimal', 'uuid', 'pathlib', 'pydantic', 'difflib'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert run.stdout.strip() == ""
