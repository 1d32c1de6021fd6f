"""`[a, *xs]`, `{**d, k: v}`, `{a, b}`: displays that would look into what only the run knows."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import Construct, constant, placed, to_recorder


class Displays(Construct):
    """Lists and tuples with stars, sets, and dicts go through the recorder, piece by piece."""

    def visit_List(self, node: ast.List) -> Any:
        return self._sequence(node, "list")

    def visit_Tuple(self, node: ast.Tuple) -> Any:
        return self._sequence(node, "tuple")

    def _sequence(self, node: Any, kind: str) -> Any:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or not any(isinstance(e, ast.Starred) for e in node.elts):
            return node
        return to_recorder("display", [constant(kind, node), *self._pieces(node)], node)

    def visit_Set(self, node: ast.Set) -> Any:
        self.generic_visit(node)
        return to_recorder("display", [constant("set", node), *self._pieces(node)], node)

    def _pieces(self, node: Any) -> list[ast.expr]:
        """Every element as (whether it has a star, value)."""
        pieces: list[ast.expr] = []
        for element in node.elts:
            starred = isinstance(element, ast.Starred)
            value = element.value if starred else element
            pieces.append(placed(ast.Tuple([constant(starred, element), value], ast.Load()), element))
        return pieces

    def visit_Dict(self, node: ast.Dict) -> Any:
        self.generic_visit(node)
        known = all(isinstance(key, ast.Constant) for key in node.keys)
        if known:
            return node
        pieces: list[ast.expr] = []
        for key, value in zip(node.keys, node.values):
            parts = [value] if key is None else [key, value]
            pieces.append(placed(ast.Tuple(parts, ast.Load()), value))
        return to_recorder("display_dict", pieces, node)
