"""Finds what an expression refers to by walking its syntax tree with the scopes JSONata gives names.

A block and a function open a scope; `:=` binds for what follows in its block; functions also see what their
block binds later; `@$name` and `#$name` bind for the rest of their path.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final, TypeAlias

from jsonata2py.parser import ast_nodes as ast

from flowdeco.query.bridge import parse
from flowdeco.query.functions import FUNCTIONS

Names: TypeAlias = frozenset[str]

_CONTEXT_MARKS: Final = {
    ast.ContextRef: "$",
    ast.WildcardStep: "*",
    ast.DescendantStep: "**",
    ast.ParentStep: "%",
}
_WRAPPERS: Final = (ast.ArraySubscript, ast.PredicateExpr, ast.SortExpr, ast.GroupByExpr, ast.ForceArray)


class Reader:
    """Collects references; see `flowdeco.query.analysis.References` for what the three sets mean."""

    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.states: set[str] = set()
        self.context: set[str] = set()
        self._later: Names = frozenset()

    @classmethod
    def of(cls, source: str) -> Reader:
        """Everything `source` refers to. Raises QueryError("syntax")."""
        reader = cls()
        reader.read(parse(source), frozenset(), True)
        return reader

    def read(self, node: Any, bound: Names, top: bool) -> Names:
        """Reads a node; returns the names bound for what follows it in its scope.

        `top`: there is no context item yet, so that a bare name refers to nothing.
        """
        match node:
            case ast.VariableRef(name):
                self._variable(name, bound, "*")
            case ast.FunctionCall() | ast.PartialApplication():
                self._call(node, bound, top)
            case ast.FieldRef(name):
                if top:
                    self.context.add(name)
            case ast.RootRef():
                self.context.add("$$")
            case ast.ContextRef() | ast.WildcardStep() | ast.DescendantStep() | ast.ParentStep():
                if top:
                    self.context.add(_CONTEXT_MARKS[type(node)])
            case ast.VariableBinding(name, value):
                known = bound | {name} if isinstance(value, ast.Lambda) else bound
                return self.read(value, known, top) | {name}
            case ast.Block(expressions):
                self._block(expressions, bound, top)
            case ast.Lambda(params, body):
                self.read(body, bound | self._later | set(params), top)
            case ast.PathExpr(steps):
                return self._path(steps, bound, top)
            case (
                ast.PredicateExpr()
                | ast.ArraySubscript()
                | ast.SortExpr()
                | ast.GroupByExpr()
                | ast.TransformExpr()
            ):
                within = self.read(node.source, bound, top)
                self._children(node, within, False, skip="source")
                return within
            case ast.ForceArray(source):
                return self.read(source, bound, top)
            case ast.TransformLambda():
                self._children(node, bound, False)
            case _:
                self._children(node, bound, top)
        return bound

    def _children(self, node: Any, bound: Names, top: bool, skip: str = "") -> None:
        for child in _children(node, skip):
            self.read(child, bound, top)

    def _variable(self, name: str, bound: Names, part: str) -> None:
        if name not in bound:
            self.variables.add(name)
            if name == "states":
                self.states.add(part)

    def _call(self, node: ast.FunctionCall | ast.PartialApplication, bound: Names, top: bool) -> None:
        is_variable = not isinstance(node, ast.FunctionCall) or node.is_variable
        if is_variable and node.name not in FUNCTIONS:
            self._variable(node.name, bound, "*")
        self._children(node, bound, top)

    def _block(self, expressions: list[ast.AstNode], bound: Names, top: bool) -> None:
        outer = self._later
        self._later = outer | {e.name for e in expressions if isinstance(e, ast.VariableBinding)}
        within = bound
        for expression in expressions:
            within = self.read(expression, within, top)
        self._later = outer

    def _path(self, steps: list[ast.AstNode], bound: Names, top: bool) -> Names:
        within = bound
        for i, step in enumerate(steps):
            if isinstance(step, (ast.ContextBinding, ast.PositionBinding)):
                within |= {step.var_name}
            elif isinstance(step, ast.VariableRef) and step.name == "states" and i + 1 < len(steps):
                self._variable("states", within, _field(steps[i + 1]))
            else:
                within = self.read(step, within, top and i == 0)
        return within


def _field(step: ast.AstNode) -> str:
    """The field a step selects; `*` when it may be any."""
    while isinstance(step, _WRAPPERS):
        step = step.source
    return step.name if isinstance(step, ast.FieldRef) else "*"


def _children(node: Any, skip: str) -> Iterator[Any]:
    """The nodes right below a node, in the order they are written, without the field `skip`."""
    if isinstance(node, list):
        yield from node
    else:
        for field in fields(node):
            value = getattr(node, field.name)
            if field.name != skip and (isinstance(value, list) or is_dataclass(value)):
                yield value
