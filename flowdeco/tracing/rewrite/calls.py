"""Every call goes through the recorder, which decides what a callee may do with Values."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import Construct, OwnCall, constant, to_recorder

_PLAIN = frozenset({"super", "locals", "globals", "vars", "dir", "eval", "exec"})
"""Builtins that look at the frame that calls them."""


class Calls(Construct):
    """`g(x)` → `__flowdeco__.call(g, x)`; `a.g(x)` → `__flowdeco__.method(a, "g", x)`."""

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                argument.value = to_recorder("star", [argument.value], argument.value)
        for keyword in node.keywords:
            if keyword.arg is None:
                keyword.value = to_recorder("stars", [keyword.value], keyword.value)
        if isinstance(node, OwnCall) or (isinstance(node.func, ast.Name) and node.func.id in _PLAIN):
            return node
        if isinstance(node.func, ast.Attribute):
            name = constant(node.func.attr, node)
            call = to_recorder("method", [node.func.value, name, *node.args], node)
        else:
            call = to_recorder("call", [node.func, *node.args], node)
        call.keywords = node.keywords
        return call
