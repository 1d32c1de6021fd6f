"""Definitions as the API sees them: refused in the words of the service, diagnosed, and looked into."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowdeco.asl import REFUSED, check_text
from flowdeco.asl.check import service_location
from flowdeco.asl.model import JSON
from flowdeco.errors import Finding
from flowdeco.server.faults import Fault

_MOST_DIAGNOSTICS: Final = 100


def refuse_invalid(definition: str, type: Any) -> None:
    """Raises the Fault InvalidDefinition for a definition that the service would not take."""
    found = [finding for finding in check_text(definition, type) if finding.code in REFUSED]
    if found:
        texts = ", ".join(_in_words(finding, definition) for finding in found)
        raise Fault("InvalidDefinition", f"Invalid State Machine Definition: '{texts}'")


def validate_definition(request: Mapping[str, Any]) -> dict[str, JSON]:
    """ValidateStateMachineDefinition: what `flowdeco.asl.check` finds. FAIL when something is refused or must fail."""
    text = request["definition"]
    found = check_text(text, request.get("type", "STANDARD"))
    levels = ("error",) if request.get("severity", "ERROR") == "ERROR" else ("error", "warning")
    shown = [finding for finding in found if finding.severity in levels]
    most = request.get("maxResults") or _MOST_DIAGNOSTICS
    failed = any(finding.severity == "error" for finding in found)
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": [_diagnostic(finding, text) for finding in shown[:most]],
        "truncated": len(shown) > most,
    }


def _diagnostic(finding: Finding, text: str) -> dict[str, JSON]:
    place = _place(finding, text)
    return {
        "severity": finding.severity.upper(),
        "code": finding.code,
        "message": finding.message if finding.hint is None else f"{finding.message} ({finding.hint})",
        **({} if place is None else {"location": place}),
    }


def _in_words(finding: Finding, text: str) -> str:
    place = _place(finding, text)
    words = f"{finding.code}: {finding.message}"
    return words if place is None else f"{words} at {place}"


def _place(finding: Finding, text: str) -> str | None:
    where = finding.where
    if not isinstance(where, str) or where.startswith("[Source"):
        return None
    return service_location(where, json.loads(text))


def processor_definition(definition: str, label: str) -> str | None:
    """The state machine that a distributed Map runs for its items; None when there is no Map of this label."""
    for name, state in _states(json.loads(definition)):
        processor = state.get("ItemProcessor")
        if state.get("Type") == "Map" and isinstance(processor, dict) and state.get("Label", name) == label:
            return json.dumps({key: part for key, part in processor.items() if key != "ProcessorConfig"})
    return None


def _states(scope: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in scope["States"].items():
        yield name, state
        inner = [*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")]
        for part in inner:
            if part is not None:
                yield from _states(part)
