"""Every option and every refusal: what it takes, what to write, where."""

from __future__ import annotations

import copy
import pickle
import sys
from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from typing import Any

import pytest

from flowdeco import Permission, Retry, step, workflow
from flowdeco.authoring.options import (
    ANY_ERROR,
    StepOptions,
    WorkflowOptions,
    call_options,
    check_name,
    read_env,
    read_permissions,
    read_retry,
    step_options,
    whole_seconds,
    workflow_options,
)
from flowdeco.errors import Location, OptionError


def options(**given: Any) -> StepOptions:
    return step_options("train", "", given)


def refusal(call: Any, *args: Any, **kwargs: Any) -> tuple[str, str | None]:
    with pytest.raises(OptionError) as caught:
        call(*args, **kwargs)
    return caught.value.message, caught.value.hint


# ------------------------------------------------------------------------------------------------ options


def test_defaults() -> None:
    assert options() == StepOptions("train")
    assert (
        options(**dict.fromkeys(StepOptions.__dataclass_fields__.keys() - {"name", "comment"})) == options()
    )
    plain = StepOptions("train")
    assert (plain.retry, plain.timeout, plain.memory, plain.env, plain.pickle) == ((), None, None, (), True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"timeout": 90}, {"timeout": 90}),
        ({"timeout": "5m"}, {"timeout": 300}),
        ({"timeout": timedelta(hours=1)}, {"timeout": 3600}),
        ({"timeout": 99_999_999}, {"timeout": 99_999_999}),
        ({"heartbeat": "1m", "timeout": "1h"}, {"heartbeat": 60, "timeout": 3600}),
        ({"heartbeat": 60}, {"heartbeat": 60}),
        ({"memory": "2GB"}, {"memory": 2048}),
        ({"memory": 128}, {"memory": 128}),
        ({"storage": "10GB"}, {"storage": 10_240}),
        ({"architecture": "arm64"}, {"architecture": "arm64"}),
        ({"requirements": ["b", "a>=1"]}, {"requirements": ("b", "a>=1")}),
        ({"requirements": {"b", "a"}}, {"requirements": ("a", "b")}),
        ({"requirements": []}, {"requirements": ()}),
        ({"env": {"ZZ": "1", "A_1": ""}}, {"env": (("A_1", ""), ("ZZ", "1"))}),
        (
            {"env": {"AWS_MAX_ATTEMPTS": "5", "TZ": "UTC"}},
            {"env": (("AWS_MAX_ATTEMPTS", "5"), ("TZ", "UTC"))},
        ),
        ({"permissions": []}, {"permissions": ()}),
        ({"pickle": False}, {"pickle": False}),
        ({"retry": 2}, {"retry": (Retry(max_attempts=2),)}),
        ({"comment": "what it does"}, {"comment": "what it does"}),
    ],
)
def test_options_are_kept_as_data(given: dict[str, Any], kept: dict[str, Any]) -> None:
    assert options(**given) == StepOptions(name="train", **kept)
    hash(options(**given))


WHOLE = "(Step Functions counts whole seconds)"


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"timeout": 0}, f"timeout must be at least 1 second {WHOLE}, got 0", 'give "1s" or more'),
        (
            {"timeout": 1.5},
            f"timeout must be a whole number of seconds {WHOLE}, got 1.5",
            "give 1 or 2",
        ),
        (
            {"heartbeat": 100_000_000},
            f"heartbeat must be at most 99999999 seconds (1157d9h46m39s) {WHOLE}, got 100000000",
            'give "1157d9h46m39s" or less',
        ),
        ({"timeout": "soon"}, "timeout must be a duration, got 'soon'", None),
        (
            {"timeout": 60, "heartbeat": "1m"},
            "heartbeat (60 s) must be shorter than timeout (60 s)",
            "a heartbeat that comes later is never waited for",
        ),
        ({"memory": 64}, "memory must be at least 128 MB (Lambda), got 64", 'give "128MB" or more'),
        (
            {"memory": 2},
            "memory must be at least 128 MB (Lambda), got 2",
            'did you mean "2GB"? Plain numbers are megabytes',
        ),
        ({"storage": "20GB"}, "storage must be at most 10240 MB (Lambda), got '20GB'", None),
        (
            {"architecture": "arm"},
            "architecture must be 'x86_64' or 'arm64', not 'arm'",
            "did you mean 'arm64'?",
        ),
        ({"architecture": 5}, "architecture must be 'x86_64' or 'arm64', not 5", None),
        (
            {"requirements": "pandas"},
            "requirements must be a list of strings, not 'pandas'",
            "write requirements=['pandas']",
        ),
        (
            {"requirements": 5},
            "requirements must be a list of strings, not 5",
            "write requirements=['pandas>=2']",
        ),
        ({"requirements": ["a", " "]}, "requirement ' ' must be a string", "for example 'pandas>=2'"),
        ({"requirements": [1]}, "requirement 1 must be a string", "for example 'pandas>=2'"),
        ({"pickle": 1}, "pickle must be True or False, not 1", "write pickle=False to forbid it"),
        ({"comment": 5}, "comment must be a string, not 5", "write comment='...'"),
        ({"timout": 5}, "@step has no option 'timout'", "did you mean 'timeout'?"),
        ({"nam": "x"}, "@step has no option 'nam'", "did you mean 'name'?"),
        ({"qqq": 5}, "@step has no option 'qqq'", None),
        (
            {"after": []},
            "@step has no option 'after'",
            "after belongs to a call: write train.options(after=...)(...)",
        ),
        (
            {"max_concurrency": 5},
            "@step has no option 'max_concurrency'",
            "max_concurrency belongs to a map: write train.map(items, max_concurrency=...)",
        ),
    ],
)
def test_refused_options(given: dict[str, Any], message: str, hint: str | None) -> None:
    found, advice = refusal(options, **given)
    assert found == message
    if hint is not None:
        assert advice == hint


# -------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("name", ["a", "load the day's file", "A-1_b.c", "x" * 80, "größe"])
def test_names(name: str) -> None:
    assert check_name(name, "step name") == name


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("", "step name must be a non-empty string, not ''", "write name='...'"),
        ("  ", "step name must be a non-empty string, not '  '", "write name='...'"),
        (5, "step name must be a non-empty string, not 5", "write name='...'"),
        (
            "x" * 81,
            f"step name {'x' * 81!r} has 81 characters; Step Functions takes at most 80",
            "give it a shorter one with name='...'",
        ),
        (
            "a/b?\n",
            "step name 'a/b?\\n' has characters that Step Functions refuses: '\\n' '/' '?'",
            "use letters, digits, '-' and '_' and spaces",
        ),
        (" a", "step name ' a' begins or ends with a space", "write 'a'"),
    ],
)
def test_refused_names(name: Any, message: str, hint: str) -> None:
    assert refusal(check_name, name, "step name") == (message, hint)


def test_names_without_spaces() -> None:
    assert refusal(check_name, "a bé/", "workflow name", spaces=False) == (
        "workflow name 'a bé/' has characters that Step Functions refuses: '/' ' ' 'é'",
        "use letters, digits, '-' and '_'",
    )


def test_whole_seconds_are_integers() -> None:
    assert type(whole_seconds(2.0, "timeout")) is int


# -------------------------------------------------------------------------------------------------- retry


def test_a_retry_is_frozen_data() -> None:
    retry = Retry()
    assert (retry.on, retry.max_attempts, retry.interval) == ((ANY_ERROR,), 3, 1)
    assert (retry.backoff_rate, retry.max_delay, retry.jitter) == (2.0, None, False)
    with pytest.raises(FrozenInstanceError):
        retry.interval = 5  # type: ignore[misc]
    full = Retry(
        [KeyError, "Mine"], max_attempts=0, interval="2m", backoff_rate=1, max_delay="1h", jitter=True
    )
    assert full.on == (KeyError, "Mine")
    assert (full.interval, full.backoff_rate, full.max_delay) == (120, 1.0, 3600)
    for again in (pickle.loads(pickle.dumps(full)), copy.deepcopy(full), replace(full)):
        assert again == full
    assert len({full, replace(full, jitter=False), Retry()}) == 3


def test_which_retry_is_for_every_error() -> None:
    everything = (Retry(), Retry(Exception), Retry([KeyError, BaseException]), Retry(["States.ALL"]))
    assert all(retry.of_everything for retry in everything)
    assert not Retry([KeyError, "States.Timeout"]).of_everything


@pytest.mark.parametrize(
    "name", ["States.Http.StatusCode.503", "States.Timeout", "Lambda.TooBig", "Statesman"]
)
def test_error_names(name: str) -> None:
    assert Retry(name).on == (name,)


EXPECTED = "expected an exception class, an error name, or a list of them"
EXAMPLE = "for example on=ConnectionError or on='States.Timeout'"


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"on": 5}, f"Retry on=5: {EXPECTED}", EXAMPLE),
        ({"on": {"A"}}, f"Retry on={{'A'}}: {EXPECTED}", EXAMPLE),
        ({"on": int}, f"Retry on=<class 'int'>: {EXPECTED}", EXAMPLE),
        ({"on": ["A", None]}, f"Retry on=None: {EXPECTED}", EXAMPLE),
        ({"on": ""}, f"Retry on='': {EXPECTED}", EXAMPLE),
        ({"on": []}, "Retry on=() retries nothing", "name the errors, or leave it out for all"),
        ({"on": "States.Runtime"}, "States.Runtime can be neither retried nor caught", "leave it out"),
        (
            {"on": "States.Timout"},
            "Step Functions has no error 'States.Timout'",
            "did you mean 'States.Timeout'?",
        ),
        (
            {"on": "States.Zzzzzzzzzz"},
            "Step Functions has no error 'States.Zzzzzzzzzz'",
            "names that begin with States. are Step Functions' own",
        ),
        (
            {"max_attempts": -1},
            "Retry max_attempts must be a whole number from 0 to 99,999,999, not -1",
            "it counts the retries after the first try",
        ),
        (
            {"max_attempts": True},
            "Retry max_attempts must be a whole number from 0 to 99,999,999, not True",
            "it counts the retries after the first try",
        ),
        ({"max_attempts": 100_000_000}, None, None),
        (
            {"backoff_rate": 0.5},
            "Retry backoff_rate must be a number of at least 1.0, not 0.5",
            "1.0 keeps the waits equal, 2.0 doubles them",
        ),
        ({"backoff_rate": float("nan")}, None, None),
        ({"backoff_rate": float("inf")}, None, None),
        ({"backoff_rate": "2"}, None, None),
        ({"backoff_rate": True}, None, None),
        ({"jitter": "yes"}, "Retry jitter must be True or False, not 'yes'", "write jitter=True"),
        (
            {"interval": 0.5},
            f"Retry interval must be at least 1 second {WHOLE}, got 0.5",
            'give "1s" or more',
        ),
        (
            {"max_delay": "400d"},
            f"Retry max_delay must be at most 31622400 seconds (366d) {WHOLE}, got '400d'",
            'give "366d" or less',
        ),
    ],
)
def test_refused_retries(given: dict[str, Any], message: str | None, hint: str | None) -> None:
    found, advice = refusal(Retry, **given)
    assert message is None or (found, advice) == (message, hint)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ()),
        (False, ()),
        (0, ()),
        ([], ()),
        (True, (Retry(),)),
        (5, (Retry(max_attempts=5),)),
        (Retry(KeyError), (Retry(KeyError),)),
        (KeyError, (Retry(KeyError),)),
        ("States.Timeout", (Retry("States.Timeout"),)),
        ([KeyError, Retry("A"), [2]], (Retry(KeyError), Retry("A"), Retry(max_attempts=2))),
        ((1, KeyError), (Retry(max_attempts=1), Retry(KeyError))),
    ],
)
def test_what_retry_takes(value: Any, expected: tuple[Retry, ...]) -> None:
    assert read_retry(value) == expected


def test_what_retry_does_not_take() -> None:
    hint = "write a number of retries, Retry(on=..., max_attempts=...), or a list of Retry"
    assert refusal(read_retry, 1.5) == ("retry=1.5 is not understood", hint)
    assert refusal(read_retry, [{}]) == ("retry={} is not understood", hint)
    assert refusal(read_retry, -1)[0].endswith("not -1")
    assert refusal(read_retry, [2, Exception]) == (
        f"retry=[2, {Exception!r}] says twice what to do about every error",
        "keep one, and name the errors of the others with Retry(on=...)",
    )


# -------------------------------------------------------------------------------------------- permissions


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ()),
        ("s3:GetObject arn:aws:s3:::raw/*", (Permission(("s3:GetObject",), ("arn:aws:s3:::raw/*",)),)),
        ("a:B, a:C arn:x arn:y", (Permission(("a:B", "a:C"), ("arn:x", "arn:y")),)),
        ("a:B *", (Permission("a:B", "*"),)),
        ("* *", (Permission("*", "*"),)),
        (
            {"Sid": "x", "Effect": "Allow", "Action": "a:B", "Resource": ["arn:x"]},
            (Permission("a:B", "arn:x"),),
        ),
        (
            {"Action": ["a:B"], "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": True}}},
            (Permission("a:B", "*", (("Bool", "aws:SecureTransport", ("true",)),)),),
        ),
        (
            [Permission("a:B", "*", {"NumericLessThan": {"k": [1, "2"], "l": False}}), "a:C arn:x"],
            (
                Permission(
                    "a:B", "*", [("NumericLessThan", "k", ("1", "2")), ("NumericLessThan", "l", ("false",))]
                ),
                Permission("a:C", "arn:x"),
            ),
        ),
    ],
)
def test_what_permissions_takes(value: Any, expected: tuple[Permission, ...]) -> None:
    assert read_permissions(value) == expected
    hash(expected)


WRITE = "write 's3:GetObject arn:aws:s3:::bucket/*' or {'Action': ..., 'Resource': ...}"
TEST = "write {'StringEquals': {'aws:SourceAccount': '111122223333'}}"
ACTION = "an action reads service:Verb, as in s3:GetObject"


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (5, "permission 5 is not understood", WRITE),
        ([["a:B *"]], "permission ['a:B *'] is not understood", WRITE),
        ("", "a permission names no action", WRITE),
        ("s3:GetObject", "a permission names no resource", WRITE),
        ("arn:aws:s3:::raw", "'arn:aws:s3:::raw' is not an IAM action", ACTION),
        ("s3:GetObject bucket", "'bucket' is not an IAM action", ACTION),
        ("s3: arn:x", "'s3:' is not an IAM action", ACTION),
        ({"Action": "a:B"}, "a permission names no resource", WRITE),
        ({"Resource": "*"}, "a permission names no action", WRITE),
        ({"Action": 5, "Resource": "*"}, "action 5 must be a string or a list of strings", WRITE),
        ({"Action": "a:B", "Resource": [5]}, "resource [5] must be a string or a list of strings", WRITE),
        (
            {"Action": "a:B", "Resource": "bucket"},
            "'bucket' is not the ARN of a resource",
            "write arn:aws:..., or '*' for any",
        ),
        ({"Action": "a: B", "Resource": "*"}, "'a: B' is not an IAM action", ACTION),
        (
            {"Actions": "a:B", "Resource": "*"},
            "a permission has no 'Actions': {'Actions': 'a:B', 'Resource': '*'}",
            "did you mean 'Action'?",
        ),
        ({5: "x"}, "a permission has no 5: {5: 'x'}", WRITE),
        (
            {"Effect": "Deny", "Action": "a:B", "Resource": "*"},
            "permission {'Effect': 'Deny', 'Action': 'a:B', 'Resource': '*'} allows nothing",
            "leave it out: a role may do nothing else",
        ),
        ({"Action": "a:B", "Resource": "*", "Condition": "x"}, "Condition 'x' is not a dict", TEST),
        (
            {"Action": "a:B", "Resource": "*", "Condition": {"Bool": "x"}},
            "condition 'Bool' is not a dict of tests: 'x'",
            TEST,
        ),
        (
            {"Action": "a:B", "Resource": "*", "Condition": {"Bool": {"k": None}}},
            "condition 'Bool' on 'k' tests for None",
            TEST,
        ),
        (
            {"Action": "a:B", "Resource": "*", "Condition": {"Bool": {"k": []}}},
            "condition 'Bool' on 'k' tests for []",
            TEST,
        ),
        (
            {"Action": "a:B", "Resource": "*", "Condition": {"Bool": {5: "x"}}},
            "condition 'Bool' on 5 tests for 'x'",
            TEST,
        ),
    ],
)
def test_refused_permissions(value: Any, message: str, hint: str) -> None:
    assert refusal(read_permissions, value) == (message, hint)


def test_refused_conditions_of_a_permission() -> None:
    assert refusal(Permission, "a:B", "*", [("Bool", "k")]) == (
        "condition ('Bool', 'k') is not understood",
        TEST,
    )
    assert refusal(Permission, "a:B", "*", 5) == ("condition 5 is not understood", TEST)
    full = Permission("a:B", "*", {"Bool": {"k": "true"}})
    assert pickle.loads(pickle.dumps(full)) == full


# ---------------------------------------------------------------------------------------------------- env


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (["A"], "env must be a dict of strings, not ['A']", "write env={'NAME': 'text'}"),
        ({"A": 1}, None, None),
        ({"AB": 1}, "env AB must be a string, not 1", "write '1'"),
        (
            {"A-B": "x"},
            "env name 'A-B' is not one Lambda takes",
            "use two or more letters, digits and '_', a letter first",
        ),
        ({"A": "x"}, "env name 'A' is not one Lambda takes", None),
        ({"_AB": "x"}, "env name '_AB' is not one Lambda takes", None),
        ({"É1": "x"}, "env name 'É1' is not one Lambda takes", None),
        ({5: "x"}, "env name 5 is not one Lambda takes", None),
        ({"AWS_REGION": "x"}, "env name 'AWS_REGION' is reserved", "Lambda and flowdeco set it themselves"),
        ({"_HANDLER": "x"}, "env name '_HANDLER' is reserved", None),
        ({"FLOWDECO_STORE": "x"}, "env name 'FLOWDECO_STORE' is reserved", None),
        (
            {"AB": "é" * 2048},
            "env is 4,098 bytes, more than the 4 KB that Lambda takes",
            "read the values from a file or from S3",
        ),
    ],
)
def test_refused_env(value: Any, message: str | None, hint: str | None) -> None:
    found, advice = refusal(read_env, value)
    assert message is None or found == message
    assert hint is None or advice == hint


def test_env() -> None:
    assert read_env(None) == ()
    assert read_env({"AB": "x" * 4094}) == (("AB", "x" * 4094),)


# ------------------------------------------------------------------------------------------ calls, workflows


def test_options_of_a_call() -> None:
    base = options(timeout=60, memory=512, retry=1)
    changed = call_options(base, {"timeout": "1h", "heartbeat": None, "retry": 0, "comment": "c"})
    assert changed == replace(base, timeout=3600, retry=(), comment="c")
    assert call_options(base, {}) == base
    assert refusal(call_options, base, {"heartbeat": 60})[0].startswith("heartbeat (60 s) must be shorter")
    assert refusal(call_options, base, {"memory": 1}) == (
        "options() has no option 'memory'",
        "memory belongs to the function: write @step(memory=...)",
    )
    assert refusal(call_options, base, {"distributed": True}) == (
        "options() has no option 'distributed'",
        "distributed belongs to a map: write train.map(items, distributed=...)",
    )
    assert refusal(call_options, base, {"timout": 1}) == (
        "options() has no option 'timout'",
        "did you mean 'timeout'?",
    )


def test_options_of_a_workflow() -> None:
    assert workflow_options("wf", "c", {"timeout": "2h", "name": None}) == WorkflowOptions("wf", "c", 7200)
    assert workflow_options("wf", "", {}) == WorkflowOptions("wf")
    assert refusal(workflow_options, "wf", "", {"retry": 1}) == (
        "@workflow has no option 'retry'",
        "retry belongs to @step",
    )
    assert refusal(workflow_options, "wf", "", {"timout": 1}) == (
        "@workflow has no option 'timout'",
        "did you mean 'timeout'?",
    )
    assert refusal(workflow_options, "wf", "", {"timeout": 99_999_999})[0].startswith(
        "timeout must be at most"
    )
    assert refusal(workflow_options, "wf", 5, {})[0] == "comment must be a string, not 5"


def here(offset: int) -> Location:
    frame = sys._getframe(1)
    return Location(__file__, frame.f_lineno + offset, frame.f_code.co_name)


def test_refusals_say_where() -> None:
    def plain() -> None: ...

    made = step(plain)
    cases: list[Any] = [
        (lambda: Retry(interval=0)),
        (lambda: Permission("a", "*")),
        (lambda: made.options(timeout=0)),
        (lambda: made.options(name="")),
        (lambda: made.map([], max_concurrency=0)),
        (lambda: made.map([], distributed=1)),  # type: ignore[arg-type]
        (lambda: step(plain, timeout=0)),
        (lambda: step(timeout=0)(plain)),
        (lambda: step(made)),
        (lambda: workflow(timeout=0)(plain)),
        (lambda: workflow(made)),
    ]
    for call in cases:
        with pytest.raises(OptionError) as caught:
            call()
        assert caught.value.location == Location(__file__, call.__code__.co_firstlineno, "<lambda>")
        assert caught.value.hint


def test_refusals_point_at_the_decorator() -> None:
    with pytest.raises(OptionError) as caught:

        @step(timeout=0)
        def train() -> None: ...

    assert caught.value.location == here(-3)
    with pytest.raises(OptionError) as caught:

        @workflow(timeout=0)
        def pipeline() -> None: ...

    assert caught.value.location == here(-3)
