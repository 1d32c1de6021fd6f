"""Who answers for a resource: a Python callable, AWS (or what stands for it), or an error that says what is missing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any, Final, Protocol

from flowdeco.asl.model import JSON
from flowdeco.engine import Handler, TaskFailure
from flowdeco.errors import LoadError, did_you_mean

_ANY: Final = "*"
_TOKEN: Final = ".waitForTaskToken"
_LAMBDA: Final = "arn:aws:states:::lambda:invoke"


class Calls(Protocol):
    """Calls of a cloud. They return JSON as Step Functions gives it to a state, and raise TaskFailure."""

    def function(self, name: str, payload: JSON) -> JSON:
        """Invokes a Lambda function, by its name or ARN."""

    def integration(self, resource: str, arguments: JSON) -> JSON:
        """Calls the API that a Task's `Resource` names."""


class Handlers:
    """Who answers for resources, whatever execution asks.

    `named` are handlers by function name or ARN, `Resource` or `"*"`. What they do not answer goes to the first of
    `remote` whose pattern it matches (`*`, `arn:aws:states:::sqs:*`, `resize-*`). `activity` says whether a name is that
    of an activity: workers answer for these.
    """

    def __init__(
        self,
        named: Mapping[str, Handler],
        remote: Sequence[tuple[str, Calls]] = (),
        activity: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self._named = named
        self._remote = remote
        self._activity = activity

    def find(self, name: str) -> Handler | None:
        """The handler for a name the engine looks for; None when there is none, and the engine knows what to say."""
        if ":activity:" in name or name == _ANY or self._activity(name):
            return self._named.get(name)
        function = not name.startswith("arn:") or ":function:" in name
        names = function_aliases(name) if function else (name, name.removesuffix(_TOKEN))
        for one in (*names, _LAMBDA, _ANY) if function else (*names, _ANY):
            if one in self._named:
                return self._named[one]
        for pattern, calls in self._remote:
            if any(fnmatchcase(one, pattern) for one in names):
                return _remote(calls, name, function)
        return None if function or name.startswith(_LAMBDA) else _no_integration(name)


class HandlersOf(Mapping[str, Handler]):
    """The handlers of one execution: `own` ones, and those of all.

    Until it is `begun` there is one for every name, so that nothing is refused before it is called.
    """

    def __init__(self, shared: Handlers, own: Mapping[str, Handler]) -> None:
        self._shared = shared
        self._own = own
        self.begun = False

    def __getitem__(self, name: str) -> Handler:
        handler = self._own.get(name) or self._shared.find(name)
        if handler is not None:
            return handler
        if self.begun:
            raise KeyError(name)
        return _no_integration(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


def _remote(calls: Calls, name: str, function: bool) -> Handler:
    if function:
        return lambda payload: calls.function(name, payload)
    return lambda arguments: calls.integration(name, arguments)


def function_aliases(function: str) -> tuple[str, ...]:
    """The names that a Lambda function may be given by, the most exact first.

    >>> function_aliases("arn:aws:lambda:eu-west-1:123456789012:function:train:7")[1:]
    ('arn:aws:lambda:eu-west-1:123456789012:function:train', 'train:7', 'train')
    """
    head, found, tail = function.rpartition("function:")
    name, _, qualifier = tail.partition(":")
    full = head + found + name
    return tuple(dict.fromkeys((function, full, f"{name}:{qualifier}" if qualifier else name, name)))


def _no_integration(resource: str) -> Handler:
    def handler(arguments: JSON) -> JSON:
        raise TaskFailure(
            "Flowdeco.NoHandler", f"nothing answers for {resource} here: give it a handler, or a mock"
        )

    return handler


# --- Python callables --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What a handler written for Lambda gets as its second argument."""

    function_name: str
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "128"
    aws_request_id: str = "00000000-0000-4000-8000-000000000000"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def load_handler(text: str) -> tuple[str, Handler]:
    """Reads `NAME=module:function`, and imports the function.

    It is called with the payload, and with a Lambda context when it takes two arguments. Raises LoadError.

    >>> name, handler = load_handler("double=operator:neg")
    >>> name, handler(21)
    ('double', -21)
    """
    name, equals, target = text.partition("=")
    module_name, colon, path = target.partition(":")
    if not (name and equals and module_name and colon and path):
        raise LoadError(
            f"{text!r} is not NAME=module:function", hint="for example --handler train=pipeline:train"
        )
    try:
        found: Any = import_module(module_name)
    except ImportError as error:
        raise LoadError(f"the handler {name!r} cannot be imported: {error}") from error
    for part in path.split("."):
        if not hasattr(found, part):
            raise LoadError(f"{module_name!r} has no {path!r}", hint=did_you_mean(part, dir(found)))
        found = getattr(found, part)
    if not callable(found):
        raise LoadError(f"{target!r} is not a function")
    return name, _plain(name, found)


def _plain(name: str, function: Callable[..., JSON]) -> Handler:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # built in, and it does not tell
        return function
    needed = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if sum(one.default is one.empty for one in needed) < 2:
        return function
    context = LambdaContext(name.rpartition("function:")[2].partition(":")[0])
    return lambda payload: function(payload, context)
