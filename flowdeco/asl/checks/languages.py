"""The query languages: which may be where, and the fields of the one in a state of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from flowdeco.asl.codes import refused
from flowdeco.asl.fields import COMBINATIONS, COMPARISONS
from flowdeco.asl.model import JSON
from flowdeco.asl.scopes import Scope, Site
from flowdeco.errors import Finding

_JSONATA: Final = frozenset(("Arguments", "Output", "Items", "Condition"))
_PATHS: Final = (
    *("TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency", "ToleratedFailureCount"),
    *("ToleratedFailurePercentage", "Seconds", "Timestamp", "Error", "Cause"),
    *("MaxItems", "MaxItemsPerBatch", "MaxInputBytesPerBatch"),
)
_JSONPATH: Final = frozenset(
    (
        *("InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath", "Result", "ItemsPath"),
        *("Variable", *COMPARISONS, *COMBINATIONS),
        *(f"{name}Path" for name in _PATHS),
    )
)
_INSTEAD: Final = {
    **{f"{name}Path": name for name in _PATHS},
    "Parameters": "Arguments",
    "Result": "Output",
    "ResultSelector": "Output",
    "ResultPath": "Output, or Assign",
    "OutputPath": "Output",
    "ItemsPath": "Items",
    "Variable": "Condition",
    "Arguments": "Parameters",
    "Output": "ResultSelector, ResultPath and OutputPath",
    "Items": "ItemsPath",
    "Condition": "Variable and a comparison",
}
_PARTS: Final = ("ItemReader", "ItemBatcher", "ResultWriter")


def scope_language(scope: Scope) -> Iterator[Finding]:
    """A machine in JSONata has no part in JSONPath."""
    if scope.outer is None:
        return
    if scope.document.get("QueryLanguage") == "JSONPath" and _whole(scope.outer.scope) == "JSONata":
        yield _downgrade(scope.where)


def state_language(site: Site) -> Iterator[Finding]:
    """The same of a state."""
    if site.body.get("QueryLanguage") == "JSONPath" and _whole(site.scope) == "JSONata":
        yield _downgrade(site.where)


def _whole(scope: Scope) -> JSON:
    while scope.outer is not None:
        scope = scope.outer.scope
    return scope.document.get("QueryLanguage")


def _downgrade(where: str) -> Finding:
    text = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
    return refused(where, text, "set it to JSONata in those states that use it, and not for the machine")


def foreign_fields(site: Site) -> Iterator[Finding]:
    """Fields of the other query language, in the state and in its parts."""
    yield from _foreign(site, site.body, site.where)
    for field in ("Choices", "Catch"):
        for where, entry in site.entries(field):
            yield from _foreign(site, entry, where)
            if field == "Choices" and site.language == "JSONata" and "Condition" not in entry:
                yield refused(where, "a rule of a JSONata state has a Condition")
    for field in _PARTS:
        part = site.body.get(field)
        if isinstance(part, dict):
            yield from _foreign(site, part, f"{site.where}.{field}")
            config = part.get("ReaderConfig")
            if isinstance(config, dict):
                yield from _foreign(site, config, f"{site.where}.{field}.ReaderConfig")


def _foreign(site: Site, part: Mapping[str, JSON], where: str) -> Iterator[Finding]:
    others, other = (_JSONATA, "JSONata") if site.language == "JSONPath" else (_JSONPATH, "JSONPath")
    for name, value in part.items():
        if name in others:
            instead = _INSTEAD.get(name)
            text = f"{name} is a field of {other} states, and this state is {site.language}"
            yield refused(f"{where}.{name}", text, f"use {instead}" if instead else None)
        elif f"{name}Path" in part and name in _PATHS and site.language == "JSONPath":
            yield refused(where, f"{name} and {name}Path are given, and only one of them can be")
        elif name in _NUMBERS and site.language == "JSONPath" and isinstance(value, str):
            text = f"{name} is an expression, and this state is JSONPath"
            yield refused(f"{where}.{name}", text, f"use {name}Path, or QueryLanguage: JSONata")


_NUMBERS: Final = frozenset(_PATHS) - {"Timestamp", "Error", "Cause"}
