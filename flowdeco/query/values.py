"""JSON values, and the one thing an expression can yield that JSON cannot spell: nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from random import Random

JSON: TypeAlias = Any
"""None, bool, int, float, str, list of JSON, or dict of str to JSON. Treated as immutable everywhere."""


class Undefined(Enum):
    """The type of `UNDEFINED`."""

    UNDEFINED = "UNDEFINED"

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined.UNDEFINED
"""The expression yields nothing. Not null: `{% $states.input.absent %}` against `{% null %}`."""


@dataclass(frozen=True, slots=True)
class Ambient:
    """What an expression reads besides its variables. Give it to make evaluation repeatable.

    `random` feeds `$random()`, `$shuffle` and `$uuid()` (default: the system's randomness); `$random(seed)`
    depends on its seed only. `now` is what `$now()` and `$millis()` tell, in milliseconds since 1970
    (default: the wall clock, read once per evaluation).
    """

    random: Random | None = None
    now: int | None = None


def type_name(value: JSON) -> str:
    """The service's word for the type of a JSON value.

    >>> [type_name(v) for v in (None, True, 1.5, "a", [], {})]
    ['null', 'boolean', 'number', 'string', 'array', 'object']
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def compact(value: JSON) -> str:
    """JSON as the service writes it into causes: no spaces, no escapes that are not needed."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
