from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.authoring.quantities import duration_text, mebibytes, parse_duration, seconds
from flowdeco.errors import Location, OptionError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (90, 90),
        (1.5, 1.5),
        (2.0, 2),
        ("90", 90),
        ("0.5", 0.5),
        ("5m", 300),
        ("5M", 300),
        ("5 min", 300),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        (" 1.5 h ", 5400),
        ("2d", 172_800),
        ("1w", 604_800),
        ("500ms", 0.5),
        ("0.1s", 0.1),
        ("2 days 3 hours", 183_600),
        ("PT5M", 300),
        ("P1DT2H", 93_600),
        ("p1w", 604_800),
        ("P2D", 172_800),
        (timedelta(minutes=5), 300),
        (timedelta(milliseconds=1500), 1.5),
    ],
)
def test_durations(value: Any, expected: float) -> None:
    number = seconds(value, what="timeout")
    assert number == expected
    assert type(number) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        True,
        None,
        [5],
        b"5m",
        float("nan"),
        float("inf"),
        "",
        "m",
        "five minutes",
        "30m1h",
        "5m5m",
        "1.5.2h",
        "1e3",
        "P",
        "PT",
        "P1M",
        "PT1D",
        "P1DTx",
        "Px",
        "+5",
        "5m30",
        "9" * 31,
    ],
)
def test_what_is_no_duration(value: Any) -> None:
    with pytest.raises(OptionError) as caught:
        seconds(value, what="timeout", location=Location("pipeline.py", 3))
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    assert str(caught.value) == (
        f"pipeline.py:3: timeout must be a duration, got {shown}\n  hint: give a number of seconds, a timedelta, "
        'or text such as "90", "5m", "1h30m", "1.5h", "2d", "500ms"'
    )


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("1,5h", 'did you mean "1.5h"?'),
        ("1:30", 'did you mean "1h30m" or "1m30s"?'),
        ("0:45", 'did you mean "45m" or "45s"?'),
        ("1:00:05", 'did you mean "1h5s"?'),
    ],
)
def test_near_durations_get_a_suggestion(value: str, hint: str) -> None:
    with pytest.raises(OptionError) as caught:
        seconds(value, what="timeout")
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    "value", [0, -1, -0.5, "0", "-5", "0s", timedelta(), timedelta(seconds=-1), "0.0000001"]
)
def test_durations_are_more_than_zero(value: Any) -> None:
    with pytest.raises(OptionError, match="heartbeat must be longer than 0 seconds, got "):
        seconds(value, what="heartbeat")


def test_bounds_of_durations() -> None:
    assert seconds(0, what="delay", minimum=0) == 0
    assert seconds("15m", what="timeout", maximum=900) == 900
    with pytest.raises(OptionError) as low:
        seconds("10s", what="interval", minimum=60, reason="a schedule runs at most once a minute")
    assert str(low.value) == (
        "interval must be at least 60 seconds (1m) (a schedule runs at most once a minute), got '10s'\n"
        '  hint: give "1m" or more'
    )
    with pytest.raises(OptionError) as high:
        seconds("1h", what="timeout", maximum=900, reason="Lambda stops after 15 minutes")
    assert str(high.value) == (
        "timeout must be at most 900 seconds (15m) (Lambda stops after 15 minutes), got '1h'\n"
        '  hint: give "15m" or less'
    )


def test_whole_seconds() -> None:
    assert seconds(2.0, what="interval", whole=True) == 2
    with pytest.raises(OptionError) as caught:
        seconds(1.5, what="interval", whole=True, reason="Step Functions waits whole seconds")
    assert str(caught.value) == (
        "interval must be a whole number of seconds (Step Functions waits whole seconds), got 1.5\n"
        "  hint: give 1 or 2"
    )
    with pytest.raises(OptionError, match=r"hint: give 1$"):
        seconds("500ms", what="interval", whole=True)


def test_durations_for_people() -> None:
    shown = [duration_text(n) for n in (0, 1, 59, 60, 3661, 90_000, 0.5, 2.0)]
    assert shown == [
        "0 seconds",
        "1 second",
        "59 seconds",
        "60 seconds (1m)",
        "3661 seconds (1h1m1s)",
        "90000 seconds (1d1h)",
        "0.5 seconds",
        "2 seconds",
    ]


@given(
    st.tuples(
        st.integers(0, 40), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999)
    ),
    st.sampled_from(["", " "]),
)
def test_the_sum_of_the_parts(parts: tuple[int, ...], gap: str) -> None:
    units = ("d", "h", "m", "s", "ms")
    text = gap.join(f"{n}{u}" for n, u in zip(parts, units, strict=True))
    days, hours, minutes, secs, millis = parts
    meant = timedelta(days=days, hours=hours, minutes=minutes, seconds=secs, milliseconds=millis)
    assert parse_duration(text) == meant // timedelta(microseconds=1)
    assert parse_duration(f"P{days}DT{hours}H{minutes}M{secs}S") == (
        meant - timedelta(milliseconds=millis)
    ) // timedelta(microseconds=1)


@given(st.one_of(st.text(), st.text("0123456789.dhms PT-")))
def test_any_text_is_a_duration_or_an_option_error(text: str) -> None:
    try:
        number = seconds(text, what="timeout")
    except OptionError:
        return
    assert number > 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (512, 512),
        (512.0, 512),
        ("512", 512),
        ("512MB", 512),
        ("512 mb", 512),
        ("512MiB", 512),
        ("6GB", 6144),
        ("6g", 6144),
        ("1.5GiB", 1536),
        ("0.5TB", 524_288),
        ("2048KB", 2),
    ],
)
def test_sizes(value: Any, expected: int) -> None:
    number = mebibytes(value, what="memory")
    assert number == expected
    assert type(number) is int


@pytest.mark.parametrize(
    "value", [True, None, [1], float("nan"), float("inf"), "", "big", "6XB", "1e3", "GB", "6 G B"]
)
def test_what_is_no_size(value: Any) -> None:
    with pytest.raises(OptionError) as caught:
        mebibytes(value, what="memory", location="pipeline.py:3")
    assert str(caught.value) == (
        f"pipeline.py:3: memory must be a size in megabytes, got {value!r}\n"
        '  hint: give a number of megabytes, or text such as "512MB", "6GB", "1.5GB"'
    )


@pytest.mark.parametrize("value", [0, -1, "0", "-2GB", "0.5MB", -0.5])
def test_sizes_are_more_than_zero(value: Any) -> None:
    with pytest.raises(OptionError) as caught:
        mebibytes(value, what="memory")
    assert str(caught.value) == f'memory must be at least 1 MB, got {value!r}\n  hint: give "1MB" or more'


@pytest.mark.parametrize(("value", "hint"), [("0.3GB", '"307MB" or "308MB"'), (512.5, '"512MB" or "513MB"')])
def test_sizes_are_whole(value: Any, hint: str) -> None:
    with pytest.raises(OptionError) as caught:
        mebibytes(value, what="memory")
    assert (
        str(caught.value) == f"memory must be a whole number of megabytes, got {value!r}\n  hint: give {hint}"
    )


@pytest.mark.parametrize(
    ("value", "problem", "hint"),
    [
        (6, "at least 128 MB", 'did you mean "6GB"? Plain numbers are megabytes'),
        ("6", "at least 128 MB", 'did you mean "6GB"? Plain numbers are megabytes'),
        ("6MB", "at least 128 MB", 'give "128MB" or more'),
        (100, "at least 128 MB", 'give "128MB" or more'),
        ("20GB", "at most 10240 MB", 'give "10240MB" or less'),
        (10240.5, "at most 10240 MB", 'give "10240MB" or less'),
        (20_000, "at most 10240 MB", 'give "10240MB" or less'),
        (536_870_912, "at most 10240 MB", 'did you mean "512MB"? Plain numbers are megabytes'),
    ],
)
def test_bounds_of_sizes(value: Any, problem: str, hint: str) -> None:
    with pytest.raises(OptionError) as caught:
        mebibytes(value, what="memory", minimum=128, maximum=10240, reason="what Lambda offers")
    assert (
        str(caught.value) == f"memory must be {problem} (what Lambda offers), got {value!r}\n  hint: {hint}"
    )


def test_the_bounds_themselves_are_fine() -> None:
    assert [mebibytes(n, what="memory", minimum=128, maximum=10240) for n in (128, "10GB")] == [128, 10240]
