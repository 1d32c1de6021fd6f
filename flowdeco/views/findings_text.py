"""Findings and errors: what, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable

from flowdeco.errors import Finding, FlowdecoError
from flowdeco.views.places_text import place_text
from flowdeco.views.terminal import Style

_LOOKS = {"error": "red", "warning": "yellow", "info": "cyan"}


def findings_text(findings: Iterable[Finding], style: Style) -> str:
    """One paragraph a finding, its place first, as compilers write it.

    >>> print(findings_text([Finding("error", "no step 'trian'", "States.A", "did you mean 'train'?")], Style()))
    States.A: error: no step 'trian'
      hint: did you mean 'train'?
    """
    return "\n".join(_finding(finding, style, severity=True) for finding in findings)


def error_text(error: FlowdecoError, style: Style) -> str:
    """An error, and below it everything it found."""
    head = style.paint("error:", "bold", "red")
    lines = [f"{head} {_entry(place_text(error.location), error.message, error.hint, style)}"]
    for finding in getattr(error, "findings", ()):
        text = _finding(finding, style, severity=finding.severity != "error")
        lines.append("  " + text.replace("\n", "\n  "))
    return "\n".join(lines)


def _finding(finding: Finding, style: Style, *, severity: bool) -> str:
    label = style.paint(f"{finding.severity}:", _LOOKS[finding.severity]) + " " if severity else ""
    return _entry(place_text(finding.where), finding.message, finding.hint, style, label)


def _entry(place: str, message: str, hint: str | None, style: Style, label: str = "") -> str:
    text = style.paint(f"{place}:", "bold") + " " if place else ""
    text += label + message.replace("\n", "\n  ")
    return f"{text}\n  {style.paint('hint:', 'cyan')} " + hint.replace("\n", "\n  ") if hint else text
