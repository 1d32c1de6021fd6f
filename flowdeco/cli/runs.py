"""`runs`: the executions that are recorded here."""

from __future__ import annotations

import json
from dataclasses import asdict
from time import time

import click

from flowdeco.cli import parameters
from flowdeco.cli.session import Session
from flowdeco.cli.streams import answer, answer_style, tell

_STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


def command(session: Session) -> click.Command:
    """The verb."""

    def runs(limit: int, status: str | None, workflow: str | None, as_json: bool) -> None:
        from flowdeco.history.store import HistoryStore
        from flowdeco.toolchain import home
        from flowdeco.views.executions_text import executions_text

        path = home() / "executions.db"
        found = HistoryStore(path).list(limit or None, workflow, status)
        if as_json:
            answer(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
        elif found:
            answer(executions_text(found, answer_style(), time()))
        else:
            which = " of that kind" if status or workflow else ""
            tell(f"no execution{which} is recorded in {path}")

    about = "List the executions on this computer.\n\nThe last one comes first."
    return click.Command(
        "runs",
        callback=runs,
        params=[
            click.Option(
                ["--limit"],
                type=click.IntRange(min=0),
                default=20,
                show_default=True,
                help="How many. 0: all.",
            ),
            click.Option(
                ["--status"],
                type=click.Choice(_STATUSES, case_sensitive=False),
                help="Only those that ended so.",
            ),
            click.Option(["--workflow"], metavar="NAME", help="Only those of this workflow."),
            parameters.as_json("the list"),
            parameters.debug(session),
        ],
        **parameters.text(session, about, "runs", "", " --status failed --limit 5"),
    )
