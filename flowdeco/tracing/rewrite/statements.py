"""A call that stands alone is there for its effect: what it does must keep its place in the order."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import Construct, OwnCall, OwnSubscript, constant, placed, to_recorder


class Statements(Construct):
    """`notify(x)` → `__flowdeco__.effect(notify, x)`; other bare expressions run inside `__flowdeco__.effects()`."""

    def visit_Expr(self, node: ast.Expr) -> Any:
        self.generic_visit(node)
        value = node.value
        if isinstance(value, ast.Constant | OwnCall | OwnSubscript):
            return node
        if isinstance(value, ast.Call):
            if isinstance(value.func, ast.Attribute):
                name = constant(value.func.attr, value)
                call = to_recorder("method_effect", [value.func.value, name, *value.args], value)
            else:
                call = to_recorder("effect", [value.func, *value.args], value)
            call.keywords = value.keywords
            node.value = call
            return node
        block = ast.With([ast.withitem(to_recorder("effects", [], node), None)], [node])
        return placed(block, node)
