"""What the spelling of an operation works with: the JSONata of its arguments, names of its own, precedence.

An operation may be given what is not there: a missing key is *undefined* in JSONata, where Python raises. Most
operators pass undefined on, and at the top of an expression the service fails; those are `strict` in their arguments.
Others swallow it (`=`, `&`, `$count`, objects, conditions): what they are given is guarded with `$error`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, TypeAlias

from flowdeco.graph.expressions import (
    Expression,
    Function,
    Literal,
    Local,
    Operation,
    Symbol,
    children,
    leaves,
)
from flowdeco.query import FUNCTIONS, literal

ATOM = 80
_UNARY = 70
_LEVELS = {
    "*": 60,
    "/": 60,
    "%": 60,
    "+": 50,
    "-": 50,
    "&": 50,
    "=": 40,
    "!=": 40,
    "<": 40,
    "<=": 40,
    ">": 40,
    ">=": 40,
    "in": 40,
    "~>": 40,
    "and": 30,
    "or": 25,
    "?": 20,
    ":": 20,
    "..": 20,
    ":=": 10,
}
_VARIABLE = re.compile(r"\$(\w+)")
VARIABLE = re.compile(r"\$\w+")
_PATH = re.compile(r"\$\w+(\.\w+)+")
_CALL = re.compile(r"\$\w+\($")
_LATER = re.compile(r":=|\?|\band\b|\bor\b|function")
_QUOTED = re.compile(r""" "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | `[^`]*` """, re.X | re.S)
_OPENING = re.compile(r"\(\$\w+ := ")
_PLAIN = re.compile(r"\$\w+|-?\d+(\.\d+)?|true|false|null")
_NUMBER = re.compile(r"-[\d.]+(e[-+]?\d+)?")


class Names(Protocol):
    """The JSONata of every symbol that is in reach: a dict, or what looks into several."""

    def __getitem__(self, symbol: Symbol, /) -> str:
        """Raises KeyError for what is not in reach."""


class Parts(str):
    """The source of a tuple whose elements have sources of their own: nobody has to make the tuple to take it apart."""

    parts: tuple[str, ...]

    def __new__(cls, source: str, *parts: str) -> Parts:
        made = super().__new__(cls, source)
        made.parts = parts
        return made


Helper: TypeAlias = tuple[str, tuple[Expression, ...]]
"""A form, and which of its arguments are constants: what one function can do for several operations."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean at a place: symbols of the graph, parameters of the functions around it by number, and functions
    that operations which occur several times share."""

    names: Names
    locals: Mapping[int, str]
    helpers: Mapping[Helper, str] = field(default_factory=dict)

    def within(self, locals: Mapping[int, str]) -> Scope:
        """The scope inside a function with these parameters."""
        return Scope(self.names, {**self.locals, **locals}, self.helpers)


Spell: TypeAlias = Callable[[Expression, Scope, bool], str]
"""Expression, scope, whether undefined would be swallowed by what is around it → JSONata."""


class Args:
    """The arguments of one operation, as its spelling sees them.

    `a[0]`: its JSONata, in parentheses where an operator around it would need them. `a.bare(0)`: without, for between
    commas and brackets. `a.let(0, "n")`: a variable that holds it, for what is used more than once. `a.fresh("v")`: a
    variable that means nothing in any argument, for parameters of the spelling's own functions.
    """

    def __init__(
        self,
        arguments: tuple[Expression, ...],
        scope: Scope,
        strict: Callable[[int], bool],
        spell: Spell,
        swallowed: bool,
    ) -> None:
        self._arguments = arguments
        self._scope = scope
        self._strict = strict
        self._spell = spell
        self._swallowed = swallowed
        self._used: set[str] | None = None
        self._bindings: dict[int, tuple[str, str]] = {}
        self._sources: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._arguments)

    def __getitem__(self, i: int) -> str:
        return wrapped(self.bare(i))

    def bare(self, i: int) -> str:
        """The argument without parentheses; its variable where `let` was asked before."""
        if i in self._bindings:
            return self._bindings[i][0]
        if i not in self._sources:
            swallowed = self._swallowed or not self._strict(i)
            self._sources[i] = self._spell(self._arguments[i], self._scope, swallowed)
        return self._sources[i]

    def expression(self, i: int) -> Expression:
        """The argument as the graph has it."""
        return self._arguments[i]

    def constant(self, i: int) -> object:
        """The value of an argument that is a literal."""
        argument = self._arguments[i]
        assert isinstance(argument, Literal)
        return argument.value

    def is_none(self, i: int) -> bool:
        """Whether the argument is the constant None, or was not given at all."""
        return i >= len(self._arguments) or self._arguments[i] == Literal(None)

    def let(self, i: int, hint: str) -> str:
        """A variable that holds the argument; the argument itself when that is a variable or a short constant."""
        source = self.bare(i)
        if i in self._bindings or _PLAIN.fullmatch(source):
            return source
        name = self.fresh(hint)
        self._bindings[i] = (name, source)
        return name

    def fresh(self, hint: str) -> str:
        """A variable name (with `$`) that no argument and no function uses."""
        return _new(hint, self._names())

    def _names(self) -> set[str]:
        if self._used is None:
            self._used = taken(self._arguments, self._scope)
        return self._used

    def function(self, i: int, *hints: str) -> str:
        """A Function as `function($r){ … }`; parameters are named as in the source unless hints say otherwise."""
        return spelled_function(self._lambda(i), self._scope, self._spell, hints)

    def body(self, i: int, *variables: str) -> str:
        """What a Function does with the given variables (each `$name`), between commas and brackets."""
        made = self._lambda(i)
        return self._spell(made.body, self._scope.within(dict(zip(made.parameters, variables))), True)

    def within(self, expression: Expression, locals: Mapping[int, str]) -> str:
        """An expression inside the arguments, where parameters have these sources."""
        return self._spell(expression, self._scope.within(locals), True)

    def inside(self, i: int) -> Args:
        """The arguments of the operation that an argument is. New names are new in all of them."""
        made = self._arguments[i]
        assert isinstance(made, Operation)
        inner = Args(made.arguments, self._scope, lambda i: False, self._spell, True)
        inner._used = self._names()
        return inner

    def _lambda(self, i: int) -> Function:
        made = self._arguments[i]
        assert isinstance(made, Function)
        return made

    def guarded(self, result: str, refusal: str) -> str:
        """A result that may be undefined: it fails by itself where undefined would be swallowed."""
        if not self._swallowed:
            return result
        name = self.fresh("found")
        return f"({name} := {result}; $exists({name}) ? {name} : {refusal})"

    def finished(self, result: str) -> str:
        """The result, with the variables it uses bound before it."""
        if not self._bindings:
            return result
        bound = ""
        for name, source in self._bindings.values():
            if (_is_short(source) and _may_stand(name, source, result)) or _used_at_once(
                name, source, result
            ):
                result = re.sub(re.escape(name) + r"\b", source.replace("\\", r"\\"), result)
            else:
                bound += f"{name} := {source}; "
        if not bound:
            return result
        if (
            _OPENING.match(result)
            and closes_at_end(result)
            and not any(f"{n} :=" in result for n in self._own())
        ):
            result = result[1:-1]
        return f"({bound}{result})"

    def _own(self) -> Iterable[str]:
        return (name for name, _ in self._bindings.values())


def _used_at_once(name: str, source: str, result: str) -> bool:
    """Whether a variable is used once, as an argument, before anything is decided, named or repeated."""
    before, *after = re.split(re.escape(name) + r"\b", result)
    return (
        len(after) == 1
        and _CALL.search(before) is not None
        and binding(source) == ATOM
        and _LATER.search(before) is None
        and before.count("'") % 2 == before.count('"') % 2 == before.count("`") % 2 == 0
    )


def _is_short(source: str) -> bool:
    return len(source) <= 24 and _PATH.fullmatch(source) is not None


def _may_stand(name: str, source: str, result: str) -> bool:
    """Whether a path may be written where its variable is: not too often, and nothing else has that name."""
    use = re.escape(name) + r"\b"
    uses = len(re.findall(use, result))
    if uses != len(re.findall(use, _QUOTED.sub("", result))):
        return False  # a text has the letters of its name
    again = re.search(re.escape(name) + r"( :=|\b[^(){}]*\)\{)", result)
    first = re.search(_first_name(source) + r"( :=|\b[^(){}]*\)\{)", result)
    return uses * len(source) <= 48 and again is None and first is None


def _first_name(source: str) -> str:
    return re.escape(source.partition(".")[0])


Write: TypeAlias = Callable[[Args], str]


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a form is written. `strict`: positions of arguments where undefined makes the whole undefined or fail.
    `shared`: the name of a function that does it where it is done several times; none: it is written every time."""

    write: Write
    strict: Callable[[int], bool]
    shared: str = ""


Spellings: TypeAlias = Mapping[str, Spelling]


def strict(*positions: int) -> Callable[[Write], Spelling]:
    """For a spelling that is strict in these arguments; in all of them when none is named."""
    return lambda write: Spelling(write, lambda i: not positions or i in positions)


def swallowing(write: Write) -> Spelling:
    """For a spelling that makes something of undefined: every argument is guarded."""
    return Spelling(write, lambda i: False)


def call(name: str) -> Spelling:
    """A function of JSONata with the arguments as they come; undefined in, undefined out."""
    return strict()(lambda a: f"${name}({', '.join(a.bare(i) for i in range(len(a)))})")


def infix(operator: str) -> Spelling:
    """An operator between two arguments; undefined in, undefined out."""
    return strict()(lambda a: between(a.bare(0), operator, a.bare(1)))


def swallowing_infix(operator: str) -> Spelling:
    """An operator between two arguments that makes something of undefined."""
    return swallowing(lambda a: between(a.bare(0), operator, a.bare(1)))


def between(left: str, operator: str, right: str) -> str:
    """Two operands around an operator, in parentheses only where they need them."""
    own = _LEVELS[operator]
    return f"{wrapped(left, own + 1 if own == 40 else own)} {operator} {wrapped(right, own + 1)}"


def error(text: str) -> str:
    """A call that fails with a text: `KeyError: 'k'`."""
    return f"$error({literal(text)})"


def spelled_function(made: Function, scope: Scope, spell: Spell, hints: tuple[str, ...] = ()) -> str:
    """A function of the graph as one of JSONata."""
    used = taken((made.body,), scope)
    variables = [_new(name, used) for name in hints or made.names]
    inner = scope.within(dict(zip(made.parameters, variables)))
    return f"function({', '.join(variables)}){{ {spell(made.body, inner, True)} }}"


def taken(expressions: Iterable[Expression], scope: Scope) -> set[str]:
    """Names that expressions read, and those of functions: what a new variable may not be called."""
    used = set(FUNCTIONS)
    used.update(name[1:] for name in scope.helpers.values())
    for expression in expressions:
        for symbol in leaves(expression):
            used.update(_VARIABLE.findall(scope.names[symbol]))
        stack = [expression]
        while stack:
            top = stack.pop()
            if isinstance(top, Local) and top.number in scope.locals:
                used.update(_VARIABLE.findall(scope.locals[top.number]))
            stack.extend(children(top))
    return used


def fresh(hint: str, expressions: Iterable[Expression], scope: Scope) -> str:
    """A variable name (with `$`) that means nothing in these expressions."""
    return _new(hint, taken(expressions, scope))


def _new(hint: str, used: set[str]) -> str:
    name, count = hint, 2
    while name in used:
        name, count = f"{hint}{count}", count + 1
    used.add(name)
    return f"${name}"


def wrapped(source: str, level: int = ATOM) -> str:
    """The source in parentheses when it binds looser than a level."""
    return source if binding(source) >= level else f"({source})"


@lru_cache(maxsize=4096)
def binding(source: str) -> int:
    """How tightly an expression binds: the level of its loosest operator outside brackets. Operators have blanks around."""
    found = ATOM
    if source.startswith("-") and not _NUMBER.fullmatch(source):
        found = _UNARY
    for word in _outside(source).split():
        found = min(found, _LEVELS.get(word, ATOM))
    return found


_TOKEN = re.compile(
    r""" "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | `[^`]*` | (?<=[(,])\s*/(?:[^/\\]|\\.)+/ | [(\[{] | [)\]}] """,
    re.X | re.S,
)


def _outside(source: str) -> str:
    """What is outside of brackets and quotes."""
    parts: list[str] = []
    depth = done = 0
    for token in _TOKEN.finditer(source):
        if not depth:
            parts.append(source[done : token.start()])
        done = token.end()
        if token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth -= 1
    return "".join((*parts, source[done:]))


def closes_at_end(source: str) -> bool:
    """Whether the bracket that opens first closes with the last character."""
    depth = 0
    for token in _TOKEN.finditer(source):
        if token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth -= 1
            if not depth:
                return token.end() == len(source)
    return False
