"""The JSONata engine (the `jsonata2py` package) held to version 2.0.6 and to the dialect of Step Functions.

Importing this module imports the engine, which takes a while: only `flowdeco.query.expressions` and
`flowdeco.query.analysis` do, when they first need it.

The engine reads names of functions as it translates, so the functions the dialect adds or changes are renamed
in the source (`$random` becomes `$sfn__random`) and handed in as bound functions. The same goes for a
variable that has a function's name: `$count` is the variable when there is one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from jsonata2py import (
    MISSING,
    CompiledExpression,
    JsonataCompilationError,
    JsonataEvaluationError,
    JsonataExpressionFactory,
    JsonataFunctionArguments,
    ParseError,
)
from jsonata2py.parser import ast_nodes as ast
from jsonata2py.parser.lexer import Lexer
from jsonata2py.parser.parser import Parser
from jsonata2py.parser.tokens import Token, TokenType
from jsonata2py.runtime.core import fn_fromMillis
from jsonata2py.runtime.values import PackedArgs

from flowdeco.query.errors import Kind, QueryError
from flowdeco.query.functions import ADDED, FUNCTIONS, Function
from flowdeco.query.messages import STACK_OVERFLOW, TIMEOUT, evaluation_text, syntax_text
from flowdeco.query.results import PLAIN, Cleaner, NotJSON
from flowdeco.query.values import JSON, UNDEFINED, Ambient

TIME_LIMIT: Final = 1000
"""How long one expression may take, in milliseconds."""

_PREFIX: Final = "sfn__"
_SHADOW: Final = "var__"
_REPLACED: Final = frozenset(ADDED) | {"now", "eval"}
_NOWHERE: Final = Ambient()

_factory = JsonataExpressionFactory()
_VALUE_ENDS: Final = frozenset(
    [
        TokenType.STRING,
        TokenType.NUMBER,
        TokenType.TRUE,
        TokenType.FALSE,
        TokenType.NULL,
        TokenType.REGEX,
        TokenType.VARIABLE,
        TokenType.DOLLAR,
        TokenType.DOLLAR_DOLLAR,
        TokenType.IDENTIFIER,
        TokenType.AND,
        TokenType.OR,
        TokenType.IN,
        TokenType.NOT,
        TokenType.RPAREN,
        TokenType.RBRACKET,
        TokenType.RBRACE,
        TokenType.STAR,
        TokenType.STAR_STAR,
        TokenType.PERCENT,
        TokenType.PIPE,
    ]
)
_FOREIGN: Final = frozenset({"values", "flatten"})
"""Functions of this engine that JSONata does not have: the names are variables."""

_NEWER: Final = {ast.ElvisExpr: "?:", ast.CoalesceExpr: "??"}
_BAD_ESCAPE = re.compile(r"""(?:[^\\"]|\\[^'])*?\\'""")


# --- reading -----------------------------------------------------------------------------------------------


def parse(source: str) -> ast.AstNode:
    """The syntax tree. Raises QueryError: "syntax", or "evaluation" for a call that cannot work."""
    text = source
    try:
        text = _rewritten(source, _tokens(source), {})
        tree = Parser.parse(text)
        _check_questions(tree, text)
    except ParseError as error:
        raise _syntax_error(source, text, error) from error
    except RecursionError as error:
        raise QueryError("syntax", STACK_OVERFLOW, None, source) from error
    return tree


def _tokens(source: str) -> list[Token]:
    """The tokens of `source`, without what newer versions of JSONata have added since 2.0.6."""
    tokens: list[Token] = Lexer.tokenize(source)
    previous: TokenType | None = None
    for i, token in enumerate(tokens):
        is_prefix = token.type is TokenType.QUESTION and previous not in _VALUE_ENDS
        if is_prefix and tokens[i + 1].type is TokenType.LPAREN:
            raise ParseError("S0211", "not in 2.0.6", token.position)
        if token.type is TokenType.STRING:
            end = tokens[i + 1].position
            if _BAD_ESCAPE.match(_unquoted(source[token.position : end])):
                raise ParseError("S0103", "Unsupported escape sequence: \\'", token.position)
        previous = token.type
    return tokens


def _unquoted(literal: str) -> str:
    """What is between the quotes of a string literal that may be followed by blanks and comments."""
    quote, i = literal[0], 1
    while literal[i] != quote:
        i += 2 if literal[i] == "\\" else 1
    return literal[1:i]


def _rewritten(source: str, tokens: Iterable[Token], names: Mapping[str, str]) -> str:
    """`source` with `$name` spelled `$names[name]`, and `not`, a keyword only to this engine, quoted."""
    parts: list[str] = []
    done = 0
    for token in tokens:
        new: str | None = None
        if token.type is TokenType.VARIABLE and token.value in names:
            new, length = f"${names[token.value]}", len(token.value) + 1
        elif token.type is TokenType.NOT:
            new, length = "`not`", 3
        if new is not None:
            parts += (source[done : token.position], new)
            done = token.position + length
    return "".join(parts) + source[done:]


def _check_questions(tree: ast.AstNode, source: str) -> None:
    """Refuses `?:`, `??` and a `?` that is not an argument of a partial application."""
    pending: list[Any] = [tree]
    while pending:
        node = pending.pop()
        if type(node) in _NEWER:
            raise ParseError("S0211", "not in 2.0.6", source.find(_NEWER[type(node)]) + 1)
        if isinstance(node, ast.PartialPlaceholder):
            raise ParseError("S0211", "a placeholder outside of arguments", source.find("?"))
        if isinstance(node, (ast.PartialApplication, ast.FunctionCall, ast.LambdaCall)):
            pending += [arg for arg in node.args if not isinstance(arg, ast.PartialPlaceholder)]
        elif isinstance(node, list):
            pending += node
        elif is_dataclass(node):
            pending += [getattr(node, f.name) for f in fields(node)]


def _syntax_error(source: str, text: str, error: ParseError) -> QueryError:
    """`text` is what the engine was given, which is where the error's position counts."""
    raw = error.message.rpartition(" (position ")[0] or error.message
    code = error.error_code
    kind: Kind = "evaluation" if code is not None and code.startswith("T") else "syntax"
    return QueryError(kind, syntax_text(code, raw, text, error.position), code, source)


# --- compiling and evaluating ------------------------------------------------------------------------------


class Program:
    """An expression ready to be evaluated any number of times, from any thread."""

    __slots__ = (
        "_compiled",
        "_foreign",
        "_names",
        "_shadowable",
        "_source",
        "_time_limit",
        "_tokens",
        "_variants",
    )

    def __init__(self, source: str, time_limit: int = TIME_LIMIT) -> None:
        """Raises QueryError("syntax"). `time_limit` is in milliseconds."""
        self._source = source
        self._time_limit = time_limit
        try:
            self._tokens = _tokens(source)
            if "?" in source:
                parse(source)
        except ParseError as error:
            raise _syntax_error(source, source, error) from error
        except QueryError as error:
            if error.kind == "syntax":
                raise
        used = {token.value for token in self._tokens if token.type is TokenType.VARIABLE}
        self._names = {name: _PREFIX + name for name in used & _REPLACED}
        # Names that mean a function unless there is a variable of that name.
        self._shadowable = used & (FUNCTIONS | _REPLACED | _FOREIGN)
        self._foreign = frozenset(used & _FOREIGN)
        self._variants: dict[frozenset[str], CompiledExpression | _Refused] = {}
        self._compiled = self._compile(frozenset())

    def _compile(self, shadowed: frozenset[str]) -> CompiledExpression | _Refused:
        names = self._names | {name: _SHADOW + name for name in shadowed}
        text = _rewritten(self._source, self._tokens, names)
        try:
            compiled = _factory.compile(text)
        except JsonataCompilationError as error:
            refusal = self._refusal(error, text)
            if refusal.kind == "syntax":
                raise refusal from error
            return _Refused(refusal)
        compiled.set_timeout(self._time_limit)
        return compiled

    def _refusal(self, error: JsonataCompilationError, text: str) -> QueryError:
        origin = error.__cause__
        if isinstance(origin, RecursionError):
            return QueryError("syntax", STACK_OVERFLOW, None, self._source)
        if isinstance(origin, ParseError):
            return _syntax_error(self._source, text, origin)
        return _syntax_error(self._source, text, ParseError(error.error_code, error.message))

    def evaluate(
        self, variables: Mapping[str, JSON], ambient: Ambient | None = None, item: JSON = UNDEFINED
    ) -> JSON:
        """The value, as plain JSON, or `UNDEFINED`. Raises QueryError.

        `item` is the context item `$`. Step Functions has none; JSONata's own examples do.
        """
        compiled, scope = self._compiled, _Scope(variables, ambient or _NOWHERE)
        if self._shadowable:
            shadowed = self._foreign.union(name for name in self._shadowable if name in variables)
            if shadowed:
                found = self._variants.get(shadowed)
                compiled = found or self._variants.setdefault(shadowed, self._compile(shadowed))
                scope = _ShadowingScope(variables, scope.ambient)
        try:
            value = compiled.evaluate(MISSING if item is UNDEFINED else item, scope)
        except JsonataEvaluationError as error:
            raise self._failure(error) from error
        if value.__class__ in PLAIN:
            return value
        try:
            return UNDEFINED if value is MISSING else Cleaner(variables).clean(value)
        except NotJSON:
            raise QueryError(
                "unsupported", "returned an unsupported result type.", None, self._source
            ) from None
        except RecursionError as error:
            raise QueryError("evaluation", STACK_OVERFLOW, None, self._source) from error

    def _failure(self, error: JsonataEvaluationError) -> QueryError:
        origin = error.__cause__
        if isinstance(origin, QueryError):
            return origin.at("", self._source)
        if error.error_code == "U1001":
            if "timeout" in error.message:
                return QueryError("timeout", TIMEOUT, None, self._source)
            return QueryError("evaluation", STACK_OVERFLOW, None, self._source)
        trace = None if origin is None else origin.__traceback__
        message = evaluation_text(error.error_code, error.message, self._source, trace)
        return QueryError("evaluation", message, error.error_code, self._source)


class _Refused:
    """Stands for an expression whose calls cannot work, which the service finds out when it evaluates it."""

    __slots__ = ("error",)

    def __init__(self, error: QueryError) -> None:
        self.error = error

    def evaluate(self, item: Any, scope: _Scope) -> Any:
        raise self.error.at("")


class _Scope:
    """The engine's bindings: the variables of one evaluation, in place, and the dialect's functions."""

    __slots__ = ("ambient", "variables")

    def __init__(self, variables: Mapping[str, JSON], ambient: Ambient) -> None:
        self.variables = variables
        self.ambient = ambient

    def is_empty(self) -> bool:
        return False

    def get_value(self, name: str) -> Any:
        return self.variables.get(name, MISSING)

    def get_function(self, name: str) -> _Bound | None:
        if not name.startswith(_PREFIX):
            return None
        name = name[len(_PREFIX) :]
        if name in ("now", "millis") and self.ambient.now is None:
            self.ambient = Ambient(self.ambient.random, time.time_ns() // 1_000_000)
        function = _now if name == "now" else ADDED.get(name)
        return None if function is None else _Bound(name, function, self.ambient)


class _ShadowingScope(_Scope):
    """A scope in which some variables have names of functions."""

    __slots__ = ()

    def get_value(self, name: str) -> Any:
        return self.variables.get(name.removeprefix(_SHADOW), MISSING)


class _Bound:
    """A function of the dialect in the shape the engine calls."""

    __slots__ = ("ambient", "function", "name")

    def __init__(self, name: str, function: Function, ambient: Ambient) -> None:
        self.name = name
        self.function = function
        self.ambient = ambient

    def get_function_signature(self) -> str | None:
        return None

    def apply(self, args: JsonataFunctionArguments) -> Any:
        given = args.as_list()
        if len(given) == 1 and isinstance(given[0], PackedArgs):
            given = list(given[0])
        result = self.function([UNDEFINED if value is MISSING else value for value in given], self.ambient)
        return MISSING if result is UNDEFINED else result


def _now(given: list[JSON], ambient: Ambient) -> JSON:
    """`$now([picture[, timezone]])`."""
    for i, value in enumerate(given):
        if i > 1 or not (isinstance(value, str) or value is UNDEFINED):
            message = f'Argument {i + 1} of function "now" does not match function signature'
            raise QueryError("evaluation", message, "T0410")
    return fn_fromMillis(ambient.now, *(MISSING if value is UNDEFINED else value for value in given))
