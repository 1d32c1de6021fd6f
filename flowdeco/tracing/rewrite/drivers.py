"""What rewritten statements have in common: a `for` over their driver."""

from __future__ import annotations

import ast

from flowdeco.tracing.rewrite.construct import (
    OwnAssign,
    OwnExpr,
    OwnFor,
    OwnIf,
    OwnTry,
    attribute,
    constant,
    flow_name,
    load,
    local_names,
    on,
    placed,
    to_recorder,
)
from flowdeco.tracing.rewrite.names import names_of

_ERROR = "__flow_error"


def driven(node: ast.stmt, method: str, arguments: list[ast.expr], parts: ast.stmt) -> list[ast.stmt]:
    """`for driver in __flowdeco__.method(…): set names; try: parts …`, and the names behind it."""
    driver, names = flow_name(node), names_of(node)
    make = to_recorder(method, arguments, node)
    caught = ast.ExceptHandler(
        load("Exception", node), _ERROR, [OwnExpr(on(driver, "caught", [load(_ERROR, node)], node))]
    )
    done = OwnExpr(on(driver, "done", [local_names(node)], node))
    body: list[ast.stmt] = [OwnTry([parts], [caught], [done], [])]
    after: list[ast.stmt] = []
    if names:
        body.insert(0, setting(names, attribute(driver, "names", node), node))
        after.append(setting(names, attribute(driver, "after", node), node))
    loop = OwnFor(ast.Name(driver, ast.Store()), make, body, [])
    return [placed(loop, node), *after]


def asked(node: ast.stmt, number: int, test: ast.expr, others: list[ast.stmt]) -> ast.stmt:
    """The part of a driver that asks a condition, and the parts behind it."""
    driver = flow_name(node)
    at = on(driver, "at", [constant(~number, test)], test)
    return placed(OwnIf(at, [OwnExpr(on(driver, "tested", [test], test))], others), test)


def setting(names: tuple[str, ...], value: ast.expr, at: ast.AST) -> ast.Assign:
    """`a, b = value`."""
    target = ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())
    return placed(OwnAssign([target], value), at)


def names_and_locals(node: ast.stmt) -> list[ast.expr]:
    """The names that the statement may change, and what they hold."""
    return [constant(names_of(node), node), local_names(node)]
