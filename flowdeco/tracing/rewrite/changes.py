"""Changes of containers: `xs.append(v)`, `d[k] = v`, `x += v`, `del d[k]`, which may have to make new values."""

from __future__ import annotations

import ast
from copy import deepcopy
from typing import Any

from flowdeco.tracing.rewrite.construct import (
    CHANGES,
    Construct,
    OwnAssign,
    OwnNamed,
    OwnSubscript,
    constant,
    load,
    placed,
    to_recorder,
)
from flowdeco.tracing.rewrite.names import locals_of, root
from flowdeco.tracing.rewrite.operators import OPERATORS, key

_CHANGED = "__changed__"


class Changes(Construct):
    """The name that is changed gets what the recorder makes of it: itself, or a new value."""

    def __init__(self, code: Any) -> None:
        super().__init__(code)
        self._functions = 0
        self._temporary = 0
        self._own: set[str] = set()

    def apply(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self._own = locals_of(node)
        return super().apply(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        own, functions = self._own, self._functions
        self._own, self._functions = locals_of(node), 0
        result = super().visit_FunctionDef(node)
        self._own, self._functions = own, functions
        return result

    def _root(self, receiver: ast.expr) -> str | None:
        """The name that can be given what the change makes: the function's own."""
        found = root(receiver) & self._own
        return found.pop() if found and not self._functions else None

    # Inside a lambda or a comprehension a name cannot be given another value.

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        return self._inner(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_Lambda  # type: ignore[assignment]

    def _inner(self, node: Any) -> Any:
        self._functions += 1
        self.generic_visit(node)
        self._functions -= 1
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        default = self._of_default(node)
        if default is not None:
            return default
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(value=receiver, attr=method) if method in CHANGES:
                pass
            case _:
                return node
        name = None if isinstance(receiver, ast.Call) else self._root(receiver)
        if name is None:
            call = to_recorder("change_inside", [receiver, constant(method, node), *node.args], node)
            call.keywords = node.keywords
            return call
        where = constant(ast.unparse(receiver), node)
        call = to_recorder("change", [where, receiver, constant(method, node), *node.args], node)
        call.keywords = node.keywords
        made = placed(OwnNamed(ast.Name(_CHANGED, ast.Store()), call), node)
        container = placed(ast.Attribute(load(_CHANGED, node), "container", ast.Load()), node)
        put: ast.expr = container
        if isinstance(receiver, ast.Subscript):
            keys = _keys(receiver)
            put = to_recorder("put_back", [where, load(name, node), keys, container], node)
        named = placed(OwnNamed(ast.Name(name, ast.Store()), put), node)
        result = placed(ast.Attribute(load(_CHANGED, node), "result", ast.Load()), node)
        three = placed(ast.Tuple([made, named, result], ast.Load()), node)
        return placed(OwnSubscript(three, constant(2, node), ast.Load()), node)

    def _of_default(self, node: ast.Call) -> ast.expr | None:
        """`d.setdefault(k, []).append(v)`: the change of what is under the key is one of the dict."""
        match node.func:
            case ast.Attribute(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name) as owner, attr="setdefault"),
                    args=[key_, *default],
                    keywords=[],
                ),
                attr=method,
            ) if method in CHANGES and len(default) < 2 and self._root(owner):
                pass
            case _:
                return None
        given: list[ast.expr] = [self.visit(arg) for arg in node.args]
        parts = [self.visit(key_), self.visit(default[0]) if default else constant(None, node)]
        where = constant(name, node)
        call = to_recorder("change_default", [where, owner, *parts, constant(method, node), *given], node)
        call.keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        made = placed(OwnNamed(ast.Name(_CHANGED, ast.Store()), call), node)
        container = placed(ast.Attribute(load(_CHANGED, node), "container", ast.Load()), node)
        named = placed(OwnNamed(ast.Name(name, ast.Store()), container), node)
        result = placed(ast.Attribute(load(_CHANGED, node), "result", ast.Load()), node)
        three = placed(ast.Tuple([made, named, result], ast.Load()), node)
        return placed(OwnSubscript(three, constant(2, node), ast.Load()), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
        name = constant(OPERATORS[type(node.op)], node)
        where = constant(ast.unparse(node.target), node)
        target = node.target
        if isinstance(target, ast.Name):
            value = to_recorder("inplace", [name, where, load(target.id, node), node.value], node)
            return placed(ast.Assign([target], value), node)
        before: list[ast.stmt] = []
        if isinstance(target, ast.Subscript):
            target.slice = self._once(target.slice, before)
        old: ast.expr = deepcopy(target)
        old.ctx = ast.Load()  # type: ignore[attr-defined]
        value = to_recorder("inplace", [name, where, old, node.value], node)
        stored = self.visit_Assign(placed(ast.Assign([target], value), node), visited=True)
        return [*before, *(stored if isinstance(stored, list) else [stored])]

    def _once(self, index: ast.expr, before: list[ast.stmt]) -> ast.expr:
        """The index, to be evaluated once."""
        if isinstance(index, ast.Constant | ast.Name | ast.Slice):
            return index
        name = self._name()
        before.append(placed(OwnAssign([ast.Name(name, ast.Store())], index), index))
        return load(name, index)

    def _name(self) -> str:
        self._temporary += 1
        return f"__part{self._temporary}__"

    def visit_Assign(self, node: ast.Assign, visited: bool = False) -> Any:
        if not visited:
            self.generic_visit(node)
        if all(_plain(target) for target in node.targets):
            return node
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript | ast.Attribute):
            return self._stored(node.targets[0], node.value, node)
        name = self._name()
        stored: list[ast.stmt] = [placed(OwnAssign([ast.Name(name, ast.Store())], node.value), node)]
        for target in node.targets:
            behind: list[ast.stmt] = []
            simple = self._simple(target, behind)
            stored += [placed(ast.Assign([simple], load(name, node)), node), *behind]
        return stored

    def _simple(self, target: ast.expr, behind: list[ast.stmt]) -> ast.expr:
        """A target of names only; what goes elsewhere is stored behind it."""
        match target:
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                target.elts = [self._simple(item, behind) for item in elts]
                return target
            case ast.Starred(value=value):
                target.value = self._simple(value, behind)
                return target
            case ast.Subscript() | ast.Attribute():
                name = self._name()
                behind.append(self._stored(target, load(name, target), target))
                return placed(ast.Name(name, ast.Store()), target)
        return target

    def _stored(self, target: ast.expr, value: ast.expr, at: ast.AST) -> ast.stmt:
        """`target = value` for a subscript or an attribute."""
        where = constant(ast.unparse(target), at)
        if isinstance(target, ast.Attribute):
            call = to_recorder("set_attribute", [target.value, constant(target.attr, at), value], at)
            return placed(ast.Expr(call), at)
        assert isinstance(target, ast.Subscript)
        name = self._root(target)
        if name is None:
            call = to_recorder("set_inside", [where, target.value, key(target.slice), value], at)
            return placed(ast.Expr(call), at)
        arguments = [constant(name, at), load(name, at), _keys(target), value]
        return placed(OwnAssign([ast.Name(name, ast.Store())], to_recorder("set_path", arguments, at)), at)

    def visit_Delete(self, node: ast.Delete) -> Any:
        self.generic_visit(node)
        statements: list[ast.stmt] = []
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                statements.append(self._deleted(target))
            else:
                statements.append(placed(ast.Delete([target]), node))
        return statements

    def _deleted(self, target: ast.Subscript) -> ast.stmt:
        name = self._root(target)
        where = constant(ast.unparse(target), target)
        if name is None:
            call = to_recorder("delete_inside", [where, target.value, key(target.slice)], target)
            return placed(ast.Expr(call), target)
        call = to_recorder("delete_path", [constant(name, target), load(name, target), _keys(target)], target)
        return placed(OwnAssign([ast.Name(name, ast.Store())], call), target)


def _plain(target: ast.expr) -> bool:
    return not any(isinstance(part, ast.Subscript | ast.Attribute) for part in ast.walk(target))


def _keys(target: ast.Subscript) -> ast.expr:
    """The keys of `name[a][b]`, in order, as a tuple."""
    keys: list[ast.expr] = []
    part: ast.expr = target
    while isinstance(part, ast.Subscript):
        keys.insert(0, key(deepcopy(part.slice)))
        part = part.value
    return placed(ast.Tuple(keys, ast.Load()), target)
