"""Hypothesis strategies for state machines over everything the model can say."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from flowdeco.asl import model
from flowdeco.asl.fields import COMPARISONS
from flowdeco.asl.model import UNSET

TEXT = st.text(max_size=6)
NUMBERS = st.integers(-5, 100)
PATH = st.sampled_from(["$", "$.a", "$$.Execution.Id"])
EXPRESSION = st.sampled_from(["{% $x %}", "{% $states.input.a %}", "{%%}"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats(0, 9, allow_nan=False) | TEXT | EXPRESSION,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
LANGUAGE = st.sampled_from(["JSONPath", "JSONata"])
NAMES = st.lists(st.sampled_from(["A", "B", "C d", "Ä", "x.y"]), min_size=1, max_size=3, unique=True)
ERRORS = st.lists(st.sampled_from(["States.ALL", "Boom"]), min_size=1, max_size=2).map(tuple)


def opt(strategy: st.SearchStrategy[Any], absent: Any = None) -> st.SearchStrategy[Any]:
    return st.just(absent) | strategy


def field(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return opt(strategy, UNSET)


WHOLE = opt(NUMBERS | EXPRESSION)
NUMBER = opt(NUMBERS | st.floats(0, 9) | EXPRESSION)
COMMON = {"Comment": opt(TEXT), "QueryLanguage": opt(LANGUAGE)}
PATHS = {**COMMON, "InputPath": field(st.none() | PATH), "OutputPath": field(st.none() | PATH)}
RESULT_PATH = field(st.none() | PATH)


@st.composite
def comparisons(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    kind = draw(st.sampled_from(["compare", "Not", "And", "Or"] if depth else ["compare"]))
    comment = draw(st.sampled_from([{}, {"Comment": "why"}])) if depth < 2 else {}
    if kind == "compare":
        operator = draw(st.sampled_from(sorted(COMPARISONS)))
        return {**comment, "Variable": draw(PATH), operator: draw(TEXT | NUMBERS | st.booleans())}
    if kind == "Not":
        return {**comment, kind: draw(comparisons(depth - 1))}
    return {**comment, kind: draw(st.lists(comparisons(depth - 1), min_size=1, max_size=2))}


def retriers() -> st.SearchStrategy[model.Retrier]:
    return st.builds(
        model.Retrier,
        ErrorEquals=ERRORS,
        IntervalSeconds=opt(NUMBERS),
        MaxAttempts=opt(NUMBERS),
        BackoffRate=opt(NUMBERS | st.floats(1, 9)),
        MaxDelaySeconds=opt(NUMBERS),
        JitterStrategy=opt(st.sampled_from(["FULL", "NONE"])),
        Comment=opt(TEXT),
    )


def transitions(names: list[str]) -> dict[str, Any]:
    return {**PATHS, "Next": opt(st.sampled_from(names)), "Assign": field(OBJECT), "Output": field(JSON)}


def work(names: list[str]) -> dict[str, Any]:
    catcher = st.builds(
        model.Catcher,
        ErrorEquals=ERRORS,
        Next=st.sampled_from(names),
        Assign=field(OBJECT),
        Output=field(JSON),
        ResultPath=RESULT_PATH,
        Comment=opt(TEXT),
    )
    return {
        **transitions(names),
        "Retry": st.lists(retriers(), max_size=2).map(tuple),
        "Catch": st.lists(catcher, max_size=2).map(tuple),
        "Parameters": field(JSON),
        "ResultSelector": field(JSON),
        "ResultPath": RESULT_PATH,
    }


def tasks(names: list[str]) -> st.SearchStrategy[model.State]:
    return st.builds(
        model.Task,
        **work(names),
        Resource=TEXT,
        Arguments=field(JSON),
        TimeoutSeconds=WHOLE,
        TimeoutSecondsPath=opt(PATH),
        HeartbeatSeconds=WHOLE,
        HeartbeatSecondsPath=opt(PATH),
        Credentials=field(OBJECT | EXPRESSION),
    )


def passes(names: list[str]) -> st.SearchStrategy[model.State]:
    return st.builds(
        model.Pass,
        **transitions(names),
        Result=field(JSON),
        Parameters=field(JSON),
        ResultPath=RESULT_PATH,
    )


def waits(names: list[str]) -> st.SearchStrategy[model.State]:
    return st.builds(
        model.Wait,
        **transitions(names),
        Seconds=NUMBER,
        SecondsPath=opt(PATH),
        Timestamp=opt(TEXT),
        TimestampPath=opt(PATH),
    )


def choices(names: list[str]) -> st.SearchStrategy[model.State]:
    common = {
        "Next": st.sampled_from(names),
        "Assign": field(OBJECT),
        "Output": field(JSON),
        "Comment": opt(TEXT),
    }
    rule = st.builds(model.ChoiceRule, **common, Condition=JSON) | st.builds(
        model.ChoiceRule, **common, comparison=comparisons()
    )
    return st.builds(
        model.Choice,
        **PATHS,
        Choices=st.lists(rule, min_size=1, max_size=2).map(tuple),
        Default=opt(st.sampled_from(names)),
        Assign=field(OBJECT),
        Output=field(JSON),
    )


def ends() -> st.SearchStrategy[model.State]:
    fail = st.builds(
        model.Fail, **COMMON, Error=opt(TEXT), ErrorPath=opt(PATH), Cause=opt(TEXT), CausePath=opt(PATH)
    )
    return st.builds(model.Succeed, **PATHS, Output=field(JSON)) | fail


def parallels(names: list[str], depth: int) -> st.SearchStrategy[model.State]:
    return st.builds(
        model.Parallel,
        **work(names),
        Branches=st.lists(scopes(model.States, depth - 1), max_size=2).map(tuple),
        Arguments=field(JSON),
    )


def maps(names: list[str], depth: int) -> st.SearchStrategy[model.State]:
    processor = scopes(
        model.ItemProcessor,
        depth - 1,
        Mode=opt(st.sampled_from(["INLINE", "DISTRIBUTED"])),
        ExecutionType=opt(st.sampled_from(["STANDARD", "EXPRESS"])),
    )
    return st.builds(
        model.Map,
        **work(names),
        ItemProcessor=processor,
        Items=field(JSON),
        ItemsPath=opt(PATH),
        ItemSelector=field(JSON),
        ItemReader=field(OBJECT),
        ItemBatcher=field(OBJECT),
        ResultWriter=field(OBJECT),
        MaxConcurrency=WHOLE,
        MaxConcurrencyPath=opt(PATH),
        ToleratedFailureCount=WHOLE,
        ToleratedFailureCountPath=opt(PATH),
        ToleratedFailurePercentage=NUMBER,
        ToleratedFailurePercentagePath=opt(PATH),
        Label=opt(TEXT),
    )


@st.composite
def scopes(draw: st.DrawFn, kind: Any, depth: int, **extra: st.SearchStrategy[Any]) -> Any:
    names = draw(NAMES)
    state = st.one_of(tasks(names), passes(names), waits(names), choices(names), ends())
    if depth:
        state |= st.one_of(parallels(names, depth), maps(names, depth))
    return kind(
        StartAt=draw(st.sampled_from(names)),
        States={name: draw(state) for name in names},
        Comment=draw(opt(TEXT)),
        QueryLanguage=draw(opt(LANGUAGE)),
        **{name: draw(strategy) for name, strategy in extra.items()},
    )


def machines() -> st.SearchStrategy[model.StateMachine]:
    return scopes(model.StateMachine, 2, TimeoutSeconds=opt(NUMBERS), Version=opt(st.just("1.0")))
