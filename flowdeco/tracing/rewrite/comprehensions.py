"""`[f(x) for x in xs]` is a map, or an expression, when `xs` is known only at run time."""

from __future__ import annotations

import ast
from typing import Any

from flowdeco.tracing.rewrite.construct import (
    Construct,
    constant,
    one_argument,
    placed,
    shape_of,
    target_names,
    to_recorder,
)

_ITEM = "__item__"


class Comprehensions(Construct):
    """Each `for` becomes a call of the recorder with functions of the item; those further in make lists to be joined."""

    def visit_ListComp(self, node: ast.ListComp) -> Any:
        self.generic_visit(node)
        return self._rewritten(node, "list", node.elt)

    def visit_SetComp(self, node: ast.SetComp) -> Any:
        self.generic_visit(node)
        return self._rewritten(node, "set", node.elt)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        self.generic_visit(node)
        return self._rewritten(node, "generator" if len(node.generators) == 1 else "list", node.elt)

    def visit_DictComp(self, node: ast.DictComp) -> Any:
        self.generic_visit(node)
        pair = placed(ast.Tuple([node.key, node.value], ast.Load()), node)
        return self._rewritten(node, "dict", pair)

    def _rewritten(self, node: Any, kind: str, element: ast.expr) -> Any:
        if _binds_outside(node):
            return self._known(node)
        if len(node.generators) == 1:
            return self._one(kind, node.generators[0], element, node)
        flat = self._one("list", node.generators[-1], element, node)
        for generator in reversed(node.generators[1:-1]):
            flat = self._one("flat", generator, flat, node)
        flat = self._one("flat", node.generators[0], flat, node)
        if kind in ("list", "generator"):
            return flat
        return to_recorder("collected", [constant(kind, node), flat], node)

    def _one(self, kind: str, generator: ast.comprehension, element: ast.expr, at: ast.AST) -> ast.expr:
        test: ast.expr = constant(None, at)
        if generator.ifs:
            both = generator.ifs[0]
            if len(generator.ifs) > 1:
                both = placed(ast.BoolOp(ast.And(), generator.ifs), at)
            test = self._function(generator.target, both)
        name = constant(target_names(generator.target), at)
        made = self._function(generator.target, element)
        return to_recorder("comprehension", [constant(kind, at), generator.iter, test, made, name], at)

    def _function(self, target: ast.expr, body: ast.expr) -> ast.Lambda:
        if isinstance(target, ast.Name):
            return one_argument(target.id, body, body)
        # A target that unpacks: the inner lambda takes the names, the outer one the item.
        names = [name.id for name in ast.walk(target) if isinstance(name, ast.Name)]
        inner = one_argument(names[0], body, body)
        inner.args.args = [ast.copy_location(ast.arg(name), body) for name in names]
        item = ast.copy_location(ast.Name(_ITEM, ast.Load()), body)
        flat = to_recorder("flatten", [item, constant(shape_of(target), body)], body)
        call = to_recorder("call", [inner, ast.copy_location(ast.Starred(flat, ast.Load()), body)], body)
        return one_argument(_ITEM, call, body)

    def _known(self, node: Any) -> Any:
        """`:=` in a comprehension binds in the function around it, which a function of the item cannot do."""
        for generator in node.generators:
            what = constant("a comprehension with :=", node)
            generator.iter = to_recorder("known", [generator.iter, what], generator.iter)
        return node


def _binds_outside(node: Any) -> bool:
    simple = all(
        isinstance(n, ast.Name | ast.Tuple | ast.List | ast.Starred | ast.Load | ast.Store)
        for generator in node.generators
        for n in ast.walk(generator.target)
    )
    return not simple or any(isinstance(n, ast.NamedExpr) for n in ast.walk(node))
