"""`try` and `match`: Python would take them at trace time, without a word, as if nothing could fail or differ."""

from __future__ import annotations

import ast

from flowdeco.tracing.rewrite.construct import Construct, constant, placed, to_recorder


class Protection(Construct):
    """The body of a `try` may hold no step call; the subject of a `match` may be no Value."""

    def visit_Try(self, node: ast.Try) -> ast.AST:
        self.generic_visit(node)
        what = "try/except" if node.handlers else "try/finally"
        guard = to_recorder("no_steps", [constant(what, node)], node)
        body = ast.With([ast.withitem(guard, None)], node.body)
        node.body = [placed(body, node)]
        return node

    visit_TryStar = visit_Try  # type: ignore[assignment]

    def visit_Match(self, node: ast.Match) -> ast.AST:
        self.generic_visit(node)
        node.subject = to_recorder("known", [node.subject, constant("match", node.subject)], node.subject)
        return node
