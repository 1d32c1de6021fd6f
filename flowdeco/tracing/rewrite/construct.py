"""What every construct shares: the way to call the recorder, and to keep places."""

from __future__ import annotations

import ast
from types import CodeType
from typing import Any, TypeVar

from flowdeco.errors import Location, UnsupportedError

RECORDER = "__flowdeco__"
"""The name that rewritten code knows the recorder by."""

CHANGES = frozenset(
    [
        "append",
        "extend",
        "insert",
        "remove",
        "clear",
        "reverse",
        "sort",
        "pop",
        "popitem",
        "update",
        "setdefault",
        "add",
        "discard",
    ]
)
"""Methods that may change what they are called on."""

N = TypeVar("N", bound=ast.AST)


class Construct(ast.NodeTransformer):
    """One rewriting of a function's tree."""

    def __init__(self, code: CodeType) -> None:
        self.code = code

    def apply(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Rewrites a function's body. Its defaults and decorators are not part of the body."""
        node.body = [new for statement in node.body for new in listed(self.visit(statement))]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        # A nested step or workflow is a world of its own, rewritten when it is traced itself, if ever.
        return node if node.decorator_list else self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        return node

    def place(self, node: ast.AST) -> Location:
        """Where a node is in the user's file."""
        return Location(self.code.co_filename, getattr(node, "lineno", 0), self.code.co_name)

    def refuse(self, node: ast.AST, what: str, hint: str) -> UnsupportedError:
        return UnsupportedError(what, location=self.place(node), hint=hint)


def listed(result: Any) -> list[Any]:
    """What a visit returned, as a list of statements."""
    if result is None:
        return []
    return result if isinstance(result, list) else [result]


class OwnCall(ast.Call):
    """A call that rewriting made: later constructs leave it alone, and so the others of its kind."""

    _fields = ast.Call._fields


class OwnIf(ast.If):
    _fields = ast.If._fields


class OwnFor(ast.For):
    _fields = ast.For._fields


class OwnTry(ast.Try):
    _fields = ast.Try._fields


class OwnAssign(ast.Assign):
    _fields = ast.Assign._fields


class OwnSubscript(ast.Subscript):
    _fields = ast.Subscript._fields


class OwnReturn(ast.Return):
    _fields = ast.Return._fields


class OwnContinue(ast.Continue):
    pass


class OwnExpr(ast.Expr):
    _fields = ast.Expr._fields


class OwnNamed(ast.NamedExpr):
    _fields = ast.NamedExpr._fields


def to_recorder(method: str, args: list[ast.expr], at: ast.AST) -> ast.Call:
    """`__flowdeco__.method(args)`, placed where `at` is."""
    return placed(OwnCall(attribute(RECORDER, method, at), args, []), at)


def on(variable: str, method: str, args: list[ast.expr], at: ast.AST) -> ast.Call:
    """`variable.method(args)`."""
    return placed(OwnCall(attribute(variable, method, at), args, []), at)


def attribute(variable: str, name: str, at: ast.AST) -> ast.Attribute:
    """`variable.name`."""
    made = placed(ast.Attribute(ast.Name(variable, ast.Load()), name, ast.Load()), at)
    made.end_lineno = made.lineno  # else Python takes the last line for that of the call
    made.end_col_offset = made.col_offset + 1
    return made


def flow_name(node: ast.AST) -> str:
    """The variable that holds the driver of a statement."""
    return f"__flow_{getattr(node, 'lineno', 0)}_{getattr(node, 'col_offset', 0)}"


def local_names(at: ast.AST) -> ast.Call:
    """`locals()`, whatever the user calls by that name."""
    return to_recorder("locals", [], at)


def load(name: str, at: ast.AST) -> ast.Name:
    return placed(ast.Name(name, ast.Load()), at)


def thunk(body: ast.expr) -> ast.Lambda:
    """`lambda: body`."""
    return placed(ast.Lambda(ast.arguments([], [], None, [], [], None, []), body), body)


def placed(node: N, at: ast.AST) -> N:
    """The node and what is new in it, at the place of another. What has a place already is left alone, whole."""
    new: list[ast.AST] = [node]
    while new:
        top = new.pop()
        if isinstance(top, ast.expr | ast.stmt | ast.arg | ast.excepthandler):
            if hasattr(top, "lineno") and top is not node:
                continue
            if not hasattr(top, "lineno"):
                ast.copy_location(top, at)
        new.extend(ast.iter_child_nodes(top))
    return node


def one_argument(name: str, body: ast.expr, at: ast.AST) -> ast.Lambda:
    """`lambda name: body`."""
    arguments = ast.arguments([], [ast.arg(name)], None, [], [], None, [])
    return placed(ast.Lambda(arguments, body), at)


def constant(value: object, at: ast.AST) -> ast.Constant:
    return placed(ast.Constant(value), at)  # type: ignore[arg-type]


def binds(node: ast.AST) -> bool:
    """Whether an expression holds `:=`, which a lambda would keep to itself."""
    return any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(node))


def shape_of(target: ast.expr) -> str:
    """How a target unpacks, as text: `,` for one name, `(,,)` for a pair, `*` for a star. Kept small: it is a constant."""
    if isinstance(target, ast.Tuple | ast.List):
        return "(" + "".join(shape_of(item) for item in target.elts) + ")"
    return "*" if isinstance(target, ast.Starred) else ","


def without_stars(target: ast.expr) -> ast.expr:
    """A target that takes as many values as it has parts: the recorder makes the lists for stars."""
    if isinstance(target, ast.Tuple | ast.List):
        target.elts = [without_stars(item) for item in target.elts]
        return target
    return target.value if isinstance(target, ast.Starred) else target


def target_names(target: ast.expr) -> str:
    """A target as text, for names of values: `a`, `(a, b)`."""
    return ast.unparse(target)
