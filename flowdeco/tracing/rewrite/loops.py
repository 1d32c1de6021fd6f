"""`for` over what is known unrolls; its target may unpack Values."""

from __future__ import annotations

import ast

from flowdeco.tracing.rewrite.construct import Construct, placed, to_recorder

_ITEM = "__item__"


class Loops(Construct):
    """`for a, b in xs: …` → `for item in xs: a, b = item; …`, and the assignment is rewritten as any other."""

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = to_recorder("loop", [node.iter], node.iter)
        if not isinstance(node.target, ast.Name):
            name = f"{_ITEM}{node.lineno}_{node.col_offset}"
            bind = ast.Assign([node.target], placed(ast.Name(name, ast.Load()), node.target))
            node.target = placed(ast.Name(name, ast.Store()), node.target)
            node.body.insert(0, placed(bind, node.target))
        return node
