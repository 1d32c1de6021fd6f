"""`check`: everything that is wrong, or worth knowing, before anything runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from flowdeco.cli import parameters
from flowdeco.cli.application import FAILED
from flowdeco.cli.session import Session
from flowdeco.cli.streams import answer, answer_style, tell
from flowdeco.errors import Finding, Location
from flowdeco.views.findings_text import findings_text
from flowdeco.views.quantities_text import count_text


def command(session: Session) -> click.Command:
    """The verb."""

    def check(file: str | None = None, workflow: str | None = None, as_json: bool = False) -> int:
        from flowdeco import toolchain

        checked = session.workflows(file, workflow)
        found = [(one.spec.name, finding) for one in checked for finding in toolchain.check(one)]
        # A finding in what two workflows share is told once.
        unique = list({str(finding): (name, finding) for name, finding in reversed(found)}.values())[::-1]
        findings = [finding for _, finding in unique]
        if as_json:
            answer(
                json.dumps(
                    [_document(name, finding) for name, finding in unique], indent=2, ensure_ascii=False
                )
            )
        elif findings:
            answer(findings_text(findings, answer_style()))
        tell(f"{', '.join(one.spec.name for one in checked)}: {_summary(findings)}")
        return FAILED if any(finding.severity == "error" for finding in findings) else 0

    about = (
        "Look for mistakes, without running anything.\n\nPrints every finding with its file and line. "
        "Exits with 1 when one is an error. Without a name, all workflows of the file are checked."
    )
    return click.Command(
        "check",
        callback=check,
        params=[*parameters.target(session), parameters.as_json("the findings"), parameters.debug(session)],
        **parameters.text(session, about, "check", session.target, f"{session.target} --json"),
    )


def _summary(findings: list[Finding]) -> str:
    counts = [
        count_text(number, word)
        for severity, word in (("error", "error"), ("warning", "warning"), ("info", "remark"))
        if (number := sum(finding.severity == severity for finding in findings))
    ]
    return ", ".join(counts) or "nothing found"


def _document(workflow: str, finding: Finding) -> dict[str, Any]:
    place = finding.where
    where = asdict(place) if isinstance(place, Location) else place
    return {
        "workflow": workflow,
        "severity": finding.severity,
        "message": finding.message,
        "where": where,
        "hint": finding.hint,
        "code": finding.code,
    }
