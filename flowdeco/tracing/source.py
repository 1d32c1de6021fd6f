"""From a function to its syntax tree: whole files are parsed once, functions found by their first line."""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache
from types import CodeType, FunctionType

from flowdeco.errors import Location, UnsupportedError

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def function_node(function: FunctionType) -> ast.FunctionDef:
    """The `def` of a function, lines as in its file. Raises UnsupportedError when there is no source to read."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    node = (
        _functions("".join(lines), code.co_filename).get((code.co_firstlineno, code.co_name))
        if lines
        else None
    )
    if node is None or not _matches(node, code):
        raise UnsupportedError(
            f"the source of {function.__qualname__!r} cannot be read",
            location=Location.of_code(code),
            hint="define it in a file or a notebook cell; if the file was edited meanwhile, start again",
        )
    if isinstance(node, ast.AsyncFunctionDef):
        raise UnsupportedError(
            f"{function.__qualname__!r} is async", location=Location.of_code(code), hint="write a plain def"
        )
    return node


@lru_cache(maxsize=64)
def _functions(source: str, filename: str) -> dict[tuple[int, str], FunctionNode]:
    """Every function of a file by (first line, decorators included; name)."""
    try:
        tree = ast.parse(source, filename)
    except SyntaxError:  # the file changed under us
        return {}
    found: dict[tuple[int, str], FunctionNode] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found[first, node.name] = node
    return found


def _matches(node: FunctionNode, code: CodeType) -> bool:
    """Whether the tree still has the parameters of the compiled function."""
    a = node.args
    names = [arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    names += [arg.arg for arg in (a.vararg, a.kwarg) if arg is not None]
    return list(code.co_varnames[: len(names)]) == names
