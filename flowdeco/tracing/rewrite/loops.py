"""`for` and `while`: unrolled over what is known, recorded once when only the run can end them."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import (
    Construct,
    OwnIf,
    attribute,
    constant,
    flow_name,
    on,
    placed,
    target_names,
)
from flowdeco.tracing.rewrite.drivers import asked, driven, names_and_locals
from flowdeco.tracing.rewrite.exits import endless


class Loops(Construct):
    """`for t in xs: B` → `for driver in __flowdeco__.each(xs, …): if driver.part: t = driver.item; B else: …`."""

    def visit_For(self, node: ast.For) -> Any:
        text = target_names(node.target)
        self.generic_visit(node)
        item = placed(ast.Assign([node.target], attribute(flow_name(node), "item", node)), node)
        at = on(flow_name(node), "at", [constant(0, node)], node)
        parts = OwnIf(at, [item, *node.body], node.orelse)
        live = constant(node.live, node)  # type: ignore[attr-defined]
        arguments = [node.iter, *names_and_locals(node), live, constant(text, node)]
        return driven(node, "each", arguments, placed(parts, node))

    def visit_While(self, node: ast.While) -> Any:
        texts = () if endless(node) else (ast.unparse(node.test),)
        self.generic_visit(node)
        at = on(flow_name(node), "at", [constant(0, node)], node)
        parts: ast.stmt = placed(OwnIf(at, node.body, node.orelse), node)
        if texts:
            parts = asked(node, 0, node.test, [parts])
        live = constant(node.live, node)  # type: ignore[attr-defined]
        return driven(node, "repeat", [*names_and_locals(node), live, constant(texts, node)], parts)
