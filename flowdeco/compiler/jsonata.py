"""Expressions → JSONata: as a single expression, or as a JSON template with expressions in its strings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import assert_never

from flowdeco.asl.model import JSON
from flowdeco.compiler.operations import SPELLINGS
from flowdeco.compiler.operations.arguments import (
    Args,
    Helper,
    Names,
    Parts,
    Scope,
    error,
    fresh,
    spelled_function,
    wrapped,
)
from flowdeco.compiler.operations.arrays import boxed, is_one_item
from flowdeco.graph.expressions import (
    Array,
    Elements,
    Expression,
    Field,
    Function,
    Index,
    Input,
    Item,
    Literal,
    Local,
    Object,
    Operation,
    Result,
    children,
)
from flowdeco.query import literal, quote_name

__all__ = ["Names", "input_source", "source", "template"]


def template(expression: Expression, names: Names) -> JSON:
    """JSON that the service fills in: constants stay as they are, the rest are `{% … %}` strings."""
    match expression:
        case Literal(value):
            return _constant(value)
        case Array(items):
            return [template(item, names) for item in items]
        case Object(entries):
            return {key: template(value, names) for key, value in entries}
        case _:
            return "{% " + source(expression, names) + " %}"


def source(expression: Expression, names: Names) -> str:
    """One JSONata expression, or undefined where Python raises: the service fails at that too."""
    scope, definitions = _helpers(expression, Scope(names, {}))
    text = _spell(expression, scope, False)
    return f"({definitions}{text})" if definitions else text


def _helpers(expression: Expression, scope: Scope) -> tuple[Scope, str]:
    """Functions for long operations that occur more than once, and their definitions."""
    counts: Counter[Helper] = Counter()
    stack = [expression]
    while stack:
        top = stack.pop()
        if isinstance(top, Operation) and SPELLINGS[top.form].shared:
            counts[_helper(top)] += 1
        stack.extend(children(top))
    helpers: dict[Helper, str] = {}
    definitions = ""
    for (form, constants), count in counts.items():
        if count > 1:
            name = fresh(SPELLINGS[form].shared, (expression,), Scope(scope.names, {}, helpers))
            parameters = tuple(i for i, one in enumerate(constants) if one == _OPEN)
            body = Operation(
                form, tuple(Local(-10 - i) if i in parameters else one for i, one in enumerate(constants))
            )
            made = Function(tuple(-10 - i for i in parameters), tuple("xyz"[i] for i in parameters), body)
            definitions += f"{name} := {spelled_function(made, scope, _spell)}; "
            helpers[form, constants] = name
    return Scope(scope.names, scope.locals, helpers), definitions


_OPEN = Local(-9)
"""What stands for an argument that is no constant."""


def _helper(operation: Operation) -> Helper:
    arguments = operation.arguments
    return operation.form, tuple(a if _is_constant(a) else _OPEN for a in arguments)


def _is_constant(expression: Expression) -> bool:
    return isinstance(expression, Literal) and not isinstance(expression.value, list | dict)


def _spell(expression: Expression, scope: Scope, swallowed: bool) -> str:
    """`swallowed`: what is around it would make something of undefined, so that it has to fail by itself."""
    match expression:
        case Literal(value):
            return literal(value)
        case Input() | Result() | Item():
            return scope.names[expression]
        case Local(number):
            return scope.locals[number]
        case Field(base, name, certain):
            if certain:
                return f"{wrapped(_spell(base, scope, swallowed))}.{quote_name(name)}"
            # A base that is not there is found missing by the same guard.
            path = f"{wrapped(_spell(base, scope, False))}.{quote_name(name)}"
            return _guarded(path, f"KeyError: {name!r}", base, scope) if swallowed else path
        case Index(Field(Local(number), "items", True), position) | Operation(
            "part", (Field(Local(number), "items", True), Literal(position))
        ) if isinstance(taken := scope.locals[number], Parts):
            return taken.parts[position]
        case Index(base, position):
            path = f"{wrapped(_spell(base, scope, False))}[{position}]"
            return _guarded(path, "IndexError: list index out of range", base, scope) if swallowed else path
        case Elements(base):
            # Tuples and sets are encoded as objects that hold their elements.
            inner = wrapped(_spell(base, scope, swallowed))
            if "(" not in inner:
                return f'($type({inner}) = "array" ? {inner} : {inner}.items)'
            name = fresh("xs", (base,), scope)
            return f'({name} := {inner}; $type({name}) = "array" ? {name} : {name}.items)'
        case Array(items):
            return _array(items, scope)
        case Object(entries):
            return "{" + ", ".join(f"{literal(k)}: {_spell(v, scope, True)}" for k, v in entries) + "}"
        case Operation(form, arguments):
            spelling = SPELLINGS[form]
            args = Args(arguments, scope, spelling.strict, _spell, swallowed)
            shared = scope.helpers.get(_helper(expression)) if spelling.shared else None
            if shared is not None:
                given = (args.bare(i) for i, one in enumerate(arguments) if not _is_constant(one))
                return f"{shared}({', '.join(given)})"
            return args.finished(spelling.write(args))
        case Function():
            return spelled_function(expression, scope, _spell)
        case never:
            assert_never(never)


def _guarded(path: str, message: str, base: Expression, scope: Scope) -> str:
    """What fails by itself when nothing is at a path."""
    if "(" not in path:
        return f"($exists({path}) ? {path} : {error(message)})"
    name = fresh("found", (base,), scope)
    return f"({name} := {path}; $exists({name}) ? {name} : {error(message)})"


def _array(items: tuple[Expression, ...], scope: Scope) -> str:
    """`[a, b]` where a list among the items stays one item: JSONata would put its elements there."""
    sources = [_spell(item, scope, True) for item in items]
    if all(is_one_item(text) for text in sources):
        return f"[{', '.join(sources)}]"
    if len(items) == 1:
        return boxed(sources[0])
    entries = ", ".join(f"{literal(str(i))}: {text}" for i, text in enumerate(sources))
    return f"[$each({{{entries}}}, function($v){{ $v }})]"


def _constant(value: JSON) -> JSON:
    """A constant as it stands in a template: only text that would be taken for an expression needs care."""
    if isinstance(value, str):
        if value.startswith("{%") or value.endswith("%}"):
            return "{% " + literal(value) + " %}"
        return value
    if isinstance(value, list):
        return [_constant(item) for item in value]
    if isinstance(value, dict):
        return {key: _constant(item) for key, item in value.items()}
    return value


def input_source(name: str, defaults: Mapping[str, JSON]) -> str:
    """An input of the execution, wherever in the machine; the default when the execution was started without it."""
    path = "$states.context.Execution.Input"
    if name not in defaults:
        return f"{path}.{quote_name(name)}"
    return f"$merge([{literal({name: defaults[name]})}, {path}]).{quote_name(name)}"
