"""`[f(x) for x in xs]` is a map when `xs` is known only at run time."""

from __future__ import annotations

import ast

from flowdeco.tracing.rewrite.construct import (
    Construct,
    constant,
    one_argument,
    shape_of,
    target_names,
    to_recorder,
)

_ITEM = "__item__"


class Comprehensions(Construct):
    """A list comprehension with one `for` goes to the recorder; what others iterate over must be known."""

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        self.generic_visit(node)
        generator = node.generators[0]
        if len(node.generators) > 1 or _binds_outside(node):
            return self._known(node)
        arguments = [generator.iter, self._function(generator.target, node.elt)]
        name = constant(target_names(generator.target), node)
        test: ast.expr = constant(None, node)
        if generator.ifs:
            both = generator.ifs[0] if len(generator.ifs) == 1 else ast.BoolOp(ast.And(), generator.ifs)
            test = self._function(generator.target, both)
        return to_recorder("comprehension", [*arguments, name, test], node)

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

    def _known(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> ast.AST:
        kind = {
            ast.ListComp: "a list comprehension with several for clauses or :=",
            ast.SetComp: "a set comprehension",
            ast.DictComp: "a dict comprehension",
            ast.GeneratorExp: "a generator expression",
        }[type(node)]
        for generator in node.generators:
            generator.iter = to_recorder("known", [generator.iter, constant(kind, node)], generator.iter)
        return node

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        self.generic_visit(node)
        return self._known(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        self.generic_visit(node)
        return self._known(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        self.generic_visit(node)
        return self._known(node)


def _binds_outside(node: ast.ListComp) -> bool:
    """`:=` in a comprehension binds in the function around it, which a lambda cannot do."""
    simple = all(
        isinstance(n, ast.Name | ast.Tuple | ast.List | ast.Load | ast.Store)
        for n in ast.walk(node.generators[0].target)
    )
    return not simple or any(isinstance(n, ast.NamedExpr) for n in ast.walk(node))
