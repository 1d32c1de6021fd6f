"""Comprehensions: an expression when nothing in them takes time, a map otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from flowdeco.graph import Local
from flowdeco.graph.types import list_of
from flowdeco.tracing import decisions, looks, operate
from flowdeco.tracing.lazy import Lazy
from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

Element = Callable[[Any], Any]


def comprehend(
    recorder: TraceRecorder, kind: str, items: Any, test: Element | None, element: Element, name: str
) -> Any:
    """One `for` of a comprehension. `kind`: list, set, dict (elements are pairs), generator, or flat (elements are lists)."""
    listed = recorder.iterable(items)
    if not isinstance(listed, Value):
        if kind == "generator":
            return Lazy(recorder, listed, test, element)
        return unrolled(recorder, kind, listed, test, element)
    found = _expression(recorder, kind, listed, test, element)
    if found is None:
        found = _mapped(recorder, kind, listed, test, element, name)
    return _finished(recorder, kind, found)


def _finished(recorder: TraceRecorder, kind: str, found: Any) -> Any:
    if kind == "dict":
        return operate.operate(recorder, "dict_of_pairs", (found,), python=dict)
    if kind == "set":
        return operate.operate(recorder, "set_of", (found,), python=set)
    return found


def unrolled(recorder: TraceRecorder, kind: str, items: Any, test: Element | None, element: Element) -> Any:
    """Over what is known: element by element. Pieces that only the run knows the length of make a run-time list."""
    pieces = [_kept(recorder, kind, item, test, element) for item in items]
    if not any(isinstance(piece, Value) for piece in pieces):
        return collected(recorder, kind, [thing for piece in pieces for thing in piece])
    whole: Any = []
    for piece in pieces:
        whole = piece if _empty(whole) else operate.operate(recorder, "concat", (whole, piece))
    return _finished(recorder, kind, whole)


def _kept(recorder: TraceRecorder, kind: str, item: Any, test: Element | None, element: Element) -> Any:
    """What one item gives: a list, empty when the filter drops it."""
    keep = True if test is None else recorder.truth(test(item))
    if isinstance(keep, Value):
        return decisions.ternary(recorder, keep, lambda: _piece(kind, element(item)), list)
    return _piece(kind, element(item)) if keep else []


def _empty(whole: Any) -> bool:
    """Whether it is known that nothing is in it."""
    return not isinstance(whole, Value) and not whole


def _piece(kind: str, thing: Any) -> Any:
    return thing if kind == "flat" else [thing]


def _expression(
    recorder: TraceRecorder, kind: str, listed: Value, test: Element | None, element: Element
) -> Any:
    type = looks.element_type(listed)
    source: Any = listed
    if test is not None:
        made = operate.function_of(recorder, _asked(recorder, test), (type,))
        if made is None:
            return None
        source = operate.expressed(recorder, "filter", (made, listed))
        if source is None:
            return None
    mark = recorder.mark()
    made = operate.function_of(recorder, element, (type,))
    if made is None:
        return None
    if kind != "flat" and made.function.body == Local(made.function.parameters[0]):
        return source
    found = operate.expressed(recorder, "flat_map" if kind == "flat" else "map", (made, source))
    if found is None:
        recorder.back_to(mark)
        return None
    inner = made.type
    return Value(found._expression, recorder, inner if kind == "flat" else list_of(inner))


def _asked(recorder: TraceRecorder, test: Element) -> Element:
    return lambda item: recorder.truth(test(item))


def _mapped(
    recorder: TraceRecorder, kind: str, listed: Value, test: Element | None, element: Element, name: str
) -> Any:
    """A Map. A filter without steps is applied to the items; one with steps decides in every iteration."""
    type = looks.element_type(listed)
    if test is not None:
        made = operate.function_of(recorder, _asked(recorder, test), (type,))
        filtered = None if made is None else operate.expressed(recorder, "filter", (made, listed))
        if filtered is not None:
            listed, test = Value(filtered._expression, recorder, list_of(type)), None
    if test is None:
        found = recorder.mapped(listed, element, name, None, False, ())
        return _flat(recorder, found) if kind == "flat" else found
    condition = test

    def decided(item: Any) -> Any:
        return decisions.ternary(recorder, condition(item), lambda: _piece(kind, element(item)), list)

    return _flat(recorder, recorder.mapped(listed, decided, name, None, False, ()))


def _flat(recorder: TraceRecorder, lists: Value) -> Any:
    """The lists of a list, one after the other."""
    made = operate.function_of(recorder, lambda piece: piece, (lists._type.item,))
    assert made is not None
    return operate.operate(recorder, "flat_map", (made, lists))


def collected(recorder: TraceRecorder, kind: str, listed: Any) -> Any:
    """A list, a set or a dict of what was listed."""
    if kind not in ("set", "dict"):
        return listed
    if isinstance(listed, Value) or contains_value(_keys(kind, listed)):
        return _finished(recorder, kind, listed)
    return set(listed) if kind == "set" else dict(listed)


def _keys(kind: str, listed: Any) -> Any:
    """What would have to be hashed."""
    return listed if kind == "set" else [pair if isinstance(pair, Value) else pair[0] for pair in listed]


def display(recorder: TraceRecorder, kind: str, pieces: Sequence[tuple[bool, Any]]) -> Any:
    """`[a, *xs]`, `(a, *xs)`, `{a, b}`: pieces are (whether it has a star, value)."""
    whole: Any = []
    for starred, value in pieces:
        recorder.fresh(value)
        piece: Any = [value]
        if starred:
            piece = recorder.iterable(value)
            if not isinstance(piece, Value):
                piece = list(piece)
        if isinstance(whole, Value) or isinstance(piece, Value):
            whole = piece if _empty(whole) else operate.operate(recorder, "concat", (whole, piece))
        else:
            whole = whole + piece
    if kind == "set":
        return collected(recorder, "set", whole)
    if kind == "tuple":
        return (
            operate.operate(recorder, "tuple", (whole,), python=tuple)
            if isinstance(whole, Value)
            else tuple(whole)
        )
    return whole


def display_dict(recorder: TraceRecorder, pieces: Sequence[tuple[Any, ...]]) -> Any:
    """`{k: v, **d}`: pieces are pairs, or one value for what has two stars."""
    whole: Any = {}
    for piece in pieces:
        for part in piece:
            recorder.fresh(part)
        new: Any
        if len(piece) == 1:
            new = piece[0]
        elif isinstance(piece[0], Value):
            new = operate.operate(recorder, "dict_of_pairs", ([piece],), python=dict)
        else:
            new = {piece[0]: piece[1]}
        if isinstance(whole, Value) or isinstance(new, Value):
            whole = (
                new
                if _empty(whole) and len(piece) == 2
                else operate.operate(recorder, "dict_merge", (whole, new), python=_joined)
            )
        else:
            whole = {**whole, **new}
    return whole


def _joined(*parts: Any) -> dict[Any, Any]:
    return {key: value for part in parts for key, value in part.items()}
