"""Statements in terms of others: `assert`, `try` with both handlers and a `finally`."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import Construct, load, placed


class Simpler(Construct):
    """`assert c, m` → `if not c: raise AssertionError(m)`; `try: A except …: B finally: C` → one in the other."""

    def visit_Assert(self, node: ast.Assert) -> Any:
        self.generic_visit(node)
        message = [node.msg] if node.msg is not None else []
        error = ast.Call(load("AssertionError", node), message, [])
        failing = ast.If(
            ast.UnaryOp(ast.Not(), node.test),
            [ast.Raise(error if message else load("AssertionError", node))],
            [],
        )
        return placed(failing, node)

    def visit_Try(self, node: ast.Try) -> Any:
        self.generic_visit(node)
        if node.finalbody and node.handlers:
            inner = placed(ast.Try(node.body, node.handlers, node.orelse, []), node)
            inner.col_offset = node.col_offset + 1
            node.body, node.handlers, node.orelse = [inner], [], []
        return node

    def visit_TryStar(self, node: Any) -> Any:
        raise self.refuse(node, "except* in a workflow body", "handle the errors one by one with except")
