"""Operators, subscripts and f-strings: expressions of the graph when they meet a Value."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import Construct, OwnSubscript, constant, placed, to_recorder

OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
}
_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}


class Operators(Construct):
    """`a + b` → `__flowdeco__.binary("add", a, b)`; `x[k]` → `__flowdeco__.item(x, k)`; f-strings → `text`."""

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        return to_recorder("binary", [constant(OPERATORS[type(node.op)], node), node.left, node.right], node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        self.generic_visit(node)
        name = _UNARY.get(type(node.op))
        if name is None or isinstance(node.operand, ast.Constant):
            return node
        return to_recorder("unary", [constant(name, node), node.operand], node)

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or isinstance(node, OwnSubscript):
            return node
        return to_recorder("item", [node.value, key(node.slice)], node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        self.generic_visit(node)
        parts: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                conversion = constant("" if part.conversion == -1 else chr(part.conversion), node)
                spec = part.format_spec or constant("", node)
                parts.append(placed(ast.Tuple([part.value, conversion, spec], ast.Load()), node))
            else:
                parts.append(part)
        return to_recorder("text", [placed(ast.Tuple(parts, ast.Load()), node)], node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        # Annotations of local names are never evaluated by Python, and must not be traced either.
        if node.value is not None:
            node.value = self.visit(node.value)
        return node


def key(index: ast.expr) -> ast.expr:
    """The key of a subscript as an expression of its own."""
    if isinstance(index, ast.Slice):
        none = constant(None, index)
        bounds = [part if part is not None else none for part in (index.lower, index.upper, index.step)]
        return to_recorder("slice", bounds, index)
    if isinstance(index, ast.Tuple):
        index.elts = [key(item) for item in index.elts]
    return index
