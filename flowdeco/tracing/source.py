"""From a function to its syntax tree: whole files are parsed once, functions found by their first line."""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache
from types import CodeType, FunctionType

from flowdeco.errors import Location, UnsupportedError

LAMBDA = "<lambda>"
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def function_node(function: FunctionType) -> ast.FunctionDef:
    """The `def` of a function, lines as in its file. Raises UnsupportedError when there is no source to read."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    found = _functions("".join(lines), code.co_filename) if lines else {}
    node = found.get((code.co_firstlineno, code.co_name))
    if node is None or not _matches(node, code):
        raise UnsupportedError(
            f"the source of {function.__qualname__!r} cannot be read",
            location=Location.of_code(code),
            hint="define it in a file or a notebook cell (if the file was edited meanwhile, start again); or write its "
            "control flow with choose, loop, attempt, parallel, map_, fail and succeed of flowdeco, and @workflow(rewrite=False)",
        )
    if isinstance(node, ast.AsyncFunctionDef):
        raise UnsupportedError(
            f"{function.__qualname__!r} is async", location=Location.of_code(code), hint="write a plain def"
        )
    return node


def has_source(function: FunctionType) -> bool:
    """Whether the function can be rewritten."""
    try:
        function_node(function)
    except UnsupportedError:
        return False
    return True


@lru_cache(maxsize=64)
def _functions(source: str, filename: str) -> dict[tuple[int, str], FunctionNode]:
    """Every function of a file by (first line, decorators included; name), lambdas as what returns their value."""
    try:
        tree = ast.parse(source, filename)
    except SyntaxError:  # the file changed under us
        return {}
    found: dict[tuple[int, str], FunctionNode] = {}
    lambdas: dict[int, list[ast.Lambda]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found[first, node.name] = node
        elif isinstance(node, ast.Lambda):
            lambdas.setdefault(node.lineno, []).append(node)
    for line, alike in lambdas.items():
        if len(alike) == 1:  # of several in one line nobody can tell which is which
            found[line, LAMBDA] = _as_function(alike[0])
    return found


def _as_function(node: ast.Lambda) -> ast.FunctionDef:
    result = ast.copy_location(ast.Return(node.body), node.body)
    made = ast.FunctionDef(name=LAMBDA, args=node.args, body=[result], decorator_list=[])
    return ast.copy_location(made, node)


def _matches(node: FunctionNode, code: CodeType) -> bool:
    """Whether the tree still has the parameters of the compiled function."""
    a = node.args
    names = [arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    names += [arg.arg for arg in (a.vararg, a.kwarg) if arg is not None]
    return list(code.co_varnames[: len(names)]) == names
