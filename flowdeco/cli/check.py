"""`check`: everything that is wrong, or worth knowing, before anything runs."""

from __future__ import annotations

import click

from flowdeco.cli import parameters
from flowdeco.cli.asl_check import check_definition, is_definition
from flowdeco.cli.findings_report import report
from flowdeco.cli.session import Session


def command(session: Session) -> click.Command:
    """The verb."""

    def check(file: str | None = None, workflow: str | None = None, as_json: bool = False) -> int:
        if file is not None and is_definition(file):
            return check_definition(file, "STANDARD", as_json=as_json)

        from flowdeco import toolchain

        checked = session.workflows(file, workflow)
        found = [(one.spec.name, finding) for one in checked for finding in toolchain.check(one)]
        # A finding in what two workflows share is told once.
        unique = list({str(finding): (name, finding) for name, finding in reversed(found)}.values())[::-1]
        names = ", ".join(one.spec.name for one in checked)
        return report(unique, names, kind="workflow", as_json=as_json)

    about = (
        "Look for mistakes, without running anything.\n\nPrints every finding with its file and line. "
        "Exits with 1 when one is an error. Without a name, all workflows of the file are checked."
    )
    if session.script is None:
        about += " FILE may also be a state machine, as JSON or YAML: see asl check."
    return click.Command(
        "check",
        callback=check,
        params=[*parameters.target(session), parameters.as_json("the findings"), parameters.debug(session)],
        **parameters.text(session, about, "check", session.target, f"{session.target} --json"),
    )
