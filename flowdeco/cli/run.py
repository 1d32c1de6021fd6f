"""`run`: the compiled state machine, executed on this computer."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import click

from flowdeco.cli import parameters
from flowdeco.cli.answers import is_json, record_document, rejection_document, result_text
from flowdeco.cli.application import FAILED, INTERRUPTED, exit_code
from flowdeco.cli.loading import AnyWorkflow
from flowdeco.cli.session import Session
from flowdeco.cli.signature_help import clashes, inputs_help
from flowdeco.cli.streams import answer, reserved_stdout, tell, tell_style
from flowdeco.errors import FlowdecoError, InputError, StoreError
from flowdeco.views.findings_text import error_text

if TYPE_CHECKING:
    from flowdeco.toolchain import Execution
    from flowdeco.views.progress import Progress


@dataclass(frozen=True, slots=True)
class _Options:
    """What was asked for. `stdout` takes the one document of `--json`."""

    quiet: bool
    inline: bool
    workers: int | None
    stdout: TextIO | None = None


def command(session: Session) -> click.Command:
    """The verb. What is no option of flowdeco is left to the workflow's parameters."""

    def run(
        tokens: tuple[str, ...],
        workflow: str | None,
        input: str | None,
        as_json: bool,
        quiet: bool,
        inline: bool,
        workers: int | None,
        help: bool,
        file: str | None = None,
    ) -> int:
        context = click.get_current_context()
        if file is None and session.script is None:
            if help:
                click.echo(context.get_help())
                return 0
            raise click.UsageError("which file? It comes first: flowdeco run pipeline.py ...", context)
        if file is not None and file.startswith("-"):
            raise click.UsageError(
                f"the file comes before the inputs: flowdeco run pipeline.py {file} ...", context
            )
        if help:
            found = session.workflow(file, workflow)
            click.echo(
                context.get_help() + "\n\n" + inputs_help(found, session.prog, session.target, _own(context))
            )
            return 0
        with ExitStack() as stack:
            stdout = stack.enter_context(reserved_stdout()) if as_json else None
            options = _Options(quiet, inline, workers, stdout)
            try:
                found = session.workflow(file, workflow)
                return _execute(session, found, _inputs(found, tokens, input, _own(context)), options)
            except FlowdecoError as error:
                if stdout is None:
                    raise
                _document(stdout, rejection_document(error))
                if not quiet:
                    tell(error_text(error, tell_style()))
                return exit_code(error)

    about = (
        "Run the workflow on this computer.\n\nInputs are given by name, as the workflow's parameters: "
        f"`{session.prog} run{session.target} --help` lists them. The result goes to stdout, all else to stderr."
    )
    return click.Command(
        "run",
        callback=run,
        context_settings={"ignore_unknown_options": True},
        add_help_option=False,
        params=[
            *parameters.target(session, required=False),
            click.Argument(["tokens"], nargs=-1, type=click.UNPROCESSED, metavar="[--INPUT VALUE]..."),
            click.Option(
                ["--input"], metavar="FILE", help="Inputs from a JSON file; - reads stdin. Options win."
            ),
            click.Option(
                ["--json", "as_json"], is_flag=True, help="Print one JSON document about the execution."
            ),
            click.Option(["--quiet"], is_flag=True, help="No progress, only the result."),
            click.Option(
                ["--inline"], is_flag=True, help="Steps in the main thread, one at a time: for breakpoint()."
            ),
            click.Option(
                ["--workers"], type=click.IntRange(min=1), metavar="N", help="How many steps at a time."
            ),
            parameters.debug(session),
            click.Option(["--help"], is_flag=True, help="Show this, and the inputs of the workflow."),
        ],
        **parameters.text(
            session,
            about,
            "run",
            session.target,
            f"{session.target} --input inputs.json --json",
            f"{session.target} --inline",
        ),
    )


def _own(context: click.Context) -> list[str]:
    """The options of this verb that are not the workflow's."""
    return [name for parameter in context.command.params for name in parameter.opts if name.startswith("--")]


def _inputs(
    workflow: AnyWorkflow, tokens: Sequence[str], document: str | None, own: Sequence[str]
) -> dict[str, object]:
    """The validated inputs, from the options and the document. Raises InputError with all that is wrong."""
    if document is None:
        base, source = None, None
    else:
        from flowdeco.authoring.parameter_json import read_document

        source = "stdin" if document == "-" else document
        base = read_document(_text(document), source)
    try:
        return workflow.parameters.from_command_line(tokens, base=base, source=source)
    except InputError as error:
        taken = [option for option in clashes(workflow, own) if any(option in str(f) for f in error.findings)]
        if taken:
            error.hint = (
                f"{error.hint}; {taken[0]} is an option of flowdeco's own: write the workflow's after `--`"
            )
        raise


def _text(document: str) -> str:
    try:
        if document == "-":
            return sys.stdin.read()
        with open(document, encoding="utf-8-sig") as file:
            return file.read()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(
            f"the inputs cannot be read: {reason}",
            location=document,
            hint="write --input FILE, or --input - for stdin",
        ) from error


def _execute(session: Session, workflow: AnyWorkflow, inputs: dict[str, object], options: _Options) -> int:
    from flowdeco import toolchain

    with ExitStack() as stack:
        progress = None if options.quiet else stack.enter_context(_progress(options.inline))
        try:
            execution = toolchain.run(
                workflow,
                inputs,
                inline=options.inline,
                workers=options.workers,
                on_event=progress,
                on_child_event=None if progress is None else progress.child,
            )
        except KeyboardInterrupt:
            stack.close()
            return _interrupted(session, options)
    return _report(session, execution, options)


def _progress(inline: bool) -> Progress:
    """Drawn on terminals; plain lines elsewhere, and where a debugger may want the terminal."""
    from flowdeco.views.progress import Progress
    from flowdeco.views.terminal import is_live

    if is_live(sys.stderr, os.environ) and not inline:
        from flowdeco.views.progress_live import LiveDisplay

        return Progress(LiveDisplay(sys.stderr, tell_style()))
    from flowdeco.views.progress_plain import PlainDisplay

    return Progress(PlainDisplay(sys.stderr, tell_style()))


def _report(session: Session, execution: Execution, options: _Options) -> int:
    """Tells how an execution ended."""
    error = execution.error
    output = execution.output
    if options.stdout is not None:
        plain = output if is_json(output) else None
        _document(
            options.stdout, record_document(execution.record, path=execution.path, error=error, output=plain)
        )
    elif error is None and output is not None:
        answer(result_text(output))
    if error is not None and (options.stdout is None or not options.quiet):
        from flowdeco.views.execution_text import failure_text

        tell(failure_text(execution.record, error, tell_style()) + "\n")
    _tell_record(session, execution, options)
    return 0 if error is None else FAILED


def _tell_record(session: Session, execution: Execution, options: _Options) -> None:
    if execution.not_recorded is not None:
        tell(f"this execution is not recorded: {execution.not_recorded}")
    elif not options.quiet:
        _tell_place(session, execution.name, str(execution.path))


def _tell_place(session: Session, name: str, path: str) -> None:
    from flowdeco.views.places_text import file_text

    style = tell_style()
    tell(style.paint(f"recorded in {file_text(path)}: {session.prog} show {name}", "dim"))


def _interrupted(session: Session, options: _Options) -> int:
    """After Ctrl-C: the execution is recorded as ABORTED, and is the last one of this process."""
    from flowdeco.history.store import HistoryStore
    from flowdeco.toolchain import home

    tell("interrupted")
    store = HistoryStore(home() / "executions.db")
    try:
        own = [one for one in store.list(20) if one.pid == os.getpid()]
        record = store.load(own[0].name) if own else None
    except StoreError:
        record = None
    if record is not None and options.stdout is not None:
        _document(options.stdout, record_document(record, path=store.path))
    if record is not None and not options.quiet:
        _tell_place(session, record.name, str(store.path))
    return INTERRUPTED


def _document(stdout: TextIO, document: object) -> None:
    stdout.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
    stdout.flush()
