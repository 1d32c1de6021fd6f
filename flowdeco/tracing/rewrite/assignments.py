"""`model = train(df)`: the result is named after its variable; `a, b = split(df)` unpacks a Value."""

from __future__ import annotations

import ast

from flowdeco.tracing.rewrite.construct import Construct, constant, shape_of, to_recorder


class Assignments(Construct):
    """The right side goes through the recorder: `named(value, name)` or `unpack(value, shape)`."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        shapes = {shape_of(target) for target in node.targets if isinstance(target, ast.Tuple | ast.List)}
        if shapes:
            for shape in sorted(shapes):
                node.value = to_recorder("unpack", [node.value, constant(shape, node)], node.value)
        elif isinstance(node.targets[0], ast.Name):
            node.value = self._named(node.value, node.targets[0].id)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        # Annotations of local names are never evaluated by Python, and must not be traced either.
        if node.value is not None and isinstance(node.target, ast.Name):
            node.value = self._named(node.value, node.target.id)
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        self.generic_visit(node)
        node.value = self._named(node.value, node.target.id)
        return node

    def _named(self, value: ast.expr, name: str) -> ast.expr:
        return to_recorder("named", [value, constant(name, value)], value)
