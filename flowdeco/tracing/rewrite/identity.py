"""`is` and `is not`, which Python lets nobody overload: a Value would silently be nothing but itself."""

from __future__ import annotations

import ast

from flowdeco.tracing.rewrite.construct import Construct, constant, to_recorder


class Identity(Construct):
    """The operands of `is` must be known."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            node.left = to_recorder("known", [node.left, constant("'is'", node)], node.left)
            node.comparators = [
                to_recorder("known", [item, constant("'is'", node)], item) for item in node.comparators
            ]
        return node
