"""What a check found, told to people or printed as JSON, and the exit code that goes with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flowdeco.cli.application import FAILED
from flowdeco.cli.streams import answer, answer_style, tell
from flowdeco.errors import Finding, Location
from flowdeco.graph.explanation import Explanation
from flowdeco.views.explanation_text import explanation_document
from flowdeco.views.findings_text import findings_text
from flowdeco.views.quantities_text import count_text


def report(
    found: Sequence[tuple[str, Finding]],
    checked: str,
    *,
    kind: str,
    as_json: bool,
    explained: Sequence[Explanation] | None = None,
) -> int:
    """Prints findings, each with the name of what it is in, and returns the exit code.

    `checked` names all that was checked; `kind` is the field of the JSON that holds the name. With `explained` the JSON is
    an object of the findings and the explanations.
    """
    findings = [finding for _, finding in found]
    if as_json:
        documents = [{kind: name, **_document(finding)} for name, finding in found]
        told: Any = documents
        if explained is not None:
            told = {"findings": documents, "explained": [explanation_document(one) for one in explained]}
        answer(json.dumps(told, indent=2, ensure_ascii=False))
    elif findings:
        answer(findings_text(findings, answer_style()))
    tell(f"{checked}: {_summary(findings)}")
    return FAILED if any(finding.severity == "error" for finding in findings) else 0


def _summary(findings: list[Finding]) -> str:
    counts = [
        count_text(number, word)
        for severity, word in (("error", "error"), ("warning", "warning"), ("info", "remark"))
        if (number := sum(finding.severity == severity for finding in findings))
    ]
    return ", ".join(counts) or "nothing found"


def _document(finding: Finding) -> dict[str, Any]:
    place = finding.where
    where = asdict(place) if isinstance(place, Location) else place
    return {
        "severity": finding.severity,
        "message": finding.message,
        "where": where,
        "hint": finding.hint,
        "code": finding.code,
    }
