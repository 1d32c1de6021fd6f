"""`Value`: the stand-in for something known only when the workflow runs.

It may be passed to steps, put into lists, dicts, tuples and dataclasses, indexed by constants, unpacked and returned.
Python itself would have to know it for anything else, and that is refused with the user's line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from flowdeco.errors import Location, UnsupportedError
from flowdeco.tracing.places import user_location

if TYPE_CHECKING:
    from flowdeco.graph import Expression
    from flowdeco.tracing.recorder import TraceRecorder

_IN_A_STEP = "do it inside a step, where the value is known"


class Value:
    """A run-time value: its expression, and the type its origin is annotated with (None when nothing says)."""

    __slots__ = ("_expression", "_recorder", "_type")
    _expression: Expression
    _recorder: TraceRecorder
    _type: Any

    def __init__(self, expression: Expression, recorder: TraceRecorder, type: Any = None) -> None:
        put = object.__setattr__
        put(self, "_expression", expression)
        put(self, "_recorder", recorder)
        put(self, "_type", type)

    def __repr__(self) -> str:
        return f"<value of {self._recorder.describe(self._expression)}>"

    def _refuse(self, what: str, hint: str = _IN_A_STEP) -> NoReturn:
        raise self._recorder.refuse(what, self, hint)

    # What is allowed: looks into the value.

    def __getitem__(self, key: Any) -> Value:
        return self._recorder.element(self, key)

    def __getattr__(self, name: str) -> Value:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._recorder.attribute(self, name)

    # What is refused: everything for which Python needs the value now.

    def __setattr__(self, name: str, value: object) -> NoReturn:
        self._refuse(f"setting .{name}", "return a changed value from a step")

    def __setitem__(self, key: object, value: object) -> NoReturn:
        self._refuse("item assignment", "return a changed value from a step")

    def __delitem__(self, key: object) -> NoReturn:
        self._refuse("del", "return a changed value from a step")

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        self._refuse("a call")

    def __iter__(self) -> Iterator[Any]:
        self._refuse("a loop", "write a comprehension [f(x) for x in xs] or f.map(xs), or loop inside a step")

    def __enter__(self) -> NoReturn:
        self._refuse("with")

    def __exit__(self, *args: object) -> None:
        """There, so that `with` reaches __enter__."""

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self._refuse("copying or pickling")


def _refusal(what: str) -> Any:
    def refuse(self: Value, *args: object) -> NoReturn:
        self._refuse(what)

    return refuse


_REFUSED = {
    "a condition (if, while, and, or, not, assert)": "__bool__",
    "len()": "__len__",
    "'in'": "__contains__",
    "use as a dict key or a set member": "__hash__",
    "str()": "__str__",
    "an f-string": "__format__",
    "a comparison": "__eq__ __ne__ __lt__ __le__ __gt__ __ge__",
    "arithmetic": "__add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __floordiv__ "
    "__rfloordiv__ __mod__ __rmod__ __pow__ __rpow__ __divmod__ __rdivmod__ __matmul__ __rmatmul__ __neg__ __pos__ "
    "__abs__ __round__ __trunc__ __floor__ __ceil__ __and__ __rand__ __or__ __ror__ __xor__ __rxor__ __lshift__ "
    "__rlshift__ __rshift__ __rrshift__ __invert__",
    "conversion to a number": "__int__ __float__ __complex__ __index__",
    "use as a path": "__fspath__",
    "bytes()": "__bytes__",
    "reversed()": "__reversed__",
    "await": "__await__",
    "next()": "__next__",
}
for _what, _names in _REFUSED.items():
    for _name in _names.split():
        setattr(Value, _name, _refusal(_what))


def contains_value(thing: object, depth: int = 4) -> bool:
    """Whether a Value is in a (nested) list, tuple, set or dict."""
    if isinstance(thing, Value):
        return True
    if not depth:
        return False
    if isinstance(thing, dict):
        return any(contains_value(item, depth - 1) for item in thing.values())
    if isinstance(thing, list | tuple | set | frozenset):
        return any(contains_value(item, depth - 1) for item in thing)
    return False


def unsupported(what: str, hint: str, location: Location | None = None) -> UnsupportedError:
    """The refusal of a construct at the user's current line."""
    return UnsupportedError(what, location=location or user_location(), hint=hint)
