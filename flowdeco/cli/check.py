"""`check`: everything that is wrong, or worth knowing, before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from flowdeco.cli import parameters
from flowdeco.cli.asl_check import check_definition, is_definition
from flowdeco.cli.findings_report import report
from flowdeco.cli.session import Session
from flowdeco.cli.streams import answer, answer_style
from flowdeco.errors import FlowdecoError
from flowdeco.views.explanation_text import explanation_text

if TYPE_CHECKING:
    from flowdeco.authoring.workflows import Workflow
    from flowdeco.graph.explanation import Explanation


def command(session: Session) -> click.Command:
    """The verb."""

    def check(
        file: str | None = None,
        workflow: str | None = None,
        explain: bool = False,
        as_json: bool = False,
    ) -> int:
        if file is not None and is_definition(file):
            return check_definition(file, "STANDARD", as_json=as_json)

        from flowdeco import toolchain

        checked = session.workflows(file, workflow)
        found = [(one.spec.name, finding) for one in checked for finding in toolchain.check(one)]
        # A finding in what two workflows share is told once.
        unique = list({str(finding): (name, finding) for name, finding in reversed(found)}.values())[::-1]
        names = ", ".join(one.spec.name for one in checked)
        explained = _explanations(checked) if explain else None
        if explained is not None and not as_json:
            answer("\n\n".join(explanation_text(one, answer_style()) for one in explained) + "\n")
        return report(unique, names, kind="workflow", as_json=as_json, explained=explained)

    about = (
        "Look for mistakes, without running anything.\n\nPrints every finding with its file and line. "
        "Exits with 1 when one is an error. Without a name, all workflows of the file are checked. "
        "--explain also tells what became of every line, what runs at the same time, and what each path costs."
    )
    if session.script is None:
        about += " FILE may also be a state machine, as JSON or YAML: see asl check."
    return click.Command(
        "check",
        callback=check,
        params=[
            *parameters.target(session),
            click.Option(["--explain"], is_flag=True, help="Tell what became of every line."),
            parameters.as_json("the findings"),
            parameters.debug(session),
        ],
        **parameters.text(session, about, "check", session.target, f"{session.target} --explain"),
    )


def _explanations(checked: Sequence[Workflow[Any, Any]]) -> list[Explanation]:
    """Of the workflows that compile: what is wrong with the others is a finding."""
    from flowdeco import toolchain

    found = []
    for workflow in checked:
        try:
            found.append(toolchain.explain(workflow))
        except FlowdecoError:
            continue
    return found
