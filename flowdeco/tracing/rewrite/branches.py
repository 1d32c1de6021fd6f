"""`if`: all parts are recorded when only the run can decide."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import Construct, OwnIf, constant, flow_name, listed, on, placed
from flowdeco.tracing.rewrite.drivers import asked, driven, names_and_locals


class Branches(Construct):
    """`if a: A elif b: B else: C` → `for driver in __flowdeco__.branch(…): if driver.at(~0): driver.tested(a) elif …`.

    The parts of a chain share one driver: nested ones would soon be deeper than Python lets statements be.
    """

    def visit_If(self, node: ast.If) -> Any:
        links = [node]
        while len(links[-1].orelse) == 1 and type(links[-1].orelse[0]) is ast.If:
            links.append(links[-1].orelse[0])
        texts = tuple(getattr(link, "text", None) or ast.unparse(link.test) for link in links)
        parts: list[ast.stmt] = [
            new for statement in links[-1].orelse for new in listed(self.visit(statement))
        ]
        for number, link in reversed(list(enumerate(links))):
            body = [new for statement in link.body for new in listed(self.visit(statement))]
            at = on(flow_name(node), "at", [constant(number, link)], link)
            parts = [placed(OwnIf(at, body, parts), link)]
            parts = [asked(node, number, self.visit(link.test), parts)]
        return driven(node, "branch", [*names_and_locals(node), constant(texts, node)], parts[0])
