"""`Value`: the stand-in for something known only when the workflow runs.

Operators on it are recorded as expressions. In rewritten code everything that can be done with a Value goes through the
recorder; what is here serves code that is not rewritten, and refuses what Python alone would have to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from flowdeco.errors import UnsupportedError
from flowdeco.graph.types import ANY, Type

if TYPE_CHECKING:
    from flowdeco.graph import Expression
    from flowdeco.tracing.recorder import TraceRecorder

_IN_A_STEP = "do it inside a step, where the value is known"
_NOT_REWRITTEN = "write it in the body of the workflow or of a function that it calls, or do it inside a step"
_AS_IS = "this body is not rewritten: write choose(), loop(), map_() or attempt() of flowdeco, or do it inside a step"


class Value:
    """A run-time value: its expression and what is known of its type."""

    __slots__ = ("_expression", "_recorder", "_type")
    _expression: Expression
    _recorder: TraceRecorder
    _type: Type

    def __init__(self, expression: Expression, recorder: TraceRecorder, type: Type = ANY) -> None:
        put = object.__setattr__
        put(self, "_expression", expression)
        put(self, "_recorder", recorder)
        put(self, "_type", type)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # What `e.__class__.__name__` in a handler asks for.
        return ErrorClass(self) if self._type.sort == "error" else Value

    def __repr__(self) -> str:
        return f"<value of {self._recorder.describe(self._expression)}>"

    def _refuse(self, what: str, hint: str = "") -> NoReturn:
        raise self._recorder.refuse(what, self, hint or (_AS_IS if self._recorder.as_is else _NOT_REWRITTEN))

    def __getitem__(self, key: Any) -> Any:
        return self._recorder.item(self, key)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._recorder.attribute(self, name)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        self._refuse(f"setting .{name}", "return a changed value from a step")

    def __delattr__(self, name: str) -> NoReturn:
        self._refuse(f"deleting .{name}", "return a changed value from a step")

    def __setitem__(self, key: object, value: object) -> NoReturn:
        self._refuse("item assignment")

    def __delitem__(self, key: object) -> NoReturn:
        self._refuse("del")

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        self._refuse("a call")

    def __iter__(self) -> Iterator[Any]:
        self._refuse("a loop")

    def __enter__(self) -> NoReturn:
        self._refuse("with", _IN_A_STEP)

    def __exit__(self, *args: object) -> None:
        """There, so that `with` reaches __enter__."""

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self._refuse("copying or pickling", _IN_A_STEP)


class ErrorClass:
    """`type(e)` in a handler: only its name is known, and that when the workflow runs."""

    def __init__(self, error: Value) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        if name in ("__name__", "__qualname__"):
            return self._error._recorder.error_name(self._error)
        raise AttributeError(name)


class RangeValue(Value):
    """`range(n)` of a run-time n: a loop over it counts."""

    __slots__ = ("_bounds",)
    _bounds: tuple[Any, Any, Any]


class Unbound:
    """What a name holds that has no value on some path, or none that could travel. Any use of it is refused."""

    __slots__ = ("_name", "_recorder", "_why")

    def __init__(self, name: str, recorder: TraceRecorder, why: str = "") -> None:
        put = object.__setattr__
        put(self, "_name", name)
        put(self, "_recorder", recorder)
        put(self, "_why", why)

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        if self._why:
            raise self._recorder.fail(f"{self._name!r} {self._why}", kind=UnsupportedError)
        raise self._recorder.fail(
            f"{self._name!r} has no value on some paths that lead here",
            hint=f"assign {self._name} before the branch or loop, or in every branch",
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        self._refuse()

    def __repr__(self) -> str:
        return f"<no value for {self._name}>"


def _refusal(what: str) -> Any:
    def refuse(self: Value, *args: object) -> NoReturn:
        self._refuse(what)

    return refuse


def _operator(name: str, swapped: bool) -> Callable[..., Any]:
    def operate(self: Value, *others: Any) -> Any:
        operands = (*others, self) if swapped else (self, *others)
        return self._recorder.operate(name, operands)

    return operate


_OPERATORS = {
    "add": ("__add__", "__radd__"),
    "sub": ("__sub__", "__rsub__"),
    "mul": ("__mul__", "__rmul__"),
    "truediv": ("__truediv__", "__rtruediv__"),
    "floordiv": ("__floordiv__", "__rfloordiv__"),
    "mod": ("__mod__", "__rmod__"),
    "pow": ("__pow__", "__rpow__"),
    "divmod": ("__divmod__", "__rdivmod__"),
    "matmul": ("__matmul__", "__rmatmul__"),
    "and_": ("__and__", "__rand__"),
    "or_": ("__or__", "__ror__"),
    "xor": ("__xor__", "__rxor__"),
    "lshift": ("__lshift__", "__rlshift__"),
    "rshift": ("__rshift__", "__rrshift__"),
    "eq": ("__eq__",),
    "ne": ("__ne__",),
    "lt": ("__lt__",),
    "le": ("__le__",),
    "gt": ("__gt__",),
    "ge": ("__ge__",),
    "neg": ("__neg__",),
    "pos": ("__pos__",),
    "abs": ("__abs__",),
    "invert": ("__invert__",),
    "round": ("__round__",),
}
for _name, _methods in _OPERATORS.items():
    for _number, _method in enumerate(_methods):
        setattr(Value, _method, _operator(_name, bool(_number)))

_REFUSED = {
    "a condition (if, while, and, or, not, assert)": "__bool__",
    "len()": "__len__",
    "'in'": "__contains__",
    "use as a dict key or a set member": "__hash__",
    "str()": "__str__",
    "an f-string": "__format__",
    "conversion to a number": "__int__ __float__ __complex__ __index__ __trunc__ __floor__ __ceil__",
    "use as a path": "__fspath__",
    "bytes()": "__bytes__",
    "reversed()": "__reversed__",
    "await": "__await__",
    "next()": "__next__",
}
for _what, _names in _REFUSED.items():
    for _name in _names.split():
        setattr(Value, _name, _refusal(_what))

for _group in (*_OPERATORS.values(), *(names.split() for names in _REFUSED.values())):
    for _method in _group:
        setattr(Unbound, _method, Unbound._refuse)
for _method in ("__getitem__", "__setitem__", "__delitem__", "__call__", "__iter__", "__enter__"):
    setattr(Unbound, _method, Unbound._refuse)


def contains_value(thing: object, depth: int = 4) -> bool:
    """Whether a Value is in a (nested) list, tuple, set, dict or dataclass."""
    if isinstance(thing, Value | Unbound):
        return True
    if not depth:
        return False
    if isinstance(thing, dict):
        return any(contains_value(item, depth - 1) for item in thing.values())
    if isinstance(thing, list | tuple | set | frozenset):
        return any(contains_value(item, depth - 1) for item in thing)
    fields = getattr(type(thing), "__dataclass_fields__", None)
    return fields is not None and any(
        contains_value(getattr(thing, name, None), depth - 1) for name in fields
    )
