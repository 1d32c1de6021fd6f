"""`asl`: the state machine, in Amazon States Language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from flowdeco.cli import asl_check, asl_run, parameters
from flowdeco.cli.session import Session
from flowdeco.cli.streams import answer
from flowdeco.errors import FlowdecoError


def command(session: Session) -> click.Command:
    """The verb."""

    def asl(file: str | None = None, workflow: str | None = None, output: str | None = None) -> None:
        from flowdeco.asl.emit import emit_text
        from flowdeco.toolchain import machine

        text = emit_text(machine(session.workflow(file, workflow)))
        if output is None:
            answer(text.rstrip("\n"))
        else:
            _write(output, text)

    about = (
        "Print the state machine.\n\nThe definition is in Amazon States Language, byte for byte the same every time. "
        f"To look for mistakes in one that is written out: {session.prog} asl check FILE. To run it: {session.prog} asl "
        "run FILE."
    )
    return _Asl(
        "asl",
        verbs={"check": asl_check.command(session), "run": asl_run.command(session)},
        callback=asl,
        params=[
            *parameters.target(session),
            click.Option(["-o", "--output"], metavar="FILE", help="Write it to a file instead of stdout."),
            parameters.debug(session),
        ],
        **parameters.text(session, about, "asl", session.target, f"{session.target} -o machine.json"),
    )


class _Asl(click.Command):
    """`asl FILE` prints; `asl check FILE` and `asl run FILE` are commands of their own."""

    def __init__(self, name: str, *, verbs: Mapping[str, click.Command], **rest: Any) -> None:
        super().__init__(name, **rest)
        self._verbs = verbs

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        verb = self._verbs.get(args[0]) if args else None
        if verb is not None:
            return verb.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise FlowdecoError(
            f"the file cannot be written: {error.strerror or error}", location=path
        ) from error
