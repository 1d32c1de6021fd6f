"""`return`, `break` and `continue` inside branches and loops, which become ends of recorded paths."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import (
    Construct,
    OwnContinue,
    OwnExpr,
    OwnIf,
    OwnReturn,
    attribute,
    constant,
    flow_name,
    local_names,
    on,
    placed,
    to_recorder,
)
from flowdeco.tracing.rewrite.names import COMPOUND


def endless(node: ast.While) -> bool:
    """Whether it is `while True`."""
    return isinstance(node.test, ast.Constant) and bool(node.test.value)


class Exits(Construct):
    """`return x` inside a driver → `__flowdeco__.returns(x); continue`; behind every driver: leave when nothing is reached."""

    def apply(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = self._block(node.body, inside=False, loop=None)
        return node

    def _block(self, body: list[ast.stmt], *, inside: bool, loop: str | None) -> list[ast.stmt]:
        return [new for statement in body for new in self._statement(statement, inside, loop)]

    def _statement(self, node: ast.stmt, inside: bool, loop: str | None) -> list[ast.stmt]:
        match node:
            case ast.Return() if inside:
                value = node.value or constant(None, node)
                return self._left(to_recorder("returns", [value], node), node)
            case ast.Return(value=ast.expr() as value):
                node.value = to_recorder("result", [value], value)
                return [node]
            case ast.Break() if loop is not None:
                return self._left(on(loop, "breaks", [local_names(node)], node), node)
            case ast.Continue() if loop is not None:
                return self._left(on(loop, "continues", [local_names(node)], node), node)
            case ast.FunctionDef() if not node.decorator_list:
                node.body = self._block(node.body, inside=False, loop=None)
                return [node]
            case ast.With():
                node.body = self._block(node.body, inside=inside, loop=loop)
                return [node]
        if not isinstance(node, COMPOUND):
            return [node]
        self._compound(node, loop)
        leave: ast.stmt = OwnContinue() if inside else OwnReturn(None)
        check = OwnIf(attribute(flow_name(node), "ended", node), [leave], [])
        return [node, placed(check, node)]

    def _compound(self, node: Any, loop: str | None) -> None:
        match node:
            case ast.If():
                node.body = self._block(node.body, inside=True, loop=loop)
                if len(node.orelse) == 1 and type(node.orelse[0]) is ast.If:
                    self._compound(
                        node.orelse[0], loop
                    )  # an elif: what follows the whole chain checks for it
                else:
                    node.orelse = self._block(node.orelse, inside=True, loop=loop)
            case ast.For() | ast.While():
                own = flow_name(node)
                node.body = self._block(node.body, inside=True, loop=own)
                node.orelse = self._block(node.orelse, inside=True, loop=loop)
                if isinstance(node, ast.While) and not endless(node):
                    node.orelse += self._statement(placed(ast.Break(), node), True, own)
            case ast.Try():
                node.body = self._block(node.body, inside=True, loop=loop)
                for handler in node.handlers:
                    handler.body = self._block(handler.body, inside=True, loop=loop)
                node.orelse = self._block(node.orelse, inside=True, loop=loop)
                node.finalbody = self._block(node.finalbody, inside=True, loop=loop)

    def _left(self, call: ast.expr, node: ast.stmt) -> list[ast.stmt]:
        return [placed(OwnExpr(call), node), placed(OwnContinue(), node)]
