"""`model = train(df)`: the result is named after its variable; `a, b = split(df)` unpacks a Value."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import (
    Construct,
    OwnAssign,
    OwnNamed,
    constant,
    placed,
    shape_of,
    to_recorder,
    without_stars,
)

_WHOLE = "__whole__"


class Assignments(Construct):
    """The right side goes through the recorder: `named(value, name)` or `unpack(value, shape)`."""

    def visit_Assign(self, node: ast.Assign) -> Any:
        self.generic_visit(node)
        if isinstance(node, OwnAssign):
            return node
        unpacking = [target for target in node.targets if isinstance(target, ast.Tuple | ast.List)]
        if not unpacking:
            if isinstance(node.targets[0], ast.Name):
                node.value = self._named(node.value, node.targets[0].id)
            return node
        if len(node.targets) == 1:
            node.value = self._unpacked(node.value, unpacking[0])
            node.targets = [without_stars(unpacking[0])]
            return node
        whole = placed(ast.Assign([ast.Name(_WHOLE, ast.Store())], node.value), node)
        statements: list[ast.stmt] = [whole]
        for target in node.targets:
            value: ast.expr = placed(ast.Name(_WHOLE, ast.Load()), node)
            if isinstance(target, ast.Tuple | ast.List):
                value = self._unpacked(value, target)
                target = without_stars(target)
            statements.append(placed(ast.Assign([target], value), node))
        return statements

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        if node.value is not None and isinstance(node.target, ast.Name):
            node.value = self._named(node.value, node.target.id)
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        self.generic_visit(node)
        if not isinstance(node, OwnNamed):
            node.value = self._named(node.value, node.target.id)
        return node

    visit_OwnNamed = visit_NamedExpr

    def _named(self, value: ast.expr, name: str) -> ast.expr:
        return to_recorder("named", [value, constant(name, value)], value)

    def _unpacked(self, value: ast.expr, target: ast.expr) -> ast.expr:
        return to_recorder("unpack", [value, constant(shape_of(target), value)], value)
