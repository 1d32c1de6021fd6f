"""The verbs, and what becomes of an error: who reads it, what it says, and the exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from traceback import TracebackException
from typing import Any

import click

from flowdeco.cli.loading import UserCodeError
from flowdeco.cli.session import Session
from flowdeco.cli.streams import give_up_stdout, tell, tell_style
from flowdeco.errors import FlowdecoError, InputError, LoadError, did_you_mean
from flowdeco.views.findings_text import error_text

VERBS = ("run", "check", "asl", "graph", "runs", "show", "local")

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class _Verbs(click.Group):
    """Each verb is imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        command: click.Command = import_module(f"flowdeco.cli.{cmd_name}").command(ctx.obj)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in VERBS:
            hint = did_you_mean(args[0], VERBS) or f"there are {', '.join(VERBS)}"
            raise click.UsageError(f"there is no verb {args[0]!r}: {hint}", ctx)
        return super().resolve_command(ctx, args)


def run_application(session: Session, args: list[str]) -> int:
    """Does what the arguments say and returns the exit code. All that goes wrong ends here."""
    session.debug = session.debug or os.environ.get("FLOWDECO_DEBUG", "0") not in ("", "0")
    try:
        code = _main(session, args)
        sys.stdout.flush()
    except BrokenPipeError:
        give_up_stdout()
        return FAILED
    return code


def _main(session: Session, args: list[str]) -> int:
    try:
        asked = args or ["--help"]
        done = _group(session).main(asked, prog_name=session.prog, standalone_mode=False, obj=session)
    except click.ClickException as error:
        error.show(sys.stderr)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        tell("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except UserCodeError as error:
        tell(_users_traceback(error.__cause__ or error).rstrip("\n"))
        return FAILED
    except FlowdecoError as error:
        if session.debug:
            tell("".join(TracebackException.from_exception(error).format()))
        tell(error_text(error, tell_style()))
        return exit_code(error)
    except Exception as error:
        if session.debug:
            raise
        tell(error_text(_bug(error), tell_style()))
        return FAILED
    if not args:  # nothing was done
        return WRONG_USE
    return done if isinstance(done, int) else 0


def exit_code(error: FlowdecoError) -> int:
    """2 for what the user typed, 1 for all else."""
    return WRONG_USE if isinstance(error, InputError | LoadError) else FAILED


def _group(session: Session) -> click.Group:
    from flowdeco import __version__

    what = session.script.label.strip("'") if session.script else "a pipeline"
    text = f"Runs {what} on this computer, and tells about it."
    examples = (
        f"\b\nExamples:\n  {session.prog} run{session.target} --help\n  {session.prog} check{session.target}"
    )
    group = _Verbs(
        help=f"{text}\n\n{examples}",
        context_settings={"help_option_names": ["-h", "--help"]},
        params=[
            click.Option(
                ["--debug"],
                is_flag=True,
                expose_value=False,
                callback=debug_callback(session),
                help="Show where in flowdeco an error comes from.",
            )
        ],
    )
    return click.version_option(__version__, prog_name="flowdeco")(group)


def debug_callback(session: Session) -> Any:
    """Makes `--debug` count, wherever it stands."""

    def callback(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        session.debug = session.debug or value

    return callback


def _bug(error: Exception) -> FlowdecoError:
    return FlowdecoError(
        f"flowdeco broke: {type(error).__name__}: {error}",
        hint="run it again with --debug, and report what it shows",
    )


def _users_traceback(error: BaseException) -> str:
    """The traceback without the frames of flowdeco and of Python's import."""
    report = TracebackException.from_exception(error)
    part: TracebackException | None = report
    while part is not None:
        kept = [frame for frame in part.stack if not frame.filename.startswith((_PACKAGE, "<frozen "))]
        part.stack[:] = kept
        part = part.__cause__ or part.__context__
    text = "".join(report.format())
    return text if report.stack else text.replace("Traceback (most recent call last):\n", "", 1)
