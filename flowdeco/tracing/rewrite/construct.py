"""What every construct shares: the way to call the recorder, and to keep places."""

from __future__ import annotations

import ast
from types import CodeType
from typing import TypeVar

from flowdeco.errors import Location, UnsupportedError

RECORDER = "__flowdeco__"
"""The name that rewritten code knows the recorder by."""

N = TypeVar("N", bound=ast.AST)


class Construct(ast.NodeTransformer):
    """One rewriting of a function's tree."""

    def __init__(self, code: CodeType) -> None:
        self.code = code

    def apply(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Rewrites a function's body. Its defaults and decorators are not part of the body."""
        node.body = [new for statement in node.body for new in _listed(self.visit(statement))]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        # A nested step or workflow is a world of its own, rewritten when it is traced itself, if ever.
        return node if node.decorator_list else self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def place(self, node: ast.AST) -> Location:
        """Where a node is in the user's file."""
        return Location(self.code.co_filename, getattr(node, "lineno", 0), self.code.co_name)

    def refuse(self, node: ast.AST, what: str, hint: str) -> UnsupportedError:
        return UnsupportedError(what, location=self.place(node), hint=hint)


def _listed(result: ast.AST | list[ast.stmt] | None) -> list[ast.stmt]:
    if result is None:
        return []
    return result if isinstance(result, list) else [result]  # type: ignore[list-item]


def to_recorder(method: str, args: list[ast.expr], at: ast.AST) -> ast.Call:
    """`__flowdeco__.method(args)`, placed where `at` is."""
    target = ast.Attribute(ast.Name(RECORDER, ast.Load()), method, ast.Load())
    return placed(OwnCall(target, args, []), at)


class OwnCall(ast.Call):
    """A call that rewriting made: `Calls` leaves it alone."""

    _fields = ast.Call._fields


def placed(node: N, at: ast.AST) -> N:
    """The node and what is new in it, at the place of another."""
    for child in ast.walk(node):
        if isinstance(child, ast.expr | ast.stmt | ast.arg | ast.excepthandler) and not hasattr(
            child, "lineno"
        ):
            ast.copy_location(child, at)
    return node


def one_argument(name: str, body: ast.expr, at: ast.AST) -> ast.Lambda:
    """`lambda name: body`."""
    arguments = ast.arguments([], [ast.arg(name)], None, [], [], None, [])
    return placed(ast.Lambda(arguments, body), at)


def constant(value: object, at: ast.AST) -> ast.Constant:
    return placed(ast.Constant(value), at)  # type: ignore[arg-type]


def shape_of(target: ast.expr) -> str:
    """How a target unpacks, as text: `,` for one name, `(,,)` for a pair, `*` for a star. Kept small: it is a constant."""
    if isinstance(target, ast.Tuple | ast.List):
        return "(" + "".join(shape_of(item) for item in target.elts) + ")"
    return "*" if isinstance(target, ast.Starred) else ","


def target_names(target: ast.expr) -> str:
    """A target as text, for names of values: `a`, `(a, b)`."""
    return ast.unparse(target)
