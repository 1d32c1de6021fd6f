"""What a body does with Values: an expression where one has exactly Python's meaning, else a glue call.

A glue call is a step that nobody declared: it runs the very function, method or operator, on the values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

from flowdeco.authoring.options import StepOptions
from flowdeco.errors import CodecError, UnsupportedError
from flowdeco.graph import Case, Choice, Expression, Function, Literal, Local, Never, StepRef
from flowdeco.graph.expressions import children
from flowdeco.graph.operations import OperandError, resolve
from flowdeco.graph.types import ANY, BOOL, STR, Type, something
from flowdeco.runtime.glue import Attribute, Bound, Changing, Listed, Method, Text, formatted, percent, sliced
from flowdeco.tracing import flow, types
from flowdeco.tracing.blocks import Draft, OpenBlock, Pending, jump
from flowdeco.tracing.flow import RESULT
from flowdeco.tracing.merging import captured, merge, restored
from flowdeco.tracing.places import user_location
from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

LARGE = 60
"""An expression of more parts than this is evaluated once and read from a variable, else its text would double with each use."""

_FRESH = frozenset({"uuid4", "random.random", "time.time", "datetime.now"})
"""Operations that give something else each time."""

PYTHON: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
    "matmul": operator.matmul,
    "and_": operator.and_,
    "or_": operator.or_,
    "xor": operator.xor,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
    "neg": operator.neg,
    "pos": operator.pos,
    "invert": operator.invert,
    "abs": abs,
    "divmod": divmod,
    "round": round,
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "contains": operator.contains,
    "item": operator.getitem,
    "slice": sliced,
    "len": len,
    "truth": bool,
    "not": operator.not_,
    "str": str,
    "repr": repr,
    "iterate": list,
    "format": formatted,
    "format_percent": percent,
}
"""What an operation runs when it has to be a glue call."""

_SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "and_": "&",
    "or_": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}


def operate(
    recorder: TraceRecorder,
    name: str,
    operands: tuple[Any, ...],
    *,
    python: Callable[..., Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    glue: Callable[[], Any] | None = None,
) -> Any:
    """An operation on what may hold Values. `python`: what does it on known values, and as a glue call."""
    function = python or PYTHON.get(name)
    for operand in operands:
        recorder.fresh(operand)
    if function is not None and not any(contains_value(operand) for operand in operands):
        return recorder.plainly(function, *operands, **(kwargs or {}))
    value = expressed(recorder, name, operands)
    if value is not None:
        return value
    if glue is not None:
        return glue()
    if function is None:
        raise recorder.refuse(
            name, next((o for o in operands if isinstance(o, Value)), None), "do it in a step"
        )
    called = _SIGNS.get(name) or getattr(function, "__name__", name)
    return glue_call(
        recorder, function, operands, kwargs or {}, f"{called!r} of these values has no expression"
    )


def expressed(recorder: TraceRecorder, name: str, operands: Sequence[Any]) -> Any:
    """The operation as an expression; None when there is none with Python's meaning, or its failing would have to be caught."""
    try:
        arguments = tuple(
            operand.function if isinstance(operand, Made) else recorder.expression(operand)
            for operand in operands
        )
    except CodecError:
        return None
    kinds = tuple(
        something(operand.type if isinstance(operand, Made) else types.value_type(operand))
        for operand in operands
    )
    try:
        resolved = resolve(name, arguments, kinds)
    except OperandError as error:
        hint = error.hint or "convert one of them, e.g. str(n) or int(s), or do it inside a step"
        raise recorder.fail(str(error), hint=hint) from None
    if resolved is None or (resolved.raises and would_be_caught(recorder, resolved.raises)):
        return None
    if isinstance(resolved.expression, Literal) and type(resolved.expression.value) in (
        bool,
        int,
        float,
        str,
    ):
        return resolved.expression.value
    recorder.expressed_as(resolved.expression)
    value = Value(resolved.expression, recorder, resolved.type)
    if recorder.inlining:
        return None if name in _FRESH else value
    if name in _FRESH:
        return recorder.let(value, name.rpartition(".")[2], once=True)
    if _large(resolved.expression) and not has_local(resolved.expression):
        return recorder.let(value, name.rpartition(".")[2])
    return value


def would_be_caught(recorder: TraceRecorder, errors: Sequence[type[BaseException]]) -> bool:
    """Whether a handler around would take one of these errors: an expression that fails cannot be caught as them."""
    return any(
        any(issubclass(error, kind) or issubclass(kind, error) for kind in on if isinstance(kind, type))
        for attempting in recorder.scope.attempts
        for on in attempting.handlers
        for error in errors
    )


def _large(expression: Expression) -> bool:
    count, stack = 0, [expression]
    while stack:
        count += 1
        if count > LARGE:
            return True
        stack.extend(children(stack.pop()))
    return False


def has_local(expression: Expression) -> bool:
    """Whether it is inside a function: there it cannot be evaluated beforehand."""
    stack = [expression]
    while stack:
        top = stack.pop()
        if isinstance(top, Local):
            return True
        stack.extend(children(top))
    return False


# ------------------------------------------------------------------------------------------------ truth


def truth(recorder: TraceRecorder, thing: Any) -> Any:
    """Whether something is true: a bool, or a Value that will be one."""
    recorder.fresh(thing)
    if not isinstance(thing, Value):
        return bool(thing)
    if thing._type == BOOL:
        return thing
    found = operate(recorder, "truth", (thing,), python=bool)
    if isinstance(found, Value) and found._type != BOOL:
        return Value(found._expression, recorder, BOOL)
    return found


def negation(recorder: TraceRecorder, thing: Any) -> Any:
    """`not thing`."""
    true = truth(recorder, thing)
    return operate(recorder, "not", (true,)) if isinstance(true, Value) else not true


def logic(
    recorder: TraceRecorder, kind: str, parts: Sequence[Callable[[], Any]], texts: Sequence[str] = ()
) -> Any:
    """`a and b and …`, `a or b or …`: the later ones only when they decide."""
    first = parts[0]()
    if len(parts) == 1:
        return first
    true = truth(recorder, first)
    if not isinstance(true, Value):
        return first if true is (kind == "or") else logic(recorder, kind, parts[1:], texts[1:])

    def this() -> Any:
        return first

    def others() -> Any:
        return logic(recorder, kind, parts[1:], texts[1:])

    text = texts[0] if texts else ""
    if kind == "and":
        return decide(recorder, true, others, this, lambda a, b: expressed(recorder, "and", (first, a)), text)
    return decide(recorder, true, this, others, lambda a, b: expressed(recorder, "or", (first, b)), text)


def ternary(
    recorder: TraceRecorder, test: Any, then: Callable[[], Any], other: Callable[[], Any], text: str = ""
) -> Any:
    """`then if test else other`."""
    true = truth(recorder, test)
    if not isinstance(true, Value):
        return then() if true else other()
    return decide(recorder, true, then, other, lambda a, b: expressed(recorder, "if", (true, a, b)), text)


def decide(
    recorder: TraceRecorder,
    test: Value,
    then: Callable[[], Any],
    other: Callable[[], Any],
    expression: Callable[[Any, Any], Any],
    text: str = "",
) -> Any:
    """One of two, by a condition: an expression when neither takes time, else a choice. `text`: as the user wrote it."""
    mark = recorder.mark()
    place = user_location()
    id = recorder.next_id("a condition")
    paths: list[Pending] = []
    arms: list[OpenBlock] = []
    results: list[Any] = []
    with recorder.branching() as path:
        for arm in (then, other):
            result = None
            with path(), recorder.open.opened() as block:
                try:
                    result = arm()
                except Exception as error:
                    flow.caught(recorder, error)
                if not recorder.open.ended:
                    way = jump(id, captured(recorder, (RESULT,), {RESULT: result}))
                    paths.append(way)
                    recorder.open.end(way)
            results.append(result)
            arms.append(block)
    if len(paths) == 2 and not any(block.nodes for block in arms):
        if results[0] is results[1]:
            recorder.back_to(mark)
            return results[0]
        value = expression(*results)
        if value is not None:
            return value
    variables, merged = merge(recorder, paths, (RESULT,), id) if paths else ((), {})
    condition = test._expression
    recorder.open.place(
        Draft(
            id,
            lambda after: Choice(
                id=id,
                cases=(Case(condition, arms[0].frozen(), text),),
                default=arms[1].frozen(),
                outs=recorder.named_variables(variables),
                after=after,
                location=place,
            ),
        ),
        arms,
    )
    if not paths:
        recorder.open.end(Never())
        return None
    return restored(merged[RESULT])


# ------------------------------------------------------------------------------------------- functions


@dataclass(frozen=True, slots=True)
class Made:
    """A function as an operand, and the type of what it results in."""

    function: Function
    type: Type


def function_of(
    recorder: TraceRecorder, function: Callable[..., Any], parameters: Sequence[Type]
) -> Made | None:
    """A function as part of an expression; None when it does what no expression can."""
    mark, failure = recorder.mark(), recorder.failure
    numbers = tuple(recorder.next_id("an argument") for _ in parameters)
    values = tuple(Value(Local(number), recorder, type) for number, type in zip(numbers, parameters))
    recorder.inlining += 1
    with recorder.branching() as path, path(), recorder.open.opened() as block:
        try:
            result = apply(recorder, function, values)
            body = recorder.expression(result)
        except (UnsupportedError, CodecError):
            body, result = None, None
        except Exception as error:
            flow.caught(recorder, error)
            body = None
    recorder.inlining -= 1
    if body is None or block.nodes or block.end is not None:
        recorder.failure = failure
        recorder.back_to(mark)
        return None
    made = Function(numbers, _parameter_names(function, len(parameters)), body)
    return Made(made, types.value_type(result))


def apply(recorder: TraceRecorder, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """The function called, as the body would."""
    from flowdeco.tracing.calls import invoke

    return invoke(recorder, function, *args)


def _parameter_names(function: Any, count: int) -> tuple[str, ...]:
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    usable = [n for n in names if n.isidentifier() and not n.startswith("_")]
    return tuple(usable[:count]) if len(usable) >= count else ("x", "y", "z")[:count]


# ------------------------------------------------------------------------------------------------ text


def text(recorder: TraceRecorder, parts: Sequence[Any]) -> Any:
    """An f-string: texts, and (value, conversion, spec) for what is in braces."""
    pieces = [part if isinstance(part, str) else _piece(recorder, *part) for part in parts]
    if any(piece is None for piece in pieces):
        return _as_glue(recorder, parts)
    if not any(isinstance(piece, Value) for piece in pieces):
        return "".join(pieces)
    if len(pieces) == 1:
        return pieces[0]
    whole = expressed(recorder, "text", tuple(pieces))
    return _as_glue(recorder, parts) if whole is None else whole


def _piece(recorder: TraceRecorder, value: Any, conversion: str, spec: Any) -> Any:
    """A part in braces: a known text, one as an expression, or None."""
    recorder.fresh(value)
    if not contains_value(value) and not contains_value(spec):
        return formatted(value, spec, conversion)
    if contains_value(spec):
        return None
    if isinstance(value, Value) and value._type.sort == "error" and conversion in ("", "s") and not spec:
        return expressed(recorder, "error.message", (value,))
    if conversion == "":
        return expressed(recorder, "format", (value, spec))
    if conversion in ("r", "s") and spec == "":
        return expressed(recorder, {"r": "repr", "s": "str"}[conversion], (value,))
    return None


def _as_glue(recorder: TraceRecorder, parts: Sequence[Any]) -> Any:
    """The whole text by one glue call."""
    layout: list[Any] = []
    values: list[Any] = []
    for part in parts:
        if isinstance(part, str):
            layout.append(part)
            continue
        value, conversion, spec = part
        if contains_value(spec):
            layout.append((conversion, None))
            values += [value, spec]
        else:
            layout.append((conversion, spec))
            values.append(value)
    why = "the text of a value that may be a float, or of an unknown type, has no expression"
    return glue_call(recorder, Text(tuple(layout)), values, {}, why, type=STR, name="f-string")


# ------------------------------------------------------------------------------------------------ glue


def glue_call(
    recorder: TraceRecorder,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    why: str,
    *,
    type: Type = ANY,
    name: str = "",
) -> Value:
    """A step that runs the function on the values: what it results in."""
    place = user_location()
    if not recorder.glue_allowed:
        raise recorder.fail(
            f"{why}, and the workflow allows no glue calls",
            hint="write a step that does it, or leave glue=False out",
            kind=UnsupportedError,
        )
    function, args, kwargs = _as_data(recorder, function, args, kwargs)
    name = name or _glue_name(function)
    module, qualname = _where(function)
    wanted, number = name, 2
    while not recorder.register(
        StepRef(wanted, module, qualname, StepOptions(wanted), place, glue=True), function
    ):
        wanted, number = f"{name} {number}", number + 1
    given: list[tuple[str, Expression]] = []
    if args:
        given.append(("*", recorder.argument(list(args), wanted, "*")))
    given += [(key, recorder.argument(value, wanted, key)) for key, value in kwargs.items()]
    recorder.explain(place, wanted, why)
    return recorder.node(StepOptions(wanted), tuple(given), type=type, place=place, glue=True)


def _as_data(
    recorder: TraceRecorder, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
    """Arguments that are no data (functions, classes, modules) become part of the function."""
    positional = [(place, arg) for place, arg in enumerate(args) if _no_data(arg)]
    named = {key: arg for key, arg in kwargs.items() if _no_data(arg)}
    if not positional and not named:
        return function, list(args), dict(kwargs)
    places = dict(positional)
    return (
        Bound(function, tuple(positional), named),
        [arg for place, arg in enumerate(args) if place not in places],
        {key: arg for key, arg in kwargs.items() if key not in named},
    )


def _no_data(thing: Any) -> bool:
    if isinstance(thing, Value):
        return False
    return callable(thing) or type(thing).__name__ == "module"


def _glue_name(function: Any) -> str:
    if isinstance(function, Bound | Listed):
        return _glue_name(function.function)
    if isinstance(function, Method | Changing):
        return f".{function.name}()"
    if isinstance(function, Attribute):
        return f".{function.name}"
    name = getattr(function, "__qualname__", None) or type(function).__name__
    module = getattr(function, "__module__", None) or ""
    sign = _SIGNS.get(name) if module == "_operator" else None
    if sign is not None:
        return f"x {sign} y"
    plain = name.rpartition("<locals>.")[2].replace("<lambda>", "lambda")
    if module in ("builtins", "_operator", "flowdeco.runtime.glue", "__main__", "") or isinstance(
        function, FunctionType
    ):
        return f"{plain}()"
    return f"{module.lstrip('_')}.{plain}()"


def _where(function: Any) -> tuple[str, str]:
    if isinstance(function, Method | Attribute | Changing):
        return "flowdeco.runtime.glue", f"{type(function).__name__}:{function.name}"
    return str(getattr(function, "__module__", "") or ""), str(
        getattr(function, "__qualname__", type(function).__name__)
    )


def glue_method(
    recorder: TraceRecorder, value: Value, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Value:
    """`value.name(...)` as a glue call."""
    method: Callable[..., Any] = Method(name)
    if name in ("items", "keys", "values"):
        method = Listed(method)  # their results are looks into the dict, which cannot travel
    return glue_call(recorder, method, (value, *args), kwargs, f".{name}() of this value has no expression")


def glue_attribute(recorder: TraceRecorder, value: Value, name: str) -> Value:
    """`value.name` as a glue call."""
    return glue_call(recorder, Attribute(name), (value,), {}, f".{name} of this value has no expression")


# ------------------------------------------------------------------------------------- syntax of expressions


def binary(recorder: TraceRecorder, name: str, left: Any, right: Any) -> Any:
    """`left op right`."""
    if name == "mod" and isinstance(left, str) and contains_value(right):
        values = right if isinstance(right, tuple) else (right,)
        return operate(recorder, "format_percent", (left, *values))
    return operate(recorder, name, (left, right))


def compare(recorder: TraceRecorder, name: str, left: Any, right: Any) -> Any:
    """`left op right` for a comparison, `in` and `is` included."""
    if name in ("in", "not in"):
        if isinstance(right, dict) and not contains_value(left):
            return (left in recorder.fresh(right)) is (name == "in")
        found = operate(recorder, "contains", (right, left))
        return found if name == "in" else negation(recorder, found)
    if name in ("is", "is not"):
        return _identity(recorder, left, right, name == "is")
    return operate(recorder, name, (left, right))


def _identity(recorder: TraceRecorder, left: Any, right: Any, wanted: bool) -> Any:
    recorder.fresh(left)
    recorder.fresh(right)
    if not isinstance(left, Value) and not isinstance(right, Value):
        return (left is right) is wanted
    value, other = (left, right) if isinstance(left, Value) else (right, left)
    if other is None:
        found = operate(recorder, "is_none", (value,), python=lambda v: v is None)
    elif other is True or other is False:
        found = operate(recorder, "is_true" if other else "is_false", (value,), python=lambda v: v is other)
    else:
        raise recorder.refuse("'is'", value, "only None, True and False can be compared with 'is'; write ==")
    return found if wanted else negation(recorder, found)


def chain(
    recorder: TraceRecorder, names: Sequence[str], left: Any, right: Any, others: Sequence[Callable[[], Any]]
) -> Any:
    """`a < b < c`: later operands only when what is before them holds."""
    first = compare(recorder, names[0], left, right)
    if not others:
        return first

    def rest() -> Any:
        return chain(recorder, names[1:], right, others[0](), others[1:])

    return logic(recorder, "and", (lambda: first, rest))


def is_sequence(recorder: TraceRecorder, thing: Any) -> Any:
    """Whether a sequence pattern may match."""
    if not isinstance(thing, Value):
        return isinstance(thing, list | tuple)
    if thing._type.sort in ("list", "tuple", "namedtuple") and not thing._type.optional:
        return True
    if thing._type.sort not in ("any", "list", "tuple", "namedtuple"):
        return False
    return operate(
        recorder, "isinstance", (thing, ["list", "tuple"]), python=lambda v, c: isinstance(v, list | tuple)
    )


def is_mapping(recorder: TraceRecorder, thing: Any) -> Any:
    """Whether a mapping pattern may match."""
    if not isinstance(thing, Value):
        return isinstance(thing, Mapping)
    if thing._type.sort == "dict" and not thing._type.optional:
        return True
    if thing._type.sort not in ("any", "dict"):
        return False
    return operate(recorder, "isinstance", (thing, "dict"), python=lambda v, c: isinstance(v, dict))


def without(recorder: TraceRecorder, thing: Any, keys: Sequence[str]) -> Any:
    """`**rest` of a mapping pattern."""
    rest = thing
    for key in keys:
        if isinstance(rest, Value):
            rest = operate(recorder, "mutate:delitem", (rest, key), python=_less)
        else:
            rest = _less(rest, key)
    return rest


def _less(thing: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in thing.items() if k != key}
