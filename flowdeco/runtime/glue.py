"""What glue calls run: an operation that no expression can do, as the function of a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Method:
    """`value.name(...)`.

    >>> Method("title")("to be")
    'To Be'
    """

    name: str

    def __call__(self, value: Any, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(value, self.name)(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class Changing:
    """A method that changes what it is called on: a copy, changed, and what the method returned.

    >>> Changing("pop")([1, 2])
    ([1], 2)
    """

    name: str

    def __call__(self, container: Any, /, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        changed = container.copy()
        result = getattr(changed, self.name)(*args, **kwargs)
        return changed, result


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value.name`.

    >>> Attribute("imag")(1j)
    1.0
    """

    name: str

    def __call__(self, value: Any, /) -> Any:
        return getattr(value, self.name)


@dataclass(frozen=True)
class Bound:
    """A function of which some arguments are no data: another function, a class, a module.

    >>> Bound(sorted, (), {"key": len})(["bb", "a"])
    ['a', 'bb']
    """

    function: Callable[..., Any]
    positional: tuple[tuple[int, Any], ...]
    named: dict[str, Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = list(args)
        for place, thing in self.positional:
            given.insert(place, thing)
        return self.function(*given, **self.named, **kwargs)


@dataclass(frozen=True, slots=True)
class Text:
    """An f-string: texts, and (conversion, spec) for each value; without a spec that is the value after it.

    >>> Text(("n=", ("", ".2f"), "!"))(1.5)
    'n=1.50!'
    """

    layout: tuple[str | tuple[str, str | None], ...]

    def __call__(self, *values: Any) -> str:
        left = iter(values)
        pieces = []
        for part in self.layout:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value = next(left)
            conversion, spec = part
            pieces.append(formatted(value, next(left) if spec is None else spec, conversion))
        return "".join(pieces)


@dataclass(frozen=True, slots=True)
class Listed:
    """A function that gives its results one by one, as one that gives a list of them.

    >>> Listed(zip)([1, 2], [3, 4])
    [(1, 3), (2, 4)]
    """

    function: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(self.function(*args, **kwargs))


def formatted(value: Any, spec: str = "", conversion: str = "") -> str:
    """A part of an f-string.

    >>> formatted(1.5, ".2f"), formatted("a", "", "r")
    ('1.50', "'a'")
    """
    conversions: dict[str, Callable[[Any], Any]] = {"r": repr, "s": str, "a": ascii}
    convert = conversions.get(conversion)
    return format(value if convert is None else convert(value), spec)


def sliced(value: Any, start: Any = None, stop: Any = None, step: Any = None) -> Any:
    """`value[start:stop:step]`.

    >>> sliced("abc", 1)
    'bc'
    """
    return value[start:stop:step]


def percent(text: str, *values: Any) -> str:
    """`text % values`.

    >>> percent("%s-%d", "a", 1)
    'a-1'
    """
    return text % values
