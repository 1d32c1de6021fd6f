"""Syntax that has no meaning in a workflow body."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import Construct


class Refusals(Construct):
    """`async`, `await`, `yield` and `global` are refused wherever they are in a body."""

    def _async(self, node: ast.AST) -> Any:
        raise self.refuse(
            node,
            "async code in a workflow body",
            "call steps plainly: what needs nothing of each other runs at the same time",
        )

    def _yield(self, node: ast.AST) -> Any:
        raise self.refuse(node, "yield in a workflow body", "return a list")

    def visit_Global(self, node: ast.Global) -> Any:
        raise self.refuse(
            node,
            f"global {', '.join(node.names)} in a workflow body",
            "pass values to steps and return them: nothing global lives as long as an execution",
        )

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return node if node.decorator_list else self._async(node)

    visit_AsyncFor = visit_AsyncWith = visit_Await = _async
    visit_Yield = visit_YieldFrom = _yield
