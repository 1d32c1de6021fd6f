"""Fields of JSONPath states that use no path at all: their values are what is written."""

from __future__ import annotations

from collections.abc import Mapping

from flowdeco.asl.model import JSON, Field, Unset
from flowdeco.engine.fields import Expected, Settle, Value
from flowdeco.engine.strand import Visit


class LiteralLanguage:
    """Compiles the fields of one state. See `Language`. `Output` is not a field of such states."""

    context = False

    def value(self, field: Field, name: str, expected: Expected | None = None) -> Value | None:
        return None if isinstance(field, Unset) else LiteralField(field)

    def settle(self, assign: Field, output: Field, prefix: str = "") -> Settle:
        return LiteralSettle(None if isinstance(assign, Unset) else assign)


class LiteralField:
    __slots__ = ("_value",)

    def __init__(self, value: JSON) -> None:
        self._value = value

    def read(self, visit: Visit) -> JSON:
        return self._value


class LiteralSettle:
    __slots__ = ("_assign",)

    def __init__(self, assign: Mapping[str, JSON] | None) -> None:
        self._assign = assign

    def settle(self, visit: Visit, result: JSON) -> tuple[Mapping[str, JSON] | None, JSON]:
        return self._assign, result
