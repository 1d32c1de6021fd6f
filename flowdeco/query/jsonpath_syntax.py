"""JSONPath as text → steps. Which paths there are is what Jayway's library reads, which the service runs on.

    $.order['item list'][0]      $.rows[?(@.price < $.limit && @.kind in ['a', 'b'])].name
    $$.Execution.Name            $totals[1:].sum()              $..id

A path starts at `$` (the data), `$$` (the context object), `$name` (a variable) or, in a filter, `@` (the item).
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Final

from flowdeco.query.errors import PathError
from flowdeco.query.jsonpath_nodes import (
    Combined,
    Comparison,
    Constant,
    Deep,
    Exists,
    Filter,
    Indices,
    Names,
    Negated,
    Operand,
    Path,
    Pattern,
    Root,
    Slice,
    Step,
    Test,
    Wildcard,
)
from flowdeco.query.values import JSON

FUNCTIONS: Final = frozenset(("length", "min", "max", "avg", "sum", "stddev", "keys"))
"""What a path may end with: `$.rows.length()`."""


_VARIABLE = re.compile(r"[^\W\d]\w*")
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_SLICE = re.compile(r"\s*(-?\d{1,9})?\s*:\s*(-?\d{1,9})?\s*(?::\s*(-?\d{1,9})?\s*)?\]", re.ASCII)
_OPERATOR = re.compile(
    r"==|!=|<=|>=|=~|<|>|(?:in|nin|subsetof|anyof|noneof|contains|size|empty)\b", re.IGNORECASE
)
_WORDS: dict[str, JSON] = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"true|false|null")
_PATTERN = re.compile(r"/((?:[^/\\]|\\.)*)/([a-zA-Z]*)")
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE, "u": re.UNICODE, "d": 0}

TOP: Final = " .[("
ARGUMENT: Final = " .[(),\t\r\n"
_FILTER: Final = " .[]()=<>!&|~,\t\r\n"
"""Where a name in dot notation ends: in a path on its own, in a function's argument, in a filter."""


def _key(step: Step) -> str | int | None:
    match step:
        case Names((name,)):
            return name
        case Indices((index,)):
            return index
        case _:
            return None


def parse_path(text: str) -> Path:
    """Reads a whole path. Raises PathError.

    >>> parse_path("$.rows[0]").steps
    (Names(names=('rows',)), Indices(indices=(0,)))
    """
    reader = Reader(text)
    try:
        path = reader.path(TOP)
    except RecursionError:
        raise PathError(f"'{text}' is nested too deeply") from None
    reader.end()
    return path


class Reader:
    """Reads from `position` on. Everything it reads it leaves behind."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def error(self, message: str) -> PathError:
        return PathError(f"{message} at character {self.position + 1} of '{self.text}'")

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def skip_blanks(self) -> None:
        while self.peek().isspace():
            self.position += 1

    def take(self, token: str) -> bool:
        """Whether `token` comes next; then it is left behind."""
        if not self.text.startswith(token, self.position):
            return False
        self.position += len(token)
        return True

    def expect(self, token: str) -> None:
        if not self.take(token):
            raise self.error(f"expected '{token}'")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found is not None:
            self.position = found.end()
        return found

    def end(self) -> None:
        if self.position < len(self.text):
            raise self.error("unexpected text")

    # ------------------------------------------------------------------------------------------------ paths

    def path(self, stops: str) -> Path:
        """A path; `stops` are the characters that end a name in dot notation."""
        begin = self.position
        root: Root = "data"
        variable = ""
        if self.take("@"):
            root = "item"
        elif self.take("$$"):
            root = "context"
        else:
            self.expect("$")
            name = self.match(_VARIABLE)
            if name is not None:
                root, variable = "variable", name[0]
        steps: list[Step] = []
        function = None
        while function is None:
            if self.take(".."):
                steps.append(self.deep(stops))
            elif self.take("."):
                step = self.dotted(stops)
                if isinstance(step, str):
                    function = step
                else:
                    steps.append(step)
            elif self.take("["):
                steps.append(self.bracket())
            else:
                break
        keys = [_key(step) for step in steps]
        definite = None not in keys[:-1] and (
            not keys or keys[-1] is not None or isinstance(steps[-1], Names)
        )
        plain = None if None in keys else tuple(key for key in keys if key is not None)
        text = self.text[begin : self.position]
        return Path(text, root, variable, tuple(steps), function, definite, plain)

    def deep(self, stops: str) -> Deep:
        step = self.bracket() if self.take("[") else self.dotted(stops)
        if isinstance(step, str):
            raise self.error("'..' needs a name, not a function")
        return Deep(step)

    def dotted(self, stops: str) -> Names | Wildcard | str:
        """What follows a dot: a name, `*`, or a function's name."""
        if self.take("*"):
            return Wildcard()
        begin = self.position
        while self.peek() and self.peek() not in stops:
            self.position += 1
        name = self.text[begin : self.position]
        if not name:
            raise self.error("expected a name")
        if self.take("()"):
            if name not in FUNCTIONS:
                raise self.error(f"there is no function '{name}'")
            return name
        return Names((name,))

    def bracket(self) -> Names | Indices | Slice | Wildcard | Filter:
        """What follows `[`, and the `]`."""
        self.skip_blanks()
        if self.take("*"):
            return self.closed(Wildcard())
        if self.take("?"):
            self.skip_blanks()
            self.expect("(")
            test = self.any_of()
            self.skip_blanks()
            self.expect(")")
            return self.closed(Filter(test))
        if self.peek() in ("'", '"') and self.peek():
            names = [self.string()]
            while self.comma():
                names.append(self.string())
            return self.closed(Names(tuple(names)))
        found = self.match(_SLICE)
        if found is not None:
            start, stop, step = (None if part is None else int(part) for part in found.groups())
            if step == 0:
                raise self.error("a slice cannot have step 0")
            return Slice(slice(start, stop, step))
        indices = [self.integer()]
        while self.comma():
            indices.append(self.integer())
        return self.closed(Indices(tuple(indices)))

    def closed(self, step: Names | Indices | Wildcard | Filter) -> Names | Indices | Wildcard | Filter:
        self.skip_blanks()
        self.expect("]")
        return step

    def comma(self) -> bool:
        self.skip_blanks()
        if not self.take(","):
            return False
        self.skip_blanks()
        return True

    def integer(self) -> int:
        found = self.match(_INTEGER)
        if found is None:
            raise self.error("expected a name in quotes, a whole number, '*' or '?'")
        return int(found[0])

    def string(self) -> str:
        """A text in quotes. A backslash stands for the character after it."""
        quote = self.peek()
        if quote not in ("'", '"') or not quote:
            raise self.error("expected a text in quotes")
        self.position += 1
        parts = []
        while self.peek() != quote:
            self.take("\\")
            if not self.peek():
                raise self.error("the text in quotes does not end")
            parts.append(self.peek())
            self.position += 1
        self.position += 1
        return "".join(parts)

    # ---------------------------------------------------------------------------------------------- filters

    def any_of(self) -> Test:
        tests = [self.all_of()]
        while self.operator("||"):
            tests.append(self.all_of())
        return tests[0] if len(tests) == 1 else Combined(False, tuple(tests))

    def all_of(self) -> Test:
        tests = [self.test()]
        while self.operator("&&"):
            tests.append(self.test())
        return tests[0] if len(tests) == 1 else Combined(True, tuple(tests))

    def operator(self, token: str) -> bool:
        self.skip_blanks()
        return self.take(token)

    def test(self) -> Test:
        self.skip_blanks()
        if self.take("!"):
            return Negated(self.test())
        if self.take("("):
            test = self.any_of()
            self.skip_blanks()
            self.expect(")")
            return test
        left = self.operand()
        self.skip_blanks()
        operator = self.match(_OPERATOR)
        if operator is not None:
            self.skip_blanks()
            return Comparison(left, operator[0].lower(), self.operand())
        if not isinstance(left, Path):
            raise self.error("expected an operator")
        return Exists(left)

    def operand(self) -> Operand:
        if self.peek() in ("@", "$") and self.peek():
            return self.path(_FILTER)
        pattern = self.match(_PATTERN)
        if pattern is None:
            return Constant(self.constant())
        flags = 0
        for letter in pattern[2]:
            flags |= _FLAGS.get(letter, 0)
        try:
            return Pattern(re.compile(pattern[1], flags))
        except re.error as error:
            raise self.error(f"the pattern is wrong ({error})") from error

    def constant(self) -> JSON:
        """A text in quotes, a number, true, false, null, or an array of such."""
        if self.peek() in ("'", '"') and self.peek():
            return self.string()
        if self.take("["):
            items: list[JSON] = []
            self.skip_blanks()
            while not self.take("]"):
                items.append(self.constant())
                if not self.comma():
                    self.expect("]")
                    break
            return items
        word = self.match(_WORD)
        if word is not None:
            return _WORDS[word[0]]
        return self.number()

    def number(self) -> int | float:
        found = self.match(_NUMBER)
        if found is None:
            raise self.error("expected a value")
        if _INTEGER.fullmatch(found[0]):
            return int(found[0])
        number = float(found[0])
        if not isfinite(number):
            raise self.error("the number is too large")
        return number
