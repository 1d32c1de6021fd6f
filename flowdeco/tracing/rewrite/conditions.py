"""`and`, `or`, `not`, comparisons and conditional expressions: Python would decide them while tracing."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import Construct, OwnCall, binds, constant, placed, thunk, to_recorder

_NAMES: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


class Conditions(Construct):
    """`a if c else b` → `__flowdeco__.ternary(c, lambda: a, lambda: b)`, and so on."""

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        text = constant(ast.unparse(node.test), node)
        self.generic_visit(node)
        if binds(node.body) or binds(node.orelse):
            node.test = to_recorder("decided", [node.test], node.test)
            return node
        return to_recorder("ternary", [text, node.test, thunk(node.body), thunk(node.orelse)], node)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        texts = constant(tuple(_unparsed(value) for value in node.values), node)
        self.generic_visit(node)
        first, *others = node.values
        if any(binds(other) for other in others):
            node.values = [to_recorder("decided", [value], value) for value in node.values[:-1]] + others[-1:]
            return node
        kind = constant("and" if isinstance(node.op, ast.And) else "or", node)
        return to_recorder("logic", [kind, texts, first, *(thunk(other) for other in others)], node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        self.generic_visit(node)
        return to_recorder("negation", [node.operand], node) if isinstance(node.op, ast.Not) else node

    def visit_Compare(self, node: ast.Compare) -> Any:
        self.generic_visit(node)
        names = [constant(_NAMES[type(op)], node) for op in node.ops]
        if len(names) == 1:
            return to_recorder("compare", [names[0], node.left, node.comparators[0]], node)
        rest = node.comparators[1:]
        if any(binds(other) for other in rest):
            raise self.refuse(node, ":= in a chain of comparisons", "assign the value first")
        chain = placed(ast.Tuple([*names], ast.Load()), node)
        return to_recorder(
            "chain", [chain, node.left, node.comparators[0], *(thunk(other) for other in rest)], node
        )


def _unparsed(node: ast.expr) -> str:
    """The user's own text of an operand; nothing for what other rewritings made."""
    return "" if any(isinstance(inner, OwnCall) for inner in ast.walk(node)) else ast.unparse(node)
