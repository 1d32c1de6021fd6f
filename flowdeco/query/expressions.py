"""Compiled expressions: pure variable paths by themselves, everything else through the engine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from flowdeco.query.defaults import compile_default
from flowdeco.query.paths import UNSURE, compile_path
from flowdeco.query.values import JSON, Ambient

if TYPE_CHECKING:
    from flowdeco.query.bridge import Program

CACHE_SIZE: Final = 4096


class Expression:
    """One JSONata expression. Made by `compile_expression`; immutable, usable from any thread."""

    __slots__ = ("_path", "_program", "source")

    source: str
    """The text between `{%` and `%}`, without the blanks around it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._path = compile_path(source) or compile_default(source)
        # These ask the engine only when they meet what is not an object on their way: most never do.
        self._program = None if self._path is not None else _program(source)

    def evaluate(self, variables: Mapping[str, JSON], ambient: Ambient | None = None) -> JSON:
        """The value for `variables` (names without `$`), or `UNDEFINED`.

        Variables are never changed. The result is plain JSON and may share parts with the variables: treat
        both as immutable. Raises QueryError when evaluation fails, takes more than a second or yields a
        function. Give `ambient` to make `$random()`, `$uuid()`, `$now()` and the like repeatable.

        >>> compile_expression("$model.loss").evaluate({"model": {"loss": 1.5}})
        1.5
        """
        if self._path is not None:
            value = self._path(variables)
            if value is not UNSURE:
                return value
            if self._program is None:
                self._program = _program(self.source)
        assert self._program is not None
        return self._program.evaluate(variables, ambient)

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


def _program(source: str) -> Program:
    from flowdeco.query.bridge import Program  # takes a while to import, and many workflows never need it

    return Program(source)


@lru_cache(maxsize=CACHE_SIZE)
def compile_expression(source: str) -> Expression:
    """Compiles the text of an expression (see `inner`). Cached. Raises QueryError("syntax").

    >>> compile_expression("$sum($losses) / $count($losses)").evaluate({"losses": [1, 2, 6]})
    3
    """
    return Expression(source.strip())


def is_expression(text: str) -> bool:
    """Whether a string of a definition is an expression: starts with `{%` and ends with `%}`, exactly.

    >>> [is_expression(text) for text in ("{% $x %}", " {% $x %}", "{%}")]
    [True, False, False]
    """
    return len(text) >= 4 and text.startswith("{%") and text.endswith("%}")


def inner(text: str) -> str:
    """The expression in `{% ... %}`, without the blanks around it.

    >>> inner("{% $x %}")
    '$x'
    """
    return text[2:-2].strip()
