"""What a step's role may do: IAM statements, checked when they are written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flowdeco.errors import Location, OptionError, did_you_mean

Condition: TypeAlias = tuple[str, str, tuple[str, ...]]
"""Operator, key and values: `("StringEquals", "aws:SourceAccount", ("111122223333",))`."""

_HINT = "write 's3:GetObject arn:aws:s3:::bucket/*' or {'Action': ..., 'Resource': ...}"
_KEYS = ("Sid", "Effect", "Action", "Resource", "Condition")


@dataclass(frozen=True, slots=True, init=False)
class Permission:
    """A statement of the step's role: IAM actions on resource ARNs, under optional conditions as IAM writes them.

    Raises OptionError when a part is missing or is no action or ARN.

    >>> Permission("s3:GetObject", "arn:aws:s3:::raw/*").actions
    ('s3:GetObject',)
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def __init__(
        self,
        actions: str | Iterable[str],
        resources: str | Iterable[str],
        conditions: Mapping[str, Mapping[str, object]] | Iterable[Condition] = (),
    ) -> None:
        try:
            put = object.__setattr__
            put(self, "actions", tuple(_action(text) for text in _texts(actions, "action")))
            put(self, "resources", tuple(_resource(text) for text in _texts(resources, "resource")))
            put(self, "conditions", tuple(_conditions(conditions)))
        except OptionError as error:
            raise error.at(Location.of_caller()) from None


def read_permissions(value: object) -> tuple[Permission, ...]:
    """`permissions=`: `"s3:GetObject arn:aws:s3:::bucket/*"`, IAM statements as dicts, or a list of both."""
    if value is None:
        return ()
    entries = value if isinstance(value, list | tuple) else [value]
    return tuple(_permission(entry) for entry in entries)


def _permission(entry: object) -> Permission:
    match entry:
        case Permission():
            return entry
        case str():
            first, *words = entry.replace(",", " ").split() or [""]
            actions = [first, *(word for word in words if not _is_resource(word))]
            return Permission(
                [word for word in actions if word], [word for word in words if _is_resource(word)]
            )
        case dict():
            return _statement(entry)
    raise OptionError(f"permission {entry!r} is not understood", hint=_HINT)


def _statement(entry: dict[str, object]) -> Permission:
    for key in entry:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) if isinstance(key, str) else None
            raise OptionError(f"a permission has no {key!r}: {entry!r}", hint=hint or _HINT)
    if entry.get("Effect", "Allow") != "Allow":
        raise OptionError(
            f"permission {entry!r} allows nothing", hint="leave it out: a role may do nothing else"
        )
    conditions = entry.get("Condition") or {}
    if not isinstance(conditions, dict):
        raise OptionError(f"Condition {conditions!r} is not a dict", hint=_CONDITION_HINT)
    return Permission(entry.get("Action") or (), entry.get("Resource") or (), conditions)  # type: ignore[arg-type]


def _texts(value: object, what: str) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise OptionError(f"{what} {value!r} must be a string or a list of strings", hint=_HINT)
    if not texts:
        raise OptionError(f"a permission names no {what}", hint=_HINT)
    return list(texts)


def _action(text: str) -> str:
    service, _, verb = text.partition(":")
    if text != "*" and not (service and verb and not _is_resource(text) and " " not in text):
        raise OptionError(
            f"{text!r} is not an IAM action", hint="an action reads service:Verb, as in s3:GetObject"
        )
    return text


def _resource(text: str) -> str:
    if not _is_resource(text):
        raise OptionError(f"{text!r} is not the ARN of a resource", hint="write arn:aws:..., or '*' for any")
    return text


def _is_resource(word: str) -> bool:
    return word == "*" or word.startswith("arn:")


_CONDITION_HINT = "write {'StringEquals': {'aws:SourceAccount': '111122223333'}}"


def _conditions(value: object) -> Iterable[Condition]:
    if isinstance(value, Mapping):
        for operator, tests in value.items():
            if not isinstance(tests, Mapping):
                raise OptionError(
                    f"condition {operator!r} is not a dict of tests: {tests!r}", hint=_CONDITION_HINT
                )
            for key, expected in tests.items():
                yield _condition(operator, key, expected)
        return
    for entry in value if isinstance(value, list | tuple) else (value,):
        if not isinstance(entry, tuple) or len(entry) != 3:
            raise OptionError(f"condition {entry!r} is not understood", hint=_CONDITION_HINT)
        yield _condition(*entry)


def _condition(operator: object, key: object, expected: object) -> Condition:
    values = expected if isinstance(expected, list | tuple) else [expected]
    texts = tuple(_literal(value) for value in values)
    if not (
        isinstance(operator, str) and isinstance(key, str) and texts and all(t is not None for t in texts)
    ):
        raise OptionError(f"condition {operator!r} on {key!r} tests for {expected!r}", hint=_CONDITION_HINT)
    return operator, key, tuple(text for text in texts if text is not None)


def _literal(value: object) -> str | None:
    """A value of a condition as IAM compares it; None for what it cannot."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None
