"""Durations and sizes, written as numbers or as text: `timeout="1h30m"`, `memory="6GB"`.

Durations are read with integers only (microseconds), so `"0.1s"` and `"1.1h"` are exact.
"""

from __future__ import annotations

import sys
from math import isfinite
from typing import TYPE_CHECKING, Any

from flowdeco.errors import Location, OptionError

if TYPE_CHECKING:
    from datetime import timedelta

_SECOND = 1_000_000
_UNITS: dict[str, int] = {
    **dict.fromkeys(("w", "week", "weeks"), 604_800 * _SECOND),
    **dict.fromkeys(("d", "day", "days"), 86_400 * _SECOND),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600 * _SECOND),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60 * _SECOND),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), _SECOND),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 1_000),
}
_KIBIBYTES: dict[str, int] = {
    **dict.fromkeys(("kb", "kib", "k"), 1),
    **dict.fromkeys(("mb", "mib", "m"), 1024),
    **dict.fromkeys(("gb", "gib", "g"), 1024**2),
    **dict.fromkeys(("tb", "tib", "t"), 1024**3),
}
_DURATIONS = 'a number of seconds, a timedelta, or text such as "90", "5m", "1h30m", "1.5h", "2d", "500ms"'
_SIZES = 'a number of megabytes, or text such as "512MB", "6GB", "1.5GB"'


def seconds(
    value: int | float | str | timedelta,
    *,
    what: str,
    minimum: float | None = None,
    maximum: float | None = None,
    whole: bool = False,
    reason: str = "",
    location: Location | str | None = None,
) -> int | float:
    """The duration `value` in seconds: an int when it is whole, else a float.

    Numbers are seconds. Text is a number of seconds, or numbers with the units w, d, h, m, s, ms (also
    spelled out), largest first, or an ISO 8601 duration such as "PT1H30M". `what` names the option in errors.
    Without a `minimum` the duration must be more than zero; `minimum=0` allows zero. `whole` refuses fractions of a
    second. `reason` says why the bounds are what they are and is added to their errors.
    Raises `OptionError`.

    >>> seconds("1h30m", what="timeout"), seconds("500ms", what="timeout"), seconds(90, what="timeout")
    (5400, 0.5, 90)
    """

    def refuse(problem: str, hint: str) -> OptionError:
        return OptionError(f"{what} {problem}, got {_shown(value)}", location=location, hint=hint)

    micros = _microseconds(value)
    if micros is None:
        better = _better_duration(value) if isinstance(value, str) else None
        raise refuse("must be a duration", f"did you mean {better}?" if better else f"give {_DURATIONS}")
    number = _plain(micros)
    suffix = f" ({reason})" if reason else ""
    if minimum is None and micros <= 0:
        raise refuse(f"must be longer than 0 seconds{suffix}", f"give {_DURATIONS}")
    if minimum is not None and number < minimum:
        raise refuse(
            f"must be at least {duration_text(minimum)}{suffix}", f'give "{_short(minimum)}" or more'
        )
    if maximum is not None and number > maximum:
        raise refuse(f"must be at most {duration_text(maximum)}{suffix}", f'give "{_short(maximum)}" or less')
    if whole and micros % _SECOND:
        below = micros // _SECOND
        choices = f"{below} or {below + 1}" if below else "1"
        raise refuse(f"must be a whole number of seconds{suffix}", f"give {choices}")
    return number


def mebibytes(
    value: int | float | str,
    *,
    what: str,
    minimum: int | None = None,
    maximum: int | None = None,
    reason: str = "",
    location: Location | str | None = None,
) -> int:
    """The size `value` in whole mebibytes, which AWS writes as MB: 1 GB is 1024 MB here, as in Lambda's memory setting.

    Numbers, and text without a unit, are MB. Units are KB, MB, GB, TB, in any case; KiB, MiB, GiB, TiB mean the same.
    `what` names the option in errors. Without a `minimum` the size must be more than zero; `reason` says why the
    bounds are what they are and is added to their errors. Raises `OptionError`.

    >>> mebibytes("6GB", what="memory"), mebibytes("1.5GiB", what="memory"), mebibytes(512, what="memory")
    (6144, 1536, 512)
    """

    def refuse(problem: str, hint: str) -> OptionError:
        return OptionError(f"{what} {problem}, got {_shown(value)}", location=location, hint=hint)

    size = _size(value)
    if size is None:
        raise refuse("must be a size in megabytes", f"give {_SIZES}")
    kibibytes, rest = size
    number = kibibytes // 1024
    suffix = f" ({reason})" if reason else ""
    least = 1 if minimum is None else minimum
    plain = not isinstance(value, str) or value.strip().isdigit()
    if kibibytes < least * 1024:
        fits = plain and _between(number * 1024, least, maximum)
        hint = (
            f'did you mean "{number}GB"? Plain numbers are megabytes' if fits else f'give "{least}MB" or more'
        )
        raise refuse(f"must be at least {least} MB{suffix}", hint)
    if maximum is not None and (number > maximum or (number == maximum and (kibibytes % 1024 or rest))):
        as_bytes = number // 1024**2
        fits = plain and _between(as_bytes, least, maximum)
        hint = (
            f'did you mean "{as_bytes}MB"? Plain numbers are megabytes'
            if fits
            else f'give "{maximum}MB" or less'
        )
        raise refuse(f"must be at most {maximum} MB{suffix}", hint)
    if kibibytes % 1024 or rest:
        raise refuse("must be a whole number of megabytes", f'give "{number}MB" or "{number + 1}MB"')
    return number


def parse_duration(text: str) -> int | None:
    """`text` in microseconds, or None when it is not a duration with units (`"1h30m"`, `"PT5M"`).

    >>> parse_duration("1.5s"), parse_duration("P1DT2H"), parse_duration("90")
    (1500000, 93600000000, None)
    """
    if text[:1] in ("P", "p"):
        return _parse_iso(text[1:].lower())
    return _parse_units(text, _UNITS)


def duration_text(value: float) -> str:
    """A number of seconds for people.

    >>> duration_text(5400), duration_text(1), duration_text(0.5)
    ('5400 seconds (1h30m)', '1 second', '0.5 seconds')
    """
    short = _short(value)
    plain = f"{value:g}" if isinstance(value, float) and value % 1 else f"{int(value)}"
    unit = "second" if value == 1 else "seconds"
    return f"{plain} {unit}" if short in (f"{plain}s", plain) else f"{plain} {unit} ({short})"


def _short(value: float) -> str:
    """`5400` as `1h30m`; what is not whole stays a number of seconds."""
    if value % 1:
        return f"{value:g}s"
    rest, parts = int(value), []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _plain(micros: int) -> int | float:
    whole, rest = divmod(micros, _SECOND)
    return micros / _SECOND if rest else whole


def _microseconds(value: object) -> int | None:
    """`value` in microseconds, or None when it is no duration."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value * _SECOND
    if isinstance(value, float):
        return round(value * _SECOND) if isfinite(value) else None
    if isinstance(value, str):
        text = value.strip()
        number = _digits(text.removeprefix("-"))
        if number is None:
            return parse_duration(text)
        scaled = number[0] * _SECOND // number[1]
        return -scaled if text.startswith("-") else scaled
    # A timedelta can only arrive when its module is loaded; importing it here would cost everybody else.
    datetime: Any = sys.modules.get("datetime")
    if datetime is not None and isinstance(value, datetime.timedelta):
        return int(value // datetime.timedelta(microseconds=1))
    return None


def _parse_units(text: str, units: dict[str, int]) -> int | None:
    """The sum of `<number><unit>` parts, units strictly falling; None when `text` is anything else."""
    total, last, rest = 0, sys.maxsize, text.strip().lower()
    while rest:
        number_end = _span(rest, "0123456789.")
        number = _digits(rest[:number_end])
        rest = rest[number_end:].lstrip()
        unit_end = _span(rest, "abcdefghijklmnopqrstuvwxyz")
        size = units.get(rest[:unit_end])
        rest = rest[unit_end:].lstrip()
        if number is None or size is None or size >= last:
            return None
        total, last = total + number[0] * size // number[1], size
    return total if last != sys.maxsize else None


def _parse_iso(text: str) -> int | None:
    """What follows the P of an ISO 8601 duration, in lower case: `1dt2h30m`. Years and months have no fixed length."""
    days, clock, time = text.partition("t")
    total = 0
    if days or not clock:
        size = _parse_units(days, {"w": _UNITS["w"], "d": _UNITS["d"]})
        if size is None:
            return None
        total = size
    if clock:
        size = _parse_units(time, {unit: _UNITS[unit] for unit in "hms"})
        if size is None:
            return None
        total += size
    return total


def _better_duration(text: str) -> str | None:
    """What `text` was probably meant to be, spelled as a duration and in quotes, or None."""
    candidates = [text.replace(",", ".")]
    parts = text.split(":")
    if len(parts) in (2, 3) and all(part.isdigit() for part in parts):
        spellings = ("hms",) if len(parts) == 3 else ("hm", "ms")
        candidates = [
            "".join(f"{int(n)}{u}" for n, u in zip(parts, units, strict=True) if int(n))
            for units in spellings
        ]
    return " or ".join(f'"{c}"' for c in candidates if _microseconds(c)) or None


def _size(value: object) -> tuple[int, int] | None:
    """`value` in whole KiB and whether anything is left over (not 0); None when it is no size."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value * 1024, 0
    if isinstance(value, float):
        if not isfinite(value):
            return None
        kibibytes = value * 1024
        return int(kibibytes // 1), int(kibibytes % 1 != 0)
    if not isinstance(value, str):
        return None
    text = value.strip().lower()
    negative, text = text.startswith("-"), text.removeprefix("-")
    end = _span(text, "0123456789.")
    number, unit = _digits(text[:end]), _KIBIBYTES.get(text[end:].lstrip() or "mb")
    if number is None or unit is None:
        return None
    kibibytes, rest = divmod(number[0] * unit, number[1])
    return (-kibibytes if negative else kibibytes), int(rest != 0)


def _between(size: int, least: int, most: int | None) -> bool:
    return size >= least and (most is None or size <= most)


def _span(text: str, characters: str) -> int:
    """How many characters at the start of `text` are among `characters`."""
    return len(text) - len(text.lstrip(characters))


def _digits(text: str) -> tuple[int, int] | None:
    """`"1.5"` as (15, 10); None when `text` is not plain digits with at most one point."""
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 30:
        return None
    return int(digits), 10 ** len(fraction)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
