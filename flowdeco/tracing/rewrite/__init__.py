"""A body rewritten: syntax that Python would decide alone becomes calls to the recorder.

One file per construct, applied in the order of `CONSTRUCTS`. What is not listed stays as the user wrote it. Line numbers
stay the user's, so errors, debuggers and coverage show the user's source.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from types import CellType, CodeType, FunctionType
from typing import Any

from flowdeco.errors import Location, UnsupportedError
from flowdeco.tracing.rewrite.assignments import Assignments
from flowdeco.tracing.rewrite.attempts import Attempts
from flowdeco.tracing.rewrite.branches import Branches
from flowdeco.tracing.rewrite.calls import Calls
from flowdeco.tracing.rewrite.changes import Changes
from flowdeco.tracing.rewrite.comprehensions import Comprehensions
from flowdeco.tracing.rewrite.conditions import Conditions
from flowdeco.tracing.rewrite.construct import RECORDER, Construct
from flowdeco.tracing.rewrite.displays import Displays
from flowdeco.tracing.rewrite.exits import Exits
from flowdeco.tracing.rewrite.loops import Loops
from flowdeco.tracing.rewrite.matches import Matches
from flowdeco.tracing.rewrite.names import Names
from flowdeco.tracing.rewrite.operators import Operators
from flowdeco.tracing.rewrite.refusals import Refusals
from flowdeco.tracing.rewrite.simpler import Simpler
from flowdeco.tracing.rewrite.statements import Statements
from flowdeco.tracing.source import function_node

__all__ = ["rewrite"]

CONSTRUCTS: tuple[type[Construct], ...] = (
    Refusals,  # what cannot be in a body at all, before anything hides it
    Matches,  # match → if
    Simpler,  # assert → if, while c → while True, try with everything → two of them
    Names,  # what each statement may change, noted before statements change their look
    Exits,  # return, break, continue inside branches and loops
    Branches,  # if
    Loops,  # for, while
    Attempts,  # try, raise
    Changes,  # xs.append(v), d[k] = v, x += v
    Conditions,  # and, or, not, comparisons, conditional expressions
    Statements,  # bare calls are effects; before Calls, which would hide them
    Comprehensions,  # may become maps; before Assignments, whose targets they share
    Displays,  # [a, *xs], {**d}
    Operators,  # + - *, subscripts, f-strings
    Assignments,  # names for results, unpacking
    Calls,  # everything that is called
)


_BODY = "__body__"
"""What a function is called while it is compiled."""


def rewrite(function: FunctionType, recorder: object) -> FunctionType:
    """The same function, rewritten, bound to a recorder: same globals, closure, defaults and line numbers."""
    code = _rewritten(function.__code__, function)
    outer = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    outer[RECORDER] = CellType(recorder)
    closure = tuple(outer[name] for name in code.co_freevars)
    rewritten = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)
    rewritten.__kwdefaults__ = function.__kwdefaults__
    rewritten.__qualname__ = function.__qualname__
    return rewritten


class _ByCode:
    """Makes the cache go by code object while the work needs the function."""

    __slots__ = ("code", "function")

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self.code = function.__code__

    def __hash__(self) -> int:
        return hash(self.code)

    def __eq__(self, other: object) -> bool:
        # Equal code at another place is another function: lines must be the user's.
        return isinstance(other, _ByCode) and self.code is other.code


def _rewritten(code: CodeType, function: FunctionType) -> CodeType:
    return _compile(_ByCode(function))


@lru_cache(maxsize=1024)
def _compile(key: _ByCode) -> CodeType:
    function = key.function
    node = _copy(function_node(function))
    node.decorator_list = []
    name, node.name = node.name, _BODY  # its own name has to mean what it means outside
    for construct in CONSTRUCTS:
        node = construct(key.code).apply(node)
    free = [RECORDER, *key.code.co_freevars]
    factory = ast.FunctionDef(
        name="factory",
        args=_parameters(free),
        body=[_keeping_cells(node, free), ast.Return(ast.Name(node.name, ast.Load()))],
        decorator_list=[],
    )
    module = ast.fix_missing_locations(ast.Module([ast.copy_location(factory, node)], []))
    try:
        compiled = compile(
            module, key.code.co_filename, "exec", dont_inherit=True, flags=_future_flags(key.code)
        )
    except SyntaxError as error:  # Python has a limit, which rewritten statements count for twice
        raise UnsupportedError(
            "branches, loops and try statements are nested too deeply here",
            location=Location(key.code.co_filename, error.lineno or 0, key.code.co_name),
            hint="more than nine are too many: move the inner ones into a function",
        ) from None
    outer = next(c for c in compiled.co_consts if isinstance(c, CodeType) and c.co_name == "factory")
    body = next(c for c in outer.co_consts if isinstance(c, CodeType) and c.co_name == _BODY)
    return body.replace(co_name=name, co_qualname=name)


def _copy(node: ast.FunctionDef) -> ast.FunctionDef:
    from copy import deepcopy

    return deepcopy(node)


def _parameters(names: list[str]) -> ast.arguments:
    return ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])


def _keeping_cells(node: ast.FunctionDef, free: list[str]) -> ast.FunctionDef:
    """Defaults and annotations are evaluated where the function is defined: not here, a second time."""
    a = node.args
    nothing = ast.Constant(None)
    a.defaults = [nothing for _ in a.defaults]
    a.kw_defaults = [nothing if default is not None else None for default in a.kw_defaults]
    for argument in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg):
        if argument is not None:
            argument.annotation = None
    node.returns = None
    return node


def _future_flags(code: CodeType) -> Any:
    import __future__

    return code.co_flags & __future__.annotations.compiler_flag
