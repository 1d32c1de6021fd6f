"""`try`: its body, its handlers and its `finally` are recorded as parts; `raise` says whose exception it is."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import (
    Construct,
    OwnAssign,
    OwnExpr,
    OwnIf,
    attribute,
    constant,
    flow_name,
    load,
    local_names,
    on,
    placed,
    thunk,
    to_recorder,
)
from flowdeco.tracing.rewrite.drivers import driven, names_and_locals, setting
from flowdeco.tracing.rewrite.names import names_of


class Attempts(Construct):
    """`try: A except E as e: H` → `for driver in __flowdeco__.attempt(…): if driver.at("body"): A elif driver.at(0): …`."""

    def visit_Try(self, node: ast.Try) -> Any:
        texts = [
            f"except {ast.unparse(handler.type)}" if handler.type else "except" for handler in node.handlers
        ]
        self.generic_visit(node)
        driver = flow_name(node)
        if not node.handlers:
            parts = OwnIf(attribute(driver, "part", node), node.body, node.finalbody)
            return driven(node, "ensure", names_and_locals(node), placed(parts, node))
        body = list(node.body)
        if node.orelse:
            names = names_of(node)
            through = on(driver, "otherwise", [local_names(node)], node)
            body += [setting(names, through, node) if names else placed(OwnExpr(through), node), *node.orelse]
        chain: list[ast.stmt] = []
        for number, handler in reversed(list(enumerate(node.handlers))):
            own = list(handler.body)
            if handler.name:
                own.insert(
                    0, OwnAssign([ast.Name(handler.name, ast.Store())], attribute(driver, "error", handler))
                )
            at = on(driver, "at", [constant(number, handler)], handler)
            chain = [placed(OwnIf(at, own, chain), handler)]
        parts = OwnIf(on(driver, "at", [constant("body", node)], node), body, chain)
        kinds: list[ast.expr] = [
            thunk(handler.type) if handler.type else thunk(load("BaseException", handler))
            for handler in node.handlers
        ]
        arguments = [
            *names_and_locals(node),
            placed(ast.Tuple(kinds, ast.Load()), node),
            constant(tuple(texts), node),
        ]
        return driven(node, "attempt", arguments, placed(parts, node))

    def visit_Raise(self, node: ast.Raise) -> Any:
        self.generic_visit(node)
        if node.exc is None:
            node.exc = to_recorder("reraise", [], node)
        else:
            node.exc = to_recorder("raising", [node.exc], node)
            node.cause = None
        return node
