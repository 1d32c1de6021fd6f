"""Which names a statement may change, and which are read elsewhere: the parts of branches and loops have to agree on them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from flowdeco.tracing.rewrite.construct import CHANGES, Construct

COMPOUND = (ast.If, ast.For, ast.While, ast.Try)


class Names(Construct):
    """Notes on every `if`, `for`, `while` and `try` what it may change (`names`) and what is read around it (`live`)."""

    def apply(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self._function(node)
        return node

    def _function(self, node: ast.FunctionDef) -> None:
        own = locals_of(node)
        # Functions in this one may change these whenever they are called.
        shared = {
            name
            for inner in ast.walk(node)
            if isinstance(inner, ast.Nonlocal)
            for name in inner.names
            if name in own
        }
        for inner in _own(node.body):
            if isinstance(inner, COMPOUND):
                kept = sorted((changed([inner]) & own) | shared)
                inner.names = tuple(kept)  # type: ignore[union-attr]
            if isinstance(inner, ast.For | ast.While):
                inner.live = tuple(sorted(self._read_around(node, inner)))  # type: ignore[union-attr]
            if isinstance(inner, ast.FunctionDef) and not inner.decorator_list:
                self._function(inner)

    def _read_around(self, function: ast.FunctionDef, loop: ast.For | ast.While) -> set[str]:
        """Names read behind the loop, in a loop around it, or by functions and lambdas, which may run at any time."""
        inside = set(map(id, ast.walk(loop)))
        around = [
            n
            for n in ast.walk(function)
            if isinstance(n, ast.For | ast.While) and n is not loop and any(m is loop for m in ast.walk(n))
        ]
        again = {id(m) for n in around for m in ast.walk(n)}
        found = set()
        for n in ast.walk(function):
            if isinstance(n, ast.FunctionDef | ast.Lambda) and n is not function:
                found |= {
                    m.id for m in ast.walk(n) if isinstance(m, ast.Name) and isinstance(m.ctx, ast.Load)
                }
            if not isinstance(n, ast.Name) or isinstance(n.ctx, ast.Store) or id(n) in inside:
                continue
            if id(n) in again or (n.lineno, n.col_offset) > (loop.lineno, loop.col_offset):
                found.add(n.id)
        return found


def _own(body: list[ast.stmt]) -> Iterable[ast.AST]:
    """Every node of a function's body, but not those of the functions in it."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))


def locals_of(function: ast.FunctionDef) -> set[str]:
    """Names that belong to the function itself: its parameters and what it assigns."""
    a = function.args
    found = {
        arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if arg is not None
    }
    found |= changed(function.body, contents=False)
    return found - {
        name for n in _own(function.body) if isinstance(n, ast.Nonlocal | ast.Global) for name in n.names
    }


def changed(body: list[ast.stmt], *, contents: bool = True) -> set[str]:
    """Names that statements assign, delete, or (with `contents`) change the contents of."""
    found: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
                if contents:
                    found |= {n for m in ast.walk(node) if isinstance(m, ast.Nonlocal) for n in m.names}
                continue
            case ast.Lambda():
                continue
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                found |= {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
                continue
            case ast.alias(name=name, asname=asname):
                found.add(asname or name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
            case (
                ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name))
            ):
                found.add(name)
            case ast.Call(func=ast.Attribute(value=receiver, attr=method)) if contents and method in CHANGES:
                found |= root(receiver)
            case ast.Subscript(value=receiver, ctx=ast.Store() | ast.Del()) if contents:
                found |= root(receiver)
        stack.extend(ast.iter_child_nodes(node))
    return {name for name in found if not name.startswith("__flow")}


def root(receiver: ast.expr) -> set[str]:
    """The name that something is reached from by subscripts and `setdefault` only."""
    while True:
        match receiver:
            case ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner, attr="setdefault")):
                receiver = inner
            case _:
                break
    return {receiver.id} if isinstance(receiver, ast.Name) else set()


def names_of(node: ast.AST) -> tuple[str, ...]:
    found: tuple[str, ...] = node.names  # type: ignore[attr-defined]
    return found
