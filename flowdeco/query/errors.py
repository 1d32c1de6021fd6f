"""The one exception of this room, able to word the service's cause."""

from __future__ import annotations

from typing import Literal, TypeAlias

from flowdeco.query.values import JSON, compact, type_name

Kind: TypeAlias = Literal["syntax", "evaluation", "timeout", "undefined", "unsupported", "type"]
"""What went wrong: the text does not parse; evaluating it failed; it took too long (or too much memory);
it yielded nothing; it yielded a function; it yielded JSON of a type its field does not take."""


class QueryError(Exception):
    """An expression cannot be compiled or evaluated, or its result cannot be used.

    `code` is JSONata's error code (`T1006`), None where the service gives none (limits, undefined results).
    `message` is the text that follows the code. `expression` is the source between `{%` and `%}`.
    `path` says which field held it, as the service writes it (`Output/rows[0]/id`); empty when not known yet.

    >>> error = QueryError("evaluation", "Attempted to invoke a non-function", "T1006", "$f(1)", "Output")
    >>> print(error.cause)
    The JSONata expression '$f(1)' specified for the field 'Output' threw an error during evaluation. T1006: \
Attempted to invoke a non-function
    """

    def __init__(
        self, kind: Kind, message: str, code: str | None = None, expression: str = "", path: str = ""
    ) -> None:
        super().__init__(kind, message, code, expression, path)
        self.kind: Kind = kind
        self.message = message
        self.code = code
        self.expression = expression
        self.path = path

    @classmethod
    def undefined(cls, expression: str, path: str = "") -> QueryError:
        """The expression yielded nothing where a value is needed."""
        return cls("undefined", "returned nothing (undefined).", None, expression, path)

    @classmethod
    def unexpected_type(cls, expected: str, value: JSON, expression: str, path: str = "") -> QueryError:
        """The expression yielded JSON of a type its field does not take; `expected` is e.g. "array"."""
        found = f"'{type_name(value)}' for value: {compact(value)}"
        text = f"returned an unexpected result type. Expected '{expected}', but was {found}"
        return cls("type", text, None, expression, path)

    def at(self, path: str, expression: str | None = None) -> QueryError:
        """The same error, with the field (and the expression) it belongs to."""
        source = self.expression if expression is None else expression
        return type(self)(self.kind, self.message, self.code, source, path)

    @property
    def detail(self) -> str:
        """Code and message as one text: `T1006: Attempted to invoke a non-function`."""
        return self.message if self.code is None else f"{self.code}: {self.message}"

    @property
    def cause(self) -> str:
        """The sentence the service puts into the cause of `States.QueryEvaluationError`."""
        subject = f"The JSONata expression '{self.expression}' specified for the field '{self.path}'"
        if self.kind in ("undefined", "unsupported", "type"):
            return f"{subject} {self.message}"
        separator = ": " if self.code is None else ". "
        return f"{subject} threw an error during evaluation{separator}{self.detail}"

    def __str__(self) -> str:
        where = f" in {self.path}" if self.path else ""
        return f"{self.detail} [{self.expression}{where}]" if self.expression else self.detail


class PathError(Exception):
    """A JSONPath or intrinsic function cannot be read, or cannot be applied to the data.

    `str()` of it is the sentence the service puts into the cause.
    """
