"""`graph`: what runs after what, and what at the same time."""

from __future__ import annotations

import click

from flowdeco.cli import parameters
from flowdeco.cli.session import Session
from flowdeco.cli.streams import answer, answer_style


def command(session: Session) -> click.Command:
    """The verb."""

    def graph(file: str | None = None, workflow: str | None = None, mermaid: bool = False) -> None:
        from flowdeco.toolchain import scheduled

        plan = scheduled(session.workflow(file, workflow))
        if mermaid:
            from flowdeco.views.mermaid import mermaid as chart

            answer(chart(plan))
        else:
            from flowdeco.views.graph_text import graph_text

            answer(graph_text(plan, answer_style()))

    about = "Show the workflow as a tree.\n\nWhat runs one after the other, at the same time, and for each item of a list."
    return click.Command(
        "graph",
        callback=graph,
        params=[
            *parameters.target(session),
            click.Option(["--mermaid"], is_flag=True, help="Print a Mermaid flowchart, which GitHub draws."),
            parameters.debug(session),
        ],
        **parameters.text(
            session, about, "graph", session.target, f"{session.target} --mermaid > pipeline.mmd"
        ),
    )
