"""What is known of a value before it exists: its sort, and the sorts of its parts.

A type describes values as they travel: a dataclass is a `record` (a JSON object with a tag, whose fields are there), a
tuple an object that holds its elements under `items`, and so on. `ANY` says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Sort: TypeAlias = Literal[
    "any",
    "none",
    "bool",
    "int",
    "float",
    "number",
    "str",
    "list",
    "tuple",
    "set",
    "dict",
    "record",
    "namedtuple",
    "error",
    "opaque",
    "nothing",
]
"""`number`: int or float. `error`: what a handler of an exception gets. `opaque`: nothing an expression can look into
(a table, an array, bytes, a date). `record`: a dataclass or a pydantic model. `namedtuple`: a NamedTuple, fields by name.
`nothing`: what an empty list holds."""


@dataclass(frozen=True, slots=True)
class Type:
    """The sort of a value, and what is known of its parts.

    `optional`: it may also be None. `element`: of lists, sets, tuples of any length, and the values of dicts.
    `elements`: of a tuple of known length. `fields`: of records, namedtuples and dicts with known keys, all of them
    there. `name`: how the user calls it.
    """

    sort: Sort = "any"
    optional: bool = False
    element: Type | None = None
    elements: tuple[Type, ...] | None = None
    fields: tuple[tuple[str, Type], ...] | None = None
    name: str = ""

    def field(self, name: str) -> Type | None:
        """The type of a field; None when there is none of that name."""
        return dict(self.fields or ()).get(name)

    @property
    def item(self) -> Type:
        """The type of an element, ANY when nothing is known."""
        return self.element or ANY


ANY = Type()
NONE = Type("none")
BOOL = Type("bool")
INT = Type("int")
FLOAT = Type("float")
NUMBER = Type("number")
STR = Type("str")
NOTHING = Type("nothing")
LIST = Type("list")
DICT = Type("dict")

_NUMBERS = ("int", "float", "number")


def list_of(element: Type) -> Type:
    """A list of elements of a type."""
    return Type("list", element=element)


def join(first: Type, second: Type) -> Type:
    """The narrowest type that holds both.

    >>> join(INT, FLOAT).sort, join(STR, NONE).optional, join(STR, INT).sort
    ('number', True, 'any')
    """
    if first == second or second.sort == "nothing":
        return first
    if first.sort == "nothing":
        return second
    if first.sort == "none":
        return second if second.sort in ("any", "none") else replace(second, optional=True)
    if second.sort == "none":
        return join(second, first)
    optional = first.optional or second.optional
    if first.sort in _NUMBERS and second.sort in _NUMBERS:
        return Type(first.sort if first.sort == second.sort else "number", optional)
    if first.sort == second.sort and first.sort in ("list", "set", "dict"):
        if first.fields is not None and second.fields is not None and _names(first) == _names(second):
            fields = tuple((name, join(one, dict(second.fields)[name])) for name, one in first.fields)
            return Type(
                first.sort, optional, fields=fields, name=first.name if first.name == second.name else ""
            )
        element = join(first.element, second.element) if first.element and second.element else None
        return Type(first.sort, optional, element)
    if first.sort == second.sort and replace(first, optional=optional) == replace(second, optional=optional):
        return replace(first, optional=optional)
    return ANY


def something(type: Type) -> Type:
    """The type as operations take it: of what an empty list holds they know nothing."""
    return replace(type, element=None) if type.element == NOTHING else type


def _names(type: Type) -> set[str]:
    return {name for name, _ in type.fields or ()}
