"""`if`: both parts are recorded when only the run can decide."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import Construct, OwnIf, attribute, constant, flow_name, placed
from flowdeco.tracing.rewrite.drivers import driven, names_and_locals


class Branches(Construct):
    """`if test: A else: B` → `for driver in __flowdeco__.branch(test, …): if driver.part: A else: B`."""

    def visit_If(self, node: ast.If) -> Any:
        text = getattr(node, "text", None) or ast.unparse(node.test)
        self.generic_visit(node)
        parts = OwnIf(attribute(flow_name(node), "part", node), node.body, node.orelse)
        arguments = [node.test, *names_and_locals(node), constant(text, node)]
        return driven(node, "branch", arguments, placed(parts, node))
