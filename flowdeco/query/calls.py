"""Calls of intrinsic functions: `States.Format('{} rows', States.ArrayLength($.rows))`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from flowdeco.query.errors import PathError
from flowdeco.query.intrinsics import INTRINSICS, RANDOM
from flowdeco.query.jsonpath import JsonPath, Variables, compile_jsonpath
from flowdeco.query.jsonpath_syntax import ARGUMENT, Reader
from flowdeco.query.values import JSON, UNDEFINED, Ambient, compact

Argument: TypeAlias = Callable[[JSON, Variables, Ambient], JSON]

_NAME = re.compile(r"States\.(\w+)\s*\(")
_WORD = re.compile(r"(true|false|null)\b")
_ESCAPED = re.compile(r"\\([{}\\])")
_WORDS: dict[str, JSON] = {"true": True, "false": False, "null": None}
_NO_CHANCE = Ambient()


class IntrinsicCall:
    """One call. Made by `compile_call`; immutable, usable from any thread.

    `context`: it reads the context object. `random`: it depends on chance.
    """

    __slots__ = ("_call", "context", "random", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.random = False
        self.context = False
        reader = Reader(text)
        reader.skip_blanks()
        try:
            self._call = self._read_call(reader)
        except RecursionError:
            raise PathError(f"'{text}' is nested too deeply") from None
        reader.skip_blanks()
        reader.end()

    def find(self, data: JSON, variables: Variables, ambient: Ambient = _NO_CHANCE) -> JSON:
        """The result. Raises PathError.

        >>> compile_call("States.MathAdd($.n, 1)").find({"n": 1}, {})
        2
        """
        try:
            return self._call(data, variables, ambient)
        except RecursionError:
            problem = "The data is nested too deeply."
            raise PathError(f"The function '{self.text}' had the following error: {problem}") from None
        except PathError as error:
            raise PathError(f"The function '{self.text}' had the following error: {error}") from None

    def _read_call(self, reader: Reader) -> Argument:
        name = reader.match(_NAME)
        if name is None or name[1] not in INTRINSICS:
            raise reader.error("expected an intrinsic function")
        function, least, most = INTRINSICS[name[1]]
        self.random = self.random or name[1] in RANDOM
        arguments: list[Argument] = []
        reader.skip_blanks()
        if not reader.take(")"):
            arguments.append(self._read_argument(reader, raw=name[1] == "Format"))
            while reader.comma():
                arguments.append(self._read_argument(reader))
            reader.skip_blanks()
            reader.expect(")")
        if len(arguments) < least or (most is not None and len(arguments) > most):
            raise PathError(f"States.{name[1]} does not take {len(arguments)} arguments in '{self.text}'")
        return lambda data, variables, ambient: function(
            [argument(data, variables, ambient) for argument in arguments], ambient
        )

    def _read_argument(self, reader: Reader, raw: bool = False) -> Argument:
        """`raw`: the escapes in a text are left, because it is a template."""
        if reader.peek() == "$":
            path = compile_jsonpath(reader.path(ARGUMENT).text)
            self.context = self.context or path.context
            return _path_argument(path)
        if reader.text.startswith("States.", reader.position):
            return self._read_call(reader)
        value: JSON
        word = reader.match(_WORD)
        if reader.peek() == "'" and word is None:
            text = _quoted(reader)
            value = text if raw else _ESCAPED.sub(r"\1", text)
        else:
            value = reader.number() if word is None else _WORDS[word[1]]
        return lambda data, variables, ambient: value


def _quoted(reader: Reader) -> str:
    r"""A text between single quotes. Of the escapes only `\'` is resolved."""
    reader.expect("'")
    parts = []
    while not reader.take("'"):
        if not reader.peek():
            raise reader.error("the text in quotes does not end")
        if reader.take("\\"):
            parts.append("" if reader.peek() == "'" else "\\")
            if reader.peek() not in ("'", "\\"):
                continue
        parts.append(reader.peek())
        reader.position += 1
    return "".join(parts)


def _path_argument(path: JsonPath) -> Argument:
    def argument(data: JSON, variables: Variables, ambient: Ambient) -> JSON:
        value = path.find(data, variables)
        if value is UNDEFINED:
            raise PathError(missing("The JsonPath argument for the field", path, data, variables))
        return value

    return argument


def missing(what: str, path: JsonPath, data: JSON, variables: Variables, field: str = "") -> str:
    """The service's words for a path that finds nothing."""
    root = path.root(data, variables)
    shown = "" if root is UNDEFINED else compact(root)
    return f"{what} '{path.text}'{field} could not be found in the input '{shown}'"


@lru_cache(maxsize=4096)
def compile_call(text: str) -> IntrinsicCall:
    """Compiles a call. Cached. Raises PathError."""
    return IntrinsicCall(text)
