"""One invocation of a step: find it, decode its arguments, call it, encode its result, report its failure.

The same code runs in Lambda and on this computer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from flowdeco.errors import CodecError, FlowdecoError, Location
from flowdeco.runtime.encoding import JSON
from flowdeco.runtime.failures import step_error
from flowdeco.runtime.refusal import shown
from flowdeco.runtime.values import ValueCodec

_FINISHED = frozenset({type(None), bool, int, float, str, list, dict, tuple, bytes})
"""Results of these types need no look: they are no awaitables."""


def invoke(
    payload: JSON,
    *,
    resolve: Callable[[str], Callable[..., object]],
    codec: ValueCodec,
    request_id: str = "local",
) -> JSON:
    """Runs a step and gives its encoded result.

    `payload` is `{"step": "train", "arguments": {"*": [positional, ...], "name": value, ...}}`, arguments
    encoded, both parts of `arguments` optional; `"inline": true` when the workflow looks into the result.
    `resolve` finds the function of a step by name. Async functions are awaited.

    `"before": [{"step", "arguments"}, ...]` and `"then": [...]` are calls that are made before the step's and
    after it. The arguments of all of them may hold `{"$type": "result", "of": 0}`: what the first of all calls
    resulted in, as it is. Only the step's own result is encoded.

    Raises `StepError` for whatever goes wrong, from an unknown step to a result that cannot be encoded, and
    for `SystemExit` and `KeyboardInterrupt` in the step.

    >>> from flowdeco.runtime.store import MemoryStore
    >>> steps = {"add": lambda a, b=0: a + b}
    >>> payload = {"step": "add", "arguments": {"*": [1], "b": 2}}
    >>> invoke(payload, resolve=steps.__getitem__, codec=ValueCodec(MemoryStore()))
    3
    """
    try:
        function = resolve(_step_name(payload))
        if "before" in payload or "then" in payload:
            result = _in_turn(payload, resolve, codec)
        else:
            result = _called(payload, function, codec, None)
        return _encoded(result, payload, codec, function)
    except BaseException as exception:
        raise step_error(exception, request_id, codec) from exception


def _called(
    payload: JSON, function: Callable[..., object], codec: ValueCodec, results: list[object] | None
) -> object:
    positional, named = _arguments(payload, codec, function, results)
    result = function(*positional, **named)
    if type(result) not in _FINISHED and hasattr(result, "__await__"):
        result = _awaited(result)
    return result


def _in_turn(payload: JSON, resolve: Callable[[str], Callable[..., object]], codec: ValueCodec) -> object:
    """Several calls, one after the other: the result of the one that the payload itself is."""
    before, then = payload.get("before", []), payload.get("then", [])
    if type(before) is not list or type(then) is not list:
        raise CodecError(f"the calls before and after a step are lists: {shown(payload)}")
    results: list[object] = []
    for call in (*before, payload, *then):
        results.append(_called(call, resolve(_step_name(call)), codec, results))
    return results[len(before)]


def _step_name(payload: JSON) -> str:
    name = payload.get("step") if type(payload) is dict else None
    if type(name) is not str:
        raise CodecError(
            f"this is no invocation of a step: {shown(payload)}",
            hint='a step is invoked with {"step": name, "arguments": {"*": [...], "name": value}}',
        )
    return name


def _arguments(
    payload: JSON, codec: ValueCodec, function: Callable[..., object], results: list[object] | None
) -> tuple[list[Any], dict[str, Any]]:
    arguments = payload.get("arguments")
    if arguments is None:
        return [], {}
    if type(arguments) is not dict or type(arguments.get("*", [])) is not list:
        raise CodecError(f'the arguments should be {{"*": [...], "name": value}} and are {shown(arguments)}')
    try:
        decoded = codec.decode(dict(arguments), results=results)
    except FlowdecoError as error:
        raise _placed(error, f"the arguments of step {payload['step']!r}", function) from error.__cause__
    return decoded.pop("*", []), decoded


def _encoded(result: object, payload: JSON, codec: ValueCodec, function: Callable[..., object]) -> JSON:
    try:
        return codec.encode(result, inline=payload.get("inline") is True)
    except FlowdecoError as error:
        raise _placed(error, f"the result of step {payload['step']!r}", function) from error.__cause__


def _placed(error: FlowdecoError, what: str, function: Callable[..., object]) -> FlowdecoError:
    """The same error, saying which value and where the step is."""
    error.message = f"{what}: {error.message}"
    error.location = error.location or _location(function)
    return error


def _location(function: object) -> Location | None:
    """Where the step's function starts, as far as it is written in Python."""
    for _ in range(100):
        function = getattr(function, "func", function)
        if not hasattr(function, "__wrapped__"):
            break
        function = function.__wrapped__
    kind: Any = type(function)
    for candidate in (function, kind.__call__):
        code = getattr(candidate, "__code__", None)
        if code is not None:
            return Location.of_code(code)
    return None


def _awaited(result: Awaitable[Any]) -> Any:
    """What the awaitable gives, in an event loop of its own; in a thread where one runs here already (notebooks)."""
    import asyncio

    async def wait() -> Any:
        return await result

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(wait())
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(1, "step") as pool:
        return pool.submit(copy_context().run, asyncio.run, wait()).result()
