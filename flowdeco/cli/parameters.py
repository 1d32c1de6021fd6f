"""Arguments and options that several verbs have."""

from __future__ import annotations

from typing import Any

import click

from flowdeco.cli.application import debug_callback
from flowdeco.cli.session import Session


def target(session: Session, *, required: bool = True) -> list[click.Parameter]:
    """What says which workflow is meant: `FILE[:WORKFLOW]` unless a file called, and `--workflow`."""
    named = click.Option(["--workflow"], metavar="NAME", help="Which workflow, when there are several.")
    if session.script:
        return [named]
    return [click.Argument(["file"], metavar="FILE[:WORKFLOW]", required=required), named]


def debug(session: Session) -> click.Option:
    """`--debug`, for after the verb."""
    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        callback=debug_callback(session),
        help="Show where in flowdeco an error comes from.",
    )


def as_json(what: str) -> click.Option:
    """`--json`."""
    return click.Option(["--json", "as_json"], is_flag=True, help=f"Print {what} as JSON.")


def text(session: Session, about: str, verb: str, *examples: str) -> dict[str, Any]:
    """The help of a verb, with examples of its use. The first line is its summary."""
    lines = [f"  {session.prog} {verb}{example}" for example in examples]
    return {
        "help": about + "\n\n\b\nExamples:\n" + "\n".join(lines),
        "short_help": about.partition("\n")[0].rstrip("."),
    }
