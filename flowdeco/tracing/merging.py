"""Where paths meet: what each name holds afterwards.

A name that holds the same on all paths keeps it, known or not. Otherwise the values become expressions, and the name a
variable that each path brings a value for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from types import ModuleType
from typing import TYPE_CHECKING, Any

from flowdeco.errors import CodecError, FlowdecoError
from flowdeco.graph import Expression, Result, Variable, leaves
from flowdeco.graph.types import join
from flowdeco.tracing.blocks import Pending
from flowdeco.tracing.places import user_location
from flowdeco.tracing.types import value_type
from flowdeco.tracing.value import Unbound, Value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

CONTAINERS = (list, dict, set)
_SAFE = (type(None), bool, int, float, str, bytes)


class Held:
    """A container as it was: `thing` itself, and a copy made at the time."""

    __slots__ = ("copy", "thing")

    def __init__(self, thing: Any) -> None:
        self.thing = thing
        self.copy = thing.copy()

    def changed(self) -> bool:
        """Whether it changed since."""
        now, then = self.thing, self.copy
        if isinstance(now, set):
            return bool(now != then)
        if len(now) != len(then):
            return True
        if isinstance(now, dict):
            return any(a is not b or now[a] is not then[b] for a, b in zip(now, then))
        return any(a is not b for a, b in zip(now, then))


class Env(dict[str, Any]):
    """What names hold at a point. `stale`: what was changed under another name on the way there."""

    stale: Mapping[int, Any]


def captured(recorder: TraceRecorder, names: Iterable[str], env: Mapping[str, Any]) -> Env:
    """What the names hold now, unassigned ones included; containers with their contents of now."""
    found = Env()
    found.stale = dict(recorder.stale)
    for name in names:
        thing = env.get(name, recorder)
        if thing is recorder:
            thing = Unbound(name, recorder)
        found[name] = Held(thing) if type(thing) in CONTAINERS else thing
    return found


def restored(held: Any) -> Any:
    """What to give back to a name: a container with the contents it had."""
    if isinstance(held, Held):
        return held.copy.copy() if held.changed() else held.thing
    return held


def merge(
    recorder: TraceRecorder, paths: Sequence[Pending], names: Iterable[str], since: int | None
) -> tuple[tuple[Variable, ...], dict[str, Any]]:
    """The variables of a label, and what each name holds behind it. Fills in what every path brings.

    `since`: the label's id. What was made after it is inside, and leaves only through variables. None: nothing is.
    """
    stale = dict(recorder.stale)
    for path in paths:
        stale.update(getattr(path.env, "stale", {}))
    recorder.stale = {}  # on its own path each value was what its name holds
    try:
        return _merged(recorder, paths, names, since, stale)
    finally:
        recorder.stale = stale


def _merged(
    recorder: TraceRecorder,
    paths: Sequence[Pending],
    names: Iterable[str],
    since: int | None,
    stale: dict[int, Any],
) -> tuple[tuple[Variable, ...], dict[str, Any]]:
    variables: list[Variable] = []
    merged: dict[str, Any] = {}
    values: list[list[Any]] = [[] for _ in paths]
    seen: dict[tuple[int, ...], Any] = {}
    for name in names:
        held = [path.env[name] for path in paths]
        things = [h.copy if isinstance(h, Held) else h for h in held]
        same = _same(held)
        if same is not None and not (since is not None and _inside(things[0], since)):
            merged[name] = same[0]
            continue
        identity = tuple(id(h.thing if isinstance(h, Held) else h) for h in held)
        if identity in seen and any(isinstance(h, Held | Value) for h in held):
            merged[name] = seen[identity]  # two names of one thing stay that
            continue
        gone = next((thing for thing in things if isinstance(thing, Unbound)), None)
        if gone is not None:
            merged[name] = Unbound(name, recorder, gone._why)
            continue
        failure = recorder.failure
        try:
            expressions = [travelling(recorder, thing) for thing in things]
        except FlowdecoError as error:
            recorder.failure = failure
            merged[name] = Unbound(
                name,
                recorder,
                f"is not the same on all paths that lead here, and cannot travel ({error.message})",
            )
            continue
        variable = Variable(recorder.next_id(name), name)
        variables.append(variable)
        for place, expression in enumerate(expressions):
            values[place].append(expression)
        type = reduce(join, [value_type(thing) for thing in things])
        seen[identity] = merged[name] = Value(Result(variable.id), recorder, type)
        for h in held:
            if isinstance(h, Held):
                stale[id(h.thing)] = (h.thing, name, user_location())
    for path, brought in zip(paths, values):
        path.values = tuple(brought)
    return tuple(variables), merged


def travelling(recorder: TraceRecorder, thing: Any) -> Expression:
    """What a name holds, as an expression. Raises FlowdecoError for what is no data: functions, classes, modules."""
    if not isinstance(thing, Value) and (isinstance(thing, type | ModuleType) or callable(thing)):
        raise CodecError(f"{getattr(thing, '__name__', thing)!r} is no data")
    return recorder.expression(thing)


def _inside(thing: Any, since: int) -> bool:
    """Whether something holds a Value made after a label was opened."""
    if isinstance(thing, Value):
        return any(isinstance(leaf, Result) and leaf.node > since for leaf in leaves(thing._expression))
    if isinstance(thing, dict):
        return any(_inside(part, since) for part in thing.values())
    if isinstance(thing, list | tuple | set):
        return any(_inside(part, since) for part in thing)
    if hasattr(thing, "__dict__") and type(thing).__module__ != "builtins" and not isinstance(thing, type):
        return any(isinstance(part, Value) and _inside(part, since) for part in vars(thing).values())
    return False


def _same(held: list[Any]) -> tuple[Any] | None:
    """What a name holds on all paths, in a tuple; None when it is not the same."""
    first = held[0]
    if isinstance(first, Held):
        if all(isinstance(h, Held) and h.thing is first.thing for h in held) and not any(
            Held.changed(h) for h in held
        ):
            return (first.thing,)
        if len(held) == 1:
            return (restored(first),)
        return None
    if all(h is first for h in held):
        return (first,)
    if isinstance(first, Unbound) and all(isinstance(h, Unbound) for h in held):
        return (first,)
    if isinstance(first, Value):
        if all(isinstance(h, Value) and h._expression == first._expression for h in held):
            return (first,)
        return None
    if type(first) in _SAFE and all(type(h) is type(first) and repr(h) == repr(first) for h in held):
        return (first,)
    return None
