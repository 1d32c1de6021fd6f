"""The explicit forms in the body of a workflow: what they draw, and that it does what the plain call does."""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowdeco import attempt, choose, fail, forms, loop, map_, parallel, step, succeed, wait, workflow
from flowdeco.authoring.pauses import waiting_with
from flowdeco.errors import BodyError, OptionError, UnsupportedError
from flowdeco.graph import Choice, Map, Wait, walk
from flowdeco.tracing import trace


class Instant:
    def now(self) -> float:
        return datetime(2030, 1, 1, tzinfo=UTC).timestamp()

    def sleep(self, seconds: float, /) -> None:
        """Nobody waits in tests."""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FLOWDECO_HOME", str(tmp_path))
    with waiting_with(Instant()):
        yield


@step
def plus(x: int, by: int = 1) -> int:
    return x + by


@step
def limited(x: int) -> int:
    if x > 3:
        raise ValueError(f"{x} is too much")
    return 10 * x


@step
def say(text: Any) -> None:
    return None


@step
def when() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


@step
def text() -> str:
    return "2026-01-01T00:00:00Z"


@step
def day() -> date:
    return date(2026, 1, 1)


@step
def how_long() -> timedelta:
    return timedelta(milliseconds=1)


@step
def half() -> float:
    return 0.5


@step
def anything(what: str):  # type: ignore[no-untyped-def]
    return {"moment": when.fn(), "text": "2026-01-01T00:00:00Z", "none": 0, "short": "0s"}[what]


def lines_of(body: Any, **options: Any) -> list[str]:
    """The graph, nodes numbered as they come."""
    graph = trace(workflow(**options)(body) if options else workflow(body)).graph
    numbers: dict[str, str] = {}
    text = re.sub(r"%\d+", lambda found: numbers.setdefault(found[0], f"%{len(numbers) + 1}"), str(graph))
    return [line.strip() for line in text.splitlines()[1:]]


def outcome(call: Any) -> Any:
    try:
        return call()
    except Exception as error:
        return type(error).__name__, str(error)


def agrees(body: Any, *inputs: Any, rewrite: bool = True) -> list[Any]:
    """What the body gives for each input, called and executed."""
    flow = workflow(rewrite=rewrite)(body)
    found = []
    for given in inputs:
        execution = flow.run(given)
        error = execution.error
        executed = execution.output if error is None else (error.error_type, error.error_message)
        assert executed == outcome(lambda given=given: flow(given))
        found.append(executed)
    return found


# ------------------------------------------------------------------------------------------------- wait


def test_wait_for_what_is_known() -> None:
    def body(x: int) -> None:
        say(x)
        wait(minutes=5)
        wait("1h30m")
        wait(0.2)
        wait(until="2026-01-01T01:00:00+01:00")
        wait(until=datetime(2026, 1, 1, tzinfo=UTC))
        say(x)

    assert lines_of(body) == [
        "%1 = say(text=x)",
        "%2 = wait 300 s  after %1",
        "%3 = wait 5400 s  after %2",
        "%4 = wait 1 s  after %3",
        '%5 = wait until "2026-01-01T00:00:00Z"  after %4',
        '%6 = wait until "2026-01-01T00:00:00Z"  after %5',
        "%7 = say(text=x)  after %6",
        "-> null",
    ]


def test_wait_for_values() -> None:
    def body(x: int) -> None:
        wait(x)
        wait(minutes=x, seconds=30)
        wait(half())
        wait(how_long())
        wait(until=when())

    waits = [line.partition("  after")[0].partition("= ")[2] for line in lines_of(body) if "wait" in line]
    assert waits[:3] == [
        "wait x s",
        "wait add.numbers(30, mul.numbers(x, 60)) s",
        "wait math.ceil(%3) s",
    ]
    assert waits[3].startswith("wait math.ceil(add.numbers(")
    assert waits[4].startswith("wait until %")
    assert waits[4].endswith(".value")


def test_waits_really_wait() -> None:
    def body(x: int) -> int:
        for what in ("moment", "text"):
            wait(until=anything(what))
        wait(until=text())
        for what in ("none", "short"):
            wait(anything(what))
        wait(how_long())
        wait(minutes=x)
        wait(until=when())
        return plus(x)

    assert agrees(body, 0) == [1]


def test_a_wait_keeps_its_place_in_a_lambda() -> None:
    def body(x: int) -> Any:
        return parallel(lambda: plus(x), lambda: (wait(1), plus(x, 2)))

    assert lines_of(body)[:3] == [
        "%1 = plus(x=x)",
        "%2 = wait 1 s",
        "%3 = plus(x=x, by=2)  after %2",
    ]


def test_what_cannot_be_waited_for() -> None:
    def until_a_day(x: int) -> None:
        wait(until=day())

    def too_long(x: int) -> None:
        wait(days=2_000)

    with pytest.raises(UnsupportedError, match="waiting until a date of day"):
        lines_of(until_a_day)
    with pytest.raises(OptionError, match="must be at most"):
        lines_of(too_long)


# --------------------------------------------------------------------------------------------- branches


def test_parallel() -> None:
    def body(x: int) -> Any:
        first = plus(x)
        a, b, c = parallel(lambda: plus(first), limited(x), plus(x))
        return [a, b, c]

    assert agrees(body, 1) == [[3, 10, 2]]


def test_choose() -> None:
    def body(x: int) -> Any:
        size = choose(
            [(x > 5, "large"), (lambda: plus(x) > 3, lambda: plus(x)), (x == 0, lambda: limited(x))],
            otherwise=-1,
        )
        return [
            size,
            choose(x > 1, "many", "few"),
            choose(x > 5, lambda: plus(x)),
            choose(True, lambda: 1, say),
        ]

    assert agrees(body, 6, 3, 0, 1) == [
        ["large", "many", 7, 1],
        [4, "many", None, 1],
        [0, "few", None, 1],
        [-1, "few", None, 1],
    ]


def test_conditions_are_told_in_the_users_words() -> None:
    def body(x: int) -> Any:
        a = choose(x > 5, lambda: plus(x), lambda: limited(x))
        b = choose(
            [
                (a == 7, lambda: plus(a)),
                (lambda: a == 8, lambda: plus(x)),
            ],
            otherwise=lambda: say(x),
        )
        cases = [(a == 1, lambda: plus(a))]
        c = choose(cases)
        d = loop(lambda s: plus(s), a, while_=lambda s: s < b, until=lambda s: s == 99)
        return loop(lambda: plus(c), until=lambda s: s > d)

    graph = trace(workflow(body)).graph
    texts = [case.text for node in walk(graph.block) if isinstance(node, Choice) for case in node.cases]
    assert texts == ["x > 5", "a == 7", "a == 8", "", "s < b", "s == 99", "s > d"]


def test_conditions_without_a_source_have_no_words() -> None:
    source = "def body(x):\n    return choose(x > 5, lambda: plus(x), lambda: loop(lambda: plus(x), until=lambda s: s > 3))"
    namespace: dict[str, Any] = {"choose": choose, "plus": plus, "loop": loop}
    exec(source, namespace)
    graph = trace(workflow(rewrite=False)(namespace["body"])).graph
    texts = [case.text for node in walk(graph.block) if isinstance(node, Choice) for case in node.cases]
    assert texts == ["", "enough"]


@pytest.mark.parametrize(
    "now", ["", "def body(x):\n    ((((\n", "def body(x):\n    return x and more of it, (((((((("]
)
def test_a_source_that_has_changed_has_no_words(now: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = "changed.py"
    namespace: dict[str, Any] = {"choose": choose, "plus": plus}
    exec(compile("def body(x):\n    return choose(x > 5, lambda: plus(x))", file, "exec"), namespace)
    monkeypatch.setitem(linecache.cache, file, (len(now), None, now.splitlines(keepends=True), file))
    graph = trace(workflow(rewrite=False)(namespace["body"])).graph
    assert [case.text for node in walk(graph.block) if isinstance(node, Choice) for case in node.cases] == [
        ""
    ]


def test_the_words_of_a_workflow_in_a_library_are_not_the_callers() -> None:
    namespace: dict[str, Any] = {"choose": choose, "plus": plus}
    exec(
        compile("def body(x):\n    return choose(x > 5, lambda: plus(x))", linecache.__file__, "exec"),
        namespace,
    )
    graph = trace(workflow(rewrite=False)(namespace["body"]), bundle="b").graph
    assert [case.text for node in walk(graph.block) if isinstance(node, Choice) for case in node.cases] == [
        ""
    ]


# ---------------------------------------------------------------------------------------- maps and loops


def test_maps() -> None:
    def body(n: int) -> Any:
        return [
            map_(plus, range(n)),
            map_(lambda each: limited(plus(each)), range(n), max_concurrency=2),
            map_(lambda x: x + 1, [1, n]),
            forms.map(str, range(n)),
        ]

    assert agrees(body, 2) == [[[1, 2], [10, 20], [2, 3], ["0", "1"]]]
    graph = trace(workflow(body)).graph
    maps = [node for node in walk(graph.block) if isinstance(node, Map)]
    assert [(m.item_name, m.max_concurrency, m.distributed) for m in maps] == [
        ("item", None, False),
        ("each", 2, False),
        ("x", None, False),
        ("item", None, False),
    ]


def test_loops_with_a_state() -> None:
    def body(x: int) -> Any:
        return [
            loop(lambda total, i: plus(total, i), 0, over=range(x)),
            loop(lambda total, i: plus(total, i), 0, over=range(x), until=lambda total: total > 3),
            loop(plus, x, while_=lambda n: n < 3),
            loop(lambda n: plus(n), x, while_=lambda n: n < 9, until=lambda n: n > 4),
            loop(lambda n: plus(n, 2), x, until=lambda n: n > 5),
            loop(
                lambda s: {"n": plus(s["n"]), "seen": [*s["seen"], s["n"]]},
                {"n": x, "seen": []},
                while_=lambda s: s["n"] < 3,
            ),
        ]

    assert agrees(body, 0, 2, 5) == [
        [0, 0, 3, 5, 6, {"n": 3, "seen": [0, 1, 2]}],
        [1, 1, 3, 5, 6, {"n": 3, "seen": [2]}],
        [10, 6, 5, 6, 7, {"n": 5, "seen": []}],
    ]


def test_loops_without_a_state() -> None:
    def body(x: int) -> Any:
        loop(say, over=range(x))
        found = loop(lambda i: plus(i, x), over=range(x), until=lambda n: n > 3)
        never = loop(lambda: plus(x), while_=lambda: plus(x) < 0)
        once = loop(lambda: plus(x), while_=lambda: plus(x) > 0, until=lambda n: n > 0)
        return [found, never, once, loop(lambda: plus(x), until=lambda n: n > 0)]

    assert agrees(body, 0, 2, 3) == [[None, None, 1, 1], [3, None, 3, 3], [4, None, 4, 4]]


def test_a_loop_over_items_that_keeps_nothing_is_a_map() -> None:
    def body(x: int) -> None:
        loop(lambda i: (say(i), wait(1)), over=range(x))

    (found,) = [node for node in walk(trace(workflow(body)).graph.block) if isinstance(node, Map)]
    assert found.max_concurrency == 1
    assert any(isinstance(node, Wait) for node in walk(found.block))


def test_a_loop_for_ever() -> None:
    def body(x: int) -> None:
        loop(lambda: (say(x), wait(minutes=5)))

    assert lines_of(body) == [
        "%1: loop",
        "%2 = say(text=x)",
        "%3 = wait 300 s  after %2",
        "-> again %1",
    ]


# ------------------------------------------------------------------------------------------------ errors


def test_attempts() -> None:
    def body(x: int) -> Any:
        return [
            attempt(lambda: limited(x), except_={KeyError: 1, ValueError: lambda error: str(error)}),
            attempt(
                lambda: limited(x),
                except_={(KeyError, ValueError): lambda: plus(x)},
                otherwise=lambda n: plus(n),
            ),
            attempt(
                lambda: limited(x), except_={Exception: "x"}, otherwise="fine", finally_=lambda: say("end")
            ),
            attempt(lambda: plus(x), finally_=lambda: say("end")),
        ]

    assert agrees(body, 1, 4) == [[10, 11, "fine", 2], ["4 is too much", 5, "x", 5]]


def test_what_is_not_handled_goes_on() -> None:
    def body(x: int) -> Any:
        return attempt(
            lambda: attempt(lambda: limited(x), except_={KeyError: 1}, finally_=lambda: say("end")),
            except_={ValueError: lambda: fail("TooMuch", f"{x}")},
        )

    assert agrees(body, 1, 4) == [10, ("TooMuch", "4")]


def test_fail() -> None:
    def body(x: int) -> Any:
        if x > 5:
            fail("Large", f"{x} is large")
        choose(x == 5, lambda: fail(KeyError, "five"))
        try:
            choose(x == 4, lambda: fail(ValueError("four")))
        except ValueError as error:
            return str(error)
        return plus(x)

    assert agrees(body, 6, 5, 4, 3) == [("Large", "6 is large"), ("KeyError", "'five'"), "four", 4]


def test_a_body_that_always_fails() -> None:
    def body(x: int) -> Any:
        say(x)
        attempt(lambda: fail("Never", "ever"), finally_=lambda: say(x))
        loop(lambda: plus(x))
        return choose(x > 1, lambda: plus(x))

    assert agrees(body, 1) == [("Never", "ever")]


def test_what_follows_a_form_that_is_never_left() -> None:
    def body(x: int) -> Any:
        number = plus(x)
        if x > 2:
            number += choose(x > 3, lambda: fail("More", "a"), lambda: fail("Less", "b")) + 1
        if x > 1:
            number += 1 + attempt(
                lambda: fail(ValueError, "c"), except_={ValueError: lambda: fail("Two", "d")}
            )
        return number

    assert agrees(body, 4, 3, 2, 1) == [("More", "a"), ("Less", "b"), ("Two", "d"), 2]


def test_succeed() -> None:
    def helper(x: int) -> int:
        if x > 5:
            succeed(x)
        return x + 1

    @workflow
    def inner(x: int) -> Any:
        choose(plus(x) == 3, lambda: succeed("three"))
        return "other"

    def body(x: int) -> Any:
        a, b = inner(x), inner(2)
        try:
            choose(x == 4, lambda: succeed({"x": x}))
        finally:
            say(x)
        return [a, b, helper(x)]

    assert agrees(body, 2, 3, 4, 6) == [["three", "three", 3], ["other", "three", 4], {"x": 4}, 6]


def test_an_iteration_cannot_end_the_workflow() -> None:
    def body(x: int) -> Any:
        return map_(lambda i: succeed(i), range(x))

    with pytest.raises(BodyError, match="an iteration cannot end the workflow"):
        lines_of(body)


# ----------------------------------------------------------------------------------------- without source


SOURCE = """
def body(x):
    say("start")
    a = plus(x)
    b, c = parallel(lambda: plus(a), lambda: (limited(1), limited(2)))
    choose(b > 4, lambda: say("large"), lambda: fail("Small", "too small"))
    wait(seconds=0)
    d = loop(lambda s: plus(s), x, while_=lambda s: s < 5)
    e = attempt(lambda: limited(x), except_={ValueError: lambda error: error.args[0]}, otherwise=lambda n: plus(n))
    f = map_(lambda i: plus(limited(i)), range(2))
    choose(e == 31, lambda: succeed([e]))
    return [a, b, c, d, e, f]
"""


def without_source() -> Any:
    names = {
        form.__name__: form
        for form in (attempt, choose, fail, loop, map_, parallel, succeed, wait, plus, limited, say)
    }
    exec(SOURCE, names)
    return names["body"]


def test_forms_need_no_source() -> None:
    found = agrees(without_source(), 1, 3, 6, rewrite=False)
    assert found == [("Small", "too small"), [31], [7, 8, (10, 20), 6, "6 is too much", [1, 11]]]


def test_a_body_that_is_not_rewritten_runs_in_its_order() -> None:
    assert lines_of(without_source(), rewrite=False)[:5] == [
        '%1 = say(text="start")',
        "%2 = plus(x=x)  after %1",
        "%3 = plus(x=%2)  after %2",
        "%4 = limited(x=1)  after %2",
        "%5 = limited(x=2)  after %2, %4",
    ]


def test_a_source_that_cannot_be_read_names_the_forms() -> None:
    with pytest.raises(UnsupportedError, match=r"@workflow\(rewrite=False\)") as caught:
        lines_of(without_source())
    assert "choose, loop, attempt" in str(caught.value)


def test_what_a_body_that_is_not_rewritten_cannot_do() -> None:
    def body(x: int) -> Any:
        return plus(x) if plus(x) else 0

    def body_with_error(x: int) -> Any:
        return attempt(lambda: limited(x), except_={ValueError: lambda error: str(error)})

    for each in (body, body_with_error):
        with pytest.raises(UnsupportedError, match="this body is not rewritten: write choose"):
            lines_of(each, rewrite=False)


def test_a_workflow_inside_is_rewritten_or_not_by_its_own_word() -> None:
    @workflow
    def inner(x: int) -> int:
        return plus(x) if x > 1 else x

    def body(x: int) -> Any:
        say(x)
        return inner(x)

    assert agrees(body, 1, 2, rewrite=False) == [1, 3]
    with pytest.raises(OptionError, match="rewrite must be True or False"):
        workflow(rewrite="no")(body)  # type: ignore[call-overload]
