"""Going over lists in JSONata. Items of dicts, numbered elements and zipped lists are taken apart on the way: the tuples
they are in Python are made only where somebody keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from flowdeco.compiler.operations.arguments import VARIABLE, Args, Parts, between, wrapped
from flowdeco.graph.expressions import Literal, Operation

_FILTERS = ("filter.flat", "filter.lists", "filter.any")
_ENUMERATIONS = ("enumerate.flat", "enumerate.lists", "enumerate.any")


@dataclass(frozen=True, slots=True)
class Walk:
    """What goes over a list. `over`: `$map` or `$each`; `source`: what it is given; `parameters` of the function for
    each element; `element`: the element, a variable or the parts of a tuple; `conditions`: which elements count. Of a dict
    also variables for a `key`, and for what has to be `held`."""

    over: str
    source: str
    parameters: tuple[str, ...]
    element: str
    conditions: tuple[str, ...] = ()
    key: str = ""
    held: str = ""

    @property
    def plain(self) -> bool:
        """Whether every element is the value of a variable."""
        return not self.conditions and not isinstance(self.element, Parts)

    @property
    def condition(self) -> str:
        return " and ".join(wrapped(condition, 31) for condition in self.conditions)

    def made(self, result: str) -> str:
        """What becomes of each element that counts."""
        body = f"{wrapped(self.condition, 21)} ? {wrapped(result, 21)}" if self.conditions else result
        return f"{self.over}({self.source}, function({', '.join(self.parameters)}){{ {body} }})"

    def joined(self, lists: str, so_far: str) -> str:
        """The lists that become of the elements that count, one after another."""
        if lists == self.element and self.plain and self.over == "$map":
            return f"$reduce({self.source}, $append, [])"
        grown = f"$append({so_far}, {lists})"
        if self.conditions:
            grown = f"{wrapped(self.condition, 21)} ? {grown} : {so_far}"
        source, parameters = self.source, self.parameters
        if self.over == "$each":
            bound = "" if VARIABLE.fullmatch(source) else f"{self.held} := {source}; "
            d = self.held if bound else source
            entry = f"({parameters[0]} := $lookup({d}, {self.key}); {grown})"
            reduced = f"$reduce([$keys({d})], function({so_far}, {self.key}){{ {entry} }}, [])"
            return f"({bound}{reduced})" if bound else reduced
        return f"$reduce({source}, function({', '.join((so_far, *parameters))}){{ {grown} }}, [])"


def pair(first: str, second: str, flat: bool) -> Parts:
    """The tuple of what is no list and of a variable; `flat`: that is no list either."""
    items = f"[{first}, {second}]"
    if not flat:
        items = f'$type({second}) = "array" ? [{first}, [{second}]] : {items}'
    return Parts(f"{{'$type': 'tuple', 'items': {items}}}", first, second)


def walk(a: Args, i: int, hint: str) -> Walk:
    """How to go over the list that is an argument."""
    made = a.expression(i)
    if isinstance(made, Operation):
        inner = a.inside(i)
        if made.form in _FILTERS:
            found = walk(inner, 1, hint)
            test = inner.body(0, found.element)
            return replace(found, conditions=(*found.conditions, test))
        if made.form in ("dict.items", "dict.items_any"):
            v, k = a.fresh("v"), a.fresh("k")
            parts = pair(k, v, flat=made.form == "dict.items")
            return Walk("$each", inner.bare(0), (v, k), parts, key=k, held=a.fresh("d"))
        if made.form in ("dict.values", "dict.values_any"):
            v = a.fresh(hint)
            return Walk("$each", inner.bare(0), (v,), v, key=a.fresh("k"), held=a.fresh("d"))
        if made.form in _ENUMERATIONS:
            v, n = a.fresh("v"), a.fresh("i")
            position = n if made.arguments[1] == Literal(0) else between(n, "+", inner.bare(1))
            return Walk("$map", inner.bare(0), (v, n), pair(position, v, flat=made.form == "enumerate.flat"))
        if made.form == "zip":
            t = a.fresh("t")
            zipped = f"$zip({', '.join(inner.bare(j) for j in range(len(inner)))})"
            looks = (f"{t}[{j}]" for j in range(len(inner)))
            return Walk("$map", zipped, (t,), Parts(f"{{'$type': 'tuple', 'items': {t}}}", *looks))
    v = a.fresh(hint)
    return Walk("$map", a.bare(i), (v,), v)
