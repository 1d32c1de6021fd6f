"""From what the engine yields to plain JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from flowdeco.query.values import JSON

PLAIN: Final = frozenset([str, int, bool, type(None)])
"""Types of values that are JSON as they are."""

_BIG: Final = 32


class NotJSON(Exception):
    """The result holds a function."""


class Cleaner:
    """Makes an engine's result plain JSON: no list classes of its own, no functions, no infinities.

    What is plain already is shared, not copied. Big parts that come unchanged from the variables are not even
    looked at: variables are plain.
    """

    __slots__ = ("shared", "variables")

    def __init__(self, variables: Mapping[str, JSON]) -> None:
        self.variables = variables
        self.shared: set[int] | None = None

    def clean(self, value: Any) -> JSON:
        """`value`, which is of no type in `PLAIN`, as plain JSON. Raises NotJSON."""
        kind = value.__class__
        if kind is float:
            # JSON has no such numbers; the service writes the names JavaScript gives them.
            if math.isfinite(value):
                return value
            return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
        if isinstance(value, (list, dict)):
            if len(value) > _BIG and id(value) in self._shared():
                return value
            return self._clean_list(value) if isinstance(value, list) else self._clean_dict(value)
        raise NotJSON

    def _clean_list(self, items: list[Any]) -> JSON:
        result = items if items.__class__ is list else list(items)
        for i, item in enumerate(items):
            if item.__class__ not in PLAIN:
                new = self.clean(item)
                if new is not item:
                    if result is items:
                        result = list(items)
                    result[i] = new
        return result

    def _clean_dict(self, items: dict[str, Any]) -> JSON:
        result = items
        for key, item in items.items():
            if item.__class__ not in PLAIN:
                new = self.clean(item)
                if new is not item:
                    if result is items:
                        result = dict(items)
                    result[key] = new
        return result

    def _shared(self) -> set[int]:
        """The identities of what is big in the variables, down to a few levels of objects."""
        if self.shared is None:
            self.shared = set()
            level = list(self.variables.values())
            for _ in range(5):
                containers = [value for value in level if value.__class__ in (list, dict)]
                self.shared.update(map(id, containers))
                level = [
                    item
                    for value in containers
                    if value.__class__ is dict and len(value) <= _BIG
                    for item in value.values()
                ]
        return self.shared
